"""Posting in the sandbox: what apps hear, who may write where, who sees what."""

import time
from datetime import timedelta
from typing import Any

import pytest
from slack_sdk.errors import SlackApiError

from tests.sandbox.world import World, refusal

ROW = {"type": "section", "text": {"type": "mrkdwn", "text": "Hello"}}


async def test_a_posted_message_arrives_signed_and_complete(world: World) -> None:
    message = await world.ana.post(world.general, "@bo look at `@cy` & https://example.com")
    event = world.receiver.events[0]
    assert event["type"] == "message"
    assert event["channel_type"] == "channel"
    assert (event["user"], event["ts"]) == (world.ana.id, message.ts)
    assert event["text"] == f"<@{world.bo.id}> look at `@cy` &amp; <https://example.com>"
    assert event["client_msg_id"] == message.client_msg_id
    elements = event["blocks"][0]["elements"][0]["elements"]
    assert elements[0] == {"type": "user", "user_id": world.bo.id}
    assert {"type": "text", "text": "@cy", "style": {"code": True}} in elements
    envelope = world.receiver.got[0]
    assert envelope["authorizations"][0]["user_id"] == world.app.bot_user_id
    assert envelope["api_app_id"] == world.app.app_id
    assert world.receiver.forged == 0
    assert world.sandbox.deliveries[-1].status == 200


async def test_groups_broadcasts_and_punctuation_become_elements(world: World) -> None:
    group = world.sandbox.add_usergroup("oncall", "On call", [world.bo])
    message = await world.ana.post(world.general, "@oncall @here <@U0UNKNOWN1> thanks @bo.")
    assert message.text == (f"<!subteam^{group.id}> <!here> <@U0UNKNOWN1> thanks <@{world.bo.id}>.")
    kinds = [each["type"] for each in message.blocks[0]["elements"][0]["elements"]]
    assert kinds == ["usergroup", "text", "broadcast", "text", "user", "text", "user", "text"]


async def test_timestamps_increase_although_the_clock_stands(world: World) -> None:
    stamps = [(await world.ana.post(world.general, "again")).ts for _ in range(3)]
    assert stamps == sorted(set(stamps))
    assert stamps[0].startswith(str(int(world.sandbox.clock.now().timestamp())))


async def test_the_bot_hears_its_own_posts_with_its_ids_and_without_client_msg_id(
    world: World,
) -> None:
    answer = await world.bot.chat_postMessage(channel=world.general.id, text="I am here")
    await world.sandbox.settle()
    event = world.receiver.events[0]
    assert event["ts"] == answer["ts"]
    assert event["app_id"] == world.app.app_id
    assert event["bot_id"] == world.app.bot_id
    assert "client_msg_id" not in event


async def test_a_user_token_posts_as_the_person_but_stamped_with_the_app(world: World) -> None:
    token = world.sandbox.grant(world.app, world.ana, ["chat:write"])
    answer = await world.client(token).chat_postMessage(channel=world.general.id, text="later")
    message = world.sandbox.messages(world.general.id)[-1]
    assert message.user == world.ana.id
    assert message.app_id == world.app.app_id
    assert message.bot_id not in {None, world.app.bot_id}
    assert message.client_msg_id is None
    await world.client(token).chat_delete(channel=world.general.id, ts=answer["ts"])
    assert world.sandbox.messages(world.general.id) == []
    call = world.sandbox.calls_to("chat.delete")[0]
    assert (call.token_kind, call.user_id) == ("user", world.ana.id)


async def test_edits_and_deletions_are_hidden_events(world: World) -> None:
    message = await world.ana.post(world.general, "one")
    await world.ana.edit(message, "two @bo")
    await world.ana.delete(message)
    _, changed, deleted = world.receiver.events
    assert changed["subtype"] == "message_changed"
    assert changed["previous_message"]["text"] == "one"
    assert changed["message"]["edited"]["user"] == world.ana.id
    assert deleted["subtype"] == "message_deleted"
    assert deleted["deleted_ts"] == message.ts
    assert deleted["hidden"] is True


