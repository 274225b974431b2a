"""People's own permission, each purpose asked for by itself: the way to Slack's page and back.

Source: https://docs.slack.dev/authentication/installing-with-oauth
"""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from bot.errors import BadInput, SlackError, StorageDown
from bot.log import log
from bot.services.granting import Granting, Ticket
from bot.slack import blocks as kit
from bot.slack.blocks import Block
from bot.slack.messenger import SlackMessenger
from bot.words import consent as words

GRANT_PATH = "/slack/grant"

KEEP_TRIES = 4
KEEP_PAUSE_S = 1.0
"""What Slack handed out is handed out once, and a database is often back within seconds."""

PURPOSES: Mapping[str, tuple[str, ...]] = {
    "send": ("chat:write", "im:write", "mpim:write", "channels:history", "groups:history"),
    "silence": ("dnd:write", "dnd:read"),
    "status": ("users.profile:write",),
    "dms": ("im:history", "im:read", "mpim:history", "mpim:read"),
}
"""What a person may allow, and the user scopes it needs; Slack adds them to what was allowed."""


@dataclass(frozen=True, slots=True)
class OAuthClient:
    """The app as Slack's consent page knows it; ``public_url`` is this server's address."""

    client_id: str
    client_secret: str
    public_url: str
    api_url: str

    @property
    def redirect_uri(self) -> str:
        """Where Slack sends people back to."""
        return self.public_url.rstrip("/") + GRANT_PATH

    @property
    def authorize_url(self) -> str:
        """Slack's consent page, beside its Web API."""
        return self.api_url.rstrip("/").removesuffix("/api") + "/oauth/v2/authorize"


class Consent:
    """Offers the consent page and takes what comes back."""

    def __init__(
        self,
        client: OAuthClient,
        granting: Granting,
        messenger: SlackMessenger,
    ) -> None:
        self._client = client
        self._granting = granting
        self._messenger = messenger

    def link(self, workspace_id: str, user_id: str, purpose: str) -> str:
        """The consent page for one person and one of `PURPOSES`."""
        return f"{self._client.authorize_url}?" + urlencode(
            {
                "client_id": self._client.client_id,
                "user_scope": ",".join(PURPOSES[purpose]),
                "redirect_uri": self._client.redirect_uri,
                "state": self._granting.invitation(workspace_id, user_id, purpose),
                "team": workspace_id,
            }
        )

    async def page(self, request: Request) -> Response:
        """Where Slack sends people back to, with a code or an error."""
        try:
            return PlainTextResponse(await self._arrived(request.query_params))
        except BadInput as error:
            return PlainTextResponse(str(error), status_code=400)
        except SlackError as error:
            log.warning("grant.not_exchanged", exc=error)
            return PlainTextResponse(words.NOT_NOW, status_code=502)
        except StorageDown:
            return PlainTextResponse(words.NOT_KEPT, status_code=503)

    async def _arrived(self, query: Mapping[str, str]) -> str:
        ticket = self._granting.invited(query.get("state", ""))
        code = query.get("code")
        if not code:
            return words.DENIED
        answer = await self._messenger.exchange(
            client_id=self._client.client_id,
            client_secret=self._client.client_secret,
            code=code,
            redirect_uri=self._client.redirect_uri,
        )
        user: Mapping[str, Any] = answer.get("authed_user") or {}
        workspace_id = (answer.get("team") or {}).get("id")
        if (workspace_id, user.get("id")) != (ticket.workspace_id, ticket.user_id):
            raise BadInput(words.SOMEBODY_ELSE)
        token = user.get("access_token")
        if not token:
            return words.DENIED
        scopes = frozenset(str(user.get("scope", "")).split(","))
        await self._keep(ticket, str(token), scopes)
        if not scopes.issuperset(PURPOSES[ticket.purpose]):
            return words.IN_PART
        return words.THANKS[ticket.purpose]

    async def _keep(self, ticket: Ticket, token: str, scopes: frozenset[str]) -> None:
        """Keep it, through a short outage of the database.

        Raises:
            StorageDown: it is a longer one.
        """
        kept = (ticket.workspace_id, ticket.user_id, token, scopes, ticket.purpose)
        for _ in range(KEEP_TRIES - 1):
            try:
                return await self._granting.keep(*kept)
            except StorageDown:
                await asyncio.sleep(KEEP_PAUSE_S)
        return await self._granting.keep(*kept)


def home_blocks(link: Callable[[str], str] | None, scopes: frozenset[str]) -> list[Block]:
    """The part of the Home tab: each purpose, allowed or offered.

    ``link`` makes the consent page's address for a purpose; None where the operator has not set
    OAuth up, and then nothing is offered.
    """
    rows = []
    for purpose, needed in PURPOSES.items():
        if scopes.issuperset(needed):
            rows.append(kit.section(words.ALLOWED[purpose]))
        elif link is not None:
            button = kit.button(words.ALLOW, f"grant_open_{purpose}", url=link(purpose))
            rows.append(kit.section(words.OFFERS[purpose], accessory=button))
    if scopes:
        button = kit.button(words.WITHDRAW, "grant_withdraw", style="danger")
        rows.append(kit.section(words.WITHDRAWING, accessory=button))
    return [kit.header(words.HEADER), *rows] if rows else []
