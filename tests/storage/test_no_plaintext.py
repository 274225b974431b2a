"""What a bot leaves in its files, its logs and its errors: never a text, and in the end nothing.

Each search is also made with encryption or deletion switched off, and must find something then.
"""

import sqlite3
from collections import Counter

import pytest
from sqlalchemy import event

from bot.log import configure
from bot.services.holding import lane_of, new_id
from bot.storage import grants, holds
from bot.storage.database import Database
from bot.storage.grants import GrantRow
from bot.storage.holds import HoldRow
from bot.storage.scrubbing import Scrubber, scrub
from bot.storage.vault import Vault, new_key
from bot.wiring import build
from tests.conftest import opened
from tests.storage.holding_texts import Weekend
from tests.storage.seeking import files_of, found_remnants, found_text

KEPT = {
    "sqlite": """
        CREATE TRIGGER kept AFTER UPDATE OF sealed ON held_messages WHEN new.sealed IS NULL
        BEGIN UPDATE held_messages SET sealed = old.sealed WHERE id = old.id; END""",
    "postgresql": """
        CREATE FUNCTION kept() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN NEW.sealed := OLD.sealed; RETURN NEW; END $$ ;;
        CREATE TRIGGER kept BEFORE UPDATE ON held_messages FOR EACH ROW
        WHEN (NEW.sealed IS NULL) EXECUTE FUNCTION kept()""",
}
"""Deletion switched off: whoever empties the column finds it full."""


class OpenVault(Vault):
    """Encryption switched off."""

    def seal(self, plain):
        return plain

    def open(self, sealed):
        return sealed


@pytest.fixture
async def weekend(any_url, tmp_path):
    """The bot on either database, before anything was written."""
    async with opened(tmp_path, any_url) as office:
        found = Weekend(office)
        await found.begin()
        yield found


def url_of(weekend):
    return weekend.office.settings.database.url


def checkpoint(url):
    """What SQLite does by itself when its log has grown, or when the process ends."""
    with sqlite3.connect(url.removeprefix("sqlite:///")) as connection:
        assert connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0] == 0
    connection.close()


def overwrite(database, secure_delete):
    """Let SQLite overwrite what is deleted, or not."""
    statement = f"PRAGMA secure_delete={secure_delete}"
    engine = database.engine.sync_engine
    event.listen(engine, "checkout", lambda connection, *_: connection.execute(statement))


def logged(capsys, caplog):
    out, err = capsys.readouterr()
    assert '"event": "hold.made"' in err, "the log was captured"
    return {"stdout": out.encode(), "stderr": err.encode(), "logging": caplog.text.encode()}


async def test_a_held_text_is_nowhere_and_in_the_end_not_even_encrypted(weekend, capsys, caplog):
    configure("DEBUG", "json")
    caplog.set_level(0)
    await weekend.hold_everything()
    await weekend.have_trouble()
    held = await files_of(url_of(weekend))
    assert found_text(weekend.texts, held.data | held.logs) == []
    assert found_remnants(weekend.sealed, held.data), "what is held is there, encrypted"
    await weekend.end_everything()
    states = await weekend.office.rows("SELECT state, sealed FROM held_messages")
    counts = Counter(row["state"] for row in states)
    assert counts == {"released": 6, "returned": 1, "cancelled": 1}
    assert [row["sealed"] for row in states] == [None] * 8
    await scrub(weekend.office.bot.database)
    after = await files_of(url_of(weekend))
    assert found_remnants(weekend.sealed, after.data) == []
    assert found_text(weekend.texts, after.data | after.logs) == []
    assert found_text(weekend.texts, logged(capsys, caplog)) == []
    assert found_text(weekend.texts, weekend.errors) == []


async def test_neither_notices_nor_unresolved_messages_keep_text(weekend):
    """A group nobody has looked up yet: the message waits as ids."""
    office, bo = weekend.office, weekend.bo
    group = office.sandbox.add_usergroup("birds", "Birds", [weekend.ana])
    await bo.post(weekend.room, f"kestrel one <!subteam^{group.id}>")
    unresolved = await office.rows("SELECT message FROM unresolved")
    await office.settle()
    await bo.post(weekend.room, "kestrel two, @ana")
    await office.settle()
    payloads = await office.rows("SELECT payload FROM notices")
    assert payloads
    assert "kestrel" not in str(unresolved) + str(payloads)
    files = await files_of(url_of(weekend))
    assert found_text(["kestrel"], files.data | files.logs) == []


