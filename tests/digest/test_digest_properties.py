"""Any team, any week: what is published is recounted from the raw facts by other means."""

import re
from collections import defaultdict
from fractions import Fraction

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.digest.facts import ContactFact, Member, TeamWeek
from bot.digest.metrics import time_of
from bot.digest.report import Report, build_report
from bot.words import digest as words
from tests.digest.weeks import EARLIER, EVENING_AT, WEEK

# A busy machine may take its time; the cases are what counts.
patient = settings(deadline=None, max_examples=150, suppress_health_check=[HealthCheck.too_slow])
USERS = [f"U{chr(65 + index)}" for index in range(12)]

facts = st.builds(
    ContactFact,
    author_id=st.just("UAUTHOR"),
    recipient_id=st.sampled_from(USERS),
    at=st.integers(0, 6 * 24).map(lambda hours: EVENING_AT + hours * 3600),
    kind=st.sampled_from(["mention", "thread", "dm"]),
    outcome=st.sampled_from(["breach", "breach", "averted", "urgent", "exempt", "chosen"]),
    workday=st.booleans(),
)


@st.composite
def team_weeks(draw: st.DrawFn, iso_week: str = WEEK) -> TeamWeek:
    """A team of up to twelve, mostly counted; pressure spread over it, and some that is not."""
    flags = st.sampled_from([True] * 9 + [False])
    members = tuple(
        Member(user_id, enrolled=draw(flags), working=draw(flags))
        for user_id in USERS[: draw(st.sampled_from([0, 4, 5, 6, 7, 8, 10, 12]))]
    )
    spread: list[ContactFact] = []
    for kind, outcome, hours in (
        ("mention", "breach", 0),
        ("thread", "urgent", 5),
        ("mention", "averted", 0),
    ):
        most = draw(st.sampled_from([0, 1, 3, 7]))
        counts = draw(st.lists(st.integers(0, most), min_size=len(members), max_size=len(members)))
        at = EVENING_AT + hours * 3600
        spread += [
            ContactFact("UAUTHOR", each.user_id, at, kind, outcome)
            for each, count in zip(members, counts, strict=True)
            for _ in range(count)
        ]
    lone = draw(st.lists(facts, max_size=draw(st.sampled_from([0, 2, 40]))))
    shared = frozenset(draw(st.lists(st.sampled_from(USERS), max_size=1)))
    return TeamWeek(
        "T1",
        iso_week,
        members,
        (*spread, *lone),
        shared=draw(st.sampled_from([shared, frozenset()])),
    )


def published(week: TeamWeek, earlier: list[TeamWeek]) -> Report:
    return build_report(week, earlier, team_name="Harbour", warm_up_done=True)


def counted(week: TeamWeek) -> set[str]:
    """The population, recounted."""
    enrolled = {each.user_id for each in week.members if each.enrolled}
    return enrolled - {each.user_id for each in week.members if not each.working}


def received(week: TeamWeek, wanted: dict[str, set[str]]) -> list[int]:
    """Capped counts per person of contacts whose fields are among the wanted, zeros left out."""
    per_person: dict[str, int] = defaultdict(int)
    for each in week.contacts:
        values = {"kind": each.kind, "outcome": each.outcome, "time": time_of(each)}
        if each.recipient_id in counted(week) and all(
            values[field] in allowed for field, allowed in wanted.items()
        ):
            per_person[each.recipient_id] += 1
    return [min(count, 5) for count in per_person.values()]


def assert_released(week: TeamWeek, counts: list[int], told: int) -> None:
    """The rules for an exact count, written out once more in integers."""
    assert told == sum(counts)
    assert len(counted(week)) >= 7
    assert 10 <= told <= 5 * len(counted(week)) - 8
    assert not counted(week) & week.shared
    assert len(counts) >= 5
    assert all(100 * count <= 30 * told for count in counts)


RANG = {"breach", "urgent"}


@patient
@given(team_weeks())
def test_every_exact_figure_obeys_the_rules(week: TeamWeek) -> None:
    lines = {each.key: each for each in published(week, []).lines}
    for key, field, labels in (("by_kind", "kind", words.KINDS), ("by_time", "time", words.TIMES)):
        if key not in lines:
            continue
        figures = dict(lines[key].figures)
        named = {cell for cell, label in labels.items() if label in figures}
        for cell in named:
            counts = received(week, {"outcome": RANG, field: {cell}})
            assert_released(week, counts, figures[labels[cell]])
        if not named:
            assert lines[key].figures == ()
            continue
        rest = received(week, {"outcome": RANG, field: set(labels) - named})
        if "all other" in figures:
            assert_released(week, rest, figures["all other"])
        else:
            assert rest == []
    if "averted" in lines and (found := re.match(r"\d+", lines["averted"].sentence)):
        assert_released(week, received(week, {"outcome": {"averted"}}), int(found[0]))
    if "urgent" in lines and (found := re.match(r"\d+", lines["urgent"].sentence)):
        assert_released(week, received(week, {"outcome": {"urgent"}}), int(found[0]))
        if others := received(week, {"outcome": {"breach"}}):
            assert_released(week, others, sum(others))


