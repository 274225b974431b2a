"""Saying what is queued: flags, welcomes and leaders' mirrors. Commit first, then speak."""

from dataclasses import dataclass

import msgspec

from bot import metrics
from bot.domain.notices import Flag, Mirror, Notice, Welcome
from bot.errors import Ambiguous, RateLimited, Refused, StorageDown
from bot.log import log
from bot.services.directory import Directory
from bot.services.ports import Messenger, lease_now
from bot.services.weeks import Weeks
from bot.storage import notices
from bot.storage.database import Database
from bot.storage.notices import NoticeRow

LEASE_S = 120
SLOWEST_SAY_S = 40
"""Up to three calls for one notice; none may begin that could outlive the lease."""

RETRY_S = 15
MAX_ATTEMPTS = 8

KINDS: dict[str, type[Notice]] = {"flag": Flag, "welcome": Welcome, "mirror": Mirror}
"""The notices that are kept as rows, by the kind in the row."""

NOT_IN_CHANNEL = frozenset({"not_in_channel", "channel_not_found", "user_not_in_channel"})


@dataclass(frozen=True, slots=True)
class Step:
    """What becomes of a notice after one attempt.

    ``wait_s`` is set to try again, ``due_at`` to say it then instead.
    """

    status: str
    wait_s: float | None = None
    due_at: int | None = None


class Notices:
    """The worker that says due notices."""

    def __init__(
        self, database: Database, directory: Directory, messenger: Messenger, weeks: Weeks
    ) -> None:
        self._database = database
        self._directory = directory
        self._messenger = messenger
        self._weeks = weeks

    async def run_due(self) -> int:
        """Say every due notice of one batch. Returns how many were taken."""
        async with self._database.transaction() as tx:
            claimed = await notices.claim_due(
                tx, now=self._directory.now(), lease_now=lease_now(), lease_s=LEASE_S
            )
        give_up_at = lease_now() + LEASE_S - SLOWEST_SAY_S
        for row in claimed:
            if lease_now() >= give_up_at:
                break  # the rest is taken again when the lease has run out, by whomever
            try:
                step = await self._say(row)
            except StorageDown:
                raise
            except Exception as error:  # noqa: BLE001 - one notice must not stop the others
                log.error("notice.broken", notice_id=row.id, exc=error)
                step = _later(row)
            metrics.NOTICES.labels(row.kind, step.status).inc()
            log.info(
                "notice",
                workspace_id=row.workspace_id,
                notice_id=row.id,
                kind=row.kind,
                status=step.status,
            )
            async with self._database.transaction() as tx:
                if step.due_at is not None:
                    await notices.move(tx, row.id, due_at=step.due_at)
                elif step.wait_s is not None:
                    until = lease_now() + max(1, round(step.wait_s))
                    await notices.postpone(tx, row.id, lease_until=until)
                else:
                    await notices.finish(tx, row.id, step.status)
        return len(claimed)

    async def _say(self, row: NoticeRow) -> Step:
        if self._directory.now() > row.expires_at:
            return Step("expired")
        notice = msgspec.json.decode(row.payload, type=KINDS[row.kind])
        opens_at = await self._opening(row) if isinstance(notice, Welcome | Mirror) else None
        if opens_at is not None and opens_at > self._directory.now():
            return Step("moved", due_at=opens_at)
        if isinstance(notice, Mirror):
            filled = await self._weeks.mirror(row.workspace_id, row.reader_id, notice)
            if filled is None:
                return Step("dropped")
            notice = filled
        try:
            await self._send(row, notice)
        except RateLimited as limited:
            return Step("postponed", limited.retry_after_s)
        except Ambiguous:
            # Said twice is a nuisance and never said is a broken promise; both end after a while.
            return _later(row)
        except Refused as refused:
            log.warning("notice.refused", notice_id=row.id, code=refused.code)
            return Step("refused")
        return Step("sent")

    async def _opening(self, row: NoticeRow) -> int | None:
        """When the reader is next at work: what nobody waits for is not said at night.

        It was planned for an opening, but the bot may have been down then, or the reader away.
        """
        place = await self._directory.installed(row.workspace_id)
        person = self._directory.person(place, row.reader_id)
        return person.timeline.next_open(self._directory.now()) if person else None

    async def _send(self, row: NoticeRow, notice: Notice) -> None:
        if isinstance(notice, Flag):
            try:
                await self._messenger.whisper(
                    row.workspace_id,
                    row.channel_id,
                    row.reader_id,
                    notice,
                    thread_ts=notice.thread_ts,
                )
            except Refused as refused:
                if refused.code not in NOT_IN_CHANNEL:
                    raise
            else:
                return
        channel_id = await self._messenger.open_dm(row.workspace_id, [row.reader_id])
        await self._messenger.post(row.workspace_id, channel_id, notice)


def _later(row: NoticeRow) -> Step:
    """Try again for a while."""
    return Step("postponed", RETRY_S) if row.attempts < MAX_ATTEMPTS else Step("failed")
