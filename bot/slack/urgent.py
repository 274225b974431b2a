"""*It's urgent…*: the window that asks why, and the buttons of the morning after."""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from bot.domain.contact import UrgentReason
from bot.domain.urgent import WasUrgent
from bot.services.urgent import MOST_LINE, Outlook, Telling
from bot.slack import blocks as kit
from bot.slack.actions import Action, Shown, clicked
from bot.slack.blocks import Block
from bot.slack.surface import Surface
from bot.slack.urgent_blocks import judged
from bot.slack.views import Submit, Submitted, values
from bot.words import urgent as words
from bot.words.times import day_clock


async def ask(surface: Surface, body: Mapping[str, Any]) -> None:
    """*It's urgent…*: one of six reasons, a line, and what will happen."""
    workspace_id, author_id = body["team"]["id"], body["user"]["id"]
    channel_id, ts, *_thread = clicked(body).split(":")
    outlook = await surface.urgent.outlook(workspace_id, author_id, channel_id, ts)
    about = {"channel_id": channel_id, "ts": ts, "response_url": body.get("response_url", "")}
    view = kit.modal(
        "flag_urgent_reason",
        words.TITLE,
        [
            _reason(),
            _line(),
            kit.context(*_what_happens(surface, workspace_id, author_id, outlook)),
        ],
        submit=words.SUBMIT,
        metadata=msgspec.json.encode(about).decode(),
    )
    await surface.messenger.call("views.open", trigger_id=body["trigger_id"], view=view)


def _reason() -> Block:
    options = [kit.option(text, reason) for reason, text in words.REASONS.items()]
    element = {"type": "radio_buttons", "action_id": "value", "options": options}
    return kit.field("reason", words.QUESTION, element)


def _line() -> Block:
    element = {
        "type": "plain_text_input",
        "action_id": "value",
        "multiline": False,
        "max_length": MOST_LINE,
    }
    return kit.field("line", words.LINE, element, hint=words.LINE_HINT, optional=True)


def _what_happens(
    surface: Surface, workspace_id: str, author_id: str, outlook: Outlook
) -> list[str]:
    names = Names(surface, workspace_id, author_id)
    said = [words.STAYS, *(names.before(each) for each in outlook.tellings)]
    lines = [" ".join(said)]
    if outlook.worn_out:
        budget = surface.directory.loaded(workspace_id).policy.urgent_per_week
        lines.append(words.worn_out([kit.escaped(each) for each in outlook.worn_out], budget))
    return lines


class Names:
    """Who is told, in words for one author."""

    def __init__(self, surface: Surface, workspace_id: str, author_id: str) -> None:
        self._rows = surface.directory.loaded(workspace_id).rows
        self._tz = self._rows[author_id].tz if author_id in self._rows else "UTC"
        self._now = surface.directory.now()

    def before(self, telling: Telling) -> str:
        """What will happen."""
        name = self._of(telling.told_id)
        if telling.until_at is None:
            return words.is_told(name)
        others = [each for each in telling.recipient_ids if each != telling.told_id]
        instead_of = sorted(self._of(each) for each in others)
        team = kit.escaped(telling.team_name)
        return words.on_call_is_told(name, team, self._until(telling.until_at), instead_of)

    def now(self, telling: Telling) -> str:
        """What is happening."""
        name = self._of(telling.told_id)
        if telling.until_at is None:
            return words.told_now(name)
        until = self._until(telling.until_at)
        return words.on_call_told_now(name, kit.escaped(telling.team_name), until)

    def _of(self, user_id: str) -> str:
        return kit.escaped(self._rows[user_id].name) if user_id in self._rows else "someone"

    def _until(self, until_at: int) -> str:
        return day_clock(until_at, self._tz, self._now)


async def declare(surface: Surface, body: Mapping[str, Any]) -> Submitted:
    """The reason was given: the message counts as urgent, and somebody is told."""
    workspace_id, author_id = body["team"]["id"], body["user"]["id"]
    about = msgspec.json.decode(body["view"]["private_metadata"])
    given = values(body)
    reason = UrgentReason(given["reason"])
    tellings = await surface.urgent.declare(
        workspace_id, author_id, about["channel_id"], about["ts"], reason, given.get("line") or ""
    )
    surface.wake("urgent")
    said = _noted(Names(surface, workspace_id, author_id), reason, tellings)
    if about["response_url"]:
        await surface.messenger.respond(about["response_url"], said)
    return Submitted()


def _noted(names: Names, reason: UrgentReason, tellings: Sequence[Telling]) -> str:
    return words.noted(reason.value, [names.now(each) for each in tellings])


async def was_urgent(surface: Surface, body: Mapping[str, Any]) -> Shown:
    """*Was urgent*."""
    return await _judge(surface, body, WasUrgent.URGENT)


async def could_have_waited(surface: Surface, body: Mapping[str, Any]) -> Shown:
    """*Could have waited*."""
    return await _judge(surface, body, WasUrgent.WAITED)


async def _judge(surface: Surface, body: Mapping[str, Any], verdict: WasUrgent) -> Shown:
    marker = clicked(body)
    await surface.urgent_afterwards.judge(body["team"]["id"], body["user"]["id"], marker, verdict)
    message = body.get("message", {})
    text = message.get("text") or words.SAID[verdict]
    return Shown(text, tuple(judged(message.get("blocks", ()), marker, verdict.value)))


ACTIONS: dict[str, Action] = {
    "flag_urgent": ask,
    "verdict_urgent": was_urgent,
    "verdict_waited": could_have_waited,
}
VIEWS: dict[str, Submit] = {"flag_urgent_reason": declare}
