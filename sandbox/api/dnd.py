"""dnd.*: do not disturb, for the token's own person; others' state is read only."""

from __future__ import annotations

from datetime import timedelta

from sandbox.api.call import ApiError, Call
from sandbox.records import Json, User

MAX_SNOOZE_MIN = 24 * 60
"""Slack does not say where `too_long` begins; the sandbox takes a day."""
MAX_TEAM_USERS = 50


def info(call: Call) -> Json:
    """dnd.info; the snooze fields are for oneself only."""
    user = call.user() if call.text("user") else call.caller
    own = user.id == call.token.user_id
    return _window(call, user) | (_snooze(call, user) if own else {})


def set_snooze(call: Call) -> Json:
    """dnd.setSnooze."""
    minutes = call.number("num_minutes", 0)
    if minutes <= 0:
        raise ApiError("missing_duration")
    if minutes > MAX_SNOOZE_MIN:
        raise ApiError("too_long")
    call.caller.snooze_until = call.workspace.clock.now() + timedelta(minutes=minutes)
    call.posts.snooze_changed(call.caller)
    return _snooze(call, call.caller)


def end_snooze(call: Call) -> Json:
    """dnd.endSnooze."""
    if not call.workspace.is_snoozing(call.caller):
        raise ApiError("snooze_not_active")
    call.caller.snooze_until = None
    call.posts.snooze_changed(call.caller)
    return _window(call, call.caller) | {"snooze_enabled": False}


def team_info(call: Call) -> Json:
    """dnd.teamInfo of up to 50 people."""
    ids = call.names("users")
    if not ids:
        raise ApiError("required_arg_missing")
    if len(ids) > MAX_TEAM_USERS:
        raise ApiError("too_many_users")
    known = [call.workspace.users[each] for each in ids if each in call.workspace.users]
    return {"users": {user.id: _window(call, user) for user in known}, "cached": False}


def _window(call: Call, user: User) -> Json:
    """No notification schedule is modelled, so the next window is the snooze or none."""
    snoozing = call.workspace.is_snoozing(user)
    begin, end = call.workspace.epoch_s(), call.workspace.epoch_s(user.snooze_until)
    return {
        "dnd_enabled": snoozing,
        "next_dnd_start_ts": begin if snoozing else 1,
        "next_dnd_end_ts": end if snoozing else 1,
    }


def _snooze(call: Call, user: User) -> Json:
    if not call.workspace.is_snoozing(user) or user.snooze_until is None:
        return {"snooze_enabled": False}
    left = user.snooze_until - call.workspace.clock.now()
    return {
        "snooze_enabled": True,
        "snooze_endtime": call.workspace.epoch_s(user.snooze_until),
        "snooze_remaining": int(left.total_seconds()),
        "snooze_is_indefinite": False,
    }
