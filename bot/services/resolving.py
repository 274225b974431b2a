"""Messages of which it was not known whom they reach: look it up, then judge them."""

import time
from collections.abc import AsyncIterator

import msgspec

from bot.domain.contact import Message
from bot.errors import Ambiguous, RateLimited, Refused, StorageDown
from bot.log import log
from bot.services.directory import Directory, Place
from bot.services.granting import Granting
from bot.services.ports import Messenger, lease_now
from bot.services.screening import Screening
from bot.storage import audiences, people
from bot.storage.audiences import Waiting
from bot.storage.database import Database

LEASE_S = 60
SHORTEST_WAIT_S = 15
MAX_ATTEMPTS = 12

CHANNEL_FRESH_S = 300
CHANNELS_KEPT = 100
"""Members of whole channels are many, and come and go: they are not kept for long."""

READ_SCOPES = {"im": "im:read", "mpim": "mpim:read"}


class Resolving:
    """The worker that looks up who somebody is, and who is in a group, a DM or a channel."""

    def __init__(
        self,
        database: Database,
        directory: Directory,
        messenger: Messenger,
        screening: Screening,
        granting: Granting,
    ) -> None:
        self._database = database
        self._directory = directory
        self._messenger = messenger
        self._screening = screening
        self._granting = granting
        self._channels: dict[tuple[str, str], tuple[float, tuple[str, ...]]] = {}

    async def run_due(self) -> int:
        """Resolve one batch. Returns how many messages were taken."""
        async with self._database.transaction() as tx:
            claimed = await audiences.claim_unresolved(
                tx, now=self._directory.now(), lease_now=lease_now(), lease_s=LEASE_S
            )
        for waiting in claimed:
            try:
                await self._resolve(waiting)
            except StorageDown:
                raise
            except Exception as error:  # noqa: BLE001 - one message must not stop the others
                log.error("audience.broken", message_ts=waiting.ts, exc=error)
                if waiting.attempts >= MAX_ATTEMPTS:
                    await self._drop(waiting)
        return len(claimed)

    async def _resolve(self, waiting: Waiting) -> None:
        message = msgspec.json.decode(waiting.message, type=Message)
        channel = None
        try:
            channel = await self._look_up(message)
        except (RateLimited, Ambiguous) as error:
            if waiting.attempts < MAX_ATTEMPTS:
                wait_s = error.retry_after_s if isinstance(error, RateLimited) else LEASE_S
                await self._postpone(waiting, max(SHORTEST_WAIT_S, round(wait_s)))
                return
            log.warning("audience.given_up", channel_id=message.channel_id, message_ts=message.ts)
        await self._screening.screen_resolved(message, channel)
        await self._drop(waiting)

    async def _postpone(self, waiting: Waiting, wait_s: int) -> None:
        async with self._database.transaction() as tx:
            await audiences.postpone_unresolved(tx, waiting, lease_until=lease_now() + wait_s)

    async def _drop(self, waiting: Waiting) -> None:
        async with self._database.transaction() as tx:
            await audiences.drop_unresolved(
                tx, waiting.workspace_id, waiting.channel_id, waiting.ts
            )

    async def _look_up(self, message: Message) -> tuple[str, ...] | None:
        """Fetch what is missing; what Slack refuses to tell is left out.

        Returns the members of the channel when the message reaches all of it.
        """
        workspace_id = message.workspace_id
        place = await self._directory.installed(workspace_id)
        missing = await self._screening.missing(message)
        for group_id in missing.unknown_groups:
            await self._learn_group(workspace_id, group_id)
        if missing.unknown_conversation:
            await self._learn_conversation(message)
        await self._directory.refresh(workspace_id)
        for user_id in (await self._screening.missing(message)).strangers:
            await self._learn_person(place, user_id)
        await self._directory.refresh(workspace_id)
        return await self._channel(message) if missing.unknown_channel else None

    async def _learn_group(self, workspace_id: str, group_id: str) -> None:
        try:
            members = await self._messenger.group_members(workspace_id, group_id)
        except Refused as refused:
            log.info("audience.refused", workspace_id=workspace_id, code=refused.code)
            return
        async with self._database.transaction() as tx:
            now = self._directory.now()
            await audiences.save_group(tx, workspace_id, group_id, members, now)

    async def _learn_person(self, place: Place, user_id: str) -> None:
        """Somebody of another organisation, or who came since the last look at everybody."""
        try:
            user = await self._messenger.user(place.workspace_id, user_id)
        except Refused as refused:
            log.info("person.refused", user_id=user_id, code=refused.code)
            place.nobodies.add(user_id)
            return
        async with self._database.transaction() as tx:
            await people.learn(tx, place.workspace_id, [user])
        if not user.tz:
            place.nobodies.add(user_id)

    async def _channel(self, message: Message) -> tuple[str, ...] | None:
        """The members of a channel, read again after a few minutes."""
        key = (message.workspace_id, message.channel_id)
        read_at, members = self._channels.get(key, (0.0, ()))
        if read_at and time.monotonic() - read_at < CHANNEL_FRESH_S:
            return members
        try:
            members = await self._messenger.conversation_members(*key)
        except Refused as refused:
            log.info("audience.refused", channel_id=message.channel_id, code=refused.code)
            return None
        self._channels.pop(key, None)
        self._channels[key] = (time.monotonic(), members)
        while len(self._channels) > CHANNELS_KEPT:
            del self._channels[next(iter(self._channels))]
        return members

    async def _learn_conversation(self, message: Message) -> None:
        """The members of a DM or group DM, as one who is in it is told."""
        async for user_id, token in self._tokens(message):
            try:
                members = await self._members(message, user_id, token)
            except Refused as refused:
                log.info("audience.refused", channel_id=message.channel_id, code=refused.code)
                continue
            async with self._database.transaction() as tx:
                where = (message.workspace_id, message.channel_id)
                await audiences.save_conversation(tx, *where, members, self._directory.now())
            return

    async def _members(self, message: Message, user_id: str, token: str | None) -> tuple[str, ...]:
        where = (message.workspace_id, message.channel_id)
        if message.channel_type == "im" and token is not None:
            return (user_id, await self._messenger.partner(*where, token=token))
        return await self._messenger.conversation_members(*where, token=token)

    async def _tokens(self, message: Message) -> AsyncIterator[tuple[str, str | None]]:
        """Whom to ask as: the bot (no token) where it may be a member, then those who are.

        Slack names one person because of whom the app hears of the event. The others are asked
        for only where that one's token does not help.
        """
        if message.channel_type == "mpim":
            yield "", None
        scope = READ_SCOPES[message.channel_type]
        tried: set[str] = {""}
        for user_id in (message.seen_by_id, message.author_id):
            token = await self._granting.token(message.workspace_id, user_id, scope)
            if user_id not in tried and token is not None:
                yield user_id, token
            tried.add(user_id)
        for user_id in await self._authorized(message):
            token = await self._granting.token(message.workspace_id, user_id, scope)
            if user_id not in tried and token is not None:
                yield user_id, token

    async def _authorized(self, message: Message) -> tuple[str, ...]:
        if not message.event_context:
            return ()
        try:
            return await self._messenger.authorized(message.event_context)
        except Refused as refused:
            log.info("authorizations.refused", code=refused.code)
            return ()
