"""One row per team and ISO week: the summary that is due, is being posted, or was."""

from dataclasses import dataclass

from sqlalchemy import ColumnElement, exists, select, update

from bot.storage.database import Transaction
from bot.storage.statements import insert_once, skip_locked
from bot.storage.tables import digests

OPEN = ("due", "posting")
"""The states in which a summary is still to be posted."""


@dataclass(frozen=True, slots=True)
class DigestRow:
    """One claimed summary. ``interrupted`` is True when an earlier attempt may have posted it."""

    workspace_id: str
    team_id: str
    iso_week: str
    marker: str
    due_at: int
    attempts: int
    interrupted: bool


async def plan(
    tx: Transaction, workspace_id: str, team_id: str, iso_week: str, *, marker: str, due_at: int
) -> None:
    """Make the row, once."""
    await tx.execute(
        insert_once(tx, digests),
        {
            "workspace_id": workspace_id,
            "team_id": team_id,
            "iso_week": iso_week,
            "state": "due",
            "marker": marker,
            "due_at": due_at,
        },
    )


async def weeks(tx: Transaction, workspace_id: str, team_id: str) -> set[str]:
    """The ISO weeks that have a row."""
    rows = await tx.execute(
        select(digests.c.iso_week).where(
            digests.c.workspace_id == workspace_id, digests.c.team_id == team_id
        )
    )
    return {row.iso_week for row in rows}


Key = tuple[str, str, str]
"""Workspace, team and ISO week."""


async def state(tx: Transaction, key: Key) -> tuple[str, str]:
    """The state of one summary and Slack's error; empty when it has no row."""
    query = select(digests.c.state, digests.c.code).where(*_is(key))
    row = (await tx.execute(query)).one_or_none()
    return (row.state, row.code) if row else ("", "")


async def claim_one(
    tx: Transaction, *, now: int, lease_now: int, lease_s: int, only: Key | None = None
) -> DigestRow | None:
    """Take the oldest due summary for ``lease_s`` seconds; a team's weeks are taken in order.

    With ``only`` that one or none.
    """
    earlier = digests.alias()
    is_next = ~exists().where(
        earlier.c.workspace_id == digests.c.workspace_id,
        earlier.c.team_id == digests.c.team_id,
        earlier.c.state.in_(OPEN),
        earlier.c.due_at < digests.c.due_at,
    )
    query = skip_locked(
        tx,
        select(digests)
        .where(
            digests.c.state.in_(OPEN),
            digests.c.due_at <= now,
            digests.c.retry_at <= lease_now,
            digests.c.lease_until <= lease_now,
            is_next,
            *(_is(only) if only else ()),
        )
        .order_by(digests.c.due_at, digests.c.iso_week, digests.c.team_id)
        .limit(1),
    )
    row = (await tx.execute(query)).one_or_none()
    if row is None:
        return None
    await _set(
        tx,
        (row.workspace_id, row.team_id, row.iso_week),
        state="posting",
        lease_until=lease_now + lease_s,
        attempts=row.attempts + 1,
    )
    return DigestRow(
        row.workspace_id,
        row.team_id,
        row.iso_week,
        row.marker,
        row.due_at,
        row.attempts + 1,
        interrupted=row.state == "posting",
    )


async def posted(tx: Transaction, key: Key, *, ts: str, at: int) -> None:
    """The summary is in the channel as message ``ts``."""
    await _set(tx, key, state="posted", posted_ts=ts, posted_at=at, lease_until=0)


async def refused(tx: Transaction, key: Key, code: str) -> None:
    """Slack will not take the summary; ``code`` is its error."""
    await _set(tx, key, state="refused", code=code, lease_until=0)


async def postpone(tx: Transaction, key: Key, *, retry_at: int, maybe_posted: bool) -> None:
    """Try again at ``retry_at``, and look first when an attempt may have posted it."""
    state = "posting" if maybe_posted else "due"
    await _set(tx, key, state=state, retry_at=retry_at, lease_until=0)


async def move(tx: Transaction, key: Key, *, due_at: int) -> None:
    """Nothing was posted yet; post it at ``due_at`` instead."""
    await _set(tx, key, state="due", due_at=due_at, lease_until=0, attempts=0)


async def _set(tx: Transaction, key: Key, **values: object) -> None:
    await tx.execute(update(digests).where(*_is(key)).values(**values))


def _is(key: Key) -> tuple[ColumnElement[bool], ...]:
    workspace_id, team_id, iso_week = key
    return (
        digests.c.workspace_id == workspace_id,
        digests.c.team_id == team_id,
        digests.c.iso_week == iso_week,
    )
