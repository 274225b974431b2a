"""Days as people write them: ``tomorrow``, ``fri``, ``24 dec``, ``dec 24 to jan 2``, ``next week``.

A written day is a function from an anchor to the first such day on or after it, because most of
them only mean something beside another day: the 2 January after 24 December, the Monday after
Friday.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta

from bot.domain.reading import Reader, read_weekday
from bot.errors import BadInput

HALF_YEAR = timedelta(183)
YEARS = range(2000, 2100)

_MONTH_NAMES = (
    *("january", "february", "march", "april", "may", "june"),
    *("july", "august", "september", "october", "november", "december"),
)
_MONTHS = {"sept": 9} | {
    form: month for month, name in enumerate(_MONTH_NAMES, 1) for form in (name, name[:3])
}
_DAY_NUMBER = re.compile(r"(\d{1,2})(?:st|nd|rd|th)?")
_YEAR = re.compile(r"20\d\d")


@dataclass(frozen=True, slots=True)
class WrittenDay:
    """A day that was written, not yet placed in the calendar.

    Attributes:
        on_or_after: the first such day from an anchor on (a full date ignores the anchor).
        weekly: a weekday, so a time already past means a week later.
        yearless: a day and month, whose year is guessed.
    """

    on_or_after: Callable[[date], date]
    weekly: bool = False
    yearless: bool = False


def read_day(reader: Reader, today: date) -> WrittenDay | None:
    """The day that comes next, or None if it is not one.

    Raises:
        BadInput: a date no calendar has.
    """
    for read in (_iso, _relative, _weekday, _month_day, _day_month):
        before = reader.position
        day = read(reader, today)
        if day is not None:
            return day
        reader.position = before
    return None


def read_days(reader: Reader, today: date) -> tuple[WrittenDay, WrittenDay] | None:
    """The first and the last day of what comes next, the same twice for one day, or None.

    Raises:
        BadInput: a date no calendar has.
    """
    for read in (_named_stretch, _days_of_one_month):
        before = reader.position
        days = read(reader, today)
        if days is not None:
            return days
        reader.position = before
    first = read_day(reader, today)
    if first is None:
        return None
    before = reader.position
    last = read_day(reader, today) if reader.take("dash") else None
    if last is None:
        reader.position = before
    return first, last or first


def place(first: WrittenDay, last: WrittenDay, today: date) -> tuple[date, date]:
    """The calendar days meant by two written ones: the first such stretch not yet over.

    Raises:
        BadInput: it ends before it starts, is over, or would be so long that a year is missing.
    """
    start, end = today, today - timedelta(1)
    for anchor in (today - HALF_YEAR, today):
        start = first.on_or_after(anchor)
        end = start if last is first else last.on_or_after(start)
        if end >= today:
            break
    if end < start:
        raise BadInput(f"{start} to {end} ends before it starts. Try `24 dec - 2 jan`.")
    if end < today:
        raise BadInput("That is already over.")
    if (first.yearless or last.yearless) and end - start > HALF_YEAR:
        raise BadInput(
            f"That would last from {start} to {end}. If it is meant, write the years: "
            f"`{start} - {end}`."
        )
    return start, end


def _fixed(day: date) -> WrittenDay:
    return WrittenDay(lambda _anchor: day)


def _iso(reader: Reader, _today: date) -> WrittenDay | None:
    token = reader.take("iso")
    if token is None:
        return None
    try:
        day = date.fromisoformat(token.value)
    except ValueError:
        raise reader.lost("The calendar has no such day as in") from None
    if day.year not in YEARS:
        raise reader.lost(f"The year {day.year} is too far away:")
    return _fixed(day)


def _relative(reader: Reader, today: date) -> WrittenDay | None:
    if reader.take("word", "today"):
        return _fixed(today)
    if reader.take("word", "tomorrow"):
        return _fixed(today + timedelta(1))
    if reader.take("word", "yesterday"):
        return _fixed(today - timedelta(1))
    return None


def _weekday(reader: Reader, today: date) -> WrittenDay | None:
    """``fri`` and ``this fri`` may be today, ``next fri`` not."""
    earliest = today + timedelta(1) if reader.take("word", "next") else today
    reader.take("word", "this")
    weekday = read_weekday(reader)
    if weekday is None:
        return None

    def on_or_after(anchor: date) -> date:
        since = max(anchor, earliest)
        return since + timedelta((weekday - since.weekday()) % 7)

    return WrittenDay(on_or_after, weekly=True)


def _month_day(reader: Reader, _today: date) -> WrittenDay | None:
    month = reader.take("word", *_MONTHS)
    number = _take_number(reader)
    return _dated(reader, _MONTHS[month.value], number) if month and number else None


def _day_month(reader: Reader, _today: date) -> WrittenDay | None:
    number = _take_number(reader)
    month = reader.take("word", *_MONTHS)
    return _dated(reader, _MONTHS[month.value], number) if month and number else None


def _take_number(reader: Reader) -> int | None:
    """A day of the month, ``24`` or ``24th``; None for a time such as ``9:30``."""
    number = _DAY_NUMBER.fullmatch(reader.peek().value)
    if number is None:
        return None
    reader.position += 1
    return int(number[1])


def _dated(reader: Reader, month: int, number: int) -> WrittenDay:
    year = _take_year(reader)
    # 2000 was a leap year: what it does not have, no year has.
    if _date_or_none(2000 if year is None else year, month, number) is None:
        raise reader.lost("The calendar has no such day as in")
    if year is not None:
        return _fixed(date(year, month, number))

    def on_or_after(anchor: date) -> date:
        years = (_date_or_none(anchor.year + ahead, month, number) for ahead in range(9))
        return next(day for day in years if day is not None and day >= anchor)

    return WrittenDay(on_or_after, yearless=True)


def _take_year(reader: Reader) -> int | None:
    """The year behind a date: ``24 dec 2026``, ``dec 24, 2026``."""
    ahead = 1 if reader.peek().kind == "comma" else 0
    year = _YEAR.fullmatch(reader.peek(ahead).value)
    if year is None:
        return None
    reader.position += ahead + 1
    return int(year[0])


def _date_or_none(year: int, month: int, number: int) -> date | None:
    try:
        return date(year, month, number)
    except ValueError:
        return None


def _named_stretch(reader: Reader, today: date) -> tuple[WrittenDay, WrittenDay] | None:
    """``next week`` from Monday to Sunday, ``this week`` from today on, ``weekend``."""
    which = reader.take("word", "next", "this")
    what = reader.take("word", "week", "weekend")
    if what is None or (which is None and what.value == "week"):
        return None
    monday = today - timedelta(today.weekday())
    later = timedelta(7 if which is not None and which.value == "next" else 0)
    begin = monday if what.value == "week" else monday + timedelta(5)
    return _fixed(max(begin + later, today)), _fixed(monday + timedelta(6) + later)


def _days_of_one_month(reader: Reader, _today: date) -> tuple[WrittenDay, WrittenDay] | None:
    """``24-26 dec`` and ``dec 24-26``, where one month speaks for both days."""
    month = reader.take("word", *_MONTHS)
    first = _take_number(reader)
    dash = reader.take("dash")
    last = _take_number(reader)
    behind = reader.take("word", *_MONTHS)
    named = month or behind
    if not (named and first and last and dash) or (month and behind):
        return None
    number = _MONTHS[named.value]
    return _dated(reader, number, first), _dated(reader, number, last)
