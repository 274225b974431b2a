"""`/hours` over signed HTTP: what is understood, what is stored, and what is said."""

from datetime import UTC, datetime

import pytest

from bot.services.hours import MOST_EXCEPTIONS
from bot.slack.hours import COMMAND
from sandbox.faults import Fault

WEDNESDAY_NOON = datetime(2026, 10, 28, 11, tzinfo=UTC)
"""12:00 in Vienna and 11:00 in Lisbon, on a working day."""


@pytest.fixture
async def ana(office):
    return office.sandbox.add_user("ana", "Europe/Vienna")


@pytest.fixture
async def bo(office):
    return office.sandbox.add_user("bo", "Europe/Lisbon")


async def person(office, user):
    rows = await office.rows("SELECT * FROM people")
    return next(row for row in rows if row["user_id"] == user.id)


async def overrides(office):
    rows = await office.rows("SELECT kind, start_wall, end_wall FROM overrides ORDER BY start_wall")
    return [tuple(row.values()) for row in rows]


def said(answer):
    """Everything the person sees: text, blocks and buttons."""
    blocks = answer.message.blocks if answer.message else []
    return answer.text + str(blocks)


async def press(person, answer, action_id, value=None):
    await person.click(answer.message, action_id, value)
    return person.answers[-1].text


async def test_alone_it_shows_the_week_whose_hours_they_are_and_offers_to_choose(ana):
    answer = await ana.command("/hours")
    assert "Mon 26 Oct  09:00–18:00" in answer.text
    assert "Sat 24 Oct  off" in answer.text
    assert "You are off until Mon 09:00." in answer.text
    assert "Mon–Fri 09:00–18:00 – the organisation’s default; you have not set" in answer.text
    assert "Europe/Vienna, following your Slack profile" in answer.text
    assert "Public holidays: none set" in answer.text
    assert "hours_fit" in said(answer)
    assert "hours_edit" in said(answer)


async def test_these_fit_enrols_with_the_hours_shown_as_one_s_own(office, ana):
    answer = await ana.command("/hours")
    text = await press(ana, answer, "hours_fit")
    assert "these are your hours now: *Mon–Fri 09:00–18:00* (Europe/Vienna)" in text
    row = await person(office, ana)
    assert row["enrolled_at"] == 1792786440
    assert (row["weekly"], row["region"]) == ("Mon–Fri 09:00–18:00", None)
    await ana.command("/hours", "set default")
    assert (await person(office, ana))["weekly"] is None
    assert "hours_fit" not in said(await ana.command("/hours"))


async def test_these_fit_on_an_old_message_does_not_undo_own_hours(office, ana):
    answer = await ana.command("/hours")
    await ana.command("/hours", "set mon-thu 8-16")
    before = await person(office, ana)
    office.clock.set(WEDNESDAY_NOON)
    assert "Mon–Thu 08:00–16:00" in await press(ana, answer, "hours_fit")
    after = await person(office, ana)
    assert (after["weekly"], after["enrolled_at"]) == (before["weekly"], before["enrolled_at"])


async def test_setting_hours_stores_them_in_one_form_and_enrols(office, ana):
    answer = await ana.command("/hours", "set mon-thu 9-12:30, 13:30-18; fri 9-13")
    assert "*Mon–Thu 09:00–12:30, 13:30–18:00; Fri 09:00–13:00*" in answer.text
    assert "Offhours is on for you now" in answer.text
    row = await person(office, ana)
    assert row["weekly"] == "Mon–Thu 09:00–12:30, 13:30–18:00; Fri 09:00–13:00"
    assert row["enrolled_at"] is not None
    again = await ana.command("/hours", "set mon-fri 22:00-06:00")
    assert "Offhours is on" not in again.text
    assert "You are working until Sat 06:00" in again.text


async def test_the_days_may_be_joined_as_slack_escapes_them(office, ana):
    await ana.command("/hours", "set mon & tue 9-17")
    assert (await person(office, ana))["weekly"] == "Mon–Tue 09:00–17:00"


async def test_default_goes_back_to_the_organisation_s_hours(office, ana):
    await ana.command("/hours", "set mon 9-12")
    answer = await ana.command("/hours", "set default")
    assert "You follow the organisation’s hours now: *Mon–Fri 09:00–18:00*" in answer.text
    assert (await person(office, ana))["weekly"] is None


