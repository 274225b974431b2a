"""The Home tab: my week, what I hold for others, my quiet time and days off."""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import timedelta
from functools import partial
from typing import Any

from bot.domain import notation
from bot.domain.choices import NO_CHOICES
from bot.domain.schedule import suggested_region
from bot.errors import OffhoursError
from bot.log import log
from bot.services.holding import Waiting
from bot.services.hours import Calendar
from bot.slack import blocks as kit
from bot.slack import calendar_views, choices_views, consent, silence_views, weeks
from bot.slack.actions import Action, Shown
from bot.slack.blocks import Block
from bot.slack.surface import Surface
from bot.words import home as words
from bot.words import hours as hours_words
from bot.words.times import day_clock

PUBLISH_S = 2.0
"""A slow Slack must not cost the person the answer to what they did."""

MOST_HELD = 20
"""Two blocks each, of the hundred a view may have."""


async def publish(surface: Surface, workspace_id: str, user_id: str) -> None:
    """Show the person's Home tab as things are now; a failure is logged and nothing else."""
    try:
        async with asyncio.timeout(PUBLISH_S):
            calendar = await surface.hours.calendar(workspace_id, user_id)
            held = await surface.holding.waiting(workspace_id, user_id)
            blocks = home_blocks(calendar, held, surface.names)
            blocks += _choices(surface, workspace_id, calendar)
            if calendar.person.enrolled:
                blocks += silence_views.home_blocks(surface, workspace_id, user_id)
            blocks += await _calendar(surface, workspace_id, calendar)
            blocks += _in_own_name(surface, workspace_id, user_id)
            view = {"type": "home", "blocks": blocks}
            await surface.messenger.call("views.publish", user_id=user_id, view=view)
    except (OffhoursError, TimeoutError) as error:
        log.warning("home.not_published", user_id=user_id, exc=error)


def _choices(surface: Surface, workspace_id: str, calendar: Calendar) -> list[Block]:
    """Who may reach the person; for whoever has not chosen hours only what is set already."""
    if not calendar.person.enrolled and calendar.person.choices == NO_CHOICES:
        return []
    place = surface.directory.loaded(workspace_id)
    return choices_views.home_blocks(calendar, surface, place)


async def _calendar(surface: Surface, workspace_id: str, calendar: Calendar) -> list[Block]:
    """The connected calendar, or which may be; meetings are judged for whoever chose hours."""
    if not calendar.person.enrolled:
        return []
    return await calendar_views.home_blocks(surface, workspace_id, calendar.person.user_id)


def _in_own_name(surface: Surface, workspace_id: str, user_id: str) -> list[Block]:
    """What the person allowed, or may allow."""
    scopes = surface.directory.loaded(workspace_id).scopes.get(user_id, frozenset())
    link = surface.consent_link
    offered = partial(link, workspace_id, user_id) if link else None
    return consent.home_blocks(offered, scopes)


async def _withdraw(surface: Surface, body: Mapping[str, Any]) -> None:
    """*Withdraw*: the permission ends here and at Slack."""
    workspace_id, user_id = body["team"]["id"], body["user"]["id"]
    await surface.silencing.stop(workspace_id, user_id)
    token = await surface.granting.any_token(workspace_id, user_id)
    await surface.granting.forget(workspace_id, user_id)
    if token is not None:
        try:
            await surface.messenger.call("auth.revoke", token=token)
        except OffhoursError as error:  # it is gone here, so nothing can be done with it any more
            log.info("grant.not_revoked", user_id=user_id, exc=error)
    await publish(surface, workspace_id, user_id)


async def _allow_opened(_surface: Surface, _body: Mapping[str, Any]) -> None:
    """*Allow…* is a link; Slack reports the click all the same."""


def home_blocks(
    calendar: Calendar, held: Sequence[Waiting], names: Mapping[str, str]
) -> list[Block]:
    """The whole tab, at most 100 blocks; ``names`` are the commands by their setting."""
    top = _week(calendar) if calendar.person.enrolled else _welcome(calendar)
    quiet, exceptions = weeks.quiet_rows(calendar), weeks.exception_rows(calendar)
    return [
        *top,
        kit.divider(),
        kit.header(words.HELD),
        *_held(calendar, held, names["later"]),
        kit.divider(),
        kit.header(words.QUIET),
        kit.section(_listed(quiet) or words.NO_QUIET.format(name=names["quiet"])),
        kit.header(words.EXCEPTIONS),
        kit.section(_listed(exceptions) or words.NO_EXCEPTIONS.format(name=names["hours"])),
        kit.context(words.PROMISE),
    ]


