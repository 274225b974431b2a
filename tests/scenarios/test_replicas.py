"""Several identical bots on one PostgreSQL: each thing is done once."""

import asyncio
from collections import Counter
from datetime import UTC, datetime

import pytest

from bot.domain.notices import Origin
from bot.services.written import Written
from bot.storage import people
from bot.wiring import build

HOLDS, READERS, AUTHORS = 1_000, 250, 8
MONDAY_OPENING = datetime(2026, 10, 26, 8, 0, tzinfo=UTC)


async def released(bot):
    """Let one bot release until nothing is left to take."""
    while True:
        if not await bot.services.releasing.run_due():
            async with bot.database.reading() as tx:
                left = await tx.exec_driver_sql(
                    "SELECT count(*) FROM held_messages WHERE state <> 'released'"
                )
                if not left.scalar_one():
                    return
            await asyncio.sleep(0.05)


@pytest.mark.slow
async def test_two_bots_deliver_each_of_a_thousand_due_holds_once(postgres_office):
    office = postgres_office
    authors = [office.sandbox.add_user(f"author{n}", "Europe/Vienna") for n in range(AUTHORS)]
    readers = [office.sandbox.add_user(f"reader{n}", "Europe/Vienna") for n in range(READERS)]
    async with office.bot.database.transaction() as tx:
        known = [people.SlackUser(each.id, each.name, each.tz) for each in [*authors, *readers]]
        await people.learn(tx, "T0SANDBOX", known)
        for reader in readers:
            values = {"weekly": "mon-fri 9-17", "enrolled_at": 1}
            await people.save(tx, "T0SANDBOX", reader.id, values)
    await office.bot.services.directory.refresh()
    for number in range(HOLDS):
        await office.bot.services.holding.hold(
            "T0SANDBOX",
            authors[number % AUTHORS].id,
            [readers[number % READERS].id],
            Written(f"message {number}"),
            Origin.LATER,
        )
    second = await build(office.settings, office.clock)
    try:
        office.clock.set(MONDAY_OPENING)
        await asyncio.gather(released(office.bot), released(second))
    finally:
        await second.stop()
    posts = Counter(
        call.params["text"].rpartition("held until you were back: ")[2]
        for call in office.sandbox.calls_to("chat.postMessage")
        if call.response.get("ok")
    )
    assert posts == Counter(f"message {number}" for number in range(HOLDS))
    rows = await office.rows("SELECT claimed_by, count(*) AS n FROM held_messages GROUP BY 1")
    assert len(rows) == 2, "both took a share"
    for reader in readers:
        texts = [m.text for m in office.sandbox.messages(office.sandbox.dm(office.app, reader).id)]
        numbers = [int(text.rpartition(" ")[2]) for text in texts]
        assert numbers == sorted(numbers), "each conversation keeps its order"
