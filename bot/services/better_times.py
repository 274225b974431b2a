"""Better times for a meeting that is outside somebody's hours.

They fit everybody who shares their hours: those who enrolled, among the people of the workspace
who are invited, and whoever organises it, for whom the usual hours are assumed where they set none.
Calendars count as far as they are connected.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, time

from bot.domain.instants import DAY_S, HOUR_S, local, start_instant
from bot.domain.slots import SOON_S, STEP_S, Attendee, Meeting, Slot, judged, on_step, proposals
from bot.domain.spans import Span
from bot.services.directory import Directory, Place
from bot.services.meeting import MOST_PEOPLE
from bot.storage import occurrences
from bot.storage.database import Database
from bot.storage.occurrences import OccurrenceRow

NEAR_DAYS = 7
"""Looked through first, from the day of the meeting on."""

BEFORE_S, AFTER_S = 7 * DAY_S, 14 * DAY_S
"""Looked through when the days near the meeting have no time that suits everybody."""

LONGEST_S = 8 * HOUR_S
"""What takes longer has no slot within anybody's day."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is looked for; ``besides_uid`` is the meeting that is to be moved.

    ``tz`` is whose days and weekly wall times the slots keep.
    """

    required: tuple[str, ...]
    optional: tuple[str, ...]
    length_s: int
    tz: str
    weeks: int = 1
    besides_uid: str = ""


class BetterTimes:
    """Finds them, over the hours and the calendars of those concerned."""

    def __init__(self, database: Database, directory: Directory) -> None:
        self._database = database
        self._directory = directory

    async def find(
        self,
        place: Place,
        required: Sequence[str],
        optional: Sequence[str],
        length_s: int,
        after_at: int,
        until_at: int,
        tz: str,
        weeks: int = 1,
    ) -> list[Slot]:
        """Up to three slots between two instants, as `bot.domain.slots.proposals` ranks them.

        ``tz`` is whose days and weekly wall times they keep. People who are not known any more
        are left out.
        """
        window = Span(after_at, until_at)
        wanted = Wanted(tuple(required), tuple(optional), length_s, tz, weeks)
        return _proposals(await self._meeting(place, wanted, window))

    async def instead_of(
        self, place: Place, rows: Sequence[OccurrenceRow], span: Span, tz: str, *, weeks: int = 1
    ) -> list[Slot]:
        """Better times than ``span`` for one plan, whose rows come from any calendars.

        Times that suit everybody, else those that cost less than ``span`` does, the best first;
        none where there is nothing better.
        """
        required, optional = self._concerned(place, rows)
        wanted = Wanted(required, optional, span.end - span.start, tz, weeks, rows[0].uid)
        near, wide = windows(span, self._directory.now(), tz)
        meeting = await self._meeting(place, wanted, near)
        found = _proposals(meeting)
        if not found or not found[0].missing:
            return found
        further = _proposals(await self._meeting(place, wanted, wide))
        if not further[0].missing:
            return further
        cost = _cost(judged(meeting, span.start))
        return [slot for slot in found if _cost(slot) < cost]

    async def proposal_for(self, row: OccurrenceRow) -> list[Span]:
        """Up to three times at which the occurrence would suit everybody, the owner at least."""
        place = await self._directory.installed(row.workspace_id)
        async with self._database.reading() as tx:
            rows = await occurrences.of_meeting(tx, row.workspace_id, row.uid, row.series_at)
        tz = self.reader_tz(place, row)
        slots = await self.instead_of(place, rows or [row], row.span, tz)
        length_s = row.end_at - row.start_at
        if not slots or slots[0].missing:
            both = tuple(each for each in (row.user_id, row.organizer_id) if each)
            near, _ = windows(row.span, self._directory.now(), tz)
            wanted = Wanted(both, (), length_s, tz, 1, row.uid)
            slots = _proposals(await self._meeting(place, wanted, near))
        return [
            Span(slot.starts[0], slot.starts[0] + length_s) for slot in slots if not slot.missing
        ]

    async def _meeting(self, place: Place, wanted: Wanted, window: Span) -> Meeting:
        known = {
            each: person.timeline
            for each in (*wanted.required, *wanted.optional)
            if (person := self._directory.person(place, each)) is not None
        }
        empty = Meeting((), window, max(wanted.length_s, STEP_S), wanted.tz, wanted.weeks)
        async with self._database.reading() as tx:
            busy = await occurrences.busy(
                tx, place.workspace_id, known, empty.reach, besides_uid=wanted.besides_uid
            )
        people = tuple(
            Attendee(each, timeline, each in wanted.required, busy.get(each, ()))
            for each, timeline in known.items()
        )
        return replace(empty, people=people)

    def reader_tz(self, place: Place, row: OccurrenceRow) -> str:
        """The organiser's zone, or else the owner's."""
        for user_id in (row.organizer_id, row.user_id):
            if user_id in place.rows:
                return place.rows[user_id].tz
        return "UTC"

    def _concerned(
        self, place: Place, rows: Sequence[OccurrenceRow]
    ) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Who is required and who is optional: in whose calendars it is, then who else shares."""
        organizers = [row.organizer_id for row in rows if row.organizer_id]
        owners = [row.user_id for row in rows]
        others = [each for row in rows for each in row.attendee_ids]
        invited = [each for each in (*owners, *others) if self._shares(place, each)]
        everybody = tuple(dict.fromkeys((*organizers, *invited)))[:MOST_PEOPLE]
        optional = {row.user_id for row in rows if row.is_optional}
        return _without(everybody, optional), tuple(each for each in everybody if each in optional)

    def _shares(self, place: Place, user_id: str) -> bool:
        person = self._directory.person(place, user_id)
        return person is not None and person.enrolled


def windows(span: Span, now: int, tz: str) -> tuple[Span, Span]:
    """Where to look for better times than ``span``, near it first; nothing of it is over."""
    soon_at = on_step(now + SOON_S)
    day = local(span.start, tz).date()
    midnight = start_instant(datetime.combine(day, time()), tz)
    near_at = max(midnight, soon_at)
    wide_at = max(span.start - BEFORE_S, soon_at)
    return Span(near_at, near_at + NEAR_DAYS * DAY_S), Span(wide_at, wide_at + BEFORE_S + AFTER_S)


def _proposals(meeting: Meeting) -> list[Slot]:
    if not meeting.people or meeting.length_s > LONGEST_S:
        return []
    return proposals(meeting)


def _cost(slot: Slot) -> tuple[int, int]:
    return len(slot.missing), sum(slot.outside_min.values())


def _without(user_ids: Iterable[str], left_out: Collection[str]) -> tuple[str, ...]:
    return tuple(each for each in user_ids if each not in left_out)
