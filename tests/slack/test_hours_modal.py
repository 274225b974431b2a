"""The windows for hours and for a day off: what is filled in, what is refused, what is stored."""

from datetime import UTC, datetime

import pytest

from bot.services.hours import MOST_EXCEPTIONS, MOST_WINDOWS
from sandbox.faults import Fault

pytestmark = pytest.mark.slow


@pytest.fixture
async def ana(office):
    return office.sandbox.add_user("ana", "Europe/Vienna")


async def person(office):
    (row,) = await office.rows("SELECT * FROM people WHERE name = 'ana'")
    return row


async def windows(office):
    return [row["rule"] for row in await office.rows("SELECT rule FROM quiet_windows ORDER BY id")]


def shown(view, block_id):
    (element,) = [b["element"] for b in view.blocks if b.get("block_id") == block_id]
    return element.get("initial_value", ""), element.get("placeholder", {}).get("text", "")


async def test_at_first_it_is_empty_and_says_what_empty_means(ana):
    view = (await ana.command("/hours", "edit")).view
    assert view.callback_id == "hours_modal"
    assert "Saving switches Offhours on" in str(view.blocks)
    assert shown(view, "weekly") == ("", "Organisation’s hours: Mon–Fri 09:00–18:00")
    assert shown(view, "tz") == ("", "From your Slack profile: Europe/Vienna")
    assert shown(view, "region") == ("", "Your zone suggests AT")
    assert shown(view, "quiet") == ("", "")


async def test_what_is_filled_in_is_stored_and_shown_again(office, ana):
    view = (await ana.command("/hours", "edit")).view
    answer = await ana.submit(
        view,
        {
            "weekly": "mon-thu 9-12:30, 13:30-18\nfri 9-13",
            "tz": "Europe/Lisbon",
            "region": "at-9",
            "holidays": ["working"],
            "quiet": "every weekday 12-13 R&D\n\ntue 9-10",
        },
    )
    assert answer.errors == {}
    assert ana.open_views == []
    row = await person(office)
    assert row["weekly"] == "Mon–Thu 09:00–12:30, 13:30–18:00; Fri 09:00–13:00"
    assert (row["tz"], row["tz_pinned"], row["region"]) == ("Europe/Lisbon", 1, "AT-9")
    assert (row["works_holidays"], row["enrolled_at"]) == (1, 1792786440)
    assert await windows(office) == ["every weekday 12:00–13:00 R&D", "Tue 09:00–10:00"]
    again = (await ana.command("/hours", "edit")).view
    assert "Saving switches" not in str(again.blocks)
    assert shown(again, "weekly")[0] == row["weekly"]
    assert shown(again, "tz") == ("Europe/Lisbon", "From your Slack profile")
    assert shown(again, "region")[0] == "AT-9"
    assert shown(again, "quiet")[0] == "every weekday 12:00–13:00 R&D\nTue 09:00–10:00"
    await ana.submit(again)
    assert await person(office) | {"version": 0} == row | {"version": 0}


async def test_everything_emptied_follows_the_organisation_and_slack_again(office, ana):
    await ana.command("/hours", "set mon 9-12")
    await ana.command("/hours", "tz Europe/Lisbon")
    await ana.command("/hours", "holidays AT working")
    await ana.command("/quiet", "every weekday 12-13")
    await ana.command("/hours", "off mon")
    view = (await ana.command("/hours", "edit")).view
    empty = {"weekly": "", "tz": "", "region": "none", "holidays": [], "quiet": ""}
    assert (await ana.submit(view, empty)).errors == {}
    row = await person(office)
    assert (row["weekly"], row["region"], row["works_holidays"]) == (None, None, 0)
    assert (row["tz"], row["tz_pinned"]) == ("Europe/Vienna", 0)
    assert await windows(office) == []
    assert len(await office.rows("SELECT * FROM overrides")) == 1


