"""Buttons: one table from action id to what is done."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

from slack_bolt.async_app import AsyncAck, AsyncApp, AsyncRespond

from bot.errors import BadInput, StorageDown
from bot.slack.blocks import Block
from bot.slack.surface import Surface
from bot.words import commands as words


@dataclass(frozen=True, slots=True)
class Shown:
    """What a click shows: the message it was on replaced, or a new one only the clicker sees."""

    text: str
    blocks: tuple[Block, ...] = ()
    replace: bool = True


Action = Callable[[Surface, Mapping[str, Any]], Awaitable[Shown | None]]
"""Takes Slack's ``block_actions`` payload; None when a modal or the Home tab changed instead."""


def table() -> dict[str, Action]:
    """Every button of the app by its action id."""
    from bot.slack import boundaries, flags, home, hours, later, welcome

    modules = (hours, later, boundaries, flags, home, welcome)
    return {action_id: action for module in modules for action_id, action in module.ACTIONS.items()}


def register(app: AsyncApp, surface: Surface) -> None:
    """Listen to every button."""
    for action_id, action in table().items():
        app.action(action_id)(_listener(surface, action))


def _listener(surface: Surface, action: Action) -> Callable[..., Awaitable[None]]:
    async def listen(ack: AsyncAck, respond: AsyncRespond, body: dict[str, Any]) -> None:
        try:
            shown = await action(surface, body)
        except BadInput as error:
            shown = Shown(str(error), replace=False)
        except StorageDown:
            shown = Shown(words.NOT_STORED_CLICK, replace=False)
        await ack()
        if shown is not None and body.get("response_url"):
            await respond(
                text=shown.text,
                blocks=list(shown.blocks) or None,
                replace_original=shown.replace,
                response_type="ephemeral",
            )

    return listen


def clicked(body: Mapping[str, Any]) -> str:
    """The value of the button that was pressed."""
    return str(body["actions"][0].get("value", ""))
