"""Calls to Microsoft Graph for one person: headers, paging and what its refusals mean."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeVar
from urllib.parse import quote, urlencode

import msgspec

from bot.calendars.transport import Reply, Transport
from bot.errors import (
    CalendarAway,
    CalendarConflict,
    CalendarError,
    CalendarRefused,
    CalendarResync,
    CalendarSignedOut,
)

PAGE_SIZE = 500
MOST_PAGES = 400
IN_UTC = 'outlook.timezone="UTC"'
REDIRECT = 300
GONE = 410
FORGOTTEN = frozenset({"syncstatenotfound", "syncstateinvalid", "resyncrequired"})
NO_MAILBOX = "mailboxnotenabledforrestapi"
REFUSED = "refused"
"""Any other no: the request itself is not liked."""

REFUSALS: Mapping[int, Callable[[], CalendarError]] = {
    401: CalendarSignedOut,
    403: partial(CalendarRefused, "forbidden"),
    404: partial(CalendarRefused, "gone"),
    409: CalendarConflict,
    412: CalendarConflict,
}

Known = TypeVar("Known")


class _Page(msgspec.Struct):
    value: list[dict[str, Any]]
    next_link: str = msgspec.field(name="@odata.nextLink", default="")
    delta_link: str = msgspec.field(name="@odata.deltaLink", default="")


@dataclass(frozen=True, slots=True)
class Listed:
    """All pages of a list.

    Attributes:
        entries: by id, as they came last.
        link: the path of the delta link, ``""`` when the list has none.
        pages: how many calls it took.
    """

    entries: dict[str, dict[str, Any]]
    link: str
    pages: int


class _Fault(msgspec.Struct):
    code: str = ""


class _Faulty(msgspec.Struct):
    error: _Fault


@dataclass(frozen=True, slots=True)
class Calls:
    """Graph with one person's access token.

    Every path is relative to ``api_url``. Links that Graph gives are followed only there: they are
    kept as paths, so that the token goes nowhere else.
    """

    transport: Transport
    api_url: str
    token: str

    async def get(self, path: str, kind: type[Known], **query: str) -> Known:
        """What is at ``path``; keys of ``query`` without the dollar sign of OData's."""
        asked = urlencode({f"${key}": value for key, value in query.items()}, safe="$,")
        reply = await self.send("GET", f"{path}?{asked}" if asked else path)
        return _decoded(reply, kind)

    async def entry(self, path: str) -> dict[str, Any]:
        """One event as it comes, like those of `list`."""
        reply = await self.send("GET", path)
        return _decoded(reply, dict[str, Any])

    async def post(self, path: str, body: Mapping[str, Any]) -> Reply:
        """Make something, or do something."""
        return await self.send("POST", path, body=body)

    async def create(self, path: str, body: Mapping[str, Any], kind: type[Known]) -> Known:
        """Make something, and see what it became."""
        return _decoded(await self.post(path, body), kind)

    async def list(self, path: str) -> Listed:
        """Every page from ``path`` on."""
        entries: dict[str, dict[str, Any]] = {}
        for pages in range(1, MOST_PAGES + 1):
            reply = await self.send("GET", path, prefer=f"odata.maxpagesize={PAGE_SIZE}")
            page = _decoded(reply, _Page)
            named = {each["id"]: each for each in page.value if isinstance(each.get("id"), str)}
            entries.update(named)
            if not page.next_link:
                return Listed(entries, self._path(page.delta_link), pages)
            path = self._path(page.next_link)
        raise CalendarAway

    async def send(
        self,
        method: str,
        path: str,
        *,
        body: Mapping[str, Any] | None = None,
        prefer: str = "",
        if_match: str = "",
    ) -> Reply:
        """One call.

        Raises:
            CalendarError: as `REFUSALS` says; ``refused`` for every other no.
        """
        headers = {
            "Authorization": f"Bearer {self.token}",
            "Accept": "application/json",
            "Prefer": f"{IN_UTC}, {prefer}" if prefer else IN_UTC,
        }
        if if_match:
            headers["If-Match"] = if_match
        if body is not None:
            headers["Content-Type"] = "application/json"
        content = None if body is None else msgspec.json.encode(body)
        reply = await self.transport.request(
            method, self.api_url + path, headers=headers, body=content
        )
        if reply.status >= REDIRECT:
            raise _refusal(reply)
        return reply

    def _path(self, link: str) -> str:
        if not link:
            return ""
        if not link.startswith(f"{self.api_url}/"):
            raise CalendarAway
        return link.removeprefix(self.api_url)


def event_path(object_id: str) -> str:
    """The path of an event; ids may hold signs that mean something in a URL."""
    return f"/me/events/{quote(object_id, safe='')}"


def _refusal(reply: Reply) -> CalendarError:
    code = _code(reply)
    if reply.status == GONE or code in FORGOTTEN:
        return CalendarResync()
    if code == NO_MAILBOX:
        return CalendarRefused("no_mailbox")
    return REFUSALS.get(reply.status, partial(CalendarRefused, REFUSED))()


def _code(reply: Reply) -> str:
    """Graph's word for what went wrong, in lower case, as it is not always spelt the same."""
    try:
        return msgspec.json.decode(reply.body, type=_Faulty).error.code.lower()
    except msgspec.DecodeError:
        return ""


def _decoded(reply: Reply, kind: type[Known]) -> Known:
    try:
        return msgspec.json.decode(reply.body, type=kind)
    except (msgspec.DecodeError, RecursionError) as error:
        raise CalendarAway from error
