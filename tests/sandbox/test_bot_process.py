"""The bot as its own process: it follows the sandbox's clock and says when it has settled."""

import asyncio
import json
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from bot.scheduler import Scheduler, Worker
from bot.slack.manifest import BOT_EVENTS, BOT_SCOPES
from bot.storage.vault import new_key
from sandbox import App, Sandbox, SandboxClock
from sandbox.settling import Settling

FRIDAY_NIGHT = datetime(2026, 10, 23, 20, 14, tzinfo=UTC)
MONDAY_OPENING = datetime(2026, 10, 26, 8, 0, tzinfo=UTC)
START_S = 30


def environment(app: App, folder: Path) -> dict[str, str]:
    """What the operator of a real server would set."""
    inherited = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    return inherited | {
        "SLACK_BOT_TOKEN": app.bot_token,
        "SLACK_SIGNING_SECRET": app.signing_secret,
        "OFFHOURS_KEY": new_key(),
        "OFFHOURS_DATABASE__URL": f"sqlite:///{folder / 'offhours.db'}",
        "OFFHOURS_SERVER__HOST": "127.0.0.1",
        "OFFHOURS_SERVER__PORT": "0",
        "OFFHOURS_LOG__LEVEL": "WARNING",
    }


@asynccontextmanager
async def running(
    sandbox: Sandbox, app: App, folder: Path
) -> AsyncIterator[tuple[asyncio.subprocess.Process, dict[str, Any]]]:
    """The process and the line it said when it was ready."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "sandbox.bot", "--sandbox", sandbox.url,
        env=environment(app, folder),
        stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    try:
        assert process.stdout is not None
        async with asyncio.timeout(START_S):
            ready = json.loads(await process.stdout.readline())
        app.request_url = f"http://127.0.0.1:{ready['port']}/slack/events"
        yield process, ready
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


@pytest.mark.slow
async def test_it_delivers_by_the_sandboxs_clock_and_ends_on_a_signal(tmp_path: Path) -> None:
    async with Sandbox(SandboxClock(FRIDAY_NIGHT)) as sandbox, aiohttp.ClientSession() as session:
        ana = sandbox.add_user("ana", "Europe/Vienna")
        bo = sandbox.add_user("bo", "Europe/Vienna")
        app = sandbox.install_app(scopes=BOT_SCOPES, bot_events=BOT_EVENTS, commands=["/later"])
        async with running(sandbox, app, tmp_path) as (process, ready):
            settle = f"http://127.0.0.1:{ready['settle_port']}/sandbox/settle"
            answer = await bo.command("/later", "@ana Good morning!")
            assert "Mon 09:00" in answer.text
            sandbox.clock.set(MONDAY_OPENING)
            async with session.post(settle) as settled:
                assert settled.status == 200
                assert (await settled.json())["now"] == MONDAY_OPENING.isoformat()
            posted = sandbox.messages(sandbox.dm(ana, app).id)
            assert ["Good morning!" in message.text for message in posted] == [True]
            process.send_signal(signal.SIGTERM)
            async with asyncio.timeout(START_S):
                assert await process.wait() == 0


@pytest.mark.slow
async def test_without_a_sandbox_it_says_so_and_ends() -> None:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "sandbox.bot", "--sandbox", "http://127.0.0.1:9",
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    out, err = await process.communicate()
    assert (process.returncode, out) == (1, b"")
    assert b"Traceback" not in err
    assert b"127.0.0.1:9" in err


async def test_settling_waits_for_what_a_worker_has_under_way() -> None:
    due, finished = [1, 1], []

    async def run_due() -> int:
        if not due:
            return 0
        due.pop()
        await asyncio.sleep(0.05)
        finished.append(1)
        return 1

    scheduler = Scheduler((Worker("slow", run_due, 3_600),))
    settling = Settling(scheduler)
    scheduler.start()
    await asyncio.sleep(0.01)
    assert await settling.settle() == 2
    assert finished == [1, 1]
    await scheduler.stop()
