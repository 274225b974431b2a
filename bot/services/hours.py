"""A person's own calendar: what they set, and how it works out.

Every change is one transaction on one person, after which the compiled people are brought up to
date. Days and hours are wall time in the person's zone.
"""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from bot.domain import notation
from bot.domain.availability import Pattern
from bot.domain.contact import Person
from bot.domain.instants import end_instant, local, start_instant, zone
from bot.domain.schedule import (
    HolidayRegion,
    Override,
    OverrideKind,
    QuietWindow,
    WeeklyHours,
    parse_region,
)
from bot.errors import BadInput, NotPossible, Refused, SlackError
from bot.services.directory import Directory
from bot.services.ports import Messenger, SlackUser
from bot.storage import people, workspaces
from bot.storage.database import Database, Transaction
from bot.storage.people import PersonRow
from bot.words import hours as words

MOST_WINDOWS = 20
MOST_EXCEPTIONS = 50
KEPT_SPAN = timedelta(days=30)
"""Exceptions are forgotten so long after they are over."""


@dataclass(frozen=True, slots=True)
class Calendar:
    """One person's calendar at the instant ``at``.

    Attributes:
        default_hours: the organisation's, followed by whoever set none.
        wall_now: ``at`` on the person's own clocks, naive and cut to the minute.
        exceptions: days off and extra hours not yet over, in the order of their numbers.
        quiet_now: one-off quiet times not yet over, numbered behind the weekly windows.
    """

    person: Person
    tz_pinned: bool
    default_hours: WeeklyHours
    at: int
    wall_now: datetime
    exceptions: tuple[Override, ...]
    quiet_now: tuple[Override, ...]

    @property
    def pattern(self) -> Pattern:
        """What repeats: hours, zone, holidays, quiet windows."""
        return self.person.timeline.availability.pattern

    @property
    def quiet(self) -> tuple[QuietWindow | Override, ...]:
        """Weekly windows, then one-off quiet times, in the order of their numbers."""
        return (*self.pattern.quiet_windows, *self.quiet_now)


@dataclass(frozen=True, slots=True)
class Choices:
    """Everything somebody chose at once. None follows the organisation, or Slack's zone."""

    weekly: WeeklyHours | None
    tz: str | None
    region: HolidayRegion | None
    works_holidays: bool
    quiet_windows: tuple[QuietWindow, ...]


@dataclass(frozen=True, slots=True)
class _Change:
    """A person's row inside the transaction that changes it."""

    tx: Transaction
    workspace_id: str
    now: int
    row: PersonRow

    async def save(self, **values: Any) -> None:
        await people.save(self.tx, self.workspace_id, self.row.user_id, values)

    async def save_enrolled(self, **values: Any) -> None:
        """The same; whoever was not counted before is from now on."""
        await self.save(**values, enrolled_at=self.row.enrolled_at or self.now)

    async def save_overrides(self, overrides: Sequence[Override]) -> None:
        since = _wall(self.now, self.row.tz) - KEPT_SPAN
        kept = [override for override in overrides if override.end > since]
        await people.replace_overrides(self.tx, self.workspace_id, self.row.user_id, kept)

    async def save_windows(self, windows: Sequence[QuietWindow]) -> None:
        rules = [notation.format_quiet_window(window) for window in dict.fromkeys(windows)]
        await people.replace_quiet_windows(self.tx, self.workspace_id, self.row.user_id, rules)


