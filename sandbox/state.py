"""The workspace itself: its data, the ids it hands out, and who may see what."""

from __future__ import annotations

import random
import re
import string
import uuid
from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from sandbox.clock import SandboxClock
from sandbox.records import (
    ApiCall,
    App,
    Channel,
    Delivery,
    Json,
    Message,
    ResponseUrl,
    Ring,
    Token,
    Trigger,
    User,
    UserGroup,
    View,
)
from sandbox.silence import is_snoozing
from sandbox.tiers import Tiers

RESPONSE_URL_LIFE = timedelta(minutes=30)
NO_STATUS: Json = {"status_text": "", "status_emoji": "", "status_expiration": 0}
_ID_LETTERS = string.ascii_uppercase + string.digits


class Workspace:
    """Everything the sandbox knows. It raises no events: `Posts` and `Courier` do."""

    def __init__(self, clock: SandboxClock, team_id: str, name: str, seed: int) -> None:
        self.clock = clock
        self.team_id = team_id
        self.name = name
        self.domain = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")
        self.base_url = ""
        self.rate_limit_per_channel_s = 1.0
        self.members_may_delete = True
        self.refuse_new_blocks = False
        self.users: dict[str, User] = {}
        self.channels: dict[str, Channel] = {}
        self.usergroups: dict[str, UserGroup] = {}
        self.apps: dict[str, App] = {}
        self.tokens: dict[str, Token] = {}
        self.refused_tokens: dict[str, str] = {}
        """Tokens that worked once, and the error they are refused with."""
        self.codes: dict[str, Json] = {}
        self.views: dict[str, View] = {}
        self.modals: defaultdict[str, list[View]] = defaultdict(list)
        self.homes: dict[tuple[str, str], View] = {}
        self.triggers: dict[str, Trigger] = {}
        self.response_urls: dict[str, ResponseUrl] = {}
        self.private_messages: list[Message] = []
        self.rings: list[Ring] = []
        self.tiers = Tiers()
        self.event_contexts: dict[str, tuple[str, list[Json]]] = {}
        """event_context -> the app it was sent to, and who of its installations may see it."""
        self.calls: list[ApiCall] = []
        self.deliveries: list[Delivery] = []
        self.last_post_s: dict[str, float] = {}
        self._directs: dict[frozenset[str], Channel] = {}
        self._random = random.Random(seed)

    # Ids

    def mint(self, prefix: str, length: int = 9) -> str:
        """A new id: `prefix` and capitals and digits, the same for the same seed."""
        return prefix + "".join(self._random.choices(_ID_LETTERS, k=length))

    def mint_secret(self, prefix: str = "") -> str:
        """A made-up token or secret."""
        return f"{prefix}{self._random.getrandbits(128):032x}"

    def mint_uuid(self) -> str:
        """A random UUID, as client_msg_id and envelope_id are."""
        return str(uuid.UUID(int=self._random.getrandbits(128), version=4))

    def mint_ts(self, channel: Channel) -> str:
        """The next message ts of a channel, "seconds.micro", strictly increasing."""
        now_us = int(self.clock.now().timestamp() * 1_000_000)
        channel.last_ts_us = max(now_us, channel.last_ts_us + 1)
        seconds, micro = divmod(channel.last_ts_us, 1_000_000)
        return f"{seconds}.{micro:06}"

    def event_ts(self) -> str:
        """The present instant in ts notation."""
        return f"{self.clock.now().timestamp():.6f}"

    def epoch_s(self, instant: datetime | None = None) -> int:
        """`instant` (or now) in whole seconds since 1970."""
        return int((instant or self.clock.now()).timestamp())

    # People

    def user_json(self, user: User, *, with_email: bool = False, viewer: str = "") -> Json:
        """The user object; `tz` and its offset are those of the present instant.

        Of somebody from another workspace it is a part only, and says whether `viewer` (a user
        id) shares a conversation with the person.
        """
        shape: Json = {
            "id": user.id,
            "team_id": user.team_id or self.team_id,
            "name": user.name,
            "real_name": user.real_name,
            "deleted": user.deleted,
            "profile": self._profile(user, with_email=with_email),
            "is_bot": user.is_bot,
            "is_app_user": False,
            "updated": self.epoch_s(),
        }
        if user.tz:
            local = self.clock.now().astimezone(ZoneInfo(user.tz))
            offset = local.utcoffset() or timedelta()
            shape |= {"tz": user.tz, "tz_label": local.tzname()}
            shape["tz_offset"] = int(offset.total_seconds())
        if user.is_foreign:
            return shape | {"is_stranger": not self.acquainted(viewer, user.id)}
        return shape | {
            "is_admin": user.is_admin,
            "is_owner": user.is_owner,
            "is_primary_owner": False,
            "is_restricted": user.is_restricted or user.is_ultra_restricted,
            "is_ultra_restricted": user.is_ultra_restricted,
        }

    def _profile(self, user: User, *, with_email: bool) -> Json:
        profile: Json = {
            "real_name": user.real_name,
            "real_name_normalized": user.real_name,
            "display_name": user.name,
            "display_name_normalized": user.name,
            "team": user.team_id or self.team_id,
            **self.status_of(user),
        }
        if with_email and not (user.is_bot or user.is_foreign):
            profile["email"] = user.email
        if user.is_bot:
            profile |= {"bot_id": user.bot_id, "api_app_id": user.app_id}
        return profile

    def status_of(self, user: User) -> Json:
        """The status on show: what was set, until it expires."""
        expires = user.status.get("status_expiration") or 0
        if expires and expires <= self.epoch_s():
            return dict(NO_STATUS)
        return NO_STATUS | user.status

    def acquainted(self, one: str, other: str) -> bool:
        """Whether two user ids share a conversation."""
        return any({one, other} <= set(each.members) for each in self.channels.values())

    def user_named(self, name: str) -> User | None:
        """The user with this handle, or None."""
        return next((user for user in self.users.values() if user.name == name), None)

    def is_snoozing(self, user: User) -> bool:
        """Whether the person's notifications are snoozed now."""
        return is_snoozing(user, self.clock.now())

    # Conversations

    def add_channel(self, name: str, members: Iterable[str], kind: str = "channel") -> Channel:
        """A new conversation; ids begin with D for direct messages, G or C otherwise."""
        prefix = "D" if kind == "im" else "C"
        ids = list(dict.fromkeys(members))
        channel = Channel(self.mint(prefix), name, kind, ids, created_at=self.clock.now())
        channel.creator = ids[0] if ids else ""
        self.channels[channel.id] = channel
        return channel

    def direct(self, members: Iterable[str]) -> Channel | None:
        """The existing direct message of exactly these members, or None."""
        return self._directs.get(frozenset(members))

    def open_direct(self, members: Iterable[str]) -> Channel:
        """The direct message of these members, made if there is none."""
        ids = list(dict.fromkeys(members))
        channel = self.direct(ids)
        if channel is None:
            names = "--".join(self.users[each].name for each in ids)
            pair = len(ids) <= 2  # noqa: PLR2004 - two make an im, more a group
            name, kind = ("directmessage", "im") if pair else (f"mpdm-{names}-1", "mpim")
            channel = self.add_channel(name, ids, kind)
            self._directs[frozenset(ids)] = channel
        return channel

    def is_ext_shared(self, channel: Channel) -> bool:
        """Whether people of another workspace are in the conversation."""
        return any(self.users[each].is_foreign for each in channel.members)

    def channel_json(self, channel: Channel, viewer: str) -> Json:
        """The conversation object as `viewer` (a user id) sees it."""
        shape: Json = {
            "id": channel.id,
            "created": self.epoch_s(channel.created_at),
            "is_archived": channel.is_archived,
            "is_channel": channel.kind == "channel",
            "is_group": channel.kind == "group",
            "is_im": channel.kind == "im",
            "is_mpim": channel.kind == "mpim",
            "is_private": channel.kind != "channel",
            "is_shared": self.is_ext_shared(channel),
            "is_ext_shared": self.is_ext_shared(channel),
            "is_org_shared": False,
            "context_team_id": self.team_id,
        }
        if shape["is_ext_shared"]:
            teams = {self.users[each].team_id or self.team_id for each in channel.members}
            shape["connected_team_ids"] = sorted(teams - {self.team_id})
        if channel.kind == "im":
            other = next((each for each in channel.members if each != viewer), viewer)
            deleted = self.users[other].deleted
            return shape | {"user": other, "is_open": True, "is_user_deleted": deleted}
        return shape | {
            "name": channel.name,
            "name_normalized": channel.name,
            "creator": channel.creator,
            "is_general": channel.name == "general",
            "is_member": viewer in channel.members,
            "num_members": len(channel.members),
            "topic": {"value": "", "creator": "", "last_set": 0},
            "purpose": {"value": "", "creator": "", "last_set": 0},
        }

    def usergroup_json(self, group: UserGroup, *, with_users: bool = False) -> Json:
        """The user group object."""
        shape: Json = {
            "id": group.id,
            "team_id": self.team_id,
            "is_usergroup": True,
            "handle": group.handle,
            "name": group.name,
            "description": "",
            "is_external": False,
            "date_create": self.epoch_s(group.created_at),
            "date_update": self.epoch_s(),
            "date_delete": 0,
            "user_count": len(group.members),
        }
        return shape | ({"users": group.members} if with_users else {})

    # Apps

    def app_of(self, member: str) -> App | None:
        """The app whose bot this user is, or None."""
        return next((app for app in self.apps.values() if app.bot_user_id == member), None)

    def grants_of(self, app: App) -> list[Token]:
        """The app's user tokens that still work."""
        user_tokens = (each for each in self.tokens.values() if each.kind == "user")
        return [each for each in user_tokens if each.app_id == app.app_id]

    def install(self, app: App) -> Token:
        """Make the app's bot token good for the app's scopes."""
        bot = Token(
            app.bot_token, "bot", app.app_id, app.bot_user_id, app.scopes, app.bot_user.bot_id
        )
        app.installed = True
        self.tokens[bot.value] = bot
        self.refused_tokens.pop(bot.value, None)
        return bot

    def grant(self, app: App, user_id: str, scopes: Iterable[str]) -> Token:
        """A user token; scopes add to what the person granted before.

        Raises:
            PermissionError: the person is of another workspace, or not active any more.
        """
        if self.users[user_id].is_foreign or self.users[user_id].deleted:
            raise PermissionError(f"{self.users[user_id].name} cannot install apps here.")
        wanted = frozenset(scopes)
        for token in self.grants_of(app):
            if token.user_id == user_id:
                token.scopes |= wanted
                return token
        value = self.mint_secret("xoxp-")
        token = Token(value, "user", app.app_id, user_id, wanted, bot_id=self.mint("B"))
        self.tokens[value] = token
        return token

    def add_app_token(self, app: App, scopes: frozenset[str]) -> None:
        """Make the app-level token good; it speaks for nobody."""
        token = Token(app.app_token, "app", app.app_id, app.bot_user_id, scopes)
        self.tokens[token.value] = token

    def revoke(self, token: Token, refusal: str = "token_revoked") -> None:
        """Make a token useless: from here on it is answered with `refusal`."""
        self.tokens.pop(token.value, None)
        self.refused_tokens[token.value] = refusal

    def open_trigger(self, app: App, user: User, view: View | None = None) -> Trigger:
        """A fresh trigger_id for an interaction of `user` with `app`."""
        trigger_id = f"{self.mint('', 12)}.{self.mint('', 10)}.{self.mint_secret()}"
        trigger = Trigger(trigger_id, app.app_id, user.id, view)
        self.triggers[trigger.id] = trigger
        return trigger

    def open_response_url(
        self, app: App, user: User, channel_id: str, original: Message | None = None
    ) -> str:
        """A fresh response_url that speaks in `channel_id`."""
        entry = ResponseUrl(
            self.mint_secret(),
            app.app_id,
            user.id,
            channel_id,
            self.clock.now() + RESPONSE_URL_LIFE,
            original,
        )
        self.response_urls[entry.id] = entry
        return f"{self.base_url}/response/{entry.id}"
