"""A leader's own mirror: exact about them, silent about everybody else."""

import pytest

from bot.digest.facts import MeetingFact, TeamWeek
from bot.digest.mirror import Mirror, mirror
from bot.digest.release import Direction
from bot.words import mirror as words
from tests.digest.weeks import EARLIER, contacts, each_received, team_week


def led(count: int, iso_week: str = "2026-W44") -> TeamWeek:
    """A week in which the leader reached one person so often."""
    return team_week(5, contacts("U1", count, author_id="ULEAD"), iso_week=iso_week)


def test_only_what_the_leader_wrote_counts() -> None:
    week = team_week(
        5,
        each_received([1, 1, 1], author_id="ULEAD"),
        contacts("U0", 2, author_id="ULEAD", outcome="urgent"),
        contacts("U0", 4, author_id="ULEAD", outcome="averted"),
        contacts("U0", 8, author_id="ULEAD", outcome="exempt"),
        contacts("UAWAY", 9, author_id="ULEAD"),
        contacts("U2", 7),
    )
    assert mirror(week, "ULEAD") == Mirror("T1", "2026-W44", "ULEAD", 5, 4, 2)


def test_what_a_recipient_made_of_it_cannot_be_seen() -> None:
    chosen = team_week(5, contacts("U1", 1, author_id="ULEAD", outcome="chosen"))
    assert mirror(chosen, "ULEAD") == mirror(led(1), "ULEAD")


def met(user_id: str, outside_min: int, organizer_id: str = "ULEAD") -> MeetingFact:
    return MeetingFact(user_id, 60, outside_min, 48, organizer_id=organizer_id)


def test_meetings_they_called_count_once_for_each_person() -> None:
    held = (met("U1", 30), met("U2", 60), met("U2", 15), met("U3", 0), met("U3", 60, "U3"))
    calendars = dict.fromkeys(("U1", "U2", "U3"), "UTC")
    week = team_week(5, meetings=(*held, met("U4", 60)), calendars=calendars)
    found = mirror(week, "ULEAD")
    assert (found.reached, found.met) == (0, 3)
    assert found.sentences() == (words.reached(0), words.met(3))
    own = team_week(5, meetings=(met("U1", 60, "U1"),), calendars=calendars)
    assert mirror(own, "U1").met == 0
    assert words.met(1).startswith("Once, ")


def test_a_leader_on_the_roster_does_not_reach_themselves() -> None:
    assert mirror(team_week(5, contacts("U0", 3, author_id="U0")), "U0").reached == 0


@pytest.mark.parametrize(
    ("now", "before", "went"),
    [
        (3, [3, 3, 3], Direction.SAME),
        (2, [3, 3, 3], Direction.LOWER),
        (5, [3, 3, 3], Direction.HIGHER),
        (0, [0, 0], Direction.SAME),
        (1, [0, 0], Direction.HIGHER),
        (5, [3], None),
    ],
)
def test_it_is_compared_with_their_own_weeks(
    now: int, before: list[int], went: Direction | None
) -> None:
    earlier = [led(count, week) for count, week in zip(before, EARLIER[::-1], strict=False)]
    assert mirror(led(now), "ULEAD", earlier).went is went


def test_the_sentences() -> None:
    busy = Mirror("T1", "2026-W44", "ULEAD", 3, 1, 2, Direction.HIGHER)
    assert busy.sentences() == (
        words.reached(3),
        words.DIRECTIONS["higher"],
        words.urgent(2),
        words.averted(1),
    )
    assert words.averted(1).startswith("Once, ")
    quiet = Mirror("T1", "2026-W44", "ULEAD", 0, 0, 0, Direction.SAME)
    assert quiet.sentences() == (words.reached(0),)
    better = Mirror("T1", "2026-W44", "ULEAD", 0, 0, 0, Direction.LOWER)
    assert better.sentences() == (words.reached(0), words.DIRECTIONS["lower"])
    assert set(words.DIRECTIONS) == set(Direction)
    assert words.title("Harbour", "2026-W04") == "Your mirror: Harbour, week 4 of 2026"
