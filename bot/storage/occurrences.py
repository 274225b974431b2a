"""Occurrences of meetings as last seen, what was done about each, and absences."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import and_, bindparam, delete, exists, insert, select

from bot.domain.handling import UNTOUCHED, Errand, Handled, Handling
from bot.domain.invites import Answer
from bot.domain.spans import Span, merge
from bot.storage.database import Transaction
from bot.storage.statements import insert_once, upsert
from bot.storage.tables import absences, occurrences, told_organizers

BATCH = 200


@dataclass(frozen=True, slots=True)
class OccurrenceRow:
    """One occurrence in its owner's calendar; most fields are those of `Occurrence`.

    Attributes:
        organizer_id: Slack id; ``""`` for somebody outside the workspace.
        organizer_hash: of the organiser's address; ``""`` when there is none.
        attendee_ids: Slack ids of those who are in the workspace, the owner among them.
        attendee_count: of everybody invited.
        sealed: title and organiser's address, for the vault.
        booked_at: when it was made, or first seen.
        unclear: an `Unclear` value when it could not be judged.
        outside_min: minutes outside the owner's hours when it was last judged.
        rule: the rule that decided.
        handled: what was done about it.
        code: why the last errand failed; ``""`` when it did not.
    """

    workspace_id: str
    user_id: str
    uid: str
    recurrence_id: str
    object_id: str
    etag: str
    series_at: int
    start_at: int
    end_at: int
    organizer_id: str
    organizer_hash: str
    attendee_ids: tuple[str, ...]
    attendee_count: int
    answer: Answer
    is_own: bool
    is_recurring: bool
    is_transparent: bool
    is_all_day: bool
    is_optional: bool
    sequence: int
    sealed: bytes | None
    booked_at: int
    unclear: str = ""
    outside_min: int = 0
    rule: str = ""
    handled: Handled = UNTOUCHED
    retry_at: int = 0
    attempts: int = 0
    code: str = ""

    @property
    def span(self) -> Span:
        """When it takes place."""
        return Span(self.start_at, self.end_at)

    @property
    def key(self) -> tuple[str, str]:
        """Which occurrence, in everybody's calendar."""
        return self.uid, self.recurrence_id


@dataclass(frozen=True, slots=True)
class AbsenceRow:
    """Somebody is away; ``is_all_day`` means whole days of their zone."""

    object_id: str
    start_at: int
    end_at: int
    is_all_day: bool
    seen_at: int = 0


HANDLED = ("state", "acted_start_at", "acted_end_at", "acted_sequence", "our_answer", "is_marked")
PLAIN = tuple(
    name for name in OccurrenceRow.__slots__ if name not in {"attendee_ids", "answer", "handled"}
)


def _row(found: Any) -> OccurrenceRow:
    acted = Span(found.acted_start_at, found.acted_end_at) if found.acted_end_at else None
    handled = Handled(
        state=Handling(found.state),
        acted=acted,
        acted_sequence=found.acted_sequence,
        our_answer=Answer(found.our_answer) if found.our_answer else None,
        is_marked=found.is_marked,
        errand=Errand(found.errand),
        is_tried=found.is_tried,
        resets=found.resets,
    )
    return OccurrenceRow(
        **{name: getattr(found, name) for name in PLAIN},
        attendee_ids=tuple(found.attendee_ids.split()),
        answer=Answer(found.answer),
        handled=handled,
    )


def _values(row: OccurrenceRow) -> dict[str, Any]:
    handled = row.handled
    return {
        **{name: getattr(row, name) for name in PLAIN},
        "attendee_ids": " ".join(row.attendee_ids),
        "answer": row.answer.value,
        "state": handled.state.value,
        "acted_start_at": handled.acted.start if handled.acted else 0,
        "acted_end_at": handled.acted.end if handled.acted else 0,
        "acted_sequence": handled.acted_sequence,
        "our_answer": handled.our_answer.value if handled.our_answer else "",
        "is_marked": handled.is_marked,
        "errand": handled.errand.value,
        "is_tried": handled.is_tried,
        "resets": handled.resets,
    }


