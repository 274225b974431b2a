"""`/boundaries calendar hours`: the hours a connected calendar knows, to be confirmed."""

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from bot.domain import notation
from bot.domain.availability import Timeline
from bot.errors import BadInput, SlackError, StorageDown
from bot.log import log
from bot.services.hours import Calendar
from bot.services.hours_import import Suggestion
from bot.slack import blocks as kit
from bot.slack import calendar_views, home, hours_views, weeks
from bot.slack.actions import Action, Shown, clicked
from bot.slack.blocks import Block
from bot.slack.commands import Ask, Said
from bot.slack.modals import opened
from bot.slack.surface import Surface
from bot.words import calendar_hours as words
from bot.words import calendars as calendar_words
from bot.words import hours as hours_words

PATIENCE_S = 2.0
"""Slack waits three seconds for an answer; a calendar's server may take longer."""

TAKE, CHANGE, NO = (f"calendar_hours_{each}" for each in ("take", "change", "no"))
APART = "|"


async def hours(ask: Ask, _text: str) -> Said:
    """What the calendar says, at once or by message when it takes its time."""
    shown = await _looked_for(ask.surface, ask.workspace_id, ask.user_id)
    return Said(shown.text, list(shown.blocks))


async def _looked_for(surface: Surface, workspace_id: str, user_id: str) -> Shown:
    work = surface.connecting.in_background(_looked(surface, workspace_id, user_id))
    done, _ = await asyncio.wait({work}, timeout=PATIENCE_S)
    if done:
        return work.result()
    surface.connecting.in_background(_told_later(surface, workspace_id, user_id, work))
    return Shown(words.LOOKING, replace=False)


async def _looked(surface: Surface, workspace_id: str, user_id: str) -> Shown:
    found = await surface.hours_import.suggestion(workspace_id, user_id)
    if found is None:
        return Shown(surface.named(words.NONE_FOUND), replace=False)
    return _suggested(found)


async def _told_later(
    surface: Surface, workspace_id: str, user_id: str, work: asyncio.Task[Shown]
) -> None:
    """The answer as a message of its own; whoever asked has been told that it is coming."""
    try:
        shown = await work
    except BadInput as error:
        shown = Shown(surface.named(str(error)))
    except StorageDown:
        shown = Shown(words.BROKEN)
    await _write(surface, workspace_id, user_id, shown)


async def _write(surface: Surface, workspace_id: str, user_id: str, shown: Shown) -> None:
    try:
        channel_id = await surface.messenger.open_dm(workspace_id, [user_id])
        blocks = list(shown.blocks) or [kit.section(shown.text)]
        await surface.messenger.call(
            "chat.postMessage", channel=channel_id, text=shown.text, blocks=blocks
        )
    except SlackError as error:
        log.warning("hours.not_told", user_id=user_id, exc=error)


def _suggested(found: Suggestion) -> Shown:
    source = calendar_words.TITLES.get(found.source, found.source)
    pattern = found.calendar.pattern
    if not found.is_news:
        return Shown(words.same(source, found.weekly), replace=False)
    says = words.suggestion(source, found.weekly, found.tz)
    weekly = notation.format_weekly(pattern.weekly)
    present = words.present(weekly, pattern.tz, own=pattern.own_hours)
    buttons = [*_take_buttons(found), *_other_buttons(found)]
    text = f"{says}\n{present}"
    blocks = (kit.section(text), kit.actions("calendar_hours", *buttons))
    return Shown(text, (*blocks, kit.context(words.PROMISE)), replace=False)


def _take_buttons(found: Suggestion) -> list[Block]:
    """One; or two where the calendar's zone is another."""
    if not found.tz:
        return [kit.button(words.TAKE, TAKE, _value(found.weekly, ""), style="primary")]
    own_tz = found.calendar.person.tz
    return [
        kit.button(words.take_in(found.tz), TAKE, _value(found.weekly, found.tz)),
        kit.button(words.keep_zone(own_tz), f"{TAKE}_here", _value(found.weekly, "")),
    ]


def _other_buttons(found: Suggestion) -> list[Block]:
    return [
        kit.button(words.CHANGE, CHANGE, _value(found.weekly, found.tz)),
        kit.button(words.NO, NO),
    ]


def _value(weekly: str, tz: str) -> str:
    return f"{tz}{APART}{weekly}"


def _read(body: Mapping[str, Any]) -> tuple[str, str]:
    """Hours and zone of the button that was pressed."""
    tz, _, weekly = clicked(body).partition(APART)
    return weekly, tz


async def look(surface: Surface, body: Mapping[str, Any]) -> Shown:
    """*Use its working hours…*; the Home tab has nothing to answer into."""
    workspace_id, user_id = home.who(body)
    shown = await _looked_for(surface, workspace_id, user_id)
    if body.get("response_url") or not shown.blocks:
        return shown
    await _write(surface, workspace_id, user_id, shown)
    return Shown(words.WRITTEN, replace=False)


async def take(surface: Surface, body: Mapping[str, Any]) -> Shown:
    """*Take these hours*: as if they had been typed."""
    workspace_id, user_id = home.who(body)
    before, after = await surface.hours_import.take(workspace_id, user_id, *_read(body))
    await home.publish(surface, workspace_id, user_id)
    weekly = notation.format_weekly(after.pattern.weekly)
    said = [hours_words.hours_set(weekly, after.person.tz, weeks.own_line(after))]
    if not before.person.enrolled:
        said.append(hours_words.ENROLLED)
    said.append(surface.named(_undo(before, after)))
    return Shown("\n".join(said))


def _undo(before: Calendar, after: Calendar) -> str:
    own = before.pattern.own_hours
    weekly = notation.format_weekly(before.pattern.weekly) if own else "default"
    stayed = (before.person.tz, before.tz_pinned) == (after.person.tz, after.tz_pinned)
    zone = "" if stayed else f"tz {before.person.tz}" if before.tz_pinned else "follow Slack"
    return words.undo(weekly, zone)


async def change(surface: Surface, body: Mapping[str, Any]) -> None:
    """*Change…*: the window for hours, filled in with what the calendar says."""
    weekly, tz = _read(body)
    calendar = await surface.hours.calendar(*home.who(body))
    view = hours_views.hours_modal(_as_if(calendar, weekly, tz))
    await opened(surface, str(body["trigger_id"]), view)


def _as_if(calendar: Calendar, weekly: str, tz: str) -> Calendar:
    """The calendar as it would be with these hours."""
    person, tz = calendar.person, tz or calendar.person.tz
    pattern = replace(calendar.pattern, weekly=notation.parse_weekly(weekly), own_hours=True, tz=tz)
    availability = replace(person.timeline.availability, pattern=pattern)
    timeline = Timeline(availability, calendar.at)
    tz_pinned = calendar.tz_pinned or tz != person.tz
    return replace(calendar, person=replace(person, tz=tz, timeline=timeline), tz_pinned=tz_pinned)


async def leave(_surface: Surface, _body: Mapping[str, Any]) -> Shown:
    """*No*: nothing changes."""
    return Shown(words.LEFT)


ACTIONS: dict[str, Action] = {
    calendar_views.LOOK: look,
    TAKE: take,
    f"{TAKE}_here": take,
    CHANGE: change,
    NO: leave,
}
