"""`/boundaries` over signed HTTP: the policy, one's own data, and who may change what."""

from datetime import UTC, datetime, timedelta

import pytest

from bot.slack.boundaries import COMMAND, VERBS
from bot.words.boundaries import KEPT
from sandbox.faults import Fault
from tests.scenarios.diaries import away, connected, meeting, written

pytestmark = pytest.mark.slow

DEFAULTS = "Mon–Fri 09:00–18:00"


@pytest.fixture
async def crew(office):
    """An admin in Vienna and a member in Lisbon, known to the bot."""
    boss = office.sandbox.add_user("mira", "Europe/Vienna", is_admin=True)
    member = office.sandbox.add_user("tom", "Europe/Lisbon")
    await office.settle()
    return boss, member


async def versions(office):
    return await office.rows("SELECT version, changed_by, source FROM policies ORDER BY version")


async def test_alone_it_explains_itself(office, crew):
    _, member = crew
    answer = await member.command("/boundaries")
    everybody, admins = answer.text.split("*For admins:*")
    for typed, _ in COMMAND.examples:
        assert f"`/boundaries {typed}`" in everybody
    for typed, _ in COMMAND.for_admins:
        assert f"`/boundaries {typed}`" in admins


@pytest.mark.parametrize("typed", ["help", "HELP", "?"])
async def test_help_is_help(office, crew, typed):
    _, member = crew
    assert "my data" in (await member.command("/boundaries", typed)).text


async def test_an_unknown_argument_names_those_that_exist(office, crew):
    _, member = crew
    answer = await member.command("/boundaries", "polizy please")
    assert "“polizy”" in answer.text
    assert all(f"`{verb}`" in answer.text for verb in VERBS)


async def test_everybody_reads_the_policy(office, crew):
    boss, member = crew
    before = await member.command("/boundaries", "policy")
    assert "version 0" in before.text
    assert "nobody has changed it" in before.text
    assert DEFAULTS in before.text
    await boss.command("/boundaries", "admin mode observe")
    after = await member.command("/boundaries", "POLICY")
    assert "version 1" in after.text
    assert f"changed by <@{boss.id}>, Fri 23 Oct 2026, 21:14" in after.text
    assert "*Observe*" in after.text


async def test_the_same_under_one_name(office, crew):
    _, member = crew
    short = await member.command("/boundaries", "policy")
    assert (await member.command("/offhours", "boundaries policy")).text == short.text


async def test_my_data_counts_what_is_kept_about_the_asker_only(office, crew):
    boss, member = crew
    room = office.sandbox.add_channel("design", [boss, member, office.app])
    answer = await boss.command("/boundaries", "my data")
    assert "Zone: Europe/Vienna, as in your Slack profile" in answer.text
    assert "Not counted" in answer.text
    assert "nothing else" in answer.text
    assert "Never kept" in answer.text
    await office.bot.services.hours.fit("T0SANDBOX", boss.id, None)
    await member.post(room, "have a look, @mira")
    await office.settle()
    answer = await boss.command("/boundaries", "my data")
    assert f"{KEPT['contacts_received']}: 1" in answer.text
    assert "Counted since Fri 23 Oct 2026, 22:14" in answer.text
    answer = await member.command("/boundaries", "my data")
    assert f"{KEPT['contacts_written']}: 1" in answer.text
    assert f"{KEPT['notices']}: 1" in answer.text
    assert KEPT["contacts_received"] not in answer.text


async def test_my_data_names_the_calendar_and_how_it_is_deleted(office, crew):
    boss, member = crew
    assert "Calendar: none connected" in (await boss.command("/boundaries", "my data")).text
    await connected(office, boss)
    start = datetime(2026, 10, 27, 10, tzinfo=UTC)
    hour = timedelta(hours=1)
    mine = meeting(boss, start, start + hour, organizer_id=member.id)
    both = (boss.id, member.id)
    shared = meeting(boss, start + hour, start + 2 * hour, attendee_ids=both)
    await written(office, mine, shared)
    await away(office, boss, (start, start + hour))
    told = (await boss.command("/boundaries", "my data")).text
    assert "Calendar: diary is connected; `/boundaries calendar disconnect` deletes" in told
    assert f"{KEPT['occurrences']}: 2" in told
    assert f"{KEPT['absences']}: 1" in told
    assert "secret" not in told
    theirs = (await member.command("/boundaries", "my data")).text
    assert f"{KEPT['occurrences_called']}: 1" in theirs
    assert f"{KEPT['occurrences_listed']}: 1" in theirs
    assert KEPT["occurrences"] not in theirs
    await boss.command("/boundaries", "calendar disconnect")
    after = (await boss.command("/boundaries", "my data")).text
    assert "Calendar: none connected" in after
    assert KEPT["occurrences"] not in after
    assert KEPT["absences"] not in after


