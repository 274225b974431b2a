"""Lines over facts that are given: balance, nights, leaders, verdicts, pulse."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date
from fractions import Fraction

import pytest

from bot.digest.facts import (
    ExceptionFact,
    HintFact,
    PulseFact,
    Rest,
    TeamWeek,
    VerdictFact,
    shared_people,
)
from bot.digest.metrics import METRICS, Line
from bot.digest.metrics_people import Spread, gini, pair_balance
from bot.words import digest as words
from tests.digest.weeks import contacts, each_received, team_week

ONE_SHARED = frozenset({"U0"})


def said(key: str, week: TeamWeek) -> str | None:
    """The sentence of one metric."""
    (metric,) = (each for each in METRICS if each.key == key)
    line = metric.line(week, ())
    assert line is None or line == Line(key, line.sentence)
    return line.sentence if line else None


def test_every_value_has_its_words() -> None:
    assert set(words.BALANCE) == set(Spread)


def test_what_was_not_collected_has_no_line() -> None:
    keys = {each.key for each in METRICS if each.line(team_week(12, each_received([3] * 12)), ())}
    uncollected = {
        "verdicts",
        "hints",
        "leaders",
        "quiet_nights",
        "rest_gaps",
        "meetings",
        "weekend_meetings",
        "leaders_meetings",
        "meeting_zones",
        "short_notice",
    }
    assert not keys & {*uncollected, "pulse", "exceptions"}


@pytest.mark.parametrize(
    ("counts", "expected_gini", "expected_pairs"),
    [
        ([0, 0, 0], 0, 1),
        ([2, 2, 2], 0, 1),
        ([0, 0, 3], Fraction(2, 3), Fraction(1, 3)),
        ([1, 2], Fraction(1, 6), Fraction(1, 2)),
        ([1, 1, 4], Fraction(1, 3), Fraction(1, 2)),
    ],
)
def test_gini_and_pair_balance(
    counts: Sequence[int], expected_gini: Fraction, expected_pairs: Fraction
) -> None:
    assert gini(counts) == expected_gini
    assert pair_balance(counts) == expected_pairs


@pytest.mark.parametrize(
    ("counts", "word"),
    [
        ([3] * 10, "even"),
        ([5] * 5 + [1] * 5, "uneven"),
        ([5] * 4 + [0] * 6, "few"),
        ([3] * 9, None),  # fewer than ten people
        ([1] * 10, None),  # a calm week: even would say what each person had
    ],
)
def test_balance_is_a_word(counts: list[int], word: str | None) -> None:
    week = team_week(len(counts), each_received(counts))
    assert said("balance", week) == (word and words.BALANCE[word])
    assert said("balance", replace(week, shared=ONE_SHARED)) is None


def with_rest(week: TeamWeek, rests: Iterable[Rest]) -> TeamWeek:
    members = tuple(
        replace(each, rest=rest) for each, rest in zip(week.members, rests, strict=True)
    )
    return replace(week, members=members)


@pytest.mark.parametrize(
    ("people", "kept", "words_for"),
    [(9, 6, "most"), (9, 4, "more than half"), (9, 3, "half or less"), (5, 6, "more than half")],
)
def test_quiet_nights_are_a_part_of_all(people: int, kept: int, words_for: str) -> None:
    week = team_week(people, each_received([2] * people))
    assert (
        said("quiet_nights", with_rest(week, [Rest(7, kept, 0)] * people))
        == (words.NIGHTS[words_for])
    )


def test_quiet_nights_need_five_people_and_a_band() -> None:
    rests = [Rest(7, 3, 0)] * 6
    busy = team_week(6, each_received([2] * 6))
    assert said("quiet_nights", with_rest(busy, [*rests[:4], None, None])) is None
    assert said("quiet_nights", with_rest(team_week(6), rests)) is None
    assert said("quiet_nights", with_rest(replace(busy, shared=ONE_SHARED), rests)) is None
    assert said("quiet_nights", with_rest(busy, [Rest(0, 0, 0)] * 6)) is None


@pytest.mark.parametrize(
    ("cut_short", "sentence"),
    [
        ([0] * 7, words.RESTED),
        ([1] + [0] * 6, words.rest_gaps(None)),
        ([2] * 6 + [0], words.rest_gaps(12)),
    ],
)
def test_rest_gaps(cut_short: list[int], sentence: str) -> None:
    week = with_rest(team_week(7), [Rest(7, 3, count) for count in cut_short])
    assert said("rest_gaps", week) == sentence


def test_rest_gaps_are_not_told_of_people_counted_elsewhere() -> None:
    week = replace(team_week(5), shared=ONE_SHARED)
    assert said("rest_gaps", with_rest(week, [Rest(7, 3, 1)] * 5)) is None


@pytest.mark.parametrize(
    ("leaders", "shown", "sentence"),
    [
        ({"UA"}, set(), None),
        ({"UA"}, {"UA"}, words.leaders(14, everybody=True)),
        ({"UA", "UB"}, {"UA"}, words.leaders(14, everybody=False)),
        ({"UA", "UB"}, {"UB"}, words.leaders_quiet(everybody=False)),
        ({"UA", "UB", "UC", "UD"}, set(), None),
        ({"UA", "UB", "UC", "UD", "UE"}, set(), words.leaders(14, everybody=True)),
    ],
)
def test_leaders_show_it_or_are_five(
    leaders: set[str], shown: set[str], sentence: str | None
) -> None:
    week = team_week(
        7,
        each_received([2] * 7, author_id="UA"),
        each_received([2] * 7),
        leaders=frozenset(leaders),
        leaders_shown=frozenset(shown),
    )
    assert said("leaders", week) == sentence


def test_what_leaders_start_is_counted_only_where_the_rest_passes() -> None:
    week = team_week(
        7,
        each_received([2] * 7, author_id="UA"),
        contacts("U0", 1),
        leaders=frozenset({"UA"}),
        leaders_shown=frozenset({"UA"}),
    )
    assert said("leaders", week) == words.leaders(None, everybody=True)
    assert said("leaders", team_week(4, leaders=week.leaders, leaders_shown=week.leaders)) is None


def verdicts(*said_urgent: Iterable[bool]) -> tuple[VerdictFact, ...]:
    """The verdicts of U0, U1 and so on."""
    return tuple(
        VerdictFact(f"U{index}", each) for index, own in enumerate(said_urgent) for each in own
    )


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ([[True]] * 5, True),
        ([[True]] * 3 + [[False]] * 3, False),  # half
        ([[True]] * 4, None),
        ([[True]] * 4 + [[False] * 90], False),  # capped at 5
        ([[True]] * 6 + [[False] * 90], True),
    ],
)
def test_verdicts_are_more_or_less_than_half(given: list, *, expected: bool | None) -> None:
    week = team_week(8, verdicts=verdicts(*given))
    sentence = None if expected is None else words.verdicts(was_urgent=expected)
    assert said("verdicts", week) == sentence
    assert said("verdicts", replace(week, shared=ONE_SHARED)) is None


@pytest.mark.parametrize(
    ("given", "share"),
    [
        ([[False]] * 5, 0.0),
        ([[False] * 5] * 4 + [[True] * 2 + [False] * 90], 2 / 25),  # capped at 5
        ([[True]] + [[False]] * 5, 1 / 6),
        ([[True]] * 3 + [[False]] * 3, 0.5),
        ([[True]] * 4, None),
    ],
)
def test_hints_that_were_not_wanted_are_few_some_or_many(given: list, share: float | None) -> None:
    hints = tuple(HintFact(f"U{index}", each) for index, own in enumerate(given) for each in own)
    week = team_week(8, hints=(*hints, HintFact("USOMEBODY", dismissed=True)))
    assert said("hints", week) == (None if share is None else words.hints(share))
    assert said("hints", replace(week, shared=ONE_SHARED)) is None


def test_the_words_for_hints_follow_their_share() -> None:
    told = [words.hints(share).split()[0] for share in (0, 0.09, 0.1, 1 / 3, 0.34, 1)]
    assert told == ["Few", "Few", "Some", "Some", "Many", "Many"]


@pytest.mark.parametrize(
    ("unheard_s", "said"),
    [(0, None), (600, "For up to an hour it did not hear"), (3 * 3_600, "For about 3 hours it")],
)
def test_a_gap_is_part_of_the_coverage(unheard_s: int, said: str | None) -> None:
    (coverage,) = (each for each in METRICS if each.key == "coverage")
    line = coverage.line(replace(team_week(8), unheard_s=unheard_s), ())
    assert (said or "This is what Offhours could see") in line.sentence
    assert ("did not hear" in line.sentence) == bool(said)


@pytest.mark.parametrize(
    ("yes", "no", "obliged"), [(3, 2, True), (3, 3, False), (0, 5, False), (4, 0, None)]
)
def test_the_pulse_is_more_or_less_than_half(yes: int, no: int, *, obliged: bool | None) -> None:
    pulse = tuple(PulseFact(f"U{index}", index < yes) for index in range(yes + no))
    sentence = None if obliged is None else words.pulse(obliged=obliged)
    assert said("pulse", team_week(9, pulse=pulse)) == sentence
    assert said("pulse", team_week(9, pulse=pulse, shared=ONE_SHARED)) is None


def test_exceptions_are_public() -> None:
    ends = [date(2026, 11, 1), date(2026, 11, 2), date(2026, 12, 1)]
    week = team_week(5, exceptions=tuple(map(ExceptionFact, ends)))
    assert said("exceptions", week) == (
        "3 exceptions are in force, 1 of which ends this week. "
        "The policy says why; please look whether they are still needed."
    )
    one = replace(week, exceptions=(ExceptionFact(date(2027, 1, 1)),))
    assert said("exceptions", one) == (
        "1 exception is in force. The policy says why; please look whether it is still needed."
    )
    assert said("exceptions", replace(week, exceptions=())) is None


def test_shared_people() -> None:
    shared = shared_people({"A": ["U1", "U2"], "B": ["U2", "U3"], "C": ["U4"]})
    assert shared == {"A": frozenset({"U2"}), "B": frozenset({"U2"}), "C": frozenset()}
