"""Becoming somebody who is judged and counted: only by one's own choice."""

from bot.services.directory import Directory
from bot.storage.database import Database


class Enrolment:
    """Welcomes, and their answers."""

    def __init__(self, database: Database, directory: Directory) -> None:
        self._database = database
        self._directory = directory
