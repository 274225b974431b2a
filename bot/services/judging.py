"""What a calendar says now, against what was known: rows, verdicts and what follows from them."""

import asyncio
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Protocol

from bot.calendars.base import Changes
from bot.domain.contact import Person
from bot.domain.handling import (
    SETTLED,
    STANDING,
    UNTOUCHED,
    Handling,
    Step,
    next_step,
    settled,
)
from bot.domain.invite_rules import (
    InviteCase,
    MeetingChoices,
    MeetingTreatment,
    judge_invite,
)
from bot.domain.invites import Answer, Occurrence, Unclear, Unreadable
from bot.log import log
from bot.services.calendar_access import address_hash
from bot.services.directory import Directory, Place
from bot.services.sealed_titles import SealedTitles
from bot.storage import addresses, calendars, occurrences, workspaces
from bot.storage.calendars import CalendarRow
from bot.storage.database import Transaction
from bot.storage.occurrences import AbsenceRow, OccurrenceRow

KEPT_S = 21 * 86_400
"""A past week is summed up on its Monday; three weeks leave room for a bot that was down."""

BREATH = 200
"""So many occurrences take some ten milliseconds; then whoever else is waiting goes first."""

LONGEST_S = 62 * 86_400
"""No meeting is longer, and judging it would take as long as looking at all of that time."""

FRESH_S = 20 * 60
"""A calendar read so shortly before shows what was made or moved just now."""

Key = tuple[str, str]
Plan = tuple[str, int]
SettledBy = Callable[[OccurrenceRow], Handling | None]


class Telling(Protocol):
    """Queues what people are to be told, in the transaction that decided it."""

    async def acted(
        self,
        tx: Transaction,
        place: Place,
        owner_id: str,
        rows: Sequence[OccurrenceRow],
        *,
        fresh: bool,
    ) -> None:
        """Occurrences of one plan are outside their owner's hours, and were acted on.

        ``fresh`` says that the calendar had been read shortly before, so that what is new in it
        was made or moved just now.
        """

    async def lifted(
        self, tx: Transaction, place: Place, owner_id: str, rows: Sequence[OccurrenceRow]
    ) -> None:
        """Occurrences of one plan are inside the hours now, and what was done is taken back."""

    async def gone(
        self, tx: Transaction, place: Place, owner_id: str, rows: Sequence[OccurrenceRow]
    ) -> None:
        """Occurrences of one plan were cancelled."""

    async def unclear(
        self, tx: Transaction, place: Place, owner_id: str, row: OccurrenceRow
    ) -> None:
        """An event could not be judged."""


@dataclass(slots=True)
class _Outcome:
    """What a visit changed, by plan where it is told."""

    rows: list[OccurrenceRow] = field(default_factory=list)
    acted: list[OccurrenceRow] = field(default_factory=list)
    lifted: list[OccurrenceRow] = field(default_factory=list)
    gone: list[OccurrenceRow] = field(default_factory=list)
    unclear: list[OccurrenceRow] = field(default_factory=list)


