"""The welcome: said once, in the reader's hours, and its three buttons."""

from datetime import UTC, datetime

import pytest

SATURDAY_NOON = datetime(2026, 10, 24, 10, 0, tzinfo=UTC)
MONDAY_OPENING = datetime(2026, 10, 26, 8, 0, tzinfo=UTC)
"""09:00 in Vienna, the first opening after the clocks went back. A holiday there, unconfirmed."""


@pytest.fixture
async def welcomed(office):
    """A member of a team who has just been welcomed, and the message."""
    boss = office.sandbox.add_user("mira", "Asia/Tokyo", is_admin=True)
    ana = office.sandbox.add_user("ana", "Europe/Vienna")
    office.sandbox.add_channel("design-week", [boss])
    office.sandbox.add_usergroup("design", "Design", [ana])
    await office.settle()
    await boss.command("/boundaries", "team add @design #design-week lead @ana")
    await office.at(MONDAY_OPENING)
    (message,) = office.sandbox.messages(office.sandbox.dm(ana, office.app).id)
    return ana, message


async def person(office, user):
    rows = await office.rows("SELECT user_id, enrolled_at, region, weekly FROM people")
    return next(row for row in rows if row["user_id"] == user.id)


async def test_it_waits_for_the_hours_it_suggests_and_comes_once(office):
    boss = office.sandbox.add_user("mira", "Asia/Tokyo", is_admin=True)
    ana = office.sandbox.add_user("ana", "Europe/Vienna")
    kai = office.sandbox.add_user("kai", "Asia/Tokyo")
    office.sandbox.add_channel("design-week", [boss])
    group = office.sandbox.add_usergroup("design", "Design", [ana, kai])
    await office.settle()
    await boss.command("/boundaries", "team add @design #design-week lead @ana")
    dms = [office.sandbox.dm(each, office.app).id for each in (ana, kai)]
    await office.at(SATURDAY_NOON)
    assert [office.sandbox.messages(dm) for dm in dms] == [[], []]
    await office.at(datetime(2026, 10, 26, 0, 0, tzinfo=UTC))
    assert [len(office.sandbox.messages(dm)) for dm in dms] == [0, 1]
    await office.at(MONDAY_OPENING)
    text = str(office.sandbox.messages(dms[0])[0].blocks)
    assert "Mon–Fri 09:00–18:00" in text
    assert "Public holidays: *Austria*" in text
    office.sandbox.set_usergroup(group, [])
    office.sandbox.set_usergroup(group, [ana, kai])
    await boss.command("/boundaries", "team remove @design")
    await boss.command("/boundaries", "team add @design #design-week lead @ana")
    await office.at(datetime(2026, 10, 27, 12, 0, tzinfo=UTC))
    assert [len(office.sandbox.messages(dm)) for dm in dms] == [1, 1]


async def test_after_a_downtime_it_is_not_said_at_night(office):
    boss = office.sandbox.add_user("mira", "Asia/Tokyo", is_admin=True)
    ana = office.sandbox.add_user("ana", "Europe/Vienna")
    office.sandbox.add_channel("design-week", [boss])
    office.sandbox.add_usergroup("design", "Design", [ana])
    await office.settle()
    await boss.command("/boundaries", "team add @design #design-week lead @ana")
    dm = office.sandbox.dm(ana, office.app).id
    await office.at(datetime(2026, 10, 26, 22, 0, tzinfo=UTC))
    assert office.sandbox.messages(dm) == []
    await office.at(datetime(2026, 10, 27, 7, 59, tzinfo=UTC))
    assert office.sandbox.messages(dm) == []
    await office.at(datetime(2026, 10, 27, 8, 0, tzinfo=UTC))
    assert len(office.sandbox.messages(dm)) == 1


async def test_bots_leavers_and_those_who_chose_already_get_none(office):
    boss = office.sandbox.add_user("mira", "Asia/Tokyo", is_admin=True)
    helper = office.sandbox.add_user("helper", "Europe/Vienna", is_bot=True)
    gone = office.sandbox.add_user("gone", "Europe/Vienna", deleted=True)
    early = office.sandbox.add_user("early", "Europe/Vienna")
    office.sandbox.add_channel("design-week", [boss])
    office.sandbox.add_usergroup("design", "Design", [helper, gone, early])
    await office.settle()
    await office.bot.services.hours.fit("T0SANDBOX", early.id, None)
    await boss.command("/boundaries", "team add @design #design-week tz Europe/Vienna")
    await office.settle()
    assert await office.rows("SELECT id FROM notices") == []


async def test_these_fit_enrols_with_the_suggested_holidays(office, welcomed):
    ana, message = welcomed
    assert (await person(office, ana))["enrolled_at"] is None
    answer = await ana.click(message, "welcome_fit")
    assert answer.status == 200
    kept = await person(office, ana)
    assert kept["enrolled_at"] is not None
    assert (kept["region"], kept["weekly"]) == ("AT", "Mon–Fri 09:00–18:00")
    assert "these are your hours now" in message.text


async def test_change_opens_the_window_for_hours(office, welcomed):
    ana, message = welcomed
    answer = await ana.click(message, "welcome_change")
    assert answer.view.callback_id == "hours_modal"
    assert (await person(office, ana))["enrolled_at"] is None


async def test_not_now_counts_nobody_and_says_how_to_come_back(office, welcomed):
    ana, message = welcomed
    await ana.click(message, "welcome_not_now")
    assert "You are not counted" in message.text
    assert "`/hours`" in message.text
    assert (await person(office, ana))["enrolled_at"] is None
