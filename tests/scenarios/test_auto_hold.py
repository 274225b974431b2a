"""Taking back by itself, what is lost said before, and hints that become rarer."""

import asyncio
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from bot.slack.consent import PURPOSES
from bot.storage import holds
from sandbox import Fault
from tests.conftest import FRIDAY_NIGHT, enrolled

pytestmark = pytest.mark.slow

MONDAY_OPENING = datetime(2026, 10, 26, 9, tzinfo=ZoneInfo("Europe/Vienna"))
SEND = PURPOSES["send"]


@pytest.fixture
async def pair(any_office):
    office = any_office
    office.ana = office.sandbox.add_user("ana", "Europe/Vienna")
    office.bo = office.sandbox.add_user("bo", "Europe/Lisbon")
    office.room = office.sandbox.add_channel("room", members=[office.ana, office.bo, office.app])
    await enrolled(office, office.ana)
    await enrolled(office, office.bo)
    return office


async def allow(office, person):
    token = office.sandbox.grant(office.app, person, list(SEND))
    keep = office.bot.services.granting.keep
    await keep("T0SANDBOX", person.id, token, frozenset(SEND))


async def auto(office, wanted):
    return (await office.bo.command("/later", f"auto {wanted}")).text


def seen_by(office, person):
    return office.sandbox.messages(office.room.id, as_seen_by=person)


async def rows(office, text):
    return await office.rows(text)


async def test_switching_it_on_needs_the_permission_first(pair):
    assert "needs your permission" in await auto(pair, "on")
    await allow(pair, pair.bo)
    said = await auto(pair, "on")
    assert "phone may have rung already" in said
    assert "`/later auto off` ends it" in said
    assert "are taken back by themselves. `/later auto off` ends it." in await auto(pair, "")
    assert "Off." in await auto(pair, "off")
    assert "stay where you post them" in await auto(pair, "")
    assert "auto on" in await auto(pair, "perhaps")


async def test_every_message_is_taken_back_and_comes_at_the_opening(pair):
    await allow(pair, pair.bo)
    await auto(pair, "on")
    await pair.bo.post(pair.room, "first, @ana")
    await pair.bo.post(pair.room, "second, @ana")
    await pair.settle()
    told = seen_by(pair, pair.bo)
    assert [message.text for message in told] == [
        "Taken back and held: ana gets it Mon 09:00 their time (08:00 for you)."
    ] * 2
    assert pair.sandbox.messages(pair.room.id) == []
    assert await rows(pair, "SELECT outcome FROM contacts") == [{"outcome": "averted"}] * 2
    await pair.at(MONDAY_OPENING)
    texts = [message.text for message in pair.sandbox.messages(pair.room.id)]
    assert texts == [f"first, <@{pair.ana.id}>", f"second, <@{pair.ana.id}>"]


async def test_its_buttons_send_cancel_and_give_the_text_back(pair):
    await allow(pair, pair.bo)
    await auto(pair, "on")
    await pair.bo.post(pair.room, "one, @ana")
    await pair.bo.post(pair.room, "two, @ana")
    await pair.settle()
    first, second = seen_by(pair, pair.bo)
    await pair.bo.click(first, "held_cancel")
    await pair.bo.click(second, "held_send_now")
    await pair.settle()
    shown = [message.text for message in seen_by(pair, pair.bo)]
    assert any("Cancelled" in text and ("one," in text or "two," in text) for text in shown)
    assert any("On its way" in text for text in shown)
    states = await rows(pair, "SELECT state FROM held_messages ORDER BY state")
    assert [row["state"] for row in states] == ["cancelled", "released"]


