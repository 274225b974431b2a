"""Microsoft Graph v1.0 on loopback, for as much of it as the bot uses.

It is stateful: mailboxes of `tests.calendars.fake_exchange` behind OAuth, deltas whose tokens stand
for what was seen then, subscriptions with their handshake, and faults on demand. It is as sparing
as Graph is allowed to be: an occurrence in a delta has its times and little else, a changed
occurrence comes without its series and a changed series without its occurrences.

Every request is held against Microsoft's published contract (`tests.calendars.graph_contract`);
what breaks it is answered 400 and kept in ``violations``, which `served` asserts to be empty.
"""

import asyncio
import itertools
import json
import re
from collections import deque
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, quote, quote_plus

import aiohttp
from aiohttp import web

from tests.calendars.fake_exchange import Exchange, Item, Mailbox, NotAllowed
from tests.calendars.fake_microsoft_login import Login
from tests.calendars.graph_contract import Contract, event_id
from tests.calendars.graph_entries import event_entry, moment, occurrence_entry, stamp

API = "/v1.0"
LONGEST = timedelta(minutes=10_080)
SHORTEST = timedelta(minutes=45)
ANSWERS = {
    "accept": "accepted",
    "tentativelyAccept": "tentativelyAccepted",
    "decline": "declined",
}
View = dict[str, tuple[str, dict[str, Any]]]
ANY_WINDOW = "startDateTime=2026-01-01T00:00:00Z&endDateTime=2026-01-02T00:00:00Z"


class Refused(Exception):
    """An answer that is an error, with Graph's code for it."""

    def __init__(self, status: int, code: str, message: str = "") -> None:
        super().__init__(code)
        self.status = status
        self.body = {"error": {"code": code, "message": message or code}}


@dataclass
class _Delta:
    """What a token stands for.

    Attributes:
        seen: versions by id, as the one who holds the token knows them.
        waiting: entries of the pages that are still to come.
    """

    address: str
    window: tuple[datetime, datetime]
    seen: dict[str, str]
    waiting: list[dict[str, Any]] = field(default_factory=list)


@dataclass(frozen=True)
class _Call:
    """A call that keeps to the contract, and whose it is."""

    request: web.Request
    path: str
    mailbox: Mailbox
    body: dict[str, Any]

    @property
    def method(self) -> str:
        """GET, POST, PATCH or DELETE."""
        return self.request.method


@dataclass
class Subscription:
    """As it was asked for, and when it ends."""

    id: str
    address: str
    asked: Mapping[str, Any]
    expires: datetime


