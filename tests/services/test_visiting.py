"""Visits to a calendar: what is read, judged and answered, whatever the server can or does.

The calendars are in memory (`tests.calendars.memory`), under the same contract as the real ones.
"""

import asyncio
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from bot.calendars.base import Credentials, EventRef
from bot.domain.handling import undone
from bot.domain.invites import Answer, Unclear, Unreadable
from bot.domain.spans import Span
from bot.errors import CalendarAway, CalendarRefused, CalendarSignedOut
from bot.storage import calendars, occurrences, people
from tests.calendars.memory import EVERYTHING, SECRET, MemoryAccount
from tests.services.visits import (
    EVENING,
    FRIDAY,
    NEXT_EVENING,
    NOON,
    ORGANIZER,
    WORKSPACE,
    connected,
    serving,
    span,
    town_of,
)

pytestmark = pytest.mark.slow


async def test_connecting_answers_nothing_and_moving_does(tmp_path):
    async with town_of(tmp_path, None) as town:
        uid = town.calendar.invite(EVENING)
        await town.connect()
        await town.office.settle()
        await town.set(treatment="hold")
        assert (await town.row())["state"] == "found"
        await town.visit()
        assert (town.calendar.replies, town.told(town.ana), town.told(town.bo)) == ([], [], [])
        town.calendar.move(uid, NEXT_EVENING)
        await town.visit()
        assert (await town.row())["state"] == "held"
        assert [each.answer for each in town.calendar.replies] == [Answer.TENTATIVE]


async def test_an_invite_is_held_once_and_both_hear_of_it(town):
    town.calendar.invite(EVENING, title="Design review")
    for _ in range(3):
        await town.visit()
    (reply,) = town.calendar.replies
    assert reply.answer is Answer.TENTATIVE
    assert reply.comment
    assert len(town.told(town.ana)) == 1
    assert len(town.told(town.bo)) == 1
    row = await town.row()
    assert (row["state"], row["errand"], row["our_answer"]) == ("held", "", "tentative")
    assert b"Design review" not in row["sealed"]


async def test_a_series_is_held_week_by_week_and_told_of_once(town):
    town.calendar.invite(EVENING, weeks=12)
    await town.visit()
    rows = await town.rows()
    assert len(rows) == 8, "eight weeks are looked at"
    assert {row["state"] for row in rows} == {"held"}
    assert len(town.calendar.replies) == 8
    assert (len(town.told(town.ana)), len(town.told(town.bo))) == (1, 1)
    # A week on, everything is read anew, and one more week comes into sight.
    await town.office.at(FRIDAY + timedelta(days=8))
    await town.visit()
    assert len(town.calendar.replies) == 9
    assert (len(town.told(town.ana)), len(town.told(town.bo))) == (1, 1)


async def test_a_server_that_answers_whole_series_only_leaves_the_rest_to_slack(lite):
    async with lite(replace(EVERYTHING, occurrence_replies=False)) as town:
        town.calendar.invite(EVENING, weeks=3)
        await town.visit()
        assert town.calendar.replies == []
        assert {row["state"] for row in await town.rows()} == {"flagged"}
        assert {row["code"] for row in await town.rows()} == {"occurrence_replies"}
        assert (await town.calendar_row())["lacks"] == "occurrence_replies"
        assert len(town.told(town.bo)) == 1


@pytest.mark.parametrize("proposals", [True, False])
async def test_a_decline_carries_another_time_where_the_server_can(lite, proposals):
    async with lite(replace(EVERYTHING, proposals=proposals), treatment="decline") as town:
        town.calendar.invite(EVENING)
        await town.visit()
        (reply,) = town.calendar.replies
        assert reply.answer is Answer.DECLINED
        assert (reply.proposal is not None) is proposals
        assert reply.comment
        assert len(town.told(town.bo)) == 1


async def test_what_was_declined_may_vanish_from_the_calendar(lite):
    async with lite(treatment="decline") as town:
        uid = town.calendar.invite(EVENING)
        await town.office.at(town.office.clock.now() + timedelta(minutes=16))
        town.calendar.delete(uid)
        await town.visit()
        assert (await town.row())["state"] == "declined"
        assert len(town.told(town.ana)) == 1


class NoTakingBack(MemoryAccount):
    """A server on which nobody can be undecided again."""

    async def respond(self, event: EventRef, answer: Answer, *rest: Any) -> None:
        if answer is Answer.NEEDS_ACTION:
            raise CalendarRefused("takes_back")
        await super().respond(event, answer, *rest)


class Lossy(MemoryAccount):
    """A server whose first answer is lost on the way back."""

    lost = 0

    async def respond(self, *given: Any) -> None:
        await super().respond(*given)
        if not type(self).lost:
            type(self).lost += 1
            raise CalendarAway


