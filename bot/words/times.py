"""Instants as people read them: always in the reader's or the named person's own zone."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

FAR_DAYS = 6
NAMES_SHOWN = 4


def wall(at: int, tz: str) -> datetime:
    """Epoch seconds as an aware local time."""
    return datetime.fromtimestamp(at, UTC).astimezone(ZoneInfo(tz))


def clock(at: int, tz: str) -> str:
    """``22:14``."""
    return f"{wall(at, tz):%H:%M}"


def day_clock(at: int, tz: str, now: int) -> str:
    """``09:00`` today, ``Mon 09:00`` within a week, ``Mon 4 Jan 09:00`` beyond."""
    then, today = wall(at, tz), wall(now, tz)
    days = (then.date() - today.date()).days
    if days == 0:
        return f"{then:%H:%M}"
    if 0 < days <= FAR_DAYS:
        return f"{then:%a %H:%M}"
    return f"{then:%a} {then.day} {then:%b %H:%M}"


def weekday_clock(at: int, tz: str) -> str:
    """``Fri 22:14``, for something that happened in the last days."""
    return f"{wall(at, tz):%a %H:%M}"


def names(people: list[str]) -> str:
    """``Ana``, ``Ana and Bo``, ``Ana, Bo and 3 others``."""
    if len(people) <= 1:
        return "".join(people)
    if len(people) > NAMES_SHOWN:
        return f"{people[0]}, {people[1]} and {len(people) - 2} others"
    return f"{', '.join(people[:-1])} and {people[-1]}"
