"""Guests, strangers, leavers and workflows, and apps that come and go."""

from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import aiohttp
import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from tests.sandbox.world import World, refusal


async def test_guests_are_marked(world: World) -> None:
    many = world.sandbox.add_user("gil", "Europe/Madrid", is_restricted=True)
    one = world.sandbox.add_user("hana", "Asia/Seoul", is_ultra_restricted=True)
    marks = []
    for person in (world.bo, many, one):
        user = (await world.bot.users_info(user=person.id))["user"]
        marks.append((user["is_restricted"], user["is_ultra_restricted"]))
    assert marks == [(False, False), (True, False), (True, True)]


async def test_a_stranger_is_known_by_id_but_not_listed(world: World) -> None:
    zoe = world.sandbox.add_stranger("zoe", "Asia/Tokyo")
    nia = world.sandbox.add_stranger("nia")
    world.sandbox.add_channel("partners", [world.ana, zoe, world.app])
    listed = [each["id"] for each in (await world.bot.users_list())["members"]]
    assert world.ana.id in listed
    assert not {zoe.id, nia.id} & set(listed)
    user = (await world.bot.users_info(user=zoe.id))["user"]
    assert (user["team_id"], user["is_stranger"], user["tz"]) == ("T0PARTNER", False, "Asia/Tokyo")
    assert "is_restricted" not in user
    unmet = (await world.bot.users_info(user=nia.id))["user"]
    assert unmet["is_stranger"] is True
    assert "tz" not in unmet


async def test_a_shared_channel_says_so_and_whose_message_it_is(world: World) -> None:
    zoe = world.sandbox.add_stranger("zoe", "Asia/Tokyo")
    partners = world.sandbox.add_channel("partners", [world.ana, zoe, world.app])
    await zoe.post(partners, "@ana hello")
    await world.ana.post(partners, "hello")
    await world.ana.post(world.general, "among ourselves")
    theirs, ours, inside = world.receiver.got
    assert [each["is_ext_shared_channel"] for each in (theirs, ours, inside)] == [True, True, False]
    assert (theirs["team_id"], theirs["context_team_id"]) == ("T0PARTNER", "T0SANDBOX")
    assert theirs["authorizations"][0]["team_id"] == "T0SANDBOX"
    teams = [(each["event"].get("user_team"), each["event"]["team"]) for each in world.receiver.got]
    assert teams == [("T0PARTNER", "T0PARTNER"), ("T0SANDBOX", "T0SANDBOX"), (None, "T0SANDBOX")]
    shape = (await world.bot.conversations_info(channel=partners.id))["channel"]
    assert (shape["is_ext_shared"], shape["connected_team_ids"]) == (True, ["T0PARTNER"])


async def test_strangers_have_none_of_our_apps(world: World) -> None:
    zoe = world.sandbox.add_stranger("zoe", "Asia/Tokyo")
    with pytest.raises(PermissionError):
        zoe.grant(world.app, "chat:write")
    with pytest.raises(PermissionError):
        await zoe.command("/later", "hello", world.general)
    with pytest.raises(SlackApiError) as raised:
        await world.bot.chat_postMessage(channel=zoe.id, text="hello")
    assert refusal(raised) == "channel_not_found"
    with pytest.raises(SlackApiError) as raised:
        await world.bot.conversations_open(users=zoe.id)
    assert refusal(raised) == "user_not_visible"
    world.sandbox.add_channel("partners", [zoe, world.app])
    assert (await world.bot.chat_postMessage(channel=zoe.id, text="hello"))["ok"]


async def test_a_leaver_is_told_and_cannot_act(world: World) -> None:
    token = world.bo.grant(world.app, "chat:write")
    await world.bo.deactivate()
    assert world.receiver.events[-1]["user"]["deleted"] is True
    with pytest.raises(SlackApiError) as raised:
        await world.client(token).chat_postMessage(channel=world.general.id, text="still here?")
    assert refusal(raised) == "account_inactive"
    with pytest.raises(PermissionError):
        await world.bo.post(world.general, "still here?")
    with pytest.raises(PermissionError):
        world.bo.grant(world.app, "chat:write")
    await world.bo.reactivate()
    assert (await world.client(token).auth_test())["user_id"] == world.bo.id


