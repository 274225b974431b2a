"""People who invite each other: calendars in memory, the real bot, and Slack in front of it."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from bot.calendars.base import Credentials, Providers
from bot.domain.spans import Span
from bot.services.calendar_access import address_hash
from bot.storage import addresses, calendars
from tests.calendars.memory import EVERYTHING, SECRET, MemoryServer
from tests.conftest import enrolled

WORKSPACE = "T0SANDBOX"
TUESDAY = datetime(2026, 10, 20, 9, 0, tzinfo=UTC)
"""11:00 in Vienna and 10:00 in Lisbon, the week before the clocks go back."""

MINUTE = timedelta(minutes=1)


def span(day, hour, minutes=60, minute=0):
    """A meeting on a day of October 2026, in UTC."""
    start = int(datetime(2026, 10, day, hour, minute, tzinfo=UTC).timestamp())
    return Span(start, start + minutes * 60)


LATE = span(22, 16)
"""Thursday 18:00 in Vienna, 17:00 in Lisbon."""

NOON = span(22, 10)


class Desk:
    """Ana and Cy in Vienna work from 9 to 17, Bo in Lisbon from 9 to 18; Bo invites."""

    def __init__(self, office):
        self.office = office
        self.server = MemoryServer()
        office.bot.services.calendar_access.providers = Providers(discovering=self.server)
        self.ana = office.sandbox.add_user("ana", "Europe/Vienna")
        self.bo = office.sandbox.add_user("bo", "Europe/Lisbon")
        self.cy = office.sandbox.add_user("cy", "Europe/Vienna")

    async def opened(self):
        """Everybody has set hours, and it is known whose address is whose."""
        self.office.clock.set(TUESDAY)
        self.office.sandbox.rate_limit_per_channel_s = 0
        await self.office.settle()
        await enrolled(self.office, self.ana)
        await enrolled(self.office, self.cy)
        await enrolled(self.office, self.bo, "mon-fri 9-18")
        await self.owns(self.ana)
        await self.owns(self.bo)
        await self.owns(self.cy)
        return self

    @staticmethod
    def address(person):
        return f"{person.name}@example.com"

    async def owns(self, person):
        """It is known whose address it is."""
        async with self.office.bot.database.transaction() as tx:
            hashed = address_hash(WORKSPACE, self.address(person))
            await addresses.own(tx, WORKSPACE, person.id, [hashed], "calendar")

    async def connect(self, person, treatment="flag", capabilities=EVERYTHING):
        """Somebody connects a calendar; it is read once, so that what follows is new."""
        calendar = self.server.add(self.address(person), capabilities)
        address = self.address(person)
        credentials = Credentials(address=address, secret=SECRET, addresses=(address,))
        async with self.office.bot.database.transaction() as tx:
            await calendars.connect(
                tx,
                WORKSPACE,
                person.id,
                provider=self.server.name,
                sealed_credentials=self.office.bot.services.calendar_access.sealed(credentials),
                address=address,
                now=int(self.office.clock.now().timestamp()),
            )
            await calendars.change(tx, WORKSPACE, person.id, treatment=treatment)
        await self.owns(person)
        await self.office.bot.services.directory.refresh()
        await self.office.settle()
        return calendar

    @staticmethod
    def also_in(calendar, other, uid):
        """The same meeting in somebody else's calendar."""
        seen = calendar.objects[uid]
        other.objects[uid] = replace(seen, occurrences=dict(seen.occurrences))
        other.touch(uid)

    async def visit(self, after=timedelta()):
        """Read every calendar now; what is said a little later is said, too."""
        now = self.office.clock.now() + after
        self.office.clock.set(now)
        async with self.office.bot.database.transaction() as tx:
            for person in (self.ana, self.bo, self.cy):
                await calendars.call_on(tx, WORKSPACE, person.id)
        await self.office.at(now)
        await self.office.at(now + MINUTE)

    def messages(self, person):
        """What the bot wrote to somebody."""
        dm = self.office.sandbox.dm(person, self.office.app)
        return self.office.sandbox.messages(dm.id)

    def texts(self, person):
        return [message.text for message in self.messages(person)]

    async def kinds(self):
        """Kind and status of every notice, in order."""
        rows = await self.office.rows(
            "SELECT kind, status FROM notices WHERE kind LIKE 'invite%' OR kind = 'better_times'"
            " ORDER BY id"
        )
        return [(row["kind"], row["status"]) for row in rows]

    async def states(self, person):
        """State and errand of somebody's occurrences."""
        rows = await self.office.rows(
            f"SELECT state, errand FROM occurrences WHERE user_id = '{person.id}' ORDER BY start_at"
        )
        return [(row["state"], row["errand"]) for row in rows]


def buttons(message):
    """Labels by action id."""
    return {
        element["action_id"]: element["text"]["text"]
        for block in message.blocks
        for element in block.get("elements", ())
        if element.get("type") == "button"
    }
