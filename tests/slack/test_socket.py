"""Socket Mode: an envelope is acknowledged after its rows are on disk, and lines are renewed."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from bot.config import Settings
from bot.errors import Misconfigured
from bot.slack import socket
from bot.slack.door import Reply
from bot.slack.manifest import BOT_EVENTS, BOT_SCOPES
from bot.storage import people
from bot.storage.vault import new_key
from bot.wiring import build
from sandbox import Channel, Person, Sandbox, SandboxClock
from tests.conftest import FRIDAY_NIGHT, Office

pytestmark = pytest.mark.slow

COMMANDS = ("/hours", "/quiet", "/later", "/boundaries", "/offhours")


async def until(true: Callable[[], Any]) -> None:
    """Wait for something the other side does on its own."""
    ends = time.monotonic() + 10
    while not true():
        assert time.monotonic() < ends
        await asyncio.sleep(0.01)


@pytest.fixture
async def socket_office(tmp_path: Path) -> AsyncIterator[Office]:
    """The bot behind two sockets, without a signing secret."""
    clock = SandboxClock(FRIDAY_NIGHT)
    async with Sandbox(clock) as sandbox:
        app = sandbox.install_app(
            scopes=BOT_SCOPES, bot_events=BOT_EVENTS, commands=COMMANDS, socket_mode=True
        )
        given = Settings(
            slack={"api_url": sandbox.api_url, "transport": "socket"},
            server={"host": "127.0.0.1", "port": 0},
            database={"url": f"sqlite:///{tmp_path / 'offhours.db'}"},
            bot_token=app.bot_token,
            app_token=app.app_token,
            key=new_key(),
        )
        bot = await build(given, clock)
        app.request_url = f"http://127.0.0.1:{await bot.start()}/slack/events"
        await until(lambda: sandbox.sockets.number_open(app) == 2)
        try:
            yield Office(sandbox, clock, app, bot, given)
        finally:
            await bot.stop()


async def somebody_off(office: Office) -> tuple[Person, Channel]:
    ana = office.sandbox.add_user("ana", "Europe/Vienna")
    bo = office.sandbox.add_user("bo", "Europe/Lisbon")
    room = office.sandbox.add_channel("design", [ana, bo, office.app])
    async with office.bot.database.transaction() as tx:
        await people.learn(tx, "T0SANDBOX", [people.SlackUser(ana.id, ana.name, ana.tz)])
        values = {"weekly": "mon-fri 9-17", "enrolled_at": 1}
        await people.save(tx, "T0SANDBOX", ana.id, values)
    await office.bot.services.directory.refresh()
    return bo, room


async def test_a_message_is_recorded_before_its_acknowledgement(socket_office: Office) -> None:
    bo, room = await somebody_off(socket_office)
    await bo.post(room, "could you look at this, @ana?")
    assert socket_office.sandbox.deliveries[-1].ok
    assert len(await socket_office.rows("SELECT outcome FROM contacts")) == 1
    await socket_office.settle()
    assert len(socket_office.sandbox.calls_to("chat.postEphemeral")) == 1


async def test_a_command_is_answered(socket_office: Office) -> None:
    bo, room = await somebody_off(socket_office)
    answer = await bo.command("/offhours", "help", room)
    assert "/later" in answer.text


async def test_what_nobody_listens_to_is_acknowledged(socket_office: Office) -> None:
    payload = {"type": "shortcut", "callback_id": "nobody", "team": {"id": "T0SANDBOX"}}
    reply, _ = await socket_office.sandbox._transport.hand_over(
        socket_office.app, "shortcut", payload | {"user": {"id": "U1"}}, {}
    )
    assert reply.ok


async def test_without_a_commit_there_is_no_acknowledgement(
    socket_office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The database is away: Slack sends the event again, and then it is recorded."""
    monkeypatch.setattr("sandbox.transport.ANSWER_WITHIN_S", 0.2)
    bo, room = await somebody_off(socket_office)
    async with socket_office.bot.database.transaction() as tx:
        await tx.exec_driver_sql("ALTER TABLE contacts RENAME TO elsewhere")
    await bo.post(room, "could you look at this, @ana?")
    delivery = socket_office.sandbox.deliveries[-1]
    assert not delivery.ok
    async with socket_office.bot.database.transaction() as tx:
        await tx.exec_driver_sql("ALTER TABLE elsewhere RENAME TO contacts")
    await socket_office.at(FRIDAY_NIGHT + timedelta(minutes=7))
    assert delivery.ok
    assert len(await socket_office.rows("SELECT outcome FROM contacts")) == 1


async def test_lines_come_back_when_slack_asks_to_reconnect(socket_office: Office) -> None:
    sandbox, app = socket_office.sandbox, socket_office.app
    bo, room = await somebody_off(socket_office)
    await sandbox.sockets.disconnect(app)
    await until(lambda: len(sandbox.calls_to("apps.connections.open")) == 5)
    await until(lambda: sandbox.sockets.number_open(app) == 2)
    await bo.post(room, "could you look at this, @ana?")
    assert sandbox.deliveries[-1].ok


async def test_a_silent_line_gets_a_new_client(socket_office: Office) -> None:
    opened = len(socket_office.sandbox.calls_to("apps.connections.open"))
    app = socket_office.bot.socket_mode._app

    async def handle(_body: bytes, _headers: Any) -> Reply:
        return Reply(200)

    lines = socket.SocketMode(app, socket_office.app.app_token, handle, silence_s=0.2, check_s=0.02)
    await lines.start()
    calls = socket_office.sandbox.calls_to
    await until(lambda: len(calls("apps.connections.open")) > opened + 1 + 2 * socket.LINES)
    await lines.stop()


async def test_an_unsigned_request_does_not_come_in_by_http(socket_office: Office) -> None:
    """Without a signing secret nothing can be verified, so nothing is taken."""
    app = socket_office.app
    app.signing_secret = ""
    status, _ = await socket_office.sandbox.deliver_raw(app, b"{}")
    assert status == 401


async def test_a_refused_app_token_is_said_at_the_start(socket_office: Office) -> None:
    socket_office.app.socket_mode = False
    app = socket_office.bot.socket_mode._app
    lines = socket.SocketMode(app, socket_office.app.app_token, socket_office.bot.door.handle)
    with pytest.raises(Misconfigured, match="socket_mode_not_enabled"):
        await lines.start()
