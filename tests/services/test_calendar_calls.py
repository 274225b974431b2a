"""Calling on a calendar, at whatever moment of a visit, brings another look at it."""

import pytest

from bot.storage import calendars, people, workspaces
from bot.storage.database import Database

TEAM, ANA = "T1", "U1"
NOW, LATER = 1_000, 1_300


@pytest.fixture
async def database(any_url):
    """Ana's calendar is connected and due."""
    found = Database(any_url)
    await found.migrate()
    async with found.transaction() as tx:
        await workspaces.ensure(tx, TEAM, name="T", bot_user_id="UBOT", now=1)
        await people.learn(tx, TEAM, [people.SlackUser(ANA, "ana", "Europe/Berlin")])
        await calendars.connect(
            tx, TEAM, ANA, provider="memory", sealed_credentials=b"", address="", now=NOW
        )
        await calendars.change(tx, TEAM, ANA, judged_version=1_000)
    yield found
    await found.close()


async def claimed(database, now=NOW):
    async with database.transaction() as tx:
        return await calendars.claim_due(tx, ["memory"], now=now, lease_now=1, lease_s=60)


async def visited(database, row):
    async with database.transaction() as tx:
        assert await calendars.visited(tx, row, due_at=LATER)


async def call_on(database):
    async with database.transaction() as tx:
        await calendars.call_on(tx, TEAM, ANA)


async def test_a_visit_puts_the_next_one_off(database):
    (row,) = await claimed(database)
    await visited(database, row)
    assert await claimed(database, LATER - 1) == []
    assert len(await claimed(database, LATER)) == 1


async def test_a_call_brings_a_visit_at_once(database):
    (row,) = await claimed(database)
    await visited(database, row)
    await call_on(database)
    (row,) = await claimed(database)
    assert row.due_at == NOW


async def test_a_call_during_a_visit_is_not_lost(database):
    for _ in range(3):
        (row,) = await claimed(database)
        await call_on(database)
        await visited(database, row)
    (row,) = await claimed(database)
    await visited(database, row)
    assert await claimed(database) == []


async def test_during_a_visit_nobody_else_comes(database):
    await claimed(database)
    await call_on(database)
    assert await claimed(database) == []
