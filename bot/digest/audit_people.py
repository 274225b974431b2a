"""Whose time is judged by which hours: the accounts of an export beside an admin's choices.

People with equal hours and zone share one `Hours`, and so one compiled timeline.
"""

import re
from array import array
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from bot.digest.audit_facts import Account
from bot.domain.availability import Availability, Pattern, State, Timeline
from bot.domain.instants import (
    DAY_S,
    HOUR_S,
    MINUTE_S,
    end_instant,
    local,
    start_instant,
    wall,
    zone,
)
from bot.domain.notation import parse_weekly
from bot.domain.schedule import (
    DAY_MIN,
    HolidayRegion,
    Override,
    OverrideKind,
    WeeklyHours,
    parse_region,
)
from bot.domain.spans import Span
from bot.errors import BadInput

FIELDS = ("hours", "tz", "holidays", "off")
INSIDE, OUTSIDE_WORKDAY, OUTSIDE_OTHER_DAY = range(3)
STATUSES = 3
SLOTS = 7 * 24 * STATUSES
HOUR_MIN = 60
EPOCH_ON = date(1970, 1, 1)
_DATES = re.compile(r"(\d{4}-\d{2}-\d{2})(?:\s*(?:-|–|to)\s*(\d{4}-\d{2}-\d{2}))?", re.ASCII)


@dataclass(frozen=True, slots=True)
class Own:
    """What an admin wrote down about one person; None where the default holds."""

    weekly: WeeklyHours | None = None
    tz: str | None = None
    region: HolidayRegion | None = None
    off: tuple[Override, ...] = ()


@dataclass(frozen=True, slots=True)
class Choices:
    """Everything an audit can be told.

    Attributes:
        default_tz: for accounts whose zone the export does not name.
        region: public holidays of everybody without their own.
        people: by id, mail address or name, in any case.
        teams: members, written as in ``people``, by the team's name.
        since_on: first local date of an author that counts; None for no bound.
        until_on: last one.
    """

    weekly: WeeklyHours
    default_tz: str | None = None
    region: HolidayRegion | None = None
    people: Mapping[str, Own] | None = None
    teams: Mapping[str, tuple[str, ...]] | None = None
    since_on: date | None = None
    until_on: date | None = None


