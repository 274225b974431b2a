"""The Bolt app: commands, actions, views, shortcuts and events other than messages.

The door has verified every request and Bolt answers after its listener has run
(``process_before_response``), so listeners only decide, store and answer; slow work is a row for
a worker.
"""

import logging
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from slack_bolt.async_app import AsyncApp, AsyncBoltContext, AsyncBoltRequest
from slack_bolt.authorization import AuthorizeResult
from slack_bolt.response import BoltResponse
from slack_sdk.web.async_client import AsyncWebClient

from bot.errors import StorageDown
from bot.log import log
from bot.slack import actions, commands, events, views
from bot.slack.door import Reply
from bot.slack.surface import Surface

BAD_REQUEST = 400
NOT_FOUND = 404


def build_app(surface: Surface, client: AsyncWebClient, bot_token: str) -> AsyncApp:
    """The app with every listener registered."""

    async def authorize(enterprise_id: str | None, team_id: str | None) -> AuthorizeResult:
        # From memory: Bolt's own would call auth.test for each request.
        return AuthorizeResult(
            enterprise_id=enterprise_id,
            team_id=team_id,
            bot_token=bot_token,
            bot_user_id=surface.identity.bot_user_id,
            bot_id=surface.identity.bot_id,
        )

    app = AsyncApp(
        logger=logging.getLogger("slack_bolt"),
        client=client,
        authorize=authorize,
        process_before_response=True,
        request_verification_enabled=False,
        raise_error_for_unhandled_request=False,
    )

    @app.middleware
    async def only_where_installed(
        context: AsyncBoltContext, next_: Callable[[], Awaitable[None]]
    ) -> BoltResponse | None:
        workspace_id = context.team_id or ""
        if await surface.directory.place(workspace_id) is None:
            log.info("request.ignored", workspace_id=workspace_id, reason="not_installed")
            return BoltResponse(status=200, body="")
        await next_()
        return None

    for module in (commands, actions, views, events):
        module.register(app, surface)
    app.error(_broken)
    return app


async def _broken(error: Exception) -> BoltResponse:
    """What no listener turned into a sentence."""
    if isinstance(error, StorageDown):
        log.warning("request.not_stored", exc=error)
        return BoltResponse(status=503, body="")
    log.error("listener.broken", exc=error)
    return BoltResponse(status=500, body="")


class BoltFallback:
    """Hands verified requests to Bolt."""

    def __init__(self, app: AsyncApp) -> None:
        self._app = app

    async def __call__(self, body: str, headers: Mapping[str, str]) -> Reply:
        """See `bot.slack.door.Fallback`."""
        try:
            request = AsyncBoltRequest(body=body, headers=dict(headers))
            answer = await self._app.async_dispatch(request)
        except (ValueError, TypeError, LookupError, AttributeError, RecursionError) as error:
            # Bolt reads the request before any listener runs, and believes what it says.
            log.warning("request.not_understood", exc=error)
            return Reply(BAD_REQUEST, b"The request is not what Slack documents.")
        return reply_of(answer)


def reply_of(answer: BoltResponse) -> Reply:
    """Bolt's answer as the door's.

    What nobody listens to is answered 200: Slack counts every other answer as a failure, and
    switches an app off that fails too often.
    """
    if answer.status == NOT_FOUND:
        log.info("request.unhandled")
        return Reply(200)
    headers: Mapping[str, Any] = answer.first_headers_without_set_cookie()
    content_type = str(headers.get("content-type", "text/plain; charset=utf-8"))
    return Reply(answer.status, (answer.body or "").encode(), content_type)
