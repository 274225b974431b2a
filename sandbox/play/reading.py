"""What a person reads on the screen: messages, modals and Home tabs as plain lines."""

import re
from collections.abc import Iterable, Iterator
from html import unescape

from sandbox.play.windows import field_lines
from sandbox.records import Json, Message, View
from sandbox.state import Workspace

_REFERENCE = re.compile(r"<([@#!]?)([^>|]+)(?:\|([^>]*))?>")
_BOLD = re.compile(r"(?<!\w)\*(\S(?:[^*\n]*\S)?)\*(?!\w)")


class Reader:
    """Reads what an app or a person has put on a screen, with names in place of ids."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace

    def lines(self, shown: Message | View) -> list[str]:
        """Each line as it would be read; a row of buttons is one line of ``[labels]``."""
        if isinstance(shown, Message) and not shown.blocks:
            return self.plain(shown.text).splitlines()
        view = shown if isinstance(shown, View) else None
        return [line for block in shown.blocks for line in self._block(block, view)]

    def text(self, shown: Message | View) -> str:
        """The same as one text."""
        return "\n".join(self.lines(shown))

    def plain(self, mrkdwn: str) -> str:
        """Slack's mrkdwn without its marks."""
        named = _REFERENCE.sub(self._reference, mrkdwn.replace("```", ""))
        return unescape(_BOLD.sub(r"\1", named))

    def _block(self, block: Json, view: View | None) -> Iterator[str]:
        match block["type"]:
            case "rich_text":
                yield from self._rich(block["elements"]).splitlines()
            case "context":
                yield from self.plain(" ".join(each["text"] for each in block["elements"])).split(
                    "\n"
                )
            case "actions":
                yield " ".join(_button(each) for each in block["elements"])
            case "input":
                user = self._workspace.users.get(view.user_id) if view else None
                yield from field_lines(block, view, user.tz if user else "UTC", self._element)
            case "divider":
                yield ""
            case "data_visualization":
                yield f"[chart: {block['title']}]"
            case "data_table":
                yield block["caption"]
                yield from (" | ".join(cell["text"] for cell in row) for row in block["rows"])
            case _:
                yield from self.plain(_text(block)).splitlines()
                if accessory := block.get("accessory"):
                    yield _button(accessory)

    def _rich(self, elements: Iterable[Json]) -> str:
        parts = []
        for element in elements:
            if inner := element.get("elements"):
                parts.append(self._rich(inner) + ("\n" if "section" in element["type"] else ""))
            else:
                parts.append(self._rich_leaf(element))
        return "".join(parts)

    def _element(self, element: Json) -> str:
        return self._rich([element])

    def _rich_leaf(self, element: Json) -> str:
        match element:
            case {"type": "user", "user_id": user_id}:
                return self._name("@", user_id)
            case {"type": "usergroup", "usergroup_id": group_id}:
                return self._name("!", f"subteam^{group_id}")
            case {"type": "channel", "channel_id": channel_id}:
                return self._name("#", channel_id)
            case {"type": "broadcast", "range": reach}:
                return f"@{reach}"
            case {"type": "link", "url": url}:
                return str(element.get("text") or url)
            case _:
                return str(element.get("text", ""))

    def _reference(self, match: re.Match[str]) -> str:
        sigil, target, label = match.groups()
        return self._name(sigil, target) if sigil else label or target

    def _name(self, sigil: str, target: str) -> str:
        workspace = self._workspace
        if sigil == "@":
            user = workspace.users.get(target)
            return f"@{user.name}" if user else f"@{target}"
        if sigil == "#":
            channel = workspace.channels.get(target)
            return f"#{channel.name}" if channel else f"#{target}"
        group = workspace.usergroups.get(target.removeprefix("subteam^"))
        return f"@{group.handle if group else target.partition('^')[0]}"


def buttons(shown: Message | View) -> list[str]:
    """The labels of the buttons, in order."""
    return [
        element["text"]["text"]
        for block in shown.blocks
        for element in (*block.get("elements", ()), block.get("accessory") or {})
        if element.get("type") == "button"
    ]


def _button(element: Json) -> str:
    label = element.get("text") or element.get("placeholder") or {}
    return f"[{label.get('text', element['type'])}]"


def _text(block: Json) -> str:
    texts = [block.get("text"), *block.get("fields", ())]
    return "\n".join(each["text"] for each in texts if each)
