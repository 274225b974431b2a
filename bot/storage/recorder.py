"""The one writer of contacts and flag notices: group commit on a connection of its own.

This is the exception to "one use case, one transaction". Events that arrive while a commit is
under way gather, and the next commit takes them all; there is no timer. A caller goes on only
after its own rows are on disk. A batch that fails for its data is written again row by row, so
that one bad row cannot take its neighbours along.
"""

import asyncio
import sqlite3
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Protocol

import asyncpg

from bot.errors import StorageDown
from bot.storage.database import BUSY_S, Database, sqlite_pragmas

Row = tuple[Any, ...]

CONTACT_COLUMNS = (
    "workspace_id", "channel_id", "ts", "recipient_id", "author_id", "kind", "at",
    "recipient_tz", "outcome", "reason", "policy_version",
)  # fmt: skip
NOTICE_COLUMNS = (
    "id", "workspace_id", "kind", "reader_id", "channel_id", "ts", "until_at", "day", "payload",
    "due_at", "expires_at",
)  # fmt: skip
QUEUED_COLUMNS = (*NOTICE_COLUMNS, "status")
AUDIENCE_COLUMNS = (
    "workspace_id", "channel_id", "ts", "audience", "author_id", "at", "working", "quiet", "off",
    "hours_unknown",
)  # fmt: skip
UNRESOLVED_COLUMNS = ("workspace_id", "channel_id", "ts", "message", "due_at")


@dataclass(frozen=True, slots=True)
class FlagRow:
    """A flag to be said, unless the author was told already or often enough today.

    ``values`` follow `NOTICE_COLUMNS`; ``at`` is the message's instant and ``per_day`` the cap.
    """

    values: Row
    at: int
    per_day: int


@dataclass(frozen=True, slots=True)
class Record:
    """What one message event leaves behind; rows follow the column tuples of this module.

    ``audience_line`` is said under the caps of a flag, and not while one is in force. ``queued``
    are notices that no cap applies to; one that is there already is left as it is.
    """

    contacts: tuple[Row, ...] = ()
    flag: FlagRow | None = None
    audience_line: FlagRow | None = None
    unresolved: Row | None = None
    audiences: tuple[Row, ...] = ()
    queued: tuple[Row, ...] = ()

    @property
    def capped(self) -> tuple[FlagRow, ...]:
        """What is said under a cap, in the order in which one may keep the next from being said."""
        return tuple(each for each in (self.flag, self.audience_line) if each)


def _marks(count: int, *, numbered: bool) -> list[str]:
    return [f"${n}" if numbered else "?" for n in range(1, count + 1)]


def insert_sql(table: str, columns: Sequence[str], *, numbered: bool) -> str:
    """An insert that leaves an existing row as it is."""
    marks = ", ".join(_marks(len(columns), numbered=numbered))
    return (
        f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({marks}) "  # noqa: S608 - names are this module's constants
        "ON CONFLICT DO NOTHING"
    )


def flag_sql(*, numbered: bool) -> str:
    """The insert of a flag: `due`, or `capped` when one is in force or the day's are used up.

    A flag is kept back by flags, the line about an audience by either. After the values come:
    workspace, reader, channel, kind, instant, workspace, reader, day, cap.
    """
    marks = _marks(len(NOTICE_COLUMNS) + 9, numbered=numbered)
    values, (ws, reader, channel, kind, at, ws2, reader2, day, cap) = marks[:-9], marks[-9:]
    casts = dict.fromkeys(("until_at", "due_at", "expires_at"), "BIGINT")
    typed = [
        f"CAST({mark} AS {casts.get(column, 'TEXT')})"
        for column, mark in zip(NOTICE_COLUMNS, values, strict=True)
    ]
    told = (
        f"SELECT 1 FROM notices WHERE workspace_id = {ws} AND reader_id = {reader} "  # noqa: S608 - marks only
        f"AND channel_id = {channel} AND kind IN ('flag', {kind}) AND status IN ('due', 'sent') "
        f"AND until_at > CAST({at} AS BIGINT)"
    )
    today = (
        f"SELECT count(*) FROM notices WHERE workspace_id = {ws2} AND reader_id = {reader2} "  # noqa: S608 - marks only
        f"AND day = {day} AND kind IN ('flag', 'audience') AND status IN ('due', 'sent')"
    )
    return (
        f"INSERT INTO notices ({', '.join(NOTICE_COLUMNS)}, status) "
        f"SELECT {', '.join(typed)}, CASE WHEN EXISTS ({told}) "
        f"OR ({today}) >= CAST({cap} AS BIGINT) THEN 'capped' ELSE 'due' END WHERE true "
        "ON CONFLICT DO NOTHING"
    )


