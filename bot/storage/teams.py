"""Teams: a user group, the channel of its summary, its leaders, and who was a member when."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, delete, insert, or_, select, update

from bot.storage import workspaces
from bot.storage.database import Transaction
from bot.storage.statements import upsert
from bot.storage.tables import team_leads, team_members, teams


@dataclass(frozen=True, slots=True)
class TeamRow:
    """One team; ``team_id`` is the id of its Slack user group.

    ``sharing`` are those of ``leads`` who want what they start shown in the team's summary.
    """

    workspace_id: str
    team_id: str
    name: str
    channel_id: str
    tz: str
    created_at: int
    leads: tuple[str, ...]
    sharing: tuple[str, ...] = ()


async def save(tx: Transaction, team: TeamRow) -> None:
    """Add the team, or change the one that is there; a removed team comes back as a new one."""
    await tx.execute(
        upsert(tx, teams, "name", "channel_id", "tz", "created_at", "removed_at"),
        {
            "workspace_id": team.workspace_id,
            "team_id": team.team_id,
            "name": team.name,
            "channel_id": team.channel_id,
            "tz": team.tz,
            "created_at": team.created_at,
            "removed_at": None,
        },
    )
    keys = {"workspace_id": team.workspace_id, "team_id": team.team_id}
    await tx.execute(
        delete(team_leads).where(
            team_leads.c.workspace_id == team.workspace_id, team_leads.c.team_id == team.team_id
        )
    )
    if team.leads:
        leads = [{**keys, "user_id": lead, "shares": lead in team.sharing} for lead in team.leads]
        await tx.execute(insert(team_leads), leads)
    await workspaces.touch(tx, team.workspace_id)


async def share(
    tx: Transaction, workspace_id: str, team_id: str, user_id: str, *, shares: bool
) -> bool:
    """Whether the summary shows what this leader starts. False when they do not lead the team."""
    done = await tx.execute(
        update(team_leads)
        .where(
            team_leads.c.workspace_id == workspace_id,
            team_leads.c.team_id == team_id,
            team_leads.c.user_id == user_id,
        )
        .values(shares=shares)
        .returning(team_leads.c.user_id)
    )
    return done.first() is not None


async def remove(tx: Transaction, workspace_id: str, team_id: str, now: int) -> bool:
    """End the team; its past weeks stay. False when there is no such team."""
    done = await tx.execute(
        update(teams)
        .where(
            teams.c.workspace_id == workspace_id,
            teams.c.team_id == team_id,
            teams.c.removed_at.is_(None),
        )
        .values(removed_at=now)
        .returning(teams.c.team_id)
    )
    return done.first() is not None


async def active(tx: Transaction, workspace_id: str | None = None) -> list[TeamRow]:
    """The teams of one workspace, or of all, by name."""
    query = select(teams).where(teams.c.removed_at.is_(None)).order_by(teams.c.name)
    if workspace_id is not None:
        query = query.where(teams.c.workspace_id == workspace_id)
    return await _with_leads(tx, query)


async def since(tx: Transaction, workspace_id: str, start_at: int) -> list[TeamRow]:
    """Teams that were there at ``start_at`` or later, those removed since included, by name."""
    still_there = or_(teams.c.removed_at.is_(None), teams.c.removed_at > start_at)
    query = select(teams).where(teams.c.workspace_id == workspace_id, still_there)
    return await _with_leads(tx, query.order_by(teams.c.name))


async def one(tx: Transaction, workspace_id: str, team_id: str) -> TeamRow | None:
    """The team, None when there is none or it was removed."""
    query = select(teams).where(
        teams.c.workspace_id == workspace_id,
        teams.c.team_id == team_id,
        teams.c.removed_at.is_(None),
    )
    found = await _with_leads(tx, query)
    return found[0] if found else None


async def _with_leads(tx: Transaction, query: Select[Any]) -> list[TeamRow]:
    rows = (await tx.execute(query)).all()
    if not rows:
        return []
    leads: dict[tuple[str, str], dict[str, bool]] = {}
    for lead in await tx.execute(select(team_leads).order_by(team_leads.c.user_id)):
        leads.setdefault((lead.workspace_id, lead.team_id), {})[lead.user_id] = lead.shares
    return [_team(row, leads.get((row.workspace_id, row.team_id), {})) for row in rows]


def _team(row: Any, leads: Mapping[str, bool]) -> TeamRow:
    return TeamRow(
        row.workspace_id,
        row.team_id,
        row.name,
        row.channel_id,
        row.tz,
        row.created_at,
        tuple(leads),
        tuple(lead for lead, shares in leads.items() if shares),
    )


async def set_members(
    tx: Transaction, workspace_id: str, team_id: str, user_ids: Iterable[str], now: int
) -> list[str]:
    """Who is a member from ``now`` on. Returns those who joined."""
    mine = (team_members.c.workspace_id == workspace_id, team_members.c.team_id == team_id)
    open_rows = await tx.execute(
        select(team_members.c.user_id).where(*mine, team_members.c.left_at.is_(None))
    )
    before, after = {row.user_id for row in open_rows}, set(user_ids)
    if before - after:
        await tx.execute(
            update(team_members)
            .where(
                *mine, team_members.c.user_id.in_(before - after), team_members.c.left_at.is_(None)
            )
            .values(left_at=now)
        )
    joined = sorted(after - before)
    if joined:
        keys = {"workspace_id": workspace_id, "team_id": team_id, "joined_at": now, "left_at": None}
        await tx.execute(
            upsert(tx, team_members, "left_at"), [{**keys, "user_id": user} for user in joined]
        )
    return joined


async def members_between(
    tx: Transaction, workspace_id: str, team_id: str, start_at: int, end_at: int
) -> list[str]:
    """Everybody who was a member at some time in ``start_at <= t < end_at``."""
    rows = await tx.execute(
        select(team_members.c.user_id)
        .where(
            team_members.c.workspace_id == workspace_id,
            team_members.c.team_id == team_id,
            team_members.c.joined_at < end_at,
            or_(team_members.c.left_at.is_(None), team_members.c.left_at > start_at),
        )
        .distinct()
        .order_by(team_members.c.user_id)
    )
    return [row.user_id for row in rows]
