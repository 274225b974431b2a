"""From what a person types to their calendar, and the password to nobody else."""

from base64 import b64encode
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from bot.calendars.base import Credentials
from bot.calendars.caldav import CalDav
from bot.calendars.readers import Readers
from bot.calendars.transport import Transport
from bot.errors import CalendarAway, CalendarRefused, CalendarSignedOut
from tests.calendars.odd_dav import CALENDAR, HOME, OddServer
from tests.calendars.xandikos import PASSWORD, XandikosWorld

pytestmark = pytest.mark.asyncio(loop_scope="session")

WELL_KNOWN = "/.well-known/caldav"


@pytest_asyncio.fixture(loop_scope="session")
async def provider(readers: Readers) -> AsyncIterator[CalDav]:
    """CalDAV, plain HTTP on loopback included."""
    sessions = Transport(allow_private=True)
    yield CalDav(sessions, readers)
    await sessions.close()


@pytest_asyncio.fixture(loop_scope="session")
async def server() -> AsyncIterator[OddServer]:
    """A server that is found by its well-known address."""
    async with OddServer(redirects={WELL_KNOWN: "/dav/"}).running() as found:
        yield found


@pytest.mark.parametrize(
    "typed", ["{}", "{}/", "{}/somewhere", " {} ", "{}/dav/", "{}/dav/ana/work/"]
)
async def test_a_calendar_is_found(server: OddServer, provider: CalDav, typed: str):
    found = await provider.discover(typed.format(server.url), "ana", "right")
    assert found == Credentials(
        address="ana@example.com",
        secret="right",
        username="ana",
        url=server.url + CALENDAR,
        principal_url=server.url + HOME,
        addresses=("ana@example.com", "a.moreau@example.com"),
    )


async def test_a_real_server_is_searched(xandikos_world: XandikosWorld):
    world = xandikos_world
    found = await world.provider.discover(world.proxy.url, world.ana.user, PASSWORD)
    assert found.url == world.proxy.url + world.ana.calendar
    assert found.address == world.owner
    with pytest.raises(CalendarSignedOut):
        await world.provider.discover(world.proxy.url, world.ana.user, "another password")


async def test_the_calendar_invites_arrive_in_comes_first(server: OddServer, provider: CalDav):
    server.extra = {
        HOME: (
            "<c:calendar-home-set><d:href>/dav/ana/</d:href></c:calendar-home-set>"
            "<c:calendar-user-address-set><d:href>mailto:ana@example.com</d:href></c:calendar-user-address-set>"
            "<c:schedule-inbox-URL><d:href>/dav/ana/inbox/</d:href></c:schedule-inbox-URL>"
        ),
        "/dav/ana/inbox/": "<c:schedule-default-calendar-URL><d:href>/dav/ana/second</d:href></c:schedule-default-calendar-URL>",
    }
    found = await provider.discover(server.url, "ana", "right")
    assert found.url == server.url + "/dav/ana/second/"


TASKS = "<d:resourcetype><c:calendar/></d:resourcetype><c:supported-calendar-component-set><c:comp name='VTODO'/></c:supported-calendar-component-set>"
HOLIDAYS = "<d:resourcetype><c:calendar/></d:resourcetype><d:current-user-privilege-set><d:privilege><d:read/></d:privilege></d:current-user-privilege-set>"
CONTACTS = "<d:resourcetype><d:collection/></d:resourcetype>"


@pytest.mark.parametrize("other", [TASKS, HOLIDAYS, CONTACTS])
async def test_what_takes_no_events_is_passed_over(server: OddServer, provider: CalDav, other: str):
    server.extra = {CALENDAR: other}
    with pytest.raises(CalendarRefused) as caught:
        await provider.discover(server.url, "ana", "right")
    assert caught.value.code == "not_found"


async def test_a_server_that_tells_no_address_takes_what_was_typed(
    server: OddServer, provider: CalDav
):
    server.extra = {HOME: "<c:calendar-home-set><d:href>/dav/ana/</d:href></c:calendar-home-set>"}
    found = await provider.discover(server.url, "Ana@Example.com", "right")
    assert found.addresses == ("ana@example.com",)
    with pytest.raises(CalendarRefused) as caught:
        await provider.discover(server.url, "ana", "right")
    assert caught.value.code == "no_address"


async def test_a_wrong_password_is_signed_out(server: OddServer, provider: CalDav):
    with pytest.raises(CalendarSignedOut):
        await provider.discover(server.url, "ana", "wrong")


async def test_nothing_there_is_not_found(provider: CalDav):
    async with OddServer().running() as server:
        with pytest.raises(CalendarRefused) as caught:
            await provider.discover(server.url, "ana", "right")
    assert caught.value.code == "not_found"


async def test_nobody_there_is_away(provider: CalDav):
    with pytest.raises(CalendarAway):
        await provider.discover("http://127.0.0.1:9/", "ana", "right")


async def test_redirects_in_a_circle_end(server: OddServer, provider: CalDav):
    server.redirects = {WELL_KNOWN: "/a/", "/a/": "/b/", "/b/": "/a/", "/": "/a/"}
    with pytest.raises(CalendarAway):
        await provider.discover(server.url, "ana", "right")
    assert len(server.requests) <= 8


async def test_the_password_does_not_follow_a_redirect_elsewhere(provider: CalDav):
    async with OddServer().running() as other, OddServer().running() as server:
        for away in (other.url + "/dav/", other.url.replace("http://", "//") + "/dav/"):
            server.redirects = {WELL_KNOWN: away, "/": away}
            with pytest.raises(CalendarRefused) as caught:
                await provider.discover(server.url, "ana", "right")
            assert caught.value.code == "elsewhere"
        assert other.requests == []
        assert server.requests


async def test_nor_an_href_elsewhere(server: OddServer, provider: CalDav):
    async with OddServer().running() as other:
        server.extra = {
            "/dav/": f"<d:current-user-principal><d:href>{other.url}/dav/ana/</d:href></d:current-user-principal>"
        }
        with pytest.raises(CalendarRefused) as caught:
            await provider.discover(server.url, "ana", "right")
        assert caught.value.code == "elsewhere"
        assert other.requests == []


async def test_the_password_is_sent_as_http_basic(server: OddServer, provider: CalDav):
    await provider.discover(server.url, "änä", "pässword: with colons")
    assert set(server.passwords) == {
        "Basic " + b64encode("änä:pässword: with colons".encode()).decode()
    }


async def test_a_typed_address_inside_is_refused(readers: Readers):
    sessions = Transport()
    for typed, code in (("127.0.0.1", "not_public"), ("http://example.com", "not_https")):
        with pytest.raises(CalendarRefused) as caught:
            await CalDav(sessions, readers).discover(typed, "ana", "right")
        assert caught.value.code == code
    await sessions.close()
