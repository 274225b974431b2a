"""Held messages: the queue, its claims and its end.

States: ``taking_back`` → ``held`` → ``claimed`` → ``releasing`` → ``released`` | ``cancelled`` |
``returned``. The sealed text is emptied with the last step.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import Select, and_, case, exists, func, insert, select, tuple_, update
from sqlalchemy.sql.elements import ColumnElement

from bot.storage.database import Transaction
from bot.storage.statements import CLAIM_BATCH, skip_locked
from bot.storage.tables import held_messages as held
from bot.storage.tables import hold_recipients as recipients
from bot.storage.tables import workspaces


@dataclass(frozen=True, slots=True)
class HoldRow:
    """One held message.

    ``lane`` orders deliveries: holds of one lane go out one after the other. ``channel_id`` is
    None for a direct message that is opened at release. ``returned_code`` is set once it cannot
    be delivered and is on its way back to its author. ``bundle_id`` is the id of the post in which
    several holds are, or may be, out together, ``released_channel_id`` where it is, or may be, out.
    """

    id: str
    workspace_id: str
    author_id: str
    origin: str
    state: str
    sealed: bytes | None
    lane: str
    channel_id: str | None
    thread_ts: str | None
    source_ts: str | None
    created_at: int
    due_at: int | None
    due_fixed: bool
    attempts: int
    returned_code: str
    recipient_ids: tuple[str, ...]
    bundle_id: str = ""
    released_channel_id: str | None = None


_COLUMNS = tuple(name for name in HoldRow.__dataclass_fields__ if name != "recipient_ids")


async def add(tx: Transaction, hold: HoldRow, *, lease_until: int = 0) -> None:
    """Write a new hold and whom it is for."""
    values = {name: getattr(hold, name) for name in _COLUMNS}
    await tx.execute(insert(held), {**values, "lease_until": lease_until})
    await tx.execute(
        insert(recipients),
        [
            {"hold_id": hold.id, "user_id": user_id, "workspace_id": hold.workspace_id}
            for user_id in hold.recipient_ids
        ],
    )


async def waiting_of_author(tx: Transaction, workspace_id: str, author_id: str) -> list[HoldRow]:
    """What the author has waiting, soonest first."""
    return await _rows(
        tx,
        held.c.workspace_id == workspace_id,
        held.c.author_id == author_id,
        held.c.state.in_(("taking_back", "held", "claimed", "releasing")),
    )


async def movable(tx: Transaction, workspace_id: str) -> list[HoldRow]:
    """Held messages whose release instant follows their recipients' hours."""
    return await _rows(
        tx,
        held.c.workspace_id == workspace_id,
        held.c.state == "held",
        held.c.due_fixed.is_(False),
        held.c.returned_code == "",
    )


async def one(tx: Transaction, workspace_id: str, hold_id: str) -> HoldRow | None:
    """One hold, None when unknown."""
    rows = await _rows(tx, held.c.workspace_id == workspace_id, held.c.id == hold_id)
    return rows[0] if rows else None


async def by_source(
    tx: Transaction, workspace_id: str, channel_id: str, source_ts: str
) -> HoldRow | None:
    """The hold made from one posted message, unless it was cancelled."""
    rows = await _rows(
        tx,
        held.c.workspace_id == workspace_id,
        held.c.channel_id == channel_id,
        held.c.source_ts == source_ts,
        held.c.state != "cancelled",
    )
    return rows[0] if rows else None


async def _rows(tx: Transaction, *where: ColumnElement[bool]) -> list[HoldRow]:
    rows = (
        await tx.execute(
            select(*(held.c[name] for name in _COLUMNS))
            .where(*where)
            .order_by(held.c.due_at.is_(None), held.c.due_at, held.c.created_at, held.c.id)
        )
    ).all()
    return await _with_recipients(tx, rows)


async def _with_recipients(tx: Transaction, rows: Iterable[object]) -> list[HoldRow]:
    found = list(rows)
    ids = [row.id for row in found]  # type: ignore[attr-defined]  # Row attributes are columns
    who: dict[str, list[str]] = {}
    if ids:
        for row in await tx.execute(
            select(recipients).where(recipients.c.hold_id.in_(ids)).order_by(recipients.c.user_id)
        ):
            who.setdefault(row.hold_id, []).append(row.user_id)
    return [
        HoldRow(
            **{name: getattr(row, name) for name in _COLUMNS},
            recipient_ids=tuple(who.get(row.id, ())),  # type: ignore[attr-defined]  # as above
        )
        for row in found
    ]


