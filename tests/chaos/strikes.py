"""When the bot is killed: inside one of its calls to Slack, or at any instant.

A call to Slack has four instants that matter: it arrives and is not carried out, it is carried
out and the answer finds nobody, it is carried out only after the bot is dead, and the bot has the
answer but perhaps not the time to write it down.
"""

import asyncio
from dataclasses import dataclass
from random import Random
from typing import Any

from sandbox import Fault, Sandbox
from tests.chaos.victim import Victim

LATE_S = 0.25
MOMENTS = ("unheard", "unanswered", "late", "answered")
"""The four instants of a call, in the order of the text above."""


@dataclass(frozen=True, slots=True)
class Strike:
    """One kill to come.

    Attributes:
        method: the Web API method in whose midst it comes; None: ``delay_s`` after the start.
        moment: one of `MOMENTS`.
        delay_s: seconds from the answer, or from the start, to the kill.
        spared: so many calls of the method are let go by first.
        channel_id: only calls about that conversation count; empty: all.
    """

    method: str | None
    moment: str = "answered"
    delay_s: float = 0.0
    spared: int = 0
    channel_id: str = ""


def drawn(random: Random, *methods: str | None, channel_id: str = "", spared: int = 0) -> Strike:
    """A strike in one of ``methods``, everything else by chance."""
    return Strike(
        random.choice(methods),
        random.choice(MOMENTS),
        delay_s=10 ** random.uniform(-3.3, -0.9),
        spared=random.randint(0, spared),
        channel_id=channel_id,
    )


class Trap:
    """A strike that waits for its instant."""

    def __init__(self, strike: Strike, sandbox: Sandbox, victim: Victim) -> None:
        self._strike = strike
        self._victim = victim
        self._spared = strike.spared
        self._timer: asyncio.TimerHandle | None = None
        self._over = asyncio.Event()
        self.fired = False
        if strike.method is None:
            self._soon()
        else:
            self._fault = self._made().only_when(self._meets)
            sandbox.faults.add(strike.method, self._fault)

    async def sprung(self) -> bool:
        """Wait for a kill that is under way. False when its instant never came."""
        if self._timer is not None:
            await self._over.wait()
        if self._strike.method is not None:
            self._fault.times = 0
        return self.fired

    def _made(self) -> Fault:
        if self._strike.moment == "unheard":
            return Fault.drop_request()
        return Fault.slow(LATE_S if self._strike.moment == "late" else 0)

    def _meets(self, params: dict[str, Any]) -> bool:
        """Called by the sandbox as a call arrives; True where the fault is to happen."""
        if self.fired or not self._victim.alive:
            return False
        if self._strike.channel_id not in ("", params.get("channel")):
            return False
        if self._spared:
            self._spared -= 1
            return False
        if self._strike.moment == "answered":
            self._soon()
        else:
            self._fire()
        return True

    def _soon(self) -> None:
        self._timer = asyncio.get_running_loop().call_later(self._strike.delay_s, self._fire)

    def _fire(self) -> None:
        self.fired = self._victim.alive
        self._victim.kill()
        self._over.set()
