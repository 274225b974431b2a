"""The door: whatever comes in gets a clear answer; the one 5xx asks Slack to send again."""

import io
import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from structlog.testing import capture_logs

from bot.storage import people
from sandbox.transport import sign
from tests.conftest import FRIDAY_NIGHT, Office

PAYLOADS = Path(__file__).parent / "payloads"
EVENT = {
    "type": "event_callback",
    "team_id": "T0SANDBOX",
    "api_app_id": "A0",
    "event_id": "Ev1",
    "event": {
        "type": "message",
        "channel": "C0DESIGN",
        "channel_type": "channel",
        "user": "U0AUTHOR",
        "text": "hello",
        "ts": "1792786440.000100",
    },
}
BODY = json.dumps(EVENT).encode()


def stamped(office: Office, *, seconds: int = 0) -> dict[str, str]:
    """Headers of a correct signature made so many seconds from now."""
    stamp = str(office.sandbox.workspace.epoch_s() + seconds)
    return {
        "X-Slack-Request-Timestamp": stamp,
        "X-Slack-Signature": sign(office.app.signing_secret, stamp, BODY),
    }


async def post(office: Office, body: bytes = BODY, **options: Any) -> tuple[int, Any, list[str]]:
    """Status, body, and the reasons that were logged."""
    with capture_logs() as lines:
        status, answer = await office.sandbox.deliver_raw(office.app, body, **options)
    return status, answer, [line["reason"] for line in lines if line.get("reason")]


async def test_a_signed_event_is_answered(office: Office) -> None:
    status, answer, reasons = await post(office)
    assert (status, answer) == (200, "")
    assert reasons == []


async def test_unsigned(office: Office) -> None:
    assert await post(office, sign=False) == (
        401,
        "The request is not signed by Slack.",
        ["unsigned"],
    )


@pytest.mark.parametrize(
    ("headers", "reason"),
    [
        ({"X-Slack-Signature": "v0=" + "0" * 64}, "bad_signature"),
        ({"X-Slack-Signature": "v0=schön"}, "bad_signature"),
        ({"X-Slack-Signature": ""}, "unsigned"),
        ({"X-Slack-Request-Timestamp": "abc"}, "bad_timestamp"),
        ({"X-Slack-Request-Timestamp": "-1"}, "bad_timestamp"),
        ({"X-Slack-Request-Timestamp": "1e9"}, "bad_timestamp"),
        ({"X-Slack-Request-Timestamp": "٣٤٥"}, "bad_timestamp"),
        ({"X-Slack-Request-Timestamp": "9" * 5000}, "bad_timestamp"),
        ({"X-Slack-Request-Timestamp": "0"}, "replayed"),
    ],
)
async def test_wrongly_signed(office: Office, headers: dict[str, str], reason: str) -> None:
    status, _, reasons = await post(office, headers=headers)
    assert (status, reasons) == (401, [reason])


@pytest.mark.parametrize(("seconds", "status"), [(-300, 200), (-301, 401), (300, 200), (301, 401)])
async def test_replayed(office: Office, seconds: int, status: int) -> None:
    """A correct signature is good for five minutes either way."""
    found, _, reasons = await post(office, headers=stamped(office, seconds=seconds))
    assert found == status
    assert reasons == ([] if status == 200 else ["replayed"])


@pytest.mark.parametrize(
    ("body", "status", "reason"),
    [
        (BODY[:40], 400, "not_json"),
        (b"", 400, "not_json"),
        (b"[1, 2]", 400, "not_json"),
        (b'"text"', 400, "not_json"),
        (b'{"type": 7}', 400, "not_json"),
        (b"\xff\xfe{}", 400, "not_utf8"),
        (b"[" * 100_000, 400, "not_json"),
    ],
)
async def test_what_is_not_an_event(office: Office, body: bytes, status: int, reason: str) -> None:
    found, answer, reasons = await post(office, body)
    assert (found, reasons) == (status, [reason])
    assert answer


@pytest.mark.parametrize(
    "changes",
    [
        {"type": "something_new"},
        {"event": {"type": "message"}},
        {"event": {"type": "something_new", "user": {"id": 7}}},
        {"event": {**EVENT["event"], "subtype": "something_new"}},
        {"event": {**EVENT["event"], "user": 7}},
        {"event": {**EVENT["event"], "ts": "yesterday"}},
        {"event": {**EVENT["event"], "blocks": [{"type": "rich_text", "elements": "none"}]}},
        {"event": {**EVENT["event"], "blocks": 7}},
        {"team_id": None},
        {"team_id": "T0NOBODY"},
        {"event": {"type": "user_change", "user": "U1"}},
        {"event": {"type": "subteam_updated"}},
    ],
)
async def test_what_is_not_known_is_taken_note_of(office: Office, changes: dict[str, Any]) -> None:
    """Slack counts every other answer than 200 as a failure of the app."""
    status, _, _ = await post(office, json.dumps(EVENT | changes).encode())
    assert status == 200


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        (b"payload=not+json", "application/x-www-form-urlencoded"),
        (b"payload=%7B%7D", "application/x-www-form-urlencoded"),
        (b"payload=%7B%22type%22%3A%22block_actions%22%7D", "application/x-www-form-urlencoded"),
        (b"command=%2Fnobody&team_id=T0SANDBOX&user_id=U1", "application/x-www-form-urlencoded"),
        (b"=&=&%", "application/x-www-form-urlencoded"),
        (b"a=%ff", "application/x-www-form-urlencoded"),
        (b"payload=" + b"[" * 100_000, "application/x-www-form-urlencoded"),
        (b"hello", "text/plain"),
        (BODY, ""),
    ],
)
async def test_other_forms_of_requests(office: Office, body: bytes, content_type: str) -> None:
    status, _, _ = await post(office, body, content_type=content_type)
    assert 200 <= status < 500


