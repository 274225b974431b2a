"""What the bot changes in somebody's copy of an event: their answer, a private mark, its time.

Only the lines that say so are touched (`ics_text`). Who may change what is RFC 6638 §3.2: an
attendee their own ATTENDEE line, the organiser everything.
"""

from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import NamedTuple
from zoneinfo import ZoneInfo

from bot.calendars.ics_text import (
    Component,
    Property,
    escaped,
    is_address,
    read_line,
    unescaped,
    write_line,
)
from bot.calendars.zones import resolve
from bot.domain.invites import Answer
from bot.domain.spans import Span
from bot.errors import CalendarRefused, CalendarUnsupported

MARK = "X-OFFHOURS"
"""The property of a mark; as a parameter it tells our COMMENT from anybody else's."""

OCCURRENCE = "X-OFFHOURS-OCCURRENCE"
"""Parameter of a mark in a series: the recurrence id it is about."""

_STAMP = "%Y%m%dT%H%M%S"
_OF_THE_SERIES = ("RRULE", "RDATE", "EXDATE", "EXRULE", "RECURRENCE-ID", MARK)


class Reply(NamedTuple):
    """An answer as it stands in one VEVENT."""

    answer: str
    comment: str


def respond(
    calendar: Component,
    addresses: Sequence[str],
    recurrence_id: str,
    answer: Answer,
    comment: str,
) -> bool:
    """Write the owner's answer; False when it stands there already.

    The answer to a whole series goes to its own occurrences too, unless they were answered
    differently.

    Raises:
        CalendarRefused: ``gone``, or ``not_invited`` when no ATTENDEE is one of ``addresses``.
        CalendarUnsupported: ``occurrence_replies``.
    """
    wanted = Reply(answer.upper(), comment)
    events = _answered(calendar, addresses, recurrence_id)
    if all(_reply(event, addresses) == wanted for event in events):
        return False
    for event in events:
        _write_reply(event, addresses, wanted)
    return True


def mark(calendar: Component, recurrence_id: str, text: str) -> bool:
    """Write a mark or take it away; False when it is as it should be.

    Raises:
        CalendarRefused: ``gone``.
    """
    master, found = _master(calendar), _override(calendar, recurrence_id)
    event = found or master
    if event is None:
        raise CalendarRefused("gone")
    of = "" if found else recurrence_id
    new = Property(MARK, ((OCCURRENCE, of),) if of else (), escaped(text))
    lines = [line for line in event.lines if not _is_mark(read_line(line), of)]
    lines += [write_line(new)] if text else []
    is_new = lines != event.lines
    event.lines = lines
    return is_new


def move(calendar: Component, addresses: Sequence[str], span: Span) -> None:
    """Give the owner's single event another time, on the clock it was written in.

    Raises:
        CalendarRefused: ``gone`` or ``not_yours``.
        CalendarUnsupported: ``moves``: a series, or whole days.
    """
    events = list(calendar.all("VEVENT"))
    if not events:
        raise CalendarRefused("gone")
    organizer = events[0].first("ORGANIZER")
    if organizer is not None and not is_address(organizer, addresses):
        raise CalendarRefused("not_yours")
    event, start = events[0], events[0].first("DTSTART")
    repeats = len(events) > 1 or any(event.value(name) for name in _OF_THE_SERIES[:5])
    if repeats or start is None or _is_date(start):
        raise CalendarUnsupported("moves")
    end = event.first("DTEND") or start
    event.drop("DURATION")
    event.put(_at(start, "DTSTART", datetime.fromtimestamp(span.start, UTC)))
    event.put(_at(end, "DTEND", datetime.fromtimestamp(span.end, UTC)))
    sequence = event.value("SEQUENCE")
    event.put(Property("SEQUENCE", (), str(int(sequence) + 1 if sequence.isdecimal() else 1)))


def _answered(calendar: Component, addresses: Sequence[str], recurrence_id: str) -> list[Component]:
    """The VEVENTs an answer is written into."""
    master = _master(calendar)
    if recurrence_id:
        found = _override(calendar, recurrence_id)
        if found is None and master is not None:
            found = _new_override(calendar, master, recurrence_id)
        chosen = [found] if found else []
    elif master is not None:
        before = _reply(master, addresses)
        chosen = [
            each
            for each in calendar.all("VEVENT")
            if each is master or _reply(each, addresses) == before
        ]
    else:
        chosen = []
    if not chosen:
        raise CalendarRefused("gone")
    if any(_reply(each, addresses) is None for each in chosen):
        raise CalendarRefused("not_invited")
    return chosen


def _master(calendar: Component) -> Component | None:
    return next((e for e in calendar.all("VEVENT") if e.first("RECURRENCE-ID") is None), None)