class Hours:
    """One calendar, asked by instant: where on the person's week it lies, and inside hours or not.

    A local day without a clock change is asked of the timeline once and kept as a table of its
    minutes; equal days share one.

    Args:
        availability: the hours.
        shift_s: for an account whose zone has an unknown name: seconds east of the zone of
            ``availability``, which is then UTC.
    """

    __slots__ = ("_days", "_offsets", "_shift_s", "_tables", "_timeline", "_tz")

    def __init__(self, availability: Availability, shift_s: int = 0) -> None:
        self._shift_s, self._tz = shift_s, availability.pattern.tz
        self._timeline = Timeline(availability, 0)
        self._offsets: dict[int, int] = {}
        self._days: dict[int, array[int]] = {}
        self._tables: dict[tuple[int, tuple[Span, ...]], array[int]] = {}

    def place(self, at: int) -> tuple[int, int]:
        """The local date, in days since 1970-01-01, and the `slot` of an instant."""
        try:
            wall_s = at + self._offsets[at // DAY_S]
            day = wall_s // DAY_S
            return day, self._days[day][wall_s % DAY_S // MINUTE_S]
        except KeyError:
            return self._place(at)

    def _place(self, at: int) -> tuple[int, int]:
        """The same for a day not asked about before, or one with a clock change in it."""
        utc_day = at // DAY_S
        offset_s, next_s = (self._offset_s(day * DAY_S) for day in (utc_day, utc_day + 1))
        if offset_s == next_s:
            self._offsets[utc_day] = offset_s
        else:
            offset_s = self._offset_s(at)
        day, second = divmod(at + offset_s, DAY_S)
        start, end = self._bounds(day)
        spans = tuple(
            Span(span.start - start, span.end - start)
            for span in self._timeline.spans(start, end, State.WORKING)
        )
        if end - start == DAY_S:
            key = weekday_of(day), spans
            table = self._tables.get(key) or self._tables.setdefault(key, _table(*key))
            self._days[day] = table
            return day, table[second // MINUTE_S]
        inside = self._timeline.state_at(at + self._shift_s) is State.WORKING
        status = INSIDE if inside else OUTSIDE_WORKDAY if spans else OUTSIDE_OTHER_DAY
        return day, slot(weekday_of(day), second // HOUR_S, status)

    def _bounds(self, day: int) -> Span:
        """Where a local date begins and ends, by the timeline's clock."""
        on = EPOCH_ON + timedelta(day)
        return Span(start_instant(wall(on, 0), self._tz), end_instant(wall(on, DAY_MIN), self._tz))

    def _offset_s(self, at: int) -> int:
        offset = local(at, self._tz).utcoffset() or timedelta()
        return self._shift_s + int(offset.total_seconds())


def slot(weekday: int, hour: int, status: int) -> int:
    """One number for a weekday (Monday 0), a local hour and a status."""
    return (weekday * 24 + hour) * STATUSES + status


def weekday_of(day: int) -> int:
    """The weekday of a date in days since 1970-01-01, a Thursday."""
    return (day + 3) % 7


def _table(weekday: int, spans: tuple[Span, ...]) -> "array[int]":
    """The slot of each minute of a day with these working spans, in seconds after midnight."""
    status = OUTSIDE_WORKDAY if spans else OUTSIDE_OTHER_DAY
    table = array("H", (slot(weekday, minute // HOUR_MIN, status) for minute in range(DAY_MIN)))
    for span in spans:
        for minute in range(span.start // MINUTE_S, span.end // MINUTE_S):
            table[minute] = slot(weekday, minute // HOUR_MIN, INSIDE)
    return table


@dataclass(frozen=True, slots=True)
class Person:
    """One account as the count sees it.

    Attributes:
        number: stands for the person in every count, and leaves with none of them.
        hours: None when no zone is known.
    """

    number: int
    bot: bool
    deleted: bool
    hours: Hours | None


@dataclass(frozen=True, slots=True)
class Workforce:
    """Everybody in the export.

    Attributes:
        people: by account id.
        teams: account ids by the team's name.
        users: figures about the accounts themselves.
        not_found: what the admin named and the export does not.
    """

    people: Mapping[str, Person]
    teams: Mapping[str, frozenset[str]]
    users: Mapping[str, Any]
    not_found: tuple[str, ...]

    @property
    def judged(self) -> frozenset[int]:
        """The population of figures: people who are there, with hours in a zone."""
        return self._numbers(self.people)

    def members(self, team: str) -> frozenset[int]:
        """The judged people of a team."""
        return self._numbers(self.teams[team])

    def _numbers(self, ids: Iterable[str]) -> frozenset[int]:
        people = (self.people[each] for each in ids)
        return frozenset(
            each.number for each in people if each.hours and not each.bot and not each.deleted
        )


def workforce(accounts: Iterable[Account], choices: Choices) -> Workforce:
    """Compile everybody's hours.

    Raises:
        BadInput: a name in ``choices`` fits two accounts.
    """
    accounts = tuple(accounts)
    directory = _Directory(accounts)
    owns = directory.resolve(choices.people or {})
    shared: dict[tuple[Availability, int], Hours] = {}
    unknown: set[str] = set()
    people = {}
    for number, account in enumerate(accounts):
        own = owns.get(account.id, Own())
        place = _zone_of(account, own, choices.default_tz, unknown)
        hours = None
        if place is not None:
            key = _availability(own, choices, place[0]), place[1]
            hours = shared.get(key) or shared.setdefault(key, Hours(*key))
        people[account.id] = Person(number, account.bot, bool(account.deleted), hours)
    teams = {
        name: frozenset(directory.resolve(dict.fromkeys(members, name)))
        for name, members in (choices.teams or {}).items()
    }
    return Workforce(
        people, teams, _users(accounts, people, unknown), tuple(sorted(directory.not_found))
    )


class _Directory:
    """Finds accounts by what people call them."""

    def __init__(self, accounts: Iterable[Account]) -> None:
        self._ids: dict[str, list[str]] = {}
        self._known: set[str] = set()
        for account in accounts:
            self._known.add(account.id)
            for name in {each.casefold() for each in account.names}:
                self._ids.setdefault(name, []).append(account.id)
        self.not_found: set[str] = set()

    def resolve(self, named: Mapping[str, Any]) -> dict[str, Any]:
        """The same values by account id."""
        found = {}
        for name, value in named.items():
            ids = [name] if name in self._known else self._ids.get(name.strip().casefold(), [])
            if len(ids) > 1:
                raise BadInput(
                    f"“{name}” is the name of {len(ids)} accounts of this export. "
                    f"Write the id of the one you mean: {', '.join(ids)}."
                )
            found.update(dict.fromkeys(ids, value))
            if not ids:
                self.not_found.add(name)
        return found


def _zone_of(
    account: Account, own: Own, default_tz: str | None, unknown: set[str]
) -> tuple[str, int] | None:
    """The zone to judge by and a shift against it; None when neither is known."""
    if own.tz:
        return own.tz, 0
    if not account.tz:
        return (default_tz, 0) if default_tz else None
    try:
        return zone(account.tz).key, 0
    except BadInput:
        unknown.add(account.tz)
        if account.tz_offset is not None:
            return "UTC", account.tz_offset
        return (default_tz, 0) if default_tz else None


def _availability(own: Own, choices: Choices, tz: str) -> Availability:
    pattern = Pattern(tz, own.weekly or choices.weekly, region=own.region or choices.region)
    return Availability(pattern, overrides=own.off)


def _users(
    accounts: Collection[Account], people: Mapping[str, Person], unknown: Iterable[str]
) -> dict[str, Any]:
    zones = [account.tz for account in accounts if account.tz]
    humans = [each for each in people.values() if not each.bot and not each.deleted]
    return {
        "total": len(accounts),
        "with_tz": len(zones),
        "zones": len(set(zones)),
        "bots": sum(account.bot for account in accounts),
        "deleted": sum(bool(account.deleted) for account in accounts),
        "zone_names_unknown_to_zoneinfo": sorted(unknown),
        "people": len(humans),
        "people_judged": sum(each.hours is not None for each in humans),
    }


def read_people(document: Any) -> dict[str, Own]:
    """A file of hours: who, and their hours or a mapping of `FIELDS`.

    Raises:
        BadInput: says where it is not that.
    """
    if not isinstance(document, dict):
        raise BadInput(
            "A file of hours maps people to hours, like `ana@example.org: mon-thu 8-16`."
        )
    return {str(who): _own(str(who), written) for who, written in document.items()}


def read_teams(document: Any) -> dict[str, tuple[str, ...]]:
    """A file of teams: the team's name, and a list of its people.

    Raises:
        BadInput: says where it is not that.
    """
    if not isinstance(document, dict) or not all(
        isinstance(members, list) for members in document.values()
    ):
        raise BadInput("A file of teams maps names to lists, like `Design: [ana, bo@example.org]`.")
    return {str(name): tuple(map(str, members)) for name, members in document.items()}


def _own(who: str, written: Any) -> Own:
    fields = {"hours": written} if isinstance(written, str) else written
    if not isinstance(fields, dict) or not set(fields) <= set(FIELDS):
        raise BadInput(f"{who}: write hours like `mon-fri 9-17`, or {', '.join(FIELDS)} below it.")
    try:
        tz = fields.get("tz")
        return Own(
            weekly=parse_weekly(fields["hours"]) if fields.get("hours") else None,
            tz=zone(tz).key if tz else None,
            region=parse_region(fields["holidays"]) if fields.get("holidays") else None,
            off=tuple(_days_off(fields.get("off") or ())),
        )
    except (BadInput, TypeError) as error:
        raise BadInput(f"{who}: {error}") from error


def _days_off(written: Any) -> Iterator[Override]:
    for each in written if isinstance(written, list | tuple) else (written,):
        dates = _DATES.fullmatch(str(each).strip())
        if dates is None:
            raise BadInput(f"“{each}” is no date. Try `2026-12-24` or `2026-12-24 - 2027-01-02`.")
        try:
            first_on, last_on = (date.fromisoformat(on or dates[1]) for on in dates.groups())
        except ValueError as error:
            raise BadInput(f"No calendar has “{each}”.") from error
        yield Override(OverrideKind.OFF, wall(first_on, 0), wall(last_on, DAY_MIN))


def day_number(on: date) -> int:
    """Days since 1970-01-01."""
    return (on - EPOCH_ON).days
