"""Each line of the summary, on weeks written down by hand."""

from collections.abc import Sequence

import pytest

from bot.digest.facts import ContactFact, TeamWeek
from bot.digest.metrics import METRICS, TIMES, Line, time_of
from bot.digest.release import Band, Direction
from bot.domain.contact import Kind
from bot.words import digest as words
from tests.digest.weeks import EARLIER, EVENING_AT, contacts, each_received, history, team_week

DAY_S = 24 * 3600


def line(key: str, week: TeamWeek, earlier: Sequence[TeamWeek] = ()) -> Line | None:
    """What one metric says about a week."""
    (metric,) = (each for each in METRICS if each.key == key)
    return metric.line(week, earlier)


def test_keys_are_unique_and_every_formula_is_written_down() -> None:
    assert len({each.key for each in METRICS}) == len(METRICS)
    assert all(each.formula and type(each).__doc__ for each in METRICS)


def test_every_value_has_its_words() -> None:
    assert set(words.HEADLINES) == set(Band)
    assert set(words.DIRECTIONS) == set(Direction)
    assert set(words.KINDS) == set(words.KIND_ADVICE) == set(Kind)
    assert set(words.TIMES) == set(words.TIME_ADVICE) == set(TIMES)


@pytest.mark.parametrize("people", [0, 4])
def test_a_small_population_leaves_only_the_coverage(people: int) -> None:
    facts = [each_received([5] * people, outcome=each) for each in ("breach", "urgent", "averted")]
    week = team_week(people, *facts)
    earlier = history(dict.fromkeys(EARLIER, (1,) * 5))
    assert [each.key for each in METRICS if each.line(week, earlier)] == ["coverage"]


def test_a_quiet_week_is_celebrated_without_figures() -> None:
    assert line("headline", team_week(5)) == Line("headline", words.HEADLINES["none"])


def test_the_headline_is_a_band_of_breach_and_urgent() -> None:
    week = team_week(
        5,
        each_received([1, 1, 1]),
        each_received([0, 0, 0, 1, 1], outcome="urgent"),
        each_received([5] * 5, outcome="averted"),
        each_received([5] * 5, outcome="exempt"),
        each_received([5] * 5, outcome="chosen"),
    )
    assert line("headline", week) == Line(
        "headline", words.HEADLINES["under 2"], (("contacts per person", "under 2"),)
    )


def test_people_counted_elsewhere_leave_a_headline_without_figures() -> None:
    week = team_week(6, each_received([5] * 6), shared=frozenset({"U0"}))
    assert line("headline", week) == Line("headline", words.HEADLINES["some"])


def test_one_person_cannot_carry_the_headline() -> None:
    told = line("headline", team_week(9, contacts("U0", 300)))
    assert told is not None
    assert told.sentence == words.HEADLINES["under 1"]


def test_the_trend_says_a_direction_and_no_figure() -> None:
    earlier = history(dict.fromkeys(EARLIER, (1,) * 5))
    told = line("trend", team_week(5, each_received([2] * 5)), earlier)
    assert told == Line("trend", words.DIRECTIONS["higher"])


def test_the_trend_ignores_who_joined_and_who_left() -> None:
    earlier = history(dict.fromkeys(EARLIER, (1,) * 12), people=12)
    told = line("trend", team_week(9, each_received([1] * 9)), earlier)
    assert told == Line("trend", words.DIRECTIONS["same"])


def test_the_trend_is_silent_with_one_earlier_week() -> None:
    assert line("trend", team_week(5), history({EARLIER[-1]: [1]})) is None


def test_kinds_are_told_in_order_with_advice_on_the_largest() -> None:
    week = team_week(
        10, each_received([1] * 10, kind="mention"), each_received([2] * 10, kind="thread")
    )
    told = line("by_kind", week)
    assert told is not None
    assert told.figures == (("mentions", 10), ("thread replies", 20))
    assert told.sentence.startswith("It reached people as mentions and thread replies.")
    assert told.sentence.endswith(words.KIND_ADVICE["thread"])


def test_a_kind_that_fails_is_neither_named_nor_left_to_subtraction() -> None:
    mentions = each_received([3] * 7, kind="mention")
    threads = each_received([2] * 7, kind="thread")
    private = contacts("U0", 1, kind="dm")
    told = line("by_kind", team_week(7, mentions, threads, private))
    assert told is not None
    assert told.figures == (("mentions", 21), ("all other", 15))
    told = line("by_kind", team_week(7, mentions, private))
    assert told == Line("by_kind", words.mostly_kind("mention"))


