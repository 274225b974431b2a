"""CalDAV (RFC 4791) with scheduling by the server (RFC 6638): read by sync token, answer by PUT.

A full sync is the server's own time-range query, with the events' text in the same answer; after
it only what a sync-collection report (RFC 6578) names is fetched. A server without that report is
asked for the entity tags of the range, and read anew when they are not those of last time.
"""

import asyncio
import hashlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from bot.calendars import ics_edits, ics_text
from bot.calendars.base import (
    Capabilities,
    Changes,
    Channel,
    Credentials,
    EventRef,
    HoursFound,
    Watch,
)
from bot.calendars.caldav_discovery import discover
from bot.calendars.dav import GONE, Dav, href, origin, read
from bot.calendars.dav_xml import (
    Entry,
    Multistatus,
    calendar_query,
    failed_conditions,
    multiget,
    plain_etag,
    sync_collection,
)
from bot.calendars.frames import ObjectRef, Read
from bot.calendars.gathering import Gathering
from bot.calendars.readers import Readers
from bot.calendars.transport import MOST_BYTES, TooLarge, Transport
from bot.calendars.vavailability import weekly_hours
from bot.domain.invites import Answer, Unclear, Unreadable
from bot.domain.spans import Span
from bot.errors import (
    CalendarAway,
    CalendarConflict,
    CalendarError,
    CalendarRefused,
    CalendarResync,
    CalendarUnsupported,
)

BATCH = 100
AT_ONCE = 2
"""Batches on their way: while one is read, the next is fetched."""

MOST_PAGES = 100
BY_SYNC, BY_TAGS = "sync:", "tags:"
FORGOTTEN = (400, 403, 409, 410, 412)
"""How servers say that a sync token is not good any more; RFC 6578 §3.2 names 403 and 409."""

STORED = (200, 201, 204)
PRECONDITION_FAILED = 412
REFUSED = (400, 403, 405, 409, 412, 413, 415, 422)
DATA = ("d:getetag", "c:calendar-data")
MARGIN = timedelta(days=1)
"""Around a time-range, for days without a zone: the server reads them in a zone of its own."""

SHORTEST_S = 7 * 86_400
"""Of a time-range that is asked for in halves, because a server does not hand over the whole."""

SUCCESS = range(200, 300)
CUT_SHORT = 507


@dataclass(slots=True)
class _Found:
    """What is known so far of the objects a sync is about."""

    gathered: Gathering = field(default_factory=Gathering)
    pages: int = 0
    size: int = 0

    def hold(self, answer: Multistatus) -> None:
        """Keep an answer while others are asked for.

        Raises:
            TooLarge: all of them are larger than one may be.
        """
        self.size += answer.size
        if self.size > MOST_BYTES:
            raise TooLarge

    def changes(self, token: str, named: Iterable[str] = (), *, is_full: bool) -> Changes:
        """As one answer.

        Args:
            token: for the next sync.
            named: objects that changed. Those of which nothing was read are gone, or have moved
                out of the window; in a full answer none needs to be named.
            is_full: it is everything.
        """
        found = self.gathered.read
        read = {each.object_id for each in found.occurrences}
        read |= {each.object_id for each in found.unreadable}
        return Changes(
            found.occurrences,
            found.unreadable,
            tuple(name for name in named if name not in read),
            token,
            is_full,
            self.pages,
        )


@dataclass(frozen=True, slots=True)
class _View:
    """How events are read: `window` in epoch seconds, `tz` the owner's."""

    window: Span
    tz: str

    def halves(self) -> "tuple[_View, _View]":
        """The two parts of its window.

        Raises:
            CalendarAway: it is short as it is.
        """
        if self.window.end - self.window.start < 2 * SHORTEST_S:
            raise CalendarAway
        middle = (self.window.start + self.window.end) // 2
        return (
            replace(self, window=Span(self.window.start, middle)),
            replace(self, window=Span(middle, self.window.end)),
        )

    def query(self, props: Sequence[str]) -> str:
        """The server's own query for it."""
        start = datetime.fromtimestamp(self.window.start, UTC) - MARGIN
        end = datetime.fromtimestamp(self.window.end, UTC) + MARGIN
        return calendar_query(f"{start:%Y%m%dT%H%M%SZ}", f"{end:%Y%m%dT%H%M%SZ}", props)


