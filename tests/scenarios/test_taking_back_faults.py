"""Taking back when something goes wrong: the delete, the database, or the world meanwhile."""

import asyncio
import sqlite3
from datetime import UTC, datetime, timedelta
from functools import partial

import msgspec
import pytest
from slack_sdk.web.async_client import AsyncWebClient

from bot.domain.choices import Choices, Treatment
from bot.errors import BadInput
from bot.services.taking_back import Source
from bot.slack.consent import PURPOSES
from bot.slack.messenger import SlackMessenger
from bot.storage import choices
from sandbox import Fault
from tests.conftest import FRIDAY_NIGHT, enrolled

pytestmark = pytest.mark.slow

MONDAY_OPENING = datetime(2026, 10, 26, 8, 0, 30, tzinfo=UTC)
"""09:00 in Vienna, after the clocks went back."""

HELD = "Taken back and held: ana gets it Mon 09:00 their time (08:00 for you)."


@pytest.fixture
async def trio(any_office):
    """Ana and Cy (Vienna) are off; Bo (Lisbon) writes and allowed the app to act for him."""
    office = any_office
    office.ana = office.sandbox.add_user("ana", "Europe/Vienna")
    office.bo = office.sandbox.add_user("bo", "Europe/Lisbon")
    office.cy = office.sandbox.add_user("cy", "Europe/Vienna")
    people = [office.ana, office.bo, office.cy]
    office.room = office.sandbox.add_channel("room", members=[*people, office.app])
    for person in people:
        await enrolled(office, person)
    await allow(office, office.bo, "send")
    office.sandbox.rate_limit_per_channel_s = 0
    return office


async def allow(office, person, *purposes):
    scopes = [scope for purpose in purposes for scope in PURPOSES[purpose]]
    token = office.sandbox.grant(office.app, person, scopes)
    await office.bot.services.granting.keep("T0SANDBOX", person.id, token, frozenset(scopes))


async def decide(office, person, treatment):
    """What somebody chose about Bo's messages."""
    about = Choices(sources={office.bo.id: treatment}, silence=True)
    async with office.bot.database.transaction() as tx:
        await choices.save(tx, "T0SANDBOX", person.id, about)
    await office.bot.services.directory.refresh()


def texts(office, person=None):
    return [each.text for each in office.sandbox.messages(office.room.id, as_seen_by=person)]


def last_shown(office):
    return office.sandbox.messages(office.room.id, as_seen_by=office.bo)[-1]


def told(office):
    """What Bo reads in his conversation with the app."""
    return [m.text for m in office.sandbox.messages(office.sandbox.dm(office.app, office.bo).id)]


async def states(office):
    return [row["state"] for row in await office.rows("SELECT state FROM held_messages")]


async def outcomes(office):
    rows = await office.rows("SELECT recipient_id, outcome, reason FROM contacts")
    return {row["recipient_id"]: (row["outcome"], row["reason"]) for row in rows}


async def unclear(office, text="old words, @ana", fault=None):
    """A message of which Bo reads that it is held, while Slack has not said that it is gone."""
    await office.bo.command("/later", "auto on")
    office.sandbox.faults.add("chat.delete", fault or Fault.status(500))
    message = await office.bo.post(office.room, text)
    await office.settle()
    assert HELD in texts(office, office.bo)
    assert await states(office) == ["taking_back"]
    return message


async def again(office):
    """The lease, which follows the machine's clock, runs out."""
    async with office.bot.database.transaction() as tx:
        await tx.exec_driver_sql("UPDATE held_messages SET lease_until = 0")
    await office.settle()


# What was told is corrected


async def test_what_slack_refuses_later_is_told_to_who_read_that_it_is_held(trio):
    message = await unclear(trio)
    trio.sandbox.faults.add("chat.delete", Fault.error("cant_delete_message"))
    await again(trio)
    (said,) = told(trio)
    assert said == (
        f"Your message in <#{trio.room.id}> of Fri 23 Oct 21:14 could not be taken back after all: "
        "Slack did not let it be deleted. It is still there, and is not delivered again."
    )
    assert texts(trio) == [message.text]
    rows = await trio.rows("SELECT state, sealed FROM held_messages")
    assert rows == [{"state": "cancelled", "sealed": None}]
    assert (await outcomes(trio))[trio.ana.id][0] == "breach"
    await trio.at(MONDAY_OPENING)
    assert texts(trio) == [message.text]
    assert len(told(trio)) == 1


async def test_a_permission_withdrawn_meanwhile_is_told(trio):
    message = await unclear(trio)
    await trio.bot.services.granting.forget("T0SANDBOX", trio.bo.id)
    await again(trio)
    assert "the permission to delete and post in your name is gone" in told(trio)[0]
    assert texts(trio) == [message.text]


async def test_a_second_attempt_that_fails_is_told_too(trio):
    await unclear(trio)
    for _ in range(2):
        trio.sandbox.faults.add("chat.delete", Fault.error("cant_delete_message"))
        await again(trio)
        message = trio.sandbox.messages(trio.room.id)[-1]
        trio.sandbox.faults.add("chat.delete", Fault.status(500))
        source = Source("T0SANDBOX", trio.bo.id, trio.room.id, message.ts, None)
        await trio.bot.services.taking_back.take_back(source)
    assert len(told(trio)) == 2


