"""The human notation: text to hours, quiet windows and exceptions, and back.

Read forgivingly, written in one way only, and what is written is read back unchanged::

    parse_weekly("mon-thu 9-12:30, 13:30-18; fri 9-13")
    format_weekly(…)  == "Mon–Thu 09:00–12:30, 13:30–18:00; Fri 09:00–13:00"

Whatever is not understood raises `BadInput`, whose sentence quotes it and shows an example.
"""

import re
from datetime import date, datetime, timedelta

from bot.domain.dates import place, read_day, read_days
from bot.domain.instants import wall
from bot.domain.reading import (
    EVERY_DAY,
    NOON_MIN,
    WORKDAYS,
    Reader,
    format_clock,
    read_clock,
    read_interval,
    read_weekdays,
)
from bot.domain.schedule import (
    DAY_MIN,
    WEEKDAY_NAMES,
    Interval,
    Override,
    OverrideKind,
    QuietWindow,
    WeeklyHours,
)
from bot.errors import BadInput

WEEKLY_EXAMPLE = "mon-fri 9-17:30"
WINDOW_EXAMPLE = "every weekday 12-13 lunch"
UNTIL_EXAMPLES = ("2h", "until 15:00")
EXAMPLES = {
    OverrideKind.OFF: ("24 dec - 2 jan", "tomorrow 16-18"),
    OverrideKind.WORKING: ("sat 10-14",),
}
SWAP_EXAMPLE = "today 16-17:30 for 19-20:30"
MAX_LABEL = 60
MAX_QUIET = timedelta(days=7)
LAST_HOUR = 23

_DURATION = re.compile(
    r"(?:for )?(?:"
    r"(?P<hours>\d{1,3}(?:[.,]\d{1,2})?) ?h(?:ours?|rs?)?"
    r"(?: ?(?P<rest>\d{1,2}) ?(?:m|mins?|minutes?)?)?"
    r"|(?P<minutes>\d{1,5}) ?m(?:ins?|inutes?)?"
    r")",
    re.ASCII,
)
_LABEL_EDGE = ' ,;:-–—"“”'


def parse_time(text: str) -> int:
    """A time of day, ``9``, ``17:30`` or ``9 am``, in minutes after midnight."""
    reader = Reader(text, "9:00")
    minute = read_clock(reader).minute
    reader.finish()
    if minute >= DAY_MIN:
        raise reader.lost()
    return minute


def parse_interval(text: str) -> Interval:
    """One interval: ``9-17:30``, ``9am-5pm``, ``22:00-06:00`` (overnight), ``18-24``."""
    reader = Reader(text, "9-17:30")
    interval = read_interval(reader)
    reader.finish()
    return interval


def parse_weekly(text: str) -> WeeklyHours:
    """A week of hours. Without days Monday to Friday are meant; ``fri off`` adds nothing."""
    reader = Reader(text, WEEKLY_EXAMPLE)
    hours: list[list[Interval]] = [[] for _ in WEEKDAY_NAMES]
    weekdays = WORKDAYS
    reader.skip_separators()
    while reader.peek().kind != "end":
        weekdays = read_weekdays(reader) or weekdays
        if not reader.take("word", "off", "free", "closed"):
            interval = read_interval(reader)
            for weekday in weekdays:
                hours[weekday].append(interval)
        reader.skip_separators()
    if not any(hours):
        raise BadInput(f"A week of hours needs at least one interval. Try `{WEEKLY_EXAMPLE}`.")
    return WeeklyHours(tuple(tuple(sorted(intervals)) for intervals in hours))


def format_weekly(weekly: WeeklyHours) -> str:
    """The week in its canonical form, days with equal hours together; ``""`` without any hours."""
    groups: dict[tuple[Interval, ...], set[int]] = {}
    for weekday, intervals in enumerate(weekly.days):
        if intervals:
            groups.setdefault(intervals, set()).add(weekday)
    return "; ".join(
        f"{format_days(frozenset(weekdays))} {', '.join(map(format_interval, intervals))}"
        for intervals, weekdays in groups.items()
    )


def format_interval(interval: Interval) -> str:
    """``09:00–17:30``, overnight ``22:00–06:00``."""
    end = interval.end_min
    if interval.crosses_midnight and interval.length_min < DAY_MIN:
        end -= DAY_MIN
    return f"{format_clock(interval.start_min)}–{format_clock(end)}"


def format_days(weekdays: frozenset[int]) -> str:
    """``Mon–Fri``, ``Mon, Wed``, ``Sun–Thu``: runs of days, round the week's end too."""
    if weekdays == EVERY_DAY:
        return "Mon–Sun"
    runs = []
    for first in sorted(day for day in weekdays if (day - 1) % 7 not in weekdays):
        last = next(day for day in range(first, first + 7) if (day + 1) % 7 not in weekdays)
        names = WEEKDAY_NAMES[first][:3], WEEKDAY_NAMES[last % 7][:3]
        runs.append(names[0] if first == last else "–".join(names))
    return ", ".join(runs)


def parse_quiet_window(text: str) -> QuietWindow:
    """A weekly quiet window with an optional label. Without days every day is meant."""
    reader = Reader(text, WINDOW_EXAMPLE)
    weekdays = read_weekdays(reader) or EVERY_DAY
    interval = read_interval(reader)
    label = reader.rest().strip(_LABEL_EDGE)
    reader.take("comma")
    if reader.peek().kind == "time" and reader.peek(1).kind == "dash":
        raise reader.lost("A quiet window is one interval; add them one by one, not")
    if len(label) > MAX_LABEL:
        raise BadInput(f"A label has at most {MAX_LABEL} characters. Try `{WINDOW_EXAMPLE}`.")
    return QuietWindow(weekdays, interval, label)