def _of(workspace_id: str, user_id: str) -> Any:
    return and_(occurrences.c.workspace_id == workspace_id, occurrences.c.user_id == user_id)


async def of_person(
    tx: Transaction, workspace_id: str, user_id: str, *, since_at: int = 0
) -> list[OccurrenceRow]:
    """What somebody's calendar holds that ends after ``since_at``, in order of time."""
    rows = await tx.execute(
        select(occurrences)
        .where(_of(workspace_id, user_id), occurrences.c.end_at > since_at)
        .order_by(occurrences.c.start_at, occurrences.c.uid, occurrences.c.recurrence_id)
    )
    return [_row(row) for row in rows]


async def one(
    tx: Transaction, workspace_id: str, user_id: str, key: tuple[str, str]
) -> OccurrenceRow | None:
    """One occurrence by UID and RECURRENCE-ID, locked; None when it is not there."""
    found = await tx.execute(
        select(occurrences)
        .where(
            _of(workspace_id, user_id),
            occurrences.c.uid == key[0],
            occurrences.c.recurrence_id == key[1],
        )
        .with_for_update()
    )
    row = found.one_or_none()
    return None if row is None else _row(row)


async def of_plan(
    tx: Transaction, workspace_id: str, user_id: str, uid: str, series_at: int
) -> list[OccurrenceRow]:
    """The occurrences of one plan (`Occurrence.series_at`) in somebody's calendar, in order."""
    rows = await tx.execute(
        select(occurrences)
        .where(
            _of(workspace_id, user_id),
            occurrences.c.uid == uid,
            occurrences.c.series_at == series_at,
        )
        .order_by(occurrences.c.start_at)
    )
    return [_row(row) for row in rows]


async def of_meeting(
    tx: Transaction, workspace_id: str, uid: str, series_at: int
) -> list[OccurrenceRow]:
    """One plan in every calendar of the workspace, in order of time."""
    rows = await tx.execute(
        select(occurrences)
        .where(
            occurrences.c.workspace_id == workspace_id,
            occurrences.c.uid == uid,
            occurrences.c.series_at == series_at,
        )
        .order_by(occurrences.c.start_at, occurrences.c.user_id)
    )
    return [_row(row) for row in rows]


async def save(tx: Transaction, rows: Sequence[OccurrenceRow]) -> None:
    """Keep these occurrences as they are now."""
    if not rows:
        return
    values = [_values(row) for row in rows]
    keys = {column.name for column in occurrences.primary_key}
    changed = [name for name in values[0] if name not in keys]
    for first in range(0, len(values), BATCH):
        await tx.execute(upsert(tx, occurrences, *changed), values[first : first + BATCH])


async def set_handled(tx: Transaction, row: OccurrenceRow, handled: Handled) -> OccurrenceRow:
    """What was done about an occurrence; a new errand is due at once."""
    changed = replace(row, handled=handled, retry_at=0, attempts=0, code="")
    await save(tx, [changed])
    return changed


async def remove(
    tx: Transaction, workspace_id: str, user_id: str, keys: Iterable[tuple[str, str]]
) -> None:
    """These occurrences are gone from the calendar."""
    wanted = [{"gone_uid": uid, "gone_id": recurrence_id} for uid, recurrence_id in keys]
    if wanted:
        statement = delete(occurrences).where(
            _of(workspace_id, user_id),
            occurrences.c.uid == bindparam("gone_uid"),
            occurrences.c.recurrence_id == bindparam("gone_id"),
        )
        await tx.execute(statement, wanted)


LEFT_ALONE = (Handling.UNDONE.value, Handling.FOUND.value, Handling.MANUAL.value)


