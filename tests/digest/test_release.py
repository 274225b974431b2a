"""The privacy rules at every edge."""

from datetime import date
from fractions import Fraction

import pytest

from bot.digest.release import (
    CAP,
    Band,
    Detail,
    Direction,
    Split,
    Tally,
    band_of,
    detail_of,
    direction,
    leading,
    split,
    tally,
    trend,
    trend_weeks,
    warmed_up,
)
from tests.digest.weeks import EARLIER, WEEK, contacts, each_received, history, team_week

PEOPLE = frozenset(f"U{index}" for index in range(10))


@pytest.mark.parametrize(
    ("total", "people", "band"),
    [
        (0, 5, Band.NONE),
        (1, 1000, Band.UNDER_1),
        (99, 100, Band.UNDER_1),
        (5, 5, Band.FROM_1),
        (199, 100, Band.FROM_1),
        (10, 5, Band.FROM_2),
        (20, 5, Band.FROM_2),  # four belongs to 2–4: only more is over 4
        (401, 100, Band.OVER_4),
        (25, 5, Band.OVER_4),
    ],
)
def test_band_edges(total: int, people: int, band: Band) -> None:
    assert band_of(Fraction(total, people)) is band


def test_a_person_adds_at_most_the_cap() -> None:
    counted = tally(PEOPLE, each_received([CAP - 1, CAP, CAP + 1, 400]))
    assert counted == Tally(10, (4, 5, 5, 5))


def test_people_outside_the_population_do_not_count() -> None:
    assert tally({"U0"}, contacts("UAWAY", 3)) == Tally(1, ())


def test_zeros_are_part_of_the_mean() -> None:
    assert tally(PEOPLE, contacts("U0", 5)).rate == Fraction(1, 2)


def test_an_empty_population_has_a_rate_of_zero() -> None:
    assert tally(frozenset(), []).rate == 0


@pytest.mark.parametrize(("people", "band"), [(4, None), (5, Band.NONE)])
def test_a_band_needs_five_people(people: int, band: Band | None) -> None:
    assert Tally(people, ()).band is band


@pytest.mark.parametrize(
    ("counts", "exact"),
    [
        ((), None),
        ((3, 3, 3, 3), None),  # four people
        ((1, 1, 1, 1, 1), None),  # 30 % of five leave nobody room
        ((1, 1, 2, 2, 3), None),
        ((2, 2, 2, 2, 2), 10),
        ((1, 1, 1, 2, 2, 3), 10),  # 30 % exactly
        ((1, 1, 1, 2, 4), None),  # 44 %
        ((2, 2, 2, 2, 4), None),  # a third
        ((5, 5, 5, 5, 5), 25),
    ],
)
def test_an_exact_count_needs_five_people_and_nobody_over_thirty_percent(
    counts: tuple[int, ...], exact: int | None
) -> None:
    assert Tally(10, counts).exact == exact


@pytest.mark.parametrize(
    ("people", "counts", "exact"),
    [
        (6, (3,) * 5, None),  # five people may be all there are beside the reader
        (7, (3,) * 5, 15),
        (7, (5, 5, 5, 5, 5, 2), 27),
        (7, (5, 5, 5, 5, 5, 3), None),  # nearly everybody at the cap: 5 · 7 − 8 is 27
        (7, (9,) * 7, None),  # a figure over two weeks has a higher cap
        (8, (10, 10, 10, 10, 10, 10, 2), 62),
    ],
)
def test_a_count_needs_room_below_and_above(
    people: int, counts: tuple[int, ...], exact: int | None
) -> None:
    assert Tally(people, counts).exact == exact


def test_a_count_needs_people_who_are_counted_nowhere_else() -> None:
    assert Tally(10, (3,) * 5).exact == 15
    assert Tally(10, (3,) * 5, shared=1).exact is None
    week = each_received([3] * 5)
    assert tally(PEOPLE, week, {"U9", "UELSEWHERE"}) == Tally(10, (3,) * 5, 1)
    assert split(PEOPLE, {"a": week}, {"U9"}) is None
    assert leading(PEOPLE, {"a": week, "b": []}, {"U9"}) is None  # a calm week


