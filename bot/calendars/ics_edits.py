"""What the bot changes in somebody's copy of an event: their answer, a private mark, its time.

Only the lines that say so are touched (`ics_text`). Who may change what is RFC 6638 §3.2: an
attendee their own ATTENDEE line, the organiser everything.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import NamedTuple

from bot.calendars.base import EventRef
from bot.calendars.ics_text import Component, escaped, read_line, unescaped, write_line
from bot.calendars.ics_times import DATE_LENGTH, Clock, is_date, occurrence_start
from bot.calendars.lines import Line
from bot.calendars.participants import address, own_lines
from bot.domain.invites import Answer
from bot.domain.spans import Span
from bot.errors import CalendarRefused, CalendarUnsupported

MARK = "X-OFFHOURS"
"""The property of a mark; as a parameter it tells our COMMENT from anybody else's."""

OCCURRENCE = "X-OFFHOURS-OCCURRENCE"
"""Parameter of a mark in a series: the recurrence id it is about."""

_REPEATING = ("RRULE", "RDATE", "EXDATE", "EXRULE", "RECURRENCE-ID")


class Reply(NamedTuple):
    """An answer as it stands in one VEVENT; ``""`` where its lines contradict each other."""

    answer: str
    comment: str


@dataclass(frozen=True, slots=True)
class _Meeting:
    """The VEVENTs of one UID, in the file's order.

    Attributes:
        master: the series, or the single event; None in a copy of single occurrences.
    """

    calendar: Component
    events: list[Component]
    master: Component | None
    clock: Clock

    def changed(self, recurrence_id: str) -> list[Component]:
        """The VEVENTs of one occurrence alone; none for an empty id.

        A change that holds for all that follow (RANGE) is the VEVENT of none of them.
        """
        found = ((each, each.first("RECURRENCE-ID")) for each in self.events)
        return [
            each
            for each, line in found
            if recurrence_id
            and line is not None
            and not line.param("RANGE")
            and self._recurrence_id(line) == recurrence_id
        ]

    @property
    def is_plain(self) -> bool:
        """Whether every occurrence without a VEVENT of its own is as the series has it."""
        lines = [line for each in self.events for line in each.properties("RECURRENCE-ID")]
        return all(self._recurrence_id(line) and not line.param("RANGE") for line in lines)

    def _recurrence_id(self, line: Line) -> str:
        start = self.master.first("DTSTART") if self.master else None
        return self.clock.recurrence_id(line, is_day=is_date(start or line))


def respond(
    calendar: Component, event: EventRef, addresses: Sequence[str], answer: Answer, comment: str
) -> bool:
    """Write the owner's answer; False when it stands there already.

    The answer to a whole series goes to its own occurrences too, unless they were answered
    differently.

    Raises:
        CalendarRefused: ``gone``, or ``not_invited`` when no ATTENDEE is one of ``addresses``.
        CalendarUnsupported: ``occurrence_replies``.
    """
    wanted = Reply(answer.upper(), comment.strip())
    events = _answered(_meeting(calendar, event.uid), addresses, event.recurrence_id)
    if all(_reply(each, addresses) == wanted for each in events):
        return False
    for each in events:
        _write_reply(each, addresses, wanted)
    return True


def mark(calendar: Component, event: EventRef, text: str) -> bool:
    """Write a mark or take it away; False when it is as it should be.

    Raises:
        CalendarRefused: ``gone``.
    """
    meeting = _meeting(calendar, event.uid)
    own = meeting.changed(event.recurrence_id)
    marked = own[0] if own else meeting.master or meeting.events[0]
    of = "" if own else event.recurrence_id
    new = Line(MARK, MARK, escaped(text))
    lines = [line for line in marked.lines if not _is_mark(read_line(line), of)]
    lines += [write_line(new.with_param(OCCURRENCE, of) if of else new)] if text else []
    is_new = lines != marked.lines
    marked.lines = lines
    return is_new


def move(calendar: Component, event: EventRef, addresses: Sequence[str], span: Span) -> None:
    """Give the owner's single event another time, on the clock it was written in.

    Raises:
        CalendarRefused: ``gone`` or ``not_yours``.
        CalendarUnsupported: ``moves``: a series, or whole days.
    """
    meeting = _meeting(calendar, event.uid)
    moved, clock = meeting.events[0], meeting.clock
    organizer, start = moved.first("ORGANIZER"), moved.first("DTSTART")
    if organizer is not None and address(organizer, addresses) not in addresses:
        raise CalendarRefused("not_yours")
    repeats = len(meeting.events) > 1 or any(moved.value(name) for name in _REPEATING)
    if repeats or start is None or is_date(start):
        raise CalendarUnsupported("moves")
    end = moved.first("DTEND") or start
    moved.drop("DURATION")
    for line in clock.written(
        ("DTSTART", start, datetime.fromtimestamp(span.start, UTC)),
        ("DTEND", end, datetime.fromtimestamp(span.end, UTC)),
    ):
        moved.put(line)
    sequence = moved.value("SEQUENCE")
    number = int(sequence) + 1 if sequence.isdecimal() else 1
    moved.put(Line("SEQUENCE", "SEQUENCE", str(number)))


