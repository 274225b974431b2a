"""How long an occurrence is when the clocks change during it (RFC 5545 §3.3.6).

In Berlin the hour from two to three comes twice on 25 October 2026, in New York the one from one to
two on 1 November.
"""

import pytest

from bot.domain.invites import Unclear
from tests.calendars.ics_files import event, file, opened, shown, utc, why
from tests.calendars.test_ical_zones import SUMMER

HOUR = 3600
BEFORE = "DTSTART;TZID=Europe/Berlin:20261024T230000"


@pytest.mark.parametrize(
    ("length", "hours"),
    [
        ("PT6H", 6),
        ("P0DT6H", 6),
        ("PT360M", 6),
        ("PT24H", 24),
        ("P1D", 25),  # until the same time tomorrow
        ("P1DT1H", 26),
        ("P1W", 7 * 24 + 1),
        ("+PT6H", 6),
        ("PT0S", 0),
    ],
)
def test_hours_are_exact_and_days_are_the_clocks(length: str, hours: int) -> None:
    (found,) = opened(file(event(BEFORE, f"DURATION:{length}")))
    assert found.start_at == utc(2026, 10, 24, 21)
    assert found.end_at - found.start_at == hours * HOUR


def test_an_end_is_a_time_on_the_clock() -> None:
    (found,) = opened(file(event(BEFORE, "DTEND;TZID=Europe/Berlin:20261025T050000")))
    assert found.end_at - found.start_at == 7 * HOUR


@pytest.mark.parametrize(
    ("tz", "zone"), [("Europe/Berlin", ()), ("Customized Time Zone", (SUMMER,))]
)
def test_each_occurrence_of_a_series_is_as_long(tz: str, zone: tuple[str, ...]) -> None:
    """Also in a zone of the file's own, and where the start comes twice itself."""
    for start in ("230000", "023000", "014500"):
        data = event(f"DTSTART;TZID={tz}:20261022T{start}", "DURATION:PT6H", "RRULE:FREQ=DAILY")
        found = opened(file(*zone, data))
        assert {each.end_at - each.start_at for each in found} == {6 * HOUR}


def test_half_an_hour_around_the_change() -> None:
    lines = ("DTSTART;TZID=America/New_York:20261031T014500", "DURATION:PT30M")
    found = opened(file(event(*lines, "RRULE:FREQ=DAILY;COUNT=3")))
    assert {each.end_at - each.start_at for each in found} == {HOUR // 2}
    assert shown(found[1].start_at, "America/New_York") == "2026-11-01 01:45"


def test_a_change_has_a_length_of_its_own() -> None:
    change = event(
        "RECURRENCE-ID:20261024T210000Z",
        "DTSTART;TZID=Europe/Berlin:20261024T220000",
        "DURATION:PT8H",
    )
    series = event(
        "DTSTART;TZID=Europe/Berlin:20261023T230000", "DURATION:PT6H", "RRULE:FREQ=DAILY"
    )
    assert [each.end_at - each.start_at for each in opened(file(series, change))][:3] == [
        6 * HOUR,
        8 * HOUR,
        6 * HOUR,
    ]


@pytest.mark.parametrize(
    ("period", "hours"),
    [
        ("20261024T230000/PT8H", 8),
        ("20261024T230000/P1D", 25),
        ("20261024T230000/20261025T060000", 8),
    ],
)
def test_an_added_period_has_a_length_of_its_own(period: str, hours: int) -> None:
    for own in ("DURATION:PT1H", "DTEND;TZID=Europe/Berlin:20261020T200000"):
        data = file(
            event(
                "DTSTART;TZID=Europe/Berlin:20261020T190000",
                own,
                f"RDATE;VALUE=PERIOD;TZID=Europe/Berlin:{period}",
            )
        )
        assert [each.end_at - each.start_at for each in opened(data)] == [HOUR, hours * HOUR]


@pytest.mark.parametrize(
    "length", ["-PT1H", "PT1H1D", "P1H", "PT1.5H", "1H", "P" + "9" * 5_000 + "D"]
)
def test_what_is_no_length(length: str) -> None:
    assert why(file(event(BEFORE, f"DURATION:{length}"))) is Unclear.BROKEN


@pytest.mark.parametrize(
    ("period", "reason"),
    [
        ("20261024T230000/20261024T220000", Unclear.BROKEN),
        ("20261024T230000/P31D", Unclear.RULE),
        ("20261024T230000/20360101T000000", Unclear.RULE),
        ("20261024T230000/1H", Unclear.BROKEN),
    ],
)
def test_a_period_has_to_be_sensible(period: str, reason: Unclear) -> None:
    line = f"RDATE;VALUE=PERIOD;TZID=Europe/Berlin:{period}"
    assert why(file(event(BEFORE, "DURATION:PT1H", line))) is reason
