"""The bot as a process of its own, running by a sandbox's clock.

Settings come from the environment and the configuration file, as in production, except that the
Web API is the sandbox's. Once the bot listens, one line of JSON goes to standard output::

    {"port": 40001, "settle_port": 40002, "pid": 4711}

``POST /sandbox/settle`` on the second port returns when everything due by the sandbox's clock is
done; ``GET /sandbox/clock`` tells what time the bot takes it to be. SIGTERM and SIGINT end the
process as they end a server in production.
"""

import asyncio
import contextlib
import json
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Annotated

import aiohttp
import typer
from aiohttp import web

from bot.config import load
from bot.errors import OffhoursError
from bot.log import configure
from bot.wiring import build
from sandbox.settling import Settling

POLL_S = 0.02
HOST = "127.0.0.1"

program = typer.Typer(add_completion=False, rich_markup_mode=None)


class SandboxTime:
    """The clock of a sandbox in another process, a few milliseconds old."""

    def __init__(self, session: aiohttp.ClientSession, sandbox: str) -> None:
        self._session = session
        self._url = f"{sandbox.rstrip('/')}/sandbox/clock"
        self._now = datetime.now(UTC)

    def now(self) -> datetime:
        """The instant last read, aware and in UTC."""
        return self._now

    async def read(self) -> None:
        """Ask the sandbox.

        Raises:
            aiohttp.ClientError: it does not answer.
        """
        async with self._session.get(self._url) as answer:
            self._now = datetime.fromisoformat((await answer.json())["now"])

    async def follow(self) -> None:
        """Keep asking; while the sandbox is away the clock stands still."""
        while True:
            with contextlib.suppress(aiohttp.ClientError):
                await self.read()
            await asyncio.sleep(POLL_S)


class Remote:
    """The second port: what a test asks of the process."""

    def __init__(self, clock: SandboxTime, settling: Settling) -> None:
        self._clock = clock
        self._settling = settling

    async def settle(self, _: web.Request) -> web.StreamResponse:
        """Read the clock, then do what is due."""
        await self._clock.read()
        done = await self._settling.settle()
        return web.json_response({"done": done, "now": self._clock.now().isoformat()})

    async def clock(self, _: web.Request) -> web.StreamResponse:
        """What time the bot takes it to be."""
        return web.json_response({"now": self._clock.now().isoformat()})


@asynccontextmanager
async def _listening(remote: Remote, port: int) -> AsyncIterator[int]:
    """The second port, while the bot runs."""
    pages = web.Application()
    pages.add_routes(
        [web.post("/sandbox/settle", remote.settle), web.get("/sandbox/clock", remote.clock)]
    )
    runner = web.AppRunner(pages, access_log=None, shutdown_timeout=1)
    await runner.setup()
    await web.TCPSite(runner, HOST, port).start()
    try:
        yield runner.addresses[0][1]
    finally:
        await runner.cleanup()


async def serve(sandbox: str, settle_port: int) -> None:
    """Run the bot until a signal comes.

    Raises:
        OffhoursError: a setting is wrong, or the sandbox did not say who the bot is.
        aiohttp.ClientError: nobody answers at ``sandbox``.
    """
    ended = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, ended.set)
    settings = load(slack={"api_url": f"{sandbox.rstrip('/')}/api/"})
    configure(settings.log.level, settings.log.format)
    async with aiohttp.ClientSession() as session:
        clock = SandboxTime(session, sandbox)
        await clock.read()
        bot = await build(settings, clock)
        settling = Settling(bot.scheduler)
        following = asyncio.create_task(clock.follow(), name="sandbox clock")
        try:
            port = await bot.start()
            async with _listening(Remote(clock, settling), settle_port) as listening:
                ready = {"port": port, "settle_port": listening, "pid": os.getpid()}
                print(json.dumps(ready), flush=True)
                await ended.wait()
        finally:
            await bot.stop()
            following.cancel()


@program.command()
def main(
    sandbox: Annotated[str, typer.Option(help="Address of the sandbox, http://127.0.0.1:8001.")],
    settle_port: Annotated[int, typer.Option(help="Port of the settle call; 0: a free one.")] = 0,
) -> None:
    """Run the bot as its own process against a sandbox.

    Tokens and settings are read as in production: SLACK_BOT_TOKEN, SLACK_SIGNING_SECRET,
    OFFHOURS_KEY, OFFHOURS_DATABASE__URL, OFFHOURS_SERVER__PORT=0 and so on.
    """
    try:
        asyncio.run(serve(sandbox, settle_port))
    except (OffhoursError, aiohttp.ClientError) as error:
        print(error, file=sys.stderr)
        raise typer.Exit(1) from error


if __name__ == "__main__":
    program()
