"""A workspace with two teams on Vienna's clock, and a bot in front of it that may die any time."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Self
from urllib.parse import unquote, urlsplit
from zoneinfo import ZoneInfo

import aiohttp

from bot.slack.manifest import BOT_EVENTS, BOT_SCOPES
from sandbox import Answer, App, Channel, Message, Person, Sandbox, SandboxClock
from tests.chaos.rows import Rows
from tests.chaos.strikes import LATE_S
from tests.chaos.victim import Victim

VIENNA = ZoneInfo("Europe/Vienna")
ARRIVAL = datetime(2026, 9, 9, 7, 0, tzinfo=UTC)
"""A Wednesday; the teams' first summary is that of the week after next."""

FIRST_MORNING = datetime(2026, 9, 25, 7, 0, tzinfo=UTC)
COMMANDS = ("/hours", "/quiet", "/later", "/boundaries", "/offhours")
RETRY_AT = (timedelta(), timedelta(seconds=61), timedelta(minutes=5))
"""After these waits Slack has sent every event again that nobody took."""

AUTHORS, READERS, GRANTED = 6, 10, 3
SEND, READ_DMS = "chat:write", "im:history"
"""What a person has to allow so that the bot writes in their name, and so that it can look there."""

SATURDAY = 5
TRIES = 3
CALMS = 12


