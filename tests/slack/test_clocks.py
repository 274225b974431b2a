"""Times of others, on their clocks and on the reader's."""

import pytest

from bot.domain.instants import epoch
from bot.words.times import at_clock, two_clocks
from sandbox.play.stage import moment

NOW = epoch(moment("2026-10-26 16:00", "Europe/Vienna"))


@pytest.mark.parametrize(
    ("at", "tz", "own_tz", "shown"),
    [
        ("2026-10-27 09:00", "Europe/Vienna", "Europe/Berlin", "Tue 09:00"),
        ("2026-10-27 09:00", "Europe/Vienna", "Europe/Lisbon", "Tue 09:00 their time (08:00 for you)"),
        ("2026-10-28 10:00", "Asia/Tokyo", "Europe/Vienna", "Wed 10:00 their time (02:00 for you)"),
        ("2026-10-28 01:00", "Asia/Tokyo", "Europe/Vienna", "Wed 01:00 their time (Tue 17:00 for you)"),
        # today for them, tomorrow for the reader: the day is named
        ("2026-10-27 10:00", "Asia/Tokyo", "Europe/Vienna", "Tue 10:00 their time (02:00 for you)"),
        ("2026-10-26 18:00", "Europe/Vienna", "Europe/Lisbon", "18:00 their time (17:00 for you)"),
    ],
)  # fmt: skip
def test_two_clocks(at: str, tz: str, own_tz: str, shown: str) -> None:
    assert two_clocks(epoch(moment(at, tz)), tz, own_tz, NOW) == shown


def test_a_time_in_a_sentence() -> None:
    tz = "Europe/Vienna"
    assert at_clock(epoch(moment("2026-10-26 19:00", tz)), tz, NOW) == "at 19:00"
    assert at_clock(epoch(moment("2026-11-09 09:00", tz)), tz, NOW) == "on Mon 9 Nov at 09:00"
