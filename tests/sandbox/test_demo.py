"""The demo: its transcript, its narrator and its prompt."""

import asyncio
import io
import os
import sys
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from rich.console import Console

from sandbox import Sandbox
from sandbox.demo import NOT_INSTALLED, perform
from sandbox.play.narration import FactMissing, Narrator, everywhere
from sandbox.play.prompt import HELP, NotUnderstood, Prompt
from sandbox.play.reading import Reader, buttons
from sandbox.play.seed import WEEKS, seed
from sandbox.play.stage import Stage, moment, nine_after, opened, serve

pytestmark = pytest.mark.slow

TRANSCRIPT = (
    # a flag in a channel, on the recipient's clocks, over a weekend and a holiday
    "22:14 for Ana, off until Tue 09:00. No reply expected before Wed 09:00 (1 working day)",
    "Eli, and only Eli, is told at once",
    "its notice is capped: Eli sees no second one",
    # a hold over a weekend and a public holiday
    "Held for @Bela until Tue 09:00",
    "it is a holiday in Vienna: what Bela was sent still waits",
    # holds across both clock changes, to the minute
    "on the minute: 09:00 in Lisbon, which was 08:00 UTC on Friday and is 09:00 UTC now",
    "on the minute: 09:00 in New York, 13:00 UTC on Friday and 14:00 UTC now",
    # a night shift, a reminder, a message taken back
    "Jonas works nights: at 02:00 he is not flagged, and nothing is recorded",
    "Eli presses [Remind Ana Tue 09:00]",
    "@Eli wrote to you on Fri 23 Oct 22:14, while you were off",
    "her message is gone from the channel",
    "it is posted by Ines herself, in the same channel",
    # back from quiet time
    "Welcome back. You have 1 conversation from your quiet time.",
    "Ana presses [It was my choice]",
    # silence, urgent messages and the morning after
    "reaches Ines: Wed 28 Oct 20:20 in Lisbon; nothing rings",
    "her status says “:no_bell: Off until Thu 09:00”",
    "and that rings, because she allowed it",
    "Ines was told, and it rang through their quiet time.",
    "Ines presses [Was urgent]",
    "Jonas is on call for Ops until Mon 04:00 and was told.",
    "Ines sleeps on",
    # whole channels, direct messages, and what recipients decided
    "This reaches 7 people: 3 are off now.",
    "so Bela is told in her own with the app",
    "to Bela it passes as agreed",
    # taken back without a click, and not where something would be lost
    "Taken back and held: Kei gets it Mon 10:00 their time",
    "It was not taken back by itself, because 1 reaction would have been lost.",
    # together, and one after the other
    "@Ana wrote 2 messages, held until you were back:",
    "within five minutes it is there as well",
    # meeting invites, read back from a real calendar server
    "CalDAV is connected. It is being read now",
    "in Eli’s calendar Ana’s answer is tentative",
    "They are back Tue 27 Oct 04:00 (America/New_York).",
    "Eli presses [Wed 28 Oct 09:00]",
    "Poster review was moved into your hours: Wed 28 Oct 14:00–15:00.",
    "Fri 30 Oct 16:00 in Vienna: inside her hours",
    "Fri 6 Nov 17:00 in Vienna: outside her hours",
    "5 of its next 6 times are outside your hours",
    # leave, swap, urgency
    "@Fay is not back within the next 30 days",
    "the held message has moved with her",
    "Noted as urgent: A service is down",
    # summaries
    "Outside hours: Design, week 43 of 2026",
    "Outside hours: Design, week 44 of 2026",
    "Not enough data for a summary",
    "The play is over",
)
"""What the transcript has to show, whatever else it says."""


def silent() -> tuple[Narrator, io.StringIO]:
    """A narrator nobody watches, and what it has written."""
    written = io.StringIO()
    return Narrator(Console(file=written, highlight=False)), written


@pytest.fixture
async def stage() -> AsyncIterator[Stage]:
    """The workspace and the bot, before the first scene."""
    narrator, _ = silent()
    async with opened(narrator) as made:
        await serve(made)
        yield made


@pytest.mark.slow
async def test_the_whole_play_as_a_process(tmp_path: Path) -> None:
    wrong = tmp_path / "config.yaml"
    wrong.write_text("policy: {mode: shout}\n")
    environment = os.environ | {"OFFHOURS_CONFIG": str(wrong), "OFFHOURS_SERVER__PORT": "1"}
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-W", "error", "-m", "sandbox.demo", "--once",
        env=environment,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    out, err = await process.communicate()
    told = out.decode()
    assert (process.returncode, err.decode()) == (0, ""), told[-2_000:]
    unwrapped = " ".join(told.replace("│", " ").split())
    assert [line for line in TRANSCRIPT if line not in unwrapped] == []
    assert "\x1b" not in told
    assert "✗" not in told