async def drop_before(tx: Transaction, workspace_id: str, user_id: str, at: int) -> None:
    """What was over before ``at`` is of no use any more.

    Of a series that is left alone the last occurrence stays, so that the next one, however far
    off, is known to belong to it.
    """
    later = occurrences.alias()
    is_last = ~exists().where(
        later.c.workspace_id == occurrences.c.workspace_id,
        later.c.user_id == occurrences.c.user_id,
        later.c.uid == occurrences.c.uid,
        later.c.series_at == occurrences.c.series_at,
        later.c.start_at > occurrences.c.start_at,
    )
    kept = and_(occurrences.c.is_recurring, occurrences.c.state.in_(LEFT_ALONE), is_last)
    await tx.execute(
        delete(occurrences).where(_of(workspace_id, user_id), occurrences.c.end_at < at, ~kept)
    )
    await tx.execute(
        delete(absences).where(
            absences.c.workspace_id == workspace_id,
            absences.c.user_id == user_id,
            absences.c.end_at < at,
        )
    )


async def plans_left_alone(
    tx: Transaction, workspace_id: str, user_id: str
) -> dict[tuple[str, int], set[Handling]]:
    """How the occurrences of each plan stand, past ones included; plans by UID and `series_at`."""
    rows = await tx.execute(
        select(occurrences.c.uid, occurrences.c.series_at, occurrences.c.state)
        .where(_of(workspace_id, user_id), occurrences.c.state != Handling.NONE.value)
        .distinct()
    )
    found: dict[tuple[str, int], set[Handling]] = {}
    for row in rows:
        found.setdefault((row.uid, row.series_at), set()).add(Handling(row.state))
    return found


async def busy(
    tx: Transaction,
    workspace_id: str,
    user_ids: Collection[str],
    window: Span,
    *,
    besides_uid: str = "",
) -> dict[str, tuple[Span, ...]]:
    """What the calendars of these people hold within ``window``; declined and free time is free.

    Whoever has connected no calendar, or has nothing in it, is missing. ``besides_uid`` is a
    meeting that does not count, because it is to be moved.
    """
    rows = await tx.execute(
        select(occurrences.c.user_id, occurrences.c.start_at, occurrences.c.end_at).where(
            occurrences.c.workspace_id == workspace_id,
            occurrences.c.user_id.in_(user_ids),
            occurrences.c.start_at < window.end,
            occurrences.c.end_at > window.start,
            occurrences.c.is_transparent.is_(False),
            occurrences.c.is_all_day.is_(False),
            occurrences.c.unclear == "",
            occurrences.c.answer != Answer.DECLINED.value,
            occurrences.c.uid != besides_uid,
        )
    )
    found: dict[str, list[Span]] = {}
    for row in rows:
        found.setdefault(row.user_id, []).append(Span(row.start_at, row.end_at))
    return {user_id: tuple(merge(spans)) for user_id, spans in found.items()}


async def between(
    tx: Transaction, workspace_id: str, user_ids: Collection[str], start_at: int, end_at: int
) -> list[OccurrenceRow]:
    """What these people's calendars hold that begins between two instants, unclear ones aside."""
    rows = await tx.execute(
        select(occurrences)
        .where(
            occurrences.c.workspace_id == workspace_id,
            occurrences.c.user_id.in_(user_ids),
            occurrences.c.start_at >= start_at,
            occurrences.c.start_at < end_at,
            occurrences.c.unclear == "",
        )
        .order_by(occurrences.c.start_at, occurrences.c.user_id)
    )
    return [_row(row) for row in rows]


async def told_once(
    tx: Transaction, workspace_id: str, organizer_id: str, uid: str, series_at: int, now: int
) -> bool:
    """Whether this is the first time the organiser is told of this plan; remembers that it was."""
    done = await tx.execute(
        insert_once(tx, told_organizers).returning(told_organizers.c.uid),
        {
            "workspace_id": workspace_id,
            "organizer_id": organizer_id,
            "uid": uid,
            "series_at": series_at,
            "at": now,
        },
    )
    return done.first() is not None


