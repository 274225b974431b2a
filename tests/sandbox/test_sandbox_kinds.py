"""The kinds of message: files, /me, broadcasts, reactions, and what deletion leaves behind."""

from typing import Any

import pytest
from slack_sdk.errors import SlackApiError

from tests.sandbox.world import World, refusal


async def history(world: World) -> list[dict[str, Any]]:
    answer = await world.bot.conversations_history(channel=world.general.id)
    return list(answer["messages"])


async def test_a_shared_file_comes_with_its_message(world: World) -> None:
    await world.ana.share(world.general, "plan.pdf", "notes.txt", text="@bo please read")
    (event,) = world.receiver.events
    assert (event["subtype"], event["upload"]) == ("file_share", False)
    assert [each["name"] for each in event["files"]] == ["plan.pdf", "notes.txt"]
    assert event["text"] == f"<@{world.bo.id}> please read"
    assert (await history(world))[0]["files"][0]["filetype"] == "pdf"


async def test_what_one_does_has_no_blocks(world: World) -> None:
    await world.ana.me(world.general, "waves at @bo")
    (event,) = world.receiver.events
    assert event["subtype"] == "me_message"
    assert event["text"] == f"waves at <@{world.bo.id}>"
    assert "blocks" not in event


async def test_a_broadcast_is_told_once_with_its_root(world: World) -> None:
    parent = await world.ana.post(world.general, "question")
    world.receiver.got.clear()
    await world.bo.reply(parent, "answer for all", broadcast=True)
    (event,) = world.receiver.events
    assert (event["subtype"], event["channel"]) == ("thread_broadcast", world.general.id)
    assert event["thread_ts"] == event["root"]["ts"] == parent.ts
    assert event["root"]["reply_count"] == 1


async def test_reactions_are_counted_with_the_message(world: World) -> None:
    world.app.bot_events |= {"reaction_added", "reaction_removed"}
    world.app.scopes |= {"reactions:read"}
    message = await world.ana.post(world.general, "ship it?")
    await world.bo.react(message, "eyes")
    await world.ana.react(message, "eyes")
    await world.ana.react(message, "ship")
    await world.ana.unreact(message, "ship")
    eyes = {"name": "eyes", "users": [world.bo.id, world.ana.id], "count": 2}
    assert (await history(world))[0]["reactions"] == [eyes]
    replies = await world.bot.conversations_replies(channel=world.general.id, ts=message.ts)
    assert replies["messages"][0]["reactions"] == [eyes]
    told = [each for each in world.receiver.events if each["type"] != "message"]
    assert [each["type"] for each in told] == ["reaction_added"] * 3 + ["reaction_removed"]
    assert told[0]["item"] == {"type": "message", "channel": world.general.id, "ts": message.ts}
    with pytest.raises(PermissionError):
        await world.cy.react(message, "eyes")


async def test_a_parent_with_replies_leaves_a_tombstone(world: World) -> None:
    parent = await world.ana.post(world.general, "secret @bo")
    reply = await world.bo.reply(parent, "oh")
    world.receiver.got.clear()
    token = world.ana.grant(world.app, "chat:write")
    await world.client(token).chat_delete(channel=world.general.id, ts=parent.ts)
    await world.sandbox.settle()
    (event,) = world.receiver.events
    assert (event["subtype"], event["hidden"]) == ("message_changed", True)
    assert event["message"]["subtype"] == "tombstone"
    assert event["message"]["user"] == "USLACKBOT"
    assert event["previous_message"]["user"] == world.ana.id
    (left,) = await history(world)
    assert (left["text"], left["reply_count"]) == ("This message was deleted.", 1)
    assert "blocks" not in left
    assert parent.deleted
    with pytest.raises(SlackApiError) as raised:
        await world.client(token).chat_delete(channel=world.general.id, ts=parent.ts)
    assert refusal(raised) == "cant_delete_message"
    await world.bo.delete(reply)
    assert await history(world) == []
    last = world.receiver.events[-1]
    assert (last["subtype"], last["deleted_ts"]) == ("message_deleted", parent.ts)
    assert last["previous_message"]["subtype"] == "tombstone"