class Hours:
    """Use cases on one's own calendar. Each raises `BadInput` for bots and deleted accounts."""

    def __init__(self, database: Database, directory: Directory, messenger: Messenger) -> None:
        self._database = database
        self._directory = directory
        self._messenger = messenger

    async def calendar(self, workspace_id: str, user_id: str) -> Calendar:
        """Somebody's calendar as it is now.

        Raises:
            BadInput: not a person, or Slack does not know them.
        """
        place = await self._directory.installed(workspace_id)
        if user_id not in place.rows:
            user = await self._ask_slack(workspace_id, user_id)
            async with self._database.transaction() as tx:
                await people.learn(tx, workspace_id, [user])
            await self._directory.refresh(workspace_id)
        person = self._directory.person(place, user_id)
        if person is None:
            raise NotPossible(words.NOT_A_PERSON)
        row, now = place.rows[user_id], self._directory.now()
        return Calendar(
            person=person,
            tz_pinned=row.tz_pinned,
            default_hours=place.policy.default_hours,
            at=now,
            wall_now=_wall(now, row.tz),
            exceptions=tuple(_exceptions(row, now)),
            quiet_now=tuple(_quiet_now(row, now)),
        )

    async def set_weekly(
        self,
        workspace_id: str,
        user_id: str,
        weekly: WeeklyHours | None,
        *,
        tz: str | None = None,
    ) -> Calendar:
        """Own hours, or None to follow the organisation's; enrols.

        ``tz`` is a zone to keep to from now on, None for the one there is.

        Raises:
            BadInput: no such zone.
        """
        pinned = {} if tz is None else {"tz": zone(tz).key, "tz_pinned": True}
        async with self._changing(workspace_id, user_id) as change:
            await change.save_enrolled(weekly=_written(weekly), **pinned)
        return await self.calendar(workspace_id, user_id)

    async def fit(self, workspace_id: str, user_id: str, region: str | None) -> Calendar:
        """Enrol with the hours shown, one's own from now on; ``region`` where none was chosen.

        Whoever has hours of their own keeps them.
        """
        shown = (await self.calendar(workspace_id, user_id)).default_hours
        confirmed = str(parse_region(region)) if region else None
        async with self._changing(workspace_id, user_id) as change:
            await change.save_enrolled(
                weekly=change.row.weekly or _written(shown),
                region=change.row.region or confirmed,
            )
        return await self.calendar(workspace_id, user_id)

    async def set_region(
        self,
        workspace_id: str,
        user_id: str,
        region: HolidayRegion | None,
        *,
        works_holidays: bool = False,
    ) -> Calendar:
        """Whose public holidays, and whether they are worked; None for no holidays."""
        async with self._changing(workspace_id, user_id) as change:
            await change.save(region=str(region) if region else None, works_holidays=works_holidays)
        return await self.calendar(workspace_id, user_id)

    async def pin_zone(self, workspace_id: str, user_id: str, tz: str) -> Calendar:
        """Keep to a zone, whatever Slack says.

        Raises:
            BadInput: no such zone.
        """
        known = zone(tz).key
        async with self._changing(workspace_id, user_id) as change:
            await change.save(tz=known, tz_pinned=True)
        return await self.calendar(workspace_id, user_id)

    async def follow_slack(self, workspace_id: str, user_id: str) -> Calendar:
        """Take the zone of the Slack profile, now and whenever it changes.

        Raises:
            BadInput: Slack did not say.
        """
        user = await self._ask_slack(workspace_id, user_id)
        async with self._changing(workspace_id, user_id) as change:
            await change.save(tz=zone(user.tz).key, tz_pinned=False)
        return await self.calendar(workspace_id, user_id)

    async def add_exceptions(
        self, workspace_id: str, user_id: str, exceptions: Sequence[Override]
    ) -> Calendar:
        """Dated exceptions to the week, wall times in the person's zone.

        Raises:
            BadInput: too many, all of them over, or at a time no clock shows.
        """
        async with self._changing(workspace_id, user_id) as change:
            now, tz = change.now, change.row.tz
            if any(end_instant(e.end, tz) <= start_instant(e.start, tz) for e in exceptions):
                raise BadInput(words.IN_A_GAP)
            if all(exception.end <= _wall(now, tz) for exception in exceptions):
                raise BadInput(words.ALREADY_OVER)
            if len(_exceptions(change.row, now)) + len(exceptions) > MOST_EXCEPTIONS:
                example = "{hours} off remove 1"
                raise NotPossible(words.too_many(words.EXCEPTIONS, MOST_EXCEPTIONS, example))
            added = [replace(exception, created_at=now) for exception in exceptions]
            await change.save_overrides([*change.row.overrides, *added])
        return await self.calendar(workspace_id, user_id)

    async def remove_exception(
        self, workspace_id: str, user_id: str, number: str
    ) -> tuple[Calendar, Override]:
        """Take back number ``number`` of `Calendar.exceptions`, counted from 1.

        Raises:
            BadInput: there is no such number.
        """
        async with self._changing(workspace_id, user_id) as change:
            listed = _exceptions(change.row, change.now)
            chosen = listed[_index(number, len(listed), "{hours} off remove 1")]
            await change.save_overrides([o for o in change.row.overrides if o is not chosen])
        return await self.calendar(workspace_id, user_id), chosen

    async def start_quiet(self, workspace_id: str, user_id: str, until: datetime) -> Calendar:
        """Quiet from now to the wall time ``until``, in place of a one-off quiet time going on."""
        async with self._changing(workspace_id, user_id) as change:
            now = _wall(change.now, change.row.tz)
            quiet = Override(OverrideKind.QUIET, now, until, created_at=change.now)
            await change.save_overrides([*_without_quiet_now(change), quiet])
        return await self.calendar(workspace_id, user_id)

    async def end_quiet(self, workspace_id: str, user_id: str) -> tuple[Calendar, bool]:
        """End the one-off quiet time; weekly windows stay. The flag: there was one."""
        async with self._changing(workspace_id, user_id) as change:
            was_on = bool(_quiet_now(change.row, change.now))
            await change.save_overrides(_without_quiet_now(change))
        return await self.calendar(workspace_id, user_id), was_on

    async def add_quiet_window(
        self, workspace_id: str, user_id: str, window: QuietWindow
    ) -> tuple[Calendar, bool]:
        """One more weekly quiet window. The flag: it is a new one.

        Raises:
            BadInput: too many.
        """
        async with self._changing(workspace_id, user_id) as change:
            windows = _windows(change.row)
            is_new = window not in windows
            if is_new and len(windows) >= MOST_WINDOWS:
                example = "{quiet} remove 1"
                raise NotPossible(words.too_many(words.WINDOWS, MOST_WINDOWS, example))
            await change.save_windows([*windows, window])
        return await self.calendar(workspace_id, user_id), is_new

    async def remove_quiet(
        self, workspace_id: str, user_id: str, number: str
    ) -> tuple[Calendar, QuietWindow | Override]:
        """Take back number ``number`` of `Calendar.quiet`, counted from 1.

        Raises:
            BadInput: there is no such number.
        """
        async with self._changing(workspace_id, user_id) as change:
            windows, dated = _windows(change.row), _quiet_now(change.row, change.now)
            listed: list[QuietWindow | Override] = [*windows, *dated]
            chosen = listed[_index(number, len(listed), "{quiet} remove 1")]
            await change.save_windows([window for window in windows if window is not chosen])
            await change.save_overrides([o for o in change.row.overrides if o is not chosen])
        return await self.calendar(workspace_id, user_id), chosen

    async def choose(self, workspace_id: str, user_id: str, choices: Choices) -> Calendar:
        """Everything at once, from the window; enrols. Dated exceptions stay.

        Raises:
            BadInput: Slack did not say which zone to follow.
        """
        before = await self.calendar(workspace_id, user_id)
        tz = choices.tz or before.person.tz
        if choices.tz is None and before.tz_pinned:
            tz = (await self._ask_slack(workspace_id, user_id)).tz
        async with self._changing(workspace_id, user_id) as change:
            await change.save_windows(choices.quiet_windows)
            await change.save_enrolled(
                weekly=_written(choices.weekly),
                tz=zone(tz).key,
                tz_pinned=choices.tz is not None,
                region=str(choices.region) if choices.region else None,
                works_holidays=choices.works_holidays,
            )
        return await self.calendar(workspace_id, user_id)

    @asynccontextmanager
    async def _changing(self, workspace_id: str, user_id: str) -> AsyncIterator[_Change]:
        await self.calendar(workspace_id, user_id)
        async with self._database.transaction() as tx:
            # Counting up first locks the workspace: of two clicks, the later sees the earlier.
            await workspaces.touch(tx, workspace_id, [user_id])
            row = await people.one(tx, workspace_id, user_id)
            if row is None:
                raise BadInput(words.UNKNOWN_PERSON)
            yield _Change(tx, workspace_id, self._directory.now(), row)
        await self._directory.refresh(workspace_id)

    async def _ask_slack(self, workspace_id: str, user_id: str) -> SlackUser:
        try:
            return await self._messenger.user(workspace_id, user_id)
        except Refused:
            raise BadInput(words.UNKNOWN_PERSON) from None
        except SlackError:
            raise NotPossible(words.SLACK_SILENT) from None


