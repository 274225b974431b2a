"""Opening somebody's calendar: credentials unsealed, a token that ends refreshed under a lock."""

import asyncio
import hashlib

import msgspec

from bot.calendars.base import Account, Credentials, Providers, SigningIn
from bot.errors import CalendarAway, CalendarRefused
from bot.log import log
from bot.services.ports import lease_now
from bot.storage import calendars
from bot.storage.calendars import CalendarRow
from bot.storage.database import Database
from bot.storage.vault import Vault

FRESH_S = 300
"""A token that ends within this time is refreshed before it is used."""

REFRESH_LEASE_S = 60
"""One refresh is one call; another process waits for it and reads what it wrote."""

WAITS = 20
WAIT_S = 0.5


def address_hash(workspace_id: str, address: str) -> str:
    """An e-mail address as it is kept: it can be compared, and does not show who it is."""
    return hashlib.sha256(f"{workspace_id}:{address.strip().lower()}".encode()).hexdigest()


class CalendarAccess:
    """Seals and opens credentials, and keeps access tokens fresh."""

    def __init__(self, database: Database, vault: Vault, providers: Providers) -> None:
        self._database = database
        self._vault = vault
        self.providers = providers

    def sealed(self, credentials: Credentials) -> bytes:
        """Credentials as they are stored."""
        return self._vault.seal(msgspec.json.encode(credentials))

    def credentials(self, row: CalendarRow) -> Credentials:
        """What opens this calendar.

        Raises:
            Misconfigured: it was sealed with a key that is not here.
        """
        return msgspec.json.decode(self._vault.open(row.sealed_credentials), type=Credentials)

    def can(self, row: CalendarRow, capability: str) -> bool:
        """Whether the server can do something, as far as anybody knows; makes no call.

        ``capability`` is a field of `bot.calendars.base.Capabilities`.
        """
        provider = self.providers.named(row.provider)
        if provider is None or capability in row.lacks.split():
            return False
        return bool(getattr(provider.account(self.credentials(row)).capabilities, capability))

    async def account(self, row: CalendarRow) -> Account:
        """Somebody's calendar, ready to be asked. Not to be called inside a transaction.

        Raises:
            CalendarRefused: ``not_offered``: the operator switched the provider off.
            CalendarSignedOut: the permission is gone.
            CalendarAway: the token could not be refreshed now.
        """
        provider = self.providers.named(row.provider)
        if provider is None:
            raise CalendarRefused("not_offered")
        credentials = self.credentials(row)
        if _ends_soon(credentials):
            credentials = await self._refreshed(row, credentials)
        return provider.account(credentials)

    async def _refreshed(self, row: CalendarRow, known: Credentials) -> Credentials:
        """A fresh token, asked for by one process at a time: some providers rotate them."""
        page = self.providers.page_of(row.provider)
        if page is None:
            return known
        for _ in range(WAITS):
            async with self._database.transaction() as tx:
                is_ours = await calendars.take_refresh(
                    tx,
                    row.workspace_id,
                    row.user_id,
                    lease_now=lease_now(),
                    lease_s=REFRESH_LEASE_S,
                )
                now = await calendars.one(tx, row.workspace_id, row.user_id)
            if now is None:
                raise CalendarRefused("not_connected")
            stored = self.credentials(now)
            if not _ends_soon(stored):
                if is_ours:
                    await self._keep(now, stored)
                return stored
            if is_ours:
                fresh = await self._asked(page, now, stored)
                log.info("calendar.token_refreshed", user_id=row.user_id, provider=row.provider)
                return fresh
            await asyncio.sleep(WAIT_S)
        raise CalendarAway

    async def _asked(self, page: SigningIn, row: CalendarRow, stored: Credentials) -> Credentials:
        """The provider's fresh token, kept; the right to refresh is given back either way."""
        fresh = stored
        try:
            fresh = await page.refresh(stored)
        finally:
            await self._keep(row, fresh)
        return fresh

    async def _keep(self, row: CalendarRow, fresh: Credentials) -> None:
        async with self._database.transaction() as tx:
            await calendars.keep_credentials(tx, row, self.sealed(fresh))


def _ends_soon(credentials: Credentials) -> bool:
    return 0 < credentials.expires_at <= lease_now() + FRESH_S
