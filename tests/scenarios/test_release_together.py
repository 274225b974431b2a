"""Several held messages for one reader: bundled per author, spread over the first minutes."""

import asyncio
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from sandbox import Fault
from tests.conftest import enrolled

pytestmark = pytest.mark.slow

OPENING = datetime(2026, 10, 26, 9, tzinfo=ZoneInfo("Europe/Vienna"))
MINUTE = timedelta(minutes=1)


@pytest.fixture
async def crew(any_office):
    office = any_office
    for name in ("ana", "bo", "cy", "di"):
        person = office.sandbox.add_user(name, "Europe/Vienna")
        setattr(office, name, person)
        await enrolled(office, person)
    return office


def received(office, reader):
    return [
        message.text
        for message in office.sandbox.messages(office.sandbox.dm(office.app, reader).id)
    ]


async def held(office, author, *texts):
    for text in texts:
        assert "Held" in (await author.command("/later", f"@ana {text}")).text


async def states(office):
    rows = await office.rows("SELECT state, count(*) AS n FROM held_messages GROUP BY 1 ORDER BY 1")
    return {row["state"]: row["n"] for row in rows}


async def expire_leases(office):
    async with office.bot.database.transaction() as tx:
        await tx.exec_driver_sql(
            "UPDATE held_messages SET lease_until = 0, retry_at = 0, claimed_by = ''"
        )


async def test_what_one_author_held_is_one_post_in_order(crew):
    await held(crew, crew.bo, "first", "second", "third")
    await crew.at(OPENING)
    (text,) = received(crew, crew.ana)
    assert "wrote 3 messages" in text
    assert text.index("first") < text.index("second") < text.index("third")
    assert await states(crew) == {"released": 3}
    (post,) = crew.sandbox.calls_to("chat.postMessage")
    assert len(post.params["blocks"]) <= 50
    rows = await crew.rows("SELECT DISTINCT released_ts, sealed FROM held_messages")
    assert len(rows) == 1
    assert rows[0]["sealed"] is None


async def test_more_than_ten_are_more_than_one_post(crew):
    await held(crew, crew.bo, *(f"number {n:02}" for n in range(13)))
    await crew.at(OPENING)
    texts = received(crew, crew.ana)
    assert ["wrote 10 messages" in texts[0], "wrote 3 messages" in texts[1]] == [True, True]
    assert all(sum(f"number {n:02}" in text for text in texts) == 1 for n in range(13))


async def test_several_authors_arrive_over_the_first_minutes(crew):
    await held(crew, crew.bo, "from bo")
    await held(crew, crew.cy, "from cy")
    await held(crew, crew.di, "from di", "more from di")
    await crew.at(OPENING)
    assert len(received(crew, crew.ana)) == 1
    arrived = []
    for minutes in range(1, 6):
        await asyncio.sleep(0.6)  # Slack takes one message a second into a conversation
        await crew.at(OPENING + minutes * MINUTE)
        arrived.append(len(received(crew, crew.ana)))
    assert arrived == [1, 2, 2, 3, 3], "a third of five minutes apart"
    assert await states(crew) == {"released": 4}


async def test_a_spread_of_nothing_delivers_at_once(crew):
    await crew.bot.services.policies.apply_file("T0SANDBOX", {"release_spread_min": 0})
    await held(crew, crew.bo, "from bo")
    await held(crew, crew.cy, "from cy")
    await crew.at(OPENING)
    assert len(received(crew, crew.ana)) == 2


async def test_what_its_author_sends_now_does_not_wait_for_others(crew):
    await held(crew, crew.bo, "from bo")
    await held(crew, crew.cy, "from cy")
    await crew.cy.command("/later", "send 1")
    await crew.settle()
    assert ["from cy" in text for text in received(crew, crew.ana)] == [True]


@pytest.mark.parametrize("fault", ["drop_answer", "status"])
async def test_an_unclear_bundle_is_looked_for_and_delivered_once(crew, fault):
    await held(crew, crew.bo, "first", "second")
    faults = {"drop_answer": Fault.drop_answer(), "status": Fault.status(500)}
    crew.sandbox.faults.add("chat.postMessage", faults[fault])
    await crew.at(OPENING)
    assert await states(crew) == {"releasing": 2}
    await expire_leases(crew)
    await crew.settle()
    (text,) = received(crew, crew.ana)
    assert "wrote 2 messages" in text
    assert await states(crew) == {"released": 2}


async def test_a_bundle_that_slack_refuses_goes_out_one_by_one(crew):
    await held(crew, crew.bo, "first", "second")
    refusal = Fault.error("msg_too_long").only_when(lambda given: "first" in given["text"])
    crew.sandbox.faults.add("chat.postMessage", refusal)
    await crew.at(OPENING)
    texts = received(crew, crew.ana)
    assert ["first" in texts[0], "second" in texts[1]] == [True, True]
    assert await states(crew) == {"released": 2}


async def test_one_of_a_bundle_that_is_refused_alone_comes_back(crew):
    await held(crew, crew.bo, "first", "second")
    refusal = Fault.error("msg_too_long", times=2).only_when(lambda given: "first" in given["text"])
    crew.sandbox.faults.add("chat.postMessage", refusal)
    await crew.at(OPENING)
    assert ["second" in text for text in received(crew, crew.ana)] == [True]
    assert ["first" in text for text in received(crew, crew.bo)] == [True]
    assert await states(crew) == {"released": 1, "returned": 1}


async def test_two_workers_cannot_both_send_a_bundle(crew):
    await held(crew, crew.bo, "first", "second")
    crew.sandbox.faults.add("chat.postMessage", Fault.slow(0.3))
    crew.clock.set(OPENING)
    releasing = asyncio.create_task(crew.bot.services.releasing.run_due())
    await asyncio.sleep(0.1)
    await crew.bot.services.releasing.run_due()
    await releasing
    assert len(received(crew, crew.ana)) == 1


async def test_reminders_of_one_author_are_one_list_of_links(crew):
    room = crew.sandbox.add_channel("room", [crew.ana, crew.bo, crew.app])
    for text in ("one, @ana", "two, @ana"):
        await crew.bo.post(room, text)
    await crew.settle()
    flag = crew.sandbox.messages(room.id, as_seen_by=crew.bo)[-1]
    await crew.bo.click(flag, "flag_remind")
    rows = await crew.rows("SELECT ts FROM contacts ORDER BY ts")
    holding = crew.bot.services.holding
    await holding.remind("T0SANDBOX", crew.bo.id, room.id, rows[1]["ts"])
    await crew.at(OPENING)
    links = [text for text in received(crew, crew.ana) if "see the message" in text]
    assert len(links) == 1
    assert links[0].count("see the message") == 2
