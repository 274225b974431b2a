"""Wednesday 28 to Friday 30 October: nights, swaps, urgent matters and leave."""

from sandbox.play.acting import judged, notice_status, offers, presses, sees_flag, types, writes
from sandbox.play.cast import LISBON, NEW_YORK, VIENNA
from sandbox.play.monday import waits_until
from sandbox.play.stage import Stage, moment

SWAPPED = "could you check the invoice of the printer"
NEW_YORK_CHANGE = "the studio is booked for Tuesday"
SECOND_THOUGHT = "and the van for Wednesday"
SOMEBODY_ELSE = "the frames are back from the joiner"


async def night_shift(stage: Stage) -> None:
    """Two in the morning is the middle of somebody's day."""
    narrator, cast, channel = stage.narrator, stage.cast, stage.cast.ops.channel
    await stage.cue("2026-10-28 02:00", VIENNA)
    before = len(stage.only_for(cast["Kei"], channel))
    message = await writes(stage, "Kei", channel, "@Jonas is the night run through?")
    outcomes = await judged(stage, message)
    told = len(stage.only_for(cast["Kei"], channel)) - before
    narrator.fact(
        "Jonas works nights: at 02:00 he is not flagged, and nothing is recorded",
        not outcomes and not told,
        outcomes,
    )
    await stage.cue("2026-10-28 14:00", VIENNA)
    await writes(stage, "Ines", channel, "@Jonas thank you for the report")
    notice = await sees_flag(stage, "Ines", channel)
    narrator.fact("at 14:00 he sleeps, and is off", offers(notice, "Hold until 22:00"))
    await presses(stage, "Ines", notice, "flag_leave")


async def whole_team(stage: Stage) -> None:
    """A user group is everybody in it, each by their own clock."""
    narrator, channel = stage.narrator, stage.cast.design.channel
    await stage.cue("2026-10-28 16:30", NEW_YORK)
    message = await writes(stage, "Eli", channel, "@design which of the two covers do you like?")
    outcomes = await judged(stage, message)
    others = [part.name for part in stage.cast.design.parts if part.name != "Eli"]
    narrator.fact(
        "each of the seven others is outside their hours", [*outcomes] == others, outcomes
    )
    notice = await sees_flag(stage, "Eli", channel)
    narrator.fact("one notice, for everybody", await notice_status(stage, message) == "sent")
    await presses(stage, "Eli", notice, "flag_leave")


async def swap(stage: Stage) -> None:
    """A message that is held follows the hours of the person it is for."""
    narrator, carla = stage.narrator, stage.cast["Carla"]
    await stage.cue("2026-10-28 20:45", LISBON)
    said = await types(stage, "Bela", "/later", f"@Carla {SWAPPED}")
    narrator.fact("held until Carla’s morning", "Thu 09:00" in said, said)
    await stage.cue("2026-10-28 21:00", LISBON)
    await types(stage, "Carla", "/hours", "swap tomorrow 9-11 for 18-20")
    said = await types(stage, "Bela", "/later", "list")
    narrator.fact("the held message has moved with her", "Thu 11:00" in said, said)
    await waits_until(stage, moment("2026-10-29 11:00", LISBON), SWAPPED, stage.direct(carla))


async def on_leave(stage: Stage) -> None:
    """A message is not kept for longer than thirty days."""
    await stage.cue("2026-10-30 16:00", LISBON)
    text = "the samples have arrived"
    said = await types(stage, "Carla", "/later", f"@Fay {text}")
    stage.narrator.fact(
        "Fay is away until January: refused, and the text is handed back",
        "30 days" in said and text in said,
        said,
    )


async def across_the_american_change(stage: Stage) -> None:
    """Three holds over the night in which the clocks of New York go back."""
    await stage.cue("2026-10-30 22:15", VIENNA)
    said = await types(stage, "Ana", "/later", f"@Eli {NEW_YORK_CHANGE}")
    stage.narrator.fact("held for Eli until Monday 09:00, his time", "Mon 09:00" in said, said)
    await types(stage, "Ana", "/later", f"@Eli {SECOND_THOUGHT}")
    await types(stage, "Bela", "/later", f"@Eli {SOMEBODY_ELSE}")
    kept = "SELECT sealed IS NOT NULL FROM held_messages WHERE state = 'held' AND lane = ?"
    sealed = await stage.rows(kept, f"dm:{stage.cast['Eli'].id}")
    stage.narrator.fact("all three wait for him, sealed", sealed == [(1,)] * 3, sealed)
