"""Whose turn it is: few seats, and nobody who waits longer because somebody else asks a lot."""

import asyncio
import heapq
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from enum import IntEnum
from itertools import count
from weakref import WeakValueDictionary


class Turn(IntEnum):
    """Kinds of turns, in the order in which seats are given to them."""

    FIRST = 0
    FURTHER = 1
    """One more for somebody who has a turn already, where nobody else wants the seat."""
    LONG = 2


class Turns:
    """Hands out seats.

    Everybody has one place in the queue at a time, however much they ask for; a further one only
    behind everybody's first. Long turns share one seat, behind everybody else, whoever asks for
    them: so one seat at least is always soon free again.
    """

    def __init__(self, seats: int) -> None:
        self._free = seats
        self._order = count()
        self._waiting: list[tuple[Turn, int, asyncio.Future[None]]] = []
        self._places: WeakValueDictionary[tuple[str, Turn], asyncio.Lock] = WeakValueDictionary()
        self._long_seat = asyncio.Lock()

    @asynccontextmanager
    async def turn(self, whose: str, kind: Turn = Turn.FIRST) -> AsyncIterator[None]:
        """Wait for a seat and hold it."""
        async with AsyncExitStack() as places:
            if kind is not Turn.FURTHER:
                place = self._places.setdefault((whose, kind), asyncio.Lock())
                await places.enter_async_context(place)
            if kind is Turn.LONG:
                await places.enter_async_context(self._long_seat)
            await self._take(kind)
            try:
                yield
            finally:
                self._give_back()

    async def _take(self, kind: Turn) -> None:
        if self._free:
            self._free -= 1
            return
        seat: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        heapq.heappush(self._waiting, (kind, next(self._order), seat))
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
