"""Block Kit, in the few shapes this app shows. Every function returns JSON-ready dicts.

Limits: https://docs.slack.dev/reference/block-kit/blocks
"""

from typing import Any

Block = dict[str, Any]

BUTTON_TEXT = 75
SECTION_TEXT = 3000


def clipped(text: str, limit: int) -> str:
    """``text`` in at most ``limit`` characters."""
    return text if len(text) <= limit else text[: limit - 1] + "…"


def plain(text: str) -> Block:
    """A plain text object."""
    return {"type": "plain_text", "text": text, "emoji": True}


def mrkdwn(text: str) -> Block:
    """A mrkdwn text object."""
    return {"type": "mrkdwn", "text": text}


def section(text: str, *, accessory: Block | None = None) -> Block:
    """A paragraph."""
    block: Block = {"type": "section", "text": mrkdwn(clipped(text, SECTION_TEXT))}
    if accessory is not None:
        block["accessory"] = accessory
    return block


def header(text: str) -> Block:
    """A heading."""
    return {"type": "header", "text": plain(clipped(text, 150))}


def context(*texts: str) -> Block:
    """Small print."""
    return {"type": "context", "elements": [mrkdwn(clipped(text, SECTION_TEXT)) for text in texts]}


def divider() -> Block:
    """A line across."""
    return {"type": "divider"}


def button(
    text: str, action_id: str, value: str = "", *, style: str | None = None, url: str | None = None
) -> Block:
    """A button; ``style`` is ``primary`` or ``danger``."""
    block: Block = {
        "type": "button",
        "text": plain(clipped(text, BUTTON_TEXT)),
        "action_id": action_id,
    }
    if value:
        block["value"] = value
    if style:
        block["style"] = style
    if url:
        block["url"] = url
    return block


def actions(block_id: str, *elements: Block) -> Block:
    """A row of buttons."""
    return {"type": "actions", "block_id": block_id, "elements": list(elements)}


def text_input(
    block_id: str,
    label: str,
    *,
    initial: str = "",
    hint: str = "",
    placeholder: str = "",
    multiline: bool = False,
    optional: bool = False,
) -> Block:
    """A field for text; its action id is ``value``."""
    element: Block = {"type": "plain_text_input", "action_id": "value", "multiline": multiline}
    if initial:
        element["initial_value"] = initial
    if placeholder:
        element["placeholder"] = plain(clipped(placeholder, 150))
    return field(block_id, label, element, hint=hint, optional=optional)


def field(
    block_id: str, label: str, element: Block, *, hint: str = "", optional: bool = False
) -> Block:
    """An input block around ``element``."""
    block: Block = {
        "type": "input",
        "block_id": block_id,
        "label": plain(label),
        "element": element,
        "optional": optional,
    }
    if hint:
        block["hint"] = plain(hint)
    return block


def option(text: str, value: str) -> Block:
    """One choice of a menu."""
    return {"text": plain(clipped(text, 75)), "value": value}


def modal(
    callback_id: str, title: str, blocks: list[Block], *, submit: str = "Save", metadata: str = ""
) -> Block:
    """A modal view."""
    return {
        "type": "modal",
        "callback_id": callback_id,
        "title": plain(clipped(title, 24)),
        "submit": plain(clipped(submit, 24)),
        "close": plain("Cancel"),
        "private_metadata": metadata,
        "blocks": blocks,
    }


def escaped(text: str) -> str:
    """``text`` as literal mrkdwn.

    Source: https://docs.slack.dev/messaging/formatting-message-text#escaping
    """
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def unescaped(text: str) -> str:
    """What somebody typed behind a command, where Slack has escaped it."""
    return text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


def user(user_id: str) -> str:
    """A mention."""
    return f"<@{user_id}>"
