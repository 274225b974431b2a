"""`/hours`: one's own week, and when somebody else can be reached."""

import re
from collections.abc import Mapping
from typing import Any

from bot.domain import notation
from bot.domain.response import parse_within
from bot.domain.schedule import Override, parse_region, region_name, suggested_region
from bot.domain.week import next_holidays
from bot.errors import BadInput, NotPossible, SlackError
from bot.services.hours import Calendar
from bot.slack import blocks as kit
from bot.slack import home, hours_views, verbs, weeks
from bot.slack.actions import Action, Shown, clicked
from bot.slack.blocks import Block
from bot.slack.commands import Ask, Command, Said
from bot.slack.surface import Surface
from bot.slack.views import Submit
from bot.words import hours as words
from bot.words import response as replies

HOLIDAYS_SHOWN = 3
MENTION = re.compile(r"<@([UW][A-Z0-9]+)(?:\|[^>]*)?>\s*")


async def run(ask: Ask) -> Said:
    """`/hours`, one of its verbs, or `/hours @ana`."""
    named = MENTION.fullmatch(ask.text)
    if named is not None and named[1] != ask.user_id:
        return await _somebody(ask, named[1])
    if not ask.text or named is not None:
        return await _own_week(ask)
    if ask.text.startswith("<@"):
        raise BadInput(words.ONE_PERSON.format(name=ask.surface.names["hours"]))
    return await verbs.run(ask, VERBS, _unknown)


async def _own_week(ask: Ask) -> Said:
    calendar = await verbs.own_calendar(ask)
    waiting = await ask.surface.holding.waiting(ask.workspace_id, ask.user_id)
    person = calendar.person
    shown = weeks.week(person.timeline, person.tz, calendar.at)
    state = words.you_are(weeks.own_line(calendar))
    facts = weeks.facts(calendar, len(waiting), ask.surface.names)
    top = f"{words.OWN_TITLE}\n{shown}\n{state}"
    blocks = [kit.section(top), kit.section(facts)]
    if person.enrolled:
        blocks.append(kit.actions("hours", verbs.edit_button()))
    else:
        blocks += verbs.not_enrolled()
    return Said(f"{top}\n{facts}", blocks)


async def _somebody(ask: Ask, user_id: str) -> Said:
    own = await verbs.own_calendar(ask)
    theirs = await ask.surface.hours.calendar(ask.workspace_id, user_id)
    return Said(weeks.others_week(theirs.person, own.person.tz, ask.now))


async def _unknown(ask: Ask, text: str) -> Said:
    word = text.split(maxsplit=1)[0][:40]
    if word.startswith("@"):
        raise BadInput(words.NOT_ESCAPED.format(word=word))
    raise BadInput(words.unknown_verb(word, ask.surface.names["hours"]))


async def _set(ask: Ask, text: str) -> Said:
    weekly = None if text.lower() == "default" else notation.parse_weekly(text)
    before = await verbs.own_calendar(ask)
    calendar = await ask.surface.hours.set_weekly(ask.workspace_id, ask.user_id, weekly)
    hours = notation.format_weekly(calendar.pattern.weekly)
    receipt = words.default_set if weekly is None else words.hours_set
    said = receipt(hours, calendar.person.tz, weeks.own_line(calendar))
    first = "" if before.person.enrolled else f"\n{words.ENROLLED}"
    return await verbs.changed(ask, calendar, said + first)


async def _off(ask: Ask, text: str) -> Said:
    word, _, rest = text.partition(" ")
    if not text or word.lower() == "list":
        calendar = await verbs.own_calendar(ask)
        return Said(words.listed(weeks.exception_rows(calendar), ask.surface.names["hours"]))
    if word.lower() == "remove":
        return await _remove(ask, rest)
    calendar = await verbs.own_calendar(ask)
    return await _except(ask, notation.parse_off(text, calendar.wall_now))


async def _working(ask: Ask, text: str) -> Said:
    calendar = await verbs.own_calendar(ask)
    return await _except(ask, notation.parse_working(text, calendar.wall_now))