class Judging:
    """Takes over what a calendar says, inside the caller's transaction."""

    def __init__(self, directory: Directory, titles: SealedTitles, telling: Telling) -> None:
        self._directory = directory
        self._titles = titles
        self._telling = telling

    async def take_over(
        self,
        tx: Transaction,
        place: Place,
        calendar: CalendarRow,
        own: Collection[str],
        changes: Changes,
        window_end_at: int,
    ) -> bool:
        """Store what changed, judge everything that lies ahead, and queue what is to be told.

        ``own`` are the owner's addresses. Returns False when the calendar was disconnected
        meanwhile, and then nothing is stored.
        """
        workspace_id, user_id = calendar.workspace_id, calendar.user_id
        await workspaces.lock(tx, workspace_id)
        still = await calendars.one(tx, workspace_id, user_id)
        if still is None or still.connected_at != calendar.connected_at:
            return False
        now = self._directory.now()
        stored = await occurrences.of_person(tx, workspace_id, user_id, since_at=now)
        known = {row.key: row for row in stored}
        fresh = await self._fresh(tx, calendar, own, changes, known, window_end_at)
        found = _Outcome()
        is_gone = _gone(changes, fresh)
        found.gone = [row for row in stored if is_gone(row)]
        gone = {row.key for row in found.gone}
        await occurrences.remove(tx, workspace_id, user_id, gone)
        left = {row.key: row for row in stored if row.key not in gone}
        plans = await occurrences.plans_left_alone(tx, workspace_id, user_id)
        settled_by = _settled_by(still, plans)
        await self._judge_all(place, still, {**left, **fresh}, known, settled_by, found)
        await occurrences.save(tx, found.rows)
        await occurrences.drop_before(tx, workspace_id, user_id, now - KEPT_S)
        await occurrences.forget_told(tx, workspace_id, now - KEPT_S)
        await self._absences(tx, calendar, changes)
        await self._tell(tx, place, still, stored, found)
        return True

    async def _fresh(
        self,
        tx: Transaction,
        calendar: CalendarRow,
        own: Collection[str],
        changes: Changes,
        known: Mapping[Key, OccurrenceRow],
        window_end_at: int,
    ) -> dict[Key, OccurrenceRow]:
        """What was read, as rows; what was done about each is carried over."""
        now = self._directory.now()
        seen = [
            each
            for each in changes.occurrences
            if each.end_at > now and not each.is_cancelled and not each.is_out_of_office
        ]
        people = await self._people(tx, calendar.workspace_id, seen, changes.unreadable)
        rows: list[OccurrenceRow] = []
        for number, each in enumerate(seen, start=1):
            rows.append(self._row(calendar, each, people, known.get(each.key), now))
            if number % BREATH == 0:
                await asyncio.sleep(0)
        of_object: dict[str, list[OccurrenceRow]] = {}
        for before in known.values():
            of_object.setdefault(before.object_id, []).append(before)
        for unread in changes.unreadable:
            rows += [
                replace(each, unclear=unread.why.value, etag=unread.etag)
                for each in of_object.get(unread.object_id, ())
            ] or [self._unread_row(calendar, own, unread, people, now, window_end_at)]
        return {row.key: row for row in rows}

    async def _people(
        self,
        tx: Transaction,
        workspace_id: str,
        seen: Sequence[Occurrence],
        unreadable: Sequence[Unreadable],
    ) -> Mapping[str, str]:
        """Slack ids by e-mail address, of those who are in the workspace."""
        named = {each.organizer for each in unreadable}
        for each in seen:
            named.update((each.organizer, *each.attendees))
        hashes = {address_hash(workspace_id, address): address for address in named if address}
        found = await addresses.whose(tx, workspace_id, list(hashes))
        return {hashes[hashed]: user_id for hashed, user_id in found.items()}

    def _row(
        self,
        calendar: CalendarRow,
        seen: Occurrence,
        people: Mapping[str, str],
        before: OccurrenceRow | None,
        now: int,
    ) -> OccurrenceRow:
        organizer_id = people.get(seen.organizer, "")
        ids = {people[each] for each in seen.attendees if each in people}
        return OccurrenceRow(
            workspace_id=calendar.workspace_id,
            user_id=calendar.user_id,
            uid=seen.uid,
            recurrence_id=seen.recurrence_id,
            object_id=seen.object_id,
            etag=seen.etag,
            series_at=seen.series_at,
            start_at=seen.start_at,
            end_at=seen.end_at,
            organizer_id=calendar.user_id if seen.is_own else organizer_id,
            organizer_hash=_hashed(calendar.workspace_id, seen.organizer),
            attendee_ids=tuple(sorted(ids | {calendar.user_id})),
            attendee_count=len(seen.attendees),
            answer=seen.answer,
            is_own=seen.is_own,
            is_recurring=seen.is_recurring,
            is_transparent=seen.is_transparent,
            is_all_day=seen.is_all_day,
            is_optional=seen.is_optional,
            sequence=seen.sequence,
            sealed=self._titles.seal(seen.title, seen.organizer),
            unclear=Unclear.SIZE.value if seen.end_at - seen.start_at > LONGEST_S else "",
            booked_at=_booked_at(seen, before, now),
            handled=before.handled if before else UNTOUCHED,
        )

    def _unread_row(
        self,
        calendar: CalendarRow,
        own: Collection[str],
        unread: Unreadable,
        people: Mapping[str, str],
        now: int,
        window_end_at: int,
    ) -> OccurrenceRow:
        """Kept for as long as it might matter; its time is not known."""
        return OccurrenceRow(
            workspace_id=calendar.workspace_id,
            user_id=calendar.user_id,
            uid=unread.uid or unread.object_id,
            recurrence_id="",
            object_id=unread.object_id,
            etag=unread.etag,
            series_at=0,
            start_at=now,
            end_at=window_end_at,
            organizer_id=people.get(unread.organizer, ""),
            organizer_hash=_hashed(calendar.workspace_id, unread.organizer),
            attendee_ids=(calendar.user_id,),
            attendee_count=0,
            answer=Answer.NEEDS_ACTION,
            is_own=False,
            is_recurring=False,
            is_transparent=False,
            is_all_day=False,
            is_optional=False,
            sequence=0,
            sealed=self._titles.seal(unread.title, unread.organizer),
            booked_at=now,
            unclear=unread.why.value,
            rule="own_event" if unread.organizer in own else "",
        )

    async def _judge_all(
        self,
        place: Place,
        calendar: CalendarRow,
        ahead: Mapping[Key, OccurrenceRow],
        known: Mapping[Key, OccurrenceRow],
        settled_by: SettledBy,
        found: _Outcome,
    ) -> None:
        owner = self._directory.person(place, calendar.user_id)
        told: set[str] = set()
        for number, (key, row) in enumerate(ahead.items(), start=1):
            if number % BREATH == 0:
                await asyncio.sleep(0)
            before = known.get(key)
            if row.unclear:
                found.rows.append(row)
                is_known = before is not None and (before.unclear, before.etag) == (
                    row.unclear,
                    row.etag,
                )
                if not (row.rule == "own_event" or row.is_own or is_known):
                    if row.object_id not in told:  # once, however many occurrences it has
                        found.unclear.append(row)
                    told.add(row.object_id)
            elif owner is not None:
                state = settled_by(row) if before is None else None
                self._judge(place, calendar, owner, row, before, state, found)

    def _judge(
        self,
        place: Place,
        calendar: CalendarRow,
        owner: Person,
        row: OccurrenceRow,
        before: OccurrenceRow | None,
        state: Handling | None,
        found: _Outcome,
    ) -> None:
        """Judge one occurrence; with a ``state`` of `SETTLED`, what would be done is not done."""
        choices = choices_of(calendar)
        title = self._titles.open(row.sealed).title if choices.keywords else ""
        seen = _seen(row, title)
        verdict = judge_invite(
            InviteCase(
                occurrence=seen,
                owner=owner,
                organizer_id=row.organizer_id,
                policy=place.policy,
                choices=choices,
                now=self._directory.now(),
                people=row.attendee_count,
                rotas=place.rotas,
                silenced=place.is_silenced(owner.user_id),
            )
        )
        step = next_step(row.handled, seen, verdict.do)
        if state is not None and step.handled.state is not Handling.MANUAL:
            step = Step(settled(state, seen.span))
        after = replace(
            row, handled=step.handled, outside_min=verdict.outside_min, rule=verdict.rule
        )
        if step.handled.errand is not row.handled.errand:
            after = replace(after, retry_at=0, attempts=0, code="")
        if after == before:
            return
        found.rows.append(after)
        if step.tell_owner:
            found.acted.append(after)
        if row.handled.state in STANDING and step.handled.state in _LIFTED:
            found.lifted.append(after)

    async def _absences(self, tx: Transaction, calendar: CalendarRow, changes: Changes) -> None:
        now = self._directory.now()
        rows = [
            AbsenceRow(each.object_id, each.start_at, each.end_at, each.is_all_day, now)
            for each in changes.occurrences
            if each.is_out_of_office and not each.is_cancelled
        ]
        changed = await occurrences.replace_absences(
            tx,
            calendar.workspace_id,
            calendar.user_id,
            None if changes.is_full else _named(changes),
            rows,
            since_at=now,
        )
        if changed:
            await workspaces.touch(tx, calendar.workspace_id, [calendar.user_id])

    async def _tell(
        self,
        tx: Transaction,
        place: Place,
        calendar: CalendarRow,
        stored: Sequence[OccurrenceRow],
        found: _Outcome,
    ) -> None:
        """Tell of each plan once: further occurrences of one that was acted on are no news."""
        user_id = calendar.user_id
        told = {_plan(row) for row in stored if row.handled.state in STANDING}
        read_at, now = calendar.synced_at, self._directory.now()
        fresh = read_at is not None and 0 <= now - read_at <= FRESH_S
        for plan, rows in _by_plan(found.acted).items():
            if plan not in told:
                await self._telling.acted(tx, place, user_id, rows, fresh=fresh)
        for rows in _by_plan(found.lifted).values():
            await self._telling.lifted(tx, place, user_id, rows)
        # Of most that goes nobody was told, and asking of each takes a while.
        for rows in _by_plan([row for row in found.gone if _was_told(row)]).values():
            await self._telling.gone(tx, place, user_id, rows)
        for row in found.unclear:
            await self._telling.unclear(tx, place, user_id, row)
        log.info(
            "calendar.judged",
            workspace_id=calendar.workspace_id,
            user_id=user_id,
            changed=len(found.rows),
            acted=len(found.acted),
            lifted=len(found.lifted),
            gone=len(found.gone),
            unclear=len(found.unclear),
        )


