"""Whom a message reaches: each person once, by the most direct way, never its author."""

import pytest

from bot.domain.contact import Kind, Message
from bot.domain.reach import MAX_GROUP, reach


def message(channel_type="channel", **more) -> Message:
    return Message("T1", "C1", channel_type, "10.0", "UBO", **more)


def reached(given: Message, *, groups=None, conversation=None, thread=(), **more):
    return reach(given, groups=groups or {}, conversation=conversation, thread=thread, **more)


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
    large = reached(message(groups=("S1",), mentions=("U7", "UDI")), groups={"S1": crowd})
    assert large.people == {"U7": Kind.MENTION, "UDI": Kind.MENTION}
    assert large.audiences == ("S1",)
    assert large.crowd == set(crowd) - {"U7"}
    small = reached(message(groups=("S1",)), groups={"S1": crowd[1:]})
    assert len(small.people) == MAX_GROUP
    assert small.audiences == ()


@pytest.mark.parametrize("word", ["channel", "everyone"])
def test_a_whole_channel_is_an_audience_without_its_author(word):
    given = message(broadcast=word, mentions=("UANA",))
    unknown = reached(given)
    assert unknown.unknown_channel
    assert unknown.unresolved
    assert unknown.is_partial
    found = reached(given, channel=("UANA", "UBO", "UCY"))
    assert (found.people, found.audiences, found.crowd) == (
        {"UANA": Kind.MENTION},
        (word,),
        {"UCY"},
    )
    assert not found.unresolved


def test_who_is_here_nobody_but_slack_knows():
    found = reached(message(broadcast="here"), channel=("UANA", "UBO"))
    assert (found.people, found.audiences, found.crowd) == ({}, (), frozenset())
    assert not found.unresolved


def test_a_broadcast_and_a_large_group_are_one_crowd():
    crowd = tuple(f"U{n}" for n in range(MAX_GROUP + 1))
    given = message(broadcast="channel", groups=("S1",))
    found = reached(given, groups={"S1": crowd}, channel=("U1", "UANA"))
    assert found.audiences == ("channel", "S1")
    assert found.crowd == {*crowd, "UANA"}


def test_a_bot_reaches_only_whom_it_mentions():
    given = message(mentions=("UANA",), thread_ts="9.0", from_bot=True)
    assert reached(given, thread={"UCY"}).people == {"UANA": Kind.MENTION}
    direct = message("mpim", mentions=("UANA",), from_bot=True)
    assert reached(direct).unresolved
    assert reached(direct, conversation=("UANA", "UCY")).people == {"UANA": Kind.MENTION}


def test_a_direct_message_reaches_nobody_else_who_is_named_in_it():
    given = message("im", mentions=("UANA", "UCY"), groups=("S1",), broadcast="channel")
    found = reached(given, conversation=("UBO", "UANA"))
    assert found.people == {"UANA": Kind.MENTION}
    assert not found.unresolved


@pytest.mark.parametrize("channel_type", ["channel", "im"])
def test_somebody_nothing_is_known_of_is_asked_about(channel_type):
    given = message(channel_type, mentions=("UANA", "UZOE"))
    members = ("UBO", "UANA", "UZOE")
    found = reached(given, conversation=members, knows={"UANA"}.__contains__)
    assert found.strangers == ("UZOE",)
    assert found.unresolved
    assert not found.is_partial


def test_a_reply_without_a_named_parent_reaches_who_was_seen():
    assert reached(message(thread_ts="9.0"), thread={"UCY", "UBO"}).people == {"UCY": Kind.THREAD}
    assert reached(message(thread_ts="10.0"), thread={"UCY"}).people == {}
