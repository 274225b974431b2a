"""chat.*: posting, editing and deleting messages."""

from __future__ import annotations

import json
import time
from typing import Any

from sandbox.api.call import ApiError, Call
from sandbox.blocks import MESSAGE, NEW_BLOCKS, check_blocks
from sandbox.records import Channel, Json, Message
from sandbox.screens import identified
from sandbox.state import Workspace

MAX_TEXT = 40_000
MAX_UPDATE_TEXT = 4_000
MAX_METADATA_BYTES = 16_000
MAX_ATTACHMENTS = 100


def post_message(call: Call) -> Json:
    """chat.postMessage, at most one message a second into a channel."""
    channel = _writable(call)
    content = _content(call) | {"metadata": _metadata(call)} | _thread(call, channel)
    content["text"] = content["text"][:MAX_TEXT]
    _take_turn(call, channel)
    message = call.posts.write_as(call.token, channel, **content)
    shape = message.payload(with_metadata=True)
    return {"channel": channel.id, "ts": message.ts, "message": shape}


def post_ephemeral(call: Call) -> Json:
    """chat.postEphemeral: only members can get one, and only who is there sees it."""
    channel = call.joined_channel()
    if channel.is_archived:
        raise ApiError("is_archived")
    person = call.user()
    if person.id not in channel.members:
        raise ApiError("user_not_in_channel")
    content = _content(call)
    if thread_ts := call.text("thread_ts"):
        content["thread_ts"] = thread_ts
    message = call.posts.whisper(channel, call.app, person, **content)
    return {"message_ts": message.ts}


def update(call: Call) -> Json:
    """chat.update of a message of one's own."""
    channel = call.channel()
    message = _own_message(call, channel, "cant_update_message")
    content = _content(call) if call.params.keys() & {"text", "blocks", "attachments"} else {}
    if len(content.get("text", "")) > MAX_UPDATE_TEXT:
        raise ApiError("msg_too_long")
    if "blocks" not in call.params and "text" in call.params:
        content.pop("blocks", None)
    if content.get("blocks") and _is_rich(message.blocks) and not _is_rich(content["blocks"]):
        raise ApiError("block_mismatch")
    if "metadata" in call.params:
        content["metadata"] = _metadata(call)
    call.posts.edit(channel, message, **content)
    shape = message.payload()
    return {"channel": channel.id, "ts": message.ts, "text": message.text, "message": shape}


def delete(call: Call) -> Json:
    """chat.delete: a bot deletes its own messages, a user token what that person can delete."""
    channel = call.channel()
    message = _own_message(call, channel, "cant_delete_message")
    if call.token.kind == "user" and not call.workspace.members_may_delete:
        raise ApiError("cant_delete_message")
    call.posts.delete(channel, message)
    return {"channel": channel.id, "ts": message.ts}


def get_permalink(call: Call) -> Json:
    """chat.getPermalink."""
    channel = call.channel()
    message = channel.message(call.text("message_ts"))
    if message is None:
        raise ApiError("message_not_found")
    stamp = message.ts.replace(".", "")
    link = f"https://{call.workspace.domain}.slack.com/archives/{channel.id}/p{stamp}"
    if message.is_reply:
        link += f"?thread_ts={message.thread_ts}&cid={channel.id}"
    return {"channel": channel.id, "permalink": link}


def checked_blocks(blocks: Any, workspace: Workspace) -> list[Json]:
    """Blocks that the workspace would take.

    Raises:
        ApiError: invalid_blocks or invalid_blocks_format.
    """
    if not isinstance(blocks, list):
        raise ApiError("invalid_blocks_format")
    problems = check_blocks(blocks, MESSAGE)
    if workspace.refuse_new_blocks:
        kinds = (block.get("type") for block in blocks if isinstance(block, dict))
        problems += [f"unsupported block type: {kind}" for kind in kinds if kind in NEW_BLOCKS]
    if problems:
        lines = [f"[ERROR] {each}" for each in problems]
        raise ApiError(
            "invalid_blocks", {"errors": problems, "response_metadata": {"messages": lines}}
        )
    return blocks


def _writable(call: Call) -> Channel:
    """The conversation to post in; a user id stands for the direct message with that person."""
    if call.text("channel").startswith(("U", "W")):
        person = call.user("channel")
        if not call.may_write_to(person):
            raise ApiError("channel_not_found")
        return call.workspace.open_direct([call.token.user_id, person.id])
    channel = call.channel()
    if channel.is_archived:
        raise ApiError("is_archived")
    if call.token.user_id not in channel.members:
        public = "chat:write.public" in call.token.scopes and call.token.kind == "bot"
        if not public:
            raise ApiError("not_in_channel")
    return channel


def _content(call: Call) -> Json:
    blocks = call.params.get("blocks") or []
    attachments = call.params.get("attachments") or []
    if not isinstance(attachments, list):
        raise ApiError("invalid_attachments")
    if len(attachments) > MAX_ATTACHMENTS:
        raise ApiError("too_many_attachments")
    text = call.text("text")
    if not (text or blocks or attachments):
        raise ApiError("no_text")
    stored = identified(checked_blocks(blocks, call.workspace), call.workspace)
    return {"text": text, "blocks": stored, "attachments": attachments}


def _metadata(call: Call) -> Json | None:
    metadata = call.params.get("metadata")
    if not metadata:
        return None
    if not isinstance(metadata, dict):
        raise ApiError("invalid_metadata_format")
    payload = metadata.get("event_payload")
    if not isinstance(metadata.get("event_type"), str) or not isinstance(payload, dict):
        raise ApiError("invalid_metadata_schema")
    if len(json.dumps(metadata).encode()) > MAX_METADATA_BYTES:
        raise ApiError("metadata_too_large")
    return metadata


def _thread(call: Call, channel: Channel) -> Json:
    thread_ts = call.text("thread_ts")
    if not thread_ts:
        return {}
    parent = channel.message(thread_ts)
    if parent is None:
        raise ApiError("thread_not_found")
    broadcast = {"subtype": "thread_broadcast"} if call.flag("reply_broadcast") else {}
    return {"thread_ts": parent.thread_ts or parent.ts} | broadcast


def _take_turn(call: Call, channel: Channel) -> None:
    workspace, now_s = call.workspace, time.monotonic()
    last_s = workspace.last_post_s.get(channel.id)
    if last_s is not None and now_s - last_s < workspace.rate_limit_per_channel_s:
        raise ApiError("ratelimited", status=429, headers={"Retry-After": "1"})
    workspace.last_post_s[channel.id] = now_s


def _own_message(call: Call, channel: Channel, refusal: str) -> Message:
    message = channel.message(call.text("ts"))
    if message is None:
        raise ApiError("message_not_found")
    if message.user != call.token.user_id:
        raise ApiError(refusal)
    return message


def _is_rich(blocks: list[Json]) -> bool:
    return any(block["type"] == "rich_text" for block in blocks)
