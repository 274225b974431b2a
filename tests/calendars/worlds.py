"""What the contract suite needs of a calendar server, and of the people on it.

A world is one server with two people: the *owner*, whose calendar the bot opens, and an *organiser*
who invites them. Everything in here is done without the bot's own client, the way the two of them
would do it by hand. Provider and credentials are what the bot is given.

`WORLDS` in `tests.calendars.conftest` names the worlds: for each an async context manager
``opened()`` in a module of that name, which yields a fresh one. `tests.calendars.test_contract` runs
on all of them.
"""

from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Protocol

from bot.calendars.base import Credentials, Provider
from bot.domain.invites import Answer
from bot.domain.spans import Span


@dataclass(frozen=True, slots=True)
class Invite:
    """What the organiser asks for.

    Attributes:
        span: epoch seconds; of the first occurrence when it repeats. From midnight UTC to midnight
            UTC when ``is_all_day``: the days themselves.
        weeks: how often it takes place, a week apart; 1 is a single event.
        tz: whose wall clock a weekly one follows.
        is_optional: the owner need not come.
    """

    span: Span
    title: str = "Planning"
    weeks: int = 1
    tz: str = "Europe/Berlin"
    is_optional: bool = False
    is_all_day: bool = False


@dataclass(frozen=True, slots=True)
class Seen:
    """The owner's answer as the organiser sees it, or was told it last."""

    answer: Answer
    comment: str = ""
    proposal: Span | None = None


class World(Protocol):
    """One server with an owner and an organiser; e-mail addresses in lower case.

    ``uid`` is iCalendar's UID, as the bot reads it. ``recurrence_id`` is that of
    `bot.domain.invites.Occurrence`; ``""`` is the single event or the whole series.
    """

    name: str
    provider: Provider
    credentials: Credentials
    owner: str
    organizer: str

    async def invite(self, invite: Invite) -> str:
        """The organiser invites the owner; answers the UID."""

    async def move(self, uid: str, span: Span) -> None:
        """The organiser moves a single event."""

    async def move_one(self, uid: str, recurrence_id: str, span: Span) -> None:
        """The organiser moves one occurrence of a series."""

    async def cancel(self, uid: str) -> None:
        """The organiser calls it off."""

    async def own(self, span: Span, title: str) -> str:
        """The owner makes an event of their own, to which the organiser is invited; the UID."""

    async def answer_by_hand(self, uid: str, answer: Answer) -> None:
        """The owner answers in another programme."""

    async def delete(self, uid: str) -> None:
        """The owner's copy is removed from the owner's calendar for good."""

    async def seen(self, uid: str, recurrence_id: str = "") -> Seen:
        """The owner's answer as the organiser sees it."""

    async def told(self) -> int:
        """How often the organiser was told of anything the owner did (mail, inbox, push)."""

    async def mark_of(self, uid: str) -> str:
        """The private mark on the owner's copy; ``""`` for none."""

    async def stale(self, token: str) -> str:
        """A sync token the server no longer knows; ``token`` is one that it knows now."""

    def down(self) -> AbstractAsyncContextManager[None]:
        """Within it the server answers nothing but faults."""