def _override(calendar: Component, recurrence_id: str) -> Component | None:
    """The VEVENT of one occurrence; None for an empty id."""
    for event in calendar.all("VEVENT"):
        line = event.first("RECURRENCE-ID")
        if line is not None and _recurrence_id(line) == recurrence_id:
            return event
    return None


def _new_override(calendar: Component, master: Component, recurrence_id: str) -> Component:
    """One occurrence of its own, like the series at that time; without its alarms."""
    start, end = master.first("DTSTART"), master.first("DTEND")
    if start is None or not any(master.value(name) for name in ("RRULE", "RDATE")):
        raise CalendarRefused("gone")
    begins, first = _instant(start), _occurrence_start(recurrence_id)
    if first is None or _is_date(start) != (len(recurrence_id) == len("YYYYMMDD")):
        raise CalendarUnsupported("occurrence_replies")
    if begins is None:  # a zone that is not known: its wall clock cannot be written
        raise CalendarUnsupported("occurrence_replies")
    event = Component("VEVENT", "BEGIN:VEVENT\r\n", "END:VEVENT\r\n", list(master.lines))
    event.drop(*_OF_THE_SERIES)
    event.put(_at(start, "DTSTART", first))
    if end is not None:
        ends = _instant(end)
        if ends is None:
            raise CalendarUnsupported("occurrence_replies")
        event.put(_at(end, "DTEND", first + (ends - begins)))
    event.put(_at(start, "RECURRENCE-ID", first))
    calendar.children.append(event)
    return event


def _reply(event: Component, addresses: Sequence[str]) -> Reply | None:
    """The owner's answer, None when they are not among the attendees."""
    own = next((each for each in event.properties("ATTENDEE") if is_address(each, addresses)), None)
    if own is None:
        return None
    ours = (unescaped(each.value) for each in event.properties("COMMENT") if each.param(MARK))
    return Reply(own.param("PARTSTAT").upper() or "NEEDS-ACTION", next(ours, ""))


def _write_reply(event: Component, addresses: Sequence[str], reply: Reply) -> None:
    lines = []
    for line in event.lines:
        found = read_line(line)
        if found.name == "ATTENDEE" and is_address(found, addresses):
            lines.append(write_line(found.with_param("PARTSTAT", reply.answer)))
        elif not (found.name == "COMMENT" and found.param(MARK)):
            lines.append(line)
    if reply.comment:
        lines.append(write_line(Property("COMMENT", ((MARK, "1"),), escaped(reply.comment))))
    event.lines = lines


def _is_mark(line: Property, recurrence_id: str) -> bool:
    return line.name == MARK and line.param(OCCURRENCE) == recurrence_id


def _is_date(line: Property) -> bool:
    return line.param("VALUE").upper() == "DATE" or len(line.value.strip()) == len("YYYYMMDD")


def _instant(line: Property) -> datetime | None:
    """When a DTSTART or DTEND is; whole days as if in UTC. None without a known zone."""
    value = line.value.strip()
    try:
        if _is_date(line):
            return datetime.strptime(value, "%Y%m%d").replace(tzinfo=UTC)
        if value.endswith("Z"):
            return datetime.strptime(value, f"{_STAMP}Z").replace(tzinfo=UTC)
        tz = resolve(line.param("TZID"))
        if tz is None:
            return None
        wall = datetime.strptime(value, _STAMP).replace(tzinfo=ZoneInfo(tz))
        return wall.astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _occurrence_start(recurrence_id: str) -> datetime | None:
    """The instant of `bot.domain.invites.Occurrence.recurrence_id`."""
    return _instant(Property("RECURRENCE-ID", (), recurrence_id))


def _recurrence_id(line: Property) -> str:
    """A RECURRENCE-ID as `bot.domain.invites.Occurrence` has it; ``""`` when it is not known."""
    found = _instant(line)
    if found is None:
        return ""
    return found.strftime("%Y%m%d" if _is_date(line) else f"{_STAMP}Z")


def _at(like: Property, name: str, when: datetime) -> Property:
    """An instant in the form of another line: its zone, UTC, or a day."""
    if _is_date(like):
        return Property(name, (("VALUE", "DATE"),), _day(when).strftime("%Y%m%d"))
    tzid = like.param("TZID")
    tz = resolve(tzid) if tzid and not like.value.strip().endswith("Z") else None
    if tz is None:
        return Property(name, (), when.strftime(f"{_STAMP}Z"))
    return Property(name, (("TZID", tzid),), when.astimezone(ZoneInfo(tz)).strftime(_STAMP))


def _day(when: datetime) -> date:
    return when.astimezone(UTC).date()
