"""The sandbox over HTTP: Web API, response_url, OAuth consent and Socket Mode links."""

from __future__ import annotations

import asyncio
import base64
import binascii
from html import escape
from typing import Any
from urllib.parse import urlencode

from aiohttp import web

from sandbox.api.call import ApiError, Call, decode_params
from sandbox.api.methods import needs_header, run, takes_json
from sandbox.events import Courier
from sandbox.faults import Fault, Faults
from sandbox.posting import Posts
from sandbox.records import ApiCall, App, Json, User
from sandbox.responses import Responses
from sandbox.socket_mode import Sockets
from sandbox.state import Workspace

MAX_REQUEST_BYTES = 8 * 1024 * 1024


class Server:
    """Serves one workspace on a port of 127.0.0.1."""

    def __init__(
        self,
        workspace: Workspace,
        posts: Posts,
        courier: Courier,
        responses: Responses,
        sockets: Sockets,
        faults: Faults,
    ) -> None:
        self._workspace = workspace
        self._posts = posts
        self._courier = courier
        self._responses = responses
        self._sockets = sockets
        self._faults = faults
        self._runner: web.AppRunner | None = None

    async def start(self, port: int) -> None:
        """Listen on `port`, 0 for a free one, and tell the workspace its address."""
        app = web.Application(client_max_size=MAX_REQUEST_BYTES)
        app.add_routes(
            [
                web.route("*", "/api/{method}", self._api),
                web.post("/response/{id}", self._respond),
                web.get("/oauth/v2/authorize", self._authorize),
                web.get("/link/", self._sockets.accept),
                web.get("/sandbox/clock", self._clock),
            ]
        )
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", port).start()
        self._workspace.base_url = f"http://127.0.0.1:{self._runner.addresses[0][1]}"

    async def stop(self) -> None:
        """Stop listening."""
        await self._sockets.close()
        if self._runner:
            await self._runner.cleanup()
        self._runner = None

    async def _api(self, request: web.Request) -> web.StreamResponse:
        method = request.match_info["method"]
        params = await _read_params(request, takes_json=takes_json(method))
        presented = _presented_token(request, {} if needs_header(method) else params)
        params.pop("token", None)
        fault = self._faults.take(params, method, "*")
        if fault and fault.kind == "slow":
            await asyncio.sleep(float(fault.value))
        if fault and fault.kind == "drop_request":
            return _hang_up(request)
        answer, status, headers = self._answer(method, params, presented, request, fault)
        self._remember(method, params, presented, answer, status)
        if fault and fault.kind == "drop_answer":
            return _hang_up(request)
        if token := self._workspace.tokens.get(presented):
            headers["x-oauth-scopes"] = ",".join(sorted(token.scopes))
        return web.json_response(answer, status=status, headers=headers)

    def _answer(
        self, method: str, params: Json, presented: str, request: web.Request, fault: Fault | None
    ) -> tuple[Json, int, dict[str, str]]:
        call = Call(
            params,
            self._workspace.tokens.get(presented),
            self._workspace,
            self._posts,
            self._courier,
            self._sockets,
            _basic_client(request),
        )
        try:
            _fail(fault)
            return run(method, call, presented), 200, {}
        except ApiError as refused:
            return refused.answer, refused.status, dict(refused.headers)

    def _remember(
        self, method: str, params: Json, presented: str, answer: Json, status: int
    ) -> None:
        token = self._workspace.tokens.get(presented)
        self._workspace.calls.append(
            ApiCall(
                method,
                params,
                token.kind if token else None,
                token.user_id if token else None,
                answer,
                self._workspace.clock.now(),
                status,
            )
        )

    async def _respond(self, request: web.Request) -> web.StreamResponse:
        try:
            body = await request.json()
        except ValueError:
            body = None
        try:
            self._responses.use(request.match_info["id"], body)
        except ApiError as refused:
            return web.json_response(refused.answer, status=refused.status)
        return web.Response(text="ok")

    async def _authorize(self, request: web.Request) -> web.StreamResponse:
        """The consent page; with `as=U…` it consents for that person without a browser.

        `untick` names optional user scopes that the person leaves out; `deny` is the other button.
        """
        query = request.query
        app = self._app_of_client(query.get("client_id", ""))
        if app is None or not query.get("redirect_uri"):
            raise web.HTTPBadRequest(text="The link names no app, or no redirect_uri.")
        person = self._workspace.users.get(query.get("as", ""))
        if person is None or not _may_consent(person):
            return web.Response(text=self._consent_page(app, request), content_type="text/html")
        if query.get("deny"):
            return _redirect(query["redirect_uri"], error="access_denied", state=query.get("state"))
        code = self._workspace.mint_secret()
        self._workspace.codes[code] = {
            "app_id": app.app_id,
            "user_id": person.id,
            "scopes": _scopes(query.get("scope", "")),
            "user_scopes": _ticked(app, query.get("user_scope", ""), query.get("untick", "")),
            "redirect_uri": query["redirect_uri"],
        }
        return _redirect(query["redirect_uri"], code=code, state=query.get("state"))

    def _consent_page(self, app: App, request: web.Request) -> str:
        humans = [each for each in self._workspace.users.values() if _may_consent(each)]
        links = "".join(
            f'<li><a href="{escape(str(request.rel_url.update_query({"as": each.id})))}">'
            f"{escape(each.real_name)}</a></li>"
            for each in humans
        )
        asked = ", ".join(
            _scopes(request.query.get("scope", "")) + _scopes(request.query.get("user_scope", ""))
        )
        return (
            f"<!doctype html><title>{escape(app.name)}</title>"
            f"<h1>{escape(app.name)} asks for: {escape(asked)}</h1>"
            f"<p>Allow it as</p><ul>{links}</ul>"
        )

    def _app_of_client(self, client_id: str) -> App | None:
        apps = self._workspace.apps.values()
        return next((each for each in apps if each.client_id == client_id), None)

    async def _clock(self, _: web.Request) -> web.StreamResponse:
        """What time it is, for a process that runs by the sandbox's clock."""
        return web.json_response({"now": self._workspace.clock.now().isoformat()})


