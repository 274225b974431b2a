"""Holding a message: write it down sealed, and let its author see, change and end it."""

import asyncio
import secrets
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial

from bot import metrics
from bot.domain.availability import State, joint_opening
from bot.domain.contact import Kind, Outcome, Person
from bot.domain.notices import Origin
from bot.errors import BadInput, Refused, SlackError
from bot.log import log
from bot.services.directory import Directory, Place
from bot.services.ports import Messenger
from bot.services.written import Written, seal, unseal
from bot.storage import choices, contacts, holds, notices, people
from bot.storage.contacts import ContactRow
from bot.storage.database import Database, Transaction
from bot.storage.holds import HoldRow
from bot.storage.vault import Vault
from bot.words import flag as flag_words
from bot.words import later as words

ANSWER_S = 1.2
"""Somebody waits for the answer, and Slack gives up after three seconds."""

FURTHEST_S = 30 * 86_400
MOST_WAITING = 200
MOST_TEXT = 12_000
DM_LANE = "dm:"
HELD_CHANNEL = "held"
"""Stands for the conversation in contacts that were averted before anything was posted."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """A held message as its author sees it; ``due_at`` is None while it is being taken back."""

    id: str
    recipient_ids: tuple[str, ...]
    due_at: int | None
    created_at: int
    origin: Origin


@dataclass(frozen=True, slots=True)
class Destination:
    """Where a held message goes: a direct conversation, a channel, or a thread in it."""

    channel_id: str | None = None
    thread_ts: str | None = None


class Holding:
    """Use cases of authors on held messages."""

    def __init__(
        self, database: Database, directory: Directory, messenger: Messenger, vault: Vault
    ) -> None:
        self._database = database
        self._directory = directory
        self._messenger = messenger
        self._vault = vault

    async def hold(
        self,
        workspace_id: str,
        author_id: str,
        recipient_ids: Sequence[str],
        written: Written,
        origin: Origin,
        destination: Destination = Destination(),
    ) -> Waiting:
        """Keep a message until its recipients are back.

        Raises:
            BadInput: nobody to hold it for, they work now, or not within 30 days.
        """
        place = await self._known(workspace_id, recipient_ids)
        who = self._recipients(place, author_id, recipient_ids)
        _check_length(written)
        now = self._directory.now()
        due_at = self._due(place, who, now)
        hold = HoldRow(
            id=new_id(),
            workspace_id=workspace_id,
            author_id=author_id,
            origin=origin.value,
            state="held",
            sealed=seal(self._vault, written),
            lane=lane_of(destination.channel_id, who),
            channel_id=destination.channel_id,
            thread_ts=destination.thread_ts,
            source_ts=None,
            created_at=now,
            due_at=due_at,
            due_fixed=False,
            attempts=0,
            returned_code="",
            recipient_ids=who,
        )
        async with self._database.transaction() as tx:
            if len(await holds.waiting_of_author(tx, workspace_id, author_id)) >= MOST_WAITING:
                raise BadInput(words.too_many(MOST_WAITING))
            await holds.add(tx, hold)
            await self._averted(tx, place, hold)
        log.info("hold.made", hold_id=hold.id, workspace_id=workspace_id, kind=hold.origin)
        return waiting(hold)

    async def waiting(self, workspace_id: str, author_id: str) -> list[Waiting]:
        """What the author has waiting, soonest first; reminders are not messages."""
        async with self._database.reading() as tx:
            rows = await holds.waiting_of_author(tx, workspace_id, author_id)
        return [waiting(row) for row in rows if row.origin != Origin.REMINDER]

    async def written(self, workspace_id: str, author_id: str, hold_id: str) -> Written:
        """The text of the author's own held message.

        Raises:
            BadInput: it is not waiting any more.
        """
        async with self._database.reading() as tx:
            hold = await self._own(tx, workspace_id, author_id, hold_id)
        return unseal(self._vault, hold.sealed or b"")

    async def edit(
        self,
        workspace_id: str,
        author_id: str,
        hold_id: str,
        written: Written,
        due_at: int | None = None,
    ) -> Waiting:
        """Change the text, and the time when ``due_at`` is given.

        Raises:
            BadInput: too late, or a time that has passed or is further than 30 days.
        """
        _check_length(written)
        now = self._directory.now()
        changes: dict[str, object] = {"sealed": seal(self._vault, written)}
        if due_at is not None:
            if not now <= due_at <= now + FURTHEST_S:
                raise BadInput(words.BAD_TIME)
            changes |= {"due_at": due_at, "due_fixed": True}
        async with self._database.transaction() as tx:
            hold = await self._own(tx, workspace_id, author_id, hold_id)
            if not await holds.change_waiting(tx, workspace_id, hold_id, **changes):
                raise BadInput(words.TOO_LATE)
        return waiting(replace(hold, due_at=hold.due_at if due_at is None else due_at))

    async def cancel(self, workspace_id: str, author_id: str, hold_id: str) -> Written:
        """End a hold and hand its text back.

        Raises:
            BadInput: too late.
        """
        async with self._database.transaction() as tx:
            hold = await self._own(tx, workspace_id, author_id, hold_id)
            written = unseal(self._vault, hold.sealed or b"")
            if not await holds.change_waiting(
                tx, workspace_id, hold_id, state="cancelled", sealed=None
            ):
                raise BadInput(words.TOO_LATE)
            await contacts.remove(tx, workspace_id, HELD_CHANNEL, hold_id)
        log.info("hold.cancelled", hold_id=hold_id, workspace_id=workspace_id)
        return written

    async def send_now(self, workspace_id: str, author_id: str, hold_id: str) -> Waiting:
        """Deliver without waiting; whom it reaches outside their hours is counted on delivery.

        Raises:
            BadInput: too late.
        """
        now = self._directory.now()
        async with self._database.transaction() as tx:
            hold = await self._own(tx, workspace_id, author_id, hold_id)
            if not await holds.change_waiting(
                tx, workspace_id, hold_id, due_at=now, due_fixed=True
            ):
                raise BadInput(words.TOO_LATE)
        return waiting(replace(hold, due_at=now))

    async def hold_by_itself(self, workspace_id: str, user_id: str, *, on: bool) -> None:
        """Whether the person's own messages are taken back without a click."""
        await self._known(workspace_id, [user_id])
        async with self._database.transaction() as tx:
            await choices.change(tx, workspace_id, user_id, partial(replace, auto_hold=on))
        await self._directory.refresh(workspace_id)

    async def remind(
        self, workspace_id: str, author_id: str, channel_id: str, ts: str
    ) -> list[Waiting]:
        """Bring a posted message up again for everybody it reached, at each one's opening.

        Raises:
            BadInput: the message reached nobody outside their hours.
        """
        place = await self._directory.installed(workspace_id)
        now = self._directory.now()
        made: list[HoldRow] = []
        async with self._database.transaction() as tx:
            # The flag's row first: it is the lock that makes a double click one click.
            if not await notices.answer(tx, workspace_id, author_id, channel_id, ts, "reminded"):
                raise BadInput(flag_words.NO_SUCH_FLAG)
            reached = await contacts.flagged(tx, workspace_id, channel_id, ts)
            if await holds.by_source(tx, workspace_id, channel_id, ts) is not None:
                raise BadInput(words.ALREADY_HELD)
            for contact in reached:
                opening = joint_opening(
                    self._directory.timelines(place, [contact.recipient_id]), now
                )
                if opening is not None and opening - now <= FURTHEST_S:
                    made.append(_reminder(workspace_id, contact, now, opening))
            if not made:
                raise BadInput(words.NOBODY_TO_REMIND)
            for hold in made:
                await holds.add(tx, hold)
        metrics.HINTS.labels("reminded").inc()
        return [waiting(hold) for hold in made]

    async def _known(self, workspace_id: str, user_ids: Sequence[str]) -> Place:
        """The workspace with these people in it, asking Slack about strangers."""
        place = await self._directory.installed(workspace_id)
        strangers = [user_id for user_id in user_ids if user_id not in place.rows]
        if not strangers:
            return place
        try:
            async with asyncio.timeout(ANSWER_S):
                found = [await self._messenger.user(workspace_id, each) for each in strangers]
        except Refused as refused:
            raise BadInput(words.UNKNOWN_PERSON) from refused
        except (SlackError, TimeoutError) as error:
            raise BadInput(words.SLACK_SILENT) from error
        async with self._database.transaction() as tx:
            await people.learn(tx, workspace_id, found)
        await self._directory.refresh(workspace_id)
        return place

    def _recipients(
        self, place: Place, author_id: str, recipient_ids: Sequence[str]
    ) -> tuple[str, ...]:
        who = tuple(user_id for user_id in dict.fromkeys(recipient_ids) if user_id != author_id)
        if not who:
            raise BadInput(words.NOBODY)
        if len(who) > words.MOST_PEOPLE:
            raise BadInput(words.too_many_people())
        for user_id in who:
            if self._directory.person(place, user_id) is None:
                raise BadInput(words.not_a_person(user_id))
        return who

    def _due(self, place: Place, who: Sequence[str], now: int) -> int:
        timelines = self._directory.timelines(place, who)
        if all(timeline.state_at(now) is State.WORKING for timeline in timelines):
            raise BadInput(words.works_now(who))
        due_at = joint_opening(timelines, now)
        if due_at is None or due_at - now > FURTHEST_S:
            raise BadInput(words.too_far(who))
        return due_at

    async def _own(
        self, tx: Transaction, workspace_id: str, author_id: str, hold_id: str
    ) -> HoldRow:
        hold = await holds.one(tx, workspace_id, hold_id)
        if hold is None or hold.author_id != author_id or hold.state != "held":
            raise BadInput(words.TOO_LATE)
        return hold

    async def _averted(self, tx: Transaction, place: Place, hold: HoldRow) -> None:
        """A message that would have reached somebody outside their hours, and did not."""
        for user_id in hold.recipient_ids:
            person = self._directory.person(place, user_id)
            if (
                person is None
                or not person.enrolled
                or person.timeline.state_at(hold.created_at) is State.WORKING
            ):
                continue
            row = held_contact(hold, person, hold.created_at, Outcome.AVERTED, "held")
            await contacts.add(tx, hold.workspace_id, row, place.policy.version)


