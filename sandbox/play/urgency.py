"""Wednesday and Thursday: nothing rings at night, but for what cannot wait."""

from sandbox.play.acting import allows, finds, judged, presses, sees_flag, types, writes
from sandbox.play.cast import LISBON, NEW_YORK
from sandbox.play.stage import Stage, moment
from sandbox.play.windows import title
from sandbox.records import Message

BACK_AT = moment("2026-10-29 09:00", LISBON)
"""Thursday morning, when Ines is back."""


async def silence(stage: Stage) -> None:
    """Somebody lets the app snooze their notifications, and show it in their status."""
    narrator = stage.narrator
    await stage.cue("2026-10-28 15:00", LISBON)
    await allows(stage, "Ines", "silence", "the app may snooze her notifications")
    await allows(stage, "Ines", "status", "it may set her status")
    said = await types(stage, "Ines", "/boundaries", "silence urgent on")
    narrator.fact("what cannot wait may ring nevertheless", "may ring" in said, said)
    narrator.fact("at work nothing is snoozed", stage.cast["Ines"].snooze_until is None)


async def rings(stage: Stage) -> None:
    """At night a message stays silent; its author says why it cannot wait, and then it rings."""
    narrator, ines, channel = stage.narrator, stage.cast["Ines"], stage.cast.ops.channel
    await stage.cue("2026-10-28 16:20", NEW_YORK)
    message = await writes(stage, "Lou", channel, "@Ines nobody can sign in any more")
    narrator.fact("it reaches her, and stays silent", message.silent_for == {ines.id})
    status = f"{ines.status['status_emoji']} {ines.status['status_text']}"
    narrator.fact(f"her status says “{status}”", "Off until Thu 09:00" in status, status)
    notice = await sees_flag(stage, "Lou", channel)
    await _declares(stage, "Lou", notice, "A service is down")
    outcomes = await judged(stage, message)
    narrator.fact("it counts as urgent", outcomes == {"Ines": "urgent"}, outcomes)
    call = finds(stage, "Ines", "says this cannot wait", "Ines is told at once")
    narrator.fact("and that rings, because she allowed it", ines.id in call.rang_for)
    finds(stage, "Lou", "it rang through", "Lou hears what came of it")
    narrator.fact(
        "afterwards her notifications are snoozed again, until she is back",
        ines.snooze_until == BACK_AT,
        ines.snooze_until,
    )


async def morning_after(stage: Stage) -> None:
    """Whoever was told says what they think of it, and nobody else learns that."""
    narrator, lou = stage.narrator, stage.cast["Lou"]
    await stage.cue("2026-10-29 11:10", LISBON)
    asked = finds(stage, "Ines", "marked as urgent for you", "Ines is asked about it, once")
    at_opening = float(asked.ts) - BACK_AT.timestamp()
    narrator.fact("at her opening, not at night", 0 <= at_opening < 60, at_opening)  # noqa: PLR2004 - a minute
    before = len(stage.direct(lou).messages)
    await presses(stage, "Ines", asked, "verdict_urgent")
    kept = await stage.rows("SELECT verdict FROM urgents")
    narrator.fact("her verdict is kept", kept == [("urgent",)], kept)
    narrator.fact("Lou is not told of it", len(stage.direct(lou).messages) == before)


async def on_call(stage: Stage) -> None:
    """A team with a rota: what is urgent goes to whoever is on call."""
    narrator, cast, channel = stage.narrator, stage.cast, stage.cast.ops.channel
    await stage.cue("2026-10-29 17:30", LISBON)
    said = await types(stage, "Ines", "/boundaries", "oncall @ops @Jonas @Lou from 2026-10-26")
    narrator.fact("Jonas has this week, Lou the next", "@Jonas is on call" in said, said)
    await stage.cue("2026-10-29 17:20", NEW_YORK)
    message = await writes(stage, "Lou", channel, "@Ines the backup has stopped")
    before = len(stage.direct(cast["Ines"]).messages)
    notice = await sees_flag(stage, "Lou", channel)
    await _declares(stage, "Lou", notice, "A service is down")
    call = finds(stage, "Jonas", "You are on call for Ops", "Jonas, who works nights, is told")
    narrator.fact("his phone rings", cast["Jonas"].id in call.rang_for)
    sleeps = cast["Ines"].id in message.silent_for
    told = len(stage.direct(cast["Ines"]).messages) - before
    narrator.fact("Ines sleeps on", sleeps and not told, told)
    finds(stage, "Lou", "Jonas is on call for Ops until", "Lou hears who was told")


async def _declares(stage: Stage, name: str, notice: Message, why: str) -> None:
    """*It's urgent…*, the window it opens, and a reason."""
    narrator = stage.narrator
    view = (await presses(stage, name, notice, "flag_urgent")).view
    narrator.fact("a window asks for the reason", view)
    assert view is not None, "the fact before holds"  # noqa: S101 - narrows the type
    narrator.says(name, f"sees a window open: “{title(view)}”")
    narrator.shows(stage.reader.lines(view))
    await stage.cast[name].submit(view, {"reason": "outage"})
    await stage.settle()
    narrator.says(name, f"picks “{why}”")
    narrator.shows(stage.reader.lines(notice))
