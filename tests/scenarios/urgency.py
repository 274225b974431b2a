"""A night on which something cannot wait, and what people do then."""

from datetime import UTC, date, datetime

from bot.domain.choices import Choices
from bot.storage import choices, rotas, teams
from bot.storage.teams import TeamRow
from tests.conftest import enrolled

MONDAY_OPENING = datetime(2026, 10, 26, 8, 0, tzinfo=UTC)
"""09:00 in Vienna, after the clocks went back."""


async def a_night(office):
    """Bo (Lisbon, at work) and Ana, Cleo and Dan (Vienna, off since 17:00), Friday 22:14 there."""
    for name, tz in (("ana", "Vienna"), ("bo", "Lisbon"), ("cleo", "Vienna"), ("dan", "Vienna")):
        setattr(office, name, office.sandbox.add_user(name, f"Europe/{tz}"))
    everybody = office.everybody = [office.ana, office.bo, office.cleo, office.dan]
    office.room = office.sandbox.add_channel("ops", [*everybody, office.app])
    office.group = office.sandbox.add_usergroup("ops", "Ops", [office.ana, office.cleo, office.dan])
    for person in everybody:
        await enrolled(office, person, "mon-fri 10-23" if person is office.bo else "mon-fri 9-17")
    office.sandbox.rate_limit_per_channel_s = 0
    await office.settle()
    return office


async def team_with(office, *on_call, leads=()):
    """Ops is a team; these are on call, the first of them this week."""
    async with office.bot.database.transaction() as tx:
        team = TeamRow(
            "T0SANDBOX", office.group.id, "Ops", office.room.id, "Europe/Vienna", 0, leads
        )
        await teams.save(tx, team)
        members = [office.ana.id, office.cleo.id, office.dan.id]
        await teams.set_members(tx, "T0SANDBOX", office.group.id, members, 0)
        if on_call:
            ids = [person.id for person in on_call]
            await rotas.save(tx, "T0SANDBOX", office.group.id, ids, date(2026, 10, 19))
    await office.bot.services.directory.refresh()


async def flagged(office, text="the site is down, @ana", author=None):
    """A message in a channel of its own, where no other notice is in force, and the notice."""
    author = author or office.bo
    number = len(office.sandbox.workspace.channels)
    room = office.sandbox.add_channel(f"room{number}", [*office.everybody, office.app])
    await author.post(room, text)
    await office.settle()
    return office.sandbox.messages(room.id, as_seen_by=author)[-1]


async def opened(office, **about):
    flag = await flagged(office, **about)
    author = about.get("author") or office.bo
    return (await author.click(flag, "flag_urgent")).view


async def declared(office, line="", **about):
    """Somebody goes the whole way to an urgent message."""
    view = await opened(office, **about)
    given = {"reason": "outage", "line": line} if line else {"reason": "outage"}
    answer = await (about.get("author") or office.bo).submit(view, given)
    await office.settle()
    return answer


def said_to(office, person):
    return [m.text for m in office.sandbox.messages(office.sandbox.dm(office.app, person).id)]


async def urgents(office, columns="recipient_id, told_id, state"):
    return await office.rows(f"SELECT {columns} FROM urgents ORDER BY at, ts, recipient_id")


async def retry_now(office):
    """Let waits and leases, which follow the machine's clock, run out."""
    async with office.bot.database.transaction() as tx:
        await tx.exec_driver_sql("UPDATE urgents SET retry_at = 0, lease_until = 0")
    await office.settle()


async def silenced(office, person, *, urgent_rings):
    """What somebody does to be silenced outside their hours, and to be rung up or not."""
    token = office.sandbox.grant(office.app, person, ["dnd:read", "dnd:write"])
    scopes = frozenset({"dnd:read", "dnd:write"})
    await office.bot.services.granting.keep("T0SANDBOX", person.id, token, scopes, "silence")
    async with office.bot.database.transaction() as tx:
        chosen = Choices(silence=True, urgent_rings=urgent_rings)
        await choices.save(tx, "T0SANDBOX", person.id, chosen)
    await office.bot.services.directory.refresh()
    await office.settle()