async def _swap(ask: Ask, text: str) -> Said:
    calendar = await verbs.own_calendar(ask)
    return await _except(ask, *notation.parse_swap(text, calendar.wall_now))


async def _except(ask: Ask, *exceptions: Override) -> Said:
    hours = ask.surface.hours
    calendar = await hours.add_exceptions(ask.workspace_id, ask.user_id, exceptions)
    said = words.noted(
        [weeks.described(each, calendar) for each in exceptions],
        weeks.numbers_of(exceptions, calendar),
        ask.surface.names["hours"],
        weeks.own_line(calendar),
        away=weeks.only_time_off(exceptions),
    )
    return await verbs.changed(ask, calendar, said)


async def _remove(ask: Ask, number: str) -> Said:
    hours = ask.surface.hours
    calendar, gone = await hours.remove_exception(ask.workspace_id, ask.user_id, number)
    said = words.removed(weeks.described(gone, calendar), weeks.own_line(calendar))
    return await verbs.changed(ask, calendar, said)


async def _holidays(ask: Ask, text: str) -> Said:
    calendar = await verbs.own_calendar(ask)
    region, word = calendar.pattern.region, text.lower()
    if not text and region is None:
        return _suggested(ask, calendar)
    if not text:
        return Said(_holidays_text(calendar, ask.surface.names["hours"]))
    code, _, last = text.rpartition(" ")
    works = "working" in {word, last.lower()}
    if word in {"none", "no", "off"}:
        region = None
    elif word != "working":
        region = parse_region(code if works else text)
    elif region is None:
        raise BadInput(words.NO_REGION_YET.format(name=ask.surface.names["hours"]))
    hours = ask.surface.hours
    calendar = await hours.set_region(
        ask.workspace_id, ask.user_id, region, works_holidays=works and region is not None
    )
    return await verbs.changed(ask, calendar, _holidays_text(calendar, ask.surface.names["hours"]))


def _holidays_text(calendar: Calendar, name: str) -> str:
    pattern = calendar.pattern
    if pattern.region is None:
        return words.HOLIDAYS_NONE
    days = next_holidays(pattern.region, calendar.wall_now.date(), HOLIDAYS_SHOWN)
    return words.holidays_set(
        region_name(pattern.region),
        str(pattern.region),
        [(on, kit.escaped(label)) for on, label in days],
        works=pattern.works_holidays,
        name=name,
    )


def _suggested(ask: Ask, calendar: Calendar) -> Said:
    tz, name = calendar.person.tz, ask.surface.names["hours"]
    region = suggested_region(tz)
    if region is None:
        return Said(words.holidays_unclear(tz, name))
    text = words.holidays_suggested(region_name(region), str(region), tz, name)
    confirm = kit.button(words.confirm_region(region_name(region)), "hours_region", str(region))
    return Said(text, [kit.section(text), kit.actions("hours_region", confirm)])


async def _tz(ask: Ask, text: str) -> Said:
    if text.lower() in {"slack", "follow slack", "follow"}:
        return await _follow(ask, "slack")
    name = ask.surface.names["hours"]
    if not text:
        calendar = await verbs.own_calendar(ask)
        line = words.zone_line(calendar.person.tz, pinned=calendar.tz_pinned)
        return Said(words.zone_shown(line, name))
    calendar = await ask.surface.hours.pin_zone(ask.workspace_id, ask.user_id, text)
    said = words.zone_set(calendar.person.tz, weeks.own_line(calendar), name)
    return await verbs.changed(ask, calendar, said)


async def _follow(ask: Ask, text: str) -> Said:
    if text.lower() not in {"", "slack"}:
        raise BadInput(words.FOLLOW_WHOM.format(name=ask.surface.names["hours"]))
    calendar = await ask.surface.hours.follow_slack(ask.workspace_id, ask.user_id)
    said = words.zone_followed(calendar.person.tz, weeks.own_line(calendar))
    return await verbs.changed(ask, calendar, said)


