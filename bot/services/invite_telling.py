"""Queues what is said of meetings outside hours, in the transaction that decided about them.

A notice names a plan (`plan_key`) and nothing else. What it says is read from the occurrences when
it is said (`bot.services.invite_saying`), so it needs no change when they change.
"""

from collections.abc import Sequence

import msgspec

from bot.domain.contact import Person
from bot.domain.handling import ANSWERED, STANDING, Errand, Handling
from bot.domain.instants import DAY_S, MINUTE_S, utc
from bot.domain.invite_notices import (
    CalendarLost,
    InviteLifted,
    InviteNotAnswered,
    InviteNotice,
    InviteTold,
    InviteUnclear,
    TimesProposed,
    plan_key,
    uid_key,
)
from bot.domain.invite_rules import MARKED_ONLY
from bot.services.directory import Directory, Place
from bot.services.holding import new_id
from bot.storage import notices, occurrences
from bot.storage.database import Transaction
from bot.storage.notices import NoticeRow
from bot.storage.occurrences import OccurrenceRow

TOLD, LIFTED, UNCLEAR, PROPOSED = "invite", "invite_lifted", "invite_unclear", "better_times"
NOT_ANSWERED, LOST = "invite_not_answered", "calendar_lost"
"""The kinds of rows."""

TOGETHER_S = 20
"""So long the organiser's notice waits for the calendars of others who are invited, and the
owner's for the calendar's server to take an answer.
"""

LOST_LIFE_S = 14 * DAY_S
ANSWERED_LIFE_S = 7 * DAY_S
"""What was answered for somebody is told so long after they are back, also when it is over."""

JUST_NOW_S = 10 * MINUTE_S
"""Whoever made or moved a meeting so recently is still at it."""

SERVER = frozenset({Errand.HOLD, Errand.DECLINE, Errand.TAKE_BACK})


