"""A campaign: so many kills on one database, and the accounts at the end."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

from tests.chaos.audit import Findings, audited
from tests.chaos.ledger import Fate, Tally
from tests.chaos.rounds import STEPS, Rounds
from tests.chaos.weather import Weather
from tests.chaos.world import World

ROUNDS_PER_KILL = 4
"""So many rounds without a kill would say that the traps stand in the wrong places."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What is to be done to one database.

    Attributes:
        database: its kind, for people.
        kills: at least so many.
        most_faults: of Slack, each time the weather turns.
        seed: of everything that is drawn.
        minutes: of real time, after which no round is begun.
    """

    database: str
    kills: int
    most_faults: int
    seed: int
    minutes: float = 60.0


@dataclass(frozen=True, slots=True)
class Line:
    """One step on one database."""

    step: str
    database: str
    kills: int
    faults: int
    tally: Tally


@dataclass(slots=True)
class Outcome:
    """What a campaign came to."""

    lines: list[Line] = field(default_factory=list)
    findings: list[Findings] = field(default_factory=list)

    def add(self, other: "Outcome") -> None:
        """The outcome on another database."""
        self.lines += other.lines
        self.findings += other.findings

    @property
    def kills(self) -> int:
        """How often the bot was killed."""
        return sum(line.kills for line in self.lines)

    @property
    def faults(self) -> int:
        """The kills, and what went wrong in Slack."""
        return self.kills + sum(line.faults for line in self.lines)

    @property
    def given(self) -> int:
        """How many messages the bot took on."""
        return sum(line.tally.given for line in self.lines)

    def ended(self, fate: Fate) -> int:
        """How many messages met this fate."""
        return sum(line.tally.fates[fate] for line in self.lines)

    @property
    def lost(self) -> int:
        """Messages, flags, summaries and contacts that are missing."""
        others = sum(f.flags.lost + f.summaries.lost + f.contacts.lost for f in self.findings)
        return self.ended(Fate.LOST) + others

    @property
    def twice(self) -> int:
        """Messages, summaries, contacts and notices there are two of; not whispers."""
        others = sum(f.summaries.twice + f.contacts.twice + f.notices.twice for f in self.findings)
        return self.ended(Fate.TWICE) + others

    @property
    def wrong(self) -> list[str]:
        """Everything that should not be, in words."""
        return [sentence for found in self.findings for sentence in found.wrong]

    def last_line(self) -> str:
        """The whole campaign in one line.

        Raises:
            AssertionError: a message is in no column.
        """
        assert all(line.tally.balanced() for line in self.lines), self.lines
        fates = (Fate.DELIVERED, Fate.HELD, Fate.CANCELLED, Fate.RETURNED)
        ended = " ".join(f"{fate}={self.ended(fate)}" for fate in fates)
        return (
            f"chaos: faults={self.faults} in={self.given} {ended} "
            f"lost={self.lost} twice={self.twice}"
        )


async def campaign(
    plan: Plan, database_url: str, folder: Path, on_kill: Callable[[], None] = lambda: None
) -> Outcome:
    """Kill the bot until the plan is carried out, each time in the step that was killed least."""
    random = Random(f"{plan.seed} {plan.database}")
    ends_s = asyncio.get_running_loop().time() + plan.minutes * 60
    async with World.opened(database_url, folder) as world:
        rounds = Rounds(world, random, Weather(world.sandbox, random, plan.most_faults))
        rounds.on_kill = on_kill
        for _ in range(plan.kills * ROUNDS_PER_KILL):
            if rounds.kills.total() >= plan.kills or asyncio.get_running_loop().time() > ends_s:
                break
            await rounds.play(min(STEPS, key=rounds.kills.__getitem__))
        await rounds.linger()
        findings = await audited(rounds.acts)
    lines = [
        Line(
            step,
            plan.database,
            rounds.kills[step],
            rounds.faults[step],
            findings.by_step.get(step, Tally()),
        )
        for step in STEPS
    ]
    return Outcome(lines, [findings])
