"""The on-call rotations of teams."""

import json
from collections.abc import Sequence
from datetime import date

from sqlalchemy import delete, select

from bot.domain.rota import Rota
from bot.storage import workspaces
from bot.storage.database import Transaction
from bot.storage.statements import upsert
from bot.storage.tables import rotas, teams


async def in_force(tx: Transaction, workspace_id: str) -> tuple[Rota, ...]:
    """Every rotation of a team that has not been removed, in the team's zone."""
    query = (
        select(rotas.c.team_id, rotas.c.user_ids, rotas.c.starts_on, teams.c.tz)
        .join(
            teams,
            (teams.c.workspace_id == rotas.c.workspace_id) & (teams.c.team_id == rotas.c.team_id),
        )
        .where(rotas.c.workspace_id == workspace_id, teams.c.removed_at.is_(None))
        .order_by(rotas.c.team_id)
    )
    return tuple(
        Rota(
            row.team_id, tuple(json.loads(row.user_ids)), date.fromisoformat(row.starts_on), row.tz
        )
        for row in await tx.execute(query)
    )


async def save(
    tx: Transaction, workspace_id: str, team_id: str, user_ids: Sequence[str], starts_on: date
) -> None:
    """The team's rotation from now on."""
    await tx.execute(
        upsert(tx, rotas, "user_ids", "starts_on"),
        {
            "workspace_id": workspace_id,
            "team_id": team_id,
            "user_ids": json.dumps(list(user_ids)),
            "starts_on": starts_on.isoformat(),
        },
    )
    await workspaces.touch(tx, workspace_id)


async def remove(tx: Transaction, workspace_id: str, team_id: str) -> None:
    """The team has no rotation any more."""
    await tx.execute(
        delete(rotas).where(rotas.c.workspace_id == workspace_id, rotas.c.team_id == team_id)
    )
    await workspaces.touch(tx, workspace_id)
