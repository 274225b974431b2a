"""The bot with a calendar server beside it, and a browser to sign in with."""

import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import aiohttp

from bot.calendars.base import Providers
from bot.calendars.google import Google
from bot.calendars.graph import Graph
from bot.calendars.oauth import OAuthApp
from bot.calendars.transport import Transport
from tests.calendars import fake_microsoft_login, fake_sign_in
from tests.calendars.fake_google import FakeGoogle
from tests.calendars.fake_graph import FakeGraph, served
from tests.calendars.memory import MemoryServer
from tests.conftest import Office, opened


def free_port() -> int:
    """A port that nobody listens on; its number has to be known before the bot is built."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
        return port


@asynccontextmanager
async def memory_office(
    folder: Path, server: MemoryServer, *, public_url: str = ""
) -> AsyncIterator[Office]:
    """Calendars in memory, connected by address and password."""
    providers = Providers(discovering=server)
    async with opened(folder, public_url=public_url, providers=providers) as office:
        yield office


@asynccontextmanager
async def google_office(folder: Path) -> AsyncIterator[tuple[Office, FakeGoogle]]:
    """Google beside the bot; both reach each other."""
    port = free_port()
    public_url = f"http://127.0.0.1:{port}"
    transport = Transport(allow_private=True)
    async with FakeGoogle() as google:
        google.sign_in.redirect_uri = f"{public_url}/calendars/google/callback"
        provider = Google(
            transport,
            OAuthApp(fake_sign_in.CLIENT_ID, fake_sign_in.CLIENT_SECRET),
            api_url=google.api_url,
            auth_url=f"{google.url}/o/oauth2/v2/auth",
            token_url=f"{google.url}/token",
            revoke_url=f"{google.url}/revoke",
        )
        providers = Providers((provider,))
        async with opened(folder, public_url=public_url, port=port, providers=providers) as office:
            yield office, google
        await transport.close()
        assert google.violations == []


@asynccontextmanager
async def graph_office(
    folder: Path, tenant: str = "common"
) -> AsyncIterator[tuple[Office, FakeGraph]]:
    """Microsoft Graph beside the bot; both reach each other. People sign in at ``tenant``."""
    port = free_port()
    public_url = f"http://127.0.0.1:{port}"
    transport = Transport(allow_private=True)
    async with served() as graph:
        provider = Graph(
            transport,
            OAuthApp(fake_microsoft_login.CLIENT_ID, fake_microsoft_login.CLIENT_SECRET),
            api_url=graph.api_url,
            login_url=f"{graph.url}/{tenant}/oauth2/v2.0",
        )
        providers = Providers((provider,))
        async with opened(folder, public_url=public_url, port=port, providers=providers) as office:
            yield office, graph
            await graph.settle()
        await transport.close()


FROM_HERE = {"Sec-Fetch-Site": "same-origin"}
"""What a browser says of a form on a page of the server it goes to."""


@dataclass
class Browser:
    """Somebody's browser, cookies included."""

    session: aiohttp.ClientSession

    async def get(self, url: str) -> tuple[int, str]:
        """Status and text of a page, redirects followed."""
        async with self.session.get(url) as page:
            return page.status, await page.text()

    async def press(self, url: str) -> tuple[int, str]:
        """The page's button: to the provider's page and back."""
        async with self.session.post(url, headers=FROM_HERE) as page:
            return page.status, await page.text()

    async def sent(self, url: str, headers: dict[str, str]) -> tuple[int, str]:
        """A form without a page of ours around it; the answer, and where it would lead."""
        async with self.session.post(url, headers=headers, allow_redirects=False) as page:
            return page.status, page.headers.get("Location", "")

    async def asked(self, url: str) -> str:
        """Where the page's button leads, without going there."""
        async with self.session.post(url, headers=FROM_HERE, allow_redirects=False) as page:
            assert page.status == 303, await page.text()
            return page.headers["Location"]

    async def returned(self, consent_url: str) -> str:
        """Where the provider's page sends people back to, without going there."""
        async with self.session.get(consent_url, allow_redirects=False) as page:
            assert page.status == 302, await page.text()
            return page.headers["Location"]


@asynccontextmanager
async def browsing() -> AsyncIterator[Browser]:
    """A browser with no cookies yet; hosts are numbers here, for which cookies are kept too."""
    async with aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as session:
        yield Browser(session)


def path_of(url: str) -> str:
    """The path of an address."""
    return urlsplit(url).path


def offer(blocks: list[dict[str, object]], action_id: str) -> dict[str, object] | None:
    """The button of this action, in a message or a view."""
    for block in blocks:
        for element in (*block.get("elements", ()), block.get("accessory", {})):
            if element.get("action_id") == action_id:
                return element
    return None