@pytest.mark.parametrize("size", [1_000_001, 5_000_000])
async def test_too_large(office: Office, size: int) -> None:
    """The whole of it is taken off the wire, so that the sender sees the answer."""
    url = str(office.app.request_url)
    async with aiohttp.ClientSession() as session:
        async with session.post(url, data=io.BytesIO(b" " * size)) as answer:
            assert answer.status == 413
            assert "larger than anything Slack sends" in await answer.text()
        async with session.post(url, data=BODY, headers=stamped(office)) as answer:
            assert answer.status == 200


async def test_an_event_without_an_event(office: Office) -> None:
    status, answer, _ = await post(office, json.dumps(EVENT | {"event": None}).encode())
    assert (status, answer) == (400, "The request is not what Slack documents.")


async def test_slack_verifies_the_address(office: Office) -> None:
    challenge = {"type": "url_verification", "challenge": "3eZbrw1a", "token": "x"}
    status, answer, _ = await post(office, json.dumps(challenge).encode())
    assert (status, answer) == (200, {"challenge": "3eZbrw1a"})


async def test_other_methods_and_paths(office: Office) -> None:
    url = str(office.app.request_url)
    async with aiohttp.ClientSession() as session:
        async with session.get(url) as answer:
            assert answer.status == 405
            assert answer.headers["allow"] == "POST"
        for path in ("/slack/event", "/slack/events/", "/"):
            address = url.replace("/slack/events", path)
            async with session.post(address, data=BODY, headers=stamped(office)) as answer:
                assert answer.status == 404


@pytest.fixture
async def off(office: Office) -> bytes:
    """An event that would be recorded."""
    ana = office.sandbox.add_user("ana", "Europe/Vienna")
    async with office.bot.database.transaction() as tx:
        await people.learn(tx, "T0SANDBOX", [people.SlackUser(ana.id, ana.name, ana.tz)])
        values = {"weekly": "mon-fri 9-17", "enrolled_at": 1}
        await people.save(tx, "T0SANDBOX", ana.id, values)
    await office.bot.services.directory.refresh()
    event = {**EVENT["event"], "text": f"<@{ana.id}> hello"}
    return json.dumps(EVENT | {"event": event}).encode()


async def test_without_a_commit_slack_is_asked_to_send_again(office: Office, off: bytes) -> None:
    async with office.bot.database.transaction() as tx:
        await tx.exec_driver_sql("ALTER TABLE contacts RENAME TO elsewhere")
    with capture_logs() as lines:
        status, answer = await office.sandbox.deliver_raw(office.app, off)
    assert (status, answer) == (503, "Not recorded; please send it again.")
    (line,) = [line for line in lines if line["event"] == "event.not_recorded"]
    assert line["message_ts"] == EVENT["event"]["ts"]
    async with office.bot.database.transaction() as tx:
        await tx.exec_driver_sql("ALTER TABLE elsewhere RENAME TO contacts")
    for _ in range(2):
        status, _ = await office.sandbox.deliver_raw(office.app, off)
        assert status == 200
    assert len(await office.rows("SELECT outcome FROM contacts")) == 1


async def test_an_outage_loses_nothing(office: Office) -> None:
    """The database is away for the first attempts; Slack's retry brings the message back."""
    ana = office.sandbox.add_user("ana", "Europe/Vienna")
    bo = office.sandbox.add_user("bo", "Europe/Lisbon")
    room = office.sandbox.add_channel("design", [ana, bo, office.app])
    async with office.bot.database.transaction() as tx:
        await people.learn(tx, "T0SANDBOX", [people.SlackUser(ana.id, ana.name, ana.tz)])
        values = {"weekly": "mon-fri 9-17", "enrolled_at": 1}
        await people.save(tx, "T0SANDBOX", ana.id, values)
        await tx.exec_driver_sql("ALTER TABLE contacts RENAME TO elsewhere")
    await office.bot.services.directory.refresh()
    await bo.post(room, "could you look at this, @ana?")
    assert [each.status for each in office.sandbox.deliveries][-1] == 503
    async with office.bot.database.transaction() as tx:
        await tx.exec_driver_sql("ALTER TABLE elsewhere RENAME TO contacts")
    await office.at(FRIDAY_NIGHT + timedelta(minutes=6))
    assert len(await office.rows("SELECT outcome FROM contacts")) == 1


async def test_nothing_of_a_request_is_logged(office: Office, off: bytes) -> None:
    with capture_logs() as lines:
        await office.sandbox.deliver_raw(office.app, off.replace(b"hello", b"my secret"))
        await office.settle()
    assert lines
    assert "my secret" not in str(lines)
    assert office.app.bot_token not in str(lines)
