"""What the use cases need from outside: Slack, and the two kinds of time."""

import time
from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Protocol

from bot.domain.instants import Clock
from bot.domain.notices import Notice
from bot.domain.silence import Status
from bot.domain.urgent import Sound
from bot.storage.people import SlackUser

__all__ = ["Clock", "Messenger", "Posted", "SlackUser", "lease_now"]


def lease_now() -> int:
    """Whole seconds of the machine's clock, for leases and retries only.

    People's time follows the `Clock`; a lease must run out although that clock stands still.
    """
    return int(time.time())


@dataclass(frozen=True, slots=True)
class Posted:
    """Where a message ended up."""

    channel_id: str
    ts: str

    @property
    def at(self) -> int:
        """The instant it was posted, in whole epoch seconds."""
        return int(self.ts.partition(".")[0])


@dataclass(frozen=True, slots=True)
class UserGroup:
    """A Slack user group."""

    group_id: str
    handle: str
    name: str
    members: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PublicChannel:
    """A public channel and whether the bot is in it."""

    channel_id: str
    name: str
    is_member: bool


@dataclass(frozen=True, slots=True)
class Original:
    """A message as it was posted, read back before it is taken away.

    ``has_files`` is True when it carries files or a forwarded message, which could not be posted
    again; ``reactions`` and ``replies`` are counts of what others added. ``is_broadcast`` is True
    for a reply that is shown in its channel too.
    """

    author_id: str
    text: str
    blocks: tuple[dict[str, object], ...]
    thread_ts: str | None
    has_files: bool
    reactions: int = 0
    replies: int = 0
    is_broadcast: bool = False


@dataclass(frozen=True, slots=True)
class Rest:
    """Somebody's notifications: until when they are snoozed, 0 for not.

    ``hours_until_at`` is the end of the person's own quiet hours in Slack if they are on now, else
    0; while a snooze is on it says nothing.
    """

    snoozed_until_at: int
    hours_until_at: int = 0


class Silence(Protocol):
    """Snoozes that this app has set, as far as what cannot wait needs to know."""

    def ring(self, workspace_id: str, user_id: str) -> AbstractAsyncContextManager[Sound]:
        """Ends somebody's snooze for as long as the block lasts, if they allowed that.

        Yields what becomes of a message posted in the block.
        """


class Messenger(Protocol):
    """The Web API in the words of this program.

    Every method raises `Refused`, `RateLimited` or `Ambiguous`. ``token`` is a user token where
    the call is made in a person's name; None means the bot.
    """

    async def post(
        self,
        workspace_id: str,
        channel_id: str,
        notice: Notice,
        *,
        marker: str | None = None,
        thread_ts: str | None = None,
        token: str | None = None,
    ) -> Posted:
        """Post ``notice``; ``marker`` is a random id that `find` looks for."""

    async def find(
        self,
        workspace_id: str,
        channel_id: str,
        marker: str,
        *,
        since_at: int,
        thread_ts: str | None = None,
        token: str | None = None,
    ) -> Posted | None:
        """The message that carries ``marker``, None when it is not there."""

    async def whisper(
        self,
        workspace_id: str,
        channel_id: str,
        user_id: str,
        notice: Notice,
        *,
        thread_ts: str | None = None,
    ) -> None:
        """Show ``notice`` in the conversation to one person only."""

    async def open_dm(
        self, workspace_id: str, user_ids: Sequence[str], *, token: str | None = None
    ) -> str:
        """The id of the direct conversation with these people."""

    async def original(
        self,
        workspace_id: str,
        channel_id: str,
        ts: str,
        thread_ts: str | None,
        *,
        token: str | None,
    ) -> Original | None:
        """One posted message, None when it is gone."""

    async def delete(self, workspace_id: str, channel_id: str, ts: str, *, token: str) -> None:
        """Delete the token owner's own message."""

    async def permalink(
        self, workspace_id: str, channel_id: str, ts: str, *, token: str | None = None
    ) -> str:
        """The address of a message."""

    async def users(self, workspace_id: str) -> list[SlackUser]:
        """Everybody in the workspace."""

    async def user(self, workspace_id: str, user_id: str) -> SlackUser:
        """One person."""

    async def groups(self, workspace_id: str) -> list[UserGroup]:
        """Every user group with its members."""

    async def group_members(self, workspace_id: str, group_id: str) -> tuple[str, ...]:
        """The members of one user group."""

    async def conversation_members(
        self, workspace_id: str, channel_id: str, *, token: str | None = None
    ) -> tuple[str, ...]:
        """The members of one conversation."""

    async def partner(self, workspace_id: str, channel_id: str, *, token: str) -> str:
        """With whom the token's owner has this direct conversation."""

    async def authorized(self, event_context: str) -> tuple[str, ...]:
        """The people because of whom the app hears of an event; nobody where it cannot ask."""

    async def channels(self, workspace_id: str) -> list[PublicChannel]:
        """The public channels that are not archived."""

    async def join(self, workspace_id: str, channel_id: str) -> None:
        """Put the bot into a public channel."""

    async def rest(self, workspace_id: str, *, token: str, now: int) -> Rest:
        """Whether the token's owner is disturbed by notifications."""

    async def snooze(self, workspace_id: str, minutes: int, *, token: str, now: int) -> int:
        """Snooze the token owner's notifications. Returns until when, as Slack says."""

    async def end_snooze(self, workspace_id: str, *, token: str, now: int) -> Rest:
        """End the token owner's snooze; one that is over is ended."""

    async def status(self, workspace_id: str, user_id: str) -> Status:
        """What somebody's status line says."""

    async def set_status(self, workspace_id: str, status: Status, *, token: str) -> None:
        """Change the token owner's status line; an empty one clears it."""