async def test_hours_later_it_is_told_when_the_author_is_back(trio):
    await unclear(trio)
    trio.clock.set(FRIDAY_NIGHT + timedelta(hours=3))
    trio.sandbox.faults.add("chat.delete", Fault.error("cant_delete_message"))
    await again(trio)
    assert told(trio) == []
    await trio.at(MONDAY_OPENING + timedelta(hours=1))
    assert len(told(trio)) == 1


async def test_a_direct_message_is_not_named_as_a_channel(trio):
    await allow(trio, trio.bo, "send", "dms")
    await trio.bo.command("/later", "auto on")
    trio.sandbox.faults.add("chat.delete", Fault.status(500))
    await trio.bo.dm(trio.ana, "psst")
    await trio.settle()
    trio.sandbox.faults.add("chat.delete", Fault.error("cant_delete_message"))
    await again(trio)
    assert told(trio)[-1].startswith("Your message of Fri 23 Oct 21:14 could not be taken back")


# Nobody's work is lost


@pytest.mark.parametrize("fault", [partial(Fault.status, 500), partial(Fault.rate_limited, 30)])
async def test_what_its_author_changed_meanwhile_is_what_comes(trio, fault):
    message = await unclear(trio, fault=fault())
    await trio.bo.edit(message, "new words, @ana")
    await again(trio)
    assert await states(trio) == ["held"]
    assert texts(trio) == []
    await trio.at(MONDAY_OPENING)
    assert texts(trio) == [f"new words, <@{trio.ana.id}>"]


@pytest.mark.parametrize("added", ["reaction", "reply"])
async def test_what_others_added_meanwhile_is_not_lost(trio, added):
    message = await unclear(trio)
    if added == "reply":
        await trio.cy.reply(message, "I can help")
    else:
        await trio.cy.react(message, "eyes")
    await again(trio)
    assert await states(trio) == ["cancelled"]
    assert texts(trio)[0] == message.text
    assert "it has got a reaction, a reply or a file by now" in told(trio)[0]


async def test_where_nobody_may_look_again_it_is_taken_back_as_it_was(trio):
    await unclear(trio)
    trio.sandbox.faults.add("conversations.history", Fault.error("channel_not_found", times=2))
    await again(trio)
    assert await states(trio) == ["held"]
    assert texts(trio) == []


async def test_it_looks_again_and_again_while_slack_is_silent(trio):
    await unclear(trio)
    trio.sandbox.faults.add("conversations.history", Fault.status(500, times=2))
    await again(trio)
    assert await states(trio) == ["taking_back"]
    await again(trio)
    await again(trio)
    assert await states(trio) == ["held"]