def _week(calendar: Calendar) -> list[Block]:
    person, pattern = calendar.person, calendar.pattern
    facts = (
        hours_words.hours_line(notation.format_weekly(pattern.weekly), own=pattern.own_hours),
        hours_words.zone_line(pattern.tz, pinned=calendar.tz_pinned),
        hours_words.holidays_line(weeks.region_label(pattern.region), works=pattern.works_holidays),
    )
    quiet = (
        kit.button(words.END_QUIET, "home_quiet_end")
        if calendar.quiet_now
        else kit.button(words.QUIET_2H, "home_quiet")
    )
    return [
        kit.header(words.WEEK),
        kit.section(weeks.week(person.timeline, person.tz, calendar.at)),
        kit.section(hours_words.you_are(weeks.own_line(calendar))),
        kit.context(" · ".join(facts)),
        kit.actions(
            "home_week",
            kit.button(words.CHANGE, "hours_edit"),
            quiet,
            kit.button(words.DAY_OFF, "hours_day_off"),
        ),
    ]


def _welcome(calendar: Calendar) -> list[Block]:
    region = calendar.pattern.region or suggested_region(calendar.person.tz)
    hours = notation.format_weekly(calendar.pattern.weekly)
    text = words.fit_text(hours, calendar.person.tz, weeks.region_label(region))
    return [
        kit.header(words.WELCOME),
        kit.section(text),
        kit.actions(
            "home_welcome",
            kit.button(hours_words.FIT, "hours_fit", str(region or ""), style="primary"),
            kit.button(words.CHANGE, "hours_edit"),
        ),
    ]


def _held(calendar: Calendar, held: Sequence[Waiting], name: str) -> list[Block]:
    if not held:
        return [kit.section(words.NOTHING_HELD.format(name=name))]
    tz, shown = calendar.person.tz, []
    for each in held[:MOST_HELD]:
        when = day_clock(each.due_at, tz, calendar.at) if each.due_at is not None else ""
        written = day_clock(each.created_at, tz, calendar.at)
        shown.append(kit.section(words.held(each.recipient_ids, when, written)))
        shown.append(
            kit.actions(
                f"held_{each.id}",
                kit.button(words.SEND_NOW, "held_send_now", each.id),
                kit.button(words.EDIT, "held_edit", each.id),
                kit.button(words.CANCEL, "held_cancel", each.id, style="danger"),
            )
        )
    left = len(held) - MOST_HELD
    return [*shown, kit.context(words.more(left, name))] if left > 0 else shown


def _listed(rows: Sequence[str]) -> str:
    return "\n".join(f"{number}. {row}" for number, row in enumerate(rows, start=1))


def who(body: Mapping[str, Any]) -> tuple[str, str]:
    """The workspace and the person of an interaction."""
    return str(body["team"]["id"]), str(body["user"]["id"])


async def _quiet(surface: Surface, body: Mapping[str, Any]) -> Shown | None:
    workspace_id, user_id = who(body)
    calendar = await surface.hours.calendar(workspace_id, user_id)
    until = calendar.wall_now + timedelta(hours=2)
    await surface.hours.start_quiet(workspace_id, user_id, until)
    await publish(surface, workspace_id, user_id)
    return None


async def _end_quiet(surface: Surface, body: Mapping[str, Any]) -> Shown | None:
    workspace_id, user_id = who(body)
    await surface.hours.end_quiet(workspace_id, user_id)
    await publish(surface, workspace_id, user_id)
    return None


ACTIONS: dict[str, Action] = {
    "grant_withdraw": _withdraw,
    **{f"grant_open_{purpose}": _allow_opened for purpose in consent.PURPOSES},
    "home_quiet": _quiet,
    "home_quiet_end": _end_quiet,
}
