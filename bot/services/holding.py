"""Holding a message: write it down sealed, deliver it when they are back."""

from bot.services.directory import Directory
from bot.services.ports import Messenger
from bot.storage.database import Database
from bot.storage.vault import Vault


class Holding:
    """Use cases of authors on held messages."""

    def __init__(
        self, database: Database, directory: Directory, messenger: Messenger, vault: Vault
    ) -> None:
        self._database = database
        self._directory = directory
        self._messenger = messenger
        self._vault = vault
