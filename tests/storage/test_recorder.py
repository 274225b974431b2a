"""The recorder: group commit, bad rows, redelivery, caps and outages, on both databases."""

import asyncio
import contextlib
import itertools
import sqlite3
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from bot.errors import StorageDown
from bot.storage.database import Database
from bot.storage.recorder import FlagRow, Record, Recorder, SqliteWriter, Writer, recorder_for

DAY = "2026-10-23"
NIGHT = 1_792_786_440
"""22:14 in Vienna on Friday 23 October 2026."""
MONDAY = 1_793_001_600
_numbers = itertools.count()


@dataclass
class CountingWriter:
    """The real writer, and the size of each of its transactions."""

    inner: Writer
    commits: list[int] = field(default_factory=list)

    async def commit(self, records: Sequence[Record]) -> None:
        self.commits.append(len(records))
        await self.inner.commit(records)

    async def close(self) -> None:
        await self.inner.close()

    def is_data_error(self, error: Exception) -> bool:
        return self.inner.is_data_error(error)


@dataclass
class Desk:
    """A recorder over a migrated database."""

    database: Database
    recorder: Recorder
    writer: CountingWriter

    async def rows(self, query: str) -> list[tuple[Any, ...]]:
        async with self.database.reading() as tx:
            return [tuple(row) for row in await tx.exec_driver_sql(query)]

    async def contacts(self) -> int:
        ((count,),) = await self.rows("SELECT count(*) FROM contacts")
        return int(count)

    async def statuses(self) -> list[str]:
        return [status for (status,) in await self.rows("SELECT status FROM notices ORDER BY ts")]


@pytest.fixture
async def desk(any_url: str) -> AsyncIterator[Desk]:
    """The recorder of one process."""
    database = Database(any_url)
    await database.migrate()
    writer = CountingWriter(recorder_for(database)._writer)
    recorder = Recorder(writer)
    yield Desk(database, recorder, writer)
    await recorder.close()
    await database.close()


def contact(number: int = 0, **changes: Any) -> tuple[Any, ...]:
    row = {
        "workspace_id": "T1",
        "channel_id": "C1",
        "ts": f"{NIGHT}.{number:06d}",
        "recipient_id": "U1",
        "author_id": "U2",
        "kind": "mention",
        "at": NIGHT,
        "recipient_tz": "Europe/Vienna",
        "outcome": "breach",
        "reason": "by_mode",
        "policy_version": 0,
    }
    return tuple((row | changes).values())


def flag(
    number: int = 0,
    *,
    at: int = NIGHT,
    until_at: int = MONDAY,
    per_day: int = 6,
    channel_id: str = "C1",
    reader_id: str = "U2",
    kind: str = "flag",
) -> FlagRow:
    values = (
        f"n{next(_numbers)}", "T1", kind, reader_id, channel_id, f"{at}.{number:06d}", until_at,
        DAY, "{}", at, at + 600,
    )  # fmt: skip
    return FlagRow(values, at, per_day)


async def test_what_gathers_during_a_commit_goes_into_the_next(desk: Desk) -> None:
    """200 events at once take a few commits, and each caller returns after its own."""
    await asyncio.gather(
        *(desk.recorder.record(Record(contacts=(contact(n),))) for n in range(200))
    )
    assert await desk.contacts() == 200
    assert sum(desk.writer.commits) == 200
    assert len(desk.writer.commits) <= 3


async def test_a_record_is_on_disk_when_its_caller_goes_on(desk: Desk) -> None:
    for number in range(3):
        await desk.recorder.record(Record(contacts=(contact(number),)))
        assert await desk.contacts() == number + 1
    assert desk.writer.commits == [1, 1, 1]


@pytest.mark.parametrize("bad", [{"recipient_id": None}, {"at": 2**70}], ids=["null", "too large"])
async def test_a_bad_row_takes_no_neighbours_along(desk: Desk, bad: dict[str, Any]) -> None:
    first = desk.recorder.record(Record(contacts=(contact(0),)))
    rows = [contact(1), contact(2, **bad), contact(3)]
    others = [desk.recorder.record(Record(contacts=(row,))) for row in rows]
    found = await asyncio.gather(first, *others, return_exceptions=True)
    assert [type(each) for each in found] == [type(None), type(None), StorageDown, type(None)]
    assert await desk.contacts() == 3