async def test_without_the_calendar_server_the_demo_says_what_is_missing() -> None:
    hidden = (
        "import sys; sys.modules['xandikos'] = None; from sandbox.demo import program; program()"
    )
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-W", "error", "-c", hidden, "--once",
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    out, err = await process.communicate()
    assert (process.returncode, err.decode()) == (1, "")
    assert " ".join(out.decode().split()) == NOT_INSTALLED


async def test_a_missing_fact_ends_the_play_with_status_1(
    capsys: pytest.CaptureFixture[str],
) -> None:
    async def wrong(stage: Stage) -> None:
        stage.narrator.fact("two and two are five", holds=False, found=4)

    assert await perform(once=True, scenes=(("A wrong scene", wrong),)) == 1
    assert "Not as it has to be: two and two are five; found: 4" in capsys.readouterr().out


async def test_the_sample_weeks_are_only_written_where_they_belong(stage: Stage) -> None:
    rows = await seed(stage)
    members = set(stage.cast.design.group.members)
    found = await stage.rows("SELECT recipient_id, author_id, at FROM contacts")
    assert len(found) == rows
    assert {recipient for recipient, _, _ in found} == members
    assert all(author in members and author != recipient for recipient, author, _ in found)
    weeks = {datetime.fromtimestamp(at, UTC).isocalendar().week for _, _, at in found}
    assert weeks == {38, 39, 40, 41, 42}
    assert len(weeks) == WEEKS


async def test_the_prompt_plays_what_is_typed(stage: Stage) -> None:
    narrator, written = silent()
    stage.narrator = narrator
    prompt = Prompt(stage)
    for line in (
        "Ana /hours set mon-fri 9-12",
        "clock +6h",
        "Eli posts #design @Ana are you there?",
        "eli presses leave",
        "Ana reads #design",
        "people",
    ):
        await prompt.play(line)
    told = " ".join(written.getvalue().split())
    assert "Your hours are now Mon–Fri 09:00–12:00" in told
    assert "Fri 23 Oct: Vienna 15:30" in told
    assert "#design shows, only Eli: │ 15:30 for Ana, off until Mon 09:00" in told
    assert "Left as it is." in told
    assert told.count("@Ana are you there?") == 2


async def told_by(stage: Stage, *lines: str) -> str:
    """What the prompt answers to these lines, as one line."""
    stage.narrator, written = silent()
    prompt = Prompt(stage)
    for line in lines:
        await prompt.play(line)
    return " ".join(written.getvalue().replace("│", " ").split())


async def test_a_window_is_shown_with_what_stands_in_its_fields(stage: Stage) -> None:
    told = await told_by(stage, "Ana /hours set mon-fri 9-12", "ana /hours edit")
    assert "A window opens: “Your hours”" in told
    assert "Working hours: Mon–Fri 09:00–12:00" in told
    assert "Time zone: (empty; From your Slack profile: Europe/Vienna)" in told
    assert "On public holidays: ( ) I work on them" in told
    assert "`/hours help` has the commands for most of it" in told
    told = await told_by(stage, "Bela /boundaries admin")
    assert "(•) Flag: tell the author" in told
    assert "( ) Observe: count only" in told


async def test_a_window_with_one_choice_is_answered_by_picking_it(stage: Stage) -> None:
    told = await told_by(
        stage,
        "Ana /hours set mon-fri 9-12",
        "clock +6h",
        "Carla posts #design @ANA the site does not load",
        "Carla presses it's urgent",
        "Carla picks a service",
    )
    assert "A window opens: “It’s urgent” Why can it not wait?: ( ) Safety of people" in told
    assert "Carla picks “A service is down”" in told
    assert "Noted as urgent: A service is down" in told


async def test_the_prompt_allows_and_writes_directly(stage: Stage) -> None:
    told = await told_by(
        stage,
        "Ana /hours set mon-fri 9-12",
        "Ana allows silence",
        "ana allows dms",
        "clock +4h",
        "Bela dms Ana are you there?",
    )
    assert "Thank you. Outside your hours Offhours snoozes your notifications" in told
    assert "reaches Ana: Fri 23 Oct 13:30 in Vienna; nothing rings" in told
    assert "Bela sees: 13:30 for Ana, off until Mon 09:00" in told
    with pytest.raises(NotUnderstood, match="has allowed that already"):
        await told_by(stage, "Ana allows silence")


