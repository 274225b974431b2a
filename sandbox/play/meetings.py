"""Meeting invites: somebody connects a calendar, and is invited outside her hours.

What the two of them do in their calendars goes to the calendar server, and not through the bot.
"""

import asyncio
import time
from datetime import UTC, datetime, timedelta
from datetime import time as clock_time
from zoneinfo import ZoneInfo

from bot.domain.slots import WANTED
from sandbox.calendars import Meeting
from sandbox.play.acting import finds, here, presses, types
from sandbox.play.cast import NEW_YORK, VIENNA
from sandbox.play.narration import CITIES, local
from sandbox.play.stage import LOOK_EVERY_S, WITHIN_S, Stage, moment
from sandbox.play.windows import title
from sandbox.records import Message
from sandbox.screens import elements_of

PASSWORD = "an app password, for the sandbox alone"
REVIEW, WEEKLY = "Poster review", "Layout weekly"
WEEKS = 6
LATE_FOR_ANA, WEEKLY_LATE = "outside the hours of Ana", "every week"
FRIDAY = 5
HOUR = timedelta(hours=1)
OPENS, CLOSES = clock_time(9), clock_time(17)
"""Ana's hours and Eli's, Monday to Friday, each on their own clocks."""

BACK = "They are back Tue 27 Oct 04:00 (America/New_York)"
"""Nine in Vienna on the day after the holiday, as the organiser reads it."""

READ_AGAIN = timedelta(minutes=6)
"""A calendar that cannot say that something changed is read every five minutes."""

SAID = timedelta(minutes=1)
"""What is to be said waits a little for the other calendars of the same meeting."""


async def connect(stage: Stage) -> None:
    """Ana connects her calendar in Slack, and says what is to be done about late invites."""
    narrator, ana = stage.narrator, stage.cast["Ana"]
    await stage.cue("2026-10-23 15:20", VIENNA)
    own = await stage.calendars.add("Ana", ana.email, PASSWORD)
    await stage.calendars.add("Eli", stage.cast["Eli"].email, PASSWORD)
    narrator.note(f"Ana and Eli have their calendars on a CalDAV server at {own.proxy.url}.")
    await types(stage, "Ana", "/boundaries", "calendar")
    view = (await presses(stage, "Ana", ana.answers[-1], "calendar_open")).view
    narrator.fact("a window asks where it is", view)
    assert view is not None, "the fact before holds"  # noqa: S101 - narrows the type
    narrator.says("Ana", f"sees a window open: “{title(view)}”")
    narrator.shows(stage.reader.lines(view))
    filled = {"address": own.proxy.url, "username": own.user, "password": PASSWORD}
    await ana.submit(view, filled)
    narrator.says("Ana", f"fills it in: {own.proxy.url}, {own.user}, and an app password")
    narrator.shows([await _connected(stage)])
    await stage.settle()
    query = "SELECT synced_at, length(sealed_credentials) FROM calendars WHERE user_id = ?"
    ((read_at, sealed_length),) = await stage.rows(query, ana.id)
    narrator.fact("her calendar was read", read_at == int(stage.now.timestamp()), read_at)
    sealed = sealed_length > len(PASSWORD) and not stage.on_disk(PASSWORD)
    narrator.fact("her password is kept, and on disk it can be read by nobody", sealed)
    said = await types(stage, "Ana", "/boundaries", "calendar hold")
    narrator.fact("what is outside her hours is held from now on", "tentative" in said, said)


async def held(stage: Stage) -> None:
    """The organiser's server hears *tentative*, and the organiser reads better times in Slack."""
    narrator = stage.narrator
    await stage.cue("2026-10-23 16:40", NEW_YORK)
    uid = await _invites(stage, REVIEW, moment("2026-10-28 13:00", NEW_YORK))
    await _read(stage)
    eli, ana = stage.calendars.people["Eli"], stage.calendars.people["Ana"]
    partstat = await eli.answer_of(ana, uid)
    narrator.fact("in Eli’s calendar Ana’s answer is tentative", partstat == "TENTATIVE", partstat)
    comments = await eli.comments(uid)
    narrator.shows(comments)
    said_why = [BACK in each for each in comments] == [True]
    narrator.fact("with one comment, which says when she is back", said_why, comments)
    notice = finds(stage, "Eli", LATE_FOR_ANA, "Eli reads in Slack for whom it is late")
    times = _better(notice)
    narrator.fact(
        "three better times, within the hours of both",
        len(times) == WANTED and all(map(_suits, times)),
        times,
    )
    told = stage.by_app(REVIEW, stage.direct(stage.cast["Ana"]))
    narrator.fact("Ana is not written to while she is off", told is None, told)


