"""Connected calendars: who connected which, and when each is to be visited."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, and_, case, delete, exists, select, update

from bot.storage import occurrences as told
from bot.storage import workspaces as installs
from bot.storage.database import Transaction
from bot.storage.statements import CLAIM_BATCH, skip_locked, upsert
from bot.storage.tables import (
    absences,
    addresses,
    calendars,
    occurrences,
    people,
    push_channels,
    told_organizers,
    workspaces,
)

CONNECTED = (
    "provider",
    "sealed_credentials",
    "address",
    "connected_at",
    "due_at",
)
AFRESH: Mapping[str, Any] = {
    "lacks": "",
    "token": "",
    "window_start_at": 0,
    "window_end_at": 0,
    "synced_at": None,
    "judged_version": -1,
    "retry_at": 0,
    "lease_until": 0,
    "attempts": 0,
    "code": "",
    "refresh_lease_until": 0,
    "watch_at": 0,
}
"""What another calendar of the same person starts with; their choices stay."""


@dataclass(frozen=True, slots=True)
class CalendarRow:
    """One connected calendar. Instants are epoch seconds.

    Attributes:
        treatment: `bot.domain.invite_rules.MeetingTreatment` value.
        keywords: one to a line, lower case.
        lacks: capabilities the server turned out not to have, separated by spaces.
        token: for the next sync; ``""`` for a full one.
        window_start_at: of the last full sync, as is ``window_end_at``.
        synced_at: the last time it was read; None before the first.
        judged_version: the workspace's counter when its meetings were last judged.
        code: why the last visit failed, ``""`` when it did not; ``signed_out`` until the person
            connects again.
    """

    workspace_id: str
    user_id: str
    provider: str
    sealed_credentials: bytes
    address: str
    treatment: str
    judges_all_day: bool
    keywords: str
    lacks: str
    token: str
    window_start_at: int
    window_end_at: int
    connected_at: int
    synced_at: int | None
    judged_version: int
    due_at: int
    lease_until: int
    attempts: int
    code: str


def _row(found: Any) -> CalendarRow:
    return CalendarRow(**{name: getattr(found, name) for name in CalendarRow.__slots__})


def _of(workspace_id: str, user_id: str) -> Any:
    return and_(calendars.c.workspace_id == workspace_id, calendars.c.user_id == user_id)


async def connect(
    tx: Transaction,
    workspace_id: str,
    user_id: str,
    *,
    provider: str,
    sealed_credentials: bytes,
    address: str,
    now: int,
) -> None:
    """Somebody's calendar from now on; what was known of another one is forgotten."""
    await installs.lock(tx, workspace_id)
    await forget_events(tx, workspace_id, user_id)
    await tx.execute(
        upsert(tx, calendars, *CONNECTED, *AFRESH),
        {
            "workspace_id": workspace_id,
            "user_id": user_id,
            "provider": provider,
            "sealed_credentials": sealed_credentials,
            "address": address,
            "connected_at": now,
            "due_at": now,
            **AFRESH,
        },
    )
    await installs.touch(tx, workspace_id, [user_id])


async def disconnect(tx: Transaction, workspace_id: str, user_id: str) -> None:
    """Everything that came from somebody's calendar is deleted, the permission included."""
    await installs.lock(tx, workspace_id)
    await forget_events(tx, workspace_id, user_id)
    await told.forget_told(tx, workspace_id)
    await tx.execute(delete(calendars).where(_of(workspace_id, user_id)))
    await installs.touch(tx, workspace_id, [user_id])


async def forget_events(tx: Transaction, workspace_id: str, user_id: str) -> None:
    """What was read from somebody's calendar."""
    for table in (occurrences, absences, push_channels):
        await tx.execute(
            delete(table).where(table.c.workspace_id == workspace_id, table.c.user_id == user_id)
        )
    await tx.execute(
        delete(addresses).where(
            addresses.c.workspace_id == workspace_id,
            addresses.c.user_id == user_id,
            addresses.c.source == "calendar",
        )
    )


