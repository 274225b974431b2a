"""Socket Mode: the answer to a message event follows its commit, as over HTTP.

Bolt would acknowledge before its listener runs. Here an event goes through the door, and its
envelope is acknowledged only when the door says 200; an envelope without acknowledgement is sent
again by Slack. Two lines are kept open, and each hands over to a new client when Slack asks for
it, when it is lost, and when it hears nothing: the SDK's own reconnection has gaps, and it can
stay connected and deaf.

Source: https://docs.slack.dev/apis/events-api/using-socket-mode
"""

import asyncio
import json
import logging
import time
from collections.abc import Awaitable, Callable, Mapping

import aiohttp
from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler
from slack_bolt.adapter.socket_mode.async_internals import (
    run_async_bolt_app,
    send_async_response,
)
from slack_bolt.adapter.socket_mode.internals import build_headers
from slack_bolt.app.async_app import AsyncApp
from slack_bolt.response import BoltResponse
from slack_sdk.errors import SlackApiError
from slack_sdk.socket_mode.aiohttp import SocketModeClient
from slack_sdk.socket_mode.async_client import AsyncBaseSocketModeClient
from slack_sdk.socket_mode.request import SocketModeRequest

from bot.errors import Misconfigured, Refused
from bot.log import log
from bot.slack.app import NOT_FOUND
from bot.slack.door import Reply
from bot.slack.messenger import narrowed

LINES = 2
PING_S = 10
CHECK_S = 5
SILENCE_S = 60
"""Slack answers a ping every `PING_S`; six missed ones mean that nobody is there."""
DRAIN_S = 10

OK = 200

Handle = Callable[[bytes, Mapping[str, str]], Awaitable[Reply]]
"""`Door.handle`."""

# The SDK's client logs addresses with their one-time tickets, and payloads.
_quiet = logging.getLogger("bot.slack.socket.client")
_quiet.setLevel(logging.CRITICAL + 1)


class _Client(SocketModeClient):
    """A client that says when it is lost instead of reconnecting."""

    def __init__(self, app: AsyncApp, app_token: str, changed: asyncio.Event) -> None:
        super().__init__(app_token, logger=_quiet, web_client=app.client, ping_interval=PING_S)
        self._changed = changed
        self.lost = False

    async def connect_to_new_endpoint(self, force: bool = False) -> None:  # noqa: ARG002, FBT001, FBT002 - the SDK's signature
        """Called by the SDK when Slack asks to reconnect, hangs up or answers no ping."""
        self.lost = True
        self._changed.set()


class Line(AsyncSocketModeHandler):
    """One connection: answers its envelopes, and notes when it last heard anything."""

    client: _Client

    def __init__(self, app: AsyncApp, app_token: str, handle: Handle) -> None:
        # Not the constructor of the base: it would make the SDK's own client.
        self.app = app
        self.changed = asyncio.Event()
        self.client = _Client(app, app_token, self.changed)
        self.client.socket_mode_request_listeners.append(self.handle)
        self.client.on_message_listeners.append(self._heard)
        self.greeted = False
        self._handle = handle
        self._heard_at = time.monotonic()
        self._pong_at: float | None = None
        self._under_way: set[asyncio.Task[None]] = set()
        self._refusing = False

    async def _heard(self, _message: aiohttp.WSMessage) -> None:
        self.greeted = True  # Slack speaks first, and what it says is hello
        self._heard_at = time.monotonic()
        self.changed.set()

    def silent_for(self) -> float:
        """Seconds since the last message or answered ping."""
        pong_at = self.client.last_ping_pong_time
        # From None it is set when a ping is sent; after that only by the answer to one.
        if None not in (pong_at, self._pong_at) and pong_at != self._pong_at:
            self._heard_at = time.monotonic()
        self._pong_at = pong_at
        return time.monotonic() - self._heard_at

    async def change(self, within_s: float) -> None:
        """Wait for a message, for the end of the connection, or so many seconds."""
        await _wait(self.changed, within_s)
        self.changed.clear()

    async def handle(self, client: AsyncBaseSocketModeClient, req: SocketModeRequest) -> None:
        """Answer one envelope; without an answer Slack sends it again."""
        if self._refusing:
            return
        answering = asyncio.create_task(self._handle_one(client, req))
        self._under_way.add(answering)
        answering.add_done_callback(self._under_way.discard)

    async def _handle_one(self, client: AsyncBaseSocketModeClient, req: SocketModeRequest) -> None:
        try:
            answer = await self._answer(req)
            if answer.status == OK:
                await send_async_response(client, req, answer, time.time())
            else:
                log.info("envelope.not_acknowledged", status=answer.status, kind=req.type)
        except (ConnectionError, aiohttp.ClientError) as error:
            log.info("envelope.connection_lost", kind=req.type, exc=error)
        except Exception as error:  # noqa: BLE001 - the SDK would log it with its payload
            log.error("envelope.broken", kind=req.type, exc=error)

    async def _answer(self, req: SocketModeRequest) -> BoltResponse:
        if req.type == "events_api":
            retry = {name: str(value) for name, value in (build_headers(req) or {}).items()}
            headers = {"content-type": "application/json", **retry}
            reply = await self._handle(json.dumps(req.payload).encode(), headers)
            return BoltResponse(status=reply.status, body="")
        answer: BoltResponse = await run_async_bolt_app(self.app, req)
        if answer.status == NOT_FOUND:
            log.info("request.unhandled")
            return BoltResponse(status=OK, body="")
        return answer

    async def close(self) -> None:
        """Answer what is under way, take nothing new, and hang up."""
        self._refusing = True
        if self._under_way:
            await asyncio.wait(self._under_way, timeout=DRAIN_S)
        await self.close_async()  # type: ignore[no-untyped-call] # the SDK leaves it unannotated
        client = self.client
        tasks = (client.message_processor, client.current_session_monitor, client.message_receiver)
        await asyncio.gather(*(task for task in tasks if task), return_exceptions=True)


