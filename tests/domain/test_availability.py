"""One person's time: layers, reasons, looking ahead and back, and openings people share."""

from datetime import datetime

import pytest

from bot.domain import availability, notation
from bot.domain.availability import (
    HORIZON_S,
    Availability,
    Pattern,
    Reason,
    ReasonKind,
    State,
    Timeline,
    joint_opening,
)
from bot.domain.instants import DAY_S, HOUR_S, epoch
from bot.domain.schedule import Override, OverrideKind, WeeklyHours, parse_region
from bot.domain.spans import Span

OFFICE = notation.parse_weekly("mon-fri 9-17")
NIGHTS = notation.parse_weekly("mon-fri 22-6")
NEVER = WeeklyHours(((),) * 7)
EVENING = (notation.parse_quiet_window("every day 16-20 evening"),)
VIENNA = parse_region("AT-9")


def at(text: str) -> int:
    """An instant from ISO text; without an offset it is UTC."""
    when = datetime.fromisoformat(text)
    return epoch(when if when.tzinfo else datetime.fromisoformat(text + "+00:00"))


def override(kind: str, start: str, end: str, label: str = "", created_at: int = 0) -> Override:
    walls = datetime.fromisoformat(start), datetime.fromisoformat(end)
    return Override(OverrideKind(kind), *walls, label, created_at)


def timeline(
    weekly: WeeklyHours = OFFICE,
    *overrides: Override,
    away: tuple[Override, ...] = (),
    tz: str = "UTC",
    **pattern: object,
) -> Timeline:
    """A person whose timeline is compiled around Friday, 23 October 2026."""
    person = Availability(Pattern(tz, weekly, **pattern), away, overrides)
    return Timeline(person, at("2026-10-23T12:00"))


def answer(person: Timeline, when: str) -> tuple[State, ReasonKind, str]:
    instant = at(when)
    return person.state_at(instant), *person.why(instant)


OUTSIDE = (State.OFF, ReasonKind.OUTSIDE_HOURS, "")
WORKING = (State.WORKING, ReasonKind.WORKING_HOURS, "")


def test_an_ordinary_week() -> None:
    person = timeline()
    assert answer(person, "2026-10-23T08:59:59") == OUTSIDE
    assert answer(person, "2026-10-23T09:00") == WORKING
    assert answer(person, "2026-10-23T16:59:59") == WORKING
    assert answer(person, "2026-10-23T17:00") == OUTSIDE


def test_friday_night_opens_on_monday() -> None:
    """Not twelve hours later, and at 09:00 on the wall although the clocks change between."""
    person = timeline(tz="Europe/Vienna")
    assert person.next_open(at("2026-10-23T22:00+02:00")) == at("2026-10-26T09:00+01:00")
    assert person.next_open(at("2026-10-26T10:00+01:00")) == at("2026-10-26T10:00+01:00")


def test_a_public_holiday_is_skipped_by_name() -> None:
    person = timeline(tz="Europe/Vienna", region=VIENNA)
    assert answer(person, "2026-10-26T10:00+01:00") == (
        State.OFF,
        ReasonKind.HOLIDAY,
        "Nationalfeiertag",
    )
    assert person.next_open(at("2026-10-23T22:00+02:00")) == at("2026-10-27T09:00+01:00")


def test_a_holiday_may_be_worked_by_choice() -> None:
    person = timeline(tz="Europe/Vienna", region=VIENNA, works_holidays=True)
    assert answer(person, "2026-10-26T10:00+01:00") == WORKING


def test_a_night_shift_begun_before_a_holiday_is_finished() -> None:
    """Tuesday, 8 December is a holiday: Monday's shift ends in it, its own is off until 06:00."""
    person = timeline(NIGHTS, tz="Europe/Vienna", region=VIENNA)
    assert answer(person, "2026-12-08T05:59+01:00") == WORKING
    assert answer(person, "2026-12-08T06:00+01:00")[1] is ReasonKind.HOLIDAY
    assert answer(person, "2026-12-08T23:00+01:00")[1] is ReasonKind.HOLIDAY
    assert answer(person, "2026-12-09T05:59+01:00")[1] is ReasonKind.HOLIDAY
    assert answer(person, "2026-12-09T06:00+01:00") == OUTSIDE
    assert answer(person, "2026-12-09T22:00+01:00") == WORKING


def test_a_day_off_follows_the_night_shift_too() -> None:
    person = timeline(NIGHTS, override("off", "2026-10-28", "2026-10-29", "moving house"))
    assert answer(person, "2026-10-28T05:00") == WORKING
    assert answer(person, "2026-10-28T23:00") == (
        State.OFF,
        ReasonKind.OVERRIDE_OFF,
        "moving house",
    )
    assert answer(person, "2026-10-29T05:00")[1] is ReasonKind.OVERRIDE_OFF
    assert answer(person, "2026-10-29T23:00") == WORKING


