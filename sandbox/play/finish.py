"""Monday 2 November: the second summary, and the last delivery."""

from datetime import timedelta

from sandbox.play.cast import LISBON, NEW_YORK, TOKYO, VIENNA
from sandbox.play.deciding import BY_ITSELF
from sandbox.play.monday import delivered, summary
from sandbox.play.stage import Stage, moment
from sandbox.play.week import NEW_YORK_CHANGE, SECOND_THOUGHT, SOMEBODY_ELSE

SPREAD = timedelta(minutes=5)


async def came_back(stage: Stage) -> None:
    """What was taken back by itself stands in its channel again when Kei is there."""
    await stage.cue("2026-11-02 10:00", TOKYO)
    message = stage.by_app(BY_ITSELF, stage.cast.ops.channel)
    stage.narrator.fact("it is back in #ops at Kei’s opening", message)
    assert message is not None, "the fact before holds"  # noqa: S101 - narrows the type
    stage.narrator.shows(stage.reader.lines(message))
    ines, kei = stage.cast["Ines"], stage.cast["Kei"]
    stage.narrator.fact("posted by Ines herself", message.user == ines.id)
    stage.narrator.fact("now Kei’s phone rings", kei.id in message.rang_for)


async def second_summary(stage: Stage) -> None:
    """The week of the play, for the team of eight and for the team of four."""
    await stage.cue("2026-11-02 09:00", VIENNA)
    text = await summary(stage, stage.cast.design, "week 44 of 2026")
    stage.narrator.fact("without anybody’s name", not _names(stage, text), text)
    await stage.cue("2026-11-02 09:00", LISBON)
    await summary(stage, stage.cast.ops, "Not enough data")


async def last_delivery(stage: Stage) -> None:
    """Ana's message reaches Eli at nine, an hour later in UTC than a week before."""
    at = moment("2026-11-02 09:00", NEW_YORK)
    message = await delivered(stage, at, NEW_YORK_CHANGE, stage.direct(stage.cast["Eli"]))
    late_s = float(message.ts) - moment("2026-11-02 14:00", "UTC").timestamp()
    stage.narrator.fact(
        "on the minute: 09:00 in New York, 13:00 UTC on Friday and 14:00 UTC now",
        0 <= late_s < 60,  # noqa: PLR2004 - a minute
        late_s,
    )
    text = stage.reader.text(message)
    stage.narrator.fact("both of Ana’s are one post", SECOND_THOUGHT in text, text)


async def one_after_the_other(stage: Stage) -> None:
    """What several people held does not fall on Eli in one minute."""
    eli = stage.direct(stage.cast["Eli"])
    stage.narrator.fact("Bela’s waits a little", stage.by_app(SOMEBODY_ELSE, eli) is None)
    await stage.until(stage.now + SPREAD)
    stage.narrator.clock(stage.now)
    message = stage.by_app(SOMEBODY_ELSE, eli)
    stage.narrator.fact("within five minutes it is there as well", message)
    stage.narrator.shows(stage.reader.lines(message) if message else ())


def _names(stage: Stage, text: str) -> list[str]:
    return [name for name in stage.cast.people if name in text]
