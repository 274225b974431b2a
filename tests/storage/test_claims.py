"""Claiming due holds: whole lanes, in order, and quickly however many are due."""

import time

import pytest
from sqlalchemy import insert, select

from bot.storage import holds
from bot.storage.database import Database
from bot.storage.statements import CLAIM_BATCH
from bot.storage.tables import held_messages, workspaces

NOW, LEASE_NOW, LEASE_S = 1_000, 50, 120
MANY, QUICK_S = 5_000, 5
"""Asked for each due row anew, who is busy takes several times as long."""


@pytest.fixture
async def database(any_url):
    """A migrated database of either kind with a workspace in it."""
    found = Database(any_url)
    await found.migrate()
    async with found.transaction() as tx:
        values = {"workspace_id": "T1", "name": "", "bot_user_id": "U0", "installed_at": 1}
        await tx.execute(insert(workspaces), values)
    yield found
    await found.close()


def row(number, lane, **changes):
    """A hold that is due."""
    return {
        "id": f"{number:032}",
        "workspace_id": "T1",
        "author_id": "U1",
        "origin": "later",
        "state": "held",
        "lane": lane,
        "created_at": number,
        "due_at": NOW,
        "retry_at": 0,
        "lease_until": 0,
    } | changes


async def claimed(database, rows=()):
    """The numbers of the holds that a worker gets."""
    async with database.transaction() as tx:
        if rows:
            await tx.execute(insert(held_messages), list(rows))
    async with database.transaction() as tx:
        taken = await holds.claim_due(tx, "w", now=NOW, lease_now=LEASE_NOW, lease_s=LEASE_S)
    return [int(hold.id) for hold in taken]


async def test_a_lane_in_which_somebody_delivers_is_left_alone(database):
    rows = [
        row(1, "busy", state="releasing", lease_until=LEASE_NOW + 1),
        row(2, "busy"),
        row(3, "left behind", state="claimed", lease_until=LEASE_NOW),
        row(4, "left behind"),
        row(5, "free"),
    ]
    assert await claimed(database, rows) == [3, 4, 5]


async def test_nothing_overtakes_what_waits_to_be_tried_again(database):
    rows = [
        row(1, "waiting"),
        row(2, "waiting", retry_at=LEASE_NOW + 1),
        row(3, "waiting"),
        row(4, "over", state="released", retry_at=LEASE_NOW + 1),
        row(5, "over"),
    ]
    assert await claimed(database, rows) == [1, 5]


LATE = {
    "put off": lambda tx, hold_id: holds.put_off(tx, hold_id, "late", due_at=NOW + 150),
    "turned back": lambda tx, hold_id: holds.turn_back(tx, hold_id, "late", code="x", due_at=NOW),
    "finished": lambda tx, hold_id: holds.finish(tx, hold_id, "released", "late", at=NOW),
    "let go": lambda tx, hold_id: holds.give_up_claim(
        tx, hold_id, "late", retry_at=0, maybe_sent=False
    ),
    "derived anew": lambda tx, hold_id: holds.turn_back(tx, hold_id, None, code="x", due_at=NOW),
    "ended by its hours": lambda tx, hold_id: holds.finish(tx, hold_id, "returned", None, at=NOW),
}
"""What others may still want of a hold that one worker is delivering."""


@pytest.mark.parametrize("act", LATE.values(), ids=LATE)
async def test_whoever_lost_a_hold_changes_nothing_any_more(database, act):
    hold_id = row(1, "lane")["id"]
    async with database.transaction() as tx:
        await tx.execute(insert(held_messages), [row(1, "lane", sealed=b"x")])
        await holds.claim_due(tx, "late", now=NOW, lease_now=LEASE_NOW, lease_s=0)
        await holds.claim_due(tx, "now", now=NOW, lease_now=LEASE_NOW, lease_s=LEASE_S)
        await holds.start_releasing(
            tx, [hold_id], "now", bundle_id="", channel_id="D1", lease_until=LEASE_NOW + LEASE_S
        )
        before = (await tx.execute(select(held_messages))).one()
        await act(tx, hold_id)
        assert (await tx.execute(select(held_messages))).one() == before
        assert await holds.finish(tx, hold_id, "released", "now", at=NOW)


async def test_many_due_at_one_instant_are_claimed_in_order_and_quickly(database):
    rows = [row(number, f"lane {number % 1_000}") for number in range(MANY)]
    assert await claimed(database, rows) == list(range(CLAIM_BATCH))
    began = time.monotonic()
    assert await claimed(database) == list(range(CLAIM_BATCH, 2 * CLAIM_BATCH))
    assert time.monotonic() - began < QUICK_S
