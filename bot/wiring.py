"""The composition root: builds every concrete object from settings and a clock.

The only file that knows them all. `build` makes the objects; `Offhours.start` reaches out.
"""

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path

import aiohttp
import uvicorn
from slack_sdk.web.async_client import AsyncWebClient

from bot.config import Settings, secret
from bot.domain.instants import Clock, epoch, zone
from bot.errors import BadInput, Misconfigured, OffhoursError
from bot.log import log
from bot.scheduler import Scheduler, Worker
from bot.services.answering import Answering
from bot.services.choosing import Choosing
from bot.services.delivering import Delivering
from bot.services.deriving import Deriving
from bot.services.directory import Directory
from bot.services.enrolment import Enrolment
from bot.services.gaps import Gaps
from bot.services.granting import Granting
from bot.services.hinting import Hinting
from bot.services.holding import Holding
from bot.services.hours import Hours
from bot.services.lifecycle import Lifecycle
from bot.services.meeting import Meetings
from bot.services.notices import Notices, Prepare
from bot.services.oncall import OnCall
from bot.services.policies import Policies
from bot.services.previews import Previews
from bot.services.releasing import Releasing
from bot.services.resolving import Resolving
from bot.services.returning import Returning
from bot.services.roster import Roster
from bot.services.screening import Screening
from bot.services.silencing import Silencing
from bot.services.summaries import Summaries
from bot.services.taking_back import TakingBack
from bot.services.teams import FileTeams, TeamChoice, Teams
from bot.services.traces import Traces
from bot.services.urgent import Urgent
from bot.services.urgent_afterwards import UrgentAfterwards
from bot.services.urgent_telling import UrgentTelling
from bot.services.weeks import Weeks
from bot.slack.app import BoltFallback, build_app
from bot.slack.consent import Consent, OAuthClient
from bot.slack.door import Door
from bot.slack.messenger import SlackMessenger, new_session
from bot.slack.pages import pages
from bot.slack.socket import SocketMode
from bot.slack.surface import Identity, Surface
from bot.storage import workspaces
from bot.storage.database import Database, head_revision, known_revision, newer_schema
from bot.storage.recorder import Recorder, recorder_for
from bot.storage.scrubbing import Scrubber
from bot.storage.vault import Vault, keys_from

DRAIN_S = 10
"""Seconds that requests under way are given when the process ends."""


class _Server(uvicorn.Server):
    """uvicorn without its own signal handling: the command line owns the signals."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.listens = asyncio.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Listen, and say so."""
        await super().startup(sockets)
        self.listens.set()

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
    services: "Services"
    database: Database
    _opened: contextlib.AsyncExitStack
    socket_mode: SocketMode | None = None
    _server: _Server | None = None
    _serving: asyncio.Task[None] | None = None

    async def start(self) -> int:
        """Listen and start the workers. Returns the port.

        Raises:
            Misconfigured: the port is taken, or Slack refuses the app-level token.
        """
        listen = self.settings.server
        listening = _listen(listen.host, listen.port)
        server = _Server(
            uvicorn.Config(
                self.door,
                lifespan="off",
                access_log=False,
                log_config=None,
                server_header=False,
                timeout_graceful_shutdown=DRAIN_S,
                ws="none",
            )
        )
        self._server = server
        self._serving = asyncio.create_task(server.serve(sockets=[listening]), name="server")
        await server.listens.wait()
        if self.socket_mode is not None:
            await self.socket_mode.start()
        self.scheduler.start()
        port: int = listening.getsockname()[1]
        log.info("serving", host=listen.host, port=port, transport=self.settings.slack.transport)
        return port

    async def stop(self) -> None:
        """Answer what has arrived, finish what is under way, give everything back."""
        if self._server is not None and self._serving is not None:
            self._server.should_exit = True
            await self._serving
        if self.socket_mode is not None:
            await self.socket_mode.stop()
        await self.scheduler.stop()
        await self._opened.aclose()


