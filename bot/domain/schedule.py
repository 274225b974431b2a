"""The patterns people choose: a week of hours, quiet windows, dated exceptions, holidays.

All of them are wall time: minutes of a weekday, naive datetimes, dates. They become instants only
in `availability`, beside a zone key. Weekdays count from Monday, 0, to Sunday, 6.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from functools import cache, lru_cache
from importlib.resources import files
from itertools import pairwise
from typing import NamedTuple

import holidays
from holidays.registry import EntityLoader

from bot.domain.instants import zone
from bot.errors import BadInput

DAY_MIN = 1_440
WEEKDAY_NAMES = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


@dataclass(frozen=True, slots=True, order=True)
class Interval:
    """Wall-clock minutes, counted from 00:00 of the day the interval starts on and belongs to.

    An ``end_min`` of 1440 is 24:00; beyond that the interval crosses midnight.

    Raises:
        BadInput: it starts outside its day, is empty, or ends after the following day.
    """

    start_min: int
    end_min: int

    def __post_init__(self) -> None:
        if not 0 <= self.start_min < DAY_MIN:
            raise BadInput("An interval starts between 00:00 and 23:59 of its own day.")
        if not self.start_min < self.end_min <= 2 * DAY_MIN:
            raise BadInput(
                "An interval ends after it starts and at the latest at the end of the next day, "
                "like `9-17:30` or `22:00-06:00`."
            )

    @property
    def length_min(self) -> int:
        """Its minutes on the wall clock."""
        return self.end_min - self.start_min

    @property
    def crosses_midnight(self) -> bool:
        """Whether it reaches into the next day; ending at 24:00 does not."""
        return self.end_min > DAY_MIN


@dataclass(frozen=True, slots=True)
class WeeklyHours:
    """The working intervals of each weekday, Monday first; ``()`` is a day off.

    Raises:
        BadInput: the intervals of a day are out of order or overlap, or a night shift runs into
            the next day's first interval (Sunday's into Monday's, too). Touching is allowed.
    """

    days: tuple[tuple[Interval, ...], ...]

    def __post_init__(self) -> None:
        if len(self.days) != len(WEEKDAY_NAMES):
            raise BadInput("A week has seven days, Monday first.")
        for weekday, intervals in enumerate(self.days):
            name = WEEKDAY_NAMES[weekday]
            if any(later.start_min < earlier.end_min for earlier, later in pairwise(intervals)):
                raise BadInput(f"Two intervals of {name} overlap or are out of order.")
            following = self.days[(weekday + 1) % 7]
            if intervals and following and self.overrun_min(weekday) > following[0].start_min:
                after = WEEKDAY_NAMES[(weekday + 1) % 7]
                raise BadInput(f"{name}’s night hours run into {after}’s hours.")

    @property
    def minutes_per_week(self) -> int:
        """Working minutes of an ordinary week, without holidays and exceptions."""
        return sum(interval.length_min for intervals in self.days for interval in intervals)

    def overrun_min(self, weekday: int) -> int:
        """The minute of the *next* day at which this weekday's hours are over; 0 for none."""
        intervals = self.days[weekday % 7]
        return max(0, intervals[-1].end_min - DAY_MIN) if intervals else 0


@dataclass(frozen=True, slots=True)
class QuietWindow:
    """A weekly stretch inside the working day that nobody should interrupt."""

    weekdays: frozenset[int]
    interval: Interval
    label: str = ""

    def __post_init__(self) -> None:
        if not self.weekdays or not self.weekdays <= frozenset(range(7)):
            raise BadInput("A quiet window needs its days, like `every weekday 12-13 lunch`.")


class OverrideKind(StrEnum):
    """What a dated exception makes of the time it covers."""

    OFF = "off"
    WORKING = "working"
    QUIET = "quiet"


@dataclass(frozen=True, slots=True)
class Override:
    """A dated exception to the week, as wall times in the person's zone; ``end`` is exclusive.

    Attributes:
        created_at: epoch second; the newer of two equally long exceptions wins.
    """

    kind: OverrideKind
    start: datetime
    end: datetime
    label: str = ""
    created_at: int = 0

    def __post_init__(self) -> None:
        if self.start.tzinfo or self.end.tzinfo:
            raise ValueError("an override is wall time, without a zone")
        if self.start >= self.end:
            raise BadInput("That ends before it starts. Try `today 16-18` or `24 dec - 2 jan`.")

    @property
    def whole_days(self) -> bool:
        """Whether it covers calendar days from midnight to midnight."""
        midnight = datetime.min.time()
        return self.start.time() == midnight == self.end.time()

    @property
    def width_span(self) -> timedelta:
        """Its length on the wall clock; the narrower of two exceptions wins."""
        return self.end - self.start