def _meeting(calendar: Component, uid: str) -> _Meeting:
    events = [each for each in calendar.all("VEVENT") if _uid(each) == uid]
    if not events:
        raise CalendarRefused("gone")
    master = next((each for each in events if each.first("RECURRENCE-ID") is None), None)
    return _Meeting(calendar, events, master, Clock(calendar))


def _uid(event: Component) -> str:
    """As it is read elsewhere: bytes that are no text are one and the same."""
    found = event.first("UID")
    return found.text.encode("utf-8", "surrogateescape").decode("utf-8", "replace") if found else ""


def _answered(
    meeting: _Meeting, addresses: Sequence[str], recurrence_id: str
) -> Sequence[Component]:
    """The VEVENTs an answer is written into."""
    if recurrence_id:
        chosen = meeting.changed(recurrence_id) or [_new_change(meeting, recurrence_id)]
    elif meeting.master is None:
        raise CalendarRefused("gone")
    else:
        before = _reply(meeting.master, addresses)
        chosen = [
            each
            for each in meeting.events
            if each is meeting.master or _reply(each, addresses) == before
        ]
    if any(_reply(each, addresses) is None for each in chosen):
        raise CalendarRefused("not_invited")
    return chosen


def _new_change(meeting: _Meeting, recurrence_id: str) -> Component:
    """One occurrence of its own, like the series at that time; without its alarms."""
    master = meeting.master
    if not meeting.is_plain:
        raise CalendarUnsupported("occurrence_replies")
    start = master.first("DTSTART") if master else None
    if master is None or start is None or not (master.value("RRULE") or master.value("RDATE")):
        raise CalendarRefused("gone")
    event = Component("VEVENT", "BEGIN:VEVENT\r\n", "END:VEVENT\r\n", list(master.lines))
    event.drop(*_REPEATING, MARK)
    for line in _times(meeting, master, start, recurrence_id):
        event.put(line)
    meeting.calendar.children.append(event)
    return event


def _times(meeting: _Meeting, master: Component, start: Line, recurrence_id: str) -> Sequence[Line]:
    """What says when one occurrence is.

    Raises:
        CalendarUnsupported: ``occurrence_replies``: a time that cannot be told for certain, or
            written in the series' own zone; or a length of its own (RDATE with periods).
    """
    clock, first = meeting.clock, occurrence_start(recurrence_id)
    periods = any("/" in line.value for line in master.properties("RDATE"))
    is_day = len(recurrence_id) == DATE_LENGTH
    if first is None or periods or clock.instant(start) is None or is_date(start) != is_day:
        raise CalendarUnsupported("occurrence_replies")
    if clock.is_skipped(start, first):
        raise CalendarUnsupported("occurrence_replies")
    begins = ("DTSTART", start, first), ("RECURRENCE-ID", start, first)
    end = master.first("DTEND")
    if end is None:
        return clock.written(*begins)
    last = clock.end(start, end, first)
    if last is None:
        raise CalendarUnsupported("occurrence_replies")
    return clock.written(*begins, ("DTEND", end, last))


def _reply(event: Component, addresses: Sequence[str]) -> Reply | None:
    """The owner's answer, None when they are not among the attendees."""
    own = own_lines(event.properties("ATTENDEE"), addresses)
    if not own:
        return None
    answers = {each.param("PARTSTAT").upper() or "NEEDS-ACTION" for each in own}
    ours = (unescaped(each.value) for each in event.properties("COMMENT") if each.param(MARK))
    return Reply(answers.pop() if len(answers) == 1 else "", next(ours, ""))


def _write_reply(event: Component, addresses: Sequence[str], reply: Reply) -> None:
    own, lines = own_lines(event.properties("ATTENDEE"), addresses), list[str]()
    for line in event.lines:
        found = read_line(line)
        if found is not None and found in own:
            lines.append(write_line(found.with_param("PARTSTAT", reply.answer)))
        elif found is None or found.name != "COMMENT" or not found.param(MARK):
            lines.append(line)
    if reply.comment:
        ours = Line("COMMENT", "COMMENT", escaped(reply.comment)).with_param(MARK, "1")
        lines.append(write_line(ours))
    event.lines = lines


def _is_mark(line: Line | None, recurrence_id: str) -> bool:
    return line is not None and line.name == MARK and line.param(OCCURRENCE) == recurrence_id
