"""Wall clock and instant: the one place where a zone's rules are asked.

Inside the domain an instant is an integer, seconds since 1970-01-01 UTC. A wall time is a naive
``datetime`` that means nothing without the IANA zone key beside it. Where a wall time does not
exist (a gap) both edges of an interval move to the end of the gap; where it exists twice (a fold)
a start takes the first and an end the second occurrence, so nobody's hours are ever cut short.
"""

import difflib
from datetime import UTC, date, datetime, time, timedelta
from functools import cache, lru_cache
from typing import Protocol
from zoneinfo import ZoneInfo, available_timezones

from bot.errors import BadInput

MINUTE_S = 60
HOUR_S = 3_600
DAY_S = 86_400
WEEK_S = 604_800

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_SECOND = timedelta(seconds=1)


class Clock(Protocol):
    """Whatever tells the time; an argument everywhere, so that a test can be any day."""

    def now(self) -> datetime:
        """The present instant, aware and in UTC."""
        ...


class SystemClock:
    """The computer's own clock."""

    def now(self) -> datetime:
        """The present instant, aware and in UTC."""
        return datetime.now(UTC)


@cache
def zone(tz: str) -> ZoneInfo:
    """The rules of an IANA zone.

    Raises:
        BadInput: no such zone; the sentence suggests the closest names.
    """
    if tz not in _zone_keys():
        raise BadInput(_unknown_zone(tz))
    return ZoneInfo(tz)


def epoch(at: datetime) -> int:
    """The whole epoch second that holds an aware ``at``; TypeError for a naive one."""
    return (at - _EPOCH) // _SECOND


def utc(epoch: int) -> datetime:
    """The instant as an aware datetime in UTC."""
    return datetime.fromtimestamp(epoch, UTC)


def local(epoch: int, tz: str) -> datetime:
    """The instant on the wall clocks of ``tz``, aware (its ``fold`` is set in a repeated hour)."""
    return datetime.fromtimestamp(epoch, zone(tz))


def wall(day: date, minute: int) -> datetime:
    """The wall time so many minutes after 00:00 of ``day``; 1440 is the next day's 00:00."""
    return datetime.combine(day, time()) + timedelta(minutes=minute)


def start_instant(wall: datetime, tz: str) -> int:
    """The instant at which something starting at ``wall`` starts."""
    first, second = _readings(wall, tz)
    return first if first <= second else _gap_end(second, first, tz)


def end_instant(wall: datetime, tz: str) -> int:
    """The instant at which something ending at ``wall`` ends."""
    first, second = _readings(wall, tz)
    return second if first <= second else _gap_end(second, first, tz)


@lru_cache(maxsize=16_384)  # colleagues start and end at the same few walls
def _readings(wall: datetime, tz: str) -> tuple[int, int]:
    """``wall`` read with the offset before a clock change and with the one after it.

    Equal on ordinary days. In a fold the first reading is the earlier one, in a gap the later
    one (PEP 495), and the change itself lies after the second reading, at or before the first.
    """
    rules = zone(tz)
    return epoch(wall.replace(tzinfo=rules, fold=0)), epoch(wall.replace(tzinfo=rules, fold=1))


def _gap_end(before: int, after: int, tz: str) -> int:
    """The instant in ``(before, after]`` at which the clocks jump forward, by bisection."""
    old = local(before, tz).utcoffset()
    while after - before > 1:
        middle = (before + after) // 2
        if local(middle, tz).utcoffset() == old:
            before = middle
        else:
            after = middle
    return after


@cache
def _zone_keys() -> frozenset[str]:
    return frozenset(available_timezones())


def _unknown_zone(tz: str) -> str:
    by_lower = {key.casefold(): key for key in sorted(_zone_keys()) if "/" in key}
    by_city = {lower.rpartition("/")[2]: key for lower, key in by_lower.items()}
    wanted = "_".join(tz[:60].casefold().split())
    close = [by_lower[lower] for lower in difflib.get_close_matches(wanted, by_lower, 2, 0.8)]
    close += [by_city[city] for city in difflib.get_close_matches(wanted, by_city, 2, 0.8)]
    meant = " or ".join(f"`{key}`" for key in dict.fromkeys(close))
    hint = f"Did you mean {meant}? " if meant else ""
    return (
        f"I do not know the time zone “{tz[:60]}”. "
        f"{hint}Write a region and a city, like `Europe/Lisbon`."
    )
