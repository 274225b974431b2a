"""What a weekly summary is made of: one team, one ISO week, its people and its contacts.

Weeks are ISO weeks written ``2026-W44``: Monday to Sunday, in the team's own zone.
"""

from dataclasses import dataclass
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
class Member:
    """Somebody on the team's roster that week; ``working``: had working time in it."""

    user_id: str
    enrolled: bool
    working: bool


@dataclass(frozen=True, slots=True)
class TeamWeek:
    """Everything one summary may draw on. Exact and personal: it is never shown as it is.

    Attributes:
        team_id: the team.
        iso_week: for example ``2026-W44``.
        members: the roster of that week, enrolled or not.
        contacts: of that week; those of people outside the population are left aside.
        hours_unknown: about how many messages reached people who set no hours.
        channels_seen: public channels the bot is in; None when not known.
        channels_total: public channels there are; None when not known.
        dms_seen: whether anybody of the team let the bot see their direct messages.
        audiences: messages to a whole channel or a large group, outside somebody's hours.
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

    @property
    def population(self) -> frozenset[str]:
        """Whom figures are about: enrolled and working that week, zeros included."""
        return frozenset(each.user_id for each in self.members if each.enrolled and each.working)

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
