"""The buttons of notices on meetings outside hours."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from bot.errors import BadInput, StorageDown
from bot.services.rescheduling import Rescheduling
from bot.slack import blocks as kit
from bot.slack.actions import Action, Shown, clicked
from bot.slack.invite_blocks import PICK_IDS, slot_at
from bot.slack.surface import Surface
from bot.words import commands as command_words
from bot.words import invites as words

SLACK_WAITS_S = 2.0
"""Slack gives a click three seconds; a calendar's server may take longer."""

_asking: set[asyncio.Task[None]] = set()
"""Moves whose click was answered before their server did: a task has to be held by somebody."""

Answering = Callable[[Rescheduling, str, str, str], Awaitable[None]]


def _shown(body: Mapping[str, Any], text: str) -> Shown:
    """The notice as it was, with what became of it in place of its buttons."""
    message = body.get("message", {})
    kept = [block for block in message.get("blocks", ()) if block["type"] == "section"][:1]
    said = "\n".join(filter(None, (message.get("text"), text)))
    return Shown(said, (*kept, kit.section(text)))


def _answer(answer: Answering, said: str) -> Action:
    """A button of the owner's: an errand, which the next visit of the calendar runs."""

    async def act(surface: Surface, body: Mapping[str, Any]) -> Shown:
        await answer(surface.rescheduling, body["team"]["id"], body["user"]["id"], clicked(body))
        surface.wake("calendars")
        return _shown(body, said)

    return act


async def undo(surface: Surface, body: Mapping[str, Any]) -> Shown:
    """*Undo*: what was answered by itself is taken back."""
    workspace_id, owner_id = body["team"]["id"], body["user"]["id"]
    undone = await surface.rescheduling.undo_plan(workspace_id, owner_id, clicked(body))
    surface.wake("calendars")
    if not undone.was_answered:
        return _shown(body, words.UNMARKED)
    return _shown(body, words.UNDONE_STAYS if undone.answer_stays else words.UNDONE)


async def leave(_surface: Surface, body: Mapping[str, Any]) -> Shown:
    """*Leave it*: what was done stays."""
    return _shown(body, words.LEFT)


async def leave_times(_surface: Surface, body: Mapping[str, Any]) -> Shown:
    """*Leave it*, by the organiser."""
    return _shown(body, words.ORGANIZER_LEFT)


async def pick(surface: Surface, body: Mapping[str, Any]) -> Shown | None:
    """A better time: moved in the organiser's calendar, or else said what is to be done."""
    *plan, start_at, weeks = clicked(body).split(":")
    moving = asyncio.create_task(
        _picked(surface, body, ":".join(plan), int(start_at), int(weeks)), name="move"
    )
    done, _ = await asyncio.wait({moving}, timeout=SLACK_WAITS_S)
    if done:
        return _shown(body, moving.result())
    when = _when(surface, body, int(start_at), int(weeks))
    later = asyncio.create_task(_said_later(surface, body, moving, when), name="said later")
    _asking.add(later)
    later.add_done_callback(_asking.discard)
    return None


async def _picked(
    surface: Surface, body: Mapping[str, Any], plan: str, start_at: int, weeks: int
) -> str:
    workspace_id, organizer_id = body["team"]["id"], body["user"]["id"]
    is_moved = await surface.rescheduling.pick(workspace_id, organizer_id, plan, start_at)
    surface.wake("calendars")
    text = words.MOVED if is_moved else words.BY_HAND_SERIES if weeks > 1 else words.BY_HAND
    return text.format(when=_when(surface, body, start_at, weeks))


def _when(surface: Surface, body: Mapping[str, Any], start_at: int, weeks: int) -> str:
    row = surface.directory.loaded(body["team"]["id"]).rows.get(body["user"]["id"])
    return slot_at(start_at, row.tz if row else "UTC", weeks)


async def _said_later(
    surface: Surface, body: Mapping[str, Any], moving: asyncio.Task[str], when: str
) -> None:
    """One after the other, so that the last word is what became of it."""
    url = str(body.get("response_url", ""))
    await surface.messenger.respond(url, words.ASKING.format(when=when))
    try:
        text = await moving
    except BadInput as error:
        text = surface.named(str(error))
    except StorageDown:
        text = command_words.NOT_STORED_CLICK
    await surface.messenger.respond(url, text)


ACTIONS: dict[str, Action] = {
    "invite_accept": _answer(Rescheduling.accept, words.ACCEPTED),
    "invite_decline": _answer(Rescheduling.refuse, words.REFUSED),
    "invite_hold": _answer(Rescheduling.hold, words.NOW_HELD),
    "invite_undo": undo,
    "invite_leave": leave,
    **dict.fromkeys(PICK_IDS, pick),
    "better_times_leave": leave_times,
}
