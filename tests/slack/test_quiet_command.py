"""`/quiet` over signed HTTP: quiet time now, weekly windows, and their list."""

from datetime import UTC, datetime

import pytest

from bot.services.hours import MOST_WINDOWS
from bot.slack.quiet import COMMAND

WEDNESDAY_NOON = datetime(2026, 10, 28, 11, tzinfo=UTC)
"""12:00 in Vienna, on a working day."""


@pytest.fixture
async def ana(office):
    """Somebody in Vienna at work, Monday to Friday 9 to 17."""
    user = office.sandbox.add_user("ana", "Europe/Vienna")
    await user.command("/hours", "set mon-fri 9-17")
    office.clock.set(WEDNESDAY_NOON)
    return user


async def windows(office):
    return [row["rule"] for row in await office.rows("SELECT rule FROM quiet_windows ORDER BY id")]


async def one_offs(office):
    rows = await office.rows("SELECT kind, start_wall, end_wall FROM overrides")
    return [tuple(row.values()) for row in rows]


async def test_some_hours_of_quiet_start_now_and_end_by_themselves(office, ana):
    answer = await ana.command("/quiet", "2h")
    assert "Quiet until *14:00*: whoever writes to you is told." in answer.text
    assert await one_offs(office) == [("quiet", "2026-10-28T12:00:00", "2026-10-28T14:00:00")]
    assert "You are in quiet time until 14:00." in (await ana.command("/hours")).text
    await office.at(datetime(2026, 10, 28, 13, tzinfo=UTC))
    assert "You are working until 17:00." in (await ana.command("/hours")).text


async def test_quiet_until_a_time(ana):
    assert (
        "Quiet until *15:00*: whoever writes to you is told."
        in (await ana.command("/quiet", "until 15:00")).text
    )


async def test_quiet_past_the_end_of_the_day_says_when_one_can_be_reached_again(ana):
    answer = await ana.command("/quiet", "until 18:30")
    assert "is told. You can be reached again on Thu at 09:00." in answer.text
    assert (
        "in quiet time until 17:00, then off until Thu 09:00"
        in (await ana.command("/hours", "tz Europe/Vienna")).text
    )


async def test_quiet_outside_hours_says_that_nothing_changes(office, ana):
    office.clock.set(datetime(2026, 10, 28, 20, tzinfo=UTC))
    answer = await ana.command("/quiet", "4h")
    assert "quiet until *Thu 01:00*. You are off until Thu 09:00 in any case." in answer.text
    assert "reached again" not in answer.text
    listed = (await ana.command("/quiet", "list")).text
    assert "1. quiet Wed 28 Oct 21:00 – Thu 29 Oct 01:00" in listed


async def test_quiet_from_the_night_into_the_day_tells_the_opening_before_and_after(office, ana):
    office.clock.set(datetime(2026, 10, 28, 20, tzinfo=UTC))
    answer = await ana.command("/quiet", "until thu 18:18")
    assert "Noted: quiet until *Thu 18:18*. You are off until Thu 09:00 in any case." in answer.text
    assert "You can be reached again on Fri at 09:00." in answer.text


async def test_hours_one_said_to_work_are_an_exception_to_quiet_time(office, ana):
    await ana.command("/hours", "working today 19-20")
    answer = await ana.command("/quiet", "until 22:00")
    assert "Quiet until *22:00*: whoever writes to you is told." in answer.text
    assert "Except Wed 19:00–20:00, which you said you work." in answer.text
    assert "You can be reached again on Thu at 09:00." in answer.text


async def test_where_nobody_is_told_nobody_is_said_to_be(office, ana):
    change = office.bot.services.policies.change
    await change("T0SANDBOX", ana.id, {"mode": "observe"})
    assert "Quiet until *14:00*.\n" in (await ana.command("/quiet", "2h")).text


