"""Lines on meetings: whose calendar counts, what is told, and what a reader cannot work out."""

import random
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import timedelta

import pytest

from bot.digest.facts import MeetingFact, TeamWeek, shared_people
from bot.digest.metrics import METRICS, Line
from bot.digest.release import ROOM, Band, Tally, apart
from bot.digest.report import build_report
from bot.words import digest as words
from tests.digest.attack import Knowledge, narrowest, sum_of
from tests.digest.weeks import WEEK, team_week

ONE_SHARED = frozenset({"U0"})
TOKYO, VIENNA, LISBON = "Asia/Tokyo", "Europe/Vienna", "Europe/Lisbon"
LEAD = {"leaders": frozenset({"ULEAD"}), "leaders_shown": frozenset({"ULEAD"})}


def said(key: str, week: TeamWeek) -> str | None:
    """The sentence of one metric."""
    (metric,) = (each for each in METRICS if each.key == key)
    line = metric.line(week, ())
    assert line is None or line == Line(key, line.sentence)
    return line.sentence if line else None


def met(minutes: Iterable[int], **fields: object) -> list[MeetingFact]:
    """Person ``U0`` has so many minutes outside hours, ``U1`` the next, and so on."""
    defaults = {"minutes": 600, "ahead_h": 48}
    return [
        MeetingFact(f"U{index}", outside_min=outside, **{**defaults, **fields})
        for index, outside in enumerate(minutes)
    ]


def week_of(people: int, *groups: Iterable[MeetingFact], **fields: object) -> TeamWeek:
    """A team whose calendars are all read, in Vienna unless ``calendars`` says otherwise."""
    calendars = {f"U{index}": VIENNA for index in range(people)}
    meetings = tuple(each for group in groups for each in group)
    return team_week(people, **{"calendars": calendars, "meetings": meetings, **fields})


def in_zones(*crews: tuple[str, Sequence[int]], **fields: object) -> TeamWeek:
    """People by zone, each with so many hours of meetings outside their hours."""
    hours = [each for _, crew in crews for each in crew]
    zones = [tz for tz, crew in crews for _ in crew]
    calendars = {f"U{index}": tz for index, tz in enumerate(zones)}
    return week_of(
        len(hours), met(60 * each for each in hours), **{"calendars": calendars, **fields}
    )


def test_every_value_has_its_words() -> None:
    assert set(words.MEETINGS) == set(Band)


@pytest.mark.parametrize(
    ("minutes", "band"),
    [
        ([0] * 9, "none"),
        ([1] + [0] * 8, "under 1"),
        ([60] * 9, "1–2"),
        ([61] * 9, "2–4"),  # begun hours
        ([600] * 9, "over 4"),
        ([600] * 5, "2 or more"),
    ],
)
def test_meeting_hours_are_a_band(minutes: list[int], band: str) -> None:
    assert said("meetings", week_of(len(minutes), met(minutes))) == words.MEETINGS[band]
    assert said("meetings", week_of(4, met(minutes))) is None


def test_only_those_whose_calendar_was_read_count() -> None:
    five = {f"U{index}": VIENNA for index in range(5)}
    week = week_of(12, met([600] * 5 + [0] * 7))
    assert said("meetings", week) == words.MEETINGS["2–4"]
    assert said("meetings", replace(week, calendars=five)) == words.MEETINGS["2 or more"]
    four = {f"U{index}": VIENNA for index in range(4)}
    fewer = replace(week, calendars=four, **LEAD)
    keys = {"meetings", "weekend_meetings", "leaders_meetings", "meeting_zones", "short_notice"}
    assert {said(key, fewer) for key in keys} == {None}


def test_shared_people_make_it_coarser() -> None:
    week = week_of(9, met([60] * 9), shared=ONE_SHARED)
    assert said("meetings", week) == words.MEETINGS["under 2"]
    elsewhere = replace(week, shared=frozenset({"UOTHER"}))
    assert said("meetings", elsewhere) == words.MEETINGS["1–2"]


def test_weekends_are_some_or_none_and_only_beside_meeting_hours() -> None:
    week = week_of(6, met([60] * 3, weekend_min=0), met([30], weekend_min=30))
    assert said("weekend_meetings", week) == words.weekend(some=True)
    weekdays = week_of(6, met([60] * 3))
    assert said("weekend_meetings", weekdays) == words.weekend(some=False)
    assert said("weekend_meetings", week_of(6, met([0] * 6))) is None


