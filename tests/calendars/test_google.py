"""What is Google's own, beyond the contract that every kind of server keeps."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import msgspec
import pytest

from bot.calendars.base import Account, Changes, Channel, EventRef, Watch
from bot.calendars.google_events import Event, read
from bot.domain.invites import Answer, Occurrence, Unclear
from bot.domain.spans import Span
from bot.errors import (
    CalendarAway,
    CalendarConflict,
    CalendarRefused,
    CalendarResync,
    CalendarSignedOut,
    CalendarUnsupported,
)
from tests.calendars.fake_google import Fault
from tests.calendars.fake_sign_in import EVENTS_SCOPE
from tests.calendars.google_state import Guest
from tests.calendars.worlds import Invite, Seen
from tests.calendars.worlds_google import ORGANIZER, OWNER, GoogleWorld, opened

TZ = "Europe/Berlin"
WEEK_S = 604_800


def at(month: int, day: int, hour: int, minute: int = 0) -> int:
    """An instant of 2026, on a wall clock in Berlin."""
    return int(datetime(2026, month, day, hour, minute, tzinfo=ZoneInfo(TZ)).timestamp())


WINDOW = Span(at(10, 1, 0), at(11, 30, 0))
EVENING = Span(at(10, 20, 19), at(10, 20, 20))
MORNING = Span(at(10, 21, 10), at(10, 21, 11))


@pytest.fixture
async def world() -> AsyncIterator[GoogleWorld]:
    async with opened() as found:
        yield found


@pytest.fixture
def account(world: GoogleWorld) -> Account:
    return world.provider.account(world.credentials)


async def synced(account: Account, token: str = "") -> Changes:
    return await account.sync(token, WINDOW, TZ)


async def only(account: Account) -> Occurrence:
    (found,) = (await synced(account)).occurrences
    return found


def ref(event: Occurrence) -> EventRef:
    return EventRef(event.object_id, event.etag, event.uid, event.recurrence_id)


# Reading


async def test_pages_are_followed_to_the_last_which_has_the_token(
    world: GoogleWorld, account: Account
):
    world.google.page_size = 2
    uids = [await world.invite(Invite(EVENING, title=str(number))) for number in range(5)]
    found = await synced(account)
    assert [each.uid for each in found.occurrences] == uids
    assert found.pages == 3
    assert (await synced(account, found.token)).occurrences == ()
    assert [call.method for call in world.google.calls] == ["calendar.events.list"] * 4


async def test_changes_come_in_pages_too(world: GoogleWorld, account: Account):
    world.google.page_size = 2
    first = await synced(account)
    uids = {await world.invite(Invite(EVENING, title=str(number))) for number in range(5)}
    second = await synced(account, first.token)
    assert {each.uid for each in second.occurrences} == uids
    assert (second.pages, second.is_full) == (3, False)


async def test_an_event_on_two_pages_is_the_later_one(world: GoogleWorld, account: Account):
    """It changed between two calls of one sync, and its old state is on the first page."""
    world.google.page_size = 1
    first = await synced(account)
    uid = await world.invite(Invite(EVENING))
    await world.invite(Invite(EVENING))
    person = world.calendars.people[OWNER]
    person.log.append(person.log[-2])
    second = await synced(account, first.token)
    assert [each.uid for each in second.occurrences].count(uid) == 1


async def test_only_what_is_read_is_asked_for(world: GoogleWorld, account: Account):
    """The fake has a description and a link on every event; neither crosses the wire."""
    await world.invite(Invite(EVENING))
    await synced(account)
    (call,) = world.google.calls
    assert "description" not in call.query["fields"]
    assert "htmlLink" not in call.query["fields"]
    assert call.query["timeMin"] == "2026-09-30T22:00:00Z"
    assert "showDeleted" not in call.query


@pytest.mark.parametrize("status", [400, 410])
async def test_a_token_that_is_not_taken_asks_for_everything(
    world: GoogleWorld, account: Account, status: int
):
    token = (await synced(account)).token
    world.google.faults = [Fault(status)]
    with pytest.raises(CalendarResync):
        await synced(account, token)


async def test_a_series_is_asked_for_its_start_once(world: GoogleWorld, account: Account):
    first = Span(EVENING.start - 40 * WEEK_S, EVENING.end - 40 * WEEK_S)
    await world.invite(Invite(first, weeks=60, tz="UTC"))
    found = await synced(account)
    assert len(found.occurrences) > 5
    assert {each.series_at for each in found.occurrences} == {first.start}
    assert [call.method for call in world.google.calls].count("calendar.events.get") == 1
    assert found.pages == 2


async def test_an_invite_to_one_occurrence_only_is_a_plan_of_its_own(
    world: GoogleWorld, account: Account
):
    """The series itself is then not in the owner's calendar."""
    original = at(10, 27, 19)
    world.calendars.meet(ORGANIZER, EVENING, [OWNER], weeks=3, only=frozenset({original}))
    found = await only(account)
    assert (found.start_at, found.series_at, found.is_recurring) == (original, original, True)


