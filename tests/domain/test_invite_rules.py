"""Which invites are outside somebody's hours, and what is done about them."""

from dataclasses import replace
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain import notation
from bot.domain.availability import Availability, Pattern, State, Timeline
from bot.domain.choices import NO_CHOICES, Choices, Treatment
from bot.domain.contact import Outcome, Person
from bot.domain.invite_rules import (
    INVITE_RULES,
    Do,
    InviteCase,
    MeetingChoices,
    MeetingTreatment,
    judge_invite,
    late_spans,
    outside_min,
)
from bot.domain.invites import Occurrence
from bot.domain.policy import Mode, Policy
from bot.domain.rota import Rota
from bot.domain.schedule import WeeklyHours
from bot.domain.spans import Span

BERLIN, NEW_YORK = "Europe/Berlin", "America/New_York"
HOLD = MeetingChoices(MeetingTreatment.HOLD)


def instant(text: str, tz: str = BERLIN) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(tz)).timestamp())


NOW = instant("2026-10-23T12:00")


def person(hours="mon-fri 9-18", *, quiet=(), enrolled=True, choices=NO_CHOICES, tz=BERLIN):
    windows = tuple(notation.parse_quiet_window(rule) for rule in quiet)
    pattern = Pattern(tz, notation.parse_weekly(hours), windows, own_hours=True)
    timeline = Timeline(Availability(pattern), NOW)
    return Person("UANA", "Ana", tz, enrolled, timeline, choices)


def meeting(start: str, minutes: int = 60, **values) -> Occurrence:
    start_at = instant(start)
    return Occurrence("/a.ics", "1", "a", "", start_at, start_at, start_at + minutes * 60, **values)


def case(start="2026-10-27T18:00", minutes=60, *, owner=None, policy=None, choices=HOLD, **more):
    values = {key: more.pop(key) for key in tuple(more) if key in Occurrence.__slots__}
    return InviteCase(
        meeting(start, minutes, **values),
        owner or person(),
        "UBO",
        policy or Policy(),
        choices,
        NOW,
        **{"people": 3, **more},
    )


WHOLE_DAY = MeetingChoices(MeetingTreatment.HOLD, judges_all_day=True)
STANDUP = MeetingChoices(MeetingTreatment.HOLD, keywords=("1:1", "incident"))
FRIENDS = Choices(sources={"UBO": Treatment.THROUGH})
LATE = Choices(chosen=(Span(instant("2026-10-27T18:00"), instant("2026-10-27T22:00")),))
LATE_UNTIL_HALF = Choices(chosen=(Span(instant("2026-10-27T18:00"), instant("2026-10-27T18:30")),))


@pytest.mark.parametrize(
    ("given", "rule", "do"),
    [
        (case(), "by_treatment", Do.HOLD),
        (case(choices=MeetingChoices()), "by_treatment", Do.FLAG),
        (case(choices=MeetingChoices(MeetingTreatment.DECLINE)), "by_treatment", Do.DECLINE),
        (case("2026-10-23T11:00"), "over", Do.KEEP),
        (case(is_cancelled=True), "cancelled", Do.LEAVE),
        (case(is_transparent=True), "free_time", Do.LEAVE),
        (case(is_out_of_office=True), "away", Do.LEAVE),
        (case("2026-10-27T00:00", 1440, is_all_day=True), "all_day", Do.LEAVE),
        (case("2026-10-27T00:00", 1440, is_all_day=True, choices=WHOLE_DAY), "by_treatment", Do.HOLD),
        (case(is_own=True), "own_event", Do.LEAVE),
        (case(owner=person(enrolled=False)), "not_enrolled", Do.LEAVE),
        (case(title="Incident review", choices=STANDUP), "keyword", Do.LEAVE),
        (case(title="Planning", choices=STANDUP), "by_treatment", Do.HOLD),
        (case("2026-10-27T17:00"), "inside_hours", Do.LEAVE),
        # Over by a quarter of an hour is let pass, over by a minute more is not.
        (case("2026-10-27T17:00", 75), "inside_hours", Do.LEAVE),
        (case("2026-10-27T17:00", 76), "by_treatment", Do.HOLD),
        (case("2026-10-27T08:45", 30), "inside_hours", Do.LEAVE),
        (case("2026-10-27T08:44", 30), "by_treatment", Do.HOLD),
        # A meeting that begins at closing and ends in the evening is not let pass for its start.
        (case("2026-10-27T18:00", 240), "by_treatment", Do.HOLD),
        # All night long, around the hours of two days.
        (case("2026-10-27T17:00", 18 * 60), "by_treatment", Do.HOLD),
        # A quiet window has no tolerance.
        (case("2026-10-27T12:50", 30, owner=person(quiet=["every day 12-13 lunch"])), "by_treatment", Do.HOLD),
        (case("2026-10-27T13:00", 30, owner=person(quiet=["every day 12-13 lunch"])), "inside_hours", Do.LEAVE),
        (case(owner=person(choices=FRIENDS)), "allowed_through", Do.LEAVE),
        (case(owner=person(choices=LATE)), "chosen_time", Do.LEAVE),
        # The evening was chosen, but not all of it.
        (case(owner=person(choices=LATE_UNTIL_HALF)), "by_treatment", Do.HOLD),
        (case(policy=Policy(mode=Mode.OBSERVE)), "by_mode", Do.LEAVE),
        (case(rotas=(Rota("T", ("UANA",), date(2026, 10, 26), BERLIN),)), "on_call", Do.LEAVE),
        (case(owner=person(choices=Choices(treatment=Treatment.SILENT)), silenced=True), "silenced", Do.MARK),
        (case(owner=person(choices=Choices(treatment=Treatment.SILENT))), "by_treatment", Do.HOLD),
        (case(is_optional=True), "optional", Do.MARK),
        (case(people=15), "by_treatment", Do.HOLD),
        (case(people=16), "large", Do.FLAG),
        (case(people=4, policy=Policy(large_meeting=3), choices=MeetingChoices(MeetingTreatment.DECLINE)), "large", Do.FLAG),
    ],
)  # fmt: skip
def test_the_first_rule_with_an_answer_decides(given, rule, do):
    verdict = judge_invite(given)
    assert (verdict.rule, verdict.do) == (rule, do)