def _listen(host: str, port: int) -> socket.socket:
    # uvicorn would end the process when the port is taken. Not `create_server`: asyncio switches
    # Nagle's algorithm off only where the protocol is named, and 40 ms an answer is too long.
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listening = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((host, port))
    except OSError as error:
        listening.close()
        raise Misconfigured(
            f"Port {port} of {host} cannot be listened on ({error.strerror}): set server.port."
        ) from error
    return listening


async def open_database(settings: Settings, *, as_it_is: bool = False) -> Database:
    """The database on this release's schema; ``as_it_is`` neither makes nor migrates it.

    Raises:
        Misconfigured: the schema is another, and the settings do not say to migrate.
        StorageDown: it does not answer.
    """
    database = Database(settings.database.url)
    migrate = settings.database.migrate
    try:
        if as_it_is:
            _must_exist(database)
        elif database.is_sqlite if migrate is None else migrate:
            await database.migrate()
        found = await database.revision()
        if not known_revision(found):
            raise Misconfigured(newer_schema(found))
        if found != head_revision():
            raise Misconfigured(
                f"The database is at schema {found or 'none'}, this release needs "
                f"{head_revision()}: run `offhours migrate`."
            )
    except OffhoursError:
        await database.close()
        raise
    return database


def _must_exist(database: Database) -> None:
    # SQLite would make an empty file.
    if database.is_sqlite and not Path(database.url.database or "").is_file():
        raise Misconfigured(
            f"There is no database at {database.url.database}: set database.url, or start the bot."
        )


@contextlib.asynccontextmanager
async def open_previews(settings: Settings, clock: Clock) -> AsyncIterator[Previews]:
    """Summaries without the bot: reads the database, and asks Slack only if there is a token.

    Raises:
        Misconfigured: there is no database on this release's schema.
        StorageDown: it does not answer.
    """
    async with contextlib.AsyncExitStack() as opened:
        database = await open_database(settings, as_it_is=True)
        opened.push_async_callback(database.close)
        messenger = None
        if bot_token := secret(settings.bot_token):
            session = await new_session()
            opened.push_async_callback(session.close)
            messenger = SlackMessenger(_client(settings, session), bot_token)
        directory = Directory(database, clock)
        weeks = Weeks(database, directory, messenger)
        yield Previews(database, directory, weeks, messenger)


def _client(settings: Settings, session: aiohttp.ClientSession) -> AsyncWebClient:
    return AsyncWebClient(base_url=settings.slack.api_url, session=session, retry_handlers=[])


@dataclass(frozen=True, slots=True)
class Services:
    """Every use case of one running bot."""

    directory: Directory
    screening: Screening
    gaps: Gaps
    resolving: Resolving
    notices: Notices
    enrolment: Enrolment
    hours: Hours
    policies: Policies
    teams: Teams
    roster: Roster
    summaries: Summaries
    previews: Previews
    traces: Traces
    holding: Holding
    lifecycle: Lifecycle
    taking_back: TakingBack
    answering: Answering
    urgent: Urgent
    urgent_telling: UrgentTelling
    urgent_afterwards: UrgentAfterwards
    oncall: OnCall
    meetings: Meetings
    hinting: Hinting
    choosing: Choosing
    returning: Returning
    granting: Granting
    deriving: Deriving
    releasing: Releasing
    silencing: Silencing


