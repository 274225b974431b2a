"""What was not heard: the bot's own outages, and the minutes Slack kept events back."""

from datetime import timedelta

import pytest

from bot.storage import coverage
from tests.conftest import FRIDAY_NIGHT

WORKSPACE = "T0SANDBOX"
NIGHT = int(FRIDAY_NIGHT.timestamp())


async def slept(office, machine_s, people_s):
    """The process stood still for so long by the machine's clock, and by people's."""
    async with office.bot.database.transaction() as tx:
        await tx.exec_driver_sql(f"UPDATE beats SET machine_at = machine_at - {machine_s}")
    office.clock.set(office.clock.now() + timedelta(seconds=people_s))
    await office.bot.services.gaps.run_due()


async def gaps(office):
    return [
        (row["start_at"] - NIGHT, row["end_at"] - NIGHT, row["reason"])
        for row in await office.rows("SELECT * FROM coverage_gaps ORDER BY start_at")
    ]


@pytest.fixture
async def beating(any_office):
    await any_office.bot.services.gaps.run_due()
    return any_office


async def test_an_outage_within_slacks_retries_is_no_gap(beating):
    await slept(beating, 290, 290)
    assert await gaps(beating) == []


async def test_a_longer_one_is_a_gap_from_the_last_beat_on(beating):
    await slept(beating, 3_600, 3_600)
    assert await gaps(beating) == [(0, 3_600, "down")]
    await beating.bot.services.gaps.run_due()
    assert len(await gaps(beating)) == 1


async def test_a_clock_that_jumps_while_the_bot_is_there_is_no_gap(beating):
    await slept(beating, 5, 60 * 3_600)
    await slept(beating, 5, -3_600)
    assert await gaps(beating) == []


async def test_gaps_are_counted_once_inside_the_time_asked_for(beating):
    async with beating.bot.database.transaction() as tx:
        await coverage.add_gap(tx, WORKSPACE, NIGHT, NIGHT + 600, "down")
        await coverage.add_gap(tx, WORKSPACE, NIGHT + 300, NIGHT + 900, "rate_limited")
        assert await coverage.gaps_s(tx, WORKSPACE, NIGHT, NIGHT + 3_600) == 900
        assert await coverage.gaps_s(tx, WORKSPACE, NIGHT + 600, NIGHT + 700) == 100
        assert await coverage.gaps_s(tx, WORKSPACE, NIGHT + 900, NIGHT + 3_600) == 0
        assert await coverage.gaps_s(tx, "T0OTHER", NIGHT, NIGHT + 3_600) == 0
