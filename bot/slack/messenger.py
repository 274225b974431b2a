"""The `Messenger` port over Slack's Web API, with one shared HTTP session.

The SDK's own retry on connection errors is off: it posts twice when only the answer was lost.
What may have happened is `Ambiguous`, and the caller looks before it tries again.
"""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

import aiohttp
from slack_sdk.errors import SlackApiError, SlackClientError
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.webhook.async_client import AsyncWebhookClient

from bot.domain.instants import MINUTE_S, zone
from bot.domain.notices import Bundle, Delivery, Digest, Notice
from bot.domain.silence import Status
from bot.errors import Ambiguous, BadInput, RateLimited, Refused, SlackError
from bot.log import log
from bot.services.ports import Original, Posted, PublicChannel, Rest, SlackUser, UserGroup
from bot.slack.rendering import Rendered, plainer, render

EVENT_TYPE = "offhours"
TIMEOUT_S = 10
PAGE = 200
SERVER_FAULT = 500
HTTP_TOO_MANY = 429

HOOK_HOST = "hooks.slack.com"
"""Where a ``response_url`` leads.

Source: https://docs.slack.dev/interactivity/handling-user-interaction
"""

TRANSIENT = frozenset(
    {"internal_error", "fatal_error", "service_unavailable", "request_timeout", "team_added_to_org"}
)
"""Error strings that say "not now": https://docs.slack.dev/reference/methods/chat.postMessage"""

FORM_ONLY = frozenset(
    {
        "apps.event.authorizations.list",
        "chat.getPermalink",
        "conversations.history",
        "conversations.info",
        "conversations.list",
        "conversations.members",
        "conversations.replies",
        "dnd.endSnooze",
        "dnd.info",
        "dnd.setSnooze",
        "usergroups.list",
        "usergroups.users.list",
        "users.info",
        "users.list",
    }
)
"""Methods for which JSON is not promised; some drop it and answer as if nothing was asked for.

Source: https://docs.slack.dev/apis/web-api ("most write methods allow JSON")
"""

Answer = Mapping[str, Any]


