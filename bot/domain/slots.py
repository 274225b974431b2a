"""When several people can meet: inside everybody's hours, or else where it costs them least.

Instants are epoch seconds. A meeting starts on a quarter of an hour, which every zone's clocks
show as one. A weekly meeting keeps its wall time in the zone of whoever asks and is looked at over
the next few weeks at once, clock changes and days off included: that is one *rotation*.

When no slot suits everybody, what is left is `Ranked`. Whose evening it is then rotates: among
slots that are otherwise equal, those come first that leave the time people gave outside their
hours, earlier meetings of this group included, most evenly spread.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from itertools import cycle
from typing import NamedTuple

from bot.domain.availability import Runs, State, Timeline
from bot.domain.instants import DAY_S, HOUR_S, MINUTE_S, local, start_instant, wall
from bot.domain.spans import Span, subtract

STEP_S = 15 * MINUTE_S
WANTED = 3
ROTATION_WEEKS = 4

RANGE_DAYS = 14
SOON_S = 15 * MINUTE_S
"""So much time is left to tell the others."""

DAYS: Mapping[str, Callable[[int], tuple[int, int]]] = {
    "today": lambda _: (0, 1),
    "tomorrow": lambda _: (1, 2),
    "this week": lambda weekday: (0, 7 - weekday),
    "next week": lambda weekday: (7 - weekday, 14 - weekday),
}
"""From today's weekday the first day and the one after the last, counted from today."""

FAR_S = 12 * HOUR_S
"""Further than this from somebody's hours is a day off, which is nobody's turn."""


@dataclass(frozen=True, slots=True)
class Attendee:
    """Somebody who is asked.

    Attributes:
        busy: what their calendar holds, sorted and without overlaps.
        paid_min: minutes outside their hours that earlier meetings of this group took.
    """

    user_id: str
    timeline: Timeline
    required: bool = True
    busy: tuple[Span, ...] = ()
    paid_min: int = 0

    def free(self, start: int, end: int) -> Runs:
        """When between ``start`` and ``end``, perhaps also around it, they work and are free."""
        if not self.busy:
            return self.timeline.runs(start, end)
        left = subtract(self.timeline.spans(start, end, State.WORKING), self.busy)
        return [span.start for span in left], [span.end for span in left]


@dataclass(frozen=True, slots=True)
class Meeting:
    """What is looked for.

    Attributes:
        window: within which the meeting, a weekly one's first, takes place.
        tz: zone of whoever asks; days and weekly wall times are theirs.
        weeks: on how many weeks in a row; 1 for a single meeting.
    """

    people: tuple[Attendee, ...]
    window: Span
    length_s: int
    tz: str
    weeks: int = 1

    def starts(self, first_at: int) -> tuple[int, ...]:
        """Every week's start, the first at ``first_at``."""
        if self.weeks == 1:
            return (first_at,)
        shown = local(first_at, self.tz).replace(tzinfo=None)
        later = (shown + timedelta(weeks=week) for week in range(1, self.weeks))
        return (first_at, *(start_instant(each, self.tz) for each in later))

    @property
    def reach(self) -> Span:
        """From the window's start to the end of the last week's meeting, and a day around."""
        return Span(self.window.start - DAY_S, self.starts(self.window.end)[-1] + DAY_S)


@dataclass(frozen=True, slots=True)
class Slot:
    """A time to meet: ``starts`` has an instant for each week.

    Attributes:
        outside_min: minutes outside their hours over all weeks, of those who have any.
        missing: whom it does not suit, for their hours or for what their calendar holds.
        busy: those of them whose calendar holds something else then, in one of the weeks.
    """

    starts: tuple[int, ...]
    outside_min: dict[str, int] = field(default_factory=dict)
    missing: tuple[str, ...] = ()
    busy: tuple[str, ...] = ()


def window(named: str, now: int, tz: str, weeks: int) -> Span:
    """From ``SOON_S`` after ``now`` on, within one of `DAYS` or, unnamed, the next `RANGE_DAYS`.

    A weekly meeting needs one week to choose from. Days begin and end at the asker's midnight, and
    a stretch that is over comes out empty.
    """
    soon_at = on_step(now + SOON_S)
    if named not in DAYS:
        return Span(soon_at, soon_at + (RANGE_DAYS if weeks == 1 else 7) * DAY_S)
    today = local(now, tz).date()
    first, after = (today + timedelta(days) for days in DAYS[named](today.weekday()))
    start, end = (start_instant(wall(day, 0), tz) for day in (first, after))
    return Span(max(start, soon_at), end)


