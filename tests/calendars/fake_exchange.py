"""Mailboxes that invite, answer, move and cancel the way Exchange does.

Every mailbox has its own copy of a meeting. What the organiser does to theirs reaches the others;
what somebody answers reaches the organiser's. `tests.calendars.fake_graph` shows it all as Graph.
"""

import itertools
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

SERIES_UID = "040000008200E00074C5B7101A82E008"
MADE = datetime(2026, 9, 1, 8, 0, tzinfo=UTC)
DEFAULT_HOURS = {
    "daysOfWeek": ["monday", "tuesday", "wednesday", "thursday", "friday"],
    "startTime": "08:00:00.0000000",
    "endTime": "17:00:00.0000000",
    "timeZone": {"name": "W. Europe Standard Time"},
}


@dataclass(frozen=True)
class Attendee:
    """As the organiser's copy shows somebody."""

    address: str
    type: str = "required"
    response: str = "none"
    proposal: tuple[datetime, datetime] | None = None


@dataclass(frozen=True)
class Mail:
    """What the organiser finds in the inbox; ``key`` names one occurrence of a series."""

    sender: str
    uid: str
    key: str
    response: str
    comment: str
    proposal: tuple[datetime, datetime] | None


@dataclass(frozen=True)
class Part:
    """What one occurrence may have of its own, and the whole series otherwise.

    Times are instants; of an all-day event, midnights in UTC. ``version`` is its change key, and
    ``properties`` are the extended ones.
    """

    start: datetime
    end: datetime
    response: str
    attendees: dict[str, Attendee]
    version: int
    is_cancelled: bool = False
    is_gone: bool = False
    properties: dict[str, str] = field(default_factory=dict)


@dataclass
class Item:
    """One mailbox's copy. ``parts[""]`` is the event or the series; other keys are exceptions.

    A key is the original start: ``20261020T160000Z``, or the day when it is all-day.
    """

    id: str
    uid: str
    organizer: str
    subject: str
    tz: str
    weeks: int
    parts: dict[str, Part]
    is_all_day: bool = False
    show_as: str = "busy"
    allows_proposals: bool = True
    asks_response: bool = True

    def originals(self) -> dict[str, datetime]:
        """The planned start of every occurrence by key; of a single event nothing."""
        if self.weeks == 1:
            return {}
        zone = UTC if self.is_all_day else ZoneInfo(self.tz)
        first = self.parts[""].start.astimezone(zone)
        starts = [(first + timedelta(weeks=n)).astimezone(UTC) for n in range(self.weeks)]
        form = "%Y%m%d" if self.is_all_day else "%Y%m%dT%H%M%SZ"
        return {start.strftime(form): start for start in starts}

    def part(self, key: str) -> Part:
        """The occurrence as it is, whether it is an exception or follows the series."""
        if key in self.parts:
            return self.parts[key]
        base, start = self.parts[""], self.originals()[key]
        return replace(base, start=start, end=start + (base.end - base.start))

    def id_of(self, key: str) -> str:
        """Graph's id of the series, or of one occurrence."""
        return f"{self.id.removesuffix('=')}.{key}=" if key else self.id

    def key_of(self, event_id: str) -> str | None:
        """Which part an id means; None when it is of another event, or not there any more."""
        keys = ("", *self.originals())
        found = next((key for key in keys if self.id_of(key) == event_id), None)
        return None if found is None or self.part(found).is_gone else found


@dataclass
class Mailbox:
    """One person's.

    Attributes:
        aliases: further addresses.
        keeps_declined: the person chose to keep what they declined.
    """

    address: str
    aliases: tuple[str, ...] = ()
    items: list[Item] = field(default_factory=list)
    mails: list[Mail] = field(default_factory=list)
    working_hours: dict[str, Any] = field(default_factory=lambda: dict(DEFAULT_HOURS))
    keeps_declined: bool = False

    def of(self, uid: str) -> Item:
        """This mailbox's copy of a meeting."""
        return next(each for each in self.items if each.uid == uid)


class NotAllowed(Exception):
    """What Exchange refuses, with the sentence it says."""