async def test_each_field_says_what_was_not_understood_and_nothing_is_lost_or_stored(office, ana):
    view = (await ana.command("/hours", "edit")).view
    typed = {"weekly": "9-5", "tz": "Mars/Base", "region": "XX", "quiet": "tue 9-10\nlunch"}
    answer = await ana.submit(view, typed)
    assert answer.errors.keys() == typed.keys()
    assert "can be read in two ways" in answer.errors["weekly"]
    assert "do not know the time zone “Mars/Base”" in answer.errors["tz"]
    assert "holidays of “XX”" in answer.errors["region"]
    assert "“lunch”. Try every weekday 12-13 lunch." in answer.errors["quiet"]
    assert ana.open_views == [view]
    assert (await person(office))["enrolled_at"] is None
    right = {"weekly": "9-17", "tz": "", "region": "", "quiet": ""}
    assert (await ana.submit(view, right)).errors == {}
    assert (await person(office))["weekly"] == "Mon–Fri 09:00–17:00"


async def test_too_many_quiet_windows_are_refused_at_their_field(ana):
    view = (await ana.command("/hours", "edit")).view
    lines = "\n".join(f"mon 9:{minute}-10" for minute in range(10, 10 + MOST_WINDOWS + 1))
    answer = await ana.submit(view, {"quiet": lines})
    assert f"at most {MOST_WINDOWS} quiet windows" in answer.errors["quiet"]


async def test_a_silent_slack_is_said_at_the_zone_which_stays(office, ana):
    await ana.command("/hours", "tz Europe/Lisbon")
    view = (await ana.command("/hours", "edit")).view
    office.sandbox.faults.add("users.info", Fault.status(503))
    answer = await ana.submit(view, {"tz": ""})
    assert "Slack did not answer" in answer.errors["tz"]
    assert (await person(office))["tz"] == "Europe/Lisbon"


async def test_a_window_slack_does_not_open_is_said(office, ana):
    office.sandbox.faults.add("views.open", Fault.error("expired_trigger_id"))
    answer = await ana.command("/hours", "edit")
    assert "Slack did not open the window" in answer.text


async def test_it_opens_from_the_answer_to_the_command(ana):
    answer = await ana.command("/hours")
    assert (await ana.click(answer.message, "hours_edit")).view.callback_id == "hours_modal"


async def test_days_off_are_picked_in_a_calendar_both_ends_included(office, ana):
    await ana.command("/hours", "set mon-fri 9-17")
    home = await ana.open_home()
    view = (await ana.click(home, "hours_day_off")).view
    assert "2026-10-24" in str(view.blocks)
    answer = await ana.submit(view, {"first": "2026-10-26", "last": "2026-10-27"})
    assert answer.errors == {}
    (row,) = await office.rows("SELECT kind, start_wall, end_wall FROM overrides")
    assert tuple(row.values()) == ("off", "2026-10-26T00:00:00", "2026-10-28T00:00:00")
    assert "off Mon 26 Oct – Tue 27 Oct" in str(ana.home().blocks)


async def test_without_a_last_day_it_is_one_day(office, ana):
    await ana.command("/hours", "set mon-fri 9-17")
    view = (await ana.click(await ana.open_home(), "hours_day_off")).view
    await ana.submit(view)
    assert "1. off Sat 24 Oct" in (await ana.command("/hours", "off")).text


async def test_days_that_cannot_be_taken_are_said_at_their_field(office, ana):
    await ana.command("/hours", "set mon-fri 9-17")
    view = (await ana.click(await ana.open_home(), "hours_day_off")).view
    answer = await ana.submit(view, {"first": "2026-10-20"})
    assert "already over" in answer.errors["first"]
    answer = await ana.submit(view, {"first": "2026-10-27", "last": "2026-10-26"})
    assert "before the first" in answer.errors["last"]
    answer = await ana.submit(view, {"first": "2026-10-27", "last": "9999-12-31"})
    assert "more than two years" in answer.errors["last"]
    for day in range(MOST_EXCEPTIONS):
        await ana.command("/hours", f"off {day % 28 + 1} {('nov', 'dec')[day // 28]}")
    answer = await ana.submit(view, {"first": "2026-10-27", "last": None})
    assert "which is the most there can be" in answer.errors["first"]


async def test_a_picked_day_the_zone_skips_altogether_is_refused(office):
    # Samoa went from 29 to 31 December 2011.
    eti = office.sandbox.add_user("eti", "Pacific/Apia")
    office.clock.set(datetime(2011, 12, 28, 12, tzinfo=UTC))
    await eti.command("/hours", "set mon-fri 9-17")
    view = (await eti.click(await eti.open_home(), "hours_day_off")).view
    answer = await eti.submit(view, {"first": "2011-12-30"})
    assert "does not exist" in answer.errors["first"]
