"""Microsoft Graph's events, read as occurrences: pure, and forgiving of whatever is left out.

A series comes as its master and its occurrences, and ``calendarView/delta`` says of an occurrence
little more than when it takes place: what is left out is the master's. An exception is an
occurrence that was changed by itself, and comes whole.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple

import msgspec

from bot.calendars.zones import resolve
from bot.domain.instants import DAY_S, MINUTE_S, epoch, local, start_instant, utc
from bot.domain.invites import Answer, Occurrence, Unclear, Unreadable
from bot.domain.notation import format_weekly
from bot.domain.schedule import DAY_MIN, WEEKDAY_NAMES, Interval, WeeklyHours
from bot.domain.spans import Span

MASTER = "seriesMaster"
INSTANCES = frozenset({"occurrence", "exception"})
ANSWERS = {
    "organizer": Answer.ACCEPTED,
    "accepted": Answer.ACCEPTED,
    "tentativelyAccepted": Answer.TENTATIVE,
    "declined": Answer.DECLINED,
}
"""By ``responseStatus.response``; ``none`` and ``notResponded`` are no answer."""

FREE = frozenset({"free", "workingElsewhere"})
AWAY = "oof"
ROOM = "resource"

EXCHANGE_UID = "040000008200E00074C5B7101A82E008"
UID_DAY = slice(len(EXCHANGE_UID), len(EXCHANGE_UID) + 8)
"""Four bytes of an Exchange UID: the day of one occurrence, zero for the series."""


class Moment(msgspec.Struct, rename="camel"):
    """``dateTimeTimeZone``: a wall time, and the Windows or IANA name of its zone."""

    date_time: str
    time_zone: str | None = None


class _Address(msgspec.Struct):
    address: str | None = None


class _Person(msgspec.Struct, rename="camel"):
    email_address: _Address | None = None
    type: str | None = None


class _Response(msgspec.Struct):
    response: str | None = None


class Event(msgspec.Struct, rename="camel"):
    """An event as far as it is read; the names are Graph's."""

    id: str
    start: Moment
    end: Moment
    type: str | None = None
    ical_uid: str | None = msgspec.field(name="iCalUId", default=None)
    odata_etag: str | None = msgspec.field(name="@odata.etag", default=None)
    series_master_id: str | None = None
    original_start: str | None = None
    original_start_time_zone: str | None = None
    subject: str | None = None
    organizer: _Person | None = None
    attendees: list[_Person] | None = None
    response_status: _Response | None = None
    show_as: str | None = None
    is_organizer: bool | None = None
    is_all_day: bool | None = None
    is_cancelled: bool | None = None
    allow_new_time_proposals: bool | None = None
    response_requested: bool | None = None
    created_date_time: str | None = None

    @property
    def answer(self) -> Answer:
        """The owner's."""
        given = self.response_status.response if self.response_status else None
        return ANSWERS.get(given or "", Answer.NEEDS_ACTION)


SELECTED = ",".join(
    field.encode_name
    for field in msgspec.structs.fields(Event)
    if not field.encode_name.startswith("@")
)
"""What is asked for with ``$select``; the body of an event is never read."""


class Version(NamedTuple):
    """What a decision about an event was based on. As text it is the ``etag`` of an occurrence.

    Graph's own version changes with every trifle, is missing on occurrences in a delta, and cannot
    be given with an answer; so the two are compared by what matters, right before one.
    """

    start_at: int
    end_at: int
    answer: Answer

    def __str__(self) -> str:
        return f"{self.start_at}.{self.end_at}.{self.answer}"

    @property
    def span(self) -> Span:
        """All-day events as if in UTC."""
        return Span(self.start_at, self.end_at)

    @classmethod
    def parse(cls, etag: str) -> "Version | None":
        """Out of an etag; None when it is not one of these."""
        start, _, rest = etag.partition(".")
        end, _, answer = rest.partition(".")
        try:
            return cls(int(start), int(end), Answer(answer))
        except ValueError:
            return None


