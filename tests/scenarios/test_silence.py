"""Somebody is off: their notifications are snoozed with their own token, their status says so."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from bot.domain.choices import Choices, Treatment
from bot.services.ports import lease_now
from bot.services.silencing import LEASE_S, PER_MINUTE
from bot.storage import choices, silences
from bot.wiring import build
from sandbox import Fault
from tests.conftest import FRIDAY_NIGHT, enrolled
from tests.scenarios.silent import MONDAY_OPENING, allow, calls, expire_leases, row

pytestmark = pytest.mark.slow


@pytest.fixture
async def ana(any_office):
    """Ana works 9 to 5 in Vienna, where it is Friday, 22:14; she allowed to be silenced."""
    found = any_office.sandbox.add_user("ana", "Europe/Vienna")
    await enrolled(any_office, found)
    await allow(any_office, found, "silence")
    await any_office.settle()
    return found


def asked(office):
    """How often Slack was asked about somebody's rest or status, or to change it."""
    own = ("dnd.", "users.info", "users.profile.")
    return sum(call.method.startswith(own) for call in office.sandbox.calls)


async def test_a_weekend_is_snoozed_in_pieces_of_a_day_without_a_gap(any_office, ana):
    at, seen = FRIDAY_NIGHT, []
    while at < MONDAY_OPENING:
        assert ana.snooze_until is not None
        assert ana.snooze_until > at, f"nothing snoozes at {at}"
        seen.append(ana.snooze_until)
        at += timedelta(hours=1, minutes=59)
        if at < MONDAY_OPENING:
            await any_office.at(at)
    sets = [int(call.params["num_minutes"]) for call in calls(any_office, "dnd.setSnooze")]
    assert max(sets) == 24 * 60
    assert len(sets) == 3
    assert seen[-1] == MONDAY_OPENING, "an hour longer than on other weekends"
    await any_office.at(MONDAY_OPENING + timedelta(minutes=1))
    assert calls(any_office, "dnd.endSnooze") == []
    assert (await row(any_office))["snoozed_until_at"] == 0


async def test_at_work_nothing_is_snoozed_and_slack_is_not_asked(any_office, ana):
    await any_office.at(MONDAY_OPENING)
    before = asked(any_office)
    await any_office.at(MONDAY_OPENING + timedelta(hours=7))
    assert asked(any_office) == before
    await any_office.at(MONDAY_OPENING + timedelta(hours=8))
    assert ana.snooze_until == MONDAY_OPENING + timedelta(days=1)


async def test_a_message_to_somebody_silenced_does_not_ring(any_office, ana):
    bo = any_office.sandbox.add_user("bo", "Europe/Lisbon")
    room = any_office.sandbox.add_channel("design", [ana, bo, any_office.app])
    message = await bo.post(room, "@ana are you there?")
    assert message.silent_for == {ana.id}


async def test_a_quiet_window_is_snoozed_to_its_end(any_office, ana):
    await any_office.at(MONDAY_OPENING + timedelta(hours=1))
    await ana.command("/quiet", "until 12:00")
    await any_office.settle()
    assert ana.snooze_until == MONDAY_OPENING + timedelta(hours=3)
    await ana.command("/quiet", "end")
    await any_office.settle()
    assert ana.snooze_until is None
    assert len(calls(any_office, "dnd.endSnooze")) == 1


async def test_changed_hours_move_the_end_both_ways(any_office, ana):
    await any_office.at(datetime(2026, 10, 25, 20, tzinfo=UTC))
    assert ana.snooze_until == MONDAY_OPENING
    await ana.command("/hours", "off tomorrow")
    await any_office.settle()
    assert ana.snooze_until == MONDAY_OPENING, "long enough until it is renewed"
    await any_office.at(MONDAY_OPENING - timedelta(hours=2))
    assert ana.snooze_until == datetime(2026, 10, 27, 6, tzinfo=UTC)
    await any_office.at(datetime(2026, 10, 27, 4, tzinfo=UTC))
    assert ana.snooze_until == datetime(2026, 10, 27, 8, tzinfo=UTC)
    await ana.command("/hours", "set mon-fri 6-15")
    await any_office.settle()
    assert ana.snooze_until == datetime(2026, 10, 27, 5, tzinfo=UTC), "our own is shortened"