async def erase_uninstalled(tx: Transaction, *, before: int) -> int:
    """Forget calendars where the app was removed before ``before``. Returns how many there were."""
    gone = select(workspaces.c.workspace_id).where(workspaces.c.uninstalled_at < before)
    for table in (occurrences, absences, push_channels, addresses, told_organizers):
        await tx.execute(delete(table).where(table.c.workspace_id.in_(gone.scalar_subquery())))
    done = await tx.execute(
        delete(calendars)
        .where(calendars.c.workspace_id.in_(gone.scalar_subquery()))
        .returning(calendars.c.user_id)
    )
    return len(done.all())


async def one(tx: Transaction, workspace_id: str, user_id: str) -> CalendarRow | None:
    """Somebody's connected calendar, None when there is none."""
    found = (await tx.execute(select(calendars).where(_of(workspace_id, user_id)))).one_or_none()
    return None if found is None else _row(found)


async def connected(tx: Transaction, workspace_id: str) -> frozenset[str]:
    """Everybody who connected one."""
    rows = await tx.execute(
        select(calendars.c.user_id).where(calendars.c.workspace_id == workspace_id)
    )
    return frozenset(row.user_id for row in rows)


async def seen(
    tx: Transaction, workspace_id: str, *, since_at: int | None = None
) -> frozenset[str]:
    """Everybody whose calendar is read, from ``since_at`` on or by now."""
    read = and_(
        calendars.c.workspace_id == workspace_id,
        calendars.c.synced_at.is_not(None),
        calendars.c.code != "signed_out",
    )
    if since_at is not None:
        read = and_(read, calendars.c.connected_at <= since_at)
    rows = await tx.execute(select(calendars.c.user_id).where(read))
    return frozenset(row.user_id for row in rows)


async def change(tx: Transaction, workspace_id: str, user_id: str, **values: Any) -> None:
    """Set columns of somebody's calendar."""
    await tx.execute(update(calendars).where(_of(workspace_id, user_id)).values(**values))


CLOCK_SLACK_S = 3_600
AT_ONCE = 0
"""Due since for ever. A claimed calendar is never that, so a call during a visit is seen."""


async def call_on(tx: Transaction, workspace_id: str, user_id: str) -> None:
    """Visit it as soon as possible, and again if it is being visited.

    Something changed, or there is an errand.
    """
    await tx.execute(update(calendars).where(_of(workspace_id, user_id)).values(due_at=AT_ONCE))


async def claim_due(
    tx: Transaction,
    providers: Collection[str],
    *,
    now: int,
    lease_now: int,
    lease_s: int,
    limit: int = CLAIM_BATCH,
) -> list[CalendarRow]:
    """Take calendars that are to be visited, for ``lease_s`` seconds, the longest due first.

    Those are the due ones, and those judged before their owner's hours last changed. Whoever is
    signed out is waited for.
    """
    outdated = calendars.c.judged_version < _owner_version()
    # Further ahead than any visit is planned: the clock was wrong for a while.
    misplanned = calendars.c.due_at > now + CLOCK_SLACK_S
    query = skip_locked(
        tx,
        select(calendars.c.workspace_id, calendars.c.user_id)
        .where(
            calendars.c.provider.in_(providers),
            calendars.c.code != "signed_out",
            (calendars.c.due_at <= now) | outdated | misplanned,
            _is_wanted(),
            calendars.c.retry_at <= lease_now,
            calendars.c.lease_until <= lease_now,
        )
        .order_by(calendars.c.due_at)
        .limit(limit),
    )
    taken = []
    for found in (await tx.execute(query)).all():
        row = await tx.execute(
            update(calendars)
            .where(_of(found.workspace_id, found.user_id))
            .values(
                lease_until=lease_now + lease_s,
                attempts=calendars.c.attempts + 1,
                due_at=case(
                    ((calendars.c.due_at <= now) | misplanned, now), else_=calendars.c.due_at
                ),
            )
            .returning(calendars)
        )
        taken.append(_row(row.one()))
    return taken


def _owner_version() -> Any:
    """The count at which the owner's hours or choices last changed."""
    query: Select[Any] = select(people.c.version).where(
        people.c.workspace_id == calendars.c.workspace_id, people.c.user_id == calendars.c.user_id
    )
    return query.scalar_subquery()


