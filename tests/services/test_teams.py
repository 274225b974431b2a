"""Teams: added by text, in a window and from the file; changed, listed and removed."""

import pytest

from bot.errors import BadInput
from bot.services.teams import FileTeams, TeamChoice
from sandbox.faults import Fault

pytestmark = pytest.mark.slow

WORKSPACE = "T0SANDBOX"


@pytest.fixture
async def crew(office):
    """An admin, two leaders, a user group of two and a public channel."""
    boss = office.sandbox.add_user("mira", "Europe/Vienna", is_admin=True)
    ana = office.sandbox.add_user("ana", "Europe/Vienna")
    bo = office.sandbox.add_user("bo", "Europe/Lisbon")
    office.sandbox.add_channel("design-week", [boss])
    office.sandbox.add_usergroup("design", "Design", [ana, bo])
    await office.settle()
    return boss, ana, bo


async def kept(office):
    teams = await office.bot.services.teams.active(WORKSPACE)
    return [(team.name, team.tz, set(team.leads)) for team in teams]


async def members(office):
    rows = await office.rows("SELECT user_id FROM team_members WHERE left_at IS NULL")
    return {row["user_id"] for row in rows}


async def test_added_by_text_with_the_bot_in_the_channel(office, crew):
    boss, ana, bo = crew
    typed = "team add @design #design-week lead @bo and @ana tz Europe/Berlin"
    answer = await boss.command("/boundaries", typed)
    assert "*Design* is added: 2 members" in answer.text
    assert "/invite" not in answer.text
    assert await kept(office) == [("Design", "Europe/Berlin", {ana.id, bo.id})]
    assert await members(office) == {ana.id, bo.id}
    (team,) = await office.bot.services.teams.active(WORKSPACE)
    channel = office.sandbox.workspace.channels[team.channel_id]
    assert channel.name == "design-week"
    assert office.app.bot_user_id in channel.members


async def test_the_zone_is_that_of_the_first_leader(office, crew):
    boss, _, bo = crew
    await boss.command("/boundaries", "team add @design #design-week lead @bo @ana")
    assert (await kept(office))[0][1] == bo.tz


async def test_added_again_it_is_changed(office, crew):
    boss, ana, _ = crew
    await boss.command("/boundaries", "team add @design #design-week lead @bo")
    answer = await boss.command("/boundaries", "team add @design #design-week lead @ana")
    assert "*Design* is changed" in answer.text
    assert await kept(office) == [("Design", "Europe/Vienna", {ana.id})]


async def test_a_private_channel_needs_an_invitation_and_then_none(office, crew):
    boss, *_ = crew
    private = office.sandbox.add_channel("leads", [boss], is_private=True)
    answer = await boss.command("/boundaries", "team add @design #leads lead @ana")
    assert "is added" in answer.text
    assert "please type `/invite` there" in answer.text
    await boss.invite(private, office.app)
    answer = await boss.command("/boundaries", "team add @design #leads lead @ana")
    assert "/invite" not in answer.text


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("team add #design-week lead @ana", "Which user group?"),
        ("team add @design lead @ana", "Which channel?"),
        ("team add @design #design-week", "In which zone"),
        ("team add @design #design-week tz Europe/Vieena", "Did you mean `Europe/Vienna`"),
        ("team add @dezign #design-week lead @ana", "“@dezign”"),
        ("team add @design #design-week lead <@U0NOBODY>", "not a person I know"),
        ("team add @design #design-week lead @ana please", "“please”"),
        ("team merge @design", "“merge”"),
        ("team remove", "Which team?"),
        ("team remove @design", "has no summary here"),
    ],
)
async def test_what_was_not_understood_is_named_and_nothing_changes(office, crew, typed, said):
    boss, *_ = crew
    assert said in (await boss.command("/boundaries", typed)).text
    assert await kept(office) == []


async def test_a_group_that_is_gone_is_answered_with_those_there_are(office, crew):
    choice = TeamChoice("S0GONE", "C0WEEK", (), "Europe/Vienna")
    with pytest.raises(BadInput, match="not a user group"):
        await office.bot.services.teams.add(WORKSPACE, choice)


