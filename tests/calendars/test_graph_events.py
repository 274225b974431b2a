"""Single events as Graph may write them, the strange ones too."""

from datetime import UTC, datetime
from typing import Any

import pytest

from bot.calendars.graph_events import Version, plain_uid, read
from bot.domain.invites import Answer, Occurrence, Unclear, Unreadable

SERIES = "040000008200E00074C5B7101A82E00800000000B01F6D3C3C3CDC0100000000000000001000"
ONE_DAY = "040000008200E00074C5B7101A82E00807EA0A14B01F6D3C3C3CDC0100000000000000001000"
OWNER = ("ana@example.com", "a@example.org")
TZ = "Europe/Berlin"


def wall(text: str, zone: str | None = "UTC") -> dict[str, Any]:
    """``dateTimeTimeZone``."""
    return {"dateTime": text, "timeZone": zone}


def raw(**changed: Any) -> dict[str, Any]:
    """A single event of Bo's, changed."""
    return {
        "id": "event-1",
        "type": "singleInstance",
        "iCalUId": SERIES,
        "subject": "Planning",
        "start": wall("2026-10-20T17:00:00.0000000"),
        "end": wall("2026-10-20T18:00:00.0000000"),
        "organizer": {"emailAddress": {"address": "Bo@Example.com"}},
        "attendees": [{"type": "required", "emailAddress": {"address": "ana@example.com"}}],
        **changed,
    }


def seen(**changed: Any) -> Occurrence:
    """The event as read."""
    found = read(raw(**changed), None, OWNER, TZ)
    assert isinstance(found, Occurrence), found
    return found


def at(hour: int, day: int = 20) -> int:
    """An instant of October 2026, in UTC."""
    return int(datetime(2026, 10, day, hour, tzinfo=UTC).timestamp())


@pytest.mark.parametrize(
    ("uid", "plain"),
    [
        (ONE_DAY, SERIES),
        (SERIES, SERIES),
        (ONE_DAY.lower(), SERIES.lower()),
        ("meeting-1@example.com", "meeting-1@example.com"),  # not made by Exchange
        (SERIES[:36], SERIES[:36]),  # cut off
        ("", ""),
    ],
)
def test_a_uid_is_that_of_the_series(uid, plain):
    assert plain_uid(uid) == plain


@pytest.mark.parametrize(
    "zone",
    [
        "W. Europe Standard Time",
        "Europe/Berlin",
        "(UTC+01:00) Amsterdam, Berlin, Bern, Rome, Stockholm, Vienna",
    ],
)
def test_times_in_another_zone_are_read_in_it(zone):
    """Graph may ignore the wish for UTC."""
    found = seen(start=wall("2026-10-20T19:00:00", zone), end=wall("2026-10-20T20:00:00", zone))
    assert found.span == (at(17), at(18))


@pytest.mark.parametrize("zone", ["Customized Time Zone", "Nowhere Standard Time"])
def test_a_zone_that_is_not_known_is_not_guessed(zone):
    event = raw(start=wall("2026-10-20T19:00:00", zone))
    assert read(event, None, OWNER, TZ) == Unreadable(
        "event-1", "", Unclear.ZONE, SERIES, "bo@example.com", "Planning"
    )


@pytest.mark.parametrize(
    "changed",
    [
        {"start": None},
        {"start": wall("soon")},
        {"start": wall("2026-10-20T19:00:00")},  # it ends before it starts
        {"start": wall("0001-01-01T00:00:00", "Asia/Tokyo"), "isAllDay": "perhaps"},
        {"attendees": "everybody"},
        {"type": "occurrence", "isAllDay": True, "start": wall("99999-01-01T00:00:00")},
        {"organizer": ["Bo"], "subject": 7, "iCalUId": None, "start": None},
    ],
)
def test_what_is_broken_is_shown_as_such(changed):
    found = read(raw(**changed), None, OWNER, TZ)
    assert isinstance(found, Unreadable)
    assert (found.object_id, found.why) == ("event-1", Unclear.BROKEN)


@pytest.mark.parametrize("created", ["yesterday", "0000-12-31T00:00:00Z", ""])
def test_an_invite_that_says_oddly_when_it_was_made_is_judged(created):
    assert seen(createdDateTime=created).booked_at is None
    assert seen(createdDateTime="2026-10-20T17:00:00.1234567Z").booked_at == at(17)