def _is_wanted() -> Any:
    """The workspace has the app, and the owner is still there."""
    is_installed = exists().where(
        workspaces.c.workspace_id == calendars.c.workspace_id,
        workspaces.c.uninstalled_at.is_(None),
    )
    is_there = exists().where(
        people.c.workspace_id == calendars.c.workspace_id,
        people.c.user_id == calendars.c.user_id,
        people.c.is_deleted.is_(False),
    )
    return and_(is_installed, is_there)


async def learn(tx: Transaction, row: CalendarRow, lacks: str) -> None:
    """What this calendar's server turned out not to be able to do."""
    await tx.execute(
        update(calendars)
        .where(
            _of(row.workspace_id, row.user_id),
            calendars.c.sealed_credentials == row.sealed_credentials,
        )
        .values(lacks=lacks)
    )


async def of_those_who_left(tx: Transaction, workspace_id: str) -> list[str]:
    """Whose calendar is still connected although their account was deactivated."""
    rows = await tx.execute(
        select(calendars.c.user_id)
        .join(
            people,
            and_(
                people.c.workspace_id == calendars.c.workspace_id,
                people.c.user_id == calendars.c.user_id,
            ),
        )
        .where(calendars.c.workspace_id == workspace_id, people.c.is_deleted)
    )
    return [row.user_id for row in rows]


async def visited(tx: Transaction, row: CalendarRow, *, due_at: int, **values: Any) -> bool:
    """The visit is over and the calendar free. False when somebody else has it by now.

    Called on meanwhile, it stays due.
    """
    next_at = case((calendars.c.due_at == row.due_at, due_at), else_=calendars.c.due_at)
    done = await tx.execute(
        update(calendars)
        .where(
            _of(row.workspace_id, row.user_id),
            calendars.c.lease_until == row.lease_until,
            calendars.c.connected_at == row.connected_at,
        )
        .values(due_at=next_at, lease_until=0, retry_at=0, attempts=0, **values)
        .returning(calendars.c.user_id)
    )
    return done.first() is not None


async def failed(tx: Transaction, row: CalendarRow, code: str, *, retry_at: int) -> None:
    """The visit failed; another one is made at ``retry_at`` of the machine's clock."""
    await tx.execute(
        update(calendars)
        .where(
            _of(row.workspace_id, row.user_id),
            calendars.c.lease_until == row.lease_until,
            calendars.c.connected_at == row.connected_at,
        )
        .values(code=code, lease_until=0, retry_at=retry_at)
    )


async def take_refresh(
    tx: Transaction, workspace_id: str, user_id: str, *, lease_now: int, lease_s: int
) -> bool:
    """The right to refresh somebody's token, for a while; False when another process has it."""
    done = await tx.execute(
        update(calendars)
        .where(_of(workspace_id, user_id), calendars.c.refresh_lease_until <= lease_now)
        .values(refresh_lease_until=lease_now + lease_s)
        .returning(calendars.c.user_id)
    )
    return done.first() is not None


async def keep_credentials(tx: Transaction, row: CalendarRow, sealed_credentials: bytes) -> None:
    """A fresh token in place of the row's; the right to refresh it is given back.

    What was connected anew meanwhile has its own.
    """
    await tx.execute(
        update(calendars)
        .where(
            _of(row.workspace_id, row.user_id),
            calendars.c.sealed_credentials == row.sealed_credentials,
        )
        .values(sealed_credentials=sealed_credentials, refresh_lease_until=0)
    )


async def take_unwatched(
    tx: Transaction, providers: Collection[str], *, lease_now: int, lease_s: int
) -> list[CalendarRow]:
    """Calendars whose push channel is to be opened or renewed, for ``lease_s`` seconds."""
    due = skip_locked(
        tx,
        select(calendars.c.workspace_id, calendars.c.user_id)
        .where(
            calendars.c.provider.in_(providers),
            calendars.c.code != "signed_out",
            calendars.c.watch_at <= lease_now,
            _is_wanted(),
        )
        .order_by(calendars.c.watch_at)
        .limit(CLAIM_BATCH),
    )
    taken = []
    for found in (await tx.execute(due)).all():
        row = await tx.execute(
            update(calendars)
            .where(_of(found.workspace_id, found.user_id))
            .values(watch_at=lease_now + lease_s)
            .returning(calendars)
        )
        taken.append(_row(row.one()))
    return taken
