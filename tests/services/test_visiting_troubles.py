"""Visits when something gets in between: nothing is answered that its owner does not want."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from bot.calendars.base import Changes, EventRef
from bot.domain.invite_notices import plan_key
from bot.domain.invites import Answer, Unclear, Unreadable
from bot.domain.spans import Span
from bot.errors import CalendarAway, CalendarRefused, CalendarSignedOut
from bot.services.ports import lease_now
from bot.storage import calendars, people
from tests.calendars.memory import MemoryAccount
from tests.services.visits import (
    EVENING,
    FRIDAY,
    NOON,
    WORKSPACE,
    Town,
    serving,
    span,
    town_of,
)

DAY_S = 86_400

pytestmark = pytest.mark.slow


class Stumbling(MemoryAccount):
    """For a while one object cannot be read, and nobody knows what it was."""

    unread = ""

    async def sync(self, *given: Any) -> Changes:
        found = await super().sync(*given)
        uid = type(self).unread
        if not any(each.uid == uid for each in found.occurrences):
            return found
        kept = tuple(each for each in found.occurrences if each.uid != uid)
        unread = Unreadable(f"/{uid}.ics", "x", Unclear.TIME)
        return replace(found, occurrences=kept, unreadable=(unread,))


class Away(MemoryAccount):
    """It can be read, and takes no answer for a while."""

    is_off = True

    async def respond(self, *given: Any) -> None:
        if type(self).is_off:
            raise CalendarAway(60)
        await super().respond(*given)


def fresh(kind: type[MemoryAccount]) -> type[MemoryAccount]:
    """A class of its own: its switches are nobody else’s."""
    return type(kind.__name__, (kind,), {})


async def stumble(town: Town, kind: Any, uid: str) -> None:
    """It cannot be read once, and then it can."""
    for unread in (uid, ""):
        kind.unread = unread
        town.calendar.touch(uid)
        await town.visit_now()


async def undo(town: Town, uid: str) -> None:
    await town.office.bot.services.rescheduling.undo(WORKSPACE, town.ana.id, uid, EVENING.start)
    for _ in range(5):
        await town.visit_now()


async def accept(town: Town, uid: str) -> None:
    plan = plan_key(uid, EVENING.start)
    await town.office.bot.services.rescheduling.accept(WORKSPACE, town.ana.id, plan)
    await town.visit_now()


async def test_what_was_held_and_not_read_once_is_still_ours(lite):
    kind = fresh(Stumbling)
    async with lite(server=serving(kind)) as town:
        uid = town.calendar.invite(EVENING, weeks=4)
        await town.visit()
        await stumble(town, kind, uid)
        assert {row["state"] for row in await town.rows()} == {"held"}
        assert len(town.answers()) == 4


async def test_what_was_found_and_not_read_once_is_still_left_alone(tmp_path):
    kind = fresh(Stumbling)
    async with town_of(tmp_path, None, server=serving(kind)) as town:
        uid = town.calendar.invite(EVENING, weeks=4)
        await town.connect()
        await town.office.settle()
        await town.set(treatment="decline")
        await stumble(town, kind, uid)
        assert town.answers() == []


@pytest.mark.parametrize("weeks", [1, 4])
async def test_what_was_undone_and_not_read_once_stays_undone(lite, weeks):
    kind = fresh(Stumbling)
    async with lite(server=serving(kind), treatment="decline") as town:
        uid = town.calendar.invite(EVENING, weeks=weeks)
        await town.visit()
        await undo(town, uid)
        before = town.answers()
        await stumble(town, kind, uid)
        assert town.answers() == before
        assert {row["state"] for row in await town.rows()} == {"undone"}


async def test_what_cannot_be_read_is_not_answered_any_more(lite):
    class Both(Away, Stumbling):
        pass

    async with lite(server=serving(Both), treatment="decline") as town:
        uid = town.calendar.invite(EVENING)
        await town.visit()
        Both.unread = uid
        town.calendar.touch(uid)
        await town.visit_now()
        Both.is_off = False
        await town.visit_now()
        assert ((await town.row())["unclear"], town.answers()) == ("time", [])


async def test_the_next_week_of_a_series_accepted_in_slack_is_left_alone(lite):
    async with lite(treatment="decline") as town:
        uid = town.calendar.invite(EVENING, weeks=12)
        await town.visit()
        await accept(town, uid)
        await town.visit()
        assert set(town.answers()[-8:]) == {Answer.ACCEPTED}
        before = town.answers()
        await town.office.at(FRIDAY + timedelta(days=8))
        await town.visit()
        assert town.answers() == before


async def test_the_next_week_of_a_series_accepted_by_hand_is_left_alone(lite):
    async with lite(treatment="decline") as town:
        uid = town.calendar.invite(EVENING, weeks=12)
        for key in list(town.calendar.objects[uid].occurrences)[:8]:
            town.calendar.answer_by_hand(uid, Answer.ACCEPTED, key)
        before = town.answers()
        await town.visit()
        await town.office.at(FRIDAY + timedelta(days=8))
        await town.visit()
        assert town.answers() == before


async def test_an_undone_series_with_nine_weeks_between_stays_undone(lite):
    async with lite() as town:
        uid = town.calendar.invite(EVENING)
        objects = town.calendar.objects[uid].occurrences
        first = replace(objects.pop(""), is_recurring=True)
        for number in range(4):
            at = EVENING.start + number * 63 * DAY_S
            key = datetime.fromtimestamp(at, UTC).strftime("%Y%m%dT%H%M%SZ")
            objects[key] = replace(first, recurrence_id=key, start_at=at, end_at=at + 3600)
        await town.visit()
        await undo(town, uid)
        before = town.answers()
        for day in range(8, 72, 8):
            await town.office.at(FRIDAY + timedelta(days=day))
            await town.visit()
        assert town.answers() == before


async def test_what_was_made_before_connecting_and_comes_into_sight_is_not_answered(lite):
    async with lite(treatment="decline") as town:
        start = town.now() + 60 * DAY_S + 5 * 3600
        town.calendar.invite(Span(start, start + 3600), booked_at=town.now() - 90 * DAY_S)
        await town.visit()
        assert await town.rows() == []
        await town.office.at(FRIDAY + timedelta(days=8))
        await town.visit()
        assert (await town.row())["state"] == "found"
        assert town.answers() == []


async def test_found_inside_the_hours_it_is_left_alone_when_they_change(tmp_path):
    async with town_of(tmp_path, None) as town:
        town.calendar.invite(NOON)
        await town.connect()
        await town.office.settle()
        await town.set(treatment="decline")
        async with town.office.bot.database.transaction() as tx:
            await people.save(tx, WORKSPACE, town.ana.id, {"weekly": "mon-fri 14-18"})
        await town.office.settle()
        assert town.answers() == []


async def test_an_accept_that_waited_is_not_sent_for_another_time(lite):
    kind = fresh(Away)
    async with lite(server=serving(kind), treatment="flag") as town:
        uid = town.calendar.invite(EVENING)
        await town.visit()
        await accept(town, uid)
        town.calendar.move(uid, span(31, 22))
        kind.is_off = False
        await town.visit_now()
        await town.visit()
        assert town.answers() == []


async def test_an_accept_that_waited_does_not_overwrite_an_answer_by_hand(lite):
    kind = fresh(Away)
    async with lite(server=serving(kind), treatment="flag") as town:
        uid = town.calendar.invite(EVENING)
        await town.visit()
        await accept(town, uid)
        town.calendar.answer_by_hand(uid, Answer.DECLINED)
        kind.is_off = False
        await town.visit_now()
        await town.visit()
        assert town.answers() == [Answer.DECLINED]


async def test_an_accept_the_server_refuses_is_said_and_the_flag_stays(lite):
    class Refusing(MemoryAccount):
        async def respond(self, *_given: Any) -> None:
            raise CalendarRefused("forbidden")

    async with lite(server=serving(Refusing), treatment="flag") as town:
        uid = town.calendar.invite(EVENING)
        await town.visit()
        told = len(town.told(town.ana))
        await accept(town, uid)
        await town.visit()
        assert (await town.row())["state"] == "flagged"
        assert len(town.told(town.ana)) == told + 1


async def test_a_decline_that_waited_follows_a_change_of_mind(lite):
    kind = fresh(Away)
    async with lite(server=serving(kind), treatment="decline") as town:
        town.calendar.invite(EVENING)
        await town.visit()
        await town.set(treatment="flag")
        kind.is_off = False
        await town.visit_now()
        await town.visit()
        assert town.answers() == []
        assert (await town.row())["state"] == "flagged"


async def test_a_decline_that_waited_is_not_sent_after_the_start(lite):
    kind = fresh(Away)
    async with lite(server=serving(kind), treatment="decline") as town:
        town.calendar.invite(EVENING)
        await town.visit()
        kind.is_off = False
        town.office.clock.set(datetime.fromtimestamp(EVENING.start + 1800, UTC))
        await town.visit_now()
        assert town.answers() == []
        assert (await town.row())["errand"] == ""


async def test_a_hold_that_was_never_sent_is_not_taken_back(lite):
    kind = fresh(Away)
    async with lite(server=serving(kind)) as town:
        uid = town.calendar.invite(EVENING)
        await town.visit()
        await town.office.bot.services.rescheduling.undo(WORKSPACE, town.ana.id, uid, EVENING.start)
        kind.is_off = False
        await town.visit_now()
        assert town.answers() == []


async def test_nothing_is_read_for_somebody_who_left_and_the_permission_goes(lite):
    async with lite() as town:
        town.calendar.invite(EVENING)
        await town.ana.deactivate()
        await town.office.settle()
        calls = len(town.calendar.calls)
        await town.visit()
        assert len(town.calendar.calls) == calls
        await town.office.bot.services.roster.sync(WORKSPACE)
        assert await town.office.rows("SELECT * FROM calendars") == []


async def test_cancelled_after_it_was_declined_nothing_is_said(lite):
    async with lite(treatment="decline") as town:
        await town.office.at(datetime(2026, 10, 24, 6, 0, tzinfo=UTC))
        uid = town.calendar.invite(EVENING, booked_at=int(FRIDAY.timestamp()))
        await town.visit()
        assert town.answers() == [Answer.DECLINED]
        town.calendar.cancel(uid)
        await town.visit()
        assert await town.rows() == []
        await town.office.at(datetime(2026, 10, 26, 15, 0, tzinfo=UTC))
        await town.visit()
        assert (town.told(town.ana), town.told(town.bo)) == ([], [])


async def test_an_older_visit_does_not_sign_out_a_new_connection(tmp_path):
    class Reconnecting(MemoryAccount):
        is_armed = False

        async def sync(self, *given: Any) -> Changes:
            if type(self).is_armed:
                type(self).is_armed = False
                town.office.clock.set(town.office.clock.now() + timedelta(seconds=5))
                await town.connect()
                raise CalendarSignedOut
            return await super().sync(*given)

    async with town_of(tmp_path, None, server=serving(Reconnecting)) as town:
        await town.connect()
        await town.office.settle()
        Reconnecting.is_armed = True
        await town.visit()
        await town.visit()
        row = await town.calendar_row()
        assert (row["code"], row["synced_at"] is None) == ("", False)


async def test_undone_while_the_mark_is_made_the_mark_goes(tmp_path):
    class Undoing(MemoryAccount):
        is_done = False

        async def mark(self, event: EventRef, mark: str) -> None:
            await super().mark(event, mark)
            if mark and not type(self).is_done:
                type(self).is_done = True
                await undo_now(event.uid)

    async def undo_now(uid: str) -> None:
        rescheduling = town.office.bot.services.rescheduling
        await rescheduling.undo(WORKSPACE, town.ana.id, uid, EVENING.start)

    async with town_of(tmp_path, None, server=serving(Undoing)) as town:
        await town.connect()
        await town.office.settle()
        town.calendar.invite(EVENING)
        for _ in range(4):
            await town.visit()
        assert (await town.row())["state"] == "undone"
        assert town.calendar.marks == {}


async def test_two_absences_of_one_object_at_one_start_are_one(lite):
    async with lite() as town:
        uid = town.calendar.own(span(28, 8), is_out_of_office=True, is_recurring=True)
        objects = town.calendar.objects[uid].occurrences
        first = objects.pop("")
        for key in ("20261028T080000Z", "20261104T080000Z"):
            objects[key] = replace(first, recurrence_id=key)
        town.calendar.invite(EVENING)
        await town.visit()
        assert (await town.calendar_row())["code"] == ""
        assert town.answers() == [Answer.TENTATIVE]


async def test_a_clock_that_was_wrong_for_a_while_delays_nothing(lite):
    async with lite() as town:
        await town.office.at(FRIDAY + timedelta(days=400))
        await town.visit()
        await town.office.at(FRIDAY + timedelta(hours=1))
        town.calendar.invite(EVENING)
        await town.visit()
        assert town.answers() == [Answer.TENTATIVE]


async def test_an_endless_event_is_not_judged(lite):
    async with lite() as town:
        town.calendar.invite(Span(EVENING.start, EVENING.start + 1000 * 365 * DAY_S))
        town.calendar.invite(EVENING)
        await town.visit()
        assert sorted(row["unclear"] for row in await town.rows()) == ["", "size"]
        assert town.answers() == [Answer.TENTATIVE]


async def test_no_channel_is_opened_where_the_app_was_removed(lite):
    async with lite() as town:
        await town.set(watch_at=0)
        await town.office.bot.services.lifecycle.uninstalled(WORKSPACE)
        async with town.office.bot.database.transaction() as tx:
            due = await calendars.take_unwatched(tx, ["memory"], lease_now=lease_now(), lease_s=1)
        assert due == []


async def test_disconnecting_forgets_what_organisers_were_told(lite):
    async with lite() as town:
        town.calendar.invite(EVENING)
        await town.visit()
        assert len(await town.office.rows("SELECT * FROM told_organizers")) == 1
        async with town.office.bot.database.transaction() as tx:
            await calendars.disconnect(tx, WORKSPACE, town.ana.id)
        assert await town.office.rows("SELECT * FROM told_organizers") == []
