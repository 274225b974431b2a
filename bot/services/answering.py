"""What an author does with a flag."""

from bot.domain.contact import Outcome, UrgentReason
from bot.errors import BadInput
from bot.services.directory import Directory
from bot.storage import contacts, notices
from bot.storage.contacts import ContactRow
from bot.storage.database import Database
from bot.words import flag as words


class Answering:
    """Use cases behind the buttons of a flag."""

    def __init__(self, database: Database, directory: Directory) -> None:
        self._database = database
        self._directory = directory

    async def answer(
        self, workspace_id: str, author_id: str, channel_id: str, ts: str, response: str
    ) -> list[ContactRow]:
        """Keep ``response``. Returns whom the message had reached.

        Raises:
            BadInput: there is no such flag for this author.
        """
        async with self._database.transaction() as tx:
            if not await notices.answer(tx, workspace_id, author_id, channel_id, ts, response):
                raise BadInput(words.NO_SUCH_FLAG)
            return await contacts.of_message(tx, workspace_id, channel_id, ts)

    async def urgent(
        self, workspace_id: str, author_id: str, channel_id: str, ts: str, reason: UrgentReason
    ) -> list[ContactRow]:
        """The message could not wait, for ``reason``.

        Raises:
            BadInput: there is no such flag for this author.
        """
        async with self._database.transaction() as tx:
            if not await notices.answer(tx, workspace_id, author_id, channel_id, ts, "urgent"):
                raise BadInput(words.NO_SUCH_FLAG)
            await contacts.set_outcome(
                tx, workspace_id, channel_id, ts, Outcome.URGENT.value, reason.value
            )
            return await contacts.of_message(tx, workspace_id, channel_id, ts)
