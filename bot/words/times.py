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


def at_clock(at: int, tz: str, now: int) -> str:
    """The same in a sentence: ``at 09:00``, ``on Mon at 09:00``."""
    day, _, time = day_clock(at, tz, now).rpartition(" ")
    return f"on {day} at {time}" if day else f"at {time}"


def two_clocks(at: int, tz: str, own_tz: str, now: int, whose: str = "their time") -> str:
    """``Tue 10:00 their time (01:00 for you)``; only the first where both clocks show the same."""
    theirs, own = wall(at, tz), wall(at, own_tz)
    shown = day_clock(at, tz, now)
    if theirs.replace(tzinfo=None) == own.replace(tzinfo=None):
        return shown
    if " " not in shown and theirs.date() != wall(now, own_tz).date():
        shown = f"{theirs:%a} {shown}"
    yours = f"{own:%H:%M}" if own.date() == theirs.date() else f"{own:%a %H:%M}"
    return f"{shown} {whose} ({yours} for you)"


def names(people: list[str]) -> str:
    """``Ana``, ``Ana and Bo``, ``Ana, Bo and 3 others``."""
    if len(people) <= 1:
        return "".join(people)
    if len(people) > NAMES_SHOWN:
        return f"{people[0]}, {people[1]} and {len(people) - 2} others"
    return f"{', '.join(people[:-1])} and {people[-1]}"
