"""`/quiet`: time inside the day when nobody should interrupt."""

import re
from collections.abc import Mapping

from bot.domain import notation
from bot.domain.availability import State
from bot.domain.instants import end_instant
from bot.domain.policy import Mode
from bot.services.hours import Calendar
from bot.slack import verbs, weeks
from bot.slack.commands import Ask, Command, Said
from bot.words import quiet as words
from bot.words.hours import span
from bot.words.times import at_clock, day_clock, wall

ONE_OFF = re.compile(r"(\d|(until|till|for)\b)", re.IGNORECASE)
"""How a time that starts now is written; everything else is a weekly window."""


async def run(ask: Ask) -> Said:
    """`/quiet`, one of its verbs, a time that starts now, or a weekly window."""
    if not ask.text:
        return await _list(ask, "")
    return await verbs.run(ask, VERBS, _quiet)


async def _quiet(ask: Ask, text: str) -> Said:
    add = _start if ONE_OFF.match(text) else _window
    return await add(ask, text)


async def _start(ask: Ask, text: str) -> Said:
    before = await verbs.own_calendar(ask)
    until = notation.parse_quiet_until(text, before.wall_now)
    calendar = await ask.surface.hours.start_quiet(ask.workspace_id, ask.user_id, until)
    end_at = end_instant(until, calendar.person.tz)
    shown = day_clock(end_at, calendar.person.tz, calendar.at)
    rest = _rest(before, calendar, end_at)
    if before.person.timeline.state_at(calendar.at) is State.OFF:
        said = words.off_anyway(shown, weeks.own_line(before), rest, ask.name)
    else:
        told = calendar.person.enrolled and ask.place.policy.mode is not Mode.OBSERVE
        said = words.started(shown, rest, ask.name, told=told)
    return await verbs.changed(ask, calendar, said)


def _rest(before: Calendar, after: Calendar, end_at: int) -> str:
    """What the end of the quiet time does not say: hours worked in it, and a later opening."""
    timeline, tz, now = after.person.timeline, after.person.tz, after.at
    spans = timeline.spans(now, end_at, State.WORKING)
    worked = [f"{wall(start, tz):%a} {span(start, end, tz)}" for start, end in spans]
    open_at = timeline.next_open(end_at)
    unchanged_at = before.person.timeline.next_open(now)
    if open_at is None or open_at == end_at or (open_at == unchanged_at and not worked):
        return words.worked(worked)
    return words.worked(worked) + words.again(at_clock(open_at, tz, now))


async def _window(ask: Ask, text: str) -> Said:
    window = notation.parse_quiet_window(text)
    hours = ask.surface.hours
    calendar, is_new = await hours.add_quiet_window(ask.workspace_id, ask.user_id, window)
    receipt = words.added if is_new else words.already
    shown = weeks.described(window, calendar)
    return await verbs.changed(ask, calendar, receipt(shown, ask.surface.names["quiet"]))


async def _list(ask: Ask, _text: str) -> Said:
    calendar = await verbs.own_calendar(ask)
    return Said(words.listed(weeks.quiet_rows(calendar), ask.surface.names["quiet"]))


async def _remove(ask: Ask, number: str) -> Said:
    hours = ask.surface.hours
    calendar, gone = await hours.remove_quiet(ask.workspace_id, ask.user_id, number)
    said = words.removed(weeks.described(gone, calendar), weeks.own_line(calendar))
    return await verbs.changed(ask, calendar, said)


async def _end(ask: Ask, _text: str) -> Said:
    calendar, was_on = await ask.surface.hours.end_quiet(ask.workspace_id, ask.user_id)
    name = ask.surface.names["quiet"]
    said = words.ended(weeks.own_line(calendar), name, was_on=was_on)
    return await verbs.changed(ask, calendar, said)


VERBS: Mapping[str, verbs.Verb] = {
    "list": _list,
    "remove": _remove,
    "off": _end,
    "end": _end,
}
"""What the first word does."""

COMMAND = Command("quiet", words.SUMMARY, words.USAGE, words.EXAMPLES, run)
