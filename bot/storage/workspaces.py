"""Workspaces and the version counter that tells every replica to look again."""

from collections.abc import Iterable

from sqlalchemy import select, update

from bot.storage.database import Transaction
from bot.storage.statements import insert_once
from bot.storage.tables import people, workspaces


async def ensure(
    tx: Transaction, workspace_id: str, *, name: str, bot_user_id: str, now: int
) -> None:
    """Remember the workspace; an existing row keeps its version and gets the new bot user.

    What rested since the app was removed goes on.
    """
    await tx.execute(
        insert_once(tx, workspaces),
        {
            "workspace_id": workspace_id,
            "name": name,
            "bot_user_id": bot_user_id,
            "installed_at": now,
        },
    )
    await tx.execute(
        update(workspaces)
        .where(workspaces.c.workspace_id == workspace_id)
        .values(name=name, bot_user_id=bot_user_id, uninstalled_at=None)
    )


async def uninstall(tx: Transaction, workspace_id: str, now: int) -> None:
    """The app was removed from the workspace; what it holds there rests."""
    await tx.execute(
        update(workspaces)
        .where(workspaces.c.workspace_id == workspace_id, workspaces.c.uninstalled_at.is_(None))
        .values(uninstalled_at=now)
    )


async def version(tx: Transaction, workspace_id: str) -> int | None:
    """The workspace's counter; None when it is not installed."""
    return await tx.scalar(
        select(workspaces.c.version).where(workspaces.c.workspace_id == workspace_id)
    )


async def versions(tx: Transaction) -> dict[str, int]:
    """The counter of every workspace that has the app."""
    rows = await tx.execute(
        select(workspaces.c.workspace_id, workspaces.c.version).where(
            workspaces.c.uninstalled_at.is_(None)
        )
    )
    return {row.workspace_id: row.version for row in rows}


async def bot_user(tx: Transaction, workspace_id: str) -> str | None:
    """The bot's own user id in the workspace; None where the app is not installed."""
    return await tx.scalar(
        select(workspaces.c.bot_user_id).where(
            workspaces.c.workspace_id == workspace_id, workspaces.c.uninstalled_at.is_(None)
        )
    )


async def lock(tx: Transaction, workspace_id: str) -> None:
    """Wait for whoever is changing the workspace, and make others wait until this commits."""
    await tx.execute(
        select(workspaces.c.version)
        .where(workspaces.c.workspace_id == workspace_id)
        .with_for_update()
    )


async def touch(tx: Transaction, workspace_id: str, user_ids: Iterable[str] = ()) -> int:
    """Count the workspace up, and mark these people as changed at that count."""
    counted: int = (
        await tx.execute(
            update(workspaces)
            .where(workspaces.c.workspace_id == workspace_id)
            .values(version=workspaces.c.version + 1)
            .returning(workspaces.c.version)
        )
    ).scalar_one()
    changed = list(user_ids)
    if changed:
        await tx.execute(
            update(people)
            .where(people.c.workspace_id == workspace_id, people.c.user_id.in_(changed))
            .values(version=counted)
        )
    return counted


async def underived(tx: Transaction) -> dict[str, int]:
    """Workspaces changed since release instants were last derived, with their counter."""
    rows = await tx.execute(
        select(workspaces.c.workspace_id, workspaces.c.version).where(
            workspaces.c.version > workspaces.c.derived_version,
            workspaces.c.uninstalled_at.is_(None),
        )
    )
    return {row.workspace_id: row.version for row in rows}


async def set_derived(tx: Transaction, workspace_id: str, version: int) -> None:
    """Release instants follow everything up to ``version``."""
    await tx.execute(
        update(workspaces)
        .where(workspaces.c.workspace_id == workspace_id)
        .values(derived_version=version)
    )
