"""What calendars and the policy add: meetings outside hours, short notice, exceptions in force."""

from collections import Counter
from collections.abc import Sequence
from typing import Final

from bot.digest.facts import TeamWeek, monday_of
from bot.digest.line import Line
from bot.digest.release import CAP, MIN_PEOPLE, Tally
from bot.domain.instants import HOUR_S, MINUTE_S
from bot.words import digest as words

HOUR_MIN: Final = HOUR_S // MINUTE_S
SHORT_NOTICE_H: Final = 24
DAYS: Final = 7


class MeetingHours:
    """How long meetings went on outside people's hours."""

    key = "meetings"
    formula = (
        "Only the part of each meeting outside a person's hours, summed per person, in begun "
        "hours, each person capped at 5; divided by everybody enrolled and working that week."
    )

    def line(self, week: TeamWeek, _: Sequence[TeamWeek], /) -> Line | None:
        """See `Metric.line`."""
        if week.meetings is None:
            return None
        outside = Counter[str]()
        for each in week.meetings:
            if each.user_id in week.population:
                outside[each.user_id] += each.outside_min
        hours = tuple(sorted(min(-(-each // HOUR_MIN), CAP) for each in outside.values() if each))
        shared = len(week.shared & week.population)
        band = Tally(len(week.population), hours, shared).band
        return None if band is None else Line(self.key, words.MEETINGS[band])


class ShortNotice:
    """Whether meetings leave people time to arrange themselves."""

    key = "short_notice"
    formula = (
        "Meeting time booked less than 24 hours ahead, of all meeting time: more than half, or "
        "not; from 5 people with meetings on, and only where nobody of the team is counted in "
        "another team."
    )

    def line(self, week: TeamWeek, _: Sequence[TeamWeek], /) -> Line | None:
        """See `Metric.line`."""
        booked = [each for each in week.meetings or () if each.user_id in week.population]
        if len({each.user_id for each in booked}) < MIN_PEOPLE or week.shared:
            return None
        short = sum(each.minutes for each in booked if each.ahead_h < SHORT_NOTICE_H)
        mostly = 2 * short > sum(each.minutes for each in booked)
        return Line(self.key, words.short_notice(mostly=mostly))


class Exceptions:
    """The exceptions in force. They are public in the policy, so their number is as well."""

    key = "exceptions"
    formula = (
        "Exceptions in force that week and those of them that end by the next one. Contacts under "
        "an exception are no part of the headline."
    )

    def line(self, week: TeamWeek, _: Sequence[TeamWeek], /) -> Line | None:
        """See `Metric.line`."""
        if not week.exceptions:
            return None
        monday_on = monday_of(week.iso_week)
        ending = sum((each.ends_on - monday_on).days < DAYS for each in week.exceptions)
        return Line(self.key, words.exceptions(len(week.exceptions), ending))
