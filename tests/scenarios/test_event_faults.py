"""What Slack gets wrong, refuses or takes away, and what each of these ends in.

A message event counts once however often it comes. A flag that the channel refuses is said by
direct message, and one that comes later than ten minutes is recorded as expired. A held message
is delivered, by the app where its author's permission or account is gone, or goes back to its
author; where that is impossible too it ends as returned and its text is erased.
"""

import json
from datetime import UTC, datetime, timedelta

import pytest

from sandbox import Fault
from tests.conftest import FRIDAY_NIGHT, enrolled

pytestmark = pytest.mark.slow

OPENING = datetime(2026, 10, 26, 8, 0, tzinfo=UTC)
"""09:00 in Vienna."""

LISBON_OPENS = datetime(2026, 10, 26, 10, 0, tzinfo=UTC)
CAN_POST = ("chat:write", "channels:history", "im:write")


async def settled(office):
    """Ana (Vienna, 9 to 5), Bo (Lisbon, 10 to 23) and a room with both, on Friday night."""
    office.ana = office.sandbox.add_user("ana", "Europe/Vienna")
    office.bo = office.sandbox.add_user("bo", "Europe/Lisbon")
    office.room = office.sandbox.add_channel("design", [office.ana, office.bo, office.app])
    office.sandbox.rate_limit_per_channel_s = 0
    await enrolled(office, office.ana)
    await enrolled(office, office.bo, "mon-fri 10-23")
    await office.settle()
    return office


@pytest.fixture
async def two(office):
    """The two and their room, on SQLite."""
    return await settled(office)


@pytest.fixture
async def either(any_office):
    """The two and their room, on either database."""
    return await settled(any_office)


def hints(office):
    """The flags Bo sees in the room."""
    seen = office.sandbox.messages(office.room.id, as_seen_by=office.bo)
    return [message for message in seen if "flag_leave" in str(message.blocks)]


def direct(office, person):
    """What the app wrote to somebody."""
    return office.sandbox.messages(office.sandbox.dm(office.app, person).id)


def held_for(office, person):
    """What was held for somebody and came by direct message."""
    return [m.text for m in direct(office, person) if " wrote " in m.text]


def given_back(office, person):
    """What came back to its author."""
    return [m.text for m in direct(office, person) if "could not be delivered" in m.text]


async def contacts(office):
    return await office.rows("SELECT recipient_id, kind, outcome FROM contacts ORDER BY ts")


async def statuses(office):
    rows = await office.rows("SELECT status FROM notices WHERE kind = 'flag' ORDER BY ts")
    return [row["status"] for row in rows]


async def states(office):
    rows = await office.rows("SELECT state, sealed FROM held_messages")
    return [(row["state"], row["sealed"] is not None) for row in rows]


async def waits_end(office):
    """Let waits and leases, which follow the machine's clock, run out."""
    async with office.bot.database.transaction() as tx:
        await tx.exec_driver_sql("UPDATE held_messages SET retry_at = 0, lease_until = 0")
        await tx.exec_driver_sql("UPDATE notices SET lease_until = 0")
        await tx.exec_driver_sql("UPDATE unresolved SET lease_until = 0")
    await office.settle()


async def break_down(office):
    """Contacts cannot be written any more."""
    async with office.bot.database.transaction() as tx:
        await tx.exec_driver_sql("ALTER TABLE contacts RENAME TO contacts_elsewhere")


async def repair(office):
    """They can again."""
    async with office.bot.database.transaction() as tx:
        await tx.exec_driver_sql("ALTER TABLE contacts_elsewhere RENAME TO contacts")


def allow(office, person):
    """Let the app post in somebody's name."""
    token = office.sandbox.grant(office.app, person, CAN_POST)
    return office.bot.services.granting.keep("T0SANDBOX", person.id, token, frozenset(CAN_POST))


async def hold_in_the_room(office, text):
    """Bo holds a message for Ana that is to be posted in the room."""
    opened = await office.bo.shortcut("send_later")
    message = {
        "type": "rich_text",
        "elements": [{"type": "rich_text_section", "elements": [{"type": "text", "text": text}]}],
    }
    values = {"people": [office.ana.id], "message": message, "where": office.room.id}
    receipt = await office.bo.submit(opened.view, values)
    assert receipt.errors == {}


# Events


async def test_duplicates_and_disorder_count_each_message_once(either):
    either.sandbox.faults.add("message", Fault.out_of_order())
    either.sandbox.faults.add("message", Fault.duplicate(3))
    for word in ("one", "two", "three", "four"):
        await either.bo.post(either.room, f"@ana {word}")
    await either.settle()
    reached = {"recipient_id": either.ana.id, "kind": "mention", "outcome": "breach"}
    assert await contacts(either) == [reached] * 4
    assert len(hints(either)) == 1
    assert sorted(await statuses(either)) == ["capped"] * 3 + ["sent"]


