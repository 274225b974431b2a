"""Half-open spans of time and their algebra.

Every function takes *sorted* sequences whose spans do not overlap (`merge` makes one out of
anything) and returns such a list again. Units are the caller's: instants or minutes of a day.
"""

from collections.abc import Iterable, Sequence
from typing import NamedTuple


class Span(NamedTuple):
    """From ``start`` on, up to but not including ``end``."""

    start: int
    end: int


def merge(spans: Iterable[Span]) -> list[Span]:
    """The union: sorted, empty spans dropped, overlapping and touching ones joined."""
    merged: list[Span] = []
    for span in sorted(span for span in spans if span.start < span.end):
        if merged and span.start <= merged[-1].end:
            merged[-1] = Span(merged[-1].start, max(merged[-1].end, span.end))
        else:
            merged.append(span)
    return merged


def intersect(left: Sequence[Span], right: Sequence[Span]) -> list[Span]:
    """What lies in both."""
    common: list[Span] = []
    i = j = 0
    while i < len(left) and j < len(right):
        shared = Span(max(left[i].start, right[j].start), min(left[i].end, right[j].end))
        if shared.start < shared.end:
            common.append(shared)
        if left[i].end < right[j].end:
            i += 1
        else:
            j += 1
    return common


def subtract(spans: Sequence[Span], holes: Sequence[Span]) -> list[Span]:
    """What lies in ``spans`` and in none of the ``holes``."""
    if not spans:
        return []
    begin = spans[0].start
    end = spans[-1].end
    edges = [begin, *(edge for hole in clip(holes, begin, end) for edge in hole), end]
    outside = [Span(a, b) for a, b in zip(edges[::2], edges[1::2], strict=True) if a < b]
    return intersect(spans, outside)


def clip(spans: Sequence[Span], start: int, end: int) -> list[Span]:
    """The part of ``spans`` between ``start`` and ``end``."""
    return intersect(spans, [Span(start, end)])
