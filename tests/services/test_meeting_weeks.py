"""Meetings in the weekly summary: which count, whose calendars, and what the mirror adds."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from bot.digest.facts import MeetingFact
from bot.domain.availability import Pattern
from bot.domain.handling import Handled, Handling
from bot.domain.invites import Answer
from bot.domain.notation import parse_weekly
from bot.domain.spans import Span
from bot.services.meeting_facts import weekend_min
from bot.services.weeks import Weeks
from bot.storage import calendars, people
from bot.words import digest as words
from bot.words import mirror as mirror_words
from tests.scenarios.diaries import connected, meeting, written
from tests.services.crew import LAST_WEEK, MONDAY, THURSDAY_NIGHT, WORKSPACE, Crew, text_of

VIENNA = ZoneInfo("Europe/Vienna")


def at(day, hour, minute=0):
    """In October 2026: the week told is from Monday 19 to Sunday 25."""
    return datetime(2026, 10, day, hour, minute, tzinfo=VIENNA)


def evening(person, **fields):
    """Thursday from 18:00 to 19:00, an hour outside."""
    return meeting(person, at(22, 18), at(22, 19), outside_min=60, **fields)


@pytest.fixture
async def crew(office):
    office.clock.set(THURSDAY_NIGHT)
    crew = await Crew(office, 9, created=THURSDAY_NIGHT - timedelta(days=11)).settled()
    for person in crew.people:
        await connected(office, person, since_at=crew.created_at)
    return crew


async def facts(office, crew):
    """The week before anything is left out."""
    services = office.bot.services
    weeks = Weeks(office.bot.database, services.directory, None)
    place = await services.directory.installed(WORKSPACE)
    team = await services.previews.team(crew.group.id)
    async with office.bot.database.reading() as tx:
        return await weeks.week(tx, place, team, LAST_WEEK)


def pattern(weekly):
    return Pattern("Europe/Vienna", parse_weekly(weekly))


@pytest.mark.parametrize(
    ("weekly", "start", "end", "minutes"),
    [
        ("mon-fri 9-17", at(22, 18), at(22, 19), 0),
        ("mon-fri 9-17", at(24, 10), at(24, 11), 60),
        ("mon-fri 9-17", at(23, 23), at(24, 1), 60),  # into Saturday
        ("mon-fri 9-17", at(25, 23), at(26, 1), 60),  # out of Sunday
        ("sun-thu 9-17", at(23, 10), at(23, 11), 60),  # Friday is free, Sunday is not
        ("sun-thu 9-17", at(25, 18), at(25, 19), 0),
        ("mon-fri 9-17", at(25, 0), at(26, 0), 25 * 60),  # the clocks go back
    ],
)
def test_a_weekend_is_what_is_free_in_the_persons_own_week(weekly, start, end, minutes):
    span = Span(int(start.timestamp()), int(end.timestamp()))
    assert weekend_min(pattern(weekly), span) == minutes


@pytest.mark.slow
async def test_a_meeting_becomes_a_fact(office, crew):
    ana, bo = crew.people[:2]
    booked_at = int(at(21, 18).timestamp())
    late = meeting(
        bo, at(23, 23), at(24, 1), outside_min=120, booked_at=booked_at, organizer_id=crew.boss.id
    )
    await written(office, evening(ana), late)
    week = await facts(office, crew)
    assert set(week.meetings) == {
        MeetingFact(ana.id, 60, 60, 7 * 24),
        MeetingFact(bo.id, 120, 120, 53, 60, crew.boss.id),
    }
    assert week.calendars == dict.fromkeys((each.id for each in crew.people), "Europe/Vienna")


@pytest.mark.slow
@pytest.mark.parametrize(
    "fields",
    [
        {"answer": Answer.DECLINED},
        {"is_all_day": True},
        {"is_transparent": True},
        {"attendee_count": 1},
        {"unclear": "zone"},
        {"handled": Handled(Handling.HELD)},
    ],
)
async def test_what_is_no_meeting_does_not_count(office, crew, fields):
    await written(office, evening(crew.people[0], **fields))
    week = await facts(office, crew)
    assert week.meetings == ()
    assert len(week.calendars) == 9


@pytest.mark.slow
async def test_the_tolerance_at_the_edges_lets_pass(office, crew):
    ana = crew.people[0]
    brief = meeting(ana, at(20, 16), at(20, 17, 15), outside_min=15)
    longer = meeting(ana, at(21, 16), at(21, 17, 16), outside_min=16)
    await written(office, brief, longer)
    week = await facts(office, crew)
    assert [each.outside_min for each in week.meetings] == [0, 16]


@pytest.mark.slow
async def test_only_calendars_read_all_week_count(office, crew):
    late, gone, unread = crew.people[:3]
    await written(office, *(evening(each) for each in crew.people))
    await connected(office, late, since_at=int(at(20, 12).timestamp()))
    await connected(office, unread, since_at=crew.created_at, read=False)
    async with office.bot.database.transaction() as tx:
        await calendars.change(tx, WORKSPACE, gone.id, code="signed_out")
    week = await facts(office, crew)
    counted = {each.id for each in crew.people[3:]}
    assert set(week.calendars) == {each.user_id for each in week.meetings} == counted


@pytest.mark.slow
async def test_without_calendars_there_is_nothing(office):
    office.clock.set(THURSDAY_NIGHT)
    crew = await Crew(office, 9, created=THURSDAY_NIGHT - timedelta(days=11)).settled()
    week = await facts(office, crew)
    assert (week.meetings, week.calendars) == (None, {})
    await office.at(MONDAY)
    assert "meeting" not in text_of(crew.posts[0]).lower()


@pytest.mark.slow
async def test_the_summary_says_it(office, crew):
    rows = [evening(each, organizer_id=crew.boss.id) for each in crew.people]
    saturday = meeting(crew.people[0], at(24, 10), at(24, 11), outside_min=60)
    await written(office, *rows, saturday)
    await office.at(MONDAY)
    told = text_of(crew.posts[0])
    assert words.MEETINGS["1–2"] in told
    assert words.weekend(some=True) in told
    assert words.short_notice(mostly=False) in told
    assert "called by" not in told, "the leader did not switch it on"
    assert not any(each.id in str(crew.posts[0].blocks) for each in crew.people)


@pytest.mark.slow
async def test_the_mirror_tells_leaders_of_their_own_meetings(office, crew):
    async with office.bot.database.transaction() as tx:
        await people.save(tx, WORKSPACE, crew.boss.id, {"enrolled_at": 1, "weekly": "mon-fri 9-17"})
    await office.bot.services.directory.refresh()
    own = [evening(each, organizer_id=crew.boss.id) for each in crew.people[:3]]
    await written(office, *own, evening(crew.people[4]))
    await office.at(MONDAY + timedelta(hours=1))
    dm = office.sandbox.messages(office.sandbox.dm(crew.boss, office.app).id)
    (mirror,) = [each for each in dm if "Your mirror" in each.text]
    assert mirror_words.met(3) in mirror.text
