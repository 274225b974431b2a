"""Working hours that a connected calendar knows, as a suggestion to its owner and nobody else."""

from dataclasses import dataclass

from bot.calendars.base import HoursFound
from bot.domain import notation
from bot.domain.instants import WEEK_S, utc, zone
from bot.errors import (
    BadInput,
    CalendarAway,
    CalendarError,
    CalendarSignedOut,
    Misconfigured,
    NotPossible,
)
from bot.log import log
from bot.services.calendar_access import CalendarAccess
from bot.services.hours import Calendar, Hours
from bot.storage import calendars
from bot.storage.database import Database
from bot.words import calendar_hours as words

QUARTERS = (0, 13, 26, 39)
"""Weeks from now at which two zones are compared: clock changes lie between them."""


@dataclass(frozen=True, slots=True)
class Suggestion:
    """What a calendar says, beside what holds.

    Attributes:
        source: the provider, as in `HoursFound`.
        weekly: in the notation of `bot.domain.notation`.
        tz: the zone the hours are meant in; empty where its clocks show what the person's do, or
            where it is not known.
        calendar: the person's own, as it is.
    """

    source: str
    weekly: str
    tz: str
    calendar: Calendar

    @property
    def is_news(self) -> bool:
        """Whether taking it would change anything."""
        pattern = self.calendar.pattern
        is_same = pattern.own_hours and notation.format_weekly(pattern.weekly) == self.weekly
        return bool(self.tz) or not is_same


class HoursImport:
    """Use cases on hours that a calendar knows."""

    def __init__(self, database: Database, access: CalendarAccess, hours: Hours) -> None:
        self._database = database
        self._access = access
        self._hours = hours

    async def found(self, workspace_id: str, user_id: str) -> HoursFound | None:
        """What the calendar says, None when it does not know. Asks its server, and may be slow.

        Hours that cannot be read are none; of a zone that is not known only the hours are left.

        Raises:
            NotPossible: there is no calendar, or it did not answer; says which.
        """
        async with self._database.reading() as tx:
            row = await calendars.one(tx, workspace_id, user_id)
        if row is None:
            raise NotPossible(words.NOT_CONNECTED)
        try:
            found = await (await self._access.account(row)).hours()
        except (CalendarError, Misconfigured) as error:
            log.info("hours.not_found", user_id=user_id, kind=row.provider, exc=error)
            raise NotPossible(_sentence(error)) from error
        return None if found is None else _readable(found)

    async def suggestion(self, workspace_id: str, user_id: str) -> Suggestion | None:
        """The same beside what holds, None when there is nothing to suggest.

        Raises:
            NotPossible: as `found`.
        """
        found = await self.found(workspace_id, user_id)
        if found is None:
            return None
        calendar = await self._hours.calendar(workspace_id, user_id)
        same_clocks = found.tz and _same_clocks(found.tz, calendar.person.tz, calendar.at)
        tz = "" if same_clocks else found.tz
        return Suggestion(found.source, found.weekly, tz, calendar)

    async def take(
        self, workspace_id: str, user_id: str, weekly: str, tz: str
    ) -> tuple[Calendar, Calendar]:
        """Set what was suggested, as if it had been typed. The calendar before and after.

        Raises:
            BadInput: hours or a zone that nobody suggested.
        """
        hours = notation.parse_weekly(weekly)
        before = await self._hours.calendar(workspace_id, user_id)
        after = await self._hours.set_weekly(workspace_id, user_id, hours, tz=tz or None)
        log.info("hours.imported", workspace_id=workspace_id, user_id=user_id)
        return before, after


def _sentence(error: CalendarError | Misconfigured) -> str:
    match error:
        case CalendarSignedOut():
            return words.SIGNED_OUT
        case CalendarAway():
            return words.AWAY
        case CalendarError():
            return words.REFUSED
        case _:
            return words.BROKEN


def _readable(found: HoursFound) -> HoursFound | None:
    """The hours as this program writes them, in a zone it knows or none."""
    try:
        weekly = notation.format_weekly(notation.parse_weekly(found.weekly))
    except BadInput as error:
        log.warning("hours.not_read", kind=found.source, exc=error)
        return None
    try:
        tz = zone(found.tz).key if found.tz else ""
    except BadInput:
        tz = ""
    return HoursFound(weekly, tz, found.source)


def _same_clocks(one: str, other: str, now: int) -> bool:
    """Whether the clocks of two zones show the same, now and over the year."""
    instants = [utc(now + weeks * WEEK_S) for weeks in QUARTERS]
    return all(
        at.astimezone(zone(one)).utcoffset() == at.astimezone(zone(other)).utcoffset()
        for at in instants
    )
