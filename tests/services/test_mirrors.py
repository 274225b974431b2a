"""A leader's own mirror: in their own hours, to nobody else, and never in the team's way."""

from datetime import UTC, datetime, timedelta

import pytest

from bot.domain.instants import epoch
from bot.storage import people, teams
from tests.services.crew import LAST_WEEK, MONDAY, THURSDAY_NIGHT, WORKSPACE, Crew, text_of

pytestmark = pytest.mark.slow

ELEVEN_DAYS = timedelta(days=11)


@pytest.fixture
async def crew(office):
    """Nine people and their leader, who is at work from 9:30 and follows the same clocks."""
    return await led(office, "mon-fri 9:30-17")


async def led(office, weekly, *, tz="Europe/Vienna", created=THURSDAY_NIGHT - ELEVEN_DAYS):
    office.clock.set(THURSDAY_NIGHT)
    office.sandbox.rate_limit_per_channel_s = 0
    crew = await Crew(office, 9, created=created).settled()
    values = {"weekly": weekly, "tz": tz, "tz_pinned": True, "enrolled_at": crew.created_at}
    async with office.bot.database.transaction() as tx:
        await people.save(tx, WORKSPACE, crew.boss.id, values)
    await office.bot.services.directory.refresh()
    return crew


def mirrors(office, person):
    """What the bot wrote to them about their own week."""
    dm = office.sandbox.dm(person, office.app)
    said = office.sandbox.messages(dm.id)
    return [message for message in said if "Your mirror" in message.text]


async def statuses(office):
    query = "SELECT ts, status FROM notices WHERE kind = 'mirror' ORDER BY ts"
    return [(row["ts"], row["status"]) for row in await office.rows(query)]


async def test_it_comes_at_the_leaders_opening_and_the_teams_summary_does_not_wait(office, crew):
    await crew.contacted(times=2)
    await crew.contacted(THURSDAY_NIGHT - timedelta(hours=1), outcome="averted")
    await office.at(MONDAY)
    assert (len(crew.posts), mirrors(office, crew.boss)) == (1, [])
    await office.at(MONDAY + timedelta(minutes=30))
    (message,) = mirrors(office, crew.boss)
    text = text_of(message)
    assert "Your mirror: Design, week 43 of 2026" in text
    assert "18 times, something you wrote reached somebody of your team" in text
    assert "9 times, what you wrote waited" in text
    assert "Only you see this" in text
    assert not any(person.id in str(message.blocks) for person in crew.people)
    await office.at(MONDAY + timedelta(hours=5))
    assert len(mirrors(office, crew.boss)) == 1
    assert await statuses(office) == [(LAST_WEEK, "sent")]


async def test_where_both_are_due_the_leader_reads_first(office):
    crew = await led(office, "mon-fri 9-17")
    await office.at(MONDAY - timedelta(hours=1))
    await office.at(MONDAY)
    (mirror,), (summary,) = mirrors(office, crew.boss), crew.posts
    calls = [call.params["text"] for call in office.sandbox.calls_to("chat.postMessage")]
    assert calls.index(mirror.text) < calls.index(summary.text)


async def test_what_others_wrote_is_no_part_of_it(office, crew):
    await crew.contacted(times=3, author=crew.people[0])
    await office.at(MONDAY + timedelta(hours=1))
    assert "nothing you wrote reached anybody" in text_of(mirrors(office, crew.boss)[0])


@pytest.mark.parametrize(
    ("weekly", "tz", "due_at"),
    [
        ("mon-fri 9-17", "America/New_York", datetime(2026, 10, 26, 13, 0, tzinfo=UTC)),
        # Their Monday has begun long before the team's week is over at 23:00 UTC.
        ("mon-fri 9-17", "Asia/Tokyo", datetime(2026, 10, 26, 0, 0, tzinfo=UTC)),
        ("mon-fri 7-15", "Asia/Tokyo", datetime(2026, 10, 25, 23, 0, tzinfo=UTC)),
        ("sun-thu 9-17", "America/New_York", datetime(2026, 10, 26, 13, 0, tzinfo=UTC)),
        ("wed-fri 9-17", "Europe/Vienna", datetime(2026, 10, 28, 8, 0, tzinfo=UTC)),
    ],
)
async def test_it_follows_the_leaders_own_clock(office, weekly, tz, due_at):
    crew = await led(office, weekly, tz=tz)
    await office.at(due_at - timedelta(seconds=1))
    assert mirrors(office, crew.boss) == []
    await office.at(due_at)
    assert len(mirrors(office, crew.boss)) == 1


async def test_a_leader_who_went_home_in_the_meantime_reads_it_when_they_are_back(office, crew):
    await office.at(datetime(2026, 10, 26, 0, 0, tzinfo=UTC))
    async with office.bot.database.transaction() as tx:
        await people.save(tx, WORKSPACE, crew.boss.id, {"weekly": "tue-fri 10-17"})
    await office.bot.services.directory.refresh()
    await office.at(MONDAY + timedelta(hours=3))
    assert mirrors(office, crew.boss) == []
    await office.at(datetime(2026, 10, 27, 9, 0, tzinfo=UTC))
    assert len(mirrors(office, crew.boss)) == 1


