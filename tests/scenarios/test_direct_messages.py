"""Direct messages between people: seen only where one of them allowed it."""

from datetime import UTC, datetime

import pytest

from bot.slack.consent import PURPOSES
from bot.slack.messenger import SlackMessenger
from sandbox import Fault
from tests.conftest import enrolled

pytestmark = pytest.mark.slow

WORKSPACE = "T0SANDBOX"
DMS = PURPOSES["dms"]
MONDAY = datetime(2026, 10, 26, 8, 0, tzinfo=UTC)
"""Nine in Vienna."""


@pytest.fixture
async def room(office):
    """Ana (Vienna, 9 to 5), Bo (Lisbon) and Cy, on Friday at 22:14 in Vienna."""
    office.ana = office.sandbox.add_user("ana", "Europe/Vienna")
    office.bo = office.sandbox.add_user("bo", "Europe/Lisbon")
    office.cy = office.sandbox.add_user("cy", "Europe/Vienna")
    await enrolled(office, office.ana)
    await office.settle()
    return office


async def allow(office, person, *scopes):
    """The way through Slack's consent page, without the page."""
    wanted = scopes or DMS
    token = office.sandbox.grant(office.app, person, wanted)
    keep = office.bot.services.granting.keep
    await keep(WORKSPACE, person.id, token, frozenset(wanted))


async def contacts(office):
    return await office.rows("SELECT recipient_id, kind, author_id FROM contacts ORDER BY 1")


def told(office, person):
    """What the bot wrote to somebody directly."""
    channel = office.sandbox.dm(person, office.app)
    return [each for each in office.sandbox.messages(channel.id) if each.user != person.id]


def codes(office, method):
    return [call.response.get("error", "ok") for call in office.sandbox.calls_to(method)]


async def messages_counted(office):
    await office.bot.services.screening.flush_counts()
    return sum(row["messages"] for row in await office.rows("SELECT messages FROM message_counts"))


async def test_where_neither_allowed_it_nothing_is_heard(room):
    await allow(room, room.cy)
    await room.bo.dm(room.ana, "are you there?")
    await room.bo.dm([room.ana], "hello?")
    await room.settle()
    assert await contacts(room) == []
    assert await messages_counted(room) == 0


@pytest.mark.parametrize("who", ["ana", "bo"])
async def test_one_of_the_two_is_enough(room, who):
    await allow(room, getattr(room, who))
    await room.bo.dm(room.ana, "are you there?")
    await room.settle()
    assert await contacts(room) == [
        {"recipient_id": room.ana.id, "kind": "dm", "author_id": room.bo.id}
    ]
    (hint,) = told(room, room.bo)
    assert "22:14 for ana, off until Mon 09:00" in str(hint.blocks)
    assert room.sandbox.calls_to("chat.postEphemeral") == [], "the bot is not in there, and knows"
    assert told(room, room.ana) == []
    assert codes(room, "conversations.info") == ["ok"]


async def test_who_is_in_it_is_asked_once(room):
    await allow(room, room.ana)
    await room.bo.dm(room.ana, "one")
    await room.settle()
    await room.bo.dm(room.ana, "two")
    await room.ana.dm(room.bo, "three")
    await room.settle()
    assert len(room.sandbox.calls_to("conversations.info")) == 1
    assert [row["recipient_id"] for row in await contacts(room)] == [room.ana.id, room.ana.id]
    assert len(told(room, room.bo)) == 1


async def test_a_group_is_seen_through_one_who_allowed_it(room):
    await enrolled(room, room.cy)
    await allow(room, room.cy)
    await room.bo.dm([room.ana, room.cy], "dinner?")
    await room.settle()
    assert await contacts(room) == sorted(
        (
            {"recipient_id": each.id, "kind": "group_dm", "author_id": room.bo.id}
            for each in (room.ana, room.cy)
        ),
        key=lambda row: row["recipient_id"],
    )
    assert len(told(room, room.bo)) == 1
    assert room.sandbox.calls_to("chat.postEphemeral") == []


async def test_a_group_with_the_bot_is_told_where_it_is(room):
    group = room.sandbox.dm(room.ana, room.bo, room.app)
    await room.bo.post(group, "quick one")
    await room.settle()
    assert len(room.sandbox.calls_to("chat.postEphemeral")) == 1
    assert told(room, room.bo) == []


async def test_the_others_are_asked_for_where_the_named_one_does_not_help(room):
    """Slack names Bo, whose permission does not reach far enough; Ana's does."""
    await allow(room, room.bo, "im:history")
    await allow(room, room.ana)
    await room.bo.dm(room.ana, "are you there?")
    await room.settle()
    assert codes(room, "apps.event.authorizations.list") == ["ok"]
    asked = room.sandbox.calls_to("conversations.info")
    assert [call.user_id for call in asked] == [room.ana.id]
    assert len(await contacts(room)) == 1


