"""Silence: notifications snoozed and a status shown from closing to opening, with people's tokens.

A worker asks "what is due?", takes one row under a lease, calls Slack outside of transactions and
commits the result. What should be is compared with what the rows were last brought in line with at
every beat, so that no change of hours, choice or permission can be forgotten by a crash, and every
replica may do the work.

Slack takes about twenty snoozes a minute from an app. Where many people close at the same minute
the last of them are snoozed that much later; what reaches them until then rings.
"""

import time
from collections import deque
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace
from functools import partial

from bot.domain.choices import Choices
from bot.domain.silence import NEVER, SAME_S, wanted
from bot.domain.urgent import Sound
from bot.errors import Ambiguous, NotPossible, OffhoursError, RateLimited, Refused, StorageDown
from bot.log import log
from bot.services.directory import Directory, Place
from bot.services.granting import Granting
from bot.services.ports import Messenger, lease_now
from bot.services.snoozing import Snoozing, TakenOver, is_kept, ours
from bot.storage import choices, people, silences, workspaces
from bot.storage.database import Database
from bot.storage.silences import SilenceRow
from bot.words import silence as words

LEASE_S = 90
"""Longer than the six calls, of ten seconds at most, that one row may need."""

RING_LEASE_S = 120
PER_MINUTE = 20
FIRST_RETRY_S = 5
LAST_RETRY_S = 900

SETTINGS = ("silence", "status", "urgent_rings")
"""What a person switches on and off here, as `Choices` names it."""


class Pace:
    """At most so many looks in a minute of the machine's time, and none during a pause."""

    def __init__(self, per_minute: int) -> None:
        self._per_minute = per_minute
        self._taken: deque[float] = deque()
        self._paused_until = 0.0

    def is_free(self, now_s: float) -> bool:
        """Whether another look may be taken."""
        while self._taken and self._taken[0] <= now_s - 60:
            self._taken.popleft()
        return len(self._taken) < self._per_minute and now_s >= self._paused_until

    def take(self, now_s: float) -> None:
        """A look was taken."""
        self._taken.append(now_s)

    def pause(self, now_s: float, wait_s: float) -> None:
        """Slack asked to wait."""
        self._paused_until = max(self._paused_until, now_s + wait_s)


