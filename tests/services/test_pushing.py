"""Channels opened, renewed and closed, and what comes through them, between real HTTP servers."""

import json
import time

import aiohttp
import pytest

from bot.calendars.push import MOST_BYTES
from bot.domain.spans import Span
from bot.services.pushing import OVERLAP_S, WISH_S, secret_hash
from tests.calendars.fake_google import Fault
from tests.calendars.memory import MemoryServer
from tests.calendars.offices import browsing, google_office, graph_office, memory_office, offer
from tests.conftest import enrolled

pytestmark = pytest.mark.slow

HOUR = 3_600


async def connect(office, provider, email):
    ana = office.sandbox.add_user("ana", "Europe/Vienna")
    await enrolled(office, ana)
    await office.settle()
    answer = await ana.command("/boundaries", "calendar")
    async with browsing() as browser:
        url = offer(answer.message.blocks, f"calendar_open_{provider}")["url"]
        assert (await browser.press(url))[0] == 200
    await office.settle()


@pytest.fixture
async def google(tmp_path):
    """Ana's Google calendar is connected and watched."""
    async with google_office(tmp_path) as (office, google):
        google.calendars.person("ana@example.com")
        google.calendars.person("bo@example.com")
        google.sign_in.visitor = "ana@example.com"
        await connect(office, "google", "ana@example.com")
        await google.push()
        google.office = office
        yield google


@pytest.fixture
async def graph(tmp_path):
    """Ana's Microsoft calendar is connected and watched."""
    async with graph_office(tmp_path) as (office, graph):
        graph.exchange.add("ana@example.com")
        graph.exchange.add("bo@example.com")
        graph.login.person = "ana@example.com"
        await connect(office, "graph", "ana@example.com")
        graph.office = office
        yield graph


async def due(office):
    """Whether the calendar is to be visited now."""
    (row,) = await office.rows("SELECT due_at, token, watch_at FROM calendars")
    return row["due_at"] <= office.clock.now().timestamp()


async def post(office, path, *, headers=None, body=b""):
    url = f"{office.settings.slack.public_url}/calendars/{path}"
    async with (
        aiohttp.ClientSession() as session,
        session.post(url, headers=headers, data=body) as answer,
    ):
        return answer.status, await answer.text()


async def channels(office):
    return await office.rows("SELECT * FROM push_channels ORDER BY until_at")


async def expired_by(office, seconds):
    """As if so many seconds had gone by, for channels and their renewal."""
    async with office.bot.database.transaction() as tx:
        for column in (
            "push_channels SET until_at = until_at",
            "calendars SET watch_at = watch_at",
        ):
            await tx.exec_driver_sql(f"UPDATE {column} - {seconds}")


def meet(google):
    at = int(google.office.clock.now().timestamp()) + HOUR
    return google.calendars.meet("bo@example.com", Span(at, at + HOUR), ["ana@example.com"])


async def test_a_push_brings_a_visit(google):
    office = google.office
    assert not await due(office)
    meet(google)
    assert await google.push() == 1
    await office.settle()
    assert len(await office.rows("SELECT uid FROM occurrences")) == 1


async def test_only_the_hash_of_a_secret_is_kept(google):
    (row,) = await channels(google.office)
    (channel,) = google.channels.values()
    assert row["secret_hash"] == secret_hash(channel.token)
    assert channel.token not in str(row)
    assert len(channel.token) >= 43
    assert channel.address == f"{google.office.settings.slack.public_url}/calendars/google/push"


def headers_of(channel, **changed):
    named = {
        "channel-id": channel.id,
        "channel-token": channel.token,
        "resource-id": channel.resource_id,
        "resource-state": "exists",
        "message-number": "7",
    } | {key.replace("_", "-"): value for key, value in changed.items()}
    return {f"X-Goog-{name}": value for name, value in named.items() if value}


