"""What a person types, as Slack's client sends it: escapes in `text`, elements in `blocks`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import escape

from sandbox.records import Json
from sandbox.state import Workspace

_TOKEN = re.compile(
    r"```(?P<pre>.+?)```"
    r"|`(?P<code>[^`\n]+)`"
    r"|<@(?P<user>[UW][A-Z0-9]+)(?:\|[^>]*)?>"
    r"|<!subteam\^(?P<group>S[A-Z0-9]+)(?:\|[^>]*)?>"
    r"|<!(?P<range>here|channel|everyone)(?:\|[^>]*)?>"
    r"|<#(?P<channel>[CG][A-Z0-9]+)(?:\|[^>]*)?>"
    r"|<(?P<link>https?://[^>|]+)(?:\|(?P<label>[^>]*))?>"
    r"|(?P<url>https?://[^\s<>]+)"
    r"|(?<![\w.])@(?P<at>[\w][\w.\-]*)"
    r"|(?<![\w&])\#(?P<hash>[\w][\w\-]*)",
    re.DOTALL,
)
_RANGES = ("here", "channel", "everyone")


class Composer:
    """Turns typed text into what is sent. Mentions may be typed as `@name` or as `<@U…>`."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace

    def message(self, typed: str) -> tuple[str, list[Json]]:
        """The `text` and the one rich_text block of a message typed by a person."""
        elements = list(self._elements(typed))
        text = "".join(_as_text(each) for each in elements)
        block = {"type": "rich_text", "block_id": self._workspace.mint("", 5)}
        return text, [block | {"elements": _sections(elements)}]

    def rich_text(self, typed: str) -> Json:
        """The rich_text value of a `rich_text_input`."""
        return {"type": "rich_text", "elements": _sections(list(self._elements(typed)))}

    def command(self, typed: str) -> str:
        """The `text` of a slash command with should_escape: mentions carry their names."""
        return "".join(self._command_text(each) for each in self._elements(typed, code=False))

    def _elements(self, typed: str, *, code: bool = True) -> Iterator[Json]:
        position = 0
        for match in _TOKEN.finditer(typed):
            found = self._element(match, code=code)
            if found is None:
                continue
            if match.start() > position:
                yield {"type": "text", "text": typed[position : match.start()]}
            element, length = found
            yield element
            position = match.start() + length
        if position < len(typed):
            yield {"type": "text", "text": typed[position:]}

    def _element(self, match: re.Match[str], *, code: bool) -> tuple[Json, int] | None:
        kind, value, length = match.lastgroup or "", "", len(match[0])
        if match["link"]:
            kind = "link"
        value = match[kind]
        if kind in {"pre", "code"}:
            return ({"type": kind, "text": value}, length) if code else None
        if kind in {"at", "hash"}:
            return self._typed_name(kind, value)
        simple: dict[str, Json] = {
            "user": {"type": "user", "user_id": value},
            "group": {"type": "usergroup", "usergroup_id": value},
            "range": {"type": "broadcast", "range": value},
            "channel": {"type": "channel", "channel_id": value},
            "link": {"type": "link", "url": value} | _labelled(match["label"]),
            "url": {"type": "link", "url": value},
        }
        return simple[kind], length

    def _typed_name(self, kind: str, typed: str) -> tuple[Json, int] | None:
        """`@name` or `#channel`; punctuation that ends a sentence is not part of a name."""
        for name in dict.fromkeys((typed, typed.rstrip(".-"))):
            element = self._channel(name) if kind == "hash" else self._mentionable(name)
            if element:
                return element, len(name) + 1
        return None

    def _mentionable(self, name: str) -> Json | None:
        if name in _RANGES:
            return {"type": "broadcast", "range": name}
        if user := self._workspace.user_named(name):
            return {"type": "user", "user_id": user.id}
        for group in self._workspace.usergroups.values():
            if group.handle == name:
                return {"type": "usergroup", "usergroup_id": group.id}
        return None

    def _channel(self, name: str) -> Json | None:
        for channel in self._workspace.channels.values():
            if channel.name == name and not channel.is_direct:
                return {"type": "channel", "channel_id": channel.id}
        return None

    def _command_text(self, element: Json) -> str:
        match element:
            case {"type": "user", "user_id": user_id} if user_id in self._workspace.users:
                return f"<@{user_id}|{self._workspace.users[user_id].name}>"
            case {"type": "usergroup", "usergroup_id": group_id}:
                return f"<!subteam^{group_id}|@{self._workspace.usergroups[group_id].handle}>"
            case {"type": "channel", "channel_id": channel_id}:
                return f"<#{channel_id}|{self._workspace.channels[channel_id].name}>"
            case _:
                return _as_text(element)


def _as_text(element: Json) -> str:
    match element:
        case {"type": "user", "user_id": user_id}:
            return f"<@{user_id}>"
        case {"type": "usergroup", "usergroup_id": group_id}:
            return f"<!subteam^{group_id}>"
        case {"type": "broadcast", "range": reach}:
            return f"<!{reach}>"
        case {"type": "channel", "channel_id": channel_id}:
            return f"<#{channel_id}>"
        case {"type": "link", "url": url}:
            return f"<{url}|{element['text']}>" if "text" in element else f"<{url}>"
        case {"type": "pre", "text": text}:
            return f"```{_escaped(text)}```"
        case {"type": "code", "text": text}:
            return f"`{_escaped(text)}`"
        case _:
            return _escaped(element["text"])


def _labelled(label: str | None) -> Json:
    return {"text": label} if label else {}


def _escaped(text: str) -> str:
    """Slack escapes these three and no more; a mention inside code stays as it was typed."""
    kept = re.split(r"(<[@!#][^>]+>)", text)
    pieces = (each if at % 2 else escape(each, quote=False) for at, each in enumerate(kept))
    return "".join(pieces)


def _sections(elements: list[Json]) -> list[Json]:
    """Group elements into rich_text_section and rich_text_preformatted."""
    sections: list[Json] = []
    for element in elements:
        if element["type"] == "pre":
            inner = [{"type": "text", "text": element["text"]}]
            sections.append({"type": "rich_text_preformatted", "elements": inner, "border": 0})
            continue
        if not sections or sections[-1]["type"] != "rich_text_section":
            sections.append({"type": "rich_text_section", "elements": []})
        sections[-1]["elements"].append(_styled(element))
    return sections or [{"type": "rich_text_section", "elements": []}]


def _styled(element: Json) -> Json:
    if element["type"] == "code":
        return {"type": "text", "text": element["text"], "style": {"code": True}}
    return element
