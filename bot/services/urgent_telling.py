"""Telling of what cannot wait: at once, once as far as the platform allows, and truthfully.

Just before its call a row is committed as `telling`, and the message carries its random id.
Whoever finds a row in `telling` looks for that id in the conversation before saying it again.
Where it cannot look it says it again: twice is better than never. What could not be said for an
hour is not said any more, and its author hears that: by then it would only wake somebody.
"""

import asyncio
import math
import uuid
from collections import defaultdict
from collections.abc import Sequence

import msgspec

from bot.domain.instants import DAY_S, HOUR_S, utc
from bot.domain.urgent import Sound, UrgentCall, UrgentTold, VerdictAsked, next_morning
from bot.errors import Ambiguous, Misconfigured, RateLimited, Refused, SlackError, StorageDown
from bot.log import log
from bot.services.directory import Directory, Place
from bot.services.ports import Messenger, Silence, lease_now
from bot.services.urgent import shift_behind
from bot.storage import notices, teams, urgents
from bot.storage.database import Database, Transaction
from bot.storage.notices import NoticeRow
from bot.storage.urgents import WORKED_ON, UrgentRow
from bot.storage.vault import Vault

LEASE_S = 180
FIRST_RETRY_S = 2
LAST_RETRY_S = 300
MAX_ATTEMPTS = 20
"""With these waits, some hour of no answer; then the author hears that it did not arrive."""

LASTS_S = HOUR_S
"""Seconds of people's time after which nobody is told any more."""

AT_ONCE = 8
TOLD_LIFE_S = HOUR_S
VERDICT_LIFE_S = 7 * DAY_S

NO_ANSWER = "no_answer"
"""The code of what could not be said in time."""

OUTAGE = frozenset({"invalid_auth", "not_authed", "token_revoked", "token_expired"})
"""The bot's own token is in trouble, which may pass."""


