"""Calendars in memory, held to the same contract as the real ones.

`MemoryServer` is a provider; `MemoryServer.add` gives somebody a `MemoryCalendar`. What other people
do to it by hand are plain methods there; what the bot may do is the `MemoryAccount` it opens.

    server = MemoryServer()
    ana = server.add("ana@example.com")
    uid = ana.invite(span, organizer="bo@example.com")
    … the bot answers …
    assert ana.replies == [Reply(uid, "", Answer.TENTATIVE, "Back on Monday at 09:00.")]
"""

import itertools
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from bot.calendars.base import (
    Capabilities,
    Changes,
    Channel,
    Credentials,
    EventRef,
    HoursFound,
    Watch,
)
from bot.domain.invites import Answer, Occurrence, Unreadable
from bot.domain.spans import Span
from bot.errors import (
    CalendarConflict,
    CalendarError,
    CalendarRefused,
    CalendarResync,
    CalendarSignedOut,
    CalendarUnsupported,
)

EVERYTHING = Capabilities(occurrence_replies=True, proposals=True, push=True, hours=True)
SECRET = "a password for one app"
_uids = itertools.count(1)


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer the organiser was told."""

    uid: str
    recurrence_id: str
    answer: Answer
    comment: str = ""
    proposal: Span | None = None


@dataclass(slots=True)
class _Object:
    """One event or series as the server keeps it; all-day spans are days in UTC."""

    version: int
    occurrences: dict[str, Occurrence]
    is_gone: bool = False
    why: Unreadable | None = None


@dataclass
class MemoryCalendar:
    """Somebody's calendar.

    Attributes:
        replies: what organisers were told, in order.
        marks: private marks, by UID and recurrence id.
        calls: names of the calls made, refused ones included.
        fault: raised by every call while it is set.
    """

    owner: str
    capabilities: Capabilities = EVERYTHING
    secret: str = SECRET
    working_hours: HoursFound | None = None
    fault: CalendarError | None = None
    replies: list[Reply] = field(default_factory=list)
    marks: dict[tuple[str, str], str] = field(default_factory=dict)
    calls: list[str] = field(default_factory=list)
    watches: dict[str, Watch] = field(default_factory=dict)
    version: int = 1
    epoch: int = 1
    objects: dict[str, _Object] = field(default_factory=dict)

    def invite(
        self,
        span: Span,
        *,
        organizer: str = "bo@example.com",
        others: tuple[str, ...] = (),
        weeks: int = 1,
        tz: str = "Europe/Berlin",
        **fields: object,
    ) -> str:
        """Somebody invites the owner; ``fields`` are those of `Occurrence`. Answers the UID."""
        uid = f"meeting-{next(_uids)}@example.com"
        event = Occurrence(
            object_id=f"/{uid}.ics",
            etag="",
            uid=uid,
            recurrence_id="",
            series_at=span.start,
            start_at=span.start,
            end_at=span.end,
            organizer=organizer,
            attendees=tuple(sorted({organizer, self.owner, *others})),
            is_own=organizer == self.owner,
            is_recurring=weeks > 1,
        )
        event = replace(event, **{"title": "Planning", **fields})
        self.objects[uid] = _Object(0, dict(_repeated(event, weeks, tz)))
        self.touch(uid)
        return uid

    def own(self, span: Span, *, others: tuple[str, ...] = (), **fields: object) -> str:
        """The owner makes an event; without others it is nobody else's business."""
        uid = self.invite(
            span,
            organizer=self.owner if others else "",
            others=others,
            **{"is_own": True, "answer": Answer.ACCEPTED, **fields},
        )
        if not others:
            self._each(uid, attendees=())
        return uid

    def unreadable(self, why: Unreadable) -> None:
        """Something that cannot be judged; its ``object_id`` names it."""
        self.objects[why.object_id] = _Object(0, {}, why=why)
        self.touch(why.object_id)

    def move(self, uid: str, span: Span, recurrence_id: str = "") -> None:
        """The organiser moves the event, or one occurrence of the series."""
        found = self.objects[uid].occurrences[recurrence_id]
        moved = replace(
            found,
            start_at=span.start,
            end_at=span.end,
            series_at=span.start,
            sequence=found.sequence + 1,
            answer=Answer.NEEDS_ACTION,
        )
        if found.is_own:
            moved = replace(moved, answer=found.answer)
        self.objects[uid].occurrences[recurrence_id] = moved
        self.touch(uid)

    def cancel(self, uid: str) -> None:
        """The organiser calls it off."""
        self._each(uid, is_cancelled=True)

    def answer_by_hand(self, uid: str, answer: Answer, recurrence_id: str | None = None) -> None:
        """The owner answers in another programme, for the series or for one occurrence."""
        for key in self.objects[uid].occurrences if recurrence_id is None else (recurrence_id,):
            self._set(uid, key, answer=answer)
        self.replies.append(Reply(uid, recurrence_id or "", answer))
        self.touch(uid)

    def delete(self, uid: str) -> None:
        """It is removed for good."""
        self.objects[uid].is_gone = True
        self.touch(uid)

    def forget_tokens(self) -> None:
        """Sync tokens given so far are no longer known."""
        self.epoch += 1

    @contextmanager
    def failing(self, fault: CalendarError) -> Iterator[None]:
        """Every call fails like this."""
        self.fault = fault
        try:
            yield
        finally:
            self.fault = None

    def touch(self, uid: str) -> None:
        """Give the object a new version."""
        self.version += 1
        self.objects[uid].version = self.version

    def _set(self, uid: str, recurrence_id: str, **fields: object) -> None:
        occurrences = self.objects[uid].occurrences
        occurrences[recurrence_id] = replace(occurrences[recurrence_id], **fields)

    def _each(self, uid: str, **fields: object) -> None:
        for key in self.objects[uid].occurrences:
            self._set(uid, key, **fields)
        self.touch(uid)