def flag_values(flag: FlagRow) -> Row:
    """The parameters of `flag_sql`."""
    named = dict(zip(NOTICE_COLUMNS, flag.values, strict=True))
    workspace_id, reader_id = named["workspace_id"], named["reader_id"]
    told = (workspace_id, reader_id, named["channel_id"], named["kind"], flag.at)
    return (*flag.values, *told, workspace_id, reader_id, named["day"], flag.per_day)


def gathered(records: Sequence[Record]) -> dict[str, list[Row]]:
    """The rows of a batch by what they are; kinds without rows are left out."""
    found = {
        "contacts": [row for record in records for row in record.contacts],
        "unresolved": [record.unresolved for record in records if record.unresolved],
        "audiences": [row for record in records for row in record.audiences],
        "queued": [row for record in records for row in record.queued],
    }
    return {kind: rows for kind, rows in found.items() if rows}


class Writer(Protocol):
    """Commits records on one connection."""

    async def commit(self, records: Sequence[Record]) -> None:
        """Write all of ``records`` in one transaction, or nothing."""

    async def close(self) -> None:
        """Give the connection back."""

    def is_data_error(self, error: Exception) -> bool:
        """True when the rows, not the connection, are at fault."""


class SqliteWriter:
    """A `sqlite3` connection on a thread of its own."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="recorder")
        self._connection: sqlite3.Connection | None = None
        self._inserts = {
            "contacts": insert_sql("contacts", CONTACT_COLUMNS, numbered=False),
            "unresolved": insert_sql("unresolved", UNRESOLVED_COLUMNS, numbered=False),
            "audiences": insert_sql("audiences", AUDIENCE_COLUMNS, numbered=False),
            "queued": insert_sql("notices", QUEUED_COLUMNS, numbered=False),
        }
        self._flag = flag_sql(numbered=False)

    async def commit(self, records: Sequence[Record]) -> None:
        """See `Writer`."""
        await asyncio.get_running_loop().run_in_executor(self._thread, self._commit, records)

    def _commit(self, records: Sequence[Record]) -> None:
        connection = self._connection or self._open()
        connection.execute("BEGIN IMMEDIATE")
        try:
            for table, rows in gathered(records).items():
                connection.executemany(self._inserts[table], rows)
            flags = [flag_values(flag) for record in records for flag in record.capped]
            connection.executemany(self._flag, flags)
            connection.execute("COMMIT")
        except BaseException:
            connection.execute("ROLLBACK")
            raise

    def _open(self) -> sqlite3.Connection:
        connection = sqlite3.connect(
            self._path, timeout=BUSY_S, isolation_level=None, check_same_thread=False
        )
        for pragma in sqlite_pragmas():
            connection.execute(pragma)
        self._connection = connection
        return connection

    def is_data_error(self, error: Exception) -> bool:
        """See `Writer`."""
        return isinstance(
            error,
            sqlite3.IntegrityError | sqlite3.DataError | sqlite3.InterfaceError | OverflowError,
        )

    async def close(self) -> None:
        """See `Writer`."""
        if self._connection is not None:
            await asyncio.get_running_loop().run_in_executor(self._thread, self._connection.close)
        self._thread.shutdown()


class PostgresWriter:
    """One asyncpg connection; many rows travel as arrays in one statement."""

    def __init__(self, dsn: str) -> None:
        self._dsn = dsn
        self._connection: asyncpg.Connection[asyncpg.Record] | None = None
        self._inserts = {
            "contacts": _unnest_sql("contacts", CONTACT_COLUMNS),
            "unresolved": _unnest_sql("unresolved", UNRESOLVED_COLUMNS),
            "audiences": _unnest_sql("audiences", AUDIENCE_COLUMNS),
            "queued": _unnest_sql("notices", QUEUED_COLUMNS),
        }
        self._flag = flag_sql(numbered=True)

    async def commit(self, records: Sequence[Record]) -> None:
        """See `Writer`."""
        if self._connection is None or self._connection.is_closed():
            self._connection = await asyncpg.connect(
                self._dsn, timeout=BUSY_S, command_timeout=BUSY_S
            )
        connection = self._connection
        async with connection.transaction():
            for table, rows in gathered(records).items():
                await connection.execute(self._inserts[table], *zip(*rows, strict=True))
            # One by one: each must see the flags before it.
            for flag in (flag for record in records for flag in record.capped):
                await connection.execute(self._flag, *flag_values(flag))

    def is_data_error(self, error: Exception) -> bool:
        """See `Writer`."""
        return isinstance(
            error,
            asyncpg.DataError
            | asyncpg.IntegrityConstraintViolationError
            | asyncpg.exceptions.DataError,
        )

    async def close(self) -> None:
        """See `Writer`."""
        if self._connection is not None:
            await self._connection.close()


ARRAYS = {
    **dict.fromkeys(("at", "due_at", "until_at", "expires_at"), "bigint"),
    **dict.fromkeys(("policy_version", "working", "quiet", "off", "hours_unknown"), "int"),
}
"""The type of a column's array; text where it is not named."""


