"""The `Messenger` port over Slack's Web API, with one shared HTTP session.

The SDK's own retry on connection errors is off: it posts twice when only the answer was lost.
What may have happened is `Ambiguous`, and the caller looks before it tries again.
"""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any

import aiohttp
from slack_sdk.errors import SlackApiError, SlackClientError
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.webhook.async_client import AsyncWebhookClient

from bot.domain.instants import zone
from bot.domain.notices import Delivery, Digest, Notice
from bot.errors import Ambiguous, BadInput, RateLimited, Refused, SlackError
from bot.log import log
from bot.services.ports import Original, Posted, PublicChannel, SlackUser, UserGroup
from bot.slack.rendering import Rendered, plainer, render

EVENT_TYPE = "offhours"
TIMEOUT_S = 10
PAGE = 200
SERVER_FAULT = 500
HTTP_TOO_MANY = 429

TRANSIENT = frozenset(
    {"internal_error", "fatal_error", "service_unavailable", "request_timeout", "team_added_to_org"}
)
"""Error strings that say "not now": https://docs.slack.dev/reference/methods/chat.postMessage"""

Answer = Mapping[str, Any]


class SlackMessenger:
    """See `bot.services.ports.Messenger`."""

    def __init__(self, client: AsyncWebClient, bot_token: str) -> None:
        self._client = client
        self._bot_token = bot_token
        self._plain: set[str] = set()

    async def call(self, method: str, *, token: str | None = None, **arguments: Any) -> Answer:
        """One Web API call, its failure narrowed to the three ways of `bot.errors`."""
        given = {name: value for name, value in arguments.items() if value is not None}
        try:
            response = await self._client.api_call(
                method,
                json=given,
                headers={"Authorization": f"Bearer {token or self._bot_token}"},
            )
        except SlackApiError as error:
            raise narrowed(error) from None
        except (SlackClientError, aiohttp.ClientError, TimeoutError, OSError) as error:
            raise Ambiguous(type(error).__name__) from None
        data = response.data
        if not isinstance(data, dict):
            raise Ambiguous("no JSON in the answer")
        return data

    async def post(
        self,
        workspace_id: str,
        channel_id: str,
        notice: Notice,
        *,
        marker: str | None = None,
        thread_ts: str | None = None,
        token: str | None = None,
    ) -> Posted:
        """See `Messenger`."""
        metadata = {"event_type": EVENT_TYPE, "event_payload": {"id": marker}} if marker else None
        arguments = {
            "token": token,
            "channel": channel_id,
            "thread_ts": thread_ts,
            "metadata": metadata,
            "unfurl_links": False if not isinstance(notice, Delivery) else None,
        }
        simple = plainer(notice)
        if simple is not None and isinstance(notice, Digest) and workspace_id in self._plain:
            return await self._say(simple, **arguments)
        try:
            return await self._say(render(notice), **arguments)
        except Refused as refused:
            # Rich text of a client newer than the API, or blocks the workspace does not have yet:
            # the words matter more than their looks.
            if refused.code != "invalid_blocks" or simple is None:
                raise
        if isinstance(notice, Digest):
            # A refused call uses up the channel's second: when the next call has to wait for
            # that, the summary must not begin with a refusal once more.
            self._plain.add(workspace_id)
        return await self._say(simple, **arguments)

    async def _say(self, rendered: Rendered, **arguments: Any) -> Posted:
        text, blocks = rendered
        answer = await self.call("chat.postMessage", text=text, blocks=blocks or None, **arguments)
        return Posted(str(answer["channel"]), str(answer["ts"]))

    async def find(
        self,
        workspace_id: str,
        channel_id: str,
        marker: str,
        *,
        since_at: int,
        thread_ts: str | None = None,
        token: str | None = None,
    ) -> Posted | None:
        """See `Messenger`."""
        method = "conversations.replies" if thread_ts else "conversations.history"
        pages = self._pages(
            method,
            "messages",
            token=token,
            channel=channel_id,
            ts=thread_ts,
            oldest=str(since_at),
            include_all_metadata=True,
        )
        async for message in pages:
            payload = (message.get("metadata") or {}).get("event_payload") or {}
            if payload.get("id") == marker:
                return Posted(channel_id, str(message["ts"]))
        return None

    async def whisper(
        self,
        workspace_id: str,
        channel_id: str,
        user_id: str,
        notice: Notice,
        *,
        thread_ts: str | None = None,
    ) -> None:
        """See `Messenger`."""
        text, blocks = render(notice)
        await self.call(
            "chat.postEphemeral",
            channel=channel_id,
            user=user_id,
            text=text,
            blocks=blocks,
            thread_ts=thread_ts,
        )

    async def open_dm(
        self, workspace_id: str, user_ids: Sequence[str], *, token: str | None = None
    ) -> str:
        """See `Messenger`."""
        answer = await self.call("conversations.open", token=token, users=",".join(user_ids))
        return str(answer["channel"]["id"])

    async def original(
        self,
        workspace_id: str,
        channel_id: str,
        ts: str,
        thread_ts: str | None,
        *,
        token: str | None,
    ) -> Original | None:
        """See `Messenger`."""
        method = "conversations.replies" if thread_ts else "conversations.history"
        answer = await self.call(
            method,
            token=token,
            channel=channel_id,
            ts=thread_ts,
            oldest=ts,
            latest=ts,
            inclusive=True,
            limit=2,
        )
        for message in answer.get("messages", ()):
            if message.get("ts") == ts:
                return Original(
                    author_id=str(message.get("user", "")),
                    text=str(message.get("text", "")),
                    blocks=tuple(message.get("blocks") or ()),
                    thread_ts=message.get("thread_ts"),
                    has_more=bool(message.get("files")) or _forwards(message),
                )
        return None

    async def delete(self, workspace_id: str, channel_id: str, ts: str, *, token: str) -> None:
        """See `Messenger`."""
        await self.call("chat.delete", token=token, channel=channel_id, ts=ts)

    async def permalink(self, workspace_id: str, channel_id: str, ts: str) -> str:
        """See `Messenger`."""
        answer = await self.call("chat.getPermalink", channel=channel_id, message_ts=ts)
        return str(answer["permalink"])

    async def users(self, workspace_id: str) -> list[SlackUser]:
        """See `Messenger`."""
        return [slack_user(raw) async for raw in self._pages("users.list", "members")]

    async def user(self, workspace_id: str, user_id: str) -> SlackUser:
        """See `Messenger`."""
        return slack_user((await self.call("users.info", user=user_id))["user"])

    async def groups(self, workspace_id: str) -> list[UserGroup]:
        """See `Messenger`."""
        answer = await self.call("usergroups.list", include_users=True)
        return [
            UserGroup(
                str(raw["id"]),
                str(raw.get("handle", "")),
                str(raw.get("name", "")),
                tuple(raw.get("users") or ()),
            )
            for raw in answer.get("usergroups", ())
        ]

    async def group_members(self, workspace_id: str, group_id: str) -> tuple[str, ...]:
        """See `Messenger`."""
        answer = await self.call("usergroups.users.list", usergroup=group_id)
        return tuple(answer.get("users", ()))

    async def conversation_members(self, workspace_id: str, channel_id: str) -> tuple[str, ...]:
        """See `Messenger`."""
        pages = self._pages("conversations.members", "members", channel=channel_id)
        return tuple([str(user_id) async for user_id in pages])

    async def channels(self, workspace_id: str) -> list[PublicChannel]:
        """See `Messenger`."""
        pages = self._pages(
            "conversations.list", "channels", types="public_channel", exclude_archived=True
        )
        return [
            PublicChannel(str(raw["id"]), str(raw["name"]), bool(raw.get("is_member")))
            async for raw in pages
        ]

    async def join(self, workspace_id: str, channel_id: str) -> None:
        """See `Messenger`."""
        await self.call("conversations.join", channel=channel_id)

    async def exchange(self, **code: str) -> Answer:
        """A consent page's code for tokens; ``code`` holds the arguments of oauth.v2.access."""
        try:
            response = await self._client.api_call("oauth.v2.access", data=code)
        except SlackApiError as error:
            raise narrowed(error) from None
        except (SlackClientError, aiohttp.ClientError, TimeoutError, OSError) as error:
            raise Ambiguous(type(error).__name__) from None
        return response.data if isinstance(response.data, dict) else {}

    async def respond(self, response_url: str, text: str) -> None:
        """Replace the message a click was on, through its ``response_url``; best effort."""
        client = AsyncWebhookClient(response_url, session=self._client.session, retry_handlers=[])
        try:
            await client.send(text=text, replace_original=True, response_type="ephemeral")
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            log.info("respond.failed", exc=error)

    async def _pages(
        self, method: str, key: str, *, token: str | None = None, **arguments: Any
    ) -> AsyncIterator[Any]:
        cursor: str | None = None
        while True:
            answer = await self.call(method, token=token, limit=PAGE, cursor=cursor, **arguments)
            for item in answer.get(key, ()):
                yield item
            cursor = (answer.get("response_metadata") or {}).get("next_cursor")
            if not cursor:
                return


