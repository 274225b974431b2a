"""The calendars behind the fake of Google: people, meetings, and what each of them sees.

A meeting is one thing with many copies: time, guests, answers and comments are shared, private
properties and a copy's removal are not. Every change gives each participant's copy a new etag and
an entry in their log, from which sync tokens are read.
"""

import itertools
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from bot.domain.spans import Span

CREATED = "2026-10-01T08:30:00.000Z"
JSON = dict[str, Any]


@dataclass
class Guest:
    """Somebody invited; ``answer`` in Google's words."""

    answer: str = "needsAction"
    comment: str = ""
    optional: bool = False
    resource: bool = False


@dataclass
class Changed:
    """What is different about one occurrence. ``answers`` are those given for it alone."""

    span: Span | None = None
    is_cancelled: bool = False
    answers: dict[str, tuple[str, str]] = field(default_factory=dict)


@dataclass
class Meeting:
    """One event or weekly series; ``span`` is the first occurrence's, UTC days if all day."""

    id: str
    organizer: str
    span: Span
    title: str = "Planning"
    weeks: int = 1
    tz: str = "Europe/Berlin"
    guests: dict[str, Guest] = field(default_factory=dict)
    type: str = "default"
    is_all_day: bool = False
    is_transparent: bool = False
    is_cancelled: bool = False
    sequence: int = 0
    only: frozenset[int] | None = None
    exceptions: dict[int, Changed] = field(default_factory=dict)
    deleted_by: set[str] = field(default_factory=set)
    private: dict[tuple[str, str], dict[str, str]] = field(default_factory=dict)

    @property
    def uid(self) -> str:
        """The same in everybody's calendar, and for every occurrence."""
        return f"{self.id}@google.com"

    @property
    def people(self) -> set[str]:
        """Every address in whose calendar it may be."""
        return {self.organizer, *self.guests}

    def originals(self) -> list[int]:
        """When the occurrences start by the rule: the same wall time every week."""
        first = datetime.fromtimestamp(self.span.start, UTC if self.is_all_day else self._zone)
        walls = (first.replace(tzinfo=None) + timedelta(weeks=week) for week in range(self.weeks))
        return [int(wall.replace(tzinfo=first.tzinfo).timestamp()) for wall in walls]

    def ids(self) -> dict[str, int | None]:
        """The ids of what singleEvents shows, each with its original start."""
        if self.weeks == 1:
            return {self.id: None}
        return {f"{self.id}_{self.suffix(original)}": original for original in self.originals()}

    def suffix(self, original: int) -> str:
        """The original start as an occurrence's id has it, which is a recurrence id."""
        form = "%Y%m%d" if self.is_all_day else "%Y%m%dT%H%M%SZ"
        return datetime.fromtimestamp(original, UTC).strftime(form)

    def span_of(self, original: int | None) -> Span:
        """When it, or one occurrence, takes place."""
        if original is None:
            return self.span
        changed = self.exceptions.get(original, Changed()).span
        return changed or Span(original, original + self.span.end - self.span.start)

    def answer_of(self, email: str, original: int | None) -> tuple[str, str]:
        """Somebody's answer and comment."""
        guest = self.guests[email]
        own = {} if original is None else self.exceptions.get(original, Changed()).answers
        return own.get(email, (guest.answer, guest.comment))

    def when(self, at: int) -> JSON:
        """EventDateTime."""
        if self.is_all_day:
            return {"date": f"{datetime.fromtimestamp(at, UTC):%Y-%m-%d}"}
        return {"dateTime": datetime.fromtimestamp(at, self._zone).isoformat(), "timeZone": self.tz}

    @property
    def _zone(self) -> ZoneInfo:
        return ZoneInfo(self.tz)


@dataclass
class Person:
    """Somebody with a calendar. ``log`` holds the ids that changed, in order."""

    email: str
    tz: str = "Europe/Berlin"
    aliases: frozenset[str] = frozenset()
    versions: dict[str, int] = field(default_factory=dict)
    log: list[str] = field(default_factory=list)

    @property
    def addresses(self) -> frozenset[str]:
        """Every address they are invited by."""
        return self.aliases | {self.email}


