"""Series: each occurrence by itself, with its exceptions, over clock changes."""

from datetime import datetime

import pytest
from dateutil.rrule import rrulestr

from bot.domain.invites import Answer, Unclear
from bot.domain.spans import Span
from tests.calendars.ics_files import (
    INVITE,
    OCTOBER,
    at,
    event,
    file,
    opened,
    shown,
    starts,
    utc,
    why,
)

DAILY = ("DTSTART;TZID=Europe/Berlin:20261020T190000", "DTEND;TZID=Europe/Berlin:20261020T200000")


def series(rule: str, *more: str) -> str:
    return event(*DAILY, f"RRULE:{rule}", *more)


def test_noon_in_new_york_is_late_in_berlin_but_for_four_weeks() -> None:
    """Between the two clock changes New York is an hour nearer: 17:00, inside hours until 18:00."""
    lines = ("DTSTART;TZID=America/New_York:20250107T120000", "DURATION:PT45M")
    data = file(event(*lines, "RRULE:FREQ=WEEKLY;BYDAY=TU"))
    found = []
    for month in range(1, 13):
        end = at(2026, month + 1, 1) if month < 12 else at(2027, 1, 1)
        found += starts(data, Span(at(2026, month, 1), end))
    early = ["2026-03-10", "2026-03-17", "2026-03-24", "2026-10-27"]
    assert len(found) == 52
    assert [each for each in found if each.endswith("17:00")] == [f"{day} 17:00" for day in early]
    assert {each[-5:] for each in found} == {"17:00", "18:00"}


def test_who_is_who_in_a_series() -> None:
    """The identity of an occurrence is its start in UTC; the series' start says which plan it is."""
    found = opened(file(series("FREQ=WEEKLY;COUNT=2")))
    assert [each.recurrence_id for each in found] == ["20261020T170000Z", "20261027T180000Z"]
    assert {each.series_at for each in found} == {at(2026, 10, 20, 19)}
    assert all(each.is_recurring and each.uid == "plan-1@south.example" for each in found)


def test_a_series_of_days() -> None:
    found = opened(file(event("DTSTART;VALUE=DATE:20261020", "RRULE:FREQ=DAILY;COUNT=2")))
    assert [each.recurrence_id for each in found] == ["20261020", "20261021"]
    assert [each.is_all_day for each in found] == [True, True]


@pytest.mark.parametrize(
    "exdate",
    [
        "EXDATE;TZID=Europe/Berlin:20261021T190000,20261023T190000",
        "EXDATE:20261021T170000Z\r\nEXDATE:20261023T170000Z",
        "EXDATE;TZID=America/New_York:20261021T130000,20261023T130000",
        "EXDATE;TZID=W. Europe Standard Time:20261021T190000,20261023T190000",
        "EXDATE;VALUE=DATE:20261021,20261023\r\nEXDATE:",
    ],
)
def test_what_is_taken_out(exdate: str) -> None:
    found = starts(file(series("FREQ=DAILY;COUNT=4", exdate)))
    assert found == ["2026-10-20 19:00", "2026-10-22 19:00"]


def test_days_are_taken_out_of_a_series_of_days_however_they_are_written() -> None:
    data = file(
        event("DTSTART;VALUE=DATE:20261020", "RRULE:FREQ=DAILY;COUNT=3", "EXDATE:20261021T000000Z")
    )
    assert starts(data) == ["2026-10-20 00:00", "2026-10-22 00:00"]


def test_what_is_added() -> None:
    lines = ("RDATE;TZID=Europe/Berlin:20261022T100000", "RDATE;VALUE=PERIOD:20261023T100000Z/PT3H")
    found = opened(file(event(*DAILY, *lines)))
    assert [(shown(each.start_at), each.end_at - each.start_at) for each in found] == [
        ("2026-10-20 19:00", 3600),
        ("2026-10-22 10:00", 3600),
        ("2026-10-23 12:00", 3 * 3600),
    ]
    assert all(each.is_recurring for each in found)


