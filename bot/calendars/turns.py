"""Whose turn it is: few seats, and nobody who waits longer because somebody else asks a lot."""

import asyncio
import heapq
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from itertools import count
from weakref import WeakValueDictionary

SLOW_FOR_S = 60.0

_FIRST, _FURTHER, _SLOW = range(3)


class Turns:
    """Hands out seats.

    Everybody has one place in the queue at a time, however much they ask for; a further one only
    behind everybody's first. Whoever was slow within the last minute shares one seat with all
    others who were, behind everybody else: so one seat at least is always quick.
    """

    def __init__(self, seats: int) -> None:
        self._free = seats
        self._order = count()
        self._waiting: list[tuple[int, int, asyncio.Future[None]]] = []
        self._first_places: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()
        self._slow_place = asyncio.Lock()
        self._slow_until: dict[str, float] = {}

    def was_slow(self, whose: str) -> None:
        """Remember that somebody held a seat for long."""
        now = asyncio.get_running_loop().time()
        self._slow_until = {who: end for who, end in self._slow_until.items() if end > now}
        self._slow_until[whose] = now + SLOW_FOR_S

    def is_slow(self, whose: str) -> bool:
        """Whether somebody was slow within the last minute."""
        return self._slow_until.get(whose, 0.0) > asyncio.get_running_loop().time()

    @asynccontextmanager
    async def turn(self, whose: str, *, is_further: bool = False) -> AsyncIterator[None]:
        """Wait for a seat and hold it."""
        async with AsyncExitStack() as places:
            if not is_further:
                await places.enter_async_context(
                    self._first_places.setdefault(whose, asyncio.Lock())
                )
            rank = _FURTHER if is_further else _FIRST
            if self.is_slow(whose):
                await places.enter_async_context(self._slow_place)
                rank = _SLOW
            await self._take(rank)
            try:
                yield
            finally:
                self._give_back()

    async def _take(self, rank: int) -> None:
        if self._free:
            self._free -= 1
            return
        seat: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        heapq.heappush(self._waiting, (rank, next(self._order), seat))
        try:
            await seat
        except asyncio.CancelledError:
            if seat.done() and not seat.cancelled():  # it was given in the same moment
                self._give_back()
            raise

    def _give_back(self) -> None:
        while self._waiting:
            seat = heapq.heappop(self._waiting)[2]
            if not seat.done():
                seat.set_result(None)
                return
        self._free += 1
