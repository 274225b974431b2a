"""Telling a calendar's server what was decided: answers, answers taken back, private marks.

An errand is a column of its occurrence, so it survives a crash; doing one twice is no harm. It is
run by whoever visits the calendar, one at a time, after what the server says has been judged.
"""

from dataclasses import replace

from bot.calendars.base import Account, EventRef
from bot.domain.handling import (
    ANSWER_OF,
    BY_OWNER,
    Errand,
    begun,
    executed,
    not_possible,
    overtaken,
)
from bot.domain.spans import Span
from bot.errors import (
    CalendarAway,
    CalendarConflict,
    CalendarRefused,
    CalendarSignedOut,
    CalendarUnsupported,
)
from bot.log import log
from bot.services.better_times import BetterTimes
from bot.services.directory import Directory
from bot.services.invite_telling import InviteTelling
from bot.services.ports import lease_now
from bot.storage import calendars, occurrences, workspaces
from bot.storage.calendars import CalendarRow
from bot.storage.database import Database
from bot.storage.occurrences import OccurrenceRow
from bot.words import invites as words

MARK = "outside-hours"
"""What the private mark on the owner's copy says."""

MOST_AT_ONCE = 100
MAX_ATTEMPTS = 12
FIRST_RETRY_S = 60
LAST_RETRY_S = 3_600

ALONE = frozenset({Errand.MARK, Errand.UNMARK})
"""These concern the owner's copy alone, so whether a reply can be sent does not matter."""


