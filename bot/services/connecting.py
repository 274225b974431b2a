"""Connecting a calendar and letting go of it: tickets, permissions, and what is deleted.

A password or a permission is stored only once it is known to open a calendar, so the way there is
not a row: it is under way in this process, and whoever it is for starts again if that ends.
"""

import asyncio
import hmac
import secrets
from collections.abc import Coroutine, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import msgspec
from yarl import URL

from bot.calendars.base import Channel, Credentials, Discovering, SigningIn
from bot.calendars.oauth import challenge_of, new_verifier
from bot.domain.instants import DAY_S, MINUTE_S
from bot.errors import (
    BadInput,
    CalendarAway,
    CalendarError,
    CalendarRefused,
    CalendarSignedOut,
    Misconfigured,
    NotPossible,
)
from bot.log import log
from bot.services.calendar_access import CalendarAccess, address_hash
from bot.services.directory import Directory
from bot.services.ports import lease_now
from bot.storage import addresses, calendars, push_channels, workspaces
from bot.storage.calendars import CalendarRow
from bot.storage.database import Database
from bot.storage.push_channels import ChannelRow
from bot.storage.vault import Vault
from bot.words import calendars as words

TICKET_S = DAY_S
"""The Home tab may have been on the screen for a while."""

JOURNEY_S = 10 * MINUTE_S
DRAIN_S = 10.0
Done = TypeVar("Done")


class Ticket(msgspec.Struct, frozen=True, tag="calendar_ticket"):
    """Somebody who may set out to connect a calendar of this kind."""

    workspace_id: str
    user_id: str
    provider: str
    until_at: int


class Journey(msgspec.Struct, frozen=True, tag="calendar_journey"):
    """Somebody on the provider's page; ``nonce`` is in the browser they set out with."""

    ticket: Ticket
    verifier: str
    nonce: str
    until_at: int


@dataclass(frozen=True, slots=True)
class SettingOut:
    """Where to send a browser, and what to leave in it until it is back."""

    url: str
    nonce: str


