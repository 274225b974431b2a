"""The tokens people granted: kept sealed, used only to act in their own name."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import msgspec

from bot.domain.choices import Choices
from bot.domain.instants import DAY_S
from bot.errors import BadInput, Misconfigured
from bot.services.directory import Directory
from bot.storage import choices, grants, people, silences, workspaces
from bot.storage.database import Database
from bot.storage.grants import GrantRow
from bot.storage.vault import Vault
from bot.words import consent as words

TICKET_S = DAY_S


@dataclass(frozen=True, slots=True)
class Switch:
    """What allowing ``scope`` switches on."""

    scope: str
    on: Callable[[Choices], Choices]


SWITCHES = {
    "silence": Switch("dnd:write", lambda chosen: replace(chosen, silence=True)),
    "status": Switch("users.profile:write", lambda chosen: replace(chosen, status=True)),
}
"""By purpose."""


@dataclass(frozen=True, slots=True)
class Ticket:
    """Somebody on the way to Slack's consent page, and what for."""

    workspace_id: str
    user_id: str
    until_at: int
    purpose: str = "send"


class Granting:
    """Use cases on user tokens."""

    def __init__(self, database: Database, directory: Directory, vault: Vault) -> None:
        self._database = database
        self._directory = directory
        self._vault = vault

    def invitation(self, workspace_id: str, user_id: str, purpose: str) -> str:
        """A sealed ticket that says who set out to grant something; good for a day."""
        ticket = Ticket(workspace_id, user_id, self._directory.now() + TICKET_S, purpose)
        return self._vault.seal(msgspec.json.encode(ticket)).decode()

    def invited(self, text: str) -> Ticket:
        """Who set out.

        Raises:
            BadInput: not a ticket of ours, or an old one.
        """
        try:
            ticket = msgspec.json.decode(self._vault.open(text.encode()), type=Ticket)
        except (Misconfigured, msgspec.MsgspecError) as error:
            raise BadInput(words.BAD_LINK) from error
        if ticket.until_at < self._directory.now():
            raise BadInput(words.OLD_LINK)
        return ticket

    async def keep(
        self,
        workspace_id: str,
        user_id: str,
        token: str,
        scopes: frozenset[str],
        purpose: str = "send",
    ) -> None:
        """Keep what somebody allowed; ``scopes`` are those Slack says were granted.

        Who allowed to be silenced, or to have a status, wants it on.
        """
        row = GrantRow(scopes, self._vault.seal(token.encode()))
        switched = SWITCHES.get(purpose)
        async with self._database.transaction() as tx:
            # As stored: what is in memory may be a little older, and would undo a choice.
            await workspaces.lock(tx, workspace_id)
            known = await people.one(tx, workspace_id, user_id)
            await grants.save(tx, workspace_id, user_id, row, self._directory.now())
            await silences.forgive(tx, workspace_id, user_id)
            if switched and known is not None and switched.scope in scopes:
                await choices.change(tx, workspace_id, user_id, switched.on)
            else:
                await workspaces.touch(tx, workspace_id)
        await self._directory.refresh(workspace_id)

    async def forget(self, workspace_id: str, user_id: str) -> None:
        """The permission was withdrawn."""
        async with self._database.transaction() as tx:
            await workspaces.lock(tx, workspace_id)
            await grants.remove(tx, workspace_id, user_id)
            await workspaces.touch(tx, workspace_id)
        await self._directory.refresh(workspace_id)

    async def token(self, workspace_id: str, user_id: str, scope: str = "chat:write") -> str | None:
        """The person's token when they allowed ``scope``, by default posting in their name."""
        place = await self._directory.installed(workspace_id)
        if scope not in place.scopes.get(user_id, frozenset()):
            return None
        return await self.any_token(workspace_id, user_id)

    async def any_token(self, workspace_id: str, user_id: str) -> str | None:
        """The person's token, whatever they allowed."""
        async with self._database.reading() as tx:
            row = await grants.one(tx, workspace_id, user_id)
        return None if row is None else self._vault.open(row.sealed_token).decode()
