"""Google's consent page, token and revocation endpoints, as the OAuth RFCs and Google have them."""

import base64
import hashlib
import itertools
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from aiohttp import web

CLIENT_ID = "1234.apps.googleusercontent.example"
CLIENT_SECRET = "registered"
REDIRECT_URI = "https://offhours.example.com/calendar/google"
EVENTS_SCOPE = "https://www.googleapis.com/auth/calendar.events"
SETTINGS_SCOPE = "https://www.googleapis.com/auth/calendar.settings.readonly"
BOTH_SCOPES = frozenset({EVENTS_SCOPE, SETTINGS_SCOPE})
REPORTED = {"email": "https://www.googleapis.com/auth/userinfo.email"}
"""Scopes that are granted under a longer name."""


@dataclass(frozen=True)
class Grant:
    """What somebody allowed."""

    email: str
    scopes: frozenset[str]


@dataclass
class SignIn:
    """The pages.

    Attributes:
        visitor: who is at the page now.
        unticked: scopes they leave out.
        redirect_uri: the one that is registered.
        says_no: they press Cancel.
        claims: what ID tokens say otherwise than usual.
    """

    visitor: str = ""
    unticked: frozenset[str] = frozenset()
    redirect_uri: str = REDIRECT_URI
    says_no: bool = False
    lifetime_s: int = 3_599
    claims: dict[str, Any] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)
    access: dict[str, Grant] = field(default_factory=dict)
    refresh: dict[str, Grant] = field(default_factory=dict)
    _codes: dict[str, tuple[Grant, dict[str, str]]] = field(default_factory=dict)
    _names: Any = field(default_factory=lambda: itertools.count(1))

    def add_to(self, app: web.Application) -> None:
        """The routes, below any host as they are below Google's several ones."""
        app.router.add_get("/o/oauth2/v2/auth", self._page)
        app.router.add_post("/token", self._token)
        app.router.add_post("/revoke", self._revoke)

    def grant_of(self, secret: str) -> Grant | None:
        """What an access token opens."""
        return self.access.get(secret)

    def token_for(self, email: str, scopes: frozenset[str] = BOTH_SCOPES) -> str:
        """An access token without any page."""
        secret = f"ya29.{next(self._names)}"
        self.access[secret] = Grant(email, scopes)
        return secret

    async def _page(self, request: web.Request) -> web.Response:
        asked = dict(request.query)
        needed = {
            "client_id": CLIENT_ID,
            "response_type": "code",
            "redirect_uri": self.redirect_uri,
        }
        wrong = [name for name, value in needed.items() if asked.get(name) != value]
        if asked.get("code_challenge_method") != "S256" or len(asked["code_challenge"]) != 43:
            wrong.append("code_challenge")
        if wrong:
            raise web.HTTPBadRequest(text=f"wrong: {wrong}")
        back = {"state": asked["state"]}
        if self.says_no:
            back["error"] = "access_denied"
        else:
            scopes = frozenset(asked["scope"].split()) - self.unticked
            code = f"4/{next(self._names)}"
            self._codes[code] = Grant(self.visitor, scopes), asked
            back["code"] = code
        raise web.HTTPFound(f"{asked['redirect_uri']}?{urlencode(back)}")

    async def _token(self, request: web.Request) -> web.Response:
        form = {name: str(value) for name, value in (await request.post()).items()}
        if self.faults:
            return _refused(self.faults.pop(0))
        if (form.get("client_id"), form.get("client_secret")) != (CLIENT_ID, CLIENT_SECRET):
            return _refused("invalid_client", 401)
        if form["grant_type"] == "refresh_token":
            grant = self.refresh.get(form["refresh_token"])
            return _refused("invalid_grant") if grant is None else self._given(grant, {})
        grant, asked = self._codes.pop(form["code"], (None, {}))
        challenge = hashlib.sha256(form["code_verifier"].encode()).digest()
        fits = base64.urlsafe_b64encode(challenge).rstrip(b"=").decode() == asked.get(
            "code_challenge"
        )
        if grant is None or not fits or form["redirect_uri"] != asked["redirect_uri"]:
            return _refused("invalid_grant")
        more: dict[str, str] = {}
        if asked.get("access_type") == "offline" and asked.get("prompt") == "consent":
            more["refresh_token"] = f"1//{next(self._names)}"
            self.refresh[more["refresh_token"]] = grant
        if "openid" in grant.scopes:
            more["id_token"] = _id_token(grant, self.claims)
        return self._given(grant, more)

    def _given(self, grant: Grant, more: dict[str, str]) -> web.Response:
        scope = " ".join(sorted(REPORTED.get(each, each) for each in grant.scopes))
        secret = self.token_for(grant.email, grant.scopes)
        tokens = {"access_token": secret, "expires_in": self.lifetime_s, "token_type": "Bearer"}
        return web.json_response(tokens | {"scope": scope} | more)

    async def _revoke(self, request: web.Request) -> web.Response:
        token = str((await request.post()).get("token", ""))
        grant = self.refresh.get(token) or self.access.get(token)
        if grant is None:
            return _refused("invalid_token")
        for known in (self.refresh, self.access):
            for each in [each for each, held in known.items() if held.email == grant.email]:
                del known[each]
        return web.json_response({})


def _refused(error: str, status: int = 400) -> web.Response:
    return web.json_response({"error": error, "error_description": "no"}, status=status)


def _id_token(grant: Grant, otherwise: Mapping[str, Any]) -> str:
    claims: dict[str, Any] = {"iss": "https://accounts.google.com", "aud": CLIENT_ID, "sub": "1"}
    if "email" in grant.scopes:
        claims |= {"email": grant.email, "email_verified": True}
    parts = ({"alg": "RS256", "typ": "JWT"}, {**claims, **otherwise})
    encoded = [base64.urlsafe_b64encode(json.dumps(each).encode()).rstrip(b"=") for each in parts]
    return b".".join([*encoded, b"c2lnbmF0dXJl"]).decode()
