"""An absence of somebody's calendar as a layer of their time."""

from datetime import datetime, time, timedelta

from bot.domain.instants import HOUR_S, local
from bot.domain.schedule import Override, OverrideKind
from bot.domain.spans import Span

HALF_DAY_S = 12 * HOUR_S


def out_of_office(span: Span, tz: str, *, is_all_day: bool, seen_at: int = 0) -> Override | None:
    """Away for ``span`` on the clocks of ``tz``; None for a span without length.

    What the calendar calls it is nobody's business, so it has no label.

    Args:
        span: epoch seconds.
        tz: the person's zone.
        is_all_day: ``span`` are whole days, from midnight to midnight.
        seen_at: epoch second; the newer of two equally long absences wins.
    """
    if span.end <= span.start:
        return None
    start, end = _days(span, tz) if is_all_day else _clocks(span, tz)
    return Override(OverrideKind.OFF, start, end, created_at=seen_at)


def _days(span: Span, tz: str) -> tuple[datetime, datetime]:
    """The midnights. By the noons after them: the person may have changed zones since."""
    first_on, after_on = (local(at + HALF_DAY_S, tz).date() for at in span)
    after_on = max(after_on, first_on + timedelta(1))
    return datetime.combine(first_on, time()), datetime.combine(after_on, time())


def _clocks(span: Span, tz: str) -> tuple[datetime, datetime]:
    """What the clocks show, the seconds cut off and filled up.

    Where an hour comes twice, the end may show an earlier time than the start: the absence then
    covers both hours, for an override starts in the first and ends in the second.
    """
    minute = timedelta(minutes=1)
    started, ended = (local(at, tz).replace(tzinfo=None) for at in (span.start, span.end - 1))
    first, last = sorted(each.replace(second=0) for each in (started, ended))
    return first, last + minute
