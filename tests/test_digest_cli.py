"""`offhours digest`: the summary printed without posting, or posted once."""

import asyncio
import json
import sys
from datetime import UTC, datetime, timedelta

import pytest

from bot.__main__ import main
from bot.config import secret
from bot.digest.facts import iso_week_of, previous_week
from bot.domain.instants import epoch
from bot.storage import contacts, people, teams
from bot.storage.contacts import ContactRow
from bot.storage.teams import TeamRow
from sandbox import Fault

pytestmark = pytest.mark.slow

WORKSPACE = "T0SANDBOX"
NOW = datetime.now(UTC)
THIS_WEEK = iso_week_of(NOW.date())
LAST_WEEK = previous_week(THIS_WEEK)
WEEK_BEFORE = previous_week(LAST_WEEK)
"""Due whatever day it is: last week's summary is not on an early Monday."""

CREATED_AT = epoch(NOW - timedelta(weeks=6))


@pytest.fixture
async def run(office, monkeypatch, capsys, tmp_path):
    """Run the command as an operator would, beside the bot; its clock is the machine's."""
    given = office.settings
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("OFFHOURS_DATABASE__URL", given.database.url)
    monkeypatch.setenv("OFFHOURS_SLACK__API_URL", given.slack.api_url)
    for name, value in (
        ("SLACK_BOT_TOKEN", given.bot_token),
        ("SLACK_SIGNING_SECRET", given.signing_secret),
        ("OFFHOURS_KEY", given.key),
    ):
        monkeypatch.setenv(name, secret(value))

    async def run(*arguments):
        monkeypatch.setattr(sys, "argv", ["offhours", "digest", *arguments])
        capsys.readouterr()
        with pytest.raises(SystemExit) as ended:
            await asyncio.to_thread(main)
        said = capsys.readouterr()
        return ended.value.code or 0, said.out, said.err

    return run


@pytest.fixture
async def team(office):
    """Nine people who were each reached three times on the Wednesday before last."""
    crew = [office.sandbox.add_user(f"crew{n}", "UTC") for n in range(9)]
    office.room = office.sandbox.add_channel("design-week", [crew[0], office.app])
    group = office.sandbox.add_usergroup("design", "Design Team", crew)
    await office.settle()
    row = TeamRow(WORKSPACE, group.id, group.name, office.room.id, "UTC", CREATED_AT, ())
    monday = datetime.fromisocalendar(int(WEEK_BEFORE[:4]), int(WEEK_BEFORE[6:]), 1)
    at = epoch(monday.replace(tzinfo=UTC) + timedelta(days=2, hours=21))
    async with office.bot.database.transaction() as tx:
        await teams.save(tx, row)
        await teams.set_members(tx, WORKSPACE, group.id, [p.id for p in crew], CREATED_AT)
        for person in crew:
            values = {"enrolled_at": CREATED_AT, "weekly": "mon-fri 9-17"}
            await people.save(tx, WORKSPACE, person.id, values)
            for n in range(3):
                contact = ContactRow("C0", f"{at + n}.{person.id}", person.id, "U0", "mention",
                                     at + n, "UTC", "breach", "by_mode")  # fmt: skip
                await contacts.add(tx, WORKSPACE, contact, 0)
    return row


def posts(office):
    return office.sandbox.messages(office.room.id)


async def test_a_dry_run_prints_and_changes_nothing(office, run, team):
    code, out, err = await run("--team", "design team", "--week", WEEK_BEFORE, "--dry-run")
    assert (code, err) == (0, "")
    assert out.startswith("Outside hours: Design Team, week ")
    assert "Two to four messages per person" in out
    assert "public channels seen 1 of 1" in out
    assert posts(office) == []
    assert await office.rows("SELECT * FROM digests") == []


async def test_a_dry_run_needs_no_slack(office, run, team, monkeypatch):
    monkeypatch.delenv("SLACK_BOT_TOKEN")
    before = len(office.sandbox.calls)
    code, out, _ = await run("--team", team.team_id, "--week", WEEK_BEFORE.lower(), "--dry-run")
    assert code == 0
    assert "Two to four messages per person" in out
    assert "public channels" not in out
    assert len(office.sandbox.calls) == before


