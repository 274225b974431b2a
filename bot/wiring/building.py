"""Building the bot from settings and a clock."""

import contextlib

from bot.calendars.base import Providers
from bot.config import Settings, secret
from bot.domain.instants import Clock, epoch, zone
from bot.errors import BadInput, Misconfigured
from bot.scheduler import Scheduler, Worker
from bot.services.teams import FileTeams, TeamChoice
from bot.slack.app import BoltFallback, build_app
from bot.slack.calendar_pages import CalendarPages
from bot.slack.consent import Consent, OAuthClient
from bot.slack.door import Door
from bot.slack.messenger import SlackMessenger, new_session
from bot.slack.pages import pages
from bot.slack.socket import SocketMode
from bot.slack.surface import Identity, Surface
from bot.storage import workspaces
from bot.storage.database import Database
from bot.storage.recorder import recorder_for
from bot.storage.scrubbing import Scrubber
from bot.storage.vault import Vault, keys_from
from bot.wiring.calendars import open_providers
from bot.wiring.serving import Offhours
from bot.wiring.stores import open_database, web_client
from bot.wiring.use_cases import Services, services_of, workers_of

DRAIN_S = 10
"""Seconds that requests under way are given when the process ends."""


async def build(
    settings: Settings,
    clock: Clock,
    vault: Vault | None = None,
    providers: Providers | None = None,
) -> Offhours:
    """Build the bot. Needs Slack once, to learn who it is.

    ``vault`` seals what is held, None takes the keys of the settings; ``providers`` are the
    calendars that may be connected, None takes those the settings switch on.

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
        client = web_client(settings, session)
        messenger = SlackMessenger(client, bot_token, secret(settings.app_token))
        identity = await _installed(database, messenger, clock)
        recorder = recorder_for(database)
        opened.push_async_callback(recorder.close)
        if providers is None:
            providers = open_providers(settings, opened)
        services = services_of(
            database, clock, messenger, vault, recorder, providers, settings.slack.public_url
        )
        opened.push_async_callback(services.connecting.close)
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
            pages=pages(
                database.answers,
                consent.page if consent else None,
                CalendarPages(surface).routes(),
            ),
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
        rescheduling=services.rescheduling,
        connecting=services.connecting,
        hours_import=services.hours_import,
        calendar_choices=services.calendar_choices,
        pushing=services.pushing,
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
