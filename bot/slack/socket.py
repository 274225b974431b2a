"""Socket Mode: the answer to a message event follows its commit, as over HTTP.

Bolt would acknowledge before its listener runs. Here an event goes through the door, and its
envelope is acknowledged only when the door says 200; an envelope without acknowledgement is sent
again by Slack. Two lines are kept open, so that one can reconnect while the other listens, and a
line that hears nothing gets a new client: the SDK's own can stay connected and deaf.

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


class LineHandler(AsyncSocketModeHandler):
    """One client: answers its envelopes, and notes when it last heard anything."""

    def __init__(self, app: AsyncApp, app_token: str, handle: Handle) -> None:
        super().__init__(app, app_token, logger=_quiet, ping_interval=PING_S)
        self._handle = handle
        self._pong_at: float | None = None
        self._under_way: set[asyncio.Task[None]] = set()
        self._refusing = False
        self.heard_at = time.monotonic()
        self.client.on_message_listeners.append(self._heard)

    async def _heard(self, _message: aiohttp.WSMessage) -> None:
        self.heard_at = time.monotonic()

    def silent_for(self) -> float:
        """Seconds since the last message or answered ping."""
        pong_at = self.client.last_ping_pong_time
        # From None it is set when a ping is sent; after that only by the answer to one.
        if None not in (pong_at, self._pong_at) and pong_at != self._pong_at:
            self.heard_at = time.monotonic()
        self._pong_at = pong_at
        return time.monotonic() - self.heard_at

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
            headers = {"content-type": "application/json", **_text_headers(req)}
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


def _text_headers(req: SocketModeRequest) -> dict[str, str]:
    return {name: str(value) for name, value in (build_headers(req) or {}).items()}


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
        self._lines: list[asyncio.Task[None]] = []

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
            self._lines.append(asyncio.create_task(self._keep(), name=f"line {number}"))

    async def stop(self) -> None:
        """Close every line once what is under way is answered."""
        self._stopping.set()
        await asyncio.gather(*self._lines)

    async def _keep(self) -> None:
        """One line for as long as the bot runs, with one client after the other."""
        while not self._stopping.is_set():
            handler = LineHandler(self._app, self._token, self._handle)
            connecting = asyncio.create_task(
                handler.connect_async()  # type: ignore[no-untyped-call] # as above
            )
            while handler.silent_for() < self._silence_s and not self._stopping.is_set():
                await self._pause()
            connecting.cancel()
            await asyncio.gather(connecting, return_exceptions=True)
            if not self._stopping.is_set():
                log.warning("socket.silent", delay_s=self._silence_s)
            await handler.close()

    async def _pause(self) -> None:
        try:
            await asyncio.wait_for(self._stopping.wait(), self._check_s)
        except TimeoutError:
            return
