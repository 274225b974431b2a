"""Waiting until the bot has nothing left to do, for plays and tests; production has no such call.

The bot's workers go by themselves once it is started. A worker never does two batches at a time,
so a round in which nothing was found to do is one in which nothing was under way either.
"""

from bot.scheduler import Scheduler


class Settling:
    """Runs a bot's workers until nothing is due."""

    def __init__(self, scheduler: Scheduler) -> None:
        self._workers = scheduler.workers

    async def settle(self) -> int:
        """Return once nothing is due; how much was done, by whomever, since the call.

        What waits for a retry is not due. A worker's error is raised.
        """
        before = self._done()
        while True:
            round_began = self._done()
            for worker in self._workers:
                await worker.once()
            if self._done() == round_began:
                return self._done() - before

    def _done(self) -> int:
        return sum(worker.done for worker in self._workers)
