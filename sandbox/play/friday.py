"""Friday 23 October: the weekend begins, at a different hour for everybody."""

from sandbox.play.acting import (
    allows,
    here,
    judged,
    notice_status,
    offers,
    presses,
    sees_flag,
    types,
    writes,
)
from sandbox.play.cast import LISBON, TOKYO, VIENNA
from sandbox.play.stage import Stage

ICONS = "the new icons are in the shared folder"
CLOCK_CHANGE = "the Lisbon photos are ready to be picked"
ARROWS = "and the arrows as well"
WEEKEND = "please look over the poster before it goes to print"
TAKEN_BACK = "the backup of the archive needs a second pair of eyes"


async def across_the_clock_change(stage: Stage) -> None:
    """A hold from Tokyo to Lisbon, over the night in which the clocks of Europe go back."""
    await stage.cue("2026-10-23 22:10", TOKYO)
    said = await types(stage, "Haru", "/later", f"@Dinis {CLOCK_CHANGE}")
    stage.narrator.fact("held for Dinis until Monday 09:00, his time", "Mon 09:00" in said, said)


async def take_back(stage: Stage) -> None:
    """An author who allowed the app to act for her takes a message back."""
    narrator, channel = stage.narrator, stage.cast.ops.channel
    await stage.cue("2026-10-23 15:30", LISBON)
    await allows(stage, "Ines", "send", "the app may take back and post for her")
    message = await writes(stage, "Ines", channel, f"@Kei {TAKEN_BACK}")
    notice = await sees_flag(stage, "Ines", channel)
    narrator.fact("she is offered to hold it", offers(notice, "Hold until Mon 10:00"))
    await presses(stage, "Ines", notice, "flag_hold")
    narrator.fact("her message is gone from the channel", message not in channel.messages)
    outcomes = await judged(stage, message)
    narrator.fact("it counts as averted", outcomes == {"Kei": "averted"}, outcomes)


async def over_a_holiday(stage: Stage) -> None:
    """A hold over a weekend and a public holiday."""
    await stage.cue("2026-10-23 18:30", VIENNA)
    said = await types(stage, "Carla", "/later", f"@Bela {WEEKEND}")
    stage.narrator.fact(
        "held over the weekend and over Austria’s holiday on Monday, until Tuesday",
        "Tue 09:00" in said,
        said,
    )
    stage.narrator.fact("on disk it can be read by nobody", not stage.on_disk(WEEKEND))


async def flag(stage: Stage) -> None:
    """A message in a channel reaches somebody at night; its author is told."""
    narrator, channel = stage.narrator, stage.cast.design.channel
    await stage.cue("2026-10-23 22:14", VIENNA)
    message = await writes(stage, "Eli", channel, f"@Ana {ICONS}")
    notice = await sees_flag(stage, "Eli", channel)
    text = stage.reader.text(notice)
    narrator.fact("it names her time and when she is back", "22:14 for Ana" in text, text)
    narrator.fact("on Tuesday: Monday is a holiday in Vienna", "until Tue 09:00" in text, text)
    expected = "No reply expected before Wed 09:00 (1 working day)"
    narrator.fact("and when she answers, as she declared it", expected in text, text)
    outcomes = await judged(stage, message)
    narrator.fact("the contact is recorded", outcomes == {"Ana": "breach"}, outcomes)
    narrator.fact("its text is nowhere in the bot’s database", not stage.on_disk(ICONS))


async def capped(stage: Stage) -> None:
    """A second message: recorded as well, but nobody is nagged."""
    narrator, cast, channel = stage.narrator, stage.cast, stage.cast.design.channel
    await stage.cue("2026-10-23 22:20", VIENNA)
    before = len(stage.only_for(cast["Eli"], channel))
    message = await writes(stage, "Eli", channel, f"{ARROWS}, @Ana")
    outcomes = await judged(stage, message)
    narrator.fact("the contact is recorded", outcomes == {"Ana": "breach"}, outcomes)
    status = await notice_status(stage, message)
    after = len(stage.only_for(cast["Eli"], channel))
    narrator.fact("its notice is capped: Eli sees no second one", status == "capped", status)
    narrator.fact("nothing more is on his screen", after == before, after)


async def remind(stage: Stage) -> None:
    """An author without a token has the message brought up again."""
    narrator, channel = stage.narrator, stage.cast.design.channel
    eli = stage.cast["Eli"]
    notice = stage.only_for(eli, channel)[-1]
    narrator.says("Eli", f"goes back to the notice, {here(stage, eli)}")
    narrator.fact(
        "the app may not delete in his name, so it offers to remind",
        offers(notice, "Remind Ana Tue 09:00"),
    )
    await presses(stage, "Eli", notice, "flag_remind")
    there = [ICONS in stage.reader.text(each) for each in channel.messages]
    narrator.fact("his message stays where it is", any(there))