async def test_an_own_snooze_is_neither_ended_nor_shortened(any_office, ana):
    await ana.snooze(600)
    theirs = ana.snooze_until
    await ana.command("/hours", "set sat 8-18, mon-fri 9-17")
    await any_office.settle()
    await any_office.at(theirs - timedelta(minutes=5))
    assert ana.snooze_until == theirs, "not for the working hours of Saturday either"
    assert calls(any_office, "dnd.endSnooze") == []
    assert len(calls(any_office, "dnd.setSnooze")) == 1, "only the one before hers"
    await any_office.at(datetime(2026, 10, 24, 17, tzinfo=UTC))
    assert ana.snooze_until == datetime(2026, 10, 25, 17, tzinfo=UTC)


async def test_when_an_own_snooze_ends_too_early_ours_begins(any_office, ana):
    await ana.snooze(60)
    await any_office.settle()
    await any_office.at(FRIDAY_NIGHT + timedelta(minutes=59))
    assert ana.snooze_until == FRIDAY_NIGHT + timedelta(minutes=60)
    await any_office.at(FRIDAY_NIGHT + timedelta(minutes=60))
    assert ana.snooze_until == FRIDAY_NIGHT + timedelta(hours=25)


async def test_what_slack_tells_of_our_own_snooze_is_no_reason_to_look(any_office, ana):
    assert [each for each in any_office.sandbox.deliveries if "dnd_updated" in str(each)]
    assert len(calls(any_office, "dnd.info")) == 1


async def test_a_snooze_ended_by_hand_stays_ended_until_the_next_closing(any_office, ana):
    await ana.end_snooze()
    for hours in (10, 22, 23, 46, 58):
        await any_office.at(FRIDAY_NIGHT + timedelta(hours=hours))
        assert ana.snooze_until is None
    await any_office.at(MONDAY_OPENING)
    await any_office.at(MONDAY_OPENING + timedelta(hours=8))
    assert ana.snooze_until == MONDAY_OPENING + timedelta(days=1)


async def test_switching_off_ends_ours_and_forgets(any_office, ana):
    await ana.command("/boundaries", "silence off")
    await any_office.settle()
    assert ana.snooze_until is None
    assert await row(any_office) is None


async def test_switching_off_leaves_an_own_snooze(any_office, ana):
    await ana.snooze(90)
    await ana.command("/boundaries", "silence off")
    await any_office.settle()
    assert ana.snooze_until == FRIDAY_NIGHT + timedelta(minutes=90)
    assert await row(any_office) is None


async def test_withdrawing_the_permission_ends_the_snooze_first(any_office, ana):
    await ana.click(await ana.open_home(), "grant_withdraw")
    await any_office.settle()
    assert ana.snooze_until is None
    assert await row(any_office) is None
    assert len(calls(any_office, "auth.revoke")) == 1
    await any_office.at(MONDAY_OPENING)
    assert any_office.sandbox.messages(any_office.sandbox.dm(any_office.app, ana).id) == []


async def test_withdrawing_while_a_worker_is_at_it_ends_the_snooze_too(any_office, ana):
    async with any_office.bot.database.transaction() as tx:
        await tx.exec_driver_sql(f"UPDATE silences SET lease_until = {lease_now() + LEASE_S}")
    await ana.click(await ana.open_home(), "grant_withdraw")
    await any_office.settle()
    assert ana.snooze_until is None
    assert await row(any_office) is None
    assert len(calls(any_office, "auth.revoke")) == 1


