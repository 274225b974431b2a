"""dnd.*: do not disturb, for the token's own person; others' state is read only."""

from __future__ import annotations

from datetime import timedelta

from sandbox.api.call import ApiError, Call
from sandbox.records import Json
from sandbox.silence import dnd_json, next_window, snooze_json

MAX_SNOOZE_MIN = 24 * 60
"""Slack does not say where `too_long` begins; the sandbox takes a day."""
MAX_TEAM_USERS = 50


def info(call: Call) -> Json:
    """dnd.info; the snooze fields are for oneself only."""
    user, now = call.user() if call.text("user") else call.caller, call.workspace.clock.now()
    own = user.id == call.token.user_id
    return dnd_json(user, now) | (snooze_json(user, now) if own else {})


def set_snooze(call: Call) -> Json:
    """dnd.setSnooze."""
    minutes = call.number("num_minutes", 0)
    if minutes <= 0:
        raise ApiError("missing_duration")
    if minutes > MAX_SNOOZE_MIN:
        raise ApiError("too_long")
    now = call.workspace.clock.now()
    call.caller.snooze_until = now + timedelta(minutes=minutes)
    call.posts.snooze_changed(call.caller)
    return snooze_json(call.caller, now)


def end_snooze(call: Call) -> Json:
    """dnd.endSnooze."""
    if not call.workspace.is_snoozing(call.caller):
        raise ApiError("snooze_not_active")
    call.caller.snooze_until = None
    call.posts.snooze_changed(call.caller)
    return dnd_json(call.caller, call.workspace.clock.now()) | {"snooze_enabled": False}


def end_dnd(call: Call) -> Json:
    """dnd.endDnd: the quiet window of one's own hours that is on now ends; a snooze stays."""
    now = call.workspace.clock.now()
    window = next_window(call.caller, now)
    if window and window[0] <= now:
        call.caller.dnd_ended_at = window[1]
        call.posts.snooze_changed(call.caller)
    return {}


def team_info(call: Call) -> Json:
    """dnd.teamInfo of up to 50 people."""
    ids = call.names("users")
    if not ids:
        raise ApiError("required_arg_missing")
    if len(ids) > MAX_TEAM_USERS:
        raise ApiError("too_many_users")
    known = [call.workspace.users[each] for each in ids if each in call.workspace.users]
    now = call.workspace.clock.now()
    return {"users": {user.id: dnd_json(user, now) for user in known}, "cached": False}