def services_of(
    database: Database, clock: Clock, messenger: SlackMessenger, vault: Vault, recorder: Recorder
) -> Services:
    """The use cases over one database and one Slack."""
    directory = Directory(database, clock)
    screening = Screening(database, directory, recorder)
    enrolment = Enrolment(directory)
    granting = Granting(database, directory, vault)
    weeks = Weeks(database, directory, messenger)
    hours = Hours(database, directory, messenger)
    returning = Returning(database, directory)
    taking_back = TakingBack(database, directory, messenger, vault, granting)
    urgent_afterwards = UrgentAfterwards(database, directory, messenger)
    silencing = Silencing(database, directory, messenger, granting)
    prepare: dict[str, Prepare] = {
        "auto_hold": taking_back.automatic,
        "mirror": weeks.mirror,
        "return": returning.count,
        "urgent_told": urgent_afterwards.told,
        "verdict": urgent_afterwards.asked,
    }
    return Services(
        directory=directory,
        screening=screening,
        gaps=Gaps(database, directory),
        resolving=Resolving(database, directory, messenger, screening, granting),
        notices=Notices(database, directory, messenger, prepare),
        enrolment=enrolment,
        hours=hours,
        policies=Policies(database, directory),
        teams=Teams(database, directory, messenger, enrolment),
        roster=Roster(database, directory, messenger, enrolment),
        summaries=Summaries(database, directory, messenger, weeks),
        previews=Previews(database, directory, weeks, messenger),
        traces=Traces(database, directory),
        lifecycle=Lifecycle(database, directory),
        holding=Holding(database, directory, messenger, vault),
        taking_back=taking_back,
        answering=Answering(database, directory),
        urgent=Urgent(database, directory, vault),
        urgent_telling=UrgentTelling(database, directory, messenger, vault, silencing),
        urgent_afterwards=urgent_afterwards,
        oncall=OnCall(database, directory),
        meetings=Meetings(database, directory),
        hinting=Hinting(database, directory),
        choosing=Choosing(database, directory, hours),
        returning=returning,
        granting=granting,
        deriving=Deriving(database, directory, returning),
        releasing=Releasing(database, directory, Delivering(messenger, vault, granting)),
        silencing=silencing,
    )


def workers_of(services: Services) -> tuple[Worker, ...]:
    """Who works at which beat, in seconds."""

    async def refresh() -> int:
        await services.directory.refresh()
        return 0

    async def flush() -> int:
        await services.screening.flush_counts()
        await services.directory.flush_threads()
        return 0

    return (
        Worker("refresh", refresh, 1),
        Worker("resolve", services.resolving.run_due, 1),
        Worker("notices", services.notices.run_due, 1),
        Worker("derive", services.deriving.run_due, 1),
        Worker("take_back", services.taking_back.run_due, 5),
        Worker("urgent", services.urgent_telling.run_due, 1),
        Worker("release", services.releasing.run_due, 1),
        Worker("silence", services.silencing.run_due, 5),
        Worker("flush", flush, 5),
        Worker("beat", services.gaps.run_due, 20),
        Worker("lifecycle", services.lifecycle.run_due, 3_600),
        Worker("roster", services.roster.run_due, 60),
        Worker("summaries", services.summaries.run_due, 60),
    )


async def build(settings: Settings, clock: Clock, vault: Vault | None = None) -> Offhours:
    """Build the bot. Needs Slack once, to learn who it is.

    ``vault`` seals what is held; None takes the keys of the settings.

    Raises:
        Misconfigured: a setting is missing or wrong.
        SlackError: Slack did not say who the bot is.
    """
    bot_token, signing_secret = secret(settings.bot_token), secret(settings.signing_secret)
    if bot_token is None:
        raise Misconfigured("SLACK_BOT_TOKEN is not set: it starts with `xoxb-`.")
    if signing_secret is None and settings.slack.transport == "http":
        raise Misconfigured("SLACK_SIGNING_SECRET is not set, and the transport is `http`.")
    app_token = secret(settings.app_token) if settings.slack.transport == "socket" else None
    if app_token is None and settings.slack.transport == "socket":
        raise Misconfigured("SLACK_APP_TOKEN is not set, and the transport is `socket`.")
    vault = vault or Vault(keys_from(secret(settings.key), settings.key_file))
    choices = _teams_of(settings)
    async with contextlib.AsyncExitStack() as opened:
        database = await open_database(settings)
        opened.push_async_callback(database.close)
        session = await new_session()
        opened.push_async_callback(session.close)
        client = _client(settings, session)
        messenger = SlackMessenger(client, bot_token, secret(settings.app_token))
        identity = await _installed(database, messenger, clock)
        recorder = recorder_for(database)
        opened.push_async_callback(recorder.close)
        services = services_of(database, clock, messenger, vault, recorder)
        await services.policies.apply_file(identity.workspace_id, settings.policy)
        teams = FileTeams(services.teams, services.roster, identity.workspace_id, choices)
        workers = (
            *workers_of(services),
            Worker("teams", teams.run_due, 5),
            Worker("scrub", Scrubber(database).run_due, 300),
        )
        scheduler = Scheduler(workers)
        consent = _consent(settings, services, messenger)
        surface = _surface(settings, identity, clock, messenger, services, scheduler, consent)
        app = build_app(surface, client, bot_token)
        door = Door(
            path=settings.slack.event_path,
            signing_secret=signing_secret or "",
            clock=clock,
            screen=services.screening.screen,
            rate_limited=services.gaps.rate_limited,
            bolt=BoltFallback(app),
            pages=pages(database.answers, consent.page if consent else None),
            wake=lambda: scheduler.wake("resolve", "notices"),
        )
        lines = SocketMode(app, app_token, door.handle) if app_token else None
        return Offhours(settings, door, scheduler, services, database, opened.pop_all(), lines)


