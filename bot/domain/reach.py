"""Who a message reaches, from what is known of groups, conversations and threads."""

from collections.abc import Iterable, Mapping

from bot.domain.contact import Kind, Message, Reach

MAX_GROUP = 50
"""A larger user group is an audience, not people written to one by one."""

DM_KINDS: Mapping[str, Kind] = {"im": Kind.DM, "mpim": Kind.GROUP_DM}


def reach(
    message: Message,
    *,
    groups: Mapping[str, tuple[str, ...]],
    conversation: tuple[str, ...] | None,
    thread: Iterable[str],
) -> Reach:
    """Whom ``message`` reaches, each person at most once and never the author.

    Args:
        message: the message, as ids.
        groups: user group id to member ids, for the groups that are known.
        conversation: the members of a DM or group DM; None when not known. Ignored in channels.
        thread: the people seen so far in the message's thread.
    """
    people: dict[str, Kind] = {}

    def add(user_ids: Iterable[str], kind: Kind) -> None:
        for user_id in user_ids:
            if user_id != message.author_id:
                people.setdefault(user_id, kind)

    add(message.mentions, Kind.MENTION)
    unknown = []
    for group_id in message.groups:
        members = groups.get(group_id)
        if members is None:
            unknown.append(group_id)
        elif len(members) <= MAX_GROUP:
            add(members, Kind.GROUP)
    dm_kind = None if message.from_bot else DM_KINDS.get(message.channel_type)
    if dm_kind is not None and conversation is not None:
        add(conversation, dm_kind)
    if message.is_reply and not message.from_bot:
        add([message.parent_author_id] if message.parent_author_id else (), Kind.THREAD)
        add(thread, Kind.THREAD)
    return Reach(people, tuple(unknown), dm_kind is not None and conversation is None)
