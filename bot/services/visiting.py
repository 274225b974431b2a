"""Visiting calendars: read what changed, judge it, then tell the server what was decided.

One visit holds a lease on its calendar, so nobody else reads or answers there meanwhile, and what
is read is never older than what was answered last. The network is asked outside of transactions;
a crash in between repeats a read, or an answer that was given already.
"""

import asyncio
from dataclasses import dataclass
from typing import Any

from bot.calendars.base import Account, Changes
from bot.domain.instants import DAY_S, MINUTE_S
from bot.domain.spans import Span
from bot.errors import (
    CalendarAway,
    CalendarError,
    CalendarRefused,
    CalendarResync,
    CalendarSignedOut,
    StorageDown,
)
from bot.log import log
from bot.services.calendar_access import CalendarAccess
from bot.services.directory import Directory
from bot.services.errands import Errands
from bot.services.invite_telling import InviteTelling
from bot.services.judging import Judging
from bot.services.ports import lease_now
from bot.storage import calendars
from bot.storage.calendars import CalendarRow
from bot.storage.database import Database

LEASE_S = 300
SLOWEST_VISIT_S = 120
"""A visit ends before its lease does."""

POLL_S = 5 * MINUTE_S
POLL_PUSHED_S = 15 * MINUTE_S
"""A push may get lost, so a calendar that pushes is read as well, if less often."""

HORIZON_S = 56 * DAY_S
SHIFT_S = 7 * DAY_S
"""Every week everything is read once, and the window moves on with the time."""

SEATS = 16
LOOK_S = 1.0
"""While a visit takes its time, so often is looked for others that have become due."""

FIRST_RETRY_S = 30
LAST_RETRY_S = 3_600

NO_CHANGES = Changes((), (), (), "", is_full=False)


@dataclass(frozen=True, slots=True)
class _Read:
    """What was read, and within which window."""

    changes: Changes
    window: Span


class Visiting:
    """The worker that visits every calendar that is due."""

    def __init__(
        self,
        database: Database,
        directory: Directory,
        access: CalendarAccess,
        judging: Judging,
        errands: Errands,
        telling: InviteTelling,
    ) -> None:
        self._database = database
        self._directory = directory
        self._access = access
        self._judging = judging
        self._errands = errands
        self._telling = telling

    async def run_due(self) -> int:
        """Visit what is due, several calendars at a time. Returns how many.

        A server that takes its time has one seat: the others go on being filled meanwhile.
        """
        visits: set[asyncio.Task[None]] = set()
        count = 0
        try:
            while True:
                for row in await self._claimed(SEATS - len(visits)):
                    visits.add(asyncio.create_task(self._visit(row)))
                    count += 1
                if not visits:
                    return count
                done, visits = await asyncio.wait(
                    visits, timeout=LOOK_S, return_when=asyncio.FIRST_COMPLETED
                )
                for visit in done:
                    visit.result()
        finally:
            for visit in visits:  # the database is down, or the process ends
                visit.cancel()
            await asyncio.gather(*visits, return_exceptions=True)

    async def _claimed(self, seats: int) -> list[CalendarRow]:
        names = self._access.providers.names
        if not names or not seats:
            return []
        async with self._database.transaction() as tx:
            return await calendars.claim_due(
                tx,
                names,
                now=self._directory.now(),
                lease_now=lease_now(),
                lease_s=LEASE_S,
                limit=seats,
            )

    async def _visit(self, row: CalendarRow) -> None:
        try:
            left_s = row.lease_until - LEASE_S + SLOWEST_VISIT_S - lease_now()
            async with asyncio.timeout(max(left_s, 1)):
                await self._visited(row)
        except CalendarSignedOut:
            await self._failed(row, "signed_out", 0.0)
        except CalendarAway as away:
            await self._failed(row, "away", away.retry_after_s)
        except CalendarRefused as refused:
            await self._failed(row, refused.code, 0.0)
        except (CalendarError, TimeoutError) as error:
            await self._failed(row, type(error).__name__, 0.0)
        except StorageDown:
            raise
        except Exception as error:  # noqa: BLE001 - one calendar must not stop the others
            log.error("calendar.broken", user_id=row.user_id, exc=error)
            await self._failed(row, "broken", 0.0)

    async def _visited(self, row: CalendarRow) -> None:
        await self._directory.refresh(row.workspace_id)
        place = await self._directory.installed(row.workspace_id)
        version, now = place.version, self._directory.now()
        account = await self._access.account(row)
        own = self._access.credentials(row).addresses
        is_due = row.due_at <= now
        tz = place.rows[row.user_id].tz
        read = await self._read(row, account, tz) if is_due else None
        changes = read.changes if read else NO_CHANGES
        window = read.window if read else Span(row.window_start_at, row.window_end_at)
        async with self._database.transaction() as tx:
            if not await self._judging.take_over(tx, place, row, own, changes, window.end):
                return
            values: dict[str, Any] = {"judged_version": version}
            if read is not None:
                values |= {
                    "token": changes.token,
                    "window_start_at": window.start,
                    "window_end_at": window.end,
                    "synced_at": now,
                    "code": "",
                }
            await calendars.change(tx, row.workspace_id, row.user_id, **values)
        again = await self._errands.run(row, account)
        poll_s = POLL_PUSHED_S if account.capabilities.push else POLL_S
        due_at = now if again else (now + poll_s if is_due else row.due_at)
        async with self._database.transaction() as tx:
            await calendars.visited(tx, row, due_at=due_at)
        log.info(
            "calendar.visited",
            workspace_id=row.workspace_id,
            user_id=row.user_id,
            provider=row.provider,
            is_full=changes.is_full,
            pages=changes.pages if read else 0,
        )

    async def _read(self, row: CalendarRow, account: Account, tz: str) -> _Read:
        """What is new, or everything where that is due or the server asks for it."""
        now = self._directory.now()
        window = Span(row.window_start_at, row.window_end_at)
        if row.token and window.start <= now < window.start + SHIFT_S:
            try:
                return _Read(await account.sync(row.token, window, tz), window)
            except CalendarResync:
                log.info("calendar.resync", user_id=row.user_id, provider=row.provider)
        window = Span(now, now + HORIZON_S)
        return _Read(await account.sync("", window, tz), window)

    async def _failed(self, row: CalendarRow, code: str, wait_s: float) -> None:
        wait_s = wait_s or min(FIRST_RETRY_S * 2.0 ** (row.attempts - 1), LAST_RETRY_S)
        log.warning("calendar.not_visited", user_id=row.user_id, provider=row.provider, code=code)
        place = await self._directory.installed(row.workspace_id)
        async with self._database.transaction() as tx:
            await calendars.failed(tx, row, code, retry_at=lease_now() + round(wait_s))
            if code == "signed_out":
                await self._telling.lost(tx, place, row.user_id, row.provider, row.connected_at)
