"""A small CalDAV server that is odd on request, for what Xandikos never does.

It knows nothing of time: a time-range query answers everything. Its oddities are fields.
"""

from base64 import b64encode
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from html import escape
from xml.etree import ElementTree as ET

from aiohttp import web

HOME = "/dav/ana/"
CALENDAR = "/dav/ana/work/"
WRONG = "Basic " + b64encode(b"ana:wrong").decode()
_NAMES = 'xmlns:d="DAV:" xmlns:c="urn:ietf:params:xml:ns:caldav"'
_PROPS = {
    "/dav/": "<d:current-user-principal><d:href>/dav/ana/</d:href></d:current-user-principal>",
    HOME: (
        "<c:calendar-home-set><d:href>/dav/ana/</d:href></c:calendar-home-set>"
        "<c:calendar-user-address-set><d:href>mailto:Ana@Example.com</d:href>"
        "<d:href>/dav/ana/</d:href><d:href>MAILTO:a.moreau@example.com</d:href>"
        "</c:calendar-user-address-set>"
    ),
}


def event(number: int, size: int = 0) -> str:
    """An invite for Ana on 20 October 2026."""
    return (
        f"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nBEGIN:VEVENT\r\nUID:{number}\r\nSUMMARY:No {number}\r\n"
        "DTSTART:20261020T170000Z\r\nDTEND:20261020T180000Z\r\nORGANIZER:mailto:bo@example.com\r\n"
        f"ATTENDEE;PARTSTAT=NEEDS-ACTION:mailto:ana@example.com\r\nX-PAD:{'x' * size}\r\n"
        "END:VEVENT\r\nEND:VCALENDAR\r\n"
    )


