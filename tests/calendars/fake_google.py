"""Google Calendar v3 on loopback: stateful, and strict about what it is asked.

Every request is held against Google's published description (`google_contract`), and so is every
answer. What does not fit is answered with 400 and kept in `FakeGoogle.violations`, which tests find
empty at their end.

    async with FakeGoogle() as google:
        ana = google.calendars.person("ana@example.com")
        secret = google.sign_in.token_for(ana.email)
        … ask google.api_url …
"""

import itertools
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Self

import aiohttp
from aiohttp import web

from bot.domain.spans import Span
from tests.calendars.fake_sign_in import SignIn
from tests.calendars.google_contract import Method, contract, masked
from tests.calendars.google_state import Calendars, Meeting, Person

BASE = "/calendar/v3/"
PAGE_PARAMETERS = frozenset({"syncToken", "pageToken", "timeMin", "timeMax"})
REASONS = {
    400: "badRequest",
    401: "authError",
    403: "forbidden",
    404: "notFound",
    410: "fullSyncRequired",
    412: "conditionNotMet",
    503: "backendError",
}


class Failure(Exception):
    """An error of Google's."""

    def __init__(self, status: int, reason: str = "") -> None:
        super().__init__(status)
        self.status = status
        self.reason = reason or REASONS[status]


@dataclass(frozen=True)
class Fault:
    """What the next call that fits is answered with."""

    status: int
    reason: str = ""
    method: str = ""


@dataclass(frozen=True)
class Listing:
    """What a page token or a sync token stands for."""

    email: str
    asked: Mapping[str, tuple[str, ...]]
    ids: tuple[str, ...] = ()
    position: int = 0


@dataclass(frozen=True)
class Call:
    """One call that came in."""

    method: str
    query: dict[str, str]
    body: Any
    if_match: str


@dataclass
class PushChannel:
    """A running channel."""

    id: str
    token: str
    address: str
    resource_id: str
    expiration: str
    email: str
    position: int
    messages: int = 0


