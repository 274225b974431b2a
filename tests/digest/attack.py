"""What a reader can work out: every summary of a workspace as linear constraints.

The reader knows all rosters and all published statements, and may know their own counts. Each
person's week has a variable for its capped count, and one for each cell of each breakdown; what
was published bounds sums of them. The smallest and largest value a variable can take is then
found by linear programming.
"""

from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction

import numpy as np
from scipy.optimize import linprog
from scipy.sparse import csr_matrix
from scipy.sparse.csgraph import connected_components

from bot.digest.facts import ContactFact, TeamWeek
from bot.digest.metrics_people import EVEN_GINI, Spread, balance
from bot.digest.metrics_pressure import TIMES, time_of
from bot.digest.release import (
    Band,
    Direction,
    Rules,
    Split,
    leading,
    split,
    tally,
    trend,
    trend_weeks,
)
from bot.domain.contact import Kind

CAP = 5
ALL = "all"
AVERTED = "averted"
KEYS = {
    "kind": tuple(map(str, Kind)),
    "time": TIMES,
    "outcome": ("urgent", "breach"),
    "author": ("part", "others"),
}

Variable = Hashable
Row = tuple[dict[Variable, float], float]
"""Coefficients and the bound their sum must not pass."""


@dataclass(frozen=True)
class Said:
    """What one team's summary of one week says about contacts."""

    week: TeamWeek
    band: Band
    went: Direction | None
    proven: bool
    before: tuple[TeamWeek, ...]
    splits: Mapping[str, Split | None]
    leads: Mapping[str, str | None]
    averted: tuple[Band, int | None]
    urgent: bool
    leaders: bool | None
    spread: Spread | None

    @property
    def broken_down(self) -> list[str]:
        """The breakdowns that anything is said about."""
        parts = {"outcome": self.urgent or None, "author": self.leaders}
        return [
            key
            for key in KEYS
            if self.splits[key] or self.leads.get(key) or parts.get(key) is not None
        ]


def cells_of(week: TeamWeek, breakdown: str, contacts: Iterable[ContactFact]):
    """Contacts by the cells of one breakdown."""
    of = {
        "kind": lambda each: each.kind,
        "time": time_of,
        "outcome": lambda each: each.outcome,
        "author": lambda each: "part" if each.author_id in week.leaders_shown else "others",
    }[breakdown]
    cells = {key: [] for key in KEYS[breakdown]}
    for each in contacts:
        cells[of(each)].append(each)
    return cells


def said(week: TeamWeek, earlier: Sequence[TeamWeek], rules: Rules) -> Said:
    """What the rules let a summary say; a test holds it together with the real summary."""

    def weighed(of: TeamWeek, contacts: Iterable[ContactFact]):
        return tally(of.population, contacts, of.shared, rules)

    before = [each for each in trend_weeks(week, earlier) if len(each.population) >= 5]
    now, *was = (weighed(each, each.pressure) for each in (week, *before))
    cells = {key: cells_of(week, key, week.pressure) for key in KEYS}
    parts = {key: weighed(week, cells[key][KEYS[key][0]]).band for key in ("outcome", "author")}
    told = {key: split(week.population, cells[key], week.shared, rules) for key in KEYS}
    if parts["outcome"] is Band.NONE:
        told["outcome"] = None
    if not week.leaders_shown or parts["author"] is Band.NONE:
        told["author"] = None
    middle = {Band.FROM_1, Band.FROM_2}
    waited = weighed(week, week.with_outcome("averted"))
    return Said(
        week,
        now.band,
        trend(now, was),
        rules.by_bands and not {each.band for each in (now, *was)} <= middle,
        tuple(before),
        told,
        {
            key: leading(week.population, cells[key], week.shared, rules)
            for key in ("kind", "time")
            if told[key] is None
        },
        (waited.band, waited.exact),
        parts["outcome"] is not Band.NONE,
        parts["author"] is not Band.NONE if week.leaders_shown else None,
        balance(now),
    )


def sum_of(band: Band, people: int) -> tuple[int, int]:
    """Between which sums a band lies, in whole contacts."""
    return {
        Band.NONE: (0, 0),
        Band.SOME: (1, CAP * people),
        Band.UNDER_1: (1, people - 1),
        Band.UNDER_2: (1, 2 * people - 1),
        Band.FROM_1: (people, 2 * people - 1),
        Band.FROM_2: (2 * people, 4 * people),
        Band.FROM_2_UP: (2 * people, CAP * people),
        Band.OVER_4: (4 * people + 1, CAP * people),
    }[band]


