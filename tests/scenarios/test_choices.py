"""Recipients decide: who reaches them how, which time was theirs, and what they read when back."""

import asyncio
from datetime import UTC, datetime

import pytest

from bot.domain.choices import Treatment
from bot.errors import NotPossible
from bot.wiring import build
from sandbox import Fault
from tests.conftest import enrolled

pytestmark = pytest.mark.slow

MONDAY_OPENING = datetime(2026, 10, 26, 8, 0, tzinfo=UTC)
"""09:00 in Vienna, after the clocks went back."""

WEDNESDAY = datetime(2026, 10, 28, 11, 0, tzinfo=UTC)
"""12:00 in Vienna, on a working day."""


@pytest.fixture
async def room(any_office):
    """Ana (Vienna, 9 to 5) and Bo (Lisbon) in #design, on Friday at 22:14 in Vienna."""
    office = any_office
    office.sandbox.rate_limit_per_channel_s = 0  # days pass here within a second
    office.ana = office.sandbox.add_user("ana", "Europe/Vienna")
    office.bo = office.sandbox.add_user("bo", "Europe/Lisbon")
    office.room = office.sandbox.add_channel("design", [office.ana, office.bo, office.app])
    await enrolled(office, office.ana)
    await office.settle()
    return office


async def decide(office, source_ids, treatment):
    choosing = office.bot.services.choosing
    if source_ids:
        await choosing.treat("T0SANDBOX", office.ana.id, source_ids, treatment)
    else:
        await choosing.treat_everyone("T0SANDBOX", office.ana.id, treatment)


async def post(office, text, channel=None, by=None):
    message = await (by or office.bo).post(channel or office.room, text)
    await office.settle()
    return message


def hints(office, channel=None):
    seen = office.sandbox.messages((channel or office.room).id, as_seen_by=office.bo)
    return [message for message in seen if message.ephemeral]


def told(office, person=None):
    """What the bot wrote to Ana about her quiet time."""
    dm = office.sandbox.dm(office.app, person or office.ana)
    return [m for m in office.sandbox.messages(dm.id) if "Welcome back" in m.text]


async def outcomes(office):
    rows = await office.rows("SELECT outcome, reason FROM contacts ORDER BY ts")
    return [tuple(row.values()) for row in rows]


# Who reaches her, and how


async def test_whom_she_lets_through_is_not_told_and_counts_as_agreed(room):
    await decide(room, [room.bo.id], Treatment.THROUGH)
    await post(room, "@ana are you there?")
    assert hints(room) == []
    assert await outcomes(room) == [("exempt", "allowed_through")]


async def test_a_channel_passes_for_everybody_but_a_person_who_is_held(room):
    cy = room.sandbox.add_user("cy", "Europe/Vienna")
    await cy.join(room.room)
    await decide(room, [room.room.id], Treatment.THROUGH)
    await decide(room, [room.bo.id], Treatment.HOLD)
    await post(room, "@ana it burns", by=cy)
    assert await outcomes(room) == [("exempt", "allowed_through")]
    await post(room, "@ana lunch?")
    assert await outcomes(room) == [("exempt", "allowed_through"), ("breach", "by_treatment")]
    (hint,) = hints(room)
    assert "“Send when they’re back”" in str(hint.blocks), "holding comes first"


@pytest.mark.parametrize(
    ("action_id", "said"), [("flag_leave", "No reply from cy is"), ("flag_remind", "Done: cy gets")]
)
async def test_whoever_lets_the_author_through_is_not_in_the_answer(room, action_id, said):
    cy = room.sandbox.add_user("cy", "Europe/Vienna")
    await cy.join(room.room)
    await enrolled(room, cy)
    await decide(room, [room.bo.id], Treatment.THROUGH)
    await post(room, "@ana @cy lunch?")
    (hint,) = hints(room)
    await room.bo.click(hint, action_id)
    assert said in room.bo.answers[-1].text
    assert "ana" not in room.bo.answers[-1].text
    reminded = await room.rows("SELECT user_id FROM hold_recipients")
    assert [row["user_id"] for row in reminded] == [cy.id] * (action_id == "flag_remind")


async def test_hold_for_everyone_else_suggests_to_hold_first(room):
    await decide(room, [], Treatment.HOLD)
    await post(room, "@ana lunch?")
    (hint,) = hints(room)
    assert "“Send when they’re back”" in str(hint.blocks)


async def test_silent_without_silence_still_tells_the_author(room):
    await decide(room, [], Treatment.SILENT)
    await post(room, "@ana lunch?")
    assert len(hints(room)) == 1