@pytest.mark.parametrize(
    ("people", "shared", "detail"),
    [
        (5, 0, Detail.COARSE),
        (8, 0, Detail.COARSE),
        (9, 0, Detail.FINE),
        (6, 1, Detail.PRESENCE),
        (7, 1, Detail.COARSE),
        (13, 1, Detail.COARSE),
        (14, 1, Detail.FINE),
        (20, 20, Detail.PRESENCE),
    ],
)
def test_bands_are_as_fine_as_a_team_is_large(people: int, shared: int, detail: Detail) -> None:
    assert detail_of(people, shared) is detail


@pytest.mark.parametrize(
    ("total", "bands"),
    [
        (0, ("none", "none", "none")),
        (13, ("under 1", "under 2", "some")),
        (14, ("1–2", "under 2", "some")),
        (28, ("2–4", "2 or more", "some")),
        (57, ("over 4", "2 or more", "some")),
    ],
)
def test_the_same_mean_in_three_details(total: int, bands: tuple[str, ...]) -> None:
    told = [Tally(14, (1,) * total, shared).band for shared in (1, 2, 6)]
    assert tuple(told) == bands


def test_the_largest_cell_is_named_where_counts_are_not() -> None:
    people = {f"U{index}" for index in range(6)}
    cells = {"a": each_received([2] * 5), "b": each_received([0, 0, 0, 0, 5, 5])}
    assert split(people, cells) is None
    assert leading(people, cells) == "a"
    assert leading(people, {"a": each_received([1] * 5), "b": []}) is None  # a calm week
    assert leading(people, {"a": each_received([5] * 4), "b": []}) is None  # four people
    assert leading(people, {"a": [], "b": []}) is None


def test_a_breakdown_of_one_cell_is_the_whole() -> None:
    told = split(PEOPLE, {"a": each_received([2] * 5), "b": []})
    assert told == Split((("a", 10),), 0)


def test_a_cell_that_fails_keeps_the_whole_from_being_told() -> None:
    assert split(PEOPLE, {"a": each_received([2] * 5), "b": contacts("U0", 1)}) is None


def test_the_smallest_cell_is_withheld_until_the_rest_passes() -> None:
    told = split(
        PEOPLE,
        {
            "large": each_received([3] * 6),
            "small": each_received([2] * 6),
            "single": contacts("U0", 1),
        },
    )
    assert told == Split((("large", 18),), 13)
    assert told.largest == "large"


def test_of_equal_cells_the_later_is_withheld_and_the_earlier_is_called_largest() -> None:
    same = each_received([2] * 6)
    told = split(PEOPLE, {"first": same, "second": same, "third": same, "lone": contacts("U0", 1)})
    assert told == Split((("first", 12), ("second", 12)), 13)
    assert told.largest == "first"


def test_a_rest_that_passes_by_itself_is_told_as_one() -> None:
    told = split(
        PEOPLE,
        {
            "a": each_received([2] * 5),
            "b": each_received([2, 2, 2]),
            "c": each_received([0, 0, 0, 2, 2, 2]),
        },
    )
    assert told == Split((("a", 10),), 12)


def test_nothing_is_told_of_nothing() -> None:
    assert split(PEOPLE, {"a": [], "b": []}) is None


USUAL = [Tally(10, (5, 5))] * 2  # one contact per person


@pytest.mark.parametrize(
    ("counts", "expected"),
    [
        ((5, 2), Direction.LOWER),
        ((5, 3), Direction.SAME),  # 80 % exactly
        ((5, 5), Direction.SAME),
        ((5, 5, 2), Direction.SAME),  # 120 % exactly
        ((5, 5, 3), Direction.HIGHER),
    ],
)
def test_direction_edges(counts: tuple[int, ...], expected: Direction) -> None:
    assert direction(Tally(10, counts), USUAL) is expected