@pytest.mark.parametrize("enrolled_at", [None, epoch(MONDAY)])
async def test_a_leader_who_has_not_chosen_hours_gets_none(office, crew, enrolled_at):
    async with office.bot.database.transaction() as tx:
        await people.save(tx, WORKSPACE, crew.boss.id, {"enrolled_at": enrolled_at})
    await office.bot.services.directory.refresh()
    await office.at(MONDAY + timedelta(hours=5))
    assert (len(crew.posts), await statuses(office)) == (1, [])


async def test_not_in_the_teams_first_two_weeks(office):
    crew = await led(office, "mon-fri 9-17", created=THURSDAY_NIGHT)
    await office.at(MONDAY + timedelta(hours=5))
    await office.at(MONDAY + timedelta(weeks=1, hours=5))
    assert await statuses(office) == []
    await office.at(MONDAY + timedelta(weeks=2, hours=5))
    assert len(mirrors(office, crew.boss)) == 1
    assert await statuses(office) == [("2026-W45", "sent")]


async def test_weeks_longer_ago_than_two_are_not_brought_up(office):
    crew = await led(office, "mon-fri 9-17", created=THURSDAY_NIGHT - timedelta(weeks=3))
    await office.at(MONDAY + timedelta(weeks=3, hours=5))
    assert await statuses(office) == [("2026-W45", "sent"), ("2026-W46", "sent")]
    assert [m.text.partition("\n")[0][-15:] for m in mirrors(office, crew.boss)] == [
        "week 45 of 2026",
        "week 46 of 2026",
    ]


async def test_one_that_waited_too_long_is_dropped(office):
    crew = await led(office, "mon-fri 9-17")
    office.clock.set(MONDAY - timedelta(hours=6))
    await office.settle()
    office.clock.set(MONDAY + timedelta(weeks=2))
    await office.bot.services.notices.run_due()
    assert (LAST_WEEK, "expired") in await statuses(office)
    assert not any("week 43" in message.text for message in mirrors(office, crew.boss))


@pytest.mark.parametrize("change", ["no leader", "no team"])
async def test_who_leads_no_more_is_told_no_more(office, crew, change):
    await office.at(MONDAY - timedelta(hours=8))
    assert await statuses(office) == [(LAST_WEEK, "due")]
    async with office.bot.database.transaction() as tx:
        if change == "no team":
            await teams.remove(tx, WORKSPACE, crew.group.id, epoch(MONDAY))
        else:
            (row,) = await teams.active(tx, WORKSPACE)
            await teams.save(tx, teams.TeamRow(*row_values(row)[:6], ()))
    await office.at(MONDAY + timedelta(hours=1))
    assert mirrors(office, crew.boss) == []
    assert await statuses(office) == [(LAST_WEEK, "dropped")]


def row_values(row):
    return [getattr(row, name) for name in type(row).__dataclass_fields__]


async def test_the_switch_shows_it_to_the_team_and_hides_it_again(office, crew):
    await crew.contacted(times=2)
    await office.at(MONDAY + timedelta(minutes=30))
    (message,) = mirrors(office, crew.boss)
    assert "Show this in the team’s summary" in text_of_buttons(message)
    await crew.boss.click(message, "mirror_share")
    (message,) = mirrors(office, crew.boss)
    assert text_of_buttons(message) == ["Stop showing this"]
    assert "18 times, something you wrote" in text_of(message), "the mirror stays readable"
    await crew.contacted(MONDAY + timedelta(days=1, hours=12), times=2)
    await office.at(MONDAY + timedelta(weeks=1, hours=2))
    assert "leader" not in text_of(crew.posts[0])
    assert "leader" in text_of(crew.posts[1])
    await crew.boss.click(mirrors(office, crew.boss)[1], "mirror_unshare")
    await crew.contacted(MONDAY + timedelta(days=8, hours=12), times=2)
    await office.at(MONDAY + timedelta(weeks=2, hours=2))
    assert "leader" not in text_of(crew.posts[2])


async def test_changing_the_team_keeps_the_switch(office, crew):
    await office.at(MONDAY + timedelta(minutes=30))
    await crew.boss.click(mirrors(office, crew.boss)[0], "mirror_share")
    await crew.boss.command(
        "/boundaries", "team add @design #design-week lead @mira @design0 tz UTC"
    )
    rows = await office.rows("SELECT user_id, shares FROM team_leads ORDER BY user_id")
    assert {row["user_id"]: bool(row["shares"]) for row in rows} == {
        crew.boss.id: True,
        crew.people[0].id: False,
    }


async def test_a_switch_of_somebody_who_leads_no_more_says_so(office, crew):
    await office.at(MONDAY + timedelta(minutes=30))
    (message,) = mirrors(office, crew.boss)
    await crew.boss.command("/boundaries", "team add @design #design-week lead @design0 tz UTC")
    await crew.boss.click(message, "mirror_share")
    assert "You do not lead this team any more" in crew.boss.answers[-1].text


def text_of_buttons(message):
    return [
        element["text"]["text"]
        for block in message.blocks
        if block["type"] == "actions"
        for element in block["elements"]
    ]
