"""The tokens people granted: kept sealed, used only to act in their own name."""

from dataclasses import dataclass

import msgspec

from bot.domain.instants import DAY_S
from bot.errors import BadInput, Misconfigured
from bot.services.directory import Directory
from bot.storage import grants, workspaces
from bot.storage.database import Database
from bot.storage.grants import GrantRow
from bot.storage.vault import Vault
from bot.words import consent as words

TICKET_S = DAY_S


@dataclass(frozen=True, slots=True)
class Ticket:
    """Somebody on the way to Slack's consent page."""

    workspace_id: str
    user_id: str
    until_at: int


class Granting:
    """Use cases on user tokens."""

    def __init__(self, database: Database, directory: Directory, vault: Vault) -> None:
        self._database = database
        self._directory = directory
        self._vault = vault

    def invitation(self, workspace_id: str, user_id: str) -> str:
        """A sealed ticket that says who set out to grant something; good for a day."""
        ticket = Ticket(workspace_id, user_id, self._directory.now() + TICKET_S)
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
        self, workspace_id: str, user_id: str, token: str, scopes: frozenset[str]
    ) -> None:
        """Keep what somebody allowed; ``scopes`` are those Slack says were granted."""
        row = GrantRow(scopes, self._vault.seal(token.encode()))
        async with self._database.transaction() as tx:
            await grants.save(tx, workspace_id, user_id, row, self._directory.now())
            await workspaces.touch(tx, workspace_id)
        await self._directory.refresh(workspace_id)

    async def forget(self, workspace_id: str, user_id: str) -> None:
        """The permission was withdrawn."""
        async with self._database.transaction() as tx:
            await grants.remove(tx, workspace_id, user_id)
            await workspaces.touch(tx, workspace_id)
        await self._directory.refresh(workspace_id)

    async def token(self, workspace_id: str, user_id: str) -> str | None:
        """The person's token when they allowed posting in their name, else None."""
        place = await self._directory.installed(workspace_id)
        if "chat:write" not in place.scopes.get(user_id, frozenset()):
            return None
        async with self._database.reading() as tx:
            row = await grants.one(tx, workspace_id, user_id)
        return None if row is None else self._vault.open(row.sealed_token).decode()