@pytest.mark.parametrize(
    "changed",
    [
        {"channel_token": "guessed"},
        {"channel_id": "unknown"},
        {"resource_id": "another"},
        {"channel_token": ""},
        {"resource_state": "add"},
        {"channel_token": "ü"},
        {"channel_token": "x" * 1_000},
    ],
)
async def test_whoever_does_not_know_the_secret_moves_nothing(google, changed):
    (channel,) = google.channels.values()
    headers = headers_of(channel, **changed)
    assert await post(google.office, "google/push", headers=headers) == (404, "")
    assert not await due(google.office)


async def test_that_a_channel_works_is_no_news(google):
    (channel,) = google.channels.values()
    headers = headers_of(channel, resource_state="sync")
    assert await post(google.office, "google/push", headers=headers) == (202, "")
    assert not await due(google.office)


async def test_the_right_secret_is_enough(google):
    (channel,) = google.channels.values()
    status, _ = await post(google.office, "google/push", headers=headers_of(channel))
    assert status == 202


async def test_while_the_database_is_away_the_server_is_asked_to_send_it_again(google):
    (channel,) = google.channels.values()
    async with google.office.bot.database.transaction() as tx:
        await tx.exec_driver_sql("ALTER TABLE push_channels RENAME TO elsewhere")
    status, _ = await post(google.office, "google/push", headers=headers_of(channel))
    async with google.office.bot.database.transaction() as tx:
        await tx.exec_driver_sql("ALTER TABLE elsewhere RENAME TO push_channels")
    assert status == 503


async def test_a_channel_is_renewed_by_another_before_it_ends(google):
    office = google.office
    (first,) = await channels(office)
    assert abs(first["until_at"] - time.time() - WISH_S) < 60
    await expired_by(office, WISH_S - OVERLAP_S - 60)
    await office.settle()
    assert len(await channels(office)) == 1
    await expired_by(office, 120)
    await office.settle()
    old, new = await channels(office)
    assert old["channel_id"] == first["channel_id"]
    assert old["until_at"] > time.time() + OVERLAP_S - 300
    assert old["secret_hash"] != new["secret_hash"]
    assert set(google.channels) == {old["channel_id"], new["channel_id"]}
    await google.push()
    meet(google)
    assert await google.push() == 2
    await office.settle()
    assert len(await office.rows("SELECT uid FROM occurrences")) == 1
    await expired_by(office, OVERLAP_S)
    async with office.bot.database.transaction() as tx:
        await tx.exec_driver_sql("UPDATE calendars SET watch_at = watch_at + 1000000")
    await office.settle()
    assert [row["channel_id"] for row in await channels(office)] == [new["channel_id"]]


async def test_a_watch_that_fails_is_tried_again_within_the_hour(tmp_path):
    async with google_office(tmp_path) as (office, google):
        google.calendars.person("ana@example.com")
        google.sign_in.visitor = "ana@example.com"
        google.faults.append(Fault(503, method="calendar.events.watch"))
        await connect(office, "google", "ana@example.com")
        assert await channels(office) == []
        (row,) = await office.rows("SELECT watch_at, code FROM calendars")
        assert 0 < row["watch_at"] - time.time() <= HOUR
        assert row["code"] == ""
        await expired_by(office, HOUR)
        await office.settle()
        assert len(await channels(office)) == 1


@pytest.mark.parametrize("public_url", ["", "https://offhours.invalid"])
async def test_who_cannot_be_told_reads_instead(tmp_path, public_url):
    """Without an address nothing is asked for; a server that cannot push is asked once."""
    memory = MemoryServer()
    calendar = memory.add("ana@example.com")
    calendar.capabilities = type(calendar.capabilities)(
        occurrence_replies=True, proposals=True, push=False, hours=True
    )
    async with memory_office(tmp_path, memory, public_url=public_url) as office:
        ana = office.sandbox.add_user("ana", "Europe/Vienna")
        await enrolled(office, ana)
        await office.settle()
        await office.bot.services.connecting.discover(
            "T0SANDBOX", ana.id, "here", "ana@example.com", calendar.secret
        )
        await office.settle()
        assert "watch" not in calendar.calls
        (row,) = await office.rows("SELECT synced_at, watch_at FROM calendars")
        assert row["synced_at"] is not None
        assert (row["watch_at"] > time.time()) == bool(public_url)