async def test_the_rows_of_one_event_go_together(desk: Desk) -> None:
    rows = (contact(1), contact(1, recipient_id="U3", author_id=None))
    with pytest.raises(StorageDown):
        await desk.recorder.record(Record(contacts=rows, flag=flag(1)))
    assert await desk.contacts() == 0
    assert await desk.statuses() == []


async def test_a_redelivery_writes_once(desk: Desk) -> None:
    unresolved = ("T1", "C1", f"{NIGHT}.000009", "{}", NIGHT)
    for _ in range(3):
        await desk.recorder.record(
            Record(contacts=(contact(1),), flag=flag(1), unresolved=unresolved)
        )
    assert await desk.contacts() == 1
    assert await desk.statuses() == ["due"]
    assert len(await desk.rows("SELECT ts FROM unresolved")) == 1


async def test_one_flag_until_they_are_back(desk: Desk) -> None:
    for record in (
        flag(1),
        flag(2),
        flag(3, channel_id="C2"),
        flag(4, reader_id="U9"),
        flag(5, at=MONDAY + 36_000, until_at=MONDAY + 90_000),
    ):
        await desk.recorder.record(Record(flag=record))
    assert await desk.statuses() == ["due", "capped", "due", "due", "due"]


async def test_flags_of_one_commit_see_each_other(desk: Desk) -> None:
    await asyncio.gather(*(desk.recorder.record(Record(flag=flag(n))) for n in range(20)))
    assert len(desk.writer.commits) <= 3
    assert sorted(await desk.statuses()) == ["capped"] * 19 + ["due"]


async def test_no_more_than_so_many_a_day(desk: Desk) -> None:
    for number in range(4):
        record = flag(number, channel_id=f"C{number}", per_day=2)
        await desk.recorder.record(Record(flag=record))
    assert await desk.statuses() == ["due", "due", "capped", "capped"]
    await desk.recorder.record(Record(flag=flag(9, channel_id="C9", per_day=0, reader_id="U8")))
    assert (await desk.statuses())[-1] == "capped"


async def test_replicas_flag_once(desk: Desk, any_url: str) -> None:
    """Two processes get the same event, and two of one conversation, at the same time."""
    other = recorder_for(Database(any_url))
    both = (desk.recorder, other)
    await asyncio.gather(
        *(
            recorder.record(Record(contacts=(contact(n),), flag=flag(n)))
            for n in range(10)
            for recorder in both
        )
    )
    await other.close()
    assert await desk.contacts() == 10
    assert (await desk.statuses()).count("due") == 1


async def test_an_outage_is_said_and_ends(desk: Desk) -> None:
    """Nothing is taken while the table is away, and everything once it is back."""
    async with desk.database.transaction() as tx:
        await tx.exec_driver_sql("ALTER TABLE contacts RENAME TO elsewhere")
    with pytest.raises(StorageDown):
        await desk.recorder.record(Record(contacts=(contact(1),)))
    async with desk.database.transaction() as tx:
        await tx.exec_driver_sql("ALTER TABLE elsewhere RENAME TO contacts")
    await desk.recorder.record(Record(contacts=(contact(1),)))
    assert await desk.contacts() == 1


async def test_a_broken_connection_is_made_again(postgres_url: str) -> None:
    database = Database(postgres_url)
    recorder = recorder_for(database)
    await recorder.record(Record(contacts=(contact(1),)))
    connection = await asyncpg.connect(postgres_url)
    await connection.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
        " WHERE pid <> pg_backend_pid() AND datname = current_database()"
    )
    with contextlib.suppress(StorageDown):  # unless the loss was noticed before the write
        await recorder.record(Record(contacts=(contact(2),)))
    await recorder.record(Record(contacts=(contact(2),)))
    assert await connection.fetchval("SELECT count(*) FROM contacts") == 2
    await connection.close()
    await recorder.close()
    await database.close()


async def test_a_missing_file_is_an_outage(tmp_path: Path) -> None:
    recorder = Recorder(SqliteWriter(str(tmp_path / "nowhere" / "offhours.db")))
    with pytest.raises(StorageDown):
        await recorder.record(Record(contacts=(contact(1),)))
    await recorder.close()


