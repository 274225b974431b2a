"""The composition root: builds every concrete object from settings and a clock.

The only file that knows them all. `build` makes the objects; `Offhours.start` reaches out.
"""

import asyncio
import contextlib
from collections.abc import Iterator
from dataclasses import dataclass

import aiohttp
import uvicorn
from slack_sdk.web.async_client import AsyncWebClient

from bot.config import Settings, secret
from bot.domain.instants import Clock, epoch
from bot.errors import Misconfigured
from bot.log import log
from bot.scheduler import Scheduler, Worker
from bot.services.directory import Directory
from bot.services.enrolment import Enrolment
from bot.services.holding import Holding
from bot.services.hours import Hours
from bot.services.notices import Notices
from bot.services.policies import Policies
from bot.services.resolving import Resolving
from bot.services.roster import Roster
from bot.services.screening import Screening
from bot.services.summaries import Summaries
from bot.services.teams import Teams
from bot.slack.app import BoltFallback, build_app
from bot.slack.door import Door
from bot.slack.messenger import SlackMessenger, new_session
from bot.slack.pages import pages
from bot.slack.surface import Identity, Surface
from bot.storage import workspaces
from bot.storage.database import Database, head_revision
from bot.storage.recorder import Recorder, recorder_for
from bot.storage.vault import Vault, keys_from


class _Server(uvicorn.Server):
    """uvicorn without its own signal handling: the command line owns the signals."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave signals alone."""
        yield


@dataclass(slots=True)
class Offhours:
    """The running bot."""

    settings: Settings
    door: Door
    scheduler: Scheduler
    database: Database
    directory: Directory
    recorder: Recorder
    session: aiohttp.ClientSession
    _server: _Server | None = None
    _serving: asyncio.Task[None] | None = None

    async def start(self) -> int:
        """Listen and start the workers. Returns the port.

        Raises:
            Misconfigured: the port is taken.
        """
        listen = self.settings.server
        server = _Server(
            uvicorn.Config(
                self.door,
                host=listen.host,
                port=listen.port,
                lifespan="off",
                access_log=False,
                log_config=None,
                server_header=False,
                ws="none",
            )
        )
        self._server = server
        self._serving = asyncio.create_task(server.serve(), name="server")
        while not server.started:
            if self._serving.done():
                raise Misconfigured(f"Port {listen.port} of {listen.host} cannot be listened on.")
            await asyncio.sleep(0.01)
        self.scheduler.start()
        port: int = server.servers[0].sockets[0].getsockname()[1]
        log.info("serving", host=listen.host, port=port, transport=self.settings.slack.transport)
        return port

    async def stop(self) -> None:
        """Answer what has arrived, finish what is under way, give everything back."""
        if self._server is not None and self._serving is not None:
            self._server.should_exit = True
            await self._serving
        await self.scheduler.stop()
        await self.recorder.close()
        await self.session.close()
        await self.database.close()


async def open_database(settings: Settings) -> Database:
    """The database on this release's schema.

    Raises:
        Misconfigured: the schema is another, and the settings do not say to migrate.
    """
    database = Database(settings.database.url)
    migrate = settings.database.migrate
    if database.is_sqlite if migrate is None else migrate:
        await database.migrate()
    found = await database.revision()
    if found != head_revision():
        await database.close()
        raise Misconfigured(
            f"The database is at schema {found or 'none'}, this release needs {head_revision()}: "
            "run `offhours migrate`."
        )
    return database


async def build(settings: Settings, clock: Clock) -> Offhours:
    """Build the bot. Needs Slack once, to learn who it is.

    Raises:
        Misconfigured: a setting is missing or wrong.
        SlackError: Slack did not say who the bot is.
    """
    bot_token, signing_secret = secret(settings.bot_token), secret(settings.signing_secret)
    if bot_token is None:
        raise Misconfigured("SLACK_BOT_TOKEN is not set: it starts with `xoxb-`.")
    if signing_secret is None and settings.slack.transport == "http":
        raise Misconfigured("SLACK_SIGNING_SECRET is not set, and the transport is `http`.")
    database = await open_database(settings)
    session = await new_session()
    client = AsyncWebClient(base_url=settings.slack.api_url, session=session, retry_handlers=[])
    messenger = SlackMessenger(client, bot_token)
    identity = await _identity(messenger)
    vault = Vault(keys_from(secret(settings.key), settings.key_file))
    async with database.transaction() as tx:
        await workspaces.ensure(
            tx,
            identity.workspace_id,
            name=identity.name,
            bot_user_id=identity.bot_user_id,
            now=epoch(clock.now()),
        )
    directory = Directory(database, clock)
    recorder = recorder_for(database)
    screening = Screening(database, directory, recorder)
    notices = Notices(database, directory, messenger)
    resolving = Resolving(database, directory, messenger, screening)
    enrolment = Enrolment(database, directory)
    policies = Policies(database, directory)
    teams = Teams(database, directory, messenger, enrolment)
    roster = Roster(database, directory, messenger)
    summaries = Summaries(database, directory, messenger)
    holding = Holding(database, directory, messenger, vault)

    async def refresh() -> int:
        await directory.refresh()
        return 0

    async def flush() -> int:
        await screening.flush_counts()
        await directory.flush_threads()
        return 0

    scheduler = Scheduler(
        (
            Worker("refresh", refresh, 1),
            Worker("resolve", resolving.run_due, 1),
            Worker("notices", notices.run_due, 1),
            Worker("summaries", summaries.run_due, 60),
            Worker("flush", flush, 5),
        )
    )
    surface = Surface(
        identity=identity,
        clock=clock,
        directory=directory,
        hours=Hours(database, directory),
        enrolment=enrolment,
        policies=policies,
        teams=teams,
        roster=roster,
        summaries=summaries,
        holding=holding,
        messenger=messenger,
        names=settings.slack.commands.model_dump(),
        admins=frozenset(settings.slack.admins),
        wake=scheduler.wake,
    )
    app = build_app(surface, client, bot_token)
    door = Door(
        path=settings.slack.event_path,
        signing_secret=signing_secret or "",
        clock=clock,
        screen=screening.screen,
        bolt=BoltFallback(app),
        pages=pages(database.answers),
        wake=lambda: scheduler.wake("resolve", "notices"),
    )
    return Offhours(settings, door, scheduler, database, directory, recorder, session)


async def _identity(messenger: SlackMessenger) -> Identity:
    answer = await messenger.call("auth.test")
    return Identity(
        workspace_id=str(answer["team_id"]),
        bot_user_id=str(answer["user_id"]),
        bot_id=str(answer.get("bot_id", "")),
        name=str(answer.get("team", "")),
    )