async def not_told(
    tx: Transaction, workspace_id: str, organizer_id: str, uid: str, series_at: int
) -> None:
    """The organiser was to be told of this plan, and then was not."""
    await tx.execute(
        delete(told_organizers).where(
            told_organizers.c.workspace_id == workspace_id,
            told_organizers.c.organizer_id == organizer_id,
            told_organizers.c.uid == uid,
            told_organizers.c.series_at == series_at,
        )
    )


async def told_of(
    tx: Transaction, workspace_id: str, organizer_id: str, series_at: int
) -> list[str]:
    """UIDs of what begins at ``series_at`` and the organiser was told of."""
    rows = await tx.execute(
        select(told_organizers.c.uid).where(
            told_organizers.c.workspace_id == workspace_id,
            told_organizers.c.organizer_id == organizer_id,
            told_organizers.c.series_at == series_at,
        )
    )
    return [row.uid for row in rows]


async def forget_told(tx: Transaction, workspace_id: str, before_at: int | None = None) -> None:
    """What organisers were told of plans that are in nobody's calendar any more.

    With ``before_at`` only what they were told before that.
    """
    is_held = exists().where(
        occurrences.c.workspace_id == told_organizers.c.workspace_id,
        occurrences.c.uid == told_organizers.c.uid,
        occurrences.c.series_at == told_organizers.c.series_at,
    )
    where = and_(told_organizers.c.workspace_id == workspace_id, ~is_held)
    if before_at is not None:
        where = and_(where, told_organizers.c.at < before_at)
    await tx.execute(delete(told_organizers).where(where))


async def replace_absences(
    tx: Transaction,
    workspace_id: str,
    user_id: str,
    object_ids: Collection[str] | None,
    rows: Sequence[AbsenceRow],
    *,
    since_at: int = 0,
) -> bool:
    """Somebody's absences by their calendar. Returns whether anything changed.

    ``rows`` replace what came from ``object_ids``, or everything when that is None; what was over
    before ``since_at`` stays, as it took place.
    """
    where = and_(
        absences.c.workspace_id == workspace_id,
        absences.c.user_id == user_id,
        absences.c.end_at > since_at,
    )
    if object_ids is not None:
        where = and_(where, absences.c.object_id.in_(object_ids))
    before = {
        (row.object_id, row.start_at, row.end_at, row.is_all_day)
        for row in await tx.execute(select(absences).where(where))
    }
    # A server may say two at the same start; both are over when the longer one is.
    ends = sorted((row for row in rows if row.end_at > since_at), key=lambda row: row.end_at)
    rows = list({(row.object_id, row.start_at): row for row in ends}.values())
    after = {(row.object_id, row.start_at, row.end_at, row.is_all_day) for row in rows}
    if before == after:
        return False
    await tx.execute(delete(absences).where(where))
    if rows:
        keys = {"workspace_id": workspace_id, "user_id": user_id}
        names = AbsenceRow.__slots__
        await tx.execute(
            insert(absences),
            [{**keys, **{name: getattr(row, name) for name in names}} for row in rows],
        )
    return True


async def absences_of(
    tx: Transaction, workspace_id: str, wanted: Any
) -> dict[str, tuple[AbsenceRow, ...]]:
    """Absences by person; ``wanted`` is a query of user ids, or the ids."""
    found: dict[str, list[AbsenceRow]] = {}
    for row in await tx.execute(
        select(absences)
        .where(absences.c.workspace_id == workspace_id, absences.c.user_id.in_(wanted))
        .order_by(absences.c.start_at)
    ):
        names = AbsenceRow.__slots__
        absence = AbsenceRow(**{name: getattr(row, name) for name in names})
        found.setdefault(row.user_id, []).append(absence)
    return {user_id: tuple(rows) for user_id, rows in found.items()}
