"""Speaking through a response_url, or in the answer to a slash command."""

from __future__ import annotations

from typing import Any

from sandbox.api.call import ApiError
from sandbox.api.chat import checked_blocks
from sandbox.posting import Posts
from sandbox.records import App, Channel, Json, Message, ResponseUrl, User
from sandbox.screens import identified
from sandbox.state import Workspace

MAX_USES = 5


class Responses:
    """Shows what an app says where a person acted, whether or not the bot is a member there."""

    def __init__(self, workspace: Workspace, posts: Posts) -> None:
        self._workspace = workspace
        self._posts = posts

    def use(self, url_id: str, body: Any) -> None:
        """One POST to a response_url.

        Raises:
            ApiError: the URL is unknown, used up or expired, or the message is not valid.
        """
        entry = self._workspace.response_urls.get(url_id)
        if entry is None:
            raise ApiError("invalid_url", status=404)
        if entry.uses >= MAX_USES:
            raise ApiError("used_url", status=404)
        if self._workspace.clock.now() >= entry.expires_at:
            raise ApiError("expired_url", status=404)
        if not isinstance(body, dict):
            raise ApiError("invalid_payload", status=400)
        entry.uses += 1
        self._respond(entry, body)

    def show(self, app: App, person: User, channel: Channel, body: Any) -> Message | None:
        """A new message, ephemeral unless the body says in_channel; None for an empty body."""
        content = {"text": body} if isinstance(body, str) else body
        if not isinstance(content, dict) or not (content.get("text") or content.get("blocks")):
            return None
        fields: Json = {"text": content.get("text") or "", "blocks": self._blocks(content)}
        if content.get("thread_ts"):
            fields["thread_ts"] = content["thread_ts"]
        if content.get("response_type") != "in_channel":
            return self._posts.whisper(channel, app, person, **fields)
        stamp = {"bot_id": app.bot_id, "app_id": app.app_id}
        message, _ = self._posts.write(channel, app.bot_user_id, **stamp, **fields)
        message.for_user = person.id
        self._workspace.private_messages.append(message)
        return message

    def _respond(self, entry: ResponseUrl, body: Json) -> None:
        channel = self._workspace.channels[entry.channel_id]
        original = entry.original
        if body.get("delete_original"):
            if original is None:
                raise ApiError("cant_delete_message", status=400)
            self._remove(channel, original)
        elif body.get("replace_original") and original is not None:
            self._replace(channel, original, body)
        else:
            app = self._workspace.apps[entry.app_id]
            if self.show(app, self._workspace.users[entry.user_id], channel, body) is None:
                raise ApiError("no_text", status=400)

    def _remove(self, channel: Channel, original: Message) -> None:
        if original.ephemeral:
            original.deleted = True
            if original in self._workspace.private_messages:
                self._workspace.private_messages.remove(original)
        else:
            self._posts.delete(channel, original)

    def _replace(self, channel: Channel, original: Message, body: Json) -> None:
        fields: Json = {"text": body.get("text") or "", "blocks": self._blocks(body)}
        if not (fields["text"] or fields["blocks"]):
            raise ApiError("no_text", status=400)
        if original.ephemeral:
            original.text, original.blocks = fields["text"], fields["blocks"]
        else:
            self._posts.edit(channel, original, **fields)

    def _blocks(self, body: Json) -> list[Json]:
        return identified(
            checked_blocks(body.get("blocks") or [], self._workspace), self._workspace
        )
