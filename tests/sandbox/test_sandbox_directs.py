"""Direct messages between people: who hears of them, and what each token may ask about them."""

from typing import Any

import aiohttp
import pytest
from slack_sdk.errors import SlackApiError

from sandbox import Message
from tests.sandbox.world import World, refusal

IM_SCOPES = ("im:history", "im:read", "chat:write")


@pytest.fixture
def world(world: World) -> World:
    """The app listens to what its users can see in direct messages."""
    world.app.user_events = frozenset({"message.im", "message.mpim"})
    return world


async def authorizations(world: World, context: str, **arguments: Any) -> dict[str, Any]:
    client = world.client(world.app.app_token)
    asked = {"event_context": context} | arguments
    return dict((await client.api_call("apps.event.authorizations.list", params=asked)).data)


async def test_without_a_grant_of_either_side_nothing_is_heard(world: World) -> None:
    await world.bo.dm(world.ana, "late again")
    world.cy.grant(world.app, *IM_SCOPES)
    world.ana.grant(world.app, "mpim:history")
    await world.bo.dm(world.ana, "and again")
    assert world.receiver.events == []


async def test_one_grant_of_the_reader_is_enough(world: World) -> None:
    world.ana.grant(world.app, *IM_SCOPES)
    message = await world.bo.dm(world.ana, "late again")
    (event,) = world.receiver.events
    assert (event["channel"], event["channel_type"]) == (message.channel_id, "im")
    assert (event["user"], event["text"]) == (world.bo.id, "late again")
    (envelope,) = world.receiver.got
    assert envelope["authorizations"] == [
        {
            "enterprise_id": None,
            "team_id": "T0SANDBOX",
            "user_id": world.ana.id,
            "is_bot": False,
            "is_enterprise_install": False,
        }
    ]


async def test_a_group_is_heard_once_and_the_list_of_who_may_see_it_has_pages(
    world: World,
) -> None:
    for person in (world.ana, world.bo, world.cy):
        person.grant(world.app, "mpim:history")
    message = await world.ana.dm([world.bo, world.cy], "dinner?")
    assert world.sandbox.workspace.channels[message.channel_id].kind == "mpim"
    (envelope,) = world.receiver.got
    assert len(envelope["authorizations"]) == 1
    first = await authorizations(world, envelope["event_context"], limit=2)
    cursor = first["response_metadata"]["next_cursor"]
    rest = await authorizations(world, envelope["event_context"], limit=2, cursor=cursor)
    found = first["authorizations"] + rest["authorizations"]
    assert [each["user_id"] for each in found] == [world.ana.id, world.bo.id, world.cy.id]
    assert rest["response_metadata"]["next_cursor"] == ""


async def test_an_event_context_is_the_apps_own_and_its_token_goes_in_the_header(
    world: World,
) -> None:
    world.ana.grant(world.app, *IM_SCOPES)
    await world.bo.dm(world.ana, "hello")
    context = world.receiver.got[0]["event_context"]
    other = world.sandbox.install_app(scopes=[], name="Other")
    calls = [
        (world.app.app_token, {"event_context": "4-made-up"}, "invalid_event_context"),
        (other.app_token, {"event_context": context}, "auth_mismatch"),
        (world.app.bot_token, {"event_context": context}, "not_allowed_token_type"),
    ]
    for token, asked, error in calls:
        with pytest.raises(SlackApiError) as raised:
            await world.client(token).api_call("apps.event.authorizations.list", params=asked)
        assert refusal(raised) == error
    asked = {"event_context": context, "token": world.app.app_token}
    url = f"{world.sandbox.api_url}apps.event.authorizations.list"
    async with aiohttp.ClientSession() as session, session.post(url, data=asked) as answer:
        assert (await answer.json())["error"] == "not_authed"


@pytest.mark.parametrize("who", ["bot", "stranger", "without im:read"])
async def test_the_other_side_is_told_to_members_only(world: World, who: str) -> None:
    tokens = {
        "bot": world.app.bot_token,
        "stranger": world.cy.grant(world.app, *IM_SCOPES),
        "without im:read": world.bo.grant(world.app, "im:history"),
    }
    mine = world.ana.grant(world.app, *IM_SCOPES)
    message = await world.bo.dm(world.ana, "hello")
    told = await world.client(mine).conversations_info(channel=message.channel_id)
    assert told["channel"]["user"] == world.bo.id
    with pytest.raises(SlackApiError) as raised:
        await world.client(tokens[who]).conversations_info(channel=message.channel_id)
    expected = "missing_scope" if who == "without im:read" else "channel_not_found"
    assert refusal(raised) == expected


@pytest.mark.parametrize("method", ["chat.postMessage", "chat.postEphemeral", "chat.update"])
async def test_the_bot_cannot_speak_between_two_people(world: World, method: str) -> None:
    message = await world.bo.dm(world.ana, "hello")
    asked = {
        "channel": message.channel_id, "user": world.bo.id, "text": "hm", "ts": message.ts,
    }  # fmt: skip
    with pytest.raises(SlackApiError) as raised:
        await world.bot.api_call(method, json=asked)
    assert refusal(raised) == "channel_not_found"


async def test_a_command_in_a_direct_message_is_answered_there(world: World) -> None:
    world.receiver.answer = lambda _: "Bo is off."
    channel = world.sandbox.dm(world.ana, world.bo)
    answer = await world.ana.command("/later", "hello", channel)
    assert isinstance(answer.message, Message)
    assert answer.message.channel_id == channel.id


async def test_who_left_or_took_the_grant_back_sees_for_nobody(world: World) -> None:
    for person in (world.ana, world.bo):
        person.grant(world.app, *IM_SCOPES)
    world.ana.revoke(world.app)
    await world.bo.dm(world.ana, "hello")
    await world.sandbox.settle()
    told = next(each for each in world.receiver.got if each["event"]["type"] == "message")
    assert [each["user_id"] for each in told["authorizations"]] == [world.bo.id]
    await world.bo.deactivate()
    world.receiver.got.clear()
    await world.ana.dm(world.bo, "gone?")
    assert world.receiver.events == []
