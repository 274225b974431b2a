"""What owner and organiser of a meeting hear in Slack, when, and how often."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from bot.domain.invites import Answer, Unclear, Unreadable
from bot.storage import calendars, notices, people
from sandbox import Fault
from tests.calendars.memory import EVERYTHING
from tests.conftest import enrolled
from tests.services.invitations import LATE, MINUTE, NOON, TUESDAY, WORKSPACE, Desk, buttons, span

pytestmark = pytest.mark.slow

OPENING = datetime(2026, 10, 21, 7, 0, tzinfo=UTC)
"""Wednesday 09:00 in Vienna; Bo in Lisbon opens an hour later."""

EVENING = datetime(2026, 10, 20, 20, 0, tzinfo=UTC)
LONG_AGO = int(datetime(2026, 10, 1, tzinfo=UTC).timestamp())
BO, CY = "bo@example.com", "cy@example.com"
HEADLINE = "*Design review* by bo, Thu 22 Oct 18:00–19:00: all of it is outside your hours. "


@pytest.fixture
async def desk(any_office):
    return await Desk(any_office).opened()


def invited(calendar, at=LATE, **fields):
    return calendar.invite(at, organizer=BO, **{"title": "Design review", **fields})


async def test_owner_and_organiser_are_told_once(desk):
    calendar = await desk.connect(desk.ana)
    uid = invited(calendar)
    await desk.visit()
    assert desk.texts(desk.ana) == [HEADLINE + "Nothing was answered for you."]
    assert desk.texts(desk.bo) == [
        (
            "*A meeting*, Thu 22 Oct 17:00–18:00: outside the hours of ana\n"
            "• ana: 18:00 there, off.\n"
            "*Times that suit everybody who shares hours:*"
        )
    ]
    (asked,) = desk.messages(desk.bo)
    assert list(buttons(asked).values()) == [
        "Thu 22 Oct 09:00",
        "Fri 23 Oct 09:00",
        "Mon 26 Oct 09:00",
        "Leave it",
    ]
    calendar.touch(uid)
    await desk.visit()
    assert (len(desk.texts(desk.ana)), len(desk.texts(desk.bo))) == (1, 1)
    assert await desk.office.rows("SELECT payload FROM notices WHERE status = 'sent'") == [
        {"payload": ""},
        {"payload": ""},
    ]


async def test_no_title_is_ever_written_down(desk):
    calendar = await desk.connect(desk.ana, "hold")
    invited(calendar, title="Layoffs")
    await desk.office.at(TUESDAY + MINUTE)
    for table in ("notices", "occurrences", "told_organizers"):
        assert "Layoffs" not in str(await desk.office.rows(f"SELECT * FROM {table}"))
    await desk.visit()
    assert "Layoffs" in desk.texts(desk.ana)[0]


@pytest.mark.parametrize(
    ("treatment", "said", "answer", "labels"),
    [
        (
            "hold",
            "Answered *tentative* for you, with a note that you answer when you are back.",
            "Their calendar says *tentative* until they are back.",
            ["Accept", "Decline", "Undo", "Leave it"],
        ),
        (
            "decline",
            "Declined for you, with the times that would suit where there are any.",
            "Their calendar has declined.",
            ["Accept", "Undo", "Leave it"],
        ),
    ],
)
async def test_what_was_answered_is_said_to_both(desk, treatment, said, answer, labels):
    invited(await desk.connect(desk.ana, treatment))
    await desk.visit()
    (told,) = desk.messages(desk.ana)
    assert told.text == HEADLINE + said
    assert list(buttons(told).values()) == labels
    assert f"• ana: 18:00 there, off. {answer}" in desk.texts(desk.bo)[0]


async def test_an_answer_the_server_has_yet_to_take_is_not_claimed(desk):
    desk.office.clock.set(EVENING)
    invited(await desk.connect(desk.ana, "hold"), booked_at=LONG_AGO)
    await desk.visit()
    async with desk.office.bot.database.transaction() as tx:
        await tx.exec_driver_sql("UPDATE occurrences SET errand = 'hold'")
        await tx.exec_driver_sql("UPDATE calendars SET lease_until = 9999999999")
    await desk.office.at(OPENING + timedelta(hours=1))
    assert "The server of your calendar has yet to take the answer." in desk.texts(desk.ana)[0]
    assert "tentative" not in desk.texts(desk.bo)[0]


async def test_whoever_is_off_hears_of_it_when_they_are_back(desk):
    desk.office.clock.set(EVENING)
    calendar = await desk.connect(desk.ana)
    invited(calendar, booked_at=LONG_AGO)
    await desk.visit()
    assert desk.texts(desk.ana) == desk.texts(desk.bo) == []
    await desk.office.at(OPENING)
    assert (len(desk.texts(desk.ana)), len(desk.texts(desk.bo))) == (1, 0)
    await desk.office.at(OPENING + timedelta(hours=1))
    assert (len(desk.texts(desk.ana)), len(desk.texts(desk.bo))) == (1, 1)


async def test_an_organiser_who_is_at_it_hears_of_it_at_once(desk):
    desk.office.clock.set(EVENING)
    calendar = await desk.connect(desk.ana)
    invited(calendar, booked_at=int(EVENING.timestamp()) - 300)
    await desk.visit()
    assert desk.texts(desk.ana) == []
    assert len(desk.texts(desk.bo)) == 1


async def test_what_has_begun_before_anybody_is_back_is_not_told(desk):
    desk.office.clock.set(EVENING)
    calendar = await desk.connect(desk.ana)
    invited(calendar, span(21, 5), booked_at=LONG_AGO)
    await desk.visit()
    await desk.office.at(OPENING + timedelta(hours=2))
    assert desk.texts(desk.ana) == desk.texts(desk.bo) == []
    assert {status for _, status in await desk.kinds()} == {"expired"}


async def test_one_meeting_is_one_notice_however_many_are_out(desk):
    ana, cy = await desk.connect(desk.ana), await desk.connect(desk.cy, "hold")
    uid = invited(ana, others=(CY,))
    desk.also_in(ana, cy, uid)
    await desk.visit()
    (text,) = desk.texts(desk.bo)
    assert "outside the hours of ana and cy" in text
    assert "• ana: 18:00 there, off.\n• cy: 18:00 there, off. Their calendar says" in text
    assert len(desk.texts(desk.ana)) == len(desk.texts(desk.cy)) == 1


async def test_everybody_reads_the_title_of_their_own_copy(desk):
    bo, ana = await desk.connect(desk.bo), await desk.connect(desk.ana)
    uid = invited(ana)
    desk.also_in(ana, bo, uid)
    bo._each(uid, is_own=True, answer=Answer.ACCEPTED)
    ana._each(uid, title="Planning, with my awful boss")
    await desk.visit()
    assert desk.texts(desk.ana)[0].startswith("*Planning, with my awful boss* by bo")
    assert desk.texts(desk.bo)[0].startswith("*Design review*, Thu")


async def test_no_copy_of_another_is_shown_to_an_organiser_without_a_calendar(desk):
    invited(await desk.connect(desk.ana), title="Planning, with my awful boss")
    await desk.visit()
    (asked,) = desk.messages(desk.bo)
    assert "awful" not in f"{asked.text} {asked.blocks}"


async def test_a_calendar_that_is_connected_later_is_no_news_to_the_organiser(desk):
    ana, cy = await desk.connect(desk.ana), await desk.connect(desk.cy)
    uid = invited(ana, others=(CY,))
    await desk.visit()
    desk.also_in(ana, cy, uid)
    await desk.visit(after=timedelta(hours=1))
    assert (len(desk.texts(desk.cy)), len(desk.texts(desk.bo))) == (1, 1)


async def test_moved_to_another_late_hour_it_is_told_again(desk):
    calendar = await desk.connect(desk.ana)
    uid = invited(calendar)
    await desk.visit()
    calendar.move(uid, span(22, 18))
    await desk.visit(after=timedelta(hours=1))
    assert "20:00–21:00" in desk.texts(desk.ana)[-1]
    assert (len(desk.texts(desk.ana)), len(desk.texts(desk.bo))) == (2, 2)


async def test_moved_into_the_hours_before_anybody_was_told_nothing_is_said(desk):
    desk.office.clock.set(EVENING)
    calendar = await desk.connect(desk.ana, "hold")
    uid = invited(calendar, booked_at=LONG_AGO)
    await desk.visit()
    calendar.move(uid, NOON)
    await desk.visit(after=timedelta(minutes=20))
    await desk.office.at(OPENING + timedelta(hours=2))
    assert desk.texts(desk.ana) == desk.texts(desk.bo) == []
    assert await desk.office.rows("SELECT * FROM told_organizers") == []


async def test_moved_into_the_hours_the_answer_is_taken_back_and_that_is_said(desk):
    calendar = await desk.connect(desk.ana, "hold")
    uid = invited(calendar)
    await desk.visit()
    calendar.move(uid, NOON)
    await desk.visit(after=timedelta(hours=1))
    assert desk.texts(desk.ana)[1:] == [
        (
            "*Design review* was moved into your hours: Thu 22 Oct 12:00–13:00. The answer that was "
            "given for you was taken back: please answer it in your calendar."
        )
    ]
    assert len(desk.texts(desk.bo)) == 1


async def test_a_server_that_takes_nothing_back_is_named(desk):
    calendar = await desk.connect(desk.ana, "hold", replace(EVERYTHING, takes_back=False))
    uid = invited(calendar)
    await desk.visit()
    calendar.move(uid, NOON)
    await desk.visit(after=timedelta(hours=1))
    assert "cannot take back the answer" in desk.texts(desk.ana)[-1]


async def test_a_flag_that_is_moved_into_the_hours_is_worth_no_word(desk):
    calendar = await desk.connect(desk.ana)
    uid = invited(calendar)
    await desk.visit()
    calendar.move(uid, NOON)
    await desk.visit(after=timedelta(hours=1))
    assert len(desk.texts(desk.ana)) == 1


async def test_cancelled_is_silent(desk):
    desk.office.clock.set(EVENING)
    calendar = await desk.connect(desk.ana)
    uid = invited(calendar, booked_at=LONG_AGO)
    await desk.visit()
    assert await desk.kinds() == [("invite", "due"), ("better_times", "due")]
    calendar.cancel(uid)
    await desk.visit(after=timedelta(minutes=20))
    assert await desk.kinds() == [("invite", "dropped"), ("better_times", "dropped")]
    assert await desk.office.rows("SELECT * FROM told_organizers") == []
    await desk.office.at(OPENING + timedelta(hours=2))
    assert desk.texts(desk.ana) == desk.texts(desk.bo) == []


async def test_one_of_two_is_in_again_the_other_is_told_of(desk):
    desk.office.clock.set(EVENING)
    ana, cy = await desk.connect(desk.ana), await desk.connect(desk.cy)
    uid = invited(ana, others=(CY,), booked_at=LONG_AGO)
    desk.also_in(ana, cy, uid)
    await desk.visit()
    await enrolled(desk.office, desk.cy, "mon-fri 9-20")
    await desk.visit(after=timedelta(minutes=20))
    await desk.office.at(OPENING + timedelta(hours=1))
    assert "outside the hours of ana\n" in desk.texts(desk.bo)[0]
    assert desk.texts(desk.cy) == []


async def test_what_the_owner_undid_before_is_not_told_to_the_organiser(desk):
    desk.office.clock.set(datetime(2026, 10, 21, 7, 30, tzinfo=UTC))  # Bo opens in half an hour
    calendar = await desk.connect(desk.ana, "hold")
    uid = invited(calendar, booked_at=LONG_AGO)
    await desk.visit()
    rescheduling = desk.office.bot.services.rescheduling
    undone = await rescheduling.undo(WORKSPACE, desk.ana.id, uid, LATE.start)
    assert (undone.was_answered, undone.answer_stays) == (True, False)
    await desk.office.at(datetime(2026, 10, 21, 9, 0, tzinfo=UTC))
    assert desk.texts(desk.bo) == []
    assert await desk.office.rows("SELECT * FROM told_organizers") == []


async def test_who_need_not_come_is_not_told_and_not_told_of(desk):
    calendar = await desk.connect(desk.ana)
    invited(calendar, is_optional=True)
    await desk.visit()
    assert await desk.states(desk.ana) == [("flagged", "")]
    assert desk.texts(desk.ana) == desk.texts(desk.bo) == []


async def test_people_without_hours_are_not_told_of(desk):
    di = desk.office.sandbox.add_user("di", "Europe/Vienna")
    await desk.office.settle()
    desk.cy = di
    invited(await desk.connect(di))
    await desk.visit()
    assert desk.texts(di) == desk.texts(desk.bo) == []


async def test_somebody_who_left_is_not_told_of(desk):
    desk.office.clock.set(datetime(2026, 10, 21, 7, 30, tzinfo=UTC))
    calendar = await desk.connect(desk.ana)
    invited(calendar, booked_at=LONG_AGO)
    await desk.visit()
    async with desk.office.bot.database.transaction() as tx:
        await people.save(tx, WORKSPACE, desk.ana.id, {"enrolled_at": None})
    await desk.office.bot.services.directory.refresh()
    await desk.office.at(datetime(2026, 10, 21, 9, 0, tzinfo=UTC))
    assert desk.texts(desk.bo) == []


async def test_an_organiser_outside_the_workspace_hears_nothing_in_slack(desk):
    calendar = await desk.connect(desk.ana)
    calendar.invite(LATE, organizer="zoe@elsewhere.example", title="Pitch")
    await desk.visit()
    (message,) = desk.messages(desk.ana)
    assert message.text.startswith("*Pitch* by zoe@elsewhere.example, Thu 22 Oct 18:00–19:00")
    assert "hears once" not in str(message.blocks)
    assert await desk.kinds() == [("invite", "sent")]


async def test_why_somebody_is_off_stays_with_them(desk):
    await desk.ana.command("/quiet", "every thursday 12-14 dentist")
    invited(await desk.connect(desk.ana), span(22, 9, minutes=120))
    await desk.visit()
    assert "60 of its 120 minutes are outside your hours" in desk.texts(desk.ana)[0]
    (text,) = desk.texts(desk.bo)
    assert "• ana: 11:00 there, in quiet time from 12:00." in text
    assert "dentist" not in str(desk.messages(desk.bo)[0].blocks)


async def test_a_weekly_series_is_told_as_one(desk):
    # 17:00 in Lisbon is 18:00 in Vienna, and stays so: both change their clocks.
    calendar = await desk.connect(desk.ana)
    invited(calendar, weeks=4, tz="Europe/Lisbon", title="Standup")
    await desk.visit()
    assert desk.texts(desk.ana) == [
        (
            "*Standup* by bo, every week, next Thu 22 Oct 18:00–19:00: the next 4 times are all outside "
            "your hours. Nothing was answered for you."
        )
    ]
    (asked,) = desk.messages(desk.bo)
    assert asked.text.startswith(
        "*A meeting*, every week, next Thu 22 Oct 17:00–18:00: outside the"
    )
    assert "• ana: 18:00 there, off, 4 of the next 4 times." in asked.text
    assert list(buttons(asked).values())[:3] == [
        "Thursdays 09:00",
        "Fridays 09:00",
        "Mondays 09:00",
    ]


@pytest.fixture
async def far(desk):
    """Kim in Los Angeles works from 16 to 24 UTC, never with Ana. She connected no calendar."""
    kim = desk.office.sandbox.add_user("kim", "America/Los_Angeles")
    await desk.office.settle()
    await enrolled(desk.office, kim)
    await desk.owns(kim)
    return desk


async def test_when_no_time_suits_everybody_it_is_said_what_the_others_cost(far):
    ana = await far.connect(far.ana)
    invited(ana, span(22, 15, 15, minute=45), others=("kim@example.com",))
    await far.visit()
    (asked,) = far.messages(far.bo)
    assert asked.text.splitlines() == [
        "*A meeting*, Thu 22 Oct 16:45–17:00: outside the hours of ana",
        "• ana: 17:45 there, off.",
        "*No time nearby suits everybody who shares hours. These cost less than the present one:*",
        "• Mon 26 Oct 15:45: outside the hours of kim (15 min)",
        "• Mon 26 Oct 16:00: outside the hours of ana (15 min)",
        "• Tue 27 Oct 15:45: outside the hours of kim (15 min)",
    ]
    assert len(buttons(asked)) == 4


async def test_where_nothing_is_better_nothing_is_proposed(far):
    ana = await far.connect(far.ana)
    invited(ana, others=("kim@example.com",))
    await far.visit()
    (asked,) = far.messages(far.bo)
    assert asked.text.splitlines()[2:] == [
        "I found no better time nearby among those who share hours."
    ]
    assert list(buttons(asked).values()) == ["Leave it"]


async def test_events_that_could_not_be_judged_are_told_together_and_once(desk):
    desk.office.clock.set(EVENING)
    calendar = await desk.connect(desk.ana)
    calendar.unreadable(Unreadable("/a.ics", "1", Unclear.ZONE, "a", BO, "Offsite"))
    calendar.unreadable(Unreadable("/b.ics", "1", Unclear.RULE, "b", "zoe@elsewhere.example"))
    await desk.visit()
    assert desk.texts(desk.ana) == []
    await desk.office.at(OPENING)
    assert desk.texts(desk.ana) == [
        (
            "Events in your calendar could not be read, so nothing was answered:\n"
            "• *Offsite* by bo: its time zone is not known\n"
            "• *A meeting* by zoe@elsewhere.example: it repeats in a way that cannot be read"
        )
    ]
    calendar.touch("/a.ics")
    await desk.visit(after=timedelta(hours=1))
    assert len(desk.texts(desk.ana)) == 1
    assert sorted(await desk.kinds()) == [("invite_unclear", "dropped"), ("invite_unclear", "sent")]


async def test_an_event_that_can_be_read_by_then_is_not_told_of(desk):
    desk.office.clock.set(EVENING)
    calendar = await desk.connect(desk.ana)
    calendar.unreadable(Unreadable("/a.ics", "1", Unclear.BROKEN, "a"))
    await desk.visit()
    calendar.delete("/a.ics")
    calendar.forget_tokens()
    await desk.visit(after=timedelta(minutes=20))
    await desk.office.at(OPENING)
    assert desk.texts(desk.ana) == []


async def test_a_title_is_text_and_nothing_else(desk):
    bo, calendar = await desk.connect(desk.bo), await desk.connect(desk.ana)
    uid = invited(calendar, title="<!channel> *now*\n" + "long " * 60)
    desk.also_in(calendar, bo, uid)
    bo._each(uid, is_own=True, answer=Answer.ACCEPTED)
    await desk.visit()
    for person in (desk.ana, desk.bo):
        (text,) = desk.texts(person)
        assert text.startswith("*&lt;!channel&gt; now long long")
        assert "…*" in text.split("\n")[0]


async def test_a_notice_that_waits_is_told_with_what_came_in_meanwhile(desk):
    async with desk.office.bot.database.transaction() as tx:
        for index, (due_at, expires_at) in enumerate(((50, 900), (70, 800))):
            row = notices.NoticeRow(f"n{index}", WORKSPACE, "later kind", "U1", "", "k", "{}",
                                    expires_at, 0)  # fmt: skip
            await notices.renew(tx, row, due_at=due_at, day="2026-10-20")
    query = "SELECT id, due_at, expires_at, status FROM notices WHERE kind = 'later kind'"
    assert await desk.office.rows(query) == [
        {"id": "n1", "due_at": 50, "expires_at": 900, "status": "due"}
    ]
    async with desk.office.bot.database.transaction() as tx:
        await notices.finish(tx, "n1", "sent")
        await notices.renew(tx, replace(row, id="n2", expires_at=700), due_at=600, day="")
    assert await desk.office.rows(query) == [
        {"id": "n2", "due_at": 600, "expires_at": 700, "status": "due"}
    ]


async def test_slack_is_down_for_a_moment_and_it_is_said_later(desk):
    calendar = await desk.connect(desk.ana)
    desk.office.sandbox.faults.add("chat.postMessage", Fault.rate_limited(30, times=2))
    invited(calendar)
    await desk.visit()
    assert desk.texts(desk.ana) == desk.texts(desk.bo) == []
    async with desk.office.bot.database.transaction() as tx:
        await tx.exec_driver_sql("UPDATE notices SET lease_until = 0")
    await desk.office.settle()
    assert (len(desk.texts(desk.ana)), len(desk.texts(desk.bo))) == (1, 1)


async def test_a_word_that_is_let_through_is_not_told_of(desk):
    calendar = await desk.connect(desk.ana)
    async with desk.office.bot.database.transaction() as tx:
        await calendars.change(tx, WORKSPACE, desk.ana.id, keywords="design")
    invited(calendar)
    await desk.visit()
    assert desk.texts(desk.ana) == []
