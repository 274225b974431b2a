"""Answers, moves and working hours on a CalDAV server, the real one and one that takes anything."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime

import pytest
import pytest_asyncio

from bot.calendars.base import Credentials, EventRef, HoursFound
from bot.calendars.caldav import CalDav
from bot.calendars.readers import Readers
from bot.calendars.transport import Transport
from bot.domain.invites import Answer
from bot.domain.spans import Span
from bot.errors import CalendarAway, CalendarRefused
from tests.calendars.odd_dav import CALENDAR, HOME, OddServer, event
from tests.calendars.worlds import Invite
from tests.calendars.xandikos import XandikosWorld

pytestmark = pytest.mark.asyncio(loop_scope="session")

WINDOW = Span(*(int(datetime(2026, month, 1, tzinfo=UTC).timestamp()) for month in (10, 12)))
EVENING = Span(*(int(datetime(2026, 10, 20, hour, tzinfo=UTC).timestamp()) for hour in (17, 18)))
MORNING = Span(*(int(datetime(2026, 10, 21, hour, tzinfo=UTC).timestamp()) for hour in (8, 9)))
TZ = "Europe/Berlin"
AVAILABILITY = (
    "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//x//EN\r\nBEGIN:VAVAILABILITY\r\nUID:a\r\nDTSTAMP:20260101T000000Z\r\n"
    "BEGIN:AVAILABLE\r\nUID:b\r\nDTSTAMP:20260101T000000Z\r\nDTSTART;TZID=Europe/Berlin:20260105T090000\r\n"
    "DTEND;TZID=Europe/Berlin:20260105T170000\r\nRRULE:FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR\r\nEND:AVAILABLE\r\n"
    "END:VAVAILABILITY\r\nEND:VCALENDAR\r\n"
)
WEEK = HoursFound("Mon–Fri 09:00–17:00", "Europe/Berlin", "caldav")


async def only(world: XandikosWorld) -> EventRef:
    """The one event of the owner."""
    account = world.provider.account(world.credentials)
    (found,) = (await account.sync("", WINDOW, TZ)).occurrences
    return EventRef(found.object_id, found.etag, found.uid)


async def test_a_moved_event_is_moved_for_those_who_are_invited(xandikos_world: XandikosWorld):
    world = xandikos_world
    uid = await world.own(EVENING, "Review")
    await world.provider.account(world.credentials).move(await only(world), MORNING)
    _, theirs = await world.bo.held(uid)
    (found,) = theirs.walk("VEVENT")
    assert found["dtstart"].dt.timestamp() == MORNING.start
    assert found["dtend"].dt.timestamp() == MORNING.end
    assert int(found["sequence"]) == 1


async def test_the_comment_stands_in_the_owner_s_copy(xandikos_world: XandikosWorld):
    world = xandikos_world
    uid = await world.invite(Invite(EVENING))
    await world.provider.account(world.credentials).respond(
        await only(world), Answer.TENTATIVE, "Back on Monday at 09:00."
    )
    _, mine = await world.ana.held(uid)
    (found,) = mine.walk("VEVENT")
    assert str(found["comment"]) == "Back on Monday at 09:00."


async def test_what_a_program_of_the_owner_added_stays(xandikos_world: XandikosWorld):
    """An alarm and a property of another programme, written between invite and answer."""
    world = xandikos_world
    uid = await world.invite(Invite(EVENING))
    path, mine = await world.ana.held(uid)
    theirs = mine.to_ical().replace(
        b"END:VEVENT",
        b"X-OTHER;X-A=1:kept\r\nBEGIN:VALARM\r\nACTION:DISPLAY\r\nDESCRIPTION:x\r\nTRIGGER:-PT5M\r\nEND:VALARM\r\nEND:VEVENT",
    )
    await world.ana.call("PUT", path, theirs)
    account = world.provider.account(world.credentials)
    await account.mark(await only(world), "outside hours")
    await account.respond(await only(world), Answer.TENTATIVE, "Later")
    _, after = await world.ana.held(uid)
    (found,) = after.walk("VEVENT")
    assert (str(found["x-other"]), found["x-other"].params["X-A"]) == ("kept", "1")
    assert len(found.walk("VALARM")) == 1
    assert str(found["x-offhours"]) == "outside hours"


async def test_a_server_that_stumbles_over_working_hours_has_none(xandikos_world: XandikosWorld):
    """Xandikos answers HTTP 500 to the question at the inbox."""
    world = xandikos_world
    assert await world.provider.account(world.credentials).hours() is None


@pytest_asyncio.fixture(loop_scope="session")
async def server() -> AsyncIterator[OddServer]:
    """A server that takes what it is given."""
    async with OddServer().running() as found:
        yield found


@pytest_asyncio.fixture(loop_scope="session")
async def provider(readers: Readers) -> AsyncIterator[CalDav]:
    """CalDAV on loopback."""
    sessions = Transport(allow_private=True)
    yield CalDav(sessions, readers)
    await sessions.close()


def credentials(server: OddServer) -> Credentials:
    """Ana's calendar there."""
    return Credentials(
        address="ana@example.com",
        secret="right",
        username="ana",
        url=server.url + CALENDAR,
        principal_url=server.url + HOME,
    )


