"""A person's hands: what somebody can do in the workspace."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from typing import Any

from sandbox.installing import Installations
from sandbox.interactions import Desk
from sandbox.posting import First, Posts
from sandbox.records import Answer, App, Channel, Json, Message, Ring, User, View, file_json
from sandbox.richtext import Composer
from sandbox.state import Workspace


@dataclass(frozen=True)
class Surroundings:
    """What hands work on."""

    workspace: Workspace
    posts: Posts
    desk: Desk
    apps: Installations


@dataclass(eq=False)
class Person(User):
    """A human member. Every act returns after the apps concerned gave their first answer."""

    around: Surroundings = field(kw_only=True, repr=False)

    async def post(
        self,
        channel: Channel,
        text: str,
        *,
        thread_ts: str | None = None,
        blocks: list[Json] | None = None,
        files: list[Json] | None = None,
        subtype: str | None = None,
    ) -> Message:
        """Write a message; mentions are typed as `@name`, `#channel` or `<@U…>`."""
        if self.id not in channel.members or self.deleted:
            raise PermissionError(f"{self.name} is not a member of {channel.name}.")
        if channel.is_archived:
            raise PermissionError(f"{channel.name} is archived.")
        sent, made = Composer(self.around.workspace).message(text)
        content: Json = {"text": sent, "thread_ts": thread_ts, "files": files or []}
        content["subtype"] = subtype or ("file_share" if files else None)
        if subtype != "me_message":
            content["blocks"] = made if blocks is None else blocks
        content["client_msg_id"] = self.around.workspace.mint_uuid()
        message, firsts = self.around.posts.write(channel, self.id, **content)
        await _answered(firsts)
        return message

    async def dm(self, to: User | App | Iterable[User | App], text: str, **content: Any) -> Message:
        """Write to one person (or an app's bot), or to several in one group conversation."""
        people = [to] if isinstance(to, User | App) else list(to)
        ids = [each.bot_user_id if isinstance(each, App) else each.id for each in people]
        channel = self.around.workspace.open_direct([self.id, *ids])
        return await self.post(channel, text, **content)

    async def reply(
        self, message: Message, text: str, *, broadcast: bool = False, **content: Any
    ) -> Message:
        """Answer in the message's thread; with `broadcast` also shown in the channel."""
        channel = self.around.workspace.channels[message.channel_id]
        if broadcast:
            content["subtype"] = "thread_broadcast"
        return await self.post(channel, text, thread_ts=message.thread_ts or message.ts, **content)

    async def me(self, channel: Channel, text: str) -> Message:
        """Say what one does, with `/me`: a message without blocks."""
        return await self.post(channel, text, subtype="me_message")

    async def share(
        self, channel: Channel, *names: str, text: str = "", thread_ts: str | None = None
    ) -> Message:
        """Share files of these names, with or without words."""
        workspace = self.around.workspace
        files = [file_json(workspace.mint("F", 10), name, self.id) for name in names]
        return await self.post(channel, text, thread_ts=thread_ts, files=files)

    async def react(self, message: Message, name: str) -> None:
        """Put an emoji, such as "eyes", under a message."""
        await self._react(message, name, add=True)

    async def unreact(self, message: Message, name: str) -> None:
        """Take one's emoji away again."""
        await self._react(message, name, add=False)

    async def edit(self, message: Message, text: str) -> Message:
        """Change the text of a message of one's own."""
        sent, blocks = Composer(self.around.workspace).message(text)
        channel = self._own(message)
        await _answered(self.around.posts.edit(channel, message, text=sent, blocks=blocks))
        return message

    async def delete(self, message: Message) -> None:
        """Delete a message of one's own."""
        channel = self._own(message)
        await _answered(self.around.posts.delete(channel, message))

    async def command(self, command: str, text: str = "", channel: Channel | None = None) -> Answer:
        """Type a slash command, by default in the direct message with the app's bot.

        Raises:
            PermissionError: the person is of another workspace, where the app is not installed.
        """
        self._need_app()
        where = channel or self._default_conversation()
        return await self.around.desk.command(self, command, text, where)

    async def click(
        self, message_or_view: Message | View, action_id: str, value: Any = None
    ) -> Answer:
        """Press a button or choose in a select; see `Desk.click`."""
        return await self.around.desk.click(self, message_or_view, action_id, value)

    async def suggest(
        self, message_or_view: Message | View, action_id: str, typed: str
    ) -> list[Json]:
        """Type into an external select and get the options offered."""
        return await self.around.desk.suggest(self, message_or_view, action_id, typed)

    async def shortcut(self, callback_id: str, app: App | None = None) -> Answer:
        """Use a global shortcut."""
        self._need_app()
        return await self.around.desk.shortcut(self, app or self._only_app(), callback_id)

    async def message_shortcut(
        self, callback_id: str, message: Message, app: App | None = None
    ) -> Answer:
        """Use a shortcut from a message's menu."""
        self._need_app()
        desk = self.around.desk
        return await desk.message_shortcut(self, app or self._only_app(), callback_id, message)

    async def submit(self, view: View, values: dict[str, Any] | None = None) -> Answer:
        """Fill in a modal, by block_id or action_id, and submit it."""
        return await self.around.desk.submit(self, view, values or {})

    async def close_view(self, view: View) -> None:
        """Close a modal without submitting."""
        await self.around.desk.close(self, view)

    async def open_home(self, app: App | None = None) -> View | None:
        """Open the app's Home tab; returns what it has published for this person."""
        opened = app or self._only_app()
        firsts = self.around.posts.home_opened(opened, self)
        await _answered(firsts)
        return self.home(opened)

    def home(self, app: App | None = None) -> View | None:
        """The Home tab as last published, without opening it."""
        key = ((app or self._only_app()).app_id, self.id)
        return self.around.workspace.homes.get(key)

    @property
    def open_views(self) -> list[View]:
        """The modals on the screen, the last on top."""
        return list(self.around.workspace.modals[self.id])

    @property
    def answers(self) -> list[Message]:
        """What apps showed to this person alone, or in answer to something the person did."""
        shown = self.around.workspace.private_messages
        return [each for each in shown if each.for_user == self.id]

    async def join(self, channel: Channel) -> None:
        """Join a channel."""
        await _answered(self.around.posts.join(channel, self))

    async def invite(self, channel: Channel, user: User | App) -> None:
        """Bring somebody, or an app's bot, into a channel."""
        invited = user.bot_user if isinstance(user, App) else user
        await _answered(self.around.posts.join(channel, invited, self.id))

    async def leave(self, channel: Channel) -> None:
        """Leave a channel."""
        await _answered(self.around.posts.leave(channel, self))

    async def archive(self, channel: Channel) -> None:
        """Archive a channel."""
        await _answered(self.around.posts.archive(channel, self.id))

    async def unarchive(self, channel: Channel) -> None:
        """Open an archived channel again."""
        await _answered(self.around.posts.unarchive(channel, self.id))

    async def snooze(self, minutes: int) -> None:
        """Pause one's own notifications."""
        now = self.around.workspace.clock.now()
        self.snooze_until = now + timedelta(minutes=minutes)
        await _answered(self.around.posts.snooze_changed(self))

    async def end_snooze(self) -> None:
        """Let notifications through again."""
        self.snooze_until = None
        await _answered(self.around.posts.snooze_changed(self))

    async def set_dnd_hours(self, begin: time | None, until: time | None = None) -> None:
        """Choose daily quiet hours in one's own zone, such as 18:00 to 09:00; None for none."""
        self.dnd_hours = (begin, until) if begin and until else None
        self.dnd_ended_at = None
        await _answered(self.around.posts.snooze_changed(self))

    async def set_status(
        self, text: str, emoji: str = "", expires_at: datetime | None = None
    ) -> None:
        """Show a status; without text and emoji the one on show is cleared."""
        expires_s = self.around.workspace.epoch_s(expires_at) if expires_at else 0
        status = {"status_text": text, "status_emoji": emoji, "status_expiration": expires_s}
        await _answered(self.around.posts.set_status(self, status))

    @property
    def rings(self) -> list[Ring]:
        """The messages that reached the person, oldest first: did the device ring?"""
        return [each for each in self.around.workspace.rings if each.user_id == self.id]

    def grant(self, app: App, *scopes: str) -> str:
        """Consent to user scopes, in addition to earlier ones; the user token."""
        return self.around.workspace.grant(app, self.id, scopes).value

    def revoke(self, app: App) -> None:
        """Take one's user token back; the app gets `tokens_revoked`."""
        self.around.apps.revoke(app, self)

    async def set_tz(self, tz: str) -> None:
        """Travel: the profile's zone changes."""
        self.tz = tz
        await _answered(self.around.posts.user_changed(self))

    async def set_email(self, email: str) -> None:
        """Get another e-mail address."""
        self.email = email
        await _answered(self.around.posts.user_changed(self))

    async def deactivate(self) -> None:
        """Leave the company."""
        self.deleted = True
        await _answered(self.around.posts.user_changed(self))

    async def reactivate(self) -> None:
        """Come back to the company."""
        self.deleted = False
        await _answered(self.around.posts.user_changed(self))

    async def _react(self, message: Message, name: str, *, add: bool) -> None:
        channel = self.around.workspace.channels[message.channel_id]
        if self.id not in channel.members:
            raise PermissionError(f"{self.name} is not a member of {channel.name}.")
        await _answered(self.around.posts.react(channel, message, self, name, add=add))

    def _own(self, message: Message) -> Channel:
        if message.user != self.id:
            raise PermissionError(f"{self.name} did not write this message.")
        return self.around.workspace.channels[message.channel_id]

    def _need_app(self) -> None:
        if self.is_foreign:
            raise PermissionError(f"{self.name} has no apps of this workspace.")

    def _only_app(self) -> App:
        return next(each for each in self.around.workspace.apps.values() if each.installed)

    def _default_conversation(self) -> Channel:
        workspace = self.around.workspace
        bots = [each.bot_user_id for each in workspace.apps.values() if each.installed]
        return workspace.open_direct([self.id, *(bots[:1] or [self.id])])


async def _answered(firsts: Iterable[First]) -> None:
    await asyncio.gather(*firsts)
