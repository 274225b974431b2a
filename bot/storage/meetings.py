"""Who gave how much time outside their hours for the meetings of a group of people.

A group is a key made of its people (`bot.services.meeting`). A meeting is the instant it starts, a
weekly one that of its first week; ``minutes`` are those of all its weeks.
"""

from collections.abc import Mapping

from sqlalchemy import delete, func, select

from bot.storage.database import Transaction
from bot.storage.statements import upsert
from bot.storage.tables import slot_burdens


async def given_min(
    tx: Transaction, workspace_id: str, group_key: str, since_at: int
) -> dict[str, int]:
    """Minutes by person, over meetings from ``since_at`` on; who gave none is not in it."""
    query = (
        select(slot_burdens.c.user_id, func.sum(slot_burdens.c.minutes))
        .where(
            slot_burdens.c.workspace_id == workspace_id,
            slot_burdens.c.group_key == group_key,
            slot_burdens.c.start_at >= since_at,
        )
        .group_by(slot_burdens.c.user_id)
    )
    return {user_id: int(minutes) for user_id, minutes in await tx.execute(query)}


async def record(
    tx: Transaction,
    workspace_id: str,
    group_key: str,
    start_at: int,
    minutes: Mapping[str, int],
) -> None:
    """A meeting was chosen; the same one chosen again counts once."""
    for user_id, given in sorted(minutes.items()):
        row = {
            "workspace_id": workspace_id,
            "group_key": group_key,
            "start_at": start_at,
            "user_id": user_id,
            "minutes": given,
        }
        await tx.execute(upsert(tx, slot_burdens, "minutes"), row)


async def forget(tx: Transaction, workspace_id: str, group_key: str, start_at: int) -> None:
    """The meeting does not take place."""
    await tx.execute(
        delete(slot_burdens).where(
            slot_burdens.c.workspace_id == workspace_id,
            slot_burdens.c.group_key == group_key,
            slot_burdens.c.start_at == start_at,
        )
    )


async def drop_before(tx: Transaction, workspace_id: str, before_at: int) -> None:
    """What is too old to count is not kept either."""
    await tx.execute(
        delete(slot_burdens).where(
            slot_burdens.c.workspace_id == workspace_id, slot_burdens.c.start_at < before_at
        )
    )
