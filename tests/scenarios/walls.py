"""People's hours by an oracle that reads wall clocks minute by minute; no code of the bot.

Wall times that a clock change takes away or shows twice are edges of nobody's hours here; what
happens to those is the subject of the availability oracle in tests/domain.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

MINUTE_S = 60
DAY_MIN = 1440
TOLERANCE_S = 15 * MINUTE_S
"""The policy's default: so much around opening and closing is let pass."""

SCANNED_S = 40 * 86_400

WORKDAYS = frozenset(range(5))
EVERY_DAY = frozenset(range(7))


@dataclass(frozen=True, slots=True)
class Week:
    """A week as people type it, and the same as minutes: weekdays, start and end of each stretch.

    An end beyond midnight belongs to the weekday on which the stretch began.
    """

    typed: str
    stretches: tuple[tuple[frozenset[int], int, int], ...]


OFFICE = Week("mon-fri 9-17", ((WORKDAYS, 540, 1020),))
SPLIT = Week(
    "mon-thu 8-12, 13:30-18; fri 8-12",
    (
        (frozenset({0, 1, 2, 3}), 480, 720),
        (frozenset({0, 1, 2, 3}), 810, 1080),
        (frozenset({4}), 480, 720),
    ),
)
NIGHTS = Week("sun-thu 22:00-06:00", ((frozenset({6, 0, 1, 2, 3}), 1320, 1800),))
EVERY_NIGHT = Week("every day 20:00-04:30", ((EVERY_DAY, 1200, 1710),))
WEEKENDS = Week("fri-sun 14-22", ((frozenset({4, 5, 6}), 840, 1320),))
ORGANISATION = Week("mon-fri 9-18", ((WORKDAYS, 540, 1080),))
"""What counts for people who have not chosen."""

WEEKS = (OFFICE, SPLIT, NIGHTS, EVERY_NIGHT, WEEKENDS)


@dataclass(frozen=True, slots=True)
class Hours:
    """One person's hours.

    ``quiet`` are weekly windows on workdays as minutes; ``quiet_now`` is a one-off quiet time,
    as wall times.
    """

    tz: str
    week: Week = ORGANISATION
    days_off: frozenset[date] = frozenset()
    quiet: frozenset[tuple[int, int]] = frozenset()
    quiet_now: tuple[datetime, datetime] | None = None


def wall(at: int, tz: str) -> datetime:
    """What a clock on the wall shows, without a zone."""
    return datetime.fromtimestamp(at, ZoneInfo(tz)).replace(tzinfo=None)


def state(hours: Hours, at: int) -> str:
    """``working``, ``quiet`` or ``off``, read off the wall clock."""
    now = wall(at, hours.tz)
    if not any(_worked(hours, now)):
        return "off"
    minute = now.hour * 60 + now.minute
    if now.weekday() in WORKDAYS and any(start <= minute < end for start, end in hours.quiet):
        return "quiet"
    if hours.quiet_now is not None and hours.quiet_now[0] <= now < hours.quiet_now[1]:
        return "quiet"
    return "working"


def _worked(hours: Hours, now: datetime) -> Iterator[bool]:
    """Whether each stretch that began today or yesterday holds the minute."""
    minute = now.hour * 60 + now.minute
    for began_on, since in ((now.date(), minute), (now.date() - timedelta(1), minute + DAY_MIN)):
        if began_on not in hours.days_off:
            for weekdays, start, end in hours.week.stretches:
                yield began_on.weekday() in weekdays and start <= since < end


def works(hours: Hours, at: int) -> bool:
    """Whether the person may be written to at ``at``."""
    return state(hours, at) == "working"


@lru_cache(maxsize=4096)
def outside(hours: Hours, at: int) -> bool:
    """Whether a message at ``at`` reaches the person outside their hours, tolerance considered."""
    present = state(hours, at)
    if present == "off":
        around = range(at - TOLERANCE_S, at + TOLERANCE_S + 1, MINUTE_S)
        return not any(works(hours, minute) for minute in around)
    return present == "quiet"


@lru_cache(maxsize=4096)
def next_open(hours: Hours, at: int) -> int | None:
    """The first minute from ``at`` on at which the person works; None in 40 days."""
    later = range(at - at % MINUTE_S + MINUTE_S, at + SCANNED_S, MINUTE_S)
    return at if works(hours, at) else next((t for t in later if works(hours, t)), None)


def first_opening(many: Iterable[Hours], at: int) -> int | None:
    """When the first of them is back."""
    found = [opening for hours in many if (opening := next_open(hours, at)) is not None]
    return min(found, default=None)