def on_step(at: int) -> int:
    """The first quarter of an hour from ``at`` on."""
    return -(-at // STEP_S) * STEP_S


def next_common(people: Sequence[Attendee], at: int, length_s: int, until: int) -> int | None:
    """The first start from ``at`` on that suits everybody and ends by ``until``."""
    return _next_common([each.free(at, until) for each in people], at, length_s, until)


def _next_common(free: Sequence[Runs], at: int, length_s: int, until: int) -> int | None:
    """Everybody in turn says from when on they are free, until all agree."""
    at, agreed, last_at = on_step(at), 0, until - length_s
    turns = cycle(free)
    while agreed < len(free):
        starts, ends = next(turns)
        i = bisect_left(ends, at + length_s)
        if i == len(ends) or at > last_at:
            return None
        if starts[i] <= at:
            agreed += 1
        else:
            at = -(-starts[i] // STEP_S) * STEP_S  # as `on_step`; a call would cost a quarter more
            agreed = 0
    return at


def proposals(meeting: Meeting) -> list[Slot]:
    """Up to three slots: inside everybody's hours in order of time, else ranked, the best first.

    Those that suit everybody are spread over days as far as there are enough. Empty only where
    the window is too short for the meeting.
    """
    suiting = _on_several_days(_suiting(meeting), meeting)
    return suiting or _apart((each.slot for each in ranked(meeting)), [], meeting.length_s)


def _suiting(meeting: Meeting) -> Iterator[Slot]:
    """Slots that suit everybody in every week, in order of time."""
    free = [each.free(*meeting.reach) for each in meeting.people]
    length_s, (start, end) = meeting.length_s, meeting.window
    while (at := _next_common(free, start, length_s, end)) is not None:
        starts = meeting.starts(at)
        if all(_holds(runs, later_at, length_s) for later_at in starts[1:] for runs in free):
            yield Slot(starts)
        start = at + STEP_S


def _holds(runs: Runs, start: int, length_s: int) -> bool:
    starts, ends = runs
    i = bisect_left(ends, start + length_s)
    return i < len(ends) and starts[i] <= start


def _on_several_days(slots: Iterable[Slot], meeting: Meeting) -> list[Slot]:
    """The first slot of each day, then more of the same days; in order of time."""
    first_of_day: dict[date, Slot] = {}
    others: list[Slot] = []
    for slot in slots:
        if first_of_day.setdefault(local(slot.starts[0], meeting.tz).date(), slot) is not slot:
            others.append(slot)
        if len(first_of_day) == WANTED:
            break
    chosen = _apart(others, list(first_of_day.values()), meeting.length_s)
    return sorted(chosen, key=lambda slot: slot.starts)


def _apart(slots: Iterable[Slot], chosen: list[Slot], length_s: int) -> list[Slot]:
    """``chosen``, filled up in the order of ``slots`` with some that overlap none taken before."""
    for slot in slots:
        if len(chosen) == WANTED:
            break
        if all(abs(slot.starts[0] - taken.starts[0]) >= length_s for taken in chosen):
            chosen.append(slot)
    return chosen


# Ranking: what a slot costs those whom it does not suit.


class Ranked(NamedTuple):
    """What a slot is ranked by, the lowest first, in the order of the fields.

    Attributes:
        required_missing: how many who are required it does not suit; then how many optional ones.
        outside_s: time outside hours, over all people and weeks.
        busy: how many could not come even if they gave that time.
        far: how many it would meet on a day off.
        given_min: minutes each required person would then have given, the most first.
        away_s: how far it is from the hours of those it does not suit.
        starts: no two slots have the same, so nothing behind it is compared.
    """

    required_missing: int
    optional_missing: int
    outside_s: int
    busy: int
    far: int
    given_min: tuple[int, ...]
    away_s: int
    starts: tuple[int, ...]
    slot: Slot


class Cost(NamedTuple):
    """What a slot costs one person, over all its weeks; ``away_s`` at most a day for each."""

    person: Attendee
    missing: bool
    busy: bool
    outside_s: int
    away_s: int
    far: bool


def ranked(meeting: Meeting) -> Iterator[Ranked]:
    """Every slot there is, the best first.

    Whom a slot suits is found out quickly, what it costs is not, and few are ever looked at: so
    slots are costed only when those that suit more people are used up.
    """
    time = [_Time(meeting, person) for person in meeting.people]
    required = [each for each in time if each.person.required]
    optional = [each for each in time if not each.person.required]
    last_at = meeting.window.end - meeting.length_s
    by_missing: dict[tuple[int, int], list[tuple[int, ...]]] = {}
    for first_at in range(on_step(meeting.window.start), last_at + 1, STEP_S):
        starts = meeting.starts(first_at)
        missing = (
            sum(not each.suits(starts) for each in required),
            sum(not each.suits(starts) for each in optional),
        )
        by_missing.setdefault(missing, []).append(starts)
    for missing in sorted(by_missing):
        yield from sorted(_rank(starts, time) for starts in by_missing[missing])


def judged(meeting: Meeting, first_at: int) -> Slot:
    """What the slot at ``first_at`` is like, whether or not it is one of the best."""
    time = [_Time(meeting, person) for person in meeting.people]
    return _rank(meeting.starts(first_at), time).slot


def _rank(starts: tuple[int, ...], time: Sequence["_Time"]) -> Ranked:
    costs = [each.cost(starts) for each in time]
    missing = [cost for cost in costs if cost.missing]
    outside_min = {
        cost.person.user_id: -(-cost.outside_s // MINUTE_S) for cost in missing if cost.outside_s
    }
    given_min = (
        cost.person.paid_min + outside_min.get(cost.person.user_id, 0)
        for cost in costs
        if cost.person.required
    )
    required_missing = sum(cost.person.required for cost in missing)
    return Ranked(
        required_missing=required_missing,
        optional_missing=len(missing) - required_missing,
        outside_s=sum(cost.outside_s for cost in missing),
        busy=sum(cost.busy for cost in missing),
        far=sum(cost.far for cost in missing),
        given_min=tuple(sorted(given_min, reverse=True)),
        away_s=sum(cost.away_s for cost in missing),
        starts=starts,
        slot=Slot(
            starts,
            outside_min,
            missing=tuple(cost.person.user_id for cost in missing),
            busy=tuple(cost.person.user_id for cost in missing if cost.busy),
        ),
    )


class _Time:
    """One person's hours, and what is free of them, around a meeting's window."""

    def __init__(self, meeting: Meeting, person: Attendee) -> None:
        self.person, self._length_s = person, meeting.length_s
        self._starts, self._ends = person.timeline.runs(*meeting.reach)
        self._free = person.free(*meeting.reach)
        self._busy_ends = [span.end for span in person.busy]

    def suits(self, starts: Iterable[int]) -> bool:
        """Whether the person works and is free in every week."""
        return all(_holds(self._free, start, self._length_s) for start in starts)

    def cost(self, starts: Sequence[int]) -> Cost:
        """What a slot costs this person."""
        outside_s = away_s = furthest_s = 0
        missing = busy = False
        for start in starts:
            if not _holds(self._free, start, self._length_s):
                missing = True
                busy = busy or self._is_busy(start)
                outside, away = self._distance(start, start + self._length_s)
                outside_s += outside
                away_s += away
                furthest_s = max(furthest_s, away)
        return Cost(self.person, missing, busy, outside_s, away_s, furthest_s > FAR_S)

    def _is_busy(self, start: int) -> bool:
        i = bisect_right(self._busy_ends, start)
        return i < len(self._busy_ends) and self.person.busy[i].start < start + self._length_s

    def _distance(self, start: int, end: int) -> tuple[int, int]:
        """Seconds of a meeting outside hours, and from it to the nearest ones, 0 if they touch."""
        starts, ends = self._starts, self._ends
        i = bisect_right(ends, start)
        since = start - ends[i - 1] if i else DAY_S
        until = starts[i] - end if i < len(starts) else DAY_S
        outside = end - start
        while i < len(starts) and starts[i] < end:
            outside -= min(end, ends[i]) - max(start, starts[i])
            i += 1
        return outside, max(0, min(since, until, DAY_S))
