"""What an audit may show to others: the terminal and the page print this, and nothing else.

The rules are those of `bot.digest.release`, for a period of several weeks:

* The population is everybody judged who wrote or was reached in the period; a team's is all its
  judged members.
* A person adds at most `CAP` to a count for each week the count covers.
* A count stands where the tally says it may (`Tally.exact`), and where what is left out of its
  breakdown passes as one figure too, or is nothing.
* A share of messages is told in whole percent, where the part inside hours and the part outside
  both pass; it is about messages and therefore not capped.
* How often people are reached is a band.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from fractions import Fraction
from typing import Any

from bot.digest.audit import Spread, Tallies
from bot.digest.audit_figures import HOURS, WEEKDAYS, iso_week, of
from bot.digest.audit_people import STATUSES, Choices, Workforce, slot
from bot.digest.release import (
    CAP,
    MIN_COUNT,
    MIN_COUNTED,
    MIN_PEOPLE,
    Band,
    Tally,
    band_of,
    coarsened,
    detail_of,
)
from bot.domain.contact import Kind
from bot.domain.notation import format_weekly

EVERYBODY = "everybody"


@dataclass(frozen=True, slots=True)
class Week:
    """One ISO week; None where a count may not be told."""

    iso_week: str
    messages: int | None
    mentions: int | None


@dataclass(frozen=True, slots=True)
class Place:
    """A channel or a team.

    Attributes:
        people: its judged members; None for a channel.
        share: messages outside hours, in percent; None where it may not be told.
        band: contacts outside hours per person and week; None where it may not be told.
    """

    name: str
    share: int | None
    people: int | None = None
    band: Band | None = None


@dataclass(frozen=True, slots=True)
class Shown:
    """An audit after release; nothing in it needs further care.

    Attributes:
        heat: messages by weekday (Monday 0) and local hour, where they may be told.
        kinds: contacts outside hours by `Kind`; ``everybody`` are messages to a whole channel or
            group, counted by author and at any hour.
        channels: those that may be told, the largest share first.
        channels_withheld: how many may not.
        bad_files: how many files could not be read.
    """

    export: str
    hours: str
    holidays: str | None
    own_hours: int
    first_on: date | None
    last_on: date | None
    accounts: int
    bots: int
    deleted: int
    people: int
    judged: int
    active: int
    messages_share: int | None
    mentions_share: int | None
    band: Band | None
    heat: Mapping[tuple[int, int], int]
    weeks: tuple[Week, ...]
    kinds: Mapping[str, int]
    channels: tuple[Place, ...]
    channels_withheld: int
    teams: tuple[Place, ...]
    bad_files: int
    messages_judged: int | None

    @property
    def zones_known(self) -> bool:
        """Whether anybody could be judged at all."""
        return self.judged > 0


def shown(tallies: Tallies, workforce: Workforce, choices: Choices, *, export: str) -> Shown:
    """Release an audit."""
    people = workforce.judged & _active(tallies)
    weeks = max(1, len(_span(tallies.weeks)))
    told = _Told(people, weeks)
    channels = _channels(tallies, people)
    by_author, by_target = _sides(tallies, "messages"), _sides(tallies, "mentions")
    return Shown(
        export=export,
        hours=format_weekly(choices.weekly),
        holidays=str(choices.region) if choices.region else None,
        own_hours=len(choices.people or ()),
        first_on=_date(tallies.first_at),
        last_on=_date(tallies.last_at),
        accounts=workforce.users["total"],
        bots=workforce.users["bots"],
        deleted=workforce.users["deleted"],
        people=workforce.users["people"],
        judged=workforce.users["people_judged"],
        active=len(people),
        messages_share=percent(people, *by_author),
        mentions_share=percent(people, *by_target),
        band=_band(tallies, people, weeks),
        heat=told.cells(_heat(tallies)),
        weeks=_weeks(tallies, people),
        kinds=told.cells(_kinds(tallies)) | told.cells(_everybody(tallies)),
        channels=tuple(channels),
        channels_withheld=sum(bool(cell.human) for cell in tallies.channels.values())
        - len(channels),
        teams=tuple(_teams(tallies, workforce, weeks)),
        bad_files=len(tallies.bad_files),
        messages_judged=_judged_share(tallies),
    )


def figure(people: Collection[int], spread: Spread, cap: int | None = None) -> Tally:
    """One spread as a tally of a population, each person capped."""
    counts = [count for number, count in spread.items() if count and number in people]
    return Tally(len(people), tuple(sorted(min(n, cap) for n in counts) if cap else sorted(counts)))


def named(
    people: Collection[int], cells: Mapping[Any, Spread], cap: int | None = None
) -> dict[Any, int]:
    """The cells of a breakdown that may be told, as `release.split` chooses them.

    A cell that passes is withheld again, smallest first, until the rest passes as one figure.
    """
    exact = {key: figure(people, spread, cap).exact for key, spread in cells.items()}
    passing = {key: count for key, count in exact.items() if count is not None}
    rest = added(spread for key, spread in cells.items() if key not in passing)
    order = sorted(passing, key=passing.__getitem__)
    for key in order:
        left = figure(people, rest, cap)
        if not left.total or left.exact is not None:
            break
        rest = added((rest, cells[key]))
        del passing[key]
    return passing


def added(spreads: Iterable[Spread]) -> Spread:
    """The sum of spreads, person by person."""
    found: Spread = {}
    for spread in spreads:
        for number, count in spread.items():
            found[number] = found.get(number, 0) + count
    return found


def percent(people: Collection[int], inside: Spread, outside: Spread) -> int | None:
    """The part outside in whole percent; None where either part may not be told.

    Nothing is capped here, so of the rules for a count those about a cap do not apply.
    """
    parts = figure(people, inside), figure(people, outside)
    if len(people) < MIN_COUNTED or not all(
        part.spread and part.total >= MIN_COUNT for part in parts
    ):
        return None
    return round(100 * parts[1].total / sum(part.total for part in parts))


@dataclass(frozen=True, slots=True)
class _Told:
    """Breakdowns of one population over a number of weeks."""

    people: frozenset[int]
    weeks: int

    def cells(self, cells: Mapping[Any, Spread]) -> dict[Any, int]:
        return named(self.people, cells, CAP * self.weeks)


def _active(tallies: Tallies) -> frozenset[int]:
    spreads = (
        spread for cell in tallies.weeks.values() for spread in (*cell.messages, *cell.mentions)
    )
    return frozenset(number for spread in spreads for number in spread)


def _sides(tallies: Tallies, what: str) -> tuple[Spread, Spread]:
    """Everybody's messages or mentions, inside hours and outside."""
    return _joined(getattr(cell, what) for cell in tallies.weeks.values())


