"""The algebra of spans, against sets of integers."""

from hypothesis import given
from hypothesis import strategies as st

from bot.domain.spans import Span, clip, intersect, merge, subtract

ANY_SPANS = st.lists(st.builds(Span, st.integers(0, 40), st.integers(0, 40)), max_size=8)
SPANS = ANY_SPANS.map(merge)


def points(spans: list[Span]) -> set[int]:
    return {point for span in spans for point in range(span.start, span.end)}


def assert_sorted_apart(spans: list[Span]) -> None:
    edges = [edge for span in spans for edge in span]
    assert edges == sorted(edges)
    assert all(span.start < span.end for span in spans)


@given(ANY_SPANS)
def test_merge_is_the_union_with_nothing_touching(spans: list[Span]) -> None:
    merged = merge(spans)
    assert points(merged) == points(spans)
    edges = [edge for span in merged for edge in span]
    assert edges == sorted(set(edges))


@given(SPANS, SPANS)
def test_intersect_is_what_lies_in_both(left: list[Span], right: list[Span]) -> None:
    common = intersect(left, right)
    assert points(common) == points(left) & points(right)
    assert_sorted_apart(common)


@given(SPANS, SPANS)
def test_subtract_is_what_lies_in_the_first_alone(spans: list[Span], holes: list[Span]) -> None:
    left = subtract(spans, holes)
    assert points(left) == points(spans) - points(holes)
    assert_sorted_apart(left)


@given(SPANS, st.integers(0, 40), st.integers(0, 40))
def test_clip_keeps_what_lies_between(spans: list[Span], start: int, end: int) -> None:
    assert points(clip(spans, start, end)) == points(spans) & set(range(start, end))