@pytest.mark.slow
async def test_a_locked_file_is_an_outage(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path / 'offhours.db'}")
    await database.migrate()
    recorder = recorder_for(database)
    holder = sqlite3.connect(tmp_path / "offhours.db", isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    with pytest.raises(StorageDown):
        await recorder.record(Record(contacts=(contact(1),)))
    holder.execute("ROLLBACK")
    holder.close()
    await recorder.record(Record(contacts=(contact(1),)))
    await recorder.close()
    await database.close()


@pytest.mark.slow
async def test_a_locked_table_is_an_outage(postgres_url: str) -> None:
    database = Database(postgres_url)
    recorder = recorder_for(database)
    holder = await asyncpg.connect(postgres_url)
    async with holder.transaction():
        await holder.execute("LOCK TABLE contacts")
        with pytest.raises(StorageDown):
            await recorder.record(Record(contacts=(contact(1),)))
    await recorder.record(Record(contacts=(contact(1),)))
    await holder.close()
    await recorder.close()
    await database.close()


async def test_a_caller_that_gave_up_does_not_hold_the_others(desk: Desk) -> None:
    given_up = asyncio.create_task(desk.recorder.record(Record(contacts=(contact(1),))))
    staying = asyncio.create_task(desk.recorder.record(Record(contacts=(contact(2),))))
    await asyncio.sleep(0)
    given_up.cancel()
    await staying
    assert await desk.contacts() == 2


async def test_closing_finishes_what_is_under_way(any_url: str) -> None:
    database = Database(any_url)
    await database.migrate()
    recorder = recorder_for(database)
    under_way = [
        asyncio.create_task(recorder.record(Record(contacts=(contact(n),)))) for n in range(5)
    ]
    await asyncio.sleep(0)
    await recorder.close()
    await asyncio.gather(*under_way)
    async with database.reading() as tx:
        assert (await tx.exec_driver_sql("SELECT count(*) FROM contacts")).scalar_one() == 5
    await database.close()


def line(number: int, **options: Any) -> FlagRow:
    """The line about a whole channel."""
    return flag(number, kind="audience", **options)


async def test_a_flag_keeps_the_line_about_its_audience_back_and_not_the_other_way_round(
    desk: Desk,
) -> None:
    await desk.recorder.record(Record(flag=flag(1), audience_line=line(1)))
    await desk.recorder.record(Record(audience_line=line(2, channel_id="C2")))
    await desk.recorder.record(Record(audience_line=line(3, channel_id="C2")))
    await desk.recorder.record(Record(flag=flag(4, channel_id="C2")))
    rows = await desk.rows("SELECT ts, kind, status FROM notices ORDER BY ts, kind DESC")
    assert [(kind, status) for _, kind, status in rows] == [
        ("flag", "due"),
        ("audience", "capped"),
        ("audience", "due"),
        ("audience", "capped"),
        ("flag", "due"),
    ]


async def test_lines_and_flags_share_the_days_cap(desk: Desk) -> None:
    for number in range(3):
        await desk.recorder.record(
            Record(audience_line=line(number, channel_id=f"C{number}", per_day=2))
        )
    await desk.recorder.record(Record(flag=flag(9, channel_id="C9", per_day=2)))
    assert await desk.statuses() == ["due", "due", "capped", "capped"]


async def test_two_lines_at_once_are_one(desk: Desk) -> None:
    """Two replicas that did not see each other's line: the index keeps the second one out."""
    await desk.recorder.record(Record(audience_line=line(1)))
    twin = line(2, at=MONDAY + 1)  # as if the first were not seen: its time is over by then
    await desk.recorder.record(Record(audience_line=twin))
    assert await desk.statuses() == ["due"]


async def test_an_audience_is_written_once(desk: Desk) -> None:
    row = ("T1", "C1", f"{NIGHT}.000001", "channel", "U2", NIGHT, 3, 1, 2, 4)
    for _ in range(2):
        await desk.recorder.record(Record(audiences=(row,)))
    assert await desk.rows("SELECT working, quiet, off, hours_unknown FROM audiences") == [
        (3, 1, 2, 4)
    ]
