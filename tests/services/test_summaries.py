"""The weekly summary: on time in the team's zone, caught up, and posted once."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from bot.domain.instants import epoch
from bot.domain.policy import Policy
from bot.services.ports import lease_now
from bot.services.summaries import Due, due_weeks
from bot.storage.teams import TeamRow
from bot.wiring import build
from sandbox.faults import Fault
from tests.services.crew import (
    LAST_WEEK,
    MONDAY,
    SEPTEMBER,
    THURSDAY_NIGHT,
    WORKSPACE,
    Crew,
    text_of,
)

pytestmark = pytest.mark.slow


@pytest.fixture
async def crew(office):
    """Nine people, known since September, settled in the middle of last week."""
    office.clock.set(THURSDAY_NIGHT)
    return await Crew(office, 9, created=THURSDAY_NIGHT - timedelta(days=11)).settled()


async def test_it_comes_on_monday_at_nine_by_the_teams_clock_across_the_clock_change(office, crew):
    await crew.contacted(times=3)
    await office.at(MONDAY - timedelta(seconds=1))
    assert crew.posts == []
    await office.at(MONDAY)
    (message,) = crew.posts
    text = text_of(message)
    assert "Outside hours: Design, week 43 of 2026" in text
    assert "Two to four messages per person" in text
    assert "mentions 27" in text
    assert "people with hours set 9 of 9" in text
    assert "public channels seen 1 of 1" in text
    assert not any(person.id in str(message.blocks) for person in [crew.boss, *crew.people])
    await office.at(MONDAY + timedelta(hours=3))
    assert len(crew.posts) == 1
    assert await crew.weeks() == [(LAST_WEEK, "posted")]


async def test_the_policy_says_when(office, crew):
    await crew.boss.command("/boundaries", "admin digest tue 16:30")
    await office.at(MONDAY + timedelta(days=1))
    assert crew.posts == []
    await office.at(datetime(2026, 10, 27, 15, 30, tzinfo=UTC))
    assert len(crew.posts) == 1
    await crew.boss.command("/boundaries", "admin digest wed 9:00")
    await office.at(datetime(2026, 10, 28, 15, 30, tzinfo=UTC))
    assert len(crew.posts) == 1


async def test_a_quiet_week_is_celebrated(office, crew):
    await office.at(MONDAY)
    assert "A quiet week" in text_of(crew.posts[0])


async def test_trend_averted_and_urgent_are_told(office):
    office.clock.set(THURSDAY_NIGHT)
    office.sandbox.rate_limit_per_channel_s = 0
    crew = await Crew(office, 9).settled()
    for back in (1, 2, 3):
        await crew.contacted(THURSDAY_NIGHT - timedelta(weeks=back), times=1)
    await crew.contacted(times=3)
    await crew.contacted(THURSDAY_NIGHT - timedelta(hours=1), times=2, outcome="averted")
    await crew.contacted(THURSDAY_NIGHT - timedelta(hours=2), times=2, outcome="urgent")
    await office.at(MONDAY)
    text = text_of(crew.posts[-1])
    assert "That is more per person" in text
    assert "18 times, a message waited" in text
    assert "18 times, it was declared urgent" in text
    assert "workday evenings" in text


async def test_a_team_of_four_reads_why_there_is_nothing(office):
    office.clock.set(THURSDAY_NIGHT)
    crew = await Crew(office, 4, created=THURSDAY_NIGHT - timedelta(days=11)).settled()
    await crew.contacted(times=3)
    await office.at(MONDAY)
    (message,) = crew.posts
    assert "Not enough data" in text_of(message)
    assert "18" not in text_of(message)
    assert "12" not in text_of(message)


async def test_people_who_did_not_choose_are_not_counted(office):
    office.clock.set(THURSDAY_NIGHT)
    created = THURSDAY_NIGHT - timedelta(days=11)
    crew = await Crew(office, 6, created=created, enrolled=False).settled()
    await office.at(MONDAY)
    assert "fewer than five people of this team have set their hours" in text_of(crew.posts[0])


async def test_two_weeks_go_by_before_the_first(office):
    office.clock.set(THURSDAY_NIGHT)
    crew = await Crew(office, 6, created=THURSDAY_NIGHT).settled()
    await office.at(MONDAY)
    await office.at(MONDAY + timedelta(weeks=1))
    assert (crew.posts, await crew.weeks()) == ([], [])
    await office.at(MONDAY + timedelta(weeks=2))
    assert len(crew.posts) == 1
    assert await crew.weeks() == [("2026-W45", "posted")]


async def test_missed_weeks_are_caught_up_in_order(office, crew):
    office.sandbox.rate_limit_per_channel_s = 0
    await office.at(MONDAY + timedelta(weeks=2, days=1, hours=5))
    titles = [text_of(message).partition("\n")[0] for message in crew.posts]
    assert titles == [f"Outside hours: Design, week {week} of 2026" for week in (43, 44, 45)]


async def test_a_week_that_has_to_wait_holds_the_next_one_back(office, crew):
    office.sandbox.rate_limit_per_channel_s = 0
    office.sandbox.faults.add("chat.postMessage", Fault.rate_limited(retry_after_s=60))
    await office.at(MONDAY + timedelta(weeks=1))
    assert crew.posts == []
    assert await crew.weeks() == [(LAST_WEEK, "due"), ("2026-W44", "due")]


async def test_no_more_than_eight_weeks_are_caught_up(office):
    office.clock.set(SEPTEMBER)
    crew = await Crew(office, 6, created=SEPTEMBER).settled()
    await office.at(datetime(2027, 1, 4, 12, 0, tzinfo=UTC))
    assert [week for week, _ in await crew.weeks()] == [
        "2026-W46", "2026-W47", "2026-W48", "2026-W49", "2026-W50", "2026-W51", "2026-W52",
        "2026-W53",
    ]  # fmt: skip


async def test_a_lost_answer_posts_once(office, crew):
    office.sandbox.faults.add("chat.postMessage", Fault.drop_answer())
    await office.at(MONDAY)
    assert len(crew.posts) == 1
    assert await crew.weeks() == [(LAST_WEEK, "posted")]
    assert len(office.sandbox.calls_to("chat.postMessage")) == 1


@pytest.mark.parametrize("trouble", [Fault.rate_limited(1), Fault.error("fatal_error")])
async def test_a_lost_answer_and_trouble_with_looking_post_once(office, crew, trouble):
    office.sandbox.faults.add("chat.postMessage", Fault.drop_answer())
    office.sandbox.faults.add("conversations.history", trouble)
    await office.at(MONDAY)
    assert await crew.weeks() == [(LAST_WEEK, "posting")]
    await forget(office)
    await office.settle()
    assert len(crew.posts) == 1
    assert await crew.weeks() == [(LAST_WEEK, "posted")]


async def test_an_attempt_cut_short_after_the_post_is_found_again(office, crew):
    await office.at(MONDAY)
    await forget(office)
    await office.settle()
    assert len(crew.posts) == 1
    assert await crew.weeks() == [(LAST_WEEK, "posted")]


async def test_an_attempt_cut_short_before_the_post_is_made_up_for(office, crew):
    office.sandbox.faults.add("chat.postMessage", Fault.drop_request())
    await office.at(MONDAY)
    assert crew.posts == []
    assert await crew.weeks() == [(LAST_WEEK, "posting")]
    await forget(office)
    await office.settle()
    assert len(crew.posts) == 1


async def forget(office):
    """What is left by a process that ended between its commit and the next: a row in doubt."""
    async with office.bot.database.transaction() as tx:
        await tx.exec_driver_sql(
            "UPDATE digests SET state = 'posting', lease_until = 0, retry_at = 0"
        )


async def test_a_full_slack_is_asked_again_later(office, crew):
    office.sandbox.faults.add("chat.postMessage", Fault.rate_limited(retry_after_s=60))
    before = lease_now()
    await office.at(MONDAY)
    assert crew.posts == []
    (row,) = await office.rows("SELECT retry_at FROM digests")
    assert 60 <= row["retry_at"] - before < 70
    await forget(office)
    await office.settle()
    assert len(crew.posts) == 1


async def test_a_removed_team_gets_no_summary(office, crew):
    await office.bot.services.summaries.run_due()
    office.clock.set(MONDAY)
    await office.bot.services.summaries.plan()
    await crew.boss.command("/boundaries", "team remove @design")
    await office.at(MONDAY)
    assert crew.posts == []
    assert await crew.weeks() == [(LAST_WEEK, "refused")]


async def test_a_bot_that_is_invited_in_time_posts_after_all(office, crew):
    crew.channel.members.remove(office.app.bot_user_id)
    await office.at(MONDAY)
    assert crew.posts == []
    assert await crew.weeks() == [(LAST_WEEK, "due")]
    crew.channel.members.append(office.app.bot_user_id)
    await forget(office)
    await office.at(MONDAY + timedelta(hours=1))
    assert len(crew.posts) == 1


async def test_what_nobody_puts_right_is_given_up_after_a_week(office, crew):
    await crew.boss.archive(crew.channel)
    await office.at(MONDAY)
    assert await crew.weeks() == [(LAST_WEEK, "due")]
    office.clock.set(MONDAY + timedelta(weeks=1))
    await forget(office)
    await office.settle()
    assert crew.posts == []
    assert (LAST_WEEK, "refused") in await crew.weeks()


async def test_after_a_downtime_it_waits_for_the_morning(office, crew):
    night = MONDAY.replace(day=MONDAY.day + 5, hour=2)  # Saturday, three in the morning in Vienna
    await office.at(night)
    assert crew.posts == []
    await office.at(night + timedelta(days=2, hours=5, minutes=59))
    assert crew.posts == []
    await office.at(night + timedelta(days=2, hours=6))
    assert len(crew.posts) >= 1


async def test_channels_that_cannot_be_counted_are_left_out(office, crew):
    office.sandbox.faults.add("conversations.list", Fault.error("missing_scope"))
    await office.at(MONDAY)
    assert "public channels" not in text_of(crew.posts[0])


async def test_two_replicas_post_each_summary_once_on_either_database(any_office):
    office = any_office
    office.clock.set(THURSDAY_NIGHT)
    created = THURSDAY_NIGHT - timedelta(days=11)
    crews = [await Crew(office, 5, created, name=name).settled() for name in ("a", "b", "c", "d")]
    office.clock.set(MONDAY)
    other = await build(office.settings, office.clock)
    bots = (office.bot, other, office.bot, other)
    for _ in crews:
        await asyncio.gather(*(bot.services.summaries.run_due() for bot in bots))
    await other.stop()
    await office.settle()
    assert [len(crew.posts) for crew in crews] == [1, 1, 1, 1]
    assert len(office.sandbox.calls_to("chat.postMessage")) == 4
    assert {state for _, state in await crews[0].weeks()} == {"posted"}


def team(tz, created):
    return TeamRow(WORKSPACE, "S1", "Design", "C1", tz, epoch(created), ())


@pytest.mark.parametrize(
    ("tz", "due_at"),
    [
        ("Europe/Vienna", datetime(2026, 10, 26, 8, 0, tzinfo=UTC)),
        ("Asia/Tokyo", datetime(2026, 10, 26, 0, 0, tzinfo=UTC)),
        ("America/New_York", datetime(2026, 10, 26, 13, 0, tzinfo=UTC)),
        ("Pacific/Apia", datetime(2026, 10, 25, 20, 0, tzinfo=UTC)),
    ],
)
def test_a_week_is_due_by_the_teams_own_clock(tz, due_at):
    started = team(tz, SEPTEMBER)
    before, after = epoch(due_at) - 1, epoch(due_at)
    assert due_weeks(started, Policy(), before)[-1].iso_week == "2026-W42"
    assert due_weeks(started, Policy(), after)[-1] == Due("2026-W43", after)


def test_a_week_is_due_across_a_years_end():
    now = epoch(datetime(2027, 1, 4, 9, 0, tzinfo=UTC))
    weeks = [due.iso_week for due in due_weeks(team("UTC", SEPTEMBER), Policy(), now)]
    assert weeks[-2:] == ["2026-W52", "2026-W53"]