@patient
@given(team_weeks())
def test_a_population_under_five_leaves_no_digit(week: TeamWeek) -> None:
    told = published(week, [])
    if len(counted(week)) < 5:
        assert told.status == "not_enough_data"
        assert not re.search(r"\d", told.text().removeprefix(told.title))
    else:
        assert told.status == "published"
        assert [told.lines[0].key, told.lines[-1].key] == ["headline", "coverage"]


@patient
@given(team_weeks())
def test_the_headline_is_the_band_of_the_recounted_mean(week: TeamWeek) -> None:
    told = published(week, [])
    if told.status != "published":
        return
    assert told.lines[0].sentence == words.HEADLINES[band(week)]


def band(week: TeamWeek) -> str:
    """The band, recounted."""
    people, total = len(counted(week)), sum(received(week, {"outcome": RANG}))
    shared = len(counted(week) & week.shared)
    ladder = [("none", 0)]
    if people >= 9 + 5 * shared:
        ladder += [("under 1", people - 1), ("1–2", 2 * people - 1), ("2–4", 4 * people)]
        ladder += [("over 4", 5 * people)]
    elif 2 * people >= 9 + 5 * shared:
        ladder += [("under 2", 2 * people - 1), ("2 or more", 5 * people)]
    else:
        ladder += [("some", 5 * people)]
    return next(each for each, most in ladder if total <= most)


@settings(patient, max_examples=60)
@given(team_weeks(), st.tuples(*(team_weeks(each) for each in EARLIER)))
def test_the_direction_is_the_recounted_one(week: TeamWeek, earlier: tuple[TeamWeek, ...]) -> None:
    told = published(week, list(earlier))
    said = [each.sentence for each in told.lines if each.key == "trend"]
    pairs = [
        (sum(received(each, {"outcome": RANG})), len(counted(each))) for each in (*earlier, week)
    ]
    usable = [(total, people) for total, people in pairs[:-1] if people >= 5]
    total, people = pairs[-1]
    if people < 5 or len(usable) < 2:
        assert said == []
        return
    bands = {band(each) for each in (*earlier, week) if len(counted(each)) >= 5}
    if not bands <= {"1–2", "2–4"}:
        assert set(said) <= {words.DIRECTIONS[went] for went in shown(week, earlier)}
        return
    # Everything times the product of all denominators, so that no division rounds.
    scale = 1
    for _, size in usable:
        scale *= size
    usual = sum(each * scale // size for each, size in usable)
    now = total * scale * len(usable)
    lower, higher = 10 * now < 8 * usual * people, 10 * now > 12 * usual * people
    expected = "lower" if lower else "higher" if higher else "same"
    assert said == [words.DIRECTIONS[expected]]


def shown(week: TeamWeek, earlier: tuple[TeamWeek, ...]) -> set[str]:
    """Which directions are true of any weeks that have these bands."""
    usable = [each for each in earlier if len(counted(each)) >= 5]
    usual = sum(
        Fraction(sum(received(each, {"outcome": RANG})), len(counted(each))) for each in usable
    )
    now = Fraction(sum(received(week, {"outcome": RANG})), len(counted(week)))
    if now * len(usable) == usual:
        return {"same"} if now == 0 else set()
    return {"higher" if now * len(usable) > usual else "lower"}


@patient
@given(team_weeks())
def test_no_report_names_anybody(week: TeamWeek) -> None:
    text = published(week, []).text()
    assert not any(re.search(rf"\b{each}\b", text) for each in [*USERS, "UAUTHOR"])


@patient
@given(
    st.integers(1, 4),
    st.integers(9, 30),
    st.lists(st.integers(9, 30), min_size=2, max_size=4),
)
def test_equal_rates_stay_equal_whoever_joins_or_leaves(
    each: int, people: int, sizes: list[int]
) -> None:
    def week(iso_week: str, size: int) -> TeamWeek:
        roster = [f"U{index}" for index in range(size)]
        return TeamWeek(
            "T1",
            iso_week,
            tuple(Member(user_id, enrolled=True, working=True) for user_id in roster),
            tuple(
                ContactFact("UA", user_id, EVENING_AT, "mention", "breach")
                for user_id in roster
                for _ in range(each)
            ),
        )

    earlier = [week(iso_week, size) for iso_week, size in zip(EARLIER, sizes, strict=False)]
    lines = published(week(WEEK, people), earlier).lines
    assert lines[1].sentence == words.DIRECTIONS["same"]