def new_id() -> str:
    """A random id that sorts by creation, so that holds of one second keep their order."""
    return f"{time.time_ns():016x}{secrets.token_hex(8)}"


def waiting(hold: HoldRow) -> Waiting:
    """A row as its author sees it."""
    return Waiting(hold.id, hold.recipient_ids, hold.due_at, hold.created_at, Origin(hold.origin))


def lane_of(channel_id: str | None, who: Sequence[str]) -> str:
    """Deliveries into one conversation share a lane and keep their order."""
    return channel_id or DM_LANE + ",".join(sorted(who))


def contact_key(hold: HoldRow) -> tuple[str, str]:
    """Channel and ts of the contacts a hold averted: the message it was made of, or itself."""
    if hold.channel_id is not None and hold.source_ts is not None:
        return hold.channel_id, hold.source_ts
    return HELD_CHANNEL, hold.id


def held_contact(
    hold: HoldRow, person: Person, at: int, outcome: Outcome, reason: str
) -> ContactRow:
    """One reader of a held message, as a contact at ``at``."""
    channel_id, ts = contact_key(hold)
    return ContactRow(
        channel_id=channel_id,
        ts=ts,
        recipient_id=person.user_id,
        author_id=hold.author_id,
        kind=(Kind.MENTION if hold.channel_id else Kind.DM).value,
        at=at,
        recipient_tz=person.tz,
        outcome=outcome.value,
        reason=reason,
    )


def _reminder(workspace_id: str, contact: ContactRow, now: int, opening: int) -> HoldRow:
    return HoldRow(
        id=new_id(),
        workspace_id=workspace_id,
        author_id=contact.author_id,
        origin=Origin.REMINDER.value,
        state="held",
        sealed=None,
        lane=lane_of(None, [contact.recipient_id]),
        channel_id=contact.channel_id,
        thread_ts=None,
        source_ts=contact.ts,
        created_at=contact.at,
        due_at=max(opening, now),
        due_fixed=False,
        attempts=0,
        returned_code="",
        recipient_ids=(contact.recipient_id,),
    )


def _check_length(written: Written) -> None:
    if not written.text.strip():
        raise BadInput(words.EMPTY)
    if len(written.text) > MOST_TEXT:
        raise BadInput(words.too_long(len(written.text), MOST_TEXT))