class UnknownZone(ValueError):
    """A time in a zone nobody knows; it is never guessed."""


def decode(raw: Mapping[str, Any]) -> Event:
    """One event.

    Raises:
        msgspec.ValidationError: it is none.
    """
    return msgspec.convert(raw, Event)


def version(event: Event) -> Version:
    """The present one.

    Raises:
        ValueError: its times are not understood (`UnknownZone` among others).
    """
    return Version(_instant(event.start), _instant(event.end), event.answer)


def plain_uid(ical_uid: str) -> str:
    """The UID of the whole series, which is the same in everybody's calendar.

    Graph's ``iCalUId`` differs from one occurrence to the next. Where Exchange made it, it is a
    Global Object ID in hexadecimal, which holds the occurrence's day; without it, it is what
    MS-OXOCAL §2.2.1.28 calls the clean one, and what the iCalendar of the series has for a UID.
    """
    if not ical_uid.upper().startswith(EXCHANGE_UID) or len(ical_uid) < UID_DAY.stop:
        return ical_uid
    return ical_uid[: UID_DAY.start] + "00000000" + ical_uid[UID_DAY.stop :]


def read(
    raw: Mapping[str, Any], master: Mapping[str, Any] | None, owner: Sequence[str], tz: str
) -> Occurrence | Unreadable:
    """One single event, occurrence or exception.

    Args:
        raw: as Graph has it.
        master: of its series; None for a single event.
        owner: every address of the owner, the main one first.
        tz: the owner's zone, in which all-day events are days.
    """
    whole = {**(master or {}), **{key: value for key, value in raw.items() if value is not None}}
    if master and master.get("iCalUId"):
        whole["iCalUId"] = master["iCalUId"]  # an exception has one of its own
    try:
        event = decode(whole)
        first = decode(master) if master else None
        return _occurrence(event, first, owner, tz)
    except UnknownZone:
        return _unreadable(whole, Unclear.ZONE)
    except (ValueError, OverflowError):  # msgspec's ValidationError is a ValueError
        return _unreadable(whole, Unclear.BROKEN)


def _occurrence(event: Event, master: Event | None, owner: Sequence[str], tz: str) -> Occurrence:
    span = _span(event, tz)
    original_at = _original_at(event, tz) if event.type in INSTANCES else span.start
    is_moved = original_at != span.start
    series_at = _span(master, tz).start if master and not is_moved else span.start
    people = [each for each in event.attendees or () if each.type != ROOM]
    attendees = {_address(each) for each in people} - {""}
    organizer = _address(event.organizer)
    is_alone = not attendees and organizer in {"", *owner}
    organizes = event.is_organizer if event.is_organizer is not None else organizer in owner
    return Occurrence(
        object_id=event.id,
        etag=str(version(event)),
        uid=plain_uid(event.ical_uid or event.id),
        recurrence_id=_recurrence_id(event, original_at, tz) if event.type in INSTANCES else "",
        series_at=series_at,
        start_at=span.start,
        end_at=span.end,
        organizer="" if is_alone else organizer,
        # An invite by way of a list names the list alone.
        attendees=() if is_alone else tuple(sorted({*attendees, *_absent(attendees, owner)})),
        answer=event.answer,
        is_own=is_alone or organizes,
        is_recurring=event.type in INSTANCES,
        is_cancelled=bool(event.is_cancelled),
        is_transparent=event.show_as in FREE,
        is_all_day=bool(event.is_all_day),
        is_optional=any(_address(each) in owner and each.type == "optional" for each in people),
        is_out_of_office=event.show_as == AWAY and is_alone,
        title=event.subject or "",
        booked_at=_booked_at(event),
    )


def _span(event: Event, tz: str) -> Span:
    """When it takes place; whole days are days of ``tz``, whatever zone they are written in."""
    if event.is_all_day:
        days = (datetime.fromisoformat(each.date_time) for each in (event.start, event.end))
        start, end = (start_instant(day.replace(tzinfo=None), tz) for day in days)
    else:
        start, end = _instant(event.start), _instant(event.end)
    if end < start:
        raise ValueError("it ends before it starts")
    return Span(start, end)


