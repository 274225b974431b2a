"""Memberships as Slack last told them, and messages whose audience is not known yet."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TypeVar

from sqlalchemy import Delete, Table, Update, delete, func, select, update

from bot.storage import workspaces
from bot.storage.database import Transaction
from bot.storage.statements import CLAIM_BATCH, skip_locked, upsert
from bot.storage.tables import audiences, conversations, groups, thread_people, unresolved

S = TypeVar("S", Update, Delete)

THREAD_MEMORY_S = 14 * 86_400


async def memberships(
    tx: Transaction, workspace_id: str
) -> tuple[dict[str, tuple[str, ...]], dict[str, tuple[str, ...]]]:
    """Members by user group, and members by conversation."""
    return (
        await groups_of(tx, workspace_id),
        await _members(tx, workspace_id, conversations, "channel_id"),
    )


async def groups_of(tx: Transaction, workspace_id: str) -> dict[str, tuple[str, ...]]:
    """Members by user group."""
    return await _members(tx, workspace_id, groups, "group_id")


async def _members(
    tx: Transaction, workspace_id: str, table: Table, key: str
) -> dict[str, tuple[str, ...]]:
    rows = await tx.execute(
        select(table.c[key], table.c.members).where(table.c.workspace_id == workspace_id)
    )
    return {row[0]: tuple(json.loads(row[1])) for row in rows}


async def save_group(
    tx: Transaction, workspace_id: str, group_id: str, members: Iterable[str], now: int
) -> None:
    """A user group's members."""
    await workspaces.lock(tx, workspace_id)  # before any row of it, as everywhere
    await tx.execute(
        upsert(tx, groups, "members", "fetched_at"),
        {
            "workspace_id": workspace_id,
            "group_id": group_id,
            "members": json.dumps(list(members)),
            "fetched_at": now,
        },
    )
    await workspaces.touch(tx, workspace_id)


async def save_conversation(
    tx: Transaction, workspace_id: str, channel_id: str, members: Iterable[str], now: int
) -> None:
    """The members of a DM or group DM."""
    await workspaces.lock(tx, workspace_id)  # before any row of it, as everywhere
    await tx.execute(
        upsert(tx, conversations, "members", "fetched_at"),
        {
            "workspace_id": workspace_id,
            "channel_id": channel_id,
            "members": json.dumps(list(members)),
            "fetched_at": now,
        },
    )
    await workspaces.touch(tx, workspace_id)


@dataclass(frozen=True, slots=True)
class Waiting:
    """A message whose audience has yet to be looked up; ``message`` is JSON of ids."""

    workspace_id: str
    channel_id: str
    ts: str
    message: str
    attempts: int


async def claim_unresolved(
    tx: Transaction, *, now: int, lease_now: int, lease_s: int
) -> list[Waiting]:
    """Take due rows for ``lease_s`` seconds."""
    due = skip_locked(
        tx,
        select(unresolved)
        .where(unresolved.c.due_at <= now, unresolved.c.lease_until <= lease_now)
        .order_by(unresolved.c.due_at)
        .limit(CLAIM_BATCH),
    )
    rows = (await tx.execute(due)).all()
    for row in rows:
        await tx.execute(
            _at(update(unresolved), row.workspace_id, row.channel_id, row.ts).values(
                lease_until=lease_now + lease_s, attempts=row.attempts + 1
            )
        )
    return [
        Waiting(row.workspace_id, row.channel_id, row.ts, row.message, row.attempts + 1)
        for row in rows
    ]


async def postpone_unresolved(tx: Transaction, waiting: Waiting, *, lease_until: int) -> None:
    """Look again at ``lease_until``."""
    await tx.execute(
        _at(update(unresolved), waiting.workspace_id, waiting.channel_id, waiting.ts).values(
            lease_until=lease_until
        )
    )


async def drop_unresolved(tx: Transaction, workspace_id: str, channel_id: str, ts: str) -> None:
    """The audience was found, or never will be."""
    await tx.execute(_at(delete(unresolved), workspace_id, channel_id, ts))


async def drop_all_unresolved(tx: Transaction, workspace_id: str) -> None:
    """The app was removed from the workspace; nobody can be looked up there."""
    await tx.execute(delete(unresolved).where(unresolved.c.workspace_id == workspace_id))


def _at(statement: S, workspace_id: str, channel_id: str, ts: str) -> S:
    return statement.where(
        unresolved.c.workspace_id == workspace_id,
        unresolved.c.channel_id == channel_id,
        unresolved.c.ts == ts,
    )


ThreadKey = tuple[str, str, str]
"""Workspace, channel and thread_ts."""


async def remember_threads(
    tx: Transaction, seen: Mapping[ThreadKey, Iterable[str]], now: int
) -> None:
    """Add people to threads, and forget threads nobody wrote in for 14 days."""
    rows = [
        {
            "workspace_id": workspace_id,
            "channel_id": channel_id,
            "thread_ts": thread_ts,
            "user_id": user_id,
            "seen_at": now,
        }
        for (workspace_id, channel_id, thread_ts), users in seen.items()
        for user_id in users
    ]
    if rows:
        await tx.execute(upsert(tx, thread_people, "seen_at"), rows)
    await tx.execute(delete(thread_people).where(thread_people.c.seen_at < now - THREAD_MEMORY_S))


async def thread(tx: Transaction, key: ThreadKey) -> list[str]:
    """Who was seen in one thread."""
    workspace_id, channel_id, thread_ts = key
    rows = await tx.execute(
        select(thread_people.c.user_id).where(
            thread_people.c.workspace_id == workspace_id,
            thread_people.c.channel_id == channel_id,
            thread_people.c.thread_ts == thread_ts,
        )
    )
    return [row.user_id for row in rows]


async def outside_hours(tx: Transaction, workspace_id: str, start_at: int, end_at: int) -> int:
    """How many messages to a whole audience found somebody off or in quiet time."""
    counted: int = (
        await tx.execute(
            select(func.count())
            .select_from(audiences)
            .where(
                audiences.c.workspace_id == workspace_id,
                audiences.c.at >= start_at,
                audiences.c.at < end_at,
                audiences.c.off + audiences.c.quiet > 0,
            )
        )
    ).scalar_one()
    return counted