async def test_a_worker_whose_row_was_taken_over_writes_nothing(any_office, ana):
    database = any_office.bot.database
    now = lease_now()
    lease = {"lease_now": now, "lease_s": LEASE_S}
    async with database.transaction() as tx:
        first = await silences.claim(tx, "T0SANDBOX", ana.id, **lease)
        assert await silences.claim(tx, "T0SANDBOX", ana.id, **lease) is None
        assert await silences.take_over(tx, "T0SANDBOX", ana.id, **lease) is not None
        assert not await silences.note(tx, first, due_at=1)


async def test_a_permission_revoked_at_slack_is_told_once_inside_the_hours(any_office, ana):
    any_office.sandbox.revoke(any_office.app, ana)
    await any_office.settle()
    told = any_office.sandbox.dm(any_office.app, ana)
    assert any_office.sandbox.messages(told.id) == [], "not at night"
    assert (await row(any_office))["silence_code"] == "token_revoked"
    await any_office.at(MONDAY_OPENING)
    await any_office.at(MONDAY_OPENING + timedelta(days=1))
    (message,) = any_office.sandbox.messages(told.id)
    assert "Slack no longer lets me snooze your notifications" in message.text
    assert "Authors are still told when you are off." in message.text
    assert "the permission was withdrawn" in str((await ana.open_home()).blocks)


@pytest.mark.parametrize("code", ["token_revoked", "missing_scope", "too_long", "account_inactive"])
async def test_a_refusal_ends_the_level_until_it_is_allowed_anew(office, code):
    ana = office.sandbox.add_user("ana", "Europe/Vienna")
    await enrolled(office, ana)
    office.sandbox.faults.add("dnd.setSnooze", Fault.error(code))
    await allow(office, ana, "silence")
    await office.settle()
    found = await row(office)
    assert (found["silence_code"], ana.snooze_until) == (code, None)
    place = await office.bot.services.directory.place("T0SANDBOX")
    assert not place.is_silenced(ana.id)
    (notice,) = await office.rows("SELECT kind, due_at FROM notices WHERE status = 'due'")
    assert notice == {"kind": "level_ended", "due_at": MONDAY_OPENING.timestamp()}
    await allow(office, ana, "silence")
    await office.settle()
    assert ana.snooze_until == FRIDAY_NIGHT + timedelta(days=1)
    assert place.is_silenced(ana.id)


async def test_another_refusal_is_tried_again_for_a_while_before_it_ends_the_level(office):
    ana = office.sandbox.add_user("ana", "Europe/Vienna")
    await enrolled(office, ana)
    office.sandbox.faults.add("dnd.setSnooze", Fault.error("snooze_failed", times=None))
    await allow(office, ana, "silence")
    for attempt in range(1, 8):
        await office.settle()
        found = await row(office)
        assert (found["silence_code"], found["attempts"]) == ("", attempt)
        await expire_leases(office)
    await office.settle()
    assert (await row(office))["silence_code"] == "snooze_failed"


async def test_slack_asks_to_wait_and_is_left_alone_until_then(office):
    people = [office.sandbox.add_user(f"p{n}", "Europe/Vienna") for n in range(3)]
    office.sandbox.faults.add("dnd.setSnooze", Fault.rate_limited(2))
    for each in people:
        await enrolled(office, each)
        await allow(office, each, "silence")
    await office.settle()
    assert [each.snooze_until for each in people] == [None] * 3
    assert len(calls(office, "dnd.setSnooze")) == 1
    await asyncio.sleep(2.1)
    await office.settle()
    assert all(each.snooze_until for each in people)
    assert {each["attempts"] for each in await office.rows("SELECT attempts FROM silences")} == {0}