async def test_threads_know_their_parent_and_a_broadcast_shows_in_the_channel(world: World) -> None:
    parent = await world.ana.post(world.general, "question")
    reply = await world.bo.post(world.general, "answer", thread_ts=parent.ts)
    event = world.receiver.events[-1]
    assert (event["thread_ts"], event["parent_user_id"]) == (parent.ts, world.ana.id)
    await world.bo.post(world.general, "for all", thread_ts=parent.ts, subtype="thread_broadcast")
    history = await world.bot.conversations_history(channel=world.general.id)
    assert [each["text"] for each in history["messages"]] == ["for all", "question"]
    assert history["messages"][1]["reply_count"] == 2
    replies = await world.bot.conversations_replies(channel=world.general.id, ts=reply.ts)
    assert [each["text"] for each in replies["messages"]] == ["question", "answer", "for all"]


async def test_only_conversations_the_bot_is_in_raise_events(world: World) -> None:
    side = world.sandbox.add_channel("side", [world.ana, world.cy])
    await world.ana.post(side, "psst")
    await world.ana.post(world.sandbox.dm(world.ana, world.bo), "hi")
    assert world.receiver.events == []
    await world.ana.post(world.sandbox.dm(world.ana, world.app), "hi bot")
    assert world.receiver.events[0]["channel_type"] == "im"


async def test_user_events_reach_a_dm_once_however_many_consented(world: World) -> None:
    world.app.user_events = frozenset({"message.im"})
    for person in (world.ana, world.bo):
        world.sandbox.grant(world.app, person, ["im:history"])
    await world.ana.post(world.sandbox.dm(world.ana, world.bo), "late again")
    assert len(world.receiver.events) == 1
    envelope = world.receiver.got[0]
    assert [each["is_bot"] for each in envelope["authorizations"]] == [False]
    answer = await world.client(world.app.app_token).api_call(
        "apps.event.authorizations.list", params={"event_context": envelope["event_context"]}
    )
    assert [each["user_id"] for each in answer["authorizations"]] == [world.ana.id, world.bo.id]


async def test_an_event_needs_its_scope(world: World) -> None:
    world.app.scopes -= {"channels:history"}
    await world.ana.post(world.general, "unheard")
    assert world.receiver.events == []


@pytest.mark.parametrize(
    ("who", "error"),
    [
        ("side", "not_in_channel"),
        ("private", "channel_not_found"),
        ("old", "is_archived"),
        ("none", "channel_not_found"),
    ],
)
async def test_where_a_bot_may_not_post(world: World, who: str, error: str) -> None:
    sandbox = world.sandbox
    channels = {
        "side": sandbox.add_channel("side", [world.ana]).id,
        "private": sandbox.add_channel("private", [world.ana], is_private=True).id,
        "old": sandbox.add_channel("old", [world.ana, world.app]).id,
        "none": "C0NOTTHERE",
    }
    sandbox.workspace.channels[channels["old"]].is_archived = True
    with pytest.raises(SlackApiError) as raised:
        await world.bot.chat_postMessage(channel=channels[who], text="hello")
    assert refusal(raised) == error


async def test_posting_to_a_person_opens_the_direct_message(world: World) -> None:
    answer = await world.bot.chat_postMessage(channel=world.ana.id, text="hello")
    assert answer["channel"] == world.sandbox.dm(world.ana, world.app).id


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        ({"text": ""}, "no_text"),
        ({"blocks": [ROW] * 51, "text": "x"}, "invalid_blocks"),
        ({"blocks": [{"type": "header", "text": ROW["text"]}]}, "invalid_blocks"),
        ({"blocks": [{"type": "poem"}]}, "invalid_blocks"),
        ({"blocks": "[", "text": "x"}, "invalid_blocks_format"),
        ({"text": "x", "metadata": {"event_type": "a"}}, "invalid_metadata_schema"),
        ({"text": "x", "thread_ts": "1.000000"}, "thread_not_found"),
    ],
)
async def test_what_a_message_may_not_be(
    world: World, arguments: dict[str, Any], error: str
) -> None:
    with pytest.raises(SlackApiError) as raised:
        await world.bot.api_call("chat.postMessage", json={"channel": world.general.id} | arguments)
    assert refusal(raised) == error


