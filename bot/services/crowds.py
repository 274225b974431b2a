"""A whole channel or a large group: how many of them work, in numbers and never by name."""

import asyncio
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from bot.domain.availability import State
from bot.domain.contact import Action, Message, Person, Verdict
from bot.domain.instants import DAY_S
from bot.domain.notices import Audience
from bot.services.directory import Place
from bot.storage.recorder import Row

AT_ONCE = 50
"""People looked at before others get their turn: compiling hours takes time."""

Look = Callable[[str], tuple[Person | None, Verdict]]
"""Somebody and what the rules say about reaching them by this message."""


@dataclass(frozen=True, slots=True)
class Crowd:
    """People reached by one message through a broadcast or a large group.

    ``is_flagged`` is True when the author is to hear of it, ``back_at`` when half of those who do
    not work are back: then the sentence would be another.
    """

    working: int
    quiet: int
    off: int
    hours_unknown: int
    is_flagged: bool
    back_at: int

    @property
    def people(self) -> int:
        """How many there are."""
        return self.working + self.quiet + self.off + self.hours_unknown


async def size_up(place: Place, message: Message, user_ids: Iterable[str], look: Look) -> Crowd:
    """Count who works; bots, deactivated people and other organisations' people are left out."""
    states: Counter[State] = Counter()
    openings: list[int] = []
    hours_unknown, is_flagged = 0, False
    for number, user_id in enumerate(user_ids, start=1):
        if number % AT_ONCE == 0:
            await asyncio.sleep(0)
        row = place.rows.get(user_id)
        if row is None or row.is_bot or row.is_deleted or row.is_foreign:
            continue
        if row.enrolled_at is None:
            hours_unknown += 1
            continue
        person, verdict = look(user_id)
        if person is None or verdict.action is Action.NOTHING:
            states[State.WORKING] += 1
            continue
        states[person.timeline.state_at(message.at)] += 1
        is_flagged = is_flagged or verdict.action in (Action.FLAG, Action.HOLD)
        if verdict.reopens_at:
            openings.append(verdict.reopens_at)
    openings.sort()
    return Crowd(
        working=states[State.WORKING],
        quiet=states[State.QUIET],
        off=states[State.OFF],
        hours_unknown=hours_unknown,
        is_flagged=is_flagged,
        back_at=openings[len(openings) // 2] if openings else message.at + DAY_S,
    )


def audience_row(message: Message, audiences: Iterable[str], crowd: Crowd) -> Row:
    """The row of numbers; see `bot.storage.recorder.AUDIENCE_COLUMNS`."""
    return (
        message.workspace_id,
        message.channel_id,
        message.ts,
        " ".join(audiences),
        message.author_id,
        message.at,
        crowd.working,
        crowd.quiet,
        crowd.off,
        crowd.hours_unknown,
    )


def audience_notice(message: Message, crowd: Crowd) -> Audience:
    """The line to the author."""
    return Audience(
        author_id=message.author_id,
        channel_id=message.channel_id,
        ts=message.ts,
        thread_ts=message.thread_ts if message.is_reply else None,
        at=message.at,
        working=crowd.working,
        quiet=crowd.quiet,
        off=crowd.off,
        hours_unknown=crowd.hours_unknown,
    )