class CalDavAccount:
    """One person's calendar collection."""

    def __init__(self, dav: Dav, readers: Readers, credentials: Credentials) -> None:
        self._dav = dav
        self._readers = readers
        self._credentials = credentials
        self._url = credentials.url
        self._addresses = credentials.addresses or (credentials.address,)

    @property
    def capabilities(self) -> Capabilities:
        """Some servers refuse answers to one occurrence; which ones shows when it is tried."""
        return Capabilities(occurrence_replies=True, proposals=False, push=False, hours=True)

    async def sync(self, token: str, window: Span, tz: str) -> Changes:
        """As `bot.calendars.base.Account.sync`."""
        view = _View(window, tz)
        if token.startswith(BY_SYNC):
            return await self._since(token.removeprefix(BY_SYNC), view)
        if token.startswith(BY_TAGS):
            return await self._compared(token, view)
        if token:
            raise CalendarResync
        return await self._everything(view)

    async def respond(
        self,
        event: EventRef,
        answer: Answer,
        comment: str = "",
        proposal: Span | None = None,
    ) -> None:
        """As `bot.calendars.base.Account.respond`; RFC 6638 has no proposals."""
        if proposal is not None:
            raise CalendarUnsupported("proposals")
        await self._change(
            event,
            lambda calendar: ics_edits.respond(calendar, event, self._addresses, answer, comment),
            CalendarUnsupported("occurrence_replies") if event.recurrence_id else _forbidden(),
        )

    async def mark(self, event: EventRef, mark: str) -> None:
        """As `bot.calendars.base.Account.mark`: a property no server sends on."""
        await self._change(
            event,
            lambda calendar: ics_edits.mark(calendar, event, mark),
            _forbidden(),
        )

    async def move(self, event: EventRef, span: Span) -> None:
        """As `bot.calendars.base.Account.move`."""
        await self._change(
            event,
            lambda calendar: ics_edits.move(calendar, event, self._addresses, span),
            _forbidden(),
        )

    async def hours(self) -> HoursFound | None:
        """``calendar-availability`` of the calendar, else of the inbox (RFC 7953 §7.2.2)."""
        prop = "c:calendar-availability"
        entries = await self._dav.properties(self._url, (prop,))
        text = entries[0].text_of(prop) if entries else ""
        if not text:
            text = await self._hours_of_inbox(prop)
        return weekly_hours(text.encode()) if text else None

    async def watch(self, wish: Watch) -> Channel:  # noqa: ARG002 - the protocol's
        """No CalDAV server tells."""
        raise CalendarUnsupported("push")

    async def unwatch(self, channel: Channel) -> None:
        """There is nothing to end."""

    async def _everything(self, view: _View) -> Changes:
        """The token comes first: what changes meanwhile is named again by the next sync."""
        entries = await self._dav.properties(self._url, ("d:sync-token",))
        sync_token = entries[0].text_of("d:sync-token") if entries else ""
        found = _Found(pages=1)
        try:
            listed = await self._listed(view, DATA, found)
        except TooLarge:
            found.size = 0
            listed = await self._listed(view, ("d:getetag",), found)
        await self._read_all(listed, view, found)
        token = BY_SYNC + sync_token if sync_token else _tags(listed)
        return found.changes(token, is_full=True)

    async def _compared(self, token: str, view: _View) -> Changes:
        found = _Found()
        if _tags(await self._listed(view, ("d:getetag",), found)) != token:
            return await self._everything(view)
        return found.changes(token, is_full=False)

    async def _listed(self, view: _View, props: Sequence[str], found: _Found) -> dict[str, Entry]:
        """The objects of a time range by href; what is cut short is asked for in halves."""
        found.pages += 1
        answer = await self._dav.found("REPORT", self._url, view.query(props), "1")
        if all(status in SUCCESS for status in self._own_statuses(answer.entries)):
            found.hold(answer)
            return self._members(answer.entries)
        first, second = view.halves()
        return await self._listed(first, props, found) | await self._listed(second, props, found)

    async def _since(self, token: str, view: _View) -> Changes:
        """Sync-collection; a server that cuts its answer short is asked on (RFC 6578 §3.6)."""
        found, named, more = _Found(), dict[str, Entry](), True
        while more:
            found.pages += 1
            try:
                reply = await self._dav.ask("REPORT", self._url, sync_collection(token, DATA))
                if reply.status in FORGOTTEN or found.pages > MOST_PAGES:
                    raise CalendarResync
                answer = await read(reply)
                found.hold(answer)
            except TooLarge as error:
                raise CalendarResync from error
            if not answer.token:
                raise CalendarResync
            named |= self._members(answer.entries)
            is_cut_short = CUT_SHORT in self._own_statuses(answer.entries)
            more, token = is_cut_short and answer.token != token, answer.token
        await self._read_all(
            {name: entry for name, entry in named.items() if entry.status not in GONE}, view, found
        )
        return found.changes(BY_SYNC + token, named, is_full=False)

    async def _read_all(self, listed: dict[str, Entry], view: _View, found: _Found) -> None:
        """Read what came with its text, and fetch the rest in batches."""
        told = [entry for entry in listed.values() if DATA[1] in entry.props]
        rest = [name for name, entry in listed.items() if DATA[1] not in entry.props]
        places = asyncio.Semaphore(AT_ONCE)
        batches = [rest[i : i + BATCH] for i in range(0, len(rest), BATCH)]
        tasks = [asyncio.create_task(self._fetch(batch, view, found, places)) for batch in batches]
        try:
            await self._read(told, view, found)
            await asyncio.gather(*tasks)
        finally:
            for task in tasks:
                task.cancel()

    async def _fetch(
        self, hrefs: list[str], view: _View, found: _Found, places: asyncio.Semaphore
    ) -> None:
        """One multiget; what is too large together is asked for in halves.

        Raises:
            CalendarAway: the server hands over nothing of what it was asked for. An event that is
                merely missing in its answer is not taken for one that is gone.
        """
        found.pages += 1
        try:
            async with places:
                answer = await self._dav.found("REPORT", self._url, multiget(hrefs), "1")
        except TooLarge:
            if len(hrefs) == 1:
                too_large = Unreadable(hrefs[0], "", Unclear.SIZE)
                found.gathered.add(Read(unreadable=(too_large,)))
                return
            half = len(hrefs) // 2
            await self._fetch(hrefs[:half], view, found, places)
            await self._fetch(hrefs[half:], view, found, places)
            return
        entries = self._members(answer.entries)
        handed = {name: each for name, each in entries.items() if _is_handed_over(each)}
        missing = [name for name in hrefs if name not in handed]
        if missing == hrefs:
            raise CalendarAway
        await self._read([handed[name] for name in hrefs if name in handed], view, found)
        if missing:
            await self._fetch(missing, view, found, places)

    async def _read(self, entries: Iterable[Entry], view: _View, found: _Found) -> None:
        objects = [
            (ObjectRef(self._href(each.href), each.etag), each.calendar_data.encode())
            for each in entries
            if each.calendar_data.strip()
        ]
        whose = self._credentials.principal_url or self._credentials.address
        for i in range(0, len(objects), BATCH):
            for one in await self._readers.read_many(
                objects[i : i + BATCH], self._addresses, view.window, view.tz, whose=whose
            ):
                found.gathered.add(one)

    def _members(self, entries: Iterable[Entry]) -> dict[str, Entry]:
        """By href; without the collection itself, and without what lies anywhere else."""
        named = {self._href(entry.href): entry for entry in entries}
        return {
            name: entry
            for name, entry in named.items()
            if name.startswith(self._href(self._url)) and not name.endswith("/")
        }

    def _own_statuses(self, entries: Iterable[Entry]) -> set[int]:
        """What an answer says of the collection itself."""
        return {each.status for each in entries if self._href(each.href) == self._href(self._url)}

    def _href(self, named: str) -> str:
        return href(self._url, named)

    async def _change(
        self,
        event: EventRef,
        edit: Callable[[ics_text.Component], bool | None],
        refusal: CalendarError,
    ) -> None:
        """Read the object, change it, and write it if nobody else did meanwhile.

        An edit that finds everything as it should be answers False, and nothing is written.
        """
        url = origin(self._url) + event.object_id
        reply = await self._dav.call("GET", url)
        if reply.status in GONE:
            raise CalendarRefused("gone")
        if reply.status not in STORED:
            raise _forbidden() if reply.status in REFUSED else CalendarAway()
        calendar = ics_text.read(reply.body)
        if edit(calendar) is False:
            return
        etag = plain_etag(reply.headers.get("ETag", ""))
        if not etag or etag != event.etag:
            raise CalendarConflict
        await self._put(url, etag, ics_text.write(calendar), refusal)

    async def _put(self, url: str, etag: str, body: bytes, refusal: CalendarError) -> None:
        """Write over this version.

        A 412 that names a precondition is a refusal; without one the version is not the same.
        """
        headers = {"If-Match": etag, "Content-Type": "text/calendar; charset=utf-8"}
        reply = await self._dav.call("PUT", url, body, headers)
        if reply.status in STORED:
            return
        if reply.status in GONE:
            raise CalendarRefused("gone")
        if reply.status == PRECONDITION_FAILED and not failed_conditions(reply.body):
            raise CalendarConflict
        raise refusal if reply.status in REFUSED else CalendarAway()

    async def _hours_of_inbox(self, prop: str) -> str:
        """The text at the inbox; ``""`` also where the server stumbles over the question."""
        principal = self._credentials.principal_url
        if not principal:
            return ""
        try:
            (entry, *_) = await self._dav.properties(principal, ("c:schedule-inbox-URL",))
            inbox = href(principal, entry.href_of("c:schedule-inbox-URL"))
            if not inbox:
                return ""
            (entry, *_) = await self._dav.properties(origin(principal) + inbox, (prop,))
        except (CalendarAway, CalendarRefused, ValueError):
            return ""
        return entry.text_of(prop)


class CalDav:
    """Any CalDAV server, reached by an address and an app password."""

    name = "caldav"

    def __init__(self, transport: Transport, readers: Readers) -> None:
        self._transport = transport
        self._readers = readers

    def account(self, credentials: Credentials) -> CalDavAccount:
        """Somebody's calendar; makes no call."""
        dav = Dav(self._transport, credentials.username, credentials.secret)
        return CalDavAccount(dav, self._readers, credentials)

    async def discover(self, address: str, username: str, password: str) -> Credentials:
        """As `bot.calendars.caldav_discovery.discover`."""
        dav = Dav(self._transport, username, password)
        return await discover(dav, address, username, password)


def _is_handed_over(entry: Entry) -> bool:
    """Whether the text of an object is here, or there is none."""
    return entry.status in GONE or DATA[1] in entry.props or DATA[1] in entry.lacking


def _tags(listed: dict[str, Entry]) -> str:
    """A token made of entity tags, for servers that give none."""
    pairs = sorted(f"{name} {entry.etag}" for name, entry in listed.items())
    return BY_TAGS + hashlib.sha256("\n".join(pairs).encode()).hexdigest()


def _forbidden() -> CalendarRefused:
    return CalendarRefused("forbidden")
