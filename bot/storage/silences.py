"""Whose notifications are snoozed and whose status is set, until when, and when to look again.

``due_at`` is people's time, ``retry_at`` and ``lease_until`` the machine's. A row belongs to the
worker whose ``lease_until`` it carries: every write of a worker names it, so that one who was too
slow writes nothing.
"""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Case, ColumnElement, case, delete, or_, select, union, update

from bot.domain.silence import Level
from bot.storage.database import Transaction
from bot.storage.statements import insert_once, skip_locked
from bot.storage.tables import choices, silences

CODES = {Level.SILENCE: "silence_code", Level.STATUS: "status_code"}
"""The column with Slack's error string that ended a level."""


@dataclass(frozen=True, slots=True)
class SilenceRow:
    """One person's row.

    Attributes:
        aim: what it was last brought in line with, see `bot.domain.silence.Wanted`.
        snoozed_until_at: end of our snooze, as Slack confirmed it.
        asked_until_at: end of one that was asked for and may be on.
        resumed_until_at: the person ended ours by hand, and wants none before this.
        status_until_at: end of the status that was set, or was about to be.
        status_texts: the texts that are ours, one a line.
    """

    workspace_id: str
    user_id: str
    aim: str
    snoozed_until_at: int
    asked_until_at: int
    resumed_until_at: int
    status_until_at: int
    status_texts: str
    due_at: int
    retry_at: int
    lease_until: int
    attempts: int
    silence_code: str
    status_code: str

    def code(self, level: Level) -> str:
        """Slack's error string that ended the level, empty when none did."""
        found: str = getattr(self, CODES[level])
        return found


async def workspaces_concerned(tx: Transaction) -> list[str]:
    """Where somebody chose to be silenced or to have a status, or did before."""
    chose = select(choices.c.workspace_id).where(or_(choices.c.silence, choices.c.status))
    rows = await tx.execute(union(chose, select(silences.c.workspace_id)))
    return sorted(row.workspace_id for row in rows)


async def of_workspace(tx: Transaction, workspace_id: str) -> dict[str, SilenceRow]:
    """Every row of a workspace by person."""
    rows = await tx.execute(select(silences).where(silences.c.workspace_id == workspace_id))
    return {row.user_id: _row(row) for row in rows}


async def one(tx: Transaction, workspace_id: str, user_id: str) -> SilenceRow | None:
    """One person's row, None when there is none."""
    found = (await tx.execute(select(silences).where(*_is(workspace_id, user_id)))).one_or_none()
    return None if found is None else _row(found)


async def refused(tx: Transaction, workspace_id: str) -> dict[str, dict[Level, str]]:
    """The levels that Slack ended, with its error string, by person."""
    query = select(silences.c.user_id, silences.c.silence_code, silences.c.status_code).where(
        silences.c.workspace_id == workspace_id,
        or_(silences.c.silence_code != "", silences.c.status_code != ""),
    )
    return {
        row.user_id: {level: code for level, name in CODES.items() if (code := getattr(row, name))}
        for row in await tx.execute(query)
    }


async def add(tx: Transaction, workspace_id: str, user_id: str, due_at: int) -> None:
    """Somebody is to be looked after from ``due_at`` on; an existing row stays as it is."""
    keys = {"workspace_id": workspace_id, "user_id": user_id}
    await tx.execute(insert_once(tx, silences), {**keys, "due_at": due_at})


async def move(tx: Transaction, workspace_id: str, user_id: str, due_at: int) -> None:
    """Look again at ``due_at``."""
    await tx.execute(update(silences).where(*_is(workspace_id, user_id)).values(due_at=due_at))


async def forgive(tx: Transaction, workspace_id: str, user_id: str) -> None:
    """The person allowed it anew, or asks to try again: earlier refusals are forgotten."""
    values = {**dict.fromkeys(CODES.values(), ""), "retry_at": 0, "attempts": 0}
    await tx.execute(update(silences).where(*_is(workspace_id, user_id)).values(values))


async def claim_due(
    tx: Transaction, *, now: int, lease_now: int, lease_s: int, but: Collection[str]
) -> SilenceRow | None:
    """Take the row that is due longest for ``lease_s`` seconds, outside the workspaces ``but``."""
    query = skip_locked(
        tx,
        select(silences.c.workspace_id, silences.c.user_id)
        .where(
            silences.c.due_at <= now,
            silences.c.retry_at <= lease_now,
            silences.c.lease_until <= lease_now,
            silences.c.workspace_id.not_in(but),
        )
        .order_by(silences.c.due_at, silences.c.workspace_id, silences.c.user_id)
        .limit(1),
    )
    found = (await tx.execute(query)).one_or_none()
    if found is None:
        return None
    return await claim(tx, found.workspace_id, found.user_id, lease_now=lease_now, lease_s=lease_s)


async def claim(
    tx: Transaction, workspace_id: str, user_id: str, *, lease_now: int, lease_s: int
) -> SilenceRow | None:
    """Take one person's row; None when there is none, or somebody else is at it."""
    until = lease_now + lease_s
    return await _take(tx, workspace_id, user_id, until, silences.c.lease_until <= lease_now)


async def take_over(
    tx: Transaction, workspace_id: str, user_id: str, *, lease_now: int, lease_s: int
) -> SilenceRow | None:
    """Take one person's row even from a worker that is at it, which then writes nothing more."""
    # Never the same lease: that is what tells the two apart.
    until = case(
        (silences.c.lease_until == lease_now + lease_s, lease_now + lease_s + 1),
        else_=lease_now + lease_s,
    )
    return await _take(tx, workspace_id, user_id, until)


async def _take(
    tx: Transaction,
    workspace_id: str,
    user_id: str,
    lease_until: int | Case[int],
    *where: ColumnElement[bool],
) -> SilenceRow | None:
    taken = await tx.execute(
        update(silences)
        .where(*_is(workspace_id, user_id), *where)
        .values(lease_until=lease_until, attempts=silences.c.attempts + 1)
        .returning(silences)
    )
    row = taken.one_or_none()
    return None if row is None else _row(row)


async def note(tx: Transaction, row: SilenceRow, **values: str | int) -> bool:
    """Write down what is known now. False, and nothing written, when the lease was lost."""
    done = await tx.execute(
        update(silences)
        .where(*_is(row.workspace_id, row.user_id), silences.c.lease_until == row.lease_until)
        .values(**values)
        .returning(silences.c.user_id)
    )
    return done.one_or_none() is not None


async def remove(tx: Transaction, row: SilenceRow) -> None:
    """Nothing is left to look after."""
    await tx.execute(
        delete(silences).where(
            *_is(row.workspace_id, row.user_id), silences.c.lease_until == row.lease_until
        )
    )


def _is(workspace_id: str, user_id: str) -> tuple[Any, ...]:
    return (silences.c.workspace_id == workspace_id, silences.c.user_id == user_id)


def _row(row: Any) -> SilenceRow:
    return SilenceRow(*(getattr(row, name) for name in SilenceRow.__slots__))


async def remove_all(tx: Transaction, workspace_id: str) -> None:
    """The app was removed: no token is left to snooze anybody with."""
    await tx.execute(delete(silences).where(silences.c.workspace_id == workspace_id))
