"""One person's time, compiled: may they be reached at this instant, why, and when again?

Patterns are painted in layers over a stretch of time (`LAYERS`, then `PERSONAL_LAYERS`, the later
wins) and become sorted transition instants, so that a question is one bisection. People with an
equal `Pattern` share the painted stretch; only their own exceptions are painted again.

A person's day ``d`` reaches from ``boundary(d)`` to ``boundary(d + 1)``: from the end of the night
shift of the day before, if their week has one, else from midnight. Holidays and whole days off
cover such days, so that a shift begun on the working day before is finished, and the one that
begins on the holiday is off completely.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import IntEnum, StrEnum
from functools import lru_cache
from itertools import compress, pairwise
from typing import NamedTuple

from bot.domain.instants import DAY_S, WEEK_S, end_instant, local, start_instant, wall
from bot.domain.schedule import (
    HolidayRegion,
    Interval,
    Override,
    OverrideKind,
    QuietWindow,
    WeeklyHours,
    holiday_name,
)
from bot.domain.spans import Span, merge

HORIZON_S = 400 * DAY_S
JOINT_S = DAY_S
_WEEKS_BEFORE = 2
_WEEKS = 10


class State(IntEnum):
    """How somebody can be reached."""

    OFF = 0
    QUIET = 1
    WORKING = 2


class ReasonKind(StrEnum):
    """Which layer decided."""

    WORKING_HOURS = "working_hours"
    OUTSIDE_HOURS = "outside_hours"
    HOLIDAY = "holiday"
    QUIET_WINDOW = "quiet_window"
    ORGANISATION_QUIET_HOURS = "organisation_quiet_hours"
    OUT_OF_OFFICE = "out_of_office"
    OVERRIDE_OFF = "override_off"
    OVERRIDE_WORKING = "override_working"
    OVERRIDE_QUIET = "override_quiet"


class Reason(NamedTuple):
    """Why a state is what it is; ``label`` is a holiday's name or what the person called it."""

    kind: ReasonKind
    label: str = ""


class Cell(NamedTuple):
    """What holds from one transition to the next."""

    state: State
    reason: Reason


OUTSIDE = Cell(State.OFF, Reason(ReasonKind.OUTSIDE_HOURS))


@dataclass(frozen=True, slots=True)
class Pattern:
    """Everything about a person's time that repeats; equal patterns share one compilation.

    Attributes:
        works_holidays: the person chose to work on public holidays.
        organisation_quiet: advisory ones yield to hours the person set (``own_hours``), locked
            ones cover everything.
        own_hours: ``weekly`` was set by the person, not by the policy's default.
    """

    tz: str
    weekly: WeeklyHours
    quiet_windows: tuple[QuietWindow, ...] = ()
    region: HolidayRegion | None = None
    works_holidays: bool = False
    organisation_quiet: tuple[QuietWindow, ...] = ()
    organisation_quiet_locked: bool = False
    own_hours: bool = False


@dataclass(frozen=True, slots=True)
class Availability:
    """A pattern and one person's dated exceptions to it, in any order."""

    pattern: Pattern
    out_of_office: tuple[Override, ...] = ()
    overrides: tuple[Override, ...] = ()


# Painting: a stroke says what a layer makes of the cells under one span.


class Stroke(NamedTuple):
    """Over ``[start, end)``, every cell whose state is in ``over`` becomes ``cell``."""

    start: int
    end: int
    cell: Cell
    over: frozenset[State] = frozenset(State)


_WORKING_ONLY = frozenset({State.WORKING})
_NOT_OFF = frozenset({State.WORKING, State.QUIET})


def boundary(pattern: Pattern, day: date) -> int:
    """The instant at which the person's day ``day`` begins (see the module's text)."""
    overrun_min = pattern.weekly.overrun_min(day.weekday() - 1)
    if overrun_min:
        return end_instant(wall(day, overrun_min), pattern.tz)
    return start_instant(wall(day, 0), pattern.tz)


def _holidays(pattern: Pattern, days: Sequence[date]) -> Iterator[Stroke]:
    for day in days:
        name = _day_off(pattern, day)
        if name is not None:
            cell = Cell(State.OFF, Reason(ReasonKind.HOLIDAY, name))
            yield Stroke(boundary(pattern, day), boundary(pattern, day + timedelta(1)), cell)