class Racing(MemoryAccount):
    """The owner answers by hand in the moment the bot is about to."""

    raced = 0

    async def respond(self, event: EventRef, *rest: Any) -> None:
        if not type(self).raced:
            type(self).raced += 1
            self.calendar.answer_by_hand(event.uid, Answer.ACCEPTED)
        await super().respond(event, *rest)


async def test_where_an_answer_cannot_be_taken_back_it_stays_and_is_known_as_ours(lite):
    async with lite(server=serving(NoTakingBack)) as town:
        uid = town.calendar.invite(EVENING)
        await town.visit()
        town.calendar.move(uid, NOON)
        town.calendar.objects[uid].occurrences[""] = replace(
            town.calendar.objects[uid].occurrences[""], answer=Answer.TENTATIVE
        )
        await town.visit()
        row = await town.row()
        assert (row["state"], row["errand"], row["code"]) == ("lifted", "", "takes_back")
        town.calendar.touch(uid)
        await town.visit()
        assert (await town.row())["state"] == "lifted"


async def test_an_answer_whose_receipt_was_lost_is_not_given_twice(lite):
    async with lite(server=serving(Lossy)) as town:
        town.calendar.invite(EVENING)
        await town.visit()
        await town.set(retry_at=0)
        await town.visit()
        assert [each.answer for each in town.calendar.replies] == [Answer.TENTATIVE]
        assert (await town.row())["state"] == "held"
        assert (await town.calendar_row())["code"] == ""


async def test_whoever_answers_by_hand_in_the_same_moment_wins(lite):
    async with lite(server=serving(Racing)) as town:
        town.calendar.invite(EVENING)
        await town.visit()
        assert [each.answer for each in town.calendar.replies] == [Answer.ACCEPTED]
        assert (await town.row())["state"] == "manual"


async def test_a_server_that_is_away_is_asked_again_later_and_nothing_is_lost(town):
    with town.calendar.failing(CalendarAway(120)):
        town.calendar.invite(EVENING)
        await town.visit()
        row = await town.calendar_row()
        assert (row["code"], row["lease_until"]) == ("away", 0)
        assert row["retry_at"] > row["attempts"]
        calls = len(town.calendar.calls)
        await town.visit()
        assert len(town.calendar.calls) == calls, "not before the server's time is up"
    await town.set(retry_at=0)
    await town.visit()
    assert (await town.row())["state"] == "held"
    assert (await town.calendar_row())["code"] == ""


async def test_a_withdrawn_permission_waits_for_the_person(town):
    with town.calendar.failing(CalendarSignedOut()):
        await town.visit()
    assert (await town.calendar_row())["code"] == "signed_out"
    (told,) = town.told(town.ana)
    assert "connect it again" in told
    calls = len(town.calendar.calls)
    await town.set(retry_at=0)
    await town.visit()
    assert len(town.calendar.calls) == calls
    await town.connect()
    await town.visit()
    assert (await town.calendar_row())["code"] == ""


async def test_a_forgotten_token_reads_everything_and_acts_on_nothing_twice(town):
    uid = town.calendar.invite(EVENING)
    await town.visit()
    town.calendar.forget_tokens()
    gone = town.calendar.invite(NEXT_EVENING)
    town.calendar.delete(gone)
    await town.visit()
    assert [each.uid for each in town.calendar.replies] == [uid]
    assert (await town.row())["state"] == "held"


async def test_longer_hours_lift_a_hold_at_once(town):
    town.calendar.invite(EVENING)
    await town.visit()
    async with town.office.bot.database.transaction() as tx:
        await people.save(tx, WORKSPACE, town.ana.id, {"weekly": "mon-fri 9-22"})
    await town.office.settle()
    assert (await town.row())["state"] == "lifted"
    assert town.calendar.replies[-1].answer is Answer.NEEDS_ACTION


async def test_what_cannot_be_judged_is_shown_once_and_never_answered(town):
    town.calendar.unreadable(
        Unreadable("/odd.ics", "1", Unclear.ZONE, "odd@example.com", ORGANIZER, "Odd")
    )
    for _ in range(3):
        await town.visit()
    row = await town.row()
    assert (row["unclear"], row["state"]) == ("zone", "")
    assert town.calendar.calls.count("respond") == town.calendar.calls.count("mark") == 0
    assert len(town.told(town.ana)) == 1
    assert town.told(town.bo) == []


async def test_an_absence_is_time_off_and_ends_with_its_event(town):
    uid = town.calendar.own(Span(span(26, 7).start, span(30, 17).start), is_out_of_office=True)
    await town.visit()
    place = await town.office.bot.services.directory.installed(WORKSPACE)
    ana = town.office.bot.services.directory.person(place, town.ana.id)
    assert ana.timeline.next_open(NOON.start) == span(2, 8, month=11).start
    assert await town.rows() == []
    town.calendar.delete(uid)
    await town.visit()
    ana = town.office.bot.services.directory.person(place, town.ana.id)
    assert ana.timeline.next_open(NOON.start) == NOON.start


