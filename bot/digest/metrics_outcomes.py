"""What became of messages outside hours: held back, declared urgent, begun by leaders."""

from collections.abc import Sequence

from bot.digest.facts import ContactFact, TeamWeek
from bot.digest.line import Line, weighed
from bot.digest.release import CAP, MIN_PEOPLE, Band, split
from bot.domain.contact import Outcome
from bot.words import digest as words

_SILENT = (None, Band.NONE)


class Averted:
    """What waited. It reached nobody, so it is no part of the headline and stands alone."""

    key = "averted"
    formula = (
        "Contacts that were held or taken back and arrived inside the recipient's hours; each "
        "recipient capped at 5."
    )

    def line(self, week: TeamWeek, _: Sequence[TeamWeek], /) -> Line | None:
        """See `Metric.line`."""
        waited = weighed(week, week.with_outcome(Outcome.AVERTED))
        return None if waited.band in _SILENT else Line(self.key, words.averted(waited.exact))


class Urgent:
    """The part of the pressure that was declared urgent."""

    key = "urgent"
    formula = (
        "Contacts declared urgent by their author, a part of the headline; each recipient capped "
        "at 5. The count is shown only where the part that was not urgent passes as well."
    )

    def line(self, week: TeamWeek, _: Sequence[TeamWeek], /) -> Line | None:
        """See `Metric.line`."""
        urgent, breach = (week.with_outcome(each) for each in (Outcome.URGENT, Outcome.BREACH))
        if weighed(week, urgent).band in _SILENT:
            return None
        return Line(self.key, words.urgent(_part(week, urgent, breach)))


class Verdicts:
    """What recipients said next morning about what had been declared urgent."""

    key = "verdicts"
    formula = (
        "Messages their recipients called urgent, of all declared urgent that recipients judged; "
        "each recipient capped at 5. Said as more or less than half, from 5 people who judged, "
        "and only where nobody of the team is counted in another team."
    )

    def line(self, week: TeamWeek, _: Sequence[TeamWeek], /) -> Line | None:
        """See `Metric.line`."""
        judged: dict[str, list[bool]] = {}
        for each in week.verdicts or ():
            if each.recipient_id in week.population:
                judged.setdefault(each.recipient_id, []).append(each.was_urgent)
        if len(judged) < MIN_PEOPLE or week.shared:
            return None
        said = [verdict for verdicts in judged.values() for verdict in verdicts[:CAP]]
        return Line(self.key, words.verdicts(was_urgent=2 * sum(said) > len(said)))


class Hints:
    """How many of the hints to authors were not wanted: the false alarms of the product itself."""

    key = "hints"
    formula = (
        "Hints their readers called not useful, of all hints shown to the team's people as "
        "authors; each author capped at 5. Said as few (under a tenth), some, or many (over a "
        "third), from 5 authors, and only where nobody of the team is counted in another team."
    )

    def line(self, week: TeamWeek, _: Sequence[TeamWeek], /) -> Line | None:
        """See `Metric.line`."""
        shown: dict[str, list[bool]] = {}
        for each in week.hints or ():
            if each.author_id in week.population:
                shown.setdefault(each.author_id, []).append(each.dismissed)
        if len(shown) < MIN_PEOPLE or week.shared:
            return None
        said = [dismissed for hints in shown.values() for dismissed in hints[:CAP]]
        return Line(self.key, words.hints(sum(said) / len(said)))


class Leaders:
    """What leaders start, where the leaders agreed or are too many to be told apart."""

    key = "leaders"
    formula = (
        "Contacts that reached people outside their hours and were written by the team's leaders: "
        "by those who switched this line on, or by all when there are 5 or more; each recipient "
        "capped at 5. The count is shown only where the part of all others passes as well."
    )

    def line(self, week: TeamWeek, _: Sequence[TeamWeek], /) -> Line | None:
        """See `Metric.line`."""
        told = week.leaders if len(week.leaders) >= MIN_PEOPLE else week.leaders_shown
        if not told:
            return None
        started = [each for each in week.pressure if each.author_id in told]
        others = [each for each in week.pressure if each.author_id not in told]
        band = weighed(week, started).band
        if band is None:
            return None
        everybody = told >= week.leaders
        if band is Band.NONE:
            return Line(self.key, words.leaders_quiet(everybody=everybody))
        return Line(self.key, words.leaders(_part(week, started, others), everybody=everybody))


def _part(week: TeamWeek, part: Sequence[ContactFact], others: Sequence[ContactFact]) -> int | None:
    """The count of a part of the pressure, where it and the other part may be told."""
    told = split(week.population, {"part": part, "others": others}, week.shared)
    return dict(told.cells).get("part") if told else None
