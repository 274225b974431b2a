"""Workflows: what Slack's own automation posts, in the name of no person."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from sandbox.posting import Posts
from sandbox.records import Channel, Message, User
from sandbox.richtext import Composer
from sandbox.state import Workspace


@dataclass(eq=False)
class Workflow:
    """A workflow of the workspace; its bot posts anywhere without being a member."""

    id: str
    name: str
    bot_user: User
    workspace: Workspace
    posts: Posts

    @classmethod
    def create(cls, name: str, workspace: Workspace, posts: Posts) -> Workflow:
        """A new workflow with a bot of its own."""
        bot_user = User(
            workspace.mint("U"),
            name.lower().replace(" ", "_"),
            "America/Los_Angeles",
            name,
            is_bot=True,
            bot_id=workspace.mint("B"),
            app_id=workspace.mint("A"),
        )
        workspace.users[bot_user.id] = bot_user
        return cls(workspace.mint("Wf"), name, bot_user, workspace, posts)

    async def post(self, channel: Channel, text: str, *, thread_ts: str | None = None) -> Message:
        """Post a message; mentions are typed as a person types them."""
        said, blocks = Composer(self.workspace).message(text)
        bot = self.bot_user
        profile = {"id": bot.bot_id, "app_id": bot.app_id, "name": self.name, "deleted": False}
        message, firsts = self.posts.write(
            channel,
            bot.id,
            text=said,
            blocks=blocks,
            thread_ts=thread_ts,
            bot_id=bot.bot_id,
            app_id=bot.app_id,
            bot_profile=profile | {"is_workflow_bot": True},
            workflow_id=self.id,
        )
        await asyncio.gather(*firsts)
        return message