@pytest.mark.parametrize(
    ("organizer_id", "fields", "some", "everybody"),
    [
        ("ULEAD", LEAD, True, True),
        ("UOTHER", LEAD, False, True),
        ("ULEAD", {**LEAD, "leaders": frozenset({"ULEAD", "UTOO"})}, True, False),
        ("UTOO", {**LEAD, "leaders": frozenset({"ULEAD", "UTOO"})}, False, False),
        ("UL3", {"leaders": frozenset(f"UL{n}" for n in range(5))}, True, True),
    ],
)
def test_what_leaders_call_is_some_or_none(
    organizer_id: str, fields: dict, *, some: bool, everybody: bool
) -> None:
    week = week_of(6, met([60, 30], organizer_id=organizer_id), **fields)
    expected = words.leaders_meetings(some=some, everybody=everybody)
    assert said("leaders_meetings", week) == expected


def test_leaders_who_do_not_show_it_are_not_told_of() -> None:
    hidden = {"leaders": frozenset({"ULEAD", "UTOO"}), "leaders_shown": frozenset()}
    week = week_of(6, met([60], organizer_id="ULEAD"), **hidden)
    assert said("leaders_meetings", week) is None


def test_a_leader_who_meets_at_night_by_their_own_will_is_nobodys_burden() -> None:
    shown = {"leaders": frozenset({"U0"}), "leaders_shown": frozenset({"U0"})}
    own = met([60], organizer_id="U0")
    week = week_of(6, own, met([0, 60]), **shown)
    quiet = words.leaders_meetings(some=False, everybody=True)
    assert said("leaders_meetings", week) == quiet


@pytest.mark.parametrize(
    ("crews", "sentence"),
    [
        ([(TOKYO, [3] * 7), (VIENNA, [0] * 5)], words.zone_most("UTC+9")),
        ([(TOKYO, [3] * 7), (VIENNA, [2] * 7)], words.zone_most("UTC+9")),
        ([(TOKYO, [2] * 7), (VIENNA, [3] * 7)], words.zone_most("UTC+1")),
        ([(TOKYO, [2] * 7), (VIENNA, [2] * 6 + [3])], words.ZONES_EVEN),
        # zones whose clocks agree are one
        ([(TOKYO, [3] * 7), (VIENNA, [1] * 4), ("Europe/Oslo", [2] * 3)], words.zone_most("UTC+9")),
        ([(TOKYO, [3] * 7)], None),
        # too few in one zone, or too few with anything
        ([(TOKYO, [3] * 6), (VIENNA, [2] * 8)], None),
        ([(TOKYO, [5, 5, 5, 5, 0, 0, 0]), (VIENNA, [2] * 8)], None),
        # one person in a zone of their own is among others, or would be found by subtraction
        ([(TOKYO, [3] * 7), (VIENNA, [2] * 7), (LISBON, [1])], words.zone_most("UTC+9")),
        ([(TOKYO, [3] * 7), (VIENNA, [2] * 7), (LISBON, [5])], words.zone_most("UTC+9")),
        ([(TOKYO, [3] * 7), (LISBON, [1])], None),
        ([(TOKYO, [3] * 7), (LISBON, [0])], None),
        ([(TOKYO, [3] * 7), (VIENNA, [0] * 4)], None),
        # those who are left out pass together
        ([(TOKYO, [4] * 8), (VIENNA, [2] * 4), (LISBON, [2] * 4)], words.zone_most("UTC+9")),
        ([(TOKYO, [2] * 8), (VIENNA, [2] * 4), (LISBON, [2] * 4)], None),
        # nearly everybody is at the cap
        ([(TOKYO, [5] * 7), (VIENNA, [2] * 8)], None),
    ],
)
def test_zones_are_named_where_their_hours_could_be_told(crews: list, sentence: str | None) -> None:
    week = in_zones(*crews)
    assert said("meeting_zones", week) == sentence
    assert said("meeting_zones", replace(week, shared=ONE_SHARED)) is None


@pytest.mark.parametrize(
    ("hours", "minutes", "clock"),
    [
        (0, 0, "UTC"),
        (9, 0, "UTC+9"),
        (5, 45, "UTC+5:45"),
        (-3, -30, "UTC−3:30"),
        (-11, 0, "UTC−11"),
    ],
)
def test_clocks_are_named_by_their_distance(hours: int, minutes: int, clock: str) -> None:
    assert words.clock_of(timedelta(hours=hours, minutes=minutes)) == clock


