"""Slack on a bad day: what goes wrong besides the kills, and how often it did."""

from collections.abc import Callable
from random import Random

from sandbox import Fault, Sandbox

SLOW_S = 0.2

WRITES = ("chat.postMessage", "chat.delete", "conversations.open", "views.publish")
READS = ("conversations.history", "conversations.replies", "conversations.list")

FAULTS: tuple[tuple[tuple[str, ...], Callable[[], Fault]], ...] = (
    ((*WRITES, *READS, "chat.postEphemeral"), Fault.rate_limited),
    ((*WRITES, *READS, "chat.postEphemeral"), lambda: Fault.status(500)),
    ((*WRITES, *READS), lambda: Fault.status(503)),
    ((*WRITES, *READS), lambda: Fault.slow(SLOW_S)),
    ((*WRITES, *READS, "chat.postEphemeral"), Fault.drop_request),
    ((*WRITES, *READS), Fault.drop_answer),
    (("chat.postMessage", "chat.delete"), Fault.drop_answer),
    (("message",), Fault.duplicate),
    (("message",), Fault.out_of_order),
)
"""Where, and what. The lost answer of a whisper is left to the kills: nobody can look for it."""


class Weather:
    """Brings faults up for a round, counts those that happened, and clears the rest away."""

    def __init__(self, sandbox: Sandbox, random: Random, most: int) -> None:
        self._sandbox = sandbox
        self._random = random
        self._most = most
        self.happened = 0

    def stir(self) -> None:
        """A few faults, up to ``most``, each of which happens once at most."""
        for _ in range(self._random.randint(0, self._most)):
            targets, made = self._random.choice(FAULTS)
            self._sandbox.faults.add(
                self._random.choice(targets), made().only_when(lambda _: self._count())
            )

    def clear(self) -> None:
        """Slack is well again."""
        self._sandbox.faults.clear()

    def _count(self) -> bool:
        self.happened += 1
        return True
