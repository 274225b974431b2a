"""auth.test, apps.* and oauth.v2.access: tokens, sockets and installations."""

from __future__ import annotations

from sandbox.api.call import ApiError, Call
from sandbox.records import App, Json

_KINDS = {"user": "oauth", "bot": "bot"}
"""Kind of token -> its name in tokens_revoked."""


def test(call: Call) -> Json:
    """auth.test."""
    workspace = call.workspace
    shape: Json = {
        "url": f"https://{workspace.domain}.slack.com/",
        "team": workspace.name,
        "user": call.caller.name,
        "team_id": workspace.team_id,
        "user_id": call.token.user_id,
        "is_enterprise_install": False,
    }
    return shape | ({"bot_id": call.token.bot_id} if call.token.kind == "bot" else {})


def connections_open(call: Call) -> Json:
    """apps.connections.open: the address of a new Socket Mode link."""
    if not call.app.socket_mode:
        raise ApiError("socket_mode_not_enabled")
    return {"url": call.sockets.new_url(call.app)}


def authorizations_list(call: Call) -> Json:
    """apps.event.authorizations.list: every installation that can see an event."""
    if call.text("event_context") not in call.workspace.event_contexts:
        raise ApiError("invalid_event_context")
    app_id, found = call.workspace.event_contexts[call.text("event_context")]
    if app_id != call.token.app_id:
        raise ApiError("auth_mismatch")
    page, metadata = call.page(found)
    return {"authorizations": page, "response_metadata": metadata}


def revoke(call: Call) -> Json:
    """auth.revoke: the token of the call stops working, and the app is told."""
    call.workspace.revoke(call.token)
    whose: Json = {"oauth": [], "bot": []} | {_KINDS[call.token.kind]: [call.token.user_id]}
    event = {"type": "tokens_revoked", "tokens": whose}
    call.courier.announce("tokens_revoked", event, only=call.app)
    return {"revoked": True}


def oauth_access(call: Call) -> Json:
    """oauth.v2.access: a code for tokens, once."""
    client_id, secret = call.client or (call.text("client_id"), call.text("client_secret"))
    app = next((each for each in call.workspace.apps.values() if each.client_id == client_id), None)
    if app is None:
        raise ApiError("invalid_client_id")
    if secret != app.client_secret:
        raise ApiError("bad_client_secret")
    grant = call.workspace.codes.pop(call.text("code"), None)
    if grant is None or grant["app_id"] != app.app_id:
        raise ApiError("invalid_code")
    if call.workspace.users[grant["user_id"]].deleted:
        raise ApiError("invalid_code")
    if call.text("redirect_uri", grant["redirect_uri"]) != grant["redirect_uri"]:
        raise ApiError("bad_redirect_uri")
    return _installation(call, app, grant)


def _installation(call: Call, app: App, grant: Json) -> Json:
    workspace = call.workspace
    person: Json = {"id": grant["user_id"]}
    if grant["user_scopes"]:
        token = workspace.grant(app, grant["user_id"], grant["user_scopes"])
        scope = ",".join(sorted(token.scopes))
        person |= {"scope": scope, "access_token": token.value, "token_type": "user"}
    answer: Json = {
        "app_id": app.app_id,
        "authed_user": person,
        "team": {"id": workspace.team_id, "name": workspace.name},
        "enterprise": None,
        "is_enterprise_install": False,
    }
    if not grant["scopes"]:
        return answer
    app.scopes = app.scopes | frozenset(grant["scopes"])
    bot = workspace.install(app)
    return answer | {
        "access_token": bot.value,
        "token_type": "bot",
        "scope": ",".join(sorted(bot.scopes)),
        "bot_user_id": app.bot_user_id,
    }