async def test_what_somebody_let_through_holds_for_her_waits_all_the_same(room):
    await decide(room, [room.bo.id], Treatment.THROUGH)
    said = await room.bo.command("/later", "@ana no hurry", room.room)
    assert "Held for" in said.text
    await room.at(MONDAY_OPENING)
    texts = [m.text for m in room.sandbox.messages(room.sandbox.dm(room.app, room.ana).id)]
    assert [text[-8:] for text in texts] == ["no hurry"]


async def test_chosen_time_is_hers_and_nobody_is_told(room):
    await room.ana.command("/boundaries", "my choice until 23:00")
    await post(room, "@ana still up?")
    assert hints(room) == []
    assert await outcomes(room) == [("chosen", "chosen_time")]
    await room.at(datetime(2026, 10, 23, 21, 0, tzinfo=UTC))  # 23:00
    await post(room, "@ana and now?")
    assert len(hints(room)) == 1
    assert await outcomes(room) == [("chosen", "chosen_time"), ("breach", "by_mode")]


async def test_the_author_reads_when_a_reply_may_be_expected(room):
    await room.ana.command("/hours", "reply 1 day")
    await post(room, "@ana could you look?")
    (hint,) = hints(room)
    line = "off until Mon 09:00. No reply expected before Tue 09:00 (1 working day)"
    assert line in str(hint.blocks)
    said = await room.bo.command("/later", "@ana and at this?", room.room)
    expected = f"No reply expected from <@{room.ana.id}> before Tue 09:00 their time (08:00 for"
    assert expected in said.text
    assert said.text.endswith("(1 working day).")


# What she reads when she is back


async def test_she_reads_once_how_many_conversations_there_were(room):
    cy = room.sandbox.add_user("cy", "Europe/Vienna")
    other = room.sandbox.add_channel("ops", [room.ana, room.bo, cy, room.app])
    await post(room, "@ana one")
    await post(room, "@ana two")
    await room.at(datetime(2026, 10, 24, 10, 0, tzinfo=UTC))
    await post(room, "@ana three", other, cy)
    await room.at(datetime(2026, 10, 26, 7, 59, 59, tzinfo=UTC))
    assert told(room) == []
    await room.at(MONDAY_OPENING)
    (line,) = told(room)
    assert "You have 2 conversations from your quiet time." in line.text
    await room.ana.click(line, "return_where")
    where = room.ana.answers[-1].text.splitlines()
    assert where[1:] == [
        f"• <#{room.room.id}>, <@{room.bo.id}> · 2 messages",
        f"• <#{other.id}>, <@{cy.id}>",
    ]
    await room.at(datetime(2026, 10, 27, 8, 0, tzinfo=UTC))
    assert len(told(room)) == 1, "a quiet night says nothing"
    rows = await room.rows("SELECT payload FROM notices WHERE kind = 'return'")
    assert {row["payload"] for row in rows} == {""}


async def test_a_group_conversation_is_named_by_its_people(room):
    mpim = room.sandbox.dm(room.ana, room.bo, room.app)
    await post(room, "quick one", mpim)
    await room.at(MONDAY_OPENING)
    (line,) = told(room)
    assert "You have 1 conversation from" in line.text
    await room.ana.click(line, "return_where")
    assert f"• a group conversation with <@{room.bo.id}>" in room.ana.answers[-1].text


async def test_it_was_my_choice_marks_that_quiet_period_once(room):
    await post(room, "@ana one")
    await room.at(MONDAY_OPENING)
    await room.at(datetime(2026, 10, 26, 20, 0, tzinfo=UTC))
    await post(room, "@ana another night")
    (line,) = told(room)
    await room.ana.click(line, "return_chosen")
    (line,) = (m for m in messages_to(room) if "Noted as your own choice" in m.text)
    assert "that message counts as such" in line.text
    assert line.blocks == [], "there is nothing left to press"
    assert await outcomes(room) == [("chosen", "my_choice"), ("breach", "by_mode")]
    await room.at(datetime(2026, 10, 27, 8, 0, tzinfo=UTC))
    assert len(told(room)) == 1, "the other night has a line of its own"


def messages_to(office):
    return office.sandbox.messages(office.sandbox.dm(office.app, office.ana).id)


