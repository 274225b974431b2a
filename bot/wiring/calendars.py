"""The kinds of calendar servers that the settings switch on."""

import contextlib

from bot.calendars.base import Providers, SigningIn
from bot.calendars.caldav import CalDav
from bot.calendars.google import Google
from bot.calendars.graph import Graph
from bot.calendars.oauth import OAuthApp
from bot.calendars.readers import Readers
from bot.calendars.transport import Transport
from bot.config import Settings, secret


def open_providers(settings: Settings, opened: contextlib.AsyncExitStack) -> Providers:
    """The providers; ``opened`` closes what they hold.

    Pages to sign in on need an address to come back to, `slack.public_url`. CalDAV has a transport
    of its own, because people type the names it looks up.
    """
    signing_in = _signing_in(settings, opened) if settings.slack.public_url else []
    if not settings.calendars.caldav.enabled:
        return Providers(signing_in)
    readers = Readers()
    opened.push_async_callback(readers.close)
    return Providers(signing_in, CalDav(_transport(settings, opened), readers))


def _transport(settings: Settings, opened: contextlib.AsyncExitStack) -> Transport:
    transport = Transport(allow_private=settings.calendars.caldav.allow_private)
    opened.push_async_callback(transport.close)
    return transport


def _signing_in(settings: Settings, opened: contextlib.AsyncExitStack) -> list[SigningIn]:
    transport = _transport(settings, opened)
    google, microsoft = settings.calendars.google, settings.calendars.microsoft
    found: list[SigningIn] = []
    if client := _client(settings.google_client_id, secret(settings.google_client_secret)):
        found.append(Google(transport, client, **google.model_dump()))
    if client := _client(settings.microsoft_client_id, secret(settings.microsoft_client_secret)):
        found.append(Graph(transport, client, **microsoft.model_dump()))
    return found


def _client(client_id: str | None, client_secret: str | None) -> OAuthApp | None:
    return OAuthApp(client_id, client_secret) if client_id and client_secret else None
