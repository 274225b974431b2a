"""Microsoft's identity platform on loopback: the page, the codes and the tokens."""

import itertools
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from aiohttp import web

from bot.calendars.oauth import challenge_of

CLIENT_ID = "11111111-2222-3333-4444-555555555555"
CLIENT_SECRET = "a secret of the operator"
EVERYTHING = "Calendars.ReadWrite MailboxSettings.Read User.Read"


@dataclass
class Login:
    """Who may do what.

    Attributes:
        person: who sits in front of the page.
        is_denied: they press Cancel.
        granted: the scopes that tokens say.
        access: addresses by access token; take one away and it has run out.
        refreshing: addresses by refresh token; take one away and it was revoked.
    """

    person: str = ""
    is_denied: bool = False
    granted: str = EVERYTHING
    access: dict[str, str] = field(default_factory=dict)
    refreshing: dict[str, str] = field(default_factory=dict)
    _codes: dict[str, dict[str, str]] = field(default_factory=dict)
    _numbers: Any = field(default_factory=lambda: itertools.count(1))

    def address_of(self, token: str) -> str | None:
        """Whose access token it is; None for one that ran out or was never given."""
        return self.access.get(token)

    def give(self, address: str) -> tuple[str, str]:
        """An access token and a refresh token."""
        number = next(self._numbers)
        access, refresh = f"access-{number}", f"refresh-{number}"
        self.access[access] = self.refreshing[refresh] = address
        return access, refresh

    async def authorize(self, request: web.Request) -> web.Response:
        """The page: it sends the person back at once."""
        asked = dict(request.query)
        if _broken(asked):
            return web.Response(status=400, text=_broken(asked))
        back = {"state": asked["state"]}
        if self.is_denied:
            back["error"] = "access_denied"
        else:
            back["code"] = f"0.code-{next(self._numbers)}"
            self._codes[back["code"]] = {**asked, "person": self.person}
        location = f"{asked['redirect_uri']}?{urlencode(back)}"
        return web.Response(status=302, headers={"Location": location})

    async def token(self, request: web.Request) -> web.Response:
        """Codes and refresh tokens become tokens."""
        form = {key: str(value) for key, value in (await request.post()).items()}
        if (form.get("client_id"), form.get("client_secret")) != (CLIENT_ID, CLIENT_SECRET):
            return web.json_response({"error": "invalid_client"}, status=401)
        if form.get("grant_type") == "authorization_code":
            address = self._redeemed(form)
        else:
            address = self.refreshing.get(form.get("refresh_token", ""))
        if address is None:
            return web.json_response({"error": "invalid_grant"}, status=400)
        access, refresh = self.give(address)
        return web.json_response(
            {
                "token_type": "Bearer",
                "scope": self.granted,
                "expires_in": 3_600,
                "access_token": access,
                "refresh_token": refresh,
            }
        )

    def _redeemed(self, form: Mapping[str, str]) -> str | None:
        asked = self._codes.pop(form.get("code", ""), None)
        if asked is None or asked["redirect_uri"] != form.get("redirect_uri"):
            return None
        is_same = asked["code_challenge"] == challenge_of(form.get("code_verifier", ""))
        return asked["person"] if is_same else None


def _broken(asked: Mapping[str, str]) -> str:
    """What the page does not like about the request; ``""`` for nothing."""
    wanted = {
        "client_id": CLIENT_ID,
        "response_type": "code",
        "code_challenge_method": "S256",
        "response_mode": "query",
    }
    wrong = [name for name, value in wanted.items() if asked.get(name) != value]
    missing = {"redirect_uri", "state", "code_challenge", "scope"} - asked.keys()
    if "offline_access" not in asked.get("scope", "").split():
        wrong.append("offline_access")
    return ", ".join([*wrong, *sorted(missing)])
