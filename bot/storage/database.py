"""Connections and transactions: SQLite in a file, or PostgreSQL."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import asyncpg
from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, event
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import DBAPIError, DisconnectionError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine
from sqlalchemy.pool import ConnectionPoolEntry

from bot.errors import Misconfigured, StorageDown

MIGRATIONS = Path(__file__).resolve().parents[2] / "migrations"
DRIVERS = {"sqlite": "sqlite+aiosqlite", "postgresql": "postgresql+asyncpg"}
BUSY_S = 2
"""The longest wait for a lock or a connection: Slack gives up on an answer after three seconds."""

PING_AFTER_S = 1
"""A connection that was idle for longer is tried before it is used."""

OUTAGES = ("08", "25006", "40", "53", "55P03", "57", "58", "XX")
"""How PostgreSQL's codes begin when the server, not the statement, is at fault: connection, read
only, rolled back, out of resources, locked, shutting down, system and internal errors.

Source: https://www.postgresql.org/docs/current/errcodes-appendix.html
"""

MIGRATION_LOCK = 6_174_201
"""Any number, as long as every replica asks for the same one."""

Transaction = AsyncConnection
"""An open transaction; every function of `bot.storage` takes one first."""


def async_url(text: str) -> URL:
    """``sqlite:///file`` or ``postgresql://…`` with the driver this program uses.

    Raises:
        Misconfigured: another database, or not a URL.
    """
    try:
        url = make_url(text)
    except Exception as error:
        raise Misconfigured("database.url is not a URL. Try `sqlite:///offhours.db`.") from error
    backend = url.get_backend_name()
    if backend not in DRIVERS:
        raise Misconfigured(f"database.url names {backend}: only sqlite and postgresql are known.")
    return url.set(drivername=DRIVERS[backend])


class Database:
    """One database. On SQLite one write at a time, behind one lock; on PostgreSQL a pool."""

    def __init__(self, url: str, *, pool_size: int = 12) -> None:
        self.url = async_url(url)
        self.is_sqlite = self.url.get_backend_name() == "sqlite"
        self._write_lock = asyncio.Lock() if self.is_sqlite else None
        options: dict[str, Any] = (
            {"connect_args": {"timeout": BUSY_S}}
            if self.is_sqlite
            else {
                "pool_size": pool_size,
                "max_overflow": 0,  # a connection beyond the pool is made and thrown away each time
                "pool_timeout": BUSY_S,
                "connect_args": {"timeout": BUSY_S},
            }
        )
        # An error must not carry what was being written.
        self.engine: AsyncEngine = create_async_engine(self.url, hide_parameters=True, **options)
        if self.is_sqlite:
            event.listen(self.engine.sync_engine, "connect", _prepare_sqlite)
            event.listen(self.engine.sync_engine, "begin", _begin_sqlite)
        else:
            event.listen(self.engine.sync_engine, "connect", _prepare_postgresql)
            event.listen(self.engine.sync_engine, "checkout", _still_there)
            event.listen(self.engine.sync_engine, "checkin", _used)

    @property
    def dsn(self) -> str:
        """The address for asyncpg itself, password included."""
        plain = self.url.set(drivername="postgresql")
        return plain.render_as_string(hide_password=False)

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Transaction]:
        """A write transaction, committed at the end of the block.

        Raises:
            StorageDown: the database could not be reached or did not commit.
        """
        async with self.alone() as wait_s, self._begun(wait_s=wait_s) as connection:
            yield connection

    @asynccontextmanager
    async def alone(self) -> AsyncIterator[float]:
        """On SQLite one writer of this process at a time. Yields the seconds of patience left.

        Raises:
            StorageDown: another one did not end.
        """
        if self._write_lock is None:
            yield BUSY_S
            return
        until = time.monotonic() + BUSY_S
        try:
            async with asyncio.timeout(BUSY_S):
                await self._write_lock.acquire()
        except TimeoutError as error:
            raise StorageDown("another write did not end") from error
        try:
            yield max(0.0, until - time.monotonic())
        finally:
            self._write_lock.release()

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[Transaction]:
        """A consistent view for reading; takes no write lock.

        Raises:
            StorageDown: the database could not be reached.
        """
        async with self._begun() as connection:
            yield connection

    @asynccontextmanager
    async def _begun(self, *, wait_s: float | None = None) -> AsyncIterator[Transaction]:
        """A transaction; ``wait_s`` is how long to wait for the lock to write, None: to read."""
        try:
            # A server that has frozen accepts no connection and refuses none. A thread of SQLite's
            # must not be left behind with a lock, and waits no longer than it was told.
            async with asyncio.timeout(None if self.is_sqlite else BUSY_S) as patience:
                async with self.engine.connect() as connection:
                    patience.reschedule(None)
                    await connection.execution_options(wait_s=wait_s)
                    async with connection.begin():
                        yield connection
        except (
            DBAPIError,
            PoolTimeout,
            asyncpg.PostgresError,
            OSError,
            TimeoutError,
        ) as error:
            # A refused connection is the driver's own error; a failed statement is SQLAlchemy's.
            if isinstance(error, DBAPIError) and not _is_outage(error):
                raise
            raise StorageDown("the database did not answer") from error

    async def answers(self) -> bool:
        """True when a statement can be run now."""
        try:
            async with self.reading() as tx:
                await tx.exec_driver_sql("SELECT 1")
        except StorageDown:
            return False
        return True

    async def close(self) -> None:
        """Give every connection back."""
        await self.engine.dispose()

    async def revision(self) -> str | None:
        """The schema's revision, None for an empty database.

        Raises:
            Misconfigured: what is there is not a database, or this user may not read it.
            StorageDown: the database could not be reached.
        """
        try:
            async with self.reading() as tx:
                return await tx.run_sync(
                    lambda sync: MigrationContext.configure(sync).get_current_revision()
                )
        except DBAPIError as error:
            raise Misconfigured(f"The database cannot be used: {error.orig}.") from error

    async def migrate(self, on_step: Callable[[str, str], None] | None = None) -> None:
        """Bring the schema to this release's revision.

        ``on_step`` hears the revision and the title of each step once it is taken.

        Raises:
            Misconfigured: a newer release has migrated the database.
            StorageDown: the database could not be reached.
        """
        async with self.transaction() as tx:
            if not self.is_sqlite:
                # Two replicas that start at once migrate one after the other, and wait as long.
                await tx.exec_driver_sql("SET LOCAL lock_timeout = 0")
                await tx.exec_driver_sql(f"SELECT pg_advisory_xact_lock({MIGRATION_LOCK})")
            await tx.run_sync(_upgrade, on_step)


def head_revision() -> str:
    """The revision this release was written for."""
    head = ScriptDirectory(str(MIGRATIONS)).get_current_head()
    assert head is not None, "the release ships its migrations"  # noqa: S101 - an empty folder is a broken build
    return head


def known_revision(revision: str | None) -> bool:
    """True for an empty database and for every revision this release ships."""
    steps = ScriptDirectory(str(MIGRATIONS)).walk_revisions()
    return revision is None or revision in {step.revision for step in steps}


def _upgrade(connection: Connection, on_step: Callable[[str, str], None] | None) -> None:
    found = MigrationContext.configure(connection).get_current_revision()
    if not known_revision(found):
        raise Misconfigured(newer_schema(found))
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.attributes["connection"] = connection
    for step in reversed(list(ScriptDirectory(str(MIGRATIONS)).iterate_revisions("head", found))):
        command.upgrade(config, step.revision)
        if on_step is not None:
            on_step(step.revision, step.doc)


def newer_schema(found: str | None) -> str:
    """Why a schema from the future is left alone."""
    return (
        f"The database is at schema {found}, which this release does not know: a newer release "
        "has migrated it. Run that release."
    )


def _is_outage(error: DBAPIError) -> bool:
    """True when the database, not the statement, is at fault."""
    code = getattr(error.orig, "sqlstate", None)
    if code is not None:
        return error.connection_invalidated or str(code).startswith(OUTAGES)
    return error.connection_invalidated or type(error).__name__ in {
        "OperationalError",
        "InterfaceError",
        "InternalError",
    }


def _prepare_postgresql(dbapi_connection: Any, _record: object) -> None:
    # Not among the parameters of the connection, which a pooler in between would refuse.
    cursor = dbapi_connection.cursor()
    cursor.execute(f"SET lock_timeout = {BUSY_S * 1000}")
    cursor.close()
    dbapi_connection.commit()


def _still_there(dbapi_connection: Any, record: ConnectionPoolEntry, _proxy: object) -> None:
    # The pool's own ping takes three round trips each time, more than most of what follows it.
    if dbapi_connection.driver_connection.is_closed():
        raise DisconnectionError
    if time.monotonic() - record.info.get("used_s", 0.0) > PING_AFTER_S:
        try:
            dbapi_connection.ping()
        except dbapi_connection.dbapi.Error as error:
            raise DisconnectionError from error


def _used(_dbapi_connection: object, record: ConnectionPoolEntry) -> None:
    record.info["used_s"] = time.monotonic()


def _prepare_sqlite(dbapi_connection: Any, _record: object) -> None:
    # The driver's own transaction handling would begin late and DEFERRED.
    dbapi_connection.isolation_level = None
    cursor = dbapi_connection.cursor()
    for pragma in sqlite_pragmas():
        cursor.execute(pragma)
    cursor.close()


def sqlite_pragmas() -> tuple[str, ...]:
    """How every SQLite connection is set up, the recorder's own included."""
    return (
        "PRAGMA journal_mode=WAL",
        "PRAGMA synchronous=FULL",
        "PRAGMA foreign_keys=ON",
        "PRAGMA secure_delete=ON",
        f"PRAGMA busy_timeout={BUSY_S * 1000}",
    )


def _begin_sqlite(connection: Connection) -> None:
    wait_s = connection.get_execution_options().get("wait_s")
    if wait_s is None:
        connection.exec_driver_sql("BEGIN")
        return
    connection.exec_driver_sql(f"PRAGMA busy_timeout={int(wait_s * 1000)}")
    connection.exec_driver_sql("BEGIN IMMEDIATE")
