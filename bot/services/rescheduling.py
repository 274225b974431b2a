"""What owner and organiser decide about a meeting outside somebody's hours, by a button.

What the owner wants is an errand, which the next visit of their calendar runs. Only the organiser's
pick is told to a server at once: their own event is moved.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from bot.calendars.base import Account, EventRef
from bot.domain.handling import STANDING, Errand, Handled, Handling, answered, held, undone
from bot.domain.invite_notices import plan_key
from bot.domain.invites import Answer
from bot.domain.spans import Span
from bot.errors import (
    CalendarAway,
    CalendarConflict,
    CalendarError,
    CalendarRefused,
    CalendarSignedOut,
    CalendarUnsupported,
    NotPossible,
)
from bot.log import log
from bot.services.calendar_access import CalendarAccess
from bot.services.directory import Directory
from bot.storage import calendars, occurrences, workspaces
from bot.storage.calendars import CalendarRow
from bot.storage.database import Database, Transaction
from bot.storage.occurrences import OccurrenceRow
from bot.words import invites as words

Change = Callable[[Handled], Handled]


@dataclass(frozen=True, slots=True)
class Undone:
    """What was taken back: an answer, and whether the server lets go of it."""

    was_answered: bool
    answer_stays: bool


@dataclass(frozen=True, slots=True)
class _Picked:
    """The organiser's own copy of what is to be moved, None where there is none."""

    uid: str
    series_at: int
    calendar: CalendarRow | None
    own: OccurrenceRow | None


