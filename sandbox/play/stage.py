"""The stage: a sandbox, the real bot in front of it over HTTP, and a clock the play moves."""

import asyncio
import socket
import tempfile
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from cryptography.fernet import Fernet
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource

from bot.config import CommandNames, Settings
from bot.log import configure
from bot.slack.manifest import BOT_EVENTS, BOT_OPTIONAL_SCOPES, BOT_SCOPES, USER_EVENTS
from bot.wiring import Offhours, build
from sandbox.calendars import Calendars
from sandbox.clock import SandboxClock
from sandbox.people import Person
from sandbox.play.cast import VIENNA, Cast, assemble
from sandbox.play.narration import Narrator
from sandbox.play.reading import Reader
from sandbox.records import App, Channel, Message
from sandbox.settling import Settling
from sandbox.workspace import Sandbox

COMMANDS = tuple(CommandNames().model_dump().values())
HOST = "127.0.0.1"
NINE = 9
DAY = timedelta(days=1)
LEAD = timedelta(seconds=0.3)
WITHIN_S = 10.0
LOOK_EVERY_S = 0.02


def moment(text: str, tz: str) -> datetime:
    """``2026-10-23 22:14`` on the wall clocks of ``tz``, as an instant."""
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(tz)).astimezone(UTC)


def nine_after(at: datetime, tz: str) -> datetime:
    """The first nine in the morning there that is later than ``at``."""
    there = at.astimezone(ZoneInfo(tz))
    today = there.replace(hour=NINE, minute=0, second=0, microsecond=0)
    # Wall time is added to, so that a day of 25 hours ends at nine as well.
    return (today if today > there else today + DAY).astimezone(UTC)


CURTAIN_AT = moment("2026-10-23 09:30", VIENNA)
"""Friday morning, two days before the clocks of Europe go back."""

NEXT_DUE = """
SELECT min(due_at) FROM (
    SELECT due_at FROM notices WHERE status = 'due' AND due_at > ?
    UNION ALL SELECT due_at FROM held_messages WHERE state = 'held' AND due_at > ?
    UNION ALL SELECT due_at FROM silences WHERE due_at > ?
)
"""
"""When the bot has something to do next."""


@dataclass(slots=True)
class Stage:
    """What the scenes play on."""

    sandbox: Sandbox
    app: App
    bot: Offhours
    bot_url: str
    settling: Settling
    cast: Cast
    narrator: Narrator
    reader: Reader
    folder: Path
    calendars: Calendars

    @property
    def now(self) -> datetime:
        """What time it is for everybody in the workspace."""
        return self.sandbox.clock.now()

    async def settle(self) -> None:
        """Wait until every delivery is answered and nothing that is due is left undone."""
        heard = -1
        while heard != len(self.sandbox.deliveries):
            await self.sandbox.settle()
            heard = len(self.sandbox.deliveries)
            await self.settling.settle()
            await self.sandbox.settle()

    async def until(self, at: datetime) -> None:
        """Let time pass, with a stop at each instant on the way at which the bot has work."""
        while (step := await self._next_stop()) < at:
            self.sandbox.clock.set(step)
            self.narrator.passing(step)
            await self.settle()
        self.sandbox.clock.set(max(at, self.now))
        await self.settle()

    async def _next_stop(self) -> datetime:
        """When the next row is due; a team's summary has none before its nine o'clock."""
        ((due_at,),) = await self.rows(NEXT_DUE, *[int(self.now.timestamp())] * 3)
        stops = [nine_after(self.now, team.tz) for team in (self.cast.design, self.cast.ops)]
        return min(stops if due_at is None else [*stops, datetime.fromtimestamp(due_at, UTC)])

    async def cue(self, text: str, tz: str) -> None:
        """Go to a wall time and say what time it is for everybody."""
        await self.until(moment(text, tz))
        self.narrator.clock(self.now)

    async def arrival(self, at: datetime, find: Callable[[], Message | None]) -> Message | None:
        """Let the clock run over ``at`` in real time and wait for what is due then.

        Nothing but the bot's own beat makes it act. The message, or None when it was there
        before ``at`` or did not come within ten seconds.
        """
        await self.until(at - LEAD)
        if find() is not None:
            return None
        self.sandbox.clock.run()
        ends_s = time.monotonic() + LEAD.total_seconds() + WITHIN_S
        while (found := find()) is None and time.monotonic() < ends_s:  # noqa: ASYNC110 - a channel tells nobody of a post
            await asyncio.sleep(LOOK_EVERY_S)
        self.sandbox.clock.run(0)
        await self.settle()
        self.narrator.clock(self.now)
        return found

    async def rows(self, query: str, *values: str | int) -> list[tuple[Any, ...]]:
        """Rows of the bot's own database, to read; ``?`` stands for a value."""
        async with self.bot.database.reading() as tx:
            return [tuple(row) for row in await tx.exec_driver_sql(query, values)]

    def on_disk(self, words: str) -> bool:
        """Whether these words stand anywhere in the files of the bot's database."""
        return any(words.encode() in path.read_bytes() for path in self.folder.iterdir())

    def by_app(self, words: str, channel: Channel | None = None) -> Message | None:
        """The latest message the app has posted that reads like this, by itself or for somebody."""
        places = [channel] if channel else list(self.sandbox.workspace.channels.values())
        found = [
            message
            for place in places
            for message in place.messages
            if message.app_id == self.app.app_id and words in self.reader.text(message)
        ]
        return max(found, key=lambda message: message.ts, default=None)

    def only_for(self, person: Person, channel: Channel) -> list[Message]:
        """What the app showed in a channel to this person alone, oldest first."""
        seen = self.sandbox.messages(channel.id, as_seen_by=person)
        return [message for message in seen if message.ephemeral]

    def direct(self, person: Person) -> Channel:
        """The person's direct conversation with the app."""
        return self.sandbox.dm(person, self.app)