async def test_what_others_added_is_not_lost_without_asking(pair):
    await allow(pair, pair.bo)
    await auto(pair, "on")
    pair.sandbox.faults.add("conversations.history", Fault.slow(1.5))
    message = await pair.bo.post(pair.room, "see this, @ana")
    await pair.ana.react(message, "eyes")
    await pair.settle()
    flag = seen_by(pair, pair.bo)[-1]
    assert "1 reaction would have been lost" in str(flag.blocks)
    answer = await pair.bo.click(flag, "flag_hold")
    assert "1 reaction" in str(answer.view.blocks)
    assert len(pair.sandbox.messages(pair.room.id)) == 1, "nothing is lost yet"
    await pair.bo.submit(answer.view, {})
    assert pair.sandbox.messages(pair.room.id) == []
    assert "Held" in seen_by(pair, pair.bo)[-1].text
    await pair.at(MONDAY_OPENING)
    (message,) = pair.sandbox.messages(pair.room.id)
    assert (message.user, "see this" in message.text) == (pair.bo.id, True)


@pytest.mark.parametrize(
    ("weekly", "text"),
    [
        ("mon-sun 8-23:30", "@ana fyi, @cy please restart it now"),
        ("", "@ana and @cy, lunch on Monday?"),
        ("mon-fri 9-17", "@channel fire drill now, and @ana"),
        ("mon-fri 9-17", "@here is the list, @ana"),
    ],
)
async def test_from_those_at_work_nothing_is_taken_without_asking(pair, weekly, text):
    pair.cy = pair.sandbox.add_user("cy", "Europe/Vienna")
    await pair.cy.join(pair.room)
    if weekly:
        await enrolled(pair, pair.cy, weekly)
    await allow(pair, pair.bo)
    await auto(pair, "on")
    message = await pair.bo.post(pair.room, text)
    await pair.settle()
    flag = next(each for each in seen_by(pair, pair.bo) if "flag_hold" in str(each.blocks))
    assert "because it also reached people who are not off" in str(flag.blocks)
    answer = await pair.bo.click(flag, "flag_hold")
    assert "They may have read it already" in str(answer.view.blocks)
    assert message in pair.sandbox.messages(pair.room.id)
    await pair.bo.submit(answer.view, {})
    assert message not in pair.sandbox.messages(pair.room.id)
    await pair.at(MONDAY_OPENING)
    back = pair.sandbox.messages(pair.room.id)[-1]
    assert (back.user, back.text) == (pair.bo.id, message.text)
    assert await rows(pair, "SELECT user_id FROM hold_recipients") == [{"user_id": pair.ana.id}]


@pytest.mark.parametrize("by_itself", [True, False])
async def test_a_reply_shown_in_the_channel_is_not_moved_without_asking(pair, by_itself):
    await allow(pair, pair.bo)
    if by_itself:
        await auto(pair, "on")
    parent = await pair.ana.post(pair.room, "any news?")
    reply = await pair.bo.reply(parent, "yes, @ana", broadcast=True)
    await pair.settle()
    flag = seen_by(pair, pair.bo)[-1]
    assert ("its place in the channel would have been lost" in str(flag.blocks)) is by_itself
    answer = await pair.bo.click(flag, "flag_hold")
    assert "comes back in its thread only" in str(answer.view.blocks)
    assert reply in pair.sandbox.messages(pair.room.id)
    await pair.bo.submit(answer.view, {})
    assert await rows(pair, "SELECT state, thread_ts FROM held_messages") == [
        {"state": "held", "thread_ts": parent.ts}
    ]


async def test_a_message_with_replies_leaves_a_tombstone_and_is_held_once(pair):
    await allow(pair, pair.bo)
    message = await pair.bo.post(pair.room, "who can? @ana")
    await pair.ana.reply(message, "I can")
    await pair.settle()
    answer = await pair.bo.click(seen_by(pair, pair.bo)[-1], "flag_hold")
    assert "1 reply" in str(answer.view.blocks)
    pair.sandbox.faults.add("chat.delete", Fault.drop_answer())
    await pair.bo.submit(answer.view, {})
    await pair.settle()
    (row,) = await rows(pair, "SELECT state FROM held_messages")
    if row["state"] == "taking_back":
        async with pair.bot.database.transaction() as tx:
            await tx.exec_driver_sql("UPDATE held_messages SET lease_until = 0")
        await pair.settle()
    assert await rows(pair, "SELECT state FROM held_messages") == [{"state": "held"}]