def _weekly_hours(pattern: Pattern, days: Sequence[date]) -> Iterator[Stroke]:
    cell = Cell(State.WORKING, Reason(ReasonKind.WORKING_HOURS))
    for day in days:
        if _day_off(pattern, day) is None:
            for interval in pattern.weekly.days[day.weekday()]:
                yield Stroke(*_edges(day, interval, pattern.tz), cell)


def _advisory_quiet_hours(pattern: Pattern, days: Sequence[date]) -> Iterator[Stroke]:
    if not pattern.organisation_quiet_locked and not pattern.own_hours:
        kind = ReasonKind.ORGANISATION_QUIET_HOURS
        yield from _quiet(pattern.organisation_quiet, kind, days, pattern.tz)


def _quiet_windows(pattern: Pattern, days: Sequence[date]) -> Iterator[Stroke]:
    yield from _quiet(pattern.quiet_windows, ReasonKind.QUIET_WINDOW, days, pattern.tz)


def _locked_quiet_hours(pattern: Pattern, days: Sequence[date]) -> Iterator[Stroke]:
    if pattern.organisation_quiet_locked:
        kind = ReasonKind.ORGANISATION_QUIET_HOURS
        for stroke in _quiet(pattern.organisation_quiet, kind, days, pattern.tz):
            yield stroke._replace(over=_NOT_OFF)


def _out_of_office(person: Availability) -> Iterator[Stroke]:
    for absence in _narrower_then_newer_last(person.out_of_office):
        cell = Cell(State.OFF, Reason(ReasonKind.OUT_OF_OFFICE, absence.label))
        yield Stroke(*_override_edges(absence, person.pattern), cell)


def _overrides(person: Availability) -> Iterator[Stroke]:
    for override in _narrower_then_newer_last(person.overrides):
        state, kind, over = _EFFECTS[override.kind]
        cell = Cell(state, Reason(kind, override.label))
        yield Stroke(*_override_edges(override, person.pattern), cell, over)


_EFFECTS = {
    OverrideKind.OFF: (State.OFF, ReasonKind.OVERRIDE_OFF, frozenset(State)),
    OverrideKind.WORKING: (State.WORKING, ReasonKind.OVERRIDE_WORKING, frozenset(State)),
    OverrideKind.QUIET: (State.QUIET, ReasonKind.OVERRIDE_QUIET, _WORKING_ONLY),
}

LAYERS: tuple[Callable[[Pattern, Sequence[date]], Iterator[Stroke]], ...] = (
    _holidays,
    _weekly_hours,
    _advisory_quiet_hours,
    _quiet_windows,
    _locked_quiet_hours,
)
"""What repeats, painted over `OUTSIDE`."""

PERSONAL_LAYERS: tuple[Callable[[Availability], Iterator[Stroke]], ...] = (
    _out_of_office,
    _overrides,
)
"""What is dated, painted over the base; `_locked_quiet_hours` is then painted once more, last."""


def _day_off(pattern: Pattern, day: date) -> str | None:
    if pattern.region is None or pattern.works_holidays:
        return None
    return holiday_name(pattern.region, day)


def _quiet(
    windows: Iterable[QuietWindow], kind: ReasonKind, days: Sequence[date], tz: str
) -> Iterator[Stroke]:
    for window in windows:
        cell = Cell(State.QUIET, Reason(kind, window.label))
        for day in days:
            if day.weekday() in window.weekdays:
                yield Stroke(*_edges(day, window.interval, tz), cell, _WORKING_ONLY)


def _narrower_then_newer_last(overrides: Iterable[Override]) -> list[Override]:
    return sorted(overrides, key=lambda override: (-override.width_span, override.created_at))


def _edges(day: date, interval: Interval, tz: str) -> Span:
    return Span(
        start_instant(wall(day, interval.start_min), tz),
        end_instant(wall(day, interval.end_min), tz),
    )


def _override_edges(override: Override, pattern: Pattern) -> Span:
    if override.kind is OverrideKind.OFF and override.whole_days:
        first, after = override.start.date(), override.end.date()
        return Span(boundary(pattern, first), boundary(pattern, after))
    return Span(start_instant(override.start, pattern.tz), end_instant(override.end, pattern.tz))


