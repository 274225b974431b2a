"""Meetings of a past week as the facts a summary counts, from what calendars held."""

from collections.abc import Iterable, Iterator
from datetime import timedelta

from bot.digest.facts import MeetingFact
from bot.domain.availability import Pattern
from bot.domain.handling import Handling
from bot.domain.instants import HOUR_S, MINUTE_S, local, start_instant, wall
from bot.domain.invites import Answer
from bot.domain.spans import Span
from bot.services.directory import Directory, Place
from bot.storage.occurrences import OccurrenceRow

MEETS = 2
"""So many people make a meeting."""


def meeting_facts(
    directory: Directory, place: Place, rows: Iterable[OccurrenceRow]
) -> Iterator[MeetingFact]:
    """The meetings among the rows, by the minutes outside hours of when each was last judged.

    What the policy's tolerance at opening and closing lets pass is nothing outside hours.
    """
    tolerance_min = place.policy.edge_tolerance_min
    for row in rows:
        person = directory.person(place, row.user_id)
        if person is None or not is_meeting(row):
            continue
        outside_min = row.outside_min if row.outside_min > tolerance_min else 0
        pattern = person.timeline.availability.pattern
        yield MeetingFact(
            user_id=row.user_id,
            minutes=(row.end_at - row.start_at) // MINUTE_S,
            outside_min=outside_min,
            ahead_h=-((row.booked_at - row.start_at) // HOUR_S),
            weekend_min=min(outside_min, weekend_min(pattern, row.span)),
            organizer_id=row.organizer_id,
        )


def is_meeting(row: OccurrenceRow) -> bool:
    """Whether it took, or may have taken, its owner's time together with others.

    What is held until they are back was not agreed to.
    """
    left_out = row.is_all_day or row.is_transparent or row.end_at - row.start_at < MINUTE_S
    refused = row.answer is Answer.DECLINED or row.handled.state is Handling.HELD
    return row.attendee_count >= MEETS and not left_out and not refused


def weekend_min(pattern: Pattern, span: Span) -> int:
    """How many minutes of ``span`` lie on weekdays on which the person's week has no hours."""
    seconds = 0
    day = local(span.start, pattern.tz).date()
    while (begins_at := start_instant(wall(day, 0), pattern.tz)) < span.end:
        ends_at = start_instant(wall(day + timedelta(1), 0), pattern.tz)
        if not pattern.weekly.days[day.weekday()]:
            seconds += max(0, min(ends_at, span.end) - max(begins_at, span.start))
        day += timedelta(1)
    return -(-seconds // MINUTE_S)