async def _reply(ask: Ask, text: str) -> Said:
    name = ask.surface.names["hours"]
    if not text:
        calendar = await verbs.own_calendar(ask)
        within, by = _declared(calendar, ask.now)
        return Said(replies.shown(within, by, name) if within else replies.none_declared(name))
    declared = None if text.lower() in {"off", "none"} else parse_within(text)
    calendar = await ask.surface.choosing.declare_reply(ask.workspace_id, ask.user_id, declared)
    within, by = _declared(calendar, ask.now)
    said = replies.declared(within, by, name) if within else replies.TAKEN_BACK
    return await verbs.changed(ask, calendar, said)


def _declared(calendar: Calendar, now: int) -> tuple[str, str]:
    """The declared response time, and what it means for a message written now."""
    person = calendar.person
    return person.choices.reply_within, weeks.reply_by(person, person.tz, now)


async def _edit(ask: Ask, _text: str) -> Said:
    calendar = await verbs.own_calendar(ask)
    await _open(ask.surface, ask.trigger_id, hours_views.hours_modal(calendar))
    return Said()


VERBS: Mapping[str, verbs.Verb] = {
    "set": _set,
    "off": _off,
    "working": _working,
    "work": _working,
    "swap": _swap,
    "holidays": _holidays,
    "holiday": _holidays,
    "tz": _tz,
    "zone": _tz,
    "follow": _follow,
    "reply": _reply,
    "replies": _reply,
    "edit": _edit,
    "change": _edit,
}
"""What the first word does."""

COMMAND = Command("hours", words.SUMMARY, words.USAGE, words.EXAMPLES, run)


async def open_modal(surface: Surface, body: Mapping[str, Any]) -> None:
    """Open the window for hours and quiet windows, after a click.

    Raises:
        BadInput: not a person, or Slack did not open it.
    """
    calendar = await surface.hours.calendar(*home.who(body))
    await _open(surface, str(body["trigger_id"]), hours_views.hours_modal(calendar))


async def _open(surface: Surface, trigger_id: str, view: Block) -> None:
    try:
        await surface.messenger.call("views.open", trigger_id=trigger_id, view=view)
    except SlackError:
        raise NotPossible(words.NO_WINDOW) from None


async def _edit_clicked(surface: Surface, body: Mapping[str, Any]) -> Shown | None:
    await open_modal(surface, body)
    return None


async def _day_off_clicked(surface: Surface, body: Mapping[str, Any]) -> Shown | None:
    calendar = await surface.hours.calendar(*home.who(body))
    await _open(surface, str(body["trigger_id"]), hours_views.day_off_modal(calendar))
    return None


async def _fit_clicked(surface: Surface, body: Mapping[str, Any]) -> Shown | None:
    workspace_id, user_id = home.who(body)
    calendar = await surface.hours.fit(workspace_id, user_id, clicked(body) or None)
    await home.publish(surface, workspace_id, user_id)
    return Shown(
        words.fitted(
            notation.format_weekly(calendar.pattern.weekly),
            calendar.person.tz,
            weeks.region_label(calendar.pattern.region),
            weeks.own_line(calendar),
        )
    )


async def _region_clicked(surface: Surface, body: Mapping[str, Any]) -> Shown | None:
    workspace_id, user_id = home.who(body)
    region = parse_region(clicked(body))
    calendar = await surface.hours.set_region(workspace_id, user_id, region)
    await home.publish(surface, workspace_id, user_id)
    text = _holidays_text(calendar, surface.names["hours"])
    hint = () if calendar.person.enrolled else verbs.not_enrolled()
    return Shown(text, (kit.section(text), *hint))


ACTIONS: dict[str, Action] = {
    "hours_edit": _edit_clicked,
    "hours_fit": _fit_clicked,
    "hours_region": _region_clicked,
    "hours_day_off": _day_off_clicked,
}
VIEWS: dict[str, Submit] = {
    hours_views.HOURS: hours_views.hours_submitted,
    hours_views.DAY_OFF: hours_views.day_off_submitted,
}