def _forwards(message: Mapping[str, Any]) -> bool:
    """True for attachments that are not previews of links, which Slack makes again."""
    attachments = message.get("attachments") or ()
    return any(each.get("is_share") or not each.get("from_url") for each in attachments)


def _known_zone(raw: Mapping[str, Any]) -> str:
    """The user's zone; UTC when this program does not know it: Slack's list is not quite IANA's."""
    tz = str(raw.get("tz") or "UTC")
    try:
        zone(tz)
    except BadInput:
        log.warning("user.unknown_zone", user_id=str(raw["id"]), name=tz)
        return "UTC"
    return tz


def slack_user(raw: Mapping[str, Any]) -> SlackUser:
    """A user object of ``users.list``, ``users.info`` or a ``user_change`` event."""
    profile = raw.get("profile") or {}
    name = profile.get("display_name") or profile.get("real_name") or raw.get("real_name")
    return SlackUser(
        user_id=str(raw["id"]),
        name=str(name or raw.get("name") or raw["id"]),
        tz=_known_zone(raw),
        is_bot=bool(raw.get("is_bot")) or raw["id"] == "USLACKBOT",
        is_deleted=bool(raw.get("deleted")),
        is_admin=bool(raw.get("is_admin") or raw.get("is_owner")),
    )


def narrowed(error: SlackApiError) -> SlackError:
    """The SDK's error as one of the three ways of `bot.errors`."""
    response = error.response
    status: int = getattr(response, "status_code", getattr(response, "status", 0))
    data = getattr(response, "data", None)
    if status == HTTP_TOO_MANY:
        headers = getattr(response, "headers", {})
        return RateLimited(float(headers.get("Retry-After") or headers.get("retry-after") or 1))
    code = data.get("error") if isinstance(data, dict) else None
    if code in {"ratelimited", "rate_limited"}:
        return RateLimited(1)
    if status >= SERVER_FAULT or not code or code in TRANSIENT:
        return Ambiguous(str(code or status))
    return Refused(str(code))


async def new_session() -> aiohttp.ClientSession:
    """The one session of the process: a session per call costs a handshake per call."""
    return aiohttp.ClientSession(
        timeout=aiohttp.ClientTimeout(total=TIMEOUT_S),
        connector=aiohttp.TCPConnector(limit=64, loop=asyncio.get_running_loop()),
    )