async def test_one_occurrence_is_answered_where_the_server_allows_it(
    server: OddServer, provider: CalDav
):
    server.put("1.ics", event(1).replace("SUMMARY", "RRULE:FREQ=WEEKLY;COUNT=3\r\nSUMMARY"))
    account = provider.account(credentials(server))
    before = await account.sync("", WINDOW, TZ)
    second = sorted(before.occurrences, key=lambda each: each.start_at)[1]
    known = EventRef(second.object_id, second.etag, second.uid, second.recurrence_id)
    await account.respond(known, Answer.TENTATIVE, "Later")
    await account.respond(known, Answer.TENTATIVE, "Later")
    assert server.log == [CALENDAR + "1.ics"] * 2, "the second time nothing is written"
    after = await account.sync(before.token, WINDOW, TZ)
    found = sorted(after.occurrences, key=lambda each: each.start_at)
    assert [each.answer for each in found] == ["needs-action", "tentative", "needs-action"]
    assert [each.key for each in found] == sorted(each.key for each in before.occurrences)
    assert len({each.series_at for each in found}) == 1


async def test_working_hours_are_read_from_the_calendar(server: OddServer, provider: CalDav):
    server.extra = {CALENDAR: f"<c:calendar-availability>{AVAILABILITY}</c:calendar-availability>"}
    assert await provider.account(credentials(server)).hours() == WEEK
    assert len(server.requests) == 1


async def test_working_hours_are_read_from_the_inbox(server: OddServer, provider: CalDav):
    server.extra = {
        HOME: "<c:schedule-inbox-URL><d:href>/dav/ana/inbox/</d:href></c:schedule-inbox-URL>",
        "/dav/ana/inbox/": f"<c:calendar-availability>{AVAILABILITY}</c:calendar-availability>",
    }
    assert await provider.account(credentials(server)).hours() == WEEK


@pytest.mark.parametrize("inbox", ["/dav/ana/nowhere/", "https://evil.example/inbox/", ""])
async def test_no_working_hours_are_no_error(server: OddServer, provider: CalDav, inbox: str):
    server.extra = {HOME: f"<c:schedule-inbox-URL><d:href>{inbox}</d:href></c:schedule-inbox-URL>"}
    assert await provider.account(credentials(server)).hours() is None


@pytest.mark.parametrize(
    ("content", "code"),
    [
        ("not a calendar", "unreadable"),
        (event(1, size=300_000), "too_large"),
        (event(1).replace("ana@", "all@"), "not_invited"),
    ],
)
async def test_what_is_not_understood_is_not_written(
    server: OddServer, provider: CalDav, content: str, code: str
):
    server.put("1.ics", content)
    with pytest.raises(CalendarRefused) as caught:
        await provider.account(credentials(server)).respond(
            EventRef(CALENDAR + "1.ics", '"1"', "1"), Answer.TENTATIVE, "Later"
        )
    assert caught.value.code == code
    assert len(server.log) == 1


async def test_a_login_page_in_place_of_an_event_is_away(server: OddServer, provider: CalDav):
    server.redirects = {CALENDAR + "1.ics": "/login"}
    with pytest.raises(CalendarAway):
        await provider.account(credentials(server)).mark(
            EventRef(CALENDAR + "1.ics", '"1"', "1"), "late"
        )
