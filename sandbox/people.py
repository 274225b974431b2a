"""A person's hands: what somebody can do in the workspace."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from sandbox.interactions import Desk
from sandbox.posting import First, Posts
from sandbox.records import Answer, App, Channel, Json, Message, User, View
from sandbox.richtext import Composer
from sandbox.state import Workspace


@dataclass(frozen=True)
class Surroundings:
    """What hands work on."""

    workspace: Workspace
    posts: Posts
    desk: Desk


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
        if self.id not in channel.members:
            raise PermissionError(f"{self.name} is not a member of {channel.name}.")
        sent, made = Composer(self.around.workspace).message(text)
        content: Json = {"text": sent, "thread_ts": thread_ts, "files": files or []}
        content["subtype"] = subtype or ("file_share" if files else None)
        if subtype != "me_message":
            content["blocks"] = made if blocks is None else blocks
        content["client_msg_id"] = self.around.workspace.mint_uuid()
        message, firsts = self.around.posts.write(channel, self.id, **content)
        await _answered(firsts)
        return message

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
        """Type a slash command, by default in the direct message with the app's bot."""
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
        return await self.around.desk.shortcut(self, app or self._only_app(), callback_id)

    async def message_shortcut(
        self, callback_id: str, message: Message, app: App | None = None
    ) -> Answer:
        """Use a shortcut from a message's menu."""
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

    async def set_tz(self, tz: str) -> None:
        """Travel: the profile's zone changes."""
        self.tz = tz
        await _answered(self.around.posts.user_changed(self))

    async def deactivate(self) -> None:
        """Leave the company."""
        self.deleted = True
        await _answered(self.around.posts.user_changed(self))

    def _own(self, message: Message) -> Channel:
        if message.user != self.id:
            raise PermissionError(f"{self.name} did not write this message.")
        return self.around.workspace.channels[message.channel_id]

    def _only_app(self) -> App:
        return next(each for each in self.around.workspace.apps.values() if each.installed)

    def _default_conversation(self) -> Channel:
        workspace = self.around.workspace
        bots = [each.bot_user_id for each in workspace.apps.values() if each.installed]
        return workspace.open_direct([self.id, *(bots[:1] or [self.id])])


async def _answered(firsts: Iterable[First]) -> None:
    await asyncio.gather(*firsts)
