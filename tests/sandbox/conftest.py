"""A sandbox on a standing clock with an app's request URL behind it."""

from collections.abc import AsyncIterator

import pytest
from aiohttp import web

from sandbox import Sandbox, SandboxClock
from tests.sandbox.world import BOT_EVENTS, BOT_SCOPES, FRIDAY_EVENING, Receiver, World


@pytest.fixture
async def world() -> AsyncIterator[World]:
    sandbox = Sandbox(SandboxClock(FRIDAY_EVENING))
    sandbox.rate_limit_per_channel_s = 0
    receiver = Receiver(sandbox.clock)
    server = web.Application()
    server.add_routes([web.post("/slack/events", receiver.receive)])
    runner = web.AppRunner(server, access_log=None, shutdown_timeout=1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    app = sandbox.install_app(
        request_url=f"http://127.0.0.1:{runner.addresses[0][1]}/slack/events",
        scopes=BOT_SCOPES,
        commands=["/later"],
        bot_events=BOT_EVENTS,
    )
    receiver.secret = app.signing_secret
    async with sandbox:
        world = World(sandbox, app, receiver)
        await sandbox.settle()
        receiver.got.clear()
        yield world
    await runner.cleanup()
