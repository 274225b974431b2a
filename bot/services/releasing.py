"""Delivering held messages: exactly once as far as the platform allows, and never lost.

A claim takes a batch under a lease (`claimed`: nothing sent). Just before its own call each hold
is committed as `releasing`, and the post carries the hold's random id as metadata. Whoever finds
a hold in `releasing` looks for that id in the conversation before posting again. Where it cannot
look it posts again: late or twice is better than lost, and the row says so.
"""

import asyncio
import uuid
from collections import defaultdict
from dataclasses import dataclass

from bot import metrics
from bot.domain.availability import joint_opening
from bot.domain.notices import Delivery, Notice, Origin, Reminder, Returned
from bot.errors import Ambiguous, RateLimited, Refused
from bot.log import log
from bot.services.deriving import opening_of
from bot.services.directory import Directory, Place
from bot.services.granting import Granting
from bot.services.ports import Messenger, Posted, lease_now
from bot.services.written import Written, unseal
from bot.storage import holds
from bot.storage.database import Database
from bot.storage.holds import HoldRow
from bot.storage.vault import Vault

LEASE_S = 120
LANES_AT_ONCE = 16
AMBIGUOUS_RETRY_S = 5
LOOK_BACK_S = 86_400

TOKEN_TROUBLE = frozenset(
    {
        "token_revoked",
        "token_expired",
        "invalid_auth",
        "not_authed",
        "account_inactive",
        "missing_scope",
    }
)
"""What Slack says when a person's permission is gone; the bot can still deliver."""


@dataclass(frozen=True, slots=True)
class Target:
    """Where one delivery goes, and in whose name (None: the bot's)."""

    channel_id: str
    thread_ts: str | None
    token: str | None


