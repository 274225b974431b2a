"""Delayed events, the hourly ceiling of events, and the rate tiers of methods."""

from datetime import timedelta

import pytest
from slack_sdk.errors import SlackApiError

from sandbox import Delivery
from sandbox.api.methods import METHODS
from sandbox.tiers import LIMITS
from tests.sandbox.world import World, refusal

HOUR = timedelta(hours=1)


async def refused(world: World, attempts: int) -> Delivery:
    """An event that was refused four times, within five minutes."""
    world.receiver.statuses = [503] * attempts
    await world.ana.post(world.general, "knock")
    for minutes in (0, 1, 5):
        world.sandbox.clock.advance(timedelta(minutes=minutes))
        await world.sandbox.settle()
    return world.sandbox.deliveries[-1]


async def test_without_delayed_events_four_attempts_are_all(world: World) -> None:
    delivery = await refused(world, 9)
    world.sandbox.clock.advance(24 * HOUR)
    await world.sandbox.settle()
    assert (delivery.attempts, delivery.done) == (4, True)


async def test_delayed_events_come_hourly_until_they_are_taken(world: World) -> None:
    world.app.delayed_events = True
    delivery = await refused(world, 6)
    for _ in range(4):
        world.sandbox.clock.advance(HOUR)
        await world.sandbox.settle()
    assert (delivery.attempts, delivery.status) == (7, 200)
    assert len({each["event_id"] for each in world.receiver.got}) == 1


async def test_delayed_events_end_after_a_day(world: World) -> None:
    world.app.delayed_events = True
    delivery = await refused(world, 99)
    world.sandbox.clock.advance(23 * HOUR)
    await world.sandbox.settle()
    assert not delivery.done
    world.sandbox.clock.advance(48 * HOUR)
    await world.sandbox.settle()
    assert (delivery.attempts, delivery.done) == (28, True)


async def test_events_over_the_ceiling_are_dropped_and_that_is_told_once_a_minute(
    world: World,
) -> None:
    world.sandbox.clock.advance(HOUR)
    world.sandbox.event_cap_per_hour = 2
    for number in range(5):
        await world.ana.post(world.general, f"{number}")
    await world.sandbox.settle()
    assert [each["text"] for each in world.receiver.events] == ["0", "1"]
    (limited,) = [each for each in world.receiver.got if each["type"] != "event_callback"]
    del limited["token"]
    now_s = int(world.sandbox.clock.now().timestamp())
    assert limited == {
        "type": "app_rate_limited",
        "team_id": "T0SANDBOX",
        "api_app_id": world.app.app_id,
        "minute_rate_limited": now_s - now_s % 60,
    }
    world.sandbox.clock.advance(timedelta(minutes=1))
    await world.ana.post(world.general, "lost")
    assert [each["type"] for each in world.receiver.got].count("app_rate_limited") == 2
    world.sandbox.clock.advance(HOUR)
    await world.ana.post(world.general, "heard")
    assert world.receiver.events[-1]["text"] == "heard"


async def test_a_method_has_its_calls_a_minute_for_each_app(world: World) -> None:
    world.sandbox.tiers = True
    for _ in range(20):
        await world.bot.users_list()
    with pytest.raises(SlackApiError) as raised:
        await world.bot.users_list()
    assert raised.value.response.status_code == 429
    assert refusal(raised) == "ratelimited"
    assert 55 <= int(raised.value.response.headers["Retry-After"]) <= 60
    assert (await world.bot.users_info(user=world.ana.id))["ok"]
    other = world.sandbox.install_app(scopes=["users:read"], name="Other")
    assert (await world.client(other.bot_token).users_list())["ok"]
    world.sandbox.tiers = False
    assert (await world.bot.users_list())["ok"]


async def test_a_persons_status_is_set_ten_times_a_minute(world: World) -> None:
    world.sandbox.tiers = True
    mine, theirs = (
        world.client(each.grant(world.app, "users.profile:write")) for each in (world.ana, world.bo)
    )
    for number in range(10):
        await mine.users_profile_set(profile={"status_text": f"{number}"})
    with pytest.raises(SlackApiError) as raised:
        await mine.users_profile_set(profile={"status_text": "eleven"})
    assert refusal(raised) == "ratelimited"
    assert (await theirs.users_profile_set(profile={"status_text": "mine"}))["ok"]


def test_every_limit_is_of_a_method_that_exists() -> None:
    assert LIMITS.keys() < METHODS.keys()
