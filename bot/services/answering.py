"""What an author does with a flag."""

from bot import metrics
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
        """Keep ``response``. Returns of whom the author was told.

        Raises:
            BadInput: there is no such flag for this author.
        """
        async with self._database.transaction() as tx:
            if not await notices.answer(tx, workspace_id, author_id, channel_id, ts, response):
                raise BadInput(words.NO_SUCH_FLAG)
            reached = await contacts.flagged(tx, workspace_id, channel_id, ts)
        metrics.HINTS.labels(response).inc()
        return reached

    async def about_audience(
        self, workspace_id: str, author_id: str, channel_id: str, ts: str, response: str
    ) -> None:
        """Keep ``response`` to the line about a whole channel or a large group.

        Raises:
            BadInput: there is no such line for this author.
        """
        where = (workspace_id, author_id, channel_id, ts)
        async with self._database.transaction() as tx:
            if not await notices.answer(tx, *where, response, kinds=("audience",)):
                raise BadInput(words.NO_SUCH_FLAG)