def _consent(settings: Settings, services: Services, messenger: SlackMessenger) -> Consent | None:
    """The way to Slack's consent page; None where the operator has not set it up."""
    client_secret = secret(settings.client_secret)
    if not (settings.client_id and client_secret and settings.slack.public_url):
        return None
    client = OAuthClient(
        settings.client_id, client_secret, settings.slack.public_url, settings.slack.api_url
    )
    return Consent(client, services.granting, messenger)


def _teams_of(settings: Settings) -> list[TeamChoice]:
    """The teams of the file.

    Raises:
        Misconfigured: a zone that does not exist.
    """
    for index, team in enumerate(settings.teams):
        try:
            zone(team.tz)
        except BadInput as error:
            raise Misconfigured(f"teams.{index}.tz: {error}") from error
    return [TeamChoice(each.group, each.channel, each.leads, each.tz) for each in settings.teams]


def _surface(
    settings: Settings,
    identity: Identity,
    clock: Clock,
    messenger: SlackMessenger,
    services: Services,
    scheduler: Scheduler,
    consent: Consent | None,
) -> Surface:
    return Surface(
        identity=identity,
        clock=clock,
        messenger=messenger,
        names=settings.slack.commands.model_dump(),
        admins=frozenset(settings.slack.admins),
        wake=scheduler.wake,
        consent_link=consent.link if consent else None,
        directory=services.directory,
        hours=services.hours,
        enrolment=services.enrolment,
        policies=services.policies,
        teams=services.teams,
        roster=services.roster,
        summaries=services.summaries,
        traces=services.traces,
        holding=services.holding,
        lifecycle=services.lifecycle,
        taking_back=services.taking_back,
        answering=services.answering,
        urgent=services.urgent,
        urgent_afterwards=services.urgent_afterwards,
        oncall=services.oncall,
        meetings=services.meetings,
        hinting=services.hinting,
        choosing=services.choosing,
        returning=services.returning,
        granting=services.granting,
        silencing=services.silencing,
    )


async def _installed(database: Database, messenger: SlackMessenger, clock: Clock) -> Identity:
    """Who the bot is, and its workspace in the database."""
    identity = await _identity(messenger)
    async with database.transaction() as tx:
        await workspaces.ensure(
            tx,
            identity.workspace_id,
            name=identity.name,
            bot_user_id=identity.bot_user_id,
            now=epoch(clock.now()),
        )
    return identity


async def _identity(messenger: SlackMessenger) -> Identity:
    answer = await messenger.call("auth.test")
    return Identity(
        workspace_id=str(answer["team_id"]),
        bot_user_id=str(answer["user_id"]),
        bot_id=str(answer.get("bot_id", "")),
        name=str(answer.get("team", "")),
    )