@dataclass
class Knowledge:
    """Everything published, as rows; and the truth, of which the reader has their own part."""

    rows: list[Row] = field(default_factory=list)
    truth: dict[Variable, int] = field(default_factory=dict)
    silent: set[tuple[str, str]] = field(default_factory=set)
    highest: dict[Variable, float] = field(default_factory=dict)
    teams: dict[str, str] = field(default_factory=dict)

    def at_most(self, terms: Mapping[Variable, float], bound: float) -> None:
        self.rows.append((dict(terms), float(bound)))

    def between(self, variables: Iterable[Variable], low: float, high: float) -> None:
        terms = dict.fromkeys(variables, 1.0)
        self.at_most(terms, high)
        self.at_most(dict.fromkeys(terms, -1.0), -low)

    def learn(self, told: Said) -> None:
        """Take one summary in."""
        week, people = told.week, sorted(told.week.population)
        self._recall(told)
        for each in people:
            self.teams[each] = f"{self.teams.get(each, '')} {week.team_id} {week.iso_week}"
        whole = [(each, week.iso_week, ALL) for each in people]
        self.between(whole, *sum_of(told.band, len(people)))
        if told.band is Band.NONE:
            self.silent |= {(each, week.iso_week) for each in people}
        if told.went is not None and not told.proven:
            self._direction(told)
        self._broken_down(told)
        self._averted(told)
        if told.spread is Spread.EVEN:
            self._even(whole)

    def _broken_down(self, told: Said) -> None:
        week = told.week
        for breakdown, cells in told.splits.items():
            if cells is not None:
                self._cells(week, breakdown, cells)
        for breakdown, cell in told.leads.items():
            if cell is not None:
                self._leading(week, breakdown, cell)
        for breakdown, some in (("outcome", told.urgent), ("author", told.leaders)):
            if some is not None and breakdown in told.broken_down:
                part = self._variables(week, breakdown, KEYS[breakdown][0])
                self.between(part, *sum_of(Band.SOME if some else Band.NONE, len(part)))

    def _recall(self, told: Said) -> None:
        """The true counts, and how a person's cells make up their whole."""
        week = told.week
        for person in week.population:
            own = [each for each in week.pressure if each.recipient_id == person]
            whole = (person, week.iso_week, ALL)
            self.truth[whole] = min(len(own), CAP)
            for breakdown in told.broken_down:
                cells = {}
                for key, contacts in cells_of(week, breakdown, own).items():
                    cells[person, week.iso_week, breakdown, key] = min(len(contacts), CAP)
                self.truth |= cells
                self.at_most({whole: 1.0} | dict.fromkeys(cells, -1.0), 0)
                for each in cells:
                    self.at_most({each: 1.0, whole: -1.0}, 0)
            waited = [each for each in week.with_outcome("averted") if each.recipient_id == person]
            self.truth[person, week.iso_week, AVERTED] = min(len(waited), CAP)

    def _variables(self, week: TeamWeek, breakdown: str, cell: str) -> list[Variable]:
        return [(each, week.iso_week, breakdown, cell) for each in sorted(week.population)]

    def _direction(self, told: Said) -> None:
        def rate(week: TeamWeek, weight: float) -> dict[Variable, float]:
            people = week.population
            return {(each, week.iso_week, ALL): weight / len(people) for each in people}

        def compared(factor: float, sign: float) -> dict[Variable, float]:
            terms = rate(told.week, sign)
            for each in told.before:
                terms |= rate(each, -sign * factor / len(told.before))
            return terms

        if told.went in (Direction.LOWER, Direction.SAME):
            self.at_most(compared(0.8 if told.went is Direction.LOWER else 1.2, 1.0), 0)
        if told.went in (Direction.HIGHER, Direction.SAME):
            self.at_most(compared(1.2 if told.went is Direction.HIGHER else 0.8, -1.0), 0)

    def _cells(self, week: TeamWeek, breakdown: str, told: Split) -> None:
        named = dict(told.cells)
        for cell, count in named.items():
            variables = self._variables(week, breakdown, cell)
            self.between(variables, count, count)
            self.shared_by_five(variables)
        unnamed = [key for key in KEYS[breakdown] if key not in named]
        rest = [each for key in unnamed for each in self._variables(week, breakdown, key)]
        if not told.rest:
            self.between(rest, 0, 0)
            return
        # The rest is one figure with a cap of its own.
        sums = self._variables(week, breakdown, f"rest of {week.team_id}")
        for person, total in zip(sorted(week.population), sums, strict=True):
            parts = [(person, week.iso_week, breakdown, key) for key in unnamed]
            self.truth[total] = min(CAP, self._raw_rest(week, person, breakdown, unnamed))
            self.at_most({total: 1.0} | dict.fromkeys(parts, -1.0), 0)
            for each in parts:
                self.at_most({each: 1.0, total: -1.0}, 0)
        self.between(sums, told.rest, told.rest)
        self.shared_by_five(sums)

    def _raw_rest(self, week: TeamWeek, person: str, breakdown: str, unnamed: Sequence[str]) -> int:
        own = [each for each in week.pressure if each.recipient_id == person]
        cells = cells_of(week, breakdown, own)
        return sum(len(cells[key]) for key in unnamed)

    def _leading(self, week: TeamWeek, breakdown: str, first: str) -> None:
        variables = self._variables(week, breakdown, first)
        self.shared_by_five(variables)
        for other in KEYS[breakdown]:
            if other != first:
                less = dict.fromkeys(self._variables(week, breakdown, other), 1.0)
                self.at_most(less | dict.fromkeys(variables, -1.0), 0)

    def shared_by_five(self, variables: Sequence[Variable]) -> None:
        """Five are not zero, and nobody has more than 30 %."""
        for each in variables:
            terms = dict.fromkeys(variables, -0.3)
            terms[each] += 1.0
            self.at_most(terms, 0)
        there = {("there", each): each for each in variables}
        for there_is, each in there.items():
            self.highest[there_is] = 1.0
            self.truth[there_is] = min(1, self.truth[each])
            self.at_most({there_is: 1.0, each: -1.0}, 0)
        self.at_most(dict.fromkeys(there, -1.0), -5)

    def _averted(self, told: Said) -> None:
        week, (band, exact) = told.week, told.averted
        variables = [(each, week.iso_week, AVERTED) for each in sorted(week.population)]
        if exact is not None:
            self.between(variables, exact, exact)
            self.shared_by_five(variables)
        elif band is not Band.NONE:
            self.between(variables, *sum_of(Band.SOME, len(variables)))
        else:
            self.between(variables, 0, 0)

    def _even(self, whole: Sequence[Variable]) -> None:
        """The Gini coefficient is small: the sum of all differences, over people times sum."""
        bound: dict[Variable, float] = dict.fromkeys(whole, -float(EVEN_GINI) * len(whole))
        for index, one in enumerate(whole):
            for other in whole[:index]:
                apart = ("apart", one, other)
                bound[apart] = 1.0
                self.truth[apart] = abs(self.truth[one] - self.truth[other])
                self.at_most({one: 1.0, other: -1.0, apart: -1.0}, 0)
                self.at_most({other: 1.0, one: -1.0, apart: -1.0}, 0)
        self.at_most(bound, 0)

    def likeness(self, person: str) -> Hashable:
        """Equal for people of the same teams with the same weeks: one stands for all of them."""
        own = ((key[1:], count) for key, count in self.truth.items() if key[0] == person)
        return tuple(sorted(own, key=str)), self.teams.get(person)

    def contradictions(self) -> list[Row]:
        """Rows the truth itself breaks; there are none, or the model is wrong."""
        return [
            row
            for row in self.rows
            if sum(weight * self.truth[each] for each, weight in row[0].items()) > row[1] + 1e-9
        ]


