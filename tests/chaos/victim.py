"""The bot under attack: killed without warning, and started again on the same database and key."""

import asyncio
import contextlib
import json
import os
import signal
import sys
from collections.abc import AsyncIterator
from datetime import datetime
from pathlib import Path
from typing import Any, Self

import aiohttp

from bot.storage.vault import new_key
from sandbox import App, Sandbox

READY_S = 30
SETTLE_S = 60
TRIES = 5
PUBLIC_URL = "https://offhours.invalid"


class Victim:
    """One bot at a time, in a process of its own."""

    def __init__(self, sandbox: Sandbox, app: App, database_url: str, log: Path) -> None:
        self._sandbox = sandbox
        self._app = app
        self._log = log
        self._pid = 0
        self._dying = 0
        self._killed = asyncio.Event()
        self._remote = ""
        self._environment = {
            "SLACK_BOT_TOKEN": app.bot_token,
            "SLACK_SIGNING_SECRET": app.signing_secret,
            "SLACK_CLIENT_ID": app.client_id,
            "SLACK_CLIENT_SECRET": app.client_secret,
            "OFFHOURS_KEY": new_key(),
            "OFFHOURS_DATABASE__URL": database_url,
            "OFFHOURS_SLACK__PUBLIC_URL": PUBLIC_URL,
            "OFFHOURS_SERVER__HOST": "127.0.0.1",
            "OFFHOURS_SERVER__PORT": "0",
            "OFFHOURS_LOG__LEVEL": "WARNING",
        }
        self._nursery: asyncio.subprocess.Process
        self._session: aiohttp.ClientSession

    @classmethod
    @contextlib.asynccontextmanager
    async def kept(
        cls, sandbox: Sandbox, app: App, database_url: str, log: Path
    ) -> AsyncIterator[Self]:
        """A victim that is running, and gone at the end. What it logs is added to ``log``."""
        victim = cls(sandbox, app, database_url, log)
        inherited = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
        with log.open("ab") as errors:
            victim._nursery = await asyncio.create_subprocess_exec(
                sys.executable, "-m", "tests.chaos.nursery",
                env=inherited, cwd=Path(__file__).parents[2], stderr=errors,
                stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
            )  # fmt: skip
        timeout = aiohttp.ClientTimeout(total=SETTLE_S)
        async with aiohttp.ClientSession(timeout=timeout) as victim._session:
            try:
                await victim.start()
                yield victim
            finally:
                victim.kill()
                assert victim._nursery.stdin is not None
                victim._nursery.stdin.close()
                await victim._nursery.wait()

    @property
    def alive(self) -> bool:
        """Whether it runs."""
        return self._pid != 0

    async def start(self) -> None:
        """Start it and wait until it listens, or is killed before it does."""
        assert self._nursery.stdin is not None
        order = {"sandbox": self._sandbox.url, "environment": self._environment}
        self._nursery.stdin.write(json.dumps(order).encode() + b"\n")
        async with asyncio.timeout(READY_S):
            self._pid = (await self._said("born"))["born"]
            self._killed.clear()
            ready = asyncio.ensure_future(self._said("pid", self._pid))
            killed = asyncio.ensure_future(self._killed.wait())
            await asyncio.wait((ready, killed), return_when=asyncio.FIRST_COMPLETED)
        killed.cancel()
        if not self.alive:
            ready.cancel()
            await asyncio.wait((ready,))
            return
        said = await ready
        if "error" in said:
            raise RuntimeError(f"The bot did not start: {said['error']}")
        self._remote = f"http://127.0.0.1:{said['settle_port']}/sandbox"
        self._app.request_url = f"http://127.0.0.1:{said['port']}/slack/events"

    async def _said(self, key: str, value: int | None = None) -> dict[str, Any]:
        """The next line that has this in it; what a bot said before it died is passed over."""
        assert self._nursery.stdout is not None
        while True:
            said: dict[str, Any] = json.loads(await self._nursery.stdout.readline())
            if key in said and value in (None, said[key]):
                return said

    def kill(self) -> None:
        """SIGKILL, now."""
        if self._pid:
            os.kill(self._pid, signal.SIGKILL)
            self._dying, self._pid = self._pid, 0
            self._killed.set()

    async def gone(self) -> None:
        """Wait until the killed process is no more, and its locks with it."""
        with contextlib.suppress(ProcessLookupError):
            while True:
                os.kill(self._dying, 0)
                await asyncio.sleep(0.001)

    async def sees(self, now: datetime) -> None:
        """Wait until it knows what time it is; at once when it is dead."""
        async with asyncio.timeout(READY_S):
            while self.alive:
                if await self._clock() == now:
                    return
                await asyncio.sleep(0.005)

    async def _clock(self) -> datetime | None:
        """What time it takes it to be; None when it does not answer."""
        try:
            async with self._session.get(f"{self._remote}/clock") as answer:
                return datetime.fromisoformat((await answer.json())["now"])
        except (aiohttp.ClientError, ConnectionError):
            return None

    async def settle(self) -> int | None:
        """Let it do what is due. Returns how much that was; None when it died over it.

        Raises:
            RuntimeError: a worker fails again and again.
        """
        why = ""
        for _ in range(TRIES):
            if not self.alive:
                return None
            try:
                async with self._session.post(f"{self._remote}/settle") as answer:
                    if answer.ok:
                        return int((await answer.json())["done"])
                    why = await answer.text()
            except (aiohttp.ClientError, ConnectionError) as error:
                why = repr(error)
        if self.alive:
            raise RuntimeError(f"The bot does not settle: {why}\n{_tail(self._log)}")
        return None


def _tail(log: Path) -> str:
    """The last lines of what the bot logged."""
    return "\n".join(log.read_text("utf-8", "replace").splitlines()[-20:])