class Rescheduling:
    """Use cases of the buttons; a plan comes as `plan_key`, as the buttons carry it."""

    def __init__(self, database: Database, directory: Directory, access: CalendarAccess) -> None:
        self._database = database
        self._directory = directory
        self._access = access

    async def undo(self, workspace_id: str, owner_id: str, uid: str, series_at: int) -> Undone:
        """Take back what was done about a plan, and leave it alone at its time.

        Raises:
            NotPossible: nothing of it stands.
        """
        return await self.undo_plan(workspace_id, owner_id, plan_key(uid, series_at))

    async def undo_plan(self, workspace_id: str, owner_id: str, plan: str) -> Undone:
        """The same, for a button."""
        async with self._database.transaction() as tx:
            rows, calendar = await self._standing(tx, workspace_id, owner_id, plan)
            await self._set(tx, rows, undone)
        were_answered = [row for row in rows if _is_answered(row)]
        stays = any(not self._can_take_back(calendar, row) for row in were_answered)
        log.info("invite.undone", workspace_id=workspace_id, user_id=owner_id, count=len(rows))
        return Undone(bool(were_answered), stays)

    async def accept(self, workspace_id: str, owner_id: str, plan: str) -> None:
        """The owner comes.

        Raises:
            NotPossible: nothing of it stands, or the server takes no such answer.
        """
        await self._answer(workspace_id, owner_id, plan, lambda old: answered(old, Errand.ACCEPT))

    async def refuse(self, workspace_id: str, owner_id: str, plan: str) -> None:
        """The owner does not come; raises as `accept`."""
        await self._answer(workspace_id, owner_id, plan, lambda old: answered(old, Errand.REFUSE))

    async def hold(self, workspace_id: str, owner_id: str, plan: str) -> None:
        """*Tentative* until the owner is back; raises as `accept`."""
        await self._answer(workspace_id, owner_id, plan, held)

    async def pick(self, workspace_id: str, organizer_id: str, plan: str, start_at: int) -> bool:
        """The organiser takes a better time. Returns whether their own calendar was moved to it.

        A series is never moved by itself, nor what is not in their connected calendar.

        Raises:
            NotPossible: it is too late, it changed meanwhile, or the server said no.
        """
        if start_at <= self._directory.now():
            raise NotPossible(words.TOO_LATE)
        async with self._database.reading() as tx:
            picked = await self._picked(tx, workspace_id, organizer_id, plan)
        calendar, own = picked.calendar, picked.own
        if calendar is None or own is None or not self._access.can(calendar, "moves"):
            return False
        try:
            if not await self._move(calendar, own, start_at):
                return False
        except CalendarError as error:
            log.warning("invite.not_moved", user_id=organizer_id, exc=error)
            raise NotPossible(_why_not_moved(error)) from error
        finally:
            # Also after a call whose outcome is not known: the calendar says what became of it.
            await self._look_again(workspace_id, organizer_id, picked)
        log.info("invite.moved", workspace_id=workspace_id, user_id=organizer_id)
        return True

    async def _move(self, calendar: CalendarRow, own: OccurrenceRow, start_at: int) -> bool:
        """False when the server turns out not to move events."""
        account = await self._access.account(calendar)
        event = EventRef(own.object_id, own.etag, own.uid, own.recurrence_id)
        span = Span(start_at, start_at + own.end_at - own.start_at)
        try:
            try:
                await account.move(event, span)
            except CalendarConflict:
                await account.move(await self._reread(account, calendar, own), span)
        except CalendarUnsupported:
            return False
        return True

    async def _reread(
        self, account: Account, calendar: CalendarRow, own: OccurrenceRow
    ) -> EventRef:
        """The organiser's event as it is now: an answer that arrived there is a new version of it.

        Raises:
            CalendarConflict: it takes place at another time by now.
        """
        place = await self._directory.installed(calendar.workspace_id)
        window = Span(calendar.window_start_at, calendar.window_end_at)
        tz = place.rows[calendar.user_id].tz
        changes = await account.sync(calendar.token, window, tz)
        for seen in changes.occurrences:
            if seen.key == own.key and seen.span == own.span and not seen.is_cancelled:
                return EventRef(seen.object_id, seen.etag, seen.uid, seen.recurrence_id)
        raise CalendarConflict

    async def _answer(self, workspace_id: str, owner_id: str, plan: str, change: Change) -> None:
        async with self._database.transaction() as tx:
            rows, calendar = await self._standing(tx, workspace_id, owner_id, plan)
            single = any(row.recurrence_id for row in rows)
            if single and not self._access.can(calendar, "occurrence_replies"):
                raise NotPossible(words.NO_REPLIES)
            await self._set(tx, rows, change)
        log.info("invite.answered", workspace_id=workspace_id, user_id=owner_id, count=len(rows))

    async def _standing(
        self, tx: Transaction, workspace_id: str, owner_id: str, plan: str
    ) -> tuple[list[OccurrenceRow], CalendarRow]:
        """What was acted on of the plan and lies ahead. Nobody else changes it until the commit."""
        await workspaces.lock(tx, workspace_id)
        now = self._directory.now()
        calendar = await calendars.one(tx, workspace_id, owner_id)
        if calendar is None or not self._is_open(calendar):
            raise NotPossible(words.NOT_CONNECTED)
        stored = await occurrences.of_person(tx, workspace_id, owner_id, since_at=now)
        rows = [
            row
            for row in _of_plan(stored, plan)
            if row.handled.state in STANDING and row.start_at > now
        ]
        if not rows:
            raise NotPossible(words.NOTHING_LEFT)
        return rows, calendar

    async def _set(self, tx: Transaction, rows: Iterable[OccurrenceRow], change: Change) -> None:
        for row in rows:
            await occurrences.set_handled(tx, row, change(row.handled))
            await calendars.call_on(tx, row.workspace_id, row.user_id)

    async def _picked(
        self, tx: Transaction, workspace_id: str, organizer_id: str, plan: str
    ) -> _Picked:
        """What the organiser was told of.

        Raises:
            NotPossible: it is not there any more or has begun, or they were told of no such
                meeting.
        """
        series_at = int(plan.partition(":")[2])
        told = await occurrences.told_of(tx, workspace_id, organizer_id, series_at)
        uid = next((each for each in told if plan_key(each, series_at) == plan), None)
        rows = await occurrences.of_meeting(tx, workspace_id, uid, series_at) if uid else []
        if uid is None or not any(row.organizer_id == organizer_id for row in rows):
            raise NotPossible(words.GONE)
        ahead = [row for row in rows if row.start_at > self._directory.now()]
        if not ahead:
            raise NotPossible(words.BEGUN)
        own = [row for row in ahead if row.user_id == organizer_id and row.is_own]
        single = own[0] if len(own) == 1 and not own[0].is_recurring else None
        calendar = await calendars.one(tx, workspace_id, organizer_id)
        return _Picked(uid, series_at, calendar, single)

    async def _look_again(self, workspace_id: str, organizer_id: str, picked: _Picked) -> None:
        """Read everybody's calendars soon: what was held there is lifted by that."""
        async with self._database.transaction() as tx:
            rows = await occurrences.of_meeting(tx, workspace_id, picked.uid, picked.series_at)
            for user_id in sorted({organizer_id, *(row.user_id for row in rows)}):
                await calendars.call_on(tx, workspace_id, user_id)

    def _is_open(self, calendar: CalendarRow) -> bool:
        """Whether errands are run there at all."""
        is_offered = self._access.providers.named(calendar.provider) is not None
        return is_offered and calendar.code != "signed_out"

    def _can_take_back(self, calendar: CalendarRow, row: OccurrenceRow) -> bool:
        single = not row.recurrence_id or self._access.can(calendar, "occurrence_replies")
        return single and self._access.can(calendar, "takes_back")


def _of_plan(rows: Iterable[OccurrenceRow], plan: str) -> list[OccurrenceRow]:
    return [row for row in rows if plan_key(row.uid, row.series_at) == plan]


def _is_answered(row: OccurrenceRow) -> bool:
    """Whether the server was told an answer, or may have been."""
    return row.handled.our_answer in {Answer.TENTATIVE, Answer.DECLINED} or (
        row.handled.state is not Handling.FLAGGED
    )


NOT_MOVED: tuple[tuple[type[CalendarError], str], ...] = (
    (CalendarConflict, "conflict"),
    (CalendarSignedOut, "signed_out"),
    (CalendarAway, "away"),
)


def _why_not_moved(error: CalendarError) -> str:
    if isinstance(error, CalendarRefused) and error.code in words.NOT_MOVED:
        return words.NOT_MOVED[error.code]
    key = next((key for kind, key in NOT_MOVED if isinstance(error, kind)), "other")
    return words.NOT_MOVED[key]
