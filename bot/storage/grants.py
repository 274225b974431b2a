"""Tokens people granted the app, sealed."""

from dataclasses import dataclass

from sqlalchemy import delete, select

from bot.storage.database import Transaction
from bot.storage.statements import upsert
from bot.storage.tables import grants


@dataclass(frozen=True, slots=True)
class GrantRow:
    """What one person allowed; ``sealed_token`` is opened by the vault."""

    scopes: frozenset[str]
    sealed_token: bytes


async def save(tx: Transaction, workspace_id: str, user_id: str, grant: GrantRow, now: int) -> None:
    """Keep the newest grant of a person."""
    await tx.execute(
        upsert(tx, grants, "scopes", "sealed_token", "granted_at"),
        {
            "workspace_id": workspace_id,
            "user_id": user_id,
            "scopes": " ".join(sorted(grant.scopes)),
            "sealed_token": grant.sealed_token,
            "granted_at": now,
        },
    )


async def one(tx: Transaction, workspace_id: str, user_id: str) -> GrantRow | None:
    """The person's grant, None when there is none."""
    row = (
        await tx.execute(
            select(grants).where(grants.c.workspace_id == workspace_id, grants.c.user_id == user_id)
        )
    ).one_or_none()
    return None if row is None else GrantRow(frozenset(row.scopes.split()), row.sealed_token)


async def all_scopes(tx: Transaction, workspace_id: str) -> dict[str, frozenset[str]]:
    """The scopes of everybody who granted any."""
    rows = await tx.execute(
        select(grants.c.user_id, grants.c.scopes).where(grants.c.workspace_id == workspace_id)
    )
    return {row.user_id: frozenset(row.scopes.split()) for row in rows}


async def remove_all(tx: Transaction, workspace_id: str) -> None:
    """The app was removed, and every token with it."""
    await tx.execute(delete(grants).where(grants.c.workspace_id == workspace_id))


async def remove(tx: Transaction, workspace_id: str, user_id: str) -> None:
    """The person revoked what they allowed."""
    await tx.execute(
        delete(grants).where(grants.c.workspace_id == workspace_id, grants.c.user_id == user_id)
    )