def _wall(at: int, tz: str) -> datetime:
    return local(at, tz).replace(second=0, tzinfo=None)


def _written(weekly: WeeklyHours | None) -> str | None:
    return None if weekly is None else notation.format_weekly(weekly)


def _windows(row: PersonRow) -> list[QuietWindow]:
    return [notation.parse_quiet_window(rule) for rule in row.quiet]


def _ahead(row: PersonRow, now: int) -> list[Override]:
    present = _wall(now, row.tz)
    ahead = [override for override in row.overrides if override.end > present]
    return sorted(ahead, key=lambda override: (override.start, override.end))


def _exceptions(row: PersonRow, now: int) -> list[Override]:
    return [o for o in _ahead(row, now) if o.kind is not OverrideKind.QUIET]


def _quiet_now(row: PersonRow, now: int) -> list[Override]:
    return [o for o in _ahead(row, now) if o.kind is OverrideKind.QUIET]


def _without_quiet_now(change: _Change) -> list[Override]:
    over = _quiet_now(change.row, change.now)
    return [override for override in change.row.overrides if override not in over]


def _index(number: str, count: int, example: str) -> int:
    """Where in a list of ``count`` the written number points, counted from 0."""
    numbers = [str(each) for each in range(1, count + 1)]
    written = number.strip().removeprefix("#")
    if written not in numbers:
        raise BadInput(words.no_such_number(written[:20], count, example))
    return numbers.index(written)