def test_every_rule_but_the_last_may_pass():
    assert [rule(case()) for rule in INVITE_RULES[:-1]] == [None] * (len(INVITE_RULES) - 1)


def test_who_is_not_answered_has_the_outcome_of_a_message():
    through = judge_invite(case(owner=person(choices=FRIENDS)))
    assert (through.outcome, through.outside_min) == (Outcome.EXEMPT, 60)
    assert judge_invite(case()).outcome is Outcome.BREACH


def test_minutes_outside_are_counted_without_tolerance():
    assert outside_min(person(), meeting("2026-10-27T17:50", 30).span) == 20
    assert judge_invite(case("2026-10-27T17:00", 75)).outside_min == 15


def test_a_weekly_series_from_new_york_is_judged_one_by_one_over_both_clock_changes():
    """Noon in New York is 18:00 in Berlin, but for four weeks between the two changes: 17:00."""
    first = datetime(2026, 1, 6, 12, tzinfo=ZoneInfo(NEW_YORK))
    inside = []
    for week in range(52):
        at = first + timedelta(weeks=week)
        start_at = int(at.timestamp())
        occurrence = Occurrence("/a.ics", "1", "a", "", start_at, start_at, start_at + 3600)
        given = replace(case(), occurrence=occurrence, now=instant("2026-01-01T00:00"))
        if judge_invite(given).do is Do.LEAVE:
            inside.append(at.date().isoformat())
    assert inside == ["2026-03-10", "2026-03-17", "2026-03-24", "2026-10-27"]


HOURS = st.sampled_from(
    [
        "mon-fri 9-18",
        "mon-thu 9-12:30, 13:30-18; fri 9-13",
        "sun-thu 22:00-06:00",
        "sat 10-11",
        "mon-sun 0-24",
    ]
)
ZONES = st.sampled_from([BERLIN, NEW_YORK, "Australia/Lord_Howe", "Asia/Kathmandu", "Pacific/Apia"])
QUIETS = st.sampled_from([(), ("every day 12-13 lunch",), ("every weekday 15:30-16 school run",)])


@given(HOURS, ZONES, QUIETS, st.integers(0, 20 * 24 * 4), st.integers(1, 400), st.integers(0, 40))
def test_what_is_late_is_found_minute_by_minute(
    hours, tz, quiet, quarter, length_min, tolerance_min
):
    """The oracle asks of every minute: at work, quiet, or how far from work?"""
    owner = person(hours, quiet=quiet, tz=tz)
    start_at = instant("2026-10-20T00:00") + quarter * 900
    given = case(owner=owner, policy=Policy(edge_tolerance_min=tolerance_min))
    span = Span(start_at, start_at + length_min * 60)
    given = replace(
        given, occurrence=replace(given.occurrence, start_at=span.start, end_at=span.end)
    )
    states = {
        at: owner.timeline.state_at(at)
        for at in range(span.start - 41 * 60, span.end + 41 * 60, 60)
    }

    def near(at: int) -> bool:
        """Work, perhaps with a quiet window at its edge, ended or begins within the tolerance."""
        before = any(states[at - i * 60] is State.WORKING for i in range(1, tolerance_min + 1))
        after = any(states[at + i * 60] is State.WORKING for i in range(1, tolerance_min + 1))
        return before or after

    expected = {
        at
        for at in range(span.start, span.end, 60)
        if states[at] is State.QUIET or (states[at] is State.OFF and not near(at))
    }
    found = {at for late in late_spans(given) for at in range(late.start, late.end, 60)}
    assert found == expected


def test_for_somebody_who_never_works_every_minute_is_late():
    never = Pattern(BERLIN, WeeklyHours(((),) * 7), own_hours=True)
    owner = replace(person(), timeline=Timeline(Availability(never), NOW))
    given = case("2026-10-27T11:00", owner=owner)
    assert late_spans(given) == [given.occurrence.span]