class UrgentTelling:
    """The worker that tells."""

    def __init__(
        self,
        database: Database,
        directory: Directory,
        messenger: Messenger,
        vault: Vault,
        silence: Silence,
    ) -> None:
        self._database = database
        self._directory = directory
        self._messenger = messenger
        self._vault = vault
        self._silence = silence
        self._lanes = asyncio.Semaphore(AT_ONCE)

    async def run_due(self) -> int:
        """Tell everybody of one batch, each person in order. Returns the batch's size."""
        async with self._database.transaction() as tx:
            claimed = await urgents.claim_due(tx, lease_now=lease_now(), lease_s=LEASE_S)
        lanes: dict[tuple[str, str], list[UrgentRow]] = defaultdict(list)
        for row in claimed:
            lanes[row.workspace_id, row.told_id].append(row)
        async with asyncio.TaskGroup() as group:
            for lane in lanes.values():
                group.create_task(self._run_lane(lane))
        return len(claimed)

    async def _run_lane(self, lane: list[UrgentRow]) -> None:
        async with self._lanes:
            for row in lane:
                try:
                    await self._tell(row)
                except StorageDown:
                    raise
                except Exception as error:  # noqa: BLE001 - one of them must not stop the others
                    log.error("urgent.broken", workspace_id=row.workspace_id, exc=error)
                    await self._try_later(row, maybe_sent=row.state == "telling")

    async def _tell(self, row: UrgentRow) -> None:
        maybe_sent = row.state == "telling"
        is_late = self._directory.now() > row.at + LASTS_S
        if is_late and not maybe_sent:
            await self._not_told(row, NO_ANSWER)
            return
        place = await self._directory.installed(row.workspace_id)
        try:
            channel_id = await self._messenger.open_dm(row.workspace_id, [row.told_id])
            if maybe_sent and await self._is_there(row, channel_id):
                # Nobody knows any more whether it rang, and nobody is promised that it did.
                silenced = place.is_silenced(row.told_id)
                await self._told(place, row, Sound.SILENT if silenced else Sound.AS_SET)
                return
            if is_late:
                await self._not_told(row, NO_ANSWER)
                return
            call = await self._call(place, row)
        except SlackError as error:
            await self._failed(row, error, maybe_sent=maybe_sent)
            return
        async with self._database.transaction() as tx:
            if not await urgents.start_telling(tx, row, lease_until=lease_now() + LEASE_S):
                return
        try:
            async with self._silence.ring(row.workspace_id, row.told_id) as sound:
                await self._messenger.post(row.workspace_id, channel_id, call, marker=row.marker)
        except SlackError as error:
            await self._failed(row, error, maybe_sent=isinstance(error, Ambiguous))
            return
        await self._told(place, row, sound)

    async def _is_there(self, row: UrgentRow, channel_id: str) -> bool:
        """Whether an earlier attempt has posted it."""
        try:
            found = await self._messenger.find(
                row.workspace_id, channel_id, row.marker, since_at=row.at - DAY_S
            )
        except Refused as refused:
            log.warning("urgent.cannot_look", workspace_id=row.workspace_id, code=refused.code)
            return False
        return found is not None

    async def _call(self, place: Place, row: UrgentRow) -> UrgentCall:
        """What is said."""
        async with self._database.reading() as tx:
            rows = await urgents.of_message(tx, row.workspace_id, row.channel_id, row.ts)
            for_ids = tuple(each.recipient_id for each in rows if each.marker == row.marker)
            team_name = ""
            shift = None if row.told_id in for_ids else shift_behind(place, row)
            if shift is not None:
                team = await teams.one(tx, row.workspace_id, shift.team_id)
                team_name = team.name if team else ""
        return UrgentCall(
            author_id=row.author_id,
            reason=row.reason,
            permalink=await permalink(self._messenger, row),
            line=self._line(row),
            for_ids=() if row.told_id in for_ids else for_ids,
            team_name=team_name,
        )

    def _line(self, row: UrgentRow) -> str:
        if row.sealed_line is None:
            return ""
        try:
            return self._vault.open(row.sealed_line).decode()
        except Misconfigured as error:
            # The key is another one; that something cannot wait matters more than the line.
            log.error("urgent.line_sealed", workspace_id=row.workspace_id, exc=error)
            return ""

    async def _failed(self, row: UrgentRow, error: SlackError, *, maybe_sent: bool) -> None:
        if isinstance(error, RateLimited):
            await self._let_go(row, error.retry_after_s, maybe_sent=maybe_sent)
            return
        log.warning(
            "urgent.not_taken",
            workspace_id=row.workspace_id,
            code=str(error),
            attempt=row.attempts,
        )
        if isinstance(error, Refused) and error.code not in OUTAGE:
            await self._not_told(row, error.code)
        else:
            await self._try_later(row, maybe_sent=maybe_sent)

    async def _try_later(self, row: UrgentRow, *, maybe_sent: bool) -> None:
        if row.attempts >= MAX_ATTEMPTS:
            await self._not_told(row, NO_ANSWER)
        else:
            await self._let_go(row, _wait_s(row), maybe_sent=maybe_sent)

    async def _let_go(self, row: UrgentRow, wait_s: float, *, maybe_sent: bool) -> None:
        retry_at = lease_now() + max(1, math.ceil(wait_s))
        async with self._database.transaction() as tx:
            await urgents.let_go(tx, row, retry_at=retry_at, maybe_sent=maybe_sent)

    async def _told(self, place: Place, row: UrgentRow, sound: Sound) -> None:
        async with self._database.transaction() as tx:
            rows = await _locked(tx, row)
            if await urgents.finish(tx, row, "told", sound=sound):
                await self._ask_later(tx, place, row)
                await self._report(tx, row, rows)
        log.info("urgent.told", workspace_id=row.workspace_id, sound=sound.value)

    async def _not_told(self, row: UrgentRow, code: str) -> None:
        async with self._database.transaction() as tx:
            rows = await _locked(tx, row)
            if await urgents.finish(tx, row, "refused", code=code):
                await self._report(tx, row, rows)
        log.warning("urgent.not_told", workspace_id=row.workspace_id, code=code)

    async def _report(self, tx: Transaction, row: UrgentRow, rows: Sequence[UrgentRow]) -> None:
        """The last one of a message, ``rows`` are all of them, tells its author."""
        if any(each.state in WORKED_ON and each.marker != row.marker for each in rows):
            return
        now = self._directory.now()
        payload = msgspec.json.encode(UrgentTold(row.author_id)).decode()
        notice = NoticeRow(
            id=uuid.uuid4().hex,
            workspace_id=row.workspace_id,
            kind="urgent_told",
            reader_id=row.author_id,
            channel_id=row.channel_id,
            ts=row.ts,
            payload=payload,
            expires_at=now + TOLD_LIFE_S,
            attempts=0,
        )
        await notices.add(tx, notice, due_at=now, day=utc(now).date().isoformat())

    async def _ask_later(self, tx: Transaction, place: Place, row: UrgentRow) -> None:
        """One question for each morning, however many messages it is about."""
        now = self._directory.now()
        person = self._directory.person(place, row.told_id)
        morning_at = next_morning(person.timeline, person.tz, now) if person else None
        if morning_at is None:
            return
        notice = NoticeRow(
            id=uuid.uuid4().hex,
            workspace_id=row.workspace_id,
            kind="verdict",
            reader_id=row.told_id,
            channel_id="",
            ts=str(morning_at),
            payload=msgspec.json.encode(VerdictAsked(row.told_id)).decode(),
            expires_at=morning_at + VERDICT_LIFE_S,
            attempts=0,
        )
        await notices.add(tx, notice, due_at=morning_at, day=utc(now).date().isoformat())


async def _locked(tx: Transaction, row: UrgentRow) -> list[UrgentRow]:
    """Every row of the message; others who tell of it wait, so that one of them is the last."""
    return await urgents.of_message(tx, row.workspace_id, row.channel_id, row.ts, lock=True)


async def permalink(messenger: Messenger, row: UrgentRow) -> str:
    """The address of the message; empty where the bot cannot see it, a direct message for one."""
    try:
        return await messenger.permalink(row.workspace_id, row.channel_id, row.ts)
    except Refused:
        return ""


def _wait_s(row: UrgentRow) -> float:
    """Seconds until the next attempt: doubling, up to five minutes."""
    return float(min(FIRST_RETRY_S * 2 ** max(0, row.attempts - 1), LAST_RETRY_S))
