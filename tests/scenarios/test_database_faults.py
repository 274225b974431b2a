"""The database fails for a while: Slack sends again, texts are handed back, nothing is lost."""

import asyncio
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import asyncpg
import pytest

from bot.errors import StorageDown
from tests.conftest import Postgres, enrolled
from tests.scenarios.outages import (
    on_a_full_disk,
    on_a_locked_file,
    on_a_server_that_stops,
    without_room,
)

MONDAY_OPENING = datetime(2026, 10, 26, 8, 0, tzinfo=UTC)
SLACK_WAITS_S = 3


@pytest.fixture
def own_server():
    """A PostgreSQL server that may be stopped."""
    with tempfile.TemporaryDirectory(prefix="offhours-own-") as folder:
        server = Postgres(Path(folder))
        asyncio.run(server.prepare())
        yield server
        server.stop()


SCENES = {
    "locked file": (on_a_locked_file, None),
    "full disk": (on_a_full_disk, None),
    "no room in postgresql": (without_room, "postgres_url"),
    "restarted postgresql": (on_a_server_that_stops, "own_server"),
}


@pytest.fixture(params=SCENES)
def opening(request, tmp_path):
    """A kind of database, not yet opened; servers are started outside of the test's loop."""
    opens, needs = SCENES[request.param]
    return opens(tmp_path, *([request.getfixturevalue(needs)] if needs else []))


@pytest.fixture
async def scene(opening):
    """A bot whose database is about to fail."""
    async with opening as found:
        found.ana = found.sandbox.add_user("ana", "Europe/Vienna")
        found.bo = found.sandbox.add_user("bo", "Europe/Lisbon")
        members = [found.ana, found.bo, found.app]
        found.room = found.sandbox.add_channel("design", members)
        for person, hours in ((found.ana, "set mon-fri 9-17"), (found.bo, "set mon-fri 10-23")):
            await person.command("/hours", hours)
        enrolled_at = await found.rows("SELECT enrolled_at FROM people WHERE weekly IS NOT NULL")
        assert len(enrolled_at) == 2
        yield found


async def in_time(answering):
    """The answer, which came before Slack gave up."""
    began = time.monotonic()
    answer = await answering
    assert answer.status == 200
    assert time.monotonic() - began < SLACK_WAITS_S
    return answer


async def until(done):
    """Wait for what the workers do by themselves."""
    async with asyncio.timeout(30):
        while not done():  # noqa: ASYNC110 - the sandbox has no bell for it
            await asyncio.sleep(0.1)


def said_to(scene, person):
    """All that somebody got by direct message; one post may carry several texts."""
    dm = scene.sandbox.dm(scene.app, person)
    return "\n".join(message.text for message in scene.sandbox.messages(dm.id))


@pytest.mark.slow
async def test_an_outage_under_five_minutes_loses_nothing(scene):
    clock, bo, room = scene.clock, scene.bo, scene.room
    assert "Held for" in (await bo.command("/later", "@ana from before", room)).text
    form = await bo.shortcut("send_later")
    await scene.settle()
    began_at = clock.now()
    async with scene.outage():
        several = [bo.command("/later", f"@ana in between {n}", room) for n in range(3)]
        for number, answer in enumerate(await asyncio.gather(*map(in_time, several))):
            assert "could not be saved" in answer.text
            assert f"> in between {number}" in answer.text.replace(f"<@{scene.ana.id}>", ">")
        refused = await in_time(bo.submit(form.view, {"people": [scene.ana.id], "message": "hm"}))
        assert "leave this window open" in str(refused.errors)
        await bo.post(room, "urgently, @ana")
        clock.set(began_at + timedelta(minutes=1))
        await scene.sandbox.settle()
        (event,) = [each for each in scene.sandbox.deliveries if each.event.get("text")]
        assert (event.status, event.attempts, event.done) == (503, 3, False)
    clock.set(began_at + timedelta(minutes=5))
    await scene.settle()
    assert (event.status, event.done) == (200, True)
    contacts = await scene.rows("SELECT recipient_id, outcome FROM contacts WHERE reason <> 'held'")
    assert contacts == [{"recipient_id": scene.ana.id, "outcome": "breach"}]
    flags = scene.sandbox.calls_to("chat.postEphemeral")
    assert [flag.response["ok"] for flag in flags] == [True]
    assert "Held for" in (await bo.command("/later", "@ana from after", room)).text
    clock.set(MONDAY_OPENING)
    await until(lambda: "from after" in said_to(scene, scene.ana))
    await scene.settle()
    said = said_to(scene, scene.ana)
    counts = [said.count(each) for each in ("from before", "in between", "hm", "from after")]
    assert counts == [1, 0, 0, 1]