_LIFTED = frozenset({Handling.LIFTED, Handling.NONE})


def choices_of(calendar: CalendarRow) -> MeetingChoices:
    """The owner's decisions on meetings, as stored with their calendar."""
    return MeetingChoices(
        MeetingTreatment(calendar.treatment),
        calendar.judges_all_day,
        tuple(line for line in calendar.keywords.split("\n") if line),
    )


def _settled_by(calendar: CalendarRow, plans: Mapping[Plan, Collection[Handling]]) -> SettledBy:
    """How a new occurrence is settled by what is known; None when it is judged.

    What was in the calendar before it was connected is not answered unless it is moved; a series
    that was left alone, undone or answered by hand stays so when more of it comes into sight.
    """

    def settled_by(row: OccurrenceRow) -> Handling | None:
        if calendar.synced_at is None:
            return Handling.FOUND
        # It comes into sight because time went on, and was made before we looked.
        if calendar.window_end_at <= row.start_at and row.booked_at < calendar.connected_at:
            return Handling.FOUND
        known = plans.get(_plan(row), ())
        if STANDING.intersection(known):
            return None
        if Handling.UNDONE in known:
            return Handling.UNDONE
        by_hand = Handling.MANUAL in known or Handling.FOUND in known
        return Handling.FOUND if by_hand else None

    return settled_by