class HolidayRegion(NamedTuple):
    """Whose public holidays: ISO 3166 country and, where days differ inside it, subdivision."""

    country: str
    subdivision: str | None = None

    def __str__(self) -> str:
        return "-".join(filter(None, self))


def parse_region(text: str) -> HolidayRegion:
    """The region written as ``AT``, ``at-9``, ``GB SCT`` or ``AT-Wien``.

    Raises:
        BadInput: a country or subdivision whose holidays are not known; says which are.
    """
    written = re.fullmatch(r"\s*([A-Za-z]{2,3})(?:[-/ ]+(\S.*?))?\s*", text)
    if written is None:
        raise BadInput(
            f"I did not understand the region “{text.strip()[:60]}”. "
            "Try a country code like `PT`, with its part after a hyphen if days differ: `AT-9`."
        )
    code, part = written.groups()
    calendar = _calendar(code.upper())
    if part is None:
        return HolidayRegion(calendar.country)
    known = {name.casefold(): name for name in calendar.subdivisions}
    known |= {name.casefold(): code for name, code in calendar.subdivisions_aliases.items()}
    if part.casefold() not in known:
        listed = ", ".join(calendar.subdivisions)
        example = "-".join([calendar.country, *calendar.subdivisions[:1]])
        raise BadInput(
            f"I do not know “{part[:60]}” as a part of {calendar.country}. "
            + (f"Its parts are {listed}. " if listed else "")
            + f"Try `{example}`."
        )
    return HolidayRegion(calendar.country, known[part.casefold()])


def holiday_name(region: HolidayRegion, day: date) -> str | None:
    """The name, in the country's own language, if ``day`` is a public holiday there."""
    return _public_holidays(region, day.year).get(day)


def region_name(region: HolidayRegion) -> str:
    """The region for people to read: ``Austria``, ``Austria, Wien``."""
    country = _country_names().get(region.country, region.country)
    if region.subdivision is None:
        return country
    aliases = _calendar(region.country).subdivisions_aliases
    named = (name for name, code in aliases.items() if code == region.subdivision)
    return f"{country}, {next(named, region.subdivision)}"


def suggested_region(tz: str) -> HolidayRegion | None:
    """The country a zone's name stands for, to be confirmed by the person; None if unclear.

    From the zone database's own table, in which each zone belongs to one country.
    """
    country = _countries_by_zone().get(zone(tz).key)
    return HolidayRegion(country) if country in _known_countries() else None


def _calendar(country: str) -> holidays.HolidayBase:
    if country not in _known_countries():
        raise BadInput(
            f"I do not know the holidays of “{country}”. "
            "Try a country’s two-letter code, like `PT`, or with its part, like `AT-9`."
        )
    return holidays.country_holidays(country)


@cache
def _known_countries() -> frozenset[str]:
    """The codes the library knows, three-letter ones and ``UK`` among them."""
    return frozenset(EntityLoader.get_country_codes())


@lru_cache(maxsize=1024)
def _public_holidays(region: HolidayRegion, year: int) -> dict[date, str]:
    # The language is named because the library otherwise follows the server's locale.
    language = _calendar(region.country).default_language
    return dict(
        holidays.country_holidays(
            region.country, subdiv=region.subdivision, years=year, language=language
        )
    )


@cache
def _countries_by_zone() -> dict[str, str]:
    """Zone keys and country codes; columns are country, coordinates, zone, comment."""
    return {row[2]: row[0] for row in _zone_database_table("zone.tab")}


@cache
def _country_names() -> dict[str, str]:
    """Country codes and their English names."""
    return {row[0]: row[1] for row in _zone_database_table("iso3166.tab")}


def _zone_database_table(name: str) -> Iterator[list[str]]:
    table = files("tzdata").joinpath("zoneinfo", name).read_text("utf-8")
    for line in table.splitlines():
        if not line.startswith("#"):
            yield line.split("\t")
