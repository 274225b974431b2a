"""One attempt to hand something to an app: a signed HTTP POST, or a Socket Mode envelope."""

from __future__ import annotations

import contextlib
import hashlib
import hmac
import json
import time
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

import aiohttp

from sandbox.records import App, Json
from sandbox.socket_mode import Sockets
from sandbox.state import Workspace

ANSWER_WITHIN_S = 3.0
MAX_REDIRECTS = 2

_ENVELOPE_TYPES = {"event": "events_api", "command": "slash_commands"}


@dataclass(frozen=True, slots=True)
class Reply:
    """What came back: `status` is 0 and `reason` says why when nothing did."""

    status: int
    body: Any = None
    reason: str | None = None
    no_retry: bool = False

    @property
    def ok(self) -> bool:
        """Whether it was a 2xx."""
        return 200 <= self.status < 300  # noqa: PLR2004 - HTTP's own numbers


def sign(secret: str, timestamp: str, body: bytes) -> str:
    """Slack's request signature, version 0."""
    base = f"v0:{timestamp}:".encode() + body
    return "v0=" + hmac.new(secret.encode(), base, hashlib.sha256).hexdigest()


class Transport:
    """Reaches apps over HTTP or over their sockets."""

    def __init__(self, workspace: Workspace, sockets: Sockets) -> None:
        self._workspace = workspace
        self._sockets = sockets
        self._session: aiohttp.ClientSession | None = None

    @property
    def is_open(self) -> bool:
        """Whether the workspace is being served."""
        return self._session is not None

    async def open(self) -> None:
        """Make deliveries possible."""
        timeout = aiohttp.ClientTimeout(total=ANSWER_WITHIN_S)
        connector = aiohttp.TCPConnector(limit=0)
        self._session = aiohttp.ClientSession(timeout=timeout, connector=connector)

    async def close(self) -> None:
        """Give the connections back."""
        if self._session:
            await self._session.close()
        self._session = None

    async def hand_over(
        self, app: App, kind: str, payload: Json, retry: Json
    ) -> tuple[Reply, float]:
        """Deliver `payload` once; returns the reply and the seconds it took.

        `retry` holds `num` and `reason` from the second attempt on.
        """
        began_s = time.monotonic()
        if app.socket_mode:
            reply = await self._over_socket(app, kind, payload, retry)
        elif app.request_url:
            reply = await self._over_http(app, kind, payload, retry)
        else:
            reply = Reply(0, reason="connection_failed")
        return reply, time.monotonic() - began_s

    async def post(
        self,
        app: App,
        body: bytes,
        content_type: str,
        headers: dict[str, str] | None = None,
        *,
        signed: bool = True,
    ) -> Reply:
        """POST any bytes to the app; `headers` win over what the signature puts there."""
        if self._session is None or app.request_url is None:
            return Reply(0, reason="connection_failed")
        timestamp = str(self._workspace.epoch_s())
        sent = {"Content-Type": content_type, "User-Agent": "Slackbot 1.0 (sandbox)"}
        if signed:
            sent["X-Slack-Request-Timestamp"] = timestamp
            sent["X-Slack-Signature"] = sign(app.signing_secret, timestamp, body)
        sent |= headers or {}
        try:
            async with self._session.post(
                app.request_url, data=body, headers=sent, max_redirects=MAX_REDIRECTS + 1
            ) as response:
                return await _read(response)
        except TimeoutError:
            return Reply(0, reason="http_timeout")
        except aiohttp.TooManyRedirects:
            return Reply(0, reason="too_many_redirects")
        except aiohttp.ClientError:
            return Reply(0, reason="connection_failed")

    async def _over_http(self, app: App, kind: str, payload: Json, retry: Json) -> Reply:
        headers = {f"X-Slack-Retry-{key.title()}": str(value) for key, value in retry.items()}
        if kind == "event":
            return await self.post(app, json.dumps(payload).encode(), "application/json", headers)
        fields = payload if kind == "command" else {"payload": json.dumps(payload)}
        return await self.post(app, urlencode(fields).encode(), "application/x-www-form-urlencoded")

    async def _over_socket(self, app: App, kind: str, payload: Json, retry: Json) -> Reply:
        envelope: Json = {
            "envelope_id": self._workspace.mint_uuid(),
            "type": _ENVELOPE_TYPES.get(kind, "interactive"),
            "accepts_response_payload": kind != "event",
            "payload": payload,
        }
        if kind == "event":
            envelope["retry_attempt"] = retry.get("num", 0)
            envelope["retry_reason"] = retry.get("reason", "")
        try:
            answer = await self._sockets.send(app.app_id, envelope, ANSWER_WITHIN_S)
        except TimeoutError:
            return Reply(0, reason="http_timeout")
        except ConnectionError:
            return Reply(0, reason="connection_failed")
        return Reply(200, answer)


async def _read(response: aiohttp.ClientResponse) -> Reply:
    text = (await response.read()).decode("utf-8", "replace")
    body: Any = text
    if response.content_type == "application/json" and text:
        with contextlib.suppress(ValueError):
            body = json.loads(text)
    failed = not 200 <= response.status < 300  # noqa: PLR2004 - HTTP's own numbers
    return Reply(
        response.status,
        body,
        reason="http_error" if failed else None,
        no_retry=failed and response.headers.get("x-slack-no-retry") == "1",
    )
