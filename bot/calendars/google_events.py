"""Events as Google Calendar v3 sends them, read as occurrences.

Google expands series itself (``singleEvents``): every occurrence is an event with an id, an etag
and guests of its own, tied to its series by ``recurringEventId``. Times carry their offset, so no
zone is looked up but the owner's, for days.
"""

from collections.abc import Mapping
from datetime import date, datetime

import msgspec

from bot.domain.instants import epoch, start_instant, utc, wall
from bot.domain.invites import Answer, Occurrence, Unclear, Unreadable
from bot.domain.spans import Span
from bot.errors import BadInput

FIELDS = (
    "nextPageToken,nextSyncToken,items(id,etag,status,eventType,iCalUID,recurringEventId,"
    "originalStartTime,start,end,sequence,created,summary,transparency,organizer(email,self),"
    "attendees(email,self,optional,resource,responseStatus))"
)
"""What is asked for. Descriptions, places and links are nobody's business here."""

ANSWERS = {
    "needsAction": Answer.NEEDS_ACTION,
    "accepted": Answer.ACCEPTED,
    "tentative": Answer.TENTATIVE,
    "declined": Answer.DECLINED,
}
WORDS = {answer: word for word, answer in ANSWERS.items()}

SKIPPED = frozenset({"workingLocation", "birthday"})
"""Event types that take nobody's time."""


class When(msgspec.Struct, frozen=True, rename="camel"):
    """EventDateTime: ``date`` of an all-day event, else ``date_time`` in RFC 3339."""

    date: str = ""
    date_time: str = ""
    time_zone: str = ""


class Host(msgspec.Struct, frozen=True):
    """The organiser; ``is_self`` when the calendar is theirs."""

    email: str = ""
    is_self: bool = msgspec.field(default=False, name="self")


class Guest(msgspec.Struct, frozen=True, rename="camel"):
    """EventAttendee; ``resource`` is a room."""

    email: str = ""
    is_self: bool = msgspec.field(default=False, name="self")
    optional: bool = False
    resource: bool = False
    response_status: str = "needsAction"
    comment: str = ""


class Event(msgspec.Struct, frozen=True, rename="camel"):
    """One event or occurrence; a cancelled one may have nothing but its id."""

    id: str
    etag: str = ""
    status: str = "confirmed"
    event_type: str = "default"
    uid: str = msgspec.field(default="", name="iCalUID")
    recurring_event_id: str = ""
    original_start_time: When | None = None
    recurrence: tuple[str, ...] = ()
    start: When = When()
    end: When = When()
    sequence: int = 0
    created: str = ""
    summary: str = ""
    transparency: str = "opaque"
    organizer: Host = Host()
    attendees: tuple[Guest, ...] = ()

    @property
    def is_cancelled(self) -> bool:
        """It is deleted: for the owner there is nothing there any more."""
        return self.status == "cancelled"

    @property
    def owner(self) -> Guest | None:
        """The owner among the guests, by whatever address they were invited."""
        return next((guest for guest in self.attendees if guest.is_self), None)

    @property
    def is_own(self) -> bool:
        """The owner organises it, or is not a guest: it is not an invite they could answer."""
        return self.organizer.is_self or self.owner is None


class Page(msgspec.Struct, frozen=True, rename="camel"):
    """One page of events; the last has ``next_sync_token``."""

    items: tuple[Event, ...] = ()
    next_page_token: str = ""
    next_sync_token: str = ""


def read(event: Event, series_starts: Mapping[str, When], tz: str) -> Occurrence | Unreadable:
    """The event in its owner's calendar, or why it cannot be read.

    Args:
        event: a single event or an occurrence, not a series and not a cancelled one.
        series_starts: where the series start, by their ids. Of one that is not there, its
            occurrence is a plan of its own: its owner was invited to that occurrence alone.
        tz: the owner's zone, for days.
    """
    try:
        return _occurrence(event, series_starts, tz)
    except BadInput:
        why = Unclear.ZONE
    except (ValueError, OverflowError):
        why = Unclear.BROKEN
    host = event.organizer.email.lower() if event.attendees else ""
    return Unreadable(event.id, event.etag, why, event.uid, host, event.summary)


def _occurrence(event: Event, series_starts: Mapping[str, When], tz: str) -> Occurrence:
    start_at = instant(event.start, tz)
    people = tuple(guest.email.lower() for guest in event.attendees if not guest.resource)
    owner = event.owner or Guest()
    return Occurrence(
        object_id=event.id,
        etag=event.etag,
        uid=event.uid,
        recurrence_id=_recurrence_id(event),
        series_at=_series_at(event, start_at, series_starts, tz),
        start_at=start_at,
        end_at=max(start_at, instant(event.end, tz)),
        organizer=event.organizer.email.lower() if people else "",
        attendees=people,
        answer=ANSWERS.get(owner.response_status, Answer.NEEDS_ACTION),
        is_own=event.is_own,
        is_recurring=bool(event.recurring_event_id),
        is_transparent=event.transparency == "transparent",
        is_all_day=bool(event.start.date),
        is_optional=owner.optional,
        is_out_of_office=event.event_type == "outOfOffice",
        sequence=event.sequence,
        title=event.summary,
        booked_at=_booked_at(event),
    )


def instant(when: When, tz: str) -> int:
    """The epoch second; of a day, its first in ``tz``.

    Raises:
        BadInput: a wall time whose zone is not known.
        ValueError: neither a day nor a time.
        OverflowError: beyond the calendar.
    """
    if when.date:
        return start_instant(wall(date.fromisoformat(when.date), 0), tz)
    at = datetime.fromisoformat(when.date_time)
    return start_instant(at, when.time_zone) if at.tzinfo is None else epoch(at)


def is_within(occurrence: Occurrence, window: Span) -> bool:
    """Whether any of it is; what takes no time is where it starts."""
    last_at = max(occurrence.end_at - 1, occurrence.start_at)
    return occurrence.start_at < window.end and window.start <= last_at


def _booked_at(event: Event) -> int | None:
    """Some imported events say that they were made in the year 0, which is no year at all."""
    try:
        return epoch(datetime.fromisoformat(event.created))
    except (ValueError, TypeError):
        return None


def _series_at(event: Event, start_at: int, series_starts: Mapping[str, When], tz: str) -> int:
    original, series_start = event.original_start_time, series_starts.get(event.recurring_event_id)
    if original is None or series_start is None or instant(original, tz) != start_at:
        return start_at
    return instant(series_start, tz)


def _recurrence_id(event: Event) -> str:
    original = event.original_start_time
    if not event.recurring_event_id or original is None:
        return ""
    if original.date:
        return original.date.replace("-", "")
    return f"{utc(instant(original, 'UTC')):%Y%m%dT%H%M%SZ}"