async def test_json_has_what_is_shown_and_no_more(office, run, team):
    _, out, _ = await run("--team", "@design", "--week", WEEK_BEFORE, "--dry-run", "--json")
    told = json.loads(out)
    assert list(told) == ["team_id", "iso_week", "status", "title", "lines", "why"]
    assert (told["team_id"], told["iso_week"]) == (team.team_id, WEEK_BEFORE)
    assert told["status"] == "published"
    assert told["lines"][0]["key"] == "headline"
    assert told["lines"][0]["figures"] == [{"label": "contacts per person", "value": "2–4"}]


async def test_last_week_is_the_default(run, team):
    _, out, _ = await run("--team", "Design Team", "--dry-run", "--json")
    assert json.loads(out)["iso_week"] == LAST_WEEK


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("--team", "sales"), "“sales” is not a team with a summary. There is Design Team (S"),
        (("--team", "Design Team", "--week", "47"), "“47” is not a week."),
        (("--team", "Design Team", "--week", THIS_WEEK), f"{THIS_WEEK} is not over in UTC"),
        (("--team", "Design Team", "--week", "2019-W54"), "“2019-W54” is not a week."),
    ],
)
@pytest.mark.parametrize("mode", [("--dry-run",), ()])
async def test_what_cannot_be_told_is_one_sentence(run, team, arguments, sentence, mode):
    code, out, err = await run(*arguments, *mode)
    assert (code, out) == (2, "")
    assert sentence in err
    assert len(err.splitlines()) == 1


async def test_a_name_of_two_teams_asks_for_the_id(office, run, team):
    async with office.bot.database.transaction() as tx:
        twin = TeamRow(WORKSPACE, "S0TWIN", "design team", "C0", "UTC", CREATED_AT, ())
        await teams.save(tx, twin)
    code, _, err = await run("--team", "Design Team", "--dry-run")
    assert code == 2
    assert "several teams" in err
    assert "S0TWIN" in err


async def test_without_a_team_or_a_database_it_says_so(office, run, monkeypatch, tmp_path):
    code, _, err = await run("--team", "x", "--dry-run")
    assert code == 2
    assert "No team has a summary yet" in err
    monkeypatch.setenv("OFFHOURS_DATABASE__URL", f"sqlite:///{tmp_path / 'none.db'}")
    code, _, err = await run("--team", "x", "--dry-run")
    assert code == 2
    assert "There is no database at" in err
    assert not (tmp_path / "none.db").exists()


async def test_it_is_posted_once(office, run, team):
    for _ in range(2):
        code, out, err = await run("--team", "Design Team", "--week", WEEK_BEFORE)
        assert (code, err) == (0, "")
        assert "is in its channel" in out
    assert len(posts(office)) == 1
    (row,) = await office.rows("SELECT iso_week, state FROM digests")
    assert row == {"iso_week": WEEK_BEFORE, "state": "posted"}


async def test_what_is_not_due_is_not_posted(office, run, team):
    long_ago = WEEK_BEFORE
    for _ in range(9):
        long_ago = previous_week(long_ago)
    code, _, err = await run("--team", "Design Team", "--week", long_ago)
    assert code == 2
    assert "is not due" in err
    assert posts(office) == []


@pytest.mark.parametrize(
    ("fault", "sentence", "state"),
    [
        (Fault.error("is_archived"), "Slack refuses the summary", "refused"),
        (Fault.rate_limited(60), "is not posted yet", "due"),
    ],
)
async def test_what_slack_does_not_take_is_said(office, run, team, fault, sentence, state):
    office.sandbox.faults.add("chat.postMessage", fault)
    code, out, _ = await run("--team", "Design Team", "--week", WEEK_BEFORE)
    assert code == 1
    assert sentence in out
    office.sandbox.faults.clear()
    _, out, _ = await run("--team", "Design Team", "--week", WEEK_BEFORE, "--json")
    assert json.loads(out)["state"] == state
