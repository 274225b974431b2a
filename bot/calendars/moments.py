"""Dates and times of a file, in zones that are known.

A zone's own definition (VTIMEZONE) is used only where its name says nothing, and only within the
file that brings it: it is renamed, and the library's memory of zones is emptied before each file.
"""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from bot.calendars.lines import Block, Line, NotRead
from bot.calendars.rules import Rule, read_rule
from bot.calendars.zones import resolve, well_known
from bot.domain.invites import Unclear

MOST_DATES = 1_000
MOST_OBSERVANCES = 60
LONGEST_NAME = 255
FIRST_YEAR = 1970
"""Exchange lets every zone begin in 1601, and each year since then is looked at for each time."""

_MOMENT = re.compile(r"\d{8}(?:T\d{6}Z?)?")
_PERIOD = re.compile(r"(\d{8}T\d{6}Z?)/(?:\d{8}T\d{6}Z?|P[0-9DHMSTW]+)")
_LENGTH = re.compile(
    r"\+?P(?:(?P<weeks>\d+)W)?(?:(?P<days>\d+)D)?"
    r"(?:T(?:(?P<hours>\d+)H)?(?:(?P<minutes>\d+)M)?(?:(?P<seconds>\d+)S)?)?"
)
_OFFSET = re.compile(r"[+-]\d{4}(?:\d\d)?")
_STAMP = re.compile(r"\d{8}T\d{6}Z")
DATE_LENGTH = len("20261027")
_YEARLY = frozenset(("YEARLY",))


def is_date(value: str) -> bool:
    """Whether a value is a date without a time."""
    return len(value) == DATE_LENGTH


def naive(value: str) -> datetime:
    """The wall time of a value; a date's is its midnight.

    Raises:
        NotRead: `Unclear.BROKEN` for a day or an hour that no calendar has.
    """
    form = "%Y%m%d" if is_date(value) else "%Y%m%dT%H%M%S"
    try:
        return datetime.strptime(value.removesuffix("Z"), form)  # noqa: DTZ007 - a wall time has no zone
    except ValueError as error:
        raise NotRead(Unclear.BROKEN) from error


def stamp(line: Line | None) -> int | None:
    """A time in UTC as epoch seconds; None for anything else."""
    if line is None or not _STAMP.fullmatch(line.value.upper()):
        return None
    return int(naive(line.value.upper()).replace(tzinfo=UTC).timestamp())


@dataclass(frozen=True, slots=True)
class Length:
    """A duration (RFC 5545 §3.3.6).

    Attributes:
        nominal: days, as long or short as the wall clock makes them.
        exact: hours, minutes and seconds, which no clock change touches.
    """

    nominal: timedelta
    exact: timedelta

    @classmethod
    def of(cls, value: str) -> "Length":
        """The length of a DURATION's value.

        Raises:
            NotRead: `Unclear.BROKEN` when it is none, or goes back in time.
        """
        found = _LENGTH.fullmatch(value)
        if found is None:
            raise NotRead(Unclear.BROKEN)
        parts = {name: int(number or 0) for name, number in found.groupdict().items()}
        nominal = timedelta(weeks=parts.pop("weeks"), days=parts.pop("days"))
        return cls(nominal, timedelta(**parts))

    def after(self, start: date) -> date:
        """The end of what starts then: a day for a day, an aware time for one."""
        end = start + self.nominal
        exact = end.astimezone(UTC) if isinstance(end, datetime) and self.exact else end
        return exact + self.exact


