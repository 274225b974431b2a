"""An urgent message: the snooze ends for as long as it takes, if the person allowed that."""

from datetime import time, timedelta

import pytest

from bot.domain.urgent import Sound
from sandbox import Fault
from tests.conftest import FRIDAY_NIGHT, enrolled
from tests.scenarios.silent import MONDAY_OPENING, allow, calls, expire_leases

pytestmark = pytest.mark.slow


@pytest.fixture
async def ana(any_office):
    """Ana works 9 to 5 in Vienna, where it is Friday, 22:14; she allowed to be silenced."""
    found = any_office.sandbox.add_user("ana", "Europe/Vienna")
    await enrolled(any_office, found)
    await allow(any_office, found, "silence")
    await any_office.settle()
    return found


async def test_it_rings_and_is_silent_again(any_office, ana):
    until = ana.snooze_until
    await ana.command("/boundaries", "silence urgent on")
    async with any_office.bot.services.silencing.ring("T0SANDBOX", ana.id) as sound:
        assert sound is Sound.RANG
        assert ana.snooze_until is None
        await any_office.settle()
        assert ana.snooze_until is None, "no worker interferes"
    assert ana.snooze_until == until


async def test_without_leave_it_does_not_ring(any_office, ana):
    until = ana.snooze_until
    async with any_office.bot.services.silencing.ring("T0SANDBOX", ana.id) as sound:
        assert sound is Sound.SILENT
    assert ana.snooze_until == until
    assert calls(any_office, "dnd.endSnooze") == []


async def test_an_own_snooze_is_never_ended(any_office, ana):
    await ana.command("/boundaries", "silence urgent on")
    await ana.snooze(120)
    async with any_office.bot.services.silencing.ring("T0SANDBOX", ana.id) as sound:
        assert sound is Sound.SILENT
    assert ana.snooze_until == FRIDAY_NIGHT + timedelta(hours=2)


async def test_own_quiet_hours_in_slack_keep_it_silent(any_office, ana):
    await ana.command("/boundaries", "silence urgent on")
    await ana.set_dnd_hours(time(20), time(8))
    async with any_office.bot.services.silencing.ring("T0SANDBOX", ana.id) as sound:
        assert sound is Sound.SILENT
    assert ana.snooze_until is not None


async def test_at_work_and_for_somebody_not_silenced_it_is_as_they_set_it(any_office, ana):
    bo = any_office.sandbox.add_user("bo", "Europe/Lisbon")
    await enrolled(any_office, bo)
    async with any_office.bot.services.silencing.ring("T0SANDBOX", bo.id) as sound:
        assert sound is Sound.AS_SET
    await any_office.at(MONDAY_OPENING)
    async with any_office.bot.services.silencing.ring("T0SANDBOX", ana.id) as sound:
        assert sound is Sound.AS_SET, "nothing was ended for it"
    assert ana.snooze_until is None or ana.snooze_until <= MONDAY_OPENING


async def test_who_ended_the_snooze_by_hand_has_it_as_they_set_it(any_office, ana):
    await ana.command("/boundaries", "silence urgent on")
    await ana.end_snooze()
    await any_office.settle()
    async with any_office.bot.services.silencing.ring("T0SANDBOX", ana.id) as sound:
        assert sound is Sound.AS_SET
    assert calls(any_office, "dnd.endSnooze") == []


async def test_after_a_crash_a_worker_snoozes_again(any_office, ana):
    await ana.command("/boundaries", "silence urgent on")
    crashed = any_office.bot.services.silencing.ring("T0SANDBOX", ana.id)
    assert await crashed.__aenter__() is Sound.RANG
    assert ana.snooze_until is None
    await expire_leases(any_office)
    await any_office.settle()
    assert ana.snooze_until == FRIDAY_NIGHT + timedelta(days=1)
    await crashed.__aexit__(None, None, None)
    assert ana.snooze_until == FRIDAY_NIGHT + timedelta(days=1)


async def test_a_failing_message_leaves_nobody_unsilenced(any_office, ana):
    await ana.command("/boundaries", "silence urgent on")
    silencing = any_office.bot.services.silencing
    with pytest.raises(ConnectionError):
        async with silencing.ring("T0SANDBOX", ana.id):
            raise ConnectionError
    assert ana.snooze_until is not None


async def test_where_slack_asks_to_wait_it_does_not_ring(any_office, ana):
    await ana.command("/boundaries", "silence urgent on")
    any_office.sandbox.faults.add("dnd.endSnooze", Fault.rate_limited(1))
    async with any_office.bot.services.silencing.ring("T0SANDBOX", ana.id) as sound:
        assert sound is Sound.SILENT
    assert ana.snooze_until is not None


async def test_a_lost_answer_promises_nothing_and_snoozes_again(any_office, ana):
    await ana.command("/boundaries", "silence urgent on")
    any_office.sandbox.faults.add("dnd.endSnooze", Fault.drop_answer())
    async with any_office.bot.services.silencing.ring("T0SANDBOX", ana.id) as sound:
        assert sound is Sound.SILENT
    assert ana.snooze_until == FRIDAY_NIGHT + timedelta(days=1)