async def test_somebody_off_and_then_in_quiet_time_is_shown_as_both(office, ana):
    bo = office.sandbox.add_user("bo", "Europe/Vienna")
    await ana.command("/quiet", "every day 8-10")
    office.clock.set(datetime(2026, 10, 28, 20, tzinfo=UTC))
    text = (await bo.command("/hours", f"<@{ana.id}>")).text
    assert "off until Thu 09:00, then in quiet time until Thu 10:00 (your time)" in text
    await ana.command("/quiet", "every day 16-17")
    await ana.command("/hours", "off thu 10-16")
    text = (await bo.command("/hours", f"<@{ana.id}>")).text
    assert "off until Thu 09:00, then in quiet time or off until Fri 10:00 (your time)" in text


async def test_a_new_quiet_time_replaces_the_one_going_on(office, ana):
    await ana.command("/quiet", "4h")
    await ana.command("/quiet", "30 min")
    assert await one_offs(office) == [("quiet", "2026-10-28T12:00:00", "2026-10-28T12:30:00")]


async def test_quiet_through_the_night_the_clocks_go_back_ends_on_the_wall_clock(office):
    night = office.sandbox.add_user("nil", "Europe/Vienna")
    await night.command("/hours", "set sat-sun 20:00-06:00")
    office.clock.set(datetime(2026, 10, 24, 23, 30, tzinfo=UTC))
    assert (
        "Quiet until *03:30*: whoever writes to you is told."
        in (await night.command("/quiet", "2h")).text
    )
    await office.at(datetime(2026, 10, 25, 2, 29, tzinfo=UTC))
    assert "in quiet time until 03:30" in (await night.command("/hours")).text
    await office.at(datetime(2026, 10, 25, 2, 30, tzinfo=UTC))
    assert "working until 06:00" in (await night.command("/hours")).text


async def test_quiet_until_a_time_the_clocks_jump_over_ends_at_the_jump(office):
    night = office.sandbox.add_user("nil", "Europe/Vienna")
    await night.command("/hours", "set sat-sun 20:00-06:00")
    office.clock.set(datetime(2027, 3, 28, 0, 30, tzinfo=UTC))
    assert (
        "Quiet until *03:00*: whoever writes to you is told."
        in (await night.command("/quiet", "until 2:30")).text
    )


async def test_a_weekly_window_is_kept_with_its_label_which_others_do_not_see(office, ana):
    answer = await ana.command("/quiet", "every weekday 12-13 R&D <lunch>")
    assert "Quiet *every weekday 12:00–13:00 R&amp;D &lt;lunch&gt;*." in answer.text
    assert "never what you call it" in answer.text
    assert await windows(office) == ["every weekday 12:00–13:00 R&D <lunch>"]
    own = (await ana.command("/hours")).text
    assert "You are in quiet time until 13:00." in own
    assert "Thu 29 Oct  09:00–17:00 · quiet 12:00–13:00" in own
    assert "R&amp;D &lt;lunch&gt;" in own


async def test_the_same_window_is_not_added_twice(office, ana):
    await ana.command("/quiet", "every weekday 12-13 lunch")
    answer = await ana.command("/quiet", "mon-fri 12:00-13:00 lunch")
    assert "is one of your quiet windows already" in answer.text
    assert len(await windows(office)) == 1


async def test_weekly_and_one_off_quiet_share_one_numbered_list(office, ana):
    await ana.command("/quiet", "tue, thu 9-11 deep work")
    await ana.command("/quiet", "every weekday 12-13 lunch")
    await ana.command("/quiet", "2h")
    rows = (
        "1. Tue, Thu 09:00–11:00 deep work\n"
        "2. every weekday 12:00–13:00 lunch\n"
        "3. quiet Wed 28 Oct 12:00–14:00"
    )
    assert rows in (await ana.command("/quiet", "list")).text
    assert rows in (await ana.command("/quiet")).text
    answer = await ana.command("/quiet", "remove 3")
    assert "Removed: quiet Wed 28 Oct 12:00–14:00." in answer.text
    answer = await ana.command("/quiet", "remove #1")
    assert "Removed: Tue, Thu 09:00–11:00 deep work." in answer.text
    assert await windows(office) == ["every weekday 12:00–13:00 lunch"]
    assert await one_offs(office) == []


async def test_an_empty_list_says_how_to_begin(ana):
    answer = await ana.command("/quiet", "list")
    assert "You have no quiet windows. Try `/quiet every weekday 12-13 lunch`" in answer.text


