"""Buttons: one table from action id to what is done."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

from slack_bolt.async_app import AsyncAck, AsyncApp, AsyncRespond

from bot.errors import BadInput, SlackError, StorageDown
from bot.log import log
from bot.slack import blocks as kit
from bot.slack.blocks import Block
from bot.slack.surface import Surface
from bot.words import commands as words


@dataclass(frozen=True, slots=True)
class Shown:
    """What a click shows: the message it was on replaced, or a new one only the clicker sees."""

    text: str
    blocks: tuple[Block, ...] = ()
    replace: bool = True


UNREADABLE = (LookupError, ValueError, TypeError, OverflowError)
"""What comes of values that the app did not write: buttons and windows go through other hands."""

Action = Callable[[Surface, Mapping[str, Any]], Awaitable[Shown | None]]
"""Takes Slack's ``block_actions`` payload; None when a modal or the Home tab changed instead."""


def table() -> dict[str, Action]:
    """Every button of the app by its action id."""
    from bot.slack import (
        audience,
        boundaries,
        flags,
        home,
        hours,
        invites,
        later,
        meet,
        mirrors,
        urgent,
        welcome,
    )

    modules = (
        hours,
        later,
        meet,
        boundaries,
        flags,
        audience,
        urgent,
        home,
        welcome,
        mirrors,
        invites,
    )
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
            shown = Shown(surface.named(str(error)), replace=False)
        except SlackError as error:
            log.warning("click.slack_failed", exc=error)
            shown = Shown(words.SLACK_FAILED, replace=False)
        except StorageDown:
            shown = Shown(words.NOT_STORED_CLICK, replace=False)
        except UNREADABLE as error:
            log.error("click.not_read", exc=error)
            shown = Shown(words.NOT_READ, replace=False)
        await ack()
        if shown is None:
            return
        if body.get("response_url"):
            await respond(
                text=shown.text,
                blocks=list(shown.blocks) or None,
                replace_original=shown.replace,
                response_type="ephemeral",
            )
        elif not shown.replace:
            await _tell_in_a_window(surface, body, shown.text)

    return listen


async def _tell_in_a_window(surface: Surface, body: Mapping[str, Any], text: str) -> None:
    """The Home tab has nothing to answer into."""
    view = kit.modal("", words.WINDOW, [kit.section(text)])
    del view["submit"], view["callback_id"]
    try:
        await surface.messenger.call("views.open", trigger_id=body["trigger_id"], view=view)
    except SlackError as error:
        log.info("click.not_answered", exc=error)


def clicked(body: Mapping[str, Any]) -> str:
    """The value of the button that was pressed."""
    return str(body["actions"][0].get("value", ""))
