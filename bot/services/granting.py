"""The tokens people granted: kept sealed, used only to act in their own name."""

from bot.services.directory import Directory
from bot.storage import grants, workspaces
from bot.storage.database import Database
from bot.storage.grants import GrantRow
from bot.storage.vault import Vault


class Granting:
    """Use cases on user tokens."""

    def __init__(self, database: Database, directory: Directory, vault: Vault) -> None:
        self._database = database
        self._directory = directory
        self._vault = vault

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
