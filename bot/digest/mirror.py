"""A leader's private mirror: their own effect on their team, and nothing about anybody else.

It counts what the leader wrote, so its figures are exact. What the leader does not know it does
not tell: no names, no kinds and times of single people, and not what a recipient made of a
message. One that its recipient marked as their own choice counts like any other here; left out,
a message that is missing from the count would say who had marked it.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction

from bot.digest.facts import PRESSURE, ContactFact, TeamWeek
from bot.digest.release import MIN_TREND_WEEKS, TREND_MARGIN, Direction, trend_weeks
from bot.domain.contact import Outcome
from bot.words import mirror as words

REACHED = PRESSURE | {Outcome.CHOSEN}


@dataclass(frozen=True, slots=True)
class Mirror:
    """One leader's own week. Contacts, that is one for each person a message reached.

    Attributes:
        team_id: the team they lead.
        iso_week: the week told.
        leader_id: who may see it.
        reached: contacts of theirs that reached members of the team outside those members' hours.
        averted: contacts of theirs that waited.
        urgent: the part of ``reached`` they declared urgent.
        went: ``reached`` against their own recent weeks; None without two of them.
        met: how often a meeting they called took a member's time outside that member's hours;
            as far as calendars are connected.
    """

    team_id: str
    iso_week: str
    leader_id: str
    reached: int
    averted: int
    urgent: int
    went: Direction | None = None
    met: int = 0

    def sentences(self) -> tuple[str, ...]:
        """What the leader reads, one thought each."""
        told = [words.reached(self.reached)]
        if self.went is not None and (self.reached or self.went is Direction.LOWER):
            told.append(words.DIRECTIONS[self.went])
        if self.urgent:
            told.append(words.urgent(self.urgent))
        if self.averted:
            told.append(words.averted(self.averted))
        if self.met:
            told.append(words.met(self.met))
        return tuple(told)


def mirror(week: TeamWeek, leader_id: str, earlier: Iterable[TeamWeek] = ()) -> Mirror:
    """What ``leader_id`` started in one week.

    Args:
        week: the week told.
        leader_id: somebody who leads the team; they need not be on its roster.
        earlier: the same team's weeks before it.
    """
    own = _own(week, leader_id)
    reached = _reached(own)
    return Mirror(
        team_id=week.team_id,
        iso_week=week.iso_week,
        leader_id=leader_id,
        reached=reached,
        averted=sum(each.outcome == Outcome.AVERTED for each in own),
        urgent=sum(each.outcome == Outcome.URGENT for each in own),
        went=_went(
            reached, [_reached(_own(each, leader_id)) for each in trend_weeks(week, earlier)]
        ),
        met=_met(week, leader_id),
    )


def _met(week: TeamWeek, leader_id: str) -> int:
    """One for each meeting of the leader's and each other member it took outside their hours."""
    others = week.calendar_population - {leader_id}
    return sum(
        each.organizer_id == leader_id and each.user_id in others and each.outside_min > 0
        for each in week.meetings or ()
    )


def _own(week: TeamWeek, leader_id: str) -> list[ContactFact]:
    """What the leader wrote to members who are counted; nobody counts whom nobody can see."""
    reached = week.population - {leader_id}
    return [
        each
        for each in week.contacts
        if each.author_id == leader_id and each.recipient_id in reached
    ]


def _reached(own: Iterable[ContactFact]) -> int:
    return sum(each.outcome in REACHED for each in own)


def _went(now: int, before: list[int]) -> Direction | None:
    """A direction by the leader's own counts: it is theirs, so no rule coarsens it."""
    if len(before) < MIN_TREND_WEEKS:
        return None
    usual = Fraction(sum(before), len(before))
    if now < usual * (1 - TREND_MARGIN):
        return Direction.LOWER
    return Direction.HIGHER if now > usual * (1 + TREND_MARGIN) else Direction.SAME