async def test_everybody_may_list_and_removing_ends_it(office, crew):
    boss, ana, _ = crew
    assert "No team has a summary yet" in (await ana.command("/boundaries", "team list")).text
    await boss.command("/boundaries", "team add @design #design-week lead @ana")
    listed = (await ana.command("/boundaries", "team list")).text
    assert "*Design*" in listed
    assert f"led by <@{ana.id}>" in listed
    answer = await boss.command("/boundaries", "team remove @design")
    assert "*Design* gets no summary any more" in answer.text
    assert await kept(office) == []
    assert await members(office) == set()


async def test_a_team_that_comes_back_begins_anew(office, crew):
    boss, *_ = crew
    await boss.command("/boundaries", "team add @design #design-week lead @ana")
    (before,) = await office.bot.services.teams.active(WORKSPACE)
    await boss.command("/boundaries", "team remove Design")
    office.clock.set(office.clock.now().replace(day=30))
    await boss.command("/boundaries", "team add @design #design-week lead @ana")
    (after,) = await office.bot.services.teams.active(WORKSPACE)
    assert after.created_at - before.created_at == 7 * 86_400


async def test_in_a_window(office, crew):
    boss, ana, _ = crew
    channel = office.sandbox.add_channel("design-two", [boss])
    view = (await boss.command("/boundaries", "team")).view
    group_id = view.blocks[0]["element"]["options"][0]["value"]
    given = {"group": group_id, "channel": channel}
    assert "In which zone" in (await boss.submit(view, given)).errors["tz"]
    wrong = await boss.submit(view, {**given, "tz": "Europe/Vieena"})
    assert "Did you mean" in wrong.errors["tz"]
    unknown = await boss.submit(view, {**given, "tz": "", "leads": [office.app.bot_user]})
    assert "not a person I know" in unknown.errors["group"]
    answer = await boss.submit(view, {**given, "leads": [ana], "tz": ""})
    assert "*Design* is added" in str(answer.view.blocks)
    assert await kept(office) == [("Design", "Europe/Vienna", {ana.id})]


async def test_without_user_groups_it_says_so(office):
    boss = office.sandbox.add_user("mira", "Europe/Vienna", is_admin=True)
    await office.settle()
    assert "no user group yet" in (await boss.command("/boundaries", "team")).text
    office.sandbox.faults.add("usergroups.list", Fault.error("plan_upgrade_required"))
    assert "paid Slack plan" in (await boss.command("/boundaries", "team")).text


@pytest.mark.parametrize("fault", [Fault.status(500), Fault.rate_limited(), Fault.slow(1.6)])
async def test_a_silent_slack_changes_nothing(office, crew, fault):
    boss, *_ = crew
    office.sandbox.faults.add("usergroups.list", fault)
    answer = await boss.command("/boundaries", "team add @design #design-week lead @ana")
    assert "Slack did not answer" in answer.text
    assert await kept(office) == []


async def test_the_file_names_groups_and_channels_by_id_or_name(office, crew):
    boss, ana, _ = crew
    channel = office.sandbox.add_channel("ops-week", [boss])
    ops = office.sandbox.add_usergroup("ops", "Operations", [ana])
    choices = [
        TeamChoice("@design", "#design-week", (ana.id,), "Europe/Vienna"),
        TeamChoice(ops.id, channel.id, (), "Asia/Tokyo"),
        TeamChoice("@gone", "#design-week", (), "Europe/Vienna"),
        TeamChoice("@ops", "#nowhere", (), "Europe/Vienna"),
    ]
    services = office.bot.services
    file = FileTeams(services.teams, services.roster, WORKSPACE, choices)
    office.sandbox.faults.add("usergroups.list", Fault.status(500))
    assert await file.run_due() == 0
    assert await kept(office) == []
    assert await file.run_due() == 0
    assert await kept(office) == [
        ("Design", "Europe/Vienna", {ana.id}),
        ("Operations", "Asia/Tokyo", set()),
    ]
    before = len(office.sandbox.calls)
    assert await file.run_due() == 0
    assert len(office.sandbox.calls) == before