Runs = tuple[list[int], list[int]]
"""Starts and ends of spans, sorted and without overlaps: apart, they are bisected faster."""


def _runs(spans: Sequence[Span]) -> Runs:
    return [span.start for span in spans], [span.end for span in spans]


class Stretch:
    """A painted stretch of time: transition instants and what holds from each to the next.

    Attributes:
        opens: for each transition the first instant at or after it that is `State.WORKING` in
            this stretch, else None.
    """

    __slots__ = ("ats", "cells", "end", "opens", "runs", "start", "states")

    def __init__(
        self, start: int, end: int, ats: list[int], cells: list[Cell], strokes: Iterable[Stroke]
    ) -> None:
        self.start, self.end = start, end
        self.ats, self.cells = ats, cells
        for stroke in strokes:
            self._paint(stroke)
        self._join_equal_cells()
        self.states = [cell.state for cell in self.cells]
        self.opens = self._openings()
        self.runs: Runs | None = None

    def painted(self, strokes: Iterable[Stroke]) -> "Stretch":
        """A copy with more layers on it."""
        return Stretch(self.start, self.end, self.ats.copy(), self.cells.copy(), strokes)

    def cell_index(self, at: int) -> int:
        """Where in ``ats`` the cell that holds ``at`` begins."""
        return bisect_right(self.ats, at) - 1

    def find_runs(self) -> Runs:
        """Unbroken work, kept in ``runs`` from now on: few ever look for a meeting."""
        cells = zip(self.ats, [*self.ats[1:], self.end], self.states, strict=True)
        self.runs = _runs(merge(Span(a, b) for a, b, state in cells if state is State.WORKING))
        return self.runs

    def _paint(self, stroke: Stroke) -> None:
        start, end = max(stroke.start, self.start), min(stroke.end, self.end)
        if start < end:
            first = self._split(start)
            after = self._split(end) if end < self.end else len(self.ats)
            under = self.cells[first:after]
            over = stroke.over
            self.cells[first:after] = [
                stroke.cell if cell.state in over else cell for cell in under
            ]

    def _split(self, at: int) -> int:
        """The index of the transition at ``at``, made if there is none."""
        i = bisect_left(self.ats, at)
        if i == len(self.ats) or self.ats[i] != at:
            self.ats.insert(i, at)
            self.cells.insert(i, self.cells[i - 1])
        return i

    def _join_equal_cells(self) -> None:
        is_new = [True, *(before != after for before, after in pairwise(self.cells))]
        self.ats = list(compress(self.ats, is_new))
        self.cells = list(compress(self.cells, is_new))

    def _openings(self) -> list[int | None]:
        openings: list[int | None] = []
        opening = None
        for at, state in zip(reversed(self.ats), reversed(self.states), strict=True):
            opening = at if state is State.WORKING else opening
            openings.append(opening)
        return openings[::-1]


@lru_cache(maxsize=2048)
def _base(pattern: Pattern, week: int) -> Stretch:
    """The repeating layers over ten weeks; ``week`` counts from 1970-01-01, a Thursday."""
    start, end = week * WEEK_S, (week + _WEEKS) * WEEK_S
    days = _days(start, end, pattern.tz)
    strokes = (stroke for layer in LAYERS for stroke in layer(pattern, days))
    return Stretch(start, end, [start], [OUTSIDE], strokes)


def _compiled(person: Availability, week: int) -> Stretch:
    base = _base(person.pattern, week)
    if not person.out_of_office and not person.overrides:
        return base
    strokes = [stroke for layer in PERSONAL_LAYERS for stroke in layer(person)]
    days = _days(base.start, base.end, person.pattern.tz)
    return base.painted([*strokes, *_locked_quiet_hours(person.pattern, days)])


