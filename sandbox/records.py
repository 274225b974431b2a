"""What a workspace consists of: people, channels, messages, views, apps and tokens.

The records are mutable and compared by identity: a test that holds a `Message` or a `View` sees
it change when the app updates it.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from datetime import datetime
from datetime import time as wall_time
from typing import Any

Json = dict[str, Any]

TRIGGER_LIFE_S = 3.0
"""A trigger_id is good for three seconds of real time, once."""


TOMBSTONE = "tombstone"


@dataclass(eq=False)
class User:
    """A member of the workspace, human or bot."""

    id: str
    name: str
    tz: str
    real_name: str
    is_admin: bool = False
    is_owner: bool = False
    is_bot: bool = False
    deleted: bool = False
    is_restricted: bool = False
    is_ultra_restricted: bool = False
    team_id: str = ""
    """The workspace of somebody who is here through Slack Connect; "" for one's own people."""
    locale: str = "en-GB"
    email: str = ""
    bot_id: str | None = None
    app_id: str | None = None
    active: bool = True
    """Whether the person has Slack open: only then an ephemeral message is seen."""
    status: Json = field(default_factory=dict)
    """status_text, status_emoji and status_expiration, as users.profile.set takes them."""
    snooze_until: datetime | None = None
    dnd_hours: tuple[wall_time, wall_time] | None = None
    """The person's own daily quiet hours, from and until, by the wall clock of `tz`."""
    dnd_ended_at: datetime | None = None
    """The end of the quiet window that dnd.endDnd cut short."""

    @property
    def is_foreign(self) -> bool:
        """Whether the person belongs to another workspace."""
        return bool(self.team_id)


@dataclass(eq=False)
class Message:
    """A message as stored; `payload` gives Slack's shape of it."""

    channel_id: str
    ts: str
    user: str
    text: str = ""
    blocks: list[Json] = field(default_factory=list)
    attachments: list[Json] = field(default_factory=list)
    files: list[Json] = field(default_factory=list)
    thread_ts: str | None = None
    parent_user_id: str | None = None
    subtype: str | None = None
    client_msg_id: str | None = None
    bot_id: str | None = None
    app_id: str | None = None
    bot_profile: Json | None = None
    metadata: Json | None = None
    edited: Json | None = None
    team_id: str = ""
    ephemeral: bool = False
    for_user: str | None = None
    """Whom an ephemeral message is for."""
    rang_for: frozenset[str] = frozenset()
    """Whose devices a new message rang on: reached by it, and not silent."""
    silent_for: frozenset[str] = frozenset()
    """Whom a new message reached without a sound, because of a snooze or quiet hours."""
    root: Message | None = None
    """The parent of a reply that is also shown in the channel."""
    reactions: list[Json] = field(default_factory=list)
    """name, users and count, as Slack gives them."""
    workflow_id: str | None = None
    shared_from: str | None = None
    """The author's workspace, where the conversation is shared with another one."""
    deleted: bool = False
    replies: list[Message] = field(default_factory=list)

    @property
    def is_reply(self) -> bool:
        """Whether the message lives in a thread and is not its parent."""
        return self.thread_ts is not None and self.thread_ts != self.ts

    @property
    def is_tombstone(self) -> bool:
        """Whether the message is only the place of a deleted one that others replied to."""
        return self.subtype == TOMBSTONE

    def payload(self, *, with_metadata: bool = False) -> Json:
        """The message object of events, history and interactions."""
        shape: Json = {"type": "message", "user": self.user, "text": self.text, "ts": self.ts}
        optional = {
            "team": self.team_id,
            "subtype": self.subtype,
            "client_msg_id": self.client_msg_id,
            "bot_id": self.bot_id,
            "app_id": self.app_id,
            "bot_profile": self.bot_profile,
            "blocks": self.blocks,
            "attachments": self.attachments,
            "files": self.files,
            "thread_ts": self.thread_ts,
            "parent_user_id": self.parent_user_id,
            "edited": self.edited,
            "metadata": self.metadata if with_metadata else None,
            "root": self.root.payload() if self.root else None,
            "reactions": self.reactions,
            "workflow_id": self.workflow_id,
            "user_team": self.shared_from,
            "source_team": self.shared_from,
            "hidden": self.is_tombstone,
        }
        shape |= {key: value for key, value in optional.items() if value}
        if self.files:
            shape["upload"] = False
        if self.replies:
            shape |= self._thread_counters()
        return shape

    def _thread_counters(self) -> Json:
        repliers = list(dict.fromkeys(reply.user for reply in self.replies))
        return {
            "thread_ts": self.ts,
            "reply_count": len(self.replies),
            "reply_users": repliers,
            "reply_users_count": len(repliers),
            "latest_reply": self.replies[-1].ts,
        }


@dataclass(frozen=True, slots=True)
class Ring:
    """One message that reached one person: the device rang, or it stayed silent."""

    at: datetime
    message: Message
    user_id: str
    rang: bool


@dataclass(eq=False)
class Channel:
    """A conversation of any kind: `kind` is channel, group, im or mpim, as in channel_type."""

    id: str
    name: str
    kind: str
    members: list[str]
    creator: str = ""
    created_at: datetime | None = None
    is_archived: bool = False
    messages: list[Message] = field(default_factory=list)
    last_ts_us: int = 0

    @property
    def is_direct(self) -> bool:
        """Whether it is a direct message, of two or of a group."""
        return self.kind in {"im", "mpim"}

    def message(self, ts: str | None) -> Message | None:
        """The message with this ts, or None."""
        return next((each for each in reversed(self.messages) if each.ts == ts), None)


