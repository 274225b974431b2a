"""Payloads as Slack and its SDKs document them go through the door without a 5xx.

The hand-written ones beside this file always run; a larger collection is read where it is there.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlencode

import pytest

from tests.conftest import Office

pytestmark = pytest.mark.slow

OWN = Path(__file__).parent / "payloads"
SAMPLES = Path(__file__).parents[2].parent / "shared" / "slack-samples"

FORM = "application/x-www-form-urlencoded"
JSON = "application/json"
OUTER = {"event_callback", "url_verification", "app_rate_limited"}
INTERACTIVE = {
    "block_actions",
    "block_suggestion",
    "dialog_cancellation",
    "dialog_submission",
    "dialog_suggestion",
    "interactive_message",
    "message_action",
    "shortcut",
    "view_closed",
    "view_submission",
    "workflow_step_edit",
}
COMMANDS = ("/hours", "/quiet", "/later", "/boundaries", "/offhours", "/nobody")

Request = tuple[bytes, str]
"""Body and content type."""


def installed(value: Any) -> Any:
    """The same payload, sent by the workspace the bot is installed in."""
    if isinstance(value, list):
        return [installed(each) for each in value]
    if not isinstance(value, dict):
        return value
    changed = {name: installed(each) for name, each in value.items()}
    for name in ("team_id", "team"):
        if isinstance(changed.get(name), str):
            changed[name] = "T0SANDBOX"
    if isinstance(changed.get("team"), dict):
        changed["team"]["id"] = "T0SANDBOX"
    return changed


def wrapped(event: Any) -> dict[str, Any]:
    """An inner event, or a record of an export, in the envelope it would arrive in."""
    inner = {"channel": "C0DESIGN", "channel_type": "channel"} | event if event else event
    return {
        "type": "event_callback",
        "team_id": "T0SANDBOX",
        "api_app_id": "A0",
        "event_id": "Ev0",
        "event_time": 1792786440,
        "event": inner,
    }


def json_requests(found: Any) -> Iterator[Request]:
    """The ways in which Slack may send this."""
    kind = found.get("type") if isinstance(found, dict) else None
    if kind in INTERACTIVE:
        for each in (found, installed(found)):
            yield urlencode({"payload": json.dumps(each)}).encode(), FORM
    elif kind in OUTER:
        for each in (found, installed(found)):
            yield json.dumps(each).encode(), JSON
    elif isinstance(found, dict):
        yield json.dumps(wrapped(found)).encode(), JSON
        yield json.dumps(found).encode(), JSON
        yield urlencode({"payload": json.dumps(installed(found))}).encode(), FORM


def form_requests(text: str) -> Iterator[Request]:
    """A slash command, under its own name and under each of ours."""
    yield text.encode(), FORM
    for command in COMMANDS:
        for workspace_id in ("T0SANDBOX", "T0ELSEWHERE", ""):
            changed = {"command": command, "team_id": workspace_id}
            yield urlencode(dict(parse_qsl(text)) | changed).encode(), FORM


def requests(file: Path) -> Iterator[Request]:
    """Every request made from one file."""
    if file.suffix == ".form":
        yield from form_requests(file.read_text())
    else:
        yield from json_requests(json.loads(file.read_text()))


async def refused(office: Office, files: list[Path]) -> list[str]:
    """The files that were answered with a 5xx, or not at all."""
    found = []
    for file in files:
        for body, content_type in requests(file):
            status, _ = await office.sandbox.deliver_raw(
                office.app, body, content_type=content_type
            )
            if not 200 <= status < 500:
                found.append(f"{file.name}: {status}")
    await office.settle()
    return found


def collected(folder: Path) -> list[Path]:
    """Every payload below a folder."""
    return sorted(file for file in folder.rglob("*") if file.suffix in {".json", ".form"})


@pytest.mark.parametrize("file", collected(OWN), ids=lambda file: file.name)
async def test_a_payload_of_our_own(office: Office, file: Path) -> None:
    assert await refused(office, [file]) == []


if SAMPLES.is_dir():

    @pytest.mark.filterwarnings("ignore:Sending a large body directly")
    @pytest.mark.parametrize(
        "folder",
        [each for each in sorted(SAMPLES.iterdir()) if each.is_dir()],
        ids=lambda f: f.name,
    )
    async def test_a_collected_payload(office: Office, folder: Path) -> None:
        files = collected(folder)
        assert files
        assert await refused(office, files) == []