def test_what_is_left_out_is_not_missed():
    bare = {key: raw()[key] for key in ("id", "start", "end")}
    found = read(bare, None, OWNER, TZ)
    assert isinstance(found, Occurrence)
    assert (found.uid, found.organizer, found.attendees) == ("event-1", "", ())
    assert found.is_own
    assert found.booked_at is None


def test_the_etag_is_what_a_decision_hangs_on():
    assert seen().etag == f"{at(17)}.{at(18)}.needs-action"
    assert Version.parse(seen().etag) == Version(at(17), at(18), Answer.NEEDS_ACTION)
    assert seen(subject="Renamed", changeKey="x").etag == seen().etag
    assert seen(responseStatus={"response": "accepted"}).etag != seen().etag


@pytest.mark.parametrize("etag", ["", "1.2", "1.2.perhaps", "a.2.accepted", '"W/1"'])
def test_another_etag_is_none_of_these(etag):
    assert Version.parse(etag) is None


def test_whoever_was_invited_by_a_list_is_among_the_attendees():
    team = [{"type": "required", "emailAddress": {"address": "team@example.com"}}]
    assert seen(attendees=team).attendees == ("ana@example.com", "team@example.com")


def test_an_alias_of_the_owner_is_the_owner():
    alias = [{"type": "optional", "emailAddress": {"address": "A@example.org"}}]
    found = seen(attendees=alias)
    assert (found.attendees, found.is_optional) == (("a@example.org",), True)


@pytest.mark.parametrize(
    ("organizer", "is_organizer", "is_own"),
    [
        ("bo@example.com", None, False),
        ("ana@example.com", None, True),
        ("bo@example.com", True, True),  # a delegate's or shared mailbox
        ("ana@example.com", False, False),
    ],
)
def test_who_organises(organizer, is_organizer, is_own):
    person = {"emailAddress": {"address": organizer}}
    assert seen(organizer=person, isOrganizer=is_organizer).is_own is is_own


def test_a_whole_day_of_a_series_is_named_by_the_day_it_was_planned_for():
    """It was made in New York, and moved by itself from Tuesday to Thursday."""
    master = raw(
        id="series-1",
        type="seriesMaster",
        isAllDay=True,
        start=wall("2026-10-13T00:00:00"),
        end=wall("2026-10-14T00:00:00"),
    )
    moved = {
        "id": "event-1",
        "type": "exception",
        "seriesMasterId": "series-1",
        "iCalUId": ONE_DAY,
        "isAllDay": True,
        "start": wall("2026-10-22T00:00:00"),
        "end": wall("2026-10-23T00:00:00"),
        "originalStart": "2026-10-20T04:00:00Z",
        "originalStartTimeZone": "Eastern Standard Time",
    }
    found = read(moved, master, OWNER, TZ)
    assert isinstance(found, Occurrence)
    assert (found.uid, found.recurrence_id) == (SERIES, "20261020")
    assert found.span == (at(22, 21), at(22, 22))
    assert found.series_at == found.start_at
    unknown = {**moved, "originalStartTimeZone": "Customized Time Zone"}
    assert isinstance(read(unknown, master, OWNER, TZ), Unreadable)


def test_an_occurrence_has_what_its_series_has():
    master = raw(id="series-1", type="seriesMaster", responseStatus={"response": "accepted"})
    short = {
        "id": "event-2",
        "type": "occurrence",
        "seriesMasterId": "series-1",
        "subject": None,
        "start": wall("2026-10-27T18:00:00"),
        "end": wall("2026-10-27T19:00:00"),
    }
    found = read(short, master, OWNER, TZ)
    assert isinstance(found, Occurrence)
    assert (found.object_id, found.recurrence_id) == ("event-2", "20261027T180000Z")
    assert (found.title, found.answer, found.series_at) == ("Planning", Answer.ACCEPTED, at(17))


def test_an_exception_without_its_series_still_finds_the_uid():
    lone = raw(type="exception", iCalUId=ONE_DAY, originalStart="2026-10-20T17:00:00Z")
    found = read(lone, None, OWNER, TZ)
    assert isinstance(found, Occurrence)
    assert (found.uid, found.recurrence_id) == (SERIES, "20261020T170000Z")