async def change_waiting(
    tx: Transaction, workspace_id: str, hold_id: str, **values: object
) -> bool:
    """Change a hold nobody has started to deliver. False when it is too late."""
    done = await tx.execute(
        update(held)
        .where(held.c.workspace_id == workspace_id, held.c.id == hold_id, held.c.state == "held")
        .values(**values)
        .returning(held.c.id)
    )
    return done.first() is not None


async def set_state(
    tx: Transaction, hold_id: str, *, before: str, after: str, **values: object
) -> bool:
    """Move one hold from a state to the next. False when it was not in ``before``."""
    done = await tx.execute(
        update(held)
        .where(held.c.id == hold_id, held.c.state == before)
        .values(state=after, **values)
        .returning(held.c.id)
    )
    return done.first() is not None


async def claim_due(
    tx: Transaction, worker: str, *, now: int, lease_now: int, lease_s: int
) -> list[HoldRow]:
    """Take due holds of one workspace for ``lease_s`` seconds, in order.

    A hold in ``claimed`` or ``releasing`` whose lease ran out is taken over as it is. A lane in
    which another worker is busy is left alone. The workspace's row is locked meanwhile, so that
    two workers cannot each take a part of one lane and deliver it out of order.
    """
    due = (
        held.c.state.in_(("held", "claimed", "releasing")),
        held.c.due_at <= now,
        held.c.retry_at <= lease_now,
        held.c.lease_until <= lease_now,
        tuple_(held.c.workspace_id, held.c.lane).not_in(_busy_lanes(lease_now)),
        held.c.id.not_in(_overtaking(lease_now)),
    )
    workspace_id = await tx.scalar(
        select(workspaces.c.workspace_id)
        .where(
            workspaces.c.uninstalled_at.is_(None),
            exists().where(held.c.workspace_id == workspaces.c.workspace_id, *due),
        )
        .limit(1)
        .with_for_update()
    )
    if workspace_id is None:
        return []
    query = skip_locked(
        tx,
        select(held.c.id)
        .where(held.c.workspace_id == workspace_id, *due)
        .order_by(held.c.due_at, held.c.created_at, held.c.id)
        .limit(CLAIM_BATCH),
    )
    rows = await tx.execute(
        update(held)
        .where(held.c.id.in_(query.scalar_subquery()))
        .values(
            state=_claimed_state(),
            claimed_by=worker,
            lease_until=lease_now + lease_s,
            attempts=held.c.attempts + 1,
        )
        .returning(*(held.c[name] for name in _COLUMNS))
    )
    taken = await _with_recipients(tx, rows.all())
    return sorted(taken, key=lambda hold: (hold.due_at or 0, hold.created_at, hold.id))


def _busy_lanes(lease_now: int) -> Select[str, str]:
    """Workspace and lane wherever somebody is delivering.

    This and the next are lists of their own: asked for each due row anew, as EXISTS would be
    where the planner knows too little, ten thousand rows take a minute instead of milliseconds.
    """
    other = held.alias("busy")
    return select(other.c.workspace_id, other.c.lane).where(
        other.c.state.in_(("claimed", "releasing")), other.c.lease_until > lease_now
    )


def _overtaking(lease_now: int) -> Select[str]:
    """Holds behind one of their lane that waits to be tried again."""
    ahead = held.alias("ahead")
    waiting = (
        select(ahead.c.workspace_id, ahead.c.lane, func.min(ahead.c.id).label("first_id"))
        .where(ahead.c.state.in_(("held", "releasing")), ahead.c.retry_at > lease_now)
        .group_by(ahead.c.workspace_id, ahead.c.lane)
        .subquery()
    )
    behind = held.alias("behind")
    return select(behind.c.id).join(
        waiting,
        and_(
            waiting.c.workspace_id == behind.c.workspace_id,
            waiting.c.lane == behind.c.lane,
            waiting.c.first_id < behind.c.id,
            behind.c.state.in_(("held", "claimed", "releasing")),
        ),
    )


def _claimed_state() -> ColumnElement[str]:
    """``releasing`` stays: its message may be out, and must be looked for first."""
    return case((held.c.state == "releasing", "releasing"), else_="claimed")


