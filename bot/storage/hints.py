"""Pairs of people between whom hints were *not useful*, and until when none is given."""

from sqlalchemy import select

from bot.storage import workspaces
from bot.storage.database import Transaction
from bot.storage.statements import insert_into
from bot.storage.tables import hints

Pair = tuple[str, str]
"""Author and recipient."""


async def silent_until(tx: Transaction, workspace_id: str) -> dict[Pair, int]:
    """Until when no hint is given, by pair."""
    rows = await tx.execute(
        select(hints.c.author_id, hints.c.recipient_id, hints.c.silent_until_at).where(
            hints.c.workspace_id == workspace_id
        )
    )
    return {(row.author_id, row.recipient_id): row.silent_until_at for row in rows}


async def not_useful(tx: Transaction, workspace_id: str, pair: Pair) -> int:
    """Count one more *Not useful* between these two. Returns how many there are."""
    insert = insert_into(tx, hints)
    statement = insert.on_conflict_do_update(
        index_elements=list(hints.primary_key.columns),
        set_={"not_useful": hints.c.not_useful + 1},
    ).returning(hints.c.not_useful)
    author_id, recipient_id = pair
    values = {
        "workspace_id": workspace_id,
        "author_id": author_id,
        "recipient_id": recipient_id,
        "not_useful": 1,
        "silent_until_at": 0,
    }
    counted: int = (await tx.execute(statement, values)).scalar_one()
    return counted


async def silence(tx: Transaction, workspace_id: str, pair: Pair, until_at: int) -> None:
    """Give no hint between these two before ``until_at``."""
    author_id, recipient_id = pair
    await tx.execute(
        hints.update()
        .where(
            hints.c.workspace_id == workspace_id,
            hints.c.author_id == author_id,
            hints.c.recipient_id == recipient_id,
        )
        .values(silent_until_at=until_at)
    )
    await workspaces.touch(tx, workspace_id)
