"""The scenes in their order."""

import time
from collections.abc import Awaitable, Callable, Sequence

from sandbox.play import finish, friday, monday, opening, week
from sandbox.play.stage import Stage

Scene = Callable[[Stage], Awaitable[None]]

SCENES: tuple[tuple[str, Scene], ...] = (
    ("Who plays", opening.introduce),
    ("Teams and hours", opening.set_up),
    ("A hold from Tokyo to Lisbon, across the clock change", friday.across_the_clock_change),
    ("A message taken back, by an author who allowed it", friday.take_back),
    ("A hold over a weekend and a public holiday", friday.over_a_holiday),
    ("A flag in a channel", friday.flag),
    ("A second message: recorded, and its notice capped", friday.capped),
    ("Remind, for an author without a token", friday.remind),
    ("The clocks of Europe went back: posted again at the opening", monday.posted_again),
    ("The first summary of the play", monday.first_summary),
    ("A delivery at the recipient’s opening, across the clock change", monday.on_time),
    ("A team too small for figures", monday.small_team),
    ("The day after the holiday", monday.after_the_holiday),
    ("A night shift", week.night_shift),
    ("A question to a whole team", week.whole_team),
    ("Swapped hours move a held message", week.swap),
    ("Something urgent", week.urgent),
    ("Somebody on leave", week.on_leave),
    ("A hold from Vienna to New York, across the other clock change",
     week.across_the_american_change),
    ("The second summary of the play", finish.second_summary),
    ("The last delivery", finish.last_delivery),
)  # fmt: skip


async def play(stage: Stage, scenes: Sequence[tuple[str, Scene]] = SCENES) -> None:
    """Play every scene.

    Raises:
        FactMissing: something is not as it has to be.
    """
    began_s = time.monotonic()
    for number, (title, scene) in enumerate(scenes, start=1):
        stage.narrator.scene(number, title)
        await scene(stage)
        await stage.narrator.pause()
    took_s = time.monotonic() - began_s
    stage.narrator.note("")
    stage.narrator.note(
        f"The play is over: {len(scenes)} scenes, {stage.narrator.facts} facts held, ten days in "
        f"{took_s:.0f} seconds."
    )