def test_a_small_team_reads_what_is_most_frequent_and_no_count() -> None:
    week = team_week(6, each_received([2] * 6), each_received([1] * 6, kind="dm"))
    assert line("by_kind", week) == Line("by_kind", words.mostly_kind("mention"))
    assert line("by_time", week) == Line("by_time", words.mostly_time("workday evening"))
    assert line("by_kind", team_week(6, each_received([1] * 6))) is None


@pytest.mark.parametrize(
    ("hour_utc", "tz", "workday", "cell"),
    [
        (0, "UTC", True, "workday night"),
        (5, "UTC", True, "workday night"),
        (6, "UTC", True, "workday morning"),
        (12, "UTC", False, "day off afternoon"),
        (18, "UTC", True, "workday evening"),
        (23, "UTC", False, "day off evening"),
        (20, "Asia/Tokyo", True, "workday night"),
        (20, "America/New_York", True, "workday afternoon"),
    ],
)
def test_times_are_the_recipients_own(hour_utc: int, tz: str, *, workday: bool, cell: str) -> None:
    at = EVENING_AT + (hour_utc - 20) * 3600
    assert time_of(ContactFact("UA", "U0", at, "mention", "breach", tz=tz, workday=workday)) == cell


def test_an_advice_names_the_largest_time_that_passes() -> None:
    evenings = each_received([3] * 6)
    nights = each_received([4] * 6, at=EVENING_AT + 5 * 3600)
    loudest = contacts("U0", 50, at=EVENING_AT + 5 * DAY_S, workday=False)
    told = line("by_time", team_week(8, evenings, nights, loudest))
    assert told is not None
    assert told.sentence.endswith(words.TIME_ADVICE["workday night"])
    assert told.figures == (("workday nights", 24), ("all other", 20))
    assert "day-off" not in told.sentence


def test_times_that_fail_are_not_told() -> None:
    assert line("by_time", team_week(9, contacts("U0", 5))) is None


@pytest.mark.parametrize(
    ("counts", "sentence"),
    [([2] * 5, words.averted(10)), ([1] * 5, words.averted(None)), ([5, 1], words.averted(None))],
)
def test_averted_is_a_count_or_some(counts: list[int], sentence: str) -> None:
    week = team_week(7, each_received(counts, outcome="averted"))
    assert line("averted", week) == Line("averted", sentence)


@pytest.mark.parametrize("key", ["averted", "urgent"])
def test_nothing_averted_or_urgent_needs_no_line(key: str) -> None:
    assert line(key, team_week(5, each_received([5] * 5))) is None


@pytest.mark.parametrize(
    ("urgent", "breach", "sentence"),
    [
        ([2] * 5, [], words.urgent(10)),
        ([2] * 5, [1] * 5, words.urgent(None)),
        ([2] * 5, [2] * 5, words.urgent(10)),
        ([2] * 5, [1], words.urgent(None)),  # the one breach would follow by subtraction
        ([5, 1], [2] * 5, words.urgent(None)),
        ([1], [1], words.urgent(None)),
    ],
)
def test_urgent_is_counted_where_it_and_the_rest_pass(
    urgent: list[int], breach: list[int], sentence: str
) -> None:
    week = team_week(7, each_received(urgent, outcome="urgent"), each_received(breach))
    assert line("urgent", week) == Line("urgent", sentence)


def test_coverage_says_what_was_seen() -> None:
    week = team_week(7, without_hours=2, channels_seen=12, channels_total=30, audiences=3)
    assert line("coverage", week) == Line(
        "coverage",
        "This is what Offhours could see. Direct messages are not seen.",
        (
            ("people with hours set", "7 of 9"),
            ("public channels seen", "12 of 30"),
            ("messages to everyone at once", 3),
        ),
    )


@pytest.mark.parametrize(("seen", "total"), [(None, None), (3, None), (None, 3)])
def test_channels_are_left_out_when_not_known(seen: int | None, total: int | None) -> None:
    told = line("coverage", team_week(5, channels_seen=seen, channels_total=total, dms_seen=True))
    assert told is not None
    assert told.figures == (("people with hours set", "5 of 5"),)
    assert "Direct messages are seen only" in told.sentence


@pytest.mark.parametrize(
    ("without_hours", "hours_unknown", "hinted"), [(4, 90, False), (5, 90, True), (5, 0, False)]
)
def test_people_without_hours_are_five_or_not_spoken_of(
    without_hours: int,
    hours_unknown: int,
    *,
    hinted: bool,
) -> None:
    week = team_week(5, without_hours=without_hours, hours_unknown=hours_unknown)
    told = line("coverage", week)
    assert told is not None
    assert ("hours are not known" in told.sentence) is hinted
    assert "90" not in told.sentence
