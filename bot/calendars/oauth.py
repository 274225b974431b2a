"""Signing in at a provider's page: authorization code with PKCE, refresh and revocation.

RFC 6749 (the code and the tokens), RFC 7636 (PKCE, always S256) and RFC 7009 (revocation). The
client authenticates in the body (``client_secret_post``), which Google and Microsoft both take.
"""

import base64
import hashlib
import secrets
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from urllib.parse import urlencode

import msgspec

from bot.calendars.transport import Reply, Transport, read_json
from bot.errors import CalendarAway, CalendarRefused, CalendarSignedOut

OK = 200
VERIFIER_BYTES = 48
"""64 characters; RFC 7636 §4.1 wants 43 to 128."""

CODE_OF_ERROR = {
    "invalid_client": "client",
    "unauthorized_client": "client",
    "redirect_uri_mismatch": "client",
    "invalid_scope": "scopes",
}
"""OAuth's error to `CalendarRefused.code`; ``client`` is the operator's to mend, all else is
``denied``."""

GONE_GRANTS = frozenset({"invalid_grant", "interaction_required"})
"""The permission ended, or the provider wants to see the person again (Microsoft)."""

Now = Callable[[], float]
"""Epoch seconds of the machine's clock, by which providers count too."""


@dataclass(frozen=True, slots=True)
class OAuthApp:
    """The operator's registration at the provider."""

    client_id: str
    client_secret: str


class Tokens(msgspec.Struct, frozen=True):
    """What a token endpoint answers (RFC 6749 §5.1); ``id_token`` is OpenID Connect's.

    ``refresh_token`` is empty when the one before stays good, ``scope`` when it is as asked for.
    """

    access_token: str
    expires_in: int = 3_600
    refresh_token: str = ""
    scope: str = ""
    id_token: str = ""


class Claims(msgspec.Struct, frozen=True):
    """What an ID token says, as far as it is read here.

    ``iss`` made it, for the client ``aud``. An end is not looked at: it was made just now.
    """

    iss: str = ""
    aud: str = ""
    email: str = ""
    email_verified: bool = False


class _Refusal(msgspec.Struct, frozen=True):
    error: str = ""


def new_verifier() -> str:
    """A fresh code verifier, kept until the person is back from the page."""
    return secrets.token_urlsafe(VERIFIER_BYTES)


def challenge_of(verifier: str) -> str:
    """The S256 code challenge (RFC 7636 §4.2)."""
    return _base64url(hashlib.sha256(verifier.encode("ascii")).digest())


def consent_url(
    page: str,
    app: OAuthApp,
    scopes: Iterable[str],
    *,
    state: str,
    redirect_uri: str,
    challenge: str,
    extra: Mapping[str, str] | None = None,
) -> str:
    """The provider's page on which the person agrees; ``extra`` is what only this provider asks."""
    asked = {
        "client_id": app.client_id,
        "response_type": "code",
        "redirect_uri": redirect_uri,
        "scope": " ".join(scopes),
        "state": state,
        "code_challenge": challenge,
        "code_challenge_method": "S256",
    }
    return f"{page}?{urlencode({**asked, **(extra or {})})}"


class TokenEndpoint:
    """Where codes and refresh tokens become access tokens."""

    def __init__(self, transport: Transport, url: str, app: OAuthApp, now: Now = time.time) -> None:
        self._transport = transport
        self._url = url
        self._app = app
        self._now = now

    async def exchange(self, code: str, redirect_uri: str, verifier: str) -> Tokens:
        """The tokens behind a code; a code is good once.

        Raises:
            CalendarRefused: ``denied``, ``scopes``, or ``client`` for a wrong registration.
        """
        reply = await self._ask(
            {
                "grant_type": "authorization_code",
                "code": code,
                "redirect_uri": redirect_uri,
                "code_verifier": verifier,
            }
        )
        if reply.status != OK:
            raise CalendarRefused(CODE_OF_ERROR.get(_error_of(reply), "denied"))
        return read_json(reply.body, Tokens)

    async def refresh(self, refresh_token: str) -> Tokens:
        """A fresh access token.

        Raises:
            CalendarSignedOut: the refresh token is no longer accepted.
            CalendarRefused: ``denied``, ``scopes``, or ``client`` for a wrong registration.
        """
        if not refresh_token:
            raise CalendarSignedOut
        reply = await self._ask({"grant_type": "refresh_token", "refresh_token": refresh_token})
        if reply.status != OK:
            error = _error_of(reply)
            if error in GONE_GRANTS:
                raise CalendarSignedOut
            raise CalendarRefused(CODE_OF_ERROR.get(error, "denied"))
        return read_json(reply.body, Tokens)

    def expires_at(self, tokens: Tokens) -> int:
        """When the access token ends, in epoch seconds of the machine's clock."""
        return int(self._now()) + tokens.expires_in

    async def _ask(self, form: Mapping[str, str]) -> Reply:
        app = {"client_id": self._app.client_id, "client_secret": self._app.client_secret}
        return await post_form(self._transport, self._url, {**form, **app})


async def revoke(transport: Transport, url: str, token: str) -> None:
    """End a permission (RFC 7009); a token that is not good any more is no error."""
    await post_form(transport, url, {"token": token})


async def post_form(transport: Transport, url: str, form: Mapping[str, str]) -> Reply:
    """One form, sent the way every endpoint of OAuth takes it."""
    headers = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"}
    return await transport.request("POST", url, headers=headers, body=urlencode(form).encode())


def claims_of(id_token: str) -> Claims:
    """What the token says. Its signature is not looked at.

    OpenID Connect Core §3.1.3.7 lets TLS stand for it where the token came from the token endpoint
    itself; never give this a token that came any other way.

    Raises:
        CalendarAway: it is not an ID token.
    """
    _, _, payload = id_token.rpartition(".")[0].partition(".")
    try:
        content = base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4))
    except ValueError as error:
        raise CalendarAway from error
    return read_json(content, Claims)


def _error_of(reply: Reply) -> str:
    try:
        return read_json(reply.body, _Refusal).error
    except CalendarAway:
        return ""


def _base64url(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode("ascii")
