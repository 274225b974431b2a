"""Taking a posted message back: read it, seal it, delete it, hold it.

``taking_back → held``: the text is on disk before anything is deleted. An ambiguous delete looks
again; a refused one ends `cancelled` and the message stays where it is.
"""

from dataclasses import dataclass, replace

from bot import metrics
from bot.domain.availability import joint_opening
from bot.domain.contact import Outcome
from bot.domain.notices import Flag, Held, Origin
from bot.errors import Ambiguous, BadInput, RateLimited, Refused
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
    """What others added to a message and would not come back with it."""

    reactions: int
    replies: int


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

    async def take_back(self, source: Source, *, confirmed: bool = False) -> Waiting | Lost:
        """Delete the author's message and hold it for those it reached.

        Returns what would be lost, and does nothing, until the author ``confirmed`` that.

        Raises:
            BadInput: it cannot be taken back; the message is still there.
        """
        try:
            return await self._take_back(source, confirmed=confirmed)
        except (Refused, RateLimited, Ambiguous) as error:
            raise BadInput(own_words.cannot(str(error))) from error

    async def _take_back(self, source: Source, *, confirmed: bool) -> Waiting | Lost:
        token = await self._granting.token(source.workspace_id, source.author_id)
        if token is None:
            raise BadInput(own_words.NOT_ALLOWED)
        original = await self._read(source, token)
        if original is None or original.author_id != source.author_id:
            raise BadInput(own_words.GONE)
        if original.has_files:
            raise BadInput(own_words.HAS_FILES)
        if not confirmed and (original.reactions or original.replies):
            return Lost(original.reactions, original.replies)
        hold = await self._write_down(source, original)
        if not await self._delete(hold, token):
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

    async def automatic(self, row: NoticeRow, flag: Flag) -> Held | Flag:
        """Take a message back without a click; where that cannot be, the flag says why.

        Raises:
            RateLimited, Ambiguous: not now.
        """
        source = Source(row.workspace_id, flag.author_id, flag.channel_id, flag.ts, flag.thread_ts)
        async with self._database.reading() as tx:
            before = await holds.by_source(tx, row.workspace_id, flag.channel_id, flag.ts)
        if before is not None:  # a worker that stopped in between did it
            return _held_notice(flag, waiting(before))
        try:
            taken = await self._take_back(source, confirmed=False)
        except BadInput as error:
            return replace(flag, not_held=str(error), can_take_back=False)
        except Refused as refused:
            why = own_words.cannot(refused.code)
            return replace(flag, not_held=why, can_take_back=False)
        if isinstance(taken, Lost):
            return replace(flag, not_held=own_words.would_lose(taken.reactions, taken.replies))
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
            reached = await contacts.of_message(tx, workspace_id, channel_id, ts)
            who = tuple(contact.recipient_id for contact in reached)
            due_at = joint_opening(self._directory.timelines(place, who), now) if who else None
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
        """Delete the original and set the hold going. False when Slack refused."""
        try:
            await self._messenger.delete(
                hold.workspace_id, hold.channel_id or "", hold.source_ts or "", token=token
            )
        except Refused as refused:
            if refused.code != "message_not_found":
                return await self._held_if_gone(hold, token, refused.code)
        except (Ambiguous, RateLimited):
            log.info("take_back.unclear", hold_id=hold.id)  # `run_due` looks again
            return True
        await self._held(hold)
        return True

    async def _held_if_gone(self, hold: HoldRow, token: str | None, code: str) -> bool:
        """Whether it is held after all. What could not be deleted, and is there, stays there."""
        try:
            is_there = await self._is_there(hold, token)
        except (Ambiguous, RateLimited):
            log.info("take_back.unclear", hold_id=hold.id)  # `run_due` looks again
            return True
        if is_there:
            await self._keep_original(hold, code)
            return False
        await self._held(hold)
        return True

    async def _is_there(self, hold: HoldRow, token: str | None) -> bool:
        """True when the original was seen, by its author or by the bot.

        Where nobody may look, its text is kept.
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
                return original is not None
        return False

    async def _held(self, hold: HoldRow) -> None:
        """The original is gone, so what is held is the message."""
        async with self._database.transaction() as tx:
            await holds.set_state(tx, hold.id, before="taking_back", after="held", lease_until=0)
            # Hours may have moved meanwhile; the release instant is derived again.
            await workspaces.touch(tx, hold.workspace_id)
            await contacts.set_outcome(
                tx,
                hold.workspace_id,
                hold.channel_id or "",
                hold.source_ts or "",
                Outcome.AVERTED.value,
                "taken_back",
            )

    async def _keep_original(self, hold: HoldRow, code: str) -> None:
        log.warning("take_back.refused", hold_id=hold.id, code=code)
        async with self._database.transaction() as tx:
            await holds.set_state(
                tx, hold.id, before="taking_back", after="cancelled", sealed=None, lease_until=0
            )
            where = (hold.workspace_id, hold.author_id, hold.channel_id or "", hold.source_ts or "")
            await notices.answer(tx, *where, "")

    async def run_due(self) -> int:
        """End what a crash or a lost answer left half done. Returns how many were tried."""
        async with self._database.transaction() as tx:
            unfinished = await holds.claim_taking_back(tx, lease_now=lease_now(), lease_s=LEASE_S)
        for hold in unfinished:
            token = await self._granting.token(hold.workspace_id, hold.author_id)
            if token is not None:
                await self._delete(hold, token)
            else:
                await self._held_if_gone(hold, None, "token_revoked")
        return len(unfinished)


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
