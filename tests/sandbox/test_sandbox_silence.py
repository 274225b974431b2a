"""Do not disturb and status in the sandbox: what rings, who is told, and when it ends."""

from datetime import time, timedelta

import pytest
from slack_sdk.errors import SlackApiError

from tests.sandbox.world import FRIDAY_EVENING, World, refusal

HOUR = timedelta(hours=1)


async def test_every_recipient_is_written_down_as_rung_or_silent(world: World) -> None:
    await world.ana.invite(world.general, world.cy)
    await world.bo.snooze(60)
    world.sandbox.add_usergroup("crew", "Crew", [world.ana, world.bo])
    message = await world.cy.post(world.general, "@crew hello")
    assert (message.rang_for, message.silent_for) == ({world.ana.id}, {world.bo.id})
    await world.ana.post(world.general, "nobody in particular, `@bo`")
    assert [(each.message, each.rang) for each in world.bo.rings] == [(message, False)]
    world.sandbox.clock.advance(HOUR)
    later = await world.cy.post(world.general, "@bo again")
    assert [each.rang for each in world.bo.rings] == [False, True]
    assert world.sandbox.rings[-1].message is later


async def test_a_thread_rings_who_takes_part_and_a_bots_blocks_ring_who_they_name(
    world: World,
) -> None:
    await world.ana.invite(world.general, world.cy)
    parent = await world.ana.post(world.general, "question")
    await world.bo.reply(parent, "answer")
    reply = await world.cy.reply(parent, "another")
    assert reply.rang_for == {world.ana.id, world.bo.id}
    element = {"type": "user", "user_id": world.cy.id}
    block = {
        "type": "rich_text",
        "elements": [{"type": "rich_text_section", "elements": [element]}],
    }
    await world.bot.chat_postMessage(channel=world.general.id, text="hm", blocks=[block])
    assert world.sandbox.messages(world.general.id)[-1].rang_for == {world.cy.id}
    await world.cy.deactivate()
    message = await world.ana.post(world.general, "@cy are you there?")
    assert not message.rang_for | message.silent_for


async def test_ones_own_hours_are_silent_and_read_as_the_next_window(world: World) -> None:
    # 20:14 in Lisbon is 21:14 by the clock there: before 22:00, and after 21:00.
    await world.ana.set_dnd_hours(time(22), time(8))
    before = await world.bo.post(world.general, "@ana")
    info = await world.bot.dnd_info(user=world.ana.id)
    start = FRIDAY_EVENING.replace(hour=21, minute=0)
    assert info["dnd_enabled"] is True
    assert info["next_dnd_start_ts"] == start.timestamp()
    assert info["next_dnd_end_ts"] == (start + 10 * HOUR).timestamp()
    world.sandbox.clock.advance(HOUR)
    during = await world.bo.post(world.general, "@ana")
    assert (before.rang_for, during.rang_for) == ({world.ana.id}, frozenset())
    mine = world.client(world.ana.grant(world.app, "dnd:write", "dnd:read"))
    assert (await mine.dnd_endDnd()).data == {"ok": True}
    after = await world.bo.post(world.general, "@ana")
    assert after.rang_for == {world.ana.id}
    tomorrow = (await mine.dnd_info())["next_dnd_start_ts"]
    assert tomorrow == (start + 24 * HOUR).timestamp()
    await world.ana.set_dnd_hours(None)
    assert (await mine.dnd_info())["dnd_enabled"] is False


async def test_a_window_follows_the_wall_clock_across_the_change(world: World) -> None:
    await world.ana.set_dnd_hours(time(22), time(8))
    world.sandbox.clock.advance(timedelta(days=1))
    info = await world.bot.dnd_info(user=world.ana.id)
    # Lisbon goes back an hour in that night: ten hours by the wall clock are eleven.
    assert info["next_dnd_end_ts"] - info["next_dnd_start_ts"] == 11 * 3600


async def test_ending_the_hours_leaves_a_snooze_alone(world: World) -> None:
    await world.ana.set_dnd_hours(time(20), time(8))
    mine = world.client(world.ana.grant(world.app, "dnd:write", "dnd:read"))
    await mine.dnd_setSnooze(num_minutes=30)
    await mine.dnd_endDnd()
    assert (await mine.dnd_info())["snooze_enabled"] is True
    await world.ana.end_snooze()
    info = await mine.dnd_info()
    assert (info["snooze_enabled"], info["dnd_enabled"]) == (False, True)
    with pytest.raises(SlackApiError) as raised:
        await mine.dnd_endSnooze()
    assert refusal(raised) == "snooze_not_active"


async def test_the_apps_hear_of_a_snooze_and_only_the_person_of_its_end(world: World) -> None:
    world.app.user_events = frozenset({"dnd_updated"})
    world.ana.grant(world.app, "dnd:read")
    await world.ana.snooze(90)
    await world.bo.snooze(30)
    await world.sandbox.settle()
    heard = [(each["type"], each["user"]) for each in world.receiver.events]
    assert sorted(heard) == sorted(
        [
            ("dnd_updated_user", world.ana.id),
            ("dnd_updated", world.ana.id),
            ("dnd_updated_user", world.bo.id),
        ]
    )
    mine = next(each for each in world.receiver.events if each["type"] == "dnd_updated")
    for_all = next(each for each in world.receiver.events if each["type"] == "dnd_updated_user")
    assert mine["dnd_status"]["snooze_remaining"] == 5400
    assert set(for_all["dnd_status"]) == {"dnd_enabled", "next_dnd_start_ts", "next_dnd_end_ts"}


async def test_a_status_expires_by_the_clock_and_changes_are_told(world: World) -> None:
    mine = world.client(world.bo.grant(world.app, "users.profile:write"))
    ends = int((FRIDAY_EVENING + HOUR).timestamp())
    status = {"status_text": "Off", "status_emoji": ":zzz:", "status_expiration": ends}
    await mine.users_profile_set(profile=status)
    await mine.users_profile_set(profile=status)
    await world.sandbox.settle()
    told = [each["user"]["profile"] for each in world.receiver.events]
    assert [(each["status_text"], each["status_expiration"]) for each in told] == [("Off", ends)]
    world.sandbox.clock.advance(HOUR)
    shown = (await world.bot.users_info(user=world.bo.id))["user"]["profile"]
    assert (shown["status_text"], shown["status_expiration"]) == ("", 0)
    await world.sandbox.settle()
    assert world.receiver.events[-1]["user"]["profile"]["status_emoji"] == ""
    assert len(world.receiver.events) == 2


async def test_a_later_status_is_not_ended_by_an_earlier_ones_expiry(world: World) -> None:
    await world.bo.set_status("Off", ":zzz:", FRIDAY_EVENING + HOUR)
    mine = world.client(world.bo.grant(world.app, "users.profile:write"))
    await mine.users_profile_set(profile={"status_text": "At lunch", "status_emoji": ":bento:"})
    world.sandbox.clock.advance(2 * HOUR)
    await world.sandbox.settle()
    shown = (await world.bot.users_info(user=world.bo.id))["user"]["profile"]
    assert (shown["status_text"], shown["status_expiration"]) == ("At lunch", 0)
    assert len(world.receiver.events) == 2