@pytest.mark.parametrize(
    ("until", "last"),
    [
        ("20261022T170000Z", "2026-10-22 19:00"),
        ("20261022T165959Z", "2026-10-21 19:00"),
        ("20261022T190000", "2026-10-22 19:00"),  # no zone: the wall clock of DTSTART
        ("20261022", "2026-10-22 19:00"),  # a date: the whole of it
    ],
)
def test_the_last_one(until: str, last: str) -> None:
    assert starts(file(series(f"FREQ=DAILY;UNTIL={until}")))[-1] == last


def test_one_occurrence_changed() -> None:
    """Moved, it is a plan of its own; only retitled, it is still the series'."""
    moved = event(
        "RECURRENCE-ID;TZID=Europe/Berlin:20261021T190000",
        "DTSTART;TZID=Europe/Berlin:20261021T110000",
        "DTEND;TZID=Europe/Berlin:20261021T120000",
        "SEQUENCE:2",
    )
    retitled = event(
        "RECURRENCE-ID:20261022T170000Z",
        "DTSTART;TZID=Europe/Berlin:20261022T190000",
        "DTEND;TZID=Europe/Berlin:20261022T203000",
        base=("SUMMARY:Long one", *(line for line in INVITE if not line.startswith("SUMMARY"))),
    )
    found = opened(file(series("FREQ=DAILY;COUNT=4"), moved, retitled))
    assert [(shown(each.start_at), each.title, each.sequence) for each in found] == [
        ("2026-10-20 19:00", "Planning", 0),
        ("2026-10-21 11:00", "Planning", 2),
        ("2026-10-22 19:00", "Long one", 0),
        ("2026-10-23 19:00", "Planning", 0),
    ]
    assert [each.recurrence_id for each in found] == [
        f"202610{day}T170000Z" for day in range(20, 24)
    ]
    assert [shown(each.series_at) for each in found] == [
        "2026-10-20 19:00",
        "2026-10-21 11:00",
        "2026-10-20 19:00",
        "2026-10-20 19:00",
    ]


def test_one_occurrence_answered_and_one_cancelled() -> None:
    answered = (*INVITE[:3], "ATTENDEE;PARTSTAT=DECLINED:mailto:ana@north.example", INVITE[4])
    declined = event(
        "RECURRENCE-ID:20261021T170000Z",
        *(line.replace("1020T", "1021T") for line in DAILY),
        base=answered,
    )
    cancelled = event(
        "RECURRENCE-ID:20261022T170000Z",
        *(line.replace("1020T", "1022T") for line in DAILY),
        "STATUS:CANCELLED",
    )
    found = opened(file(series("FREQ=DAILY;COUNT=3"), declined, cancelled))
    assert [each.answer for each in found] == [
        Answer.NEEDS_ACTION,
        Answer.DECLINED,
        Answer.NEEDS_ACTION,
    ]
    assert [each.is_cancelled for each in found] == [False, False, True]


def test_invited_to_one_occurrence_only() -> None:
    """Then the file has nothing but the change."""
    (found,) = opened(file(event("RECURRENCE-ID:20261020T170000Z", *DAILY)))
    assert (found.recurrence_id, found.is_recurring) == ("20261020T170000Z", True)
    assert found.series_at == found.start_at == at(2026, 10, 20, 19)


def test_this_and_all_that_follow() -> None:
    """Each keeps the identity the rule gave it, and belongs to the changed plan."""
    later = event(
        "RECURRENCE-ID;RANGE=THISANDFUTURE:20261022T170000Z",
        "DTSTART;TZID=Europe/Berlin:20261022T200000",
        "DTEND;TZID=Europe/Berlin:20261022T210000",
    )
    found = opened(file(series("FREQ=DAILY;COUNT=7"), later))
    assert [shown(each.start_at)[5:] for each in found] == [
        "10-20 19:00",
        "10-21 19:00",
        *(f"10-{day} 20:00" for day in range(22, 27)),
    ]
    hours = [17, 17, 17, 17, 17, 18, 18]  # summer time ends on the 25th
    assert [each.recurrence_id for each in found] == [
        f"202610{day}T{hour}0000Z" for day, hour in zip(range(20, 27), hours, strict=True)
    ]
    assert [shown(each.series_at)[5:] for each in found] == ["10-20 19:00"] * 2 + [
        "10-22 20:00"
    ] * 5