async def test_without_encryption_the_search_finds_every_text(weekend):
    office = weekend.office
    await office.bot.stop()
    office.bot = await build(office.settings, office.clock, OpenVault([new_key()]))
    office.app.request_url = f"http://127.0.0.1:{await office.bot.start()}/slack/events"
    try:
        await weekend.hold_everything()
        files = await files_of(url_of(weekend))
    finally:
        await office.bot.stop()
    assert {text for text, _ in found_text(weekend.texts, files.data)} == set(weekend.texts)


@pytest.mark.slow
async def test_without_deletion_the_search_finds_what_was_held(weekend):
    database = weekend.office.bot.database
    async with database.transaction() as tx:
        for statement in KEPT["sqlite" if database.is_sqlite else "postgresql"].split(";;"):
            await tx.exec_driver_sql(statement)
    await weekend.hold_everything()
    await weekend.end_everything()
    await scrub(database)
    files = await files_of(url_of(weekend))
    assert found_remnants(weekend.sealed, files.data)


HOLDS = 120
GROWTH = (40, 900, 90, 2_500, 300)
"""Lengths of texts; with each change a row has to find another place."""


async def crowd(database):
    """Hold, change and end so many messages that rows move about. Returns what was sealed."""
    vault, sealed, ids = Vault([new_key()]), [], [new_id() for _ in range(HOLDS)]
    for number, hold_id in enumerate(ids):
        who = (f"U{number % 50}",)
        sealed.append(vault.seal(b"x" * GROWTH[number % 5]))
        row = HoldRow(
            hold_id, "T0SANDBOX", "U1", "later", "held", sealed[-1], lane_of(None, who), None, None,
            None, number, 1, False, 0, "", who,
        )  # fmt: skip
        changed = ids[number * 7 % (number + 1)]
        async with database.transaction() as tx:
            await holds.add(tx, row)
            sealed.append(vault.seal(b"y" * GROWTH[number * 3 % 5]))
            await holds.change_waiting(tx, "T0SANDBOX", changed, sealed=sealed[-1])
    async with database.transaction() as tx:
        for hold_id in ids:
            await holds.finish(tx, hold_id, "released", None, at=2)
    return sealed


@pytest.fixture
async def database(any_url):
    """A migrated database of either kind."""
    found = Database(any_url)
    await found.migrate()
    yield found
    await found.close()


@pytest.mark.slow
async def test_scrubbing_removes_what_deleting_leaves(database, any_url):
    if database.is_sqlite:
        overwrite(database, "OFF")
    sealed = await crowd(database)
    if database.is_sqlite:
        checkpoint(any_url)
    assert found_remnants(sealed, (await files_of(any_url)).data), "this is what scrubbing is for"
    await Scrubber(database).run_due()
    assert found_remnants(sealed, (await files_of(any_url)).data) == []


async def grant(database, sealed, now):
    async with database.transaction() as tx:
        await grants.save(tx, "T1", "U1", GrantRow(frozenset({"chat:write"}), sealed), now)


@pytest.mark.slow
async def test_a_permission_given_anew_leaves_nothing_of_the_older_one(database, any_url):
    """As many permissions as before, and yet one has gone."""
    if database.is_sqlite:
        overwrite(database, "OFF")
    scrubber, vault = Scrubber(database, every_s=0), Vault([new_key()])
    older = vault.seal(b"x" * 300)
    await grant(database, older, now=1)
    await scrubber.run_due()
    await grant(database, vault.seal(b"y" * 40), now=2)
    if database.is_sqlite:
        checkpoint(any_url)
    assert found_remnants([older], (await files_of(any_url)).data), "a part of it is left"
    await scrubber.run_due()
    assert found_remnants([older], (await files_of(any_url)).data) == []


@pytest.mark.parametrize(("secure_delete", "left"), [("ON", False), ("OFF", True)])
async def test_sqlite_overwrites_at_once_what_is_deleted(tmp_path, secure_delete, left):
    """One hold, and a checkpoint: nothing is left unless overwriting is switched off."""
    async with opened(tmp_path) as office:
        overwrite(office.bot.database, secure_delete)
        weekend = Weekend(office)
        await weekend.begin()
        await weekend.bo.command("/later", "@ana kestrel", weekend.room)
        await weekend.look()
        await weekend.bo.command("/later", "cancel 1", weekend.room)
        checkpoint(url_of(weekend))
        files = await files_of(url_of(weekend))
    assert bool(found_remnants(weekend.sealed, files.data)) is left