class Silencing:
    """Use cases on one's own silence, and the worker that keeps it up."""

    def __init__(
        self,
        database: Database,
        directory: Directory,
        messenger: Messenger,
        granting: Granting,
        *,
        per_minute: int = PER_MINUTE,
    ) -> None:
        self._database = database
        self._directory = directory
        self._messenger = messenger
        self._granting = granting
        self._snoozing = Snoozing(database, directory, messenger, granting)
        self._per_minute = per_minute
        self._paces: dict[str, Pace] = {}

    async def choose(self, workspace_id: str, user_id: str, setting: str, *, on: bool) -> None:
        """Switch one of `SETTINGS`. What Slack refused before is tried anew.

        Raises:
            NotPossible: Slack has not told of this person yet.
        """
        await self._choose(workspace_id, user_id, {setting: on})

    async def _choose(self, workspace_id: str, user_id: str, changed: Mapping[str, bool]) -> None:
        async with self._database.transaction() as tx:
            await workspaces.lock(tx, workspace_id)
            row = await people.one(tx, workspace_id, user_id)
            if row is None:
                raise NotPossible(words.NOT_KNOWN)
            await choices.change(tx, workspace_id, user_id, partial(_with, given=changed))
            if changed.keys() - {"urgent_rings"}:
                await silences.forgive(tx, workspace_id, user_id)
        await self._directory.refresh(workspace_id)

    async def heard(self, workspace_id: str, user_id: str, snoozed_until_at: int) -> bool:
        """Slack says that somebody's snooze ends then (0: none is on).

        True when that is not how this program left it, so that it is looked at now.
        """
        now = self._directory.now()
        async with self._database.transaction() as tx:
            row = await silences.one(tx, workspace_id, user_id)
            if row is None or _as_left(row, snoozed_until_at, now):
                return False
            await silences.move(tx, workspace_id, user_id, now)
        return True

    async def stop(self, workspace_id: str, user_id: str) -> None:
        """Switch everything off and end our snooze now, while the token is still good.

        A worker may be at the row, or have died at it. It is taken from that worker, because
        there is no later: with the token gone nobody can end the snooze.
        """
        await self._choose(workspace_id, user_id, {"silence": False, "status": False})
        row = await self._claim(workspace_id, user_id, LEASE_S, even_if_leased=True)
        if row is not None:
            await self._tried(row)

    async def run_due(self) -> int:
        """Look after everybody who is due, as fast as Slack takes it. Returns how many."""
        await self._plan()
        done = 0
        while (row := await self._claim_due()) is not None:
            await self._tried(row)
            done += 1
        return done

    async def _plan(self) -> None:
        """Compare what should be with what the rows were last brought in line with."""
        async with self._database.reading() as tx:
            concerned = await silences.workspaces_concerned(tx)
        for workspace_id in concerned:
            place = await self._directory.place(workspace_id)
            if place is None:
                continue
            async with self._database.reading() as tx:
                rows = await silences.of_workspace(tx, workspace_id)
            changes = list(self._changes(place, rows))
            if not changes:
                continue
            async with self._database.transaction() as tx:
                for user_id, due_at in changes:
                    change = silences.move if user_id in rows else silences.add
                    await change(tx, workspace_id, user_id, due_at)

    def _changes(self, place: Place, rows: dict[str, SilenceRow]) -> Iterator[tuple[str, int]]:
        """Whose row has to be looked at at another time than it says, and when."""
        now = self._directory.now()
        chose = {user_id for user_id in place.rows if place.levels(user_id)}
        for user_id in sorted(chose | rows.keys()):
            row, levels = rows.get(user_id), place.levels(user_id)
            if row is None:
                yield user_id, now
                continue
            person = self._directory.person(place, user_id)
            wants = wanted(person.timeline if person else None, levels, now)
            is_over = not wants.levels and not is_kept(place, row)
            if wants.aim != row.aim or is_over:
                due_at = min(row.due_at, now)
            else:
                due_at = row.due_at if wants.closing_at == NEVER else wants.closing_at
            if due_at != row.due_at and row.due_at > now:
                yield user_id, due_at

    async def _claim_due(self) -> SilenceRow | None:
        now_s = time.monotonic()
        busy = [key for key, pace in self._paces.items() if not pace.is_free(now_s)]
        async with self._database.transaction() as tx:
            return await silences.claim_due(
                tx, now=self._directory.now(), lease_now=lease_now(), lease_s=LEASE_S, but=busy
            )

    async def _claim(
        self, workspace_id: str, user_id: str, lease_s: int, *, even_if_leased: bool = False
    ) -> SilenceRow | None:
        take = silences.take_over if even_if_leased else silences.claim
        async with self._database.transaction() as tx:
            return await take(tx, workspace_id, user_id, lease_now=lease_now(), lease_s=lease_s)

    def _pace(self, workspace_id: str) -> Pace:
        return self._paces.setdefault(workspace_id, Pace(self._per_minute))

    async def _tried(self, row: SilenceRow) -> None:
        """One claimed row, whatever happens to it."""
        pace = self._pace(row.workspace_id)
        try:
            if await self._snoozing.bring_in_line(row):
                pace.take(time.monotonic())
        except (StorageDown, TakenOver) as error:
            # The lease runs out, or is somebody else's by now.
            log.info("silence.left", user_id=row.user_id, exc=error)
        except RateLimited as limited:
            pace.pause(time.monotonic(), limited.retry_after_s)
            await self._put_off(row, limited.retry_after_s, row.attempts - 1)
        except (Ambiguous, Refused) as error:
            log.info("silence.not_taken", user_id=row.user_id, code=str(error))
            pace.take(time.monotonic())
            await self._put_off(row, _wait_s(row), row.attempts)
        except Exception as error:  # noqa: BLE001 - one broken row must not stop the others
            log.error("silence.broken", user_id=row.user_id, exc=error)
            await self._put_off(row, _wait_s(row), row.attempts)

    async def _put_off(self, row: SilenceRow, wait_s: float, attempts: int) -> None:
        async with self._database.transaction() as tx:
            retry_at = lease_now() + max(1, round(wait_s))
            await silences.note(tx, row, retry_at=retry_at, lease_until=0, attempts=attempts)

    @asynccontextmanager
    async def ring(self, workspace_id: str, user_id: str) -> AsyncIterator[Sound]:
        """Around an urgent message: what becomes of it for ``user_id``.

        Our own snooze is ended if the person allowed that, and set again afterwards; one that the
        person set is never ended. ``RANG`` only where ours was ended; ``AS_SET`` for somebody who
        is not silenced, as far as Slack tells. The row is due before the snooze ends, so that
        after a crash a worker snoozes again.
        """
        place = await self._directory.installed(workspace_id)
        if not place.is_silenced(user_id):
            yield Sound.AS_SET
            return
        sound, row = await self._let_ring(workspace_id, user_id)
        try:
            yield sound
        finally:
            if row is not None:
                await self._snooze_again(row)

    async def _let_ring(self, workspace_id: str, user_id: str) -> tuple[Sound, SilenceRow | None]:
        """What a message does now, and the row claimed if our snooze was touched for that."""
        token = await self._granting.token(workspace_id, user_id, "dnd:write")
        if token is None:
            return Sound.SILENT, None
        place, now = await self._directory.installed(workspace_id), self._directory.now()
        row = await self._claim(workspace_id, user_id, RING_LEASE_S)
        try:
            rest = await self._messenger.rest(workspace_id, token=token, now=now)
            until_at = rest.snoozed_until_at
            if until_at <= now:
                return Sound.SILENT if rest.hours_until_at else Sound.AS_SET, row
            may_ring = place.rows[user_id].choices.urgent_rings
            if row is None or not may_ring or not ours(row).made(until_at):
                return Sound.SILENT, row
            await self._snoozing.note(row, due_at=now)
            is_ended = await self._snoozing.end_snooze(row, until_at, token, now)
        except (OffhoursError, TakenOver) as error:
            # Not known to be on is as good as not on: nobody is promised that it rang.
            log.info("ring.not_possible", user_id=user_id, exc=error)
            is_ended = False
        return Sound.RANG if is_ended else Sound.SILENT, row

    async def _snooze_again(self, row: SilenceRow) -> None:
        try:
            async with self._database.transaction() as tx:
                kept = await silences.note(tx, row, lease_until=0, due_at=self._directory.now())
            claimed = await self._claim(row.workspace_id, row.user_id, LEASE_S) if kept else None
            if claimed is not None:
                await self._tried(claimed)
        except StorageDown as error:
            log.warning("ring.left_to_the_worker", user_id=row.user_id, exc=error)


def _as_left(row: SilenceRow, snoozed_until_at: int, now: int) -> bool:
    if snoozed_until_at <= now:
        return row.snoozed_until_at <= now + SAME_S
    return ours(row).made(snoozed_until_at)


def _with(before: Choices, given: Mapping[str, bool]) -> Choices:
    return replace(
        before,
        silence=given.get("silence", before.silence),
        status=given.get("status", before.status),
        urgent_rings=given.get("urgent_rings", before.urgent_rings),
    )


def _wait_s(row: SilenceRow) -> float:
    """Seconds until the next attempt: doubling, up to a quarter of an hour."""
    return float(min(FIRST_RETRY_S * 2 ** max(0, row.attempts - 1), LAST_RETRY_S))
