"""Databases that fail for a while: each is made to, for real, and mended."""

import asyncio
import resource
import sqlite3
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import asyncpg

from bot.slack.manifest import BOT_EVENTS, BOT_SCOPES
from bot.storage.database import Database
from bot.storage.vault import new_key
from sandbox import App, Sandbox, SandboxClock
from tests.conftest import FRIDAY_NIGHT, TEMPLATE, Office, Postgres, migrated_file, opened
from tests.scenarios.processes import running

COMMANDS = ("/hours", "/quiet", "/later", "/boundaries", "/offhours")
TABLES = ("contacts", "notices", "held_messages", "people")

Outage = Callable[[], AbstractAsyncContextManager[None]]


@dataclass
class Scene:
    """A bot before its outage; ``settle`` is for when the database answers."""

    sandbox: Sandbox
    clock: SandboxClock
    app: App
    database: Database
    settle: Callable[[], Awaitable[None]]
    outage: Outage

    async def rows(self, query: str) -> list[dict[str, Any]]:
        """Rows of the bot's database."""
        async with self.database.reading() as tx:
            return [dict(row._mapping) for row in await tx.exec_driver_sql(query)]


def _in_office(office: Office, outage: Outage) -> Scene:
    """The bot of this process."""
    return Scene(
        office.sandbox, office.clock, office.app, office.bot.database, office.settle, outage
    )


@asynccontextmanager
async def on_a_locked_file(folder: Path) -> AsyncIterator[Scene]:
    """Another process has the file for itself, longer than anybody waits."""

    @asynccontextmanager
    async def outage() -> AsyncIterator[None]:
        other = sqlite3.connect(folder / "offhours.db", isolation_level=None)
        other.execute("BEGIN EXCLUSIVE")
        try:
            yield
        finally:
            other.execute("ROLLBACK")
            other.close()

    async with opened(folder) as office:
        yield _in_office(office, outage)


@asynccontextmanager
async def without_room(folder: Path, url: str) -> AsyncIterator[Scene]:
    """PostgreSQL says `disk_full`, its own code for it, to everything that is written."""

    @asynccontextmanager
    async def outage() -> AsyncIterator[None]:
        connection = await asyncpg.connect(url)
        await connection.execute(
            "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
            "RAISE disk_full USING MESSAGE = 'could not extend file: No space left on device'; "
            "END $$"
        )
        for table in TABLES:
            await connection.execute(
                f"CREATE TRIGGER refuse BEFORE INSERT OR UPDATE ON {table} "
                "FOR EACH STATEMENT EXECUTE FUNCTION refuse()"
            )
        try:
            yield
        finally:
            await connection.execute("DROP FUNCTION refuse CASCADE")
            await connection.close()

    async with opened(folder, url) as office:
        yield _in_office(office, outage)


@asynccontextmanager
async def on_a_server_that_stops(folder: Path, server: Postgres) -> AsyncIterator[Scene]:
    """PostgreSQL is shut down, and started again later."""

    @asynccontextmanager
    async def outage() -> AsyncIterator[None]:
        await asyncio.to_thread(server._server.stop)
        try:
            yield
        finally:
            await asyncio.to_thread(server._server.ensure_postgres_running)

    async with opened(folder, server.url(TEMPLATE)) as office:
        yield _in_office(office, outage)


def _full_disk(pid: int) -> Outage:
    @asynccontextmanager
    async def outage() -> AsyncIterator[None]:
        unlimited = resource.prlimit(pid, resource.RLIMIT_FSIZE)
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (1, unlimited[1]))
        try:
            yield
        finally:
            resource.prlimit(pid, resource.RLIMIT_FSIZE, unlimited)

    return outage


@asynccontextmanager
async def on_a_full_disk(folder: Path) -> AsyncIterator[Scene]:
    """A bot as a process of its own on a SQLite file; the system takes nothing more from it."""
    path, clock = folder / "offhours.db", SandboxClock(FRIDAY_NIGHT)
    path.write_bytes(await migrated_file())
    url = f"sqlite:///{path}"
    async with Sandbox(clock) as sandbox:
        app = sandbox.install_app(scopes=BOT_SCOPES, bot_events=BOT_EVENTS, commands=COMMANDS)
        async with running(sandbox, app, url, new_key()) as bot:
            app.request_url = bot.request_url
            database = Database(url)

            async def settle() -> None:
                await sandbox.settle()
                await bot.settle()

            yield Scene(sandbox, clock, app, database, settle, _full_disk(bot.pid))
            await database.close()