async def test_an_absence_that_is_over_stays_for_the_summary(lite):
    async with lite() as town:
        town.calendar.own(Span(span(26, 7).start, span(27, 17).start), is_out_of_office=True)
        await town.visit()
        await town.office.at(FRIDAY + timedelta(days=8))
        await town.visit()
        assert len(await town.office.rows("SELECT * FROM absences")) == 1
        await town.office.at(FRIDAY + timedelta(days=40))
        await town.visit()
        assert await town.office.rows("SELECT * FROM absences") == []


async def test_a_meeting_in_an_absence_is_outside_the_hours(town):
    town.calendar.own(Span(span(26, 7).start, span(30, 17).start), is_out_of_office=True)
    await town.visit()
    town.calendar.invite(NOON)
    await town.visit()
    assert (await town.row())["state"] == "held"


async def test_undone_it_is_as_before_until_it_is_moved(town):
    uid = town.calendar.invite(EVENING)
    await town.visit()
    async with town.office.bot.database.transaction() as tx:
        (row,) = await occurrences.of_person(tx, WORKSPACE, town.ana.id)
        await occurrences.set_handled(tx, row, undone(row.handled))
        await calendars.call_on(tx, WORKSPACE, town.ana.id)
    town.office.bot.scheduler.wake("calendars")
    await town.office.settle()
    assert town.calendar.replies[-1].answer is Answer.NEEDS_ACTION
    await town.visit()
    assert (await town.row())["state"] == "undone"
    town.calendar.move(uid, NEXT_EVENING)
    await town.visit()
    assert (await town.row())["state"] == "held"


async def test_two_processes_answer_once(town):
    for _ in range(5):
        town.calendar.invite(EVENING)
    town.office.clock.set(town.office.clock.now() + timedelta(minutes=16))
    visiting = town.office.bot.services.visiting
    await asyncio.gather(*(visiting.run_due() for _ in range(4)))
    await town.visit()
    answered = [each.uid for each in town.calendar.replies]
    assert len(answered) == len(set(answered)) == 5


async def test_disconnected_in_the_middle_nothing_comes_back(tmp_path):
    class Slow(MemoryAccount):
        async def sync(self, token: str, window: Span, tz: str) -> Any:
            found = await super().sync(token, window, tz)
            if self.calendar.objects:
                async with town.office.bot.database.transaction() as tx:
                    await calendars.disconnect(tx, WORKSPACE, town.ana.id)
            return found

    async with town_of(tmp_path, None, server=serving(Slow)) as town:
        await connected(town)
        town.calendar.invite(EVENING)
        await town.visit()
        for table in ("calendars", "occurrences", "absences", "push_channels"):
            assert await town.office.rows(f"SELECT * FROM {table}") == []
        assert town.calendar.replies == []


async def test_past_meetings_stay_for_the_summary_and_are_dropped_later(town):
    uid = town.calendar.invite(EVENING)
    await town.visit()
    await town.office.at(FRIDAY + timedelta(days=7))
    town.calendar.delete(uid)
    await town.visit()
    assert len(await town.rows()) == 1, "it has taken place"
    await town.office.at(FRIDAY + timedelta(days=40))
    await town.visit()
    assert await town.rows() == []


async def test_a_slow_server_holds_up_nobody_else(tmp_path):
    """Bo's server answers when it is let; Ana's calendar is due after his visit has begun."""
    let_go, answered = asyncio.Event(), asyncio.Event()

    class Slow(MemoryAccount):
        async def sync(self, token: str, window: Span, tz: str) -> Any:
            if self.calendar.owner == ORGANIZER:
                await let_go.wait()
            return await super().sync(token, window, tz)

        async def respond(self, *given: Any) -> None:
            await super().respond(*given)
            answered.set()

    async with town_of(tmp_path, None, server=serving(Slow)) as town:
        await connected(town)
        town.server.add(ORGANIZER)
        credentials = Credentials(address=ORGANIZER, secret=SECRET, addresses=(ORGANIZER,))
        async with town.office.bot.database.transaction() as tx:
            await calendars.connect(
                tx,
                WORKSPACE,
                town.bo.id,
                provider=town.server.name,
                sealed_credentials=town.office.bot.services.calendar_access.sealed(credentials),
                address=ORGANIZER,
                now=town.now(),
            )
        visits = asyncio.create_task(town.office.bot.services.visiting.run_due())
        await asyncio.sleep(0.2)
        town.calendar.invite(EVENING)
        async with town.office.bot.database.transaction() as tx:
            await calendars.call_on(tx, WORKSPACE, town.ana.id)
        async with asyncio.timeout(5):
            await answered.wait()
        assert not visits.done()
        let_go.set()
        assert await visits == 2
