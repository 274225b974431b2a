"""What a weekly summary is made of: one team, one ISO week, its people and its contacts.

Weeks are ISO weeks written ``2026-W44``: Monday to Sunday, in the team's own zone.
"""

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta

from bot.domain.contact import Outcome
from bot.domain.instants import start_instant

PRESSURE = frozenset({Outcome.BREACH, Outcome.URGENT})


@dataclass(frozen=True, slots=True)
class ContactFact:
    """One message that reached, or would have reached, one person outside their hours.

    Attributes:
        author_id: who wrote it.
        recipient_id: whom it reached.
        at: epoch seconds.
        kind: ``mention``, ``group``, ``thread``, ``dm`` or ``group_dm``.
        outcome: ``breach``, ``averted``, ``urgent``, ``exempt`` or ``chosen``.
        reason: why it was urgent or exempt, as stored; never the text of a message.
        tz: the recipient's zone at that time.
        workday: whether the recipient's local date was an ordinary working day.
        leader: whether the author leads this team.
    """

    author_id: str
    recipient_id: str
    at: int
    kind: str
    outcome: str
    reason: str = ""
    tz: str = "UTC"
    workday: bool = True
    leader: bool = False


@dataclass(frozen=True, slots=True)
class Rest:
    """One person's nights of a week, as `bot.digest.rest.rest_of` counts them.

    Attributes:
        nights: how many nights ended in the week.
        kept: those in which nobody reached them.
        cut_short: those whose longest undisturbed stretch was under 11 hours.
    """

    nights: int
    kept: int
    cut_short: int


@dataclass(frozen=True, slots=True)
class Member:
    """Somebody on the team's roster that week.

    Attributes:
        user_id: who.
        enrolled: whether they set their hours by the end of the week.
        working: whether they had working time in it.
        rest: their nights; None when not collected.
    """

    user_id: str
    enrolled: bool
    working: bool
    rest: Rest | None = None


@dataclass(frozen=True, slots=True)
class VerdictFact:
    """What a recipient said next morning about a message that was declared urgent."""

    recipient_id: str
    was_urgent: bool


@dataclass(frozen=True, slots=True)
class HintFact:
    """A hint that was shown to an author, and whether they called it *not useful*."""

    author_id: str
    dismissed: bool


@dataclass(frozen=True, slots=True)
class MeetingFact:
    """One meeting of one person.

    Attributes:
        user_id: whose calendar it was in.
        minutes: how long it was.
        outside_min: how much of it lay outside their hours.
        ahead_h: how many hours before its start it was booked, begun ones included.
        weekend_min: how much of ``outside_min`` lay on weekdays that are free in their own week.
        organizer_id: who called it; empty for somebody outside the workspace.
    """

    user_id: str
    minutes: int
    outside_min: int
    ahead_h: int
    weekend_min: int = 0
    organizer_id: str = ""


@dataclass(frozen=True, slots=True)
class PulseFact:
    """One answer to the weekly question: did you feel you had to respond?"""

    user_id: str
    obliged: bool


@dataclass(frozen=True, slots=True)
class ExceptionFact:
    """One exception in force that week; it is public in the policy. ``ends_on``: its last day."""

    ends_on: date


