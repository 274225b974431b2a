"""The other pages of the server: health and metrics."""

from collections.abc import Awaitable, Callable, Iterable

from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from bot.slack.consent import GRANT_PATH

Page = Callable[[Request], Awaitable[Response]]


def pages(
    ready: Callable[[], Awaitable[bool]], grant: Page | None = None, more: Iterable[Route] = ()
) -> Starlette:
    """``/healthz`` (the process lives), ``/readyz`` (it can record) and ``/metrics``.

    ``grant`` is the page Slack's consent page sends people back to; ``more`` are further pages.
    """

    async def healthz(_request: Request) -> Response:
        return PlainTextResponse("ok")

    async def readyz(_request: Request) -> Response:
        if await ready():
            return PlainTextResponse("ok")
        return PlainTextResponse("the database does not answer", status_code=503)

    async def metrics(_request: Request) -> Response:
        return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)

    routes = [Route("/healthz", healthz), Route("/readyz", readyz), Route("/metrics", metrics)]
    if grant is not None:
        routes.append(Route(GRANT_PATH, grant))
    return Starlette(routes=[*routes, *more])
