"""What may be published: the privacy rules every figure of a summary passes through.

A figure is a `Tally`: contacts of the population, capped per person. What it may tell is asked
of the tally itself (`Tally.band`, `Tally.exact`), so a line that forgets to ask cannot exist.

The reader to guard against knows every roster, every figure of every team, and their own count.
Whatever they add up and subtract, each other person's count keeps at least `ROOM` of room, unless
the band is *none*; `docs/decisions/0008` has the proof and `tests/digest` the attack.

The rules:

* The population is everybody enrolled and working that week, zeros included. Under `MIN_PEOPLE`
  a tally tells nothing at all.
* A person adds at most `CAP` to a figure, so one person's bad week cannot carry it. The cap is
  taken per figure and not once for the week: the first five contacts of a week would all be
  Monday's, and weekends would vanish from the figures.
* A band (`Band`) of the capped mean may always be told, as fine as the team is large (`Detail`).
  People counted in another team too make a team smaller: their counts may follow from there.
* A count may be told only when `MIN_PEOPLE` people are non-zero, nobody holds more than
  `MAX_SHARE` of it, nobody is counted in another team, and there is room beside it
  (`MIN_COUNT`, `MIN_COUNTED`, and nearly everybody at the cap).
* A breakdown may leave cells out, but what it leaves out must itself pass as one figure, or be
  nothing: otherwise a reader who knows the whole would find it by subtraction (`split`). Where no
  count may be told, the largest cell may be named (`leading`).
* A trend is a direction of per-person rates, never a number, and where the bands do not make
  that harmless it only repeats what the bands show (`trend`).
"""

import operator
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import date, timedelta
from enum import IntEnum, StrEnum
from fractions import Fraction
from itertools import chain
from typing import Final

from bot.digest.facts import ContactFact, TeamWeek, monday_of, previous_week

MIN_PEOPLE: Final = 5
CAP: Final = 5
MAX_SHARE: Final = Fraction(30, 100)
TREND_MARGIN: Final = Fraction(20, 100)
TREND_WEEKS: Final = 4
MIN_TREND_WEEKS: Final = 2
WARM_UP: Final = timedelta(weeks=2)

ROOM: Final = 3
"""So many contacts wide stays what anybody can work out about somebody else's week."""

MIN_COUNTED: Final = MIN_PEOPLE + 2
"""A count needs five people it may be made of, beside its reader and the one they wonder about."""

MIN_COUNT: Final = 10
"""The smallest count told: of a smaller one, 30 % leave nobody `ROOM`."""


@dataclass(frozen=True, slots=True)
class Rules:
    """The rules added because the attack broke what was there before; all of them are kept.

    Only the attack itself switches one off, to show what it is for.

    Attributes:
        by_size: small teams get coarser bands.
        shared: people counted in two teams make both coarser, and leave no counts.
        room: a count is neither so small nor so large that it pins people.
        naming: without counts, the largest cell is named only in a week that is not calm.
        by_bands: near the ends of the scale, a trend repeats the bands.
    """

    by_size: bool = True
    shared: bool = True
    room: bool = True
    naming: bool = True
    by_bands: bool = True


RULES: Final = Rules()


class Band(StrEnum):
    """The capped mean of contacts per person, coarsened.

    ``1–2`` begins at one and ends just before two; ``2–4`` takes both two and four. ``under 2``,
    ``2 or more`` and ``some`` (anything but none) are for teams too small for the others.
    """

    NONE = "none"
    SOME = "some"
    UNDER_1 = "under 1"
    UNDER_2 = "under 2"
    FROM_1 = "1–2"
    FROM_2 = "2–4"
    FROM_2_UP = "2 or more"
    OVER_4 = "over 4"


class Detail(IntEnum):
    """How fine a team's bands may be."""

    PRESENCE = 0
    COARSE = 1
    FINE = 2


class Direction(StrEnum):
    """Where the per-person rate went; within the margin, edges included, it is the same."""

    LOWER = "lower"
    SAME = "same"
    HIGHER = "higher"


# From the top; the first edge a mean lies beyond decides.
_EDGES = (
    (Band.OVER_4, operator.gt, 4),
    (Band.FROM_2, operator.ge, 2),
    (Band.FROM_1, operator.ge, 1),
    (Band.UNDER_1, operator.gt, 0),
)

_COARSER: Mapping[Detail, Mapping[Band, Band]] = {
    Detail.FINE: {},
    Detail.COARSE: {
        Band.UNDER_1: Band.UNDER_2,
        Band.FROM_1: Band.UNDER_2,
        Band.FROM_2: Band.FROM_2_UP,
        Band.OVER_4: Band.FROM_2_UP,
    },
    Detail.PRESENCE: dict.fromkeys(
        (Band.UNDER_1, Band.FROM_1, Band.FROM_2, Band.OVER_4), Band.SOME
    ),
}

