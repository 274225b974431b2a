"""Saying what is queued, each kind of notice after its own preparation. Commit, then speak."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

import msgspec

from bot import metrics
from bot.domain.instants import DAY_S
from bot.domain.invite_notices import (
    CalendarLost,
    InviteLifted,
    InviteNotAnswered,
    InviteTold,
    InviteUnclear,
    TimesProposed,
)
from bot.domain.notices import Audience, Flag, Held, Mirror, Notice, Return, Stays, Welcome
from bot.domain.silence import LevelEnded
from bot.domain.urgent import UrgentTold, VerdictAsked
from bot.errors import Ambiguous, RateLimited, Refused, StorageDown
from bot.log import log
from bot.services.delivering import TOKEN_TROUBLE
from bot.services.directory import Directory
from bot.services.ports import Messenger, lease_now
from bot.storage import notices
from bot.storage.database import Database
from bot.storage.notices import NoticeRow

LEASE_S = 120
SLOWEST_SAY_S = 40
"""Up to four calls say one notice; none may begin that could outlive the lease."""

PREPARE_LEASE_S = 240
"""Before that, a preparation may make twenty calls: it has a lease of its own."""

FIRST_RETRY_S = 15
LAST_RETRY_S = 120
MAX_ATTEMPTS = 9
"""With these waits, twelve minutes: a flag expires before it is given up."""

LOOK_BACK_S = 7 * DAY_S

KINDS: dict[str, type[Notice]] = {
    "audience": Audience,
    "auto_hold": Flag,
    "better_times": TimesProposed,
    "calendar_lost": CalendarLost,
    "flag": Flag,
    "invite": InviteTold,
    "invite_lifted": InviteLifted,
    "invite_not_answered": InviteNotAnswered,
    "invite_unclear": InviteUnclear,
    "level_ended": LevelEnded,
    "mirror": Mirror,
    "return": Return,
    "stays": Stays,
    "urgent_told": UrgentTold,
    "verdict": VerdictAsked,
    "welcome": Welcome,
}
"""The notices that are kept as rows, by the kind in the row."""

CAN_WAIT = (
    Welcome,
    Mirror,
    LevelEnded,
    Return,
    VerdictAsked,
    InviteTold,
    InviteNotAnswered,
    InviteLifted,
    InviteUnclear,
    TimesProposed,
    CalendarLost,
)
"""What nobody waits for is said inside the reader's hours only."""

SAID_LATE = ("auto_hold",)
"""What the preparation itself drops when it is late, unless it did what has to be told."""

Prepare = Callable[[NoticeRow, Any], Awaitable[Notice | None]]
"""Does what comes before a notice is said, and returns what to say; None for nothing."""


@dataclass(frozen=True, slots=True)
class Step:
    """What becomes of a notice after one attempt.

    ``wait_s`` is set to try again, ``due_at`` to say it then instead.
    """

    status: str
    wait_s: float | None = None
    due_at: int | None = None


class Notices:
    """The worker that says due notices; ``prepare`` is by the kind in the row."""

    def __init__(
        self,
        database: Database,
        directory: Directory,
        messenger: Messenger,
        prepare: Mapping[str, Prepare],
    ) -> None:
        self._database = database
        self._directory = directory
        self._messenger = messenger
        self._prepare = prepare

    async def run_due(self) -> int:
        """Say every due notice of one batch. Returns how many were taken."""
        async with self._database.transaction() as tx:
            claimed = await notices.claim_due(
                tx, KINDS, now=self._directory.now(), lease_now=lease_now(), lease_s=LEASE_S
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
            if step is None:
                continue
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

    async def _say(self, row: NoticeRow) -> Step | None:
        """One attempt; None when another worker has the notice by now."""
        is_late = self._directory.now() > row.expires_at
        if is_late and row.kind not in SAID_LATE:
            return Step("expired")
        notice: Notice = msgspec.json.decode(row.payload, type=KINDS[row.kind])
        can_wait = _can_wait(notice, self._directory.now())
        opens_at = await self._opening(row) if can_wait else None
        if opens_at is not None and opens_at > self._directory.now():
            return Step("moved", due_at=opens_at)
        try:
            return await self._prepared_and_sent(
                row, notice, unsaid="expired" if is_late else "dropped"
            )
        except RateLimited as limited:
            return Step("postponed", limited.retry_after_s)
        except Ambiguous:
            # Said twice is a nuisance and never said is a broken promise; both end after a while.
            return _later(row)
        except Refused as refused:
            if refused.code in TOKEN_TROUBLE:
                return _later(row)  # the bot's own: an outage
            log.warning("notice.refused", notice_id=row.id, code=refused.code)
            return Step("refused")

    async def _prepared_and_sent(self, row: NoticeRow, notice: Notice, unsaid: str) -> Step | None:
        said: Notice | None = notice
        if row.kind in self._prepare:
            if not await self._keeps(row, PREPARE_LEASE_S):
                return None
            said = await self._prepare[row.kind](row, notice)
            if not await self._keeps(row, LEASE_S):
                return None
        if said is None:
            return Step(unsaid)
        await self._send(row, said)
        return Step("sent")

    async def _keeps(self, row: NoticeRow, lease_s: int) -> bool:
        async with self._database.transaction() as tx:
            return await notices.keep(tx, row, lease_until=lease_now() + lease_s)

    async def _opening(self, row: NoticeRow) -> int | None:
        """When the reader is next at work: what nobody waits for is not said at night.

        It was planned for an opening, but the bot may have been down then, or the reader away.
        """
        place = await self._directory.installed(row.workspace_id)
        person = self._directory.person(place, row.reader_id)
        return person.timeline.next_open(self._directory.now()) if person else None

    async def _send(self, row: NoticeRow, notice: Notice) -> None:
        if isinstance(notice, Held) or (isinstance(notice, Flag | Audience) and notice.bot_is_in):
            try:
                await self._messenger.whisper(
                    row.workspace_id,
                    row.channel_id,
                    row.reader_id,
                    notice,
                    thread_ts=notice.thread_ts,
                )
            except Refused as refused:
                if refused.code in TOKEN_TROUBLE:
                    raise
                # What the channel refuses, for whatever reason, the bot's own conversation takes.
                log.info("notice.not_in_channel", notice_id=row.id, code=refused.code)
            else:
                return
        channel_id = await self._messenger.open_dm(row.workspace_id, [row.reader_id])
        if row.attempts == 1 or not await self._is_said(row, channel_id):
            await self._messenger.post(row.workspace_id, channel_id, notice, marker=row.id)

    async def _is_said(self, row: NoticeRow, channel_id: str) -> bool:
        """Whether an earlier attempt said it. Where nobody can look, it is said again."""
        since_at = self._directory.now() - LOOK_BACK_S
        try:
            found = await self._messenger.find(
                row.workspace_id, channel_id, row.id, since_at=since_at
            )
        except Refused as refused:
            log.warning("notice.cannot_look", notice_id=row.id, code=refused.code)
            return False
        return found is not None


def _can_wait(notice: Notice, now: int) -> bool:
    if isinstance(notice, TimesProposed | InviteNotAnswered) and now <= notice.at_once_until:
        return False
    return isinstance(notice, CAN_WAIT)


def _later(row: NoticeRow) -> Step:
    """Try again for a while, less and less often."""
    if row.attempts >= MAX_ATTEMPTS:
        return Step("failed")
    return Step("postponed", min(FIRST_RETRY_S * 2.0 ** (row.attempts - 1), LAST_RETRY_S))