@asynccontextmanager
async def opened(narrator: Narrator, port: int = 0) -> AsyncIterator[Stage]:
    """Everything in a temporary folder, gone at the end; the clock stands at `CURTAIN_AT`."""
    configure("WARNING")
    async with AsyncExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="offhours-demo-")))
        sandbox = Sandbox(SandboxClock(CURTAIN_AT), name="Fictional Works")
        stack.push_async_callback(sandbox.stop)
        await sandbox.start(port)
        # Days pass within a second here, in which Slack would take one message.
        sandbox.rate_limit_per_channel_s = 0
        app = sandbox.install_app(
            scopes=(*BOT_SCOPES, *BOT_OPTIONAL_SCOPES),
            bot_events=BOT_EVENTS,
            user_events=USER_EVENTS,
            commands=COMMANDS,
        )
        calendars = Calendars()
        stack.push_async_callback(calendars.close)
        bot = await build(_settings(sandbox, app, folder), sandbox.clock)
        stack.push_async_callback(bot.stop)
        settling, reader = Settling(bot.scheduler), Reader(sandbox.workspace)
        cast = assemble(sandbox, app)
        yield Stage(sandbox, app, bot, "", settling, cast, narrator, reader, folder, calendars)


async def serve(stage: Stage) -> None:
    """Start the bot and tell the workspace its address."""
    stage.bot_url = f"http://{HOST}:{await stage.bot.start()}"
    stage.app.request_url = f"{stage.bot_url}/slack/events"
    await stage.settle()


class _Given(Settings):
    """Settings as given, whatever the environment and the configuration file of this folder say."""

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],  # noqa: ARG003 - pydantic-settings' signature
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,  # noqa: ARG003 - as above
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003 - as above
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003 - as above
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """What is passed in, and nothing else."""
        return (init_settings,)


def _settings(sandbox: Sandbox, app: App, folder: Path) -> Settings:
    port = _free_port()
    return _Given(
        slack={"api_url": sandbox.api_url, "public_url": f"http://{HOST}:{port}"},
        server={"host": HOST, "port": port},
        database={"url": f"sqlite:///{folder / 'offhours.db'}", "migrate": True},
        calendars={"caldav": {"allow_private": True}},
        bot_token=app.bot_token,
        signing_secret=app.signing_secret,
        app_token=app.app_token,
        client_id=app.client_id,
        client_secret=app.client_secret,
        key=Fernet.generate_key().decode(),
    )


def _free_port() -> int:
    """A port nobody listens on: the bot has to know its public address before it starts."""
    with socket.create_server((HOST, 0)) as found:
        port: int = found.getsockname()[1]
    return port
