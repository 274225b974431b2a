"""Release instants follow their recipients' hours: whoever changed, the queue is derived again.

A workspace counts its version up with every change, in the change's own transaction. This worker
compares it with the version the queue was last derived for, so that no change can be forgotten
by a crash, and every replica may do the work.
"""

from bot.domain.availability import joint_opening
from bot.domain.notices import Origin
from bot.errors import StorageDown
from bot.log import log
from bot.services.directory import Directory, Place
from bot.services.returning import Returning
from bot.storage import holds, workspaces
from bot.storage.database import Database, Transaction
from bot.storage.holds import HoldRow


class Deriving:
    """The worker that moves release instants."""

    def __init__(self, database: Database, directory: Directory, returning: Returning) -> None:
        self._database = database
        self._directory = directory
        self._returning = returning

    async def run_due(self) -> int:
        """Derive the queues of changed workspaces. Returns how many rows moved."""
        async with self._database.reading() as tx:
            changed = await workspaces.underived(tx)
        moved = 0
        for workspace_id in changed:
            try:
                moved += await self._derive_all(workspace_id)
            except StorageDown:
                raise
            except Exception as error:  # noqa: BLE001 - one workspace must not stop the others
                log.error("derive.broken", workspace_id=workspace_id, exc=error)
        return moved

    async def _derive_all(self, workspace_id: str) -> int:
        await self._directory.refresh(workspace_id)
        place = await self._directory.installed(workspace_id)
        moved = 0
        async with self._database.transaction() as tx:
            for hold in await holds.movable(tx, workspace_id):
                moved += await self._derive(tx, place, hold)
            moved += await self._returning.derive(tx, place)
            await workspaces.set_derived(tx, workspace_id, place.version)
        return moved

    async def _derive(self, tx: Transaction, place: Place, hold: HoldRow) -> bool:
        now = self._directory.now()
        timelines = self._directory.timelines(place, hold.recipient_ids)
        due_at = joint_opening(timelines, now)
        if due_at is None and hold.origin == Origin.REMINDER:
            # The message stays where it is, and nobody is left to be reminded.
            return await holds.finish(tx, hold.id, "returned", None, at=now)
        if due_at is None:
            code = "nobody_opens" if timelines else "user_disabled"
            back_at = opening_of(self._directory, place, hold.author_id)
            await holds.turn_back(tx, hold.id, None, code=code, due_at=back_at)
            return True
        # An opening that has just passed stays: the release is under way.
        if due_at == hold.due_at or (due_at == now and (hold.due_at or now) <= now):
            return False
        return await holds.change_waiting(tx, place.workspace_id, hold.id, due_at=due_at)


def opening_of(directory: Directory, place: Place, user_id: str) -> int:
    """When somebody may be written to: their next opening, at once when it is not known."""
    now = directory.now()
    person = directory.person(place, user_id)
    return now if person is None else person.timeline.next_open(now) or now