class Reader:
    """Somebody who read everything, and knows the counts of the people they are."""

    def __init__(self, knowledge: Knowledge, own: str | None) -> None:
        self._index = {each: number for number, each in enumerate(knowledge.truth)}
        self._bounds = np.array(
            [self._known(knowledge, each, own) for each in self._index], dtype=float
        )
        entries = [
            (row, self._index[each], weight)
            for row, (terms, _) in enumerate(knowledge.rows)
            for each, weight in terms.items()
        ]
        rows, columns, weights = (np.array(part) for part in zip(*entries, strict=True))
        shape = (len(knowledge.rows), len(self._index))
        self._matrix = csr_matrix((weights, (rows, columns)), shape=shape)
        self._limits = np.array([limit for _, limit in knowledge.rows])
        # What is known already connects nothing.
        free = self._bounds[:, 0] < self._bounds[:, 1]
        touching = (self._matrix[:, free] != 0).astype(int)
        _, labels = connected_components(touching.T @ touching, directed=False)
        self._part = np.full(len(self._index), -1)
        self._part[free] = labels

    @staticmethod
    def _known(knowledge: Knowledge, variable: Variable, own: str | None) -> tuple[float, float]:
        subject = variable[1] if variable[0] == "there" else variable
        if subject[0] == own:
            return (knowledge.truth[variable], knowledge.truth[variable])
        return (0.0, knowledge.highest.get(variable, CAP))

    def interval(self, variable: Variable) -> tuple[float, float]:
        """The smallest and the largest value that contradicts nothing."""
        column = self._index[variable]
        chosen = np.flatnonzero(self._part == self._part[column])
        if self._part[column] < 0:
            return tuple(self._bounds[column])
        block = self._matrix[:, chosen]
        touched = np.flatnonzero(block.getnnz(axis=1))
        fixed = np.setdiff1d(np.arange(len(self._part)), chosen)
        known = self._matrix[touched][:, fixed] @ self._bounds[fixed, 0]
        limits = self._limits[touched] - known
        goal = (chosen == column).astype(float)
        return tuple(
            sign * self._solved(sign * goal, block[touched], limits, chosen) for sign in (1, -1)
        )

    def _solved(self, goal, matrix, limits, chosen) -> float:
        found = linprog(goal, A_ub=matrix, b_ub=limits, bounds=self._bounds[chosen])
        assert found.status == 0, found.message
        return found.fun


def narrowest(
    knowledge: Knowledge, own: str | None, targets: Iterable[tuple[str, str, str]]
) -> tuple[Fraction | float, object]:
    """The narrowest interval among the targets, and what it is about."""
    reader = Reader(knowledge, own)
    found = []
    for target in targets:
        low, high = reader.interval(target)
        found.append((round(high - low, 6), (own, *target, round(low, 3), round(high, 3))))
    return min(found, default=(CAP, ()), key=lambda each: each[0])
