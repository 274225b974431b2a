"""Taking a posted message back: read it, seal it, delete it, hold it.

``taking_back → held``: the text is on disk before anything is deleted. An ambiguous delete looks
again; a refused one ends `cancelled` and the message stays where it is.
"""

import uuid
from dataclasses import dataclass, replace

import msgspec

from bot import metrics
from bot.domain.availability import joint_opening
from bot.domain.contact import Outcome
from bot.domain.instants import DAY_S, utc
from bot.domain.notices import Flag, Held, Origin, Stays
from bot.errors import Ambiguous, BadInput, RateLimited, Refused, StorageDown
from bot.log import log
from bot.services.directory import Directory
from bot.services.granting import Granting
from bot.services.holding import FURTHEST_S, Waiting, lane_of, new_id, waiting
from bot.services.ports import Messenger, Original, lease_now
from bot.services.written import Written, seal
from bot.storage import contacts, holds, notices, workspaces
from bot.storage.contacts import ContactRow
from bot.storage.database import Database
from bot.storage.holds import HoldRow
from bot.storage.notices import NoticeRow
from bot.storage.vault import Vault
from bot.words import flag as flag_words
from bot.words import later as words
from bot.words import taking_back as own_words

LEASE_S = 60

ANSWER_S = 600
"""So soon after it was written, a word about a message still answers what its author did."""

STAYS_LIFE_S = 3 * DAY_S

WAITING = ("taking_back", "held", "claimed", "releasing")


@dataclass(frozen=True, slots=True)
class Source:
    """A posted message and its author."""

    workspace_id: str
    author_id: str
    channel_id: str
    ts: str
    thread_ts: str | None


@dataclass(frozen=True, slots=True)
class Lost:
    """What would not come back with a message.

    ``reactions`` and ``replies`` are what others added, ``is_broadcast`` is that of a reply which
    is shown in its channel too; ``is_shared`` is True when people who are not off may have read it.
    """

    reactions: int = 0
    replies: int = 0
    is_broadcast: bool = False
    is_shared: bool = False


NOTHING_LOST = Lost()


