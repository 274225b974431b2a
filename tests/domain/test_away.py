"""Absences of a calendar as a layer: whole days, clock changes, and nothing private."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from bot.domain.availability import Availability, Pattern, ReasonKind, State, Timeline
from bot.domain.away import out_of_office
from bot.domain.notation import parse_weekly
from bot.domain.spans import Span

VIENNA = "Europe/Vienna"


def at(written: str, tz: str = VIENNA, fold: int = 0) -> int:
    """An instant, as the clocks of a zone show it."""
    shown = datetime.fromisoformat(written).replace(tzinfo=ZoneInfo(tz), fold=fold)
    return int(shown.astimezone(UTC).timestamp())


def span(start: str, end: str, tz: str = VIENNA) -> Span:
    return Span(at(start, tz), at(end, tz))


def shown(absence) -> tuple[str, str]:
    return f"{absence.start:%d %H:%M}", f"{absence.end:%d %H:%M}"


@pytest.mark.parametrize(
    ("start", "end", "is_all_day", "expected"),
    [
        ("2026-10-20T13:00", "2026-10-20T17:00", False, ("20 13:00", "20 17:00")),
        ("2026-10-20T13:00:30", "2026-10-20T17:00:30", False, ("20 13:00", "20 17:01")),
        ("2026-10-20", "2026-10-23", True, ("20 00:00", "23 00:00")),
        ("2026-10-25", "2026-10-26", True, ("25 00:00", "26 00:00")),  # 25 hours
        ("2026-03-29", "2026-03-30", True, ("29 00:00", "30 00:00")),  # 23 hours
    ],
)
def test_on_the_persons_clocks(start, end, is_all_day, expected):
    assert shown(out_of_office(span(start, end), VIENNA, is_all_day=is_all_day)) == expected


@pytest.mark.parametrize("tz", ["America/New_York", "Asia/Tokyo", "Pacific/Honolulu"])
def test_whole_days_stay_the_same_days_after_a_move(tz):
    found = out_of_office(span("2026-10-20", "2026-10-22"), tz, is_all_day=True)
    assert shown(found) == ("20 00:00", "22 00:00")


def test_an_hour_that_comes_twice_is_covered():
    """From 02:50 in summer to 02:10 in winter: the clocks show an end before the start."""
    taken = Span(at("2026-10-25T02:50"), at("2026-10-25T02:10", fold=1))
    found = out_of_office(taken, VIENNA, is_all_day=False)
    week = Pattern(VIENNA, parse_weekly("mon-sun 0-24"))
    timeline = Timeline(Availability(week, (found,)), taken.start)
    for instant in range(taken.start, taken.end, 60):
        assert timeline.state_at(instant) is State.OFF
    half = Span(at("2026-10-25T02:30"), at("2026-10-25T02:30", fold=1))
    assert out_of_office(half, VIENNA, is_all_day=False) is not None


@pytest.mark.parametrize("length_s", [0, -60])
def test_without_length_it_is_none(length_s):
    start = at("2026-10-20T13:00")
    for is_all_day in (True, False):
        assert out_of_office(Span(start, start + length_s), VIENNA, is_all_day=is_all_day) is None


def test_it_is_off_and_has_no_label():
    found = out_of_office(span("2026-10-20", "2026-10-21"), VIENNA, is_all_day=True, seen_at=7)
    assert (found.label, found.created_at) == ("", 7)
    week = Pattern(VIENNA, parse_weekly("mon-fri 9-17"))
    timeline = Timeline(Availability(week, (found,)), at("2026-10-19T12:00"))
    assert timeline.why(at("2026-10-20T12:00")) == (ReasonKind.OUT_OF_OFFICE, "")
    assert timeline.next_open(at("2026-10-19T18:00")) == at("2026-10-21T09:00")