class Releasing:
    """The worker that delivers. ``pace_s`` is the time between two posts in one lane."""

    def __init__(
        self,
        database: Database,
        directory: Directory,
        messenger: Messenger,
        vault: Vault,
        granting: Granting,
        *,
        pace_s: float = 1.0,
    ) -> None:
        self._database = database
        self._directory = directory
        self._messenger = messenger
        self._vault = vault
        self._granting = granting
        self._pace_s = pace_s
        self._worker = uuid.uuid4().hex
        self._lanes = asyncio.Semaphore(LANES_AT_ONCE)

    async def run_due(self) -> int:
        """Deliver one batch, lanes side by side, each lane in order. Returns the batch's size."""
        async with self._database.transaction() as tx:
            claimed = await holds.claim_due(
                tx,
                self._worker,
                now=self._directory.now(),
                lease_now=lease_now(),
                lease_s=LEASE_S,
            )
        lanes: dict[str, list[HoldRow]] = defaultdict(list)
        for hold in claimed:
            lanes[f"{hold.workspace_id} {hold.lane}"].append(hold)
        async with asyncio.TaskGroup() as group:
            for lane in lanes.values():
                group.create_task(self._run_lane(lane))
        return len(claimed)

    async def _run_lane(self, lane: list[HoldRow]) -> None:
        async with self._lanes:
            for number, hold in enumerate(lane):
                if number:
                    await asyncio.sleep(self._pace_s)
                if not await self._deliver(hold):
                    # Later ones must not overtake; their claim runs out or is given up here.
                    for rest in lane[number + 1 :]:
                        await self._let_go(rest, wait_s=0, maybe_sent=rest.state == "releasing")
                    return

    async def _deliver(self, hold: HoldRow) -> bool:
        """One hold. False when its lane has to wait."""
        place = await self._directory.installed(hold.workspace_id)
        if await self._not_back_yet(place, hold):
            return True
        try:
            await self._post_once(place, hold)
        except RateLimited as limited:
            await self._let_go(hold, wait_s=limited.retry_after_s, maybe_sent=False)
            return False
        except Ambiguous:
            await self._let_go(hold, wait_s=AMBIGUOUS_RETRY_S, maybe_sent=True)
            return False
        except Refused as refused:
            await self._turn_back(place, hold, refused.code)
        return True

    async def _not_back_yet(self, place: Place, hold: HoldRow) -> bool:
        """True when somebody's hours moved since the claim; the hold waits on."""
        if hold.due_fixed or hold.returned_code or hold.state == "releasing":
            return False
        now = self._directory.now()
        due_at = joint_opening(self._directory.timelines(place, hold.recipient_ids), now)
        # At the opening all, or most, work: the instant is at hand, or it is later than now.
        if due_at is None or due_at <= now or (hold.due_at or 0) >= due_at:
            return False
        if self._most_work(place, hold, now):
            return False
        async with self._database.transaction() as tx:
            await holds.put_off(tx, hold.id, due_at=due_at)
        return True

    def _most_work(self, place: Place, hold: HoldRow, now: int) -> bool:
        """True when somebody it is for works now: the instant chosen for most of them."""
        timelines = self._directory.timelines(place, hold.recipient_ids)
        return any(timeline.next_open(now) == now for timeline in timelines)

    async def _post_once(self, place: Place, hold: HoldRow) -> None:
        target = await self._target(hold)
        looked_in_vain = False
        if hold.state == "releasing":
            found, looked_in_vain = await self._look(hold, target)
            if found is not None:
                await self._finish(hold, found, looked_in_vain=False)
                return
        notice = await self._notice(place, hold, target)
        async with self._database.transaction() as tx:
            lease_until = lease_now() + LEASE_S
            if not await holds.start_releasing(tx, hold.id, self._worker, lease_until=lease_until):
                return
        try:
            posted = await self._post(hold, target, notice)
        except Refused as refused:
            if target.token is None or refused.code not in TOKEN_TROUBLE:
                raise
            await self._granting.forget(hold.workspace_id, hold.author_id)
            target = await self._target(hold)
            posted = await self._post(hold, target, await self._notice(place, hold, target))
        await self._finish(hold, posted, looked_in_vain=looked_in_vain)

    async def _post(self, hold: HoldRow, target: Target, notice: Notice) -> Posted:
        return await self._messenger.post(
            hold.workspace_id,
            target.channel_id,
            notice,
            marker=hold.id,
            thread_ts=target.thread_ts,
            token=target.token,
        )

    async def _look(self, hold: HoldRow, target: Target) -> tuple[Posted | None, bool]:
        """The message if an earlier attempt posted it, and whether looking was refused."""
        try:
            found = await self._messenger.find(
                hold.workspace_id,
                target.channel_id,
                hold.id,
                since_at=(hold.due_at or hold.created_at) - LOOK_BACK_S,
                thread_ts=target.thread_ts,
                token=target.token,
            )
        except Refused as refused:
            log.warning("hold.cannot_look", hold_id=hold.id, code=refused.code)
            return None, True
        return found, False

    async def _target(self, hold: HoldRow) -> Target:
        """Where it goes. A reminder and what comes back go by direct message from the bot."""
        if hold.returned_code:
            channel_id = await self._messenger.open_dm(hold.workspace_id, [hold.author_id])
            return Target(channel_id, None, None)
        if hold.origin == Origin.REMINDER:
            channel_id = await self._messenger.open_dm(hold.workspace_id, hold.recipient_ids)
            return Target(channel_id, None, None)
        token = await self._granting.token(hold.workspace_id, hold.author_id)
        if hold.channel_id is not None:
            return Target(hold.channel_id, hold.thread_ts, token)
        try:
            channel_id = await self._messenger.open_dm(
                hold.workspace_id, hold.recipient_ids, token=token
            )
        except Refused as refused:
            if token is None or refused.code not in TOKEN_TROUBLE:
                raise
            token = None
            channel_id = await self._messenger.open_dm(hold.workspace_id, hold.recipient_ids)
        return Target(channel_id, None, token)

    async def _notice(self, place: Place, hold: HoldRow, target: Target) -> Notice:
        reader = hold.author_id if hold.returned_code else hold.recipient_ids[0]
        row = place.rows.get(reader)
        reader_tz = row.tz if row else "UTC"
        if hold.origin == Origin.REMINDER:
            permalink = await self._messenger.permalink(
                hold.workspace_id, hold.channel_id or "", hold.source_ts or ""
            )
            return Reminder(hold.author_id, hold.created_at, reader_tz, permalink)
        written = unseal(self._vault, hold.sealed) if hold.sealed else Written("")
        delivery = Delivery(
            author_id=hold.author_id,
            recipient_ids=hold.recipient_ids,
            written_at=hold.created_at,
            reader_tz=reader_tz,
            text=written.text,
            blocks=written.blocks,
            as_author=target.token is not None,
            mention=hold.channel_id is not None and hold.origin != Origin.TAKEN_BACK,
        )
        return Returned(delivery, hold.returned_code) if hold.returned_code else delivery

    async def _finish(self, hold: HoldRow, posted: Posted, *, looked_in_vain: bool) -> None:
        state = "returned" if hold.returned_code else "released"
        now = self._directory.now()
        async with self._database.transaction() as tx:
            await holds.finish(
                tx,
                hold.id,
                state,
                at=now,
                channel_id=posted.channel_id,
                ts=posted.ts,
                looked_in_vain=looked_in_vain,
            )
        metrics.RELEASES.labels(state).inc()
        metrics.RELEASE_DELAY_SECONDS.observe(max(0, now - (hold.due_at or now)))
        log.info("hold.finished", hold_id=hold.id, workspace_id=hold.workspace_id, state=state)

    async def _let_go(self, hold: HoldRow, *, wait_s: float, maybe_sent: bool) -> None:
        retry_at = lease_now() + round(wait_s) if wait_s else 0
        async with self._database.transaction() as tx:
            await holds.give_up_claim(
                tx, hold.id, self._worker, retry_at=retry_at, keep_releasing=maybe_sent
            )
        log.info("hold.postponed", hold_id=hold.id, delay_s=wait_s)

    async def _turn_back(self, place: Place, hold: HoldRow, code: str) -> None:
        """It cannot be delivered: its author gets it back, at their own opening."""
        log.warning("hold.refused", hold_id=hold.id, code=code)
        async with self._database.transaction() as tx:
            if hold.returned_code or hold.origin == Origin.REMINDER:
                # Not even its author can be reached, or there is no text to give back.
                await holds.finish(tx, hold.id, "returned", at=self._directory.now())
                return
            due_at = opening_of(self._directory, place, hold.author_id)
            await holds.turn_back(tx, hold.id, code=code, due_at=due_at)
