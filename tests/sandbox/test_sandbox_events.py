"""Event delivery in the sandbox: retries by its clock, faults, and events beside messages."""

from datetime import timedelta

import pytest
from slack_sdk.errors import SlackApiError

from sandbox import Fault
from tests.sandbox.world import World, refusal


async def test_refused_events_come_again_at_once_then_after_one_and_five_minutes(
    world: World,
) -> None:
    world.receiver.statuses = [503] * 4
    await world.ana.post(world.general, "knock")
    await world.sandbox.settle()
    assert len(world.receiver.got) == 2
    delivery = world.sandbox.deliveries[-1]
    world.sandbox.clock.advance(timedelta(seconds=59))
    await world.sandbox.settle()
    assert delivery.attempts == 2
    world.sandbox.clock.advance(timedelta(seconds=1))
    await world.sandbox.settle()
    assert delivery.attempts == 3
    assert world.receiver.headers[-1]["x-slack-retry-num"] == "2"
    assert world.receiver.headers[-1]["x-slack-retry-reason"] == "http_error"
    world.sandbox.clock.advance(timedelta(minutes=4))
    await world.sandbox.settle()
    assert (delivery.attempts, delivery.done, delivery.status) == (4, True, 503)
    assert len({each["event_id"] for each in world.receiver.got}) == 1
    assert world.receiver.forged == 0


async def test_a_retry_that_is_answered_is_the_last(world: World) -> None:
    world.receiver.statuses = [500]
    await world.ana.post(world.general, "knock")
    await world.sandbox.settle()
    delivery = world.sandbox.deliveries[-1]
    assert (delivery.attempts, delivery.status, delivery.ok) == (2, 200, True)


async def test_an_app_that_is_down_is_a_failed_connection(world: World) -> None:
    world.app.request_url = "http://127.0.0.1:9/slack/events"
    await world.ana.post(world.general, "anybody?")
    assert world.sandbox.deliveries[-1].reason == "connection_failed"


async def test_a_duplicate_has_the_same_id(world: World) -> None:
    world.sandbox.faults.add("message", Fault.duplicate())
    await world.ana.post(world.general, "twice")
    await world.sandbox.settle()
    ids = [each["event_id"] for each in world.receiver.got]
    assert len(ids) == 2
    assert len(set(ids)) == 1


async def test_events_may_overtake_each_other(world: World) -> None:
    world.sandbox.faults.add("message", Fault.out_of_order())
    await world.ana.post(world.general, "first")
    await world.ana.post(world.general, "second")
    await world.sandbox.settle()
    assert [each["text"] for each in world.receiver.events] == ["second", "first"]


async def test_comings_and_goings_are_told(world: World) -> None:
    await world.ana.invite(world.general, world.cy)
    await world.cy.leave(world.general)
    await world.bo.set_tz("Europe/Vienna")
    world.sandbox.add_user("newcomer", "Europe/London")
    group = world.sandbox.add_usergroup("crew", "Crew", [world.ana])
    world.sandbox.set_usergroup(group, [world.bo])
    await world.ana.archive(world.general)
    await world.sandbox.settle()
    heard = {each["type"]: each for each in world.receiver.events}
    assert set(heard) == {
        "message", "member_joined_channel", "member_left_channel", "user_change", "team_join",
        "subteam_created", "subteam_members_changed", "subteam_updated", "channel_archive",
    }  # fmt: skip
    assert heard["message"]["subtype"] == "channel_join"
    assert heard["member_joined_channel"]["inviter"] == world.ana.id
    assert heard["user_change"]["user"]["tz"] == "Europe/Vienna"
    assert heard["user_change"]["user"]["tz_offset"] == 7200
    assert heard["subteam_members_changed"]["removed_users"] == [world.ana.id]


async def test_a_mention_of_the_bot_is_also_an_app_mention(world: World) -> None:
    await world.ana.post(world.general, f"<@{world.app.bot_user_id}> hello")
    assert sorted(each["type"] for each in world.receiver.events) == ["app_mention", "message"]


async def test_uninstalling_says_goodbye_and_kills_the_tokens(world: World) -> None:
    token = world.sandbox.grant(world.app, world.ana, ["dnd:write"])
    world.sandbox.uninstall(world.app)
    await world.sandbox.settle()
    types = {each["type"] for each in world.receiver.events}
    assert types == {"tokens_revoked", "app_uninstalled"}
    with pytest.raises(SlackApiError) as raised:
        await world.bot.auth_test()
    assert refusal(raised) == "account_inactive"
    with pytest.raises(SlackApiError) as raised:
        await world.client(token).auth_test()
    assert refusal(raised) == "token_revoked"
    await world.ana.post(world.general, "quiet now")
    assert len(world.receiver.events) == 2


async def test_raw_bytes_can_be_thrown_at_the_app(world: World) -> None:
    assert (await world.sandbox.deliver_raw(world.app, b"{}"))[0] == 200
    assert (await world.sandbox.deliver_raw(world.app, b"{}", sign=False))[0] == 401
    wrong = {"X-Slack-Signature": "v0=0"}
    assert (await world.sandbox.deliver_raw(world.app, b"{}", wrong))[0] == 401
