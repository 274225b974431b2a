"""Google's channels, from the wish to the last push."""

from collections.abc import AsyncIterator
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from aiohttp import web

from bot.calendars.base import Account, Channel, Watch
from bot.calendars.push import Push, PushKind, google_push
from bot.domain.spans import Span
from bot.errors import CalendarRefused
from tests.calendars.worlds import Invite
from tests.calendars.worlds_google import OWNER, GoogleWorld, opened

TZ = "Europe/Berlin"


def at(month: int, day: int, hour: int, minute: int = 0) -> int:
    """An instant of 2026, on a wall clock in Berlin."""
    return int(datetime(2026, month, day, hour, minute, tzinfo=ZoneInfo(TZ)).timestamp())


EVENING = Span(at(10, 20, 19), at(10, 20, 20))
MORNING = Span(at(10, 21, 10), at(10, 21, 11))


@pytest.fixture
async def world() -> AsyncIterator[GoogleWorld]:
    async with opened() as found:
        yield found


@pytest.fixture
def account(world: GoogleWorld) -> Account:
    return world.provider.account(world.credentials)


class Receiver:
    """Where pushes arrive: their headers in lower case, and what came as a body."""

    def __init__(self) -> None:
        self.got: list[tuple[Push | None, bytes]] = []
        self.url = ""

    async def post(self, request: web.Request) -> web.Response:
        self.got.append((google_push(request.headers), await request.read()))
        return web.Response()


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    found = Receiver()
    app = web.Application()
    app.router.add_post("/push", found.post)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    found.url = f"http://127.0.0.1:{runner.addresses[0][1]}/push"
    yield found
    await runner.cleanup()


async def test_a_channel_tells_of_changes_until_it_is_stopped(
    world: GoogleWorld, account: Account, receiver: Receiver
):
    until_at = at(10, 27, 9)
    channel = await account.watch(Watch("channel-1", "shared secret", receiver.url, until_at))
    assert channel == Channel("channel-1", f"resource-of-{OWNER}", until_at)
    assert await world.google.push() == 1
    await world.invite(Invite(EVENING))
    assert await world.google.push() == 1
    said = [
        Push(channel.resource_id, "shared secret", kind, "channel-1")
        for kind in (PushKind.OPENED, PushKind.CHANGED)
    ]
    assert receiver.got == [(push, b"") for push in said]
    await account.unwatch(channel)
    await world.invite(Invite(MORNING))
    assert await world.google.push() == 0
    await account.unwatch(channel)


async def test_channels_overlap_while_one_takes_over_from_the_other(
    world: GoogleWorld, account: Account, receiver: Receiver
):
    first = await account.watch(Watch("channel-1", "one", receiver.url, at(10, 27, 9)))
    await account.watch(Watch("channel-2", "two", receiver.url, at(11, 3, 9)))
    await world.google.push()
    await world.invite(Invite(EVENING))
    assert await world.google.push() == 2
    await account.unwatch(first)
    await world.invite(Invite(MORNING))
    assert await world.google.push() == 1
    assert receiver.got[-1][0].secret == "two"
    with pytest.raises(CalendarRefused):
        await account.watch(Watch("channel-2", "two", receiver.url, at(11, 3, 9)))
