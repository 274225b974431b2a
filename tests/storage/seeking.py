"""Searching all bytes a bot has left behind, in every form they may have taken.

What is searched: on SQLite the file and the two beside it; on PostgreSQL every file of the
database's own directory (``base/<oid>``: tables, indexes, TOAST), the server's log, and for the
plain text also the write-ahead log. The write-ahead log keeps what was written until it is
recycled, so the encrypted text is not looked for there.
"""

import base64
import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote, quote_plus

import asyncpg

BLOCK = 16
"""Bytes. Of a random text any remnant twice as long is found, wherever it was cut."""


@dataclass(frozen=True)
class Files:
    """Bytes by where they were found; ``logs`` keep old writes by their nature."""

    data: dict[str, bytes]
    logs: dict[str, bytes]


async def files_of(url: str) -> Files:
    """Everything a database has on disk, after it was told to write it there."""
    if url.startswith("sqlite:///"):
        path = Path(url.removeprefix("sqlite:///"))
        return Files(_read(path.parent.glob(path.name + "*")), {})
    connection = await asyncpg.connect(url)
    await connection.execute("CHECKPOINT")
    home = Path(await connection.fetchval("SHOW data_directory"))
    oid = await connection.fetchval(
        "SELECT oid FROM pg_database WHERE datname = current_database()"
    )
    await connection.close()
    data = _read((home / "base" / str(oid)).iterdir())
    assert data, "the server's files can be read"
    return Files(data, _read([*(home / "pg_wal").iterdir(), home / "log"]))


def _read(paths: Iterable[Path]) -> dict[str, bytes]:
    return {str(path): path.read_bytes() for path in paths if path.is_file()}


def spellings(text: str) -> set[bytes]:
    """A text as it may be written into a file, a log or an answer."""
    plain = text.encode()
    found = {
        plain,
        text.encode("utf-16-le"),
        text.encode("utf-16-be"),
        json.dumps(text)[1:-1].encode(),
        json.dumps(json.dumps(text)[1:-1])[1:-1].encode(),
        json.dumps(text, ensure_ascii=False)[1:-1].encode(),
        repr(text)[1:-1].encode(),
        repr(plain)[2:-1].encode(),
        quote(text).encode(),
        quote_plus(text).encode(),
        plain.hex().encode(),
    }
    return found | set(_in_base64(plain))


def _in_base64(plain: bytes) -> list[bytes]:
    """The part that is the same whatever stands before and after, for each of three beginnings."""
    found = []
    for before in range(3):
        encoded = base64.b64encode(b"\0" * before + plain)
        found.append(encoded[-(-before * 8 // 6) : (before + len(plain)) * 8 // 6])
    return found


def found_text(texts: Iterable[str], places: dict[str, bytes]) -> list[tuple[str, str]]:
    """Which texts stand where, in any spelling."""
    return [
        (text, where)
        for text in texts
        for spelling in spellings(text)
        for where, content in places.items()
        if spelling in content
    ]


def found_remnants(sealed: Iterable[bytes], places: dict[str, bytes]) -> list[str]:
    """Where any piece of these random bytes is left, raw, as hexadecimal digits or in base64."""
    wanted = set()
    for each in sealed:
        for form in (each, each.hex().encode(), *_in_base64(each)):
            wanted.update(form[at : at + BLOCK] for at in range(len(form) - BLOCK + 1))
    return [
        where
        for where, content in places.items()
        if any(content[at : at + BLOCK] in wanted for at in range(0, len(content), BLOCK))
    ]
