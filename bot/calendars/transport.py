"""HTTP to calendar servers: one session, bounded in time and size, and never into the inside.

The address of a CalDAV server is what a person typed. So a name is resolved once, every address it
resolves to must be a public one, and that same address is connected to: a name that changes its
mind in between (DNS rebinding) reaches nothing. Redirects are not followed here; whoever may follow
one asks for it, and it is checked like the first address.

Names are looked up in threads, which cannot be stopped: a name server of somebody's own may hold
one for half a minute. So a transport has threads of its own, and nobody else's work waits for them.
"""

import asyncio
import ipaddress
import json
import re
import socket
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeVar

import aiohttp
import msgspec
from aiohttp.abc import AbstractResolver, ResolveResult
from aiohttp.connector import AddrInfoType
from yarl import URL

from bot.errors import CalendarAway, CalendarRefused

TIMEOUT_S = 20.0
MOST_BYTES = 16 * 1024 * 1024
"""A full sync of some ten thousand events; more is somebody's mistake or malice."""

LOOKUPS = 32
"""Names that are looked up at once."""

TOO_MANY = 429
SERVER_FAULT = 500
Known = TypeVar("Known")
LONGEST_WAIT_S = 3_600.0
DIGITS = re.compile("[0-9]{1,9}")


class TooLarge(CalendarAway):
    """The answer is larger than `MOST_BYTES`; less may be asked for."""


@dataclass(frozen=True, slots=True)
class Reply:
    """What a server answered; header names are as the server wrote them, looked up without case."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> Any:
        """The body as JSON.

        Raises:
            CalendarAway: it is not; a proxy or a login page answered.
        """
        try:
            return json.loads(self.body)
        except ValueError as error:
            raise CalendarAway from error


class _Lookups(AbstractResolver):
    """Resolves names in threads of its own, unless ``is_open`` to public addresses alone."""

    def __init__(self, *, is_open: bool) -> None:
        self._is_open = is_open
        self._threads = ThreadPoolExecutor(LOOKUPS, "calendar-lookup")

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        """The addresses of ``host``."""
        ask = partial(
            socket.getaddrinfo, host, port, family, socket.SOCK_STREAM, flags=socket.AI_ADDRCONFIG
        )
        found = await asyncio.get_running_loop().run_in_executor(self._threads, ask)
        allowed = [each for each in found if self._is_open or is_public(str(each[4][0]))]
        if found and not allowed:
            raise CalendarRefused("not_public")
        return [
            ResolveResult(
                hostname=host,
                host=str(address[0]),
                port=port,
                family=kind,
                proto=protocol,
                flags=socket.AI_NUMERICHOST | socket.AI_NUMERICSERV,
            )
            for kind, _, protocol, _, address in allowed
        ]

    async def close(self) -> None:
        """Wait for nothing: what is under way ends by itself."""
        self._threads.shutdown(wait=False, cancel_futures=True)


def read_json(content: bytes, kind: type[Known]) -> Known:
    """JSON in a known form; ``"3600"`` is read for a number and ``"true"`` for a truth, too.

    Raises:
        CalendarAway: it has another form; a proxy or a login page answered.
    """
    try:
        return msgspec.json.decode(content, type=kind, strict=False)
    except (ValueError, RecursionError) as error:
        raise CalendarAway from error


def is_public(address: str) -> bool:
    """Whether an IP address can be reached by everybody; False for anything that is none.

    An IPv4 address inside an IPv6 one (mapped, 6to4, Teredo) has to be public as well.
    """
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return False
    inner: list[ipaddress.IPv4Address | None] = []
    if isinstance(found, ipaddress.IPv6Address):
        if found.ipv4_mapped:
            return is_public(str(found.ipv4_mapped))
        if found.is_site_local:  # given up by RFC 3879, used inside all the same
            return False
        inner = [found.sixtofour, *(found.teredo or ())]
    is_open = found.is_global and not (found.is_multicast or found.is_reserved)
    return is_open and all(is_public(str(each)) for each in inner if each)


def _public_socket(info: AddrInfoType) -> socket.socket:
    """The last look: at the very address that is connected to, however it was spelled."""
    family, kind, protocol, _, address = info
    if not is_public(str(address[0])):
        raise CalendarRefused("not_public")
    return socket.socket(family, kind, protocol)


class Transport:
    """One session for every calendar server.

    Args:
        allow_private: also plain HTTP, and addresses inside the operator's own network.
    """

    def __init__(self, *, allow_private: bool = False) -> None:
        self._allow_private = allow_private
        self._session: aiohttp.ClientSession | None = None
        self._lookups = _Lookups(is_open=allow_private)

    def _opened(self) -> aiohttp.ClientSession:
        if self._session is None:  # inside the running loop, which aiohttp needs
            is_open = self._allow_private
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(
                    resolver=self._lookups,
                    socket_factory=None if is_open else _public_socket,
                    limit=64,
                    limit_per_host=16,
                ),
                timeout=aiohttp.ClientTimeout(total=TIMEOUT_S, connect=TIMEOUT_S / 2),
                cookie_jar=aiohttp.DummyCookieJar(),
                trust_env=False,
            )
        return self._session

    def check(self, url: str) -> URL:
        """The address as it will be asked for.

        Raises:
            CalendarRefused: ``not_found`` when it is no address, ``not_https``, ``not_public``.
        """
        try:
            found = URL(url)
        except ValueError as error:
            raise CalendarRefused("not_found") from error
        if not found.host or found.scheme not in {"http", "https"}:
            raise CalendarRefused("not_found")
        if self._allow_private:
            return found
        if found.scheme != "https":
            raise CalendarRefused("not_https")
        if _is_address(found.host) and not is_public(found.host):
            raise CalendarRefused("not_public")
        return found

    async def request(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        body: bytes | None = None,
    ) -> Reply:
        """One call. Any status below 500 but 429 is the caller's to judge.

        Raises:
            CalendarAway: no answer in time, too large an answer, 429 or a server fault.
            CalendarRefused: as `check`.
        """
        checked = self.check(url)
        try:
            async with self._opened().request(
                method, checked, headers=headers, data=body, allow_redirects=False
            ) as answer:
                content = await _read(answer)
                reply = Reply(answer.status, answer.headers, content)
        except (
            aiohttp.ClientError,
            TimeoutError,
            asyncio.IncompleteReadError,
            ValueError,
        ) as error:
            raise CalendarAway from error
        if reply.status == TOO_MANY or reply.status >= SERVER_FAULT:
            raise CalendarAway(_wait_s(reply.headers.get("Retry-After", "")))
        return reply

    async def close(self) -> None:
        """Close every connection."""
        if self._session is not None:
            await self._session.close()
        await self._lookups.close()


async def _read(answer: aiohttp.ClientResponse) -> bytes:
    content = bytearray()
    async for chunk in answer.content.iter_chunked(65_536):
        content += chunk
        if len(content) > MOST_BYTES:
            raise TooLarge
    return bytes(content)


def _is_address(host: str) -> bool:
    """Whether it is connected to as it stands, without a name being looked up: aiohttp's rule."""
    return ":" in host or host.replace(".", "").isdigit()


def _wait_s(header: str) -> float:
    """Retry-After in seconds; the form with a date is rare enough to be read as no wish."""
    return min(float(header), LONGEST_WAIT_S) if DIGITS.fullmatch(header) else 0.0
