"""The opening: who plays, and how they tell the bot about their days."""

from sandbox.play.acting import here, presses, types
from sandbox.play.cast import LISBON, NEW_YORK, TOKYO, VIENNA, Part
from sandbox.play.seed import STARTED_AT, WEEKS, seed
from sandbox.play.stage import Stage, serve


async def introduce(stage: Stage) -> None:
    """The accounts, the sample data, and the bot's start."""
    narrator, cast = stage.narrator, stage.cast
    narrator.note(
        "Every account is fictional, and so is every message. Slack takes no part: the workspace "
        f"is the sandbox at {stage.sandbox.url}, and the bot in front of it is the real one."
    )
    for team in (cast.design, cast.ops):
        people = "; ".join(f"{part.name} {part.about}" for part in team.parts)
        narrator.says(f"{team.group.name}, @{team.group.handle}:", people)
    rows = await seed(stage)
    narrator.note(
        f"Sample data: {rows} earlier contacts of {WEEKS} weeks, from {STARTED_AT:%d %B} on, are "
        "written into the bot’s database, so that a summary has weeks to compare with. Everything "
        "from here on happens over HTTP."
    )
    await serve(stage)
    narrator.note(f"The bot answers at {stage.bot_url}.")


async def set_up(stage: Stage) -> None:
    """An admin adds both teams; everybody says, in their own morning, when they work."""
    narrator = stage.narrator
    narrator.clock(stage.now)
    design = "team add @design #design-pulse lead @Bela tz Europe/Vienna"
    said = await types(stage, "Bela", "/boundaries", design)
    narrator.fact("Design is a team of 8 with a summary", "8 members" in said, said)
    said = await types(stage, "Bela", "/boundaries", "team add @ops #ops-pulse lead @Ines")
    narrator.fact("Ops is a team of 4 with a summary", "4 members" in said, said)
    await _welcomes(stage, VIENNA, TOKYO)
    await stage.cue("2026-10-23 09:05", LISBON)
    await _welcomes(stage, LISBON)
    await stage.cue("2026-10-23 09:05", NEW_YORK)
    await _welcomes(stage, NEW_YORK)
    rows = await stage.rows("SELECT count(*) FROM people WHERE enrolled_at IS NOT NULL")
    narrator.fact("all 12 take part: their hours are kept from now on", rows == [(12,)], rows)


async def _welcomes(stage: Stage, *zones: str) -> None:
    parts = (*stage.cast.design.parts, *stage.cast.ops.parts)
    for part in parts:
        if part.tz in zones:
            await _arrives(stage, part)
    await stage.settle()


async def _arrives(stage: Stage, part: Part) -> None:
    """Set one's hours, or press *These fit* in the welcome that came in one's own morning."""
    narrator, person = stage.narrator, stage.cast[part.name]
    if not part.hours:
        welcomes = stage.direct(person).messages
        narrator.fact(f"a welcome reached {part.name}, {here(stage, person)}", welcomes)
        narrator.shows(stage.reader.lines(welcomes[-1])[-3:-1])
        await presses(stage, part.name, welcomes[-1], "welcome_fit")
        return
    for typed in part.hours:
        answer = await person.command("/hours", typed)
        text = stage.reader.plain(answer.text)
        narrator.says(part.name, f"types /hours {typed}")
        narrator.shows(text.splitlines())
