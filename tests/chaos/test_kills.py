"""`kill -9` in the middle of every step: nothing is lost and nothing is said twice.

The short form of `make chaos`. ``OFFHOURS_CHAOS_SEED`` draws other instants.
"""

import os
from random import Random

import pytest

from sandbox import Fault
from tests.chaos.audit import audited
from tests.chaos.campaign import Plan, campaign
from tests.chaos.ledger import Fate
from tests.chaos.rounds import RELEASE, STEPS, Rounds
from tests.chaos.strikes import Strike
from tests.chaos.weather import Weather
from tests.chaos.world import World

SEED = int(os.environ.get("OFFHOURS_CHAOS_SEED", "4"))
KILLS = 10

pytestmark = pytest.mark.slow


async def test_ten_kills_lose_nothing_and_say_nothing_twice(any_url, tmp_path):
    plan = Plan(any_url.partition(":")[0], KILLS, most_faults=1, seed=SEED)
    outcome = await campaign(plan, any_url, tmp_path)
    assert outcome.wrong == [], f"OFFHOURS_CHAOS_SEED={SEED}"
    assert outcome.last_line().endswith("lost=0 twice=0")
    assert outcome.kills >= KILLS
    assert [line.step for line in outcome.lines if line.kills] == list(STEPS)
    assert outcome.ended(Fate.HELD) >= 2
    assert outcome.findings[0].summaries.due >= 2


@pytest.fixture
async def rounds(tmp_path):
    """Rounds that the test plays by hand, in good weather."""
    async with World.opened(f"sqlite:///{tmp_path / 'offhours.db'}", tmp_path) as world:
        found = Rounds(world, Random(SEED), Weather(world.sandbox, Random(SEED), 0))
        found.acts.begin(RELEASE)
        await world.night()
        yield found


async def test_a_second_copy_and_a_missing_row_are_found(rounds):
    """Without the looking, and without the rows, the accounts must not balance."""
    acts, world = rounds.acts, rounds.world
    entry = await acts.later(world.authors[-1])
    world.sandbox.faults.add("conversations.history", Fault.error("missing_scope", times=None))
    await rounds.morning(Strike("chat.postMessage", "unanswered"))
    assert rounds.kills[RELEASE] == 1
    await world.night()
    await acts.later(world.authors[-1])
    await acts.post(world.authors[-1])
    await world.calm()
    for table in ("hold_recipients", "held_messages", "contacts"):
        await world.rows.run(f"DELETE FROM {table}")
    await rounds.morning()
    found = await audited(acts)
    fates = found.by_step[RELEASE].fates
    assert (fates[Fate.TWICE], fates[Fate.LOST]) == (1, 1)
    assert entry.token in found.wrong[0]
    assert (found.contacts.due, found.contacts.lost) == (2, 2)
    assert (found.flags.lost, found.flags.twice) == (0, 0)


async def test_what_was_said_in_a_direct_message_is_not_said_again(rounds):
    """A leader's two mirrors are due, and the bot dies before it hears that the first is out."""
    world = rounds.world
    await world.sunday_night()
    own = world.sandbox.dm(world.boss, world.app).id
    await rounds.morning(Strike("chat.postMessage", "unanswered", channel_id=own))
    found = await audited(rounds.acts)
    assert rounds.kills[RELEASE] == 1
    assert (found.notices.due, found.notices.twice) == (2, 0)
    assert (found.summaries.due, found.summaries.done, found.wrong) == (2, 2, [])
