"""Monday 26 and Tuesday 27 October: people come back, each at their own opening."""

from datetime import datetime, timedelta

from sandbox.play.acting import here
from sandbox.play.cast import LISBON, TOKYO, VIENNA, Team
from sandbox.play.friday import CLOCK_CHANGE, TAKEN_BACK, WEEKEND
from sandbox.play.narration import local
from sandbox.play.stage import WITHIN_S, Stage, moment
from sandbox.records import Channel, Message


async def delivered(stage: Stage, at: datetime, words: str, channel: Channel) -> Message:
    """Let the clock run over an opening and tell what arrives, and how late."""
    narrator = stage.narrator
    message = await stage.arrival(at, lambda: stage.by_app(words, channel))
    narrator.fact("nothing arrived before the opening, and it arrives then", message)
    assert message is not None, "the fact before holds"  # noqa: S101 - narrows the type
    late_s = float(message.ts) - at.timestamp()
    narrator.shows(stage.reader.lines(message))
    narrator.fact(f"delivered {late_s:.1f} s after the opening", 0 <= late_s <= WITHIN_S, late_s)
    return message


async def waits_until(stage: Stage, at: datetime, words: str, channel: Channel) -> Message:
    """The same without waiting for the bot's beat: not there a second before, and there then."""
    narrator = stage.narrator
    await stage.until(at - timedelta(seconds=1))
    early = stage.by_app(words, channel)
    await stage.until(at)
    narrator.clock(stage.now)
    message = stage.by_app(words, channel)
    narrator.fact("a second before it is not there, and then it is", message and not early)
    assert message is not None, "the fact before holds"  # noqa: S101 - narrows the type
    narrator.shows(stage.reader.lines(message))
    return message


async def posted_again(stage: Stage) -> None:
    """What Ines took back appears at Kei's opening, as her own message."""
    channel, ines, kei = stage.cast.ops.channel, stage.cast["Ines"], stage.cast["Kei"]
    message = await delivered(stage, moment("2026-10-26 10:00", TOKYO), TAKEN_BACK, channel)
    narrator = stage.narrator
    narrator.fact("it is posted by Ines herself, in the same channel", message.user == ines.id)
    narrator.fact("Kei’s phone rings now", kei.id in message.rang_for, here(stage, kei))


async def first_summary(stage: Stage) -> None:
    """The week of the 23rd, told at nine o'clock of the team's zone."""
    await stage.cue("2026-10-26 09:00", VIENNA)
    bela = stage.direct(stage.cast["Bela"])
    stage.narrator.fact(
        "it is a holiday in Vienna: what Bela was sent still waits",
        stage.by_app(WEEKEND, bela) is None,
    )
    await summary(stage, stage.cast.design, "week 43 of 2026")


async def on_time(stage: Stage) -> None:
    """Haru's message arrives at nine, although nine is an hour later than it was on Friday."""
    narrator, dinis = stage.narrator, stage.cast["Dinis"]
    at = moment("2026-10-26 09:00", LISBON)
    message = await delivered(stage, at, CLOCK_CHANGE, stage.direct(dinis))
    posted = datetime.fromtimestamp(float(message.ts), at.tzinfo)
    narrator.fact(
        "on the minute: 09:00 in Lisbon, which was 08:00 UTC on Friday and is 09:00 UTC now",
        posted.strftime("%H:%M") == "09:00" and local(posted, LISBON).startswith("Mon 26 Oct 09"),
        posted,
    )


async def after_the_holiday(stage: Stage) -> None:
    """Tuesday: Bela gets what was held, Ana is reminded."""
    narrator = stage.narrator
    bela, ana = stage.cast["Bela"], stage.cast["Ana"]
    at = moment("2026-10-27 09:00", VIENNA)
    await waits_until(stage, at, WEEKEND, stage.direct(bela))
    reminder = stage.by_app("while you were off", stage.direct(ana))
    narrator.fact("Ana is reminded of Eli’s message in the same minute", reminder)
    narrator.shows(stage.reader.lines(reminder) if reminder else ())


async def summary(stage: Stage, team: Team, expected: str) -> str:
    """The team's summary, as it stands in its channel."""
    narrator = stage.narrator
    posts = [each for each in team.summary.messages if each.app_id == stage.app.app_id]
    narrator.fact(f"#{team.summary.name} has its summary at {local(stage.now, team.tz)}", posts)
    text = stage.reader.text(posts[-1])
    narrator.shows(text.splitlines())
    narrator.fact(f"it says “{expected}”", expected in text, text)
    return text