def test_a_change_of_a_series_of_days_that_names_a_time() -> None:
    change = event("RECURRENCE-ID:20261021T000000Z", "DTSTART;VALUE=DATE:20261024")
    found = opened(file(event("DTSTART;VALUE=DATE:20261020", "RRULE:FREQ=DAILY;COUNT=3"), change))
    assert [each.recurrence_id for each in found] == ["20261020", "20261022", "20261021"]


def test_a_change_that_names_a_day_of_a_series_of_hours_is_not_guessed() -> None:
    change = event("RECURRENCE-ID;VALUE=DATE:20261021", "DTSTART:20261024T100000Z")
    assert why(file(series("FREQ=DAILY;COUNT=3"), change)) is Unclear.BROKEN


@pytest.mark.parametrize(
    ("begun", "rule"),
    [
        ("16010101T190000", "FREQ=DAILY"),
        ("16010101T190000", "FREQ=DAILY;INTERVAL=3"),
        ("16010102T190000", "FREQ=WEEKLY;INTERVAL=5;BYDAY=MO,WE,FR"),
        ("20180103T190000", "FREQ=WEEKLY;INTERVAL=2;WKST=SU;BYDAY=SU,MO"),
        ("20180103T190000", "FREQ=WEEKLY;BYDAY=MO,TU,TH;BYSETPOS=2"),
        ("20240131T190000", "FREQ=MONTHLY"),
        ("20180103T190000", "FREQ=DAILY;COUNT=3200;BYHOUR=19,21"),
        ("20180103T190000", "FREQ=DAILY;BYMONTH=10;BYDAY=-1MO,WE"),
        ("20240229T190000", "FREQ=YEARLY;BYMONTH=2,11;BYMONTHDAY=-1"),
    ],
)
def test_a_series_from_long_ago_keeps_its_step(begun: str, rule: str) -> None:
    near = starts(file(event(f"DTSTART;TZID=Europe/Berlin:{begun}", f"RRULE:{rule}")))
    assert near == sorted(_counted(begun, rule))


def _counted(begun: str, rule: str) -> set[str]:
    """The same by plain wall clocks, counted from the very beginning."""
    found = rrulestr(rule, dtstart=datetime.fromisoformat(begun))
    begin, end = (datetime.fromisoformat(shown(edge)) for edge in OCTOBER)
    return {f"{each:%Y-%m-%d %H:%M}" for each in found.between(begin, end, inc=True) if each < end}


def test_what_the_rule_does_not_name_is_no_occurrence_of_a_moved_start() -> None:
    """A Wednesday's series that is put forward to the window must not begin on a Wednesday there."""
    data = file(event("DTSTART;TZID=Europe/Berlin:20200101T190000", "RRULE:FREQ=WEEKLY;BYDAY=MO"))
    assert starts(data) == [
        f"2026-{day} 19:00"
        for day in ("10-05", "10-12", "10-19", "10-26", "11-02", "11-09", "11-16", "11-23")
    ]
    assert {shown(each.series_at) for each in opened(data)} == {"2020-01-01 19:00"}


def test_an_hour_that_does_not_exist_and_one_that_comes_twice() -> None:
    """RFC 5545 §3.3.5: the offset before the gap, and the first of the two."""
    spring = Span(at(2026, 3, 27), at(2026, 4, 1))
    lines = (
        "DTSTART;TZID=Europe/Berlin:20260328T023000",
        "DTEND;TZID=Europe/Berlin:20260328T031500",
    )
    found = opened(file(event(*lines, "RRULE:FREQ=DAILY;COUNT=3")), spring)
    assert [shown(each.start_at) for each in found] == [
        "2026-03-28 02:30",
        "2026-03-29 03:30",
        "2026-03-30 02:30",
    ]
    assert [each.end_at - each.start_at for each in found] == [2700, 2700, 2700]
    autumn = opened(
        file(event("DTSTART;TZID=Europe/Berlin:20261024T023000", "RRULE:FREQ=DAILY;COUNT=2"))
    )
    assert [each.start_at for each in autumn] == [
        utc(2026, 10, 24, 0, 30),
        utc(2026, 10, 25, 0, 30),
    ]