@pytest.mark.parametrize(
    ("now", "before"),
    [
        (Tally(10, (5,)), []),
        (Tally(10, (5,)), [Tally(10, (5,))]),
        (Tally(10, (5,)), [Tally(10, (5,)), Tally(4, (5,))]),  # one of them too small
        (Tally(4, (5,)), USUAL),  # this week too small
    ],
)
def test_no_direction_without_two_weeks_to_compare_with(now: Tally, before: list[Tally]) -> None:
    assert direction(now, before) is None


def test_quiet_after_quiet_is_the_same_and_anything_after_quiet_is_higher() -> None:
    quiet = [Tally(10, ()), Tally(10, ())]
    assert direction(Tally(10, ()), quiet) is Direction.SAME
    assert direction(Tally(10, (1,)), quiet) is Direction.HIGHER


def weeks_of(*bands: tuple[int, int]) -> list[Tally]:
    """Weeks from people and total."""
    return [Tally(people, (1,) * total) for people, total in bands]


@pytest.mark.parametrize(
    ("now", "before", "told"),
    [
        ((10, 13), [(10, 10), (10, 10)], Direction.HIGHER),  # between 1 and 4, by 20 %
        ((10, 12), [(10, 10), (10, 10)], Direction.SAME),
        ((10, 11), [(10, 15), (10, 15)], Direction.LOWER),
        ((10, 2), [(10, 8), (10, 8)], None),  # under 1 both times: nothing shows
        ((10, 2), [(10, 8), (10, 0)], None),
        ((10, 2), [(10, 0), (10, 0)], Direction.HIGHER),
        ((10, 0), [(10, 0), (10, 0)], Direction.SAME),
        ((10, 0), [(10, 2), (10, 0)], Direction.LOWER),
        ((10, 9), [(10, 10), (10, 10)], Direction.LOWER),
        ((10, 50), [(10, 40), (10, 20)], Direction.HIGHER),
        ((5, 25), [(5, 10), (5, 10)], None),  # a small team has 2 or more each time
        ((5, 10), [(5, 5), (5, 9)], Direction.HIGHER),
        ((5, 9), [(10, 20), (10, 20)], Direction.LOWER),
        ((4, 9), [(10, 20), (10, 20)], None),
        ((10, 10), [(10, 20)], None),
        ((10, 10), [(10, 20), (4, 2)], None),
    ],
)
def test_a_trend_is_a_direction_in_the_middle_and_what_the_bands_show_elsewhere(
    now: tuple[int, int], before: list[tuple[int, int]], told: Direction | None
) -> None:
    (week,) = weeks_of(now)
    assert trend(week, weeks_of(*before)) is told


def test_joiners_and_leavers_do_not_move_equal_rates() -> None:
    before = [Tally(6, (1,) * 6), Tally(12, (1,) * 12), Tally(5, (5,))]
    assert direction(Tally(20, (5, 5, 5, 5)), before) is Direction.SAME


def test_each_earlier_week_weighs_the_same() -> None:
    before = [Tally(100, ()), Tally(5, (2, 2, 2, 2, 2))]  # rates 0 and 2, mean 1
    assert direction(Tally(5, (1, 1, 1, 1, 1)), before) is Direction.SAME


def test_only_the_last_four_calendar_weeks_are_the_trend() -> None:
    weeks = history(dict.fromkeys(("2026-W30", "2026-W39", *EARLIER), (1,)))
    assert [each.iso_week for each in trend_weeks(team_week(5), weeks)] == list(EARLIER)


def test_a_trend_looks_across_a_years_end() -> None:
    weeks = history(dict.fromkeys(("2026-W50", "2026-W51", "2026-W53"), (1,)))
    told = trend_weeks(team_week(5, iso_week="2027-W02"), weeks)
    assert [each.iso_week for each in told] == ["2026-W51", "2026-W53"]


@pytest.mark.parametrize(
    ("started_on", "done"),
    [
        (date(2026, 10, 19), True),  # the Monday two weeks before the week's end
        (date(2026, 10, 20), False),
        (date(2026, 10, 30), False),
        (date(2025, 1, 1), True),
    ],
)
def test_the_warm_up_is_two_weeks(started_on: date, *, done: bool) -> None:
    assert warmed_up(started_on, WEEK) is done