@pytest.mark.parametrize(
    ("short", "long", "mostly"), [(3, 2, True), (3, 3, False), (0, 5, False), (2, 2, None)]
)
def test_short_notice_is_more_or_less_than_half(
    short: int, long: int, *, mostly: bool | None
) -> None:
    meetings = [
        MeetingFact(f"U{index}", 30, 0, ahead_h=24 if index < short else 25)
        for index in range(short + long)
    ]
    week = week_of(9, meetings)
    sentence = None if mostly is None else words.short_notice(mostly=mostly)
    assert said("short_notice", week) == sentence
    assert said("short_notice", replace(week, shared=ONE_SHARED)) is None


def test_one_persons_long_meetings_do_not_carry_the_short_notice() -> None:
    planned = [MeetingFact(f"U{index}", 30, 0, ahead_h=99) for index in range(6)]
    long = MeetingFact("U6", 6_000, 0, ahead_h=1)
    assert said("short_notice", week_of(9, planned, [long])) == words.short_notice(mostly=False)


def test_groups_are_left_out_together() -> None:
    fine, few = Tally(7, (2,) * 7), Tally(4, (3,) * 4)
    assert apart({"a": fine, "b": fine}).keys() == {"a", "b"}
    assert apart({"a": fine, "b": few}) == {}
    assert apart({"a": fine, "b": few, "c": few}).keys() == {"a"}
    assert apart({"a": few, "b": few}) == {}
    # the smallest that passes is left out, too, where that covers somebody
    assert apart({"a": Tally(9, (3,) * 9), "b": fine, "c": few}).keys() == {"a"}
    assert apart({"a": fine, "b": Tally(5, ())}).keys() == {"a"}
    assert apart({"a": fine, "b": Tally(4, ())}) == {}


# The attack: everything said of meetings, given to somebody who knows every roster, every zone and
# their own week; of zones they are given the hours themselves, which is more than is said.

HOURS, WEEKEND, LEADERS = "hours", "weekend", "leaders"


def learned(weeks: Iterable[TeamWeek]) -> tuple[Knowledge, set[tuple[str, str]]]:
    """What the reader knows, and of whom nothing is hidden because the message is zero."""
    knowledge, silent = Knowledge(), set()
    for week in weeks:
        lines = {
            each.key: each.sentence
            for each in build_report(week, [], team_name="Harbour", warm_up_done=True).lines
        }
        if "meetings" in lines:
            _learn(knowledge, silent, week, lines)
    assert knowledge.contradictions() == []
    return knowledge, silent


def _learn(knowledge: Knowledge, silent: set, week: TeamWeek, lines: dict[str, str]) -> None:
    people = sorted(week.calendar_population)
    hours = {each: _hours(week, each, "outside_min") for each in people}
    for each, count in hours.items():
        knowledge.truth[each, WEEK, HOURS] = count
    shared = len(week.shared & week.calendar_population)
    band = Tally(len(people), tuple(filter(None, hours.values())), shared).band
    assert lines["meetings"] == words.MEETINGS[band]
    knowledge.between([(each, WEEK, HOURS) for each in people], *sum_of(band, len(people)))
    if band is Band.NONE:
        silent |= {(each, HOURS) for each in people}
    for part, key, some in (
        (WEEKEND, "weekend_meetings", words.weekend(some=True)),
        (LEADERS, "leaders_meetings", words.leaders_meetings(some=True, everybody=True)),
    ):
        if key in lines:
            _learn_part(knowledge, silent, week, part, is_some=lines[key] == some)
    if "meeting_zones" in lines:
        _learn_zones(knowledge, silent, week, hours)


def _learn_part(
    knowledge: Knowledge, silent: set, week: TeamWeek, part: str, *, is_some: bool
) -> None:
    people = sorted(week.calendar_population)
    field = "weekend_min" if part == WEEKEND else "outside_min"
    for each in people:
        whole, own = (each, WEEK, HOURS), (each, WEEK, (part, week.team_id))
        by = "ULEAD" if part == LEADERS else None
        knowledge.truth[own] = _hours(week, each, field, by)
        knowledge.at_most({own: 1.0, whole: -1.0}, 0)
        if not is_some:
            silent.add((each, (part, week.team_id)))
    sums = sum_of(Band.SOME if is_some else Band.NONE, len(people))
    knowledge.between([(each, WEEK, (part, week.team_id)) for each in people], *sums)