async def test_a_reply_heard_of_before_its_parent_reaches_the_parents_author(two):
    two.sandbox.faults.add("message", Fault.out_of_order())
    question = await two.ana.post(two.room, "who knows?")
    await two.bo.post(two.room, "I do", thread_ts=question.ts)
    await two.settle()
    assert await contacts(two) == [
        {"recipient_id": two.ana.id, "kind": "thread", "outcome": "breach"}
    ]


async def test_an_event_whose_answer_was_lost_comes_again_and_counts_once(either):
    await either.bo.post(either.room, "@ana?")
    await either.settle()
    body = json.dumps(either.sandbox.deliveries[-1].payload).encode()
    for number, after in enumerate((0, 1, 5), start=1):
        either.clock.set(FRIDAY_NIGHT + timedelta(minutes=after))
        headers = {"X-Slack-Retry-Num": str(number), "X-Slack-Retry-Reason": "http_timeout"}
        status, _ = await either.sandbox.deliver_raw(either.app, body, headers)
        assert status == 200
        await either.settle()
    assert len(await contacts(either)) == 1
    assert len(hints(either)) == 1
    assert await statuses(either) == ["sent"]


@pytest.mark.parametrize(("minutes", "attempts"), [(1, 3), (5, 4)])
async def test_after_an_outage_the_retry_is_recorded_and_said(either, minutes, attempts):
    await break_down(either)
    await either.bo.post(either.room, "@ana?")
    await either.settle()
    event = either.sandbox.deliveries[-1]
    assert (event.status, event.attempts) == (503, 2), "at once, and once more at once"
    if minutes > 1:
        await either.at(FRIDAY_NIGHT + timedelta(minutes=1))
        assert (event.status, event.attempts) == (503, 3)
    await repair(either)
    await either.at(FRIDAY_NIGHT + timedelta(minutes=minutes))
    assert (event.status, event.attempts) == (200, attempts)
    assert len(await contacts(either)) == 1
    assert len(hints(either)) == 1


async def test_a_flag_that_would_come_after_ten_minutes_is_recorded_as_expired(either):
    either.app.delayed_events = True
    await break_down(either)
    await either.bo.post(either.room, "@ana?")
    for minutes in (1, 5):
        await either.at(FRIDAY_NIGHT + timedelta(minutes=minutes))
    await repair(either)
    await either.at(FRIDAY_NIGHT + timedelta(hours=2))
    assert len(await contacts(either)) == 1
    assert hints(either) == []
    assert await statuses(either) == ["expired"]
    await either.bo.post(either.room, "@ana, another thing")
    await either.settle()
    assert len(hints(either)) == 1, "what was not said does not use up the hint"


# Refused flags


@pytest.mark.parametrize(
    "code", ["is_archived", "channel_not_found", "not_in_channel", "restricted_action", "no_permission"]
)  # fmt: skip
async def test_a_flag_refused_in_the_channel_is_said_by_direct_message(two, code):
    two.sandbox.faults.add("chat.postEphemeral", Fault.error(code))
    await two.bo.post(two.room, "@ana?")
    await two.settle()
    assert hints(two) == []
    (told,) = direct(two, two.bo)
    assert "22:14 for ana" in told.text
    assert await statuses(two) == ["sent"]


@pytest.mark.parametrize("code", ["invalid_auth", "account_inactive", "missing_scope"])
async def test_trouble_with_the_bots_own_token_delays_a_flag(two, code):
    two.sandbox.faults.add("*", Fault.error(code, times=4))
    await two.bo.post(two.room, "@ana?")
    await two.settle()
    assert await statuses(two) == ["due"]
    two.sandbox.faults.clear()
    await waits_end(two)
    assert await statuses(two) == ["sent"]
    assert len(hints(two)) == 1


async def test_an_outage_of_slack_delays_a_flag_until_it_has_expired(two):
    two.sandbox.faults.add("chat.postEphemeral", Fault.status(503, times=None))
    await two.bo.post(two.room, "@ana?")
    await two.settle()
    for minute in (1, 2, 3, 5, 7, 10):
        two.clock.set(FRIDAY_NIGHT + timedelta(minutes=minute))
        await waits_end(two)
        assert await statuses(two) == ["due"]
    two.clock.advance(timedelta(minutes=1))
    await waits_end(two)
    assert await statuses(two) == ["expired"]


