"""`/boundaries oncall` over signed HTTP: everybody sees it, leaders and admins set it."""

from datetime import UTC, datetime

import pytest

from bot.storage import teams
from bot.storage.teams import TeamRow
from tests.conftest import enrolled

pytestmark = pytest.mark.slow


@pytest.fixture
async def crew(office):
    """Ops in Vienna, led by Lea; Mira is an admin and Tom a member, Bob a bot."""
    office.mira = office.sandbox.add_user("mira", "Europe/Vienna", is_admin=True)
    for name in ("lea", "ana", "bo"):
        setattr(office, name, office.sandbox.add_user(name, "Europe/Vienna"))
    office.tom = office.sandbox.add_user("tom", "Europe/Lisbon")
    office.bob = office.sandbox.add_user("bob", "Europe/Vienna", is_bot=True)
    office.ops = office.sandbox.add_usergroup("ops", "Ops", [office.lea, office.ana, office.bo])
    office.sandbox.add_usergroup("hr", "HR", [office.tom])
    await enrolled(office, office.ana)
    await office.settle()
    async with office.bot.database.transaction() as tx:
        leads = (office.lea.id,)
        team = TeamRow("T0SANDBOX", office.ops.id, "Ops", "C0OPS", "Europe/Vienna", 0, leads)
        await teams.save(tx, team)
    await office.bot.services.directory.refresh()
    return office


async def asked(person, typed):
    return (await person.command("/boundaries", f"oncall {typed}".strip())).text


async def stored(office):
    return await office.rows("SELECT team_id, user_ids, starts_on FROM rotas")


async def test_a_leader_sets_it_and_everybody_sees_it(crew):
    said = await asked(crew.lea, "@ops @ana @bo")
    ana, bo = f"<@{crew.ana.id}>", f"<@{crew.bo.id}>"
    assert said.startswith(f"*Ops*: {ana} is on call until Mon 09:00, then {bo}.")
    assert f"A week each, changing hands at 09:00: {ana} → {bo}" in said
    (row,) = await stored(crew)
    assert row["starts_on"] == "2026-10-19"
    seen = await asked(crew.tom, "@ops")
    assert seen.startswith(f"*Ops*: {ana} is on call until Mon 09:00 team time (08:00 for you)")
    assert (await asked(crew.tom, "")).startswith(f"*Ops*: {ana} is on call")
    await crew.at(datetime(2026, 10, 26, 8, 0, tzinfo=UTC))
    assert (await asked(crew.tom, "")).startswith(f"*Ops*: {bo} is on call until Mon 2 Nov 09:00")


async def test_an_admin_sets_a_later_start(crew):
    said = await asked(crew.mira, "@ops @ana and @bo from 2026-11-02")
    assert said.startswith(
        f"*Ops*: nobody is on call yet. <@{crew.ana.id}> is from Mon 2 Nov 09:00."
    )
    (row,) = await stored(crew)
    assert row["starts_on"] == "2026-11-02"


async def test_one_person_follows_themselves(crew):
    said = await asked(crew.mira, "@ops @ana")
    assert said.startswith(f"*Ops*: <@{crew.ana.id}> is on call until Mon 09:00.")


async def test_it_is_replaced_and_ended(crew):
    await asked(crew.lea, "@ops @ana")
    await asked(crew.lea, "@ops @bo")
    assert [row["user_ids"] for row in await stored(crew)] == [f'["{crew.bo.id}"]']
    assert "no on-call rotation any more" in await asked(crew.mira, "@ops off")
    assert await stored(crew) == []
    assert "has no on-call rotation" in await asked(crew.tom, "@ops")
    assert "No team has an on-call rotation" in await asked(crew.tom, "")


@pytest.mark.parametrize("typed", ["@ops @ana", "@ops off"])
async def test_a_member_is_told_whom_to_ask(crew, typed):
    await asked(crew.lea, "@ops @bo")
    before = await stored(crew)
    said = await asked(crew.ana, typed)
    assert "Only the team’s leaders and admins" in said
    assert f"<@{crew.lea.id}>" in said
    assert await stored(crew) == before


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("@ana @bo", "Which team?"),
        ("@ops @hr @ana", "Which team?"),
        ("@hr @ana", "is no team here"),
        ("@hr", "is no team here"),
        ("@hr off", "is no team here"),
        ("@ops @bob", "cannot be on call here"),
        ("@ops <@U0NOBODY1>", "cannot be on call here"),
        ("@ops @ana from soon", "“soon” is not a date"),
        ("@ops @ana from 2026-02-30", "“2026-02-30” is not a date"),
        ("@ops @ana from", "“” is not a date"),
        ("@ops @ana from 9999-12-31", "at most a year from today; 9999-12-31 is farther away"),
        ("@ops @ana from 0001-01-01", "at most a year from today; 0001-01-01 is farther away"),
        ("@ops from 2026-11-02", "did not understand “from 2026-11-02”"),
        ("@ops @ana off", "Either people or `off`"),
        ("@ops @ana please", "did not understand “please”"),
        ("@ops" + " @ana" * 53, "at most 52 turns"),
    ],
)
async def test_what_was_not_understood_is_said_and_nothing_changes(crew, typed, said):
    assert said in await asked(crew.mira, typed)
    assert await stored(crew) == []


async def test_who_has_left_cannot_be_on_call(crew):
    await crew.bo.deactivate()
    await crew.settle()
    assert "cannot be on call here" in await asked(crew.mira, "@ops @bo")


async def test_a_removed_team_has_none(crew):
    await asked(crew.lea, "@ops @ana")
    await crew.bot.services.teams.remove("T0SANDBOX", crew.ops.id)
    assert "No team has an on-call rotation" in await asked(crew.tom, "")


async def test_my_data_counts_the_rotations_that_list_me(crew):
    await asked(crew.lea, "@ops @ana @bo")
    told = (await crew.ana.command("/boundaries", "my data")).text
    assert "on-call rotations that list you: 1" in told
