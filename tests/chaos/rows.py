"""What the harness does behind the bot's back: read its contacts, and let time pass.

Leases and retries follow the machine's clock, and a test does not wait for quarters of an hour.
Instead what they wait for is put into the past, as if the machine had stood still meanwhile; it
is done only while no bot runs, or while the only one has nothing under way.
"""

from collections import Counter

from bot.services.ports import lease_now
from bot.storage.database import Database
from bot.storage.tables import metadata

PASSED_S = 3_600
"""Longer than any lease and any wait of the bot."""

WAITS = {
    table.name: columns
    for table in metadata.sorted_tables
    if (columns := [each for each in ("lease_until", "retry_at") if each in table.columns])
}
"""Every column that makes a worker wait, by table."""

HELD = "held"
"""The channel of contacts that were averted before anything was posted."""

ContactKey = tuple[str, str, str]


class Rows:
    """The bot's database, seen from outside."""

    def __init__(self, database_url: str) -> None:
        self._database = Database(database_url, pool_size=1)

    async def pass_time(self) -> None:
        """Let `PASSED_S` seconds go by."""
        for table, columns in WAITS.items():
            moved = ", ".join(f"{column} = {column} - {PASSED_S}" for column in columns)
            await self.run(f"UPDATE {table} SET {moved}")

    async def run(self, statement: str) -> None:
        """One statement in a transaction of its own."""
        async with self._database.transaction() as tx:
            await tx.exec_driver_sql(statement)

    async def waits(self) -> bool:
        """True while something is left alone until a lease or a wait is over."""
        now = lease_now()
        async with self._database.reading() as tx:
            for table, columns in WAITS.items():
                later = " OR ".join(f"{column} > {now}" for column in columns)
                found = await tx.exec_driver_sql(f"SELECT count(*) FROM {table} WHERE {later}")
                if found.scalar_one():
                    return True
        return False

    async def contacts(self) -> tuple[Counter[ContactKey], Counter[tuple[str, str]]]:
        """Contacts of posted messages by channel, ts and recipient; of held ones by the pair."""
        posted: Counter[ContactKey] = Counter()
        held: Counter[tuple[str, str]] = Counter()
        async with self._database.reading() as tx:
            for row in await tx.exec_driver_sql(
                "SELECT channel_id, ts, recipient_id, author_id FROM contacts"
            ):
                if row.channel_id == HELD:
                    held[row.author_id, row.recipient_id] += 1
                else:
                    posted[row.channel_id, row.ts, row.recipient_id] += 1
        return posted, held

    async def close(self) -> None:
        """Give the connections back."""
        await self._database.close()