MEANS: Mapping[Band, tuple[int, int]] = {
    Band.NONE: (0, 0),
    Band.SOME: (0, CAP),
    Band.UNDER_1: (0, 1),
    Band.UNDER_2: (0, 2),
    Band.FROM_1: (1, 2),
    Band.FROM_2: (2, 4),
    Band.FROM_2_UP: (2, CAP),
    Band.OVER_4: (4, CAP),
}
"""Between which means a band lies."""

_MIDDLE = frozenset({Band.FROM_1, Band.FROM_2})
_NOT_CALM = frozenset({Band.FROM_1, Band.FROM_2, Band.FROM_2_UP, Band.OVER_4})


def band_of(mean: Fraction) -> Band:
    """The band a capped mean (0 to `CAP`) falls into, as fine as they come."""
    return next((band for band, beyond, edge in _EDGES if beyond(mean, edge)), Band.NONE)


def detail_of(people: int, shared: int = 0, rules: Rules = RULES) -> Detail:
    """How fine the bands of so many people may be.

    A reader knows their own count, and at worst those of the ``shared`` people. What remains has
    `ROOM` for each other person as long as the lowest band reaches up to, and the highest begins
    below, all of these at the cap. So the bands ``under 1`` and ``over 4`` need 9 people and 5
    more for each shared one, ``under 2`` and ``2 or more`` half as many.
    """
    if not rules.by_size:
        return Detail.FINE
    known = CAP * (1 + (shared if rules.shared else 0)) + ROOM
    if people > known:
        return Detail.FINE
    return Detail.COARSE if 2 * people > known else Detail.PRESENCE


def coarsened(band: Band, detail: Detail) -> Band:
    """The band as fine as ``detail`` allows."""
    return _COARSER[detail].get(band, band)


@dataclass(frozen=True, slots=True)
class Tally:
    """One figure before release: its population and the capped counts of those who are not zero.

    Attributes:
        people: size of the population, zeros included.
        counts: one number from 1 to `CAP` for each non-zero person, in no telling order.
        shared: how many of the people are counted in another team as well.
        rules: see `Rules`.
    """

    people: int
    counts: tuple[int, ...]
    shared: int = 0
    rules: Rules = RULES

    @property
    def enough(self) -> bool:
        """Whether the population is large enough to say anything."""
        return self.people >= MIN_PEOPLE

    @property
    def total(self) -> int:
        """The capped sum. Not for publishing: that is `exact`."""
        return sum(self.counts)

    @property
    def rate(self) -> Fraction:
        """The capped mean per person of the population, zero for an empty one. Not published."""
        return Fraction(self.total, self.people or 1)

    @property
    def detail(self) -> Detail:
        """How fine the band may be."""
        return detail_of(self.people, self.shared, self.rules)

    @property
    def band(self) -> Band | None:
        """The band of the rate; None when the population is too small."""
        if not self.enough:
            return None
        finest = band_of(self.rate)
        return _COARSER[self.detail].get(finest, finest)

    @property
    def spread(self) -> bool:
        """Whether enough people share it and nobody has a large part of it."""
        shared_by = len(self.counts) >= MIN_PEOPLE
        return shared_by and max(self.counts) <= MAX_SHARE * self.total

    @property
    def exact(self) -> int | None:
        """The capped sum where it may be told, else None."""
        alone = self.shared == 0 or not self.rules.shared
        return self.total if alone and self.spread and self._roomy else None

    @property
    def _roomy(self) -> bool:
        """Whether the sum leaves room below it and, under the cap, above it.

        A figure over several weeks has a higher cap; its largest count stands for that.
        """
        cap = max(CAP, *self.counts)
        above = cap * self.people - (cap + ROOM)
        roomy = self.people >= MIN_COUNTED and MIN_COUNT <= self.total <= above
        return roomy or not self.rules.room


def tally(
    population: Collection[str],
    contacts: Iterable[ContactFact],
    shared: AbstractSet[str] = frozenset(),
    rules: Rules = RULES,
) -> Tally:
    """Count contacts by recipient, capped; people outside the population are left aside."""
    received = Counter(each.recipient_id for each in contacts if each.recipient_id in population)
    counts = tuple(sorted(min(count, CAP) for count in received.values()))
    return Tally(len(population), counts, sum(each in shared for each in population), rules)


@dataclass(frozen=True, slots=True)
class Split:
    """A breakdown that may be told: named cells with their counts, and all that is not named."""

    cells: tuple[tuple[str, int], ...]
    rest: int

    @property
    def largest(self) -> str:
        """The key of the largest named cell, the earlier one when two are equal."""
        return max(self.cells, key=lambda cell: cell[1])[0]


def split(
    population: Collection[str],
    cells: Mapping[str, Sequence[ContactFact]],
    shared: AbstractSet[str] = frozenset(),
    rules: Rules = RULES,
) -> Split | None:
    """Name the cells that pass, smallest ones withheld until the unnamed rest passes too.

    Args:
        population: whom the figure is about.
        cells: disjoint groups of contacts, in the order they are told.
        shared: people counted in another team as well.
        rules: see `Rules`.

    Returns:
        None when no cell may be named.
    """
    sums = {key: tally(population, each, shared, rules).exact for key, each in cells.items()}
    named = {key: count for key, count in sums.items() if count is not None}
    while named:
        unnamed = chain.from_iterable(cells[key] for key in cells if key not in named)
        rest = tally(population, unnamed, shared, rules)
        if not rest.total or rest.exact is not None:
            return Split(tuple(named.items()), rest.total)
        del named[min(reversed(named), key=named.__getitem__)]
    return None


