"""Socket Mode: the app opens websockets, payloads go to any of them and are acknowledged."""

from __future__ import annotations

import asyncio
import itertools
import json
from collections import defaultdict
from typing import Any

from aiohttp import WSCloseCode, WSMsgType, web

from sandbox.records import App, Json
from sandbox.state import Workspace

MAX_SOCKETS = 10


class Sockets:
    """The open websockets of every app, and the envelopes waiting for an acknowledgement."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._tickets: dict[str, App] = {}
        self._open: defaultdict[str, list[web.WebSocketResponse]] = defaultdict(list)
        self._waiting: dict[str, asyncio.Future[Any]] = {}
        self._turn = itertools.count()

    def new_url(self, app: App) -> str:
        """A one-time wss address, as apps.connections.open answers it."""
        ticket = self._workspace.mint_secret()
        self._tickets[ticket] = app
        return f"{self._workspace.base_url.replace('http', 'ws', 1)}/link/?ticket={ticket}"

    def number_open(self, app: App) -> int:
        """How many sockets the app has open."""
        return len(self._open[app.app_id])

    async def accept(self, request: web.Request) -> web.StreamResponse:
        """The websocket endpoint: says hello, then reads acknowledgements until it closes."""
        app = self._tickets.pop(request.query.get("ticket", ""), None)
        if app is None or self.number_open(app) >= MAX_SOCKETS:
            raise web.HTTPForbidden(text="This link is used up.")
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        self._open[app.app_id].append(socket)
        await socket.send_json(
            {
                "type": "hello",
                "num_connections": self.number_open(app),
                "debug_info": {"host": "sandbox", "approximate_connection_time": 18060},
                "connection_info": {"app_id": app.app_id},
            }
        )
        try:
            async for message in socket:
                if message.type is WSMsgType.TEXT:
                    self._acknowledge(message.data)
        finally:
            self._open[app.app_id].remove(socket)
        return socket

    async def send(self, app_id: str, envelope: Json, within_s: float) -> Any:
        """Send to one of the app's sockets and wait for the acknowledgement's payload.

        Raises:
            ConnectionError: no socket is open.
            TimeoutError: it was not acknowledged in time.
        """
        sockets = self._open[app_id]
        if not sockets:
            raise ConnectionError("no socket is open")
        acknowledged = asyncio.get_running_loop().create_future()
        self._waiting[envelope["envelope_id"]] = acknowledged
        try:
            await sockets[next(self._turn) % len(sockets)].send_json(envelope)
            return await asyncio.wait_for(acknowledged, within_s)
        finally:
            del self._waiting[envelope["envelope_id"]]

    async def disconnect(self, app: App, reason: str = "refresh_requested") -> None:
        """Ask the app to reconnect and close its sockets, as Slack does every few hours."""
        for socket in tuple(self._open[app.app_id]):
            await socket.send_json({"type": "disconnect", "reason": reason, "debug_info": {}})
            await socket.close()

    async def close(self) -> None:
        """Close every socket."""
        for socket in itertools.chain.from_iterable(map(tuple, self._open.values())):
            await socket.close(code=WSCloseCode.GOING_AWAY)

    def _acknowledge(self, text: str) -> None:
        try:
            answer = json.loads(text)
        except ValueError:
            return
        waiting = self._waiting.get(answer.get("envelope_id", ""))
        if waiting and not waiting.done():
            waiting.set_result(answer.get("payload"))