BAD_INPUT = (
    ("set", "Try `/hours set mon-fri 9-17:30`"),
    ("set whenever", "did not understand “whenever”"),
    ("set 9-5", "can be read in two ways"),
    ("set mon 9:75-10", "Try `/hours set mon-fri 9-17:30`"),
    ("set mon-fri 9-25", "For an end after midnight write `/hours set 09:00-01:00`."),
    ("set `mon`", "“`mon`”. Try `/hours set mon"),
    ("set mon 9-12, 11-14", "overlap"),
    ("set mon-tue 22:00-10:00; tue 9-17", "Tuesday"),
    ("off someday", "did not understand “someday”"),
    ("off 30 feb", "no such day"),
    ("off 2 jan 2020", "already over"),
    ("off today 8-9", "already over"),
    ("off remove", "the list is empty"),
    ("off remove 1", "the list is empty"),
    ("working sat", "Try `/hours working sat 10-14`"),
    ("swap", "What for what? Try `/hours swap today 16-17:30 for 19-20:30`."),
    ("swap today 16-17", "Try `/hours swap today 16-17:30 for 19-20:30`"),
    ("swap yesterday 16-17 for 18-19", "That is already over.\n"),
    ("swap mon 16-18 for 17-19", "overlap"),
    ("holidays XX", "do not know the holidays of “XX”"),
    ("holidays AT-77", "“77” as a part of AT"),
    ("holidays working", "Try `/hours holidays AT-9 working`"),
    ("tz Europe/Lisbn", "Did you mean `/hours tz Europe/Lisbon`"),
    ("tz ../../etc/passwd", "do not know the time zone"),
    ("follow @bo", "Try `/hours follow Slack`"),
    ("@nobody", "Pick the name from the list"),
    ("gibberish here", "I do not know “gibberish” here"),
    ("<!channel>", "I do not know “&lt;!channel&gt;” here"),
    ("<@U1|a> <@U2|b>", "One person at a time"),
)


async def test_what_is_not_understood_is_quoted_with_an_example_and_nothing_changes(office, ana):
    for typed, sentence in BAD_INPUT:
        answer = await ana.command("/hours", typed)
        assert answer.status == 200
        assert sentence in answer.text, typed
        assert "`/hours help`" in answer.text
    assert await office.rows("SELECT * FROM overrides") == []
    row = await person(office, ana)
    assert (row["weekly"], row["region"], row["enrolled_at"]) == (None, None, None)


async def test_every_example_of_the_help_works(office, ana):
    office.clock.set(WEDNESDAY_NOON)
    ana_again = office.sandbox.add_user("ana2", "Europe/Lisbon")
    await ana.command("/hours", "off 1 mar")
    await ana.command("/hours", "off 2 mar")
    for typed, _ in COMMAND.examples:
        answer = await ana.command("/hours", typed.replace("@ana", f"<@{ana_again.id}|ana2>"))
        assert answer.status == 200
        assert "help`" not in answer.text, typed
    help_text = (await ana.command("/hours", "help")).text
    assert all(f"/hours {typed}".strip() in help_text for typed, _ in COMMAND.examples)


async def test_a_day_off_says_how_others_see_it_when_one_is_back_and_how_to_undo_it(office, ana):
    await ana.command("/hours", "set mon-fri 9-17")
    answer = await ana.command("/hours", "off mon")
    assert "Noted: *off Mon 26 Oct*. Others see “away”, never why." in answer.text
    assert "You are off until Tue 09:00." in answer.text
    assert "`/hours off remove 1`" in answer.text
    assert await overrides(office) == [("off", "2026-10-26T00:00:00", "2026-10-27T00:00:00")]
    assert "Mon 26 Oct  away" in (await ana.command("/hours")).text


async def test_leave_includes_its_last_day_and_is_announced_with_the_return(office, ana):
    await ana.command("/hours", "set mon-fri 9-17")
    await ana.command("/hours", "off 12 nov - 20 nov")
    text = (await ana.command("/hours")).text
    assert "• Thu 12 Nov – Fri 20 Nov: away, back Mon 23 Nov 09:00" in text


