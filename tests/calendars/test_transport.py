"""No address a person types leads inside, and no server holds us up."""

import asyncio
import socket
import threading
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import pytest
from aiohttp import web

from bot.calendars import transport as module
from bot.calendars.transport import MOST_BYTES, TooLarge, Transport, is_public
from bot.errors import CalendarAway, CalendarRefused


@asynccontextmanager
async def serving(
    answer: Callable[[web.Request], Awaitable[web.StreamResponse]],
) -> AsyncIterator[str]:
    """A loopback server that answers everything in one way."""
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", answer)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    await runner.cleanup()


@asynccontextmanager
async def opened(*, allow_private: bool = True) -> AsyncIterator[Transport]:
    """A transport, closed in the end."""
    found = Transport(allow_private=allow_private)
    yield found
    await found.close()


INSIDE = (
    "https://127.0.0.1/",
    "https://127.0.0.1:8443/path",
    "https://127.1/",  # short for 127.0.0.1, and no name
    "https://2130706433/",  # the same as one number
    "https://0x7f000001/",  # and in another base
    "https://0177.0.0.1/",
    "https://１２７.0.0.1/",  # full-width digits
    "https://127。0。0。1/",  # ideographic stops
    "https://localhost/",
    "https://[::1]/",
    "https://[::ffff:127.0.0.1]/",
    "https://[::ffff:10.0.0.1]/",
    "https://[64:ff9b::7f00:1]/",
    "https://[2002:7f00:1::]/",
    "https://[fe80::1]/",
    "https://[fd00::1]/",
    "https://0.0.0.0/",
    "https://10.1.2.3/",
    "https://172.16.0.1/",
    "https://192.168.1.1/",
    "https://100.64.0.1/",
    "https://169.254.169.254/latest/meta-data/",
    "https://224.0.0.1/",
    "https://user:password@127.0.0.1/",
    "https://example.com@127.0.0.1/",
)


@pytest.mark.parametrize("url", INSIDE)
async def test_nothing_inside_is_asked(url: str):
    async with opened(allow_private=False) as transport:
        with pytest.raises(CalendarRefused) as caught:
            await transport.request("GET", url)
        assert caught.value.code == "not_public"


@pytest.mark.parametrize("url", ["http://example.com/", "http://127.0.0.1/"])
async def test_a_password_goes_over_https_only(url: str):
    async with opened(allow_private=False) as transport:
        with pytest.raises(CalendarRefused) as caught:
            await transport.request("GET", url)
        assert caught.value.code == "not_https"


@pytest.mark.parametrize(
    "url",
    [
        "",
        "example.com",
        "https://",
        "https://[",
        "ftp://example.com/",
        "file:///etc/passwd",
        "https://example.com:x/",
    ],
)
async def test_what_is_no_address_is_not_found(url: str):
    for allow_private in (False, True):
        async with opened(allow_private=allow_private) as transport:
            with pytest.raises(CalendarRefused) as caught:
                await transport.request("GET", url)
            assert caught.value.code == "not_found"


@pytest.mark.parametrize(
    ("address", "public"),
    [
        ("8.8.8.8", True),
        ("2606:4700:4700::1111", True),
        ("::ffff:8.8.8.8", True),
        ("2002:808:808::", True),
        ("2002:a00:1::", False),
        ("fec0::1", False),
        ("255.255.255.255", False),
        ("::", False),
        ("example.com", False),
        ("", False),
    ],
)
def test_which_addresses_are_public(address: str, *, public: bool):
    assert is_public(address) is public


async def test_the_very_address_that_is_connected_to_is_looked_at():
    """Whatever the resolver says, as if a name had changed its mind: the socket is refused."""
    with pytest.raises(CalendarRefused):
        module._public_socket((2, 1, 6, "", ("127.0.0.1", 443)))
    module._public_socket((2, 1, 6, "", ("8.8.8.8", 443))).close()


async def test_nobody_waits_behind_a_slow_name_server(monkeypatch):
    """As many names as the process has threads for everything else, and more."""
    answering, asked, known = threading.Event(), threading.Semaphore(0), socket.getaddrinfo

    def slow(host, *given, **more):
        if not host.endswith(".example.net"):
            return known(host, *given, **more)
        asked.release()
        answering.wait(30)
        raise socket.gaierror(socket.EAI_AGAIN, "later")

    monkeypatch.setattr(socket, "getaddrinfo", slow)
    async with opened(allow_private=False) as transport:
        urls = [f"https://slow{number}.example.net/" for number in range(module.LOOKUPS)]
        asking = [asyncio.create_task(transport.request("GET", url)) for url in urls]
        try:
            for _ in urls:
                assert await asyncio.wait_for(asyncio.to_thread(asked.acquire, timeout=5), 5)
        finally:
            answering.set()
        outcomes = await asyncio.gather(*asking, return_exceptions=True)
    assert {type(each) for each in outcomes} == {CalendarAway}


async def test_redirects_are_the_caller_s():
    async def answer(request: web.Request) -> web.Response:
        return web.Response(status=302, headers={"Location": "http://127.0.0.1:1/"})

    async with serving(answer) as url, opened() as transport:
        reply = await transport.request("GET", url)
    assert (reply.status, reply.headers["location"]) == (302, "http://127.0.0.1:1/")


async def test_an_endless_answer_is_cut_off():
    sent = 0

    async def answer(request: web.Request) -> web.StreamResponse:
        nonlocal sent
        response = web.StreamResponse()
        await response.prepare(request)
        try:
            while True:
                await response.write(b"x" * 1024 * 1024)
                sent += 1
        except ConnectionError:
            return response

    async with serving(answer) as url, opened() as transport:
        with pytest.raises(TooLarge):
            await transport.request("GET", url)
    assert sent * 1024 * 1024 < 3 * MOST_BYTES


@pytest.mark.parametrize(
    ("status", "header", "wait_s"),
    [
        (429, "17", 17.0),
        (503, "99999", 3_600.0),
        (503, "Wed, 21 Oct 2026 07:28:00 GMT", 0.0),
        (500, "", 0.0),
        (502, "²", 0.0),
        (507, "-3", 0.0),
    ],
)
async def test_a_server_that_wants_to_be_left_alone_is_away(
    status: int, header: str, wait_s: float
):
    async def answer(request: web.Request) -> web.Response:
        return web.Response(status=status, headers={"Retry-After": header} if header else None)

    async with serving(answer) as url, opened() as transport:
        with pytest.raises(CalendarAway) as caught:
            await transport.request("GET", url)
    assert caught.value.retry_after_s == wait_s


async def test_nobody_there_is_away():
    async with opened() as transport:
        with pytest.raises(CalendarAway):
            await transport.request("GET", "http://127.0.0.1:9/")


async def test_half_an_answer_is_away():
    async def cut(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nonly this")
        writer.close()

    server = await asyncio.start_server(cut, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    async with server, opened() as transport:
        with pytest.raises(CalendarAway):
            await transport.request("GET", f"http://127.0.0.1:{port}/")
