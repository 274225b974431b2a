"""Delivering held messages: exactly once as far as the platform allows, and never lost.

A claim takes a batch under a lease (`claimed`: nothing sent). Just before its own call each hold
is committed as `releasing`, and the post carries a random id as metadata: the hold's own, or one
that several holds of a parcel share. Whoever finds a hold in `releasing` looks for that id in the
conversation before posting again. Where it cannot look it posts again: late or twice is better
than lost, and the row says so.
"""

import asyncio
import math
import uuid
from collections import defaultdict

from bot import metrics
from bot.domain.availability import State, joint_opening
from bot.domain.contact import Outcome
from bot.domain.notices import Origin
from bot.errors import Ambiguous, RateLimited, Refused, SlackError, StorageDown
from bot.log import log
from bot.services.delivering import TOKEN_TROUBLE, Delivering, Target
from bot.services.deriving import opening_of
from bot.services.directory import Directory, Place
from bot.services.holding import DM_LANE, held_contact
from bot.services.parcels import Parcel, parcels
from bot.services.ports import Posted, lease_now
from bot.storage import contacts, holds
from bot.storage.database import Database, Transaction
from bot.storage.holds import HoldRow

LEASE_S = 120
LANES_AT_ONCE = 16
FIRST_RETRY_S = 5
LAST_RETRY_S = 900
MAX_ATTEMPTS = 24
"""With these waits, some four hours of no answer; then the author gets the text back."""

AUTHOR_GONE = frozenset({"user_not_found", "user_disabled", "users_not_found", "cannot_dm_bot"})


