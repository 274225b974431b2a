"""The Events API's ceiling: so many events an hour for an app, and what is over is dropped."""

from __future__ import annotations

from collections import deque
from datetime import datetime, timedelta

from sandbox.clock import SandboxClock

EVENTS_PER_HOUR = 30_000
HOUR = timedelta(hours=1)
MINUTE_S = 60


class Quota:
    """Counts the events of the last hour, by the sandbox's clock."""

    def __init__(self, clock: SandboxClock) -> None:
        self.per_hour = EVENTS_PER_HOUR
        self._clock = clock
        self._sent: dict[str, deque[datetime]] = {}
        self._told: dict[str, int] = {}

    def take(self, app_id: str) -> bool:
        """Count an event on its way to an app; False when it is one too many."""
        now = self._clock.now()
        sent = self._sent.setdefault(app_id, deque())
        while sent and sent[0] <= now - HOUR:
            sent.popleft()
        if len(sent) >= self.per_hour:
            return False
        sent.append(now)
        return True

    def new_minute_over(self, app_id: str) -> int | None:
        """The present minute (epoch s) if the app was not told in it that it is over, or None."""
        minute = int(self._clock.now().timestamp()) // MINUTE_S * MINUTE_S
        if self._told.get(app_id) == minute:
            return None
        self._told[app_id] = minute
        return minute
