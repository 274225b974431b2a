"""A small workspace, and an app that answers what a test tells it to."""

import asyncio
import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl

import pytest
from aiohttp import web
from slack_sdk.errors import SlackApiError
from slack_sdk.signature import Clock, SignatureVerifier
from slack_sdk.web.async_client import AsyncWebClient

from sandbox import App, Channel, Person, Sandbox, SandboxClock

FRIDAY_EVENING = datetime(2026, 10, 23, 20, 14, tzinfo=UTC)
BOT_SCOPES = [
    "app_mentions:read", "channels:history", "channels:join", "channels:read", "chat:write",
    "commands", "dnd:read", "groups:history", "groups:read", "im:history", "im:read", "im:write",
    "mpim:history", "mpim:read", "mpim:write", "team:read", "usergroups:read", "users:read",
]  # fmt: skip
BOT_EVENTS = [
    "app_home_opened", "app_mention", "app_uninstalled", "channel_archive", "dnd_updated_user",
    "member_joined_channel", "member_left_channel", "message.channels", "message.groups",
    "message.im", "message.mpim", "subteam_created", "subteam_members_changed", "subteam_updated",
    "team_join", "tokens_revoked", "user_change",
]  # fmt: skip

Handler = Callable[[dict[str, Any]], Any]


class SandboxTime(Clock):
    """Lets the SDK's verifier read the sandbox's clock."""

    def __init__(self, clock: SandboxClock) -> None:
        self._clock = clock

    def now(self) -> float:
        return self._clock.now().timestamp()


class Receiver:
    """An app's request URL: verifies every signature and answers as told."""

    def __init__(self, clock: SandboxClock) -> None:
        self._time = SandboxTime(clock)
        self.secret = ""
        self.url = ""
        self.got: list[dict[str, Any]] = []
        self.headers: list[dict[str, str]] = []
        self.statuses: list[int] = []
        self.answer: Handler = lambda _: None
        self.forged = 0
        self.delay_s = 0.0

    @property
    def events(self) -> list[dict[str, Any]]:
        return [each["event"] for each in self.got if each.get("type") == "event_callback"]

    async def receive(self, request: web.Request) -> web.StreamResponse:
        body = await request.read()
        verifier = SignatureVerifier(self.secret, self._time)
        if not verifier.is_valid_request(body, dict(request.headers)):
            self.forged += 1
            return web.Response(status=401)
        payload = _decode(request.content_type, body)
        self.got.append(payload)
        self.headers.append({key.lower(): value for key, value in request.headers.items()})
        await asyncio.sleep(self.delay_s)
        if self.statuses:
            return web.Response(status=self.statuses.pop(0))
        answer = self.answer(payload)
        if asyncio.iscoroutine(answer):
            answer = await answer
        return web.json_response(answer) if isinstance(answer, dict) else web.Response(text=answer)


def _decode(content_type: str, body: bytes) -> dict[str, Any]:
    if content_type == "application/json":
        return dict(json.loads(body))
    fields = dict(parse_qsl(body.decode(), keep_blank_values=True))
    return dict(json.loads(fields["payload"])) if "payload" in fields else fields


class World:
    """A small workspace: Ana and Bo in #general with the bot, Cy elsewhere."""

    def __init__(self, sandbox: Sandbox, app: App, receiver: Receiver) -> None:
        self.sandbox, self.app, self.receiver = sandbox, app, receiver
        self.ana: Person = sandbox.add_user("ana", "Europe/Lisbon", is_admin=True)
        self.bo: Person = sandbox.add_user("bo", "Asia/Tokyo")
        self.cy: Person = sandbox.add_user("cy", "America/New_York")
        self.general: Channel = sandbox.add_channel("general", [self.ana, self.bo, app])
        self.bot = self.client(app.bot_token)

    def client(self, token: str) -> AsyncWebClient:
        """The SDK's client with this token."""
        return AsyncWebClient(token=token, base_url=self.sandbox.api_url)


def refusal(error: pytest.ExceptionInfo[SlackApiError]) -> str:
    """Slack's error code in a refused call."""
    return str(error.value.response["error"])