async def test_a_whole_series_moved_is_other_occurrences_of_another_plan(
    world: GoogleWorld, account: Account
):
    uid = await world.invite(Invite(EVENING, weeks=3))
    before = await synced(account)
    await world.move(uid, MORNING)
    after = await synced(account, before.token)
    assert set(after.removed) == {each.object_id for each in before.occurrences}
    assert {each.series_at for each in after.occurrences} == {MORNING.start}
    assert len(after.occurrences) == 3


async def test_one_cancelled_occurrence_is_removed(world: GoogleWorld, account: Account):
    uid = await world.invite(Invite(EVENING, weeks=3))
    before = await synced(account)
    meeting = world.calendars.by_uid(uid)
    world.calendars.cancel(meeting, at(10, 27, 19))
    after = await synced(account, before.token)
    assert after.removed == (f"{meeting.id}_20261027T180000Z",)
    assert after.occurrences == ()
    assert len((await synced(account)).occurrences) == 2


async def test_an_all_day_series_goes_by_dates(world: GoogleWorld, account: Account):
    day = Span(*(int(datetime(2026, 10, on, tzinfo=UTC).timestamp()) for on in (20, 21)))
    await world.invite(Invite(day, weeks=2, is_all_day=True))
    found = sorted((await synced(account)).occurrences, key=lambda each: each.start_at)
    assert [each.recurrence_id for each in found] == ["20261020", "20261027"]
    assert {each.series_at for each in found} == {at(10, 20, 0)}
    assert [each.span for each in found][1] == Span(at(10, 27, 0), at(10, 28, 0))


async def test_moved_out_of_the_window_is_removed(world: GoogleWorld, account: Account):
    uid = await world.invite(Invite(EVENING))
    before = await synced(account)
    await world.move(uid, Span(at(12, 24, 9), at(12, 24, 10)))
    after = await synced(account, before.token)
    assert after.occurrences == ()
    assert after.removed == (before.occurrences[0].object_id,)


@pytest.mark.parametrize("kind", ["workingLocation", "birthday"])
async def test_what_takes_nobodys_time_is_no_event(world: GoogleWorld, account: Account, kind: str):
    world.calendars.meet(OWNER, EVENING, type=kind)
    assert (await synced(account)).occurrences == ()


@pytest.mark.parametrize("kind", ["outOfOffice", "focusTime", "fromGmail"])
async def test_events_of_the_owner_alone(world: GoogleWorld, account: Account, kind: str):
    world.calendars.meet(OWNER, EVENING, type=kind)
    found = await only(account)
    assert (found.is_out_of_office, found.is_own) == (kind == "outOfOffice", True)
    assert (found.organizer, found.attendees) == ("", ())


def test_what_somebody_else_put_into_the_calendar_is_no_invite():
    """From another calendar, with guests of its own; there is nothing the owner could answer."""
    guests = [{"email": "Bo@example.com", "organizer": True}, {"email": "cy@example.com"}]
    found = read(event_of(attendees=guests), {}, TZ)
    assert found.is_own
    assert (found.organizer, found.attendees) == (ORGANIZER, (ORGANIZER, "cy@example.com"))


async def test_rooms_are_not_people(world: GoogleWorld, account: Account):
    meeting = world.calendars.meet(
        ORGANIZER, EVENING, [OWNER, "Cy@Example.com"], is_transparent=True
    )
    meeting.guests["c_room@resource.calendar.google.com"] = Guest(resource=True)
    found = await only(account)
    assert found.attendees == (ORGANIZER, OWNER, "cy@example.com")
    assert found.is_transparent
    assert found.booked_at == int(datetime(2026, 10, 1, 8, 30, tzinfo=UTC).timestamp())


