"""A compiled calendar as days: what everybody may see of somebody's time.

Days are those of the reader's zone, which need not be the person's own. Why somebody is away and
what they call their quiet time is not part of it.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import groupby, islice

from bot.domain.availability import Reason, ReasonKind, State, Timeline
from bot.domain.instants import DAY_S, local, start_instant, wall
from bot.domain.reading import NOON_MIN
from bot.domain.schedule import HolidayRegion, holiday_name
from bot.domain.spans import Span, intersect, merge

LOOK_AHEAD_DAYS = 400
NOTABLE = frozenset({ReasonKind.HOLIDAY, ReasonKind.OVERRIDE_OFF, ReasonKind.OUT_OF_OFFICE})
_OUTSIDE = Reason(ReasonKind.OUTSIDE_HOURS)


@dataclass(frozen=True, slots=True)
class Day:
    """One calendar day of somebody's time.

    Attributes:
        open_spans: the hours that start on this day, quiet stretches included; what began before
            the first day of all counts as beginning with it.
        quiet_spans: the parts of them that nobody should interrupt.
        closed: why there are no hours; None when there are.
    """

    on: date
    open_spans: tuple[Span, ...]
    quiet_spans: tuple[Span, ...]
    closed: Reason | None


@dataclass(frozen=True, slots=True)
class Absence:
    """Days in a row without hours for the same reason, both ends included."""

    first_on: date
    last_on: date
    reason: Reason


def days(timeline: Timeline, tz: str, first_on: date, count: int) -> list[Day]:
    """``count`` days from ``first_on`` on, as the clocks of ``tz`` divide them.

    Hours that cross midnight belong to the day they start on, unless they last over 24 hours.
    """
    dates = [first_on + timedelta(ahead) for ahead in range(count)]
    start, end = _midnight(first_on, tz), _midnight(first_on + timedelta(count), tz)
    quiet = timeline.spans(start, end + DAY_S, State.QUIET)
    working = timeline.spans(start, end + DAY_S, State.WORKING)
    shifts = [part for span in merge([*working, *quiet]) for part in _cut(span, tz)]
    found = []
    for on in dates:
        opening, closing = _midnight(on, tz), _midnight(on + timedelta(1), tz)
        todays = [shift for shift in shifts if opening <= shift.start < closing]
        closed = None if todays else _closed(timeline, start_instant(wall(on, NOON_MIN), tz))
        found.append(Day(on, tuple(todays), tuple(intersect(quiet, todays)), closed))
    return found


def absences(week: Sequence[Day]) -> list[Absence]:
    """The leave and the public holidays among these days."""
    found = []
    for reason, group in groupby(week, key=lambda day: day.closed):
        if reason is not None and reason.kind in NOTABLE:
            alike = list(group)
            found.append(Absence(alike[0].on, alike[-1].on, reason))
    return found


def next_holidays(region: HolidayRegion, from_on: date, count: int) -> list[tuple[date, str]]:
    """The first ``count`` public holidays on or after a day, with their names."""
    ahead = (from_on + timedelta(days) for days in range(LOOK_AHEAD_DAYS))
    named = ((on, name) for on in ahead if (name := holiday_name(region, on)) is not None)
    return list(islice(named, count))


def _midnight(on: date, tz: str) -> int:
    return start_instant(wall(on, 0), tz)


def _closed(timeline: Timeline, noon_at: int) -> Reason:
    off = timeline.state_at(noon_at) is State.OFF
    return timeline.why(noon_at) if off else _OUTSIDE


def _cut(span: Span, tz: str) -> Iterator[Span]:
    """Hours longer than a day, one piece for each of its days."""
    start, end = span
    while end - start > DAY_S:
        midnight = _midnight(local(start, tz).date() + timedelta(1), tz)
        yield Span(start, midnight)
        start = midnight
    if start < end:
        yield Span(start, end)
