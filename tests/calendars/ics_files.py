"""Small calendar files, and how tests read them."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from bot.calendars.frames import ObjectRef, Read
from bot.calendars.ical import read
from bot.domain.invites import Occurrence, Unclear
from bot.domain.spans import Span

OWNER = ("ana@north.example",)
REF = ObjectRef("/ana/1.ics", '"7"')
TZ = "Europe/Berlin"


def at(*wall: int, tz: str = TZ) -> int:
    """The instant of a wall time (year, month, day, hour, …) in a zone."""
    return int(datetime(*wall, tzinfo=ZoneInfo(tz)).timestamp())


def shown(instant: int, tz: str = TZ) -> str:
    """An instant on a zone's clocks."""
    return f"{datetime.fromtimestamp(instant, ZoneInfo(tz)):%Y-%m-%d %H:%M}"


OCTOBER = Span(at(2026, 10, 1), at(2026, 11, 30))

INVITE = (
    "UID:plan-1@south.example",
    "SUMMARY:Planning",
    "ORGANIZER;CN=Bo:mailto:Bo@South.example",
    "ATTENDEE;CN=Ana;PARTSTAT=NEEDS-ACTION;RSVP=TRUE:mailto:ana@north.example",
    "ATTENDEE;CN=Bo;PARTSTAT=ACCEPTED:MAILTO:bo@south.example",
)


def event(*lines: str, base: tuple[str, ...] = INVITE) -> str:
    """A VEVENT of the usual invite, with further lines."""
    return "\r\n".join(("BEGIN:VEVENT", *base, *lines, "END:VEVENT"))


def file(*components: str) -> bytes:
    """A VCALENDAR of such components."""
    head = ("BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//Test//EN")
    return "\r\n".join((*head, *components, "END:VCALENDAR", "")).encode()


def opened(
    data: bytes, window: Span = OCTOBER, tz: str = TZ, owner: tuple[str, ...] = OWNER
) -> tuple[Occurrence, ...]:
    """The occurrences of a file that has to be readable."""
    found = read(data, REF, owner, window, tz)
    assert found.unreadable == ()
    return found.occurrences


def refused(found: Read) -> Unclear:
    """Why a file was not read; it must not have given anything beside that."""
    assert found.occurrences == ()
    (only,) = found.unreadable
    assert (only.object_id, only.etag) == (REF.object_id, REF.etag)
    return only.why


def why(data: bytes, window: Span = OCTOBER, tz: str = TZ) -> Unclear:
    """Why a file cannot be read."""
    return refused(read(data, REF, OWNER, window, tz))


def starts(data: bytes, window: Span = OCTOBER, tz: str = TZ) -> list[str]:
    """When the occurrences of a readable file start, on the owner's clocks."""
    return [shown(each.start_at, tz) for each in opened(data, window, tz)]


def utc(*wall: int) -> int:
    """The instant of a time in UTC."""
    return int(datetime(*wall, tzinfo=UTC).timestamp())