@pytest.mark.parametrize(
    "typed",
    [
        "admin",
        "admin mode hold",
        "team",
        "team add @design #design",
        "team remove @design",
        "channels",
        "channels join #design",
    ],
)
async def test_a_member_is_told_who_may(office, crew, typed):
    boss, member = crew
    answer = await member.command("/boundaries", typed)
    assert "Only workspace admins" in answer.text
    assert f"<@{boss.id}>" in answer.text
    assert answer.view is None
    assert await versions(office) == []


async def test_an_owner_may(office):
    owner = office.sandbox.add_user("olga", "Europe/Vienna", is_owner=True)
    await office.settle()
    assert "version 1" in (await owner.command("/boundaries", "admin mode hold")).text


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("default_hours mon-fri 9-17:30", "Default hours: Mon–Fri 09:00–18:00 → *Mon–Fri 09:00–17"),
        ("quiet_hours 20:00-07:00", "Quiet hours: none → *20:00-07:00*"),
        ("quiet_hours 20:00-07:00 locked", "→ *everybody (locked)*"),
        ("quiet-hours locked", "→ *everybody (locked)*"),
        ("mode hold", "Mode: flag → *hold*"),
        ("edge_tolerance 5", "Minutes let pass at the edges: 15 → *5*"),
        ("edge_tolerance 5 min", "15 → *5*"),
        ("edge_tolerance_min 5", "15 → *5*"),
        ("digest tue 10:30", "Time of the summary: 09:00 → *10:30*"),
        ("digest Friday", "Day of the summary: Monday → *Friday*"),
        ("notices_per_day 3", "Notices a day at most: 6 → *3*"),
        ("edge_tolerance_min 5 min", "Minutes let pass at the edges: 15 → *5*"),
        ("digest_day fri", "Day of the summary: Monday → *Friday*"),
        ("digest_time 16:00", "Time of the summary: 09:00 → *16:00*"),
        ("notices 3", "Notices a day at most: 6 → *3*"),
        ("notices_per_day 3", "6 → *3*"),
        ("spread 0", "Minutes over which held messages arrive: 5 → *0*"),
        ("spread 10 min", "5 → *10*"),
        ("release_spread_min 10", "5 → *10*"),
        ("large_meeting 8", "Large meetings have more people than: 15 → *8*"),
    ],
)
async def test_a_setting_by_text(office, crew, typed, said):
    boss, _ = crew
    answer = await boss.command("/boundaries", f"admin {typed}")
    assert "Saved as version 1" in answer.text
    assert said in answer.text
    assert await versions(office) == [{"version": 1, "changed_by": boss.id, "source": ""}]


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("colour blue", "“colour” is not a setting. There is default_hours"),
        ("mode", "`/boundaries admin mode hold`"),
        ("mode loud", "`/boundaries admin mode flag` or `/boundaries admin mode hold`"),
        ("default_hours whenever", "whenever"),
        ("quiet_hours late", "late"),
        ("edge_tolerance 500", "from 0 to 120"),
        ("digest someday 9:00", "not a day of the week"),
        ("digest mon 25:00", "25:00"),
        ("notices many", "from 0 to 50"),
        ("exempt the incident room", "Pick channels"),
    ],
)
async def test_what_was_not_understood_is_named_and_nothing_changes(office, crew, typed, said):
    boss, _ = crew
    answer = await boss.command("/boundaries", f"admin {typed}")
    assert said in answer.text
    assert await versions(office) == []


async def test_an_exempt_channel_is_shown_and_can_be_taken_back(office, crew):
    boss, member = crew
    room = office.sandbox.add_channel("incidents", [boss, member, office.app])
    await boss.command("/boundaries", "admin exempt #incidents")
    shown = await member.command("/boundaries", "policy")
    assert f"<#{room.id}>" in shown.text
    await office.bot.services.hours.fit("T0SANDBOX", boss.id, None)
    await member.post(room, "it burns, @mira")
    await office.settle()
    assert await office.rows("SELECT outcome FROM contacts") == [{"outcome": "exempt"}]
    assert office.sandbox.calls_to("chat.postEphemeral") == []
    await boss.command("/boundaries", "admin exempt none")
    assert "No channel is exempt" in (await member.command("/boundaries", "policy")).text


async def test_a_change_that_changes_nothing_makes_no_version(office, crew):
    boss, _ = crew
    answer = await boss.command("/boundaries", "admin mode flag")
    assert "version 0 stays in force" in answer.text
    assert await versions(office) == []


