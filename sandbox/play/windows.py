"""Windows on a person's screen: the fields with what stands in them, and their choices."""

from collections.abc import Callable, Iterator
from datetime import datetime
from zoneinfo import ZoneInfo

from sandbox.elements import all_options
from sandbox.forms import initial_state
from sandbox.records import Json, View

SINGLE = frozenset({"radio_buttons", "static_select"})
"""Fields in which one of several choices is picked."""


def title(view: View) -> str:
    """What stands above a window."""
    return str(view.source["title"]["text"])


def single_choice(view: View) -> Json | None:
    """The only field that has to be filled in, if it is one in which a choice is picked."""
    inputs = [block for block in view.blocks if block["type"] == "input"]
    fields = [block for block in inputs if not block.get("optional")]
    is_single = len(fields) == 1 and fields[0]["element"]["type"] in SINGLE
    return fields[0] if is_single else None


def field_lines(
    block: Json, view: View | None, tz: str, read: Callable[[Json], str]
) -> Iterator[str]:
    """A field as it would be read: its label, what stands in it, and its choices.

    ``read`` turns an element of rich text, such as a mention, into text.
    """
    element, label = block["element"], block["label"]["text"]
    state = _state(block, view)
    options = all_options(element)
    if options:
        chosen = {each["value"] for each in _chosen(state)}
        yield f"{label}:"
        yield from (
            f"  {'(•)' if each['value'] in chosen else '( )'} {each['text']['text']}"
            for each in options
        )
        return
    value = next((value for key, value in state.items() if key != "type"), None)
    lines = _value(element["type"], value, tz, read).split("\n") if value else [_empty(element)]
    yield f"{label}: {lines[0]}"
    yield from (f"  {line}" for line in lines[1:])


def _state(block: Json, view: View | None) -> Json:
    element = block["element"]
    filled = view.values.get(block["block_id"], {}) if view else {}
    return filled.get(element["action_id"]) or initial_state(element)


def _chosen(state: Json) -> list[Json]:
    if one := state.get("selected_option"):
        return [one]
    return list(state.get("selected_options") or ())


def _empty(element: Json) -> str:
    placeholder = element.get("placeholder") or {}
    text = placeholder.get("text", "")
    return f"(empty; {text})" if text else "(empty)"


def _value(kind: str, value: object, tz: str, read: Callable[[Json], str]) -> str:
    if kind == "datetimepicker":
        return f"{datetime.fromtimestamp(int(str(value)), ZoneInfo(tz)):%a %d %b %H:%M}"
    if isinstance(value, dict):
        return read(value).strip()
    if isinstance(value, list):
        return ", ".join(_value(kind, each, tz, read) for each in value)
    referred = "user" if "users_select" in kind else "channel" if "_select" in kind else ""
    return read({"type": referred, f"{referred}_id": value}) if referred else str(value)
