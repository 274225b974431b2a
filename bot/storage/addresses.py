"""Whose e-mail address is whose, as fingerprints (`bot.services.calendar_access.address_hash`)."""

from collections.abc import Iterable, Mapping, Sequence

from sqlalchemy import and_, delete, select

from bot.storage.database import Transaction
from bot.storage.statements import CLAIM_BATCH, insert_once
from bot.storage.tables import addresses, people


async def own(
    tx: Transaction, workspace_id: str, user_id: str, hashes: Iterable[str], source: str
) -> None:
    """These are somebody's addresses by ``source``, and no others."""
    await tx.execute(
        delete(addresses).where(
            addresses.c.workspace_id == workspace_id,
            addresses.c.user_id == user_id,
            addresses.c.source == source,
        )
    )
    for address_hash in dict.fromkeys(hashes):
        await tx.execute(
            insert_once(tx, addresses),
            {
                "workspace_id": workspace_id,
                "address_hash": address_hash,
                "user_id": user_id,
                "source": source,
            },
        )


async def by_slack(tx: Transaction, workspace_id: str, hashes: Mapping[str, str]) -> None:
    """Take over whose address Slack says is which, by user id; ``""`` for somebody without one."""
    rows = await tx.execute(
        select(addresses.c.user_id, addresses.c.address_hash).where(
            addresses.c.workspace_id == workspace_id, addresses.c.source == "slack"
        )
    )
    known = {row.user_id: row.address_hash for row in rows}
    changed = {who: each for who, each in hashes.items() if known.get(who, "") != each}
    # All of the old ones first: somebody may have been given the address of somebody else.
    for user_id in known.keys() & changed.keys():
        await own(tx, workspace_id, user_id, (), "slack")
    keys = {"workspace_id": workspace_id, "source": "slack"}
    new = [{**keys, "user_id": who, "address_hash": each} for who, each in changed.items() if each]
    if new:
        await tx.execute(insert_once(tx, addresses), new)


async def whose(tx: Transaction, workspace_id: str, hashes: Sequence[str]) -> dict[str, str]:
    """User ids by address hash, of people who still are in the workspace.

    What Slack says goes before what somebody typed when they connected a calendar.
    """
    found: dict[str, str] = {}
    wanted = list(dict.fromkeys(hashes))
    for first in range(0, len(wanted), CLAIM_BATCH):
        rows = await tx.execute(
            select(addresses.c.address_hash, addresses.c.user_id)
            .join(
                people,
                and_(
                    people.c.workspace_id == addresses.c.workspace_id,
                    people.c.user_id == addresses.c.user_id,
                ),
            )
            .where(
                addresses.c.workspace_id == workspace_id,
                addresses.c.address_hash.in_(wanted[first : first + CLAIM_BATCH]),
                people.c.is_deleted.is_(False),
            )
            .order_by(addresses.c.source)
        )
        found.update({row.address_hash: row.user_id for row in rows})
    return found
