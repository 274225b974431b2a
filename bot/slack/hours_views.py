"""The windows for hours: everything at once, and a day off."""

from collections.abc import Callable, Mapping
from datetime import date, timedelta
from typing import Any

from bot.domain import notation
from bot.domain.instants import wall, zone
from bot.domain.schedule import (
    HolidayRegion,
    Override,
    OverrideKind,
    QuietWindow,
    WeeklyHours,
    parse_region,
    suggested_region,
)
from bot.errors import BadInput
from bot.services.hours import MOST_WINDOWS, Calendar, Choices
from bot.slack import blocks as kit
from bot.slack import home
from bot.slack.blocks import Block
from bot.slack.surface import Surface
from bot.slack.views import Submitted, values
from bot.words import hours as words

HOURS, DAY_OFF = "hours_modal", "day_off_modal"
FURTHEST_SPAN = timedelta(days=731)


def hours_modal(calendar: Calendar) -> Block:
    """Hours, zone, holidays and quiet windows as they are, in the notation they are typed in."""
    pattern, region = calendar.pattern, suggested_region(calendar.person.tz)
    enrolled = calendar.person.enrolled
    quiet = [notation.format_quiet_window(window) for window in pattern.quiet_windows]
    blocks = [
        kit.context(words.MODAL_INTRO if enrolled else f"{words.MODAL_INTRO} {words.MODAL_ENROLS}"),
        kit.text_input(
            "weekly",
            words.WEEKLY,
            initial=notation.format_weekly(pattern.weekly) if pattern.own_hours else "",
            placeholder=words.placeholder_hours(notation.format_weekly(calendar.default_hours)),
            hint=words.WEEKLY_HINT,
            multiline=True,
            optional=True,
        ),
        kit.text_input(
            "tz",
            words.TZ,
            initial=pattern.tz if calendar.tz_pinned else "",
            placeholder=words.placeholder_tz("" if calendar.tz_pinned else pattern.tz),
            hint=words.TZ_HINT,
            optional=True,
        ),
        kit.text_input(
            "region",
            words.REGION,
            initial=str(pattern.region or ""),
            placeholder=words.placeholder_region(str(region or "")),
            hint=words.REGION_HINT,
            optional=True,
        ),
        kit.field("holidays", words.HOLIDAYS, _works(pattern.works_holidays), optional=True),
        kit.text_input(
            "quiet",
            words.QUIET,
            initial="\n".join(quiet),
            hint=words.QUIET_HINT,
            multiline=True,
            optional=True,
        ),
    ]
    return kit.modal(HOURS, words.MODAL_TITLE, blocks)


def _works(chosen: bool) -> Block:  # noqa: FBT001 - the only thing there is to say
    option = kit.option(words.HOLIDAYS_WORKED, "working")
    element: Block = {"type": "checkboxes", "action_id": "value", "options": [option]}
    return element | ({"initial_options": [option]} if chosen else {})


def _weekly(text: str) -> WeeklyHours | None:
    return notation.parse_weekly(text) if text else None


def _tz(text: str) -> str | None:
    return zone(text).key if text else None


def _region(text: str) -> HolidayRegion | None:
    return parse_region(text) if text and text.lower() != "none" else None


def _quiet(text: str) -> tuple[QuietWindow, ...]:
    lines = [line for line in text.splitlines() if line.strip()]
    if len(lines) > MOST_WINDOWS:
        raise BadInput(words.most_windows(MOST_WINDOWS))
    return tuple(notation.parse_quiet_window(line) for line in lines)


FIELDS: tuple[tuple[str, Callable[[str], Any]], ...] = (
    ("weekly", _weekly),
    ("tz", _tz),
    ("region", _region),
    ("quiet", _quiet),
)
"""Every field that is typed, and how it is read."""


async def hours_submitted(surface: Surface, body: Mapping[str, Any]) -> Submitted:
    """Save everything, or say at each field what was not understood."""
    given, read, errors = values(body), {}, {}
    for block_id, parse in FIELDS:
        try:
            read[block_id] = parse(str(given.get(block_id) or "").strip())
        except BadInput as error:
            errors[block_id] = plain(error)
    if errors:
        return Submitted(errors)
    choices = Choices(
        weekly=read["weekly"],
        tz=read["tz"],
        region=read["region"],
        works_holidays=bool(given.get("holidays")) and read["region"] is not None,
        quiet_windows=read["quiet"],
    )
    workspace_id, user_id = home.who(body)
    try:
        await surface.hours.choose(workspace_id, user_id, choices)
    except BadInput as error:
        return Submitted({"tz": plain(error)})
    await home.publish(surface, workspace_id, user_id)
    return Submitted()


def day_off_modal(calendar: Calendar) -> Block:
    """One day, tomorrow to begin with, or several."""
    tomorrow = calendar.wall_now.date() + timedelta(1)
    blocks = [
        kit.field("first", words.DAY_OFF_FIRST, _datepicker(tomorrow.isoformat())),
        kit.field(
            "last", words.DAY_OFF_LAST, _datepicker(None), hint=words.DAY_OFF_HINT, optional=True
        ),
    ]
    return kit.modal(DAY_OFF, words.DAY_OFF_TITLE, blocks)


def _datepicker(initial: str | None) -> Block:
    element: Block = {"type": "datepicker", "action_id": "value"}
    return element | ({"initial_date": initial} if initial else {})


async def day_off_submitted(surface: Surface, body: Mapping[str, Any]) -> Submitted:
    """Note the days, both included."""
    given = values(body)
    first_on = date.fromisoformat(str(given["first"]))
    last_on = date.fromisoformat(str(given.get("last") or given["first"]))
    if last_on < first_on:
        return Submitted({"last": words.DAY_OFF_ORDER})
    workspace_id, user_id = home.who(body)
    calendar = await surface.hours.calendar(workspace_id, user_id)
    if last_on - calendar.wall_now.date() > FURTHEST_SPAN:
        return Submitted({"last": words.DAY_OFF_FAR})
    off = Override(OverrideKind.OFF, wall(first_on, 0), wall(last_on + timedelta(1), 0))
    try:
        await surface.hours.add_exceptions(workspace_id, user_id, [off])
    except BadInput as error:
        return Submitted({"first": plain(error)})
    await home.publish(surface, workspace_id, user_id)
    return Submitted()


def plain(error: BadInput) -> str:
    """A sentence for a window, where Slack shows no formatting."""
    return str(error).replace("`", "")