@dataclass(frozen=True, slots=True)
class TeamWeek:
    """Everything one summary may draw on. Exact and personal: it is never shown as it is.

    What no part of the product has collected is None, and has no line; an empty tuple was
    collected and is nothing.

    Attributes:
        team_id: the team.
        iso_week: for example ``2026-W44``.
        members: the roster of that week, enrolled or not.
        contacts: of that week; those of people outside the population are left aside.
        hours_unknown: about how many messages reached people who set no hours.
        channels_seen: public channels the bot is in; None when not known.
        channels_total: public channels there are; None when not known.
        dms_seen: whether anybody of the team let the bot see their direct messages.
        unheard_s: for how long not everything was heard, in seconds.
        audiences: messages to a whole channel or a large group, outside somebody's hours; of the
            whole workspace.
        shared: people of the population who are counted in another team of the workspace that
            week as well (`shared_people`); what may be told depends on them.
        leaders: who leads the team.
        leaders_shown: the leaders who let the team's summary show what they start.
        verdicts: on messages declared urgent.
        hints: that the team's people were shown as authors.
        meetings: of the members whose calendar was read all week; None where nobody's was.
        calendars: whose calendar was read all week, and their zone.
        pulse: the week's answers.
        exceptions: in force that week.
    """

    team_id: str
    iso_week: str
    members: tuple[Member, ...]
    contacts: tuple[ContactFact, ...]
    hours_unknown: int = 0
    channels_seen: int | None = None
    channels_total: int | None = None
    dms_seen: bool = False
    audiences: int = 0
    unheard_s: int = 0
    shared: frozenset[str] = frozenset()
    leaders: frozenset[str] = frozenset()
    leaders_shown: frozenset[str] = frozenset()
    verdicts: tuple[VerdictFact, ...] | None = None
    hints: tuple[HintFact, ...] | None = None
    meetings: tuple[MeetingFact, ...] | None = None
    calendars: Mapping[str, str] = field(default_factory=dict)
    pulse: tuple[PulseFact, ...] | None = None
    exceptions: tuple[ExceptionFact, ...] | None = None

    @property
    def population(self) -> frozenset[str]:
        """Whom figures are about: enrolled and working that week, zeros included."""
        return frozenset(each.user_id for each in self.members if each.enrolled and each.working)

    @property
    def calendar_population(self) -> frozenset[str]:
        """Whom figures on meetings are about, people without any included."""
        return self.population & self.calendars.keys()

    @property
    def pressure(self) -> tuple[ContactFact, ...]:
        """The contacts that reached somebody outside their hours: ``breach`` and ``urgent``.

        An urgent message rings like any other, so calling it urgent must not make a week look
        quiet; how much of the pressure it was is a line of its own. ``averted`` reached nobody,
        ``exempt`` was agreed beforehand and ``chosen`` was the recipient's own wish: they are
        shown apart or not at all.
        """
        return tuple(each for each in self.contacts if each.outcome in PRESSURE)

    def with_outcome(self, outcome: Outcome) -> tuple[ContactFact, ...]:
        """The contacts that ended in ``outcome``."""
        return tuple(each for each in self.contacts if each.outcome == outcome)


def shared_people(populations: Mapping[str, Collection[str]]) -> dict[str, frozenset[str]]:
    """Of each team's population, who is in another team's as well.

    Args:
        populations: team id to population (`TeamWeek.population`), of every team of the workspace
            that has a summary of the week. One of fewer than five people has none: leave it out.
    """
    teams = Counter(each for people in populations.values() for each in set(people))
    return {
        team_id: frozenset(each for each in people if teams[each] > 1)
        for team_id, people in populations.items()
    }


def iso_week_of(on: date) -> str:
    """The ISO week a date lies in; its year is the ISO year, not always the date's own."""
    year, week, _ = on.isocalendar()
    return f"{year:04d}-W{week:02d}"


def monday_of(iso_week: str) -> date:
    """The Monday a week begins with.

    Raises:
        ValueError: not a week of the form ``2026-W44``, or one that year does not have.
    """
    year, _, week = iso_week.partition("-W")
    return date.fromisocalendar(int(year), int(week), 1)


def previous_week(iso_week: str) -> str:
    """The week before, across a year's end as well."""
    return iso_week_of(monday_of(iso_week) - timedelta(weeks=1))


def week_bounds(iso_week: str, tz: str) -> tuple[int, int]:
    """Start and end of a week in epoch seconds, half-open, each a Monday 00:00 in ``tz``."""
    monday_on = monday_of(iso_week)
    start, end = (
        start_instant(datetime.combine(on, time.min), tz)
        for on in (monday_on, monday_on + timedelta(weeks=1))
    )
    return start, end
