"""What a calendar says of somebody's absence moves what is held, and is nobody's business."""

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from tests.conftest import enrolled
from tests.scenarios.diaries import away, connected

pytestmark = pytest.mark.slow

VIENNA = ZoneInfo("Europe/Vienna")


def at(day, hour=0, minute=0):
    """In October 2026, in Vienna; the office's clock stands at Friday 23, 22:14."""
    return datetime(2026, 10, day, hour, minute, tzinfo=VIENNA)


@pytest.fixture
async def two(any_office):
    office = any_office
    office.ana = office.sandbox.add_user("ana", "Europe/Vienna")
    office.bo = office.sandbox.add_user("bo", "Europe/Vienna")
    for person in (office.ana, office.bo):
        await enrolled(office, person)
    await connected(office, office.ana)
    return office


def delivered(office):
    dm = office.sandbox.dm(office.app, office.ana)
    return [each.text for each in office.sandbox.messages(dm.id) if "hello" in each.text]


async def due_at(office):
    await office.settle()
    (row,) = await office.rows("SELECT due_at FROM held_messages")
    return datetime.fromtimestamp(row["due_at"], VIENNA)


async def test_a_held_message_waits_for_the_absence_to_end(two):
    said = await two.bo.command("/later", "@ana hello")
    assert "Mon 09:00" in said.text
    await away(two, two.ana, (at(26), at(28)), is_all_day=True)
    assert await due_at(two) == at(28, 9)
    await away(two, two.ana, (at(26), at(27, 13)))
    assert await due_at(two) == at(27, 13)
    await two.at(at(26, 9))
    assert delivered(two) == []
    await two.at(at(27, 13))
    assert len(delivered(two)) == 1


async def test_an_absence_that_is_called_off_brings_it_forward(two):
    await away(two, two.ana, (at(26), at(31)), is_all_day=True)
    said = await two.bo.command("/later", "@ana hello")
    assert "Mon 2 Nov 09:00" in said.text
    await away(two, two.ana)
    assert await due_at(two) == at(26, 9)


async def test_its_owner_reads_why_and_others_only_until_when(two):
    await two.at(at(26, 10))
    await away(two, two.ana, (at(26), at(28)), (at(29, 13), at(29, 17)), is_all_day=False)
    own = (await two.ana.command("/hours", "")).text
    assert "You are off until Wed 09:00" in own
    assert (
        "Out of office until Wed 09:00, then: Thu 29 Oct 13:00–17:00 (from your calendar; "
        "`/hours working mon 9-12` adds hours in it)"
    ) in own
    seen = (await two.bo.command("/hours", "@ana")).text
    assert "off until Wed 09:00" in seen
    assert "calendar" not in seen.lower()
    assert "out of office" not in seen.lower()


async def test_before_it_begins_it_is_listed_and_afterwards_not(two):
    await away(two, two.ana, (at(28), at(30)), is_all_day=True)
    own = (await two.ana.command("/hours", "")).text
    assert "Out of office: Wed 28 Oct – Thu 29 Oct (from your calendar" in own
    await two.at(at(30, 10))
    assert "from your calendar" not in (await two.ana.command("/hours", "")).text


async def test_extra_hours_go_before_it(two):
    await away(two, two.ana, (at(26), at(28)), is_all_day=True)
    await two.ana.command("/hours", "working mon 10-12")
    await two.bo.command("/later", "@ana hello")
    assert await due_at(two) == at(26, 10)


async def test_in_another_zone_they_are_the_same_days(two):
    """Whole days of leave stay whole days of whoever travels."""
    await two.at(at(24, 12))
    await away(two, two.ana, (at(26), at(28)), is_all_day=True)
    await two.ana.command("/hours", "tz America/New_York")
    await two.bo.command("/later", "@ana hello")
    opening = datetime(2026, 10, 28, 9, tzinfo=ZoneInfo("America/New_York"))
    assert await due_at(two) == opening