class Connecting:
    """Use cases of connecting. ``public_url`` is this server's address, ``""`` for none."""

    def __init__(
        self,
        database: Database,
        directory: Directory,
        access: CalendarAccess,
        vault: Vault,
        public_url: str = "",
    ) -> None:
        self._database = database
        self._directory = directory
        self._access = access
        self._vault = vault
        self._public_url = public_url.rstrip("/")
        self._under_way: set[asyncio.Task[Any]] = set()
        self._asking: set[tuple[str, str]] = set()

    @property
    def pages(self) -> tuple[str, ...]:
        """The providers with a page of their own that are offered."""
        signing_in = self._access.providers.signing_in if self._public_url else ()
        return tuple(each.name for each in signing_in)

    @property
    def is_https(self) -> bool:
        """Whether browsers come here encrypted."""
        return self._public_url.startswith("https:")

    def is_here(self, origin: str) -> bool:
        """Whether this origin (RFC 6454 §7) is the one of the links in Slack."""
        try:
            return URL(origin).origin() == URL(self._public_url).origin()
        except ValueError:
            return False

    @property
    def by_password(self) -> str | None:
        """The provider that is reached by address and app password, None when it is off."""
        discovering = self._access.providers.discovering
        return discovering.name if discovering else None

    def link(self, workspace_id: str, user_id: str, provider: str) -> str:
        """Where somebody sets out to connect one of `pages`; good for a day."""
        until_at = self._directory.now() + TICKET_S
        ticket = self._sealed(Ticket(workspace_id, user_id, provider, until_at))
        return f"{self._public_url}/calendars/{provider}/start?ticket={ticket}"

    def ticket(self, provider: str, text: str) -> Ticket:
        """Whose link it is.

        Raises:
            BadInput: not a link of ours, or an old one.
        """
        ticket = self._opened(text, Ticket)
        if ticket.provider != provider or self._page(provider) is None:
            raise BadInput(words.BAD_LINK)
        self._not_over(ticket.until_at)
        return ticket

    def set_out(self, ticket: Ticket) -> SettingOut:
        """On to the provider's page."""
        verifier, nonce = new_verifier(), secrets.token_urlsafe(24)
        until_at = self._directory.now() + JOURNEY_S
        state = self._sealed(Journey(ticket, verifier, nonce, until_at))
        redirect_uri = self._redirect_uri(ticket.provider)
        page = self._needed_page(ticket.provider)
        return SettingOut(page.consent_url(state, redirect_uri, challenge_of(verifier)), nonce)

    def back(self, provider: str, state: str, nonce: str) -> Journey:
        """Whose way leads here, in the browser with which they set out.

        Raises:
            BadInput: not a state of ours, an old one, or another browser's.
        """
        journey = self._opened(state, Journey)
        if journey.ticket.provider != provider or self._page(provider) is None:
            raise BadInput(words.BAD_LINK)
        self._not_over(journey.until_at)
        # Otherwise a link could be passed on, and somebody connect their calendar to another's.
        if not hmac.compare_digest(journey.nonce.encode(), nonce.encode()):
            raise BadInput(words.USED_LINK)
        return journey

    async def exchange(self, journey: Journey, code: str) -> Credentials:
        """What the page's code stands for; a code is good once.

        Raises:
            CalendarError: the provider did not take it.
        """
        provider = journey.ticket.provider
        page = self._needed_page(provider)
        return await page.exchange(code, self._redirect_uri(provider), journey.verifier)

    async def discover(
        self, workspace_id: str, user_id: str, address: str, username: str, password: str
    ) -> None:
        """Find a calendar by address and app password, and connect it.

        One server at a time is asked for one person: a slow one holds what others need, too.

        Raises:
            NotPossible: it cannot be opened; says why.
            StorageDown: it was not kept.
        """
        discovering, whose = self._access.providers.discovering, (workspace_id, user_id)
        if discovering is None:
            raise NotPossible(words.NOT_OFFERED)
        if whose in self._asking:
            raise NotPossible(words.ASKING_ALREADY)
        self._asking.add(whose)
        try:
            found = await _discovered(discovering, address, username, password)
        finally:
            self._asking.discard(whose)
        # Anybody can claim any address at a server of their own: these name nobody.
        await self._keep(workspace_id, user_id, discovering.name, found)

    async def keep(self, ticket: Ticket, found: Credentials) -> None:
        """Connect a calendar of a provider with a page of its own.

        Raises:
            BadInput: it is known as somebody else's in the workspace.
            StorageDown: it was not kept.
        """
        await self._keep(
            ticket.workspace_id,
            ticket.user_id,
            ticket.provider,
            found,
            claimed=sorted({found.address, *found.addresses} - {""}),
            is_verified=self._needed_page(ticket.provider).verifies,
        )

    async def _keep(
        self,
        workspace_id: str,
        user_id: str,
        provider: str,
        found: Credentials,
        *,
        claimed: Sequence[str] = (),
        is_verified: bool = False,
    ) -> None:
        """Connect it, unless one of the ``claimed`` addresses is known as somebody else's.

        Only verified ones say to others who this is.
        """
        hashes = [address_hash(workspace_id, each) for each in claimed]
        own = address_hash(workspace_id, found.address)
        async with self._database.transaction() as tx:
            await workspaces.lock(tx, workspace_id)
            if set((await addresses.whose(tx, workspace_id, hashes)).values()) - {user_id}:
                raise BadInput(words.SOMEBODY_ELSES)
            before = await calendars.one(tx, workspace_id, user_id)
            channels = await push_channels.of_person(tx, workspace_id, user_id)
            await calendars.connect(
                tx,
                workspace_id,
                user_id,
                provider=provider,
                sealed_credentials=self._access.sealed(found),
                address=own,
                now=self._directory.now(),
            )
            await addresses.own(
                tx, workspace_id, user_id, hashes if is_verified else (), "calendar"
            )
        await self._directory.refresh(workspace_id)
        log.info(
            "calendar.connected", workspace_id=workspace_id, user_id=user_id, provider=provider
        )
        if before is not None:
            # Ending the permission of the same account would end the new one with it.
            is_same = (before.provider, before.address) == (provider, own)
            self.in_background(self._let_go(before, channels, revoke=not is_same))

    async def disconnect(self, workspace_id: str, user_id: str) -> bool:
        """Delete everything that came from somebody's calendar. False when there was none.

        The provider is told afterwards, as far as it answers.
        """
        async with self._database.transaction() as tx:
            await workspaces.lock(tx, workspace_id)
            before = await calendars.one(tx, workspace_id, user_id)
            if before is None:
                return False
            channels = await push_channels.of_person(tx, workspace_id, user_id)
            await calendars.disconnect(tx, workspace_id, user_id)
        await self._directory.refresh(workspace_id)
        log.info("calendar.disconnected", workspace_id=workspace_id, user_id=user_id)
        self.in_background(self._let_go(before, channels, revoke=True))
        return True

    async def _let_go(
        self, row: CalendarRow, channels: Sequence[ChannelRow], *, revoke: bool
    ) -> None:
        """Close the channels and end the permission at the provider; best effort."""
        provider, page = self._access.providers.named(row.provider), self._page(row.provider)
        if provider is None:
            return
        try:
            credentials = self._access.credentials(row)
            if page is not None and 0 < credentials.expires_at <= lease_now():
                credentials = await page.refresh(credentials)
        except (CalendarError, Misconfigured) as error:
            log.info("calendar.not_let_go", user_id=row.user_id, provider=row.provider, exc=error)
            return
        account = provider.account(credentials)
        for each in channels:
            channel = Channel(each.channel_id, each.resource_id, each.until_at)
            await self._try(row, account.unwatch(channel))
        if revoke and page is not None:
            await self._try(row, page.revoke(credentials))

    @staticmethod
    async def _try(row: CalendarRow, call: Coroutine[Any, Any, None]) -> None:
        try:
            await call
        except CalendarError as error:  # what was opened ends by itself within days
            log.info("calendar.not_let_go", user_id=row.user_id, provider=row.provider, exc=error)

    def in_background(self, work: Coroutine[Any, Any, Done]) -> asyncio.Task[Done]:
        """Go on with ``work`` while its caller answers; `close` waits for it."""
        task = asyncio.create_task(work)
        self._under_way.add(task)
        task.add_done_callback(self._under_way.discard)
        return task

    async def close(self) -> None:
        """Let what is under way end, for a while."""
        if self._under_way:
            _, late = await asyncio.wait(self._under_way, timeout=DRAIN_S)
            for task in late:
                task.cancel()

    def _page(self, provider: str) -> SigningIn | None:
        return self._access.providers.page_of(provider)

    def _needed_page(self, provider: str) -> SigningIn:
        page = self._page(provider)
        if page is None:
            raise CalendarRefused("not_offered")
        return page

    def _redirect_uri(self, provider: str) -> str:
        return f"{self._public_url}/calendars/{provider}/callback"

    def _sealed(self, value: Ticket | Journey) -> str:
        return self._vault.seal(msgspec.json.encode(value)).decode()

    def _opened(self, text: str, kind: type[Done]) -> Done:
        try:
            return msgspec.json.decode(self._vault.open(text.encode()), type=kind)
        except (Misconfigured, msgspec.MsgspecError, UnicodeEncodeError) as error:
            raise BadInput(words.BAD_LINK) from error

    def _not_over(self, until_at: int) -> None:
        if until_at < self._directory.now():
            raise BadInput(words.OLD_LINK)


async def _discovered(
    discovering: Discovering, address: str, username: str, password: str
) -> Credentials:
    """What opens the calendar there.

    Raises:
        NotPossible: says why it cannot be opened.
    """
    try:
        return await discovering.discover(address, username, password)
    except CalendarSignedOut as error:
        raise NotPossible(words.NOT_ACCEPTED) from error
    except CalendarAway as error:
        raise NotPossible(words.NOT_ANSWERING) from error
    except CalendarError as error:
        raise NotPossible(words.refused(code_of(error))) from error


def code_of(error: CalendarError) -> str:
    """A short word for what went wrong, for the log and for `bot.words.calendars`."""
    match error:
        case CalendarRefused(code=code):
            return code
        case CalendarSignedOut():
            return "signed_out"
        case CalendarAway():
            return "away"
        case _:
            return type(error).__name__
