"""Tokens, scopes, listings, OAuth, do not disturb and faults of the sandbox's Web API."""

import time
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import aiohttp
import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from sandbox import Fault, Sandbox, SandboxClock
from tests.sandbox.world import FRIDAY_EVENING, World, refusal


async def test_auth_test_tells_who_and_which_scopes(world: World) -> None:
    answer = await world.bot.auth_test()
    assert answer["user_id"] == world.app.bot_user_id
    assert answer["bot_id"] == world.app.bot_id
    assert set(answer.headers["x-oauth-scopes"].split(",")) == world.app.scopes


@pytest.mark.parametrize(
    ("token", "method", "error"),
    [
        ("", "auth.test", "not_authed"),
        ("xoxb-wrong", "auth.test", "invalid_auth"),
        ("bot", "dnd.setSnooze", "not_allowed_token_type"),
        ("app", "chat.postMessage", "not_allowed_token_type"),
        ("bot", "apps.connections.open", "not_allowed_token_type"),
        ("bot", "admin.everything", "unknown_method"),
    ],
)
async def test_what_a_token_cannot_do(world: World, token: str, method: str, error: str) -> None:
    tokens = {"bot": world.app.bot_token, "app": world.app.app_token}
    with pytest.raises(SlackApiError) as raised:
        await world.client(tokens.get(token, token)).api_call(method)
    assert refusal(raised) == error


async def test_a_missing_scope_is_named(world: World) -> None:
    token = world.sandbox.grant(world.app, world.ana, ["chat:write"])
    with pytest.raises(SlackApiError) as raised:
        await world.client(token).dnd_setSnooze(num_minutes=5)
    answer = raised.value.response
    assert (answer["error"], answer["needed"]) == ("missing_scope", "dnd:write")
    assert answer["provided"] == "chat:write"


async def test_a_deactivated_person_has_no_token(world: World) -> None:
    token = world.sandbox.grant(world.app, world.ana, ["chat:write"])
    await world.ana.deactivate()
    with pytest.raises(SlackApiError) as raised:
        await world.client(token).auth_test()
    assert refusal(raised) == "account_inactive"


async def test_a_revoked_token_is_told_and_useless(world: World) -> None:
    token = world.sandbox.grant(world.app, world.ana, ["chat:write"])
    world.sandbox.revoke(world.app, world.ana)
    await world.sandbox.settle()
    assert world.receiver.events[0]["tokens"] == {"oauth": [world.ana.id], "bot": []}
    with pytest.raises(SlackApiError) as raised:
        await world.client(token).auth_test()
    assert refusal(raised) == "token_revoked"


async def test_history_between_two_instants_in_pages(world: World) -> None:
    sent = [await world.ana.post(world.general, f"```{number}```") for number in range(5)]
    within = {"oldest": sent[1].ts, "latest": sent[3].ts, "channel": world.general.id}
    bot = world.bot
    open_ended = await bot.conversations_history(**within)
    assert [each["ts"] for each in open_ended["messages"]] == [sent[2].ts]
    page = await bot.conversations_history(**within, inclusive=True, limit=2)
    assert [each["ts"] for each in page["messages"]] == [sent[3].ts, sent[2].ts]
    assert page["has_more"] is True
    cursor = page["response_metadata"]["next_cursor"]
    rest = await bot.conversations_history(**within, inclusive=True, limit=2, cursor=cursor)
    assert [each["ts"] for each in rest["messages"]] == [sent[1].ts]
    with pytest.raises(SlackApiError) as raised:
        await bot.conversations_history(channel=world.general.id, cursor="made up")
    assert refusal(raised) == "invalid_cursor"


async def test_lists_come_in_pages(world: World) -> None:
    pages = [page["members"] async for page in await world.bot.users_list(limit=2)]
    assert [[user["name"] for user in page] for page in pages] == [
        ["offhours", "ana"],
        ["bo", "cy"],
    ]
    bo = (await world.bot.users_info(user=world.bo.id))["user"]
    assert (bo["tz"], bo["tz_offset"]) == ("Asia/Tokyo", 9 * 3600)
    members = await world.bot.conversations_members(channel=world.general.id)
    assert members["members"] == [world.ana.id, world.bo.id, world.app.bot_user_id]