@pytest.mark.slow
async def test_an_outage_behind_the_delete_is_not_told_as_nothing(office):
    office.ana = office.sandbox.add_user("ana", "Europe/Vienna")
    office.bo = office.sandbox.add_user("bo", "Europe/Lisbon")
    office.room = office.sandbox.add_channel("room", [office.ana, office.bo, office.app])
    await enrolled(office, office.ana)
    await allow(office, office.bo, "send")
    await office.bo.post(office.room, "hm, @ana")
    await office.settle()
    flag = last_shown(office)
    office.sandbox.faults.add("chat.delete", Fault.slow(0.5))
    click = asyncio.create_task(office.bo.click(flag, "flag_hold"))
    async with asyncio.timeout(5):
        while not await states(office):  # noqa: ASYNC110 - nothing rings when a row is written
            await asyncio.sleep(0.02)
    other = sqlite3.connect(office.bot.database.url.database, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    await asyncio.sleep(2.7)
    await click
    other.execute("ROLLBACK")
    other.close()
    shown = texts(office, office.bo)
    assert any(text.startswith("Held. ana gets it") for text in shown)
    assert not any("could not be saved" in text or "nothing" in text.lower() for text in shown)
    assert await states(office) == ["taking_back"]
    await again(office)
    assert await states(office) == ["held"]


async def test_what_was_taken_back_is_told_however_late(trio):
    await trio.bo.command("/later", "auto on")
    trio.sandbox.faults.add("chat.postEphemeral", Fault.status(500))
    await trio.bo.post(trio.room, "hm, @ana")
    await trio.settle()
    assert texts(trio, trio.bo) == []
    trio.clock.set(FRIDAY_NIGHT + timedelta(minutes=11))
    async with trio.bot.database.transaction() as tx:
        await tx.exec_driver_sql("UPDATE notices SET lease_until = 0")
    await trio.settle()
    assert texts(trio, trio.bo) == [HELD]
    rows = await trio.rows("SELECT status FROM notices WHERE kind = 'auto_hold'")
    assert rows == [{"status": "sent"}]


@pytest.mark.parametrize("was_held", [True, False])
async def test_what_is_over_or_never_was_is_not_told_late(trio, was_held):
    await trio.bo.command("/later", "auto on")
    failing = "chat.postEphemeral" if was_held else "conversations.history"
    trio.sandbox.faults.add(failing, Fault.status(500))
    await trio.bo.post(trio.room, "hm, @ana")
    await trio.settle()
    await trio.at(MONDAY_OPENING)
    async with trio.bot.database.transaction() as tx:
        await tx.exec_driver_sql("UPDATE notices SET lease_until = 0")
    await trio.settle()
    assert texts(trio, trio.bo) == [f"hm, <@{trio.ana.id}>"]
    assert await states(trio) == (["released"] if was_held else [])
    rows = await trio.rows("SELECT status FROM notices WHERE kind = 'auto_hold'")
    assert rows == [{"status": "expired"}]


# Who acts, and for whom


async def test_the_window_acts_for_whoever_submits_it(trio):
    message = await trio.bo.post(trio.room, "see this, @ana")
    await trio.cy.react(message, "eyes")
    await trio.settle()
    view = (await trio.bo.click(last_shown(trio), "flag_hold")).view
    about = msgspec.json.decode(view.source["private_metadata"])
    about["source"] = {
        "workspace_id": "T0SANDBOX",
        "author_id": trio.bo.id,
        "channel_id": trio.room.id,
        "ts": message.ts,
        "thread_ts": None,
    }
    view.source["private_metadata"] = msgspec.json.encode(about).decode()
    trio.sandbox.workspace.modals[trio.cy.id].append(view)
    await trio.cy.submit(view, {})
    await trio.settle()
    assert message.text in texts(trio)
    assert await states(trio) == []


async def test_an_answer_goes_to_slack_only(trio):
    asked = []

    async def elsewhere(_reader, writer):
        asked.append(True)
        writer.close()

    server = await asyncio.start_server(elsewhere, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    client = AsyncWebClient(base_url=trio.sandbox.api_url, retry_handlers=[])
    messenger = SlackMessenger(client, trio.app.bot_token)
    for url in (
        f"http://127.0.0.1:{port}/x",
        f"http://hooks.slack.com@127.0.0.1:{port}/x",
        f"https://127.0.0.1:{port}/hooks.slack.com",
        "http://127.0.0.1:a/x",
        "",
    ):
        await messenger.respond(url, "hm")
    server.close()
    await server.wait_closed()
    assert asked == []


@pytest.mark.parametrize("treatment", [Treatment.SILENT, Treatment.THROUGH])
@pytest.mark.parametrize("action_id", ["flag_leave", "flag_remind", "flag_hold", "flag_not_useful"])
async def test_of_whom_nothing_was_said_nothing_is_said_or_changed(trio, treatment, action_id):
    await decide(trio, trio.cy, treatment)
    await allow(trio, trio.cy, "silence")
    if action_id == "flag_remind":
        await trio.bot.services.granting.forget("T0SANDBOX", trio.bo.id)
    await trio.bo.post(trio.room, "hm, @ana and @cy")
    await trio.settle()
    before = (await outcomes(trio))[trio.cy.id]
    flag = last_shown(trio)
    assert "cy" not in str(flag.blocks)
    answer = await trio.bo.click(flag, action_id)
    if answer.view is not None:
        assert "people who are not off" in str(answer.view.blocks)
        await trio.bo.submit(answer.view, {})
    await trio.settle()
    assert "ana" in last_shown(trio).text or action_id == "flag_not_useful"
    assert "cy" not in last_shown(trio).text
    assert (await outcomes(trio))[trio.cy.id] == before
    kept_for = await trio.rows("SELECT user_id FROM hold_recipients")
    assert trio.cy.id not in [row["user_id"] for row in kept_for]
    rarer = await trio.rows("SELECT recipient_id FROM hints")
    assert trio.cy.id not in [row["recipient_id"] for row in rarer]


async def test_a_silenced_contact_says_so(trio):
    await decide(trio, trio.cy, Treatment.SILENT)
    await allow(trio, trio.cy, "silence")
    await trio.bo.post(trio.room, "hm, @cy")
    await trio.settle()
    assert (await outcomes(trio))[trio.cy.id] == ("breach", "silenced")


async def test_what_was_declared_urgent_is_not_taken_back(trio):
    message = await trio.bo.post(trio.room, "it burns, @ana")
    await trio.settle()
    view = (await trio.bo.click(last_shown(trio), "flag_urgent")).view
    await trio.bo.submit(view, {"reason": "outage"})
    await trio.settle()
    source = Source("T0SANDBOX", trio.bo.id, trio.room.id, message.ts, None)
    with pytest.raises(BadInput, match="Nobody is waiting for this message any more"):
        await trio.bot.services.taking_back.take_back(source)
    assert message.text in texts(trio)
    assert (await outcomes(trio))[trio.ana.id] == ("urgent", "outage")
    rows = await trio.rows("SELECT response FROM notices WHERE kind = 'flag'")
    assert rows == [{"response": "urgent"}]
    assert await states(trio) == []
