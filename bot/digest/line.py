"""What one line of a summary is, and how every line weighs contacts."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol

from bot.digest.facts import ContactFact, TeamWeek
from bot.digest.release import Tally, tally

Figures = tuple[tuple[str, str | int], ...]


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a summary: what it says, and the figures beside it as (label, value)."""

    key: str
    sentence: str
    figures: Figures = ()


class Metric(Protocol):
    """One line of the summary.

    Attributes:
        key: stable name, also in stored and exported summaries.
        formula: what exactly is counted, for the help page.
    """

    key: str
    formula: str

    def line(self, week: TeamWeek, earlier: Sequence[TeamWeek], /) -> Line | None:
        """The line for ``week``, or None when nothing may or need be said.

        Args:
            week: the week told.
            earlier: the same team's weeks before it, oldest first.
        """
        ...


def weighed(week: TeamWeek, contacts: Iterable[ContactFact]) -> Tally:
    """Some of a week's contacts as one figure about its population."""
    return tally(week.population, contacts, week.shared)
