"""A meeting around what calendars hold: who is busy is not free, and nothing more is told."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from bot.domain.invites import Answer
from tests.conftest import enrolled
from tests.scenarios.diaries import away, connected, meeting, written

pytestmark = pytest.mark.slow

VIENNA = ZoneInfo("Europe/Vienna")


def at(hour, minute=0, day=2):
    """In Vienna, from Monday 2 November on."""
    return datetime(2026, 11, day, hour, minute, tzinfo=VIENNA)


@pytest.fixture
async def crew(any_office):
    """Ana, Bo and Cy in Vienna; Ana's and Bo's calendars are connected. Monday, 08:00."""
    office = any_office
    for name in ("ana", "bo", "cy"):
        person = office.sandbox.add_user(name, "Europe/Vienna")
        await enrolled(office, person)
        setattr(office, name, person)
    for person in (office.ana, office.bo):
        await connected(office, person)
    await office.at(at(8))
    return office


async def proposed(person, typed):
    said = await person.command("/meet", typed)
    return [line for line in said.text.splitlines() if line.startswith("*Mon")], said.text


async def test_busy_time_is_left_out(crew):
    busy = [meeting(crew.bo, at(9), at(11)), meeting(crew.ana, at(11), at(12, 45))]
    await written(crew, *busy)
    slots, text = await proposed(crew.ana, "@bo 30m today")
    assert slots[0] == "*Mon 12:45–13:15* for you"
    assert "Hours and calendars are looked at" in text
    assert "secret" not in text


@pytest.mark.parametrize(
    "fields",
    [
        {"answer": Answer.DECLINED},
        {"is_transparent": True},
        {"is_all_day": True},
        {"unclear": "zone"},
    ],
)
async def test_what_does_not_take_time_is_free(crew, fields):
    await written(crew, meeting(crew.bo, at(9), at(17), **fields))
    slots, _ = await proposed(crew.ana, "@bo 30m today")
    assert slots[0] == "*Mon 09:00–09:30* for you"


async def test_who_cannot_come_is_named_and_why_is_not(crew):
    private = meeting(crew.bo, at(9), at(17), title="dentist", attendee_count=0, is_own=True)
    await written(crew, private)
    slots, text = await proposed(crew.ana, "@bo @cy 30m today")
    assert "*Nothing inside everybody’s hours and free time* today" in text
    assert text.count(":no_entry_sign: Not free then: bo") == len(slots) == 3
    assert "Outside the hours" not in text
    assert "dentist" not in text


async def test_required_before_optional(crew):
    await written(crew, meeting(crew.bo, at(9), at(12)), meeting(crew.ana, at(12), at(17)))
    _, text = await proposed(crew.cy, "@ana 30m today optional @bo")
    assert "*Mon 09:00–09:30* for you" in text
    assert "Not free then: bo (optional)" in text
    _, text = await proposed(crew.cy, "@bo 30m today optional @ana")
    assert "*Mon 12:00–12:30* for you" in text
    assert "Not free then: ana (optional)" in text


async def test_whose_calendar_is_not_connected_is_said(crew):
    _, text = await proposed(crew.ana, "@bo @cy 30m")
    assert "cy has not connected a calendar: only their hours are looked at." in text
    _, text = await proposed(crew.cy, "@bo 30m")
    assert "You have not connected a calendar: only your hours are looked at." in text
    di = crew.sandbox.add_user("di", "Europe/Vienna")
    await enrolled(crew, di)
    _, text = await proposed(crew.cy, "@bo @di 30m")
    assert "You and di have not connected a calendar: only their hours are looked at." in text
    _, text = await proposed(crew.cy, "@di 30m")
    assert "Only hours are looked at: nobody of you has connected a calendar." in text


async def test_a_calendar_that_was_never_read_is_not_known(crew):
    await connected(crew, crew.cy, read=False)
    _, text = await proposed(crew.ana, "@cy 30m")
    assert "cy has not connected a calendar" in text


async def test_a_weekly_meeting_looks_at_every_week(crew):
    third = timedelta(weeks=2)
    busy = [meeting(crew.bo, at(9) + third, at(16, 30) + third)]
    await written(crew, *busy)
    slots, _ = await proposed(crew.ana, "@bo 30m weekly")
    assert slots[0] == "*Mon 16:30–17:00* for you, 4 weeks"


async def test_busy_time_costs_nobody_a_turn(crew):
    """Bo cannot come, and gives nothing; what was chosen says so once more."""
    await written(crew, meeting(crew.bo, at(9), at(17)))
    said = await crew.ana.command("/meet", "@bo 30m today")
    best = next(each["accessory"]["value"] for each in said.message.blocks if "accessory" in each)
    await crew.ana.click(said.message, "meet_take", best)
    (shown,) = [each for each in crew.ana.answers if "Chosen" in str(each.blocks)]
    assert "Not free then: bo" in str(shown.blocks)
    assert await crew.rows("SELECT * FROM slot_burdens") == []


async def test_an_absence_is_outside_the_hours(crew):
    """Out of office is no appointment: it takes the hours away, as a day off does."""
    await away(crew, crew.bo, (at(0), at(0, day=3)))
    slots, text = await proposed(crew.ana, "@bo 30m today")
    assert "*Nothing inside everybody’s hours and free time* today" in text
    assert "Outside the hours of bo (30 min)" in text
    assert len(slots) == 3