async def test_a_workflow_posts_as_a_bot_that_is_no_app_of_ours(world: World) -> None:
    standup = world.sandbox.add_workflow("Daily standup")
    message = await standup.post(world.general, "@bo your turn")
    (event,) = world.receiver.events
    assert event["workflow_id"] == standup.id
    assert event["bot_id"] == standup.bot_user.bot_id != world.app.bot_id
    assert event["text"] == f"<@{world.bo.id}> your turn"
    assert "client_msg_id" not in event
    assert message.rang_for == {world.bo.id}
    user = (await world.bot.users_info(user=standup.bot_user.id))["user"]
    assert user["is_bot"] is True


async def test_an_archived_channel_takes_nothing_until_it_is_opened_again(world: World) -> None:
    await world.ana.archive(world.general)
    for method in ("chat.postMessage", "chat.postEphemeral", "conversations.join"):
        with pytest.raises(SlackApiError) as raised:
            await world.bot.api_call(
                method, json={"channel": world.general.id, "user": world.bo.id, "text": "x"}
            )
        assert refusal(raised) == "is_archived"
    with pytest.raises(PermissionError):
        await world.bo.post(world.general, "x")
    await world.ana.unarchive(world.general)
    assert (await world.bot.chat_postMessage(channel=world.general.id, text="x"))["ok"]


@pytest.mark.parametrize("tokens_first", [True, False])
async def test_an_uninstalled_app_hears_it_in_either_order(
    world: World, *, tokens_first: bool
) -> None:
    token = world.ana.grant(world.app, "chat:write")
    world.sandbox.uninstall(world.app, tokens_first=tokens_first)
    await world.sandbox.settle()
    order = [each["type"] for each in world.receiver.events]
    expected = ["tokens_revoked", "app_uninstalled"]
    assert order == (expected if tokens_first else expected[::-1])
    revoked = next(each for each in world.receiver.events if each["type"] == "tokens_revoked")
    assert revoked["tokens"] == {"oauth": [world.ana.id], "bot": [world.app.bot_user_id]}
    for dead, error in ((world.app.bot_token, "account_inactive"), (token, "token_revoked")):
        with pytest.raises(SlackApiError) as raised:
            await world.client(dead).auth_test()
        assert refusal(raised) == error


async def test_a_token_that_revokes_itself_is_told_like_any_other(world: World) -> None:
    token = world.ana.grant(world.app, "chat:write")
    await world.client(token).auth_revoke()
    await world.sandbox.settle()
    assert world.receiver.events[0]["tokens"] == {"oauth": [world.ana.id], "bot": []}


@pytest.mark.filterwarnings("ignore:BasicAuth is deprecated")  # the SDK's, not ours
async def test_optional_scopes_may_be_left_unticked(world: World) -> None:
    world.app.user_optional = frozenset({"users.profile:write"})
    asked = {
        "client_id": world.app.client_id,
        "user_scope": "dnd:write,users.profile:write",
        "redirect_uri": "http://127.0.0.1/back",
        "as": world.bo.id,
        "untick": "dnd:write,users.profile:write",
    }
    url = f"{world.sandbox.authorize_url}?{urlencode(asked)}"
    async with (
        aiohttp.ClientSession() as session,
        session.get(url, allow_redirects=False) as back,
    ):
        code = parse_qs(urlsplit(back.headers["Location"]).query)["code"][0]
    exchange: dict[str, Any] = {
        "client_id": world.app.client_id,
        "client_secret": world.app.client_secret,
        "code": code,
    }
    answer = await AsyncWebClient(base_url=world.sandbox.api_url).oauth_v2_access(**exchange)
    assert answer["authed_user"]["scope"] == "dnd:write"
    assert "access_token" not in answer.data
