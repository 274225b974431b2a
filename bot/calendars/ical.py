"""One object of a CalDAV calendar, read: a file of anybody's making into occurrences.

Pure and synchronous, and hostile input may still take time or memory without end: it is called in
a process that can be killed (`bot.calendars.readers`), and in tests.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from bot.calendars.frames import LONGEST_WINDOW_S, ObjectRef, Read
from bot.calendars.lines import Block, Line, NotRead, parse
from bot.calendars.moments import stamp
from bot.calendars.participants import address, own_lines
from bot.calendars.rewriting import sequence
from bot.calendars.series import Instance, expand
from bot.domain.invites import Answer, Occurrence, Unclear, Unreadable
from bot.domain.spans import Span

MOST_NAMES = 100_000
"""Attendees times occurrences: each occurrence carries them all."""

_LONGEST_UID = 500
_LONGEST_TITLE = 300

_ANSWERS = {
    "ACCEPTED": Answer.ACCEPTED,
    "TENTATIVE": Answer.TENTATIVE,
    "DECLINED": Answer.DECLINED,
    "DELEGATED": Answer.DECLINED,
}


@dataclass(frozen=True, slots=True)
class _Meeting:
    """What an event says besides when it is; the fields are `Occurrence`'s."""

    uid: str
    organizer: str
    attendees: tuple[str, ...]
    answer: Answer
    is_own: bool
    is_cancelled: bool
    is_transparent: bool
    is_optional: bool
    is_out_of_office: bool
    sequence: int
    title: str
    booked_at: int | None


def read(data: bytes, ref: ObjectRef, owner: tuple[str, ...], window: Span, tz: str) -> Read:
    """Every occurrence within the window, or why there is none that can be relied on.

    An object is read as a whole: when one of its events cannot be judged, none is.

    Args:
        data: the file.
        ref: what its occurrences are called by.
        owner: every address the owner is invited by, in lower case.
        window: occurrences outside it are left out.
        tz: the owner's zone: all-day events are days there.

    Raises:
        ValueError: the window is longer than `LONGEST_WINDOW_S`.
    """
    if window.end - window.start > LONGEST_WINDOW_S:
        raise ValueError("the window is too long")
    blocks: list[Block] = []
    try:
        calendars = parse(data)
        blocks += [event for calendar in calendars for event in calendar.inner("VEVENT")]
        found = {
            (each.uid, each.recurrence_id): each
            for calendar in calendars
            for each in _occurrences(calendar, ref, owner, window, tz)
        }
        return Read(occurrences=tuple(sorted(found.values(), key=lambda each: each.start_at)))
    except NotRead as error:
        why = error.why
    except MemoryError:
        why = Unclear.SIZE
    except Exception:  # noqa: BLE001 - what the libraries raise on malformed input is any of a dozen
        why = Unclear.BROKEN
    return Read(unreadable=(_unreadable(blocks, ref, owner, why),))


def _unreadable(
    blocks: Sequence[Block], ref: ObjectRef, owner: tuple[str, ...], why: Unclear
) -> Unreadable:
    first = blocks[0] if blocks else Block("VEVENT")
    return Unreadable(
        object_id=ref.object_id,
        etag=ref.etag,
        why=why,
        uid=first.text("UID")[:_LONGEST_UID],
        organizer=_organizer(first, owner),
        title=first.text("SUMMARY")[:_LONGEST_TITLE],
    )


def _occurrences(
    calendar: Block, ref: ObjectRef, owner: tuple[str, ...], window: Span, tz: str
) -> Iterator[Occurrence]:
    events = calendar.inner("VEVENT")
    meetings = [_meeting(block, owner) for block in events]
    shared = [_is_shared(meeting, owner) for meeting in meetings]
    instances = list(expand(calendar, events, shared, window, tz)) if events else []
    if sum(len(meetings[each.number].attendees) for each in instances) > MOST_NAMES:
        raise NotRead(Unclear.SIZE)
    return (_occurrence(meetings[each.number], each, ref) for each in instances)


def _meeting(block: Block, owner: tuple[str, ...]) -> _Meeting:
    uid = block.text("UID")
    if not uid:
        raise NotRead(Unclear.BROKEN)
    if len(uid) > _LONGEST_UID:
        raise NotRead(Unclear.SIZE)
    organizer = _organizer(block, owner)
    lines = block.every("ATTENDEE")
    named = dict.fromkeys(address(line, owner) for line in lines)
    own = {address(line, owner): line for line in own_lines(lines, owner)}
    mine = next((own[each] for each in owner if each in own), None)
    is_own = block.first("ORGANIZER") is None or organizer in owner or not lines
    busy = block.text("X-MICROSOFT-CDO-BUSYSTATUS").upper()
    return _Meeting(
        uid=uid,
        organizer=organizer,
        attendees=tuple(each for each in named if each),
        answer=_ANSWERS.get(_param(mine, "PARTSTAT"), Answer.NEEDS_ACTION),
        is_own=is_own,
        is_cancelled=block.text("STATUS").upper() == "CANCELLED",
        is_transparent=block.text("TRANSP").upper() == "TRANSPARENT" or busy == "FREE",
        is_optional=_param(mine, "ROLE") in {"OPT-PARTICIPANT", "NON-PARTICIPANT"},
        is_out_of_office=is_own and busy == "OOF",
        sequence=sequence(block),
        title=block.text("SUMMARY")[:_LONGEST_TITLE],
        booked_at=stamp(block.first("CREATED")),
    )


def _is_shared(meeting: _Meeting, owner: tuple[str, ...]) -> bool:
    """Whether anybody but the owner is meant, so that a time has to name its zone."""
    return not meeting.is_own or any(each not in owner for each in meeting.attendees)


def _param(line: Line | None, name: str) -> str:
    return line.param(name).upper() if line else ""


def _organizer(block: Block, owner: tuple[str, ...]) -> str:
    line = block.first("ORGANIZER")
    return address(line, owner) if line else ""


def _occurrence(meeting: _Meeting, instance: Instance, ref: ObjectRef) -> Occurrence:
    return Occurrence(
        object_id=ref.object_id,
        etag=ref.etag,
        uid=meeting.uid,
        recurrence_id=instance.recurrence_id,
        series_at=instance.series_at,
        start_at=instance.span.start,
        end_at=instance.span.end,
        organizer=meeting.organizer,
        attendees=meeting.attendees,
        answer=meeting.answer,
        is_own=meeting.is_own,
        is_recurring=instance.is_recurring,
        is_cancelled=meeting.is_cancelled,
        is_transparent=meeting.is_transparent,
        is_all_day=instance.is_all_day,
        is_optional=meeting.is_optional,
        is_out_of_office=meeting.is_out_of_office,
        sequence=meeting.sequence,
        title=meeting.title,
        booked_at=meeting.booked_at,
    )
