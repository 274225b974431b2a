"""Calendars beside the workspace: a real CalDAV server, and what people do in their own calendars.

The server is Xandikos, a development dependency, as its own process on a loopback port. It takes
the person's name from a header and leaves passwords to a proxy in front of it; that proxy is here.
It can also be told to fail.
"""

import asyncio
import itertools
import re
import socket
import subprocess
import sys
import time
from base64 import b64encode
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory

import aiohttp
from aiohttp import web
from icalendar import Calendar, Event, vCalAddress, vDate

HOST = "127.0.0.1"
START_LIMIT_S = 30.0
LOOK_EVERY_S = 0.05
BIGGEST_BYTES = 32 * 1024 * 1024
ASKED = ("Content-Type", "Depth", "If-Match", "If-None-Match", "If-Schedule-Tag-Match")
ANSWERED = ("Content-Type", "ETag", "Schedule-Tag", "Location")
"""Headers that are passed on, either way."""

_numbers = itertools.count(1)
_CAL = "urn:ietf:params:xml:ns:caldav"


class NotTaken(Exception):
    """The server refused what a person did in their own calendar."""


@dataclass(frozen=True, slots=True)
class Server:
    """A server's process, and where it keeps its files."""

    url: str
    folder: Path
    port: int
    process: subprocess.Popen[bytes]

    def wait(self) -> None:
        """Return once it answers.

        Raises:
            TimeoutError: it does not, or has ended.
        """
        until = time.monotonic() + START_LIMIT_S
        while self.process.poll() is None and time.monotonic() < until:
            try:
                socket.create_connection((HOST, self.port), timeout=1).close()
            except OSError:
                time.sleep(LOOK_EVERY_S)
            else:
                return
        raise TimeoutError(self.url)


def is_installed() -> bool:
    """Whether the server is there to be started."""
    return find_spec("xandikos") is not None


@contextmanager
def launched(folder: Path) -> Iterator[Server]:
    """Xandikos until the end of the block; it takes a moment until it answers."""
    with socket.create_server((HOST, 0)) as free:
        port = free.getsockname()[1]
    command = (
        *(sys.executable, "-W", "ignore", "-m", "xandikos", "multi-user", "--defaults"),
        *("-d", str(folder), "-l", HOST, "-p", str(port), "--no-detect-systemd"),
        *("--trust-x-remote-user-from", HOST),
    )
    quiet = subprocess.DEVNULL
    with subprocess.Popen(command, stdout=quiet, stderr=quiet) as process:  # noqa: S603 - every word of it is ours
        try:
            yield Server(f"http://{HOST}:{port}", folder, port, process)
        finally:
            process.kill()


@contextmanager
def server(folder: Path) -> Iterator[Server]:
    """The same, and it answers already."""
    with launched(folder) as found:
        found.wait()
        yield found


@dataclass
class Proxy:
    """Checks name and password, and passes everything on to the server as that person.

    Attributes:
        passwords: by user name.
        is_down: it answers 503 to everything.
        seen: method, path and body of every request that was passed on.
        session: for calls to the server itself, while it is running.
    """

    server: Server
    passwords: dict[str, str] = field(default_factory=dict)
    is_down: bool = False
    seen: list[tuple[str, str, bytes]] = field(default_factory=list)
    url: str = ""
    session: aiohttp.ClientSession = field(init=False, repr=False)

    @asynccontextmanager
    async def running(self) -> AsyncIterator["Proxy"]:
        """On a loopback port of its own."""
        app = web.Application(client_max_size=BIGGEST_BYTES)
        app.router.add_route("*", "/{path:.*}", self._pass_on)
        runner = web.AppRunner(app, shutdown_timeout=0.1)
        await runner.setup()
        site = web.TCPSite(runner, HOST, 0)
        async with aiohttp.ClientSession() as self.session:
            await site.start()
            self.url = f"http://{HOST}:{runner.addresses[0][1]}"
            try:
                yield self
            finally:
                await runner.cleanup()

    async def add(self, user: str, address: str, password: str) -> "Principal":
        """Somebody with a calendar, invited by that e-mail address."""
        self.passwords[user] = password
        added = Principal(self, user, address)
        await added.prepare()
        return added

    def _user(self, request: web.Request) -> str | None:
        for name, password in self.passwords.items():
            secret = b64encode(f"{name}:{password}".encode()).decode()
            if request.headers.get("Authorization") == f"Basic {secret}":
                return name
        return None

    async def _pass_on(self, request: web.Request) -> web.Response:
        user = self._user(request)
        if self.is_down:
            return web.Response(status=503)
        if user is None:
            return web.Response(status=401, headers={"WWW-Authenticate": 'Basic realm="sandbox"'})
        body = await request.read()
        self.seen.append((request.method, request.path, body))
        headers = {name: request.headers[name] for name in ASKED if name in request.headers}
        async with self.session.request(
            request.method,
            self.server.url + request.raw_path,
            data=body,
            allow_redirects=False,
            headers={**headers, "X-Remote-User": user},
        ) as answer:
            given = {name: answer.headers[name] for name in ANSWERED if name in answer.headers}
            return web.Response(status=answer.status, body=await answer.read(), headers=given)


