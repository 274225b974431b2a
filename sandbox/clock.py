"""The workspace's clock: it stands still until somebody moves it."""

import asyncio
import time
from datetime import UTC, datetime, timedelta


class SandboxClock:
    """People's time in the sandbox.

    With a `start` the clock stands at that instant until `set`, `advance` or `run` is called.
    Without one it follows the system clock.
    """

    def __init__(self, start: datetime | None = None) -> None:
        if start is not None and start.tzinfo is None:
            raise ValueError("The clock needs an aware instant.")
        self._speed = 0.0 if start else 1.0
        self._anchor_at = (start or datetime.now(UTC)).astimezone(UTC)
        self._anchor_s = time.monotonic()
        self._waiters: set[asyncio.Future[None]] = set()

    def now(self) -> datetime:
        """The current instant, aware UTC."""
        if not self._speed:
            return self._anchor_at
        gone_s = (time.monotonic() - self._anchor_s) * self._speed
        return self._anchor_at + timedelta(seconds=gone_s)

    def set(self, instant: datetime) -> None:
        """Jump to an aware instant; the speed stays what it was.

        Raises:
            ValueError: `instant` has no zone.
        """
        if instant.tzinfo is None:
            raise ValueError("The clock needs an aware instant.")
        self._turn(instant.astimezone(UTC), self._speed)

    def advance(self, by: timedelta) -> None:
        """Move forward by `by`."""
        self._turn(self.now() + by, self._speed)

    def run(self, speed: float = 1.0) -> None:
        """Let the clock go by itself, `speed` seconds per real second; 0 stops it."""
        self._turn(self.now(), speed)

    async def reached(self, instant: datetime) -> None:
        """Wait until the clock shows `instant` or later."""
        while (left := (instant - self.now()).total_seconds()) > 0:
            waiter = asyncio.get_running_loop().create_future()
            self._waiters.add(waiter)
            try:
                async with asyncio.timeout(left / self._speed if self._speed else None):
                    await waiter
            except TimeoutError:
                continue
            finally:
                self._waiters.discard(waiter)

    def _turn(self, instant: datetime, speed: float) -> None:
        self._anchor_at, self._anchor_s, self._speed = instant, time.monotonic(), speed
        for waiter in tuple(self._waiters):
            if not waiter.done():
                waiter.set_result(None)