@dataclass
class FakeGraph:
    """The server.

    Attributes:
        requests: method and path of every call to the API, in order.
        faults: statuses and error codes that the next calls are answered with; without a code it
            is a page for people.
        zone: which zone the times of answers are said to be in.
        before: what happens right before the next call with this method.
        links_to: where the links of answers point to, when not to itself.
        page_size: at most so many entries in a page, whatever is asked for.
        delivered: how each notification was answered.
    """

    url: str = ""
    exchange: Exchange = field(default_factory=Exchange)
    login: Login = field(default_factory=Login)
    violations: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)
    faults: deque[tuple[int, str]] = field(default_factory=deque)
    before: dict[str, Callable[[], object]] = field(default_factory=dict)
    links_to: str = ""
    zone: str = "UTC"
    is_down: bool = False
    page_size: int = 1_000
    subscriptions: dict[str, Subscription] = field(default_factory=dict)
    delivered: list[int] = field(default_factory=list)
    session: aiohttp.ClientSession | None = None
    _posts: list[asyncio.Future[None]] = field(default_factory=list)
    _contract: Contract = field(default_factory=Contract)
    _deltas: dict[str, _Delta] = field(default_factory=dict)
    _numbers: Any = field(default_factory=lambda: itertools.count(1))
    _told: int = 0

    @property
    def api_url(self) -> str:
        """Where the API is."""
        return f"{self.url}{API}"

    def forget_tokens(self) -> None:
        """No delta token given so far is known any more."""
        self._deltas.clear()

    @contextmanager
    def down(self) -> Iterator[None]:
        """Within it every call is answered 503."""
        self.is_down = True
        try:
            yield
        finally:
            self.is_down = False

    async def handle(self, request: web.Request) -> web.Response:
        """One call to the API."""
        path = request.rel_url.raw_path.removeprefix(API)
        self.requests.append(f"{request.method} {path}")
        if self.is_down:
            return web.json_response({}, status=503)
        if self.faults:
            status, code = self.faults.popleft()
            body = json.dumps({"error": {"code": code}}) if code else "<html>Sorry</html>"
            return web.Response(text=body, status=status, headers={"Retry-After": "7"})
        try:
            self.before.pop(request.method, bool)()
            mailbox = self._mailbox(request)
            body = await request.read()
            self._check(request, path, body)
            return await self._answer(_Call(request, path, mailbox, json.loads(body or b"{}")))
        except Refused as refused:
            return web.json_response(refused.body, status=refused.status)
        except NotAllowed as refused:
            return web.json_response(
                Refused(400, "ErrorInvalidRequest", str(refused)).body, status=400
            )
        finally:
            self.notify()

    def _mailbox(self, request: web.Request) -> Mailbox:
        given = request.headers.get("Authorization", "").removeprefix("Bearer ")
        address = self.login.address_of(given)
        if address is None:
            raise Refused(401, "InvalidAuthenticationToken")
        return self.exchange.mailboxes[address]

    def _check(self, request: web.Request, path: str, body: bytes) -> None:
        query = request.rel_url.raw_query_string
        if _token(query) and path in {"/me/calendarView/delta", "/me/calendarView/delta()"}:
            query = ANY_WINDOW  # a link of our own is opaque, but its headers are not
        broken = self._contract.broken_by(request.method, path, query, request.headers, body)
        self.violations += [f"{request.method} {path}: {each}" for each in broken]
        if broken:
            raise Refused(400, "BadRequest", "; ".join(broken))

    async def _answer(self, call: _Call) -> web.Response:
        kind = re.sub(r"^(/me/events|/subscriptions)/[^/]+", r"\1/{id}", call.path)
        action = kind.rpartition("/")[2]
        if action in ANSWERS:
            return self._respond(call, ANSWERS[action])
        if (call.method, kind) == ("POST", "/subscriptions"):
            return await self._subscribe(call)
        answers = {
            "GET /me": self._me,
            "GET /me/mailboxSettings": self._settings,
            "GET /me/calendarView/delta": self._delta,
            "GET /me/calendarView/delta()": self._delta,
            "GET /me/events/{id}": self._event,
            "PATCH /me/events/{id}": self._patch,
            "GET /me/events/{id}/instances": self._instances,
            "DELETE /subscriptions/{id}": self._unsubscribe,
        }
        return answers[f"{call.method} {kind}"](call)

    def _json(self, name: str, answer: Any, status: int = 200) -> web.Response:
        """An answer, held against the contract as well."""
        self.violations += self._contract.answer_broken_by(name, answer)
        text = json.dumps(answer).replace('"timeZone": "UTC"', f'"timeZone": "{self.zone}"')
        return web.json_response(text=text, status=status)

    def _settings(self, call: _Call) -> web.Response:
        return self._json("mailboxSettings", {"workingHours": call.mailbox.working_hours})

    def _unsubscribe(self, call: _Call) -> web.Response:
        if self.subscriptions.pop(call.path.rpartition("/")[2], None) is None:
            raise Refused(404, "ResourceNotFound")
        return web.Response(status=204)

    def _me(self, call: _Call) -> web.Response:
        mailbox = call.mailbox
        others = [f"smtp:{alias}" for alias in mailbox.aliases]
        name, _, host = mailbox.address.partition("@")
        return web.json_response(
            {
                "mail": f"{name.title()}@{host}",
                "userPrincipalName": mailbox.address,
                "proxyAddresses": [f"SMTP:{mailbox.address}", "X500:/o=office/cn=1", *others],
            }
        )

    def _found(self, call: _Call) -> tuple[Item, str]:
        wanted = event_id(call.path)
        for item in call.mailbox.items:
            key = item.key_of(wanted)
            if key is not None:
                return item, key
        raise Refused(404, "ErrorItemNotFound")

    def _event(self, call: _Call) -> web.Response:
        whole = event_entry(*self._found(call))
        selected = call.request.query.get("$select", ",".join(whole)).split(",")
        unknown = set(selected) - set(whole)
        if unknown:
            self.violations.append(f"$select of {sorted(unknown)}")
            raise Refused(400, "RequestBroker--ParseUri", f"Could not find {sorted(unknown)}")
        kept = {name: whole[name] for name in ("@odata.etag", "id", *selected)}
        return self._json("event", kept)

    def _instances(self, call: _Call) -> web.Response:
        item, _ = self._found(call)
        window = _window(call.request)
        found = [event_entry(item, key) for key in item.originals() if _is_shown(item, key, window)]
        return self._json("eventCollectionResponse", {"value": found})

    def _patch(self, call: _Call) -> web.Response:
        item, key = self._found(call)
        body, address = call.body, call.mailbox.address
        wanted = call.request.headers.get("If-Match")
        if wanted is not None and wanted != event_entry(item, key)["@odata.etag"]:
            raise Refused(412, "ErrorIrresolvableConflict")
        if "start" in body:
            start, end = moment(body["start"]), moment(body["end"])
            self.exchange.reschedule(address, item, start, end)
        marks = {
            each["id"]: each["value"] for each in body.get("singleValueExtendedProperties", ())
        }
        if marks:
            self.exchange.annotate(address, item, key, marks)
        return self._json("event", event_entry(item, key))

    def _respond(self, call: _Call, response: str) -> web.Response:
        item, key = self._found(call)
        body = call.body
        times = body.get("ProposedNewTime")
        self.exchange.answer(
            call.mailbox.address,
            item,
            key,
            response,
            body.get("Comment") or "",
            (moment(times["start"]), moment(times["end"])) if times else None,
            tells=bool(body.get("SendResponse")),
        )
        return web.Response(status=202)

    def _delta(self, call: _Call) -> web.Response:
        request, mailbox = call.request, call.mailbox
        token = _token(request.rel_url.raw_query_string)
        known = self._deltas.get(token)
        if token and (known is None or known.address != mailbox.address):
            raise Refused(410, "syncStateNotFound")
        known = known or _Delta(mailbox.address, _window(request), {})
        if not known.waiting:
            known = _changes(known, mailbox)
        size = min(self.page_size, _page_size(request.headers.get("Prefer", "")))
        rest = known.waiting[size:]
        given = f"R0us+{next(self._numbers)}/="
        self._deltas[given] = _Delta(known.address, known.window, known.seen, rest)
        kind, name = ("nextLink", "skiptoken") if rest else ("deltaLink", "deltatoken")
        link = (
            f"{self.links_to or self.api_url}/me/calendarView/delta?${name}={quote(given, safe='')}"
        )
        answer = {"value": known.waiting[:size], f"@odata.{kind}": link}
        return self._json("eventCollectionResponse", answer)

    async def _subscribe(self, call: _Call) -> web.Response:
        body = call.body
        now = datetime.now(UTC)
        expires = datetime.fromisoformat(body["expirationDateTime"])
        if expires > now + LONGEST:
            raise Refused(400, "InvalidRequest", "Subscription expiration is too far away.")
        if body["resource"].strip("/") != "me/events" or len(body.get("clientState", "")) > 128:
            raise Refused(400, "InvalidRequest", "The resource or client state is not valid.")
        for name in ("notificationUrl", "lifecycleNotificationUrl"):
            if name in body and not await self._shakes_hands(body[name]):
                raise Refused(400, "ValidationError", f"{name} did not answer as it must.")
        made = Subscription(
            f"sub-{next(self._numbers)}", call.mailbox.address, body, max(expires, now + SHORTEST)
        )
        self.subscriptions[made.id] = made
        answer = {**body, "id": made.id, "expirationDateTime": stamp(made.expires)}
        return self._json("subscription", answer, status=201)

    async def _shakes_hands(self, url: str) -> bool:
        token = f"Validation: Testing+client/ü <b> {next(self._numbers)}"
        asked = f"{url}?validationToken={quote_plus(token)}"
        async with self._session().post(asked, headers={"Content-Type": "text/plain"}) as reply:
            is_plain = reply.content_type == "text/plain"
            return reply.status == 200 and is_plain and await reply.text() == token

    def _session(self) -> aiohttp.ClientSession:
        if self.session is None:
            self.session = aiohttp.ClientSession()
        return self.session

    def notify(self) -> None:
        """Tell every subscription what changed since the last time; see `settle`."""
        news, self._told = self.exchange.changed[self._told :], len(self.exchange.changed)
        for each in self.subscriptions.values():
            items = [
                _notification(each, kind, key)
                for address, key, kind in news
                if address == each.address
            ]
            if items:
                self._post(each.asked["notificationUrl"], items)

    def tell_of_life(self, subscription_id: str, event: str) -> None:
        """Send ``missed``, ``subscriptionRemoved`` or ``reauthorizationRequired``."""
        each = self.subscriptions[subscription_id]
        item = {**_notification(each, "", ""), "lifecycleEvent": event}
        if event == "subscriptionRemoved":
            del self.subscriptions[subscription_id]
        self._post(each.asked["lifecycleNotificationUrl"], [item])

    def _post(self, url: str, items: list[dict[str, Any]]) -> None:
        async def post() -> None:
            async with self._session().post(url, json={"value": items}) as reply:
                self.delivered.append(reply.status)

        self._posts.append(asyncio.ensure_future(post()))

    async def settle(self) -> None:
        """Wait until everything that changed is told."""
        self.notify()
        while self._posts:
            await self._posts.pop()


