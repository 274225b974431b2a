"""When a calendar's events take place: the guards around `icalendar` and `recurring_ical_events`.

This is the one module that imports them, and it is imported only where a hostile file may do no
harm (`bot.calendars.reader`). They see what `bot.calendars.rewriting` writes, and nothing else.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

import recurring_ical_events  # type: ignore[import-untyped]  # it ships annotations, but no marker
from icalendar import Calendar, Component
from icalendar.timezone import tzp

from bot.calendars.lines import Block, NotRead
from bot.calendars.moments import Length
from bot.calendars.rewriting import LONGEST_REPEATED, NUMBER, Event, rewrite
from bot.domain.instants import epoch, start_instant, utc, wall
from bot.domain.invites import Unclear
from bot.domain.spans import Span

MOST_OCCURRENCES = 600
LONGEST = timedelta(days=800)

_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Instance:
    """One occurrence.

    Attributes:
        number: which of the given events it comes from.
        recurrence_id: as in `bot.domain.invites.Occurrence`.
        series_at: as there.
    """

    number: int
    span: Span
    recurrence_id: str
    series_at: int
    is_all_day: bool
    is_recurring: bool


@dataclass(frozen=True, slots=True)
class _Plan:
    """One of the given events, now that its zones are known.

    Attributes:
        component: as the library read it.
        start_at: of the event as the file has it.
        periods: ends of the occurrences that came with one of their own, by start.
    """

    event: Event
    component: Component
    start_at: int
    periods: dict[int, date]

    def end(self, found: Component) -> date:
        """The end of one of its occurrences; the library has every length on the wall clock."""
        start = _at(found, "DTSTART")
        if isinstance(start, datetime) and epoch(start) in self.periods:
            return self.periods[epoch(start)]
        return self.event.length.after(start) if self.event.length else _at(found, "DTEND")


def expand(
    calendar: Block, events: Sequence[Block], shared: Sequence[bool], window: Span, tz: str
) -> Iterator[Instance]:
    """The occurrences that touch the window, in no particular order; arguments as `rewrite`'s.

    Raises:
        NotRead: when any of the events cannot be relied on.
    """
    written, file = rewrite(calendar, events, shared, window, tz)
    tzp.use_default()  # forgets the zones that earlier files defined
    library = Calendar.from_ical(file)
    plans = [
        _plan(component, event, tz)
        for component, event in zip(library.walk("VEVENT"), written, strict=True)
    ]
    mains = {plan.event.uid: plan.start_at for plan in plans if not plan.event.is_change}
    for component in _found(library, window):
        number = int(str(component[NUMBER]))
        plan = plans[number]
        event, own = plan.event, plan.start_at
        original = _original(component, plan.component)
        span = _span(_at(component, "DTSTART"), plan.end(component), tz)
        if _touches(span, window):
            is_kept = event.is_change and span.start == _instant(original, tz)
            yield Instance(
                number=number,
                span=span,
                recurrence_id=_recurrence_id(original) if event.is_recurring else "",
                series_at=mains.get(event.uid, own) if is_kept else own,
                is_all_day=not isinstance(_at(component, "DTSTART"), datetime),
                is_recurring=event.is_recurring,
            )


def _plan(component: Component, event: Event, tz: str) -> _Plan:
    _check(component, event)
    start = _at(component, "DTSTART")
    if isinstance(start, datetime):
        _end_rules(component, start)
    return _Plan(event, component, _instant(start - event.moved, tz), dict(_periods(component)))


def _every(component: Component, name: str) -> list[Any]:
    """All properties of a name; mypy knows no property's kind by its name."""
    found: Any = component.get(name, [])
    return found if isinstance(found, list) else [found]


def _end_rules(component: Component, start: datetime) -> None:
    """Let UNTIL be in UTC; the library takes a wall time for that without a look at the zone."""
    for rule in _every(component, "RRULE"):
        for until in rule.get("UNTIL", ()):
            if until.tzinfo is None:
                rule["UNTIL"] = [until.replace(tzinfo=start.tzinfo).astimezone(UTC)]


def _periods(component: Component) -> Iterator[tuple[int, date]]:
    """Start and end of each period of RDATE; whole days of its length are the wall clock's."""
    for dates in _every(component, "RDATE"):
        for each in dates.dts:
            if isinstance(each.dt, tuple):
                start, end = each.dt
                if isinstance(end, timedelta):
                    days = timedelta(days=end.days)
                    end = Length(days, end - days).after(start)
                _check_repeated(end - start)
                yield epoch(start), end


def _found(library: Component, window: Span) -> list[Component]:
    query = recurring_ical_events.of(library, components=["VEVENT"])
    found: list[Component] = query.between(utc(window.start) - 2 * _DAY, utc(window.end) + 2 * _DAY)
    if len(found) > MOST_OCCURRENCES:
        raise NotRead(Unclear.RULE)
    return found


def _at(component: Component, name: str) -> date:
    """A date or an aware time of a component; mypy knows no property's kind by its name."""
    value: Any = component[name]
    moment: date = value.dt
    if isinstance(moment, datetime) and moment.tzinfo is None:
        raise NotRead(Unclear.ZONE)
    return moment


def _check(component: Component, event: Event) -> None:
    """The length of an event, now that its zones are known."""
    start = _at(component, "DTSTART")
    end = start
    if "DTEND" in component:
        end = _at(component, "DTEND")
    elif "DURATION" in component:
        duration: Any = component["DURATION"]
        end = start + duration.dt
    if event.is_recurring:
        _check_repeated(end - start)
    if end < start:
        raise NotRead(Unclear.BROKEN)
    if end - start > LONGEST:
        raise NotRead(Unclear.SIZE)


def _check_repeated(length: timedelta) -> None:
    if length < timedelta():
        raise NotRead(Unclear.BROKEN)
    if length > LONGEST_REPEATED:
        raise NotRead(Unclear.RULE)


def _original(component: Component, event: Component) -> date:
    """The start that the rule gave this occurrence.

    The library gives all that follow a change (RANGE=THISANDFUTURE) the identity of its first.
    """
    start = _at(component, "DTSTART")
    if "RECURRENCE-ID" not in event:
        return start
    changed, identity = _at(event, "RECURRENCE-ID"), event["RECURRENCE-ID"]
    if "RANGE" not in identity.params:
        return changed
    first = _at(event, "DTSTART")
    if isinstance(first, datetime) != isinstance(changed, datetime):
        raise NotRead(Unclear.RULE)
    return start - (first - changed)


def _span(start: date, end: date, tz: str) -> Span:
    """From start to end; a day at least where it is all-day, and never backwards.

    A start in the hour that a clock change leaves out can come after the end, which lies behind it.
    """
    if not isinstance(start, datetime):
        end = max(end, start + _DAY)
    start_at, end_at = _instant(start, tz), _instant(end, tz)
    if end_at < start_at:
        end_at = start_at + int((end - start).total_seconds())
    return Span(start_at, end_at)


def _instant(moment: date, tz: str) -> int:
    """Epoch seconds; a day begins at midnight where the owner is."""
    return epoch(moment) if isinstance(moment, datetime) else start_instant(wall(moment, 0), tz)


def _recurrence_id(original: date) -> str:
    if isinstance(original, datetime):
        return f"{original.astimezone(UTC):%Y%m%dT%H%M%SZ}"
    return f"{original:%Y%m%d}"


def _touches(span: Span, window: Span) -> bool:
    return span.start < window.end and (span.end > window.start or span.start >= window.start)