@pytest.mark.slow
async def test_what_is_due_in_an_outage_is_delivered_once_after_it(scene):
    """The workers fail, wait and go on by themselves."""
    await scene.bo.command("/later", "@ana good morning", scene.room)
    await scene.settle()
    async with scene.outage():
        scene.clock.set(MONDAY_OPENING)
        await asyncio.sleep(4)
        assert said_to(scene, scene.ana) == ""
    await until(lambda: said_to(scene, scene.ana))
    await scene.settle()
    assert said_to(scene, scene.ana).count("good morning") == 1
    assert await scene.rows("SELECT state FROM held_messages") == [{"state": "released"}]


TERMINATE = (
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
    "WHERE datname = current_database() AND pid <> pg_backend_pid()"
)


@pytest.fixture
async def two(postgres_office):
    office = postgres_office
    office.ana = office.sandbox.add_user("ana", "Europe/Vienna")
    office.bo = office.sandbox.add_user("bo", "Europe/Lisbon")
    await enrolled(office, office.ana)
    await enrolled(office, office.bo, "mon-fri 10-23")
    return office


@pytest.fixture
async def other(postgres_url):
    """A connection beside the bot's own."""
    connection = await asyncpg.connect(postgres_url)
    yield connection
    await connection.close()


@pytest.mark.slow
async def test_a_connection_lost_in_mid_transaction_hands_the_text_back(two, other):
    """The hold is written, whom it is for is not: the connection ends just between."""
    async with other.transaction():
        await other.execute("LOCK TABLE hold_recipients")
        asking = asyncio.create_task(two.bo.command("/later", "@ana halfway"))
        ended = None
        while ended is None:
            ended = await other.fetchval(f"{TERMINATE} AND wait_event_type = 'Lock'")
        answer = await asking
    assert "could not be saved" in answer.text
    assert answer.text.endswith("halfway")
    assert await two.rows("SELECT id FROM held_messages") == []
    assert "Held for" in (await two.bo.command("/later", "@ana whole")).text
    await two.at(MONDAY_OPENING)
    said = said_to(two, two.ana)
    assert (said.count("halfway"), said.count("whole")) == (0, 1)


@pytest.mark.slow
async def test_a_locked_table_hands_the_text_back_in_time(two, other):
    async with other.transaction():
        await other.execute("LOCK TABLE held_messages")
        answer = await in_time(two.bo.command("/later", "@ana stuck"))
    assert answer.text.endswith("stuck")
    assert await two.rows("SELECT id FROM held_messages") == []


@pytest.mark.slow
async def test_connections_lost_while_releasing_lose_and_double_nothing(two, other):
    readers = [two.sandbox.add_user(f"reader{n}", "Europe/Vienna") for n in range(8)]
    for reader in readers:
        await enrolled(two, reader)
        for number in range(3):
            answer = await two.bo.command("/later", f"@{reader.name} token {number}.")
            assert "Held for" in answer.text
    two.clock.set(MONDAY_OPENING)
    two.bot.scheduler.wake("release")
    for _ in range(6):
        await asyncio.sleep(0.15)
        await other.execute(TERMINATE)
    left = True
    while left:
        try:
            await two.settle()
        except* StorageDown:
            pass  # only now it is noticed that a connection is gone
        # Waits and leases follow the machine's clock; here they have run out.
        await other.execute("UPDATE held_messages SET retry_at = 0, lease_until = 0")
        left = await other.fetchval("SELECT count(*) FROM held_messages WHERE state <> 'released'")
    for reader in readers:
        said = said_to(two, reader)
        assert [said.count(f"token {number}.") for number in range(3)] == [1, 1, 1]
