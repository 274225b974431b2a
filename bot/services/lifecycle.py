"""The app is removed from a workspace, and perhaps comes back.

Nothing can be delivered or handed back meanwhile, because the tokens are gone. What people hold
stays sealed and rests, and so do connected calendars; both go on when the app is installed again,
and are erased after 30 days.
"""

from bot.domain.instants import DAY_S
from bot.log import log
from bot.services.directory import Directory
from bot.storage import (
    audiences,
    calendars,
    grants,
    holds,
    notices,
    silences,
    urgents,
    workspaces,
)
from bot.storage.database import Database

RESTS_S = 30 * DAY_S
"""As long as a message may be held at all."""


class Lifecycle:
    """What becomes of a workspace's rows."""

    def __init__(self, database: Database, directory: Directory) -> None:
        self._database = database
        self._directory = directory

    async def uninstalled(self, workspace_id: str) -> None:
        """The app was removed: tokens go, what was to be said is dropped, holds rest."""
        async with self._database.transaction() as tx:
            await workspaces.uninstall(tx, workspace_id, self._directory.now())
            await grants.remove_all(tx, workspace_id)
            await notices.drop_due(tx, workspace_id)
            await urgents.end_all(tx, workspace_id)
            await audiences.drop_all_unresolved(tx, workspace_id)
            await silences.remove_all(tx, workspace_id)
        await self._directory.refresh(workspace_id)
        log.warning("app.uninstalled", workspace_id=workspace_id)

    async def run_due(self) -> int:
        """Erase what rested for 30 days. Returns 0: a look leaves nothing to be done."""
        async with self._database.transaction() as tx:
            before = self._directory.now() - RESTS_S
            erased = await holds.erase_uninstalled(tx, before=before)
            forgotten = await calendars.erase_uninstalled(tx, before=before)
        if erased:
            log.info("holds.erased", count=erased)
        if forgotten:
            log.info("calendars.erased", count=forgotten)
        return 0