def event_of(**fields: object) -> Event:
    given = {"id": "ev1", "iCalUID": "1@google.com", "start": {"date": "2026-10-20"}}
    given |= {"end": {"date": "2026-10-21"}, "organizer": {"email": "Bo@example.com"}}
    return msgspec.convert(given | {"attendees": [{"email": "a@b"}]} | fields, Event)


@pytest.mark.parametrize(
    ("start", "why"),
    [
        ({"dateTime": "2026-10-20T19:00:00"}, Unclear.ZONE),
        ({"dateTime": "2026-10-20T19:00:00", "timeZone": "Mars/Olympus"}, Unclear.ZONE),
        ({"dateTime": "tonight"}, Unclear.BROKEN),
        ({}, Unclear.BROKEN),
        ({"date": "2026-02-30"}, Unclear.BROKEN),
        ({"date": "20261020T"}, Unclear.BROKEN),
        ({"date": "0001-01-01"}, None),
        ({"date": "9999-12-31"}, None),
        ({"dateTime": "0001-01-01T00:00:00+14:00"}, None),
    ],
)
def test_a_time_that_cannot_be_read_is_said(start: dict, why: Unclear | None):
    event = event_of(start=start, summary="Planning")
    found = read(event, {}, "Pacific/Kiritimati")
    if why is None:
        assert isinstance(found, Occurrence)
    else:
        assert (found.why, found.object_id, found.organizer) == (why, "ev1", "bo@example.com")


def test_a_time_without_its_offset_is_read_in_its_zone():
    start = {"dateTime": "2026-10-20T19:00:00", "timeZone": "Europe/Berlin"}
    end = {"dateTime": "2026-10-20T20:00:00", "timeZone": "Europe/Berlin"}
    assert read(event_of(start=start, end=end), {}, "Asia/Tokyo").span == EVENING


@pytest.mark.parametrize(
    "created", ["0000-12-31T00:00:00.000Z", "", "once", "2026-10-20T19:00:00", "20261301"]
)
def test_an_invite_that_says_oddly_when_it_was_made_is_judged(created: str):
    """The first is what Google says of some imported events."""
    found = read(event_of(created=created), {}, TZ)
    assert isinstance(found, Occurrence)
    assert found.booked_at is None
    made = read(event_of(created="2026-10-20T17:00:00.000Z"), {}, TZ)
    assert made.booked_at == EVENING.start


def test_an_event_never_ends_before_it_starts():
    before = {"dateTime": "2026-10-20T18:00:00Z"}
    found = read(event_of(start={"dateTime": "2026-10-20T19:00:00Z"}, end=before), {}, TZ)
    assert found.end_at == found.start_at


# Answering, marking, moving


async def test_an_answer_leaves_everybody_elses_alone(world: GoogleWorld, account: Account):
    meeting = world.calendars.meet(ORGANIZER, EVENING, [OWNER, "cy@example.com"])
    meeting.guests["cy@example.com"].answer = "accepted"
    await account.respond(ref(await only(account)), Answer.TENTATIVE, "Later?")
    assert meeting.answer_of("cy@example.com", None) == ("accepted", "")
    assert meeting.answer_of(OWNER, None) == ("tentative", "Later?")
    call = world.google.calls[-1]
    assert call.query["sendUpdates"] == "all"
    assert call.if_match
    assert call.body == {
        "attendeesOmitted": True,
        "attendees": [{"email": OWNER, "responseStatus": "tentative", "comment": "Later?"}],
    }


async def test_an_answer_comes_from_the_address_that_was_invited(
    world: GoogleWorld, account: Account
):
    world.calendars.people[OWNER].aliases = frozenset({"a.alias@example.com"})
    meeting = world.calendars.meet(ORGANIZER, EVENING, ["a.alias@example.com"])
    await account.respond(ref(await only(account)), Answer.DECLINED, "Off")
    assert meeting.answer_of("a.alias@example.com", None) == ("declined", "Off")


async def test_who_is_no_guest_has_no_answer(world: GoogleWorld, account: Account):
    world.calendars.meet(OWNER, EVENING)
    with pytest.raises(CalendarRefused) as caught:
        await account.respond(ref(await only(account)), Answer.TENTATIVE)
    assert caught.value.code == "not_invited"


async def test_a_change_between_looking_and_answering_is_a_conflict(
    world: GoogleWorld, account: Account
):
    uid = await world.invite(Invite(EVENING))
    world.google.faults = [Fault(412, method="calendar.events.patch")]
    with pytest.raises(CalendarConflict):
        await account.respond(ref(await only(account)), Answer.TENTATIVE)
    assert await world.seen(uid) == Seen(Answer.NEEDS_ACTION)


