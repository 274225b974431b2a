"""Writing, editing and deleting messages, and the comings and goings in conversations."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any

from sandbox.events import Courier
from sandbox.records import App, Channel, Json, Message, Token, User, UserGroup
from sandbox.state import Workspace

SUBSCRIPTIONS = {
    "channel": "message.channels",
    "group": "message.groups",
    "im": "message.im",
    "mpim": "message.mpim",
}
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
        message = Message(channel.id, ts, user, team_id=workspace.team_id, **content)
        parent = channel.message(message.thread_ts) if message.thread_ts else None
        if parent:
            message.thread_ts = parent.ts
            message.parent_user_id = parent.user
            parent.replies.append(message)
        message.rang_for = frozenset(self._rung_by(channel, message, parent))
        channel.messages.append(message)
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
        """Remove a message for everybody."""
        channel.messages.remove(message)
        message.deleted = True
        parent = channel.message(message.thread_ts) if message.is_reply else None
        if parent:
            parent.replies.remove(message)
        return self._raise_hidden(
            channel,
            "message_deleted",
            {"deleted_ts": message.ts, "previous_message": message.payload()},
        )

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
        channel.is_archived = True
        event = {"type": "channel_archive", "channel": channel.id, "user": user_id}
        return self._courier.announce("channel_archive", event, visible_to=channel.members)

    def user_changed(self, user: User, event_type: str = "user_change") -> list[First]:
        """Tell the apps that somebody joined the workspace or changed profile or zone."""
        shape = self._workspace.user_json(user, with_email=True)
        event = {"type": event_type, "user": shape, "cache_ts": self._workspace.epoch_s()}
        return self._courier.announce(event_type, event)

    def snooze_changed(self, user: User) -> list[First]:
        """Tell the apps that somebody's notifications went off or on."""
        event = {
            "type": "dnd_updated_user",
            "user": user.id,
            "dnd_status": {
                "dnd_enabled": self._workspace.is_snoozing(user),
                "next_dnd_start_ts": self._workspace.epoch_s(),
                "next_dnd_end_ts": self._workspace.epoch_s(user.snooze_until),
            },
        }
        return self._courier.announce("dnd_updated_user", event)

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

    def _rung_by(self, channel: Channel, message: Message, parent: Message | None) -> Iterator[str]:
        """Whose devices ring: reached by the message, human, not the author, not snoozing."""
        text = message.text
        in_thread = {parent.user, *(each.user for each in parent.replies)} if parent else set()
        everybody = channel.is_direct or any(
            f"<!{each}" in text for each in ("channel", "everyone")
        )
        groups = [each for each in self._workspace.usergroups.values() if f"^{each.id}" in text]
        for member in channel.members:
            user = self._workspace.users[member]
            reached = (
                everybody
                or member in in_thread
                or f"<@{member}" in text
                or ("<!here" in text and user.active)
                or any(member in group.members for group in groups)
            )
            author = message.user == member or message.subtype == "channel_join"
            if reached and not author and not user.is_bot and not self._workspace.is_snoozing(user):
                yield member
