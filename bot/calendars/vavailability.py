"""Working hours as a CalDAV server keeps them: VAVAILABILITY (RFC 7953).

Only what repeats every week is read; an AVAILABLE with an end of its own is an exception, and
those are the owner's to tell. The text is anybody's: it is read line by line, without recurrence.
"""

import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import NamedTuple

from bot.calendars.base import HoursFound
from bot.calendars.ics_text import Component, read
from bot.calendars.lines import Line
from bot.calendars.zones import resolve
from bot.domain.notation import format_weekly
from bot.domain.schedule import DAY_MIN, Interval, WeeklyHours
from bot.domain.spans import Span, merge
from bot.errors import BadInput, CalendarRefused

DAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
MOST = 100
_DURATION = re.compile(
    r"\+?P(?:(\d{1,2})W)?(?:(\d{1,3})D)?(?:T(?:(\d{1,4})H)?(?:(\d{1,5})M)?(?:\d+S)?)?"
)


class _Shift(NamedTuple):
    """Minutes of the days it repeats on; ``tz`` is ``""`` for a floating time."""

    tz: str
    weekdays: frozenset[int]
    minutes: Span


def weekly_hours(data: bytes) -> HoursFound | None:
    """The week of a VAVAILABILITY; None when it says nothing that repeats weekly in one zone."""
    try:
        calendar = read(data)
    except CalendarRefused:
        return None
    shifts = list(_shifts(calendar))
    zones = {shift.tz for shift in shifts}
    if len(zones) != 1:
        return None
    days = []
    for weekday in range(len(DAYS)):
        spans = merge(shift.minutes for shift in shifts if weekday in shift.weekdays)
        days.append(tuple(spans))
    try:
        week = WeeklyHours(tuple(tuple(Interval(*span) for span in spans) for spans in days))
    except BadInput:
        return None
    return HoursFound(format_weekly(week), zones.pop(), "caldav")


def _shifts(calendar: Component) -> Iterator[_Shift]:
    """Every weekly AVAILABLE of those that hold without end."""
    for availability in calendar.all("VAVAILABILITY"):
        if availability.value("DTEND") or availability.value("DURATION"):
            continue
        for available in list(availability.all("AVAILABLE"))[:MOST]:
            shift = _shift(available)
            if shift is not None:
                yield shift


def _shift(available: Component) -> _Shift | None:
    start = available.first("DTSTART")
    begins = _wall(start)
    if start is None or begins is None:
        return None
    tz = _zone(start)
    length = _length_min(available, begins)
    weekdays = _weekdays(available.value("RRULE"), begins.weekday())
    if tz is None or not 0 < length <= DAY_MIN or not weekdays:
        return None
    first = begins.hour * 60 + begins.minute
    return _Shift(tz, weekdays, Span(first, first + length))


def _wall(line: Line | None) -> datetime | None:
    if line is None:
        return None
    try:
        return datetime.strptime(line.value.strip().rstrip("Z"), "%Y%m%dT%H%M%S")  # noqa: DTZ007 - wall time; its zone is another parameter
    except ValueError:
        return None


def _zone(line: Line) -> str | None:
    """The IANA key, ``""`` for a floating time, None for a zone that is not known."""
    if line.value.strip().endswith("Z"):
        return "UTC"
    tzid = line.param("TZID")
    return resolve(tzid) if tzid else ""


def _length_min(available: Component, begins: datetime) -> int:
    """From DTEND or DURATION, on the wall clock; 0 when neither is understood."""
    ends = _wall(available.first("DTEND"))
    if ends is not None:
        return int((ends - begins) / timedelta(minutes=1))
    found = _DURATION.fullmatch(available.value("DURATION").upper())
    if found is None:
        return 0
    weeks, days, hours, minutes = (int(each or 0) for each in found.groups())
    return (weeks * 7 + days) * DAY_MIN + hours * 60 + minutes


def _weekdays(rule: str, first: int) -> frozenset[int]:
    """The days of a rule that repeats each week without end, ``first`` unless it names days."""
    parts = dict(part.partition("=")[::2] for part in rule.upper().split(";"))
    if parts.get("INTERVAL", "1") != "1" or parts.keys() & {
        "UNTIL",
        "COUNT",
        "BYMONTH",
        "BYSETPOS",
    }:
        return frozenset()
    if "BYDAY" in parts and parts.get("FREQ") in {"WEEKLY", "DAILY"}:
        named = parts["BYDAY"].split(",")
        return frozenset(DAYS.index(day) for day in named if day in DAYS)
    every = {"WEEKLY": frozenset({first}), "DAILY": frozenset(range(len(DAYS)))}
    return every.get(parts.get("FREQ", ""), frozenset())
