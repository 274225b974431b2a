"""Those who are written to decide, and an author who wants nothing to arrive at night."""

from sandbox.faults import Fault
from sandbox.play.acting import allows, finds, judged, presses, sees_flag, types, writes, writes_to
from sandbox.play.cast import LISBON, TOKYO, VIENNA
from sandbox.play.friday import ARROWS
from sandbox.play.stage import Stage
from sandbox.records import Message

BY_ITSELF = "the certificates run out in November"
SEEN_ALREADY = "the new rack is on its way"
SLOW_S = 0.3


async def back_again(stage: Stage) -> None:
    """Once, on return: how much there was. It was her own choice to be there."""
    narrator, ana = stage.narrator, stage.cast["Ana"]
    line = finds(stage, "Ana", "from your quiet time", "back on Tuesday, Ana reads one line")
    text = stage.reader.text(line)
    narrator.fact("what comes up by itself is not in it", "1 conversation " in text, text)
    await presses(stage, "Ana", line, "return_where")
    narrator.shows(stage.reader.lines(ana.answers[-1]))
    await presses(stage, "Ana", line, "return_chosen")
    outcomes = await judged(stage, _arrows(stage))
    narrator.fact(
        "it counts as her choice, against nobody", outcomes == {"Ana": "chosen"}, outcomes
    )


def _arrows(stage: Stage) -> Message:
    messages = stage.cast.design.channel.messages
    return next(each for each in messages if ARROWS in stage.reader.text(each))


async def direct_message(stage: Stage) -> None:
    """A direct message between two people, one of whom allowed the app to see it."""
    narrator, goro, bela = stage.narrator, stage.cast["Goro"], stage.cast["Bela"]
    await stage.cue("2026-10-29 20:30", TOKYO)
    await allows(stage, "Goro", "dms", "the app may see who writes to him directly")
    await stage.cue("2026-10-29 23:30", TOKYO)
    message = await writes_to(stage, "Bela", "Goro", "do you have the keys of the archive?")
    channel = stage.sandbox.workspace.channels[message.channel_id]
    narrator.fact("the app is not in that conversation", set(channel.members) == {goro.id, bela.id})
    notice = finds(stage, "Bela", "for Goro", "so Bela is told in her own with the app")
    outcomes = await judged(stage, message)
    narrator.fact("the contact is recorded", outcomes == {"Goro": "breach"}, outcomes)
    await presses(stage, "Bela", notice, "flag_leave")


async def everybody(stage: Stage) -> None:
    """@channel: one line of numbers, to its author alone."""
    narrator, channel = stage.narrator, stage.cast.design.channel
    await stage.cue("2026-10-29 16:30", VIENNA)
    message = await writes(stage, "Carla", channel, "@channel the kitchen is closed tomorrow")
    notice = await sees_flag(stage, "Carla", channel)
    text = stage.reader.text(notice)
    expected = "This reaches 7 people: 3 are off now"
    narrator.fact("two in Tokyo and one on leave: 3 of 7 are off", expected in text, text)
    outcomes = await judged(stage, message)
    narrator.fact("nobody is counted by name", not outcomes, outcomes)
    await presses(stage, "Carla", notice, "audience_leave")


async def treatments(stage: Stage) -> None:
    """Bela lets one person through; Haru would rather have everything held."""
    narrator, channel = stage.narrator, stage.cast.design.channel
    await stage.cue("2026-10-29 16:45", VIENNA)
    said = await types(stage, "Bela", "/boundaries", "from @Carla through")
    narrator.fact("Carla reaches Bela at any time", "From @Carla: through" in said, said)
    said = await types(stage, "Haru", "/boundaries", "from everyone hold")
    narrator.fact("Haru wants to be held for", "From everyone else: hold" in said, said)
    await stage.cue("2026-10-29 20:30", LISBON)
    message = await writes(stage, "Carla", channel, "@Bela @Haru the printer has called back")
    notice = await sees_flag(stage, "Carla", channel)
    text = stage.reader.text(notice)
    narrator.fact(
        "it is about Haru alone, and tells her how to hold the next one",
        "for Haru" in text and "Bela" not in text and "Send when they’re back" in text,
        text,
    )
    outcomes = await judged(stage, message)
    agreed = {"Bela": "exempt", "Haru": "breach"}
    narrator.fact("to Bela it passes as agreed", outcomes == agreed, outcomes)
    await presses(stage, "Carla", notice, "flag_leave")
    text = stage.reader.text(notice)
    narrator.fact("nothing is said of Bela", "Haru" in text and "Bela" not in text, text)


async def by_itself(stage: Stage) -> None:
    """Taken back without a click, unless others have added something that would be lost."""
    narrator, cast, channel = stage.narrator, stage.cast, stage.cast.ops.channel
    await stage.cue("2026-10-30 14:00", LISBON)
    said = await types(stage, "Ines", "/later", "auto on")
    narrator.fact("she is told that a phone may ring before", "may have rung" in said, said)
    message = await writes(stage, "Ines", channel, f"@Kei {BY_ITSELF}")
    await sees_flag(stage, "Ines", channel)
    narrator.fact("it was taken back by itself", message not in channel.messages)
    narrator.note("Slack is slow for a moment: somebody is quicker than the app.")
    stage.sandbox.faults.add("conversations.history", Fault.slow(SLOW_S))
    second = await cast["Ines"].post(channel, f"@Kei {SEEN_ALREADY}")
    await cast["Lou"].react(second, "eyes")
    narrator.says("Ines", f"writes “@Kei {SEEN_ALREADY}”, and Lou puts :eyes: under it at once")
    await stage.settle()
    notice = await sees_flag(stage, "Ines", channel)
    text = stage.reader.text(notice)
    narrator.fact("it says what would be lost", "1 reaction would have been lost" in text, text)
    narrator.fact("so it stays", second in channel.messages)
    await presses(stage, "Ines", notice, "flag_leave")
