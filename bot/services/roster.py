"""What Slack says about people and user groups, taken over."""

from bot.services.directory import Directory
from bot.services.ports import Messenger
from bot.storage.database import Database


class Roster:
    """Keeps people and groups as Slack has them."""

    def __init__(self, database: Database, directory: Directory, messenger: Messenger) -> None:
        self._database = database
        self._directory = directory
        self._messenger = messenger
