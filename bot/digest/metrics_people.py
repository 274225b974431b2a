"""How it falls on people: the balance between them, their nights and rest, and how they felt."""

from collections.abc import Sequence
from enum import StrEnum
from fractions import Fraction
from itertools import combinations
from typing import Final

from bot.digest.facts import Rest, TeamWeek
from bot.digest.line import Line, weighed
from bot.digest.release import CAP, MIN_PEOPLE, Band, Detail, Tally
from bot.words import digest as words

MIN_BALANCED: Final = 10
EVEN_GINI: Final = Fraction(30, 100)
FEW_GINI: Final = Fraction(45, 100)
FEW_PAIRS: Final = Fraction(50, 100)
EQUAL_PAIR: Final = Fraction(95, 100)

MOST_NIGHTS: Final = Fraction(80, 100)
HALF: Final = Fraction(1, 2)


class Spread(StrEnum):
    """How the contacts of a week fall on its people."""

    EVEN = "even"
    UNEVEN = "uneven"
    FEW = "few"


class Balance:
    """Whether a few carry what reaches the team: a word, never a figure."""

    key = "balance"
    formula = (
        "Of the headline's capped counts, zeros included: the Gini coefficient and the pair "
        "balance (the mean over all pairs of the smaller count divided by the larger, 0.95 and "
        "above taken as 1, two zeros as 1). Even: Gini at most 0.30. On a few: Gini over 0.45 and "
        "pair balance under 0.50. Uneven: between. For 10 people or more, from 2 contacts per "
        "person on, and only where nobody of the team is counted in another team."
    )

    def line(self, week: TeamWeek, _: Sequence[TeamWeek], /) -> Line | None:
        """See `Metric.line`."""
        spread = balance(weighed(week, week.pressure))
        return None if spread is None else Line(self.key, words.BALANCE[spread])


class QuietNights:
    """How many nights stayed undisturbed, as a part of all nights."""

    key = "quiet_nights"
    formula = (
        "Nights without a contact (breach or urgent), of all nights that ended in the week; a "
        "night is a stretch of at least 11 hours outside a person's hours, cut every 24 hours. "
        "Said as most (from 80 %, where the headline has its finest bands), more than half, or "
        "less. In a week without contacts the headline says it."
    )

    def line(self, week: TeamWeek, _: Sequence[TeamWeek], /) -> Line | None:
        """See `Metric.line`."""
        pressure, rests = weighed(week, week.pressure), _rests(week)
        nights = sum(each.nights for each in rests)
        if pressure.band in (None, Band.NONE, Band.SOME) or len(rests) < MIN_PEOPLE or not nights:
            return None
        kept = Fraction(sum(each.kept for each in rests), nights)
        if kept >= MOST_NIGHTS and pressure.detail is Detail.FINE:
            return Line(self.key, words.NIGHTS["most"])
        return Line(self.key, words.NIGHTS["more than half" if kept > HALF else "half or less"])


class RestGaps:
    """Nights in which messages left nobody eleven hours in one piece."""

    key = "rest_gaps"
    formula = (
        "Nights whose longest stretch without a contact was under 11 hours (the daily rest of "
        "the European Working Time Directive); each person capped at 5."
    )

    def line(self, week: TeamWeek, _: Sequence[TeamWeek], /) -> Line | None:
        """See `Metric.line`."""
        rests = _rests(week)
        counts = tuple(sorted(min(each.cut_short, CAP) for each in rests if each.cut_short))
        gaps = Tally(len(rests), counts, sum(each in week.population for each in week.shared))
        if gaps.band in (None, Band.SOME):
            return None
        if gaps.band is Band.NONE:
            return Line(self.key, words.RESTED)
        return Line(self.key, words.rest_gaps(gaps.exact))


class Pulse:
    """Whether people felt they had to respond: chosen late work is not what this is about."""

    key = "pulse"
    formula = (
        "Answers to “did you feel you had to respond?”: more than half, or not; from 5 answers "
        "on, and only where nobody of the team is counted in another team."
    )

    def line(self, week: TeamWeek, _: Sequence[TeamWeek], /) -> Line | None:
        """See `Metric.line`."""
        answers = {each.user_id: each.obliged for each in week.pulse or ()}
        felt = [obliged for user_id, obliged in answers.items() if user_id in week.population]
        if len(felt) < MIN_PEOPLE or week.shared:
            return None
        return Line(self.key, words.pulse(obliged=2 * sum(felt) > len(felt)))


def balance(pressure: Tally) -> Spread | None:
    """The word for a week's balance; None where none may be told.

    Under 2 contacts per person an even spread would say nearly what each person had.
    """
    busy = pressure.band in (Band.FROM_2, Band.OVER_4)
    if pressure.people < MIN_BALANCED or pressure.shared or not busy:
        return None
    counts = (0,) * (pressure.people - len(pressure.counts)) + pressure.counts
    unequal = gini(counts)
    if unequal <= EVEN_GINI:
        return Spread.EVEN
    few = unequal > FEW_GINI and pair_balance(counts) < FEW_PAIRS
    return Spread.FEW if few else Spread.UNEVEN


def gini(counts: Sequence[int]) -> Fraction:
    """The Gini coefficient: 0 when all are equal, and for all zeros."""
    apart = sum(abs(one - other) for one, other in combinations(counts, 2))
    return Fraction(apart, len(counts) * sum(counts)) if any(counts) else Fraction(0)


def pair_balance(counts: Sequence[int]) -> Fraction:
    """The mean over pairs of smaller/larger, nearly equal pairs counting as equal."""
    pairs = [_even(*sorted(pair)) for pair in combinations(counts, 2)]
    return Fraction(sum(pairs), len(pairs)) if pairs else Fraction(1)


def _even(smaller: int, larger: int) -> Fraction:
    share = Fraction(smaller, larger) if larger else Fraction(1)
    return Fraction(1) if share >= EQUAL_PAIR else share


def _rests(week: TeamWeek) -> list[Rest]:
    counted = (each for each in week.members if each.user_id in week.population)
    return [each.rest for each in counted if each.rest is not None]
