"""What a person decided for themselves: how messages may reach them, and what is done for them."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum

from bot.domain.instants import DAY_S, end_instant, local, start_instant, wall
from bot.domain.notation import parse_interval, parse_quiet_until
from bot.domain.spans import Span, clip, merge
from bot.errors import BadInput

CHOSEN_AHEAD_S = DAY_S
CHOSEN_KEPT_S = DAY_S
"""Slack may hand a message in a day late; it is judged by what was chosen for its own time."""


class Treatment(StrEnum):
    """What happens to a message that reaches the person outside their hours.

    ``THROUGH`` lets it pass as agreed. ``FLAG`` tells the author. ``SILENT`` says nothing to the
    author, because the person's notifications are snoozed. ``HOLD`` tells the author with holding
    as the first choice.
    """

    THROUGH = "through"
    FLAG = "flag"
    SILENT = "silent"
    HOLD = "hold"


@dataclass(frozen=True, slots=True)
class Choices:
    """One person's decisions; the defaults are those of somebody who decided nothing.

    Attributes:
        treatment: for every source that is not named; None leaves it to the policy's mode.
        sources: user id or channel id to treatment. A person goes before a channel.
        chosen: time outside their hours that the person marked as their own choice, in epoch
            seconds.
        silence: snooze notifications outside the hours, where `dnd:write` was granted.
        status: show an "off until" status meanwhile, where `users.profile:write` was granted.
        urgent_rings: an accepted urgent message may end the snooze.
        auto_hold: take own messages back and hold them, without a click.
        reply_within: the declared response time in its notation (``"1 day"``, ``"4h"``), ``""``
            when none is declared.
        return_line: say once, when they are back, how many conversations reached them meanwhile.
    """

    treatment: Treatment | None = None
    sources: Mapping[str, Treatment] = field(default_factory=dict)
    chosen: tuple[Span, ...] = ()
    silence: bool = False
    status: bool = False
    urgent_rings: bool = False
    auto_hold: bool = False
    reply_within: str = ""
    return_line: bool = True

    def treatment_of(self, author_id: str, channel_id: str) -> Treatment | None:
        """How a message of this author in this conversation is treated; None: by the policy."""
        found = self.sources.get(author_id) or self.sources.get(channel_id)
        return found or self.treatment

    def was_chosen(self, at: int) -> bool:
        """Whether the person marked this instant as their own choice."""
        return any(span.start <= at < span.end for span in self.chosen)


NO_CHOICES = Choices()

_INTERVAL = re.compile(r"\d.*(?:[-‐‑‒–—−]| to ).*\d", re.ASCII)


def chosen_span(text: str, now: int, tz: str) -> Span:
    """``until 22:00``, ``2h`` or ``20-22`` from ``now`` on, on the clocks of ``tz``.

    An interval is the one going on, else the next one.

    Raises:
        BadInput: not understood, or further than a day ahead.
    """
    now_wall = local(now, tz).replace(second=0, tzinfo=None)
    if _INTERVAL.search(text):
        interval = parse_interval(text)
        # From the day before, which a night may begin on, to the day after a gap in the clocks.
        days = [now_wall.date() + timedelta(ahead) for ahead in (-1, 0, 1, 2)]
        spans = [
            Span(
                start_instant(wall(day, interval.start_min), tz),
                end_instant(wall(day, interval.end_min), tz),
            )
            for day in days
        ]
        span = next(span for span in spans if span.start < span.end > now)
    else:
        span = Span(now, end_instant(parse_quiet_until(text, now_wall), tz))
    if span.end > now + CHOSEN_AHEAD_S:
        raise BadInput("That is further than a day ahead. Try `until 22:00` or `20-22`.")
    return Span(max(span.start, now), span.end)


def with_chosen(chosen: Sequence[Span], more: Span) -> tuple[Span, ...]:
    """One more span of chosen time."""
    return tuple(merge([*chosen, more]))


def without_chosen(chosen: Sequence[Span], now: int) -> tuple[Span, ...]:
    """Nothing is chosen from ``now`` on; what was chosen until now stays so."""
    return tuple(clip(merge(chosen), 0, now))


def recent(chosen: Sequence[Span], now: int) -> tuple[Span, ...]:
    """What is worth keeping: not over for more than a day."""
    return tuple(span for span in chosen if span.end > now - CHOSEN_KEPT_S)