async def test_leave_without_an_end_in_sight_shows_the_return_only(ana):
    await ana.command("/hours", "off 2026-11-09 - 2027-03-31")
    text = (await ana.command("/hours")).text
    assert "• from Mon 9 Nov: away, back Thu 1 Apr 09:00" in text


async def test_hours_off_end_before_the_working_day_does(office, ana):
    office.clock.set(WEDNESDAY_NOON)
    answer = await ana.command("/hours", "off today 16-17")
    assert "off Wed 28 Oct 16:00–17:00" in answer.text
    assert "You are working until 16:00." in answer.text
    assert "Wed 28 Oct  09:00–16:00, 17:00–18:00" in (await ana.command("/hours")).text


async def test_extra_hours_open_a_day_off(office, ana):
    answer = await ana.command("/hours", "working sat 9-12")
    assert "working Sat 24 Oct 09:00–12:00" in answer.text
    assert "away" not in answer.text
    assert "You are off until Sat 09:00." in answer.text


async def test_a_swap_is_two_exceptions_undone_one_by_one(office, ana):
    office.clock.set(WEDNESDAY_NOON)
    answer = await ana.command("/hours", "swap today 16-17:30 for 19-20:30")
    assert "off Wed 28 Oct 16:00–17:30, working Wed 28 Oct 19:00–20:30" in answer.text
    assert "`/hours off remove 2` and `/hours off remove 1`" in answer.text
    week = (await ana.command("/hours")).text
    assert "Wed 28 Oct  09:00–16:00, 17:30–18:00, 19:00–20:30" in week


async def test_exceptions_are_listed_by_number_and_removed_by_it(office, ana):
    await ana.command("/hours", "off 24 dec - 2 jan")
    await ana.command("/hours", "off mon")
    listed = (await ana.command("/hours", "off")).text
    assert "1. off Mon 26 Oct\n2. off Thu 24 Dec – Sat 2 Jan 2027" in listed
    assert "“3” is not a number from 1 to 2" in (await ana.command("/hours", "off remove 3")).text
    assert "by its number in the list" in (await ana.command("/hours", "off remove")).text
    assert "“²” is not a number" in (await ana.command("/hours", "off remove ²")).text
    assert "Removed: off Mon 26 Oct." in (await ana.command("/hours", "off remove 1")).text
    assert await overrides(office) == [("off", "2026-12-24T00:00:00", "2027-01-03T00:00:00")]


async def test_what_is_over_leaves_the_list_and_a_month_later_the_database(office, ana):
    await ana.command("/hours", "off mon")
    await office.at(WEDNESDAY_NOON)
    assert "no days off or other exceptions ahead" in (await ana.command("/hours", "off")).text
    assert len(await overrides(office)) == 1
    await office.at(datetime(2026, 12, 1, 9, tzinfo=UTC))
    await ana.command("/hours", "off tomorrow")
    assert await overrides(office) == [("off", "2026-12-02T00:00:00", "2026-12-03T00:00:00")]


async def test_there_is_a_limit_to_exceptions(office, ana):
    for day in range(MOST_EXCEPTIONS):
        await ana.command("/hours", f"off {day % 28 + 1} {('nov', 'dec')[day // 28]}")
    answer = await ana.command("/hours", "off 1 feb")
    assert f"You have {MOST_EXCEPTIONS} days off and other exceptions" in answer.text
    assert len(await overrides(office)) == MOST_EXCEPTIONS


async def test_a_time_the_clocks_jump_over_is_refused(office, ana):
    answer = await ana.command("/hours", "working 28 mar 2027 2:10-2:50")
    assert "it does not exist" in answer.text
    assert await overrides(office) == []


async def test_an_hour_that_happens_twice_is_worked_twice(office, ana):
    await ana.command("/hours", "working sun 2:00-3:00")
    await office.at(datetime(2026, 10, 25, 0, 30, tzinfo=UTC))
    assert "You are working until 03:00" in (await ana.command("/hours")).text
    await office.at(datetime(2026, 10, 25, 1, 30, tzinfo=UTC))
    assert "You are working until 03:00" in (await ana.command("/hours")).text
    await office.at(datetime(2026, 10, 25, 2, 0, tzinfo=UTC))
    assert "You are off until Mon 09:00" in (await ana.command("/hours")).text


