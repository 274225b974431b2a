"""Migrations: they make the tables the code has, go back and forth, and are refused if unknown."""

import asyncio
import itertools
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, func, insert, inspect, select

from bot.config import Settings
from bot.errors import Misconfigured
from bot.storage.database import MIGRATIONS, Database, Transaction, head_revision
from bot.storage.tables import metadata
from bot.wiring import open_database

_numbers = itertools.count()

ROWS: dict[str, dict[str, Any]] = {
    "workspaces": {"name": "Kestrel", "bot_user_id": "U0", "installed_at": 1},
    "people": {"user_id": "U1", "name": "ana", "tz": "UTC"},
    "held_messages": {
        "id": "h1",
        "author_id": "U2",
        "origin": "later",
        "state": "releasing",
        "lane": "dm:U1",
        "created_at": 1,
    },
    "hold_recipients": {"hold_id": "h1", "user_id": "U1"},
    "message_counts": {"day": "2026-10-23"},
    "notices": {
        "id": "n1",
        "kind": "flag",
        "reader_id": "U2",
        "channel_id": "C1",
        "ts": "1.0",
        "until_at": 1,
        "day": "2026-10-23",
        "payload": "{}",
        "status": "due",
        "due_at": 1,
        "expires_at": 1,
    },
}
"""One row of each table that a revision changes or that hangs on one, in the order of their keys."""


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of a database without tables."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'empty.db'}"
    server = request.getfixturevalue("postgres_server")
    name = f"empty_{next(_numbers)}"
    asyncio.run(server.run(f"CREATE DATABASE {name}"))
    url: str = server.url(name)
    return url


@pytest.fixture
async def empty(empty_url: str) -> AsyncIterator[Database]:
    """A database without tables."""
    database = Database(empty_url)
    yield database
    await database.close()


def differences(connection: Connection) -> list[Any]:
    # SQLite reports an empty default in a notation that never compares equal.
    opts = {"compare_server_default": connection.dialect.name != "sqlite"}
    context = MigrationContext.configure(connection, opts=opts)
    return list(compare_metadata(context, metadata))


def downgrade(connection: Connection, target: str) -> None:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.attributes["connection"] = connection
    command.downgrade(config, target)


def tables(connection: Connection) -> set[str]:
    return set(inspect(connection).get_table_names())


async def test_migrations_make_the_tables_of_the_code(empty: Database) -> None:
    assert await empty.revision() is None
    await empty.migrate()
    assert await empty.revision() == head_revision()
    async with empty.reading() as tx:
        assert await tx.run_sync(tables) == {"alembic_version", *metadata.tables}
        assert await tx.run_sync(differences) == []


async def test_migrations_go_back_and_forth(empty: Database) -> None:
    await empty.migrate()
    revisions = [step.revision for step in ScriptDirectory(str(MIGRATIONS)).walk_revisions()]
    for target in [*revisions[1:], "base"]:
        async with empty.transaction() as tx:
            await tx.run_sync(downgrade, target)
    async with empty.reading() as tx:
        assert await tx.run_sync(tables) == {"alembic_version"}
    await empty.migrate()
    async with empty.reading() as tx:
        assert await tx.run_sync(differences) == []


async def count(tx: Transaction) -> dict[str, int | None]:
    return {
        name: await tx.scalar(select(func.count()).select_from(metadata.tables[name]))
        for name in ROWS
    }


async def test_no_row_is_lost_on_the_way_back_to_an_older_release(empty: Database) -> None:
    """SQLite makes some tables anew, and what hangs on their rows must not go with the old ones."""
    await empty.migrate()
    async with empty.transaction() as tx:
        for name, values in ROWS.items():
            await tx.execute(insert(metadata.tables[name]), {"workspace_id": "T1", **values})
    revisions = [step.revision for step in ScriptDirectory(str(MIGRATIONS)).walk_revisions()]
    for target in revisions[1:]:
        async with empty.transaction() as tx:
            await tx.run_sync(downgrade, target)
            assert await count(tx) == dict.fromkeys(ROWS, 1), target
    await empty.migrate()
    async with empty.reading() as tx:
        assert await count(tx) == dict.fromkeys(ROWS, 1)
        (kept,) = await tx.execute(select(metadata.tables["held_messages"]))
        assert (kept.state, kept.lane, kept.bundle_id) == ("releasing", "dm:U1", "")


async def test_each_step_is_told(empty: Database) -> None:
    told: list[tuple[str, str]] = []
    await empty.migrate(lambda revision, title: told.append((revision, title)))
    await empty.migrate(lambda revision, title: told.append((revision, title)))
    steps = list(ScriptDirectory(str(MIGRATIONS)).walk_revisions())
    assert told == [(step.revision, step.doc) for step in reversed(steps)]


async def test_two_that_start_at_once_migrate_once(empty: Database) -> None:
    other = Database(empty.url.render_as_string(hide_password=False))
    await asyncio.gather(empty.migrate(), other.migrate())
    assert await other.revision() == head_revision()
    await other.close()


async def test_an_unknown_schema_is_refused(empty: Database, empty_url: str) -> None:
    """Whether or not it may migrate: a newer release has written what this one cannot read."""
    await empty.migrate()
    async with empty.transaction() as tx:
        await tx.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    for migrate in (True, False, None):
        settings = Settings(database={"url": empty_url, "migrate": migrate})
        with pytest.raises(Misconfigured, match="9999, which this release does not know"):
            await open_database(settings)


async def test_an_old_schema_is_refused_where_migrating_is_a_step_of_its_own(
    empty_url: str,
) -> None:
    settings = Settings(database={"url": empty_url, "migrate": False})
    with pytest.raises(Misconfigured, match="run `offhours migrate`"):
        await open_database(settings)


async def test_every_table_names_its_workspace() -> None:
    assert [name for name, table in metadata.tables.items() if "workspace_id" not in table.c] == []
