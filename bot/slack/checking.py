"""Is Slack as the bot needs it: tokens, scopes, secret, address. Asks, and changes nothing."""

import re
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Any, Literal

import aiohttp
from slack_sdk.errors import SlackApiError, SlackClientError
from slack_sdk.web.async_client import AsyncWebClient

from bot.errors import Ambiguous, RateLimited, Refused, SlackError
from bot.services.operating import Finding, Mark
from bot.slack.manifest import BOT_OPTIONAL_SCOPES, BOT_SCOPES, request_url
from bot.slack.messenger import narrowed, new_session
from bot.words import calendars as calendar_words
from bot.words import operating as words

SIGNING_SECRET = re.compile(r"[0-9a-f]{32}")


@asynccontextmanager
async def web_client(api_url: str) -> AsyncIterator[AsyncWebClient]:
    """A Web API client for the length of the block."""
    session = await new_session()
    try:
        yield AsyncWebClient(base_url=api_url, session=session, retry_handlers=[])
    finally:
        await session.close()


async def token_findings(client: AsyncWebClient, bot_token: str | None) -> list[Finding]:
    """Does the bot token work, and which scopes does it lack."""
    if bot_token is None:
        return [Finding(Mark.WRONG, "bot token", words.MISSING_BOT)]
    if bot_token.startswith("xoxp-"):
        return [Finding(Mark.WRONG, "bot token", words.NOT_A_BOT)]
    try:
        answer, headers = await _ask(client, "auth.test", bot_token)
    except SlackError as error:
        return [Finding(Mark.WRONG, "bot token", _refusal(error, client, words.refused_token))]
    known = words.known_as(str(answer.get("user", "")), str(answer.get("team", "")))
    return [
        Finding(Mark.FINE, "bot token", known),
        *_scope_findings(str(headers.get("x-oauth-scopes", ""))),
    ]


def _scope_findings(granted: str) -> list[Finding]:
    has = {scope.strip() for scope in granted.split(",")}
    missing = sorted(set(BOT_SCOPES) - has)
    found = [Finding(Mark.WRONG, "scope", words.missing_scope(scope)) for scope in missing]
    if not missing:
        found = [Finding(Mark.FINE, "scopes", words.ALL_SCOPES.format(count=len(BOT_SCOPES)))]
    if not has.issuperset(BOT_OPTIONAL_SCOPES):
        found.append(Finding(Mark.ADVICE, "optional scope", calendar_words.NO_EMAIL_SCOPE))
    return found


def http_findings(signing_secret: str | None, public_url: str, event_path: str) -> list[Finding]:
    """Can requests be verified, and is the address known."""
    return [
        _signing(signing_secret),
        Finding(Mark.FINE, "address", words.request_url(request_url(public_url, event_path)))
        if public_url
        else Finding(Mark.ADVICE, "address", words.NO_PUBLIC_URL),
        Finding(Mark.ADVICE, "delayed events", words.DELAYED_EVENTS),
    ]


def consent_finding(*, client: bool, public_url: str) -> Finding:
    """Can people allow the bot to act in their own name."""
    if client and public_url:
        return Finding(Mark.FINE, "consent", words.CONSENT)
    return Finding(Mark.ADVICE, "consent", words.NO_CONSENT)


def calendar_findings(
    *, caldav: bool, allow_private: bool, clients: Mapping[str, bool], public_url: str
) -> list[Finding]:
    """Which calendars people can connect, one line each; ``clients`` says which are registered."""
    return [
        _caldav(enabled=caldav, allow_private=allow_private),
        *(
            _signing_in(provider, is_registered=registered, public_url=public_url)
            for provider, registered in clients.items()
        ),
    ]


def _caldav(*, enabled: bool, allow_private: bool) -> Finding:
    about = calendar_words.CHECKED["caldav"]
    if not enabled:
        return Finding(Mark.ADVICE, about, calendar_words.CALDAV_OFF)
    said = calendar_words.CALDAV_PRIVATE if allow_private else calendar_words.CAN_CONNECT
    return Finding(Mark.FINE, about, said)


def _signing_in(provider: str, *, is_registered: bool, public_url: str) -> Finding:
    about = calendar_words.CHECKED[provider]
    missing = [] if is_registered else [*calendar_words.CLIENT_SETTINGS[provider]]
    missing += [] if public_url else ["slack.public_url"]
    if missing:
        return Finding(Mark.ADVICE, about, calendar_words.cannot_connect(missing))
    return Finding(Mark.FINE, about, calendar_words.CAN_CONNECT)


def _signing(secret: str | None) -> Finding:
    if secret is None:
        return Finding(Mark.WRONG, "signing secret", words.MISSING_SIGNING)
    if SIGNING_SECRET.fullmatch(secret) is None:
        return Finding(Mark.ADVICE, "signing secret", words.ODD_SIGNING)
    return Finding(Mark.FINE, "signing secret", words.SIGNING_SET)


async def socket_findings(client: AsyncWebClient, app_token: str | None) -> list[Finding]:
    """Does the app-level token open Socket Mode. Asks for an address and leaves it unused."""
    if app_token is None:
        return [Finding(Mark.WRONG, "app token", words.MISSING_SOCKET)]
    try:
        await _ask(client, "apps.connections.open", app_token)
    except SlackError as error:
        return [Finding(Mark.WRONG, "app token", _refusal(error, client, words.refused_app_token))]
    return [Finding(Mark.FINE, "app token", words.SOCKET_WORKS)]


async def slack_findings(
    *,
    api_url: str,
    transport: Literal["http", "socket"],
    public_url: str,
    event_path: str,
    bot_token: str | None,
    signing_secret: str | None,
    app_token: str | None,
) -> list[Finding]:
    """Everything about Slack, for one way of being reached."""
    async with web_client(api_url) as client:
        found = await token_findings(client, bot_token)
        if transport == "socket":
            return found + await socket_findings(client, app_token)
    return found + http_findings(signing_secret, public_url, event_path)


async def _ask(client: AsyncWebClient, method: str, token: str) -> tuple[dict[str, Any], Any]:
    """The answer and its headers; the failures are those of `SlackMessenger.call`."""
    try:
        response = await client.api_call(method, headers={"Authorization": f"Bearer {token}"})
    except SlackApiError as error:
        raise narrowed(error) from None
    except (SlackClientError, aiohttp.ClientError, TimeoutError, OSError) as error:
        raise Ambiguous(type(error).__name__) from None
    data = response.data
    if not isinstance(data, dict):
        raise Ambiguous("no JSON in the answer")
    return data, {name.lower(): value for name, value in response.headers.items()}


def _refusal(error: SlackError, client: AsyncWebClient, of_code: Callable[[str], str]) -> str:
    match error:
        case Refused(code=code):
            return of_code(code)
        case RateLimited(retry_after_s=seconds):
            return words.SLACK_BUSY.format(seconds=seconds)
        case _:
            return words.NOT_REACHED.format(url=client.base_url)
