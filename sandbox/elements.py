"""Structural checks of Block Kit elements: buttons, selects, inputs and their texts."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date, time
from typing import Any

from sandbox.records import Json

Problems = Iterator[str]

BUTTON = "button"
MAX_ACTION_ID = 255
MAX_OPTIONS = 100


def check_text(value: Any, name: str, longest: int, *, plain: bool = False) -> Problems:
    """What is wrong with a text object of at most `longest` characters."""
    if not isinstance(value, dict):
        yield f"{name} must be a text object"
        return
    kinds = {"plain_text"} if plain else {"plain_text", "mrkdwn"}
    if value.get("type") not in kinds:
        yield f"{name} must be {' or '.join(sorted(kinds))}"
    text = value.get("text")
    if not isinstance(text, str) or not text:
        yield f"{name} must be more than 0 characters"
    elif len(text) > longest:
        yield f"{name} must be less than {longest + 1} characters"


def check_element(element: Any, place: str) -> Problems:
    """What is wrong with an interactive element as accessory, in actions or in an input."""
    if not isinstance(element, dict):
        yield "an element must be an object"
        return
    kind = str(element.get("type"))
    if kind == "image" and place == "accessory":
        return
    rule = _RULES.get(kind)
    if rule is None or place not in _PLACES.get(kind, {"accessory", "actions", "input"}):
        yield f"unsupported element type: {kind}"
        return
    action_id = element.get("action_id", "")
    if not isinstance(action_id, str) or len(action_id) > MAX_ACTION_ID:
        yield f"action_id must be a string of at most {MAX_ACTION_ID} characters"
    if element.get("placeholder") is not None:
        yield from check_text(element["placeholder"], "placeholder", 150, plain=True)
    if element.get("confirm") is not None:
        yield from _confirm(element["confirm"])
    yield from rule(element)


def all_options(element: Json) -> list[Json]:
    """The options of a select, radio group, checkboxes or overflow, groups flattened."""
    grouped = [each for group in element.get("option_groups") or () for each in group["options"]]
    return [*(element.get("options") or ()), *grouped]


def _button(element: Json) -> Problems:
    yield from check_text(element.get("text"), "text", 75, plain=True)
    value = element.get("value", "")
    if not isinstance(value, str) or len(value) > 2000:  # noqa: PLR2004 - Slack's limit, used once
        yield "value must be a string of at most 2000 characters"
    if element.get("style") not in {None, "primary", "danger"}:
        yield "style must be primary or danger"


def _options(most: int) -> Callable[[Json], Problems]:
    def check(element: Json) -> Problems:
        options = all_options(element)
        if not 1 <= len(options) <= most:
            yield f"options: 1 to {most} items allowed, {len(options)} given"
        for option in options:
            yield from check_text(option.get("text"), "option text", 75)
            value = option.get("value")
            if not isinstance(value, str) or not 1 <= len(value) <= 150:  # noqa: PLR2004 - as above
                yield "option value must be a string of 1 to 150 characters"
            if option.get("description") is not None:
                yield from check_text(option["description"], "option description", 75)
        initial = [element["initial_option"]] if element.get("initial_option") else []
        for option in [*initial, *(element.get("initial_options") or ())]:
            if option not in options:
                yield "initial_option must be one of the options"

    return check


def _text_input(element: Json) -> Problems:
    longest = element.get("max_length") or 3000
    if len(element.get("initial_value") or "") > longest:
        yield f"initial_value must be less than {longest + 1} characters"


def _timepicker(element: Json) -> Problems:
    yield from _parses(element.get("initial_time"), "initial_time", time.fromisoformat)


def _datepicker(element: Json) -> Problems:
    yield from _parses(element.get("initial_date"), "initial_date", date.fromisoformat)


def _parses(value: str | None, name: str, parse: Callable[[str], object]) -> Problems:
    try:
        if value is not None:
            parse(value)
    except ValueError:
        yield f"invalid {name}"


def _datetimepicker(element: Json) -> Problems:
    if not isinstance(element.get("initial_date_time", 0), int):
        yield "initial_date_time must be a number"


def _confirm(confirm: Json) -> Problems:
    yield from check_text(confirm.get("title"), "confirm title", 100, plain=True)
    yield from check_text(confirm.get("text"), "confirm text", 300)
    for key in ("confirm", "deny"):
        if confirm.get(key) is not None:
            yield from check_text(confirm[key], key, 30, plain=True)


def _nothing(_: Json) -> Problems:
    return iter(())


_RULES: dict[str, Callable[[Json], Problems]] = {
    BUTTON: _button,
    "overflow": _options(5),
    "radio_buttons": _options(10),
    "checkboxes": _options(10),
    "static_select": _options(MAX_OPTIONS),
    "multi_static_select": _options(MAX_OPTIONS),
    "external_select": _nothing,
    "multi_external_select": _nothing,
    "users_select": _nothing,
    "multi_users_select": _nothing,
    "conversations_select": _nothing,
    "multi_conversations_select": _nothing,
    "channels_select": _nothing,
    "multi_channels_select": _nothing,
    "plain_text_input": _text_input,
    "email_text_input": _text_input,
    "url_text_input": _text_input,
    "number_input": _nothing,
    "rich_text_input": _nothing,
    "datepicker": _datepicker,
    "timepicker": _timepicker,
    "datetimepicker": _datetimepicker,
}
_PLACES = {
    BUTTON: {"accessory", "actions"},
    "overflow": {"accessory", "actions"},
    "plain_text_input": {"input"},
    "email_text_input": {"input"},
    "url_text_input": {"input"},
    "number_input": {"input"},
    "rich_text_input": {"input"},
    "multi_static_select": {"accessory", "input"},
    "multi_external_select": {"accessory", "input"},
    "multi_users_select": {"accessory", "input"},
    "multi_conversations_select": {"accessory", "input"},
    "multi_channels_select": {"accessory", "input"},
    "datetimepicker": {"actions", "input"},
}
