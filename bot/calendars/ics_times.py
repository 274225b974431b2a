"""The times of a calendar file, for those who change one: read here as they are read elsewhere.

A zone is what `bot.calendars.moments` takes it for, with one exception: a zone that only the file
itself defines is not known here. Its times are not read, and nothing is written in it.
"""

from datetime import UTC, datetime, timedelta, tzinfo
from zoneinfo import ZoneInfo

from bot.calendars.ics_text import Component
from bot.calendars.lines import Line
from bot.calendars.zones import resolve, well_known

DATE_LENGTH = len("20261027")
_DATE, _TIME = "%Y%m%d", "%Y%m%dT%H%M%S"
_LONGEST_CHANGE = timedelta(hours=3)
"""No clock change is longer, but for the two that left out a day."""


class Clock:
    """The times of one file."""

    def __init__(self, calendar: Component) -> None:
        named = (zone.first("TZID") for zone in calendar.all("VTIMEZONE"))
        self._defined = {line.text for line in named if line is not None}

    def instant(self, line: Line) -> datetime | None:
        """When a date or time is, in UTC; days as if they were UTC's. None without a known zone."""
        zone = self._zone(line)
        form = _DATE if is_date(line) else _TIME
        try:
            wall = datetime.strptime(line.value.removesuffix("Z"), form)  # noqa: DTZ007 - its zone is another parameter
            return wall.replace(tzinfo=zone).astimezone(UTC) if zone else None
        except (ValueError, OverflowError):
            return None

    def written(self, *times: tuple[str, Line, datetime]) -> list[Line]:
        """Instants of one event, each with its name and in the form of a line: its zone, or a day.

        UTC where that form cannot say it: in no known zone, and all of them where one lies in the
        second of two hours of the same name. Ends in different zones are read as a length.
        """
        is_second = any(
            when.astimezone(self._zone(like)).fold
            for _, like, when in times
            if self._zone(like) is not None
        )
        return [self._line(*each, in_utc=is_second) for each in times]

    def _line(self, name: str, like: Line, when: datetime, *, in_utc: bool) -> Line:
        if is_date(like):
            return Line(name, f"{name};VALUE=DATE", when.strftime(_DATE))
        zone = self._zone(like)
        if zone in {None, UTC} or in_utc:
            return Line(name, name, f"{when.astimezone(UTC):{_TIME}}Z")
        wall = when.astimezone(zone).strftime(_TIME)
        return Line(name, name, wall).with_param("TZID", like.param("TZID"))

    def end(self, start: Line, end: Line, first: datetime) -> datetime | None:
        """The end of the occurrence that begins at ``first``, of a series with these two lines.

        As long as the series' own on the clock of its zone, where both ends are in the same one;
        None when it is not known.
        """
        begins, ends, zone = self.instant(start), self.instant(end), self._zone(start)
        if begins is None or ends is None or zone is None:
            return None
        length = ends - begins
        if zone == self._zone(end):
            length = ends.astimezone(zone) - begins.astimezone(zone)
        found = (first.astimezone(zone) + length).astimezone(UTC)
        return found if found >= first else None

    def recurrence_id(self, line: Line, *, is_day: bool) -> str:
        """As `bot.domain.invites.Occurrence` has it; ``""`` when it is not known.

        Args:
            line: the RECURRENCE-ID.
            is_day: the series is of whole days; then this is one, whatever the file writes.
        """
        if is_day:
            return line.value[:DATE_LENGTH]
        found = self.instant(line)
        return f"{found:{_TIME}}Z" if found else ""

    def is_skipped(self, like: Line, first: datetime) -> bool:
        """Whether a rule on this line's clock may mean a time that a clock change leaves out.

        It is as far behind the change then as it was meant to be before it.
        """
        zone = self._zone(like)
        if zone is None or is_date(like):
            return False
        wall, before = first.astimezone(zone), (first - _LONGEST_CHANGE).astimezone(zone)
        change = (wall.utcoffset() or timedelta()) - (before.utcoffset() or timedelta())
        return change > timedelta() and (wall - change).astimezone(UTC) == first

    def _zone(self, line: Line) -> tzinfo | None:
        if is_date(line) or line.value.endswith("Z"):
            return UTC
        tzid = line.param("TZID")
        key = well_known(tzid)
        if key is None and tzid not in self._defined:
            key = resolve(tzid)
        return ZoneInfo(key) if key else None


def is_date(line: Line) -> bool:
    """Whether a value is a date without a time."""
    return len(line.value) == DATE_LENGTH


def occurrence_start(recurrence_id: str) -> datetime | None:
    """The instant of `bot.domain.invites.Occurrence.recurrence_id`; a day's as if in UTC."""
    form = _DATE if len(recurrence_id) == DATE_LENGTH else f"{_TIME}Z"
    try:
        return datetime.strptime(recurrence_id, form).replace(tzinfo=UTC)
    except ValueError:
        return None
