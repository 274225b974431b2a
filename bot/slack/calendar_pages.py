"""The pages of calendars: on to a provider's consent page and back, and where pushes arrive.

OAuth 2: RFC 6749 §4.1 and RFC 7636. Pushes: Google's channels and Microsoft Graph's subscriptions,
read in `bot.calendars.push`.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from html import escape

from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route

from bot.calendars.base import Credentials
from bot.calendars.push import (
    MOST_BYTES,
    Push,
    google_push,
    graph_pushes,
    validation_token,
)
from bot.errors import BadInput, CalendarAway, CalendarError, StorageDown
from bot.log import log
from bot.services.connecting import Ticket, code_of
from bot.slack.calendars import show_connected
from bot.slack.surface import Surface
from bot.words import calendars as words

COOKIE = "offhours_calendar"
COOKIE_S = 600
KEEP_TRIES = 4
KEEP_PAUSE_S = 1.0
"""A code is good once, and a database is often back within seconds."""

PRIVATE = {
    "Cache-Control": "no-store",
    "Referrer-Policy": "same-origin",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
}
"""The address of these pages is a secret of whoever opens them.

Their own forms say where they come from; with ``no-referrer`` browsers would leave that out, too.
"""

Answered = Callable[[Request], Awaitable[Response]]


class CalendarPages:
    """Every page that has to do with calendars."""

    def __init__(self, surface: Surface) -> None:
        self._surface = surface
        self._connecting = surface.connecting

    def routes(self) -> list[Route]:
        """For `bot.slack.pages`."""
        return [
            Route("/calendars/{provider}/start", _said(self.ask), methods=["GET"]),
            Route("/calendars/{provider}/start", _said(self.set_out), methods=["POST"]),
            Route("/calendars/{provider}/callback", _said(self.back), methods=["GET"]),
            Route("/calendars/google/push", self.google, methods=["POST"]),
            Route("/calendars/graph/push", self.graph, methods=["POST"]),
            Route("/calendars/graph/push/lifecycle", self.graph, methods=["POST"]),
        ]

    async def ask(self, request: Request) -> Response:
        """Says whose Slack account a calendar is about to be connected with.

        The link may have been passed on by somebody who would like to see another's calendar.
        """
        ticket = self._ticket(request)
        place = await self._surface.directory.installed(ticket.workspace_id)
        row = place.rows.get(ticket.user_id)
        name = row.name if row else ticket.user_id
        text = words.setting_out(name, ticket.provider)
        press = words.CONTINUE.format(provider=words.TITLES[ticket.provider])
        return HTMLResponse(
            f'<!doctype html><html lang="en"><meta charset="utf-8">'
            f"<title>{escape(words.PAGE_TITLE)}</title><h1>{escape(words.PAGE_TITLE)}</h1>"
            f"<p>{escape(text)}</p><p>{escape(words.READS)}</p>"
            f'<form method="post"><button>{escape(press)}</button></form>',
            headers=PRIVATE,
        )

    async def set_out(self, request: Request) -> Response:
        """On to the provider, with a cookie that says it was this browser.

        Raises:
            BadInput: the button of another site was pressed, where nobody read whose account it is.
        """
        if not self._is_ours(request):
            raise BadInput(words.NOT_OUR_BUTTON)
        journey = self._connecting.set_out(self._ticket(request))
        answer = RedirectResponse(journey.url, status_code=303, headers=PRIVATE)
        answer.set_cookie(
            COOKIE,
            journey.nonce,
            max_age=COOKIE_S,
            path="/calendars",
            secure=self._connecting.is_https,
            httponly=True,
            samesite="lax",
        )
        return answer

    async def back(self, request: Request) -> Response:
        """Where the provider sends people back to, with a code or an error."""
        answer = PlainTextResponse(await self._arrived(request), headers=PRIVATE)
        answer.delete_cookie(COOKIE, path="/calendars")
        return answer

    async def _arrived(self, request: Request) -> str:
        query = request.query_params
        provider = str(request.path_params["provider"])
        journey = self._connecting.back(
            provider, query.get("state", ""), request.cookies.get(COOKIE, "")
        )
        code = query.get("code")
        if not code:
            return words.DENIED
        ticket = journey.ticket
        await self._keep(ticket, await self._connecting.exchange(journey, code))
        await show_connected(self._surface, ticket.workspace_id, ticket.user_id)
        return words.thanks(provider)

    async def _keep(self, ticket: Ticket, found: Credentials) -> None:
        """Connect, through a short outage of the database.

        Raises:
            StorageDown: it is a longer one.
        """
        for _ in range(KEEP_TRIES - 1):
            try:
                return await self._connecting.keep(ticket, found)
            except StorageDown:
                await asyncio.sleep(KEEP_PAUSE_S)
        return await self._connecting.keep(ticket, found)

    def _is_ours(self, request: Request) -> bool:
        """Whether the form was on a page of this server. No page can make its browser lie in this.

        ``Sec-Fetch-Site`` comes over HTTPS and on one's own machine, ``Origin`` with every form.
        """
        site = request.headers.get("Sec-Fetch-Site")
        if site is not None:
            return site == "same-origin"
        return self._connecting.is_here(request.headers.get("Origin", ""))

    def _ticket(self, request: Request) -> Ticket:
        provider = str(request.path_params["provider"])
        return self._connecting.ticket(provider, request.query_params.get("ticket", ""))

    async def google(self, request: Request) -> Response:
        """A push of Google's: everything is in the headers."""
        push = google_push(request.headers)
        return await self._taken([push] if push else [])

    async def graph(self, request: Request) -> Response:
        """Notifications of Graph's, of either kind, and the handshake before the first one."""
        token = validation_token(request.url.query)
        if token is not None:
            return PlainTextResponse(token, headers={"X-Content-Type-Options": "nosniff"})
        return await self._taken(graph_pushes(await _body(request)))

    async def _taken(self, pushes: Sequence[Push]) -> Response:
        """Nothing is told to whoever does not know the secret."""
        if not pushes:
            return Response(status_code=404)
        try:
            woken = await self._surface.pushing.arrived(pushes)
        except StorageDown:
            return Response(status_code=503)
        if woken is None:
            return Response(status_code=404)
        if woken:
            self._surface.wake(*woken)
        return Response(status_code=202)


def _said(page: Answered) -> Answered:
    """What goes wrong, in a sentence."""

    async def answered(request: Request) -> Response:
        try:
            return await page(request)
        except BadInput as error:
            return _told(str(error), 400)
        except CalendarAway as error:
            log.warning("calendar.not_exchanged", exc=error)
            return _told(words.NOT_NOW, 502)
        except CalendarError as error:
            log.warning("calendar.not_exchanged", code=code_of(error))
            return _told(words.refused(code_of(error)), 400)
        except StorageDown:
            return _told(words.NOT_KEPT, 503)

    return answered


def _told(text: str, status: int) -> Response:
    return PlainTextResponse(text, status_code=status, headers=PRIVATE)


async def _body(request: Request) -> bytes:
    """The body; nothing when it is larger than any that is sent here."""
    content = bytearray()
    async for chunk in request.stream():
        content += chunk
        if len(content) > MOST_BYTES:
            return b""
    return bytes(content)