def _days(start: int, end: int, tz: str) -> list[date]:
    """Every date whose intervals may touch the stretch, those that cross midnight included."""
    first = local(start, tz).date() - timedelta(2)
    return [first + timedelta(i) for i in range((end - start) // DAY_S + 5)]


class Timeline:
    """Answers about one person's time; instants are epoch seconds.

    It holds the ten weeks around the instant last asked about and compiles others on demand.

    Args:
        availability: what to compile; when hours change, a new timeline is built.
        around: the instant most questions will be near.
    """

    __slots__ = ("_ats", "_end", "_opens", "_start", "_states", "_stretch", "availability")

    def __init__(self, availability: Availability, around: int) -> None:
        self.availability = availability
        self._move(around)

    def state_at(self, at: int) -> State:
        """How the person can be reached at ``at``."""
        if not self._start <= at < self._end:
            self._move(at)
        return self._states[bisect_right(self._ats, at) - 1]

    def why(self, at: int) -> Reason:
        """The reason for the state at ``at``."""
        if not self._start <= at < self._end:
            self._move(at)
        return self._stretch.cells[bisect_right(self._ats, at) - 1].reason

    def next_open(self, at: int) -> int | None:
        """The first instant from ``at`` on at which the person works; None beyond 400 days."""
        if not self._start <= at < self._end:
            self._move(at)
        opening = self._opens[bisect_right(self._ats, at) - 1]
        if opening is not None:
            return opening if opening > at else at  # noqa: FURB136 - max() costs half as much again
        return next((t for t, state in self._onwards(at) if state is State.WORKING), None)

    def next_change(self, at: int) -> int | None:
        """The first instant after ``at`` with another state; None beyond 400 days."""
        present = self.state_at(at)
        return next((t for t, state in self._onwards(at) if state is not present), None)

    def not_working_since(self, at: int) -> int | None:
        """When the present stretch without work began; None while working or beyond 400 days."""
        since = None
        for began_at, state in self._backwards(at):
            if state is State.WORKING:
                return since
            since = began_at
        return None

    def runs(self, start: int, end: int) -> Runs:
        """All unbroken work that touches the time between, and perhaps more around it."""
        if not self._start <= start < self._end:
            self._move(start)
        if end <= self._end:
            return self._stretch.runs or self._stretch.find_runs()
        return _runs(self.spans(start, end, State.WORKING))

    def spans(self, start: int, end: int, state: State) -> list[Span]:
        """When between ``start`` and ``end`` the person is in ``state``."""
        cells = [*self._onwards(start, end - start - 1), (end, None)]
        return merge(
            Span(max(began_at, start), ended_at)
            for (began_at, present), (ended_at, _) in pairwise(cells)
            if present is state
        )

    def _move(self, at: int) -> None:
        self._stretch = stretch = _compiled(self.availability, at // WEEK_S - _WEEKS_BEFORE)
        self._start, self._end = stretch.start, stretch.end
        self._ats, self._states, self._opens = stretch.ats, stretch.states, stretch.opens

    def _onwards(self, at: int, horizon_s: int = HORIZON_S) -> Iterator[tuple[int, State]]:
        """Transitions from the one in force at ``at`` to the last at most ``horizon_s`` later."""
        stretch = self._holding(at)
        first = stretch.cell_index(at)
        while True:
            for i in range(first, len(stretch.ats)):
                if stretch.ats[i] > at + horizon_s:
                    return
                yield stretch.ats[i], stretch.states[i]
            stretch, first = _compiled(self.availability, stretch.end // WEEK_S), 0

    def _backwards(self, at: int) -> Iterator[tuple[int, State]]:
        """Transitions from the one in force at ``at`` back to the first before the horizon."""
        stretch = self._holding(at)
        last = stretch.cell_index(at)
        while True:
            for i in range(last, -1, -1):
                yield stretch.ats[i], stretch.states[i]
                if stretch.ats[i] < at - HORIZON_S:
                    return
            stretch = _compiled(self.availability, stretch.start // WEEK_S - _WEEKS)
            last = len(stretch.ats) - 1

    def _holding(self, at: int) -> Stretch:
        if not self._start <= at < self._end:
            self._move(at)
        return self._stretch


def joint_opening(timelines: Sequence[Timeline], at: int) -> int | None:
    """The instant to which a message for several people is held; None when nobody opens.

    The first instant within 24 hours of the earliest opening at which all work, else the first
    one at which most do.
    """
    openings = [
        opening for timeline in timelines if (opening := timeline.next_open(at)) is not None
    ]
    if not openings:
        return None
    earliest = min(openings)
    working = [
        span
        for timeline in timelines
        for span in timeline.spans(earliest, earliest + JOINT_S, State.WORKING)
    ]
    starts = sorted(span.start for span in working)
    return max(starts, key=lambda t: sum(span.start <= t < span.end for span in working))
