"""Notices: what is to be said, until it is said."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from sqlalchemy import and_, case, select, update

from bot.storage.database import Transaction
from bot.storage.statements import CLAIM_BATCH, insert_into, insert_once, skip_locked
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


async def renew(tx: Transaction, row: NoticeRow, *, due_at: int, day: str) -> None:
    """Queue a notice, also where one for the same kind, message and reader was said or dropped.

    One that waits already waits on, as long as the longer living of both. Who is saying it at this
    moment has lost it by that, because it has another id now.
    """
    statement = insert_into(tx, notices)
    new, waits = statement.excluded, notices.c.status == "due"
    sooner, longer = notices.c.due_at < new.due_at, notices.c.expires_at > new.expires_at
    changed = {name: new[name] for name in ("id", "payload", "status", "day")}
    statement = statement.on_conflict_do_update(
        index_elements=["workspace_id", "kind", "channel_id", "ts", "reader_id"],
        set_=changed
        | {
            "due_at": case((and_(waits, sooner), notices.c.due_at), else_=new.due_at),
            "expires_at": case((and_(waits, longer), notices.c.expires_at), else_=new.expires_at),
            "response": "",
            "lease_until": 0,
            "attempts": 0,
        },
    )
    values = {name: getattr(row, name) for name in NoticeRow.__slots__ if name != "attempts"}
    queued = {"until_at": 0, "day": day, "status": "due", "due_at": due_at}
    await tx.execute(statement, values | queued)


async def withdraw(
    tx: Transaction, workspace_id: str, kind: str, reader_id: str | None, ts: str
) -> list[str]:
    """What waits under this ``ts`` is not said; None for every reader. Returns the readers."""
    done = await tx.execute(
        update(notices)
        .where(
            notices.c.workspace_id == workspace_id,
            notices.c.kind == kind,
            notices.c.channel_id == "",
            notices.c.ts == ts,
            *([] if reader_id is None else [notices.c.reader_id == reader_id]),
            notices.c.status == "due",
        )
        .values(status="dropped", payload="")
        .returning(notices.c.reader_id)
    )
    return [found.reader_id for found in done]


async def was_said(
    tx: Transaction, workspace_id: str, kind: str, reader_id: str, ts_prefix: str
) -> bool:
    """Whether a notice whose ``ts`` begins like this was said."""
    found = await tx.execute(
        select(notices.c.id)
        .where(
            notices.c.workspace_id == workspace_id,
            notices.c.kind == kind,
            notices.c.reader_id == reader_id,
            notices.c.channel_id == "",
            notices.c.ts.startswith(ts_prefix, autoescape=True),
            notices.c.status == "sent",
        )
        .limit(1)
    )
    return found.first() is not None


async def due_with(tx: Transaction, row: NoticeRow, now: int) -> dict[str, str]:
    """Payloads by id of all that the reader of ``row`` is to hear now of its kind.

    The rows are locked, always in the same order.
    """
    found = await tx.execute(
        select(notices.c.id, notices.c.payload)
        .where(
            notices.c.workspace_id == row.workspace_id,
            notices.c.kind == row.kind,
            notices.c.reader_id == row.reader_id,
            notices.c.status == "due",
            notices.c.due_at <= now,
        )
        .order_by(notices.c.id)
        .with_for_update()
    )
    return {each.id: each.payload for each in found}


async def take_over(tx: Transaction, notice_id: str, payload: str, others: Collection[str]) -> None:
    """This notice says what ``others`` were to say, also after a crash."""
    await tx.execute(update(notices).where(notices.c.id == notice_id).values(payload=payload))
    await tx.execute(
        update(notices).where(notices.c.id.in_(others)).values(status="dropped", payload="")
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