async def test_another_occurrence_answered_leaves_this_one_answerable(
    world: GoogleWorld, account: Account
):
    uid = await world.invite(Invite(EVENING, weeks=2))
    first, second = (await synced(account)).occurrences
    await account.respond(ref(first), Answer.TENTATIVE, "Later?")
    await account.respond(ref(second), Answer.DECLINED, "Off")
    assert await world.seen(uid, first.recurrence_id) == Seen(Answer.TENTATIVE, "Later?")
    assert await world.seen(uid, second.recurrence_id) == Seen(Answer.DECLINED, "Off")


async def test_a_mark_keeps_what_other_programmes_put_there(world: GoogleWorld, account: Account):
    uid = await world.invite(Invite(EVENING))
    meeting = world.calendars.by_uid(uid)
    meeting.private[OWNER, meeting.id] = {"theirs": "kept"}
    await account.mark(ref(await only(account)), "held")
    await account.mark(ref(await only(account)), "")
    assert meeting.private[OWNER, meeting.id] == {"theirs": "kept"}
    assert world.google.calls[-1].query["sendUpdates"] == "none"


async def test_a_moved_event_keeps_its_zone_and_its_guests_are_told(
    world: GoogleWorld, account: Account
):
    meeting = world.calendars.meet(OWNER, EVENING, [ORGANIZER], tz="America/New_York")
    await account.move(ref(await only(account)), MORNING)
    assert meeting.span == MORNING
    assert world.google.calls[-1].body["start"] == {
        "dateTime": "2026-10-21T08:00:00Z",
        "timeZone": "America/New_York",
    }
    assert world.calendars.told == [(ORGANIZER, meeting.uid, "change")]


@pytest.mark.parametrize("fields", [{"weeks": 3}, {"is_all_day": True}])
async def test_series_and_whole_days_are_not_moved(
    world: GoogleWorld, account: Account, fields: dict
):
    days = Span(*(int(datetime(2026, 10, on, tzinfo=UTC).timestamp()) for on in (20, 21)))
    world.calendars.meet(OWNER, days, [ORGANIZER], **fields)
    found = (await synced(account)).occurrences[0]
    with pytest.raises(CalendarUnsupported) as caught:
        await account.move(ref(found), MORNING)
    assert caught.value.capability == "moves"


# Errors


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        (Fault(401), CalendarSignedOut),
        (Fault(403, "rateLimitExceeded"), CalendarAway),
        (Fault(403, "userRateLimitExceeded"), CalendarAway),
        (Fault(403, "quotaExceeded"), CalendarAway),
        (Fault(429, "rateLimitExceeded"), CalendarAway),
        (Fault(500, "backendError"), CalendarAway),
        (Fault(403, "forbidden"), CalendarRefused),
        (Fault(400), CalendarRefused),
    ],
)
async def test_errors_are_told_apart(
    world: GoogleWorld, account: Account, fault: Fault, error: type[Exception]
):
    known = ref(await invited(world, account))
    calls = (
        lambda: synced(account),
        lambda: account.respond(known, Answer.TENTATIVE),
        lambda: account.mark(known, "held"),
        lambda: account.move(known, MORNING),
        account.hours,
        lambda: account.watch(Watch("channel-1", "secret", "https://example.com", at(11, 1, 0))),
        lambda: account.unwatch(Channel("channel-1", "resource", at(11, 1, 0))),
    )
    for call in calls:
        world.google.faults = [fault]
        with pytest.raises(error):
            await call()
        assert world.google.faults == []


async def invited(world: GoogleWorld, account: Account) -> Occurrence:
    await world.invite(Invite(EVENING))
    return await only(account)


async def test_a_permission_without_a_scope_is_forbidden(world: GoogleWorld):
    secret = world.google.sign_in.token_for(OWNER, frozenset({EVENTS_SCOPE}))
    given = msgspec.structs.replace(world.credentials, secret=secret)
    with pytest.raises(CalendarRefused) as caught:
        await world.provider.account(given).hours()
    assert caught.value.code == "forbidden"


async def test_a_series_that_cannot_be_read_now_ends_the_sync(world: GoogleWorld, account: Account):
    """Half of it would be taken for all there is."""
    await world.invite(Invite(EVENING, weeks=3))
    world.google.faults = [Fault(403, "rateLimitExceeded", "calendar.events.get")]
    with pytest.raises(CalendarAway):
        await synced(account)
