"""Delivering held messages: exactly once as far as the platform allows, and never lost.

A claim takes a batch under a lease (`claimed`: nothing sent). Just before its own call each hold
is committed as `releasing`, and the post carries the hold's random id as metadata. Whoever finds
a hold in `releasing` looks for that id in the conversation before posting again. Where it cannot
look it posts again: late or twice is better than lost, and the row says so.
"""

import asyncio
import math
import uuid
from collections import defaultdict
from dataclasses import dataclass

from bot import metrics
from bot.domain.availability import State, joint_opening
from bot.domain.contact import Outcome
from bot.domain.notices import Delivery, Notice, Origin, Reminder, Returned
from bot.errors import Ambiguous, RateLimited, Refused, SlackError, StorageDown
from bot.log import log
from bot.services.deriving import opening_of
from bot.services.directory import Directory, Place
from bot.services.granting import Granting
from bot.services.holding import contact_key
from bot.services.ports import Messenger, Posted, lease_now
from bot.services.written import Written, unseal
from bot.storage import contacts, holds
from bot.storage.database import Database, Transaction
from bot.storage.holds import HoldRow
from bot.storage.vault import Vault

LEASE_S = 120
LANES_AT_ONCE = 16
FIRST_RETRY_S = 5
LAST_RETRY_S = 900
MAX_ATTEMPTS = 24
"""With these waits, some four hours of no answer; then the author gets the text back."""

LOOK_BACK_S = 86_400

TOKEN_TROUBLE = frozenset(
    {
        "token_revoked",
        "token_expired",
        "invalid_auth",
        "not_authed",
        "account_inactive",
        "missing_scope",
        "not_allowed_token_type",
    }
)
"""A permission is gone. A person's: the bot delivers. The bot's own: an outage."""

