"""The buttons of a flag."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

from bot.services.holding import Waiting
from bot.services.taking_back import Lost, Source
from bot.slack import blocks as kit
from bot.slack import home
from bot.slack.actions import Action, Shown, clicked
from bot.slack.later import when_back
from bot.slack.surface import Surface
from bot.slack.views import Submit, Submitted
from bot.words import flag as words
from bot.words import taking_back as taking_back_words
from bot.words.times import day_clock, names


@dataclass(frozen=True, slots=True)
class About:
    """What the window that asks first carries; who submits it is told by Slack."""

    channel_id: str
    ts: str
    thread_ts: str | None
    response_url: str


def _place_of(value: str) -> tuple[str, str]:
    """Channel and ts of the flagged message, from a button's value."""
    channel_id, ts, *_thread = value.split(":")
    return channel_id, ts


def _more_of(value: str) -> tuple[str | None, bool]:
    """The message's thread, and whether it also reached others; see `bot.slack.rendering.flag`."""
    thread_ts, shared, *_ = [*value.split(":")[2:], "", ""]
    return thread_ts or None, bool(shared)


def _named(surface: Surface, workspace_id: str, user_ids: Sequence[str]) -> str:
    rows = surface.directory.loaded(workspace_id).rows
    known = [rows[user_id].name if user_id in rows else "someone" for user_id in user_ids]
    return kit.escaped(names(known))


async def hold(surface: Surface, body: Mapping[str, Any]) -> Shown | None:
    """*Hold until …*: take the message back and deliver it then."""
    workspace_id, author_id = body["team"]["id"], body["user"]["id"]
    channel_id, ts = _place_of(clicked(body))
    thread_ts, is_shared = _more_of(clicked(body))
    source = Source(workspace_id, author_id, channel_id, ts, thread_ts)
    held = await surface.taking_back.take_back(source, is_shared=is_shared)
    if isinstance(held, Lost):
        await _ask_first(surface, body, source, held)
        return None
    return Shown(await _held(surface, source, held))


async def _held(surface: Surface, source: Source, held: Waiting) -> str:
    surface.wake("release", "take_back")
    await home.publish(surface, source.workspace_id, source.author_id)
    return words.HELD.format(
        when=when_back(surface, source.workspace_id, source.author_id, held),
        name=_named(surface, source.workspace_id, held.recipient_ids),
    )


async def _ask_first(surface: Surface, body: Mapping[str, Any], source: Source, lost: Lost) -> None:
    about = About(source.channel_id, source.ts, source.thread_ts, body.get("response_url", ""))
    view = kit.modal(
        "flag_hold_anyway",
        taking_back_words.TITLE,
        [
            kit.section(
                taking_back_words.question(
                    lost.reactions,
                    lost.replies,
                    is_broadcast=lost.is_broadcast,
                    is_shared=lost.is_shared,
                )
            ),
            kit.context(taking_back_words.MESSAGE_STAYS),
        ],
        submit=taking_back_words.ANYWAY,
        metadata=msgspec.json.encode(about).decode(),
    )
    await surface.messenger.call("views.open", trigger_id=body["trigger_id"], view=view)


async def hold_anyway(surface: Surface, body: Mapping[str, Any]) -> Submitted:
    """The author knows what is lost and takes the message back."""
    about = msgspec.json.decode(body["view"]["private_metadata"], type=About)
    workspace_id, author_id = body["team"]["id"], body["user"]["id"]
    source = Source(workspace_id, author_id, about.channel_id, about.ts, about.thread_ts)
    held = await surface.taking_back.take_back(source, confirmed=True)
    if not isinstance(held, Lost):
        await surface.messenger.respond(about.response_url, await _held(surface, source, held))
    return Submitted()


async def remind(surface: Surface, body: Mapping[str, Any]) -> Shown:
    """*Remind Ana …*: the message stays, its link is brought up at the opening."""
    workspace_id, author_id = body["team"]["id"], body["user"]["id"]
    channel_id, ts = _place_of(clicked(body))
    made = await surface.holding.remind(workspace_id, author_id, channel_id, ts)
    surface.wake("release")
    lines = [
        words.REMINDED.format(
            when=when_back(surface, workspace_id, author_id, reminder),
            name=_named(surface, workspace_id, reminder.recipient_ids),
        )
        for reminder in made
    ]
    return Shown("\n".join(lines))


async def leave(surface: Surface, body: Mapping[str, Any]) -> Shown:
    """*Leave it*."""
    workspace_id, author_id = body["team"]["id"], body["user"]["id"]
    channel_id, ts = _place_of(clicked(body))
    reached = await surface.answering.answer(workspace_id, author_id, channel_id, ts, "left")
    who = _named(surface, workspace_id, [contact.recipient_id for contact in reached])
    return Shown(words.LEFT.format(name=who or words.THEM))


async def not_useful(surface: Surface, body: Mapping[str, Any]) -> Shown:
    """*Not useful*."""
    workspace_id, author_id = body["team"]["id"], body["user"]["id"]
    channel_id, ts = _place_of(clicked(body))
    until_at = await surface.hinting.not_useful(workspace_id, author_id, channel_id, ts)
    if not until_at:
        return Shown(words.THANKS)
    row = surface.directory.loaded(workspace_id).rows.get(author_id)
    now = surface.directory.now()
    return Shown(words.fewer(day_clock(until_at, row.tz if row else "UTC", now)))


ACTIONS: dict[str, Action] = {
    "flag_hold": hold,
    "flag_remind": remind,
    "flag_leave": leave,
    "flag_not_useful": not_useful,
}
VIEWS: dict[str, Submit] = {"flag_hold_anyway": hold_anyway}