def leading(
    population: Collection[str],
    cells: Mapping[str, Sequence[ContactFact]],
    shared: AbstractSet[str] = frozenset(),
    rules: Rules = RULES,
) -> str | None:
    """The largest cell, for a breakdown without counts; None when it may not be named.

    Naming it tells that five people are in it. In a calm week of a small team that would be
    nearly everything there is to know, so the whole must be at least ``1–2``, and for a small
    team ``2 or more``.
    """
    whole = tally(population, chain.from_iterable(cells.values()), shared, rules)
    if rules.naming and whole.band not in _NOT_CALM:
        return None
    sums = {key: tally(population, each, shared, rules) for key, each in cells.items()}
    first = max(sums, key=lambda key: sums[key].total)
    return first if whole.enough and sums[first].spread else None


def apart(groups: Mapping[str, Tally], rules: Rules = RULES) -> Mapping[str, Tally]:
    """Of disjoint groups of people, those whose counts may be told side by side.

    Groups that may not be told are left out together, and that must pass as one figure, be five
    people with nothing, or nobody: a lone person who is left out is found by subtraction. Whatever
    follows from counts that may be told, a comparison or the band of the whole, tells no more.
    """
    named = {key: each for key, each in groups.items() if each.exact is not None}
    while named:
        left = _together([each for key, each in groups.items() if key not in named], rules)
        nothing = left.enough and not left.total
        if not left.people or nothing or left.exact is not None:
            return named
        del named[min(reversed(named), key=lambda key: named[key].total)]
    return {}


def _together(groups: Iterable[Tally], rules: Rules) -> Tally:
    """Disjoint groups of people as one."""
    found = list(groups)
    return Tally(
        people=sum(each.people for each in found),
        counts=tuple(sorted(chain.from_iterable(each.counts for each in found))),
        shared=sum(each.shared for each in found),
        rules=rules,
    )


def trend_weeks(week: TeamWeek, earlier: Iterable[TeamWeek]) -> tuple[TeamWeek, ...]:
    """Those of ``earlier`` that lie in the `TREND_WEEKS` calendar weeks before ``week``."""
    wanted = set[str]()
    before = week.iso_week
    for _ in range(TREND_WEEKS):
        before = previous_week(before)
        wanted.add(before)
    return tuple(each for each in earlier if each.iso_week in wanted)


def direction(now: Tally, before: Iterable[Tally]) -> Direction | None:
    """Compare a rate with the mean of earlier rates, each week weighing the same.

    Rates are per person of each week's own population, so joiners and leavers do not move it.
    None when fewer than `MIN_TREND_WEEKS` earlier weeks, or this one, had enough people.
    """
    rates = [each.rate for each in before if each.enough]
    if not now.enough or len(rates) < MIN_TREND_WEEKS:
        return None
    usual = Fraction(sum(rates), len(rates))
    if now.rate < usual * (1 - TREND_MARGIN):
        return Direction.LOWER
    return Direction.HIGHER if now.rate > usual * (1 + TREND_MARGIN) else Direction.SAME


def trend(now: Tally, before: Iterable[Tally]) -> Direction | None:
    """The direction that may be told; None when nothing may, or nothing can be.

    Between weeks whose bands are ``1–2`` or ``2–4`` it is `direction`: such a sum could itself be
    told. Elsewhere a row of *lower* would close in on zero, so the direction only says what the
    bands show by themselves: higher where this week's band begins at or above the mean of the
    earlier bands' upper ends, lower where it ends at or below that of their lower ends.
    """
    weeks = [each for each in before if each.enough]
    if now.band is None or len(weeks) < MIN_TREND_WEEKS:
        return None
    bands = [each.band for each in weeks if each.band is not None]
    if not now.rules.by_bands or {now.band, *bands} <= _MIDDLE:
        return direction(now, weeks)
    return _shown(now.band, bands)


def _shown(now: Band, before: Sequence[Band]) -> Direction | None:
    if {now, *before} == {Band.NONE}:
        return Direction.SAME
    low, high = MEANS[now]
    usual_low, usual_high = (sum(MEANS[each][side] for each in before) for side in (0, 1))
    if high * len(before) <= usual_low or now is Band.NONE:
        return Direction.LOWER
    return Direction.HIGHER if low * len(before) >= usual_high else None


def warmed_up(started_on: date, iso_week: str) -> bool:
    """Whether the warm-up is over when ``iso_week`` is, for a team known since ``started_on``."""
    return monday_of(iso_week) + timedelta(weeks=1) - started_on >= WARM_UP