class Releasing:
    """The worker that delivers. ``pace_s`` is the time between two posts in one lane."""

    def __init__(
        self,
        database: Database,
        directory: Directory,
        delivering: Delivering,
        *,
        pace_s: float = 1.0,
    ) -> None:
        self._database = database
        self._directory = directory
        self._delivering = delivering
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
            for number, parcel in enumerate(waiting := await self._spread(parcels(lane))):
                if number:
                    await asyncio.sleep(self._pace_s)
                if not await self._tried(parcel):
                    # Later ones must not overtake; they are taken again with this one.
                    for rest in waiting[number + 1 :]:
                        await self._let_go(rest, wait_s=0, maybe_sent=rest.maybe_sent)
                    return

    async def _spread(self, waiting: list[Parcel]) -> list[Parcel]:
        """What goes out now; to one reader, the rest follows over the day's first minutes."""
        place = await self._directory.installed(waiting[0].head.workspace_id)
        spread_s = place.policy.release_spread_min * 60
        due = [parcel for parcel in waiting if not _may_wait(parcel)]
        rest = [parcel for parcel in waiting if _may_wait(parcel)]
        if not spread_s or not rest or len(waiting) == 1:
            return waiting
        authors = list(dict.fromkeys(parcel.head.author_id for parcel in rest))
        if not due:
            due = [parcel for parcel in rest if parcel.head.author_id == authors[0]]
            rest = [parcel for parcel in rest if parcel.head.author_id != authors[0]]
            authors = authors[1:]
        step_s = spread_s // (len(authors) + 1)
        now = self._directory.now()
        async with self._database.transaction() as tx:
            for parcel in rest:
                wait_s = step_s * (authors.index(parcel.head.author_id) + 1)
                for hold_id in parcel.ids:
                    await holds.put_off(tx, hold_id, self._worker, due_at=now + wait_s)
        return due

    async def _tried(self, parcel: Parcel) -> bool:
        """One parcel, whatever happens to it. False when its lane has to wait."""
        try:
            return await self._deliver(parcel)
        except StorageDown:
            raise
        except Exception as error:  # noqa: BLE001 - one broken hold must not stop the others
            log.error("hold.broken", hold_id=parcel.head.id, exc=error)
            await self._let_go(parcel, wait_s=_wait_s(parcel), maybe_sent=None)
            return False

    async def _deliver(self, parcel: Parcel) -> bool:
        place = await self._directory.installed(parcel.head.workspace_id)
        if parcel.maybe_sent:
            return await self._take_over(place, parcel)
        back = await self._those_back(place, parcel)
        if back is None:
            return True
        try:
            target = await self._delivering.target(back.head)
        except SlackError as error:
            return await self._failed(place, back, error, maybe_sent=False)
        return await self._send(place, back, target)

    async def _take_over(self, place: Place, parcel: Parcel) -> bool:
        """Another worker stopped here: look for its post before there is another."""
        try:
            target = await self._delivering.target(parcel.head)
            found, in_vain = await self._delivering.look(parcel, target)
        except SlackError as error:
            return await self._failed(place, parcel, error, maybe_sent=True)
        if found is not None:
            await self._finish(place, parcel, found, looked_in_vain=False)
            return True
        back = await self._those_back(place, parcel)
        return back is None or await self._send(place, back, target, looked_in_vain=in_vain)

    async def _send(
        self, place: Place, parcel: Parcel, target: Target, *, looked_in_vain: bool = False
    ) -> bool:
        try:
            notice = await self._delivering.notice(place, parcel, target)
        except SlackError as error:
            return await self._failed(place, parcel, error, maybe_sent=parcel.maybe_sent)
        marker = parcel.head.id if len(parcel.holds) == 1 else uuid.uuid4().hex
        ours = await self._commit(parcel, marker, target)
        if ours is None:
            return True
        if len(ours.holds) < len(parcel.holds):
            notice = await self._delivering.notice(place, ours, target)
        try:
            posted = await self._delivering.post(place, ours, target, notice, marker)
        except Refused as error:
            if len(ours.holds) == 1:
                return await self._failed(place, ours, error, maybe_sent=False)
            return await self._each_alone(place, ours, target)
        except RateLimited as error:
            return await self._failed(place, ours, error, maybe_sent=False)
        except Ambiguous as error:
            return await self._failed(place, ours, error, maybe_sent=True)
        await self._finish(place, ours, posted, looked_in_vain=looked_in_vain)
        return True

    async def _commit(self, parcel: Parcel, marker: str, target: Target) -> Parcel | None:
        """Commit to delivering: from here on it may be out. None when others took it over."""
        async with self._database.transaction() as tx:
            started = await holds.start_releasing(
                tx,
                parcel.ids,
                self._worker,
                bundle_id=marker if len(parcel.holds) > 1 else "",
                channel_id=target.channel_id,
                lease_until=lease_now() + LEASE_S,
            )
        ours = [hold for hold in parcel.holds if hold.id in started]
        return parcel.only(ours) if ours else None

    async def _each_alone(self, place: Place, parcel: Parcel, target: Target) -> bool:
        """What Slack refuses together may be refused for one of them only."""
        for number, hold in enumerate(parcel.holds):
            await asyncio.sleep(self._pace_s)  # the refused call used up a turn
            if not await self._send(place, parcel.only([hold]), target):
                for rest in parcel.holds[number + 1 :]:
                    await self._let_go(parcel.only([rest]), wait_s=0, maybe_sent=False)
                return False
        return True

    async def _failed(
        self, place: Place, parcel: Parcel, error: SlackError, *, maybe_sent: bool
    ) -> bool:
        """Slack did not take it. True when the lane may go on."""
        head = parcel.head
        if isinstance(error, RateLimited):
            await self._let_go(parcel, wait_s=error.retry_after_s, maybe_sent=maybe_sent)
            return False
        code = error.code if isinstance(error, Refused) else None
        if code in AUTHOR_GONE or (code and not head.returned_code and code not in TOKEN_TROUBLE):
            await self._turn_back(place, parcel, code)
            return True
        # No answer, or the bot's own token is in trouble: an outage, and nothing is given up.
        if head.attempts >= MAX_ATTEMPTS and not head.returned_code and not maybe_sent:
            await self._turn_back(place, parcel, "no_answer")
            return True
        log.warning("hold.not_taken", hold_id=head.id, code=str(error), attempt=head.attempts)
        await self._let_go(parcel, wait_s=_wait_s(parcel), maybe_sent=maybe_sent)
        return False

    async def _those_back(self, place: Place, parcel: Parcel) -> Parcel | None:
        """The parcel without what has to wait on; None when nothing is left of it."""
        back = [hold for hold in parcel.holds if not await self._not_back_yet(place, hold)]
        return parcel.only(back) if back else None

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
            await holds.put_off(tx, hold.id, self._worker, due_at=due_at)
        return True

    async def _finish(
        self, place: Place, parcel: Parcel, posted: Posted, *, looked_in_vain: bool
    ) -> None:
        state = "returned" if parcel.head.returned_code else "released"
        # It may have been found only now, after an answer was lost at night.
        at = posted.at
        finished = []
        async with self._database.transaction() as tx:
            for hold in parcel.holds:
                if await holds.finish(
                    tx,
                    hold.id,
                    state,
                    self._worker,
                    at=at,
                    channel_id=posted.channel_id,
                    ts=posted.ts,
                    looked_in_vain=looked_in_vain,
                ):
                    await self._count_reached(tx, place, hold, at)
                    finished.append(hold)
        for hold in finished:
            metrics.RELEASES.labels(state).inc()
            metrics.RELEASE_DELAY_SECONDS.observe(max(0, at - (hold.due_at or at)))
            log.info("hold.finished", hold_id=hold.id, workspace_id=hold.workspace_id, state=state)

    async def _count_reached(self, tx: Transaction, place: Place, hold: HoldRow, at: int) -> None:
        """Whom it reached outside their hours after all, because its author did not wait.

        They may have been at work when it was held, so that nothing was averted until now.
        """
        if hold.returned_code or hold.origin == Origin.REMINDER:
            return
        for user_id in hold.recipient_ids:
            person = self._directory.person(place, user_id)
            if person is None or not person.enrolled:
                continue
            if person.timeline.state_at(at) is not State.WORKING:
                row = held_contact(hold, person, at, Outcome.BREACH, "sent_now")
                await contacts.add(tx, hold.workspace_id, row, place.policy.version)

    async def _let_go(self, parcel: Parcel, *, wait_s: float, maybe_sent: bool | None) -> None:
        """Try again later; ``maybe_sent`` is None when the rows know best."""
        retry_at = lease_now() + math.ceil(wait_s) if wait_s else 0
        async with self._database.transaction() as tx:
            for hold_id in parcel.ids:
                await holds.give_up_claim(
                    tx, hold_id, self._worker, retry_at=retry_at, maybe_sent=maybe_sent
                )
        log.info("hold.postponed", hold_id=parcel.head.id, delay_s=wait_s)

    async def _turn_back(self, place: Place, parcel: Parcel, code: str) -> None:
        """It cannot be delivered: its author gets it back, at their own opening."""
        log.warning("hold.refused", hold_id=parcel.head.id, code=code)
        async with self._database.transaction() as tx:
            for hold in parcel.holds:
                if hold.returned_code or hold.origin == Origin.REMINDER:
                    # Not even its author is there any more, or there is no text to give back.
                    now = self._directory.now()
                    await holds.finish(tx, hold.id, "returned", self._worker, at=now)
                    continue
                due_at = opening_of(self._directory, place, hold.author_id)
                await holds.turn_back(tx, hold.id, self._worker, code=code, due_at=due_at)


def _may_wait(parcel: Parcel) -> bool:
    """Whether a few minutes more do no harm: to a reader's own conversation, not by request."""
    head = parcel.head
    asked_for = head.due_fixed or head.returned_code or parcel.maybe_sent
    return head.lane.startswith(DM_LANE) and not asked_for


def _wait_s(parcel: Parcel) -> float:
    """Seconds until the next attempt: doubling, up to a quarter of an hour."""
    return float(min(FIRST_RETRY_S * 2 ** max(0, parcel.head.attempts - 1), LAST_RETRY_S))
