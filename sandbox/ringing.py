"""Whom a new message reaches, and whose devices ring."""

from __future__ import annotations

import json
from collections.abc import Iterator

from sandbox.records import Channel, Message, Ring
from sandbox.silence import is_silent
from sandbox.state import Workspace

QUIET_SUBTYPES = frozenset({"channel_join"})


def ring(workspace: Workspace, channel: Channel, message: Message) -> None:
    """Ring the devices a new message reaches, and write down whose rang and whose did not."""
    now = workspace.clock.now()
    for user_id in _reached(workspace, channel, message):
        rang = not is_silent(workspace.users[user_id], now)
        workspace.rings.append(Ring(now, message, user_id, rang))
        if rang:
            message.rang_for |= {user_id}
        else:
            message.silent_for |= {user_id}


def _reached(workspace: Workspace, channel: Channel, message: Message) -> Iterator[str]:
    """The people told of a message by a device: addressed, or taking part in the thread."""
    said = message.text + json.dumps(message.blocks)
    parent = channel.message(message.thread_ts) if message.is_reply else None
    in_thread = {parent.user, *(each.user for each in parent.replies)} if parent else set()
    everybody = channel.is_direct or _addresses(said, "channel") or _addresses(said, "everyone")
    groups = [
        each
        for each in workspace.usergroups.values()
        if f"<!subteam^{each.id}" in said or f'"usergroup_id": "{each.id}"' in said
    ]
    for member in channel.members:
        user = workspace.users[member]
        if user.is_bot or user.deleted or member == message.user:
            continue
        if message.subtype not in QUIET_SUBTYPES and (
            everybody
            or member in in_thread
            or f"<@{member}" in said
            or f'"user_id": "{member}"' in said
            or (user.active and _addresses(said, "here"))
            or any(member in group.members for group in groups)
        ):
            yield member


def _addresses(said: str, everyone: str) -> bool:
    return f"<!{everyone}" in said or f'"range": "{everyone}"' in said
