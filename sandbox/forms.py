"""What a person fills in, in the shape Slack puts into `state.values` and `actions`."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from sandbox.elements import all_options
from sandbox.records import Channel, Json, User, View
from sandbox.richtext import Composer
from sandbox.screens import stateful_elements

Shape = Callable[[Json, Any, Composer], Json]

MISSING = "Please complete this required field."


def initial_state(element: Json) -> Json:
    """The state of an element nobody has touched: its `initial_…` values."""
    kind = element["type"]
    given, key = _INITIAL[kind]
    return {"type": kind, key: element.get(given, [] if key.endswith("s") else None)}


def filled_state(element: Json, value: Any, composer: Composer) -> Json:
    """The state of an element after a person put `value` into it.

    People, channels and messages may be given as objects, options by their value.

    Raises:
        LookupError: a select has no such option.
    """
    kind = element["type"]
    return {"type": kind} | _SHAPES[kind](element, value, composer)


def fill_in(view: View, values: dict[str, Any], composer: Composer) -> None:
    """Put `values`, by block_id or action_id, into a view; the rest keeps its state.

    Raises:
        LookupError: the view has no field of that name.
    """
    elements = stateful_elements(view.blocks)
    unknown = set(values) - {key for block, action, _ in elements for key in (block, action)}
    if unknown:
        shown = ", ".join(f"{block}/{action}" for block, action, _ in elements)
        raise LookupError(f"The view has no {sorted(unknown)}, only: {shown}")
    for block_id, action_id, element in elements:
        fields = view.values.setdefault(block_id, {})
        given = [key for key in (action_id, block_id) if key in values]
        if given:
            fields[action_id] = filled_state(element, values[given[0]], composer)
        else:
            fields.setdefault(action_id, initial_state(element))


def missing_fields(view: View) -> dict[str, str]:
    """What the client itself refuses to submit: required inputs left empty, by block_id."""
    errors = {}
    for block in view.blocks:
        if block["type"] != "input" or block.get("optional"):
            continue
        state = view.values[block["block_id"]][block["element"]["action_id"]]
        if not any(value for key, value in state.items() if key != "type"):
            errors[block["block_id"]] = MISSING
    return errors


def _id(value: Any) -> Any:
    return value.id if isinstance(value, User | Channel) else value


def _ids(value: Any) -> list[Any]:
    many = isinstance(value, Iterable) and not isinstance(value, str)
    return [_id(each) for each in (value if many else [value])]


def _one(key: str) -> Shape:
    return lambda _element, value, _composer: {key: _id(value)}


def _many(key: str) -> Shape:
    return lambda _element, value, _composer: {key: _ids(value) if value is not None else []}


def _option(element: Json, value: Any, _: Composer) -> Json:
    return {"selected_option": None if value is None else _find(element, value)}


def _options(element: Json, value: Any, _: Composer) -> Json:
    return {"selected_options": [_find(element, each) for each in _ids(value or [])]}


def _find(element: Json, value: Any) -> Json:
    if isinstance(value, dict):
        return value
    for option in all_options(element):
        if option["value"] == value:
            return option
    if element["type"].endswith("external_select"):
        return {"text": {"type": "plain_text", "text": str(value)}, "value": str(value)}
    offered = [option["value"] for option in all_options(element)]
    raise LookupError(f"{value!r} is not among the options {offered}")


def _rich_text(_: Json, value: Any, composer: Composer) -> Json:
    return {"rich_text_value": composer.rich_text(value) if isinstance(value, str) else value}


_SHAPES: dict[str, Shape] = {
    "plain_text_input": _one("value"),
    "email_text_input": _one("value"),
    "url_text_input": _one("value"),
    "number_input": _one("value"),
    "rich_text_input": _rich_text,
    "users_select": _one("selected_user"),
    "multi_users_select": _many("selected_users"),
    "conversations_select": _one("selected_conversation"),
    "multi_conversations_select": _many("selected_conversations"),
    "channels_select": _one("selected_channel"),
    "multi_channels_select": _many("selected_channels"),
    "static_select": _option,
    "external_select": _option,
    "radio_buttons": _option,
    "overflow": _option,
    "multi_static_select": _options,
    "multi_external_select": _options,
    "checkboxes": _options,
    "timepicker": _one("selected_time"),
    "datepicker": _one("selected_date"),
    "datetimepicker": _one("selected_date_time"),
}
_INITIAL: dict[str, tuple[str, str]] = {
    "plain_text_input": ("initial_value", "value"),
    "email_text_input": ("initial_value", "value"),
    "url_text_input": ("initial_value", "value"),
    "number_input": ("initial_value", "value"),
    "rich_text_input": ("initial_value", "rich_text_value"),
    "users_select": ("initial_user", "selected_user"),
    "multi_users_select": ("initial_users", "selected_users"),
    "conversations_select": ("initial_conversation", "selected_conversation"),
    "multi_conversations_select": ("initial_conversations", "selected_conversations"),
    "channels_select": ("initial_channel", "selected_channel"),
    "multi_channels_select": ("initial_channels", "selected_channels"),
    "static_select": ("initial_option", "selected_option"),
    "external_select": ("initial_option", "selected_option"),
    "radio_buttons": ("initial_option", "selected_option"),
    "multi_static_select": ("initial_options", "selected_options"),
    "multi_external_select": ("initial_options", "selected_options"),
    "checkboxes": ("initial_options", "selected_options"),
    "timepicker": ("initial_time", "selected_time"),
    "datepicker": ("initial_date", "selected_date"),
    "datetimepicker": ("initial_date_time", "selected_date_time"),
}
