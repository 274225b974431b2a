"""Whose address is whose, as far as Slack may tell: kept as fingerprints, and kept up to date."""

from datetime import timedelta

import pytest

from bot.services.calendar_access import address_hash
from bot.slack.manifest import BOT_OPTIONAL_SCOPES, BOT_SCOPES
from bot.storage import addresses
from tests.conftest import opened

TEAM = "T0SANDBOX"


@pytest.fixture
async def reading(tmp_path):
    """A workspace whose admins let the app read addresses."""
    async with opened(tmp_path, scopes=(*BOT_SCOPES, *BOT_OPTIONAL_SCOPES)) as office:
        yield office


async def known(office):
    rows = await office.rows("SELECT address_hash, user_id, source FROM addresses")
    assert {row["source"] for row in rows} <= {"slack"}
    return {row["address_hash"]: row["user_id"] for row in rows}


def hashed(address):
    return address_hash(TEAM, address)


async def test_a_new_person_is_known_by_address(reading):
    ana = reading.sandbox.add_user("ana", "Europe/Vienna")
    await reading.settle()
    assert (await known(reading))[hashed("ANA@example.com ")] == ana.id
    everything = str(await reading.rows("SELECT * FROM addresses"))
    assert "ana" not in everything.replace(ana.id, "")
    assert "example" not in str(await reading.rows("SELECT * FROM people"))


async def test_an_address_that_changes_hands(reading):
    ana, bo = (reading.sandbox.add_user(name, "Europe/Vienna") for name in ("ana", "bo"))
    await reading.settle()
    await ana.set_email("ana.new@example.com")
    await bo.set_email("ana@example.com")
    await reading.settle()
    found = await known(reading)
    assert (found[hashed("ana.new@example.com")], found[hashed("ana@example.com")]) == (
        ana.id,
        bo.id,
    )
    assert hashed("bo@example.com") not in found


async def test_two_who_swapped_while_nobody_listened_are_put_right_by_the_hourly_look(reading):
    ana, bo = (reading.sandbox.add_user(name, "Europe/Vienna") for name in ("ana", "bo"))
    await reading.settle()
    ana.email, bo.email = bo.email, ana.email
    reading.clock.advance(timedelta(hours=1))
    await reading.settle()
    found = await known(reading)
    assert (found[hashed("bo@example.com")], found[hashed("ana@example.com")]) == (ana.id, bo.id)


async def test_who_leaves_is_not_known_by_address_any_more(reading):
    ana = reading.sandbox.add_user("ana", "Europe/Vienna")
    await reading.settle()
    await ana.deactivate()
    await reading.settle()
    assert ana.id not in (await known(reading)).values()


async def test_bots_and_people_of_other_workspaces_have_none(reading):
    reading.sandbox.add_user("helper", "UTC", is_bot=True)
    stranger = reading.sandbox.add_stranger("zoe", "Asia/Tokyo")
    stranger.email = "zoe@partner.example.com"
    ana = reading.sandbox.add_user("ana", "Europe/Vienna")
    channel = reading.sandbox.add_channel("partners", [ana, stranger, reading.app])
    await ana.post(channel, f"<@{stranger.id}> hello")
    await reading.settle()
    assert list((await known(reading)).values()) == [ana.id]


async def test_without_the_scope_nothing_is_known(office):
    ana = office.sandbox.add_user("ana", "Europe/Vienna")
    await ana.set_email("other@example.com")
    office.clock.advance(timedelta(hours=1))
    await office.settle()
    assert await known(office) == {}


async def test_what_slack_says_goes_before_what_a_calendar_says(reading):
    ana = reading.sandbox.add_user("ana", "Europe/Vienna")
    bo = reading.sandbox.add_user("bo", "Europe/Vienna")
    await reading.settle()
    shared = hashed("ana@example.com")
    async with reading.bot.database.transaction() as tx:
        await addresses.own(tx, TEAM, bo.id, [shared], "calendar")
        assert await addresses.whose(tx, TEAM, [shared]) == {shared: ana.id}
