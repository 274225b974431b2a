"""A person's own calendar: what they set, and what others see of it."""

from bot.services.directory import Directory
from bot.storage.database import Database


class Hours:
    """Use cases on one's own calendar."""

    def __init__(self, database: Database, directory: Directory) -> None:
        self._database = database
        self._directory = directory