class FakeGoogle:
    """The server.

    Attributes:
        calls: every call on the calendar API that fitted the description.
        violations: what did not fit it.
        faults: answered before anything is done, in order.
        page_size: at most so many events come at once.
    """

    def __init__(self) -> None:
        self.calendars = Calendars()
        self.sign_in = SignIn()
        self.calls: list[Call] = []
        self.violations: list[str] = []
        self.faults: list[Fault] = []
        self.page_size = 2_500
        self.is_down = False
        self.channels: dict[str, PushChannel] = {}
        self._tokens: dict[str, Listing] = {}
        self._names = itertools.count(1)
        self._url = ""

    async def __aenter__(self) -> Self:
        app = web.Application()
        self.sign_in.add_to(app)
        app.router.add_route("*", BASE + "{path:.*}", self._answer)
        self._runner = web.AppRunner(app, access_log=None)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        host, port = self._runner.addresses[0][:2]
        self._url = f"http://{host}:{port}"
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._runner.cleanup()

    @property
    def api_url(self) -> str:
        """Below which the calendar API is."""
        return self._url + BASE.rstrip("/")

    @property
    def url(self) -> str:
        """Below which the pages of `SignIn` are."""
        return self._url

    def forget(self, token: str) -> None:
        """A token is too old from now on."""
        del self._tokens[token]

    @asynccontextmanager
    async def down(self) -> AsyncIterator[None]:
        """Nothing but faults."""
        self.is_down = True
        try:
            yield
        finally:
            self.is_down = False

    async def push(self) -> int:
        """Deliver what is due on every channel; how many messages that were."""
        sent = 0
        async with aiohttp.ClientSession() as session:
            for channel in list(self.channels.values()):
                log = self.calendars.people[channel.email].log
                states = ["sync"] if not channel.messages else []
                states += ["exists"] if channel.position < len(log) else []
                channel.position = len(log)
                for state in states:
                    channel.messages += 1
                    await self._deliver(session, channel, state)
                    sent += 1
        return sent

    async def _deliver(
        self, session: aiohttp.ClientSession, channel: PushChannel, state: str
    ) -> None:
        headers = {
            "X-Goog-Channel-ID": channel.id,
            "X-Goog-Channel-Token": channel.token,
            "X-Goog-Channel-Expiration": "Tue, 27 Oct 2026 16:00:00 GMT",
            "X-Goog-Resource-ID": channel.resource_id,
            "X-Goog-Resource-URI": f"{self.api_url}/calendars/primary/events?alt=json",
            "X-Goog-Resource-State": state,
            "X-Goog-Message-Number": str(channel.messages),
        }
        async with session.post(channel.address, headers=headers) as answer:
            await answer.read()

    async def _answer(self, request: web.Request) -> web.Response:
        try:
            status, body = await self._serve(request)
        except Failure as failure:
            return _error(failure.status, failure.reason)
        except Exception as error:
            self.violations.append(f"the fake itself failed: {error!r}")
            raise
        if body is None:
            return web.Response(status=status)
        return web.json_response(body, status=status)

    async def _serve(self, request: web.Request) -> tuple[int, Any]:
        if self.is_down:
            raise Failure(503)
        method = contract().method(request.method, request.match_info["path"])
        if method is None:
            raise self._violated([f"no method {request.method} {request.match_info['path']}"])
        content = await request.read()
        body = self._decoded(content)
        query = [(name, value) for name, value in request.query.items()]
        if found := contract().request(method, query, body):
            raise self._violated([f"{method.id}: {each}" for each in found])
        person = self._person(request, method)
        if_match = request.headers.get("If-Match", "")
        self.calls.append(Call(method.id, dict(query), body, if_match))
        self._fail_if_due(method)
        serve = SERVED.get(method.id)
        if serve is None:
            raise self._violated([f"{method.id} is not served by this fake"])
        answer = serve(self, person, Asked(method, query, body, if_match))
        if found := contract().answer(method, answer):
            raise self._violated([f"answer of {method.id}: {each}" for each in found])
        mask = request.query.get("fields", "")
        return (204 if answer is None else 200), masked(mask, answer)

    def _decoded(self, content: bytes) -> Any:
        try:
            return json.loads(content) if content else None
        except ValueError:
            raise self._violated(["the body is no JSON"]) from None

    def _person(self, request: web.Request, method: Method) -> Person:
        kind, _, secret = request.headers.get("Authorization", "").partition(" ")
        grant = self.sign_in.grant_of(secret) if kind == "Bearer" else None
        if grant is None:
            raise Failure(401)
        if not grant.scopes & set(method.described["scopes"]):
            raise Failure(403, "insufficientPermissions")
        return self.calendars.people[grant.email]

    def _fail_if_due(self, method: Method) -> None:
        for fault in self.faults:
            if not fault.method or fault.method == method.id:
                self.faults.remove(fault)
                raise Failure(fault.status, fault.reason)

    def _violated(self, found: list[str]) -> Failure:
        self.violations += found
        return Failure(400)

    # What each method does.

    def list_events(self, person: Person, asked: "Asked") -> Any:
        """A page of events: everything within bounds, or what changed since a sync token."""
        if asked.get("singleEvents") != "true" or asked.get("orderBy") or asked.get("q"):
            raise self._violated(["only unsorted lists of occurrences are served by this fake"])
        rest = {k: v for k, v in asked.values.items() if k not in PAGE_PARAMETERS}
        listing = self._listing(person, asked, rest)
        size = min(int(asked.get("maxResults") or 250), self.page_size)
        page, left = listing.ids[:size], listing.ids[size:]
        answer: dict[str, Any] = {
            "kind": "calendar#events",
            "summary": person.email,
            "timeZone": person.tz,
            "accessRole": "owner",
            "items": [self.calendars.view(person, event_id) for event_id in page],
        }
        following = Listing(person.email, rest, left, listing.position)
        name = f"token-{next(self._names)}"
        self._tokens[name] = following
        return answer | {"nextPageToken" if left else "nextSyncToken": name}

    def _listing(
        self, person: Person, asked: "Asked", rest: Mapping[str, tuple[str, ...]]
    ) -> Listing:
        token = asked.get("pageToken") or asked.get("syncToken")
        if not token:
            return Listing(person.email, rest, self._within(person, asked), len(person.log))
        known = self._tokens.get(token)
        if known is None or known.email != person.email:
            raise Failure(410)
        if known.asked != rest:
            raise self._violated(["a token goes with the parameters it was given for"])
        if asked.get("pageToken"):
            return known
        changed = tuple(
            each for each in dict.fromkeys(person.log[known.position :]) if self._is_listed(each)
        )
        return Listing(person.email, rest, changed, len(person.log))

    def _is_listed(self, event_id: str) -> bool:
        """Occurrences and single events are, series are not."""
        found = self.calendars.find(event_id)
        return found is not None and (found[0].weeks == 1 or "_" in event_id)

    def _within(self, person: Person, asked: "Asked") -> tuple[str, ...]:
        bounds = Span(
            _at(asked.get("timeMin") or "1970-01-01T00:00:00Z"),
            _at(asked.get("timeMax") or "2100-01-01T00:00:00Z"),
        )
        types = asked.values.get("eventTypes")
        found = []
        for event_id in self.calendars.shown(person):
            span = self.calendars.span(event_id)
            view = self.calendars.view(person, event_id)
            inside = span.start < bounds.end and span.end > bounds.start
            there = view["status"] != "cancelled" or asked.get("showDeleted") == "true"
            if inside and there and (not types or view.get("eventType") in types):
                found.append(event_id)
        return tuple(found)

    def get_event(self, person: Person, asked: "Asked") -> Any:
        """One event, also a cancelled one or a series."""
        event_id = asked.method.in_path["eventId"]
        if not self.calendars.is_there(person, event_id):
            raise Failure(404)
        return self.calendars.view(person, event_id)

    def patch_event(self, person: Person, asked: "Asked") -> Any:
        """Change an event: an own answer, private properties, or as organiser its time."""
        event_id = asked.method.in_path["eventId"]
        view = self.get_event(person, asked)
        if asked.if_match and asked.if_match != view["etag"]:
            raise Failure(412)
        if view["status"] == "cancelled":
            raise Failure(403)
        found = self.calendars.find(event_id)
        assert found is not None
        meeting, original = found
        if "attendees" in asked.body:
            self._take_answer(person, meeting, original, asked.body)
        if private := asked.body.get("extendedProperties", {}).get("private"):
            kept = meeting.private.setdefault((person.email, event_id), {})
            kept.update(private)
            for name in [name for name, value in kept.items() if value is None]:
                del kept[name]
            self.calendars.touch(meeting, original, only=person.email)
        if "start" in asked.body and meeting.organizer in person.addresses:
            start, end = (_at(asked.body[edge]["dateTime"]) for edge in ("start", "end"))
            self.calendars.move(meeting, Span(start, end), original)
        if asked.get("sendUpdates") == "all":
            done = "answer" if "attendees" in asked.body else "change"
            others = meeting.people - person.addresses
            self.calendars.told += [(each, meeting.uid, done) for each in sorted(others)]
        return self.calendars.view(person, event_id)

    def _take_answer(
        self, person: Person, meeting: Meeting, original: int | None, body: Mapping[str, Any]
    ) -> None:
        if not body.get("attendeesOmitted"):
            raise self._violated(["this would replace the list of guests"])
        for guest in body["attendees"]:
            if guest.get("email") not in person.addresses & set(meeting.guests):
                raise self._violated(["an answer for somebody else"])
            self.calendars.answer(
                meeting, guest["email"], guest["responseStatus"], guest.get("comment", ""), original
            )

    def watch_events(self, person: Person, asked: "Asked") -> Any:
        """A new channel; Google grants a week at most."""
        wish = asked.body
        if wish.get("type") not in {"web_hook", "webhook"} or not wish.get("address"):
            raise self._violated(["a channel needs a type and an address"])
        if wish["id"] in self.channels:
            raise Failure(400, "channelIdNotUnique")
        channel = PushChannel(
            wish["id"],
            wish.get("token", ""),
            wish["address"],
            f"resource-of-{person.email}",
            wish["expiration"],
            person.email,
            len(person.log),
        )
        self.channels[channel.id] = channel
        return {
            "kind": "api#channel",
            "id": channel.id,
            "resourceId": channel.resource_id,
            "resourceUri": f"{self.api_url}/calendars/primary/events?alt=json",
            "token": channel.token,
            "expiration": channel.expiration,
        }

    def stop_channel(self, person: Person, asked: "Asked") -> None:
        """The end of a channel."""
        channel = self.channels.get(asked.body.get("id", ""))
        given = asked.body.get("resourceId"), person.email
        if channel is None or given != (channel.resource_id, channel.email):
            raise Failure(404)
        del self.channels[channel.id]

    def get_setting(self, person: Person, asked: "Asked") -> Any:
        """One setting; only the zone is known here."""
        if asked.method.in_path["setting"] != "timezone":
            raise Failure(404)
        return {"kind": "calendar#setting", "etag": '"1"', "id": "timezone", "value": person.tz}


class Asked:
    """One request that fits the description."""

    def __init__(
        self, method: Method, query: list[tuple[str, str]], body: Any, if_match: str
    ) -> None:
        self.method = method
        self.body = body
        self.if_match = if_match
        self.values: dict[str, tuple[str, ...]] = {}
        for name, value in query:
            self.values[name] = (*self.values.get(name, ()), value)

    def get(self, name: str) -> str:
        """A parameter, ``""`` when it is not given."""
        return self.values.get(name, ("",))[0]


SERVED = {
    "calendar.events.list": FakeGoogle.list_events,
    "calendar.events.get": FakeGoogle.get_event,
    "calendar.events.patch": FakeGoogle.patch_event,
    "calendar.events.watch": FakeGoogle.watch_events,
    "calendar.channels.stop": FakeGoogle.stop_channel,
    "calendar.settings.get": FakeGoogle.get_setting,
}


def _at(text: str) -> int:
    return int(datetime.fromisoformat(text).timestamp())


def _error(status: int, reason: str) -> web.Response:
    error = {"domain": "global", "reason": reason, "message": reason}
    body = {"error": {"code": status, "message": reason, "errors": [error]}}
    return web.json_response(body, status=status)
