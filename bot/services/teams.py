"""Teams: a Slack user group, the channel of its summary and its leaders."""

from bot.services.directory import Directory
from bot.services.enrolment import Enrolment
from bot.services.ports import Messenger
from bot.storage.database import Database


class Teams:
    """Use cases of admins on teams."""

    def __init__(
        self, database: Database, directory: Directory, messenger: Messenger, enrolment: Enrolment
    ) -> None:
        self._database = database
        self._directory = directory
        self._messenger = messenger
        self._enrolment = enrolment