async def test_files_stay_and_the_author_is_told_why(pair):
    await allow(pair, pair.bo)
    await auto(pair, "on")
    await pair.bo.share(pair.room, "plan.pdf", text="the plan, @ana")
    await pair.settle()
    flag = seen_by(pair, pair.bo)[-1]
    assert "message with files cannot be taken back" in str(flag.blocks)
    assert "Remind ana" in str(flag.blocks)
    assert "flag_hold" not in str(flag.blocks)
    assert await rows(pair, "SELECT * FROM held_messages") == []


async def test_where_slack_forbids_deleting_the_author_reads_why(pair):
    await allow(pair, pair.bo)
    await auto(pair, "on")
    pair.sandbox.faults.add("chat.delete", Fault.error("cant_delete_message"))
    await pair.bo.post(pair.room, "hm, @ana")
    await pair.settle()
    flag = seen_by(pair, pair.bo)[-1]
    assert "did not let it be deleted" in str(flag.blocks)
    assert await rows(pair, "SELECT state, sealed FROM held_messages") == [
        {"state": "cancelled", "sealed": None}
    ]
    assert await rows(pair, "SELECT outcome FROM contacts") == [{"outcome": "breach"}]


async def test_a_withdrawn_permission_degrades_to_a_flag(pair):
    await allow(pair, pair.bo)
    await auto(pair, "on")
    pair.sandbox.revoke(pair.app, pair.bo)
    await pair.settle()
    await pair.bo.post(pair.room, "hm, @ana")
    await pair.settle()
    flag = seen_by(pair, pair.bo)[-1]
    assert "flag_remind" in str(flag.blocks)


async def test_a_worker_that_stopped_after_taking_back_says_it_once(pair):
    await allow(pair, pair.bo)
    await auto(pair, "on")
    pair.sandbox.faults.add("chat.postEphemeral", Fault.status(500))
    await pair.bo.post(pair.room, "hm, @ana")
    await pair.settle()
    async with pair.bot.database.transaction() as tx:
        await tx.exec_driver_sql("UPDATE notices SET lease_until = 0")
    await pair.settle()
    assert ["Taken back" in message.text for message in seen_by(pair, pair.bo)] == [True]
    async with pair.bot.database.reading() as tx:
        assert len(await holds.waiting_of_author(tx, "T0SANDBOX", pair.bo.id)) == 1


async def test_not_useful_makes_hints_between_two_people_rarer(pair):
    office = pair

    async def flagged_at(when):
        await office.at(when)
        before = len(seen_by(office, office.bo))
        await office.bo.post(office.room, "hm, @ana")
        await office.settle()
        return len(seen_by(office, office.bo)) - before == 2

    friday = FRIDAY_NIGHT
    assert await flagged_at(friday)
    await office.bo.click(seen_by(office, office.bo)[-1], "flag_not_useful")
    assert "no such notice about them before" in seen_by(office, office.bo)[-1].text
    assert not await flagged_at(friday + timedelta(days=3))
    recorded = await rows(office, "SELECT status FROM notices WHERE kind = 'flag' ORDER BY ts")
    assert [row["status"] for row in recorded] == ["sent", "capped"]
    assert len(await rows(office, "SELECT * FROM contacts")) == 2, "it still counts"
    assert await flagged_at(friday + timedelta(days=8))
    await office.bo.click(seen_by(office, office.bo)[-1], "flag_not_useful")
    await office.bo.post(office.room, "x")
    assert not await flagged_at(friday + timedelta(days=20))
    assert await flagged_at(friday + timedelta(days=23))


async def test_clicking_not_useful_again_counts_once(pair):
    await pair.bo.post(pair.room, "hm, @ana")
    await pair.settle()
    flag = seen_by(pair, pair.bo)[-1]
    clicks = [pair.bo.click(flag, "flag_not_useful") for _ in range(2)]
    await asyncio.gather(*clicks)
    assert await rows(pair, "SELECT not_useful FROM hints") == [{"not_useful": 1}]
