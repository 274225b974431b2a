"""The notices that somebody reads once when they are back: several rows, said as one.

Every message of a quiet period queues its row; which of them is said is decided when the first is
due. A row that is being said has a ``ts`` of its own, so that the next one for the same opening
can be queued, and ``until_at`` says up to when it counted.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, func, select, update

from bot.storage.database import Transaction
from bot.storage.tables import contacts, held_messages, hold_recipients, notices

KIND = "return"


@dataclass(frozen=True, slots=True)
class ReturnRow:
    """One row that is not said yet; ``is_told`` while it is being said."""

    id: str
    reader_id: str
    payload: str
    due_at: int
    until_at: int
    is_told: bool


async def due_for(tx: Transaction, workspace_id: str, reader_id: str, now: int) -> list[ReturnRow]:
    """What one reader is to hear now; the rows are locked, always in the same order."""
    query = _waiting(workspace_id).where(notices.c.reader_id == reader_id, notices.c.due_at <= now)
    return [_row(each) for each in await tx.execute(query.with_for_update())]


async def ahead(tx: Transaction, workspace_id: str, now: int) -> list[ReturnRow]:
    """What is planned for openings to come."""
    query = _waiting(workspace_id).where(notices.c.due_at > now)
    return [_row(each) for each in await tx.execute(query)]


def _waiting(workspace_id: str) -> Select[Any]:
    return (
        select(notices)
        .where(
            notices.c.workspace_id == workspace_id,
            notices.c.kind == KIND,
            notices.c.status == "due",
        )
        .order_by(notices.c.id)
    )


def _row(row: Any) -> ReturnRow:
    is_told = row.ts == row.id
    return ReturnRow(row.id, row.reader_id, row.payload, row.due_at, row.until_at, is_told)


async def told_until(tx: Transaction, workspace_id: str, reader_id: str) -> int:
    """Up to when the reader has been told; 0 for never."""
    found: int | None = await tx.scalar(
        select(func.max(notices.c.until_at)).where(
            notices.c.workspace_id == workspace_id,
            notices.c.reader_id == reader_id,
            notices.c.kind == KIND,
            notices.c.status == "sent",
        )
    )
    return found or 0


async def say(tx: Transaction, row_id: str, payload: str, until_at: int) -> None:
    """This row is said now, and has counted up to ``until_at``."""
    await tx.execute(
        update(notices)
        .where(notices.c.id == row_id)
        .values(payload=payload, until_at=until_at, ts=notices.c.id)
    )


async def bring_forward(tx: Transaction, row_id: str, due_at: int) -> None:
    """Say it earlier than planned."""
    await tx.execute(update(notices).where(notices.c.id == row_id).values(due_at=due_at))


async def drop(tx: Transaction, row_ids: Sequence[str]) -> None:
    """Another row says it."""
    await tx.execute(
        update(notices).where(notices.c.id.in_(row_ids)).values(status="dropped", payload="")
    )


async def brought_up(
    tx: Transaction, workspace_id: str, user_id: str, since_at: int
) -> set[tuple[str, str]]:
    """Channel and ts of posted messages which a hold or a reminder brings to the person itself."""
    rows = await tx.execute(
        select(held_messages.c.channel_id, held_messages.c.source_ts)
        .join(hold_recipients, hold_recipients.c.hold_id == held_messages.c.id)
        .where(
            held_messages.c.workspace_id == workspace_id,
            hold_recipients.c.user_id == user_id,
            held_messages.c.source_ts.is_not(None),
            held_messages.c.created_at >= since_at,
            held_messages.c.state.not_in(("cancelled", "returned")),
        )
    )
    return {(row.channel_id, row.source_ts) for row in rows}


async def mark_chosen(
    tx: Transaction, workspace_id: str, user_id: str, since_at: int, until_at: int
) -> int:
    """What reached the person in ``since_at <= at < until_at`` was their own choice.

    Returns how many contacts were changed: those that counted as a breach.
    """
    done = await tx.execute(
        update(contacts)
        .where(
            contacts.c.workspace_id == workspace_id,
            contacts.c.recipient_id == user_id,
            contacts.c.at >= since_at,
            contacts.c.at < until_at,
            contacts.c.outcome == "breach",
        )
        .values(outcome="chosen", reason="my_choice")
        .returning(contacts.c.ts)
    )
    return len(done.all())
