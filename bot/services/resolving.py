"""Messages whose audience was not known when they arrived: look it up, then judge them."""

import msgspec

from bot.domain.contact import Message
from bot.domain.reach import DM_KINDS
from bot.errors import Ambiguous, RateLimited, Refused, StorageDown
from bot.log import log
from bot.services.directory import Directory
from bot.services.ports import Messenger, lease_now
from bot.services.screening import Screening
from bot.storage import audiences
from bot.storage.audiences import Waiting
from bot.storage.database import Database

LEASE_S = 60
MAX_ATTEMPTS = 12


class Resolving:
    """The worker that looks audiences up."""

    def __init__(
        self,
        database: Database,
        directory: Directory,
        messenger: Messenger,
        screening: Screening,
    ) -> None:
        self._database = database
        self._directory = directory
        self._messenger = messenger
        self._screening = screening

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
        return len(claimed)

    async def _resolve(self, waiting: Waiting) -> None:
        message = msgspec.json.decode(waiting.message, type=Message)
        try:
            await self._look_up(message)
        except (RateLimited, Ambiguous):
            if waiting.attempts < MAX_ATTEMPTS:
                return
            log.warning("audience.given_up", channel_id=message.channel_id, message_ts=message.ts)
        else:
            await self._screening.screen_resolved(message)
        async with self._database.transaction() as tx:
            await audiences.drop_unresolved(
                tx, waiting.workspace_id, waiting.channel_id, waiting.ts
            )

    async def _look_up(self, message: Message) -> None:
        """Fetch what is missing. What Slack will not tell now is asked again next time."""
        workspace_id = message.workspace_id
        place = await self._directory.installed(workspace_id)
        for group_id in message.groups:
            if group_id not in place.groups:
                members = await self._members_of_group(workspace_id, group_id)
                if members is None:
                    continue
                async with self._database.transaction() as tx:
                    await audiences.save_group(
                        tx, workspace_id, group_id, members, self._directory.now()
                    )
        if message.channel_type in DM_KINDS and message.channel_id not in place.conversations:
            members = await self._members_of_conversation(workspace_id, message.channel_id)
            if members is not None:
                async with self._database.transaction() as tx:
                    await audiences.save_conversation(
                        tx, workspace_id, message.channel_id, members, self._directory.now()
                    )
        await self._directory.refresh(workspace_id)

    async def _members_of_group(self, workspace_id: str, group_id: str) -> tuple[str, ...] | None:
        try:
            return await self._messenger.group_members(workspace_id, group_id)
        except Refused as refused:
            log.info("audience.refused", workspace_id=workspace_id, code=refused.code)
            return None

    async def _members_of_conversation(
        self, workspace_id: str, channel_id: str
    ) -> tuple[str, ...] | None:
        try:
            return await self._messenger.conversation_members(workspace_id, channel_id)
        except Refused as refused:
            log.info("audience.refused", channel_id=channel_id, code=refused.code)
            return None
