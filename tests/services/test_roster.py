"""People and groups follow Slack: by events at once, by the hourly look for what was missed."""

import json
from datetime import timedelta

import pytest

from bot.storage import grants
from bot.storage.grants import GrantRow
from sandbox.faults import Fault

pytestmark = pytest.mark.slow

WORKSPACE = "T0SANDBOX"


async def place(office):
    return await office.bot.services.directory.installed(WORKSPACE)


async def look(office):
    """Let an hour pass."""
    office.clock.advance(timedelta(hours=1))
    await office.settle()


async def test_a_new_person_is_known_by_the_event(office):
    ana = office.sandbox.add_user("ana", "Europe/Vienna")
    await office.sandbox.settle()
    assert (await place(office)).rows[ana.id].tz == "Europe/Vienna"


async def test_who_travels_is_followed_unless_the_zone_was_pinned(office):
    ana = office.sandbox.add_user("ana", "Europe/Vienna")
    bo = office.sandbox.add_user("bo", "Europe/Lisbon")
    await office.settle()
    await bo.command("/hours", "tz Europe/Lisbon")
    await ana.set_tz("Asia/Tokyo")
    await bo.set_tz("Asia/Tokyo")
    await office.settle()
    rows = (await place(office)).rows
    assert (rows[ana.id].tz, rows[bo.id].tz) == ("Asia/Tokyo", "Europe/Lisbon")


async def test_who_leaves_is_no_longer_judged(office):
    ana = office.sandbox.add_user("ana", "Europe/Vienna")
    await ana.deactivate()
    await office.settle()
    directory = office.bot.services.directory
    assert directory.person(await place(office), ana.id) is None


async def test_a_zone_nobody_knows_is_utc(office):
    ana = office.sandbox.add_user("ana", "Europe/Vienna")
    payload = {"type": "user_change", "user": {"id": ana.id, "name": "ana", "tz": "Mars/Olympus"}}
    await deliver(office, payload)
    assert (await place(office)).rows[ana.id].tz == "UTC"


async def test_a_team_follows_its_group(office):
    boss = office.sandbox.add_user("mira", "Europe/Vienna", is_admin=True)
    ana = office.sandbox.add_user("ana", "Europe/Vienna")
    bo = office.sandbox.add_user("bo", "Europe/Lisbon")
    office.sandbox.add_channel("week", [boss])
    group = office.sandbox.add_usergroup("design", "Design", [ana])
    await office.settle()
    await boss.command("/boundaries", "team add @design #week lead @ana")
    office.clock.advance(timedelta(hours=5))
    office.sandbox.set_usergroup(group, [bo])
    await office.settle()
    assert (await place(office)).groups[group.id] == (bo.id,)
    rows = await office.rows("SELECT user_id, left_at - joined_at AS stayed FROM team_members")
    assert sorted(rows, key=lambda row: row["stayed"] or 0) == [
        {"user_id": bo.id, "stayed": None},
        {"user_id": ana.id, "stayed": 5 * 3600},
    ]


async def test_what_was_missed_is_seen_at_the_next_look(office):
    ana = office.sandbox.add_user("ana", "Europe/Vienna")
    group = office.sandbox.add_usergroup("design", "Design", [ana])
    await office.settle()
    ana.tz = "Asia/Tokyo"
    group.members = []
    await office.settle()
    assert (await place(office)).rows[ana.id].tz == "Europe/Vienna"
    await look(office)
    assert (await place(office)).rows[ana.id].tz == "Asia/Tokyo"
    assert (await place(office)).groups[group.id] == ()


async def test_a_look_that_finds_nothing_new_changes_nothing(office):
    office.sandbox.add_usergroup("design", "Design", [])
    await look(office)
    before = await office.rows("SELECT version FROM workspaces")
    await look(office)
    assert await office.rows("SELECT version FROM workspaces") == before


@pytest.mark.parametrize("fault", [Fault.status(503), Fault.error("missing_scope")])
async def test_a_look_that_fails_is_repeated(office, fault):
    ana = office.sandbox.add_user("ana", "Europe/Vienna")
    await office.settle()
    ana.tz = "Asia/Tokyo"
    office.sandbox.faults.add("users.list", fault)
    await look(office)
    assert (await place(office)).rows[ana.id].tz == "Europe/Vienna"
    await office.settle()
    assert (await place(office)).rows[ana.id].tz == "Asia/Tokyo"


async def test_people_are_known_without_a_plan_that_has_groups(office):
    ana = office.sandbox.add_user("ana", "Europe/Vienna")
    await office.settle()
    ana.tz = "Asia/Tokyo"
    office.sandbox.faults.add("usergroups.list", Fault.error("plan_upgrade_required"))
    await look(office)
    assert (await place(office)).rows[ana.id].tz == "Asia/Tokyo"


async def test_revoked_permissions_are_forgotten(office):
    ana = office.sandbox.add_user("ana", "Europe/Vienna")
    await office.settle()
    office.sandbox.grant(office.app, ana, ["chat:write"])
    async with office.bot.database.transaction() as tx:
        await grants.save(tx, WORKSPACE, ana.id, GrantRow(frozenset({"chat:write"}), b"x"), 1)
    office.sandbox.revoke(office.app, ana)
    await office.settle()
    assert await office.rows("SELECT user_id FROM grants") == []
    assert ana.id not in (await place(office)).scopes


async def deliver(office, event):
    """One signed event; returns the status."""
    body = {"type": "event_callback", "team_id": WORKSPACE, "event": event, "event_id": "Ev1"}
    status, _ = await office.sandbox.deliver_raw(office.app, json.dumps(body).encode())
    return status


@pytest.mark.parametrize(
    "event",
    [
        {"type": "something_new", "user": "U1"},
        {"type": "user_change"},
        {"type": "user_change", "user": "U1"},
        {"type": "subteam_updated", "subteam": {"id": "S1"}},
        {"type": "subteam_members_changed", "subteam_id": "S0UNKNOWN", "added_users": ["U1"]},
        {"type": "tokens_revoked"},
        {"type": "app_uninstalled"},
    ],
)
async def test_an_unknown_or_broken_event_is_answered(office, caplog, event):
    assert await deliver(office, event) == 200
    assert caplog.records == []


async def test_an_event_the_database_did_not_take_is_sent_again(office):
    ana = office.sandbox.add_user("ana", "Europe/Vienna")
    await office.settle()
    await run(office, "ALTER TABLE people RENAME TO people_away")
    await ana.set_tz("Asia/Tokyo")
    await run(office, "ALTER TABLE people_away RENAME TO people")
    assert office.sandbox.deliveries[-1].status == 503
    office.clock.advance(timedelta(minutes=1))
    await office.settle()
    assert (await place(office)).rows[ana.id].tz == "Asia/Tokyo"


async def run(office, statement):
    """Change the schema behind the bot's back."""
    async with office.bot.database.engine.connect() as connection:
        await connection.exec_driver_sql(statement)
        await connection.commit()
