"""When an answer may be expected: a declared response time, counted in the person's own hours.

    No reply is expected before ``reply_by(t)``, where ``t`` is when a message reaches somebody and
    ``t'`` is ``t`` while they work, else their next opening.

- ``4h``: the first instant by which they worked four hours since ``t'``.
- ``1 day``: the same time on the clocks as ``t'``, on the first working day after that of ``t'``;
  where they do not work at that time, the first instant after it at which they do.

Quiet windows are no working time. A working day is a day of `availability` (a night shift belongs
to the day it begins on) on which the person works at all, so leave, holidays and clock changes
need no rule of their own.
"""

import re
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from bot.domain.availability import HORIZON_S, Pattern, State, Timeline, boundary
from bot.domain.instants import HOUR_S, WEEK_S, local, start_instant, wall
from bot.errors import BadInput

MOST_DAYS = 20
MOST_HOURS = 40
STEP_S = 4 * WEEK_S
MAX_QUOTED = 40

_WRITTEN = re.compile(
    r"(?:within |in )?(?P<count>\d{1,3}|an?|one) ?(?:working |work |business )?"
    r"(?:(?P<days>d|days?)|h|hrs?|hours?)",
    re.ASCII,
)


@dataclass(frozen=True, slots=True)
class Within:
    """A declared response time: so many working days, or so many working hours."""

    days: int = 0
    hours: int = 0

    def __str__(self) -> str:
        """Its notation, as stored: ``1 day``, ``2 days``, ``4h``."""
        if self.days:
            return f"{self.days} day" if self.days == 1 else f"{self.days} days"
        return f"{self.hours}h"


def parse_within(text: str) -> Within:
    """``1 day``, ``2 working days``, ``4h`` or ``4 hours``.

    Raises:
        BadInput: something else, or more than 20 days or 40 hours.
    """
    written = _WRITTEN.fullmatch(" ".join(text.casefold().split()))
    if written is None:
        quoted = text if len(text) <= MAX_QUOTED else f"{text[:MAX_QUOTED]}…"
        raise BadInput(f"I did not understand “{quoted}”. Try `1 day` or `4h`.")
    count = int(written["count"]) if written["count"].isdecimal() else 1
    in_days = written["days"] is not None
    most = MOST_DAYS if in_days else MOST_HOURS
    if not 1 <= count <= most:
        unit = "working days" if in_days else "working hours"
        raise BadInput(f"A response time is from 1 to {most} {unit}. Try `1 day` or `4h`.")
    return Within(days=count) if in_days else Within(hours=count)


def reply_by(timeline: Timeline, within: Within, at: int) -> int | None:
    """Before when no reply is expected to what arrives at ``at``; None beyond 400 days."""
    begin_at = timeline.next_open(at)
    if begin_at is None:
        return None
    if within.days:
        return _days_later(timeline, within.days, begin_at)
    return _hours_later(timeline, within.hours * HOUR_S, begin_at)


def declared_reply_by(timeline: Timeline, declared: str, at: int) -> int | None:
    """The same for a stored notation; None also where ``declared`` is empty."""
    return reply_by(timeline, parse_within(declared), at) if declared else None


def _days_later(timeline: Timeline, days: int, begin_at: int) -> int | None:
    pattern = timeline.availability.pattern
    day = _day_of(pattern, begin_at)
    clock: timedelta = _wall(pattern, begin_at) - wall(day, 0)
    opens_at = begin_at
    for _ in range(days):
        opening = timeline.next_open(boundary(pattern, day + timedelta(1)))
        if opening is None:
            return None
        opens_at, day = opening, _day_of(pattern, opening)
    same_clock_at = start_instant(wall(day, 0) + clock, pattern.tz)
    return timeline.next_open(max(opens_at, same_clock_at))


def _hours_later(timeline: Timeline, wanted_s: int, begin_at: int) -> int | None:
    for start in range(begin_at, begin_at + HORIZON_S, STEP_S):
        for span in timeline.spans(start, start + STEP_S, State.WORKING):
            if span.end - span.start >= wanted_s:
                return span.start + wanted_s
            wanted_s -= span.end - span.start
    return None


def _day_of(pattern: Pattern, at: int) -> date:
    """The person's own day that holds the instant."""
    on = local(at, pattern.tz).date()
    return on if at >= boundary(pattern, on) else on - timedelta(1)


def _wall(pattern: Pattern, at: int) -> datetime:
    return local(at, pattern.tz).replace(tzinfo=None)
