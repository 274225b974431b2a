"""Slack's workspace export, a folder or a zip, read one day file at a time.

::

    users.json (or org_users.json)   accounts
    channels.json groups.json        public and private channels
    dms.json mpims.json              direct messages by id, group messages by name
    general/2026-11-20.json          the records of one conversation, cut at Los Angeles midnight

Everything else, canvases and lists among it, is left alone. What cannot be read is named, and
the rest is read all the same.
"""

import json
import os
import re
import zipfile
import zlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any, TypeVar

import msgspec

from bot.digest.audit_facts import Account, Conversation, Record
from bot.errors import BadInput

USER_LISTS = ("users.json", "org_users.json")
LISTS = (
    ("channels.json", Conversation.CHANNEL),
    ("groups.json", Conversation.PRIVATE),
    ("mpims.json", Conversation.GROUP_DM),
    ("dms.json", Conversation.DM),
)
_DAY_FILE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}\.json", re.ASCII)
_UNREADABLE = (OSError, zipfile.BadZipFile, zlib.error, EOFError, RuntimeError, NotImplementedError)

_T = TypeVar("_T")
_decode_day = msgspec.json.Decoder(list[Record], strict=False).decode


class _Listed(msgspec.Struct):
    id: str = ""
    name: str | None = None


@dataclass(frozen=True, slots=True)
class DayFile:
    """The records of one file; None when it could not be read."""

    name: str
    records: list[Record] | None


@dataclass(frozen=True, slots=True)
class Folder:
    """One conversation: its folder's name, what it is, and its day files, oldest first."""

    name: str
    kind: Conversation
    files: tuple[str, ...]


class Export:
    """An export that was found to be one.

    Attributes:
        accounts: of ``users.json``.
        folders: conversations that have day files, by name.
    """

    def __init__(self, names: list[str], read: Callable[[str], bytes]) -> None:
        self._read = read
        self._root = _root(names)
        inside = [name for name in names if name.startswith(self._root)]
        self.accounts = self._accounts(set(inside))
        self.folders = self._folders(inside, set(inside))

    @property
    def files(self) -> int:
        """How many day files there are."""
        return sum(len(folder.files) for folder in self.folders)

    def days(self, folder: Folder) -> Iterator[DayFile]:
        """The folder's records, a file at a time; only one is in memory."""
        for name in folder.files:
            yield DayFile(name.removeprefix(self._root), self._records(name))

    def _records(self, name: str) -> list[Record] | None:
        try:
            return decode(self._read(name))
        except (*_UNREADABLE, ValueError, RecursionError):
            return None

    def _accounts(self, names: set[str]) -> list[Account]:
        listed = next(self._root + each for each in USER_LISTS if self._root + each in names)
        accounts = self._list(listed, Account)
        return list({account.id: account for account in accounts}.values())

    def _folders(self, inside: list[str], names: set[str]) -> tuple[Folder, ...]:
        kinds: dict[str, Conversation] = {}
        for listing, kind in LISTS:
            if self._root + listing in names:
                for each in self._list(self._root + listing, _Listed):
                    kinds[each.id if kind is Conversation.DM else each.name or each.id] = kind
        files: dict[str, list[str]] = {}
        for name in inside:
            folder, _, file_name = name.removeprefix(self._root).partition("/")
            if _DAY_FILE.fullmatch(file_name):
                files.setdefault(folder, []).append(name)
        return tuple(
            Folder(name, kinds.get(name, Conversation.CHANNEL), tuple(sorted(files[name])))
            for name in sorted(files)
        )

    def _list(self, name: str, kind: type[_T]) -> list[_T]:
        try:
            return msgspec.json.decode(self._read(name), type=list[kind], strict=False)  # type: ignore[valid-type] # a type made of an argument
        except (*_UNREADABLE, ValueError) as error:
            raise BadInput(f"{name} of the export cannot be read: {error}") from error


def open_export(path: Path) -> Export:
    """The export at ``path``.

    Raises:
        BadInput: there is none; says what an export looks like.
    """
    if path.is_dir():
        return Export(_names(path), lambda name: _bytes(f"{path}/{name}"))
    try:
        archive = zipfile.ZipFile(path)
    except (OSError, zipfile.BadZipFile) as error:
        raise BadInput(f"{path} is neither a folder nor a zip file that can be read.") from error
    return Export(archive.namelist(), archive.read)


def _names(folder: Path) -> list[str]:
    """Every JSON file of a folder and the folders in it, relative to it."""
    return [
        f"{where}/{name}".removeprefix(f"{folder}/")
        for where, _, names in os.walk(folder)
        for name in names
        if name.endswith(".json")
    ]


def _bytes(name: str) -> bytes:
    with open(name, "rb") as file:  # noqa: PTH123 - a Path for each of a million files costs more than reading it
        return file.read()


def decode(data: bytes) -> list[Record]:
    """The records of a day file.

    Raises:
        ValueError: it is not a JSON list of objects.
    """
    try:
        return _decode_day(data)
    except ValueError:
        # One odd field, or half of an emoji that was cut in two, must not cost a whole day.
        found = json.loads(data.decode("utf-8", "replace"))
    if isinstance(found, list):
        return [_lenient(each) if isinstance(each, dict) else Record() for each in found]
    raise ValueError("not a list")


_TEXTS = ("type", "subtype", "user", "bot_id", "text")
_INSTANTS = ("ts", "thread_ts")


def _lenient(found: Mapping[str, Any]) -> Record:
    """A record of those fields that are what they should be."""
    record = Record(**{key: found[key] for key in _TEXTS if isinstance(found.get(key), str)})
    for key in _INSTANTS:
        try:
            setattr(record, key, float(found.get(key) or 0))
        except (TypeError, ValueError):
            continue
    record.edited = msgspec.Raw(b"{}") if found.get("edited") else None
    return record


def _root(names: list[str]) -> str:
    """The folder inside a zip that holds the export, ``""`` or ending in ``/``."""
    lists = [name for name in names if PurePosixPath(name).name in USER_LISTS]
    if not lists:
        raise BadInput(
            "This is no Slack export: there is no users.json in it. An export is the zip that "
            "Slack makes under “Import/Export Data”, or the folder it unpacks to."
        )
    found = min(lists, key=lambda name: (name.count("/"), name))
    return found.removesuffix(PurePosixPath(found).name)
