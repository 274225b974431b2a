"""What is said of a meeting outside somebody's hours, to its owner and to whoever organises it.

While such a notice waits as a row it only names the plan; the rest is read when it is said, so
what was moved, cancelled or answered meanwhile is not told of. None of them is ever stored with a
title: that is unsealed at the moment of speaking.
"""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise

from bot.domain.instants import local


def plan_key(uid: str, series_at: int) -> str:
    """A plan as it goes with a button: a UID may be of any length, and says where it was made."""
    return f"{uid_key(uid)}:{series_at}"


def uid_key(uid: str) -> str:
    """The part of `plan_key` that all plans of one UID share."""
    return hashlib.sha256(uid.encode()).hexdigest()[:32]


class Rhythm(StrEnum):
    """How a meeting repeats, as far as its next occurrences show."""

    ONCE = "once"
    WEEKLY = "weekly"
    OTHER = "other"


def rhythm(starts: Iterable[int], tz: str, *, is_recurring: bool) -> Rhythm:
    """The rhythm of these occurrences in order of time; every second week is weekly, too.

    Dates are compared and clocks are not: where a series keeps the time of another zone, the
    changes of the clocks move it.
    """
    if not is_recurring:
        return Rhythm.ONCE
    dates = [local(at, tz).date() for at in starts]
    weeks = [(later - earlier).days % 7 == 0 for earlier, later in pairwise(dates)]
    return Rhythm.WEEKLY if weeks and all(weeks) else Rhythm.OTHER


@dataclass(frozen=True, slots=True)
class MeetingTold:
    """A meeting, by the next occurrence that the notice is about.

    Attributes:
        title: ``""`` when it has none.
        organizer: name or address; ``""`` when that is not to be said.
        ahead: how many occurrences lie ahead, as far as they are looked at.
        concerned: of how many of these the notice tells.
    """

    title: str = ""
    organizer: str = ""
    start_at: int = 0
    end_at: int = 0
    is_all_day: bool = False
    rhythm: Rhythm = Rhythm.ONCE
    ahead: int = 1
    concerned: int = 1


@dataclass(frozen=True, slots=True)
class InviteTold:
    """Told to a meeting's owner: it is outside their hours, and what was done about it.

    Attributes:
        tz: the owner's.
        outside_min: minutes of the next occurrence that lie outside their hours.
        held: how many occurrences were answered *tentative*; ``declined`` and ``flagged`` alike.
        under_way: how many answers the server has yet to take.
        organizer_is_told: the organiser is in the workspace and hears of it, too.
        takes_answers: the server takes the owner's answer from here.
        since_at: when this was decided. What was answered for them and has begun since is told
            of, too, where nothing lies ahead.
        is_over: it has begun, so nothing can be done about it any more.
    """

    owner_id: str
    uid: str
    series_at: int
    tz: str = "UTC"
    at: int = 0
    meeting: MeetingTold = MeetingTold()
    outside_min: int = 0
    held: int = 0
    declined: int = 0
    flagged: int = 0
    under_way: int = 0
    organizer_is_told: bool = False
    takes_answers: bool = True
    since_at: int = 0
    is_over: bool = False


@dataclass(frozen=True, slots=True)
class InviteNotAnswered:
    """Told to a meeting's owner: the server did not take the answer they gave by a button.

    Attributes:
        wanted: the `bot.domain.handling.Errand` value of that answer.
        at_once_until: as in `TimesProposed`; it begins before its owner is at work again.
        tz: the owner's.
    """

    owner_id: str
    uid: str
    series_at: int
    wanted: str
    at_once_until: int = 0
    tz: str = "UTC"
    meeting: MeetingTold = MeetingTold()


class TakenBack(StrEnum):
    """What became of an answer that was to be taken back."""

    DONE = "done"
    UNDER_WAY = "under_way"
    STAYS = "stays"
    """The server does not take it back."""


@dataclass(frozen=True, slots=True)
class InviteLifted:
    """Told to a meeting's owner who had been told: it was moved into their hours."""

    owner_id: str
    uid: str
    series_at: int
    tz: str = "UTC"
    at: int = 0
    meeting: MeetingTold = MeetingTold()
    taken_back: TakenBack = TakenBack.DONE


@dataclass(frozen=True, slots=True)
class UnclearEvent:
    """An event that could not be judged; ``why`` is an `Unclear` value."""

    title: str
    organizer: str
    why: str


@dataclass(frozen=True, slots=True)
class InviteUnclear:
    """Told to the owner: events of their calendar that could not be judged.

    Several that wait for the same opening become one; ``uids`` are those of the row.
    """

    owner_id: str
    uids: tuple[str, ...]
    events: tuple[UnclearEvent, ...] = ()


@dataclass(frozen=True, slots=True)
class OutsidePerson:
    """Somebody outside whose hours a meeting is.

    Attributes:
        start_at: of their next occurrence that is.
        outside_at: from when on it lies outside their hours.
        reason: a `ReasonKind` value, with its ``label``.
        answer: what their calendar says for them, an `Answer` value; ``""`` when nothing was
            answered.
        concerned: how many occurrences lie outside their hours.
    """

    name: str
    tz: str
    start_at: int
    outside_at: int
    reason: str
    label: str
    answer: str = ""
    concerned: int = 1


@dataclass(frozen=True, slots=True)
class SlotTold:
    """A better time: outside whose hours it is for how many minutes, and who is not free then."""

    start_at: int
    outside_min: tuple[tuple[str, int], ...] = ()
    not_free: tuple[str, ...] = ()

    @property
    def suits_all(self) -> bool:
        """Nobody gives anything."""
        return not self.outside_min and not self.not_free


@dataclass(frozen=True, slots=True)
class TimesProposed:
    """Told to a meeting's organiser once: outside whose hours it is, and better times.

    Attributes:
        at_once_until: until then the organiser may hear it whatever their hours say, because they
            are in their calendar; 0 when they are not.
        tz: the organiser's.
        weeks: a time is meant for so many weeks in a row; 1 for a single one.
        own_hours_assumed: the organiser has set no hours, so the usual ones are assumed.
    """

    organizer_id: str
    uid: str
    series_at: int
    at_once_until: int = 0
    tz: str = "UTC"
    at: int = 0
    meeting: MeetingTold = MeetingTold()
    people: tuple[OutsidePerson, ...] = ()
    slots: tuple[SlotTold, ...] = ()
    weeks: int = 1
    own_hours_assumed: bool = False


@dataclass(frozen=True, slots=True)
class CalendarLost:
    """Told to a calendar's owner once: its server does not let the bot in any more."""

    owner_id: str
    provider: str


InviteNotice = (
    InviteTold | InviteNotAnswered | InviteLifted | InviteUnclear | TimesProposed | CalendarLost
)
