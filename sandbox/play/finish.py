"""Monday 2 November: the second summary, and the last delivery."""

from sandbox.play.cast import LISBON, NEW_YORK, VIENNA
from sandbox.play.monday import delivered, summary
from sandbox.play.stage import Stage, moment
from sandbox.play.week import NEW_YORK_CHANGE


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


def _names(stage: Stage, text: str) -> list[str]:
    return [name for name in stage.cast.people if name in text]
