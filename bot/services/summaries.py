"""The weekly summary: planned once per team and ISO week, posted once whatever crashes."""

from bot.services.directory import Directory
from bot.services.ports import Messenger
from bot.storage.database import Database


class Summaries:
    """The worker that plans and posts summaries."""

    def __init__(self, database: Database, directory: Directory, messenger: Messenger) -> None:
        self._database = database
        self._directory = directory
        self._messenger = messenger

    async def run_due(self) -> int:
        """Plan what is due and post one summary. Returns how many were handled."""
        return 0