class SlackMessenger:
    """See `bot.services.ports.Messenger`."""

    def __init__(
        self, client: AsyncWebClient, bot_token: str, app_token: str | None = None
    ) -> None:
        self._client = client
        self._bot_token = bot_token
        self._app_token = app_token
        self._plain: set[str] = set()

    async def call(self, method: str, *, token: str | None = None, **arguments: Any) -> Answer:
        """One Web API call, its failure narrowed to the three ways of `bot.errors`."""
        given = {name: value for name, value in arguments.items() if value is not None}
        body: dict[str, Any] = {"json": given}
        if method in FORM_ONLY:
            body = {"data": {name: _form(value) for name, value in given.items()}}
        try:
            response = await self._client.api_call(
                method,
                **body,
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
            "unfurl_links": False if not isinstance(notice, Delivery | Bundle) else None,
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
            # What is left of a deleted message with replies has its place but not its words.
            if message.get("ts") == ts and message.get("subtype") != "tombstone":
                return Original(
                    author_id=str(message.get("user", "")),
                    text=str(message.get("text", "")),
                    blocks=tuple(message.get("blocks") or ()),
                    thread_ts=message.get("thread_ts"),
                    has_files=bool(message.get("files")) or _forwards(message),
                    reactions=sum(int(each["count"]) for each in message.get("reactions") or ()),
                    replies=int(message.get("reply_count") or 0),
                    is_broadcast=message.get("subtype") == "thread_broadcast",
                )
        return None

    async def delete(self, workspace_id: str, channel_id: str, ts: str, *, token: str) -> None:
        """See `Messenger`."""
        await self.call("chat.delete", token=token, channel=channel_id, ts=ts)

    async def permalink(
        self, workspace_id: str, channel_id: str, ts: str, *, token: str | None = None
    ) -> str:
        """See `Messenger`."""
        answer = await self.call(
            "chat.getPermalink", token=token, channel=channel_id, message_ts=ts
        )
        return str(answer["permalink"])

    async def users(self, workspace_id: str) -> list[SlackUser]:
        """See `Messenger`."""
        pages = self._pages("users.list", "members")
        return [slack_user(raw, workspace_id) async for raw in pages]

    async def user(self, workspace_id: str, user_id: str) -> SlackUser:
        """See `Messenger`."""
        answer = await self.call("users.info", user=user_id)
        return slack_user(answer["user"], workspace_id)

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

    async def conversation_members(
        self, workspace_id: str, channel_id: str, *, token: str | None = None
    ) -> tuple[str, ...]:
        """See `Messenger`."""
        pages = self._pages("conversations.members", "members", token=token, channel=channel_id)
        return tuple([str(user_id) async for user_id in pages])

    async def partner(self, workspace_id: str, channel_id: str, *, token: str) -> str:
        """See `Messenger`."""
        answer = await self.call("conversations.info", token=token, channel=channel_id)
        return str(answer["channel"]["user"])

    async def authorized(self, event_context: str) -> tuple[str, ...]:
        """See `Messenger`."""
        if self._app_token is None:
            return ()
        pages = self._pages(
            "apps.event.authorizations.list",
            "authorizations",
            token=self._app_token,
            event_context=event_context,
        )
        return tuple([str(raw["user_id"]) async for raw in pages if not raw.get("is_bot")])

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

    async def rest(self, workspace_id: str, *, token: str, now: int) -> Rest:
        """See `Messenger`."""
        return rest(await self.call("dnd.info", token=token), now)

    async def snooze(self, workspace_id: str, minutes: int, *, token: str, now: int) -> int:
        """See `Messenger`."""
        answer = await self.call("dnd.setSnooze", token=token, num_minutes=minutes)
        return int(answer.get("snooze_endtime") or now + minutes * MINUTE_S)

    async def end_snooze(self, workspace_id: str, *, token: str, now: int) -> Rest:
        """See `Messenger`."""
        try:
            return rest(await self.call("dnd.endSnooze", token=token), now)
        except Refused as refused:
            if refused.code != "snooze_not_active":
                raise
        return await self.rest(workspace_id, token=token, now=now)

    async def status(self, workspace_id: str, user_id: str) -> Status:
        """See `Messenger`."""
        profile = (await self.call("users.info", user=user_id))["user"].get("profile") or {}
        return Status(
            str(profile.get("status_text") or ""),
            str(profile.get("status_emoji") or ""),
            int(profile.get("status_expiration") or 0),
        )

    async def set_status(self, workspace_id: str, status: Status, *, token: str) -> None:
        """See `Messenger`."""
        profile = {
            "status_text": status.text,
            "status_emoji": status.emoji,
            "status_expiration": status.until_at,
        }
        await self.call("users.profile.set", token=token, profile=profile)

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
        """Replace the message a click was on, through its ``response_url``; best effort.

        A window carries the address through other hands, so it is followed to Slack only.
        """
        if not self._is_slacks(response_url):
            log.warning("respond.elsewhere")
            return
        client = AsyncWebhookClient(response_url, session=self._client.session, retry_handlers=[])
        try:
            await client.send(text=text, replace_original=True, response_type="ephemeral")
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            log.info("respond.failed", exc=error)

    def _is_slacks(self, url: str) -> bool:
        """True for the host of response URLs, and for that of the Web API itself."""
        try:
            found, api = urlsplit(url), urlsplit(self._client.base_url)
            port = found.port
        except ValueError:
            return False
        if (found.scheme, found.netloc) == (api.scheme, api.netloc):
            return True
        return found.scheme == "https" and found.hostname == HOOK_HOST and port in (None, 443)

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


def rest(answer: Answer, now: int) -> Rest:
    """The answer of dnd.info or dnd.endSnooze.

    Source: https://docs.slack.dev/reference/methods/dnd.info
    """
    snoozed = answer.get("snooze_enabled") and int(answer.get("snooze_endtime") or 0)
    begins_at = int(answer.get("next_dnd_start_ts") or 0)
    ends_at = int(answer.get("next_dnd_end_ts") or 0)
    is_on = bool(answer.get("dnd_enabled")) and begins_at <= now < ends_at
    return Rest(snoozed or 0, ends_at if is_on else 0)


def _form(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _forwards(message: Mapping[str, Any]) -> bool:
    """True for attachments that are not previews of links, which Slack makes again."""
    attachments = message.get("attachments") or ()
    return any(each.get("is_share") or not each.get("from_url") for each in attachments)


def _known_zone(raw: Mapping[str, Any], *, is_foreign: bool) -> str:
    """The user's zone; UTC when this program does not know it: Slack's list is not quite IANA's.

    Empty when Slack keeps it to itself, as it may about another organisation's people.
    """
    tz = str(raw.get("tz") or ("" if is_foreign else "UTC"))
    if not tz:
        return ""
    try:
        zone(tz)
    except BadInput:
        log.warning("user.unknown_zone", user_id=str(raw["id"]), name=tz)
        return "UTC"
    return tz


def _is_foreign(raw: Mapping[str, Any], workspace_id: str) -> bool:
    """True for people of another organisation; on Enterprise Grid one has several workspaces."""
    teams = (raw.get("enterprise_user") or {}).get("teams") or ()
    team_id = raw.get("team_id") or workspace_id
    return bool(raw.get("is_stranger")) or workspace_id not in (team_id, *teams)


def slack_user(raw: Mapping[str, Any], workspace_id: str) -> SlackUser:
    """A user object of ``users.list``, ``users.info`` or a ``user_change`` event."""
    profile = raw.get("profile") or {}
    is_foreign = _is_foreign(raw, workspace_id)
    name = profile.get("display_name") or profile.get("real_name") or raw.get("real_name")
    return SlackUser(
        user_id=str(raw["id"]),
        name=str(name or raw.get("name") or raw["id"]),
        tz=_known_zone(raw, is_foreign=is_foreign),
        is_bot=bool(raw.get("is_bot")) or raw["id"] == "USLACKBOT",
        is_deleted=bool(raw.get("deleted")),
        is_admin=bool(raw.get("is_admin") or raw.get("is_owner")),
        is_foreign=is_foreign,
        email=str(profile.get("email") or "").strip().lower(),
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
