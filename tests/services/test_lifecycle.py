"""The app is removed from a workspace, and installed again."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from pydantic import SecretStr

from bot.slack.consent import PURPOSES
from bot.slack.manifest import BOT_EVENTS, BOT_SCOPES
from bot.storage import addresses, occurrences, push_channels
from bot.storage.push_channels import ChannelRow
from bot.wiring import build
from tests.conftest import FRIDAY_NIGHT, enrolled
from tests.scenarios.diaries import away, connected, meeting, written

pytestmark = pytest.mark.slow

OPENING = datetime(2026, 10, 26, 9, tzinfo=ZoneInfo("Europe/Vienna"))
WORKSPACE = "T0SANDBOX"


@pytest.fixture
async def removed(any_office, capsys):
    office = any_office
    ana = office.sandbox.add_user("ana", "Europe/Vienna")
    bo = office.sandbox.add_user("bo", "Europe/Vienna")
    room = office.sandbox.add_channel("room", [ana, bo, office.app])
    await enrolled(office, ana)
    token = office.sandbox.grant(office.app, bo, list(PURPOSES["send"]))
    await office.bot.services.granting.keep(WORKSPACE, bo.id, token, frozenset(PURPOSES["send"]))
    await bo.command("/later", "@ana good morning")
    office.room, office.ana, office.bo = room, ana, bo
    await bo.post(room, "hm, @ana")
    office.sandbox.uninstall(office.app)
    await office.settle()
    return office


async def held(office):
    return await office.rows("SELECT state, returned_code, sealed FROM held_messages")


async def test_tokens_and_what_was_queued_go_and_holds_rest(removed):
    assert await removed.rows("SELECT * FROM grants") == []
    assert await removed.rows("SELECT * FROM notices WHERE status = 'due'") == []
    assert await removed.rows("SELECT * FROM silences") == []
    (hold,) = await held(removed)
    assert (hold["state"], bool(hold["sealed"])) == ("held", True)


async def test_nothing_is_tried_while_it_is_gone(removed, capsys):
    before = len(removed.sandbox.calls)
    await removed.at(OPENING)
    for worker in removed.bot.scheduler.workers:
        await worker.once()
    tried = [call.method for call in removed.sandbox.calls[before:]]
    assert [method for method in tried if method.startswith(("chat", "dnd", "views"))] == []
    assert "broken" not in capsys.readouterr().out
    assert [hold["state"] for hold in await held(removed)] == ["held"]


async def test_installed_again_the_message_goes_on(removed):
    again = removed.sandbox.install_app(scopes=BOT_SCOPES, bot_events=BOT_EVENTS)
    token = {"bot_token": SecretStr(again.bot_token)}
    bot = await build(removed.settings.model_copy(update=token), removed.clock)
    try:
        removed.clock.set(OPENING)
        await bot.services.releasing.run_due()
    finally:
        await bot.stop()
    assert [(hold["state"], hold["sealed"]) for hold in await held(removed)] == [("released", None)]
    (message,) = removed.sandbox.messages(removed.sandbox.dm(again, removed.ana).id)
    assert "good morning" in message.text


CALENDAR_TABLES = ("calendars", "occurrences", "absences", "addresses", "told_organizers")


async def of_calendars(office):
    """How many rows each table has that comes of calendars."""
    return [len(await office.rows(f"SELECT * FROM {name}")) for name in CALENDAR_TABLES]


async def test_connected_calendars_rest_and_are_erased_as_well(any_office):
    office = any_office
    ana = office.sandbox.add_user("ana", "Europe/Vienna")
    await enrolled(office, ana)
    await connected(office, ana)
    await written(office, meeting(ana, OPENING, OPENING + timedelta(hours=1)))
    await away(office, ana, (OPENING, OPENING + timedelta(days=1)))
    async with office.bot.database.transaction() as tx:
        await addresses.own(tx, WORKSPACE, ana.id, ["hash"], "slack")
        await occurrences.told_once(tx, WORKSPACE, ana.id, "uid", 1, 1)
        channel = ChannelRow("channel", WORKSPACE, ana.id, "resource", "hash", 2**40)
        await push_channels.add(tx, channel)
    office.sandbox.uninstall(office.app)
    await office.settle()
    await office.at(FRIDAY_NIGHT + timedelta(days=29))
    await office.bot.services.lifecycle.run_due()
    assert await of_calendars(office) == [1] * 5
    assert len(await office.rows("SELECT * FROM push_channels")) == 1
    await office.at(FRIDAY_NIGHT + timedelta(days=31))
    await office.bot.services.lifecycle.run_due()
    assert await of_calendars(office) == [0] * 5
    assert await office.rows("SELECT * FROM push_channels") == []


async def test_after_thirty_days_what_rests_is_erased(removed):
    await removed.at(FRIDAY_NIGHT + timedelta(days=29))
    await removed.bot.services.lifecycle.run_due()
    assert [hold["state"] for hold in await held(removed)] == ["held"]
    await removed.at(FRIDAY_NIGHT + timedelta(days=31))
    await removed.bot.services.lifecycle.run_due()
    assert await held(removed) == [
        {"state": "cancelled", "returned_code": "app_uninstalled", "sealed": None}
    ]
