"""The ASGI entrance: verify, triage message events, screen, answer. All else goes to Bolt.

A message event is answered after its rows are on disk; a database fault answers 503, and Slack
sends the event again. Everything Bolt handles has been verified here, so Bolt does not verify
again: its own verifier answers 500 to a timestamp that is not a number.

Source of the signature: https://docs.slack.dev/authentication/verifying-requests-from-slack
"""

import hashlib
import hmac
import time
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from dataclasses import dataclass
from typing import Any, Protocol

import msgspec

from bot import metrics
from bot.domain.contact import Message
from bot.domain.instants import Clock
from bot.errors import StorageDown
from bot.log import log
from bot.slack import payloads

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
ASGIApp = Callable[[Scope, Receive, Send], Awaitable[None]]

WINDOW_S = 300
MAX_DROPPED = 16_000_000
LAST_AT = 10**11
"""No instant of Slack's lies beyond the year 5138."""

MAX_BODY = 1_000_000
"""Slack's largest payload is a view of 250 KB; anything over four times that is not Slack."""


@dataclass(frozen=True, slots=True)
class Reply:
    """An HTTP answer."""

    status: int
    body: bytes = b""
    content_type: str = "text/plain; charset=utf-8"
    headers: tuple[tuple[str, str], ...] = ()


class Screener(Protocol):
    """What the door asks about a message; `Screening.screen` is the one there is."""

    async def __call__(self, message: Message) -> bool:
        """Judge and record. True when a worker has something to do."""


class RateLimited(Protocol):
    """Who is told that Slack held events back; `Gaps.rate_limited` is the one there is."""

    async def __call__(self, workspace_id: str, minute_at: int) -> None:
        """Write it down."""


class Fallback(Protocol):
    """Where verified requests go that are not message events; Bolt is the one there is."""

    async def __call__(self, body: str, headers: Mapping[str, str]) -> Reply:
        """Handle one request."""


def verified(secret: bytes, headers: Mapping[str, str], body: bytes, now: float) -> str | None:
    """None when ``body`` carries a fresh signature, else why not: a word for the log."""
    if not secret:  # Socket Mode: anybody could sign with an empty secret
        return "no_signing_secret"
    stamp, given = headers.get("x-slack-request-timestamp"), headers.get("x-slack-signature")
    if not stamp or not given:
        return "unsigned"
    if not stamp.isascii() or not stamp.isdecimal() or len(stamp) > len("1761250440"):
        return "bad_timestamp"
    if abs(now - int(stamp)) > WINDOW_S:
        return "replayed"
    base = b"v0:" + stamp.encode() + b":" + body
    expected = "v0=" + hmac.new(secret, base, hashlib.sha256).hexdigest()
    # Bytes, because comparing text refuses anything outside ASCII.
    if not hmac.compare_digest(expected.encode(), given.encode("utf-8", "surrogateescape")):
        return "bad_signature"
    return None


class Door:
    """One path for events, commands and interactions; every other path goes to ``pages``."""

    def __init__(
        self,
        *,
        path: str,
        signing_secret: str,
        clock: Clock,
        screen: Screener,
        rate_limited: RateLimited,
        bolt: Fallback,
        pages: ASGIApp,
        wake: Callable[[], None],
    ) -> None:
        self._path = path
        self._secret = signing_secret.encode()
        self._clock = clock
        self._screen = screen
        self._rate_limited = rate_limited
        self._bolt = bolt
        self._pages = pages
        self._wake = wake

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI."""
        if scope["type"] != "http" or scope["path"] != self._path:
            await self._pages(scope, receive, send)
            return
        try:
            reply = await self._reply(scope, receive)
        except Exception as error:  # noqa: BLE001 - the last place that can answer Slack
            log.error("request.broken", exc=error)
            reply = Reply(500)
        metrics.REQUESTS.labels(str(reply.status)).inc()
        headers = [(b"content-type", reply.content_type.encode())]
        headers += [
            (name.encode("latin-1"), value.encode("latin-1")) for name, value in reply.headers
        ]
        await send({"type": "http.response.start", "status": reply.status, "headers": headers})
        await send({"type": "http.response.body", "body": reply.body})

    async def _reply(self, scope: Scope, receive: Receive) -> Reply:
        if scope["method"] != "POST":
            return Reply(405, b"Slack sends POST requests here.", headers=(("allow", "POST"),))
        body = await _read(receive)
        if body is None:
            return _refusal(413, "too_large", "The request is larger than anything Slack sends.")
        headers = {
            name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]
        }
        why = verified(self._secret, headers, body, self._clock.now().timestamp())
        if why is not None:
            return _refusal(401, why, "The request is not signed by Slack.")
        return await self.handle(body, headers)

    async def handle(self, body: bytes, headers: Mapping[str, str]) -> Reply:
        """Answer a request that is known to come from Slack."""
        try:
            text = body.decode()
        except UnicodeDecodeError:
            return _refusal(400, "not_utf8", "The request is not UTF-8.")
        if not headers.get("content-type", "").startswith("application/json"):
            return await self._bolt(text, headers)
        try:
            outer = payloads.envelope(body)
        except (msgspec.MsgspecError, RecursionError):
            return _refusal(400, "not_json", "The request is not the JSON of an event.")
        if outer.type == "app_rate_limited":
            return await self._limited(outer)
        if outer.type != "event_callback" or payloads.inner_type(outer) != "message":
            return await self._bolt(text, headers)
        return await self.message_event(outer)

    async def message_event(self, outer: payloads.Envelope) -> Reply:
        """Screen a message event: 200 after the commit, 503 when there was none."""
        started = time.perf_counter()
        event = payloads.event(outer)
        message = payloads.message_of(event, outer) if event is not None else None
        if message is None:
            return Reply(200)
        try:
            wanted = await self._screen(message)
        except StorageDown:
            log.warning(
                "event.not_recorded",
                workspace_id=message.workspace_id,
                channel_id=message.channel_id,
                message_ts=message.ts,
            )
            return Reply(503, b"Not recorded; please send it again.")
        metrics.RECORD_SECONDS.observe(time.perf_counter() - started)
        if wanted:
            self._wake()
        return Reply(200)

    async def _limited(self, outer: payloads.Envelope) -> Reply:
        """Slack dropped events; Bolt does not know this one."""
        minute_at = outer.minute_rate_limited
        if not outer.team_id or not isinstance(minute_at, int) or not 0 <= minute_at < LAST_AT:
            return Reply(200)
        try:
            await self._rate_limited(outer.team_id, minute_at)
        except StorageDown:
            return Reply(503, b"Not recorded; please send it again.")
        return Reply(200)


def _refusal(status: int, why: str, sentence: str) -> Reply:
    log.info("request.refused", status=status, reason=why)
    return Reply(status, sentence.encode())


async def _read(receive: Receive) -> bytes | None:
    """The whole body; None when it is too large.

    What is too much is read and dropped, because a sender who is cut off sees no answer; far too
    much is left unread.
    """
    parts: list[bytes] = []
    size = 0
    while size <= MAX_DROPPED:
        part = await receive()
        if part["type"] == "http.disconnect":
            return b""
        chunk: bytes = part.get("body", b"")
        size += len(chunk)
        if size <= MAX_BODY:
            parts.append(chunk)
        if not part.get("more_body"):
            break
    return b"".join(parts) if size <= MAX_BODY else None