async def test_microsoft_shakes_hands_and_pushes(graph):
    office = graph.office
    (row,) = await channels(office)
    assert list(graph.subscriptions) == [row["resource_id"]]
    now = office.clock.now()
    graph.exchange.invite(
        "bo@example.com", {"ana@example.com": "required"}, now, now.replace(hour=23), subject="Late"
    )
    graph.notify()
    await graph.settle()
    await office.settle()
    assert graph.delivered[-1] == 202
    assert len(await office.rows("SELECT uid FROM occurrences")) == 1


async def test_the_handshake_gives_back_what_it_was_given(graph):
    path = "graph/push?validationToken=a%2Bb+%3Cscript%3E%C3%BC"
    assert await post(graph.office, path) == (200, "a+b <script>ü")


def notification(graph, secret=None, **more):
    (made,) = graph.subscriptions.values()
    state = made.asked["clientState"] if secret is None else secret
    item = {"subscriptionId": made.id, "clientState": state, "changeType": "updated", **more}
    return json.dumps({"value": [item]}).encode()


async def test_a_wrong_client_state_moves_nothing(graph):
    body = notification(graph, secret="guessed")
    for path in ("graph/push", "graph/push/lifecycle"):
        assert await post(graph.office, path, body=body) == (404, "")
    for body in (b"", b"[]", b"{" * 9_999, b"x" * (MOST_BYTES + 1)):
        assert await post(graph.office, "graph/push", body=body) == (404, "")
    assert not await due(graph.office)


async def test_one_genuine_notification_among_others_counts(graph):
    good = json.loads(notification(graph))["value"]
    forged = json.loads(notification(graph, secret="guessed"))["value"]
    body = json.dumps({"value": [*forged, *good]}).encode()
    assert (await post(graph.office, "graph/push", body=body))[0] == 202


async def test_missed_pushes_make_everything_be_read(graph):
    before = len([each for each in graph.requests if "delta" in each])
    (made,) = graph.subscriptions.values()
    async with graph.office.bot.database.transaction() as tx:
        await tx.exec_driver_sql("UPDATE calendars SET lease_until = 9000000000")
    graph.tell_of_life(made.id, "missed")
    await graph.settle()
    (row,) = await graph.office.rows("SELECT token FROM calendars")
    assert row["token"] == ""
    assert await due(graph.office)
    async with graph.office.bot.database.transaction() as tx:
        await tx.exec_driver_sql("UPDATE calendars SET lease_until = 0")
    await graph.office.settle()
    assert len([each for each in graph.requests if "delta" in each]) > before


@pytest.mark.parametrize(
    ("event", "left"), [("subscriptionRemoved", 1), ("reauthorizationRequired", 2)]
)
async def test_a_channel_that_ends_is_replaced(graph, event, left):
    (first,) = await channels(graph.office)
    graph.tell_of_life(first["resource_id"], event)
    await graph.settle()
    await graph.office.settle()
    assert len(await channels(graph.office)) == left
    assert len(graph.subscriptions) == left
    assert {row["resource_id"] for row in await channels(graph.office)} == set(graph.subscriptions)


async def test_a_calendar_disconnected_meanwhile_is_not_watched(google):
    """The channel opened in between is closed again."""
    office = google.office
    async with office.bot.database.transaction() as tx:
        await tx.exec_driver_sql("UPDATE calendars SET watch_at = 0, connected_at = 1")
    pushing = office.bot.services.pushing
    (row,) = [await office.bot.services.calendar_choices.connected("T0SANDBOX", each["user_id"])
              for each in await office.rows("SELECT user_id FROM calendars")]  # fmt: skip
    async with office.bot.database.transaction() as tx:
        await tx.exec_driver_sql("UPDATE calendars SET connected_at = 2")
    before = set(google.channels)
    await pushing._look_at(row)
    assert set(google.channels) == before