async def test_an_author_who_is_gone_is_told_nothing(two):
    two.sandbox.faults.add("chat.postEphemeral", Fault.rate_limited(60))
    await two.bo.post(two.room, "@ana?")
    await two.settle()
    await two.bo.deactivate()
    two.room.members.remove(two.bo.id)
    await waits_end(two)
    assert await statuses(two) == ["refused"]
    assert len(await contacts(two)) == 1


async def test_an_app_removed_from_the_channel_says_its_flag_by_direct_message(two):
    two.sandbox.faults.add("chat.postEphemeral", Fault.rate_limited(60))
    await two.bo.post(two.room, "@ana?")
    await two.settle()
    two.room.members.remove(two.app.bot_user_id)
    await waits_end(two)
    assert "22:14 for ana" in direct(two, two.bo)[-1].text
    assert await statuses(two) == ["sent"]


async def test_an_audience_nobody_can_look_up_is_judged_by_what_is_known(two):
    cy = two.sandbox.add_user("cy", "Europe/Vienna")
    group = two.sandbox.add_usergroup("crew", "Crew", [two.ana, cy])
    await two.settle()
    async with two.bot.database.transaction() as tx:
        await tx.exec_driver_sql("DELETE FROM user_groups")
    two.bot.services.directory.loaded("T0SANDBOX").groups.pop(group.id, None)
    two.sandbox.faults.add("usergroups.users.list", Fault.status(503, times=None))
    await two.bo.post(two.room, "@ana, and all of @crew")
    await two.settle()
    assert len(await two.rows("SELECT * FROM unresolved")) == 1
    for _ in range(12):
        await waits_end(two)
    assert await two.rows("SELECT * FROM unresolved") == []
    assert [row["recipient_id"] for row in await contacts(two)] == [two.ana.id]


# Permissions, accounts and conversations that are gone at the opening


@pytest.mark.parametrize("told", [True, False])
async def test_a_permission_withdrawn_meanwhile_lets_the_app_deliver(two, told):
    await allow(two, two.bo)
    await two.bo.command("/later", "@ana see you", two.room)
    if told:
        two.sandbox.revoke(two.app, two.bo)
    else:
        for token in two.sandbox.workspace.grants_of(two.app):
            two.sandbox.workspace.revoke(token)
    await two.at(OPENING)
    (text,) = held_for(two, two.ana)
    assert text.endswith("see you")
    assert await states(two) == [("released", False)]
    assert await two.rows("SELECT * FROM grants") == []


@pytest.mark.parametrize("told", [True, False])
async def test_in_a_channel_the_app_posts_what_its_author_may_no_longer(two, told):
    await allow(two, two.bo)
    await hold_in_the_room(two, "see you")
    if told:
        two.sandbox.revoke(two.app, two.bo)
    else:
        for token in two.sandbox.workspace.grants_of(two.app):
            two.sandbox.workspace.revoke(token)
    await two.at(OPENING)
    (message,) = two.sandbox.messages(two.room.id)
    assert message.user == two.app.bot_user_id
    assert f"<@{two.bo.id}> wrote for <@{two.ana.id}>" in message.text
    assert await states(two) == [("released", False)]


@pytest.mark.parametrize("own", [True, False])
async def test_an_archived_channel_gives_the_message_back(two, own):
    if own:
        await allow(two, two.bo)
    await hold_in_the_room(two, "too late")
    await two.ana.archive(two.room)
    await two.at(OPENING)
    assert [each.text for each in two.sandbox.messages(two.room.id)] == []
    assert given_back(two, two.bo) == [], "not before Bo's own day begins"
    await two.at(LISBON_OPENS)
    (text,) = given_back(two, two.bo)
    assert "the conversation was archived" in text
    assert text.endswith("too late")
    assert await states(two) == [("returned", False)]


async def test_a_reader_who_left_gives_the_message_back(two):
    await two.bo.command("/later", "@ana farewell", two.room)
    await two.ana.deactivate()
    await two.at(OPENING)
    await two.at(LISBON_OPENS)
    (text,) = given_back(two, two.bo)
    assert "the account is not active any more" in text
    assert text.endswith("farewell")
    assert await states(two) == [("returned", False)]


async def test_a_reminder_for_a_reader_who_left_is_brought_to_nobody(two):
    await two.bo.post(two.room, "@ana?")
    await two.settle()
    await two.bo.click(hints(two)[0], "flag_remind")
    await two.ana.deactivate()
    await two.at(OPENING)
    await two.at(LISBON_OPENS)
    assert held_for(two, two.bo) == held_for(two, two.ana) == []
    assert await states(two) == [("returned", False)]


