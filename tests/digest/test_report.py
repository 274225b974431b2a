"""A whole summary, as it is read."""

import pytest

from bot.digest.facts import TeamWeek
from bot.digest.report import Report, build_report
from bot.words import digest as words
from tests.digest.weeks import EARLIER, contacts, each_received, history, team_week


def report(week: TeamWeek, *, warm_up_done: bool = True) -> Report:
    """The summary of a week after four weeks of two contacts per person."""
    earlier = history(dict.fromkeys(EARLIER, (2,) * 10), people=10)
    return build_report(week, earlier, team_name="Harbour", warm_up_done=warm_up_done)


def test_a_busy_week_reads_sentence_first_and_figures_second() -> None:
    week = team_week(
        10,
        each_received([2] * 10),
        each_received([1] * 10, kind="thread", outcome="urgent"),
        each_received([1, 1], outcome="averted"),
        without_hours=1,
        channels_seen=4,
        channels_total=5,
    )
    assert report(week).text() == "\n".join(
        [
            "Outside hours: Harbour, week 44 of 2026",
            words.HEADLINES["2–4"],
            "contacts per person 2–4",
            words.DIRECTIONS["higher"],
            f"It reached people as mentions and thread replies. {words.KIND_ADVICE['mention']}",
            "mentions 20 · thread replies 10",
            "It reached people on workday evenings, by their own clocks. "
            + words.TIME_ADVICE["workday evening"],
            "workday evenings 30",
            words.averted(None),
            words.urgent(10),
            words.BALANCE["even"],
            "This is what Offhours could see. Direct messages are not seen.",
            "people with hours set 10 of 11 · public channels seen 4 of 5",
            words.COUNTING,
        ]
    )


def test_a_quiet_week_is_short_and_glad() -> None:
    told = report(team_week(6))
    assert told.status == "published"
    assert [each.key for each in told.lines] == ["headline", "trend", "coverage"]
    assert told.lines[0].sentence.startswith("A quiet week")


@pytest.mark.parametrize(
    ("week", "because"),
    [
        (team_week(4, each_received([5] * 4)), "small team"),
        (team_week(4, each_received([5] * 4), without_hours=3), "few enrolled"),
        (team_week(4, each_received([5] * 4), away=2), "few working"),
    ],
)
@pytest.mark.parametrize("warm_up_done", [True, False])
def test_too_few_people_are_told_why_and_what_to_do(
    week: TeamWeek, because: str, *, warm_up_done: bool
) -> None:
    told = report(week, warm_up_done=warm_up_done)
    assert (told.status, told.lines) == ("not_enough_data", ())
    assert told.why == words.NOT_ENOUGH[because]
    assert told.text() == f"Outside hours: Harbour, week 44 of 2026\n{told.why}"


def test_a_new_team_is_told_when_to_expect_its_first_summary() -> None:
    told = report(team_week(6, contacts("U0", 9)), warm_up_done=False)
    assert (told.status, told.lines, told.why) == ("warming_up", (), words.WARMING_UP)


def test_a_report_carries_its_team_and_week() -> None:
    told = report(team_week(6))
    assert (told.team_id, told.iso_week) == ("T1", "2026-W44")


def test_sentences_without_a_report_hold_no_digits() -> None:
    silent = "".join((*words.NOT_ENOUGH.values(), words.WARMING_UP))
    assert not any(each.isdigit() for each in silent)