def _heat(tallies: Tallies) -> dict[tuple[int, int], Spread]:
    found: dict[tuple[int, int], Spread] = {}
    for day in WEEKDAYS:
        for hour in HOURS:
            first = slot(day, hour, 0)
            found[day, hour] = {
                number: count
                for number, slots in tallies.slots.items()
                if (count := sum(slots[first : first + STATUSES]))
            }
    return found


def _span(weeks: Collection[int]) -> range:
    return range(min(weeks), max(weeks) + 1) if weeks else range(0)


def _weeks(tallies: Tallies, people: frozenset[int]) -> tuple[Week, ...]:
    """Every week of the period, also those in which nothing was written."""
    cells = tallies.weeks
    messages = named(people, {week: cell.messages[1] for week, cell in cells.items()}, CAP)
    mentions = named(people, {week: cell.mentions[1] for week, cell in cells.items()}, CAP)
    return tuple(
        Week(iso_week(week), messages.get(week), mentions.get(week)) for week in _span(cells)
    )


def _kinds(tallies: Tallies) -> dict[str, Spread]:
    return {kind.value: tallies.kinds[kind][1] for kind in Kind if kind in tallies.kinds}


def _everybody(tallies: Tallies) -> dict[str, Spread]:
    """A breakdown of one: it counts authors, and must not hide those whom mentions reached."""
    return {EVERYBODY: added(tallies.special_by[word] for word in tallies.special_by)}


def _channels(tallies: Tallies, people: frozenset[int]) -> list[Place]:
    """Channels whose share may be told, so many that the share of all others may be told too."""
    sides = {name: cell.messages for name, cell in tallies.channels.items()}
    shares = {name: percent(people, *pair) for name, pair in sides.items()}
    told = {name: share for name, share in shares.items() if share is not None}
    rest = _joined(pair for name, pair in sides.items() if name not in told)
    for name in sorted(told, key=lambda name: sum(map(len, sides[name]))):
        if (
            not any(figure(people, side).total for side in rest)
            or percent(people, *rest) is not None
        ):
            break
        rest = _joined((rest, sides[name]))
        del told[name]
    places = (Place(name, share) for name, share in told.items())
    return sorted(places, key=lambda place: (-(place.share or 0), place.name))


def _joined(pairs: Iterable[tuple[Spread, Spread]]) -> tuple[Spread, Spread]:
    found = tuple(pairs)
    return added(inside for inside, _ in found), added(outside for _, outside in found)


def _band(tallies: Tallies, people: frozenset[int], weeks: int, shared: int = 0) -> Band | None:
    """The mean of the weeks' capped means, as fine as the size of the group allows."""
    if len(people) < MIN_PEOPLE:
        return None
    reached = sum(figure(people, cell.mentions[1], CAP).total for cell in tallies.weeks.values())
    mean = Fraction(reached, len(people) * weeks)
    return coarsened(band_of(mean), detail_of(len(people), shared))


def _teams(tallies: Tallies, workforce: Workforce, weeks: int) -> Iterable[Place]:
    """Teams by name. Where teams share people, one is the other's difference: a band must do."""
    members = {name: workforce.members(name) for name in sorted(workforce.teams)}
    for name, team in members.items():
        others = frozenset[int]().union(*(members[each] for each in members if each != name))
        shared = len(team & others)
        share = None if shared else percent(team, *of(_sides(tallies, "messages"), team))
        yield Place(name, share, len(team), _band(tallies, team, weeks, shared))


def _judged_share(tallies: Tallies) -> int | None:
    """Human messages whose author's zone is known, in percent."""
    written = sum(cell.human for cell in tallies.channels.values())
    unjudged = tallies.human["no_zone_author_unknown"] + tallies.human["no_zone_tz_missing"]
    return 100 * (written - unjudged) // written if written else None


def _date(at: int | None) -> date | None:
    return None if at is None else datetime.fromtimestamp(at, UTC).date()