def _fail(fault: Fault | None) -> None:
    match fault:
        case Fault(kind="error", value=code):
            raise ApiError(str(code))
        case Fault(kind="status", value=status):
            raise ApiError("internal_error", status=int(status))
        case Fault(kind="rate_limited", value=seconds):
            raise ApiError("ratelimited", status=429, headers={"Retry-After": f"{int(seconds)}"})
        case _:
            return


def _hang_up(request: web.Request) -> web.StreamResponse:
    """Close the connection; the response made here never leaves the house."""
    if request.transport:
        request.transport.abort()
    return web.Response(status=500)


async def _read_params(request: web.Request, *, takes_json: bool) -> Json:
    params: Json = dict(request.query)
    if request.content_type == "application/json":
        if not takes_json:  # Slack goes on as if nothing had been asked for
            return params
        try:
            body: Any = await request.json()
        except ValueError:
            body = None
        params |= body if isinstance(body, dict) else {}
    elif request.method == "POST":
        params |= dict(await request.post())
    return decode_params(params)


def _presented_token(request: web.Request, params: Json) -> str:
    header = request.headers.get("Authorization", "")
    if header.startswith("Bearer "):
        return header.removeprefix("Bearer ").strip()
    return str(params.get("token") or "")


def _basic_client(request: web.Request) -> tuple[str, str] | None:
    header = request.headers.get("Authorization", "")
    if not header.startswith("Basic "):
        return None
    try:
        decoded = base64.b64decode(header.removeprefix("Basic "), validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        return None
    client_id, _, secret = decoded.partition(":")
    return client_id, secret


def _scopes(text: str) -> list[str]:
    return [each for each in text.replace(" ", ",").split(",") if each]


def _ticked(app: App, asked: str, unticked: str) -> list[str]:
    left_out = app.user_optional.intersection(_scopes(unticked))
    return [each for each in _scopes(asked) if each not in left_out]


def _may_consent(person: User) -> bool:
    return not (person.is_bot or person.deleted or person.is_foreign)


def _redirect(uri: str, **query: str | None) -> web.StreamResponse:
    given = urlencode({key: value for key, value in query.items() if value is not None})
    return web.Response(
        status=302, headers={"Location": f"{uri}{'&' if '?' in uri else '?'}{given}"}
    )
