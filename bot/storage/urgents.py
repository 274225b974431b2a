"""Messages declared urgent: who was told, and what they said of it next morning.

One row for each person the message had reached. Who is told is told once for a message: the rows
that share somebody told share a ``marker``, and only the first of them is worked on.
``due → telling → told | refused``; the others are ``along`` until then. What is not told when the
app is removed ends as refused.
"""

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy import ColumnElement, func, insert, select, update

from bot.domain.contact import UrgentReason
from bot.domain.urgent import Sound
from bot.storage.database import Transaction
from bot.storage.statements import CLAIM_BATCH, skip_locked
from bot.storage.tables import urgents, workspaces

Pair = tuple[str, str]
"""Author and recipient."""

WORKED_ON = ("due", "telling")
OPEN = (*WORKED_ON, "along")


@dataclass(frozen=True, slots=True)
class UrgentRow:
    """One person a message declared urgent had reached.

    ``at`` is when it was declared and ``day`` its UTC day; ``told_id`` is who is told instead of
    or as ``recipient_id``. ``sound`` is what became of telling them, ``code`` is Slack's error
    where nobody could be told, ``asked_in`` the notice that asks for a verdict.
    """

    workspace_id: str
    channel_id: str
    ts: str
    recipient_id: str
    author_id: str
    told_id: str
    reason: str
    sealed_line: bytes | None
    at: int
    day: str
    state: str
    marker: str
    sound: str = ""
    code: str = ""
    attempts: int = 0
    asked_in: str = ""
    verdict: str = ""


_COLUMNS = tuple(urgents.c[name] for name in UrgentRow.__dataclass_fields__)


async def add(tx: Transaction, rows: Sequence[UrgentRow]) -> None:
    """Write down that a message is urgent."""
    await tx.execute(insert(urgents), [asdict(row) for row in rows])


async def declared_since(
    tx: Transaction, workspace_id: str, since_at: int
) -> dict[Pair, tuple[int, UrgentReason]]:
    """The last instant and reason of each pair from ``since_at`` on."""
    rows = await tx.execute(
        select(urgents.c.author_id, urgents.c.recipient_id, urgents.c.reason, urgents.c.at)
        .where(urgents.c.workspace_id == workspace_id, urgents.c.at >= since_at)
        .order_by(urgents.c.at)
    )
    return {(row.author_id, row.recipient_id): (row.at, UrgentReason(row.reason)) for row in rows}


async def of_author_on(tx: Transaction, workspace_id: str, author_id: str, day: str) -> int:
    """How many messages the author declared urgent on a UTC day."""
    return await _messages(
        tx,
        urgents.c.workspace_id == workspace_id,
        urgents.c.author_id == author_id,
        urgents.c.day == day,
    )


async def to_people(
    tx: Transaction, workspace_id: str, user_ids: Iterable[str], start_at: int, end_at: int
) -> int:
    """How many messages that reached any of these were declared urgent in ``start <= at < end``."""
    return await _messages(
        tx,
        urgents.c.workspace_id == workspace_id,
        urgents.c.at >= start_at,
        urgents.c.at < end_at,
        urgents.c.recipient_id.in_(list(user_ids)),
    )


async def _messages(tx: Transaction, *where: ColumnElement[bool]) -> int:
    messages = select(urgents.c.channel_id, urgents.c.ts).where(*where).distinct().subquery()
    counted: int = (await tx.execute(select(func.count()).select_from(messages))).scalar_one()
    return counted


async def of_message(
    tx: Transaction, workspace_id: str, channel_id: str, ts: str, *, lock: bool = False
) -> list[UrgentRow]:
    """Every row of one message; ``lock`` makes others who tell of it wait for this transaction."""
    query = (
        select(*_COLUMNS)
        .where(
            urgents.c.workspace_id == workspace_id,
            urgents.c.channel_id == channel_id,
            urgents.c.ts == ts,
        )
        .order_by(urgents.c.recipient_id)
    )
    return _rows(await tx.execute(query.with_for_update() if lock else query))


async def claim_due(tx: Transaction, *, lease_now: int, lease_s: int) -> list[UrgentRow]:
    """Take what is to be told for ``lease_s`` seconds, oldest first; not where the app is gone."""
    gone = select(workspaces.c.workspace_id).where(workspaces.c.uninstalled_at.is_not(None))
    query = skip_locked(
        tx,
        select(urgents.c.marker)
        .where(
            urgents.c.state.in_(WORKED_ON),
            urgents.c.retry_at <= lease_now,
            urgents.c.lease_until <= lease_now,
            urgents.c.workspace_id.not_in(gone),
        )
        .order_by(urgents.c.at, urgents.c.marker)
        .limit(CLAIM_BATCH),
    )
    rows = await tx.execute(
        update(urgents)
        .where(urgents.c.marker.in_(query.scalar_subquery()), urgents.c.state.in_(WORKED_ON))
        .values(lease_until=lease_now + lease_s, attempts=urgents.c.attempts + 1)
        .returning(*_COLUMNS)
    )
    return sorted(_rows(rows), key=lambda row: (row.at, row.marker))


