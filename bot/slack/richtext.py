"""Rich text blocks as mrkdwn, for fallbacks and screen readers.

Source: https://docs.slack.dev/reference/block-kit/blocks/rich-text-block
"""

import re
from collections.abc import Callable, Mapping
from typing import Any

from bot.slack.blocks import escaped, unescaped

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


TOKEN = re.compile(
    r"<@(?P<user>[UW]\w+)(?:\|[^>]*)?>|<!subteam\^(?P<group>S\w+)(?:\|[^>]*)?>"
    r"|<#(?P<channel>C\w+)(?:\|[^>]*)?>|<!(?P<range>here|channel|everyone)(?:\|[^>]*)?>"
    r"|<(?P<url>[a-z]+:[^>|]+)(?:\|(?P<label>[^>]*))?>"
)


def of_text(text: str) -> dict[str, Any]:
    """Mrkdwn as a ``rich_text`` block, so that it can be edited; marks stay as they were typed."""
    elements: list[dict[str, Any]] = []
    end = 0
    for found in TOKEN.finditer(text):
        elements += _plain_element(text[end : found.start()])
        elements.append(_token_element(found.groupdict()))
        end = found.end()
    elements += _plain_element(text[end:])
    section = {"type": "rich_text_section", "elements": elements}
    return {"type": "rich_text", "elements": [section]}


def _plain_element(text: str) -> list[dict[str, Any]]:
    return [{"type": "text", "text": unescaped(text)}] if text else []


def _token_element(found: Mapping[str, str | None]) -> dict[str, Any]:
    if found["url"]:
        link = {"type": "link", "url": unescaped(found["url"])}
        return {**link, "text": unescaped(found["label"])} if found["label"] else link
    if found["group"]:
        return {"type": "usergroup", "usergroup_id": found["group"]}
    if found["range"]:
        return {"type": "broadcast", "range": found["range"]}
    kind = "user" if found["user"] else "channel"
    return {"type": kind, f"{kind}_id": found[kind]}
