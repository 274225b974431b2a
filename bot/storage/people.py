"""People: zone, hours, quiet windows, overrides."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import and_, delete, insert, select, update

from bot.domain.away import out_of_office
from bot.domain.choices import NO_CHOICES, Choices
from bot.domain.schedule import Override, OverrideKind
from bot.domain.spans import Span
from bot.storage import choices, occurrences, workspaces
from bot.storage.database import Transaction
from bot.storage.occurrences import AbsenceRow
from bot.storage.statements import insert_once
from bot.storage.tables import overrides, people, quiet_windows


@dataclass(frozen=True, slots=True)
class PersonRow:
    """One person as stored. ``weekly`` and ``region`` are in the human notation.

    ``out_of_office`` are the absences of their connected calendar, on the clocks of ``tz``.
    """

    user_id: str
    name: str
    tz: str
    tz_pinned: bool
    weekly: str | None
    region: str | None
    works_holidays: bool
    enrolled_at: int | None
    welcomed_at: int | None
    is_bot: bool
    is_deleted: bool
    is_admin: bool
    is_foreign: bool
    quiet: tuple[str, ...]
    overrides: tuple[Override, ...]
    choices: Choices = NO_CHOICES
    out_of_office: tuple[Override, ...] = ()


@dataclass(frozen=True, slots=True)
class SlackUser:
    """What Slack says about somebody.

    ``email`` is in lower case, and ``""`` where the app may not know it; it is never stored.
    """

    user_id: str
    name: str
    tz: str
    is_bot: bool = False
    is_deleted: bool = False
    is_admin: bool = False
    is_foreign: bool = False
    email: str = field(default="", repr=False)


async def changed_since(tx: Transaction, workspace_id: str, version: int) -> list[PersonRow]:
    """Everybody whose row changed after the workspace's ``version``; -1 for everybody."""
    where = and_(people.c.workspace_id == workspace_id, people.c.version > version)
    return await _load(tx, workspace_id, where)


async def one(tx: Transaction, workspace_id: str, user_id: str) -> PersonRow | None:
    """One person, None when unknown."""
    where = and_(people.c.workspace_id == workspace_id, people.c.user_id == user_id)
    rows = await _load(tx, workspace_id, where)
    return rows[0] if rows else None


async def _load(tx: Transaction, workspace_id: str, where: Any) -> list[PersonRow]:
    found = (await tx.execute(select(people).where(where))).all()
    wanted = select(people.c.user_id).where(where)
    windows: dict[str, list[str]] = {}
    for row in await tx.execute(
        select(quiet_windows.c.user_id, quiet_windows.c.rule)
        .where(
            quiet_windows.c.workspace_id == workspace_id,
            quiet_windows.c.user_id.in_(wanted),
        )
        .order_by(quiet_windows.c.id)
    ):
        windows.setdefault(row.user_id, []).append(row.rule)
    dated: dict[str, list[Override]] = {}
    for row in await tx.execute(
        select(overrides)
        .where(overrides.c.workspace_id == workspace_id, overrides.c.user_id.in_(wanted))
        .order_by(overrides.c.id)
    ):
        dated.setdefault(row.user_id, []).append(_override(row))
    chosen = await choices.of_people(tx, workspace_id, wanted)
    away = await occurrences.absences_of(tx, workspace_id, wanted)
    return [
        PersonRow(
            **{name: getattr(row, name) for name in _PLAIN},
            quiet=tuple(windows.get(row.user_id, ())),
            overrides=tuple(dated.get(row.user_id, ())),
            choices=chosen.get(row.user_id, NO_CHOICES),
            out_of_office=_out_of_office(away.get(row.user_id, ()), row.tz),
        )
        for row in found
    ]


def _out_of_office(rows: Iterable[AbsenceRow], tz: str) -> tuple[Override, ...]:
    found = (
        out_of_office(
            Span(row.start_at, row.end_at), tz, is_all_day=row.is_all_day, seen_at=row.seen_at
        )
        for row in rows
    )
    return tuple(each for each in found if each is not None)


