"""Modals and shortcuts: tables from callback id to what is done."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from slack_bolt.async_app import AsyncAck, AsyncApp

from bot.errors import BadInput, SlackError, StorageDown
from bot.log import log
from bot.slack import blocks as kit
from bot.slack.actions import UNREADABLE
from bot.slack.blocks import Block
from bot.slack.surface import Surface
from bot.words import commands as words


@dataclass(frozen=True, slots=True)
class Submitted:
    """What a submitted modal does next: show errors by block id, another view, or close."""

    errors: dict[str, str] = field(default_factory=dict)
    view: Block | None = None


Submit = Callable[[Surface, Mapping[str, Any]], Awaitable[Submitted]]
"""Takes Slack's ``view_submission`` payload."""

Shortcut = Callable[[Surface, Mapping[str, Any]], Awaitable[None]]
"""Takes Slack's ``shortcut`` or ``message_action`` payload; opens a modal."""


def submissions() -> dict[str, Submit]:
    """Every modal by its callback id."""
    from bot.slack import boundaries, flags, hours, later, urgent

    modules = (hours, later, boundaries, flags, urgent)
    return {name: submit for module in modules for name, submit in module.VIEWS.items()}


def shortcuts() -> dict[str, Shortcut]:
    """Every global and message shortcut by its callback id."""
    from bot.slack import later

    return dict(later.SHORTCUTS)


def register(app: AsyncApp, surface: Surface) -> None:
    """Listen to every modal and shortcut."""
    for callback_id, submit in submissions().items():
        app.view_submission(callback_id)(_on_submit(surface, submit))
    for callback_id, shortcut in shortcuts().items():
        app.shortcut(callback_id)(_on_shortcut(surface, shortcut))


def _on_submit(surface: Surface, submit: Submit) -> Callable[..., Awaitable[None]]:
    async def listen(ack: AsyncAck, body: dict[str, Any]) -> None:
        try:
            done = await submit(surface, body)
        except BadInput as error:
            done = _refused(surface, body, str(error))
        except SlackError as error:
            log.warning("view.slack_failed", exc=error)
            done = _refused(surface, body, words.SLACK_FAILED)
        except StorageDown:
            done = _refused(surface, body, words.NOT_STORED_MODAL)
        except UNREADABLE as error:
            log.error("view.not_read", exc=error)
            done = _refused(surface, body, words.NOT_READ)
        if done.errors:
            errors = {key: _plain(surface.named(text)) for key, text in done.errors.items()}
            await ack(response_action="errors", errors=errors)
        elif done.view is not None:
            await ack(response_action="update", view=done.view)
        else:
            await ack()

    return listen


def _on_shortcut(surface: Surface, shortcut: Shortcut) -> Callable[..., Awaitable[None]]:
    async def listen(ack: AsyncAck, body: dict[str, Any]) -> None:
        try:
            await shortcut(surface, body)
        except (BadInput, SlackError, StorageDown) as error:  # there is nowhere to say it
            log.warning("shortcut.failed", exc=error)
        await ack()

    return listen


def _refused(surface: Surface, body: Mapping[str, Any], text: str) -> Submitted:
    """An error has to name a field; a window without any is replaced by the sentence."""
    inputs = [block for block in body["view"]["blocks"] if block["type"] == "input"]
    if inputs:
        return Submitted(errors={inputs[0]["block_id"]: text})
    view = kit.modal("", words.WINDOW, [kit.section(surface.named(text))])
    del view["submit"], view["callback_id"]
    return Submitted(view=view)


def _plain(text: str) -> str:
    """Windows show errors without any formatting."""
    return text.replace("`", "")


def values(body: Mapping[str, Any]) -> dict[str, Any]:
    """The state of a modal's inputs: block id to the element's value, None when empty."""
    found: dict[str, Any] = {}
    for block_id, elements in body["view"]["state"]["values"].items():
        for element in elements.values():
            found[block_id] = _value(element)
    return found


_KEYS = (
    "value", "rich_text_value", "selected_user", "selected_users", "selected_conversation",
    "selected_conversations",
    "selected_channel", "selected_channels", "selected_time", "selected_date", "selected_date_time",
)  # fmt: skip


def _value(element: Mapping[str, Any]) -> Any:
    if element.get("selected_option") is not None:
        return element["selected_option"]["value"]
    if element.get("selected_options") is not None:
        return [option["value"] for option in element["selected_options"]]
    return next((element[key] for key in _KEYS if element.get(key) is not None), None)