def test_hours_off_are_taken_by_the_clock() -> None:
    person = timeline(NIGHTS, override("off", "2026-10-28T00:00", "2026-10-28T03:00"))
    assert answer(person, "2026-10-27T23:59") == WORKING
    assert answer(person, "2026-10-28T02:00")[1] is ReasonKind.OVERRIDE_OFF
    assert answer(person, "2026-10-28T03:00") == WORKING


def test_quiet_windows_lie_inside_the_day() -> None:
    person = timeline(quiet_windows=EVENING)
    assert answer(person, "2026-10-23T16:00") == (
        State.QUIET,
        ReasonKind.QUIET_WINDOW,
        "evening",
    )
    assert answer(person, "2026-10-23T18:00") == OUTSIDE


def test_advisory_quiet_hours_yield_to_hours_a_person_set() -> None:
    by_default = timeline(organisation_quiet=EVENING)
    own = timeline(organisation_quiet=EVENING, own_hours=True)
    assert answer(by_default, "2026-10-23T16:30")[:2] == (
        State.QUIET,
        ReasonKind.ORGANISATION_QUIET_HOURS,
    )
    assert answer(own, "2026-10-23T16:30") == WORKING


def test_locked_quiet_hours_win_over_everything_but_make_nobody_reachable() -> None:
    person = timeline(
        OFFICE,
        override("working", "2026-10-23T18:00", "2026-10-23T22:00"),
        override("quiet", "2026-10-23T15:00", "2026-10-23T17:00"),
        organisation_quiet=EVENING,
        organisation_quiet_locked=True,
        own_hours=True,
    )
    quiet = (State.QUIET, ReasonKind.ORGANISATION_QUIET_HOURS, "evening")
    assert answer(person, "2026-10-23T15:30")[1] is ReasonKind.OVERRIDE_QUIET
    assert answer(person, "2026-10-23T16:30") == quiet
    assert answer(person, "2026-10-23T17:30") == OUTSIDE
    assert answer(person, "2026-10-23T19:00") == quiet
    assert answer(person, "2026-10-23T21:00")[1] is ReasonKind.OVERRIDE_WORKING


def test_out_of_office_yields_to_dated_overrides() -> None:
    person = timeline(
        OFFICE,
        override("working", "2026-10-26T10:00", "2026-10-26T11:00"),
        away=(override("off", "2026-10-26", "2026-10-31", "holiday in Porto"),),
    )
    assert answer(person, "2026-10-26T09:30") == (
        State.OFF,
        ReasonKind.OUT_OF_OFFICE,
        "holiday in Porto",
    )
    assert answer(person, "2026-10-26T10:30")[1] is ReasonKind.OVERRIDE_WORKING


def test_the_narrower_exception_wins_then_the_newer() -> None:
    person = timeline(
        OFFICE,
        override("working", "2026-10-24T10:00", "2026-10-24T12:00", "narrow", created_at=1),
        override("off", "2026-10-24", "2026-10-25", "wide", created_at=2),
        override("off", "2026-10-27T10:00", "2026-10-27T11:00", "newer", created_at=9),
        override("quiet", "2026-10-27T10:00", "2026-10-27T11:00", "older", created_at=8),
    )
    assert person.why(at("2026-10-24T11:00")).label == "narrow"
    assert person.why(at("2026-10-24T09:00")).label == "wide"
    assert person.why(at("2026-10-27T10:30")).label == "newer"


def test_quiet_exceptions_never_open_a_day() -> None:
    person = timeline(OFFICE, override("quiet", "2026-10-23T16:00", "2026-10-23T19:00", "focus"))
    assert answer(person, "2026-10-23T16:30") == (
        State.QUIET,
        ReasonKind.OVERRIDE_QUIET,
        "focus",
    )
    assert answer(person, "2026-10-23T18:00") == OUTSIDE


def test_next_change_looks_for_another_state() -> None:
    person = timeline(tz="Europe/Vienna", region=VIENNA, quiet_windows=EVENING)
    assert person.next_change(at("2026-10-23T10:00+02:00")) == at("2026-10-23T16:00+02:00")
    assert person.next_change(at("2026-10-23T16:00+02:00")) == at("2026-10-23T17:00+02:00")
    # the holiday on Monday is another reason, not another state
    assert person.next_change(at("2026-10-23T17:00+02:00")) == at("2026-10-27T09:00+01:00")


def test_not_working_since() -> None:
    person = timeline(tz="Europe/Vienna", region=VIENNA, quiet_windows=EVENING)
    closed_at = at("2026-10-23T16:00+02:00")
    assert person.not_working_since(closed_at) == closed_at
    assert person.not_working_since(at("2026-10-26T10:00+01:00")) == closed_at
    assert person.not_working_since(at("2026-10-23T10:00+02:00")) is None


def test_an_absence_longer_than_the_compiled_weeks() -> None:
    person = timeline(OFFICE, override("off", "2026-10-24", "2027-06-01"))
    opening = at("2027-06-01T09:00")
    assert person.next_open(at("2026-10-24T10:00")) == opening
    assert person.next_change(at("2026-10-24T10:00")) == opening
    assert person.next_open(at("2027-02-01T10:00")) == opening
    assert person.not_working_since(at("2027-05-31T10:00")) == at("2026-10-23T17:00")