def _learn_zones(knowledge: Knowledge, silent: set, week: TeamWeek, hours: dict) -> None:
    groups: dict[str, list[str]] = {}
    for each in sorted(week.calendar_population):
        groups.setdefault(week.calendars[each], []).append(each)
    named = apart(
        {
            tz: Tally(len(crew), tuple(hours[e] for e in crew if hours[e]))
            for tz, crew in groups.items()
        }
    )
    left = [each for tz, crew in groups.items() if tz not in named for each in crew]
    for crew in (*(groups[tz] for tz in named), left):
        variables = [(each, WEEK, HOURS) for each in crew]
        total = sum(hours[each] for each in crew)
        if total:
            knowledge.shared_by_five(variables)
            knowledge.between(variables, total, total)
        else:
            silent |= {(each, HOURS) for each in crew}


def _hours(week: TeamWeek, user_id: str, field: str, organizer_id: str | None = None) -> int:
    """Begun hours of one person, counted once more."""
    minutes = sum(
        getattr(each, field)
        for each in week.meetings
        if each.user_id == user_id and organizer_id in (None, each.organizer_id)
    )
    return min(-(-minutes // 60), 5)


def drawn(seed: int) -> list[TeamWeek]:
    """One team, or two that share somebody; in one zone, two or three; calm or not."""
    chance = random.Random(seed)
    people = [f"U{index}" for index in range(chance.randint(5, 26))]
    zones = [VIENNA, TOKYO, LISBON][: chance.choice((1, 2, 2, 2, 3))]
    calendars = {each: zones[index % len(zones)] for index, each in enumerate(people)}
    mood = chance.choice(((0, 0, 0, 1), (1,), (0, 1, 2, 3), (2, 2, 3), (4, 5, 9), (0, 5)))
    meetings = []
    for each in people:
        outside = 60 * chance.choice(mood)
        meetings += [
            MeetingFact(each, 60, outside, 48, chance.choice((0, 0, outside)), "UANY"),
            MeetingFact(each, 60, 60 * chance.choice((0, 0, 1)), 2, 0, "ULEAD"),
        ]
    cut = chance.randint(5, len(people))
    teams = {"A": people} if chance.random() < 0.6 else {"A": people[:cut], "B": people[cut - 2 :]}
    shared = shared_people({team: each for team, each in teams.items() if len(each) >= 5})
    weeks = []
    for team_id, ids in teams.items():
        week = team_week(0)
        own = tuple(each for each in meetings if each.user_id in ids)
        members = tuple(team_week(len(people)).members[people.index(each)] for each in ids)
        weeks.append(
            replace(
                week,
                team_id=team_id,
                members=members,
                meetings=own,
                calendars={each: calendars[each] for each in ids},
                shared=shared.get(team_id, frozenset()),
                **LEAD,
            )
        )
    return weeks


def narrow(weeks: list[TeamWeek]) -> tuple[float, object]:
    """The narrowest interval anybody finds about anybody else."""
    knowledge, silent = learned(weeks)
    hidden = [
        each for each in knowledge.truth if each[0] != "there" and (each[0], each[2]) not in silent
    ]
    people = sorted({each[0] for each in hidden})
    readers = (None, *people[:1], *people[-1:])
    found = [
        narrowest(knowledge, own, [each for each in hidden if each[0] != own][:12])
        for own in readers
        if hidden
    ]
    return min(found, key=lambda each: each[0], default=(5, ()))


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(60))
def test_nobodys_week_of_meetings_can_be_worked_out(seed: int) -> None:
    width, where = narrow(drawn(seed))
    assert width >= ROOM, where


def test_the_worst_weeks_of_meetings_leave_room() -> None:
    weeks = [
        in_zones((VIENNA, [4, 0, 0, 0, 0]), **LEAD),
        in_zones((VIENNA, [1, 5, 5, 5, 5]), **LEAD),
        in_zones((VIENNA, [0] + [5] * 8), **LEAD),
        in_zones((VIENNA, [5, 1, 1, 0, 0, 0, 0, 0, 0]), **LEAD),
        in_zones((TOKYO, [3] * 7), (VIENNA, [0] * 5), **LEAD),
        in_zones((TOKYO, [2] * 5 + [0] * 2), (VIENNA, [2] * 6 + [3]), **LEAD),
        in_zones((TOKYO, [4] * 7), (VIENNA, [3] * 7), (LISBON, [2] * 7), **LEAD),
    ]
    assert {key for week in weeks for key in said_keys(week)} >= {"meeting_zones", "meetings"}
    for week in weeks:
        width, where = narrow([week])
        assert width >= ROOM, where


def said_keys(week: TeamWeek) -> set[str]:
    """Which lines on meetings there are."""
    return {each.key for each in METRICS if each.line(week, ())}
