"""The running bot: its server, its workers, its way down."""

import asyncio
import contextlib
import socket
from collections.abc import Iterator
from dataclasses import dataclass

import uvicorn

from bot.config import Settings
from bot.errors import Misconfigured
from bot.log import log
from bot.scheduler import Scheduler
from bot.slack.door import Door
from bot.slack.socket import SocketMode
from bot.storage.database import Database
from bot.wiring.use_cases import Services

DRAIN_S = 10
"""Seconds that requests under way are given when the process ends."""


class _Server(uvicorn.Server):
    """uvicorn without its own signal handling: the command line owns the signals."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.listens = asyncio.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Listen, and say so."""
        await super().startup(sockets)
        self.listens.set()

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave signals alone."""
        yield


@dataclass(slots=True)
class Offhours:
    """The running bot."""

    settings: Settings
    door: Door
    scheduler: Scheduler
    services: Services
    database: Database
    _opened: contextlib.AsyncExitStack
    socket_mode: SocketMode | None = None
    _server: _Server | None = None
    _serving: asyncio.Task[None] | None = None

    async def start(self) -> int:
        """Listen and start the workers. Returns the port.

        Raises:
            Misconfigured: the port is taken, or Slack refuses the app-level token.
        """
        listen = self.settings.server
        listening = _listen(listen.host, listen.port)
        server = _Server(
            uvicorn.Config(
                self.door,
                lifespan="off",
                access_log=False,
                log_config=None,
                server_header=False,
                timeout_graceful_shutdown=DRAIN_S,
                ws="none",
            )
        )
        self._server = server
        self._serving = asyncio.create_task(server.serve(sockets=[listening]), name="server")
        await server.listens.wait()
        if self.socket_mode is not None:
            await self.socket_mode.start()
        self.scheduler.start()
        port: int = listening.getsockname()[1]
        log.info("serving", host=listen.host, port=port, transport=self.settings.slack.transport)
        return port

    async def stop(self) -> None:
        """Answer what has arrived, finish what is under way, give everything back."""
        if self._server is not None and self._serving is not None:
            self._server.should_exit = True
            await self._serving
        if self.socket_mode is not None:
            await self.socket_mode.stop()
        await self.scheduler.stop()
        await self._opened.aclose()


def _listen(host: str, port: int) -> socket.socket:
    # uvicorn would end the process when the port is taken. Not `create_server`: asyncio switches
    # Nagle's algorithm off only where the protocol is named, and 40 ms an answer is too long.
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listening = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((host, port))
    except OSError as error:
        listening.close()
        raise Misconfigured(
            f"Port {port} of {host} cannot be listened on ({error.strerror}): set server.port."
        ) from error
    return listening
