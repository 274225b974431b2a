"""Something cannot wait: who is told, what its author reads, and what is said of it next morning."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from bot.digest.facts import VerdictFact
from bot.domain.choices import Choices, Treatment
from bot.domain.contact import UrgentReason
from bot.errors import BadInput, NotPossible
from bot.services.weeks import Weeks
from bot.storage import choices
from bot.wiring import build
from bot.words import urgent as words
from sandbox import Fault
from tests.conftest import enrolled
from tests.scenarios.urgency import (
    MONDAY_OPENING,
    a_night,
    declared,
    flagged,
    opened,
    retry_now,
    said_to,
    silenced,
    team_with,
    urgents,
)

pytestmark = pytest.mark.slow


@pytest.fixture
async def night(any_office):
    return await a_night(any_office)


async def test_the_person_is_told_and_the_author_hears_it(night):
    view = await opened(night)
    assert "*ana* is told at once" in str(view.blocks)
    await night.bo.submit(view, {"reason": "outage", "line": "Nobody can <sign in> & I am lost"})
    flag = night.bo.answers[-1]
    assert flag.text.startswith("Noted as urgent: A service is down. ana is told now.")
    await night.settle()
    (told,) = said_to(night, night.ana)
    assert told.startswith(f"<@{night.bo.id}> says this cannot wait (a service is down): <http")
    assert told.endswith("\n>Nobody can &lt;sign in&gt; &amp; I am lost")
    (heard,) = said_to(night, night.bo)
    assert heard.startswith("ana was told. It notified them as their Slack settings have it")
    assert await urgents(night, "told_id, state, sealed_line") == [
        {"told_id": night.ana.id, "state": "told", "sealed_line": None}
    ]
    assert await night.rows("SELECT outcome, reason FROM contacts") == [
        {"outcome": "urgent", "reason": "outage"}
    ]
    assert await night.rows("SELECT response FROM notices WHERE kind = 'flag'") == [
        {"response": "urgent"}
    ]


async def test_the_line_is_sealed_until_it_is_said(night):
    night.sandbox.faults.add("conversations.open", Fault.rate_limited(60))
    await declared(night, line="the secret line")
    (row,) = await urgents(night, "sealed_line, state")
    assert row["state"] == "due"
    assert b"secret" not in bytes(row["sealed_line"])
    await retry_now(night)
    assert said_to(night, night.ana)[0].endswith(">the secret line")


async def test_whoever_is_on_call_is_told_instead(night):
    await team_with(night, night.cleo, night.dan)
    view = await opened(night, text="down, @ana @dan")
    expected = "*cleo* is on call for *Ops* until Mon 08:00 and is told at once, instead of ana"
    assert expected in str(view.blocks)
    await night.bo.submit(view, {"reason": "outage", "line": "since ten"})
    await night.settle()
    (told,) = said_to(night, night.cleo)
    assert told.startswith("You are on call for Ops. ")
    first, second = sorted((night.ana.id, night.dan.id))
    assert f"wrote to <@{first}> and <@{second}> and says it cannot wait" in told
    assert told.endswith(">since ten")
    assert said_to(night, night.ana) == []
    assert said_to(night, night.dan) == []
    (heard,) = said_to(night, night.bo)
    assert heard.startswith("cleo is on call for Ops until Mon 08:00 and was told")
    assert [row["told_id"] for row in await urgents(night)] == [night.cleo.id] * 2


async def test_an_author_who_is_on_call_reaches_the_person(night):
    await team_with(night, night.cleo)
    await declared(night, author=night.cleo)
    assert len(said_to(night, night.ana)) == 1


async def test_somebody_gone_is_not_told_instead(night):
    await team_with(night, night.cleo)
    await night.cleo.deactivate()
    await night.settle()
    await declared(night)
    assert len(said_to(night, night.ana)) == 1


async def test_a_message_to_the_one_on_call_is_agreed(night):
    await team_with(night, night.ana)
    await night.bo.post(night.room, "down, @ana")
    await night.settle()
    assert await night.rows("SELECT outcome, reason FROM contacts") == [
        {"outcome": "exempt", "reason": "on_call"}
    ]


async def test_what_follows_within_the_hour_is_not_asked_about(night):
    await declared(night)
    night.clock.advance(timedelta(minutes=59))
    await night.bo.post(night.room, "still down, @ana")
    await night.settle()
    night.clock.advance(timedelta(minutes=2))
    await night.bo.post(night.room, "and still, @ana")
    await night.settle()
    outcomes = await night.rows("SELECT outcome, reason FROM contacts ORDER BY at")
    assert [tuple(row.values()) for row in outcomes] == [
        ("urgent", "outage"),
        ("urgent", "declared_urgent"),
        ("breach", "by_mode"),
    ]
    assert len(said_to(night, night.ana)) == 1, "what follows reaches them by itself"


async def test_two_submissions_at_once_tell_once(night):
    flag = await flagged(night)
    declare = night.bot.services.urgent.declare
    about = ("T0SANDBOX", night.bo.id, flag.channel_id)
    (contact,) = await night.rows("SELECT ts FROM contacts")
    done = await asyncio.gather(
        *(declare(*about, contact["ts"], reason) for reason in list(UrgentReason)[:3]),
        return_exceptions=True,
    )
    await night.settle()
    refused = [str(each) for each in done if isinstance(each, BadInput)]
    assert refused == [words.ALREADY] * 2
    assert len(said_to(night, night.ana)) == 1
    assert len(await urgents(night)) == 1


async def test_a_click_after_that_is_told_so(night):
    flag = await flagged(night)
    view = (await night.bo.click(flag, "flag_urgent")).view
    buttons = [dict(block) for block in flag.blocks]
    await night.bo.submit(view, {"reason": "outage"})
    flag.blocks = buttons
    assert (await night.bo.click(flag, "flag_urgent")).view is None
    assert "urgent already" in night.bo.answers[-1].text


async def test_somebody_elses_notice_cannot_be_used(night):
    view = await opened(night)
    stolen = (await opened(night, text="@ana too", author=night.dan)).source
    assert stolen["private_metadata"] != view.source["private_metadata"]
    dans = night.dan.open_views[-1]
    dans.source["private_metadata"] = view.source["private_metadata"]
    answer = await night.dan.submit(dans, {"reason": "outage"})
    assert "for another message, or for somebody else" in str(answer.errors)
    assert await urgents(night) == []


async def test_a_message_that_was_taken_back_is_not_urgent(night):
    flag = await flagged(night)
    async with night.bot.database.transaction() as tx:
        await tx.exec_driver_sql("UPDATE contacts SET outcome = 'averted'")
    assert (await night.bo.click(flag, "flag_urgent")).view is None
    assert "taken back" in night.bo.answers[-1].text


async def test_only_who_was_off_is_told(night):
    night.clock.set(datetime(2026, 10, 23, 19, 30, tzinfo=UTC))
    cy = night.sandbox.add_user("cy", "Europe/Vienna")
    await enrolled(night, cy, "mon-fri 9-23")
    night.everybody.append(cy)
    await declared(night, text="@ana @cy down")
    assert [row["told_id"] for row in await urgents(night)] == [night.ana.id]
    assert said_to(night, cy) == []


async def test_a_day_has_only_so_many(night):
    for text in ("one @ana", "two @cleo", "three @dan"):
        await declared(night, text=text)
    eve = night.sandbox.add_user("eve", "Europe/Vienna")
    await enrolled(night, eve)
    async with night.bot.database.transaction() as tx:
        await tx.exec_driver_sql("UPDATE urgents SET at = at - 7200")  # no hour's grace
    night.everybody.append(eve)
    flag = await flagged(night, text="four @eve")
    assert (await night.bo.click(flag, "flag_urgent")).view is None
    refused = night.bo.answers[-1].text
    assert "3 messages as urgent today" in refused
    assert "a call is surer" in refused
    assert "hold it" in refused
    assert len(await urgents(night)) == 3
    # UTC midnight: another day.
    night.clock.set(datetime(2026, 10, 24, 0, 1, tzinfo=UTC))
    assert (await night.bo.click(flag, "flag_urgent")).view is not None


async def test_two_messages_at_once_cannot_pass_the_days_limit(night):
    await night.bot.services.policies.change("T0SANDBOX", night.bo.id, {"urgent_per_day": 1})
    for text in ("one @ana", "two @cleo"):
        await flagged(night, text=text)
    declare = night.bot.services.urgent.declare
    done = await asyncio.gather(
        *(
            declare("T0SANDBOX", night.bo.id, row["channel_id"], row["ts"], UrgentReason.LAW)
            for row in await night.rows("SELECT channel_id, ts FROM contacts")
        ),
        return_exceptions=True,
    )
    assert [str(each) for each in done if isinstance(each, NotPossible)] == [words.day_used_up(1)]
    assert len(await urgents(night)) == 1


async def test_a_used_up_budget_is_said_and_stops_nobody(night):
    await team_with(night)
    await night.bot.services.policies.change("T0SANDBOX", night.bo.id, {"urgent_per_week": 2})
    await declared(night, text="one @ana @cleo")
    view = await opened(night, text="two @dan")
    assert "budget" not in str(view.blocks)
    await night.bo.submit(view, {"reason": "outage"})
    async with night.bot.database.transaction() as tx:
        await tx.exec_driver_sql("UPDATE urgents SET at = at - 7200")
    night.clock.set(datetime(2026, 10, 25, 12, 0, tzinfo=UTC))
    view = await opened(night, text="three @ana")
    assert "Ops has used up this week’s budget for urgent messages (2 a week)." in str(view.blocks)
    assert "It still goes through" in str(view.blocks)
    await night.bo.submit(view, {"reason": "outage"})
    assert len(await urgents(night)) == 4
    # Monday 00:00 in the team's zone begins another week.
    night.clock.set(datetime(2026, 10, 25, 23, 0, tzinfo=UTC))
    assert "budget" not in str((await opened(night, text="four @cleo")).blocks)


async def test_a_line_of_three_hundred_characters_is_the_longest(night):
    view = await opened(night)
    night.bo.open_views[-1].blocks[1]["element"].pop("max_length")
    answer = await night.bo.submit(view, {"reason": "outage", "line": "x" * 301})
    assert "301 characters; 300 fit" in str(answer.errors)


def questions(office, person):
    shown = office.sandbox.messages(office.sandbox.dm(office.app, person).id)
    return [message for message in shown if "verdict_waited" in str(message.blocks)]


async def test_next_morning_one_message_asks_about_all_of_them(night):
    await declared(night, text="one @ana")
    await declared(night, text="two @ana", author=night.dan)
    await night.at(MONDAY_OPENING - timedelta(seconds=1))
    assert len(said_to(night, night.ana)) == 2
    await night.at(MONDAY_OPENING)
    (asked,) = questions(night, night.ana)
    assert str(asked.blocks).count("Could have waited") == 2
    one, two = await urgents(night, "marker, author_id")
    await night.ana.click(asked, "verdict_urgent", one["marker"])
    await night.ana.click(asked, "verdict_waited", two["marker"])
    assert [row["verdict"] for row in await urgents(night, "verdict")] == ["urgent", "waited"]
    assert str(asked.blocks).count("Could have waited") == 2, "it can still be changed"
    assert "Noted: it could have waited" in str(asked.blocks)
    await night.ana.click(asked, "verdict_waited", one["marker"])
    assert [row["verdict"] for row in await urgents(night, "verdict")] == ["waited", "waited"]
    await night.settle()
    assert not any("waited" in text for text in said_to(night, night.bo)), "never to the author"


async def test_what_was_asked_once_is_not_asked_again(night):
    await declared(night, text="one @ana")
    await night.at(MONDAY_OPENING)
    night.clock.set(datetime(2026, 10, 26, 20, 0, tzinfo=UTC))
    await declared(night, text="two @ana")
    await night.at(datetime(2026, 10, 27, 8, 0, tzinfo=UTC))
    assert [str(each.blocks).count("Was urgent") for each in questions(night, night.ana)] == [1, 1]


async def test_declared_before_an_opening_and_told_after_it_is_asked_about_another_day(night):
    await declared(night, text="one @ana")
    night.clock.set(MONDAY_OPENING - timedelta(minutes=20))
    night.sandbox.faults.add("conversations.open", Fault.rate_limited(60))
    await declared(night, text="two @ana")
    await night.at(MONDAY_OPENING)
    await night.at(MONDAY_OPENING + timedelta(seconds=20))
    await retry_now(night)
    assert [row["state"] for row in await urgents(night)] == ["told", "told"]
    await night.at(datetime(2026, 10, 27, 8, 0, tzinfo=UTC))
    first, second = questions(night, night.ana)
    assert [str(each.blocks).count("Was urgent") for each in (first, second)] == [1, 1]
    assert str(first.blocks) != str(second.blocks)


async def test_a_question_that_was_lost_on_the_way_asks_the_same_again(night):
    await declared(night, text="one @ana")
    asks = Fault.drop_request().only_when(lambda given: "What do you think" in given["text"])
    night.sandbox.faults.add("chat.postMessage", asks)
    await night.at(MONDAY_OPENING)
    assert questions(night, night.ana) == []
    async with night.bot.database.transaction() as tx:
        await tx.exec_driver_sql("UPDATE notices SET lease_until = 0")
    await night.settle()
    assert len(questions(night, night.ana)) == 1


async def test_an_answer_about_somebody_elses_message_is_refused(night):
    await declared(night)
    await night.at(MONDAY_OPENING)
    (asked,) = questions(night, night.ana)
    await night.dan.click(asked, "verdict_waited")
    assert words.NOT_YOURS in night.dan.answers[-1].text
    assert [row["verdict"] for row in await urgents(night, "verdict")] == [""]


async def test_who_takes_leave_is_asked_when_back(night):
    await declared(night)
    await night.ana.command("/hours", "off 26 oct - 8 nov")
    await night.at(MONDAY_OPENING)
    assert questions(night, night.ana) == []
    await night.at(datetime(2026, 11, 9, 8, 0, tzinfo=UTC))
    assert len(questions(night, night.ana)) == 1


async def test_the_one_on_call_judges_what_they_were_told(night):
    await team_with(night, night.cleo)
    await declared(night, text="@ana @dan down")
    await night.at(MONDAY_OPENING)
    assert [len(questions(night, who)) for who in (night.cleo, night.ana, night.dan)] == [1, 0, 0]
    await night.cleo.click(questions(night, night.cleo)[0], "verdict_waited")
    services = night.bot.services
    (team,) = await services.teams.active("T0SANDBOX")
    place = await services.directory.installed("T0SANDBOX")
    weeks = Weeks(night.bot.database, services.directory, None)
    async with night.bot.database.reading() as tx:
        week = await weeks.week(tx, place, team, "2026-W44")
        before = await weeks.week(tx, place, team, "2026-W43")
    judged = (VerdictFact(night.cleo.id, was_urgent=False),)
    assert week.verdicts == judged, "one message, one verdict, in the week it was given"
    assert before.verdicts == ()


@pytest.mark.parametrize(
    ("urgent_rings", "heard"),
    [
        (True, words.RANG),
        (False, words.silent("Mon 09:00 their time (08:00 for you)")),
    ],
)
async def test_who_is_silenced_is_rung_up_where_they_allowed_that(night, urgent_rings, heard):
    await silenced(night, night.ana, urgent_rings=urgent_rings)
    before = night.ana.snooze_until
    assert before > night.clock.now()
    await declared(night)
    (told,) = night.sandbox.messages(night.sandbox.dm(night.app, night.ana).id)
    assert (night.ana.id in told.rang_for) is urgent_rings
    assert said_to(night, night.bo) == [f"ana was told{heard}"]
    assert night.ana.snooze_until == before, "and snoozed again"


async def test_the_one_on_call_who_snoozes_is_not_said_to_have_heard(night):
    await team_with(night, night.cleo)
    await silenced(night, night.cleo, urgent_rings=True)
    await night.cleo.end_snooze()
    await night.cleo.snooze(600)
    await declared(night)
    (heard,) = said_to(night, night.bo)
    assert heard.startswith("cleo is on call for Ops until Mon 08:00 and was told, but")
    assert "it does not ring" in heard


async def test_the_one_on_call_at_work_is_not_said_to_have_been_woken(night):
    await enrolled(night, night.cleo, "mon-sun 8-23:30")
    await team_with(night, night.cleo)
    await silenced(night, night.cleo, urgent_rings=True)
    await declared(night)
    (heard,) = said_to(night, night.bo)
    assert heard.startswith("cleo is on call for Ops until Mon 08:00 and was told.")
    assert "quiet time" not in heard


async def test_who_chose_silence_from_the_author_is_neither_named_nor_told(night):
    await silenced(night, night.dan, urgent_rings=True)
    async with night.bot.database.transaction() as tx:
        chosen = Choices(sources={night.bo.id: Treatment.SILENT}, silence=True, urgent_rings=True)
        await choices.save(tx, "T0SANDBOX", night.dan.id, chosen)
    await night.bot.services.directory.refresh()
    view = await opened(night, text="down, @ana @dan")
    assert "dan" not in str(view.blocks)
    await night.bo.submit(view, {"reason": "outage"})
    await night.settle()
    assert [row["told_id"] for row in await urgents(night)] == [night.ana.id]
    assert said_to(night, night.dan) == []
    (silent,) = await night.rows(
        f"SELECT outcome, reason FROM contacts WHERE recipient_id = '{night.dan.id}'"
    )
    assert silent == {"outcome": "breach", "reason": "silenced"}


async def test_my_data_counts_it(night):
    await declared(night)
    assert (
        "messages to you that were declared urgent: 1"
        in (await night.ana.command("/boundaries", "my data")).text
    )
    assert (
        "messages you declared urgent (the line you added is deleted once said): 1"
        in (await night.bo.command("/boundaries", "my data")).text
    )


@pytest.mark.slow
async def test_two_bots_tell_each_once(postgres_office):
    office = postgres_office
    office.sandbox.rate_limit_per_channel_s = 0
    bo = office.sandbox.add_user("bo", "Europe/Lisbon")
    people = [office.sandbox.add_user(f"reader{n}", "Europe/Vienna") for n in range(12)]
    room = office.sandbox.add_channel("ops", [bo, *people, office.app])
    for person in people:
        await enrolled(office, person)
    await bo.post(room, " ".join(f"@{person.name}" for person in people))
    await office.settle()
    (flag,) = await office.rows("SELECT ts FROM notices WHERE kind = 'flag'")
    second = await build(office.settings, office.clock)
    try:
        services = office.bot.services
        about = ("T0SANDBOX", bo.id, room.id, flag["ts"], UrgentReason.OUTAGE)
        await services.urgent.declare(*about)
        await asyncio.gather(
            *(each.services.urgent_telling.run_due() for each in (second, office.bot) * 2)
        )
        await office.settle()
    finally:
        await second.stop()
    assert [len(said_to(office, person)) for person in people] == [1] * 12
    reports = await office.rows("SELECT count(*) AS n FROM notices WHERE kind = 'urgent_told'")
    assert reports == [{"n": 1}]
