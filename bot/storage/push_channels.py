"""Push channels: through which a calendar's server says that something changed."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import delete, insert, select

from bot.storage.database import Transaction
from bot.storage.statements import CLAIM_BATCH
from bot.storage.tables import push_channels


@dataclass(frozen=True, slots=True)
class ChannelRow:
    """A push channel; ``secret_hash`` is what `push_secret` made of the secret it carries."""

    channel_id: str
    workspace_id: str
    user_id: str
    resource_id: str
    secret_hash: str
    until_at: int


async def add(tx: Transaction, row: ChannelRow) -> None:
    """A channel that was opened."""
    await tx.execute(
        insert(push_channels), {name: getattr(row, name) for name in ChannelRow.__slots__}
    )


async def one(tx: Transaction, channel_id: str) -> ChannelRow | None:
    """The channel a push came through; None for one that is not ours."""
    found = (
        await tx.execute(select(push_channels).where(push_channels.c.channel_id == channel_id))
    ).one_or_none()
    return None if found is None else _channel(found)


async def on_resource(tx: Transaction, resource_id: str) -> list[ChannelRow]:
    """The channels on a server's resource; for Graph that is the subscription, and there is one."""
    rows = await tx.execute(
        select(push_channels).where(push_channels.c.resource_id == resource_id).limit(CLAIM_BATCH)
    )
    return [_channel(row) for row in rows]


def _channel(found: Any) -> ChannelRow:
    return ChannelRow(**{name: getattr(found, name) for name in ChannelRow.__slots__})


async def of_person(tx: Transaction, workspace_id: str, user_id: str) -> list[ChannelRow]:
    """Somebody's channels, the longest lasting first."""
    rows = await tx.execute(
        select(push_channels)
        .where(push_channels.c.workspace_id == workspace_id, push_channels.c.user_id == user_id)
        .order_by(push_channels.c.until_at.desc())
    )
    return [_channel(row) for row in rows]


async def drop(tx: Transaction, channel_id: str) -> None:
    """The channel is closed."""
    await tx.execute(delete(push_channels).where(push_channels.c.channel_id == channel_id))


async def drop_ended(tx: Transaction, before_at: int) -> None:
    """Channels that ended before ``before_at`` of the machine's clock say nothing any more."""
    await tx.execute(delete(push_channels).where(push_channels.c.until_at < before_at))
