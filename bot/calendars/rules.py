"""Which recurrence rules are followed (RFC 5545 §3.3.10), decided before any is expanded.

What is let through ends by itself within a few thousand steps, with two exceptions that only time
can tell: rules that contradict themselves through BYWEEKNO or BYSETPOS, and series that have been
counted since long ago. The limit on a reader's time is for those.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from bot.calendars.lines import NotRead
from bot.domain.invites import Unclear

MOST_A_DAY = 8
MOST_LISTED = 64
LONGEST_INTERVAL = 1_000

_PERIOD_DAYS = {"DAILY": 1, "WEEKLY": 7}
_FREQUENCIES = frozenset(("DAILY", "WEEKLY", "MONTHLY", "YEARLY"))
_LISTS = (
    "BYDAY",
    "BYMONTH",
    "BYMONTHDAY",
    "BYYEARDAY",
    "BYWEEKNO",
    "BYSETPOS",
    "BYHOUR",
    "BYMINUTE",
    "BYSECOND",
)
_PARTS = frozenset(("FREQ", "INTERVAL", "COUNT", "UNTIL", "WKST", *_LISTS))
_TIMES = ("BYHOUR", "BYMINUTE", "BYSECOND")
_WEEKDAY = re.compile(r"(?P<nth>[+-]?\d{1,2})?(?:MO|TU|WE|TH|FR|SA|SU)")
_NUMBER = re.compile(r"[+-]?\d{1,3}")
_UNTIL = re.compile(r"\d{8}(?:T\d{6}Z?)?")
_MOST_WEEKS = {"MONTHLY": 5}
_ALL_WEEKS = 53


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule that may be followed.

    Attributes:
        parts: name and value, checked, in the file's order.
    """

    parts: dict[str, str]

    @property
    def text(self) -> str:
        """As RRULE's value."""
        return ";".join(f"{name}={value}" for name, value in self.parts.items())

    @property
    def until(self) -> str:
        """UNTIL as written, ``""`` when there is none."""
        return self.parts.get("UNTIL", "")

    @property
    def is_endless(self) -> bool:
        """Whether every single period counts, whenever it began."""
        return not {"COUNT", "UNTIL", "INTERVAL"} & {
            name for name, value in self.parts.items() if (name, value) != ("INTERVAL", "1")
        }

    def ending(self, until: str) -> "Rule":
        """The same rule with another UNTIL."""
        return Rule({**self.parts, "UNTIL": until})

    def steps(self, start: datetime, before: datetime) -> timedelta:
        """How far the series can be moved towards ``before`` without a change from there on.

        Whole intervals of days or weeks keep a rule's phase. Two of them are left in between, so
        that the first week, which may not be a whole one, cannot be seen. Months and years are
        few, and a COUNT has to be counted; both stay where they are.

        Args:
            start: the wall time the series starts at.
            before: a wall time so early that the new start is not seen itself: the rule may not
                name it.
        """
        days = _PERIOD_DAYS.get(self.parts["FREQ"])
        if days is None or "COUNT" in self.parts:
            return timedelta()
        period = timedelta(days=days * int(self.parts.get("INTERVAL", "1")))
        return max((before - start) // period - 2, 0) * period


def read_rule(value: str, *, frequencies: frozenset[str] = _FREQUENCIES) -> Rule:
    """The rule of an RRULE.

    Raises:
        NotRead: `Unclear.RULE` for any rule that is not followed.
    """
    parts: dict[str, str] = {}
    for part in value.upper().replace(" ", "").strip(";").split(";"):
        name, _, content = part.partition("=")
        if name not in _PARTS or name in parts or not _is_sound(name, content):
            raise NotRead(Unclear.RULE)
        parts[name] = content
    if parts.get("FREQ") not in frequencies or not _is_bounded(parts) or not _may_happen(parts):
        raise NotRead(Unclear.RULE)
    return Rule(parts)


def _is_sound(name: str, content: str) -> bool:
    if name == "INTERVAL":
        return content.isdecimal() and 1 <= int(content[:9]) <= LONGEST_INTERVAL
    if name == "COUNT":
        return content.isdecimal() and int(content[:9]) >= 1
    if name == "UNTIL":
        return _UNTIL.fullmatch(content) is not None
    if name in _LISTS:
        form = _WEEKDAY if name == "BYDAY" else _NUMBER
        values = content.split(",")
        return len(values) <= MOST_LISTED and all(form.fullmatch(value) for value in values)
    return content.isalpha()


def _is_bounded(parts: dict[str, str]) -> bool:
    """Not more than `MOST_A_DAY` times a day, and no week that a month does not have."""
    a_day = 1
    for name in _TIMES:
        a_day *= len(parts[name].split(",")) if name in parts else 1
    most = _MOST_WEEKS.get(parts.get("FREQ", ""), _ALL_WEEKS)
    nth = (_WEEKDAY.fullmatch(value) for value in parts.get("BYDAY", "").split(","))
    weeks = (abs(int(found["nth"])) for found in nth if found and found["nth"])
    return a_day <= MOST_A_DAY and all(1 <= week <= most for week in weeks)


def _may_happen(parts: dict[str, str]) -> bool:
    """Whether there is a day in a leap year or a common one that the rule could name.

    30 February is sought until the year 9999 otherwise.
    """
    if "BYMONTHDAY" not in parts and "BYYEARDAY" not in parts:
        return True
    months = _numbers(parts, "BYMONTH")
    month_days = _numbers(parts, "BYMONTHDAY")
    year_days = _numbers(parts, "BYYEARDAY")
    return any(
        (not months or month in months)
        and (not month_days or not month_days.isdisjoint(of_month))
        and (not year_days or not year_days.isdisjoint(of_year))
        for month, of_month, of_year in _days()
    )


def _numbers(parts: dict[str, str], name: str) -> frozenset[int]:
    return (
        frozenset(int(value) for value in parts[name].split(",")) if name in parts else frozenset()
    )


def _days() -> Iterator[tuple[int, tuple[int, int], tuple[int, int]]]:
    """Month, and the day's number in month and year, from the front and from the end."""
    for year in (2027, 2028):
        day, end = date(year, 1, 1), date(year + 1, 1, 1)
        while day < end:
            next_month = (day.replace(day=1) + timedelta(days=32)).replace(day=1)
            of_year = (day - date(year, 1, 1)).days + 1
            yield (
                day.month,
                (day.day, day.day - (next_month - timedelta(days=1)).day - 1),
                (of_year, of_year - (end - date(year, 1, 1)).days - 1),
            )
            day += timedelta(days=1)