@dataclass(frozen=True, slots=True, kw_only=True)
class Meeting:
    """What somebody is invited to.

    Attributes:
        start: aware, as is ``end``; it is written in that zone, which a series follows. Of a
            whole day the dates count.
        made_at: when it was written.
        weeks: how often it takes place, a week apart; 1 is a single event.
        is_optional: the other one need not come.
    """

    title: str
    start: datetime
    end: datetime
    made_at: datetime
    weeks: int = 1
    is_all_day: bool = False
    is_optional: bool = False


@dataclass(frozen=True, slots=True)
class Principal:
    """One person on the server, as their own programmes would act for them."""

    proxy: Proxy
    user: str
    address: str

    @property
    def calendar(self) -> str:
        """Path of the default calendar."""
        return f"/{self.user}/calendars/calendar/"

    async def call(
        self, method: str, path: str, body: bytes = b"", **headers: str
    ) -> tuple[bytes, str]:
        """A call of their own; the answer's body and ETag.

        Raises:
            NotTaken: the server refused.
        """
        kind = "text/calendar" if method == "PUT" else "text/xml"
        async with self.proxy.session.request(
            method,
            self.proxy.server.url + path,
            data=body,
            headers={"Content-Type": kind, "X-Remote-User": self.user, **headers},
        ) as answer:
            content = await answer.read()
            if not answer.ok:
                raise NotTaken(method, path, answer.status, content)
            return content, answer.headers.get("ETag", "")

    async def prepare(self) -> None:
        """Say by which address this person is invited."""
        await self.call(
            "PROPPATCH",
            f"/{self.user}/",
            f'<d:propertyupdate xmlns:d="DAV:" xmlns:c="{_CAL}"><d:set><d:prop>'
            f"<c:calendar-user-address-set><d:href>mailto:{self.address}</d:href>"
            "</c:calendar-user-address-set></d:prop></d:set></d:propertyupdate>".encode(),
        )

    async def objects(self, folder: str) -> dict[str, Calendar]:
        """Everything in a collection, by path."""
        listed, _ = await self.call(
            "PROPFIND",
            folder,
            b'<propfind xmlns="DAV:"><prop><getetag/></prop></propfind>',
            Depth="1",
        )
        paths = re.findall(r"href>([^<]+\.ics)</", listed.decode())
        return {path: Calendar.from_ical((await self.call("GET", path))[0]) for path in paths}

    async def held(self, uid: str) -> tuple[str, Calendar]:
        """The object of a UID in the default calendar, with its path.

        Raises:
            KeyError: there is none.
        """
        found = await self.objects(self.calendar)
        return {uid_of(each): (path, each) for path, each in found.items()}[uid]

    async def uid(self, title: str) -> str:
        """The UID of the meeting with this title.

        Raises:
            KeyError: there is none.
        """
        found = (await self.objects(self.calendar)).values()
        return {str(each.events[0].get("summary")): uid_of(each) for each in found}[title]

    async def invite(self, other: "Principal", meeting: Meeting) -> str:
        """Write a meeting with one other person into the own calendar; its UID."""
        uid = f"meeting-{next(_numbers)}@example.com"
        event = Event()
        event.add("uid", uid)
        event.add("summary", meeting.title)
        event.add("dtstamp", meeting.made_at)
        event.add("created", meeting.made_at)
        event.add("sequence", 0)
        set_times(event, meeting.start, meeting.end, is_all_day=meeting.is_all_day)
        if meeting.weeks > 1:
            event.add("rrule", {"freq": "weekly", "count": meeting.weeks})
        event["organizer"] = vCalAddress(f"mailto:{self.address}")
        event.add("attendee", _attendee(self, "ACCEPTED"), encode=False)
        asked = _attendee(other, "NEEDS-ACTION", is_optional=meeting.is_optional)
        event.add("attendee", asked, encode=False)
        calendar = Calendar()
        calendar.add("version", "2.0")
        calendar.add("prodid", "-//Offhours//Sandbox//EN")
        calendar.add_component(event)
        await self.call("PUT", f"{self.calendar}{uid}.ics", calendar.to_ical())
        return uid

    async def move(self, uid: str, start: datetime, end: datetime) -> None:
        """Give a single meeting of one's own another time."""
        path, calendar = await self.held(uid)
        (event,) = calendar.events
        set_times(event, start, end)
        event["sequence"] = int(str(event["sequence"])) + 1
        await self.call("PUT", path, calendar.to_ical())

    async def delete(self, uid: str) -> None:
        """Remove it from the own calendar: a meeting of one's own is cancelled so."""
        path, _ = await self.held(uid)
        await self.call("DELETE", path)

    async def answer(self, uid: str, partstat: str) -> None:
        """Answer an invite, with iCalendar's word such as ``ACCEPTED``."""
        path, calendar = await self.held(uid)
        for event in calendar.events:
            attendee(event, self.address).params["PARTSTAT"] = partstat
        await self.call("PUT", path, calendar.to_ical())

    async def answer_of(self, other: "Principal", uid: str, recurrence_id: str = "") -> str:
        """What the own copy says of somebody's answer, in iCalendar's word."""
        _, calendar = await self.held(uid)
        (event,) = (e for e in calendar.events if recurrence_id_of(e) == recurrence_id)
        return str(attendee(event, other.address).params["PARTSTAT"])

    async def replies(self) -> list[Calendar]:
        """Answers in the inbox, in the order they came.

        DTSTAMP with its whole seconds does not tell that order; the server's files do.
        """
        found = await self.objects(f"/{self.user}/inbox/")
        replies = [path for path, each in found.items() if each.get("method") == "REPLY"]
        folder = self.proxy.server.folder
        replies.sort(key=lambda path: (folder / path.lstrip("/")).stat().st_mtime_ns)
        return [found[path] for path in replies]

    async def comments(self, uid: str, recurrence_id: str = "") -> list[str]:
        """What came with each answer to a meeting, in order; ``""`` for nothing."""
        return [
            str(event.get("comment", ""))
            for reply in await self.replies()
            if uid_of(reply) == uid
            for event in reply.events
            if recurrence_id_of(event) == recurrence_id
        ]


