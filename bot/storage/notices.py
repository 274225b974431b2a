"""Notices: what is to be said, until it is said."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from sqlalchemy import case, select, update

from bot.storage.database import Transaction
from bot.storage.statements import CLAIM_BATCH, insert_once, skip_locked
from bot.storage.tables import notices

ABOUT_MESSAGES = ("flag", "auto_hold")
"""Kinds of notices whose reader is the author of the message they are about."""


@dataclass(frozen=True, slots=True)
class NoticeRow:
    """One claimed notice; ``payload`` is the typed notice as JSON."""

    id: str
    workspace_id: str
    kind: str
    reader_id: str
    channel_id: str
    ts: str
    payload: str
    expires_at: int
    attempts: int


async def add(
    tx: Transaction,
    row: NoticeRow,
    *,
    due_at: int,
    day: str,
    until_at: int = 0,
) -> None:
    """Queue a notice; one for the same kind, message and reader is written once."""
    await tx.execute(
        insert_once(tx, notices),
        {
            "id": row.id,
            "workspace_id": row.workspace_id,
            "kind": row.kind,
            "reader_id": row.reader_id,
            "channel_id": row.channel_id,
            "ts": row.ts,
            "until_at": until_at,
            "day": day,
            "payload": row.payload,
            "status": "due",
            "due_at": due_at,
            "expires_at": row.expires_at,
        },
    )


async def claim_due(
    tx: Transaction, kinds: Collection[str], *, now: int, lease_now: int, lease_s: int
) -> list[NoticeRow]:
    """Take due notices of these kinds for ``lease_s`` seconds, oldest first.

    What a newer release has queued is left to it.
    """
    query = skip_locked(
        tx,
        select(notices.c.id)
        .where(
            notices.c.status == "due",
            notices.c.kind.in_(kinds),
            notices.c.due_at <= now,
            notices.c.lease_until <= lease_now,
        )
        .order_by(notices.c.due_at, notices.c.ts, notices.c.id)
        .limit(CLAIM_BATCH),
    )
    rows = await tx.execute(
        update(notices)
        .where(notices.c.id.in_(query.scalar_subquery()))
        .values(lease_until=lease_now + lease_s, attempts=notices.c.attempts + 1)
        .returning(notices)
    )
    taken = sorted(rows, key=lambda row: (row.due_at, row.ts, row.id))
    return [
        NoticeRow(
            row.id,
            row.workspace_id,
            row.kind,
            row.reader_id,
            row.channel_id,
            row.ts,
            row.payload,
            row.expires_at,
            row.attempts,
        )
        for row in taken
    ]


async def keep(tx: Transaction, row: NoticeRow, *, lease_until: int) -> bool:
    """Keep a claim until ``lease_until``. False when it ran out and somebody else has it."""
    done = await tx.execute(
        update(notices)
        .where(
            notices.c.id == row.id,
            notices.c.status == "due",
            notices.c.attempts == row.attempts,  # each claim counts one up
        )
        .values(lease_until=lease_until)
        .returning(notices.c.id)
    )
    return done.first() is not None


async def finish(tx: Transaction, notice_id: str, status: str) -> None:
    """The notice was sent, expired or refused; what it said is no longer needed."""
    await tx.execute(
        update(notices).where(notices.c.id == notice_id).values(status=status, payload="")
    )


async def drop_due(tx: Transaction, workspace_id: str) -> None:
    """Nothing that is queued in the workspace will be said."""
    await tx.execute(
        update(notices)
        .where(notices.c.workspace_id == workspace_id, notices.c.status == "due")
        .values(status="dropped", payload="")
    )


async def postpone(tx: Transaction, notice_id: str, *, lease_until: int) -> None:
    """Try again at ``lease_until``."""
    await tx.execute(
        update(notices).where(notices.c.id == notice_id).values(lease_until=lease_until)
    )


async def move(tx: Transaction, notice_id: str, *, due_at: int) -> None:
    """Say it at ``due_at`` instead; it does not expire by waiting for its reader."""
    later_by = due_at - notices.c.due_at
    lives_until = notices.c.expires_at + case((later_by > 0, later_by), else_=0)
    await tx.execute(
        update(notices)
        .where(notices.c.id == notice_id)
        .values(due_at=due_at, expires_at=lives_until, lease_until=0)
    )


async def answer(
    tx: Transaction,
    workspace_id: str,
    reader_id: str,
    channel_id: str,
    ts: str,
    response: str,
    *,
    kinds: Collection[str] = ABOUT_MESSAGES,
) -> bool:
    """Keep what the author did with a flag. False when there is no such flag."""
    done = await tx.execute(
        update(notices)
        .where(
            notices.c.workspace_id == workspace_id,
            notices.c.kind.in_(kinds),
            notices.c.reader_id == reader_id,
            notices.c.channel_id == channel_id,
            notices.c.ts == ts,
        )
        .values(response=response)
        .returning(notices.c.id)
    )
    return done.first() is not None


async def response(
    tx: Transaction, workspace_id: str, reader_id: str, channel_id: str, ts: str
) -> str | None:
    """What the author answered so far, ``""`` for nothing; None when there is no such flag."""
    found: str | None = await tx.scalar(
        select(notices.c.response)
        .where(
            notices.c.workspace_id == workspace_id,
            notices.c.kind.in_(ABOUT_MESSAGES),
            notices.c.reader_id == reader_id,
            notices.c.channel_id == channel_id,
            notices.c.ts == ts,
        )
        .with_for_update()
    )
    return found


async def hints_shown(
    tx: Transaction, workspace_id: str, author_ids: Iterable[str], start_at: int, end_at: int
) -> list[tuple[str, bool]]:
    """Who was shown a hint in ``start_at <= t < end_at``, and whether it was *not useful*."""
    rows = await tx.execute(
        select(notices.c.reader_id, notices.c.response)
        .where(
            notices.c.workspace_id == workspace_id,
            notices.c.reader_id.in_(list(author_ids)),
            notices.c.kind.in_(ABOUT_MESSAGES),
            notices.c.status == "sent",
            notices.c.due_at >= start_at,
            notices.c.due_at < end_at,
        )
        .order_by(notices.c.due_at, notices.c.id)
    )
    return [(row.reader_id, row.response == "not_useful") for row in rows]