async def test_conversations_as_the_bot_sees_them(world: World) -> None:
    side = world.sandbox.add_channel("side", [world.ana])
    secret = world.sandbox.add_channel("secret", [world.ana], is_private=True)
    listed = await world.bot.conversations_list(types="public_channel,private_channel")
    assert {each["id"]: each["is_member"] for each in listed["channels"]} == {
        world.general.id: True,
        side.id: False,
    }
    with pytest.raises(SlackApiError) as raised:
        await world.bot.conversations_info(channel=secret.id)
    assert refusal(raised) == "channel_not_found"
    await world.bot.conversations_join(channel=side.id)
    mine = await world.bot.users_conversations()
    assert [each["id"] for each in mine["channels"]] == [world.general.id, side.id]
    opened = await world.bot.conversations_open(users=world.cy.id, return_im=True)
    assert opened["channel"]["user"] == world.cy.id


async def test_user_groups(world: World) -> None:
    group = world.sandbox.add_usergroup("oncall", "On call", [world.bo])
    listed = await world.bot.usergroups_list(include_users=True)
    assert listed["usergroups"][0]["users"] == [world.bo.id]
    users = await world.bot.usergroups_users_list(usergroup=group.id)
    assert users["users"] == [world.bo.id]


async def test_snoozing_is_ones_own_and_ends(world: World) -> None:
    mine = world.client(world.sandbox.grant(world.app, world.bo, ["dnd:write", "dnd:read"]))
    await mine.dnd_setSnooze(num_minutes=60)
    assert (await mine.dnd_info())["snooze_remaining"] == 3600
    others = await world.bot.dnd_info(user=world.bo.id)
    assert others["dnd_enabled"] is True
    assert "snooze_enabled" not in others.data
    team = await world.bot.dnd_teamInfo(users=[world.ana.id, world.bo.id])
    assert team["users"][world.bo.id]["dnd_enabled"]
    world.sandbox.clock.advance(timedelta(hours=1))
    assert (await mine.dnd_info())["snooze_enabled"] is False
    with pytest.raises(SlackApiError) as raised:
        await mine.dnd_endSnooze()
    assert refusal(raised) == "snooze_not_active"
    with pytest.raises(SlackApiError) as raised:
        await mine.dnd_setSnooze(num_minutes=1441)
    assert refusal(raised) == "too_long"
    await world.sandbox.settle()
    assert [each["type"] for each in world.receiver.events] == ["dnd_updated_user"]


async def test_a_status_is_set_with_the_persons_own_token(world: World) -> None:
    mine = world.client(world.sandbox.grant(world.app, world.bo, ["users.profile:write"]))
    await mine.users_profile_set(profile={"status_text": "Off until Mon", "status_emoji": ":zzz:"})
    shown = (await world.bot.users_info(user=world.bo.id))["user"]["profile"]
    assert shown["status_text"] == "Off until Mon"
    with pytest.raises(SlackApiError) as raised:
        await mine.users_profile_set(profile={"status_text": "x" * 101})
    assert refusal(raised) == "too_long"


@pytest.mark.filterwarnings("ignore:BasicAuth is deprecated")  # the SDK's, not ours
async def test_consent_without_a_browser_yields_tokens_once(world: World) -> None:
    asked = {
        "client_id": world.app.client_id,
        "scope": "chat:write",
        "user_scope": "dnd:write,chat:write",
        "redirect_uri": "http://127.0.0.1/back",
        "state": "s1",
    }
    url = f"{world.sandbox.authorize_url}?{urlencode(asked)}"
    async with aiohttp.ClientSession() as session:
        async with session.get(url) as page:
            assert "Bo" in await page.text()
        async with session.get(f"{url}&as={world.bo.id}", allow_redirects=False) as back:
            query = parse_qs(urlsplit(back.headers["Location"]).query)
    assert query["state"] == ["s1"]
    exchange: dict[str, Any] = {
        "client_id": world.app.client_id,
        "client_secret": world.app.client_secret,
        "code": query["code"][0],
        "redirect_uri": asked["redirect_uri"],
    }
    answer = await AsyncWebClient(base_url=world.sandbox.api_url).oauth_v2_access(**exchange)
    assert answer["access_token"] == world.app.bot_token
    assert answer["authed_user"]["scope"] == "chat:write,dnd:write"
    await world.client(answer["authed_user"]["access_token"]).dnd_setSnooze(num_minutes=5)
    with pytest.raises(SlackApiError) as raised:
        await AsyncWebClient(base_url=world.sandbox.api_url).oauth_v2_access(**exchange)
    assert refusal(raised) == "invalid_code"