class Errands:
    """Runs what is left to be told to one calendar's server."""

    def __init__(
        self,
        database: Database,
        directory: Directory,
        better: BetterTimes,
        telling: InviteTelling,
    ) -> None:
        self._telling = telling
        self._database = database
        self._directory = directory
        self._better = better

    async def run(self, calendar: CalendarRow, account: Account) -> bool:
        """Do what is due. Returns whether the calendar has to be read again soon.

        Raises:
            CalendarSignedOut: the permission is gone.
            CalendarAway: the server does not answer; what is left is done at the next visit.
        """
        async with self._database.reading() as tx:
            rows = await occurrences.of_person(
                tx, calendar.workspace_id, calendar.user_id, since_at=self._directory.now()
            )
        due = [
            row
            for row in rows
            if row.handled.errand is not Errand.NONE
            and row.retry_at <= lease_now()
            and not row.unclear  # what cannot be judged is not answered
        ]
        lacks = set(calendar.lacks.split())
        left = len(due) > MOST_AT_ONCE
        written: set[str] = set()
        for row in due[:MOST_AT_ONCE]:
            # What was written is a new version of its object: further occurrences in the same one
            # have to be read again first.
            if row.object_id in written or not await self._run(calendar, account, row, lacks):
                left = True
            written.add(row.object_id)
        return left

    async def _run(
        self, calendar: CalendarRow, account: Account, row: OccurrenceRow, lacks: set[str]
    ) -> bool:
        """One errand. False when the event is no longer as it was read."""
        errand = row.handled.errand
        code, done = "", False
        if row.start_at <= self._directory.now():
            await self._finish(row, errand, done=False, code="begun")
            return True
        try:
            self._check(account, row, lacks)
            if errand in ANSWER_OF and not await self._begun(row):
                return True
            await self._do(account, row, errand, proposes="proposals" not in lacks)
            done = True
        except CalendarConflict:
            code = "conflict"
            if row.attempts + 1 < MAX_ATTEMPTS:
                await self._postpone(row, code, wait_s=0)
                return False
        except CalendarUnsupported as missing:
            code = missing.capability
            await self._learn(calendar, lacks, code)
        except CalendarRefused as refused:
            code = refused.code
        except (CalendarAway, CalendarSignedOut):
            await self._postpone(row, "away", wait_s=_wait_s(row.attempts))
            raise
        log.info(
            "calendar.errand",
            workspace_id=row.workspace_id,
            user_id=row.user_id,
            errand=errand.value,
            code=code or "done",
        )
        await self._finish(row, errand, done=done, code=code)
        return True

    def _check(self, account: Account, row: OccurrenceRow, lacks: set[str]) -> None:
        """Spare the server a call that is known to be useless.

        Raises:
            CalendarUnsupported: ``occurrence_replies``.
        """
        if row.handled.errand in ALONE or not row.recurrence_id:
            return
        if "occurrence_replies" in lacks or not account.capabilities.occurrence_replies:
            raise CalendarUnsupported("occurrence_replies")

    async def _do(
        self, account: Account, row: OccurrenceRow, errand: Errand, *, proposes: bool
    ) -> None:
        event = EventRef(row.object_id, row.etag, row.uid, row.recurrence_id)
        if errand in ALONE:
            await account.mark(event, MARK if errand is Errand.MARK else "")
            return
        place = await self._directory.installed(row.workspace_id)
        person = self._directory.person(place, row.user_id)
        name, tz = (person.name, person.tz) if person else ("", "UTC")
        reader_tz = place.rows[row.organizer_id].tz if row.organizer_id in place.rows else tz
        comment, proposal = "", None
        if errand in {Errand.HOLD, Errand.TENTATIVE}:
            now = self._directory.now()
            back_at = person.timeline.next_open(now) if person else None
            comment = words.held_comment(name, back_at if back_at != now else None, reader_tz)
        elif errand is Errand.DECLINE:
            spans = await self._better.proposal_for(row)
            comment = words.declined_comment(name, spans, reader_tz)
            proposal = spans[0] if spans and proposes and account.capabilities.proposals else None
        await self._respond(account, event, errand, comment, proposal)

    async def _respond(
        self,
        account: Account,
        event: EventRef,
        errand: Errand,
        comment: str,
        proposal: Span | None,
    ) -> None:
        answer = ANSWER_OF[errand]
        try:
            await account.respond(event, answer, comment, proposal)
        except CalendarUnsupported as missing:
            if missing.capability != "proposals" or proposal is None:
                raise
            # This organiser does not want proposals: the comment and Slack carry the times.
            await account.respond(event, answer, comment)

    async def _begun(self, row: OccurrenceRow) -> bool:
        """Remember that an attempt is made. False when something else was decided meanwhile."""
        async with self._database.transaction() as tx:
            now = await occurrences.one(tx, row.workspace_id, row.user_id, row.key)
            if now is None or now.handled.errand is not row.handled.errand:
                return False
            await occurrences.save(tx, [replace(now, handled=begun(now.handled))])
            return True

    async def _finish(self, row: OccurrenceRow, errand: Errand, *, done: bool, code: str) -> None:
        """Remember what became of it. What was decided meanwhile goes on from there."""
        place = await self._directory.installed(row.workspace_id)
        async with self._database.transaction() as tx:
            await workspaces.lock(tx, row.workspace_id)
            now = await occurrences.one(tx, row.workspace_id, row.user_id, row.key)
            if now is None:
                return
            handled = executed(now.handled, errand) if done else not_possible(now.handled, errand)
            if now.handled.errand is not errand:  # a button was pressed meanwhile
                handled = overtaken(now.handled, handled)
            elif code == "begun":
                handled = replace(now.handled, errand=Errand.NONE, is_tried=False)
            elif not done and errand in BY_OWNER and code != "gone":
                await self._telling.not_answered(tx, place, row.user_id, row, errand)
            answer = ANSWER_OF.get(errand, now.answer) if done else now.answer
            after = replace(now, handled=handled, answer=answer, code=code, attempts=0)
            await occurrences.save(tx, [after])

    async def _postpone(self, row: OccurrenceRow, code: str, *, wait_s: float) -> None:
        async with self._database.transaction() as tx:
            now = await occurrences.one(tx, row.workspace_id, row.user_id, row.key)
            if now is None:
                return
            retry_at = lease_now() + round(wait_s)
            handled = now.handled
            if code == "conflict":  # a definite no
                handled = replace(handled, is_tried=False)
            later = replace(now, code=code, attempts=now.attempts + 1, retry_at=retry_at)
            await occurrences.save(tx, [replace(later, handled=handled)])

    async def _learn(self, calendar: CalendarRow, lacks: set[str], capability: str) -> None:
        """Remember what the server cannot do."""
        if capability in lacks:
            return
        lacks.add(capability)
        async with self._database.transaction() as tx:
            await calendars.learn(tx, calendar, " ".join(sorted(lacks)))


def _wait_s(attempts: int) -> float:
    return min(FIRST_RETRY_S * 2.0**attempts, LAST_RETRY_S)