def _changes(known: _Delta, mailbox: Mailbox) -> _Delta:
    """A new round: what is different from what was seen."""
    view = _view(mailbox, known.window)
    versions = {key: version for key, (version, _) in view.items()}
    changed = [entry for key, (version, entry) in view.items() if known.seen.get(key) != version]
    gone = [{"@removed": {"reason": "deleted"}, "id": key} for key in known.seen if key not in view]
    return _Delta(known.address, known.window, versions, [*gone, *changed])


def _view(mailbox: Mailbox, window: tuple[datetime, datetime]) -> View:
    """Versions and entries by id. An occurrence changes when its times do, a series by itself."""
    view: View = {}
    for item in mailbox.items:
        shown = [key for key in item.originals() or ("",) if _is_shown(item, key, window)]
        for key in [*shown, ""] if shown else []:
            if key in item.parts:
                entry = event_entry(item, key)
                view[entry["id"]] = entry["changeKey"], entry
            else:
                entry = occurrence_entry(item, key)
                view[entry["id"]] = json.dumps(entry), entry
    return view


def _is_shown(item: Item, key: str, window: tuple[datetime, datetime]) -> bool:
    part = item.part(key)
    return part.start < window[1] and window[0] < part.end and not part.is_gone


def _window(request: web.Request) -> tuple[datetime, datetime]:
    given = (request.query[name] for name in ("startDateTime", "endDateTime"))
    start, end = map(datetime.fromisoformat, given)
    return start, end


