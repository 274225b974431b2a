"""What people decided for themselves."""

from collections.abc import Callable, Mapping
from typing import Any

from sqlalchemy import delete, insert, select

from bot.domain.choices import NO_CHOICES, Choices, Treatment
from bot.domain.spans import Span
from bot.storage import workspaces
from bot.storage.database import Transaction
from bot.storage.statements import upsert
from bot.storage.tables import choice_sources, choices, chosen_spans

COLUMNS = (
    "treatment",
    "silence",
    "status",
    "urgent_rings",
    "auto_hold",
    "reply_within",
    "return_line",
)


async def of_people(tx: Transaction, workspace_id: str, wanted: Any) -> dict[str, Choices]:
    """The choices of those who made any; ``wanted`` is a query of user ids."""
    plain = await _rows(tx, choices, workspace_id, wanted)
    sources: dict[str, dict[str, Treatment]] = {}
    for row in await _rows(tx, choice_sources, workspace_id, wanted):
        sources.setdefault(row.user_id, {})[row.source_id] = Treatment(row.treatment)
    chosen: dict[str, list[Span]] = {}
    for row in await _rows(tx, chosen_spans, workspace_id, wanted):
        chosen.setdefault(row.user_id, []).append(Span(row.start_at, row.end_at))
    flags = {row.user_id: row for row in plain}
    return {
        user_id: _choices(flags.get(user_id), sources.get(user_id, {}), chosen.get(user_id, []))
        for user_id in {*flags, *sources, *chosen}
    }


async def _rows(tx: Transaction, table: Any, workspace_id: str, wanted: Any) -> list[Any]:
    query = select(table).where(table.c.workspace_id == workspace_id, table.c.user_id.in_(wanted))
    return list(await tx.execute(query))


def _choices(row: Any, sources: Mapping[str, Treatment], chosen: list[Span]) -> Choices:
    spans = tuple(sorted(chosen))
    if row is None:
        return Choices(sources=sources, chosen=spans)
    return Choices(
        treatment=Treatment(row.treatment) if row.treatment else None,
        sources=sources,
        chosen=spans,
        silence=row.silence,
        status=row.status,
        urgent_rings=row.urgent_rings,
        auto_hold=row.auto_hold,
        reply_within=row.reply_within,
        return_line=row.return_line,
    )


async def change(
    tx: Transaction, workspace_id: str, user_id: str, changed: Callable[[Choices], Choices]
) -> Choices:
    """Keep what ``changed`` makes of the person's choices. Returns them.

    Counting up first locks the workspace: of two changes at once, the later sees the earlier.
    """
    await workspaces.touch(tx, workspace_id, [user_id])
    before = await of_people(tx, workspace_id, [user_id])
    after = changed(before.get(user_id, NO_CHOICES))
    await save(tx, workspace_id, user_id, after)
    return after


async def save(tx: Transaction, workspace_id: str, user_id: str, changed: Choices) -> None:
    """Keep the person's choices as they are now, sources and chosen time included."""
    keys = {"workspace_id": workspace_id, "user_id": user_id}
    values = {name: getattr(changed, name) for name in COLUMNS}
    values["treatment"] = changed.treatment.value if changed.treatment else ""
    await tx.execute(upsert(tx, choices, *COLUMNS), {**keys, **values})
    for table in (choice_sources, chosen_spans):
        where = (table.c.workspace_id == workspace_id, table.c.user_id == user_id)
        await tx.execute(delete(table).where(*where))
    if changed.sources:
        rows = [
            {**keys, "source_id": source_id, "treatment": treatment.value}
            for source_id, treatment in changed.sources.items()
        ]
        await tx.execute(insert(choice_sources), rows)
    if changed.chosen:
        spans = [{**keys, "start_at": span.start, "end_at": span.end} for span in changed.chosen]
        await tx.execute(insert(chosen_spans), spans)
    await workspaces.touch(tx, workspace_id, [user_id])
