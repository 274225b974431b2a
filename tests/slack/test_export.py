"""Reading an export: both layouts, everything beside the day files, and what is damaged."""

import json
import zipfile
from pathlib import Path

import pytest

from bot.digest.audit_facts import Conversation, Record
from bot.errors import BadInput
from bot.slack.export import decode, open_export

SMALL = Path(__file__).parents[1] / "data" / "small-export"
USERS = {"users.json": [{"id": "U1"}]}


def write(folder: Path, files: dict[str, object]) -> Path:
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        data = content if isinstance(content, bytes) else json.dumps(content).encode()
        path.write_bytes(data)
    return folder


def zipped(folder: Path, path: Path, prefix: str = "") -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        for each in sorted(folder.rglob("*.json")):
            archive.write(each, prefix + each.relative_to(folder).as_posix())
    return path


def read(path: Path) -> dict[str, list[tuple[float, str | None]]]:
    export = open_export(path)
    return {
        day.name: [(each.ts, each.text) for each in day.records or ()]
        for folder in export.folders
        for day in export.days(folder)
    }


@pytest.mark.parametrize("prefix", ["", "my export/", "a/b/"])
def test_a_zip_reads_like_the_folder(tmp_path: Path, prefix: str) -> None:
    assert read(zipped(SMALL, tmp_path / "export.zip", prefix)) == read(SMALL)


def test_a_conversation_is_what_its_list_says() -> None:
    export = open_export(SMALL)
    assert [(folder.name, folder.kind) for folder in export.folders] == [
        ("D01", Conversation.DM),
        ("general", Conversation.CHANNEL),
        ("night", Conversation.CHANNEL),
    ]
    assert export.files == 3
    assert len(export.accounts) == 7


def test_private_channels_and_group_messages_have_their_lists(tmp_path: Path) -> None:
    files = {"groups.json": [{"id": "G1", "name": "board"}], "mpims.json": [{"name": "mpdm-a"}]}
    days = {"board/2026-01-01.json": [], "mpdm-a/2026-01-01.json": [], "left/2026-01-01.json": []}
    found = {
        each.name: each.kind for each in open_export(write(tmp_path, USERS | files | days)).folders
    }
    assert found == {
        "board": Conversation.PRIVATE,
        "mpdm-a": Conversation.GROUP_DM,
        "left": Conversation.CHANNEL,
    }


def test_what_is_no_day_file_is_left_alone(tmp_path: Path) -> None:
    others = {
        "canvases.json": [],
        "general/canvas_in_the_conversation.json": [],
        "general/2026-01-01.json.bak.json": [],
        "general/attachments/2026-01-01.json": [],
        "2026-01-01.json": [],
    }
    days = {"general/2026-01-02.json": [], "general/2026-01-01.json": []}
    assert list(read(write(tmp_path, USERS | others | days))) == sorted(days)


def test_an_organisation_names_its_accounts_elsewhere(tmp_path: Path) -> None:
    export = open_export(write(tmp_path, {"org_users.json": [{"id": "W1"}]}))
    assert [account.id for account in export.accounts] == ["W1"]


@pytest.mark.parametrize("damaged", [b"", b"{", b'{"a": 1}', b'"text"', b"[" * 100_000])
def test_a_damaged_file_is_named_and_the_rest_is_read(tmp_path: Path, damaged: bytes) -> None:
    fine = [{"type": "message", "ts": "1.5"}]
    files = {"c/2026-01-01.json": damaged, "c/2026-01-02.json": fine}
    export = open_export(write(tmp_path, USERS | files))
    days = {day.name: day.records for day in export.days(export.folders[0])}
    assert days["c/2026-01-01.json"] is None
    assert len(days["c/2026-01-02.json"] or ()) == 1


def test_a_damaged_member_of_a_zip_is_named(tmp_path: Path) -> None:
    path = zipped(SMALL, tmp_path / "export.zip")
    data = path.read_bytes()
    begin = data.index(b"night/2026-11-07.json") + 60
    path.write_bytes(data[:begin] + b"\0\0\0\0\0\0" + data[begin + 6 :])
    export = open_export(path)
    bad = [
        day.name for folder in export.folders for day in export.days(folder) if day.records is None
    ]
    assert bad == ["night/2026-11-07.json"]


@pytest.mark.parametrize(
    ("data", "record"),
    [
        (b'{"ts": "1604573609.000200"}', Record(ts=1604573609.0002)),
        (b'{"ts": 12.5, "user": null}', Record(ts=12.5)),
        (b'{"ts": null, "user": 7, "text": "x"}', Record(text="x")),
        (b'{"ts": "soon", "bot_id": {}}', Record()),
        (
            b'{"text": "half an emoji \\ud83d", "user": "U1"}',
            Record(text="half an emoji \ud83d", user="U1"),
        ),
        (b'{"text": "\xff", "user": "U1"}', Record(text="\ufffd", user="U1")),
        (b"4", Record()),
    ],
)
def test_an_odd_field_costs_itself_alone(data: bytes, record: Record) -> None:
    odd, fine = decode(b"[" + data + b', {"ts": "2.5", "user": "U2"}]')
    assert (odd.ts, odd.user, odd.text, odd.bot_id) == (
        record.ts,
        record.user,
        record.text,
        record.bot_id,
    )
    assert (fine.ts, fine.user) == (2.5, "U2")


def test_only_a_person_s_edit_is_an_edit() -> None:
    by_person, by_nobody, odd = decode(
        b'[{"edited": {"user": "U1"}}, {"edited": null}, {"edited": {"user": "U1"}, "user": 5}]'
    )
    assert by_person.edited is not None
    assert by_nobody.edited is None
    assert odd.edited is not None


@pytest.mark.parametrize("content", [None, b"PK nothing", {}])
def test_what_is_no_export_is_one_sentence(tmp_path: Path, content: object) -> None:
    path = tmp_path / "export"
    if isinstance(content, bytes):
        path.write_bytes(content)
    elif content is not None:
        path.mkdir()
    with pytest.raises(BadInput, match=r"no Slack export|neither a folder nor a zip"):
        open_export(path)


def test_accounts_that_cannot_be_read_are_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=r"users\.json of the export cannot be read"):
        open_export(write(tmp_path, {"users.json": {"a": 1}}))