class Zones:
    """The zones of one file.

    Args:
        calendar: the VCALENDAR.
        own: the owner's zone, for times without one.
    """

    def __init__(self, calendar: Block, own: str) -> None:
        self._own = own
        self._defined = {block.text("TZID"): block for block in calendar.inner("VTIMEZONE")}
        self._used: dict[str, str] = {}

    def key(self, tzid: str) -> str:
        """What a TZID is called from here on: an IANA key, or a name of this file alone.

        Raises:
            NotRead: `Unclear.ZONE`.
        """
        if len(tzid) > LONGEST_NAME:
            raise NotRead(Unclear.ZONE)
        found = well_known(tzid)
        if found is None and tzid in self._defined:
            return self._used.setdefault(tzid, f"own-{len(self._used)}")
        found = found or resolve(tzid)
        if found is None:
            raise NotRead(Unclear.ZONE)
        return found

    def tzid(self, line: Line, value: str, *, is_shared: bool) -> str:
        """The zone that holds for a value; ``""`` for a date or a time in UTC.

        Raises:
            NotRead: `Unclear.ZONE` when it has none and somebody else is meant as well.
        """
        if is_date(value) or value.endswith("Z"):
            return ""
        named = line.param("TZID")
        if not named and is_shared:
            raise NotRead(Unclear.ZONE)
        return self.key(named) if named else self._own

    def written(self, line: Line, *, is_shared: bool) -> str:
        """The line as the library gets it.

        Raises:
            NotRead: `Unclear.BROKEN`, `Unclear.ZONE`, or `Unclear.RULE` for too many dates.
        """
        values = line.value.strip(",").split(",")
        if len(values) > MOST_DATES:
            raise NotRead(Unclear.RULE)
        is_period = "/" in line.value
        form = _PERIOD if is_period else _MOMENT
        if not all(form.fullmatch(value) for value in values):
            raise NotRead(Unclear.BROKEN)
        starts = [value.partition("/")[0] for value in values]
        if len({(is_date(start), start.endswith("Z")) for start in starts}) > 1:
            raise NotRead(Unclear.BROKEN)
        params = ";VALUE=PERIOD" if is_period else ";VALUE=DATE" if is_date(starts[0]) else ""
        if line.param("RANGE").upper() == "THISANDFUTURE":
            params += ";RANGE=THISANDFUTURE"
        tzid = self.tzid(line, starts[0], is_shared=is_shared)
        return f"{line.name}{params}{f';TZID={tzid}' if tzid else ''}:{','.join(values)}"

    def definitions(self) -> list[str]:
        """The lines of the VTIMEZONEs that were asked for, under their new names.

        Raises:
            NotRead: `Unclear.ZONE` when one of them is not sound.
        """
        lines = []
        for tzid, name in self._used.items():
            lines += ["BEGIN:VTIMEZONE", f"TZID:{name}"]
            observances = self._defined[tzid].blocks
            if not 1 <= len(observances) <= MOST_OBSERVANCES:
                raise NotRead(Unclear.ZONE)
            for block in observances:
                lines += _observance(block)
            lines.append("END:VTIMEZONE")
        return lines


def until(start: Line, value: str) -> str:
    """UNTIL in the form of DTSTART: a date, or a time; without a zone it is DTSTART's.

    A date means the whole of that day.
    """
    if is_date(start.value):
        return value[:DATE_LENGTH]
    return f"{value}T235959" if is_date(value) else value


def _observance(block: Block) -> list[str]:
    """One part of a zone's definition (RFC 5545 §3.6.5), beginning yearly or on given days."""
    values = {line.name: line.value.upper() for line in block.lines}
    offsets = [values.get("TZOFFSETFROM", ""), values.get("TZOFFSETTO", "")]
    if (
        block.name not in {"STANDARD", "DAYLIGHT"}
        or not all(_OFFSET.fullmatch(offset) for offset in offsets)
        or not _MOMENT.fullmatch(values.get("DTSTART", ""))
    ):
        raise NotRead(Unclear.ZONE)
    start = naive(values["DTSTART"])
    rule = _yearly(values["RRULE"]) if "RRULE" in values else None
    if rule is not None and rule.is_endless and start.year < FIRST_YEAR:
        start = start.replace(year=FIRST_YEAR, day=min(start.day, 28))
    lines = [
        f"BEGIN:{block.name}",
        f"DTSTART:{start:%Y%m%dT%H%M%S}",
        f"TZOFFSETFROM:{offsets[0]}",
        f"TZOFFSETTO:{offsets[1]}",
    ]
    if rule is not None:
        lines.append(f"RRULE:{rule.text}")
    for line in block.every("RDATE"):
        dates = [value.removesuffix("Z") for value in line.value.split(",")]
        if len(dates) > MOST_OBSERVANCES or not all(_MOMENT.fullmatch(value) for value in dates):
            raise NotRead(Unclear.ZONE)
        lines.append(f"RDATE:{','.join(dates)}")
    return [*lines, f"END:{block.name}"]


def _yearly(value: str) -> Rule:
    try:
        return read_rule(value, frequencies=_YEARLY)
    except NotRead as error:
        raise NotRead(Unclear.ZONE) from error