async def start_releasing(
    tx: Transaction,
    hold_ids: Iterable[str],
    worker: str,
    *,
    bundle_id: str,
    channel_id: str,
    lease_until: int,
) -> set[str]:
    """Commit to delivering: from here on they may be out. Returns those whose claim was kept."""
    done = await tx.execute(
        update(held)
        .where(
            held.c.id.in_(list(hold_ids)),
            held.c.claimed_by == worker,
            held.c.state.in_(("claimed", "releasing")),
        )
        .values(
            state="releasing",
            bundle_id=bundle_id,
            released_channel_id=channel_id,
            lease_until=lease_until,
        )
        .returning(held.c.id)
    )
    return {row.id for row in done}


async def finish(
    tx: Transaction,
    hold_id: str,
    state: str,
    worker: str | None,
    *,
    at: int,
    channel_id: str | None = None,
    ts: str | None = None,
    looked_in_vain: bool = False,
) -> bool:
    """The hold is over; its text is gone with this write. False when ``worker`` has lost it."""
    done = await tx.execute(
        update(held)
        .where(_in_hands_of(worker, hold_id))
        .values(
            state=state,
            sealed=None,
            released_at=at,
            released_channel_id=channel_id,
            released_ts=ts,
            looked_in_vain=looked_in_vain,
            lease_until=0,
        )
        .returning(held.c.id)
    )
    return done.first() is not None


def _in_hands_of(worker: str | None, hold_id: str) -> ColumnElement[bool]:
    """One hold while ``worker`` has claimed it; None stands for nobody, so that it only waits.

    A worker whose lease ran out changes nothing any more: the hold is with another one.
    """
    if worker is None:
        return and_(held.c.id == hold_id, held.c.state == "held")
    return and_(
        held.c.id == hold_id,
        held.c.claimed_by == worker,
        held.c.state.in_(("claimed", "releasing")),
    )


async def give_up_claim(
    tx: Transaction, hold_id: str, worker: str, *, retry_at: int, maybe_sent: bool | None
) -> None:
    """Let go; the hold is tried again at ``retry_at``.

    ``maybe_sent`` says whether it may be out; None leaves that as the row has it.
    """
    states = {True: "releasing", False: "held", None: _unsent_is_held()}
    await tx.execute(
        update(held)
        .where(_in_hands_of(worker, hold_id))
        .values(state=states[maybe_sent], lease_until=0, retry_at=retry_at)
    )


def _unsent_is_held() -> ColumnElement[str]:
    return case((held.c.state == "releasing", "releasing"), else_="held")


async def put_off(tx: Transaction, hold_id: str, worker: str, *, due_at: int) -> None:
    """They are not back after all: the hold waits until ``due_at``."""
    await tx.execute(
        update(held)
        .where(_in_hands_of(worker, hold_id))
        .values(state="held", due_at=due_at, lease_until=0, attempts=0)
    )


async def turn_back(
    tx: Transaction, hold_id: str, worker: str | None, *, code: str, due_at: int
) -> None:
    """It cannot be delivered: it goes back to its author at ``due_at``."""
    await tx.execute(
        update(held)
        .where(_in_hands_of(worker, hold_id))
        .values(
            state="held",
            returned_code=code,
            due_at=due_at,
            due_fixed=True,
            lease_until=0,
            retry_at=0,
            attempts=0,
        )
    )


async def erase_uninstalled(tx: Transaction, *, before: int) -> int:
    """End what waits where the app was removed before ``before``. Returns how many there were."""
    gone = select(workspaces.c.workspace_id).where(workspaces.c.uninstalled_at < before)
    done = await tx.execute(
        update(held)
        .where(
            held.c.workspace_id.in_(gone.scalar_subquery()),
            held.c.state.in_(("taking_back", "held", "claimed", "releasing")),
        )
        .values(state="cancelled", sealed=None, returned_code="app_uninstalled", lease_until=0)
        .returning(held.c.id)
    )
    return len(done.all())


async def claim_taking_back(tx: Transaction, *, lease_now: int, lease_s: int) -> list[HoldRow]:
    """Take messages that were being taken back when a worker stopped."""
    query = skip_locked(
        tx,
        select(held.c.id)
        .where(
            held.c.state == "taking_back",
            held.c.lease_until <= lease_now,
            held.c.workspace_id.in_(
                select(workspaces.c.workspace_id).where(workspaces.c.uninstalled_at.is_(None))
            ),
        )
        .order_by(held.c.created_at, held.c.id)
        .limit(CLAIM_BATCH),
    )
    rows = await tx.execute(
        update(held)
        .where(held.c.id.in_(query.scalar_subquery()))
        .values(lease_until=lease_now + lease_s)
        .returning(*(held.c[name] for name in _COLUMNS))
    )
    return await _with_recipients(tx, rows.all())
