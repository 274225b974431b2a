"""Ana’s calendar in memory, the bot that visits it, and servers with ways of their own."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from bot.calendars.base import Capabilities, Credentials, Providers
from bot.domain.invites import Answer
from bot.domain.spans import Span
from bot.slack.manifest import BOT_OPTIONAL_SCOPES, BOT_SCOPES
from bot.storage import calendars
from sandbox import Person
from tests.calendars.memory import EVERYTHING, SECRET, MemoryAccount, MemoryCalendar, MemoryServer
from tests.conftest import Office, enrolled, opened

WORKSPACE = "T0SANDBOX"
FRIDAY = datetime(2026, 10, 23, 14, 0, tzinfo=UTC)
OWNER, ORGANIZER = "ana@example.com", "bo@example.com"
"""As the sandbox has it in their profiles."""

EVERY_SCOPE = (*BOT_SCOPES, *BOT_OPTIONAL_SCOPES)


def span(day: int, hour: int, minutes: int = 60, month: int = 10) -> Span:
    start = int(datetime(2026, month, day, hour, tzinfo=UTC).timestamp())
    return Span(start, start + minutes * 60)


EVENING, NOON, NEXT_EVENING = span(27, 18), span(27, 11), span(28, 18)


@dataclass
class Town:
    """Ana's calendar in memory, and the bot that visits it."""

    office: Office
    server: MemoryServer
    calendar: MemoryCalendar
    ana: Person
    bo: Person

    async def visit(self) -> None:
        """The calendar is read again, and what waits for others of the meeting is said."""
        await self.office.at(self.office.clock.now() + timedelta(minutes=16))
        await self.office.at(self.office.clock.now() + timedelta(minutes=1))

    async def set(self, **values: Any) -> None:
        async with self.office.bot.database.transaction() as tx:
            await calendars.change(tx, WORKSPACE, self.ana.id, **values)

    async def row(self) -> dict[str, Any]:
        (row,) = await self.rows()
        return row

    async def rows(self) -> list[dict[str, Any]]:
        return await self.office.rows("SELECT * FROM occurrences ORDER BY start_at, user_id")

    async def calendar_row(self) -> dict[str, Any]:
        (row,) = await self.office.rows("SELECT * FROM calendars")
        return row

    async def connect(self) -> None:
        credentials = Credentials(address=OWNER, secret=SECRET, addresses=(OWNER,))
        async with self.office.bot.database.transaction() as tx:
            await calendars.connect(
                tx,
                WORKSPACE,
                self.ana.id,
                provider=self.server.name,
                sealed_credentials=self.office.bot.services.calendar_access.sealed(credentials),
                address=OWNER,
                now=self.now(),
            )
        self.office.bot.scheduler.wake("calendars")

    async def visit_now(self, **values: Any) -> None:
        """The calendar is read without waiting; ``values`` are set with it."""
        await self.set(retry_at=0, due_at=0, **values)
        async with self.office.bot.database.transaction() as tx:
            await tx.exec_driver_sql("UPDATE occurrences SET retry_at = 0")
        self.office.bot.scheduler.wake("calendars")
        await self.office.settle()

    def answers(self) -> list[Answer]:
        """What the organiser was told."""
        return [each.answer for each in self.calendar.replies]

    def now(self) -> int:
        return int(self.office.clock.now().timestamp())

    def told(self, person: Person) -> list[str]:
        dm = self.office.sandbox.dm(person, self.office.app)
        return [f"{each.text} {each.blocks}" for each in self.office.sandbox.messages(dm.id)]


@asynccontextmanager
async def town_of(
    folder: Path, url: str | None, capabilities: Capabilities = EVERYTHING, server: Any = None
) -> AsyncIterator[Town]:
    server = server or MemoryServer()
    calendar = server.add(OWNER, capabilities)
    given = {"providers": Providers(discovering=server), "scopes": EVERY_SCOPE}
    async with opened(folder, url, **given) as office:
        office.clock.set(FRIDAY)
        office.sandbox.rate_limit_per_channel_s = 0  # in real time, and several notices are told
        ana = office.sandbox.add_user("ana", "Europe/Berlin")
        bo = office.sandbox.add_user("bo", "America/New_York")
        await enrolled(office, ana, "mon-fri 9-18")
        await enrolled(office, bo, "mon-fri 9-18")
        yield Town(office, server, calendar, ana, bo)


async def connected(town: Town, treatment: str = "hold") -> None:
    await town.connect()
    await town.office.settle()
    await town.set(treatment=treatment)


def serving(kind: type[MemoryAccount]) -> MemoryServer:
    class Server(MemoryServer):
        def account(self, credentials: Credentials) -> MemoryAccount:
            return kind(self.calendars.get(credentials.address), credentials.secret)

    return Server()
