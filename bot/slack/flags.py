"""The buttons of a flag."""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from bot.domain.contact import UrgentReason
from bot.slack import blocks as kit
from bot.slack import home
from bot.slack.actions import Action, Shown, clicked
from bot.slack.later import when_back
from bot.slack.surface import Surface
from bot.slack.views import Submit, Submitted, values
from bot.words import flag as words
from bot.words.times import names


def _place_of(value: str) -> tuple[str, str]:
    """Channel and ts of the flagged message, from a button's value."""
    channel_id, ts, *_thread = value.split(":")
    return channel_id, ts


def _named(surface: Surface, workspace_id: str, user_ids: Sequence[str]) -> str:
    rows = surface.directory.loaded(workspace_id).rows
    known = [rows[user_id].name if user_id in rows else "someone" for user_id in user_ids]
    return kit.escaped(names(known))


async def hold(surface: Surface, body: Mapping[str, Any]) -> Shown:
    """*Hold until …*: take the message back and deliver it then."""
    workspace_id, author_id = body["team"]["id"], body["user"]["id"]
    channel_id, ts = _place_of(clicked(body))
    thread_ts = clicked(body).removeprefix(f"{channel_id}:{ts}").removeprefix(":") or None
    held = await surface.taking_back.take_back(workspace_id, author_id, channel_id, ts, thread_ts)
    surface.wake("release", "take_back")
    await home.publish(surface, workspace_id, author_id)
    return Shown(
        words.HELD.format(
            when=when_back(surface, workspace_id, author_id, held),
            name=_named(surface, workspace_id, held.recipient_ids),
        )
    )


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
    return Shown(words.LEFT.format(name=who))


async def not_useful(surface: Surface, body: Mapping[str, Any]) -> Shown:
    """*Not useful*."""
    channel_id, ts = _place_of(clicked(body))
    await surface.answering.answer(
        body["team"]["id"], body["user"]["id"], channel_id, ts, "not_useful"
    )
    return Shown(words.THANKS)


async def urgent(surface: Surface, body: Mapping[str, Any]) -> None:
    """*It's urgent…*: ask for one of six reasons."""
    options = [kit.option(text, reason) for reason, text in words.URGENT_REASONS.items()]
    channel_id, ts = _place_of(clicked(body))
    about = {"channel_id": channel_id, "ts": ts, "response_url": body.get("response_url", "")}
    view = kit.modal(
        "flag_urgent_reason",
        words.URGENT_TITLE,
        [
            kit.field(
                "reason",
                words.URGENT_QUESTION,
                {"type": "radio_buttons", "action_id": "value", "options": options},
            ),
            kit.context(words.URGENT_NOTE),
        ],
        submit=words.URGENT_SUBMIT,
        metadata=msgspec.json.encode(about).decode(),
    )
    await surface.messenger.call("views.open", trigger_id=body["trigger_id"], view=view)


async def urgent_reason(surface: Surface, body: Mapping[str, Any]) -> Submitted:
    """The reason was given: the contact counts as urgent."""
    workspace_id, author_id = body["team"]["id"], body["user"]["id"]
    about = msgspec.json.decode(body["view"]["private_metadata"])
    reason = UrgentReason(values(body)["reason"])
    reached = await surface.answering.urgent(
        workspace_id, author_id, about["channel_id"], about["ts"], reason
    )
    who = _named(surface, workspace_id, [contact.recipient_id for contact in reached])
    said = words.URGENT_NOTED.format(reason=words.URGENT_REASONS[reason], name=who)
    await surface.messenger.respond(about["response_url"], said)
    return Submitted()


ACTIONS: dict[str, Action] = {
    "flag_hold": hold,
    "flag_remind": remind,
    "flag_leave": leave,
    "flag_not_useful": not_useful,
    "flag_urgent": urgent,
}
VIEWS: dict[str, Submit] = {"flag_urgent_reason": urgent_reason}
