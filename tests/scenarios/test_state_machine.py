"""People, hours, messages, clicks, faults and the clock, in any order, against a simple model.

Every message ends delivered once, held, cancelled or returned, and nobody is reached outside
their hours without a flag that Slack accepted, or a recorded cap or expiry; see `model.CHECKS`.

`OFFHOURS_CHAOS_EXAMPLES` sets how many lives of the town are played, for a longer run; then each
run plays other ones, and a failing one is shortened, which can take five minutes.
"""

import asyncio
import itertools
import os
import tempfile
from collections.abc import AsyncIterator, Coroutine
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    rule,
    run_state_machine_as_test,
)

from tests.conftest import TEMPLATE, Postgres, opened
from tests.scenarios import acts, held_acts, troubles, walls
from tests.scenarios.acts import Act, Chance
from tests.scenarios.town import CHANNELS, PEOPLE, Town

EXAMPLES = int(os.environ.get("OFFHOURS_CHAOS_EXAMPLES", "0"))
STEPS = 25
DAYS_TO_THE_END = 60

WEIGHTS: dict[Act, int] = {
    acts.mention: 3,
    acts.mention_the_crew: 1,
    acts.reply: 1,
    acts.write_to_the_trio: 1,
    acts.set_hours: 1,
    acts.take_day_off: 1,
    acts.add_quiet_window: 1,
    acts.be_quiet: 1,
    acts.press_the_first_button: 3,
    acts.leave_it: 1,
    acts.find_it_not_useful: 1,
    acts.declare_urgent: 1,
    held_acts.write_later: 2,
    held_acts.use_the_shortcut: 1,
    held_acts.reply_later: 1,
    held_acts.cancel: 1,
    held_acts.send_now: 1,
    held_acts.edit: 1,
    held_acts.look: 1,
    held_acts.allow: 1,
    held_acts.withdraw: 1,
    held_acts.lose_the_token: 1,
    troubles.pass_time: 3,
    troubles.wait: 1,
    troubles.calm_down: 1,
    troubles.slack_fails: 2,
    troubles.slack_refuses: 1,
    troubles.a_flag_is_refused: 1,
    troubles.events_go_astray: 1,
}
"""Everything that can happen, and how often."""

ACTS = st.sampled_from([act for act, times in WEIGHTS.items() for _ in range(times)])
CHANCES = st.builds(
    Chance,
    name=st.sampled_from(sorted(PEOPLE)),
    names=st.lists(st.sampled_from(sorted(PEOPLE)), min_size=1, max_size=2, unique=True).map(tuple),
    room=st.sampled_from(CHANNELS),
    week=st.sampled_from(walls.WEEKS),
    pick=st.integers(0, 7),
    minutes=st.sampled_from((4, 16, 60, 181, 480, 840, 1440, 3600)),
    trouble=st.integers(0, 7),
)
"""The longest time is a weekend."""


_numbers = itertools.count(1)


@asynccontextmanager
async def database_on(server: Postgres) -> AsyncIterator[str]:
    """The address of a database of one life's own."""
    name = f"offhours_life_{next(_numbers)}"
    await server.run(f"CREATE DATABASE {name} TEMPLATE {TEMPLATE}")
    yield server.url(name)
    await server.run(f"DROP DATABASE {name} WITH (FORCE)")


class Life(RuleBasedStateMachine):
    """One life of the town; there is one rule, so that anything can follow anything."""

    server: Postgres | None = None
    """None: on SQLite."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.runner = asyncio.Runner()
        self.stack = AsyncExitStack()
        self.failed = False
        self.runner.run(self.open())

    async def open(self) -> None:
        """A new town, in a new database."""
        url = (
            await self.stack.enter_async_context(database_on(self.server)) if self.server else None
        )
        folder = Path(self.folder.name)
        office = await self.stack.enter_async_context(opened(folder, url))
        self.town = Town(office)
        await self.town.found()

    def play(self, act: Coroutine[Any, Any, object]) -> None:
        """Let one act happen, and compare."""
        try:
            self.runner.run(act)
            self.runner.run(self.town.check())
        except BaseException:
            self.failed = True
            raise

    @initialize(weeks=st.tuples(*3 * [st.sampled_from(walls.WEEKS)]), chance=CHANCES)
    def it_begins(self, weeks, chance):
        """Three have chosen hours, and one may be posted for in their own name."""
        for name, week in zip(sorted(PEOPLE), weeks, strict=False):
            self.play(acts.set_hours(self.town, replace(chance, name=name, week=week)))
        self.play(held_acts.allow(self.town, chance))

    @rule(act=ACTS, chance=CHANCES)
    def it_happens(self, act, chance):
        self.play(act(self.town, chance))

    def teardown(self) -> None:
        """However it went, it ends well: nothing is left waiting once everybody was back."""
        try:
            if not self.failed:
                self.runner.run(self.town.end(DAYS_TO_THE_END))
        finally:
            self.runner.run(self.stack.aclose())
            self.runner.close()
            self.folder.cleanup()


class LifeOnPostgres(Life):
    """The same on PostgreSQL."""


def live(life: type[Life], short: int) -> None:
    """Play ``short`` lives, always the same ones, or as many others as were asked for."""
    run_state_machine_as_test(
        life,
        settings=settings(
            max_examples=EXAMPLES or short,
            stateful_step_count=STEPS,
            derandomize=not EXAMPLES,
            deadline=None,
            print_blob=True,
            suppress_health_check=list(HealthCheck),
            phases=[Phase.generate, *([Phase.shrink] if EXAMPLES else [])],
        ),
    )


@pytest.mark.slow
def test_every_message_ends_once_and_nobody_is_reached_unawares():
    live(Life, short=10)


@pytest.mark.slow
def test_the_same_on_postgresql(postgres_server):
    LifeOnPostgres.server = postgres_server
    live(LifeOnPostgres, short=3)
