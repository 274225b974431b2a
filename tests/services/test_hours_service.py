"""Changes to one calendar at the same moment, on both databases."""

import asyncio
from datetime import timedelta

from bot.domain import notation
from tests.conftest import opened

WORKSPACE = "T0SANDBOX"


async def test_of_two_clicks_at_once_none_is_lost(any_url, tmp_path):
    async with opened(tmp_path, any_url) as office:
        ana = office.sandbox.add_user("ana", "Europe/Vienna")
        await office.settle()
        hours = office.bot.services.hours
        windows = [notation.parse_quiet_window(f"mon {hour}-{hour}:30") for hour in range(8)]
        added = [hours.add_quiet_window(WORKSPACE, ana.id, window) for window in windows]
        wall_now = (await hours.calendar(WORKSPACE, ana.id)).wall_now
        leave = [notation.parse_off(f"{day} dec", wall_now) for day in range(1, 7)]
        noted = [hours.add_exceptions(WORKSPACE, ana.id, [exception]) for exception in leave]
        await asyncio.gather(*added, *noted)
        calendar = await hours.calendar(WORKSPACE, ana.id)
        assert sorted(w.interval for w in calendar.pattern.quiet_windows) == [
            w.interval for w in windows
        ]
        assert [exception.start for exception in calendar.exceptions] == [e.start for e in leave]


async def test_enrolment_keeps_its_first_instant(any_url, tmp_path):
    async with opened(tmp_path, any_url) as office:
        ana = office.sandbox.add_user("ana", "Europe/Vienna")
        hours = office.bot.services.hours
        await hours.fit(WORKSPACE, ana.id, "AT")
        office.clock.advance(timedelta(minutes=1))
        calendar = await hours.fit(WORKSPACE, ana.id, "PT")
        assert calendar.person.enrolled
        assert str(calendar.pattern.region) == "AT"
        (row,) = await office.rows("SELECT enrolled_at FROM people WHERE name = 'ana'")
        assert row["enrolled_at"] == 1792786440
