"""Stretches of time in which not everything was heard, so that no count claims it was."""

from dataclasses import dataclass

from sqlalchemy import delete, select

from bot.domain.spans import Span, merge
from bot.storage.database import Transaction
from bot.storage.statements import upsert
from bot.storage.tables import beats, coverage_gaps


@dataclass(frozen=True, slots=True)
class Beat:
    """A moment at which the bot was there: people's time, and the machine's."""

    at: int
    machine_at: int


async def last_beat(tx: Transaction, workspace_id: str) -> Beat | None:
    """The last one, locked until this commits; None when there was none yet."""
    row = (
        await tx.execute(
            select(beats.c.at, beats.c.machine_at)
            .where(beats.c.workspace_id == workspace_id)
            .with_for_update()
        )
    ).one_or_none()
    return None if row is None else Beat(row.at, row.machine_at)


async def beat(tx: Transaction, workspace_id: str, now: Beat) -> None:
    """The bot is there."""
    await tx.execute(
        upsert(tx, beats, "at", "machine_at"),
        {"workspace_id": workspace_id, "at": now.at, "machine_at": now.machine_at},
    )


async def gaps_s(tx: Transaction, workspace_id: str, start_at: int, end_at: int) -> int:
    """How many seconds of ``start_at <= t < end_at`` were not fully heard."""
    rows = await tx.execute(
        select(coverage_gaps.c.start_at, coverage_gaps.c.end_at).where(
            coverage_gaps.c.workspace_id == workspace_id,
            coverage_gaps.c.start_at < end_at,
            coverage_gaps.c.end_at > start_at,
        )
    )
    unheard = merge(Span(max(row.start_at, start_at), min(row.end_at, end_at)) for row in rows)
    return sum(span.end - span.start for span in unheard)


async def add_gap(
    tx: Transaction, workspace_id: str, start_at: int, end_at: int, reason: str
) -> None:
    """Not everything was heard from ``start_at`` to ``end_at``, for ``reason``.

    What overlaps or touches a gap of the same reason becomes one gap with it.
    """
    joined = await tx.execute(
        delete(coverage_gaps)
        .where(
            coverage_gaps.c.workspace_id == workspace_id,
            coverage_gaps.c.reason == reason,
            coverage_gaps.c.start_at <= end_at,
            coverage_gaps.c.end_at >= start_at,
        )
        .returning(coverage_gaps.c.start_at, coverage_gaps.c.end_at)
    )
    for row in joined:
        start_at, end_at = min(start_at, row.start_at), max(end_at, row.end_at)
    await tx.execute(
        upsert(tx, coverage_gaps, "end_at"),
        {
            "workspace_id": workspace_id,
            "reason": reason,
            "start_at": start_at,
            "end_at": end_at,
        },
    )
