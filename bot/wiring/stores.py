"""Opening the database, for the bot and for commands that only read it."""

import contextlib
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
from slack_sdk.web.async_client import AsyncWebClient

from bot.config import Settings, secret
from bot.domain.instants import Clock
from bot.errors import Misconfigured, OffhoursError
from bot.services.directory import Directory
from bot.services.previews import Previews
from bot.services.weeks import Weeks
from bot.slack.messenger import SlackMessenger, new_session
from bot.storage.database import Database, head_revision, known_revision, newer_schema


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
            messenger = SlackMessenger(web_client(settings, session), bot_token)
        directory = Directory(database, clock)
        weeks = Weeks(database, directory, messenger)
        yield Previews(database, directory, weeks, messenger)


def web_client(settings: Settings, session: aiohttp.ClientSession) -> AsyncWebClient:
    """Slack's Web API; the SDK's own retries are off, they post twice."""
    return AsyncWebClient(base_url=settings.slack.api_url, session=session, retry_handlers=[])
