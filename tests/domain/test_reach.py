"""Whom a message reaches: each person once, by the most direct way, never its author."""

import pytest

from bot.domain.contact import Kind, Message
from bot.domain.reach import MAX_GROUP, reach


def message(channel_type="channel", **more) -> Message:
    return Message("T1", "C1", channel_type, "10.0", "UBO", **more)


def reached(given: Message, *, groups=None, conversation=None, thread=()):
    return reach(given, groups=groups or {}, conversation=conversation, thread=thread)


def test_a_mention_beats_a_group_and_a_thread():
    given = message(mentions=("UANA",), groups=("S1",), thread_ts="9.0", parent_author_id="UCY")
    found = reached(given, groups={"S1": ("UANA", "UDI", "UBO")}, thread={"UDI", "UEVA"})
    assert found.people == {
        "UANA": Kind.MENTION,
        "UDI": Kind.GROUP,
        "UCY": Kind.THREAD,
        "UEVA": Kind.THREAD,
    }
    assert not found.unresolved


@pytest.mark.parametrize(("channel_type", "kind"), [("im", Kind.DM), ("mpim", Kind.GROUP_DM)])
def test_a_direct_message_reaches_its_members(channel_type, kind):
    found = reached(message(channel_type), conversation=("UBO", "UANA"))
    assert found.people == {"UANA": kind}


def test_what_is_not_known_is_to_be_looked_up():
    group = reached(message(groups=("S1", "S2")), groups={"S2": ()})
    assert group.unknown_groups == ("S1",)
    assert group.unresolved
    conversation = reached(message("mpim"))
    assert conversation.unknown_conversation
    assert conversation.unresolved


def test_a_large_group_is_an_audience_and_not_people_written_to():
    crowd = tuple(f"U{n}" for n in range(MAX_GROUP + 1))
    assert reached(message(groups=("S1",)), groups={"S1": crowd}).people == {}
    assert len(reached(message(groups=("S1",)), groups={"S1": crowd[1:]}).people) == MAX_GROUP


def test_a_bot_reaches_only_whom_it_mentions():
    given = message("mpim", mentions=("UANA",), thread_ts="9.0", from_bot=True)
    found = reached(given, conversation=None, thread={"UCY"})
    assert found.people == {"UANA": Kind.MENTION}
    assert not found.unresolved


def test_a_reply_without_a_named_parent_reaches_who_was_seen():
    assert reached(message(thread_ts="9.0"), thread={"UCY", "UBO"}).people == {"UCY": Kind.THREAD}
    assert reached(message(thread_ts="10.0"), thread={"UCY"}).people == {}
