"""How much reached people outside their hours: the headline, its direction, and how and when."""

from collections.abc import Iterable, Mapping, Sequence

from bot.digest.facts import ContactFact, TeamWeek
from bot.digest.line import Figures, Line, weighed
from bot.digest.release import Band, Split, leading, split, trend, trend_weeks
from bot.domain.contact import Kind
from bot.domain.instants import local
from bot.words import digest as words

DAY_PARTS = ("night", "morning", "afternoon", "evening")
HOURS_PER_PART = 24 // len(DAY_PARTS)
TIMES = tuple(f"{day} {part}" for day in ("workday", "day off") for part in DAY_PARTS)


class Headline:
    """The band of contacts per person; always there, and a quiet week is celebrated."""

    key = "headline"
    formula = (
        "Contacts that reached people outside their hours (breach and urgent), each person "
        "capped at 5, divided by everybody enrolled and working that week; shown as a band, which "
        "is coarser for fewer than 9 people and where people are counted in another team too."
    )

    def line(self, week: TeamWeek, _: Sequence[TeamWeek], /) -> Line | None:
        """See `Metric.line`."""
        band = weighed(week, week.pressure).band
        if band is None:
            return None
        figures = () if band in (Band.NONE, Band.SOME) else ((words.PER_PERSON, str(band)),)
        return Line(self.key, words.HEADLINES[band], figures)


class Trend:
    """Where the headline's rate went, as a direction and never as a second total."""

    key = "trend"
    formula = (
        "The headline's mean against the average of the team's own last 4 weeks: lower or higher "
        "when it is more than 20 % away; needs 2 earlier weeks with at least 5 people. Said only "
        "while all these weeks lie between 1 and 4; otherwise only where the bands differ."
    )

    def line(self, week: TeamWeek, earlier: Sequence[TeamWeek], /) -> Line | None:
        """See `Metric.line`."""
        now, *before = (
            weighed(each, each.pressure) for each in (week, *trend_weeks(week, earlier))
        )
        went = trend(now, before)
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
        cells = cells_of(Kind, ((each.kind, each) for each in week.pressure))
        if told := split(week.population, cells, week.shared):
            labels = [words.KINDS[key] for key, _ in told.cells]
            figures = figures_of(told, words.KINDS)
            return Line(self.key, words.by_kind(labels, told.largest), figures)
        most = leading(week.population, cells, week.shared)
        return Line(self.key, words.mostly_kind(most)) if most else None


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
        cells = cells_of(TIMES, ((time_of(each), each) for each in week.pressure))
        if told := split(week.population, cells, week.shared):
            labels = [words.TIMES[key] for key, _ in told.cells]
            figures = figures_of(told, words.TIMES)
            return Line(self.key, words.by_time(labels, told.largest), figures)
        most = leading(week.population, cells, week.shared)
        return Line(self.key, words.mostly_time(most)) if most else None


def time_of(contact: ContactFact) -> str:
    """The cell of `TIMES` a contact lies in, by the recipient's local clock."""
    part = DAY_PARTS[local(contact.at, contact.tz).hour // HOURS_PER_PART]
    return f"{'workday' if contact.workday else 'day off'} {part}"


def cells_of(
    keys: Iterable[str], contacts: Iterable[tuple[str, ContactFact]]
) -> Mapping[str, Sequence[ContactFact]]:
    """Contacts grouped by key, in the order of ``keys``."""
    cells: dict[str, list[ContactFact]] = {str(key): [] for key in keys}
    for key, contact in contacts:
        cells[key].append(contact)
    return cells


def figures_of(told: Split, labels: Mapping[str, str]) -> Figures:
    """The published cells as figures, what is not named last."""
    named: Figures = tuple((labels[key], count) for key, count in told.cells)
    return (*named, (words.REST, told.rest)) if told.rest else named
