"""WebDAV calls with HTTP Basic, their status as our errors, and addresses that stay where they are.

Everything a server names, it names by *href*: here always an absolute path in one spelling, so
that the same event is called the same whichever answer it came from.
"""

import asyncio
from base64 import b64encode
from collections.abc import Mapping, Sequence
from urllib.parse import quote, unquote, urljoin, urlsplit

from yarl import URL

from bot.calendars.dav_xml import Entry, Multistatus, multistatus, propfind
from bot.calendars.transport import Reply, Transport
from bot.errors import CalendarAway, CalendarRefused, CalendarSignedOut

MULTISTATUS = 207
SIGNED_OUT = 401
FORBIDDEN = 403
GONE = (404, 410)
LARGE = 128 * 1024
"""An answer beyond this is read in a thread: 16 MB would hold everybody up for half a second."""

_SAFE = "-._~!$&'()*+,;=:@"


class Dav:
    """One person's calls to one server."""

    def __init__(self, transport: Transport, username: str, password: str) -> None:
        self._transport = transport
        secret = b64encode(f"{username}:{password}".encode()).decode("ascii")
        self._headers = {"Authorization": f"Basic {secret}"}

    async def call(
        self, method: str, url: str, body: bytes = b"", headers: Mapping[str, str] | None = None
    ) -> Reply:
        """One call, whatever it answers but 401.

        Raises:
            CalendarSignedOut: the password is not accepted.
            CalendarAway: and what else `Transport.request` raises.
        """
        reply = await self._transport.request(
            method, url, headers={**self._headers, **(headers or {})}, body=body or None
        )
        if reply.status == SIGNED_OUT:
            raise CalendarSignedOut
        return reply

    async def ask(self, method: str, url: str, body: str, depth: str = "0") -> Reply:
        """A call with XML."""
        headers = {"Content-Type": 'application/xml; charset="utf-8"', "Depth": depth}
        return await self.call(method, url, body.encode(), headers)

    async def found(self, method: str, url: str, body: str, depth: str = "0") -> Multistatus:
        """A call with XML that answers a multistatus.

        Raises:
            CalendarRefused: ``gone`` or ``forbidden``.
            CalendarAway: it answered anything else.
        """
        return await read(await self.ask(method, url, body, depth))

    async def properties(self, url: str, props: Sequence[str], depth: str = "0") -> list[Entry]:
        """PROPFIND; at depth 1 with one entry for each member."""
        return list((await self.found("PROPFIND", url, propfind(props), depth)).entries)


async def read(reply: Reply) -> Multistatus:
    """The multistatus of an answer.

    Raises:
        CalendarRefused: ``gone`` or ``forbidden``.
        CalendarAway: it is none.
    """
    if reply.status in GONE:
        raise CalendarRefused("gone")
    if reply.status == FORBIDDEN:
        raise CalendarRefused("forbidden")
    if reply.status != MULTISTATUS:
        raise CalendarAway
    if len(reply.body) > LARGE:
        return await asyncio.to_thread(multistatus, reply.body)
    return multistatus(reply.body)


def origin(url: str) -> str:
    """Scheme, host and port in one spelling, as they will be asked; ``""`` for no address."""
    try:
        return str(URL(url).origin())
    except ValueError:
        return ""


def href(base: str, named: str) -> str:
    """What a server at ``base`` calls ``named``: a path in one spelling; ``""`` if it is elsewhere.

    The query is dropped: no server names an event by one.
    """
    try:
        url = urljoin(base, named)
        if not named or not origin(url) or origin(url) != origin(base):
            return ""
        path = urlsplit(url).path
    except ValueError:
        return ""
    return "/".join(quote(unquote(part), safe=_SAFE) for part in path.split("/"))