@dataclass
class MemoryAccount:
    """What the bot may do with a `MemoryCalendar`; None when nobody of that address has one."""

    calendar: MemoryCalendar | None
    secret: str

    @property
    def capabilities(self) -> Capabilities:
        """As the calendar was made."""
        return self.calendar.capabilities if self.calendar else EVERYTHING

    async def sync(self, token: str, window: Span, tz: str) -> Changes:
        """Objects newer than the token."""
        calendar = self._opened("sync")
        epoch, _, since = (token or f"{calendar.epoch}:0").partition(":")
        if epoch != str(calendar.epoch):
            raise CalendarResync
        changed = {uid: each for uid, each in calendar.objects.items() if each.version > int(since)}
        present = [each for each in changed.values() if not each.is_gone]
        found = (
            _located(one, str(each.version), tz)
            for each in present
            for one in each.occurrences.values()
        )
        seen = [one for one in found if one.start_at < window.end and window.start < one.end_at]
        unread = [replace(each.why, etag=str(each.version)) for each in present if each.why]
        named = {each.object_id for each in seen} | {each.object_id for each in unread}
        objects = (f"/{uid}.ics" for uid in changed) if token else ()
        return Changes(
            occurrences=tuple(seen),
            unreadable=tuple(unread),
            removed=tuple(each for each in objects if each not in named),
            token=f"{calendar.epoch}:{calendar.version}",
            is_full=not token,
        )

    async def respond(
        self, event: EventRef, answer: Answer, comment: str = "", proposal: Span | None = None
    ) -> None:
        """Answer, and tell the organiser."""
        calendar = self._opened("respond")
        if proposal is not None and not calendar.capabilities.proposals:
            raise CalendarUnsupported("proposals")
        if answer is Answer.NEEDS_ACTION and not calendar.capabilities.takes_back:
            raise CalendarUnsupported("takes_back")
        found = self._found(calendar, event)
        if event.recurrence_id and not calendar.capabilities.occurrence_replies:
            raise CalendarUnsupported("occurrence_replies")
        keys = [event.recurrence_id] if event.recurrence_id else list(found.occurrences)
        reply = Reply(event.uid, event.recurrence_id, answer, comment, proposal)
        told = [each for each in calendar.replies if each.uid == event.uid]
        stands = all(found.occurrences[key].answer is answer for key in keys)
        if stands and (answer is Answer.NEEDS_ACTION or told[-1:] == [reply]):
            return
        self._check(found, event)
        for key in keys:
            found.occurrences[key] = replace(found.occurrences[key], answer=answer)
        calendar.replies.append(reply)
        calendar.touch(event.uid)

    async def mark(self, event: EventRef, mark: str) -> None:
        """Kept beside the event."""
        calendar = self._opened("mark")
        self._check(self._found(calendar, event), event)
        calendar.marks[event.uid, event.recurrence_id] = mark
        if not mark:
            del calendar.marks[event.uid, event.recurrence_id]
        calendar.touch(event.uid)

    async def move(self, event: EventRef, span: Span) -> None:
        """Only a single event of the owner's."""
        calendar = self._opened("move")
        found = self._found(calendar, event)
        if not all(each.is_own for each in found.occurrences.values()):
            raise CalendarRefused("not_yours")
        if event.recurrence_id or "" not in found.occurrences or not calendar.capabilities.moves:
            raise CalendarUnsupported("moves")
        self._check(found, event)
        calendar.move(event.uid, span)

    async def hours(self) -> HoursFound | None:
        """As given to the calendar."""
        return self._opened("hours").working_hours

    async def watch(self, wish: Watch) -> Channel:
        """Remember who wants to be told; nobody is."""
        calendar = self._opened("watch")
        if not calendar.capabilities.push:
            raise CalendarUnsupported("push")
        calendar.watches[wish.channel_id] = wish
        return Channel(wish.channel_id, f"resource-{wish.channel_id}", wish.until_at)

    async def unwatch(self, channel: Channel) -> None:
        """Forget them."""
        self._opened("unwatch").watches.pop(channel.channel_id, None)

    def _opened(self, call: str) -> MemoryCalendar:
        if self.calendar is None:
            raise CalendarSignedOut
        self.calendar.calls.append(call)
        if self.calendar.fault is not None:
            raise self.calendar.fault
        if self.secret != self.calendar.secret:
            raise CalendarSignedOut
        return self.calendar

    @staticmethod
    def _found(calendar: MemoryCalendar, event: EventRef) -> _Object:
        found = calendar.objects.get(event.uid)
        if found is None or found.is_gone:
            raise CalendarRefused("gone")
        if event.recurrence_id and event.recurrence_id not in found.occurrences:
            raise CalendarRefused("gone")
        return found

    @staticmethod
    def _check(found: _Object, event: EventRef) -> None:
        if str(found.version) != event.etag:
            raise CalendarConflict