def format_quiet_window(window: QuietWindow) -> str:
    """``every weekday 12:00–13:00 lunch``."""
    named = {EVERY_DAY: "every day", WORKDAYS: "every weekday"}
    days = named.get(window.weekdays) or format_days(window.weekdays)
    return f"{days} {format_interval(window.interval)} {window.label}".strip()


def parse_quiet_until(text: str, now_wall: datetime) -> datetime:
    """When a quiet time that starts now ends, on the person's wall clock.

    A duration is counted on that wall clock: across a clock change ``2h`` ends at the time a
    clock on the wall shows two hours on. A time without a day is one of today, ``midnight`` its
    end.
    """
    reader = Reader(text, *UNTIL_EXAMPLES)
    duration = _DURATION.fullmatch(reader.text.casefold())
    if duration:
        end = now_wall + _length(duration)
    elif reader.take("word", "until", "till"):
        end = _until(reader, now_wall)
    else:
        raise reader.lost()
    if not now_wall < end:
        raise reader.lost("That is not ahead of you:")
    if end - now_wall > MAX_QUIET:
        raise reader.lost("Longer than a week is time off rather than quiet:")
    return end


def parse_off(text: str, now_wall: datetime) -> Override:
    """Time off: whole days (``24 dec - 2 jan``, the last one included) or hours of one day.

    Days without a year are the next ones, or those going on now; without a day today is meant.
    """
    return _parse_override(text, OverrideKind.OFF, now_wall)


def parse_working(text: str, now_wall: datetime) -> Override:
    """Hours worked as an exception, always with times: ``sat 10-14``, ``today 19-20:30``."""
    return _parse_override(text, OverrideKind.WORKING, now_wall)


def parse_swap(text: str, now_wall: datetime) -> tuple[Override, Override]:
    """Hours exchanged: the time off, then the time worked, on the same day unless it names one."""
    reader = Reader(text, SWAP_EXAMPLE)
    reader.take("word", "swap")
    if reader.peek().kind == "end":
        raise BadInput(f"What for what? Try `{SWAP_EXAMPLE}`.")
    off = _read_override(reader, OverrideKind.OFF, now_wall, now_wall.date())
    if not reader.take("word", "for", "with"):
        raise reader.lost()
    working = _read_override(reader, OverrideKind.WORKING, now_wall, off.start.date())
    reader.finish()
    if off.start < working.end and working.start < off.end:
        raise reader.lost("The two times overlap in")
    return off, working


def _parse_override(text: str, kind: OverrideKind, now_wall: datetime) -> Override:
    reader = Reader(text, *EXAMPLES[kind])
    override = _read_override(reader, kind, now_wall, now_wall.date())
    reader.finish()
    return override


def _read_override(
    reader: Reader, kind: OverrideKind, now_wall: datetime, default_on: date
) -> Override:
    """``[days] [interval]``; only time off may do without the interval, and then needs days."""
    today = now_wall.date()
    days = read_days(reader, today)
    if reader.peek().kind == "time":
        interval = read_interval(reader)
    elif days is None or kind is OverrideKind.WORKING:
        raise reader.lost()
    else:
        interval = Interval(0, DAY_MIN)
    first_on, last_on = place(*days, today) if days else (default_on, default_on)
    if interval == Interval(0, DAY_MIN):
        return Override(kind, wall(first_on, 0), wall(last_on, DAY_MIN))
    if first_on != last_on:
        raise reader.lost("Times go with one day, not with several:")
    start, end = wall(first_on, interval.start_min), wall(first_on, interval.end_min)
    week = timedelta(days=7 if days and days[0].weekly and end <= now_wall else 0)
    return Override(kind, start + week, end + week)


def _until(reader: Reader, now_wall: datetime) -> datetime:
    """The wall time behind ``until``: that of today, or of the day named before it."""
    today = now_wall.date()
    day = read_day(reader, today)
    clock = read_clock(reader)
    reader.finish()
    if day is not None:
        end = wall(place(day, day, today)[0], clock.minute)
        return end + timedelta(days=7) if day.weekly and end <= now_wall else end
    end = wall(today, clock.minute or DAY_MIN)
    if end > now_wall:
        return end
    tomorrow = f"until tomorrow {format_clock(clock.minute)}"
    if clock.bare and end + timedelta(minutes=NOON_MIN) > now_wall:
        afternoon, morning = format_clock(clock.minute + NOON_MIN), format_clock(clock.minute)
        raise BadInput(
            f"{reader.quoted} can be {afternoon} or {morning}. "
            f"Write `until {afternoon}` or `{tomorrow}`."
        )
    later = f"`until {now_wall.hour + 1:02}:00` or " if now_wall.hour < LAST_HOUR else ""
    raise BadInput(
        f"{format_clock(clock.minute)} is already over today. Did you mean {later}`{tomorrow}`?"
    )


def _length(duration: re.Match[str]) -> timedelta:
    hours = float((duration["hours"] or "0").replace(",", "."))
    return timedelta(hours=hours, minutes=int(duration["rest"] or duration["minutes"] or 0))
