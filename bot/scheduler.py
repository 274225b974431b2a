"""Ticks that only wake workers. Each worker asks "what is due?" and does it.

APScheduler keeps the beat; it holds no jobs that mirror data, and its own shutdown would cancel
running coroutines, so the work runs in tasks of our own that are drained.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from apscheduler.schedulers.asyncio import AsyncIOScheduler
from apscheduler.triggers.interval import IntervalTrigger

from bot.errors import OffhoursError
from bot.log import log

DRAIN_S = 20


@dataclass(slots=True)
class Worker:
    """A loop around ``run_due``, which does one batch and returns how much it did.

    ``every_s`` is the beat in seconds of real time; ``done`` counts what was done so far.
    """

    name: str
    run_due: Callable[[], Awaitable[int]]
    every_s: float
    done: int = 0
    _one_at_a_time: asyncio.Lock = field(default_factory=asyncio.Lock)
    _awake: asyncio.Event = field(default_factory=asyncio.Event)
    _ending: asyncio.Event = field(default_factory=asyncio.Event)

    def wake(self) -> None:
        """There may be something to do."""
        self._awake.set()

    def stop(self) -> None:
        """End after the batch under way."""
        self._ending.set()
        self._awake.set()

    async def beat(self) -> None:
        """Wake, from the scheduler: a plain function it would run in a thread."""
        self.wake()

    async def once(self) -> int:
        """One batch, never two at a time. Returns how much it did."""
        async with self._one_at_a_time:
            count = await self.run_due()
            self.done += count
            return count

    async def loop(self) -> None:
        """Work until stopped. A failing batch is logged and tried again at the next beat."""
        while not self._ending.is_set():
            await self._awake.wait()
            self._awake.clear()
            try:
                while await self.once() and not self._ending.is_set():
                    pass
            except OffhoursError as error:
                log.warning("worker.failed", worker=self.name, exc=error)
            except Exception as error:  # noqa: BLE001 - one bad batch must not end a worker
                log.error("worker.broken", worker=self.name, exc=error)


class Scheduler:
    """The beat and the tasks behind it."""

    def __init__(self, workers: tuple[Worker, ...]) -> None:
        self.workers = workers
        self._beat = AsyncIOScheduler(timezone="UTC")
        self._tasks: list[asyncio.Task[None]] = []

    def start(self) -> None:
        """Start every worker and its beat; each runs once at once."""
        for worker in self.workers:
            self._tasks.append(asyncio.create_task(worker.loop(), name=worker.name))
            self._beat.add_job(
                worker.beat,
                IntervalTrigger(seconds=worker.every_s, timezone="UTC"),
                coalesce=True,
                max_instances=1,
                misfire_grace_time=None,
            )
            worker.wake()
        self._beat.start()

    def wake(self, *names: str) -> None:
        """Wake the named workers, or all."""
        for worker in self.workers:
            if not names or worker.name in names:
                worker.wake()

    async def stop(self) -> None:
        """Let what is under way finish, for a while."""
        if self._beat.running:
            self._beat.shutdown(wait=False)
        for worker in self.workers:
            worker.stop()
        if self._tasks:
            _, late = await asyncio.wait(self._tasks, timeout=DRAIN_S)
            for task in late:
                task.cancel()