class SocketMode:
    """The lines, and the watch over them."""

    def __init__(
        self,
        app: AsyncApp,
        app_token: str,
        handle: Handle,
        *,
        silence_s: float = SILENCE_S,
        check_s: float = CHECK_S,
    ) -> None:
        self._app = app
        self._token = app_token
        self._handle = handle
        self._silence_s = silence_s
        self._check_s = check_s
        self._stopping = asyncio.Event()
        self._open: set[Line] = set()
        self._watches: list[asyncio.Task[None]] = []

    async def start(self) -> None:
        """Open the lines; each connects on its own and keeps trying.

        Raises:
            Misconfigured: Slack refuses the app-level token.
        """
        try:
            await self._app.client.apps_connections_open(app_token=self._token)
        except SlackApiError as error:
            if isinstance(refused := narrowed(error), Refused):
                raise Misconfigured(
                    f"Slack refuses SLACK_APP_TOKEN ({refused.code}); `offhours check` says more."
                ) from None
            log.warning("socket.not_open", exc=refused)
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            log.warning("socket.not_open", exc=error)
        for number in range(1, LINES + 1):
            self._watches.append(asyncio.create_task(self._keep(), name=f"line {number}"))

    async def stop(self) -> None:
        """Close every line once what is under way is answered."""
        self._stopping.set()
        for line in self._open:
            line.changed.set()
        await asyncio.gather(*self._watches)

    async def _keep(self) -> None:
        """One line for as long as the bot runs: one client after the other."""
        last: Line | None = None
        while not self._stopping.is_set():
            line = Line(self._app, self._token, self._handle)
            self._open.add(line)
            await self._watch(line, last)
            last = line
            if not line.greeted:
                await _wait(self._stopping, self._check_s)
        if last is not None:
            await self._close(last)

    async def _watch(self, line: Line, last: Line | None) -> None:
        """Until ``line`` is lost or silent; ``last`` answers until ``line`` was greeted."""
        connecting = asyncio.create_task(
            line.connect_async()  # type: ignore[no-untyped-call] # as above
        )
        while not (self._stopping.is_set() or line.client.lost):
            if last is not None and line.greeted:
                await self._close(last)
                last = None
            if line.silent_for() > self._silence_s:
                log.warning("socket.silent", delay_s=self._silence_s)
                break
            await line.change(self._check_s)
        connecting.cancel()
        await asyncio.gather(connecting, return_exceptions=True)
        if last is not None:
            await self._close(last)

    async def _close(self, line: Line) -> None:
        await line.close()
        self._open.discard(line)


async def _wait(event: asyncio.Event, within_s: float) -> None:
    try:
        await asyncio.wait_for(event.wait(), within_s)
    except TimeoutError:
        return
