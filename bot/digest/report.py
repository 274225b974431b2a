"""One team's weekly summary, ready to be rendered: what is said, or why nothing is."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from bot.digest.facts import TeamWeek
from bot.digest.line import Line
from bot.digest.metrics import METRICS
from bot.digest.release import MIN_PEOPLE
from bot.words import digest as words

__all__ = ["Line", "Report", "Status", "build_report"]

Status = Literal["published", "not_enough_data", "warming_up"]


@dataclass(frozen=True, slots=True)
class Report:
    """A summary after release: nothing in it needs further care.

    Attributes:
        team_id: the team.
        iso_week: the week told.
        status: ``published`` has lines; the other two have none.
        lines: in reading order.
        why: how it was counted, or why nothing is shown and what to do.
        title: the heading.
    """

    team_id: str
    iso_week: str
    status: Status
    lines: tuple[Line, ...]
    why: str
    title: str = ""

    def text(self) -> str:
        """The whole summary as plain text, the sentence before its figures."""
        told = (part for line in self.lines for part in (line.sentence, _figures(line)))
        return "\n".join(part for part in (self.title, *told, self.why) if part)


def build_report(
    week: TeamWeek, earlier: Sequence[TeamWeek], *, team_name: str, warm_up_done: bool
) -> Report:
    """Tell a week, as far as it may be told.

    Args:
        week: the week to tell.
        earlier: the same team's weeks before it, oldest first; warm-up weeks included.
        team_name: for the heading.
        warm_up_done: see `bot.digest.release.warmed_up`.
    """
    title = words.title(team_name, week.iso_week)
    if len(week.population) < MIN_PEOPLE:
        why = words.NOT_ENOUGH[_shortage(week)]
        return Report(week.team_id, week.iso_week, "not_enough_data", (), why, title)
    if not warm_up_done:
        return Report(week.team_id, week.iso_week, "warming_up", (), words.WARMING_UP, title)
    lines = tuple(line for each in METRICS if (line := each.line(week, earlier)))
    return Report(week.team_id, week.iso_week, "published", lines, words.COUNTING, title)


def _shortage(week: TeamWeek) -> str:
    """Which of the reasons in `words.NOT_ENOUGH` applies, the most lasting first."""
    if len(week.members) < MIN_PEOPLE:
        return "small team"
    enrolled = sum(each.enrolled for each in week.members)
    return "few enrolled" if enrolled < MIN_PEOPLE else "few working"


def _figures(line: Line) -> str:
    """The figures of one line: ``mentions 12 · thread replies 9``."""
    return " · ".join(f"{label} {value}" for label, value in line.figures)
