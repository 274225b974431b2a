"""One parcel on its way: where it goes, in whose name, how it reads, and whether it is out."""

from dataclasses import dataclass

from bot.domain.notices import Bundle, Delivery, Notice, Origin, Reminder, Returned
from bot.errors import Refused
from bot.log import log
from bot.services.directory import Place
from bot.services.granting import Granting
from bot.services.parcels import Parcel
from bot.services.ports import Messenger, Posted
from bot.services.written import Written, unseal
from bot.storage.holds import HoldRow
from bot.storage.vault import Vault

LOOK_BACK_S = 86_400

TOKEN_DEAD = frozenset(
    {"token_revoked", "token_expired", "invalid_auth", "not_authed", "account_inactive"}
)
"""It will never work again."""

TOKEN_TROUBLE = TOKEN_DEAD | {"missing_scope", "not_allowed_token_type"}
"""A permission is gone. A person's: the bot delivers. The bot's own: an outage."""


@dataclass(frozen=True, slots=True)
class Target:
    """Where one delivery goes, and in whose name (None: the bot's)."""

    channel_id: str
    thread_ts: str | None
    token: str | None


class Delivering:
    """The Slack side of a release. Every method may raise any `bot.errors.SlackError`."""

    def __init__(self, messenger: Messenger, vault: Vault, granting: Granting) -> None:
        self._messenger = messenger
        self._vault = vault
        self._granting = granting

    async def target(self, hold: HoldRow) -> Target:
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
            if refused.code in TOKEN_DEAD:
                await self._granting.forget(hold.workspace_id, hold.author_id)
            token = None
            channel_id = await self._messenger.open_dm(hold.workspace_id, hold.recipient_ids)
        return Target(channel_id, None, token)

    async def look(self, parcel: Parcel, target: Target) -> tuple[Posted | None, bool]:
        """The message if an earlier attempt posted it, and whether looking was refused.

        The earlier attempt may have been in a conversation of the author's own.
        """
        head, in_vain = parcel.head, False
        tried = head.released_channel_id or target.channel_id
        for channel_id in dict.fromkeys((target.channel_id, tried)):
            try:
                found = await self._messenger.find(
                    head.workspace_id,
                    channel_id,
                    parcel.marker,
                    since_at=(head.due_at or head.created_at) - LOOK_BACK_S,
                    thread_ts=target.thread_ts,
                    token=target.token,
                )
            except Refused as refused:
                log.warning("hold.cannot_look", hold_id=head.id, code=refused.code)
                in_vain = True
                continue
            if found is not None:
                return found, False
        return None, in_vain

    async def notice(self, place: Place, parcel: Parcel, target: Target) -> Notice:
        """What is posted."""
        parts = [await self._part(place, hold, target) for hold in parcel.holds]
        if isinstance(parts[0], Returned) or len(parts) == 1:
            return parts[0]
        return Bundle(tuple(part for part in parts if not isinstance(part, Returned)))

    async def _part(
        self, place: Place, hold: HoldRow, target: Target
    ) -> Delivery | Reminder | Returned:
        reader = hold.author_id if hold.returned_code else hold.recipient_ids[0]
        row = place.rows.get(reader)
        reader_tz = row.tz if row else "UTC"
        if hold.origin == Origin.REMINDER:
            link = await self._permalink(hold)
            return Reminder(hold.author_id, hold.created_at, reader_tz, link)
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

    async def _permalink(self, hold: HoldRow) -> str:
        """The address of a posted message; of a direct one only those who are in it may ask."""
        where = (hold.workspace_id, hold.channel_id or "", hold.source_ts or "")
        try:
            return await self._messenger.permalink(*where)
        except Refused as refused:
            if refused.code != "channel_not_found":
                raise
            for user_id in (hold.author_id, *hold.recipient_ids):
                token = await self._granting.any_token(hold.workspace_id, user_id)
                if token is not None:
                    return await self._messenger.permalink(*where, token=token)
            raise

    async def post(
        self, place: Place, parcel: Parcel, target: Target, notice: Notice, marker: str
    ) -> Posted:
        """Post it; without the author's permission, if that turns out to be gone, by the bot."""
        try:
            return await self._post(parcel, target, notice, marker)
        except Refused as refused:
            if target.token is None or refused.code not in TOKEN_TROUBLE:
                raise
        head = parcel.head
        await self._granting.forget(head.workspace_id, head.author_id)
        target = await self.target(head)
        return await self._post(parcel, target, await self.notice(place, parcel, target), marker)

    async def _post(self, parcel: Parcel, target: Target, notice: Notice, marker: str) -> Posted:
        return await self._messenger.post(
            parcel.head.workspace_id,
            target.channel_id,
            notice,
            marker=marker,
            thread_ts=target.thread_ts,
            token=target.token,
        )