async def test_holidays_are_suggested_from_the_zone_and_taken_only_when_confirmed(office, ana):
    answer = await ana.command("/hours", "holidays")
    assert "Your zone, Europe/Vienna, suggests *Austria* (AT). Is that right?" in answer.text
    assert (await person(office, ana))["region"] is None
    text = await press(ana, answer, "hours_region", "AT")
    assert "Public holidays of *Austria* (AT): you are off on these days" in text
    assert (await person(office, ana))["region"] == "AT"
    assert "Mon 26 Oct  public holiday (Nationalfeiertag)" in (await ana.command("/hours")).text


async def test_a_zone_that_belongs_to_no_country_suggests_nothing(office):
    sailor = office.sandbox.add_user("sam", "Etc/GMT+5")
    answer = await sailor.command("/hours", "holidays")
    assert "does not say which" in answer.text
    assert answer.message.blocks == []


async def test_a_holiday_region_is_confirmed_by_name_and_by_its_next_days(office, ana):
    answer = await ana.command("/hours", "holidays at-wien")
    assert "*Austria, Wien* (AT-9): you are off on these days" in answer.text
    assert "• Mon 26 Oct: Nationalfeiertag\n• Sun 1 Nov: Allerheiligen\n• Tue 8 Dec" in answer.text
    row = await person(office, ana)
    assert (row["region"], row["works_holidays"]) == ("AT-9", 0)
    shown = await ana.command("/hours", "holidays")
    assert "*Austria, Wien* (AT-9)" in shown.text


async def test_somebody_may_choose_to_work_on_holidays_and_change_their_mind(office, ana):
    answer = await ana.command("/hours", "holidays AT-9 working")
    assert "you work on these days" in answer.text
    assert "off until Mon 09:00" in (await ana.command("/hours")).text
    await ana.command("/hours", "holidays AT-9")
    assert "off until Tue 09:00" in (await ana.command("/hours")).text
    await ana.command("/hours", "holidays working")
    row = await person(office, ana)
    assert (row["region"], row["works_holidays"]) == ("AT-9", 1)
    answer = await ana.command("/hours", "holidays none")
    assert "No public holidays are kept free" in answer.text
    row = await person(office, ana)
    assert (row["region"], row["works_holidays"]) == (None, 0)


async def test_a_pinned_zone_stays_when_the_profile_travels_until_slack_is_followed(office, ana):
    answer = await ana.command("/hours", "tz Europe/Lisbon")
    assert "Your zone is *Europe/Lisbon* now, wherever Slack says you are" in answer.text
    await ana.set_tz("Asia/Tokyo")
    await office.settle()
    assert (await person(office, ana))["tz"] == "Europe/Lisbon"
    assert "chosen by you" in (await ana.command("/hours", "tz")).text
    answer = await ana.command("/hours", "follow Slack")
    assert "follows your Slack profile now: *Asia/Tokyo*" in answer.text
    row = await person(office, ana)
    assert (row["tz"], row["tz_pinned"]) == ("Asia/Tokyo", 0)
    assert "following your Slack profile" in (await ana.command("/hours", "tz")).text
    assert "*Asia/Tokyo*" in (await ana.command("/hours", "tz follow slack")).text


async def test_a_slack_that_does_not_answer_leaves_the_pinned_zone_alone(office, ana):
    await ana.command("/hours", "tz Europe/Lisbon")
    office.sandbox.faults.add("users.info", Fault.status(503))
    answer = await ana.command("/hours", "follow Slack")
    assert "Slack did not answer just now, so nothing was changed" in answer.text
    assert (await person(office, ana))["tz"] == "Europe/Lisbon"


async def test_somebody_else_s_week_is_on_the_reader_s_clocks_without_labels_or_reasons(
    office, ana, bo
):
    await ana.command("/hours", "set mon-fri 9-17")
    await ana.command("/quiet", "every weekday 12-13 school run")
    await ana.command("/hours", "off tue")
    await ana.command("/hours", "off 12 nov - 20 nov")
    text = (await bo.command("/hours", f"<@{ana.id}|ana>")).text
    assert "*ana’s week* in your time (Europe/Lisbon)" in text
    assert "Mon 26 Oct  08:00–16:00 · quiet 11:00–12:00" in text
    assert "Tue 27 Oct  away" in text
    assert "Thu 12 Nov – Fri 20 Nov: away, back Mon 23 Nov 08:00" in text
    assert "It is 22:14 for ana, who is off until Mon 08:00 (your time)." in text
    for private in ("school", "Europe/Vienna", "override", "pinned"):
        assert private not in text


