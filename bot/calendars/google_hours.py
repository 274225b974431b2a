"""Working hours out of Google's working locations.

Google Calendar's own working hours cannot be read by any programme. Where somebody says from where
they work, it says when: an event with times means these times, and one for the whole day means
that they work that day, for which nine to five is suggested.
"""

from collections.abc import Iterable, Iterator
from datetime import date, datetime, timedelta

from bot.calendars.google_events import Event, instant
from bot.domain.instants import local
from bot.domain.notation import format_weekly
from bot.domain.schedule import DAY_MIN, WEEKDAY_NAMES, Interval, WeeklyHours
from bot.domain.spans import Span, merge
from bot.errors import BadInput

USUAL_DAY = Span(9 * 60, 17 * 60)
MOST_DAYS = 31
"""Of one event for whole days; a longer one says nothing about a week."""


def weekly_hours(events: Iterable[Event], tz: str) -> str:
    """The week in the notation of `bot.domain.notation`; ``""`` when there is nothing to go by.

    What is different from one week to the next is put together.
    """
    timed: dict[date, list[Span]] = {}
    whole: set[date] = set()
    try:
        for event in events:
            if event.start.date:
                whole.update(_days(event))
            else:
                on, span = _minutes(event, tz)
                timed.setdefault(on, []).append(span)
        by_date = {on: [USUAL_DAY] for on in whole} | timed
        return format_weekly(WeeklyHours(tuple(_week(by_date))))
    except (BadInput, ValueError, OverflowError):
        return ""  # times that make no week: the person says it better


def _week(by_date: dict[date, list[Span]]) -> Iterator[tuple[Interval, ...]]:
    for weekday in range(len(WEEKDAY_NAMES)):
        spans = [span for on, there in by_date.items() if on.weekday() == weekday for span in there]
        yield tuple(Interval(*span) for span in merge(spans))


def _days(event: Event) -> Iterator[date]:
    first_on, after_on = (date.fromisoformat(when.date) for when in (event.start, event.end))
    for ahead in range(min((after_on - first_on).days, MOST_DAYS)):
        yield first_on + timedelta(ahead)


def _minutes(event: Event, tz: str) -> tuple[date, Span]:
    """The day it starts on, and its wall-clock minutes from that day's 00:00."""
    start, end = (local(instant(when, tz), tz) for when in (event.start, event.end))
    return start.date(), Span(_since(start.date(), start), _since(start.date(), end))


def _since(on: date, at: datetime) -> int:
    return (at.date() - on).days * DAY_MIN + at.hour * 60 + at.minute
