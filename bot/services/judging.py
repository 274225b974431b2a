"""What a calendar says now, against what was known: rows, verdicts and what follows from them."""

import asyncio
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
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
from bot.domain.invites import Answer, Occurrence, Unreadable
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

Key = tuple[str, str]


class Telling(Protocol):
    """Queues what people are to be told, in the transaction that decided it."""

    async def acted(
        self, tx: Transaction, place: Place, owner_id: str, rows: Sequence[OccurrenceRow]
    ) -> None:
        """Occurrences of one plan are outside their owner's hours, and were acted on."""

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
        found.gone = [row for row in stored if _is_gone(row, fresh, changes)]
        await occurrences.remove(tx, workspace_id, user_id, [row.key for row in found.gone])
        ahead = {**{row.key: row for row in stored if row not in found.gone}, **fresh}
        await self._judge_all(place, still, ahead, known, found)
        await occurrences.save(tx, found.rows)
        await occurrences.drop_before(tx, workspace_id, user_id, now - KEPT_S)
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
        for unread in changes.unreadable:
            before = known.get((unread.uid or unread.object_id, ""))
            row = self._unread_row(calendar, unread, people, now, window_end_at)
            if unread.organizer in own:
                row = replace(row, rule="own_event")
            rows.append(row if before is None else replace(row, handled=before.handled))
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
            booked_at=_booked_at(seen, before, now),
            handled=before.handled if before else UNTOUCHED,
        )

    def _unread_row(
        self,
        calendar: CalendarRow,
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
        )

    async def _judge_all(
        self,
        place: Place,
        calendar: CalendarRow,
        ahead: Mapping[Key, OccurrenceRow],
        known: Mapping[Key, OccurrenceRow],
        found: _Outcome,
    ) -> None:
        owner = self._directory.person(place, calendar.user_id)
        settled_plans = _settled_plans(calendar, known.values())
        for number, (key, row) in enumerate(ahead.items(), start=1):
            if number % BREATH == 0:
                await asyncio.sleep(0)
            before = known.get(key)
            if row.unclear:
                found.rows.append(row)
                if row.rule != "own_event" and (before is None or before.etag != row.etag):
                    found.unclear.append(row)
            elif owner is not None:
                state = settled_plans(row) if before is None else None
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
        if state is not None and step.handled.state in STANDING:
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
        for plan, rows in _by_plan(found.acted).items():
            if plan not in told:
                await self._telling.acted(tx, place, user_id, rows)
        for rows in _by_plan(found.lifted).values():
            await self._telling.lifted(tx, place, user_id, rows)
        for rows in _by_plan(found.gone).values():
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


def _settled_plans(
    calendar: CalendarRow, stored: Iterable[OccurrenceRow]
) -> Callable[[OccurrenceRow], Handling | None]:
    """How a new occurrence is settled by what is known of its plan; None when it is not.

    What was in the calendar before it was connected is not answered unless it is moved; a series
    that was left alone, or undone, stays so when more of it comes into sight.
    """
    states: dict[tuple[str, int], set[Handling]] = {}
    for row in stored:
        states.setdefault(_plan(row), set()).add(row.handled.state)

    def settled_by(row: OccurrenceRow) -> Handling | None:
        if calendar.synced_at is None:
            return Handling.FOUND
        known = states.get(_plan(row), set())
        return None if known & STANDING else next(iter(sorted(known & SETTLED)), None)

    return settled_by


def _is_gone(row: OccurrenceRow, fresh: Mapping[Key, OccurrenceRow], changes: Changes) -> bool:
    if row.key in fresh or row.handled.our_answer is Answer.DECLINED:
        return False  # some servers take what was declined out of the calendar
    return changes.is_full or row.object_id in _named(changes)


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