async def test_metadata_comes_back_to_who_asks_for_it(world: World) -> None:
    note = {"event_type": "held", "event_payload": {"id": "abc"}}
    await world.bot.chat_postMessage(channel=world.general.id, text="x", metadata=note)
    plain = await world.bot.conversations_history(channel=world.general.id)
    full = await world.bot.conversations_history(
        channel=world.general.id, include_all_metadata=True
    )
    assert "metadata" not in plain["messages"][0]
    assert full["messages"][0]["metadata"] == note


async def test_one_message_a_second_per_channel(world: World) -> None:
    world.sandbox.rate_limit_per_channel_s = 1.0
    other = world.sandbox.add_channel("other", [world.app])
    await world.bot.chat_postMessage(channel=world.general.id, text="one")
    began_s = time.monotonic()
    with pytest.raises(SlackApiError) as raised:
        await world.bot.chat_postMessage(channel=world.general.id, text="two")
    assert time.monotonic() - began_s < 1
    assert raised.value.response.status_code == 429
    assert raised.value.response.headers["Retry-After"] == "1"
    await world.bot.chat_postMessage(channel=other.id, text="elsewhere")


async def test_ephemerals_are_for_members_who_are_there(world: World) -> None:
    post = world.bot.chat_postEphemeral
    await post(channel=world.general.id, user=world.ana.id, text="only you")
    world.bo.active = False
    assert (await post(channel=world.general.id, user=world.bo.id, text="nobody"))["ok"]
    with pytest.raises(SlackApiError) as raised:
        await post(channel=world.general.id, user=world.cy.id, text="outside")
    assert refusal(raised) == "user_not_in_channel"
    seen = world.sandbox.messages(world.general.id, as_seen_by=world.ana)
    assert [(each.text, each.ephemeral) for each in seen] == [("only you", True)]
    assert world.sandbox.messages(world.general.id, as_seen_by=world.bo) == []
    assert [each.text for each in world.ana.answers] == ["only you"]


async def test_nobody_changes_what_others_wrote(world: World) -> None:
    message = await world.ana.post(world.general, "mine")
    with pytest.raises(SlackApiError) as raised:
        await world.bot.chat_delete(channel=world.general.id, ts=message.ts)
    assert refusal(raised) == "cant_delete_message"
    with pytest.raises(SlackApiError) as raised:
        await world.bot.chat_update(channel=world.general.id, ts=message.ts, text="yours")
    assert refusal(raised) == "cant_update_message"
    token = world.sandbox.grant(world.app, world.ana, ["chat:write"])
    world.sandbox.members_may_delete = False
    with pytest.raises(SlackApiError) as raised:
        await world.client(token).chat_delete(channel=world.general.id, ts=message.ts)
    assert refusal(raised) == "cant_delete_message"
    with pytest.raises(SlackApiError) as raised:
        await world.bot.chat_delete(channel=world.general.id, ts="1.000000")
    assert refusal(raised) == "message_not_found"


async def test_an_update_replaces_and_is_marked(world: World) -> None:
    answer = await world.bot.chat_postMessage(channel=world.general.id, text="x", blocks=[ROW])
    await world.bot.chat_update(channel=world.general.id, ts=answer["ts"], text="y")
    message = world.sandbox.messages(world.general.id)[0]
    assert (message.text, len(message.blocks)) == ("y", 1)
    await world.bot.chat_update(channel=world.general.id, ts=answer["ts"], text="y", blocks=[])
    assert message.blocks == []
    assert message.edited
    link = await world.bot.chat_getPermalink(channel=world.general.id, message_ts=answer["ts"])
    assert link["permalink"].endswith(f"/{world.general.id}/p{answer['ts'].replace('.', '')}")


async def test_a_snoozed_person_is_not_rung(world: World) -> None:
    token = world.sandbox.grant(world.app, world.bo, ["dnd:write"])
    before = await world.ana.post(world.general, "@bo now")
    await world.client(token).dnd_setSnooze(num_minutes=600)
    during = await world.ana.post(world.general, "@bo again")
    world.sandbox.clock.advance(timedelta(hours=11))
    after = await world.ana.post(world.general, "@bo good morning")
    assert [each.rang_for for each in (before, during, after)] == [
        {world.bo.id},
        frozenset(),
        {world.bo.id},
    ]
