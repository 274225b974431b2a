"""Several identical bots on one PostgreSQL: each thing is done once."""

import asyncio
import re
from collections import Counter
from contextlib import AsyncExitStack
from datetime import UTC, datetime

import asyncpg
import pytest

from bot.domain.notices import Origin
from bot.services.holding import lane_of, new_id
from bot.services.written import Written, seal
from bot.slack.manifest import BOT_EVENTS, BOT_SCOPES
from bot.storage.vault import Vault, new_key
from sandbox import Sandbox, SandboxClock
from tests.scenarios.processes import running

HOLDS, READERS, AUTHORS = 10_000, 2_500, 50
FRIDAY_NIGHT = datetime(2026, 10, 23, 20, 14, tzinfo=UTC)
MONDAY_OPENING = datetime(2026, 10, 26, 8, 0, tzinfo=UTC)
WORKSPACE = "T0SANDBOX"
PATIENCE_S = 600
"""Far more than it takes, where nothing else runs."""

COLUMNS = {
    "people": "workspace_id user_id name tz weekly enrolled_at version",
    "held_messages": "id workspace_id author_id origin state sealed lane created_at due_at",
    "hold_recipients": "hold_id user_id workspace_id",
    "policies": "workspace_id version document changed_by changed_at",
    "contacts": "workspace_id channel_id ts recipient_id author_id kind at recipient_tz outcome "
    "reason policy_version",
}


async def fill(database_url, authors, readers, key):
    """Write what as many `/later` would have written, all due at one instant.

    What waits for one reader is by different authors, so that it is not bundled, and the policy
    does not spread it over the morning.
    """
    vault, written_at = Vault([key]), int(FRIDAY_NIGHT.timestamp())
    due_at = int(MONDAY_OPENING.timestamp())
    people = [
        (WORKSPACE, person.id, person.name, person.tz, "mon-fri 9-17", 1, 1)
        for person in [*authors, *readers]
    ]
    held, recipients, averted = [], [], []
    for number in range(HOLDS):
        turn, reader = number // READERS, readers[number % READERS].id
        author, at = authors[(number + turn) % AUTHORS].id, written_at + turn
        hold_id, lane = new_id(), lane_of(None, [reader])
        sealed = seal(vault, Written(f"message {number}"))
        origin = Origin.LATER.value
        held.append((hold_id, WORKSPACE, author, origin, "held", sealed, lane, at, due_at))
        recipients.append((hold_id, reader, WORKSPACE))
        contact = (WORKSPACE, "held", hold_id, reader, author, "dm", at)
        averted.append((*contact, "Europe/Vienna", "averted", "held", 0))
    rows = {"people": people, "held_messages": held, "hold_recipients": recipients}
    rows |= {"policies": [(WORKSPACE, 1, '{"release_spread_min": 0}', authors[0].id, written_at)]}
    connection = await asyncpg.connect(database_url)
    for table, records in (rows | {"contacts": averted}).items():
        columns = COLUMNS[table].split()
        await connection.copy_records_to_table(table, records=records, columns=columns)
    await connection.close()


async def all_released(database_url):
    """Wait until no hold is left; how many each worker released."""
    connection = await asyncpg.connect(database_url)
    left = HOLDS
    async with asyncio.timeout(PATIENCE_S):
        while left:
            await asyncio.sleep(0.2)
            left = await connection.fetchval(
                "SELECT count(*) FROM held_messages WHERE state <> 'released' OR sealed IS NOT NULL"
            )
    shares = await connection.fetch("SELECT claimed_by, count(*) FROM held_messages GROUP BY 1")
    await connection.close()
    return dict(shares)


def said_to(sandbox, app, reader):
    """The numbers of the messages somebody got, in order; a post may carry several."""
    texts = [message.text for message in sandbox.messages(sandbox.dm(app, reader).id)]
    return [int(number) for text in texts for number in re.findall(r"message (\d+)", text)]


@pytest.mark.slow
@pytest.mark.parametrize("replicas", [2, 4])
async def test_replicas_deliver_each_of_ten_thousand_due_holds_once(postgres_url, replicas):
    key = new_key()
    async with Sandbox(SandboxClock(FRIDAY_NIGHT)) as sandbox, AsyncExitStack() as started:
        app = sandbox.install_app(scopes=BOT_SCOPES, bot_events=BOT_EVENTS)
        authors = [sandbox.add_user(f"author{n}", "Europe/Vienna") for n in range(AUTHORS)]
        readers = [sandbox.add_user(f"reader{n}", "Europe/Vienna") for n in range(READERS)]
        await fill(postgres_url, authors, readers, key)
        starting = [running(sandbox, app, postgres_url, key) for _ in range(replicas)]
        await asyncio.gather(*(started.enter_async_context(each) for each in starting))
        assert not sandbox.calls_to("chat.postMessage"), "nothing goes out before the opening"
        sandbox.clock.set(MONDAY_OPENING)
        shares = await all_released(postgres_url)
        delivered = [said_to(sandbox, app, reader) for reader in readers]
    once = Counter(number for numbers in delivered for number in numbers)
    assert once == Counter(range(HOLDS))
    assert all(numbers == sorted(numbers) for numbers in delivered), "each conversation in order"
    assert len(shares) == replicas, "each took a share"