async def test_a_dropped_answer_has_done_its_work(world: World) -> None:
    world.sandbox.faults.add("chat.postMessage", Fault.drop_answer())
    bot = AsyncWebClient(
        token=world.app.bot_token, base_url=world.sandbox.api_url, retry_handlers=[]
    )
    with pytest.raises(aiohttp.ClientError):
        await bot.chat_postMessage(channel=world.general.id, text="sent?")
    assert [each.text for each in world.sandbox.messages(world.general.id)] == ["sent?"]
    world.sandbox.faults.add("chat.postMessage", Fault.drop_request())
    with pytest.raises(aiohttp.ClientError):
        await bot.chat_postMessage(channel=world.general.id, text="lost")
    assert len(world.sandbox.messages(world.general.id)) == 1
    assert len(world.sandbox.calls_to("chat.postMessage")) == 1


async def test_faults_answer_in_order_and_only_where_they_apply(world: World) -> None:
    add = world.sandbox.faults.add
    add("auth.test", Fault.error("fatal_error"))
    add("*", Fault.status(500).only_when(lambda params: params.get("channel") == "never"))
    add("auth.test", Fault.rate_limited(7))
    add("auth.test", Fault.slow(0.1))
    for status, error in ((200, "fatal_error"), (429, "ratelimited")):
        with pytest.raises(SlackApiError) as raised:
            await world.bot.auth_test()
        assert raised.value.response.status_code == status
        assert refusal(raised) == error
    assert raised.value.response.headers["Retry-After"] == "7"
    began_s = time.monotonic()
    assert (await world.bot.auth_test())["ok"]
    assert time.monotonic() - began_s >= 0.1


async def test_calls_are_kept_with_their_parameters(world: World) -> None:
    blocks = [{"type": "divider"}]
    await world.bot.chat_postMessage(channel=world.general.id, text="x", blocks=blocks)
    call = world.sandbox.calls_to("chat.postMessage")[0]
    assert call.params == {"channel": world.general.id, "text": "x", "blocks": blocks}
    assert (call.token_kind, call.user_id) == ("bot", world.app.bot_user_id)
    assert call.response["ok"] is True
    assert call.at == FRIDAY_EVENING


async def test_the_clock_stands_until_it_is_moved() -> None:
    clock = SandboxClock(FRIDAY_EVENING)
    assert clock.now() == clock.now() == FRIDAY_EVENING
    clock.advance(timedelta(hours=2))
    assert clock.now() == FRIDAY_EVENING + timedelta(hours=2)
    clock.run(3600)
    await clock.reached(FRIDAY_EVENING + timedelta(hours=2, minutes=1))
    clock.run(0)
    stopped = clock.now()
    assert clock.now() == stopped > FRIDAY_EVENING + timedelta(hours=2, minutes=1)


def test_the_same_seed_gives_the_same_ids() -> None:
    ids = [Sandbox(SandboxClock(FRIDAY_EVENING), seed=4).add_user("ana", "UTC").id for _ in "ab"]
    assert ids[0] == ids[1]


async def test_a_method_that_reads_does_not_see_a_json_body(world):
    asked = {"user": world.bo.id}
    with pytest.raises(SlackApiError, match="user_not_found"):
        await world.bot.api_call("users.info", json=asked)
    assert (await world.bot.api_call("users.info", data=asked))["user"]["id"] == world.bo.id
