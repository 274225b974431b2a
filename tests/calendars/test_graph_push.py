"""Microsoft Graph tells of changes: subscriptions, their handshake and their life."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest
from aiohttp import web

from bot.calendars.base import Account, Watch
from bot.calendars.push import Push, PushKind, graph_pushes, validation_token
from bot.domain.spans import Span
from bot.errors import CalendarRefused
from tests.calendars.graph_world import GraphWorld, opened
from tests.calendars.worlds import Invite

MORNING_AT = 1_792_569_600
EVENING, MORNING, NEXT_DAY = (
    Span(at, at + 3_600) for at in (MORNING_AT - 54_000, MORNING_AT, MORNING_AT + 86_400)
)


@pytest.fixture
async def graph() -> AsyncIterator[GraphWorld]:
    """Ana's and Bo's mailboxes."""
    async with opened() as world:
        yield world


@pytest.fixture
def account(graph: GraphWorld) -> Account:
    """Ana's, as the bot opens it."""
    return graph.provider.account(graph.credentials)


class Receiver:
    """Where notifications arrive, answered the way the bot's web server does."""

    def __init__(self) -> None:
        self.pushes: list[tuple[str, Push]] = []
        self.url = ""
        self.is_deaf = False

    async def receive(self, request: web.Request) -> web.Response:
        """The handshake, or notifications."""
        token = validation_token(request.rel_url.raw_query_string)
        if token is not None and not self.is_deaf:
            return web.Response(text=token)
        pushes = graph_pushes(await request.read())
        self.pushes += [(request.path, push) for push in pushes]
        return web.Response(status=202)


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    """It listens at ``url``, and behind it."""
    found, app = Receiver(), web.Application()
    app.router.add_post("/push", found.receive)
    app.router.add_post("/push/lifecycle", found.receive)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    found.url = f"http://127.0.0.1:{runner.addresses[0][1]}/push"
    yield found
    await runner.cleanup()


def in_days(days: float) -> int:
    """An instant, by the machine's clock."""
    return int((datetime.now(UTC) + timedelta(days=days)).timestamp())


async def test_changes_are_told_until_nobody_wants_to_know(
    graph: GraphWorld, account: Account, receiver: Receiver
):
    channel = await account.watch(Watch("channel-1", "a secret", receiver.url, in_days(3)))
    assert channel.channel_id == "channel-1"
    await graph.invite(Invite(EVENING))
    await graph.invite(Invite(MORNING))
    await graph.fake.settle()
    changed = Push(channel.resource_id, "a secret", PushKind.CHANGED)
    assert receiver.pushes == [("/push", changed)], "two changes in one body are one push"
    await account.unwatch(channel)
    await account.unwatch(channel)
    await graph.invite(Invite(NEXT_DAY))
    await graph.fake.settle()
    assert receiver.pushes == [("/push", changed)]


@pytest.mark.parametrize(
    ("event", "kind"),
    [
        ("missed", PushKind.MISSED),
        ("subscriptionRemoved", PushKind.REMOVED),
        ("reauthorizationRequired", PushKind.REAUTHORIZE),
    ],
)
async def test_a_subscription_tells_of_itself(
    graph: GraphWorld, account: Account, receiver: Receiver, event, kind
):
    channel = await account.watch(Watch("channel-1", "a secret", receiver.url, in_days(3)))
    graph.fake.tell_of_life(channel.resource_id, event)
    await graph.fake.settle()
    assert receiver.pushes == [("/push/lifecycle", Push(channel.resource_id, "a secret", kind))]


@pytest.mark.parametrize(
    ("wanted", "least", "most"),
    [
        (30, 6.9, 7.0),  # more than Graph gives
        (3, 2.99, 3.01),
        (0.001, 0.03, 0.032),  # less than 45 minutes are 45
    ],
)
async def test_a_watch_lasts_as_long_as_granted(
    account: Account, receiver: Receiver, wanted, least, most
):
    channel = await account.watch(Watch("channel-1", "secret", receiver.url, in_days(wanted)))
    assert in_days(least) <= channel.until_at <= in_days(most)


async def test_a_receiver_that_does_not_answer_gets_no_subscription(
    account: Account, receiver: Receiver
):
    receiver.is_deaf = True
    with pytest.raises(CalendarRefused, match="refused"):
        await account.watch(Watch("channel-1", "secret", receiver.url, in_days(1)))


async def test_an_unwatch_that_fails_says_so(
    graph: GraphWorld, account: Account, receiver: Receiver
):
    channel = await account.watch(Watch("channel-1", "secret", receiver.url, in_days(1)))
    graph.fake.faults.append((403, "ErrorAccessDenied"))
    with pytest.raises(CalendarRefused, match="forbidden"):
        await account.unwatch(channel)