def _token(query: str) -> str:
    given = parse_qs(query)
    return (given.get("$deltatoken") or given.get("$skiptoken") or [""])[0]


def _page_size(prefer: str) -> int:
    wanted = prefer.partition("odata.maxpagesize=")[2]
    return int(wanted.partition(",")[0] or 10)


def _notification(subscription: Subscription, kind: str, event_key: str) -> dict[str, Any]:
    item = {
        "subscriptionId": subscription.id,
        "subscriptionExpirationDateTime": stamp(subscription.expires),
        "clientState": subscription.asked.get("clientState"),
        "tenantId": "00000000-0000-0000-0000-000000000001",
    }
    if kind:
        resource = f"Users/1/Events/{event_key}"
        named = {"@odata.type": "#Microsoft.Graph.Event", "@odata.id": resource, "id": event_key}
        item |= {"changeType": kind, "resource": resource, "resourceData": named}
    return item


@asynccontextmanager
async def served() -> AsyncIterator[FakeGraph]:
    """The server, running; no request may have broken the contract when it ends."""
    fake = FakeGraph()
    app = web.Application()
    app.router.add_get("/{tenant}/oauth2/v2.0/authorize", fake.login.authorize)
    app.router.add_post("/{tenant}/oauth2/v2.0/token", fake.login.token)
    app.router.add_route("*", f"{API}/{{path:.*}}", fake.handle)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    host, port = runner.addresses[0][:2]
    fake.url = f"http://{host}:{port}"
    try:
        yield fake
        await fake.settle()
        assert not fake.violations, fake.violations
    finally:
        if fake.session is not None:
            await fake.session.close()
        await runner.cleanup()