_PLAIN = (
    "user_id", "name", "tz", "tz_pinned", "weekly", "region", "works_holidays", "enrolled_at",
    "welcomed_at", "is_bot", "is_deleted", "is_admin", "is_foreign",
)  # fmt: skip


def _override(row: Any) -> Override:
    return Override(
        kind=OverrideKind(row.kind),
        start=datetime.fromisoformat(row.start_wall),
        end=datetime.fromisoformat(row.end_wall),
        label=row.label,
        created_at=row.created_at,
    )


async def learn(tx: Transaction, workspace_id: str, users: Iterable[SlackUser]) -> list[str]:
    """Take over what Slack says; a pinned zone and own hours stay. Returns whose row changed.

    Whose zone Slack does not tell has no hours to go by, and is left out.
    """
    told = {user.user_id: user for user in users if user.tz}
    if not told:
        return []
    await workspaces.lock(tx, workspace_id)
    known = {
        row.user_id: row
        for row in await tx.execute(select(people).where(people.c.workspace_id == workspace_id))
        if row.user_id in told
    }
    changed = []
    for user in told.values():
        values = {
            "name": user.name,
            "tz": user.tz,
            "is_bot": user.is_bot,
            "is_deleted": user.is_deleted,
            "is_admin": user.is_admin,
            "is_foreign": user.is_foreign,
        }
        row = known.get(user.user_id)
        if row is None:
            keys = {"workspace_id": workspace_id, "user_id": user.user_id}
            await tx.execute(insert_once(tx, people), {**keys, **values})
        else:
            if row.tz_pinned:
                values["tz"] = row.tz
            if all(getattr(row, name) == value for name, value in values.items()):
                continue
            await tx.execute(_where(update(people), workspace_id, user.user_id).values(values))
        changed.append(user.user_id)
    if changed:
        await workspaces.touch(tx, workspace_id, changed)
    return changed


def _where(statement: Any, workspace_id: str, user_id: str) -> Any:
    table = statement.table
    return statement.where(table.c.workspace_id == workspace_id, table.c.user_id == user_id)


async def save(tx: Transaction, workspace_id: str, user_id: str, values: Mapping[str, Any]) -> None:
    """Set columns of `people` for one person.

    The workspace first and the person second, as `workspaces.touch` has it: the other way round,
    two changes at once wait for each other.
    """
    await workspaces.lock(tx, workspace_id)
    await tx.execute(_where(update(people), workspace_id, user_id).values(dict(values)))
    await workspaces.touch(tx, workspace_id, [user_id])


async def replace_quiet_windows(
    tx: Transaction, workspace_id: str, user_id: str, rules: Sequence[str]
) -> None:
    """The person's quiet windows, in order, in the human notation."""
    await tx.execute(_where(delete(quiet_windows), workspace_id, user_id))
    if rules:
        keys = {"workspace_id": workspace_id, "user_id": user_id}
        await tx.execute(insert(quiet_windows), [{**keys, "rule": rule} for rule in rules])
    await workspaces.touch(tx, workspace_id, [user_id])


async def replace_overrides(
    tx: Transaction, workspace_id: str, user_id: str, dated: Sequence[Override]
) -> None:
    """The person's dated overrides, oldest first."""
    await tx.execute(_where(delete(overrides), workspace_id, user_id))
    if dated:
        await tx.execute(
            insert(overrides),
            [
                {
                    "workspace_id": workspace_id,
                    "user_id": user_id,
                    "kind": override.kind.value,
                    "start_wall": override.start.isoformat(),
                    "end_wall": override.end.isoformat(),
                    "label": override.label,
                    "created_at": override.created_at,
                }
                for override in dated
            ],
        )
    await workspaces.touch(tx, workspace_id, [user_id])
