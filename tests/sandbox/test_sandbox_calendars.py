"""The calendars beside the workspace: a real server, its proxy, and people's hands in them."""

import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple
from zoneinfo import ZoneInfo

import aiohttp
import pytest

from sandbox.calendars import (
    HOST,
    Calendars,
    Meeting,
    NotTaken,
    Principal,
    Proxy,
    Server,
    is_installed,
    server,
)

PASSWORD = "a password for one app"
NEW_YORK = ZoneInfo("America/New_York")
NOON = datetime(2026, 10, 28, 12, tzinfo=NEW_YORK)
HOUR = timedelta(hours=1)
FRIDAY = datetime(2026, 10, 23, 14, tzinfo=UTC)


class Pair(NamedTuple):
    """Two people on one server."""

    proxy: Proxy
    ana: Principal
    bo: Principal


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """One server for these tests."""
    with server(tmp_path_factory.mktemp("calendars")) as found:
        yield found


@pytest.fixture
async def pair(running: Server, request: pytest.FixtureRequest) -> AsyncIterator[Pair]:
    """Two new people for each test."""
    users = [f"{name}-{request.node.name}" for name in ("ana", "bo")]
    async with Proxy(running).running() as proxy:
        people = [await proxy.add(user, f"{user}@example.com", PASSWORD) for user in users]
        yield Pair(proxy, *people)


def at_noon(**values: object) -> Meeting:
    """An hour at noon in New York."""
    given = {"title": "Review", "start": NOON, "end": NOON + HOUR, "made_at": FRIDAY}
    return Meeting(**given | values)


async def asked(proxy: Proxy, user: str, password: str) -> int:
    """The status of a request for one's own calendar."""
    login = aiohttp.encode_basic_auth(user, password)
    headers = {"Authorization": login, "Depth": "0"}
    url = f"{proxy.url}/{user}/calendars/calendar/"
    async with (
        aiohttp.ClientSession(headers=headers) as session,
        session.request("PROPFIND", url) as answer,
    ):
        return answer.status


async def test_the_proxy_knows_the_passwords(pair: Pair) -> None:
    user = pair.ana.user
    assert await asked(pair.proxy, user, PASSWORD) == 207
    assert await asked(pair.proxy, user, "another") == 401
    assert await asked(pair.proxy, "nobody", PASSWORD) == 401
    assert [path for _, path, _ in pair.proxy.seen] == [f"/{user}/calendars/calendar/"]


async def test_the_proxy_can_be_down(pair: Pair) -> None:
    pair.proxy.is_down = True
    assert await asked(pair.proxy, pair.ana.user, PASSWORD) == 503
    pair.proxy.is_down = False
    assert await asked(pair.proxy, pair.ana.user, PASSWORD) == 207


async def test_an_invite_arrives_and_its_answer_comes_back(pair: Pair) -> None:
    uid = await pair.bo.invite(pair.ana, at_noon())
    _, copy = await pair.ana.held(uid)
    (event,) = copy.events
    assert (event["dtstart"].dt, event["dtend"].dt) == (NOON, NOON + HOUR)
    assert event["created"].dt == FRIDAY
    assert await pair.ana.uid("Review") == uid
    assert await pair.bo.answer_of(pair.ana, uid) == "NEEDS-ACTION"
    assert await pair.bo.comments(uid) == []
    await pair.ana.answer(uid, "ACCEPTED")
    assert await pair.bo.answer_of(pair.ana, uid) == "ACCEPTED"
    assert await pair.bo.comments(uid) == [""]


async def test_a_move_and_a_cancellation_arrive(pair: Pair) -> None:
    uid = await pair.bo.invite(pair.ana, at_noon())
    later = NOON + timedelta(days=1)
    await pair.bo.move(uid, later, later + HOUR)
    _, copy = await pair.ana.held(uid)
    (event,) = copy.events
    assert (event["dtstart"].dt, event["dtend"].dt) == (later, later + HOUR)
    assert int(event["sequence"]) == 1
    await pair.bo.delete(uid)
    _, copy = await pair.ana.held(uid)
    assert str(copy.events[0]["status"]) == "CANCELLED"
    with pytest.raises(KeyError):
        await pair.bo.held(uid)


async def test_a_series_follows_the_clocks_of_its_zone(pair: Pair) -> None:
    uid = await pair.bo.invite(pair.ana, at_noon(weeks=3, is_optional=True))
    _, copy = await pair.ana.held(uid)
    text = copy.to_ical().decode()
    assert "DTSTART;TZID=America/New_York:20261028T120000" in text
    assert "RRULE:FREQ=WEEKLY;COUNT=3" in text
    assert "ROLE=OPT-PARTICIPANT" in text


async def test_of_a_whole_day_the_dates_count(pair: Pair) -> None:
    uid = await pair.bo.invite(pair.ana, at_noon(end=NOON + 24 * HOUR, is_all_day=True))
    _, copy = await pair.ana.held(uid)
    assert "DTSTART;VALUE=DATE:20261028" in copy.to_ical().decode()


async def test_what_the_server_refuses_is_not_taken(pair: Pair) -> None:
    uid = await pair.bo.invite(pair.ana, at_noon())
    with pytest.raises(NotTaken):
        await pair.ana.move(uid, NOON + HOUR, NOON + 2 * HOUR)


async def test_the_server_is_started_for_the_first_and_gone_at_the_end() -> None:
    calendars = Calendars()
    await calendars.close()
    calendars = Calendars()
    ana = await calendars.add("Ana", "ana@example.com", PASSWORD)
    bo = await calendars.add("Bo", "bo@example.com", PASSWORD)
    assert calendars.people == {"Ana": ana, "Bo": bo}
    assert (ana.user, ana.proxy) == ("ana", bo.proxy)
    assert await asked(ana.proxy, "bo", PASSWORD) == 207
    started = ana.proxy.server
    assert started.process.poll() is None
    await calendars.close()
    assert started.process.poll() is not None
    assert not started.folder.exists()


def test_a_server_that_ends_is_not_waited_for(tmp_path: Path) -> None:
    assert is_installed()
    with subprocess.Popen([sys.executable, "-c", ""]) as process:
        process.wait()
        with pytest.raises(TimeoutError):
            Server(f"http://{HOST}:1", tmp_path, 1, process).wait()