async def lifted(stage: Stage) -> None:
    """The organiser moves it, the answer is taken back, and from then on it is hers."""
    narrator = stage.narrator
    eli, ana = stage.calendars.people["Eli"], stage.calendars.people["Ana"]
    await stage.cue("2026-10-27 09:30", NEW_YORK)
    finds(stage, "Ana", REVIEW, "back since nine, Ana has read what was done, and can undo it")
    notice = finds(stage, "Eli", LATE_FOR_ANA, "Eli comes back to the times he was shown")
    start = _better(notice)[0]
    await presses(stage, "Eli", notice, "better_time_1")
    uid = await eli.uid(REVIEW)
    await eli.move(uid, start, start + HOUR)
    narrator.says("Eli", f"moves it in his own calendar, to {local(start, NEW_YORK)} in New York")
    narrator.tells(f"which is {local(start, VIENNA)} in Vienna")
    await _read(stage)
    partstat = await eli.answer_of(ana, uid)
    narrator.fact("nothing is answered for Ana any more", partstat == "NEEDS-ACTION", partstat)
    _, copy = await ana.held(uid)
    comment = copy.events[0].get("comment")
    narrator.fact("the comment is gone from her calendar", comment is None, comment)
    finds(stage, "Ana", "was moved into your hours", "Ana is told")
    await ana.answer(uid, "ACCEPTED")
    narrator.says("Ana", "accepts it in her own calendar")
    await _read(stage)
    partstat = await eli.answer_of(ana, uid)
    narrator.fact("and that stays as it is", partstat == "ACCEPTED", partstat)


async def series(stage: Stage) -> None:
    """Eleven in New York is five in Vienna, but four while only Europe's clocks went back."""
    narrator = stage.narrator
    await stage.cue("2026-10-29 10:40", NEW_YORK)
    uid = await _invites(stage, WEEKLY, moment("2026-10-30 11:00", NEW_YORK), weeks=WEEKS)
    await _read(stage)
    query = "SELECT start_at, state FROM occurrences WHERE uid = ? ORDER BY start_at"
    found = [(datetime.fromtimestamp(at, UTC), state) for at, state in await stage.rows(query, uid)]
    for at, state in found:
        told = "outside her hours" if state else "inside her hours"
        narrator.tells(f"{local(at, VIENNA)} in Vienna: {told}")
    states = [state for _, state in found]
    narrator.fact(
        "the first of the six is inside, the others are not",
        states == ["", *["flagged"] * (WEEKS - 1)],
        states,
    )
    eli, ana = stage.calendars.people["Eli"], stage.calendars.people["Ana"]
    answered = await eli.answer_of(ana, uid), await eli.comments(uid)
    narrator.fact(
        "this server takes no answer to some of a series, so none was given",
        answered == ("NEEDS-ACTION", []),
        answered,
    )
    finds(stage, "Ana", "5 of its next 6 times", "Ana reads of the series once")
    finds(stage, "Eli", WEEKLY_LATE, "and Eli reads better times for it")


async def _invites(stage: Stage, name: str, start: datetime, weeks: int = 1) -> str:
    """Eli invites Ana for an hour, in his own calendar; the UID."""
    people = stage.calendars.people
    zone = ZoneInfo(NEW_YORK)
    meeting = Meeting(
        title=name,
        start=start.astimezone(zone),
        end=(start + HOUR).astimezone(zone),
        made_at=stage.now,
        weeks=weeks,
    )
    often = f"weekly, {weeks} times, from" if weeks > 1 else "on"
    stage.narrator.says(
        "Eli",
        f"invites Ana in his own calendar, {here(stage, stage.cast['Eli'])}: “{name}”, {often} "
        f"{local(start, NEW_YORK)} in {CITIES[NEW_YORK]}",
    )
    stage.narrator.tells(f"for Ana that begins {local(start, VIENNA)} in {CITIES[VIENNA]}")
    return await people["Eli"].invite(people["Ana"], meeting)


async def _read(stage: Stage) -> None:
    """Time goes on until the calendar was read again, and what follows is said."""
    await stage.until(stage.now + READ_AGAIN)
    await stage.until(stage.now + SAID)


async def _connected(stage: Stage) -> str:
    """What the window says once the server was asked; a slow one is waited for."""
    ends_s = time.monotonic() + WITHIN_S
    text = ""
    while "is connected" not in text and time.monotonic() < ends_s:
        await asyncio.sleep(LOOK_EVERY_S)
        text = stage.reader.text(stage.cast["Ana"].open_views[-1])
    stage.narrator.fact("the window says that it is connected", "is connected" in text, text)
    return text


def _better(notice: Message) -> list[datetime]:
    """The times on the buttons of a notice; their values end in the instant and a number."""
    buttons = [each for _, each in elements_of(notice.blocks)]
    values = [
        str(each["value"]) for each in buttons if str(each["action_id"]).startswith("better_time_")
    ]
    return [datetime.fromtimestamp(int(value.split(":")[-2]), UTC) for value in values]


def _suits(start: datetime) -> bool:
    """Whether an hour from then on is within the hours of both."""
    walls = [start.astimezone(ZoneInfo(tz)) for tz in (VIENNA, NEW_YORK)]
    return all(
        wall.isoweekday() <= FRIDAY and wall.time() >= OPENS and (wall + HOUR).time() <= CLOSES
        for wall in walls
    )
