"""The lines of a weekly summary: one small class each, `METRICS` in the order they are read.

To add a line, write a class with `key`, `formula` and `line` (`bot.digest.line.Metric`), put its
sentences into `bot/words/digest.py` and its instance into `METRICS`. Counts come from
`bot.digest.release` only.
"""

from collections.abc import Sequence

from bot.digest.facts import TeamWeek
from bot.digest.line import Figures, Line, Metric
from bot.digest.metrics_calendar import (
    Exceptions,
    LeadersMeetings,
    MeetingHours,
    MeetingZones,
    ShortNotice,
    WeekendMeetings,
)
from bot.digest.metrics_outcomes import Averted, Hints, Leaders, Urgent, Verdicts
from bot.digest.metrics_people import Balance, Pulse, QuietNights, RestGaps
from bot.digest.metrics_pressure import DAY_PARTS, TIMES, ByKind, ByTime, Headline, Trend, time_of
from bot.digest.release import MIN_PEOPLE
from bot.words import digest as words

__all__ = ["DAY_PARTS", "METRICS", "TIMES", "Figures", "Line", "Metric", "time_of"]


class Coverage:
    """What the summary could and could not see. About people and channels, not about contacts."""

    key = "coverage"
    formula = (
        "People with hours set of all people of the team; channels with the bot of all public "
        "channels; whether direct messages are seen; how long not everything was heard. Messages "
        "to whole channels or large groups are counted once and not per person."
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
        sentence = words.coverage(
            dms_seen=week.dms_seen, hours_unknown=hours_unknown, unheard_s=week.unheard_s
        )
        return Line(self.key, sentence, figures)


METRICS: tuple[Metric, ...] = (
    Headline(),
    Trend(),
    ByKind(),
    ByTime(),
    Averted(),
    Urgent(),
    Verdicts(),
    Hints(),
    Leaders(),
    Balance(),
    QuietNights(),
    RestGaps(),
    MeetingHours(),
    WeekendMeetings(),
    LeadersMeetings(),
    MeetingZones(),
    ShortNotice(),
    Pulse(),
    Exceptions(),
    Coverage(),
)
