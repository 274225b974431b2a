"""The check against Google's description catches what Google would refuse."""

import json

import aiohttp
import pytest

from bot.domain.spans import Span
from tests.calendars.fake_google import FakeGoogle
from tests.calendars.google_contract import contract, masked

EVENT = "calendars/primary/events/ev1"
EVENTS = "calendars/primary/events"
GUEST = {"email": "ana@example.com", "responseStatus": "tentative", "comment": "Later?"}
START = {"dateTime": "2026-10-20T19:00:00Z"}

RIGHT = [
    ("GET", EVENTS, {"timeMin": "2026-10-20T19:00:00Z", "maxResults": "2500"}, None),
    ("GET", EVENTS, {"syncToken": "a", "pageToken": "b", "fields": "items(id,start/date)"}, None),
    ("PATCH", EVENT, {"sendUpdates": "all"}, {"attendeesOmitted": True, "attendees": [GUEST]}),
    ("PATCH", EVENT, {}, {"extendedProperties": {"private": {"offhours": None}}}),
    ("PATCH", EVENT, {}, {"start": {"dateTime": "2026-10-20T19:00:00", "timeZone": "Asia/Tokyo"}}),
    ("POST", f"{EVENTS}/watch", {}, {"id": "1", "expiration": "1792000000000"}),
    ("POST", EVENTS, {}, {"start": START, "end": START}),
]


@pytest.mark.parametrize(("verb", "path", "query", "body"), RIGHT)
def test_a_right_request_has_no_faults(verb, path, query, body):
    method = contract().method(verb, path)
    assert contract().request(method, list(query.items()), body) == []


WRONG = [
    ("GET", EVENTS, {"calendar": "1"}, None, "calendar.events.list has no parameter calendar"),
    ("GET", EVENTS, {"timeMin": "2026-10-20T19:00:00"}, None, "timeMin has no offset, or is no time"),
    ("GET", EVENTS, {"timeMin": "2026-13-20T19:00:00Z"}, None, "timeMin has no offset, or is no time"),
    ("GET", EVENTS, {"maxResults": "many"}, None, "maxResults is no integer"),
    ("GET", EVENTS, {"maxResults": "0"}, None, "maxResults is out of bounds"),
    ("GET", EVENTS, {"singleEvents": "yes"}, None, "singleEvents is no boolean"),
    ("GET", EVENTS, {"eventTypes": "party"}, None, "eventTypes may not be party"),
    ("GET", EVENTS, {"fields": "items(id,colour)"}, None, "fields names colour, which is not there"),
    ("GET", EVENTS, {"fields": "items(id"}, None, "fields items(id is no mask"),
    ("GET", EVENTS, {}, {"a": 1}, "calendar.events.list takes no body"),
    *(
        ("GET", EVENTS, {"syncToken": "a", name: value}, None, f"{name} does not go with a sync token")
        for name, value in {
            "timeMin": "2026-10-20T19:00:00Z",
            "timeMax": "2026-10-20T19:00:00Z",
            "updatedMin": "2026-10-20T19:00:00Z",
            "orderBy": "updated",
            "q": "review",
            "iCalUID": "1",
            "privateExtendedProperty": "a=b",
            "sharedExtendedProperty": "a=b",
        }.items()
    ),
    ("PATCH", EVENT, {"sendUpdates": "nobody"}, {}, "sendUpdates may not be nobody"),
    ("PATCH", EVENT, {}, None, "calendar.events.patch needs a body"),
    ("PATCH", EVENT, {}, [], "body is no object"),
    ("PATCH", EVENT, {}, {"proposal": START}, "body.proposal is not known"),
    ("PATCH", EVENT, {}, {"attendees": GUEST}, "body.attendees is no array"),
    ("PATCH", EVENT, {}, {"attendees": [{"mail": "a"}]}, "body.attendees[0].mail is not known"),
    ("PATCH", EVENT, {}, {"attendees": [GUEST | {"self": True}]}, "body.attendees[0].self is read-only"),
    ("PATCH", EVENT, {}, {"attendees": [{"responseStatus": "maybe"}]}, "body.attendees[0].responseStatus may not be maybe"),
    ("PATCH", EVENT, {}, {"attendeesOmitted": "true"}, "body.attendeesOmitted is no boolean"),
    ("PATCH", EVENT, {}, {"sequence": True}, "body.sequence is no integer"),
    ("PATCH", EVENT, {}, {"sequence": 2**31}, "body.sequence is no int32"),
    ("PATCH", EVENT, {}, {"created": "2026-10-20T19:00:00Z"}, "body.created is read-only"),
    ("PATCH", EVENT, {}, {"organizer": {"email": "a"}}, "body.organizer is read-only"),
    ("PATCH", EVENT, {}, {"recurringEventId": "a"}, "body.recurringEventId is immutable"),
    ("PATCH", EVENT, {}, {"transparency": "free"}, "body.transparency may not be free"),
    ("PATCH", EVENT, {}, {"extendedProperties": {"private": {"a": 1}}}, "body.extendedProperties.private.a is no string"),
    ("PATCH", EVENT, {}, {"start": {"dateTime": "2026-10-20T19:00:00"}}, "body.start.dateTime has neither an offset nor a zone"),
    ("PATCH", EVENT, {}, {"start": {"date": "20.10.2026"}}, "body.start.date is no date"),
    ("PATCH", EVENT, {}, {"start": START | {"date": "2026-10-20"}}, "body.start is neither a day nor a time"),
    ("PATCH", EVENT, {}, {"start": START | {"timeZone": "Romance Standard Time"}}, "body.start.timeZone is no IANA name"),
    ("POST", f"{EVENTS}/watch", {}, {"expiration": 1_792_000_000_000}, "body.expiration is no string"),
    ("POST", f"{EVENTS}/watch", {}, {"expiration": "soon"}, "body.expiration is no int64"),
    ("POST", EVENTS, {}, {"start": START}, "calendar.events.insert needs end"),
]  # fmt: skip