AUTHOR_GONE = frozenset({"user_not_found", "user_disabled", "users_not_found", "cannot_dm_bot"})


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
                if not await self._tried(hold):
                    # Later ones must not overtake; they are taken again with this one.
                    for rest in lane[number + 1 :]:
                        await self._let_go(rest, wait_s=0, maybe_sent=rest.state == "releasing")
                    return

    async def _tried(self, hold: HoldRow) -> bool:
        """One hold, whatever happens to it. False when its lane has to wait."""
        try:
            return await self._deliver(hold)
        except StorageDown:
            raise
        except Exception as error:  # noqa: BLE001 - one broken hold must not stop the others
            log.error("hold.broken", hold_id=hold.id, exc=error)
            await self._let_go(hold, wait_s=_wait_s(hold), maybe_sent=hold.state == "releasing")
            return False

    async def _deliver(self, hold: HoldRow) -> bool:
        place = await self._directory.installed(hold.workspace_id)
        maybe_sent = hold.state == "releasing"
        if not maybe_sent and await self._not_back_yet(place, hold):
            return True
        try:
            target = await self._target(hold)
            looked_in_vain = False
            if maybe_sent:
                found, looked_in_vain = await self._look(hold, target)
                if found is not None:
                    await self._finish(place, hold, found, looked_in_vain=False)
                    return True
                if await self._not_back_yet(place, hold):
                    return True
            notice = await self._notice(place, hold, target)
        except (RateLimited, Ambiguous, Refused) as error:
            return await self._failed(place, hold, error, maybe_sent=maybe_sent)
        try:
            posted = await self._post_as(place, hold, target, notice)
        except (RateLimited, Refused) as error:
            return await self._failed(place, hold, error, maybe_sent=False)
        except Ambiguous as error:
            return await self._failed(place, hold, error, maybe_sent=True)
        if posted is not None:
            await self._finish(place, hold, posted, looked_in_vain=looked_in_vain)
        return True

    async def _failed(
        self, place: Place, hold: HoldRow, error: SlackError, *, maybe_sent: bool
    ) -> bool:
        """Slack did not take it. True when the lane may go on."""
        if isinstance(error, RateLimited):
            await self._let_go(hold, wait_s=error.retry_after_s, maybe_sent=maybe_sent)
            return False
        code = error.code if isinstance(error, Refused) else None
        if code in AUTHOR_GONE or (code and not hold.returned_code and code not in TOKEN_TROUBLE):
            await self._turn_back(place, hold, code)
            return True
        # No answer, or the bot's own token is in trouble: an outage, and nothing is given up.
        if hold.attempts >= MAX_ATTEMPTS and not hold.returned_code and not maybe_sent:
            await self._turn_back(place, hold, "no_answer")
            return True
        log.warning("hold.not_taken", hold_id=hold.id, code=str(error), attempt=hold.attempts)
        await self._let_go(hold, wait_s=_wait_s(hold), maybe_sent=maybe_sent)
        return False

    async def _not_back_yet(self, place: Place, hold: HoldRow) -> bool:
        """True when its readers are off now, after a change or a downtime; the hold waits on."""
        now = self._directory.now()
        if hold.returned_code:
            due_at = opening_of(self._directory, place, hold.author_id)
        elif hold.due_fixed:
            return False
        else:
            timelines = self._directory.timelines(place, hold.recipient_ids)
            if any(timeline.next_open(now) == now for timeline in timelines):
                return False  # the instant at which all, or most, work
            due_at = joint_opening(timelines, now) or now
        if due_at <= now:
            return False
        async with self._database.transaction() as tx:
            await holds.put_off(tx, hold.id, due_at=due_at)
        return True

    async def _post_as(
        self, place: Place, hold: HoldRow, target: Target, notice: Notice
    ) -> Posted | None:
        """Commit to delivering, then post. None when another worker took the hold over."""
        async with self._database.transaction() as tx:
            lease_until = lease_now() + LEASE_S
            if not await holds.start_releasing(tx, hold.id, self._worker, lease_until=lease_until):
                return None
        try:
            return await self._post(hold, target, notice)
        except Refused as refused:
            if target.token is None or refused.code not in TOKEN_TROUBLE:
                raise
        await self._granting.forget(hold.workspace_id, hold.author_id)
        target = await self._target(hold)
        return await self._post(hold, target, await self._notice(place, hold, target))

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
            early=hold.due_fixed and not hold.returned_code,
            mention=hold.channel_id is not None and hold.origin != Origin.TAKEN_BACK,
        )
        return Returned(delivery, hold.returned_code) if hold.returned_code else delivery

    async def _finish(
        self, place: Place, hold: HoldRow, posted: Posted, *, looked_in_vain: bool
    ) -> None:
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
            await self._count_reached(tx, place, hold, now)
        metrics.RELEASES.labels(state).inc()
        metrics.RELEASE_DELAY_SECONDS.observe(max(0, now - (hold.due_at or now)))
        log.info("hold.finished", hold_id=hold.id, workspace_id=hold.workspace_id, state=state)

    async def _count_reached(self, tx: Transaction, place: Place, hold: HoldRow, now: int) -> None:
        """Whom it reached outside their hours after all, because its author did not wait."""
        if hold.returned_code or hold.origin == Origin.REMINDER:
            return
        reached = []
        for user_id in hold.recipient_ids:
            person = self._directory.person(place, user_id)
            if person is not None and person.timeline.state_at(now) is not State.WORKING:
                reached.append(user_id)
        channel_id, ts = contact_key(hold)
        await contacts.set_outcome(
            tx, hold.workspace_id, channel_id, ts, Outcome.BREACH.value, "sent_now", only=reached
        )

    async def _let_go(self, hold: HoldRow, *, wait_s: float, maybe_sent: bool) -> None:
        retry_at = lease_now() + math.ceil(wait_s) if wait_s else 0
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
                # Not even its author is there any more, or there is no text to give back.
                await holds.finish(tx, hold.id, "returned", at=self._directory.now())
                return
            due_at = opening_of(self._directory, place, hold.author_id)
            await holds.turn_back(tx, hold.id, code=code, due_at=due_at)


def _wait_s(hold: HoldRow) -> float:
    """Seconds until the next attempt: doubling, up to a quarter of an hour."""
    return float(min(FIRST_RETRY_S * 2 ** max(0, hold.attempts - 1), LAST_RETRY_S))
