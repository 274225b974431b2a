"""Waiting until the bot has nothing left to do, for plays and tests; production has no such call.

The bot's workers go by themselves once it is started. `Settling` takes turns with them, so that
a round in which nothing was found to do is one in which nothing was under way either.
"""

import asyncio
from collections.abc import Awaitable, Callable

from bot.scheduler import Scheduler

RunDue = Callable[[], Awaitable[int]]


class Settling:
    """Runs a bot's workers until nothing is due. Make it before the bot is started."""

    def __init__(self, scheduler: Scheduler) -> None:
        self._workers = scheduler.workers
        self._done = 0
        for worker in self._workers:
            worker.run_due = self._in_turn(worker.run_due)

    async def settle(self) -> int:
        """Return once nothing is due; how much was done, by whomever, since the call.

        What waits for a retry is not due. A worker's error is raised.
        """
        before = self._done
        while True:
            round_began = self._done
            for worker in self._workers:
                await worker.run_due()
            if self._done == round_began:
                return self._done - before

    def _in_turn(self, run_due: RunDue) -> RunDue:
        turn = asyncio.Lock()

        async def once() -> int:
            async with turn:
                done = await run_due()
                self._done += done
                return done

        return once
