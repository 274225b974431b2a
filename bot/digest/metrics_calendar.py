"""What calendars and the policy add: meetings outside hours, short notice, exceptions in force.

Figures on meetings are about everybody enrolled and working whose calendar was read all week, and
there are none for fewer than five of them. Meeting hours are told as a band; of their parts only
whether there are any is told, so that no part narrows the whole down.
"""

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from fractions import Fraction
from typing import Final

from bot.digest.facts import MeetingFact, TeamWeek, monday_of, week_bounds
from bot.digest.line import Line
from bot.digest.release import CAP, MIN_PEOPLE, TREND_MARGIN, Band, Tally, apart
from bot.domain.instants import HOUR_S, MINUTE_S, local
from bot.words import digest as words

HOUR_MIN: Final = HOUR_S // MINUTE_S
SHORT_NOTICE_H: Final = 24
DAYS: Final = 7


def outside_min(meeting: MeetingFact) -> int:
    """What most figures count."""
    return meeting.outside_min


class MeetingHours:
    """How long meetings went on outside people's hours."""

    key = "meetings"
    formula = (
        "Only the part of each meeting outside a person's hours, summed per person, in begun "
        "hours, each person capped at 5; divided by everybody enrolled and working that week whose "
        "calendar was read all week, 5 people or more. Left out: whole days, time shown as free, "
        "what a person declined or what is held for them, and what stays within the policy's "
        "tolerance at opening and closing."
    )

    def line(self, week: TeamWeek, _: Sequence[TeamWeek], /) -> Line | None:
        """See `Metric.line`."""
        if week.meetings is None:
            return None
        band = _hours(week, week.meetings).band
        return None if band is None else Line(self.key, words.MEETINGS[band])


class WeekendMeetings:
    """Whether meetings took days that are free in people's own weeks."""

    key = "weekend_meetings"
    formula = (
        "The part of the meeting hours that lay on weekdays without hours in the person's own "
        "week: said as some or none, and only where there were meeting hours at all."
    )

    def line(self, week: TeamWeek, _: Sequence[TeamWeek], /) -> Line | None:
        """See `Metric.line`."""
        part = _part(week, week.meetings or (), lambda each: each.weekend_min)
        return None if part is None else Line(self.key, words.weekend(some=part))


class LeadersMeetings:
    """Whether leaders called meetings outside others' hours, where that may be told."""

    key = "leaders_meetings"
    formula = (
        "The part of the meeting hours that the team's leaders called for others: those who "
        "switched this line on, or all when there are 5 or more. Said as some or none, and only "
        "where there were meeting hours at all."
    )

    def line(self, week: TeamWeek, _: Sequence[TeamWeek], /) -> Line | None:
        """See `Metric.line`."""
        told = week.leaders if len(week.leaders) >= MIN_PEOPLE else week.leaders_shown
        called = [
            each
            for each in week.meetings or ()
            if each.organizer_id in told and each.organizer_id != each.user_id
        ]
        part = _part(week, called, outside_min) if told else None
        if part is None:
            return None
        everybody = told >= week.leaders
        return Line(self.key, words.leaders_meetings(some=part, everybody=everybody))


class MeetingZones:
    """On which clocks of the team the inconvenient meetings fall."""

    key = "meeting_zones"
    formula = (
        "Meeting hours per person, by what people's clocks show in the week's first hour. The "
        "clocks with the most are named when it is over 20 % more than everybody else has, and "
        "evenly is said when no clocks have over 20 % more than others. Only where the exact hours "
        "of these people, and of all others together, could be told: 7 people or more each, or 5 "
        "without any, and nobody of the team counted in another team."
    )

    def line(self, week: TeamWeek, _: Sequence[TeamWeek], /) -> Line | None:
        """See `Metric.line`."""
        groups = _by_clock(week)
        if len(groups) < 2 or week.shared & week.calendar_population:  # noqa: PLR2004 - to compare takes two
            return None
        named = apart(groups)
        if not named:
            return None
        most = max(named, key=lambda clock: named[clock].rate)
        others = [each for clock, each in groups.items() if clock != most]
        rate = Fraction(sum(each.total for each in others), sum(each.people for each in others))
        if named[most].rate > rate * (1 + TREND_MARGIN):
            return Line(self.key, words.zone_most(most))
        least = min(each.rate for each in groups.values())
        if len(named) == len(groups) and named[most].rate <= least * (1 + TREND_MARGIN):
            return Line(self.key, words.ZONES_EVEN)
        return None


class ShortNotice:
    """Whether meetings leave people time to arrange themselves."""

    key = "short_notice"
    formula = (
        "Meeting time booked 24 hours ahead or less, as a part of each person's meeting time, each "
        "person weighing the same: more than half, or not; from 5 people with meetings on, and "
        "only where nobody of the team is counted in another team."
    )

    def line(self, week: TeamWeek, _: Sequence[TeamWeek], /) -> Line | None:
        """See `Metric.line`."""
        whole, short = Counter[str](), Counter[str]()
        for each in week.meetings or ():
            if each.user_id in week.calendar_population and each.minutes:
                whole[each.user_id] += each.minutes
                short[each.user_id] += each.minutes * (each.ahead_h <= SHORT_NOTICE_H)
        if len(whole) < MIN_PEOPLE or week.shared:
            return None
        parts = sum(Fraction(short[user_id], minutes) for user_id, minutes in whole.items())
        return Line(self.key, words.short_notice(mostly=2 * parts > len(whole)))


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


def _hours(
    week: TeamWeek,
    meetings: Iterable[MeetingFact],
    minutes: Callable[[MeetingFact], int] = outside_min,
    people: Collection[str] | None = None,
) -> Tally:
    """Begun hours per person, capped; of ``people`` or of everybody whose calendar was read."""
    among = week.calendar_population if people is None else people
    total = Counter[str]()
    for each in meetings:
        if each.user_id in among:
            total[each.user_id] += minutes(each)
    hours = tuple(sorted(min(-(-each // HOUR_MIN), CAP) for each in total.values() if each))
    return Tally(len(among), hours, sum(each in week.shared for each in among))


def _part(
    week: TeamWeek, meetings: Sequence[MeetingFact], minutes: Callable[[MeetingFact], int]
) -> bool | None:
    """Whether these are a part of the meeting hours; None where there are none, or too few."""
    if _hours(week, week.meetings or ()).band in (None, Band.NONE):
        return None
    return _hours(week, meetings, minutes).band is not Band.NONE


def _by_clock(week: TeamWeek) -> Mapping[str, Tally]:
    """Meeting hours by what people's clocks show: zones that show the same are one."""
    start_at, _ = week_bounds(week.iso_week, "UTC")
    people: dict[str, list[str]] = {}
    for user_id in sorted(week.calendar_population):
        offset = local(start_at, week.calendars[user_id]).utcoffset()
        people.setdefault(words.clock_of(offset), []).append(user_id)
    return {clock: _hours(week, week.meetings or (), people=each) for clock, each in people.items()}
