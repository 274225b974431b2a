"""Thirteen weeks of an organisation: every summary equals a second count from the sandbox's log."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from bot.services.weeks import Weeks
from bot.words import digest as words
from tests.scenarios.autumn import WEEKS, Autumn
from tests.scenarios.recount import Recount, monday_of
from tests.scenarios.republish import Publisher

pytestmark = pytest.mark.slow

WORKSPACE = "T0SANDBOX"
NINE = time(9)


def due_at(crew, iso_week):
    """Monday at nine after the week, by the team's clocks."""
    on = monday_of(iso_week) + timedelta(weeks=1)
    return datetime.combine(on, NINE, ZoneInfo(crew.tz)).astimezone(UTC)


@pytest.fixture
async def autumn(office):
    office.sandbox.rate_limit_per_channel_s = 0
    return Autumn(office)


async def test_every_posted_summary_equals_a_recount(office, autumn):
    await autumn.open()
    recount = Recount(office.sandbox, office.app, autumn.lives, autumn.crews, {autumn.incidents.id})
    checks = [
        (due_at(crew, iso_week), check, office, recount, crew, iso_week)
        for crew in autumn.crews
        for iso_week in WEEKS[1:]
    ]
    writing = [(at, autumn.write, number) for at, number in autumn.instants()]
    for at, act, *what in sorted([*checks, *writing, *autumn.turns()], key=lambda each: each[0]):
        await time_passes(office, at)
        if act != autumn.write:
            await office.settle()
        await act(*what)
        if act != autumn.write:
            await office.settle()
    assert len(autumn.people) == 40
    states = await office.rows("SELECT state, count(*) AS n FROM digests GROUP BY state")
    assert states == [{"state": "posted", "n": len(checks)}]
    for crew in autumn.crews:
        for lead_id in crew.leads:
            at_work(office, autumn, lead_id)


async def time_passes(office, until):
    """Turn the clock, and stop on the way wherever a held message has to go out."""
    query = "SELECT min(due_at) AS due_at FROM held_messages WHERE state = 'held'"
    ((due,),) = [row.values() for row in await office.rows(query)]
    while due is not None and due < until.timestamp():
        office.clock.set(max(datetime.fromtimestamp(due, UTC), office.clock.now()))
        await office.settle()
        before, ((due,),) = due, [row.values() for row in await office.rows(query)]
        assert due != before, "a held message did not go out on time"
    office.clock.set(until)


def at_work(office, autumn, lead_id):
    """The leader's mirrors came, one a week, while the leader was at work."""
    dm = office.sandbox.dm(office.sandbox.workspace.users[lead_id], office.app)
    mirrors = [each for each in office.sandbox.messages(dm.id) if "Your mirror" in each.text]
    ats = [int(float(each.ts)) for each in mirrors]
    assert len(ats) >= len(WEEKS) - 2
    assert all(autumn.lives[lead_id].hours(at).is_working(at) for at in ats)


async def check(office, recount, crew, iso_week):
    """The summary that has just been posted."""
    recount.read()
    await exact(office, recount, crew, iso_week)
    published(office, recount, crew, iso_week)


def published(office, recount, crew, iso_week):
    """After the release rules: every sentence and every figure, and nothing else."""
    message = office.sandbox.messages(crew.channel_id)[-1]
    assert message.blocks[0]["text"]["text"] == words.title(crew.name, iso_week)
    expected = Publisher(recount, crew, iso_week, recount_now(office)).lines()
    assert list(told(message.blocks)) == expected
    small = message.blocks[-1]["elements"][0]["text"]
    assert small in ([words.COUNTING] if expected else words.NOT_ENOUGH.values())
    assert not any(user_id in str(message.blocks) for user_id in recount.lives)


def recount_now(office):
    return office.bot.services.directory.now()


def told(blocks):
    """The sentences of a message, each with the figures under it."""
    sentence, figures, drawn = "", (), []
    for block in blocks[1:-1]:
        match block["type"]:
            case "section":
                if sentence:
                    yield sentence, figures
                sentence, figures = block["text"]["text"], ()
            case "context":
                parts = block["elements"][0]["text"].split(" · ")
                figures = tuple(part_of(part) for part in parts)
            case "data_visualization":
                bars = block["chart"]["series"][0]["data"]
                figures = tuple((bar["label"], bar["value"]) for bar in bars)
                drawn += figures
            case "data_table":
                rows = block["rows"][1:]
                assert [(row[1]["text"], row[2]["value"]) for row in rows] == drawn
    if sentence:
        yield sentence, figures


def part_of(part):
    """``people with hours set 6 of 7`` as label and figure."""
    for label in (
        words.PER_PERSON,
        words.PEOPLE,
        words.CHANNELS,
        words.AUDIENCES,
        *words.KINDS.values(),
        *words.TIMES.values(),
    ):
        if part.startswith(f"{label} "):
            figure = part.removeprefix(f"{label} ")
            return label, int(figure) if figure.isdecimal() else figure
    raise AssertionError(part)


async def exact(office, recount, crew, iso_week):
    """Before anything is left out: members and every single contact."""
    services = office.bot.services
    weeks = Weeks(office.bot.database, services.directory, None)
    place = await services.directory.installed(WORKSPACE)
    team = await services.previews.team(crew.team_id)
    async with office.bot.database.reading() as tx:
        found = await weeks.week(tx, place, team, iso_week)
    expected = recount.week(crew, iso_week, services.directory.now())
    assert {
        (each.user_id, each.enrolled, each.working) for each in found.members
    } == expected.members
    got = sorted(
        (c.author_id, c.recipient_id, c.at, c.kind, c.outcome, c.tz, c.workday, c.leader)
        for c in found.contacts
    )
    wanted = sorted(
        (c.author_id, c.recipient_id, c.at, c.kind, c.outcome, c.tz, workday, leader)
        for c, workday, leader in expected.contacts
    )
    assert got == wanted
