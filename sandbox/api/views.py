"""views.*: modals by trigger_id, and the Home tab."""

from __future__ import annotations

from collections.abc import Callable

from sandbox.api.call import ApiError, Call, invalid_arguments
from sandbox.records import Json, Trigger, View
from sandbox.screens import ScreenError, Screens

Show = Callable[[Screens], View]


def open_modal(call: Call) -> Json:
    """views.open: one modal per trigger, within three seconds."""
    trigger = _trigger(call)
    person = call.workspace.users[trigger.user_id]
    view = _shown(call, lambda screens: screens.open(call.app, person, call.params.get("view")))
    trigger.used, trigger.view = True, view
    return _answer(call, view)


def push(call: Call) -> Json:
    """views.push: on top of the modal the trigger came from."""
    trigger = _trigger(call)
    person = call.workspace.users[trigger.user_id]
    view = _shown(call, lambda screens: screens.push(call.app, person, call.params.get("view")))
    trigger.used, trigger.view = True, view
    return _answer(call, view)


def update(call: Call) -> Json:
    """views.update by view_id or external_id."""
    view = _existing(call)
    source, known_hash = call.params.get("view"), call.text("hash")
    return _answer(call, _shown(call, lambda screens: screens.update(view, source, known_hash)))


def publish(call: Call) -> Json:
    """views.publish of somebody's Home tab."""
    person = call.user("user_id")
    source, known_hash = call.params.get("view"), call.text("hash")
    view = _shown(call, lambda screens: screens.publish(call.app, person, source, known_hash))
    return _answer(call, view)


def _trigger(call: Call) -> Trigger:
    trigger = call.workspace.triggers.get(call.text("trigger_id"))
    if trigger is None or trigger.app_id != call.app.app_id:
        raise ApiError("invalid_trigger_id" if call.text("trigger_id") else "invalid_arguments")
    if trigger.used:
        raise ApiError("exchanged_trigger_id")
    if trigger.expired:
        raise ApiError("expired_trigger_id")
    return trigger


def _existing(call: Call) -> View:
    found = call.workspace.views.get(call.text("view_id"))
    if external_id := call.text("external_id"):
        named = (
            v for v in call.workspace.views.values() if v.source.get("external_id") == external_id
        )
        found = next(named, None)
    if (
        found is None
        or found.app_id != call.app.app_id
        or not Screens(call.workspace).is_shown(found)
    ):
        raise ApiError("not_found")
    return found


def _shown(call: Call, show: Show) -> View:
    try:
        return show(Screens(call.workspace))
    except ScreenError as refused:
        if refused.code == "invalid_arguments":
            raise invalid_arguments(*refused.problems) from refused
        raise ApiError(refused.code) from refused


def _answer(call: Call, view: View) -> Json:
    return {"view": view.payload(call.workspace.team_id, call.app.bot_id)}