async def test_time_stops_where_the_bot_has_work(stage: Stage) -> None:
    ana = stage.cast["Ana"]
    await ana.command("/hours", "set mon-fri 9-12")
    await stage.until(moment("2026-10-23 13:00", "Europe/Vienna"))
    await stage.cast["Bela"].command("/later", "@Ana no hurry")
    await stage.until(moment("2026-10-26 08:59", "Europe/Vienna"))
    assert stage.by_app("no hurry", stage.direct(ana)) is None
    await stage.until(moment("2026-10-27 15:00", "Europe/Vienna"))
    found = stage.by_app("no hurry", stage.direct(ana))
    assert found is not None
    posted_at = datetime.fromtimestamp(float(found.ts), UTC)
    assert posted_at == moment("2026-10-26 09:00", "Europe/Vienna")


@pytest.mark.parametrize(
    ("at", "expected"),
    [
        ("2026-10-24 08:59", "2026-10-24 09:00"),
        ("2026-10-24 09:00", "2026-10-25 09:00"),  # the clocks go back in between
        ("2026-03-28 09:30", "2026-03-29 09:00"),  # and forward
    ],
)
def test_nine_is_nine_on_the_clocks_there(at: str, expected: str) -> None:
    tz = "Europe/Vienna"
    assert nine_after(moment(at, tz), tz) == moment(expected, tz)


async def test_reading_says_who_wrote_and_when_on_the_reader_s_clocks(stage: Stage) -> None:
    told = await told_by(stage, "Eli posts #design @carla Hello!", "Carla reads #design")
    assert "Eli · Fri 23 Oct 08:30 @Carla Hello!" in told


async def test_the_prompt_says_which_buttons_there_are_and_how_time_goes(stage: Stage) -> None:
    with pytest.raises(NotUnderstood, match=r"Time only goes forward, by a step: `clock \+30m`"):
        await told_by(stage, "clock 18:00")
    with pytest.raises(NotUnderstood, match=r"There is: \[These fit\] \[Change…\]"):
        await told_by(stage, "Ana /hours", "Ana presses nonsense")
    with pytest.raises(NotUnderstood, match="no window open"):
        await told_by(stage, "Ana picks anything")


def test_the_help_of_the_prompt_fits_a_narrow_terminal() -> None:
    narrator, written = silent()
    narrator.shows(HELP)
    lines = written.getvalue().splitlines()
    assert len(lines) == len(HELP)
    assert all(len(line) <= 80 for line in lines)


@pytest.mark.parametrize(
    "line",
    [
        "nobody /hours",
        "Ana",
        "Ana dances",
        "Ana posts #nowhere hello",
        "Ana posts #design",
        "Ana dms Bela",
        "Ana dms nobody hello",
        "Ana allows everything",
        "Ana presses nothing",
        "clock backwards",
    ],
)
async def test_the_prompt_says_what_it_did_not_understand(stage: Stage, line: str) -> None:
    with pytest.raises(NotUnderstood):
        await Prompt(stage).play(line)


def test_a_fact_is_told_or_ends_the_play() -> None:
    narrator, written = silent()
    narrator.fact("the sun rises", holds=True)
    assert written.getvalue() == "    ✓ the sun rises\n"
    with pytest.raises(FactMissing, match="the sun sets; found: moon"):
        narrator.fact("the sun sets", holds=False, found="moon")
    assert narrator.facts == 1


def test_quotes_keep_their_margin_when_they_wrap() -> None:
    narrator, written = silent()
    narrator.shows(["word " * 40])
    lines = written.getvalue().splitlines()
    assert len(lines) > 1
    assert all(line.startswith("      │ word") and len(line) <= 100 for line in lines)


def test_the_time_everywhere_names_a_day_only_where_it_differs() -> None:
    at = moment("2026-10-25 02:30", "Europe/Vienna")
    told = "Sun 25 Oct: Vienna 02:30 · Lisbon 01:30 · New York Sat 20:30 · Tokyo 09:30"
    assert everywhere(at) == told


async def test_the_reader_puts_names_in_place_of_ids() -> None:
    sandbox = Sandbox()
    ana = sandbox.add_user("Ana", "Europe/Vienna")
    group = sandbox.add_usergroup("design", "Design", [ana])
    room = sandbox.add_channel("design", [ana])
    text = f"*Hello* <@{ana.id}>, <!subteam^{group.id}> in <#{room.id}>: <https://x.test|this> &amp; 2*3*4"
    assert Reader(sandbox.workspace).plain(text) == "Hello @Ana, @design in #design: this & 2*3*4"


async def test_the_reader_reads_blocks_and_buttons(stage: Stage) -> None:
    ana = stage.cast["Ana"]
    answer = await ana.command("/hours")
    assert answer.message is not None
    text = stage.reader.text(answer.message)
    assert text.startswith("Your week, as others see it")
    assert "```" not in text
    assert buttons(answer.message)
    assert f"[{buttons(answer.message)[0]}]" in text