def file_json(file_id: str, name: str, user_id: str) -> Json:
    """The file object of a message that shares a file."""
    return {
        "id": file_id,
        "name": name,
        "title": name,
        "filetype": name.rpartition(".")[2],
        "user": user_id,
        "mode": "hosted",
        "is_external": False,
        "permalink": f"https://sandbox.slack.com/files/{user_id}/{file_id}/{name}",
    }


@dataclass(eq=False)
class UserGroup:
    """A user group (`<!subteam^S…>`)."""

    id: str
    handle: str
    name: str
    members: list[str]
    created_at: datetime


@dataclass(eq=False)
class View:
    """A modal or a Home tab."""

    id: str
    app_id: str
    user_id: str
    source: Json
    """The view as the app gave it: type, title, blocks, callback_id, private_metadata…"""
    hash: str
    root_id: str
    previous_id: str | None = None
    values: dict[str, dict[str, Json]] = field(default_factory=dict)
    """What the person has filled in, by block_id and action_id."""
    response_url_source: str | None = None

    @property
    def blocks(self) -> list[Json]:
        """The blocks on show, each with a block_id."""
        blocks: list[Json] = self.source["blocks"]
        return blocks

    @property
    def callback_id(self) -> str:
        """The app's name for the view."""
        return str(self.source.get("callback_id", ""))

    @property
    def private_metadata(self) -> str:
        """The app's own note on the view."""
        return str(self.source.get("private_metadata", ""))

    def payload(self, team_id: str, bot_id: str) -> Json:
        """The view object of answers and interactions."""
        defaults: Json = {
            "callback_id": "",
            "private_metadata": "",
            "external_id": "",
            "title": None,
            "submit": None,
            "close": None,
            "clear_on_close": False,
            "notify_on_close": False,
        }
        return (
            defaults
            | self.source
            | {
                "id": self.id,
                "team_id": team_id,
                "app_id": self.app_id,
                "app_installed_team_id": team_id,
                "bot_id": bot_id,
                "hash": self.hash,
                "root_view_id": self.root_id,
                "previous_view_id": self.previous_id,
                "state": {"values": self.values},
            }
        )


@dataclass(eq=False)
class Token:
    """A token and what it may do. `kind` is bot, user or app."""

    value: str
    kind: str
    app_id: str
    user_id: str
    scopes: frozenset[str]
    bot_id: str | None = None
    """The bot_id stamped on posts; a user token's differs from the bot token's."""


@dataclass(eq=False)
class App:
    """An installed app, with its secrets and its subscriptions."""

    app_id: str
    name: str
    client_id: str
    client_secret: str
    signing_secret: str
    verification_token: str
    bot_user: User
    bot_token: str
    app_token: str
    scopes: frozenset[str]
    request_url: str | None = None
    commands: frozenset[str] = frozenset()
    bot_events: frozenset[str] = frozenset()
    user_events: frozenset[str] = frozenset()
    socket_mode: bool = False
    user_optional: frozenset[str] = frozenset()
    """User scopes that a person may leave unticked on the consent page."""
    delayed_events: bool = False
    """Whether refused events come again every hour for a day."""
    installed: bool = True

    @property
    def bot_user_id(self) -> str:
        """The bot's user id (U…)."""
        return self.bot_user.id

    @property
    def bot_id(self) -> str:
        """The bot's own id (B…)."""
        return self.bot_user.bot_id or ""


@dataclass(eq=False)
class Trigger:
    """A trigger_id: good once, for three seconds of real time."""

    id: str
    app_id: str
    user_id: str
    view: View | None = None
    """The view the trigger came from, then the view it opened."""
    used: bool = False
    born_s: float = field(default_factory=time.monotonic)

    @property
    def expired(self) -> bool:
        """Whether its three seconds are over."""
        return time.monotonic() - self.born_s > TRIGGER_LIFE_S


@dataclass(eq=False)
class ResponseUrl:
    """A response_url: five uses in thirty minutes of the workspace's time."""

    id: str
    app_id: str
    user_id: str
    channel_id: str
    expires_at: datetime
    original: Message | None = None
    uses: int = 0


@dataclass(frozen=True, slots=True)
class ApiCall:
    """One Web API call: what was asked, as whom, and what was answered."""

    method: str
    params: Json
    token_kind: str | None
    user_id: str | None
    response: Json
    at: datetime
    status: int = 200


@dataclass(eq=False, slots=True)
class Delivery:
    """One event, command or interaction on its way to an app; the latest attempt's outcome."""

    app_id: str
    kind: str
    """event, command, block_actions, view_submission, view_closed, shortcut, …"""
    payload: Json
    at: datetime
    status: int | None = None
    body: Any = None
    attempts: int = 0
    elapsed_s: float = 0.0
    reason: str | None = None
    """Why the latest attempt failed, in Slack's words (http_timeout, http_error, …)."""
    next_at: datetime | None = None
    """When it is tried again, by the workspace's clock."""
    done: bool = False

    @property
    def event(self) -> Json:
        """The inner event, or an empty dict."""
        event: Json = self.payload.get("event", {})
        return event

    @property
    def ok(self) -> bool:
        """Whether the latest attempt was answered with a 2xx."""
        return self.status is not None and 200 <= self.status < 300  # noqa: PLR2004 - HTTP's own


@dataclass(eq=False, slots=True)
class Answer:
    """What a person gets to see after a command, a click or a submission.

    `status` is the app's HTTP status, 0 when nothing came back in time.
    """

    status: int
    body: Any = None
    text: str = ""
    view: View | None = None
    """The view opened, pushed or updated during the interaction."""
    message: Message | None = None
    """The message shown in answer to a command."""
    errors: dict[str, str] = field(default_factory=dict)
    """Errors shown in a modal, by block_id."""