class MemoryServer:
    """A provider whose calendars live here. It is `Discovering`: an address and a password do."""

    def __init__(self, name: str = "memory") -> None:
        self.name = name
        self.calendars: dict[str, MemoryCalendar] = {}

    def add(self, owner: str, capabilities: Capabilities = EVERYTHING) -> MemoryCalendar:
        """Give somebody a calendar."""
        self.calendars[owner] = MemoryCalendar(owner, capabilities)
        return self.calendars[owner]

    def account(self, credentials: Credentials) -> MemoryAccount:
        """The calendar of this address."""
        return MemoryAccount(self.calendars.get(credentials.address), credentials.secret)

    async def discover(self, address: str, username: str, password: str) -> Credentials:
        """The calendar of ``username``; ``address`` is where it would be."""
        calendar = self.calendars.get(username)
        if calendar is None:
            raise CalendarRefused("not_found")
        if calendar.fault is not None:
            raise calendar.fault
        if password != calendar.secret:
            raise CalendarSignedOut
        return Credentials(
            address=username, secret=password, username=username, url=address, addresses=(username,)
        )


def _repeated(event: Occurrence, weeks: int, tz: str) -> Iterator[tuple[str, Occurrence]]:
    """The occurrences by recurrence id, at the same wall time every week."""
    if weeks == 1:
        yield "", event
        return
    tz = "UTC" if event.is_all_day else tz
    length, wall = (
        event.end_at - event.start_at,
        datetime.fromtimestamp(event.start_at, ZoneInfo(tz)),
    )
    for week in range(weeks):
        start = (wall + timedelta(weeks=week)).astimezone(UTC)
        at = int(start.timestamp())
        key = start.strftime("%Y%m%d" if event.is_all_day else "%Y%m%dT%H%M%SZ")
        yield key, replace(event, recurrence_id=key, start_at=at, end_at=at + length)


def _located(event: Occurrence, etag: str, tz: str) -> Occurrence:
    """The occurrence as the owner of this zone has it: days of theirs when it is all-day."""
    if not event.is_all_day:
        return replace(event, etag=etag)

    def midnight(at: int) -> int:
        day = datetime.fromtimestamp(at, UTC).replace(tzinfo=ZoneInfo(tz))
        return int(day.timestamp())

    return replace(
        event,
        etag=etag,
        series_at=midnight(event.series_at),
        start_at=midnight(event.start_at),
        end_at=midnight(event.end_at),
    )
