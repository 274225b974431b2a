"""Events written anew for a library that would believe anything.

Dates and rules are checked, zones get names of their own, exceptions get the form of what they are
exceptions to, and a series that began long ago begins shortly before the window. Nothing that was
not asked for gets through.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from bot.calendars.lines import Block, Line, NotRead
from bot.calendars.moments import DATE_LENGTH, Length, Zones, is_date, naive, until
from bot.calendars.rules import Rule, read_rule
from bot.domain.instants import utc
from bot.domain.invites import Unclear
from bot.domain.spans import Span

NUMBER = "X-OFFHOURS-NUMBER"
"""Tells which of the given events a component is, or is an occurrence of."""

MOST_RULES = 3
LONGEST_REPEATED = timedelta(days=30)

_ANY_ZONE = timedelta(days=3)
"""Between a wall clock anywhere and UTC, with room to spare."""

_SEQUENCE_DIGITS = 9


@dataclass(frozen=True, slots=True)
class Event:
    """An event as the library gets it.

    Attributes:
        uid: as in the file.
        lines: its properties, but for the UID.
        length: what it has instead of an end.
        moved: how far its start was put forward, towards the window.
        is_recurring: it repeats, or is one occurrence of what does.
        is_change: it takes the place of one occurrence, or of all from there on.
    """

    uid: str
    lines: tuple[str, ...]
    length: Length | None
    moved: timedelta
    is_recurring: bool
    is_change: bool


@dataclass(frozen=True, slots=True)
class _Series:
    """What the events of one file say about each other.

    Attributes:
        all_day: for each UID that has a series or a single event, whether it is of whole days.
        ranged: UIDs in which one change holds for all that follow.
    """

    all_day: dict[str, bool]
    ranged: frozenset[str]


def rewrite(
    calendar: Block, events: Sequence[Block], shared: Sequence[bool], window: Span, tz: str
) -> tuple[list[Event], bytes]:
    """The events one by one, in the order given, and the file they make.

    Args:
        calendar: the VCALENDAR they are in, for its zones.
        events: its VEVENTs.
        shared: for each, whether somebody else is meant as well; a time without a zone says
            nothing then.
        window: where occurrences will be looked for.
        tz: the owner's zone.

    Raises:
        NotRead: when any of them cannot be relied on.
    """
    if calendar.text("CALSCALE").upper() not in {"", "GREGORIAN"}:
        raise NotRead(Unclear.BROKEN)
    zones = Zones(calendar, tz)
    changes = {block.text("UID"): block.first("RECURRENCE-ID") for block in events}
    series = _Series(
        {
            block.text("UID"): is_date(_start(block).value)
            for block in events
            if block.first("RECURRENCE-ID") is None
        },
        frozenset(uid for uid, change in changes.items() if change and change.param("RANGE")),
    )
    written = [
        _event(block, zones, series, window, is_shared=is_shared)
        for block, is_shared in zip(events, shared, strict=True)
    ]
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//Offhours//", *zones.definitions()]
    uids = {uid: number for number, uid in enumerate(changes)}
    for number, event in enumerate(written):
        named = [f"UID:{uids[event.uid]}", f"{NUMBER}:{number}"]
        lines += ["BEGIN:VEVENT", *named, *event.lines, "END:VEVENT"]
    return written, "\r\n".join([*lines, "END:VCALENDAR", ""]).encode()


def sequence(block: Block) -> int:
    """SEQUENCE; 0 when it is missing or no sensible number."""
    value = block.text("SEQUENCE")
    return int(value) if value.isdecimal() and len(value) <= _SEQUENCE_DIGITS else 0


def _event(block: Block, zones: Zones, series: _Series, window: Span, *, is_shared: bool) -> Event:
    uid = block.text("UID")
    start, end = _start(block), block.first("DTEND")
    if end is not None and is_date(end.value) != is_date(start.value):
        raise NotRead(Unclear.BROKEN)
    rules = _rules(block)
    moved = timedelta()
    if len(rules) == 1 and uid not in series.ranged and _is_movable(start, end):
        before = utc(window.start).replace(tzinfo=None) - _ANY_ZONE - LONGEST_REPEATED
        moved = rules[0].steps(naive(start.value), before)
    change = block.first("RECURRENCE-ID")
    ends = [line for line in (start, end) if line is not None]
    dates = [
        *(_put_forward(line, moved) for line in ends),
        *_exceptions(block, is_day=is_date(start.value)),
        *([] if change is None else [_identity(change, series, uid)]),
    ]
    lines = [f"SEQUENCE:{sequence(block)}"]
    lines += [zones.written(line, is_shared=is_shared) for line in dates]
    lines += [_ruled(rule, start) for rule in rules]
    duration = block.text("DURATION").upper() if end is None else ""
    if duration:
        lines.append(f"DURATION:{duration}")
    length = Length.of(duration) if duration else None
    repeats = bool(rules) or block.first("RDATE") is not None
    is_change = change is not None
    return Event(uid, tuple(lines), length, moved, repeats or is_change, is_change)


def _start(block: Block) -> Line:
    start = block.first("DTSTART")
    if start is None:
        raise NotRead(Unclear.BROKEN)
    return start


def _rules(block: Block) -> list[Rule]:
    lines = block.every("RRULE")
    if len(lines) > MOST_RULES or block.first("EXRULE"):
        raise NotRead(Unclear.RULE)
    return [read_rule(line.value) for line in lines]


def _ruled(rule: Rule, start: Line) -> str:
    ended = rule.ending(until(start, rule.until)) if rule.until else rule
    return f"RRULE:{ended.text}"


def _is_movable(start: Line, end: Line | None) -> bool:
    """Moving both ends keeps the length where both follow the same zone."""
    return end is None or (
        end.param("TZID") == start.param("TZID")
        and end.value.endswith("Z") == start.value.endswith("Z")
    )


def _put_forward(line: Line, by: timedelta) -> Line:
    if not by:
        return line
    moved = naive(line.value) + by
    form = "%Y%m%d" if is_date(line.value) else "%Y%m%dT%H%M%S"
    return replace(line, value=f"{moved:{form}}{'Z' if line.value.endswith('Z') else ''}")


def _exceptions(block: Block, *, is_day: bool) -> Iterator[Line]:
    """Dates added and left out; those of a series of days are days, whatever the file writes."""
    for line in (*block.every("RDATE"), *block.every("EXDATE")):
        if line.value:
            yield _as_days(line) if is_day else line


def _identity(change: Line, series: _Series, uid: str) -> Line:
    """RECURRENCE-ID in the form of the series' own start, as far as that is in the same file."""
    is_day = series.all_day.get(uid, is_date(change.value))
    if is_day:
        return _as_days(change)
    if is_date(change.value):
        raise NotRead(Unclear.BROKEN)
    return change


def _as_days(line: Line) -> Line:
    return replace(line, value=",".join(value[:DATE_LENGTH] for value in line.value.split(",")))