@pytest.mark.slow
async def test_many_who_close_at_once_are_paced_under_slacks_limit(office):
    office.sandbox.tiers = True
    count = PER_MINUTE + 5
    people = [office.sandbox.add_user(f"p{n}", "Europe/Vienna") for n in range(count)]
    for each in people:
        await enrolled(office, each)
        await allow(office, each, "silence")
    await office.settle()
    assert sum(each.snooze_until is not None for each in people) == PER_MINUTE
    assert not [call for call in office.sandbox.calls if call.status == 429]
    before = asked(office)
    await office.at(MONDAY_OPENING + timedelta(minutes=2))
    assert asked(office) == before, "an opening costs no call, so it needs no pace"


@pytest.mark.parametrize("fault", [Fault.drop_answer, Fault.drop_request])
async def test_after_a_lost_answer_it_is_looked_at_again(any_office, ana, fault):
    await ana.command("/boundaries", "silence off")
    await any_office.settle()
    any_office.sandbox.faults.add("dnd.setSnooze", fault())
    await ana.command("/boundaries", "silence on")
    await any_office.settle()
    await expire_leases(any_office)
    await any_office.settle()
    assert ana.snooze_until == FRIDAY_NIGHT + timedelta(days=1)
    await ana.command("/boundaries", "silence off")
    await any_office.settle()
    assert ana.snooze_until is None, "it was known to be ours"


async def test_a_crash_before_the_result_is_written_keeps_it_ours(any_office, ana):
    until_at = int(ana.snooze_until.timestamp())
    async with any_office.bot.database.transaction() as tx:
        await tx.exec_driver_sql(
            f"UPDATE silences SET aim = '', snoozed_until_at = 0, asked_until_at = {until_at}"
        )
    await any_office.settle()
    assert (await row(any_office))["snoozed_until_at"] == until_at
    await ana.command("/hours", "working today 20-24")
    await any_office.settle()
    assert ana.snooze_until is None


@pytest.mark.slow
async def test_two_bots_snooze_each_person_once(postgres_office):
    office = postgres_office
    people = [office.sandbox.add_user(f"p{n}", "Europe/Vienna") for n in range(12)]
    await office.at(datetime(2026, 10, 23, 14, tzinfo=UTC))  # a Friday at work
    second = await build(office.settings, office.clock)
    try:
        for each in people:
            await enrolled(office, each)
            await allow(office, each, "silence")
        await second.services.directory.refresh()
        await office.settle()
        office.clock.set(datetime(2026, 10, 23, 15, tzinfo=UTC))
        await asyncio.gather(
            office.bot.services.silencing.run_due(), second.services.silencing.run_due()
        )
    finally:
        await second.stop()
    assert len(calls(office, "dnd.setSnooze")) == len(people)
    assert len({call.user_id for call in calls(office, "dnd.setSnooze")}) == len(people)


async def test_a_silent_source_is_flagged_where_silence_is_not_in_force(any_office, ana):
    bo = any_office.sandbox.add_user("bo", "Europe/Lisbon")
    room = any_office.sandbox.add_channel("design", [ana, bo, any_office.app])
    chosen = Choices(treatment=Treatment.SILENT, silence=True)
    async with any_office.bot.database.transaction() as tx:
        await choices.save(tx, "T0SANDBOX", ana.id, chosen)
    await any_office.settle()
    await bo.post(room, "@ana one")
    await any_office.settle()
    assert await any_office.rows("SELECT id FROM notices WHERE kind = 'flag'") == []
    any_office.sandbox.revoke(any_office.app, ana)
    await any_office.settle()
    await bo.post(room, "@ana two")
    await any_office.settle()
    assert len(await any_office.rows("SELECT id FROM notices WHERE kind = 'flag'")) == 1


async def test_a_failing_status_does_not_undo_what_is_known_of_the_snooze(any_office):
    ana = any_office.sandbox.add_user("ana", "Europe/Vienna")
    await enrolled(any_office, ana)
    any_office.sandbox.faults.add("users.info", Fault.status(500, times=None))
    await allow(any_office, ana, "silence", "status")
    await any_office.settle()
    assert ana.snooze_until is not None
    await ana.end_snooze()
    for _ in range(3):
        await expire_leases(any_office)
        await any_office.settle()
        assert ana.snooze_until is None, "ended by hand"
    assert len(calls(any_office, "dnd.setSnooze")) == 1


