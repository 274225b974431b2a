"""Being told of changes: channels opened and renewed, and what comes through them.

A channel is renewed by another one while it still works, so that nothing falls between the two;
the old one ends by itself. A push says only that something changed, and may get lost: calendars
are read every so often anyway.
"""

import asyncio
import hashlib
import hmac
import secrets
from collections.abc import Iterable

from bot.calendars.base import Account, Channel, Watch
from bot.calendars.push import Push, PushKind
from bot.domain.instants import DAY_S, HOUR_S, MINUTE_S
from bot.errors import CalendarAway, CalendarError, CalendarUnsupported, Misconfigured
from bot.log import log
from bot.services.calendar_access import CalendarAccess
from bot.services.connecting import code_of
from bot.services.ports import lease_now
from bot.storage import calendars, push_channels
from bot.storage.calendars import CalendarRow
from bot.storage.database import Database
from bot.storage.push_channels import ChannelRow

WISH_S = 7 * DAY_S
"""The longest that Google and Microsoft grant."""

OVERLAP_S = DAY_S
AT_ONCE = 8
LEASE_S = 10 * MINUTE_S
RETRY_S = HOUR_S
UNABLE_S = 30 * DAY_S
"""A server that cannot push may have learned it by then."""

AFRESH = frozenset({PushKind.REMOVED, PushKind.REAUTHORIZE})
"""Another channel is needed."""


class Pushing:
    """Keeps a channel open for every calendar whose server can push; hears what comes."""

    def __init__(
        self,
        database: Database,
        access: CalendarAccess,
        public_url: str = "",
    ) -> None:
        self._database = database
        self._access = access
        self._public_url = public_url.rstrip("/")

    async def run_due(self) -> int:
        """Open and renew what is due. Returns how many calendars were looked at."""
        names = self._access.providers.names
        if not self._public_url or not names:
            return 0
        async with self._database.transaction() as tx:
            await push_channels.drop_ended(tx, lease_now())
            due = await calendars.take_unwatched(tx, names, lease_now=lease_now(), lease_s=LEASE_S)
        turns = asyncio.Semaphore(AT_ONCE)
        async with asyncio.TaskGroup() as group:
            for row in due:
                group.create_task(self._look_after(row, turns))
        return len(due)

    async def _look_after(self, row: CalendarRow, turns: asyncio.Semaphore) -> None:
        async with turns:
            await self._look_at(row)

    async def _look_at(self, row: CalendarRow) -> None:
        try:
            account = await self._access.account(row)
            if account.capabilities.push and "push" not in row.lacks.split():
                await self._open(row, account)
            else:
                await self._again(row, UNABLE_S)
        except CalendarUnsupported:
            await self._again(row, UNABLE_S)
        except (CalendarError, Misconfigured) as error:
            wait_s = error.retry_after_s if isinstance(error, CalendarAway) else 0
            code = code_of(error) if isinstance(error, CalendarError) else "key"
            log.warning(
                "calendar.not_watched", user_id=row.user_id, provider=row.provider, code=code
            )
            await self._again(row, max(RETRY_S, round(wait_s)))

    async def _open(self, row: CalendarRow, account: Account) -> None:
        """A new channel, whether or not there is one that still works."""
        secret = secrets.token_urlsafe(32)
        url = f"{self._public_url}/calendars/{row.provider}/push"
        wish = Watch(secrets.token_hex(16), secret, url, lease_now() + WISH_S)
        channel = await account.watch(wish)
        if not await self._opened(row, channel, secret):
            await account.unwatch(channel)

    async def _opened(self, row: CalendarRow, channel: Channel, secret: str) -> bool:
        """Remember the channel; False when the calendar is not connected any more."""
        now = lease_now()
        async with self._database.transaction() as tx:
            still = await calendars.one(tx, row.workspace_id, row.user_id)
            if still is None or still.connected_at != row.connected_at:
                return False
            await push_channels.add(
                tx,
                ChannelRow(
                    channel.channel_id,
                    row.workspace_id,
                    row.user_id,
                    channel.resource_id,
                    secret_hash(secret),
                    channel.until_at,
                ),
            )
            await calendars.change(
                tx, row.workspace_id, row.user_id, watch_at=_renewed_at(now, channel.until_at)
            )
            # What changed between the last read and now was told to nobody.
            await calendars.call_on(tx, row.workspace_id, row.user_id)
        return True

    async def _again(self, row: CalendarRow, wait_s: int) -> None:
        async with self._database.transaction() as tx:
            await calendars.change(tx, row.workspace_id, row.user_id, watch_at=lease_now() + wait_s)

    async def arrived(self, pushes: Iterable[Push]) -> frozenset[str] | None:
        """Take pushes in. Returns which workers to wake; None when not one was genuine.

        Raises:
            StorageDown: they were not taken in; the server has to send them again.
        """
        genuine = [(push, found) for push in pushes if (found := await self._genuine(push))]
        if not genuine:
            return None
        async with self._database.transaction() as tx:
            for push, found in genuine:
                owner = (found.workspace_id, found.user_id)
                if push.kind is PushKind.OPENED:
                    continue
                await calendars.call_on(tx, *owner)
                if push.kind is PushKind.MISSED:
                    await calendars.change(tx, *owner, token="")
                if push.kind is PushKind.REMOVED:
                    await push_channels.drop(tx, found.channel_id)
                if push.kind in AFRESH:
                    await calendars.change(tx, *owner, watch_at=0)
        kinds = {push.kind for push, _ in genuine}
        visit = {"calendars"} if kinds - {PushKind.OPENED} else set()
        return frozenset(visit | ({"pushes"} if kinds & AFRESH else set()))

    async def _genuine(self, push: Push) -> ChannelRow | None:
        """The channel, if the secret is the one it was opened with.

        As much is compared for a channel that is not known.
        """
        async with self._database.reading() as tx:
            if push.channel_id:
                named = await push_channels.one(tx, push.channel_id)
                found = [named] if named and named.resource_id == push.resource_id else []
            else:
                found = await push_channels.on_resource(tx, push.resource_id)
        given = secret_hash(push.secret)
        good = [row for row in found if hmac.compare_digest(row.secret_hash, given)]
        if not found:
            hmac.compare_digest(given, secret_hash(""))
        if not good:
            log.info("push.refused", reason="secret" if found else "unknown")
        return good[0] if good else None


def secret_hash(secret: str) -> str:
    """What is kept of a channel's secret, of which there are 256 bits."""
    return hashlib.sha256(secret.encode()).hexdigest()


def _renewed_at(now: int, until_at: int) -> int:
    """A day before the end, or halfway to it where less is granted."""
    life_s = until_at - now
    return now + max(life_s - OVERLAP_S, life_s // 2, MINUTE_S)
