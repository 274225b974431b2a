"""The lines of a weekly summary: one small class each, `METRICS` in the order they are read.

To add a line, write a class with `key`, `formula` and `line`, put its sentences into
`bot/words/digest.py` and its instance into `METRICS`. Counts come from `bot.digest.release` only.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from bot.digest.facts import ContactFact, TeamWeek
from bot.digest.release import MIN_PEOPLE, Band, Split, direction, split, tally, trend_weeks
from bot.domain.contact import Kind, Outcome
from bot.domain.instants import local
from bot.words import digest as words

Figures = tuple[tuple[str, str | int], ...]

DAY_PARTS = ("night", "morning", "afternoon", "evening")
HOURS_PER_PART = 24 // len(DAY_PARTS)
TIMES = tuple(f"{day} {part}" for day in ("workday", "day off") for part in DAY_PARTS)


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


class Headline:
    """The band of contacts per person; always there, and a quiet week is celebrated."""

    key = "headline"
    formula = (
        "Contacts that reached people outside their hours (breach and urgent), each person "
        "capped at 5, divided by everybody enrolled and working that week; shown as a band."
    )

    def line(self, week: TeamWeek, _: Sequence[TeamWeek], /) -> Line | None:
        """See `Metric.line`."""
        band = tally(week.population, week.pressure).band
        if band is None:
            return None
        figures = () if band is Band.NONE else ((words.PER_PERSON, str(band)),)
        return Line(self.key, words.HEADLINES[band], figures)


class Trend:
    """Where the headline's rate went, as a direction and never as a second total."""

    key = "trend"
    formula = (
        "The headline's mean against the average of the team's own last 4 weeks: lower or higher "
        "when it is more than 20 % away; needs 2 earlier weeks with at least 5 people."
    )

    def line(self, week: TeamWeek, earlier: Sequence[TeamWeek], /) -> Line | None:
        """See `Metric.line`."""
        now, *before = (
            tally(each.population, each.pressure) for each in (week, *trend_weeks(week, earlier))
        )
        went = direction(now, before)
        return None if went is None else Line(self.key, words.DIRECTIONS[went])


class ByKind:
    """How the pressure arrived."""

    key = "by_kind"
    formula = (
        "Contacts that reached people outside their hours, by how the message reached them; "
        "each person capped at 5 in each kind."
    )

    def line(self, week: TeamWeek, _: Sequence[TeamWeek], /) -> Line | None:
        """See `Metric.line`."""
        cells = _cells(tuple(Kind), ((each.kind, each) for each in week.pressure))
        told = split(week.population, cells)
        if told is None:
            return None
        labels = [words.KINDS[key] for key, _ in told.cells]
        return Line(self.key, words.by_kind(labels, told.largest), _figures(told, words.KINDS))


class ByTime:
    """When the pressure arrived: four parts of the recipient's day, on workdays and days off."""

    key = "by_time"
    formula = (
        "Contacts that reached people outside their hours, by the recipient's local time: night "
        "0–6, morning 6–12, afternoon 12–18, evening 18–24, on workdays and on days off; each "
        "person capped at 5 in each cell."
    )

    def line(self, week: TeamWeek, _: Sequence[TeamWeek], /) -> Line | None:
        """See `Metric.line`."""
        cells = _cells(TIMES, ((time_of(each), each) for each in week.pressure))
        told = split(week.population, cells)
        if told is None:
            return None
        labels = [words.TIMES[key] for key, _ in told.cells]
        return Line(self.key, words.by_time(labels, told.largest), _figures(told, words.TIMES))


class Averted:
    """What waited. It reached nobody, so it is no part of the headline and stands alone."""

    key = "averted"
    formula = (
        "Contacts that were held or taken back and arrived inside the recipient's hours; each "
        "recipient capped at 5."
    )

    def line(self, week: TeamWeek, _: Sequence[TeamWeek], /) -> Line | None:
        """See `Metric.line`."""
        waited = tally(week.population, week.with_outcome(Outcome.AVERTED))
        if waited.band in (None, Band.NONE):
            return None
        return Line(self.key, words.averted(waited.exact))


class Urgent:
    """The part of the pressure that was declared urgent."""

    key = "urgent"
    formula = (
        "Contacts declared urgent by their author, a part of the headline; each recipient capped "
        "at 5. The count is shown only where the part that was not urgent passes as well."
    )

    def line(self, week: TeamWeek, _: Sequence[TeamWeek], /) -> Line | None:
        """See `Metric.line`."""
        rang: dict[str, Sequence[ContactFact]] = {
            each: week.with_outcome(each) for each in (Outcome.URGENT, Outcome.BREACH)
        }
        if tally(week.population, rang[Outcome.URGENT]).band in (None, Band.NONE):
            return None
        told = split(week.population, rang)
        return Line(self.key, words.urgent(dict(told.cells).get(Outcome.URGENT) if told else None))


class Coverage:
    """What the summary could and could not see. About people and channels, not about contacts."""

    key = "coverage"
    formula = (
        "People with hours set of all people of the team; channels with the bot of all public "
        "channels; whether direct messages are seen. Messages to whole channels or large groups "
        "are counted once and not per person."
    )

    def line(self, week: TeamWeek, _: Sequence[TeamWeek], /) -> Line | None:
        """See `Metric.line`."""
        enrolled = sum(each.enrolled for each in week.members)
        without_hours = len(week.members) - enrolled
        # A hint about people without hours is a figure about them: it needs five of them too.
        hours_unknown = week.hours_unknown > 0 and without_hours >= MIN_PEOPLE
        figures: Figures = ((words.PEOPLE, words.share(enrolled, len(week.members))),)
        if week.channels_seen is not None and week.channels_total is not None:
            seen = words.share(week.channels_seen, week.channels_total)
            figures += ((words.CHANNELS, seen),)
        if week.audiences:
            figures += ((words.AUDIENCES, week.audiences),)
        sentence = words.coverage(dms_seen=week.dms_seen, hours_unknown=hours_unknown)
        return Line(self.key, sentence, figures)


METRICS: tuple[Metric, ...] = (
    Headline(),
    Trend(),
    ByKind(),
    ByTime(),
    Averted(),
    Urgent(),
    Coverage(),
)


def time_of(contact: ContactFact) -> str:
    """The cell of `TIMES` a contact lies in, by the recipient's local clock."""
    part = DAY_PARTS[local(contact.at, contact.tz).hour // HOURS_PER_PART]
    return f"{'workday' if contact.workday else 'day off'} {part}"


def _cells(
    keys: Iterable[str], contacts: Iterable[tuple[str, ContactFact]]
) -> Mapping[str, Sequence[ContactFact]]:
    """Contacts grouped by key, in the order of ``keys``."""
    cells: dict[str, list[ContactFact]] = {str(key): [] for key in keys}
    for key, contact in contacts:
        cells[key].append(contact)
    return cells


def _figures(told: Split, labels: Mapping[str, str]) -> Figures:
    """The published cells as figures, what is not named last."""
    named: Figures = tuple((labels[key], count) for key, count in told.cells)
    return (*named, (words.REST, told.rest)) if told.rest else named