async def start_telling(tx: Transaction, row: UrgentRow, *, lease_until: int) -> bool:
    """Commit to telling: from here on it may be out. False when another worker took it over."""
    done = await tx.execute(
        update(urgents)
        .where(*_claimed(row))
        .values(state="telling", lease_until=lease_until)
        .returning(urgents.c.marker)
    )
    return done.first() is not None


async def let_go(tx: Transaction, row: UrgentRow, *, retry_at: int, maybe_sent: bool) -> None:
    """It is tried again at ``retry_at``; looked for first when it may be out."""
    await tx.execute(
        update(urgents)
        .where(*_claimed(row))
        .values(
            state="telling" if maybe_sent else "due",
            lease_until=0,
            retry_at=retry_at,
        )
    )


def _claimed(row: UrgentRow) -> tuple[ColumnElement[bool], ...]:
    """The row as long as nobody else has claimed it since: each claim counts an attempt."""
    return (
        urgents.c.workspace_id == row.workspace_id,
        urgents.c.channel_id == row.channel_id,
        urgents.c.ts == row.ts,
        urgents.c.recipient_id == row.recipient_id,
        urgents.c.state.in_(WORKED_ON),
        urgents.c.attempts == row.attempts,
    )


async def finish(
    tx: Transaction, row: UrgentRow, state: str, *, sound: Sound = Sound.NOT_TOLD, code: str = ""
) -> bool:
    """Somebody was told, or cannot be; the line is gone with this write. False: it had ended."""
    done = await tx.execute(
        update(urgents)
        .where(
            *_told_together(row.workspace_id, row.told_id, row.marker), urgents.c.state.in_(OPEN)
        )
        .values(state=state, sound=sound.value, code=code, sealed_line=None, lease_until=0)
        .returning(urgents.c.marker)
    )
    return done.first() is not None


async def end_all(tx: Transaction, workspace_id: str) -> None:
    """The app was removed: nobody can be told any more, and no line is kept."""
    await tx.execute(
        update(urgents)
        .where(urgents.c.workspace_id == workspace_id, urgents.c.state.in_(OPEN))
        .values(
            state="refused",
            sound=Sound.NOT_TOLD.value,
            code="app_uninstalled",
            sealed_line=None,
            lease_until=0,
        )
    )


async def to_be_judged(
    tx: Transaction, workspace_id: str, told_id: str, notice_id: str
) -> list[UrgentRow]:
    """What somebody was told of, has not judged and no other notice asks about, oldest first.

    From now on it belongs to this notice, however often that is tried.
    """
    rows = await tx.execute(
        update(urgents)
        .where(
            urgents.c.workspace_id == workspace_id,
            urgents.c.told_id == told_id,
            urgents.c.state == "told",
            urgents.c.verdict == "",
            urgents.c.asked_in.in_(("", notice_id)),
        )
        .values(asked_in=notice_id)
        .returning(*_COLUMNS)
    )
    found = sorted(_rows(rows), key=lambda row: (row.at, row.marker))
    return list({row.marker: row for row in found}.values())


async def judge(
    tx: Transaction, workspace_id: str, told_id: str, marker: str, verdict: str, now: int
) -> bool:
    """Keep what somebody says of a message they were told of. False when they were not."""
    done = await tx.execute(
        update(urgents)
        .where(*_told_together(workspace_id, told_id, marker), urgents.c.state == "told")
        .values(verdict=verdict, judged_at=func.coalesce(urgents.c.judged_at, now))
        .returning(urgents.c.marker)
    )
    return done.first() is not None


async def verdicts(
    tx: Transaction, workspace_id: str, user_ids: Iterable[str], start_at: int, end_at: int
) -> list[tuple[str, str]]:
    """Who judged what how, each message once, first judged in ``start_at <= t < end_at``."""
    rows = await tx.execute(
        select(urgents.c.told_id, urgents.c.verdict, urgents.c.judged_at, urgents.c.marker)
        .where(
            urgents.c.workspace_id == workspace_id,
            urgents.c.told_id.in_(list(user_ids)),
            urgents.c.judged_at >= start_at,
            urgents.c.judged_at < end_at,
        )
        .distinct()
        .order_by(urgents.c.judged_at, urgents.c.marker)
    )
    return [(row.told_id, row.verdict) for row in rows]


def _told_together(workspace_id: str, told_id: str, marker: str) -> tuple[ColumnElement[bool], ...]:
    return (
        urgents.c.workspace_id == workspace_id,
        urgents.c.told_id == told_id,
        urgents.c.marker == marker,
    )


def _rows(found: Iterable[Any]) -> list[UrgentRow]:
    return [UrgentRow(*row) for row in found]