async def test_off_ends_quiet_time_now_and_leaves_weekly_windows(office, ana):
    await ana.command("/quiet", "every weekday 15-16 school run")
    await ana.command("/quiet", "2h")
    answer = await ana.command("/quiet", "off")
    assert "Quiet time is over. You are working until 15:00." in answer.text
    assert "Your weekly windows stay as they are" in answer.text
    assert await one_offs(office) == []
    assert len(await windows(office)) == 1


async def test_off_inside_a_weekly_window_says_that_it_goes_on(ana):
    await ana.command("/quiet", "every weekday 12-13 lunch")
    answer = await ana.command("/quiet", "off")
    assert "No one-off quiet time is on. You are in quiet time until 13:00." in answer.text


async def test_removing_a_day_off_is_not_possible_by_a_quiet_number(office, ana):
    await ana.command("/hours", "off fri")
    assert "the list is empty" in (await ana.command("/quiet", "remove 1")).text
    assert len(await one_offs(office)) == 1


async def test_there_is_a_limit_to_windows(office, ana):
    for hour in range(MOST_WINDOWS):
        await ana.command("/quiet", f"every day {hour}:00-{hour}:30 w{hour}")
    answer = await ana.command("/quiet", "every weekday 21-22 one more")
    assert f"You have {MOST_WINDOWS} quiet windows, which is the most" in answer.text
    assert len(await windows(office)) == MOST_WINDOWS


BAD_INPUT = (
    ("sometimes", "Try `/quiet every weekday 12-13 lunch`"),
    ("every weekday", "Try `/quiet every weekday 12-13 lunch`"),
    ("every weekday 12-13, 15-16", "add them one by one"),
    ("every weekday 12-13 " + "x" * 61, "at most 60 characters"),
    ("14-16", "Try `/quiet 2h` or `/quiet until 15:00`"),
    ("until 09:30", "Did you mean `/quiet until 13:00` or `/quiet until tomorrow 09:30`?"),
    ("until 25:00", "There is no time 25:00"),
    ("0h", "not ahead of you"),
    ("until wednesday", "Try `/quiet 2h`"),
    ("400h", "Longer than a week"),
    ("remove", "the list is empty"),
    ("remove two", "the list is empty"),
    ("<!channel>", "“&lt;!channel&gt;”"),
)


async def test_what_is_not_understood_is_said_with_an_example_and_changes_nothing(office, ana):
    for typed, sentence in BAD_INPUT:
        answer = await ana.command("/quiet", typed)
        assert answer.status == 200
        assert sentence in answer.text, typed
        assert "`/quiet help`" in answer.text
    assert (await windows(office), await one_offs(office)) == ([], [])


async def test_every_example_of_the_help_works(ana):
    await ana.command("/quiet", "every weekday 15-16")
    for typed, _ in COMMAND.examples:
        answer = await ana.command("/quiet", typed)
        assert "help`" not in answer.text, typed
    help_text = (await ana.command("/quiet", "help")).text
    assert all(f"/quiet {typed}" in help_text for typed, _ in COMMAND.examples)


async def test_everything_works_under_the_one_name_too(office, ana):
    assert "Quiet until *14:00*" in (await ana.command("/offhours", "quiet 2h")).text
    assert "Quiet time is over." in (await ana.command("/offhours", "quiet off")).text


async def test_who_is_not_enrolled_is_told_so(office):
    bo = office.sandbox.add_user("bo", "Europe/Lisbon")
    answer = await bo.command("/quiet", "2h")
    assert "You have not switched Offhours on yet" in answer.text


async def test_a_message_in_quiet_time_is_flagged_without_its_label(office, ana):
    bo = office.sandbox.add_user("bo", "Europe/Vienna")
    room = office.sandbox.add_channel("design", [ana, bo, office.app])
    await ana.command("/quiet", "every weekday 12-13 therapy")
    await bo.post(room, "@ana one question")
    await office.settle()
    told = str([message.blocks for message in bo.answers])
    assert "12:00 for ana, in quiet time until 13:00" in told
    assert "therapy" not in told
