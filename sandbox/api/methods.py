"""The table of methods, and how a call is judged before its handler runs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from sandbox.api import auth, chat, conversations, dnd, users, views
from sandbox.api.call import ApiError, Call
from sandbox.records import Json

BOT_OR_USER = frozenset({"bot", "user"})
BOT = frozenset({"bot"})
USER = frozenset({"user"})
APP = frozenset({"app"})
NOBODY: frozenset[str] = frozenset()

READ = ("channels:read", "groups:read", "im:read", "mpim:read")
HISTORY = ("channels:history", "groups:history", "im:history", "mpim:history")
OPEN = ("im:write", "mpim:write", "channels:manage", "groups:write")


@dataclass(frozen=True, slots=True)
class Method:
    """A method: its handler, the kinds of token it takes, and scopes any of which is enough.

    Handlers check what depends on the conversation, such as im:history for a direct message.
    """

    handler: Callable[[Call], Json]
    tokens: frozenset[str]
    scopes: tuple[str, ...] = ()


METHODS: dict[str, Method] = {
    "apps.connections.open": Method(auth.connections_open, APP, ("connections:write",)),
    "apps.event.authorizations.list": Method(
        auth.authorizations_list, APP, ("authorizations:read",)
    ),
    "auth.revoke": Method(auth.revoke, BOT_OR_USER),
    "auth.test": Method(auth.test, BOT_OR_USER),
    "bots.info": Method(users.bots_info, BOT_OR_USER, ("users:read",)),
    "chat.delete": Method(chat.delete, BOT_OR_USER, ("chat:write",)),
    "chat.getPermalink": Method(chat.get_permalink, BOT_OR_USER),
    "chat.postEphemeral": Method(chat.post_ephemeral, BOT_OR_USER, ("chat:write",)),
    "chat.postMessage": Method(chat.post_message, BOT_OR_USER, ("chat:write",)),
    "chat.update": Method(chat.update, BOT_OR_USER, ("chat:write",)),
    "conversations.history": Method(conversations.history, BOT_OR_USER, HISTORY),
    "conversations.info": Method(conversations.info, BOT_OR_USER, READ),
    "conversations.join": Method(
        conversations.join, BOT_OR_USER, ("channels:join", "channels:write")
    ),
    "conversations.list": Method(conversations.list_all, BOT_OR_USER, READ),
    "conversations.members": Method(conversations.members, BOT_OR_USER, READ),
    "conversations.open": Method(conversations.open_direct, BOT_OR_USER, OPEN),
    "conversations.replies": Method(conversations.replies, BOT_OR_USER, HISTORY),
    "dnd.endDnd": Method(dnd.end_dnd, USER, ("dnd:write",)),
    "dnd.endSnooze": Method(dnd.end_snooze, USER, ("dnd:write",)),
    "dnd.info": Method(dnd.info, BOT_OR_USER, ("dnd:read",)),
    "dnd.setSnooze": Method(dnd.set_snooze, USER, ("dnd:write",)),
    "dnd.teamInfo": Method(dnd.team_info, BOT_OR_USER, ("dnd:read",)),
    "oauth.v2.access": Method(auth.oauth_access, NOBODY),
    "team.info": Method(users.team_info, BOT_OR_USER, ("team:read",)),
    "usergroups.list": Method(users.usergroups_list, BOT_OR_USER, ("usergroups:read",)),
    "usergroups.users.list": Method(users.usergroups_users_list, BOT_OR_USER, ("usergroups:read",)),
    "users.conversations": Method(conversations.of_user, BOT_OR_USER, READ),
    "users.info": Method(users.info, BOT_OR_USER, ("users:read",)),
    "users.list": Method(users.list_all, BOT_OR_USER, ("users:read",)),
    "users.profile.get": Method(users.profile_get, BOT_OR_USER, ("users.profile:read",)),
    "users.profile.set": Method(users.profile_set, USER, ("users.profile:write",)),
    "views.open": Method(views.open_modal, BOT),
    "views.publish": Method(views.publish, BOT),
    "views.push": Method(views.push, BOT),
    "views.update": Method(views.update, BOT),
}


def run(name: str, call: Call, presented: str) -> Json:
    """Judge a call and run its handler; `presented` is the token as it was sent, or "".

    Raises:
        ApiError: with the answer Slack would give.
    """
    method = METHODS.get(name)
    if method is None:
        raise ApiError("unknown_method", {"req_method": name})
    if method.tokens:
        if call.given is None:
            raise ApiError(_token_refusal(call, presented))
        if call.given.kind not in method.tokens:
            raise ApiError("not_allowed_token_type")
        if call.given.kind != "app" and call.caller.deleted:
            raise ApiError("account_inactive")
        call.need(*method.scopes)
        _keep_to_tier(name, call)
    return {"ok": True} | method.handler(call)


FORM_ONLY = frozenset(
    name
    for name in METHODS
    if name.endswith((".history", ".info", ".list", ".members", ".replies", ".teamInfo"))
    or name in {"chat.getPermalink", "dnd.endDnd", "dnd.endSnooze", "dnd.setSnooze"}
    or name in {"oauth.v2.access", "users.conversations", "users.profile.get"}
)
"""Methods that read, and others of which only forms are documented, drop a JSON body.

Source: https://docs.slack.dev/apis/web-api ("most write methods allow JSON")
"""


def takes_json(name: str) -> bool:
    """Whether arguments may come as a JSON body."""
    return name not in FORM_ONLY


def needs_header(name: str) -> bool:
    """Whether the method takes its token from the Authorization header alone."""
    return name in METHODS and METHODS[name].tokens == APP


def _keep_to_tier(name: str, call: Call) -> None:
    wait_s = call.workspace.tiers.wait_s(name, call.token.app_id, call.token.user_id)
    if wait_s:
        raise ApiError("ratelimited", status=429, headers={"Retry-After": f"{wait_s}"})


def _token_refusal(call: Call, presented: str) -> str:
    if not presented:
        return "not_authed"
    return call.workspace.refused_tokens.get(presented, "invalid_auth")
