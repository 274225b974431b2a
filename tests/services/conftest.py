"""Calendars that are visited; see `tests.services.visits`."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from bot.calendars.base import Capabilities
from tests.calendars.memory import EVERYTHING
from tests.services.visits import Town, connected, town_of


@pytest.fixture
async def town(tmp_path: Path, any_url: str) -> AsyncIterator[Town]:
    """Ana connected an empty calendar of a server that can do everything, and holds."""
    async with town_of(tmp_path, any_url) as found:
        await connected(found)
        yield found


@pytest.fixture
async def lite(tmp_path: Path) -> AsyncIterator[Any]:
    """Towns of other servers, on SQLite."""

    @asynccontextmanager
    async def found(
        capabilities: Capabilities = EVERYTHING, server: Any = None, treatment: str = "hold"
    ) -> AsyncIterator[Town]:
        async with town_of(tmp_path, None, capabilities, server) as made:
            await connected(made, treatment)
            yield made

    return found