async def test_the_hours_of_somebody_who_has_not_chosen_are_not_guessed(ana, bo):
    text = (await ana.command("/hours", f"<@{bo.id}|bo>")).text
    assert "bo has not chosen hours yet" in text
    assert "It is 21:14 for bo." in text
    assert "09:00" not in text


async def test_one_s_own_name_shows_one_s_own_week(ana):
    assert "Your week" in (await ana.command("/hours", f"<@{ana.id}|ana>")).text


async def test_apps_strangers_and_people_who_left_have_no_hours(office, ana, bo):
    bot = office.app.bot_user_id
    assert "Apps and deactivated accounts" in (await ana.command("/hours", f"<@{bot}|app>")).text
    assert "does not know that person" in (await ana.command("/hours", "<@U0NOBODY|x>")).text
    await bo.deactivate()
    await office.settle()
    assert "Apps and deactivated" in (await ana.command("/hours", f"<@{bo.id}|bo>")).text


async def test_a_name_is_shown_as_text_whatever_it_contains(office, ana):
    odd = office.sandbox.add_user("tom & co", "Europe/Lisbon")
    text = (await ana.command("/hours", f"<@{odd.id}|odd>")).text
    assert "tom &amp; co has not chosen" in text


async def test_someone_who_is_not_synced_yet_is_looked_up_first(office, ana):
    await ana.command("/hours")
    late = office.sandbox.add_user("late", "America/New_York")
    answer = await late.command("/hours", "set 9-17")
    assert "(America/New_York)" in answer.text
    assert (await person(office, late))["name"] == "late"


async def test_everything_works_under_the_one_name_too(office, ana):
    answer = await ana.command("/offhours", "hours set mon-fri 8-16")
    assert "*Mon–Fri 08:00–16:00*" in answer.text
    assert "Mon 26 Oct  08:00–16:00" in (await ana.command("/offhours", "hours")).text


async def test_who_is_not_enrolled_is_told_so_after_every_change(ana):
    for typed in ("off mon", "holidays AT", "tz Europe/Lisbon"):
        answer = await ana.command("/hours", typed)
        assert "You have not switched Offhours on yet" in answer.text
        assert "hours_fit" in said(answer)
    answer = await ana.command("/hours", "holidays")
    await ana.command("/hours", "set 9-17")
    assert "not switched" not in (await ana.command("/hours", "off tue")).text


async def test_the_organisation_s_quiet_hours_are_part_of_what_is_shown(office, ana):
    office.sandbox.workspace.users[ana.id].is_admin = True
    await office.bot.services.policies.change(
        "T0SANDBOX", ana.id, {"quiet_hours": "17:00-08:00", "quiet_hours_locked": True}
    )
    await ana.command("/hours", "set mon-fri 9-18")
    text = (await ana.command("/hours")).text
    assert "Organisation’s quiet hours: every day 17:00–08:00 (for everybody)" in text
    assert "Mon 26 Oct  09:00–18:00 · quiet 17:00–18:00" in text


async def test_messages_waiting_for_others_are_counted(office, ana, bo):
    await bo.command("/hours", "set mon-fri 9-17")
    await ana.command("/later", f"<@{bo.id}|bo> good morning")
    assert "Waiting until others are back: 1 (`/later list`" in (await ana.command("/hours")).text


async def test_changed_hours_decide_about_the_next_message(office, ana, bo):
    room = office.sandbox.add_channel("design", [ana, bo, office.app])
    await ana.command("/hours", "set mon-fri 9-17")
    await bo.post(room, "are you there, @ana?")
    await ana.command("/hours", "working today 21-23")
    await bo.post(room, "and now, @ana?")
    await office.settle()
    assert len(await office.rows("SELECT * FROM contacts")) == 1