class InviteTelling:
    """What is to be told; see `bot.services.judging.Telling`."""

    def __init__(self, directory: Directory) -> None:
        self._directory = directory

    async def acted(
        self,
        tx: Transaction,
        place: Place,
        owner_id: str,
        rows: Sequence[OccurrenceRow],
        *,
        fresh: bool,
    ) -> None:
        """Occurrences of one plan were flagged, held or declined: owner and organiser hear of it.

        A plan that was told of before is told of again. The organiser hears of it once; ``fresh``
        means that the calendar had been read shortly before, so that what is new there is new.
        """
        owner = self._directory.person(place, owner_id)
        if owner is None or not owner.enrolled:
            return
        told = InviteTold(owner_id, *_plan(rows), since_at=self._directory.now())
        await self._tell_owner(tx, place, owner, rows, told)
        await self._tell_organizer(tx, place, owner_id, rows, fresh=fresh)

    async def lifted(
        self, tx: Transaction, place: Place, owner_id: str, rows: Sequence[OccurrenceRow]
    ) -> None:
        """Occurrences of one plan were moved into the owner's hours.

        What waits to be said of it is dropped. An owner who was told that something was answered
        for them hears that it is not any more.
        """
        owner = self._directory.person(place, owner_id)
        await self._withdraw(tx, place, owner_id, rows)
        lifted = [row for row in rows if row.handled.state is Handling.LIFTED]
        if owner is None or not lifted:
            return
        # A single meeting that is moved is another plan: whatever was said of its UID counts.
        of_uid = f"{uid_key(rows[0].uid)}:"
        if await notices.was_said(tx, place.workspace_id, TOLD, owner_id, of_uid):
            await self._tell_owner(tx, place, owner, lifted, InviteLifted(owner_id, *_plan(lifted)))

    async def gone(
        self, tx: Transaction, place: Place, owner_id: str, rows: Sequence[OccurrenceRow]
    ) -> None:
        """Occurrences of one plan were cancelled: what waits is dropped, and nothing said."""
        await self._withdraw(tx, place, owner_id, rows)

    async def unclear(
        self, tx: Transaction, place: Place, owner_id: str, row: OccurrenceRow
    ) -> None:
        """An event could not be judged: its owner hears of it once."""
        owner = self._directory.person(place, owner_id)
        opens_at = owner.timeline.next_open(self._directory.now()) if owner else None
        if opens_at is None:
            return
        ts = plan_key(row.uid, row.series_at)
        queued = self._row(place, UNCLEAR, ts, InviteUnclear(owner_id, (row.uid,)), row.end_at)
        await notices.add(tx, queued, due_at=opens_at, day=_day(opens_at))

    async def not_answered(
        self, tx: Transaction, place: Place, owner_id: str, row: OccurrenceRow, errand: Errand
    ) -> None:
        """The server refused an answer that the owner gave by a button; ``row`` is still as before.

        They hear of it once for a plan, and at once where it begins before they are at work again.
        """
        owner, now = self._directory.person(place, owner_id), self._directory.now()
        stored = await occurrences.of_plan(tx, place.workspace_id, owner_id, row.uid, row.series_at)
        if owner is None or any(each.key != row.key and _is_refused(each) for each in stored):
            return
        opens_at = owner.timeline.next_open(now)
        in_time = opens_at is not None and opens_at < row.start_at
        due_at = opens_at if opens_at is not None and in_time else now
        notice = InviteNotAnswered(
            owner_id,
            row.uid,
            row.series_at,
            errand.value,
            at_once_until=0 if in_time else row.start_at,
        )
        last_at = max(each.start_at for each in (row, *stored))
        key = plan_key(row.uid, row.series_at)
        queued = self._row(place, NOT_ANSWERED, key, notice, last_at)
        await notices.renew(tx, queued, due_at=due_at, day=_day(due_at))

    async def lost(
        self, tx: Transaction, place: Place, owner_id: str, provider: str, connected_at: int
    ) -> None:
        """A calendar's server does not let the bot in any more: its owner hears of it once."""
        owner, now = self._directory.person(place, owner_id), self._directory.now()
        opens_at = owner.timeline.next_open(now) if owner else None
        if opens_at is None:
            return
        lost = CalendarLost(owner_id, provider)
        queued = self._row(place, LOST, str(connected_at), lost, opens_at + LOST_LIFE_S)
        await notices.add(tx, queued, due_at=opens_at, day=_day(opens_at))

    async def _tell_owner(
        self,
        tx: Transaction,
        place: Place,
        owner: Person,
        rows: Sequence[OccurrenceRow],
        notice: InviteTold | InviteLifted,
    ) -> None:
        now = self._directory.now()
        opens_at = owner.timeline.next_open(now)
        last_at = max(row.start_at for row in rows)
        if opens_at is None or last_at <= now:
            return
        answers = any(row.handled.errand in SERVER for row in rows)
        due_at = max(opens_at, now + TOGETHER_S) if answers else opens_at
        kind = TOLD if isinstance(notice, InviteTold) else LIFTED
        if kind == TOLD and any(row.handled.state in ANSWERED for row in rows):
            last_at = max(last_at, due_at + ANSWERED_LIFE_S)
        queued = self._row(place, kind, plan_key(*_plan(rows)), notice, last_at)
        await notices.renew(tx, queued, due_at=due_at, day=_day(due_at))

    async def _tell_organizer(
        self,
        tx: Transaction,
        place: Place,
        owner_id: str,
        rows: Sequence[OccurrenceRow],
        *,
        fresh: bool,
    ) -> None:
        organizer_id, now = rows[0].organizer_id, self._directory.now()
        organizer = self._directory.person(place, organizer_id)
        if organizer is None or organizer.is_foreign or organizer_id == owner_id:
            return
        at_once = fresh and any(0 <= now - row.booked_at <= JUST_NOW_S for row in rows)
        opens_at = now if at_once else organizer.timeline.next_open(now)
        uid, series_at = _plan(rows)
        if opens_at is None or not await occurrences.told_once(
            tx, place.workspace_id, organizer_id, uid, series_at, now
        ):
            return
        until = now + JUST_NOW_S if at_once else 0
        notice = TimesProposed(organizer_id, uid, series_at, at_once_until=until)
        last_at = max(row.start_at for row in rows)
        due_at = max(opens_at, now + TOGETHER_S)
        queued = self._row(place, PROPOSED, plan_key(uid, series_at), notice, last_at)
        await notices.renew(tx, queued, due_at=due_at, day=_day(due_at))

    async def _withdraw(
        self, tx: Transaction, place: Place, owner_id: str, rows: Sequence[OccurrenceRow]
    ) -> None:
        """Drop what waits of a plan of which nothing is left to tell; stored rows decide."""
        uid, series_at = _plan(rows)
        stored = await occurrences.of_meeting(tx, place.workspace_id, uid, series_at)
        left = [row for row in stored if is_told(row)]
        key = plan_key(uid, series_at)
        if not any(row.user_id == owner_id for row in left):
            await notices.withdraw(tx, place.workspace_id, TOLD, owner_id, key)
        if not left:
            for reader_id in await notices.withdraw(tx, place.workspace_id, PROPOSED, None, key):
                await occurrences.not_told(tx, place.workspace_id, reader_id, uid, series_at)

    def _row(
        self, place: Place, kind: str, ts: str, notice: InviteNotice, expires_at: int
    ) -> NoticeRow:
        reader_id = notice.organizer_id if isinstance(notice, TimesProposed) else notice.owner_id
        payload = msgspec.json.encode(notice).decode()
        return NoticeRow(
            new_id(), place.workspace_id, kind, reader_id, "", ts, payload, expires_at, 0
        )


def is_told(row: OccurrenceRow) -> bool:
    """Something was done about the occurrence, and not by a silent mark alone."""
    return row.handled.state in STANDING and row.rule not in MARKED_ONLY


def _is_refused(row: OccurrenceRow) -> bool:
    """Its server took no answer; a button that is pressed again forgets that."""
    return row.handled.state is Handling.FLAGGED and bool(row.code)


def _plan(rows: Sequence[OccurrenceRow]) -> tuple[str, int]:
    return rows[0].uid, rows[0].series_at


def _day(at: int) -> str:
    return utc(at).date().isoformat()