async def test_nobody_else_can_call_it_her_choice(room):
    cy = room.sandbox.add_user("cy", "Europe/Vienna")
    await cy.join(room.room)
    await enrolled(room, cy)
    await post(room, "@ana @cy one")
    await room.at(MONDAY_OPENING)
    (line,) = told(room, cy)
    await cy.click(line, "return_chosen")
    rows = await room.rows("SELECT recipient_id, outcome FROM contacts")
    assert {row["recipient_id"]: row["outcome"] for row in rows} == {
        room.ana.id: "breach",
        cy.id: "chosen",
    }
    for author_or_stranger in (room.bo.id, "U0NOBODY"):
        with pytest.raises(NotPossible, match="Nothing from that time"):
            await room.bot.services.returning.was_my_choice(
                "T0SANDBOX", author_or_stranger, 0, 2_000_000_000
            )


async def test_after_a_week_it_stays_as_it_was(room):
    await post(room, "@ana one")
    await room.at(MONDAY_OPENING)
    (line,) = told(room)
    await room.at(datetime(2026, 11, 3, 9, 0, tzinfo=UTC))
    await room.ana.click(line, "return_chosen")
    assert "more than a week ago" in room.ana.answers[-1].text
    assert await outcomes(room) == [("breach", "by_mode")]


@pytest.mark.parametrize("since_at", [0, -(10**30)])
async def test_a_choice_reaches_no_further_back_than_somebody_is_away(room, since_at):
    await post(room, "@ana long ago")
    await room.at(datetime(2027, 1, 8, 20, 0, tzinfo=UTC))
    await post(room, "@ana tonight")
    room.clock.set(datetime(2027, 1, 11, 8, 0, tzinfo=UTC))
    returning = room.bot.services.returning
    period = (since_at, 10**30)
    assert len(await returning.where("T0SANDBOX", room.ana.id, *period)) == 1
    assert await returning.was_my_choice("T0SANDBOX", room.ana.id, *period) == 1
    assert await outcomes(room) == [("breach", "by_mode"), ("chosen", "my_choice")]


async def test_what_comes_up_by_itself_is_not_counted_again(room):
    await post(room, "@ana one")
    await room.bo.click(hints(room)[-1], "flag_remind")
    await room.bo.command("/later", "@ana held", room.room)
    await room.at(MONDAY_OPENING)
    assert told(room) == []
    await room.at(datetime(2026, 10, 26, 20, 0, tzinfo=UTC))
    await post(room, "@ana two")
    await room.at(datetime(2026, 10, 27, 8, 0, tzinfo=UTC))
    assert ["1 conversation" in line.text for line in told(room)] == [True]


async def test_a_conversation_with_something_else_in_it_still_counts(room):
    await post(room, "@ana one")
    await room.bo.click(hints(room)[-1], "flag_remind")
    await post(room, "@ana two")
    await room.at(MONDAY_OPENING)
    (line,) = told(room)
    await room.ana.click(line, "return_where")
    assert "2 messages" not in room.ana.answers[-1].text


async def test_time_she_chose_is_no_quiet_time(room):
    await room.ana.command("/boundaries", "my choice until 23:00")
    await post(room, "@ana still up?")
    await room.at(MONDAY_OPENING)
    assert told(room) == []


async def test_it_can_be_switched_off(room):
    await post(room, "@ana one")
    await room.ana.command("/boundaries", "return off")
    await room.at(MONDAY_OPENING)
    assert told(room) == []
    await room.ana.command("/boundaries", "return on")
    await room.at(datetime(2026, 10, 26, 20, 0, tzinfo=UTC))
    await post(room, "@ana two")
    await room.at(datetime(2026, 10, 27, 8, 0, tzinfo=UTC))
    (line,) = told(room)
    assert "1 conversation " in line.text


@pytest.mark.parametrize("before", [True, False])
async def test_where_the_policy_only_counts_nothing_is_said(room, before):
    """Whether it was so when they wrote, or only by the time she is back."""
    boss = room.sandbox.add_user("mira", "Europe/Vienna", is_admin=True)
    await room.settle()
    if before:
        await boss.command("/boundaries", "admin mode observe")
    await post(room, "@ana one")
    if not before:
        await boss.command("/boundaries", "admin mode observe")
    await room.at(MONDAY_OPENING)
    assert told(room) == []
    assert await outcomes(room) == [("breach", "by_mode")], "it is counted all the same"
    rows = await room.rows("SELECT status FROM notices WHERE kind = 'return'")
    assert [row["status"] for row in rows] == ["dropped"] * (not before)


async def test_whoever_comes_back_later_reads_it_then(room):
    await post(room, "@ana one")
    await room.ana.command("/hours", "off 26 oct - 6 nov")
    await post(room, "@ana two")
    await room.at(MONDAY_OPENING)
    assert told(room) == []
    await room.at(datetime(2026, 11, 9, 8, 0, tzinfo=UTC))
    (line,) = told(room)
    assert "1 conversation " in line.text
    await room.ana.click(line, "return_where")
    assert "2 messages" in room.ana.answers[-1].text