async def test_a_dead_token_gives_way_to_the_next(room):
    await allow(room, room.bo)
    await allow(room, room.ana)
    room.sandbox.faults.add("conversations.info", Fault.error("token_revoked"))
    await room.bo.dm(room.ana, "are you there?")
    await room.settle()
    assert codes(room, "conversations.info") == ["token_revoked", "ok"]
    assert len(await contacts(room)) == 1


async def test_where_nobody_helps_it_is_counted_and_not_judged(room):
    await allow(room, room.ana, "im:history")
    room.sandbox.faults.add("apps.event.authorizations.list", Fault.error("missing_scope"))
    await room.bo.dm(room.ana, "are you there?")
    await room.settle()
    assert await contacts(room) == []
    await room.bot.services.screening.flush_counts()
    assert [row["unresolved"] for row in await room.rows("SELECT * FROM message_counts")] == [1]


async def test_without_an_app_level_token_nobody_is_asked(room):
    messenger = SlackMessenger(None, "xoxb-unused")
    assert await messenger.authorized("4-context") == ()


async def test_after_everybody_revoked_nothing_is_judged(room):
    """An event that was on its way, or a permission that Slack still thinks is there."""
    await allow(room, room.ana)
    await room.bo.dm(room.ana, "one")
    await room.settle()
    assert len(await contacts(room)) == 1
    counted = await messages_counted(room)
    await room.bot.services.granting.forget(WORKSPACE, room.ana.id)
    await room.bo.dm(room.ana, "two")
    await room.settle()
    assert len(await contacts(room)) == 1
    assert await messages_counted(room) == counted


@pytest.mark.parametrize("text", ["hello there", "hello @ana"])
async def test_what_people_write_to_the_app_is_its_own_business(room, text):
    await allow(room, room.bo)
    await allow(room, room.ana)
    await room.bo.dm(room.app, text)
    await room.settle()
    assert await contacts(room) == []
    assert await messages_counted(room) == 0
    assert told(room, room.bo) == []


async def test_who_is_only_named_in_it_is_not_reached(room):
    await enrolled(room, room.cy)
    await allow(room, room.bo)
    await room.bo.dm(room.ana, "ask @cy, or @channel")
    await room.settle()
    assert [row["recipient_id"] for row in await contacts(room)] == [room.ana.id]
    assert await room.rows("SELECT * FROM audiences") == []


async def test_a_message_to_oneself_reaches_nobody(room):
    await allow(room, room.ana)
    await room.ana.post(room.sandbox.dm(room.ana, room.ana), "milk")
    await room.settle()
    assert await contacts(room) == []


async def test_a_stranger_in_a_direct_message_is_only_flagged(room):
    zoe = room.sandbox.add_stranger("zoe", "Asia/Tokyo")
    room.sandbox.add_channel("shared", [zoe, room.bo])
    await allow(room, room.bo)
    await room.bo.dm(zoe, "did it arrive?")
    await room.settle()
    assert await contacts(room) == []
    (hint,) = told(room, room.bo)
    assert "zoe (another organisation)" in str(hint.blocks)
    await zoe.dm(room.bo, "it did")
    await room.settle()
    assert told(room, zoe) == []


async def test_a_reminder_of_a_direct_message_has_its_link(room):
    await allow(room, room.bo)
    message = await room.bo.dm(room.ana, "are you there?")
    await room.settle()
    (hint,) = told(room, room.bo)
    await room.bo.click(hint, "flag_remind")
    await room.at(MONDAY)
    assert codes(room, "chat.getPermalink") == ["channel_not_found", "ok"]
    assert any(message.ts.replace(".", "") in each.text for each in told(room, room.ana))


async def test_a_direct_message_is_taken_back_and_comes_in_the_morning(room):
    await allow(room, room.bo, *DMS, *PURPOSES["send"])
    message = await room.bo.dm(room.ana, "are you there?")
    await room.settle()
    (hint,) = told(room, room.bo)
    await room.bo.click(hint, "flag_hold")
    await room.settle()
    there = room.sandbox.messages(message.channel_id)
    assert there == []
    await room.at(MONDAY)
    assert [each.text for each in room.sandbox.messages(message.channel_id)] == ["are you there?"]


async def test_without_leave_to_read_it_is_not_offered_to_take_it_back(room):
    await allow(room, room.ana)
    await allow(room, room.bo, *PURPOSES["send"])
    await room.bo.dm(room.ana, "are you there?")
    await room.settle()
    (hint,) = told(room, room.bo)
    assert "flag_remind" in str(hint.blocks)
    assert "flag_hold" not in str(hint.blocks)