class TakingBack:
    """The use case behind *Hold until …*, and the worker that ends what was interrupted."""

    def __init__(
        self,
        database: Database,
        directory: Directory,
        messenger: Messenger,
        vault: Vault,
        granting: Granting,
    ) -> None:
        self._database = database
        self._directory = directory
        self._messenger = messenger
        self._vault = vault
        self._granting = granting

    async def take_back(
        self, source: Source, *, is_shared: bool = False, confirmed: bool = False
    ) -> Waiting | Lost:
        """Delete the author's message and hold it for those it reached outside their hours.

        Returns what would be lost, and does nothing, until the author ``confirmed`` that. A
        message that others were reached by, who may be reading it, ``is_shared``.

        Raises:
            BadInput: it cannot be taken back; the message is still there.
        """
        try:
            return await self._take_back(source, is_shared=is_shared, confirmed=confirmed)
        except (Refused, RateLimited, Ambiguous) as error:
            raise BadInput(own_words.cannot(str(error))) from error

    async def _take_back(
        self, source: Source, *, is_shared: bool, confirmed: bool
    ) -> Waiting | Lost:
        token = await self._granting.token(source.workspace_id, source.author_id)
        if token is None:
            raise BadInput(own_words.NOT_ALLOWED)
        original = await self._read(source, token)
        if original is None or original.author_id != source.author_id:
            raise BadInput(own_words.GONE)
        if original.has_files:
            raise BadInput(own_words.HAS_FILES)
        lost = Lost(original.reactions, original.replies, original.is_broadcast, is_shared)
        if not confirmed and lost != NOTHING_LOST:
            return lost
        hold = await self._write_down(source, original)
        if not await self._delete(hold, token):
            await self._keep_original(hold)
            raise BadInput(own_words.REFUSED)
        return waiting(hold)

    async def _read(self, source: Source, token: str) -> Original | None:
        """The message as it is now, seen by its author, else by the bot."""
        where = (source.workspace_id, source.channel_id, source.ts, source.thread_ts)
        try:
            return await self._messenger.original(*where, token=token)
        except Refused as refused:
            if refused.code != "missing_scope":
                raise
        return await self._messenger.original(*where, token=None)

    async def automatic(self, row: NoticeRow, flag: Flag) -> Held | Flag | None:
        """Take a message back without a click; where that cannot be, the flag says why.

        None when it is too late for either. What was taken back is told however late.

        Raises:
            RateLimited, Ambiguous: not now.
        """
        source = Source(row.workspace_id, flag.author_id, flag.channel_id, flag.ts, flag.thread_ts)
        async with self._database.reading() as tx:
            before = await holds.by_source(tx, row.workspace_id, flag.channel_id, flag.ts)
        if before is not None:  # a worker that stopped in between did it
            return _held_notice(flag, waiting(before)) if before.state in WAITING else None
        if self._directory.now() > row.expires_at:
            return None
        try:
            taken = await self._take_back(source, is_shared=flag.is_shared, confirmed=False)
        except BadInput as error:
            return replace(flag, not_held=str(error), can_take_back=False)
        except Refused as refused:
            why = own_words.cannot(refused.code)
            return replace(flag, not_held=why, can_take_back=False)
        if isinstance(taken, Lost):
            why = own_words.would_lose(
                taken.reactions, taken.replies, is_broadcast=taken.is_broadcast
            )
            return replace(flag, not_held=why)
        return _held_notice(flag, taken)

    async def _write_down(self, source: Source, original: Original) -> HoldRow:
        workspace_id, author_id = source.workspace_id, source.author_id
        channel_id, ts = source.channel_id, source.ts
        place = await self._directory.installed(workspace_id)
        now = self._directory.now()
        async with self._database.transaction() as tx:
            # The flag's row first: it is the lock that makes a double click one click.
            if not await notices.answer(tx, workspace_id, author_id, channel_id, ts, "held"):
                raise BadInput(flag_words.NO_SUCH_FLAG)
            if await holds.by_source(tx, workspace_id, channel_id, ts) is not None:
                raise BadInput(words.ALREADY_HELD)
            reached = await contacts.flagged(tx, workspace_id, channel_id, ts)
            if not reached:
                raise BadInput(own_words.NOBODY_WAITS)
            who = tuple(contact.recipient_id for contact in reached)
            due_at = joint_opening(self._directory.timelines(place, who), now)
            if due_at is None or due_at - now > FURTHEST_S:
                raise BadInput(words.NOBODY_TO_REMIND)
            hold = self._row(workspace_id, reached, original, due_at)
            await holds.add(tx, hold, lease_until=lease_now() + LEASE_S)
        metrics.HINTS.labels("held").inc()
        return hold

    def _row(
        self, workspace_id: str, reached: list[ContactRow], original: Original, due_at: int
    ) -> HoldRow:
        first = reached[0]
        thread_ts = original.thread_ts if original.thread_ts != first.ts else None
        return HoldRow(
            id=new_id(),
            workspace_id=workspace_id,
            author_id=first.author_id,
            origin=Origin.TAKEN_BACK.value,
            state="taking_back",
            sealed=seal(self._vault, Written(original.text, original.blocks)),
            lane=lane_of(first.channel_id, ()),
            channel_id=first.channel_id,
            thread_ts=thread_ts,
            source_ts=first.ts,
            created_at=first.at,
            due_at=due_at,
            due_fixed=False,
            attempts=0,
            returned_code="",
            recipient_ids=tuple(contact.recipient_id for contact in reached),
        )

    async def _delete(self, hold: HoldRow, token: str) -> bool:
        """Delete the original and set the hold going. False when Slack refused, and it is there.

        True as well where that is not known: it may be gone, so `run_due` looks again, and what it
        finds is said to the author.
        """
        try:
            if not await self._is_deleted(hold, token):
                return False
            await self._held(hold)
        except (Ambiguous, RateLimited, StorageDown) as error:
            log.info("take_back.unclear", hold_id=hold.id, exc=error)
        return True

    async def _is_deleted(self, hold: HoldRow, token: str) -> bool:
        try:
            await self._messenger.delete(
                hold.workspace_id, hold.channel_id or "", hold.source_ts or "", token=token
            )
        except Refused as refused:
            if refused.code == "message_not_found":
                return True
            log.warning("take_back.refused", hold_id=hold.id, code=refused.code)
            original, _ = await self._look(hold, token)
            return original is None
        return True

    async def _look(self, hold: HoldRow, token: str | None) -> tuple[Original | None, bool]:
        """The original, None when it is gone, and whether its author or the bot could look.

        Where nobody may look, it counts as gone: what is held is not thrown away.
        """
        for each in dict.fromkeys((token, None)):
            try:
                original = await self._messenger.original(
                    hold.workspace_id,
                    hold.channel_id or "",
                    hold.source_ts or "",
                    hold.thread_ts,
                    token=each,
                )
            except Refused as refused:
                log.warning("take_back.cannot_look", hold_id=hold.id, code=refused.code)
            else:
                return original, True
        return None, False

    async def _held(self, hold: HoldRow) -> None:
        """The original is gone, so what is held is the message."""
        async with self._database.transaction() as tx:
            if not await holds.set_state(
                tx, hold.id, before="taking_back", after="held", lease_until=0
            ):
                return
            # Hours may have moved meanwhile; the release instant is derived again.
            await workspaces.touch(tx, hold.workspace_id)
            await contacts.set_outcome(
                tx,
                hold.workspace_id,
                hold.channel_id or "",
                hold.source_ts or "",
                Outcome.AVERTED.value,
                "taken_back",
                only=hold.recipient_ids,
            )

    async def _keep_original(self, hold: HoldRow, why: str = "") -> None:
        """The message stays. Its author, if told otherwise before, hears ``why``."""
        stays = await self._stays(hold, why) if why else None
        where = (hold.workspace_id, hold.author_id, hold.channel_id or "", hold.source_ts or "")
        async with self._database.transaction() as tx:
            if not await holds.set_state(
                tx, hold.id, before="taking_back", after="cancelled", sealed=None, lease_until=0
            ):
                return
            await notices.answer(tx, *where, "")
            if stays is not None:
                row, due_at = stays
                await notices.add(tx, row, due_at=due_at, day=utc(due_at).date().isoformat())

    async def _stays(self, hold: HoldRow, why: str) -> tuple[NoticeRow, int]:
        """The word to the author and when: at once if that still answers them, else at work."""
        place = await self._directory.installed(hold.workspace_id)
        author = self._directory.person(place, hold.author_id)
        due_at = now = self._directory.now()
        if author is not None and now - hold.created_at > ANSWER_S:
            due_at = author.timeline.next_open(now) or now
        tz = author.tz if author else "UTC"
        notice = Stays(hold.author_id, tz, hold.channel_id or "", hold.created_at, why)
        row = NoticeRow(
            id=uuid.uuid4().hex,
            workspace_id=hold.workspace_id,
            kind="stays",
            reader_id=hold.author_id,
            channel_id="",
            ts=hold.id,  # one for each attempt, not for each message
            payload=msgspec.json.encode(notice).decode(),
            expires_at=due_at + STAYS_LIFE_S,
            attempts=0,
        )
        return row, due_at

    async def run_due(self) -> int:
        """End what a crash or a lost answer left half done. Returns how many were tried."""
        async with self._database.transaction() as tx:
            unfinished = await holds.claim_taking_back(tx, lease_now=lease_now(), lease_s=LEASE_S)
        for hold in unfinished:
            try:
                await self._finish(hold)
            except (Ambiguous, RateLimited) as error:
                log.info("take_back.unclear", hold_id=hold.id, exc=error)  # next time, then
        return len(unfinished)

    async def _finish(self, hold: HoldRow) -> None:
        """Take it back as it is now; with anything of others on it, it stays."""
        token = await self._granting.token(hold.workspace_id, hold.author_id)
        original, could_look = await self._look(hold, token)
        if original is None and (could_look or token is None):
            await self._held(hold)
        elif original and (original.reactions or original.replies or original.has_files):
            await self._keep_original(hold, "added")
        elif token is None:
            await self._keep_original(hold, "withdrawn")
        else:
            if original is not None:
                await self._seal_again(hold, original)
            if not await self._delete(hold, token):
                await self._keep_original(hold, "refused")

    async def _seal_again(self, hold: HoldRow, original: Original) -> None:
        """Its author may have changed it meanwhile."""
        sealed = seal(self._vault, Written(original.text, original.blocks))
        async with self._database.transaction() as tx:
            state = "taking_back"
            await holds.set_state(tx, hold.id, before=state, after=state, sealed=sealed)


def _held_notice(flag: Flag, hold: Waiting) -> Held:
    return Held(
        author_id=flag.author_id,
        author_tz=flag.author_tz,
        hold_id=hold.id,
        names=tuple(person.name for person in flag.people if person.user_id in hold.recipient_ids),
        tz=flag.people[0].tz,
        due_at=hold.due_at or flag.at,
        at=flag.at,
        thread_ts=flag.thread_ts,
    )