async def test_whoever_comes_back_earlier_reads_it_then_and_is_away_again(room):
    await room.ana.command("/hours", "off 24 oct - 6 nov")
    await post(room, "@ana one")
    await room.ana.command("/hours", "working 28 oct 9-12")
    await room.at(datetime(2026, 10, 28, 8, 0, tzinfo=UTC))
    assert len(told(room)) == 1
    await room.at(datetime(2026, 10, 29, 8, 0, tzinfo=UTC))
    await post(room, "@ana two")
    await room.at(datetime(2026, 11, 9, 8, 0, tzinfo=UTC))
    assert len(told(room)) == 2


async def test_after_a_quiet_window_too(room):
    await room.at(WEDNESDAY)
    await room.ana.command("/quiet", "2h")
    await post(room, "@ana one")
    await room.at(datetime(2026, 10, 28, 13, 0, tzinfo=UTC))
    (line,) = told(room)
    assert "1 conversation " in line.text


async def test_a_short_break_needs_no_summary(room):
    await room.at(WEDNESDAY)
    await room.ana.command("/quiet", "29m")
    await post(room, "@ana one")
    await room.at(datetime(2026, 10, 28, 12, 0, tzinfo=UTC))
    assert told(room) == []
    assert len(hints(room)) == 1, "its author was told all the same"


async def test_late_in_the_day_everything_is_one_line(room):
    """The bot was down at the opening, and over a quiet window."""
    await post(room, "@ana one")
    await enrolled(room, room.ana, "mon-fri 9-12, 13-17")
    room.clock.set(datetime(2026, 10, 26, 11, 30, tzinfo=UTC))  # 12:30 on Monday, at lunch
    async with room.bot.database.transaction() as tx:
        await tx.exec_driver_sql("UPDATE notices SET lease_until = 9999999999")
    await post(room, "@ana two")
    async with room.bot.database.transaction() as tx:
        await tx.exec_driver_sql("UPDATE notices SET lease_until = 0")
    await room.at(datetime(2026, 10, 26, 15, 0, tzinfo=UTC))
    (line,) = told(room)
    await room.ana.click(line, "return_where")
    assert "2 messages" in room.ana.answers[-1].text


async def test_a_lost_answer_says_the_same_again(room):
    """Twice is a nuisance and never a broken promise; what it says stays the same."""
    await post(room, "@ana one")
    await post(room, "@ana two")
    room.sandbox.faults.add("chat.postMessage", Fault.drop_request())
    await room.at(MONDAY_OPENING)
    assert told(room) == []
    async with room.bot.database.transaction() as tx:
        await tx.exec_driver_sql("UPDATE notices SET lease_until = 0")
    await room.settle()
    (line,) = told(room)
    await room.ana.click(line, "return_where")
    assert "2 messages" in room.ana.answers[-1].text


@pytest.mark.slow
async def test_two_bots_say_it_once(postgres_office):
    office = postgres_office
    bo = office.sandbox.add_user("bo", "Europe/Lisbon")
    readers = [office.sandbox.add_user(f"reader{n}", "Europe/Vienna") for n in range(20)]
    room = office.sandbox.add_channel("design", [bo, *readers, office.app])
    for reader in readers:
        await enrolled(office, reader)
    await bo.post(room, " ".join(f"@{reader.name}" for reader in readers))
    await office.settle()
    async with office.bot.database.transaction() as tx:  # a second row for the same opening each
        await tx.exec_driver_sql(
            "INSERT INTO notices (id, workspace_id, kind, reader_id, channel_id, ts, until_at, "
            "day, payload, status, due_at, expires_at) SELECT id || 'x', workspace_id, kind, "
            "reader_id, channel_id, ts || 'x', until_at, day, payload, status, due_at, expires_at "
            "FROM notices WHERE kind = 'return'"
        )
    second = await build(office.settings, office.clock)
    try:
        await second.services.directory.place("T0SANDBOX")
        office.clock.set(MONDAY_OPENING)
        await asyncio.gather(
            *(bot.services.notices.run_due() for bot in (office.bot, second) for _ in range(3))
        )
        await office.settle()
    finally:
        await second.stop()
    said = [len(told(office, reader)) for reader in readers]
    assert said == [1] * len(readers)
    rows = await office.rows(
        "SELECT status, count(*) AS n FROM notices WHERE kind = 'return' GROUP BY 1 ORDER BY 1"
    )
    assert rows == [{"status": "dropped", "n": 20}, {"status": "sent", "n": 20}]
