"""The check of requests against Microsoft's contract finds what is wrong with them."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote

import aiohttp
import pytest
from yarl import URL

from tests.calendars.fake_graph import served
from tests.calendars.graph_contract import IN_UTC, SCHEMAS, Contract

UTC_JSON = {"Prefer": IN_UTC, "Content-Type": "application/json"}
WINDOW = "startDateTime=2026-10-01T00:00:00Z&endDateTime=2026-12-01T00:00:00Z"
SUBSCRIPTION = {
    "changeType": "created,updated,deleted",
    "notificationUrl": "https://offhours.example.com/push",
    "resource": "me/events",
    "expirationDateTime": "2026-10-25T00:00:00Z",
    "clientState": "a secret",
}
TIMES = {
    name: {"dateTime": f"2026-10-20T{hour}:00:00", "timeZone": "UTC"}
    for name, hour in (("start", 10), ("end", 11))
}


@pytest.fixture(scope="module")
def contract() -> Contract:
    """As published."""
    return Contract()


def broken(
    contract: Contract, call: str, body: Any = None, headers: dict[str, str] | None = None
) -> list[str]:
    """What ``POST /path?query`` with this body breaks."""
    method, _, url = call.partition(" ")
    path, _, query = url.partition("?")
    content = b"" if body is None else json.dumps(body).encode()
    given = UTC_JSON if headers is None else headers
    return contract.broken_by(method, path, query, given, content)


@pytest.mark.parametrize(
    ("call", "body"),
    [
        ("GET /me?$select=mail,userPrincipalName", None),
        (f"GET /me/calendarView/delta?{WINDOW}", None),
        (f"GET /me/calendarView/delta()?{WINDOW}", None),
        (f"GET /me/events/a%2Fb=/instances?{WINDOW}", None),
        ("GET /me/events/1?%24select=id,start", None),
        ("GET /me/mailboxSettings", None),
        ("PATCH /me/events/1", TIMES),
        ("PATCH /me/events/1", {"singleValueExtendedProperties": [{"id": "String", "value": "x"}]}),
        ("POST /me/events/1/accept", {"Comment": "Yes", "SendResponse": True}),
        ("POST /me/events/1/decline", {"SendResponse": True, "ProposedNewTime": TIMES}),
        ("POST /me/events/1/tentativelyAccept", {"Comment": "Later"}),
        ("POST /subscriptions", SUBSCRIPTION),
        ("DELETE /subscriptions/1", None),
    ],
)
def test_what_is_right_passes(contract: Contract, call, body):
    assert broken(contract, call, body) == []


@pytest.mark.parametrize(
    ("call", "body", "word"),
    [
        ("GET /me/calendar", None, "not a published call"),
        ("PUT /me/events/1", TIMES, "not a published call"),
        ("POST /me/events/1/maybe", {}, "not a published call"),
        ("POST /me/events/1/2/accept", {}, "not a published call"),
        ("GET /me?select=mail", None, "select is not a parameter"),
        ("GET /me?$select=mail&$select=id", None, "given twice"),
        ("GET /me", {"mail": "x"}, "a body where none is taken"),
        ("GET /me/calendarView/delta?startDateTime=2026-10-01T00:00:00Z", None, "endDateTime is missing"),
        (f"GET /me/calendarView/delta?{WINDOW}&$select=id", None, "does not go with a delta"),
        (f"GET /me/calendarView/delta?{WINDOW}&$top=many", None, "$top: 'many' is not of type"),
        (f"GET /me/calendarView/delta?{WINDOW.replace('Z', '')}", None, "startDateTime is not an instant"),
        ("PATCH /me/events/1", {"begin": TIMES["start"]}, "'begin' was unexpected"),
        ("PATCH /me/events/1", {"start": "2026-10-20T10:00:00Z"}, "$.start"),
        ("PATCH /me/events/1", {"start": {"date": "2026-10-20"}}, "'date' was unexpected"),
        ("PATCH /me/events/1", {"showAs": "away"}, "'away' is not one of"),
        ("POST /me/events/1/accept", {"ProposedNewTime": TIMES}, "'ProposedNewTime' was unexpected"),
        ("POST /me/events/1/decline", {"SendResponse": "yes"}, "$.SendResponse"),
        ("POST /me/events/1/decline", {"ProposedNewTime": [TIMES]}, "$.ProposedNewTime"),
        ("POST /me/events/1/decline", {"comment": "No"}, "'comment' was unexpected"),
        ("POST /subscriptions", {**SUBSCRIPTION, "expirationDateTime": "tomorrow"}, "does not match"),
        ("POST /subscriptions", {**SUBSCRIPTION, "secret": "x"}, "'secret' was unexpected"),
        ("POST /subscriptions", {"changeType": "created"}, "'notificationUrl' is a required property"),
        ("DELETE /subscriptions", None, "not a published call"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_found(contract: Contract, call, body, word):
    found = broken(contract, call, body)
    assert any(word in each for each in found), found


@pytest.mark.parametrize(
    ("call", "headers", "word"),
    [
        ("GET /me/events/1", {}, "asked for in no zone"),
        ("GET /me/events/1", {"Prefer": 'outlook.timezone="Europe/Berlin"'}, "in no zone"),
        ("POST /me/events/1/accept", {"Prefer": IN_UTC}, "not said to be JSON"),
    ],
)
def test_headers_that_are_missing_are_found(contract: Contract, call, headers, word):
    body = {} if call.startswith("POST") else None
    assert any(word in each for each in broken(contract, call, body, headers))


def test_a_body_that_is_no_json_is_found(contract: Contract):
    assert contract.broken_by("POST", "/me/events/1/accept", "", UTC_JSON, b"{") == [
        "the body is not JSON"
    ]


@pytest.mark.parametrize(
    ("name", "answer"),
    [
        ("event", {"id": 7}),
        ("event", {"showAs": "away"}),
        ("eventCollectionResponse", {"value": [{"start": "now"}]}),
        ("mailboxSettings", {"workingHours": {"startTime": "9"}}),
        ("subscription", {"expirationDateTime": "tomorrow"}),
    ],
)
def test_answers_of_the_fake_are_checked_as_well(contract: Contract, name, answer):
    assert contract.answer_broken_by(name, answer)
    assert contract.answer_broken_by(name, {"unknown": "passes"}) == []


async def test_the_fake_refuses_what_is_wrong_and_remembers():
    with pytest.raises(AssertionError, match="not a published call"):  # noqa: PT012 - it ends so
        async with served() as fake, aiohttp.ClientSession() as client:
            fake.exchange.add("ana@example.com")
            access, _ = fake.login.give("ana@example.com")
            headers = {"Authorization": f"Bearer {access}"}
            async with client.get(f"{fake.api_url}/me/contacts", headers=headers) as reply:
                assert reply.status == 400


async def test_the_fake_knows_which_properties_an_event_has():
    async with served() as fake, aiohttp.ClientSession() as client:
        fake.exchange.add("ana@example.com")
        start = datetime(2026, 10, 20, 10, tzinfo=UTC)
        fake.exchange.invite("ana@example.com", {}, start, start + timedelta(hours=1))
        access, _ = fake.login.give("ana@example.com")
        headers = {"Authorization": f"Bearer {access}", "Prefer": IN_UTC}
        event = quote(fake.exchange.mailboxes["ana@example.com"].items[0].id, safe="")
        url = URL(f"{fake.api_url}/me/events/{event}?$select=id,color", encoded=True)
        async with client.get(url, headers=headers) as reply:
            assert reply.status == 400
        assert fake.violations == ["$select of ['color']"]
        fake.violations.clear()


def test_the_schemas_name_their_origin_and_licence():
    comment = json.loads(SCHEMAS.read_text(encoding="utf-8"))["$comment"]
    assert "@softeria/ms-365-mcp-server" in comment
    assert "MIT" in comment
