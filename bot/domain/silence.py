"""Silence: what is to be done at an instant about somebody's notifications and their status.

While somebody is not at work their notifications are snoozed until they are back, in pieces of at
most a day, each renewed some time before it ends. What the person set is left alone: a snooze
whose end is not one this program asked for, and a status it did not write. A snooze the person
ended by hand stays ended until they are back.
"""

from dataclasses import dataclass
from enum import StrEnum

from bot.domain.availability import State, Timeline
from bot.domain.choices import Choices
from bot.domain.instants import DAY_S, HOUR_S, MINUTE_S

NEVER = 1 << 40
"""Later than any instant: nothing is expected to happen."""

PIECE_S = DAY_S
RENEW_S = 2 * HOUR_S
"""A piece is renewed so long before its end: Slack takes some twenty snoozes a minute from an app,
and many people may have closed at the same minute."""

SAME_S = 90
"""Two ends this near are one: a snooze is asked for in whole minutes and begins when Slack says."""


class Level(StrEnum):
    """What a person may have done for them while they are off."""

    SILENCE = "silence"
    STATUS = "status"


def chosen(choices: Choices) -> frozenset[Level]:
    """The levels a person wants."""
    is_on = {Level.SILENCE: choices.silence, Level.STATUS: choices.status}
    return frozenset(level for level in Level if is_on[level])


@dataclass(frozen=True, slots=True)
class LevelEnded:
    """Told to a person once: Slack refused, with the error string ``code``, what was allowed."""

    user_id: str
    levels: tuple[Level, ...]
    code: str


SCOPES: dict[Level, frozenset[str]] = {
    Level.SILENCE: frozenset({"dnd:read", "dnd:write"}),
    Level.STATUS: frozenset({"users.profile:write"}),
}
"""What Slack has to be allowed; without reading, a snooze of the person's own would be lost."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """How things should be for one person at an instant.

    Attributes:
        levels: those in force.
        opening_at: when the person is back; 0 while they work, `NEVER` when not in 400 days.
        closing_at: when they stop working; only while they work, else `NEVER`.
        quiet: it is a quiet window, not the end of the day.
    """

    levels: frozenset[Level]
    opening_at: int
    closing_at: int
    quiet: bool = False

    @property
    def aim(self) -> str:
        """What a row that is in line with this carries; empty with no level in force."""
        return " ".join([str(self.opening_at), *sorted(self.levels)]) if self.levels else ""

    def opening_for(self, level: Level) -> int:
        """Until when the level is to be kept up; 0 for not now."""
        return self.opening_at if level in self.levels else 0


def wanted(timeline: Timeline | None, levels: frozenset[Level], at: int) -> Wanted:
    """How things should be at ``at``; None is somebody who is not there any more."""
    if timeline is None or not levels:
        return Wanted(frozenset(), 0, NEVER)
    state = timeline.state_at(at)
    if state is State.WORKING:
        return Wanted(levels, 0, timeline.next_change(at) or NEVER)
    opening_at = timeline.next_open(at) or NEVER
    return Wanted(levels, opening_at, NEVER, quiet=state is State.QUIET)


class Do(StrEnum):
    """What is done at Slack. ``LEAVE`` keeps to a snooze that the person ended by hand."""

    NOTHING = "nothing"
    SET = "set"
    END = "end"
    LEAVE = "leave"


@dataclass(frozen=True, slots=True)
class Step:
    """What to do now, and when to look again. ``until_at`` is set with ``SET`` only."""

    do: Do
    look_at: int = NEVER
    until_at: int = 0


@dataclass(frozen=True, slots=True)
class Ours:
    """What is known of the snoozes this program made; instants, 0 for none.

    ``until_at`` is the end of the one that Slack confirmed, ``asked_at`` of one that was asked
    for and not heard of again, ``resumed_at`` the opening until which the person wants none.
    """

    until_at: int = 0
    asked_at: int = 0
    resumed_at: int = 0

    def made(self, end_at: int) -> bool:
        """Whether a snooze with this end is one of them."""
        return any(end and abs(end_at - end) <= SAME_S for end in (self.until_at, self.asked_at))


def snooze_step(opening_at: int, now: int, found_at: int, ours: Ours) -> Step:
    """About a person's notifications.

    Args:
        opening_at: until when they are to be snoozed; 0 for not now.
        now: the instant.
        found_at: when the snooze that is on now ends, 0 when there is none.
        ours: what this program did.
    """
    is_on = found_at > now
    if not opening_at:
        ends_late = is_on and ours.made(found_at) and found_at > now + SAME_S
        return Step(Do.END if ends_late else Do.NOTHING)
    if is_on and not ours.made(found_at):
        return Step(Do.NOTHING, min(found_at, opening_at))
    if not is_on and ours.until_at > now + SAME_S:
        return Step(Do.LEAVE, opening_at)
    if not is_on and ours.resumed_at > now:
        return Step(Do.NOTHING, min(ours.resumed_at, opening_at))
    if is_on and found_at <= opening_at + SAME_S:
        look_at = look_after(found_at, opening_at)
        if look_at > now:
            return Step(Do.NOTHING, look_at)
    until_at = min(opening_at, now + PIECE_S)
    if until_at - now < MINUTE_S:
        return Step(Do.NOTHING, opening_at)
    return Step(Do.SET, look_after(until_at, opening_at), until_at)


def look_after(end_at: int, opening_at: int) -> int:
    """When to look again at a snooze that ends at ``end_at``."""
    return opening_at if end_at >= opening_at - SAME_S else end_at - RENEW_S


def minutes_until(until_at: int, now: int) -> int:
    """Whole minutes that reach ``until_at``: the last one may reach a little beyond."""
    return -(-(until_at - now) // MINUTE_S)


@dataclass(frozen=True, slots=True)
class Status:
    """A status line; ``until_at`` is 0 when it does not end by itself."""

    text: str = ""
    emoji: str = ""
    until_at: int = 0


NO_STATUS = Status()


def status_step(wished: Status | None, shown: Status, *, is_ours: bool, now: int) -> Step:
    """About a person's status.

    Args:
        wished: what it should be; None for not now.
        shown: what it is.
        is_ours: what is shown was written by this program.
        now: the instant.
    """
    if wished is None:
        stays = is_ours and not 0 < shown.until_at <= now + SAME_S
        return Step(Do.END if stays else Do.NOTHING)
    if shown == wished:
        return Step(Do.NOTHING, wished.until_at)
    if is_ours or not (shown.text or shown.emoji):
        return Step(Do.SET, wished.until_at, wished.until_at)
    ends_at = shown.until_at if shown.until_at > now else NEVER
    return Step(Do.NOTHING, min(ends_at, wished.until_at))
