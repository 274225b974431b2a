"""The organisation's rules, as versions."""

from bot.services.directory import Directory
from bot.storage.database import Database


class Policies:
    """Use cases of admins on the policy."""

    def __init__(self, database: Database, directory: Directory) -> None:
        self._database = database
        self._directory = directory