async def test_a_permission_withdrawn_after_a_lost_answer_is_late_or_twice_and_says_so(two):
    await allow(two, two.bo)
    await two.bo.command("/later", "@ana see you", two.room)
    two.sandbox.faults.add("chat.postMessage", Fault.drop_answer())
    await two.at(OPENING)
    own = two.sandbox.messages(two.sandbox.dm(two.bo, two.ana).id)
    assert [message.user for message in own] == [two.bo.id]
    two.sandbox.revoke(two.app, two.bo)
    await two.settle()
    await waits_end(two)
    assert len(held_for(two, two.ana)) == 1, "the app cannot look into other people's conversation"
    rows = await two.rows("SELECT state, looked_in_vain FROM held_messages")
    assert [(row["state"], bool(row["looked_in_vain"])) for row in rows] == [("released", True)]


@pytest.mark.parametrize("trouble", [Fault.rate_limited, Fault.drop_request])
async def test_a_token_that_dies_while_a_message_is_taken_back_leaves_it_where_it_is(two, trouble):
    await allow(two, two.bo)
    await two.bo.post(two.room, "@ana, never mind")
    await two.settle()
    two.sandbox.faults.add("chat.delete", trouble())
    await two.bo.click(hints(two)[0], "flag_hold")
    for token in two.sandbox.workspace.grants_of(two.app):
        two.sandbox.workspace.revoke(token)
    # The author may not look any more, and the bot is not told at the first try.
    two.sandbox.faults.add("conversations.history", Fault.rate_limited())
    await waits_end(two)
    await waits_end(two)
    assert await states(two) == [("cancelled", False)]
    await two.at(OPENING)
    (message,) = two.sandbox.messages(two.room.id)
    assert message.user == two.bo.id


async def test_what_came_at_night_counts_although_its_answer_was_lost_until_the_morning(two):
    await two.bo.command("/later", "@ana now", two.room)
    two.sandbox.faults.add("chat.postMessage", Fault.drop_answer())
    await two.bo.command("/later", "send 1", two.room)
    await two.settle()
    assert len(held_for(two, two.ana)) == 1
    two.clock.set(OPENING)
    await waits_end(two)
    assert await states(two) == [("released", False)]
    assert [row["outcome"] for row in await contacts(two)] == ["breach"]
    (row,) = await two.rows("SELECT released_at FROM held_messages")
    assert row["released_at"] == int(FRIDAY_NIGHT.timestamp())


async def test_who_was_at_work_when_it_was_held_is_counted_when_it_comes_after_hours(two):
    cy = two.sandbox.add_user("cy", "America/New_York")  # 16:14, at work until 17:00
    await two.settle()
    await enrolled(two, cy)
    await two.bo.command("/later", "@ana @cy plans", two.room)
    two.clock.advance(timedelta(hours=2))
    await two.bo.command("/later", "send 1", two.room)
    await two.settle()
    rows = await two.rows("SELECT recipient_id, outcome FROM contacts")
    assert {row["recipient_id"]: row["outcome"] for row in rows} == {
        two.ana.id: "breach",
        cy.id: "breach",
    }


async def test_what_an_author_wrote_before_leaving_is_delivered_by_the_app(two):
    await allow(two, two.bo)
    await two.bo.command("/later", "@ana thank you all", two.room)
    two.sandbox.revoke(two.app, two.bo)
    await two.bo.deactivate()
    await two.at(OPENING)
    (text,) = held_for(two, two.ana)
    assert text.endswith("thank you all")
    assert await states(two) == [("released", False)]


async def test_what_neither_reader_nor_author_can_get_ends_returned_and_erased(two):
    await two.bo.command("/later", "@ana nobody", two.room)
    await two.ana.deactivate()
    await two.bo.deactivate()
    await two.at(OPENING)
    await two.at(LISBON_OPENS)
    assert held_for(two, two.ana) == given_back(two, two.bo) == []
    assert await states(two) == [("returned", False)]


async def test_an_app_removed_from_the_channel_gives_the_message_back(two):
    await hold_in_the_room(two, "not here")
    two.room.members.remove(two.app.bot_user_id)
    await two.at(OPENING)
    await two.at(LISBON_OPENS)
    (text,) = given_back(two, two.bo)
    assert "the app is not in the conversation" in text
    assert await states(two) == [("returned", False)]


async def test_without_the_app_in_the_channel_its_author_still_can(two):
    await allow(two, two.bo)
    await hold_in_the_room(two, "here")
    two.room.members.remove(two.app.bot_user_id)
    await two.at(OPENING)
    (message,) = two.sandbox.messages(two.room.id)
    assert message.user == two.bo.id
    assert await states(two) == [("released", False)]