@pytest.mark.parametrize(("verb", "path", "query", "body", "fault"), WRONG)
def test_a_wrong_request_has_its_fault(verb, path, query, body, fault):
    method = contract().method(verb, path)
    assert contract().request(method, list(query.items()), body) == [fault]


def test_a_parameter_is_given_once_unless_it_may_repeat():
    method = contract().method("GET", EVENTS)
    assert contract().request(method, [("q", "a"), ("q", "b")], None) == [
        "q is given more than once",
        "q is given more than once",
    ]
    types = [("eventTypes", "default"), ("eventTypes", "focusTime")]
    assert contract().request(method, types, None) == []


@pytest.mark.parametrize(
    ("verb", "path"), [("GET", "nowhere"), ("PUT", EVENTS), ("GET", "channels/stop")]
)
def test_what_is_not_described_is_no_method(verb, path):
    assert contract().method(verb, path) is None


@pytest.mark.parametrize(
    ("body", "fault"),
    [
        ({"items": [{"start": {"date": "soon"}}]}, "answer.items[0].start.date is no date"),
        ({"items": {}}, "answer.items is no array"),
        ({"nextLink": "a"}, "answer.nextLink is not known"),
        (None, "answer is no object"),
    ],
)
def test_answers_are_checked_as_well(body, fault):
    assert contract().answer(contract().method("GET", EVENTS), body) == [fault]


def test_a_mask_leaves_what_was_asked_for():
    body = {"items": [{"id": "1", "start": {"date": "2026-10-20", "timeZone": "UTC"}}], "etag": "2"}
    assert masked("items(id,start/date)", body) == {
        "items": [{"id": "1", "start": {"date": "2026-10-20"}}]
    }


@pytest.mark.parametrize(
    ("verb", "path", "body", "violation"),
    [
        ("GET", f"{EVENTS}?maxResults=0", None, "calendar.events.list: maxResults is out of bounds"),
        ("GET", "nowhere", None, "no method GET nowhere"),
        ("DELETE", EVENT, None, "calendar.events.delete is not served by this fake"),
        ("PATCH", EVENT, {"attendees": [GUEST]}, "this would replace the list of guests"),
        ("PATCH", EVENT, {"attendeesOmitted": True, "attendees": [{"email": "bo@example.com"}]}, "an answer for somebody else"),
    ],
)  # fmt: skip
async def test_the_fake_refuses_and_remembers(verb, path, body, violation):
    async with FakeGoogle() as google:
        ana = google.calendars.person("ana@example.com")
        meeting = google.calendars.meet("bo@example.com", Span(0, 3_600), [ana.email])
        headers = {"Authorization": f"Bearer {google.sign_in.token_for(ana.email)}"}
        content = None if body is None else json.dumps(body)
        url = f"{google.api_url}/{path.replace('ev1', meeting.id)}"
        async with (
            aiohttp.ClientSession() as session,
            session.request(verb, url, headers=headers, data=content) as answer,
        ):
            assert answer.status == 400
        assert google.violations == [violation]
