"""One Web API call: its parameters as Slack reads them, who makes it, and what it may touch."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sandbox.events import Courier
from sandbox.posting import Posts
from sandbox.records import App, Channel, Json, Token, User
from sandbox.socket_mode import Sockets
from sandbox.state import Workspace

JSON_PARAMS = {"attachments", "blocks", "metadata", "profile", "view"}
HISTORY = {"channel": "channels", "group": "groups", "im": "im", "mpim": "mpim"}
"""Conversation kind -> the family its scopes are named after."""


class ApiError(Exception):
    """An answer with `ok: false`; `details` are further fields of it.

    `status` and `headers` matter for rate limits, the one error that is not a 200.
    """

    def __init__(
        self,
        code: str,
        details: Json | None = None,
        *,
        status: int = 200,
        headers: dict[str, str] | None = None,
    ) -> None:
        super().__init__(code)
        self.answer: Json = {"ok": False, "error": code} | (details or {})
        self.status = status
        self.headers = headers or {}


def invalid_arguments(*messages: str) -> ApiError:
    """The error for arguments that do not fit, with Slack's sentences about them."""
    lines = [f"[ERROR] {each}" for each in messages]
    return ApiError("invalid_arguments", {"response_metadata": {"messages": lines}})


@dataclass(frozen=True, slots=True)
class Call:
    """What a method handler gets. The lookups raise `ApiError` in Slack's words."""

    params: Json
    given: Token | None
    workspace: Workspace
    posts: Posts
    courier: Courier
    sockets: Sockets
    client: tuple[str, str] | None = None
    """client_id and client_secret of HTTP Basic authentication."""

    @property
    def token(self) -> Token:
        """The token of the call."""
        if self.given is None:
            raise ApiError("not_authed")
        return self.given

    @property
    def app(self) -> App:
        """The app the token belongs to."""
        return self.workspace.apps[self.token.app_id]

    @property
    def caller(self) -> User:
        """The user the token speaks for."""
        return self.workspace.users[self.token.user_id]

    def text(self, name: str, default: str = "") -> str:
        """A string parameter."""
        value = self.params.get(name)
        return default if value is None else str(value)

    def flag(self, name: str, *, default: bool = False) -> bool:
        """A boolean parameter, as JSON or as form text."""
        value = self.params.get(name)
        return default if value is None else str(value).lower() in {"true", "1"}

    def number(self, name: str, default: int) -> int:
        """An integer parameter."""
        try:
            return int(self.params.get(name) or default)
        except (TypeError, ValueError):
            raise invalid_arguments(f"{name} must be an integer") from None

    def names(self, name: str) -> list[str]:
        """A list given as JSON array or comma-separated."""
        value = self.params.get(name) or []
        parts = value if isinstance(value, list) else str(value).split(",")
        return [part.strip() for part in parts if part.strip()]

    def need(self, *scopes: str) -> None:
        """Refuse unless the token has one of `scopes`."""
        if scopes and self.token.scopes.isdisjoint(scopes):
            provided = ",".join(sorted(self.token.scopes))
            raise ApiError("missing_scope", {"needed": scopes[0], "provided": provided})

    def need_for(self, channel: Channel, verb: str) -> None:
        """Refuse without the scope for this kind of conversation, such as im:history."""
        self.need(f"{HISTORY[channel.kind]}:{verb}")

    def user(self, name: str = "user") -> User:
        """The user a parameter names."""
        found = self.workspace.users.get(self.text(name))
        if found is None:
            raise ApiError("user_not_found")
        return found

    def channel(self, name: str = "channel") -> Channel:
        """The conversation a parameter names, as far as the caller may know of it."""
        wanted = self.text(name)
        found = self.workspace.channels.get(wanted)
        if found is None and wanted.startswith("#"):
            channels = self.workspace.channels.values()
            found = next((each for each in channels if each.name == wanted[1:]), None)
        if found is None:
            raise ApiError("channel_not_found")
        if found.kind != "channel" and self.token.user_id not in found.members:
            raise ApiError("channel_not_found")
        return found

    def may_write_to(self, person: User) -> bool:
        """Whether a direct message may be opened: strangers need a conversation in common."""
        return not person.is_foreign or self.workspace.acquainted(self.token.user_id, person.id)

    def joined_channel(self) -> Channel:
        """The conversation of `channel`, of which the caller must be a member."""
        found = self.channel()
        if self.token.user_id not in found.members:
            raise ApiError("not_in_channel")
        return found

    def page(
        self, items: Sequence[Any], default: int = 100, most: int = 1000
    ) -> tuple[list[Any], Json]:
        """One page of `items` and its response_metadata; the cursor is opaque to callers."""
        limit = min(self.number("limit", default), most)
        cursor = self.text("cursor")
        if cursor and not (cursor.startswith("next:") and cursor[5:].isdigit()):
            raise ApiError("invalid_cursor")
        begin = int(cursor[5:]) if cursor else 0
        end = begin + limit
        following = f"next:{end}" if end < len(items) else ""
        return list(items[begin:end]), {"next_cursor": following}


def decode_params(params: Json) -> Json:
    """Parameters with the JSON ones decoded; what is not JSON stays text for the handler."""
    decoded = dict(params)
    for name in JSON_PARAMS & params.keys():
        if isinstance(params[name], str):
            try:
                decoded[name] = json.loads(params[name])
            except ValueError:
                continue
    return decoded
