"""The worlds of the contract suite, each with a provider, an owner and an organiser."""

from collections.abc import AsyncIterator, Iterator
from functools import partial
from importlib import import_module
from typing import Any

import pytest
import pytest_asyncio

from bot.calendars.readers import Readers
from sandbox.calendars import server
from tests.calendars.worlds import World

WORLDS = {
    "memory": "tests.calendars.memory_world",
    "xandikos": "tests.calendars.xandikos",
    "google": "tests.calendars.worlds_google",
    "graph": "tests.calendars.graph_world",
}
"""By name: a module whose ``opened()`` yields a fresh world; one line for each kind of server."""


@pytest.fixture(scope="session")
def xandikos_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """The CalDAV server of a test run."""
    with server(tmp_path_factory.mktemp("xandikos")) as running:
        yield running


@pytest_asyncio.fixture(loop_scope="session", scope="session")
async def readers() -> AsyncIterator[Readers]:
    """Reading processes for every world of a test run; they are slow to start."""
    found = Readers()
    yield found
    await found.close()


@pytest_asyncio.fixture(loop_scope="session")
async def xandikos_world(xandikos_server: Any, readers: Readers) -> AsyncIterator[Any]:
    """A fresh world on the CalDAV server; tests with it share one event loop."""
    async with import_module(WORLDS["xandikos"]).opened(xandikos_server, readers) as found:
        yield found


@pytest_asyncio.fixture(loop_scope="session", params=WORLDS)
async def world(request: pytest.FixtureRequest, readers: Readers) -> AsyncIterator[World]:
    """A fresh world of every kind in turn; tests with it share one event loop."""
    opened = import_module(WORLDS[request.param]).opened
    if request.param == "xandikos":
        opened = partial(opened, request.getfixturevalue("xandikos_server"), readers)
    async with opened() as found:
        yield found