def _instant(moment: Moment) -> int:
    wall = datetime.fromisoformat(moment.date_time)
    if wall.tzinfo is not None:
        return epoch(wall)
    return start_instant(wall, _zone(moment.time_zone or "UTC"))


def _zone(name: str) -> str:
    found = "UTC" if name == "UTC" else resolve(name)
    if found is None:
        raise UnknownZone(name)
    return found


def _original_at(event: Event, tz: str) -> int:
    """The start by the plan; a day of ``tz`` when it is all-day. A delta names it if it differs."""
    if not event.original_start or event.type == "occurrence":
        return _span(event, tz).start
    original_at = _stamp(event.original_start)
    if not event.is_all_day:
        return original_at
    day = local(original_at, _zone(event.original_start_time_zone or "UTC"))
    return start_instant(day.replace(tzinfo=None, hour=0, minute=0, second=0, microsecond=0), tz)


def _recurrence_id(event: Event, original_at: int, tz: str) -> str:
    if event.is_all_day:
        return f"{local(original_at, tz):%Y%m%d}"
    return f"{utc(original_at):%Y%m%dT%H%M%SZ}"


def _booked_at(event: Event) -> int | None:
    """None where it cannot be read: an invite is judged without it."""
    try:
        return _stamp(event.created_date_time or "")
    except ValueError:
        return None


def _stamp(text: str) -> int:
    """``createdDateTime`` and ``originalStart``, which are in UTC."""
    at = datetime.fromisoformat(text)
    return epoch(at if at.tzinfo else at.replace(tzinfo=UTC))


def _address(person: _Person | None) -> str:
    found = person.email_address if person else None
    return (found.address or "").strip().lower() if found else ""


def _absent(attendees: set[str], owner: Sequence[str]) -> Sequence[str]:
    """The owner's main address, unless one of theirs is among the attendees."""
    return () if attendees & set(owner) else owner[:1]


def _unreadable(whole: Mapping[str, Any], why: Unclear) -> Unreadable:
    def text(value: object) -> str:
        return value if isinstance(value, str) else ""

    try:
        organizer = _address(msgspec.convert(whole.get("organizer"), _Person | None))
    except msgspec.ValidationError:
        organizer = ""
    return Unreadable(
        object_id=text(whole.get("id")),
        etag="",
        why=why,
        uid=plain_uid(text(whole.get("iCalUId"))),
        organizer=organizer,
        title=text(whole.get("subject")),
    )


class _ZoneName(msgspec.Struct):
    name: str | None = None


class WorkingHours(msgspec.Struct, rename="camel"):
    """``workingHours`` of the mailbox settings: one interval, the same on each of its days."""

    days_of_week: list[str] = []
    start_time: str | None = None
    end_time: str | None = None
    time_zone: _ZoneName | None = None


def weekly_hours(hours: WorkingHours) -> tuple[str, str] | None:
    """In the notation of `bot.domain.notation`, with the IANA zone; None when there are none.

    The zone is ``""`` for ``Customized Time Zone`` and for every other name nobody knows.
    """
    weekdays = [name.lower() for name in hours.days_of_week]
    days = [name.lower() in weekdays for name in WEEKDAY_NAMES]
    if not any(days) or not hours.start_time or not hours.end_time:
        return None
    start, end = _minute(hours.start_time), _minute(hours.end_time)
    interval = Interval(start, end if end > start else end + DAY_MIN)
    weekly = WeeklyHours(tuple((interval,) if works else () for works in days))
    name = hours.time_zone.name if hours.time_zone else None
    return format_weekly(weekly), (resolve(name) or "") if name else ""


def _minute(clock: str) -> int:
    """Minutes after midnight of ``17:30:00.0000000``."""
    at = datetime.fromisoformat(f"1970-01-01T{clock}").replace(tzinfo=UTC)
    return epoch(at) % DAY_S // MINUTE_S
