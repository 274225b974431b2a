"""What an operator asks of the storage: is it there, on which schema, and is there a key."""

import os
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from bot.errors import Misconfigured, StorageDown
from bot.storage import vault
from bot.storage.database import Database, head_revision, known_revision
from bot.words import operating as words


class Mark(StrEnum):
    """What a finding means: fine, worth doing, or in the way."""

    FINE = "✓"
    ADVICE = "•"
    WRONG = "✗"


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of a check: the thing, how it is, and what to do."""

    mark: Mark
    about: str
    sentence: str


@dataclass(frozen=True, slots=True)
class Migrated:
    """What a migration did; ``before`` is None for an empty database."""

    before: str | None
    after: str
    steps: tuple[str, ...]


def fresh_key() -> str:
    """A new Fernet key, as text."""
    return vault.new_key()


async def migrate(url: str, on_step: Callable[[str], None]) -> Migrated:
    """Bring the database at ``url`` to this release's schema; ``on_step`` hears of each step.

    Raises:
        Misconfigured: not a database of this program, or migrated by a newer release.
        StorageDown: it does not answer.
    """
    steps: list[str] = []

    def heard(revision: str, title: str) -> None:
        steps.append(revision)
        on_step(f"{revision} {title}")

    database = Database(url)
    try:
        before = await database.revision()
        await database.migrate(heard)
    finally:
        await database.close()
    return Migrated(before, head_revision(), tuple(steps))


async def database_findings(url: str, *, migrate: bool | None) -> list[Finding]:
    """Is the database there, and on which schema. Makes no file and changes nothing.

    ``migrate`` is the setting: None means at start for SQLite only.
    """
    try:
        database = Database(url)
    except Misconfigured as error:
        return [Finding(Mark.WRONG, "database", str(error))]
    where = _where(database)
    try:
        if database.is_sqlite and not _is_there(where):
            return [_new_file(where)]
        found = await database.revision()
    except StorageDown:
        sentence = words.DATABASE_SILENT.format(where=where)
        return [Finding(Mark.WRONG, "database", sentence)]
    except Misconfigured as error:
        return [Finding(Mark.WRONG, "database", str(error))]
    finally:
        await database.close()
    at_start = database.is_sqlite if migrate is None else migrate
    return [
        Finding(Mark.FINE, "database", words.DATABASE_ANSWERS),
        _schema(found, at_start=at_start),
    ]


def _where(database: Database) -> str:
    """The address without user and password."""
    if database.is_sqlite:
        return database.url.database or ""
    port = f":{database.url.port}" if database.url.port else ""
    return f"{database.url.host or 'localhost'}{port}/{database.url.database}"


def _is_there(where: str) -> bool:
    return Path(where).exists()


def _new_file(where: str) -> Finding:
    if os.access(Path(where).parent, os.W_OK):
        return Finding(Mark.FINE, "database", words.DATABASE_NEW.format(where=where))
    return Finding(Mark.WRONG, "database", words.DATABASE_NO_FOLDER.format(where=where))


def _schema(found: str | None, *, at_start: bool) -> Finding:
    head = head_revision()
    if found == head:
        return Finding(Mark.FINE, "schema", words.SCHEMA_NOW.format(revision=head))
    if not known_revision(found):
        return Finding(Mark.WRONG, "schema", words.SCHEMA_UNKNOWN.format(found=found))
    mark, sentence = (
        (Mark.FINE, words.SCHEMA_AT_START) if at_start else (Mark.WRONG, words.SCHEMA_BEHIND)
    )
    return Finding(mark, "schema", sentence.format(found=found or "none", head=head))


def key_finding(key: str | None, key_file: Path) -> Finding:
    """Is there a key for what is held. Makes no file."""
    if not key and not key_file.exists():
        return Finding(Mark.FINE, "key", words.KEY_LATER.format(path=key_file))
    try:
        vault.Vault(vault.keys_from(key, key_file))
    except Misconfigured as error:
        return Finding(Mark.WRONG, "key", str(error))
    sentence = words.KEY_GIVEN if key else words.KEY_FILE.format(path=key_file)
    return Finding(Mark.FINE, "key", sentence)
