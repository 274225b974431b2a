"""What is deleted leaves the files as well: old text, encrypted as it was, is not kept.

SQLite overwrites what is deleted (``secure_delete``), but not the copies that stay in unused parts
of its pages when rows grow and move. PostgreSQL overwrites nothing: VACUUM only marks the room as
free. Writing the rows anew leaves nothing behind but what is stored.

Source: https://sqlite.org/lang_vacuum.html and
https://www.postgresql.org/docs/current/sql-vacuum.html
"""

import asyncio
import contextlib
import sqlite3
import time

import asyncpg

from bot.errors import StorageDown
from bot.log import log
from bot.storage.database import BUSY_S, Database

EVERY_S = 3_600
SEALED_TABLES = ("held_messages", "grants", "urgents")
"""The tables with encrypted columns."""

_LEFT = """
    SELECT (SELECT count(*) FROM held_messages WHERE sealed IS NULL),
           (SELECT count(*) FROM grants),
           (SELECT max(granted_at) FROM grants),
           (SELECT count(*) FROM urgents WHERE sealed_line IS NULL)
"""
"""Changes when something sealed was deleted, or a permission given anew over an older one; a hold
that was edited is scrubbed when it ends.
"""

SCRUB_LOCK = 6_174_202
"""As `MIGRATION_LOCK`: one replica at a time, the others have nothing to add."""


class Scrubber:
    """The worker that scrubs after the start, and ``every_s`` later if something was deleted."""

    def __init__(self, database: Database, every_s: float = EVERY_S) -> None:
        self._database = database
        self._every_s = every_s
        self._next_s = 0.0
        self._seen: tuple[int | None, ...] = ()

    async def run_due(self) -> int:
        """Scrub if it is time. Returns 0, for nothing follows from it."""
        if time.monotonic() < self._next_s:
            return 0
        async with self._database.reading() as tx:
            found = (await tx.exec_driver_sql(_LEFT)).one()
        if self._seen != tuple(found):
            await scrub(self._database)
            log.info("storage.scrubbed")
        self._seen, self._next_s = tuple(found), time.monotonic() + self._every_s
        return 0


async def scrub(database: Database) -> None:
    """Write the rows anew; writers wait meanwhile.

    Raises:
        StorageDown: somebody else is busy with the tables; nothing has changed.
    """
    try:
        if database.is_sqlite:
            async with database.alone():
                await asyncio.to_thread(_scrub_file, str(database.url.database))
        else:
            await _scrub_tables(database.dsn)
    except (sqlite3.OperationalError, asyncpg.PostgresError, OSError, TimeoutError) as error:
        raise StorageDown("the database was not scrubbed") from error


def _scrub_file(path: str) -> None:
    with contextlib.closing(sqlite3.connect(path, timeout=BUSY_S, isolation_level=None)) as found:
        found.execute("PRAGMA secure_delete=ON")
        found.execute("VACUUM")
        # The log of changes holds every page as it was; it is emptied, not only written back.
        found.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()


async def _scrub_tables(dsn: str) -> None:
    connection = await asyncpg.connect(dsn, timeout=BUSY_S)
    try:
        await connection.execute(f"SET lock_timeout = {BUSY_S * 1000}")
        if await connection.fetchval("SELECT pg_try_advisory_lock($1)", SCRUB_LOCK):
            await connection.execute(f"VACUUM (FULL) {', '.join(SEALED_TABLES)}")
    finally:
        await connection.close()