class World:
    """One workspace, one database, one bot; everything is set up through Slack's own front door."""

    def __init__(self, sandbox: Sandbox, app: App, victim: Victim, rows: Rows) -> None:
        self.sandbox, self.app, self.victim, self.rows = sandbox, app, victim, rows
        self.authors: list[Person] = []
        self.readers: list[Person] = []
        self.rooms: list[Channel] = []
        self.team_rooms: dict[str, Channel] = {}

    @classmethod
    @contextlib.asynccontextmanager
    async def opened(cls, database_url: str, folder: Path) -> AsyncIterator[Self]:
        """A world in which everybody has settled; it is the first morning."""
        async with contextlib.AsyncExitStack() as stack:
            sandbox = await stack.enter_async_context(Sandbox(SandboxClock(ARRIVAL)))
            sandbox.rate_limit_per_channel_s = 0  # the limits come as faults
            app = sandbox.install_app(scopes=BOT_SCOPES, bot_events=BOT_EVENTS, commands=COMMANDS)
            log = folder / "bot.log"
            victim = await stack.enter_async_context(Victim.kept(sandbox, app, database_url, log))
            rows = Rows(database_url)
            stack.push_async_callback(rows.close)
            world = cls(sandbox, app, victim, rows)
            await world._settle_in()
            yield world

    async def _settle_in(self) -> None:
        add = self.sandbox.add_user
        self.boss = add("mira", "Europe/Vienna", is_admin=True)
        self.authors = [add(f"author{n}", "Europe/Vienna") for n in range(AUTHORS)]
        self.readers = [add(f"reader{n}", "Europe/Vienna") for n in range(READERS)]
        everybody = [self.boss, *self.authors, *self.readers, self.app]
        self.rooms = [self.sandbox.add_channel(f"room{n}", everybody) for n in range(3)]
        await self.calm()
        for person in (self.boss, *self.authors, *self.readers):
            await self._say(person, "/hours", "set mon-fri 9-17")
        for number, author in enumerate(self.authors[:GRANTED]):
            await self._allow(author, SEND)
            if number:
                await self._allow(author, READ_DMS)
        half = READERS // 2
        for name, members in (("harbour", self.readers[:half]), ("ferry", self.readers[half:])):
            room = self.sandbox.add_channel(f"{name}-week", [self.boss, self.app])
            self.sandbox.add_usergroup(name, name.title(), members)
            self.team_rooms[name.title()] = room
            await self.calm()
            typed = f"team add @{name} #{room.name} lead @{self.boss.name} tz Europe/Vienna"
            await self._say(self.boss, "/boundaries", typed)
        await self.turn(FIRST_MORNING)
        await self.calm()

    async def _say(self, person: Person, command: str, text: str) -> Answer:
        """A command that has to be understood; said again where the connection broke."""
        for _ in range(TRIES):
            answer = await person.command(command, text)
            if answer.status:
                break
        assert answer.status == 200, (text, answer)
        return answer

    async def _allow(self, author: Person, scope: str) -> None:
        """Over Slack's consent page: the bot may do this for the author, if it asks for it."""
        home = await author.open_home()
        assert home is not None
        links = (block.get("accessory", {}).get("url", "") for block in home.blocks)
        url = next((each for each in links if scope in unquote(each)), None)
        if url is None:
            return
        assert self.app.request_url is not None
        base = self.app.request_url.removesuffix("/slack/events")
        async with aiohttp.ClientSession() as browser:
            async with browser.get(f"{url}&as={author.id}", allow_redirects=False) as page:
                back = urlsplit(page.headers["location"])
            async with browser.get(f"{base}{back.path}?{back.query}") as page:
                assert page.status == 200, await page.text()

    def allowed(self, author_id: str) -> frozenset[str]:
        """The scopes an author has granted to the bot."""
        grants = self.sandbox.workspace.grants_of(self.app)
        return frozenset().union(*(each.scopes for each in grants if each.user_id == author_id))

    def is_blind(self, author_id: str) -> bool:
        """Whether the bot writes into this author's direct messages without being able to look."""
        scopes = self.allowed(author_id)
        return SEND in scopes and READ_DMS not in scopes

    # The clock

    @property
    def now(self) -> datetime:
        """What time it is for people."""
        return self.sandbox.clock.now()

    async def turn(self, when: datetime) -> None:
        """Set the clock, and wait until the bot, which follows it, has seen that."""
        self.sandbox.clock.set(when)
        await self.victim.sees(self.now)

    async def night(self) -> None:
        """The evening of the day; nobody works any more."""
        on = self.now.astimezone(VIENNA)
        await self.turn(on.replace(hour=22, minute=14, second=0, microsecond=0))

    async def sunday_night(self) -> None:
        """The evening before the next Monday."""
        today = self.now.astimezone(VIENNA)
        sunday = today + timedelta(days=6 - today.weekday())
        await self.turn(sunday.replace(hour=22, minute=14, second=0, microsecond=0))

    def next_opening(self) -> datetime:
        """09:00 of the next working day."""
        on = self.now.astimezone(VIENNA) + timedelta(days=1)
        while on.weekday() >= SATURDAY:
            on += timedelta(days=1)
        return on.replace(hour=9, minute=0, second=0, microsecond=0)

    # The bot

    async def calm(self) -> None:
        """Let everything be done that can be, retries included; the bot has to be alive."""
        for _ in range(CALMS):
            await self.sandbox.settle()
            done = await self.victim.settle()
            if done:
                continue
            if not await self.rows.waits():
                return
            await self.rows.pass_time()
        raise RuntimeError("The bot does not come to rest.")

    async def recover(self, random: Random) -> None:
        """Start it again after a kill: an hour later, or at once while its leases still hold."""
        await self.victim.gone()
        at_once = random.random() < 0.3
        if at_once:
            await self.victim.start()
            await self.victim.settle()
        await asyncio.sleep(LATE_S * 1.2)  # Slack ends what it had begun
        await self.rows.pass_time()
        if not at_once:
            await self.victim.start()

    async def retold(self) -> None:
        """Let Slack send the events again that the bot did not take."""
        for wait in RETRY_AT:
            await self.turn(self.now + wait)
            await self.sandbox.settle()
            if not any(not each.done for each in self.sandbox.deliveries[-200:]):
                return

    # What is to be seen

    def flag_for(self, author: Person, message: Message) -> Message | None:
        """The hint about a message, as its author sees it."""
        value = f"{message.channel_id}:{message.ts}"
        seen = self.sandbox.messages(message.channel_id, as_seen_by=author)
        hints = (each for each in seen if each.ephemeral and value in str(each.blocks))
        return next(hints, None)
