"""Socket Mode in the sandbox, with the SDK's own client on the other side."""

import asyncio
import gc
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.socket_mode.aiohttp import SocketModeClient
from slack_sdk.socket_mode.async_client import AsyncBaseSocketModeClient
from slack_sdk.socket_mode.request import SocketModeRequest
from slack_sdk.socket_mode.response import SocketModeResponse

from tests.sandbox.world import World, refusal


@asynccontextmanager
async def connected(
    world: World, payload: dict[str, Any] | None = None
) -> AsyncIterator[list[Any]]:
    """A connected client that acknowledges everything with `payload`; yields what it got."""
    world.app.socket_mode = True
    got: list[SocketModeRequest] = []

    async def acknowledge(client: AsyncBaseSocketModeClient, request: SocketModeRequest) -> None:
        got.append(request)
        answer = payload if request.accepts_response_payload else None
        await client.send_socket_mode_response(
            SocketModeResponse(envelope_id=request.envelope_id, payload=answer)
        )

    client = SocketModeClient(
        app_token=world.app.app_token, web_client=world.client(world.app.app_token)
    )
    client.socket_mode_request_listeners.append(acknowledge)
    await client.connect()
    try:
        yield got
    finally:
        await client.close()
        await asyncio.sleep(0)
        gc.collect()


async def test_events_and_commands_travel_over_the_socket(world: World) -> None:
    async with connected(world, {"text": "over the wire"}) as got:
        await world.ana.post(world.general, "hello")
        answer = await world.ana.command("/later", "", world.general)
    assert [each.type for each in got] == ["events_api", "slash_commands"]
    assert got[0].payload["event"]["text"] == "hello"
    assert answer.text == "over the wire"
    assert world.receiver.got == []
    assert all(each.ok for each in world.sandbox.deliveries[-2:])


async def test_without_a_socket_events_wait_for_their_retry(world: World) -> None:
    world.app.socket_mode = True
    await world.ana.post(world.general, "anybody?")
    await world.sandbox.settle()
    delivery = world.sandbox.deliveries[-1]
    assert (delivery.reason, delivery.attempts) == ("connection_failed", 2)


async def test_a_link_is_for_apps_that_use_socket_mode(world: World) -> None:
    with pytest.raises(SlackApiError) as raised:
        await world.client(world.app.app_token).apps_connections_open(app_token=world.app.app_token)
    assert refusal(raised) == "socket_mode_not_enabled"