class Calendars:
    """The calendars of a workspace; their server is started for the first of them.

    Attributes:
        people: whoever has one, by name.
    """

    def __init__(self) -> None:
        self.people: dict[str, Principal] = {}
        self._proxy: Proxy | None = None
        self._exits = AsyncExitStack()

    async def add(self, name: str, address: str, password: str) -> Principal:
        """Give somebody a calendar; their user name is their name in lower case.

        Raises:
            TimeoutError: the server does not start.
        """
        proxy = self._proxy = self._proxy or await self._opened()
        self.people[name] = await proxy.add(name.lower(), address, password)
        return self.people[name]

    async def close(self) -> None:
        """Stop whatever was started, and remove its files."""
        await self._exits.aclose()

    async def _opened(self) -> Proxy:
        enter = self._exits.enter_context
        folder = enter(TemporaryDirectory(prefix="offhours-calendars-"))
        running = enter(launched(Path(folder)))
        await asyncio.to_thread(running.wait)
        return await self._exits.enter_async_context(Proxy(running).running())


def set_times(event: Event, start: datetime, end: datetime, *, is_all_day: bool = False) -> None:
    """Write another time into an event."""
    for name, when in (("dtstart", start), ("dtend", end)):
        event.pop(name, None)
        event.add(name, when.date() if is_all_day else when)


def attendee(event: Event, address: str) -> vCalAddress:
    """Somebody's line in an event.

    Raises:
        KeyError: the person is not invited.
    """
    found = event.get("attendee", [])
    lines: list[vCalAddress] = found if isinstance(found, list) else [found]
    return {str(each).lower(): each for each in lines}[f"mailto:{address}".lower()]


def uid_of(calendar: Calendar) -> str:
    """The UID of an object."""
    return str(calendar.events[0]["uid"])


def recurrence_id_of(event: Event) -> str:
    """Which occurrence of a series it is: ``20261106T160000Z`` or ``20261106``, ``""`` for all."""
    found = event.get("recurrence-id")
    if found is None:
        return ""
    if isinstance(found, vDate):
        return found.dt.strftime("%Y%m%d")
    return str(found.dt.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ"))


def _attendee(person: Principal, partstat: str, *, is_optional: bool = False) -> vCalAddress:
    found = vCalAddress(f"mailto:{person.address}")
    found.params["PARTSTAT"] = partstat
    found.params["RSVP"] = "TRUE"
    found.params["ROLE"] = "OPT-PARTICIPANT" if is_optional else "REQ-PARTICIPANT"
    return found
