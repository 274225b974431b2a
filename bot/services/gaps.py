"""What was not heard: minutes in which Slack kept events back, and the bot's own outages.

A beat is written all the while. When it resumes after more than five minutes, nobody was there to
hear or to write down, and Slack has given its retries up. The machine's clock measures that;
people's time says where in the week it was.
"""

from bot.domain.instants import MINUTE_S
from bot.log import log
from bot.services.directory import Directory
from bot.services.ports import lease_now
from bot.storage import coverage, workspaces
from bot.storage.database import Database

RATE_LIMITED = "rate_limited"
DOWN = "down"

RETRIES_S = 5 * MINUTE_S
"""Slack sends an event again after one and after five minutes, and then never."""


class Gaps:
    """Writes down when not everything was heard."""

    def __init__(self, database: Database, directory: Directory) -> None:
        self._database = database
        self._directory = directory

    async def rate_limited(self, workspace_id: str, minute_at: int) -> None:
        """Slack dropped events in the minute that began at ``minute_at`` (epoch seconds).

        Raises:
            StorageDown: it was not written down.
        """
        if await self._directory.place(workspace_id) is None:
            return
        log.warning("events.rate_limited", workspace_id=workspace_id)
        async with self._database.transaction() as tx:
            end_at = minute_at + MINUTE_S
            await coverage.add_gap(tx, workspace_id, minute_at, end_at, RATE_LIMITED)

    async def run_due(self) -> int:
        """Write a beat for every workspace, and a gap where there was none for too long.

        Returns 0: a beat leaves nothing to be done.
        """
        now, machine_now = self._directory.now(), lease_now()
        async with self._database.transaction() as tx:
            for workspace_id in await workspaces.versions(tx):
                last = await coverage.last_beat(tx, workspace_id)
                if last is not None and machine_now - last.machine_at > RETRIES_S and now > last.at:
                    log.warning("events.unheard", workspace_id=workspace_id, delay_s=now - last.at)
                    await coverage.add_gap(tx, workspace_id, last.at, now, DOWN)
                await coverage.beat(tx, workspace_id, coverage.Beat(now, machine_now))
        return 0
