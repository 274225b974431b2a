"""Rate tiers of the Web API: calls a minute for each method and app, off unless asked for."""

from __future__ import annotations

import math
import time
from collections import deque

WINDOW_S = 60.0
TIER_1, TIER_2, TIER_3, TIER_4 = 1, 20, 50, 100
PROFILE_SETS = 10
"""users.profile.set of one person, besides the tier of the method."""

LIMITS: dict[str, int] = {
    "apps.connections.open": TIER_1,
    "apps.event.authorizations.list": TIER_4,
    "bots.info": TIER_3,
    "chat.delete": TIER_3,
    "chat.postEphemeral": TIER_4,
    "chat.update": TIER_3,
    "conversations.history": TIER_3,
    "conversations.info": TIER_3,
    "conversations.join": TIER_3,
    "conversations.list": TIER_2,
    "conversations.members": TIER_4,
    "conversations.open": TIER_3,
    "conversations.replies": TIER_3,
    "dnd.endDnd": TIER_2,
    "dnd.endSnooze": TIER_2,
    "dnd.info": TIER_3,
    "dnd.setSnooze": TIER_2,
    "dnd.teamInfo": TIER_2,
    "oauth.v2.access": TIER_4,
    "team.info": TIER_3,
    "usergroups.list": TIER_2,
    "usergroups.users.list": TIER_2,
    "users.conversations": TIER_2,
    "users.info": TIER_4,
    "users.list": TIER_2,
    "users.profile.get": TIER_4,
    "users.profile.set": TIER_3,
    "views.open": TIER_4,
    "views.publish": TIER_4,
    "views.push": TIER_4,
    "views.update": TIER_4,
}
"""Method -> calls a minute. Slack promises this much "or more"; here it is exactly this much.

Where Slack's own texts disagree it is the lower one. Methods that are not listed have limits of
their own kind (chat.postMessage: one a second into a channel) or none that is documented.
"""


class Tiers:
    """Counts calls in the last minute of real time; `on` says whether limits are kept."""

    def __init__(self) -> None:
        self.on = False
        self._calls: dict[tuple[str, ...], deque[float]] = {}

    def wait_s(self, method: str, app_id: str, user_id: str) -> int:
        """Count a call; how many whole seconds it comes too early, 0 when it may pass."""
        if not self.on or method not in LIMITS:
            return 0
        limits: list[tuple[tuple[str, ...], int]] = [((method, app_id), LIMITS[method])]
        if method == "users.profile.set":
            limits.append(((method, app_id, user_id), PROFILE_SETS))
        now_s = time.monotonic()
        waits = [self._wait_s(key, most, now_s) for key, most in limits]
        if not any(waits):
            for key, _ in limits:
                self._calls[key].append(now_s)
        return max(waits)

    def _wait_s(self, key: tuple[str, ...], most: int, now_s: float) -> int:
        calls = self._calls.setdefault(key, deque())
        while calls and calls[0] <= now_s - WINDOW_S:
            calls.popleft()
        return 0 if len(calls) < most else math.ceil(calls[0] + WINDOW_S - now_s)
