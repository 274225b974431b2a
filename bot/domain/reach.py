"""Who a message reaches, from what is known of groups, conversations and threads."""

from collections.abc import Callable, Iterable, Mapping

from bot.domain.contact import Kind, Message, Reach

MAX_GROUP = 50
"""A larger user group is an audience, not people written to one by one."""

DM_KINDS: Mapping[str, Kind] = {"im": Kind.DM, "mpim": Kind.GROUP_DM}

WHOLE_CHANNEL = frozenset({"channel", "everyone"})
"""The broadcasts that reach every member. Whom ``here`` reached nobody but Slack knows."""


def reach(
    message: Message,
    *,
    groups: Mapping[str, tuple[str, ...]],
    conversation: tuple[str, ...] | None,
    thread: Iterable[str],
    channel: tuple[str, ...] | None = None,
    knows: Callable[[str], bool] = lambda _: True,
) -> Reach:
    """Whom ``message`` reaches, each person at most once and never the author.

    Args:
        message: the message, as ids.
        groups: user group id to member ids, for the groups that are known.
        conversation: the members of a DM or group DM; None when not known. Ignored in channels.
        thread: the people seen so far in the message's thread.
        channel: the members of the channel, for a broadcast; None when not known.
        knows: whether it is known who somebody is.
    """
    people: dict[str, Kind] = {}

    def add(user_ids: Iterable[str], kind: Kind) -> None:
        for user_id in user_ids:
            if user_id != message.author_id:
                people.setdefault(user_id, kind)

    add(message.mentions, Kind.MENTION)
    unknown, large = [], []
    for group_id in message.groups:
        members = groups.get(group_id)
        if members is None:
            unknown.append(group_id)
        elif len(members) <= MAX_GROUP:
            add(members, Kind.GROUP)
        else:
            large.append(group_id)
    dm_kind = DM_KINDS.get(message.channel_type)
    if dm_kind is not None:
        return _direct(message, dm_kind, people, conversation, knows)
    if message.is_reply and not message.from_bot:
        add([message.parent_author_id] if message.parent_author_id else (), Kind.THREAD)
        add(thread, Kind.THREAD)
    whole = message.broadcast if message.broadcast in WHOLE_CHANNEL else None
    crowd = {member for group_id in large for member in groups[group_id]}
    crowd.update(channel or () if whole else ())
    return Reach(
        people,
        tuple(unknown),
        unknown_channel=whole is not None and channel is None,
        strangers=tuple(each for each in people if not knows(each)),
        audiences=(*([whole] if whole else ()), *large),
        crowd=frozenset(crowd - people.keys() - {message.author_id}),
    )


def _direct(
    message: Message,
    kind: Kind,
    people: dict[str, Kind],
    members: tuple[str, ...] | None,
    knows: Callable[[str], bool],
) -> Reach:
    """Only the members of a direct conversation are reached, whoever else is named in it."""
    if members is None:
        return Reach({}, unknown_conversation=True)
    reached = {user_id: how for user_id, how in people.items() if user_id in members}
    if not message.from_bot:
        for user_id in members:
            if user_id != message.author_id:
                reached.setdefault(user_id, kind)
    return Reach(reached, strangers=tuple(each for each in reached if not knows(each)))
