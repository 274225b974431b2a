"""Apps come, are trusted, and go: installation, grants, revocation."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sandbox.events import Courier
from sandbox.records import App, Json, User
from sandbox.state import Workspace

APP_TOKEN_SCOPES = frozenset({"connections:write", "authorizations:read"})
BOT_TZ = "America/Los_Angeles"


class Installations:
    """The apps of a workspace and the tokens they hold."""

    def __init__(self, workspace: Workspace, courier: Courier) -> None:
        self._workspace = workspace
        self._courier = courier

    def install(self, name: str, scopes: Iterable[str], **settings: Any) -> App:
        """A new app with a bot; `settings` are further fields of `App`."""
        workspace = self._workspace
        bot_id, app_id = workspace.mint("B"), workspace.mint("A")
        bot_user = User(
            workspace.mint("U"),
            name.lower(),
            BOT_TZ,
            name,
            is_bot=True,
            bot_id=bot_id,
            app_id=app_id,
        )
        app = App(
            app_id=app_id,
            name=name,
            client_id=settings.pop("client_id", None) or workspace.mint_secret(),
            client_secret=settings.pop("client_secret", None) or workspace.mint_secret(),
            signing_secret=workspace.mint_secret(),
            verification_token=workspace.mint_secret(),
            bot_user=bot_user,
            bot_token=workspace.mint_secret("xoxb-"),
            app_token=workspace.mint_secret("xapp-"),
            scopes=frozenset(scopes),
            **settings,
        )
        workspace.users[bot_user.id] = bot_user
        workspace.apps[app_id] = app
        workspace.install(app)
        workspace.add_app_token(app, APP_TOKEN_SCOPES)
        return app

    def revoke(self, app: App, person: User) -> None:
        """A person takes the app's user token back."""
        for token in self._workspace.grants_of(app):
            if token.user_id == person.id:
                self._workspace.revoke(token)
        event = {"type": "tokens_revoked", "tokens": {"oauth": [person.id], "bot": []}}
        self._courier.announce("tokens_revoked", event, only=app)

    def uninstall(self, app: App, *, tokens_first: bool = True) -> None:
        """Remove the app: every token dies, and it hears of that in two events of either order.

        From here on the bot token is answered with account_inactive, user tokens with
        token_revoked.
        """
        dead = [
            each
            for each in self._workspace.tokens.values()
            if each.app_id == app.app_id and each.kind != "app"
        ]
        for token in dead:
            refusal = "account_inactive" if token.kind == "bot" else "token_revoked"
            self._workspace.revoke(token, refusal)
        app.installed = False
        people = [each.user_id for each in dead if each.kind == "user"]
        farewell: list[tuple[str, Json]] = [
            ("tokens_revoked", {"tokens": {"oauth": people, "bot": [app.bot_user_id]}}),
            ("app_uninstalled", {}),
        ]
        for event_type, details in farewell if tokens_first else reversed(farewell):
            self._courier.announce(event_type, {"type": event_type} | details, only=app)