def _unnest_sql(table: str, columns: Sequence[str]) -> str:
    arrays = ", ".join(
        f"${n}::{ARRAYS.get(column, 'text')}[]" for n, column in enumerate(columns, start=1)
    )
    return (
        f"INSERT INTO {table} ({', '.join(columns)}) SELECT * FROM unnest({arrays}) "  # noqa: S608 - names are this module's constants
        "ON CONFLICT DO NOTHING"
    )


class Recorder:
    """Gathers records and commits them; `record` returns after the commit."""

    def __init__(self, writer: Writer) -> None:
        self._writer = writer
        self._waiting: list[tuple[Record, asyncio.Future[None]]] = []
        self._running: asyncio.Task[None] | None = None

    async def record(self, record: Record) -> None:
        """Put ``record`` on disk.

        Raises:
            StorageDown: it is not there, and Slack should send the event again.
        """
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append((record, done))
        if self._running is None or self._running.done():
            self._running = asyncio.create_task(self._drain())
        await done

    async def _drain(self) -> None:
        while self._waiting:
            batch, self._waiting = self._waiting, []
            try:
                await self._writer.commit([record for record, _ in batch])
            except Exception as error:  # noqa: BLE001 - handed to every caller of the batch
                await self._fail(batch, error)
            else:
                for _, done in batch:
                    _settle(done, None)

    async def _fail(
        self, batch: list[tuple[Record, asyncio.Future[None]]], error: Exception
    ) -> None:
        if len(batch) == 1 or not self._writer.is_data_error(error):
            for _, done in batch:
                _settle(done, error)
            return
        for record, done in batch:
            try:
                await self._writer.commit([record])
            except Exception as alone:  # noqa: BLE001 - handed to the caller
                _settle(done, alone)
            else:
                _settle(done, None)

    async def close(self) -> None:
        """Finish what is under way and give the connection back."""
        if self._running is not None:
            await self._running
        await self._writer.close()


def _settle(done: asyncio.Future[None], error: Exception | None) -> None:
    if done.done():  # the caller was cancelled; its rows are on disk or will be sent again
        return
    if error is None:
        done.set_result(None)
        return
    failure = StorageDown("the event was not recorded")
    failure.__cause__ = error
    done.set_exception(failure)


def recorder_for(database: Database) -> Recorder:
    """The recorder that writes into ``database``."""
    if database.is_sqlite:
        return Recorder(SqliteWriter(str(database.url.database)))
    return Recorder(PostgresWriter(database.dsn))