async def test_every_setting_in_a_window(office, crew):
    boss, _ = crew
    room = office.sandbox.add_channel("incidents", [boss])
    view = (await boss.command("/boundaries", "admin")).view
    given = {
        "default_hours": "mon-thu 8-16",
        "quiet_hours": "21-7",
        "quiet_hours_locked": "locked",
        "mode": "hold",
        "edge_tolerance_min": "0",
        "digest_day": "fri",
        "digest_time": "16:00",
        "notices_per_day": "2",
        "release_spread_min": "0",
        "large_meeting": "15",
        "exempt_channels": [room],
    }
    answer = await boss.submit(view, given)
    assert answer.errors == {}
    assert "Saved as version 1" in str(answer.view.blocks)
    view = (await boss.command("/boundaries", "admin")).view
    assert (await boss.submit(view)).errors == {}
    assert [row["version"] for row in await versions(office)] == [1]
    policy = (await boss.command("/boundaries", "policy")).text
    for part in ("Mon–Thu 08:00–16:00", "21:00-07:00", "hold for everybody", "*Hold*",
                 "outside somebody’s hours counts",
                 "Friday at 16:00", "more than 2 notices", f"<#{room.id}>"):  # fmt: skip
        assert part in policy


async def test_the_window_names_each_wrong_field_and_keeps_the_rest(office, crew):
    boss, _ = crew
    view = (await boss.command("/boundaries", "admin")).view
    given = {"default_hours": "whenever", "edge_tolerance_min": "-3", "digest_time": "9am sharp"}
    answer = await boss.submit(view, given)
    assert set(answer.errors) == set(given)
    assert boss.open_views == [view]
    assert await versions(office) == []


async def test_who_is_no_admin_any_more_cannot_submit(office, crew):
    boss, _ = crew
    view = (await boss.command("/boundaries", "admin")).view
    boss.is_admin = False
    await boss.set_tz("Europe/Berlin")
    await office.settle()
    answer = await boss.submit(view, {"mode": "hold"})
    assert "Only workspace admins" in str(answer.errors)
    assert await versions(office) == []


async def test_a_window_that_does_not_open_says_so(office, crew):
    boss, _ = crew
    office.sandbox.faults.add("views.open", Fault.error("expired_trigger_id"))
    assert "did not open" in (await boss.command("/boundaries", "admin")).text


async def test_the_files_policy_is_taken_over_once_until_the_file_changes(office, crew):
    boss, member = crew
    policies = office.bot.services.policies
    assert await policies.apply_file("T0SANDBOX", {"mode": "observe"})
    assert not await policies.apply_file("T0SANDBOX", {"mode": "observe"})
    assert not await policies.apply_file("T0SANDBOX", {})
    assert "the configuration file" in (await member.command("/boundaries", "policy")).text
    await boss.command("/boundaries", "admin mode hold")
    assert not await policies.apply_file("T0SANDBOX", {"mode": "observe"})
    assert "*Hold*" in (await member.command("/boundaries", "policy")).text
    assert await policies.apply_file("T0SANDBOX", {"mode": "observe", "notices_per_day": 1})
    assert "*Observe*" in (await member.command("/boundaries", "policy")).text


async def test_channels_are_listed_and_joined_in_a_window(office, crew):
    boss, _ = crew
    inside = office.sandbox.add_channel("general", [boss, office.app])
    outside = office.sandbox.add_channel("support", [boss])
    view = (await boss.command("/boundaries", "channels")).view
    assert "I am in 1 of 2 public channels" in str(view.blocks)
    assert f"<#{inside.id}>" in str(view.blocks)
    answer = await boss.submit(view, {"channels": [outside]})
    assert f"I am now in <#{outside.id}>" in str(answer.view.blocks)
    assert office.app.bot_user_id in outside.members


async def test_channels_are_joined_by_text_and_refusals_are_told(office, crew):
    boss, _ = crew
    open_room = office.sandbox.add_channel("support", [boss])
    private = office.sandbox.add_channel("board", [boss], is_private=True)
    archived = office.sandbox.add_channel("attic", [boss])
    await boss.archive(archived)
    answer = await boss.command("/boundaries", "channels join #support #board #attic")
    assert f"I am now in <#{open_room.id}>." in answer.text
    assert f"<#{private.id}>: it is private" in answer.text
    assert f"<#{archived.id}>: it is archived" in answer.text
    assert "Which channels?" in (await boss.command("/boundaries", "channels join")).text
    assert "Which channels?" in (await boss.command("/boundaries", "channels leave")).text
    assert "is not a channel" in (await boss.command("/boundaries", "channels join nowhere")).text