class TestStatus:
    """The line beside somebody's name."""

    @pytest.fixture
    async def cy(self, any_office):
        """Cy works 9 to 5 in Vienna, and allowed the status only."""
        found = any_office.sandbox.add_user("cy", "Europe/Vienna")
        await enrolled(any_office, found)
        return found

    async def test_it_says_until_when_and_ends_by_itself(self, any_office, cy):
        await allow(any_office, cy, "status")
        await any_office.settle()
        assert shown(any_office, cy) == ("Off until Mon 09:00", MONDAY_OPENING.timestamp())
        assert cy.snooze_until is None
        await any_office.at(MONDAY_OPENING)
        assert shown(any_office, cy) == ("", 0)
        assert len(calls(any_office, "users.profile.set")) == 1

    async def test_an_own_status_stays(self, any_office, cy):
        await cy.set_status("On a train", ":train:")
        await allow(any_office, cy, "status")
        await any_office.settle()
        assert shown(any_office, cy) == ("On a train", 0)
        await cy.command("/boundaries", "silence status off")
        await any_office.settle()
        assert shown(any_office, cy) == ("On a train", 0)
        assert calls(any_office, "users.profile.set") == []

    async def test_when_an_own_status_ends_ours_is_shown(self, any_office, cy):
        ends_at = FRIDAY_NIGHT + timedelta(hours=2)
        await cy.set_status("On a train", ":train:", ends_at)
        await allow(any_office, cy, "status")
        await any_office.settle()
        await any_office.at(ends_at)
        assert shown(any_office, cy)[0] == "Off until Mon 09:00"

    async def test_it_follows_the_hours(self, any_office, cy):
        await allow(any_office, cy, "status")
        await any_office.settle()
        await cy.command("/hours", "off mon")
        await any_office.settle()
        assert shown(any_office, cy)[0] == "Off until Tue 09:00"
        await cy.command("/hours", "working today 20-24")
        await any_office.settle()
        assert shown(any_office, cy) == ("", 0)

    async def test_one_that_was_edited_is_the_persons_own(self, any_office, cy):
        await allow(any_office, cy, "status")
        await any_office.settle()
        await cy.set_status("Off until Mon 09:00, call Bo", ":no_bell:", MONDAY_OPENING)
        await cy.command("/boundaries", "silence status off")
        await any_office.settle()
        assert shown(any_office, cy)[0] == "Off until Mon 09:00, call Bo"
        assert await row(any_office) is None

    async def test_switching_off_clears_ours(self, any_office, cy):
        await allow(any_office, cy, "status")
        await any_office.settle()
        await cy.command("/boundaries", "silence status off")
        await any_office.settle()
        assert shown(any_office, cy) == ("", 0)
        assert await row(any_office) is None

    async def test_its_refusal_leaves_silence_as_it_is(self, any_office, ana):
        any_office.sandbox.faults.add("users.profile.set", Fault.error("missing_scope"))
        await allow(any_office, ana, "status")
        await any_office.settle()
        found = await row(any_office)
        assert (found["status_code"], found["silence_code"]) == ("missing_scope", "")
        assert ana.snooze_until is not None

    async def test_what_the_bot_may_not_read_ends_nothing(self, any_office, cy):
        any_office.sandbox.faults.add("users.info", Fault.error("missing_scope"))
        await allow(any_office, cy, "status")
        await any_office.settle()
        assert (await row(any_office))["status_code"] == ""
        await expire_leases(any_office)
        await any_office.settle()
        assert shown(any_office, cy)[0] == "Off until Mon 09:00"


def shown(office, person):
    status = office.sandbox.workspace.status_of(person)
    return status["status_text"], status["status_expiration"]
