"""conversations.*: who is where, and what was said."""

from __future__ import annotations

from sandbox.api.call import HISTORY, ApiError, Call
from sandbox.records import Channel, Json, Message

_KINDS = {"public_channel": "channel", "private_channel": "group", "im": "im", "mpim": "mpim"}
MAX_OPEN = 8


def list_all(call: Call) -> Json:
    """conversations.list: what the caller can see, of the types asked for."""
    return _listing(call, call.token.user_id, joined_only=False)


def of_user(call: Call) -> Json:
    """users.conversations: what a person (or the caller) is a member of."""
    person = call.user().id if call.text("user") else call.token.user_id
    return _listing(call, person, joined_only=True)


def info(call: Call) -> Json:
    """conversations.info."""
    channel = call.channel()
    call.need_for(channel, "read")
    return {"channel": call.workspace.channel_json(channel, call.token.user_id)}


def members(call: Call) -> Json:
    """conversations.members: user ids only."""
    channel = call.channel()
    call.need_for(channel, "read")
    page, metadata = call.page(channel.members)
    return {"members": page, "response_metadata": metadata}


def open_direct(call: Call) -> Json:
    """conversations.open: a direct message with one to eight people."""
    if call.text("channel"):
        channel, was_open = call.channel(), True
    else:
        ids = call.names("users")
        if not 1 <= len(ids) <= MAX_OPEN:
            raise ApiError("users_list_not_supplied" if not ids else "too_many_users")
        for each in ids:
            if each not in call.workspace.users:
                raise ApiError("user_not_found")
            if call.workspace.users[each].deleted:
                raise ApiError("user_disabled")
            if not call.may_write_to(call.workspace.users[each]):
                raise ApiError("user_not_visible")
        everybody = [call.token.user_id, *ids]
        call.need("im:write" if len(set(everybody)) <= 2 else "mpim:write")  # noqa: PLR2004 - an im has two
        was_open = call.workspace.direct(everybody) is not None
        channel = call.workspace.open_direct(everybody)
    shape: Json = {"id": channel.id}
    if call.flag("return_im"):
        shape = call.workspace.channel_json(channel, call.token.user_id)
    return {"channel": shape, "no_op": was_open, "already_open": was_open}


def join(call: Call) -> Json:
    """conversations.join: public channels only."""
    channel = call.channel()
    if channel.kind != "channel":
        raise ApiError("method_not_supported_for_channel_type")
    if channel.is_archived:
        raise ApiError("is_archived")
    call.posts.join(channel, call.caller)
    return {"channel": call.workspace.channel_json(channel, call.token.user_id)}


def history(call: Call) -> Json:
    """conversations.history, newest first, without thread replies."""
    channel = call.joined_channel()
    call.need_for(channel, "history")
    shown = [each for each in channel.messages if not each.is_reply or _is_broadcast(each)]
    within = [each for each in shown if _within(call, each)]
    page, metadata = call.page(within[::-1], most=999)
    return _messages(call, page, metadata)


def replies(call: Call) -> Json:
    """conversations.replies, the parent first, oldest first."""
    channel = call.joined_channel()
    call.need_for(channel, "history")
    asked = channel.message(call.text("ts"))
    if asked is None:
        raise ApiError("thread_not_found")
    parent = channel.message(asked.thread_ts) or asked
    thread = [parent, *(each for each in parent.replies if _within(call, each))]
    page, metadata = call.page(thread, most=999)
    return _messages(call, page, metadata)


def _listing(call: Call, person: str, *, joined_only: bool) -> Json:
    types = call.names("types") or ["public_channel"]
    if not set(types) <= _KINDS.keys():
        raise ApiError("invalid_types")
    kinds = {_KINDS[each] for each in types}
    for kind in sorted(kinds):
        call.need(f"{HISTORY[kind]}:read")

    def visible(channel: Channel) -> bool:
        may_see = channel.kind == "channel" or call.token.user_id in channel.members
        wanted = not (channel.is_archived and call.flag("exclude_archived"))
        return may_see and wanted and (not joined_only or person in channel.members)

    every = call.workspace.channels.values()
    found = [each for each in every if each.kind in kinds and visible(each)]
    page, metadata = call.page(found)
    shapes = [call.workspace.channel_json(each, call.token.user_id) for each in page]
    return {"channels": shapes, "response_metadata": metadata}


def _messages(call: Call, page: list[Message], metadata: Json) -> Json:
    with_metadata = call.flag("include_all_metadata")
    return {
        "messages": [each.payload(with_metadata=with_metadata) for each in page],
        "has_more": bool(metadata["next_cursor"]),
        "response_metadata": metadata,
    }


def _within(call: Call, message: Message) -> bool:
    oldest, latest = call.text("oldest", "0"), call.text("latest")
    ts = float(message.ts)
    if call.flag("inclusive"):
        return float(oldest) <= ts and (not latest or ts <= float(latest))
    return float(oldest) < ts and (not latest or ts < float(latest))


def _is_broadcast(message: Message) -> bool:
    return message.subtype == "thread_broadcast"
