"""A sandbox workspace, and the real bot in front of it, both over loopback HTTP."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import uvicorn
from hypothesis import HealthCheck, settings

from bot.config import Settings
from bot.storage.vault import new_key
from bot.wiring import Offhours, build
from sandbox.workspace import Sandbox, SandboxClock
from bot.slack.manifest import BOT_EVENTS, BOT_SCOPES

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
        while True:
            await self.sandbox.settle()
            done = [await worker.run_due() for worker in self.bot.scheduler.workers]
            await self.sandbox.settle()
            if not any(done):
                return

    async def at(self, when: datetime) -> None:
        """Set the clock and let everything due happen."""
        self.clock.set(when)
        await self.settle()

    async def rows(self, query: str) -> list[dict[str, Any]]:
        """Rows of the bot's own database."""
        async with self.bot.database.reading() as tx:
            return [dict(row._mapping) for row in await tx.exec_driver_sql(query)]


@asynccontextmanager
async def opened(folder: Path, database_url: str | None = None) -> AsyncIterator[Office]:
    """A sandbox with the bot in front of it; the clock stands at `FRIDAY_NIGHT`."""
    clock = SandboxClock(FRIDAY_NIGHT)
    async with Sandbox(clock) as sandbox:
        app = sandbox.install_app(
            scopes=BOT_SCOPES,
            bot_events=BOT_EVENTS,
            commands=("/hours", "/quiet", "/later", "/boundaries", "/offhours"),
        )
        given = Settings(
            slack={"api_url": sandbox.api_url},
            server={"host": "127.0.0.1", "port": 0},
            database={
                "url": database_url or f"sqlite:///{folder / 'offhours.db'}",
                "migrate": True,
            },
            bot_token=app.bot_token,
            signing_secret=app.signing_secret,
            app_token=app.app_token,
            key=new_key(),
        )
        bot = await build(given, clock)
        app.request_url = f"http://127.0.0.1:{await bot.start()}/slack/events"
        try:
            yield Office(sandbox, clock, app, bot, given)
        finally:
            await bot.stop()


@pytest.fixture
async def office(tmp_path: Path) -> AsyncIterator[Office]:
    """The bot on SQLite in front of an empty workspace."""
    async with opened(tmp_path) as found:
        yield found
