"""Real bots as processes of their own, in front of a sandbox that this process serves."""

import asyncio
import json
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import aiohttp

from sandbox import App, Sandbox

START_S = 60


@dataclass
class BotProcess:
    """One running `sandbox.bot`; ``said`` is what it wrote to standard error so far."""

    process: asyncio.subprocess.Process
    port: int
    settle_port: int
    said: bytearray = field(default_factory=bytearray)

    @property
    def pid(self) -> int:
        """The operating system's number."""
        return self.process.pid

    @property
    def request_url(self) -> str:
        """Where Slack sends its requests."""
        return f"http://127.0.0.1:{self.port}/slack/events"

    async def settle(self) -> None:
        """Return when everything due is done."""
        url = f"http://127.0.0.1:{self.settle_port}/sandbox/settle"
        async with aiohttp.ClientSession() as session, session.post(url) as answer:
            assert answer.status == 200, await answer.text()


def environment(app: App, database_url: str, key: str, **more: str) -> dict[str, str]:
    """What the operator of a real server would set."""
    inherited = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    return inherited | {
        "SLACK_BOT_TOKEN": app.bot_token,
        "SLACK_SIGNING_SECRET": app.signing_secret,
        "OFFHOURS_KEY": key,
        "OFFHOURS_DATABASE__URL": database_url,
        "OFFHOURS_SERVER__HOST": "127.0.0.1",
        "OFFHOURS_SERVER__PORT": "0",
        "OFFHOURS_LOG__LEVEL": "WARNING",
        "OFFHOURS_LOG__FORMAT": "json",
        **more,
    }


@asynccontextmanager
async def running(
    sandbox: Sandbox, app: App, database_url: str, key: str, **more: str
) -> AsyncIterator[BotProcess]:
    """A bot on this database, killed at the end."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "sandbox.bot", "--sandbox", sandbox.url,
        env=environment(app, database_url, key, **more),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    said = bytearray()
    listening = asyncio.create_task(_listen(process, said))
    try:
        ready = await _ready(process, said)
        yield BotProcess(process, ready["port"], ready["settle_port"], said)
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()
        await listening


async def _ready(process: asyncio.subprocess.Process, said: bytearray) -> dict[str, Any]:
    assert process.stdout is not None
    async with asyncio.timeout(START_S):
        line = await process.stdout.readline()
    assert line, f"it ended before it listened: {said.decode()}"
    found: dict[str, Any] = json.loads(line)
    return found


async def _listen(process: asyncio.subprocess.Process, said: bytearray) -> None:
    assert process.stderr is not None
    while chunk := await process.stderr.read(65_536):
        said.extend(chunk)
