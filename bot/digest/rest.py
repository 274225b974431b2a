"""Nights and rest: what contacts outside hours leave of the time between two working days.

A night follows the person and not the clock, so that a night shift's night is its day.
"""

from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise

from bot.digest.facts import Rest
from bot.domain.instants import DAY_S, HOUR_S, WEEK_S
from bot.domain.spans import Span, clip, merge

REST_S = 11 * HOUR_S
"""The daily rest of the European Working Time Directive (2003/88/EC), article 3."""

LOOK_BACK_S = WEEK_S
"""How far before the week off time is needed: to where most absences begin."""

LOOK_AHEAD_S = 2 * DAY_S
"""How far after the week: far enough to tell where its last night ends."""


def rest_of(
    off_spans: Iterable[Span], contact_ats: Iterable[int], start_at: int, end_at: int
) -> Rest:
    """Count one person's nights of one week.

    A night is a stretch of at least 11 hours outside their hours; a longer one is cut every 24
    hours from its beginning, a last piece under 11 hours going to the piece before it. It
    belongs to the week in which it ends. It is kept when no contact lies in it, and cut short
    when the longest part of it without a contact is under 11 hours.

    Args:
        off_spans: when they were off, from `LOOK_BACK_S` before the week to `LOOK_AHEAD_S`
            after it.
        contact_ats: instants of the contacts that reached them (``breach`` and ``urgent``), from
            two days before the week to its end.
        start_at: start of the week, epoch seconds.
        end_at: its end, exclusive.
    """
    ats = sorted(contact_ats)
    known = clip(merge(off_spans), start_at - LOOK_BACK_S, end_at + LOOK_AHEAD_S)
    nights = [
        night for stretch in known for night in _nights(stretch) if start_at < night.end <= end_at
    ]
    inside = [[at for at in ats if night.start <= at < night.end] for night in nights]
    cut_short = sum(
        _longest(night, within) < REST_S for night, within in zip(nights, inside, strict=True)
    )
    return Rest(len(nights), sum(not within for within in inside), cut_short)


def _nights(stretch: Span) -> Iterator[Span]:
    """The nights of one stretch without working time."""
    start, end = stretch
    while end - start >= DAY_S + REST_S:
        yield Span(start, start + DAY_S)
        start += DAY_S
    if end - start >= REST_S:
        yield Span(start, end)


def _longest(night: Span, ats: Sequence[int]) -> int:
    """The longest part of a night between its edges and the contacts in it, in seconds."""
    edges = [night.start, *ats, night.end]
    return max(later - earlier for earlier, later in pairwise(edges))
