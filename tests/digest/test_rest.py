"""Nights: where they begin and end, and what a contact does to them."""

import pytest

from bot.digest.facts import Rest
from bot.digest.rest import rest_of
from bot.domain.instants import DAY_S, HOUR_S
from bot.domain.spans import Span

MONDAY = 40 * 7 * DAY_S  # any week will do: instants here are hours after its start


def at(day: int, hour: float) -> int:
    """Day 0 is the Monday of the week told."""
    return MONDAY + int(day * DAY_S + hour * HOUR_S)


def off(*days: int, start: float = 9, end: float = 18) -> list[Span]:
    """Off time around working days, two weeks of it; by default 9 to 18."""
    edges = [edge for day in days for edge in (at(day, start), at(day, end))]
    whole = [at(-8, 0), *edges, at(10, 0)]
    return [Span(a, b) for a, b in zip(whole[::2], whole[1::2], strict=True)]


OFFICE = off(-7, -6, -5, -4, -3, 0, 1, 2, 3, 4, 7, 8)


def rest(off_spans: list[Span], *ats: int) -> Rest:
    return rest_of(off_spans, ats, at(0, 0), at(7, 0))


def test_an_office_week_has_seven_nights() -> None:
    """The one before Monday, four between, and two of the weekend; its third is next week's."""
    assert rest(OFFICE) == Rest(7, 7, 0)


@pytest.mark.parametrize(
    ("contacts", "kept", "cut_short"),
    [
        ([at(1, 20)], 6, 0),  # 13 hours are left
        ([at(1, 22)], 6, 0),  # 11 exactly
        ([at(1, 22.5)], 6, 1),
        ([at(2, 6.9)], 6, 0),  # until 6:54 there were nearly 13
        ([at(1, 20), at(2, 6)], 6, 1),
        ([at(1, 23), at(1, 23.5), at(2, 23)], 5, 2),
        ([at(-1, 23)], 6, 1),  # Sunday evening belongs to the night before Monday
        ([at(6, 23)], 7, 0),  # and the next one to the next week
        ([at(5, 12)], 6, 0),  # Saturday noon, in a night of a whole day
        ([at(5, 17)], 6, 0),
    ],
)
def test_contacts_break_nights(contacts: list[int], kept: int, cut_short: int) -> None:
    assert rest(OFFICE, *contacts) == Rest(7, kept, cut_short)


def test_a_night_shift_rests_by_day() -> None:
    shifts = off(-3, -2, -1, 0, 1, 2, 3, start=22, end=30)
    told = rest(shifts, at(1, 14))
    assert told.nights - told.kept == 1
    assert told.cut_short == 1  # from 6 to 14 and from 14 to 22


def test_a_break_in_the_day_is_no_night() -> None:
    split = sorted([*OFFICE, *(Span(at(day, 12), at(day, 14)) for day in range(5))])
    assert rest(split, at(1, 13)) == Rest(7, 7, 0)


def test_a_week_off_is_seven_nights() -> None:
    assert rest([Span(at(-7, 0), at(9, 0))]) == Rest(7, 7, 0)


def test_no_time_off_is_no_night() -> None:
    assert rest([]) == Rest(0, 0, 0)


def test_every_night_belongs_to_one_week() -> None:
    weeks = [rest_of(OFFICE, (), at(0, 0), at(3, 0)), rest_of(OFFICE, (), at(3, 0), at(7, 0))]
    assert sum(each.nights for each in weeks) == 7
