"""The scenes in their order."""

import time
from collections.abc import Awaitable, Callable, Sequence

from sandbox.play import deciding, finish, friday, meetings, monday, opening, urgency, week
from sandbox.play.stage import Stage

Scene = Callable[[Stage], Awaitable[None]]

SCENES: tuple[tuple[str, Scene], ...] = (
    ("Who plays", opening.introduce),
    ("Teams and hours", opening.set_up),
    ("A hold from Tokyo to Lisbon, across the clock change", friday.across_the_clock_change),
    ("A calendar is connected", meetings.connect),
    ("A message taken back, by an author who allowed it", friday.take_back),
    ("A hold over a weekend and a public holiday", friday.over_a_holiday),
    ("A flag in a channel", friday.flag),
    ("A second message: recorded, and its notice capped", friday.capped),
    ("Remind, for an author without a token", friday.remind),
    ("An invite outside somebody’s hours: tentative until she is back", meetings.held),
    ("The clocks of Europe went back: posted again at the opening", monday.posted_again),
    ("The first summary of the play", monday.first_summary),
    ("A delivery at the recipient’s opening, across the clock change", monday.on_time),
    ("The day after the holiday", monday.after_the_holiday),
    ("Back from quiet time", deciding.back_again),
    ("Moved into her hours, the hold is lifted", meetings.lifted),
    ("A night shift", week.night_shift),
    ("Silence, for somebody who allows it", urgency.silence),
    ("Silent at night, and urgent: it rings", urgency.rings),
    ("A question to a whole team", week.whole_team),
    ("Swapped hours move a held message", week.swap),
    ("The morning after: was it urgent?", urgency.morning_after),
    ("A direct message, where one of the two allowed it", deciding.direct_message),
    ("A weekly meeting from New York, between the two clock changes", meetings.series),
    ("@channel: 3 of 7 are off", deciding.everybody),
    ("Recipients decide", deciding.treatments),
    ("Urgent, with a rota", urgency.on_call),
    ("Taken back by itself", deciding.by_itself),
    ("Somebody on leave", week.on_leave),
    ("Three holds from Vienna to New York, across the other clock change",
     week.across_the_american_change),
    ("Back in its channel", finish.came_back),
    ("The second summary of the play", finish.second_summary),
    ("Several messages of one author are one post", finish.last_delivery),
    ("Another author’s follow some minutes later", finish.one_after_the_other),
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