def test_beyond_400_days_is_none() -> None:
    gone = timeline(OFFICE, override("off", "2026-10-24", "2028-06-01"))
    assert gone.next_open(at("2026-10-24T10:00")) is None
    assert gone.next_change(at("2026-10-24T10:00")) is None
    assert gone.not_working_since(at("2028-05-31T10:00")) is None
    always = timeline(notation.parse_weekly("every day 0-24"))
    assert always.next_change(at("2026-10-24T10:00")) is None
    assert timeline(NEVER).not_working_since(at("2026-10-24T10:00")) is None


def test_the_horizon_is_exact() -> None:
    gone = timeline(NEVER, override("working", "2026-10-01", "2026-10-02"))
    first, last = at("2026-10-01T00:00"), at("2026-10-02T00:00")
    assert gone.next_open(first - HORIZON_S) == first
    assert gone.next_open(first - HORIZON_S - 1) is None
    assert gone.not_working_since(last + HORIZON_S) == last
    assert gone.not_working_since(last + HORIZON_S + 1) is None


def test_spans_reach_over_what_is_compiled() -> None:
    person = timeline()
    start, end = at("2026-01-05T12:00"), at("2026-12-28T10:00")
    working = person.spans(start, end, State.WORKING)
    assert working[0] == Span(start, at("2026-01-05T17:00"))
    assert working[-1] == Span(at("2026-12-28T09:00"), end)
    assert len(working) == 51 * 5 + 1
    assert sum(b - a for a, b in working) == (51 * 40 - 3 + 1) * HOUR_S
    everything = [span for state in State for span in person.spans(start, end, state)]
    assert sum(b - a for a, b in everything) == end - start


@pytest.mark.parametrize("length_s", [0, -1])
def test_no_time_has_no_spans(length_s: int) -> None:
    start = at("2026-10-23T12:00")
    assert timeline().spans(start, start + length_s, State.WORKING) == []


def test_far_away_and_back_again() -> None:
    """A timeline kept for long answers about any time, through whichever method comes first."""
    person = timeline(tz="Europe/Vienna")
    for year in (2011, 2026, 2031):
        monday = at(f"{year}-06-06T00:00+02:00") // DAY_S * DAY_S
        instants = [monday + hour * HOUR_S for hour in range(0, 7 * 24, 5)]
        fresh = [Timeline(person.availability, instant).state_at(instant) for instant in instants]
        assert [person.state_at(instant) for instant in instants] == fresh
    assert person.why(at("2020-01-01T00:00+01:00")) == Reason(ReasonKind.OUTSIDE_HOURS)
    assert person.next_open(at("2024-06-08T10:00+02:00")) == at("2024-06-10T09:00+02:00")
    assert person.not_working_since(at("2018-06-09T10:00+02:00")) == at("2018-06-08T17:00+02:00")


def test_equal_patterns_are_compiled_once() -> None:
    availability._base.cache_clear()
    people = [timeline(quiet_windows=EVENING) for _ in range(20)]
    people += [timeline(OFFICE, override("off", "2026-10-24", "2026-10-25"), quiet_windows=EVENING)]
    assert availability._base.cache_info().misses == 1
    assert len({person.next_open(at("2026-10-23T20:00")) for person in people}) == 1


def test_a_joint_opening_is_when_all_work() -> None:
    vienna, new_york = timeline(tz="Europe/Vienna"), timeline(tz="America/New_York")
    friday_night = at("2026-10-24T00:00+00:00")
    assert joint_opening([vienna, new_york], friday_night) == at("2026-10-26T09:00-04:00")
    assert joint_opening([vienna], friday_night) == at("2026-10-26T09:00+01:00")


def test_a_joint_opening_is_else_when_most_work() -> None:
    """Tokyo has gone home when Vienna comes; two of three are there from 15:00 in Vienna on."""
    people = [timeline(tz=tz) for tz in ("Asia/Tokyo", "Europe/Vienna", "America/New_York")]
    people += [timeline(NEVER)]
    assert joint_opening(people, at("2026-11-07T12:00")) == at("2026-11-09T15:00+01:00")


def test_a_joint_opening_looks_only_24_hours_ahead() -> None:
    early = timeline(notation.parse_weekly("mon-fri 9-12"))
    late = timeline(notation.parse_weekly("wed 11-12"))
    assert joint_opening([early, late], at("2026-10-24T12:00")) == at("2026-10-26T09:00")
    assert joint_opening([early, late], at("2026-10-27T13:00")) == at("2026-10-28T11:00")


def test_nobody_opens() -> None:
    assert joint_opening([timeline(NEVER)], at("2026-10-24T12:00")) is None
    assert joint_opening([], at("2026-10-24T12:00")) is None


def test_states_can_be_compared() -> None:
    assert State.OFF < State.QUIET < State.WORKING