class Calendars:
    """Everybody's calendars.

    Attributes:
        told: who was told by mail of what: address of the reader, UID, what the actor did.
    """

    def __init__(self) -> None:
        self.people: dict[str, Person] = {}
        self.meetings: dict[str, Meeting] = {}
        self.told: list[tuple[str, str, str]] = []
        self._numbers = itertools.count(1)

    def person(self, email: str, **fields: Any) -> Person:
        """Somebody new."""
        self.people[email] = Person(email, **fields)
        return self.people[email]

    def meet(
        self, organizer: str, span: Span, guests: Iterable[str] = (), **fields: Any
    ) -> Meeting:
        """A new meeting; the organiser is a guest of their own, as Google has it."""
        meeting = Meeting(f"ev{next(self._numbers):06d}", organizer, span, **fields)
        invited = {email: Guest() for email in guests}
        if invited:
            meeting.guests = {organizer: Guest("accepted"), **invited}
        self.meetings[meeting.id] = meeting
        self.touch(meeting)
        return meeting

    def by_uid(self, uid: str) -> Meeting:
        """The meeting with this UID."""
        return self.meetings[uid.removesuffix("@google.com")]

    def original(self, meeting: Meeting, recurrence_id: str) -> int | None:
        """The original start a recurrence id names."""
        if not recurrence_id:
            return None
        return next(at for at in meeting.originals() if meeting.suffix(at) == recurrence_id)

    def touch(self, meeting: Meeting, original: int | None = None, only: str | None = None) -> None:
        """Something changed: in the whole of it or one occurrence, for all or one address."""
        ids = [
            event_id
            for event_id, each in meeting.ids().items()
            if original is None or each == original
        ]
        for person in self._participants(meeting):
            if only is None or only in person.addresses:
                self._log(person, ids if original is not None else {*ids, meeting.id}, meeting)

    def move(self, meeting: Meeting, span: Span, original: int | None = None) -> None:
        """To another time; everybody but the organiser is asked again."""
        before = meeting.ids()
        if original is not None:
            changed = meeting.exceptions.setdefault(original, Changed())
            changed.span = span
            changed.answers = {
                e: ("needsAction", "") for e in meeting.guests if e != meeting.organizer
            }
        else:
            meeting.span = span
            meeting.exceptions.clear()
            for email, guest in meeting.guests.items():
                if email != meeting.organizer:
                    guest.answer, guest.comment = "needsAction", ""
        meeting.sequence += 1
        for person in self._participants(meeting):
            self._log(person, set(before) - set(meeting.ids()), meeting)
        self.touch(meeting, original)

    def answer(
        self, meeting: Meeting, email: str, answer: str, comment: str, original: int | None = None
    ) -> None:
        """Somebody answers."""
        if original is None:
            guest = meeting.guests[email]
            guest.answer, guest.comment = answer, comment
        else:
            changed = meeting.exceptions.setdefault(original, Changed())
            changed.answers[email] = (answer, comment)
        self.touch(meeting, original)

    def cancel(self, meeting: Meeting, original: int | None = None) -> None:
        """The organiser calls it off."""
        if original is None:
            meeting.is_cancelled = True
        else:
            meeting.exceptions.setdefault(original, Changed()).is_cancelled = True
        self.touch(meeting, original)

    def delete(self, meeting: Meeting, email: str) -> None:
        """One copy goes; nobody is told."""
        meeting.deleted_by.add(email)
        self.touch(meeting, only=email)

    def find(self, event_id: str) -> tuple[Meeting, int | None] | None:
        """The meeting, and the occurrence, behind an id; None for an id that never was."""
        base, _, suffix = event_id.partition("_")
        meeting = self.meetings.get(base)
        if meeting is None:
            return None
        return meeting, meeting.ids().get(event_id) if suffix else None

    def shown(self, person: Person) -> Iterator[str]:
        """The ids of everything in somebody's calendar, occurrences by themselves."""
        for meeting in self.meetings.values():
            if person.addresses & meeting.people:
                for event_id, original in meeting.ids().items():
                    if meeting.only is None or original in meeting.only:
                        yield event_id

    def is_there(self, person: Person, event_id: str) -> bool:
        """Whether somebody's calendar has, or had, an event with this id."""
        return event_id in person.versions

    def span(self, event_id: str) -> Span:
        """When it takes place; of an occurrence that is no more, nothing."""
        found = self.find(event_id)
        assert found is not None
        return found[0].span_of(found[1])

    def view(self, person: Person, event_id: str) -> JSON:
        """The event as this person's calendar shows it."""
        found = self.find(event_id)
        assert found is not None
        meeting, original = found
        is_series = meeting.weeks > 1 and "_" not in event_id
        etag = f'"{person.versions[event_id]}"'
        if self._is_gone(person, meeting, event_id, original):
            return {"kind": "calendar#event", "id": event_id, "etag": etag, "status": "cancelled"}
        span = meeting.span_of(original)
        shown: JSON = {
            "kind": "calendar#event",
            "etag": etag,
            "id": event_id,
            "status": "confirmed",
            "htmlLink": f"https://www.google.com/calendar/event?eid={event_id}",
            "created": CREATED,
            "updated": CREATED,
            "summary": meeting.title,
            "description": "An agenda that is nobody else's business",
            "creator": {"email": meeting.organizer},
            "organizer": _host(meeting, person),
            "start": meeting.when(span.start),
            "end": meeting.when(span.end),
            "iCalUID": meeting.uid,
            "sequence": meeting.sequence,
            "reminders": {"useDefault": True},
            "eventType": meeting.type,
        }
        if meeting.guests:
            shown["attendees"] = [
                _guest(meeting, email, person, original) for email in meeting.guests
            ]
        if meeting.is_transparent:
            shown["transparency"] = "transparent"
        if is_series:
            shown["recurrence"] = [f"RRULE:FREQ=WEEKLY;COUNT={meeting.weeks}"]
        if original is not None:
            shown["recurringEventId"] = meeting.id
            shown["originalStartTime"] = meeting.when(original)
        if private := meeting.private.get((person.email, event_id)):
            shown["extendedProperties"] = {"private": dict(private)}
        return shown

    def _is_gone(
        self, person: Person, meeting: Meeting, event_id: str, original: int | None
    ) -> bool:
        left_over = "_" in event_id and event_id not in meeting.ids()
        called_off = (
            original is not None and meeting.exceptions.get(original, Changed()).is_cancelled
        )
        deleted = bool(meeting.deleted_by & person.addresses)
        return meeting.is_cancelled or left_over or called_off or deleted

    def _participants(self, meeting: Meeting) -> list[Person]:
        return [each for each in self.people.values() if each.addresses & meeting.people]

    def _log(self, person: Person, ids: Iterable[str], meeting: Meeting) -> None:
        for event_id in sorted(ids):
            found = self.find(event_id)
            hidden = meeting.only is not None and (found is None or found[1] not in meeting.only)
            if not hidden:
                person.log.append(event_id)
                person.versions[event_id] = person.versions.get(event_id, 0) + next(self._numbers)


def _host(meeting: Meeting, person: Person) -> JSON:
    shown: JSON = {"email": meeting.organizer}
    return shown | {"self": True} if meeting.organizer in person.addresses else shown


def _guest(meeting: Meeting, email: str, person: Person, original: int | None) -> JSON:
    answer, comment = meeting.answer_of(email, original)
    guest = meeting.guests[email]
    marks = {
        "organizer": email == meeting.organizer,
        "self": email in person.addresses,
        "optional": guest.optional,
        "resource": guest.resource,
    }
    shown: JSON = {"email": email, "responseStatus": answer}
    if comment:
        shown["comment"] = comment
    return shown | {name: True for name, holds in marks.items() if holds}
