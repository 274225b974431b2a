"""The calendar in memory as a world of the contract suite."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from bot.calendars.base import Credentials
from bot.domain.invites import Answer
from bot.domain.spans import Span
from bot.errors import CalendarAway
from tests.calendars.memory import SECRET, MemoryServer, Reply
from tests.calendars.worlds import Invite, Seen


class MemoryWorld:
    """The contract suite's world, without a network."""

    name = "memory"
    owner = "ana@example.com"
    organizer = "bo@example.com"

    def __init__(self) -> None:
        self.provider = MemoryServer()
        self.calendar = self.provider.add(self.owner)
        self.credentials = Credentials(address=self.owner, secret=SECRET, addresses=(self.owner,))

    async def invite(self, invite: Invite) -> str:
        """As the organiser."""
        return self.calendar.invite(
            invite.span,
            organizer=self.organizer,
            weeks=invite.weeks,
            tz=invite.tz,
            title=invite.title,
            is_optional=invite.is_optional,
            is_all_day=invite.is_all_day,
        )

    async def move(self, uid: str, span: Span) -> None:
        """As the organiser."""
        self.calendar.move(uid, span)

    async def move_one(self, uid: str, recurrence_id: str, span: Span) -> None:
        """As the organiser."""
        self.calendar.move(uid, span, recurrence_id)

    async def cancel(self, uid: str) -> None:
        """As the organiser."""
        self.calendar.cancel(uid)

    async def own(self, span: Span, title: str) -> str:
        """As the owner."""
        return self.calendar.own(span, others=(self.organizer,), title=title)

    async def answer_by_hand(self, uid: str, answer: Answer) -> None:
        """As the owner."""
        self.calendar.answer_by_hand(uid, answer)

    async def delete(self, uid: str) -> None:
        """As the owner."""
        self.calendar.delete(uid)

    async def seen(self, uid: str, recurrence_id: str = "") -> Seen:
        """The last reply."""
        told = (
            each
            for each in reversed(self.calendar.replies)
            if (each.uid, each.recurrence_id) == (uid, recurrence_id)
        )
        last = next(told, Reply(uid, recurrence_id, Answer.NEEDS_ACTION))
        return Seen(last.answer, last.comment, last.proposal)

    async def told(self) -> int:
        """How many replies there are."""
        return len(self.calendar.replies)

    async def mark_of(self, uid: str) -> str:
        """As kept."""
        return self.calendar.marks.get((uid, ""), "")

    async def stale(self, token: str) -> str:
        """The same token, forgotten."""
        self.calendar.forget_tokens()
        return token

    @asynccontextmanager
    async def down(self) -> AsyncIterator[None]:
        """Every call fails."""
        with self.calendar.failing(CalendarAway()):
            yield


@asynccontextmanager
async def opened() -> AsyncIterator[MemoryWorld]:
    """A fresh world."""
    yield MemoryWorld()
