"""What may be published: the privacy rules every figure of a summary passes through.

A figure is a `Tally`: contacts of the population, capped per person. What it may tell is asked
of the tally itself (`Tally.band`, `Tally.exact`), so a line that forgets to ask cannot exist.

The rules:

* The population is everybody enrolled and working that week, zeros included. Under `MIN_PEOPLE`
  a tally tells nothing at all.
* A person adds at most `CAP` to a figure, so one person's bad week cannot carry it. The cap is
  taken per figure and not once for the week: the first five contacts of a week would all be
  Monday's, and weekends would vanish from the figures.
* A band (`Band`) of the capped mean may always be told.
* A count may be told only when `MIN_PEOPLE` people are non-zero and nobody holds more than
  `MAX_SHARE` of it.
* A breakdown may leave cells out, but what it leaves out must itself pass as one figure, or be
  nothing: otherwise a reader who knows the whole would find it by subtraction (`split`).
* A trend is a direction of per-person rates, never a number (`direction`).
"""

import operator
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
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


class Band(StrEnum):
    """The capped mean of contacts per person, coarsened.

    ``1–2`` begins at one and ends just before two; ``2–4`` takes both two and four.
    """

    NONE = "none"
    UNDER_1 = "under 1"
    FROM_1 = "1–2"
    FROM_2 = "2–4"
    OVER_4 = "over 4"


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


def band_of(mean: Fraction) -> Band:
    """The band a capped mean (0 to `CAP`) falls into."""
    return next((band for band, beyond, edge in _EDGES if beyond(mean, edge)), Band.NONE)


@dataclass(frozen=True, slots=True)
class Tally:
    """One figure before release: its population and the capped counts of those who are not zero.

    Attributes:
        people: size of the population, zeros included.
        counts: one number from 1 to `CAP` for each non-zero person, in no telling order.
    """

    people: int
    counts: tuple[int, ...]

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
    def band(self) -> Band | None:
        """The band of the rate; None when the population is too small."""
        return band_of(self.rate) if self.enough else None

    @property
    def exact(self) -> int | None:
        """The capped sum where it may be told, else None."""
        shared = len(self.counts) >= MIN_PEOPLE
        return self.total if shared and max(self.counts) <= MAX_SHARE * self.total else None


def tally(population: Collection[str], contacts: Iterable[ContactFact]) -> Tally:
    """Count contacts by recipient, capped; people outside the population are left aside."""
    received = Counter(each.recipient_id for each in contacts if each.recipient_id in population)
    return Tally(len(population), tuple(sorted(min(count, CAP) for count in received.values())))


@dataclass(frozen=True, slots=True)
class Split:
    """A breakdown that may be told: named cells with their counts, and all that is not named."""

    cells: tuple[tuple[str, int], ...]
    rest: int

    @property
    def largest(self) -> str:
        """The key of the largest named cell, the earlier one when two are equal."""
        return max(self.cells, key=lambda cell: cell[1])[0]


def split(population: Collection[str], cells: Mapping[str, Sequence[ContactFact]]) -> Split | None:
    """Name the cells that pass, smallest ones withheld until the unnamed rest passes too.

    Args:
        population: whom the figure is about.
        cells: disjoint groups of contacts, in the order they are told.

    Returns:
        None when no cell may be named.
    """
    sums = {key: tally(population, contacts).exact for key, contacts in cells.items()}
    named = {key: count for key, count in sums.items() if count is not None}
    while named:
        unnamed = chain.from_iterable(cells[key] for key in cells if key not in named)
        rest = tally(population, unnamed)
        if not rest.total or rest.exact is not None:
            return Split(tuple(named.items()), rest.total)
        del named[min(reversed(named), key=named.__getitem__)]
    return None


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


def warmed_up(started_on: date, iso_week: str) -> bool:
    """Whether the warm-up is over when ``iso_week`` is, for a team known since ``started_on``."""
    return monday_of(iso_week) + timedelta(weeks=1) - started_on >= WARM_UP