@dataclass
class OddServer:
    """One calendar, `CALENDAR`; any password but Ana's ``wrong`` is accepted.

    Attributes:
        objects: text by href as the server spells it, each with its version.
        log: of changes: href by sync token.
        has_sync: there are sync tokens and sync-collection reports.
        tells_data: reports carry calendar-data when asked; else only multiget does.
        sync_status: of the next sync-collection report, when it is none of success.
        page: how many entries a sync-collection report has at most; the rest is cut short.
        absolute: hrefs are whole addresses.
        weak: entity tags look as if a proxy compressed the answers.
        strangers: hrefs that appear in every report and have no business there.
        vanishing: names that are gone when it comes to a multiget.
        longest_days: a query over more than that is cut short after its first event.
        unavailable: names that a multiget answers with 503.
        textless: names of what has no text, as a multiget says.
        most: how many a multiget answers; the rest it leaves out.
        redirects: where a path leads to.
        put_answer: status and body of the next PUTs, instead of storing.
        extra: further properties by path.
        requests: method and path of each, with the kind of report.
    """

    objects: dict[str, tuple[str, int]] = field(default_factory=dict)
    log: list[str] = field(default_factory=list)
    has_sync: bool = True
    tells_data: bool = True
    sync_status: int = 207
    page: int = 1_000
    absolute: bool = False
    weak: bool = False
    strangers: tuple[str, ...] = ()
    vanishing: tuple[str, ...] = ()
    longest_days: int = 1_000
    unavailable: tuple[str, ...] = ()
    textless: tuple[str, ...] = ()
    most: int = 1_000
    redirects: dict[str, str] = field(default_factory=dict)
    put_answer: tuple[int, str] | None = None
    extra: dict[str, str] = field(default_factory=dict)
    requests: list[tuple[str, str, str]] = field(default_factory=list)
    passwords: list[str] = field(default_factory=list)
    url: str = ""

    def put(self, name: str, text: str) -> None:
        """Store an object under a name as the server spells it."""
        href = CALENDAR + name
        self.log.append(href)
        self.objects[href] = (text, len(self.log))

    def delete(self, name: str) -> None:
        """Remove an object."""
        self.log.append(CALENDAR + name)
        del self.objects[CALENDAR + name]

    def kinds(self) -> list[str]:
        """What was asked, in order."""
        return [kind for _, _, kind in self.requests]

    @asynccontextmanager
    async def running(self) -> AsyncIterator["OddServer"]:
        """On a loopback port."""
        app = web.Application(client_max_size=32 * 1024 * 1024)
        app.router.add_route("*", "/{path:.*}", self._answer)
        runner = web.AppRunner(app, shutdown_timeout=0.1)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        self.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
        yield self
        await runner.cleanup()

    async def _answer(self, request: web.Request) -> web.Response:
        path, body = request.raw_path, await request.read()
        root = ET.fromstring(body) if body.startswith(b"<") else None  # noqa: S314 - what our own client sends
        kind = request.method if root is None else root.tag.rpartition("}")[2]
        self.requests.append((request.method, path, kind))
        self.passwords.append(request.headers.get("Authorization", ""))
        if self.passwords[-1] in {"", WRONG}:
            return web.Response(status=401)
        if path in self.redirects:
            return web.Response(status=302, headers={"Location": self.redirects[path]})
        if root is None:
            return self._object(request, path, body)
        answer = {
            "propfind": self._propfind,
            "calendar-query": self._query,
            "calendar-multiget": self._multiget,
            "sync-collection": self._sync,
        }[kind]
        return answer(path, root)

    def _object(self, request: web.Request, path: str, body: bytes) -> web.Response:
        if path not in self.objects:
            return web.Response(status=404)
        text, version = self.objects[path]
        if request.method == "GET":
            headers = {"ETag": self._etag(version)}
            return web.Response(body=text.encode(), headers=headers, content_type="text/calendar")
        if self.put_answer:
            return web.Response(status=self.put_answer[0], text=self.put_answer[1])
        if request.headers.get("If-Match") != f'"{version}"':
            return web.Response(status=412)
        self.put(path.removeprefix(CALENDAR), body.decode())
        return web.Response(status=204)

    def _propfind(self, path: str, _: ET.Element) -> web.Response:
        token = f"<d:sync-token>{len(self.log)}</d:sync-token>" if self.has_sync else ""
        calendar = f"<d:resourcetype><d:collection/><c:calendar/></d:resourcetype>{token}"
        props = {**_PROPS, CALENDAR: calendar, **self.extra}
        if path not in props:
            return web.Response(status=404)
        entries = [_entry(path, props[path])]
        if path == HOME:
            entries += [
                _entry(each, props[each])
                for each in props
                if each.startswith(HOME) and each != HOME
            ]
        return _multistatus("".join(entries))

    def _query(self, _: str, root: ET.Element) -> web.Response:
        times = root.find(".//{urn:ietf:params:xml:ns:caldav}time-range").attrib
        start, end = (
            datetime.strptime(times[name], "%Y%m%dT%H%M%S%z") for name in ("start", "end")
        )
        if end - start <= timedelta(days=self.longest_days):
            return self._report(self.objects, asks=self._asks(root))
        return self._report(list(self.objects)[:1], asks=self._asks(root), more=_CUT_SHORT)

    def _multiget(self, _: str, root: ET.Element) -> web.Response:
        for name in self.vanishing:
            self.objects.pop(CALENDAR + name, None)
        asked = [each.text or "" for each in root.iter("{DAV:}href")][: self.most]
        odd = "".join(
            _status(CALENDAR + name, "503 Service Unavailable")
            for name in self.unavailable
            if CALENDAR + name in asked
        ) + "".join(
            _entry(CALENDAR + name, "<c:calendar-data/>", "404 Not Found")
            for name in self.textless
            if CALENDAR + name in asked
        )
        kept = [CALENDAR + name for name in (*self.unavailable, *self.textless)]
        return self._report([each for each in asked if each not in kept], asks=True, more=odd)

    def _sync(self, _: str, root: ET.Element) -> web.Response:
        if self.sync_status != 207:
            return web.Response(status=self.sync_status)
        token = int(root.findtext("{DAV:}sync-token") or 0)
        changed, end = self.log[token:], len(self.log)
        cut = ""
        if len(changed) > self.page:
            changed, end = changed[: self.page], token + self.page
            cut = _CUT_SHORT
        return self._report(
            dict.fromkeys(changed),
            asks=self._asks(root),
            more=f"{cut}<d:sync-token>{end}</d:sync-token>",
        )

    def _asks(self, root: ET.Element) -> bool:
        asked = root.find(".//{urn:ietf:params:xml:ns:caldav}calendar-data") is not None
        return asked and self.tells_data

    def _report(self, hrefs: object, *, asks: bool, more: str = "") -> web.Response:
        entries = [_entry(each, '<d:getetag>"1"</d:getetag>') for each in self.strangers]
        for href in hrefs:
            named = self.url + href if self.absolute else href
            if href not in self.objects:
                entries.append(_status(named, "404 Not Found"))
                continue
            text, version = self.objects[href]
            data = f"<c:calendar-data>{escape(text)}</c:calendar-data>" if asks else ""
            entries.append(
                _entry(named, f"<d:getetag>{escape(self._etag(version))}</d:getetag>{data}")
            )
        return _multistatus("".join(entries) + more)

    def _etag(self, version: int) -> str:
        return f'W/"{version}-gzip"' if self.weak else f'"{version}"'


def _entry(href: str, props: str, status: str = "200 OK") -> str:
    return (
        f"<d:response><d:href>{href}</d:href><d:propstat><d:prop>{props}</d:prop>"
        f"<d:status>HTTP/1.1 {status}</d:status></d:propstat></d:response>"
    )


def _status(href: str, status: str) -> str:
    return f"<d:response><d:href>{href}</d:href><d:status>HTTP/1.1 {status}</d:status></d:response>"


_CUT_SHORT = _status(CALENDAR, "507 Insufficient Storage")


def _multistatus(content: str) -> web.Response:
    body = f"<d:multistatus {_NAMES}>{content}</d:multistatus>"
    return web.Response(status=207, text=body, content_type="application/xml")
