"""Contacts after they were recorded, and the counts of all messages."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import delete, select, true, update

from bot.domain.contact import Outcome
from bot.domain.rules import SILENCED
from bot.storage.database import Transaction
from bot.storage.statements import insert_into, upsert
from bot.storage.tables import contacts, message_counts


@dataclass(frozen=True, slots=True)
class ContactRow:
    """One contact outside somebody's hours."""

    channel_id: str
    ts: str
    recipient_id: str
    author_id: str
    kind: str
    at: int
    recipient_tz: str
    outcome: str
    reason: str


async def of_message(
    tx: Transaction, workspace_id: str, channel_id: str, ts: str
) -> list[ContactRow]:
    """Everybody one message reached outside their hours."""
    return await _rows(
        tx,
        contacts.c.workspace_id == workspace_id,
        contacts.c.channel_id == channel_id,
        contacts.c.ts == ts,
    )


async def flagged(tx: Transaction, workspace_id: str, channel_id: str, ts: str) -> list[ContactRow]:
    """Those one message reached of whom its author was told, and who still wait for it.

    Who let the author through, chose the time, is on call or hears nothing of it is nobody's
    business; of an urgent or a held message there is nobody left.
    """
    return await _rows(
        tx,
        contacts.c.workspace_id == workspace_id,
        contacts.c.channel_id == channel_id,
        contacts.c.ts == ts,
        contacts.c.outcome == Outcome.BREACH.value,
        contacts.c.reason != SILENCED,
    )


async def to_people(
    tx: Transaction, workspace_id: str, user_ids: Iterable[str], start_at: int, end_at: int
) -> list[ContactRow]:
    """Contacts that reached these people in ``start_at <= at < end_at``."""
    return await _rows(
        tx,
        contacts.c.workspace_id == workspace_id,
        contacts.c.recipient_id.in_(list(user_ids)),
        contacts.c.at >= start_at,
        contacts.c.at < end_at,
    )


async def _rows(tx: Transaction, *where: object) -> list[ContactRow]:
    names = tuple(ContactRow.__dataclass_fields__)
    query = select(*(contacts.c[name] for name in names)).where(*where).order_by(contacts.c.at)  # type: ignore[arg-type]  # column expressions
    return [ContactRow(*row) for row in await tx.execute(query)]


async def add(tx: Transaction, workspace_id: str, row: ContactRow, policy_version: int) -> None:
    """Write one contact, or set the outcome of the one that is there."""
    values = {name: getattr(row, name) for name in ContactRow.__dataclass_fields__}
    await tx.execute(
        upsert(tx, contacts, "outcome", "reason"),
        {"workspace_id": workspace_id, "policy_version": policy_version, **values},
    )


async def set_outcome(
    tx: Transaction,
    workspace_id: str,
    channel_id: str,
    ts: str,
    outcome: str,
    reason: str,
    *,
    only: Sequence[str] | None = None,
) -> int:
    """Change what became of the contacts of one message, of all people or ``only`` of these.

    Returns how many were changed.
    """
    who = true() if only is None else contacts.c.recipient_id.in_(list(only))
    done = await tx.execute(
        update(contacts)
        .where(
            contacts.c.workspace_id == workspace_id,
            contacts.c.channel_id == channel_id,
            contacts.c.ts == ts,
            who,
        )
        .values(outcome=outcome, reason=reason)
        .returning(contacts.c.recipient_id)
    )
    return len(done.all())


COUNTED = ("messages", "reached", "hours_unknown", "broadcasts", "unresolved")


async def add_counts(tx: Transaction, counts: Mapping[tuple[str, str], Mapping[str, int]]) -> None:
    """Add to the counts of (workspace, UTC day)."""
    insert = insert_into(tx, message_counts)
    statement = insert.on_conflict_do_update(
        index_elements=[message_counts.c.workspace_id, message_counts.c.day],
        set_={name: message_counts.c[name] + insert.excluded[name] for name in COUNTED},
    )
    for (workspace_id, day), more in counts.items():
        values = {name: more.get(name, 0) for name in COUNTED}
        await tx.execute(statement, {"workspace_id": workspace_id, "day": day, **values})


async def counts(
    tx: Transaction, workspace_id: str, first_day: str, last_day: str
) -> dict[str, int]:
    """The counts of the UTC days ``first_day`` to ``last_day``, both included."""
    rows = await tx.execute(
        select(*(message_counts.c[name] for name in COUNTED)).where(
            message_counts.c.workspace_id == workspace_id,
            message_counts.c.day >= first_day,
            message_counts.c.day <= last_day,
        )
    )
    totals = dict.fromkeys(COUNTED, 0)
    for row in rows:
        for name in COUNTED:
            totals[name] += getattr(row, name)
    return totals


async def remove(tx: Transaction, workspace_id: str, channel_id: str, ts: str) -> None:
    """Forget the contacts of a message that was never sent."""
    await tx.execute(
        delete(contacts).where(
            contacts.c.workspace_id == workspace_id,
            contacts.c.channel_id == channel_id,
            contacts.c.ts == ts,
        )
    )
