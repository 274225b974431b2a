"""How a plan is named on a button, and how a series is told of; the sentences with times in them."""

from datetime import UTC, datetime, timedelta

import pytest

from bot.domain.invite_notices import Rhythm, plan_key, rhythm, uid_key
from bot.words import invites as words

FIRST = datetime(2026, 10, 19, 16, 0, tzinfo=UTC)


def starts(*days):
    return [int((FIRST + timedelta(days=day)).timestamp()) for day in days]


@pytest.mark.parametrize(
    ("days", "is_recurring", "expected"),
    [
        ((0, 7, 14, 21), True, Rhythm.WEEKLY),  # over the change of the clocks
        ((0, 14, 42), True, Rhythm.WEEKLY),  # every second week, and one left out
        ((0, 1, 2), True, Rhythm.OTHER),
        ((0, 28, 59), True, Rhythm.OTHER),  # monthly by date
        ((0,), True, Rhythm.OTHER),  # one is in sight: nobody knows
        ((0,), False, Rhythm.ONCE),
    ],
)
def test_the_rhythm_follows_from_the_dates(days, is_recurring, expected):
    assert rhythm(starts(*days), "Europe/Vienna", is_recurring=is_recurring) is expected


def test_a_plan_fits_a_button_and_says_nothing_of_its_server():
    uid = "040000008200E00074C5B7101A82E008@mail.example.com" * 60
    key = plan_key(uid, 1_792_000_000)
    assert key == f"{uid_key(uid)}:1792000000"
    assert len(key) == 43
    assert plan_key(uid + "x", 1_792_000_000) != key


MONDAY, _ = starts(0, 1)
HOUR = 3_600


@pytest.mark.parametrize(
    ("end_at", "is_all_day", "said"),
    [
        (MONDAY + HOUR, False, "Mon 19 Oct 18:00–19:00"),
        (MONDAY + 9 * HOUR, False, "Mon 19 Oct 18:00–Tue 03:00"),
        (MONDAY + HOUR, True, "Mon 19 Oct, all day"),
    ],
)
def test_a_time_is_said_on_the_readers_clock(end_at, is_all_day, said):
    assert words.span(MONDAY, end_at, "Europe/Vienna", is_all_day=is_all_day) == said


def test_comments_are_plain_and_name_their_zone():
    assert words.held_comment("Ana", MONDAY, "Europe/Vienna") == (
        "This is outside the working hours of Ana, who answers within them. "
        "They are back Mon 19 Oct 18:00 (Europe/Vienna)."
    )
    assert words.held_comment("", None, "UTC").endswith(
        "of the invited person, who answers within them."
    )
    spans = [(MONDAY, MONDAY + HOUR), (MONDAY + 24 * HOUR, MONDAY + 25 * HOUR)]
    assert words.declined_comment("Ana", spans, "UTC") == (
        "This is outside the working hours of Ana. "
        "Times that would suit: Mon 19 Oct 16:00–17:00, Tue 20 Oct 16:00–17:00 (UTC)."
    )
    assert words.declined_comment("", [], "UTC").endswith("Another time would be welcome.")


@pytest.mark.parametrize(
    ("counts", "said"),
    [
        ((2, 0, 0, 0), f"{words.HELD}."),
        ((3, 0, 1, 0), f"{words.HELD} (3 times). {words.FLAGGED} (once)."),
        ((0, 1, 0, 1), f"{words.DECLINED}. {words.UNDER_WAY}."),
    ],
)
def test_what_was_done_is_counted_where_it_differs(counts, said):
    assert words.done(*counts) == said


@pytest.mark.parametrize(
    ("concerned", "ahead", "said"),
    [
        (1, 1, "this time is outside your hours"),
        (1, 4, "1 of its next 4 times is outside your hours"),
        (3, 4, "3 of its next 4 times are outside your hours"),
        (4, 4, "the next 4 times are all outside your hours"),
    ],
)
def test_a_series_says_how_often(concerned, ahead, said):
    assert words.outside_often(concerned, ahead) == said


def test_what_a_slot_costs_is_one_line():
    assert words.slot_cost("Tue 10:00", [("Ana", 30), ("Cy", 90)], ["Bo", "Di"]) == (
        "Tue 10:00: outside the hours of Ana (30 min), Cy (1 h 30 min), Bo and Di are not free"
    )
    assert words.slot_cost("Tue 10:00", [], ["Bo"]) == "Tue 10:00: Bo is not free"