def _gone(changes: Changes, fresh: Mapping[Key, OccurrenceRow]) -> Callable[[OccurrenceRow], bool]:
    """Whether an occurrence is no longer in the calendar."""
    read = {each.object_id for each in changes.occurrences}
    named = _named(changes)

    def is_gone(row: OccurrenceRow) -> bool:
        if row.key in fresh:
            return False
        if row.handled.our_answer is Answer.DECLINED and row.object_id not in read:
            return False  # some servers take what was declined out of the calendar
        return changes.is_full or row.object_id in named

    return is_gone


def _was_told(row: OccurrenceRow) -> bool:
    return row.handled.acted is not None and row.handled.state not in SETTLED


def _named(changes: Changes) -> set[str]:
    read = {each.object_id for each in changes.occurrences}
    unread = {each.object_id for each in changes.unreadable}
    return read | unread | set(changes.removed)


def _seen(row: OccurrenceRow, title: str) -> Occurrence:
    """A row as the rules know it."""
    return Occurrence(
        object_id=row.object_id,
        etag=row.etag,
        uid=row.uid,
        recurrence_id=row.recurrence_id,
        series_at=row.series_at,
        start_at=row.start_at,
        end_at=row.end_at,
        answer=row.answer,
        is_own=row.is_own,
        is_recurring=row.is_recurring,
        is_transparent=row.is_transparent,
        is_all_day=row.is_all_day,
        is_optional=row.is_optional,
        sequence=row.sequence,
        title=title,
    )


def _booked_at(seen: Occurrence, before: OccurrenceRow | None, now: int) -> int:
    """When people learned of this time: a move is as good as a new booking."""
    if before is not None:
        return before.booked_at if before.span == seen.span else now
    return seen.booked_at if seen.booked_at is not None else now


def _hashed(workspace_id: str, address: str) -> str:
    return address_hash(workspace_id, address) if address else ""


def _plan(row: OccurrenceRow) -> tuple[str, int]:
    return row.uid, row.series_at


def _by_plan(rows: Sequence[OccurrenceRow]) -> dict[tuple[str, int], list[OccurrenceRow]]:
    found: dict[tuple[str, int], list[OccurrenceRow]] = {}
    for row in rows:
        found.setdefault(_plan(row), []).append(row)
    return found
