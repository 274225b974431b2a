"""The versions of a workspace's policy."""

import json
from dataclasses import dataclass

from sqlalchemy import insert, select

from bot.storage import workspaces
from bot.storage.database import Transaction
from bot.storage.tables import policies


@dataclass(frozen=True, slots=True)
class PolicyRow:
    """One version. ``source`` is a digest of the file it came from, empty for an edit in Slack."""

    version: int
    document: dict[str, object]
    changed_by: str
    changed_at: int
    source: str


async def current(tx: Transaction, workspace_id: str) -> PolicyRow | None:
    """The version in force; None before the first."""
    row = (
        await tx.execute(
            select(policies)
            .where(policies.c.workspace_id == workspace_id)
            .order_by(policies.c.version.desc())
            .limit(1)
        )
    ).one_or_none()
    if row is None:
        return None
    return PolicyRow(
        row.version, json.loads(row.document), row.changed_by, row.changed_at, row.source
    )


async def last_source(tx: Transaction, workspace_id: str) -> str | None:
    """The digest of the file that was applied last; None when none was."""
    return await tx.scalar(
        select(policies.c.source)
        .where(policies.c.workspace_id == workspace_id, policies.c.source != "")
        .order_by(policies.c.version.desc())
        .limit(1)
    )


async def add(
    tx: Transaction,
    workspace_id: str,
    document: dict[str, object],
    *,
    changed_by: str,
    now: int,
    source: str = "",
) -> int:
    """Write the next version and return its number; versions are never changed."""
    before = await current(tx, workspace_id)
    version = 1 if before is None else before.version + 1
    await tx.execute(
        insert(policies),
        {
            "workspace_id": workspace_id,
            "version": version,
            "document": json.dumps(document, sort_keys=True),
            "changed_by": changed_by,
            "changed_at": now,
            "source": source,
        },
    )
    await workspaces.touch(tx, workspace_id)
    return version
