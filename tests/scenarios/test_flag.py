"""A message reaches somebody who is off: it is judged, recorded, and the author is told."""

from datetime import UTC, datetime, timedelta

import pytest

from sandbox import Fault
from tests.conftest import enrolled


@pytest.fixture
async def room(any_office):
    """Ana (Vienna, 9 to 5) and Bo (Lisbon) in #design, on Friday at 22:14 in Vienna."""
    office = any_office
    office.ana = office.sandbox.add_user("ana", "Europe/Vienna")
    office.bo = office.sandbox.add_user("bo", "Europe/Lisbon")
    office.room = office.sandbox.add_channel("design", [office.ana, office.bo, office.app])
    await enrolled(office, office.ana)
    await office.settle()
    return office


def hints(office, person, channel=None):
    seen = office.sandbox.messages((channel or office.room).id, as_seen_by=person)
    return [str(message.blocks) for message in seen if message.ephemeral]


async def contacts(office):
    return await office.rows("SELECT recipient_id, kind, outcome, reason FROM contacts ORDER BY 1")


async def test_the_author_is_told_once_and_every_contact_is_recorded(room):
    await room.bo.post(room.room, "could you look at this, @ana?")
    await room.settle()
    (hint,) = hints(room, room.bo)
    assert "22:14 for ana, off until Mon 09:00" in hint
    assert hints(room, room.ana) == []
    row = {"recipient_id": room.ana.id, "kind": "mention", "outcome": "breach", "reason": "by_mode"}
    assert await contacts(room) == [row]
    await room.bo.post(room.room, "and this, @ana")
    await room.settle()
    assert len(hints(room, room.bo)) == 1
    assert await contacts(room) == [row, row]
    assert await room.rows("SELECT status FROM notices WHERE kind = 'flag' ORDER BY ts") == [
        {"status": "sent"},
        {"status": "capped"},
    ]
    text = await room.rows("SELECT payload FROM notices WHERE status = 'sent'")
    assert text == [{"payload": ""}], "what was said is not kept"


async def test_after_they_were_back_the_author_hears_again(room):
    await room.bo.post(room.room, "@ana one")
    await room.settle()
    await room.at(datetime(2026, 10, 26, 20, 0, tzinfo=UTC))
    await room.bo.post(room.room, "@ana two")
    await room.settle()
    assert len(hints(room, room.bo)) == 2


async def test_a_holiday_is_named(room):
    await enrolled(room, room.ana, region="AT")
    await room.at(datetime(2026, 10, 26, 10, 0, tzinfo=UTC))
    await room.bo.post(room.room, "@ana are you in?")
    await room.settle()
    (hint,) = hints(room, room.bo)
    assert "on a public holiday (Nationalfeiertag) until Tue 09:00" in hint


async def test_a_night_shift_at_two_in_the_morning_is_left_alone(room):
    await enrolled(room, room.ana, "sun-thu 22:00-06:00")
    await room.at(datetime(2026, 10, 23, 0, 0, tzinfo=UTC))  # Friday 02:00, in Thursday's shift
    await room.bo.post(room.room, "@ana how is the night?")
    await room.settle()
    assert hints(room, room.bo) == []
    assert await contacts(room) == []


async def test_a_user_group_is_looked_up_after_the_answer(room):
    group = room.sandbox.add_usergroup("crew", "Crew", [room.ana, room.bo])
    await room.settle()
    async with room.bot.database.transaction() as tx:
        await tx.exec_driver_sql("DELETE FROM user_groups")
    room.bot.services.directory.loaded("T0SANDBOX").groups.pop(group.id, None)
    await room.bo.post(room.room, "@crew dinner?")
    await room.settle()
    assert [row["kind"] for row in await contacts(room)] == ["group"]
    assert len(hints(room, room.bo)) == 1
    assert await room.rows("SELECT * FROM unresolved") == []


async def test_a_reply_reaches_the_people_of_its_thread(room):
    room.clock.set(datetime(2026, 10, 23, 10, 0, tzinfo=UTC))
    question = await room.ana.post(room.room, "who knows?")
    cy = room.sandbox.add_user("cy", "Europe/Vienna")
    await enrolled(room, cy)
    await cy.join(room.room)
    await cy.post(room.room, "not me", thread_ts=question.ts)
    room.clock.set(datetime(2026, 10, 23, 20, 14, tzinfo=UTC))
    await room.bo.post(room.room, "I do", thread_ts=question.ts)
    await room.settle()
    found = {row["recipient_id"]: row["kind"] for row in await contacts(room)}
    assert found == {room.ana.id: "thread", cy.id: "thread"}
    assert await room.rows("SELECT count(*) AS n FROM thread_people") == [{"n": 2}]


async def test_a_group_conversation_with_the_bot_reaches_its_members(room):
    mpim = room.sandbox.dm(room.ana, room.bo, room.app)
    await room.bo.post(mpim, "quick one")
    await room.settle()
    assert [row["kind"] for row in await contacts(room)] == ["group_dm"]


@pytest.mark.parametrize("text", ["run `@ana` please", "```ping @ana```", "no names at all"])
async def test_what_notifies_nobody_is_no_contact(room, text):
    await room.bo.post(room.room, text)
    await room.settle()
    assert await contacts(room) == []


async def test_an_edit_is_not_a_second_contact(room):
    message = await room.bo.post(room.room, "hello")
    await room.bo.edit(message, "hello @ana")
    await room.bo.delete(message)
    await room.settle()
    assert await contacts(room) == []


async def test_somebody_who_did_not_choose_is_only_counted_in_coverage(room):
    await room.ana.post(room.room, "@bo good night")
    await room.settle()
    assert await contacts(room) == []
    (counted,) = await room.rows("SELECT messages, hours_unknown FROM message_counts")
    assert counted == {"messages": 1, "hours_unknown": 1}


async def test_a_duplicated_event_counts_and_nags_once(room):
    room.sandbox.faults.add("event", Fault.duplicate())
    await room.bo.post(room.room, "@ana?")
    await room.settle()
    assert len(await contacts(room)) == 1
    assert len(hints(room, room.bo)) == 1


async def test_a_hint_that_comes_too_late_is_not_said(room):
    room.sandbox.faults.add("chat.postEphemeral", Fault.rate_limited(60, times=1))
    await room.bo.post(room.room, "@ana?")
    await room.settle()
    room.clock.advance(timedelta(minutes=11))
    async with room.bot.database.transaction() as tx:
        await tx.exec_driver_sql("UPDATE notices SET lease_until = 0")
    await room.settle()
    assert hints(room, room.bo) == []
    assert await room.rows("SELECT status FROM notices WHERE kind = 'flag'") == [
        {"status": "expired"}
    ]


async def test_an_author_hears_at_most_so_often_a_day(room):
    channels = [
        room.sandbox.add_channel(f"room{n}", [room.ana, room.bo, room.app]) for n in range(8)
    ]
    for channel in channels:
        await room.bo.post(channel, "@ana?")
    await room.settle()
    assert sum(len(hints(room, room.bo, channel)) for channel in channels) == 6
    assert len(await contacts(room)) == 8
