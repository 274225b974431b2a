"""*Not useful*: hints between two people become rarer with each that was not wanted."""

from bot import metrics
from bot.domain.instants import DAY_S
from bot.errors import BadInput
from bot.services.directory import Directory
from bot.storage import contacts, hints, notices
from bot.storage.database import Database
from bot.words import flag as words

FIRST_SILENCE_S = 7 * DAY_S
LONGEST_SILENCE_S = 56 * DAY_S


def silence_s(times: int) -> int:
    """How long no hint is given after this many *Not useful*: a week, then twice as long."""
    doubled: int = FIRST_SILENCE_S * 2 ** (min(times, 8) - 1)
    return min(doubled, LONGEST_SILENCE_S)


class Hinting:
    """The use case behind *Not useful*."""

    def __init__(self, database: Database, directory: Directory) -> None:
        self._database = database
        self._directory = directory

    async def not_useful(self, workspace_id: str, author_id: str, channel_id: str, ts: str) -> int:
        """Keep the answer, and give fewer hints about those the message reached.

        Returns until when none is given, in epoch seconds; 0 when it was not about one person's
        hours.

        Raises:
            BadInput: there is no such notice for this author.
        """
        now, until_at = self._directory.now(), 0
        async with self._database.transaction() as tx:
            before = await notices.response(tx, workspace_id, author_id, channel_id, ts)
            if before is None:
                raise BadInput(words.NO_SUCH_FLAG)
            await notices.answer(tx, workspace_id, author_id, channel_id, ts, "not_useful")
            if before != "not_useful":
                for reached in await contacts.flagged(tx, workspace_id, channel_id, ts):
                    pair = (author_id, reached.recipient_id)
                    times = await hints.not_useful(tx, workspace_id, pair)
                    until_at = now + silence_s(times)
                    await hints.silence(tx, workspace_id, pair, until_at)
        metrics.HINTS.labels("not_useful").inc()
        await self._directory.refresh(workspace_id)
        return until_at
