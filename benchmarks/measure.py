"""What every benchmark shares: interleaved rounds, one row per claim.

A claim is a ratio between us and a named peer, measured in the same run. Rounds alternate, and
their order turns round every second time, so that a busy machine slows both alike; the median of
the rounds' own ratios counts.
"""

import statistics
import time
from collections.abc import Callable
from typing import Any, NamedTuple


class Claim(NamedTuple):
    """One row of `build/bench.json`.

    Attributes:
        goal: ``>= 8`` or ``<= 3``: where ``ratio`` has to be.
        ours: median of our rounds, in ``unit``; ``theirs`` that of the peer.
    """

    name: str
    ratio: float
    goal: str
    peer: str
    ours: float
    theirs: float
    unit: str

    @property
    def met(self) -> bool:
        """Whether the ratio is where it has to be."""
        direction, bound = self.goal.split()
        return self.ratio >= float(bound) if direction == ">=" else self.ratio <= float(bound)

    def row(self) -> dict[str, Any]:
        """The claim as JSON."""
        return self._asdict()


class Rounds(NamedTuple):
    """Seconds of each round, ours and the peer's, in the order they were measured."""

    ours: list[float]
    theirs: list[float]

    def ratio(self) -> float:
        """Ours over theirs, the median of the rounds."""
        return statistics.median(a / b for a, b in zip(self.ours, self.theirs, strict=True))


def interleaved(ours: Callable[[], object], theirs: Callable[[], object], rounds: int) -> Rounds:
    """Time two things in turn."""
    found = Rounds([], [])
    for number in range(rounds):
        pair = ((ours, found.ours), (theirs, found.theirs))
        for run, seconds in pair if number % 2 == 0 else pair[::-1]:
            began = time.perf_counter()
            run()
            seconds.append(time.perf_counter() - began)
    return found
