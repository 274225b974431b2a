"""Writing, editing and deleting messages, and the comings and goings in conversations."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from functools import partial
from typing import Any

from sandbox.events import Courier
from sandbox.records import TOMBSTONE, App, Channel, Json, Message, Token, User, UserGroup
from sandbox.ringing import ring
from sandbox.silence import dnd_json, snooze_json
from sandbox.state import NO_STATUS, Workspace

SUBSCRIPTIONS = {
    "channel": "message.channels",
    "group": "message.groups",
    "im": "message.im",
    "mpim": "message.mpim",
}
SLACKBOT = "USLACKBOT"
First = asyncio.Future[None]


class Posts:
    """Everything that changes a conversation, together with the events it raises.

    The futures that come back are done when the apps gave their first answer; a person's hand
    waits for them, the Web API does not.
    """

    def __init__(self, workspace: Workspace, courier: Courier) -> None:
        self._workspace = workspace
        self._courier = courier

    def write(self, channel: Channel, user: str, **content: Any) -> tuple[Message, list[First]]:
        """Add a message; `content` are fields of `Message`."""
        workspace = self._workspace
        ts = workspace.mint_ts(channel)
        team_id = workspace.users[user].team_id or workspace.team_id
        message = Message(channel.id, ts, user, team_id=team_id, **content)
        message.shared_from = team_id if workspace.is_ext_shared(channel) else None
        parent = channel.message(message.thread_ts) if message.thread_ts else None
        if parent:
            message.thread_ts = parent.ts
            message.parent_user_id = parent.user
            parent.replies.append(message)
            message.root = parent if message.subtype == "thread_broadcast" else None
        channel.messages.append(message)
        ring(workspace, channel, message)
        firsts = self._raise(channel, message.payload() | {"event_ts": ts})
        for app in workspace.apps.values():
            if f"<@{app.bot_user_id}" in message.text and app.bot_user_id in channel.members:
                event = message.payload() | {"type": "app_mention", "channel": channel.id}
                firsts += self._courier.announce("app_mention", event, only=app)
        return message, firsts

    def write_as(self, token: Token, channel: Channel, **content: Any) -> Message:
        """Add a message through the API: stamped with the app, whoever the token speaks for."""
        app = self._workspace.apps[token.app_id]
        profile = {
            "id": token.bot_id,
            "app_id": app.app_id,
            "name": app.name,
            "deleted": False,
            "team_id": self._workspace.team_id,
        }
        stamp = {"bot_id": token.bot_id, "app_id": app.app_id, "bot_profile": profile}
        message, _ = self.write(channel, token.user_id, **stamp, **content)
        return message

    def whisper(self, channel: Channel, app: App, to: User, **content: Any) -> Message:
        """An ephemeral message from the app; somebody who is away never sees it."""
        message = Message(
            channel.id,
            self._workspace.mint_ts(channel),
            app.bot_user_id,
            bot_id=app.bot_id,
            app_id=app.app_id,
            team_id=self._workspace.team_id,
            ephemeral=True,
            for_user=to.id,
            **content,
        )
        if to.active:
            self._workspace.private_messages.append(message)
        return message

    def edit(self, channel: Channel, message: Message, **content: Any) -> list[First]:
        """Change a message; an edit of the text is marked as edited."""
        previous = message.payload()
        for field, value in content.items():
            setattr(message, field, value)
        edited_ts = self._workspace.event_ts()
        message.edited = {"user": message.user, "ts": edited_ts}
        return self._raise_hidden(
            channel,
            "message_changed",
            {"message": message.payload(), "previous_message": previous},
        )

    def delete(self, channel: Channel, message: Message) -> list[First]:
        """Remove a message for everybody; one with replies leaves a tombstone above them."""
        message.deleted = True
        if message.replies and not message.is_tombstone:
            return self._bury(channel, message)
        channel.messages.remove(message)
        details = {"deleted_ts": message.ts, "previous_message": message.payload()}
        firsts = self._raise_hidden(channel, "message_deleted", details)
        parent = channel.message(message.thread_ts) if message.is_reply else None
        if parent:
            parent.replies.remove(message)
            if parent.is_tombstone and not parent.replies:
                firsts += self.delete(channel, parent)
        return firsts

    def react(
        self, channel: Channel, message: Message, user: User, name: str, *, add: bool
    ) -> list[First]:
        """Put somebody's emoji under a message, or take it away."""
        found = next((each for each in message.reactions if each["name"] == name), None)
        users = [each for each in (found["users"] if found else []) if each != user.id]
        users += [user.id] if add else []
        kept = [each for each in message.reactions if each is not found]
        counted = [{"name": name, "users": users, "count": len(users)}] if users else []
        message.reactions = kept + counted
        event_type = "reaction_added" if add else "reaction_removed"
        event = {
            "type": event_type,
            "user": user.id,
            "reaction": name,
            "item": {"type": "message", "channel": channel.id, "ts": message.ts},
            "item_user": message.user,
        }
        return self._courier.announce(event_type, event, visible_to=channel.members)

    def join(self, channel: Channel, user: User, inviter: str | None = None) -> list[First]:
        """Make somebody a member: a channel_join message and a member_joined_channel event."""
        if user.id in channel.members:
            return []
        channel.members.append(user.id)
        text = f"<@{user.id}> has joined the channel"
        _, firsts = self.write(channel, user.id, text=text, subtype="channel_join")
        event = {"inviter": inviter} if inviter else {}
        return firsts + self._membership("member_joined_channel", channel, user, event)

    def leave(self, channel: Channel, user: User) -> list[First]:
        """Take somebody out of a channel."""
        if user.id not in channel.members:
            return []
        firsts = self._membership("member_left_channel", channel, user, {})
        channel.members.remove(user.id)
        return firsts

    def archive(self, channel: Channel, user_id: str) -> list[First]:
        """Archive a channel; nobody can post in it from here on."""
        return self._set_archived(channel, user_id, archived=True)

    def unarchive(self, channel: Channel, user_id: str) -> list[First]:
        """Open an archived channel again."""
        return self._set_archived(channel, user_id, archived=False)

    def user_changed(self, user: User, event_type: str = "user_change") -> list[First]:
        """Tell the apps that somebody joined the workspace or changed profile or zone.

        The e-mail address is for apps that may read it. Of a person of another workspace only
        those hear who share a conversation.
        """
        workspace = self._workspace
        seen_by: set[str] | None = None
        if user.is_foreign:
            joint = [each for each in workspace.channels.values() if user.id in each.members]
            seen_by = {member for channel in joint for member in channel.members}
        firsts: list[First] = []
        for app in tuple(workspace.apps.values()):
            shape = workspace.user_json(user, with_email="users:read.email" in app.scopes)
            if user.is_foreign:
                shape["is_stranger"] = False
            event = {"type": event_type, "user": shape, "cache_ts": workspace.epoch_s()}
            firsts += self._courier.announce(event_type, event, visible_to=seen_by, only=app)
        return firsts

    def set_status(self, user: User, status: Json) -> list[First]:
        """Change somebody's status; when it expires the apps hear of that too."""
        shown = self._workspace.status_of(user)
        user.status = shown | status
        now_shown = self._workspace.status_of(user)
        if expires := now_shown["status_expiration"]:
            ends_at = datetime.fromtimestamp(expires, UTC)
            self._courier.when(ends_at, partial(self._end_status, user, now_shown))
        return self.user_changed(user) if now_shown != shown else []

    def _end_status(self, user: User, status: Json) -> None:
        if NO_STATUS | user.status == status:
            user.status = dict(NO_STATUS)
            self.user_changed(user)

    def snooze_changed(self, user: User) -> list[First]:
        """Tell the apps, and those the person authorised, that notifications went off or on."""
        now = self._workspace.clock.now()
        for_all = dnd_json(user, now)
        event = {"type": "dnd_updated_user", "user": user.id, "dnd_status": for_all}
        own_status = for_all | snooze_json(user, now)
        own = {"type": "dnd_updated", "user": user.id, "dnd_status": own_status}
        return [
            *self._courier.announce("dnd_updated_user", event),
            *self._courier.announce("dnd_updated", own, visible_to=[user.id]),
        ]

    def home_opened(self, app: App, user: User) -> list[First]:
        """Tell an app that somebody opened its Home tab."""
        channel = self._workspace.open_direct([user.id, app.bot_user_id])
        event: Json = {
            "type": "app_home_opened",
            "user": user.id,
            "channel": channel.id,
            "tab": "home",
        }
        if shown := self._workspace.homes.get((app.app_id, user.id)):
            event["view"] = shown.payload(self._workspace.team_id, app.bot_id)
        return self._courier.announce("app_home_opened", event, only=app)

    def group_created(self, group: UserGroup) -> list[First]:
        """Tell the apps of a new user group."""
        shape = self._workspace.usergroup_json(group, with_users=True)
        return self._courier.announce(
            "subteam_created", {"type": "subteam_created", "subteam": shape}
        )

    def group_members(self, group: UserGroup, members: list[str]) -> list[First]:
        """Replace the members of a user group."""
        added = [each for each in members if each not in group.members]
        removed = [each for each in group.members if each not in members]
        group.members = members
        shape = self._workspace.usergroup_json(group, with_users=True)
        event = {
            "type": "subteam_members_changed",
            "subteam_id": group.id,
            "team_id": self._workspace.team_id,
            "date_update": self._workspace.epoch_s(),
            "added_users": added,
            "added_users_count": len(added),
            "removed_users": removed,
            "removed_users_count": len(removed),
        }
        updated = {"type": "subteam_updated", "subteam": shape}
        return [
            *self._courier.announce("subteam_members_changed", event),
            *self._courier.announce("subteam_updated", updated),
        ]

    def _bury(self, channel: Channel, message: Message) -> list[First]:
        previous = message.payload()
        message.subtype, message.user = TOMBSTONE, SLACKBOT
        message.text = "This message was deleted."
        message.client_msg_id = message.bot_id = message.app_id = message.edited = None
        message.bot_profile = message.metadata = None
        message.blocks, message.attachments, message.files, message.reactions = [], [], [], []
        details = {"message": message.payload(), "previous_message": previous}
        return self._raise_hidden(channel, "message_changed", details)

    def _set_archived(self, channel: Channel, user_id: str, *, archived: bool) -> list[First]:
        channel.is_archived = archived
        event_type = "channel_archive" if archived else "channel_unarchive"
        event = {"type": event_type, "channel": channel.id, "user": user_id}
        return self._courier.announce(event_type, event, visible_to=channel.members)

    def _raise(self, channel: Channel, event: Json) -> list[First]:
        event |= {"channel": channel.id, "channel_type": channel.kind}
        subscription = SUBSCRIPTIONS[channel.kind]
        return self._courier.announce(subscription, event, visible_to=channel.members)

    def _raise_hidden(self, channel: Channel, subtype: str, details: Json) -> list[First]:
        ts = self._workspace.mint_ts(channel)
        event = {"type": "message", "subtype": subtype, "hidden": True, "ts": ts, "event_ts": ts}
        return self._raise(channel, event | details)

    def _membership(
        self, event_type: str, channel: Channel, user: User, details: Json
    ) -> list[First]:
        event = {
            "type": event_type,
            "user": user.id,
            "channel": channel.id,
            "channel_type": "C" if channel.kind == "channel" else "G",
            "team": self._workspace.team_id,
        }
        return self._courier.announce(event_type, event | details, visible_to=channel.members)
