"""The clock jumps an hour either way, and a laptop sleeps over the weekend.

Releases follow the clock as it is: nothing twice, nothing early by more than the jump, and what
was to be said is said or recorded as too late.
"""

from datetime import UTC, datetime, timedelta

import pytest

from sandbox import Fault
from tests.conftest import FRIDAY_NIGHT, enrolled
from tests.services.crew import LAST_WEEK, MONDAY, THURSDAY_NIGHT, Crew

pytestmark = pytest.mark.slow

HOUR = timedelta(hours=1)
OPENING = datetime(2026, 10, 26, 8, 0, tzinfo=UTC)
"""09:00 in Vienna, after the clocks went back."""

ASLEEP = timedelta(hours=60)


@pytest.fixture
async def two(any_office):
    """Ana (Vienna, 9 to 5), Bo (Lisbon), a room with both, on Friday night."""
    office = any_office
    office.ana = office.sandbox.add_user("ana", "Europe/Vienna")
    office.bo = office.sandbox.add_user("bo", "Europe/Lisbon")
    office.room = office.sandbox.add_channel("design", [office.ana, office.bo, office.app])
    office.sandbox.rate_limit_per_channel_s = 0
    await enrolled(office, office.ana)
    await office.settle()
    return office


def delivered(office):
    """What was held for Ana and came, by its last word."""
    told = office.sandbox.messages(office.sandbox.dm(office.app, office.ana).id)
    return [message.text.rpartition(" ")[2] for message in told if " wrote " in message.text]


def hints(office):
    """The flags Bo was shown."""
    seen = office.sandbox.messages(office.room.id, as_seen_by=office.bo)
    return [message for message in seen if "flag_leave" in str(message.blocks)]


async def statuses(office):
    return [
        row["status"]
        for row in await office.rows("SELECT status FROM notices WHERE kind = 'flag' ORDER BY ts")
    ]


async def waits_end(office):
    """Let waits and leases, which follow the machine's clock, run out."""
    async with office.bot.database.transaction() as tx:
        await tx.exec_driver_sql("UPDATE held_messages SET retry_at = 0, lease_until = 0")
        await tx.exec_driver_sql("UPDATE notices SET lease_until = 0")
    await office.settle()


async def test_an_hour_forward_releases_what_is_due_by_the_new_time_and_no_more(two):
    await enrolled(two, two.ana, "mon-fri 9-12, 13-17")
    await two.bo.command("/later", "@ana morning", two.room)
    await two.at(OPENING - timedelta(minutes=20))
    assert delivered(two) == []
    two.clock.advance(HOUR)
    await two.settle()
    assert delivered(two) == ["morning"]
    await two.at(OPENING + timedelta(hours=3, minutes=20))  # 12:20, at lunch
    await two.bo.command("/later", "@ana afternoon", two.room)
    await two.at(OPENING + timedelta(hours=3, minutes=50))
    assert delivered(two) == ["morning"]
    two.clock.advance(HOUR)
    await two.settle()
    assert delivered(two) == ["morning", "afternoon"]


async def test_an_hour_back_releases_nothing_again_and_nothing_early(two):
    await two.bo.command("/later", "@ana first", two.room)
    await two.at(OPENING)
    assert delivered(two) == ["first"]
    await two.at(OPENING - HOUR)
    await two.bo.command("/later", "@ana second", two.room)
    await two.settle()
    assert delivered(two) == ["first"]
    await two.at(OPENING - timedelta(seconds=1))
    assert delivered(two) == ["first"]
    await two.at(OPENING)
    assert delivered(two) == ["first", "second"]


async def test_an_hour_back_between_a_post_and_its_answer_posts_once(two):
    await two.bo.command("/later", "@ana once", two.room)
    two.sandbox.faults.add("chat.postMessage", Fault.drop_answer())
    await two.at(OPENING)
    two.clock.set(OPENING - HOUR)
    await waits_end(two)
    await two.at(OPENING)
    await waits_end(two)
    assert delivered(two) == ["once"]
    assert await two.rows("SELECT state, looked_in_vain FROM held_messages") == [
        {"state": "released", "looked_in_vain": False}
    ]


async def test_a_flag_waiting_to_be_said_survives_an_hour_back(two):
    two.sandbox.faults.add("chat.postEphemeral", Fault.rate_limited(60))
    await two.bo.post(two.room, "@ana?")
    await two.settle()
    two.clock.set(FRIDAY_NIGHT - HOUR)
    await waits_end(two)
    two.clock.set(FRIDAY_NIGHT + timedelta(minutes=1))
    await waits_end(two)
    assert len(hints(two)) == 1
    assert await statuses(two) == ["sent"]


async def test_a_flag_waiting_to_be_said_is_recorded_as_expired_after_an_hour_forward(two):
    two.sandbox.faults.add("chat.postEphemeral", Fault.rate_limited(60))
    await two.bo.post(two.room, "@ana?")
    await two.settle()
    two.clock.advance(HOUR)
    await waits_end(two)
    assert hints(two) == []
    assert await statuses(two) == ["expired"]
    assert len(await two.rows("SELECT * FROM contacts")) == 1


async def test_messages_of_a_repeated_hour_are_each_judged_at_their_own_time(two):
    await two.at(OPENING - timedelta(minutes=30))
    await two.bo.post(two.room, "@ana early?")
    await two.settle()
    await two.at(OPENING + timedelta(minutes=10))
    await two.bo.post(two.room, "@ana at work?")
    await two.settle()
    two.clock.set(OPENING - timedelta(minutes=50))
    await two.settle()
    assert len(await two.rows("SELECT * FROM contacts")) == 1
    assert await statuses(two) == ["sent"]
    assert len(hints(two)) == 1


async def test_asleep_over_the_weekend_what_is_due_happens_once(two):
    await two.bo.command("/later", "@ana good-morning", two.room)
    two.sandbox.faults.add("chat.postEphemeral", Fault.rate_limited(60))
    await two.bo.post(two.room, "@ana?")
    await two.settle()
    two.clock.advance(ASLEEP)  # Monday 09:14 in Vienna
    await waits_end(two)
    await waits_end(two)
    assert delivered(two).count("good-morning") == 1
    assert hints(two) == []
    assert await statuses(two) == ["expired"]
    outcomes = await two.rows("SELECT outcome FROM contacts ORDER BY outcome")
    assert outcomes == [{"outcome": "averted"}, {"outcome": "breach"}]


async def test_asleep_past_the_opening_and_awake_at_night_waits_for_the_next_one(two):
    await two.bo.command("/later", "@ana good-morning", two.room)
    await two.at(datetime(2026, 10, 27, 2, 0, tzinfo=UTC))
    assert delivered(two) == []
    await two.at(datetime(2026, 10, 27, 8, 0, tzinfo=UTC))
    assert delivered(two) == ["good-morning"]


@pytest.mark.slow
async def test_a_summary_missed_in_sleep_comes_once_and_an_hour_back_brings_no_second(any_office):
    office = any_office
    office.clock.set(THURSDAY_NIGHT)
    crew = await Crew(office, 9, created=THURSDAY_NIGHT - timedelta(days=11)).settled()
    await crew.contacted(times=3)
    await office.at(MONDAY + timedelta(hours=5))
    assert len(crew.posts) == 1
    await office.at(MONDAY - timedelta(minutes=30))
    await office.at(MONDAY + timedelta(minutes=30))
    assert len(crew.posts) == 1
    assert await crew.weeks() == [(LAST_WEEK, "posted")]
