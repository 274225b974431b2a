"""The Home tab: what it shows to whom, and that it follows every change."""

import json
from datetime import UTC, datetime

import pytest

from bot.domain.notices import Origin
from bot.services.written import Written
from bot.slack.home import MOST_HELD
from sandbox.faults import Fault

WEDNESDAY_NOON = datetime(2026, 10, 28, 11, tzinfo=UTC)
"""12:00 in Vienna, on a working day."""


@pytest.fixture
async def ana(office):
    return office.sandbox.add_user("ana", "Europe/Vienna")


@pytest.fixture
async def bo(office):
    """Somebody in Lisbon who works Monday to Friday and is off on Friday night."""
    user = office.sandbox.add_user("bo", "Europe/Lisbon")
    await user.command("/hours", "set mon-fri 9-17")
    return user


def text(view):
    return str(view.blocks)


def buttons(view):
    return [
        element["action_id"]
        for block in view.blocks
        if block["type"] == "actions"
        for element in block["elements"]
    ]


async def test_whoever_has_not_chosen_is_welcomed_with_hours_that_may_fit(ana):
    view = await ana.open_home()
    assert "Suggested hours: *Mon–Fri 09:00–18:00* (Europe/Vienna)" in text(view)
    assert "Public holidays: *Austria (AT)* (suggested from your zone)" in text(view)
    assert buttons(view) == ["hours_fit", "hours_edit"]


async def test_these_fit_enrols_with_the_suggested_holidays_and_shows_the_week(office, ana):
    await ana.click(await ana.open_home(), "hours_fit")
    view = ana.home()
    assert "Mon 26 Oct  public holiday (Nationalfeiertag)" in text(view)
    assert buttons(view) == ["hours_edit", "home_quiet", "hours_day_off", "calendar_open"]
    (row,) = await office.rows("SELECT region, enrolled_at FROM people WHERE name = 'ana'")
    assert tuple(row.values()) == ("AT", 1792786440)


async def test_it_shows_week_state_quiet_windows_and_exceptions(ana):
    await ana.command("/hours", "set mon-fri 9-17")
    await ana.command("/quiet", "every weekday 12-13 R&D")
    await ana.command("/hours", "off 24 dec - 2 jan")
    view = await ana.open_home()
    assert "Mon 26 Oct  09:00–17:00 · quiet 12:00–13:00" in text(view)
    assert "You are off until Mon 09:00." in text(view)
    assert "1. every weekday 12:00–13:00 R&amp;D" in text(view)
    assert "1. off Thu 24 Dec – Sat 2 Jan 2027" in text(view)
    assert "Europe/Vienna, following your Slack profile" in text(view)


async def test_every_change_is_shown_without_opening_it_again(ana):
    await ana.open_home()
    await ana.command("/hours", "set mon-fri 7-15")
    assert "Mon 26 Oct  07:00–15:00" in text(ana.home())
    await ana.command("/quiet", "every weekday 12-13 swim")
    assert "swim" in text(ana.home())
    await ana.command("/quiet", "remove 1")
    assert "swim" not in text(ana.home())
    view = (await ana.command("/hours", "edit")).view
    await ana.submit(view, {"tz": "Asia/Tokyo"})
    assert "Asia/Tokyo, chosen by you" in text(ana.home())


async def test_what_one_holds_is_shown_with_its_buttons_and_what_others_hold_is_not(
    office, ana, bo
):
    await ana.command("/hours", "set mon-fri 9-17")
    await ana.command("/later", f"<@{bo.id}|bo> the secret plan")
    await bo.command("/later", f"<@{ana.id}|ana> something for ana")
    view = await ana.open_home()
    assert f"For <@{bo.id}>: delivered *Mon 10:00* · written 22:14" in text(view)
    assert text(view).count("held_cancel") == 1
    held = [each for each in buttons(view) if each.startswith("held_")]
    assert held == ["held_send_now", "held_edit", "held_cancel"]
    assert "secret" not in text(view)
    rows = await office.rows("SELECT id, author_id FROM held_messages")
    shown = {row["author_id"]: text(view).count(row["id"]) for row in rows}
    assert shown == {ana.id: 4, bo.id: 0}


async def test_nothing_held_says_how_it_is_done(ana):
    assert "`/later @ana Good morning!` holds a message" in text(await ana.open_home())


async def test_more_than_fits_is_counted(office, ana, bo):
    for number in range(MOST_HELD + 2):
        written = Written(f"number {number}")
        hold = office.bot.services.holding.hold
        await hold("T0SANDBOX", ana.id, [bo.id], written, Origin.LATER)
    view = await ana.open_home()
    assert buttons(view).count("held_cancel") == MOST_HELD
    assert "And 2 more: `/later list`" in text(view)
    assert len(view.blocks) <= 100


async def test_quiet_for_two_hours_and_its_end_are_one_press_each(office, ana):
    await ana.command("/hours", "set mon-fri 9-17")
    office.clock.set(WEDNESDAY_NOON)
    await ana.click(await ana.open_home(), "home_quiet")
    assert "You are in quiet time until 14:00." in text(ana.home())
    assert "home_quiet_end" in buttons(ana.home())
    await ana.click(ana.home(), "home_quiet_end")
    assert "You are working until 17:00." in text(ana.home())
    assert "home_quiet" in buttons(ana.home())


async def test_hours_are_changed_from_it(ana):
    await ana.command("/hours", "set mon-fri 9-17")
    answer = await ana.click(await ana.open_home(), "hours_edit")
    await ana.submit(answer.view, {"weekly": "mon 9-12"})
    assert "Mon 26 Oct  09:00–12:00" in text(ana.home())


@pytest.mark.parametrize("fault", [Fault.error("invalid_arguments"), Fault.status(503)])
async def test_a_page_slack_does_not_take_costs_nobody_their_answer(office, ana, fault):
    office.sandbox.faults.add("views.publish", fault)
    answer = await ana.command("/hours", "set mon-fri 9-17")
    assert "Your hours are now *Mon–Fri 09:00–17:00*" in answer.text
    assert ana.home() is None


async def test_a_slack_that_is_slow_to_take_it_does_not_delay_the_answer(office, ana, monkeypatch):
    monkeypatch.setattr("bot.slack.home.PUBLISH_S", 0.05)
    office.sandbox.faults.add("views.publish", Fault.slow(1))
    answer = await ana.command("/hours", "set mon-fri 9-17")
    assert "Your hours are now" in answer.text


async def test_the_messages_tab_is_left_alone(office, ana):
    event = {"type": "app_home_opened", "user": ana.id, "tab": "messages", "channel": "D1"}
    status, _ = await office.sandbox.deliver_raw(office.app, _envelope(event))
    assert (status, ana.home()) == (200, None)


async def test_an_app_that_looks_is_answered_and_shown_nothing(office):
    event = {"type": "app_home_opened", "user": office.app.bot_user_id, "tab": "home"}
    status, _ = await office.sandbox.deliver_raw(office.app, _envelope(event))
    assert status == 200
    assert office.sandbox.calls_to("views.publish") == []


def _envelope(event):
    outer = {"type": "event_callback", "team_id": "T0SANDBOX", "api_app_id": "A1", "event": event}
    return json.dumps(outer).encode()
