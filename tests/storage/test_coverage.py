"""Gaps: what touches becomes one, what does not stays apart."""

import pytest

from bot.storage.coverage import add_gap
from bot.storage.database import Database


@pytest.mark.parametrize(
    ("added", "kept"),
    [
        ([(0, 60), (60, 120)], [(0, 120)]),
        ([(60, 120), (0, 60)], [(0, 120)]),
        ([(0, 60), (0, 60)], [(0, 60)]),
        ([(0, 60), (61, 120)], [(0, 60), (61, 120)]),
        ([(0, 60), (120, 180), (60, 120)], [(0, 180)]),
        ([(0, 180), (60, 120)], [(0, 180)]),
    ],
)
async def test_what_touches_is_one_gap(any_url, added, kept):
    database = Database(any_url)
    await database.migrate()
    async with database.transaction() as tx:
        await add_gap(tx, "T1", 0, 60, "down")
        await add_gap(tx, "T2", 30, 90, "rate_limited")
        for start_at, end_at in added:
            await add_gap(tx, "T1", start_at, end_at, "rate_limited")
        rows = await tx.exec_driver_sql(
            "SELECT start_at, end_at FROM coverage_gaps "
            "WHERE workspace_id = 'T1' AND reason = 'rate_limited' ORDER BY 1"
        )
        assert [tuple(row) for row in rows] == kept
        others = await tx.exec_driver_sql(
            "SELECT start_at, end_at FROM coverage_gaps "
            "WHERE workspace_id = 'T2' OR reason = 'down' ORDER BY 1"
        )
        assert [tuple(row) for row in others] == [(0, 60), (30, 90)]
    await database.close()
