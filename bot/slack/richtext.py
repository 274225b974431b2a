"""Rich text blocks as mrkdwn, for fallbacks and screen readers.

Source: https://docs.slack.dev/reference/block-kit/blocks/rich-text-block
"""

from collections.abc import Callable, Mapping
from typing import Any

from bot.slack.blocks import escaped

Element = Mapping[str, Any]


def _text(element: Element) -> str:
    text = escaped(str(element.get("text", "")))
    style = element.get("style") or {}
    for name, mark in (("code", "`"), ("bold", "*"), ("italic", "_"), ("strike", "~")):
        if style.get(name) and text.strip():
            text = f"{mark}{text}{mark}"
    return text


def _link(element: Element) -> str:
    label = element.get("text")
    return f"<{element['url']}|{escaped(label)}>" if label else f"<{element['url']}>"


LEAVES: Mapping[str, Callable[[Element], str]] = {
    "text": _text,
    "link": _link,
    "user": lambda e: f"<@{e['user_id']}>",
    "usergroup": lambda e: f"<!subteam^{e['usergroup_id']}>",
    "channel": lambda e: f"<#{e['channel_id']}>",
    "broadcast": lambda e: f"<!{e['range']}>",
    "emoji": lambda e: f":{e['name']}:",
    "date": lambda e: str(e.get("fallback", "")),
    "color": lambda e: str(e.get("value", "")),
}


def plain(block: Element) -> str:
    """A ``rich_text`` block as mrkdwn; elements that are not known are left out."""
    return "\n".join(part for part in map(_part, block.get("elements", ())) if part)


def _part(element: Element) -> str:
    kind, inner = element.get("type"), element.get("elements", ())
    if kind == "rich_text_list":
        ordered = element.get("style") == "ordered"
        marked = ((f"{n}. " if ordered else "• ", item) for n, item in enumerate(inner, start=1))
        return "\n".join(mark + _part(item) for mark, item in marked)
    text = "".join(LEAVES[leaf["type"]](leaf) for leaf in inner if leaf.get("type") in LEAVES)
    if kind == "rich_text_preformatted":
        return f"```{text}```"
    if kind == "rich_text_quote":
        return "\n".join(f">{line}" for line in text.splitlines())
    return text


def of_text(text: str) -> dict[str, Any]:
    """Typed text as a ``rich_text`` block, so that it can be edited."""
    return {
        "type": "rich_text",
        "elements": [{"type": "rich_text_section", "elements": [{"type": "text", "text": text}]}],
    }
