"""users.*, team.info, bots.info and usergroups.*: who is who."""

from __future__ import annotations

from sandbox.api.call import ApiError, Call
from sandbox.records import Json, User

MAX_STATUS_TEXT = 100
_STATUS_FIELDS = {"status_text", "status_emoji", "status_expiration"}


def list_all(call: Call) -> Json:
    """users.list: one's own people, the deactivated and the bots included."""
    own = [each for each in call.workspace.users.values() if not each.is_foreign]
    page, metadata = call.page(own)
    shapes = [_shape(call, each) for each in page]
    return {
        "members": shapes,
        "cache_ts": call.workspace.epoch_s(),
        "response_metadata": metadata,
    }


def info(call: Call) -> Json:
    """users.info."""
    user = call.user()
    locale = {"locale": user.locale} if call.flag("include_locale") else {}
    return {"user": _shape(call, user) | locale}


def profile_get(call: Call) -> Json:
    """users.profile.get."""
    user = call.user() if call.text("user") else call.caller
    return {"profile": _shape(call, user)["profile"]}


def profile_set(call: Call) -> Json:
    """users.profile.set of one's own status."""
    profile = call.params.get("profile")
    if call.text("name"):
        profile = {call.text("name"): call.params.get("value", "")}
    if not isinstance(profile, dict) or not profile.keys() <= _STATUS_FIELDS:
        raise ApiError("invalid_profile")
    if len(str(profile.get("status_text", ""))) > MAX_STATUS_TEXT:
        raise ApiError("too_long")
    try:
        status = profile | {"status_expiration": int(profile.get("status_expiration") or 0)}
    except (TypeError, ValueError):
        raise ApiError("invalid_profile") from None
    call.posts.set_status(call.caller, status)
    return {"username": call.caller.name, "profile": _shape(call, call.caller)["profile"]}


def team_info(call: Call) -> Json:
    """team.info."""
    workspace = call.workspace
    return {"team": {"id": workspace.team_id, "name": workspace.name, "domain": workspace.domain}}


def bots_info(call: Call) -> Json:
    """bots.info of a bot_id."""
    for app in call.workspace.apps.values():
        if app.bot_id == call.text("bot"):
            bot = {"id": app.bot_id, "app_id": app.app_id, "user_id": app.bot_user_id}
            return {"bot": bot | {"name": app.name, "deleted": not app.installed}}
    raise ApiError("bot_not_found")


def usergroups_list(call: Call) -> Json:
    """usergroups.list."""
    with_users = call.flag("include_users")
    groups = call.workspace.usergroups.values()
    shape = call.workspace.usergroup_json
    return {"usergroups": [shape(each, with_users=with_users) for each in groups]}


def usergroups_users_list(call: Call) -> Json:
    """usergroups.users.list."""
    group = call.workspace.usergroups.get(call.text("usergroup"))
    if group is None:
        raise ApiError("no_such_subteam")
    return {"users": group.members}


def _shape(call: Call, user: User) -> Json:
    with_email = "users:read.email" in call.token.scopes
    return call.workspace.user_json(user, with_email=with_email, viewer=call.token.user_id)