class Exchange:
    """All mailboxes. ``changed`` holds the address, id and kind of every change so far."""

    def __init__(self) -> None:
        self.mailboxes: dict[str, Mailbox] = {}
        self.changed: list[tuple[str, str, str]] = []
        self._numbers = itertools.count(1)

    def add(self, address: str, *aliases: str) -> Mailbox:
        """Give somebody a mailbox."""
        self.mailboxes[address] = Mailbox(address, aliases)
        return self.mailboxes[address]

    def invite(
        self,
        organizer: str,
        attendees: dict[str, str],
        start: datetime,
        end: datetime,
        *,
        subject: str = "Planning",
        tz: str = "Europe/Berlin",
        weeks: int = 1,
        **fields: Any,
    ) -> str:
        """Make an event; ``attendees`` are types by address. Answers the UID."""
        uid = f"{SERIES_UID}00000000{next(self._numbers):016X}"
        people = {address: Attendee(address, kind) for address, kind in attendees.items()}
        part = Part(start, end, "organizer", people, next(self._numbers))
        item = Item("", uid, organizer, subject, tz, weeks, {"": part}, **fields)
        for address in (organizer, *attendees):
            self._deliver(address, item)
        return uid

    def move(self, uid: str, start: datetime, end: datetime, key: str = "") -> None:
        """The organiser moves it, and Exchange forgets who had answered."""
        for address, item in self._copies(uid):
            old = item.part(key)
            response = "organizer" if address == item.organizer else "notResponded"
            people = {each: Attendee(each, old.attendees[each].type) for each in old.attendees}
            moved = replace(old, start=start, end=end, response=response, attendees=people)
            self._put(address, item, key, replace(moved, is_gone=False))
        original = next(item for address, item in self._copies(uid) if address == item.organizer)
        having = {address for address, _ in self._copies(uid)}
        for address in original.parts[""].attendees.keys() - having:
            self._deliver(address, original)

    def cancel(self, uid: str) -> None:
        """The organiser calls it off: their own copy goes, the others stay and say so."""
        for address, item in list(self._copies(uid)):
            if address == item.organizer:
                self.delete(address, uid)
            else:
                item.subject = f"Canceled: {item.subject}"
                self._put(address, item, "", replace(item.parts[""], is_cancelled=True))

    def delete(self, address: str, uid: str) -> None:
        """One copy is removed for good; nobody is told."""
        mailbox = self.mailboxes[address]
        item = mailbox.of(uid)
        mailbox.items.remove(item)
        self._tell(address, item.id, "deleted")

    def answer(
        self,
        address: str,
        item: Item,
        key: str,
        response: str,
        comment: str = "",
        proposal: tuple[datetime, datetime] | None = None,
        *,
        tells: bool = True,
    ) -> None:
        """Somebody answers an event, a series (with key ``""``) or one occurrence.

        Raises:
            NotAllowed: the organiser answers, or wants no answers or no proposals.
        """
        part = item.part(key)
        if item.organizer == address:
            raise NotAllowed("You're the meeting organizer.")
        if part.is_cancelled:
            raise NotAllowed("The meeting has been canceled.")
        if tells and not item.asks_response:
            raise NotAllowed("The meeting organizer hasn't requested a response.")
        if proposal and not (tells and item.allows_proposals):
            raise NotAllowed("The organizer doesn't allow new time proposals.")
        self._put(address, item, key, replace(part, response=response))
        if tells:
            mail = Mail(address, item.uid, key, response, comment, proposal)
            self._note(item.organizer, item.uid, key, mail)
        if response != "declined" or self.mailboxes[address].keeps_declined:
            return
        if key:
            item.parts[key] = replace(item.parts[key], is_gone=True)
        else:
            self.delete(address, item.uid)

    def reschedule(self, address: str, item: Item, start: datetime, end: datetime) -> None:
        """Somebody changes the times in their own copy.

        Raises:
            NotAllowed: it is not their meeting.
        """
        if address != item.organizer:
            raise NotAllowed("Only the organizer moves a meeting.")
        self.move(item.uid, start, end)

    def annotate(self, address: str, item: Item, key: str, values: dict[str, str]) -> None:
        """Put extended properties on one copy; nobody else has them."""
        part = item.part(key)
        self._put(address, item, key, replace(part, properties={**part.properties, **values}))

    def _deliver(self, address: str, item: Item) -> None:
        """Put a copy into a mailbox, if there is one."""
        if address not in self.mailboxes:
            return
        response = "organizer" if address == item.organizer else "notResponded"
        parts = {
            key: replace(part, response=response, version=next(self._numbers), properties={})
            for key, part in item.parts.items()
        }
        copy = replace(item, id=f"AAMkAG/{next(self._numbers):04}+x=", parts=parts)
        self.mailboxes[address].items.append(copy)
        self._tell(address, copy.id, "created")

    def _copies(self, uid: str) -> Iterator[tuple[str, Item]]:
        for mailbox in self.mailboxes.values():
            for item in mailbox.items:
                if item.uid == uid:
                    yield mailbox.address, item

    def _note(self, organizer: str, uid: str, key: str, mail: Mail) -> None:
        if organizer not in self.mailboxes:
            return
        mailbox = self.mailboxes[organizer]
        mailbox.mails.append(mail)
        item = mailbox.of(uid)
        part = item.part(key)
        known = part.attendees.get(mail.sender, Attendee(mail.sender))
        told = replace(known, response=mail.response, proposal=mail.proposal)
        people = {**part.attendees, mail.sender: told}
        self._put(organizer, item, key, replace(part, attendees=people))

    def _put(self, address: str, item: Item, key: str, part: Part) -> None:
        """A new version of one part; what is said of a series is said of its exceptions."""
        item.parts[key] = replace(part, version=next(self._numbers))
        if not key:
            for other in item.parts.keys() - {""}:
                item.parts[other] = replace(
                    item.parts[other],
                    response=part.response,
                    is_cancelled=part.is_cancelled,
                    version=next(self._numbers),
                )
        self._tell(address, item.id_of(key), "updated")

    def _tell(self, address: str, event_id: str, kind: str) -> None:
        self.changed.append((address, event_id, kind))
