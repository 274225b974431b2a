"""Signing in at Microsoft's page, and staying signed in."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from urllib.parse import parse_qs, urlsplit

import aiohttp
import pytest

from bot.calendars.base import Credentials
from bot.calendars.graph import Graph
from bot.calendars.oauth import OAuthApp, challenge_of, new_verifier
from bot.calendars.transport import Transport
from bot.domain.spans import Span
from bot.errors import CalendarRefused, CalendarSignedOut
from tests.calendars.fake_microsoft_login import CLIENT_ID, CLIENT_SECRET
from tests.calendars.graph_world import GraphWorld, opened
from tests.calendars.worlds import Invite

BACK = "https://offhours.example.com/calendars/back"
SPELT_OUT = (
    "https://graph.microsoft.com/Calendars.ReadWrite https://graph.microsoft.com/user.read "
    "https://graph.microsoft.com/MailboxSettings.Read openid"
)
AT = 1_792_569_600
MORNING = Span(AT, AT + 3_600)
WINDOW = Span(AT - 86_400, AT + 86_400)


@pytest.fixture
async def graph() -> AsyncIterator[GraphWorld]:
    """Ana's and Bo's mailboxes."""
    async with opened() as world:
        yield world


async def spans(graph: GraphWorld, credentials: Credentials) -> list[Span]:
    """When what is in the calendar takes place."""
    changes = await graph.provider.account(credentials).sync("", WINDOW, "Europe/Berlin")
    return [each.span for each in changes.occurrences]


async def visited(url: str) -> dict[str, str]:
    """What the page sends the person back with."""
    async with aiohttp.ClientSession() as browser, browser.get(url, allow_redirects=False) as page:
        assert page.status == 302, await page.text()
        location = urlsplit(page.headers["Location"])
    assert location.geturl().startswith(BACK)
    return {name: values[0] for name, values in parse_qs(location.query).items()}


async def code_of(graph: GraphWorld, verifier: str) -> str:
    """Ana agrees on Microsoft's page."""
    graph.fake.login.person = graph.owner
    back = await visited(graph.provider.consent_url("a state", BACK, challenge_of(verifier)))
    assert back["state"] == "a state"
    return back["code"]


async def test_somebody_signs_in_and_is_known_by_every_address(graph: GraphWorld):
    verifier = new_verifier()
    found = await graph.provider.exchange(await code_of(graph, verifier), BACK, verifier)
    assert found.address == "ana@example.com"
    assert found.addresses == ("ana@example.com", "ana.sandbox@example.org")
    await graph.invite(Invite(MORNING))
    assert await spans(graph, found) == [MORNING]


async def test_a_code_is_good_once_and_for_its_verifier_alone(graph: GraphWorld):
    verifier = new_verifier()
    code = await code_of(graph, verifier)
    for wrong in (new_verifier(), verifier):
        with pytest.raises(CalendarRefused, match="denied"):
            await graph.provider.exchange(code, BACK, wrong)


@pytest.mark.parametrize(
    "granted",
    [SPELT_OUT, ""],
)
async def test_scopes_are_read_in_every_spelling(graph: GraphWorld, granted):
    graph.fake.login.granted = granted
    verifier = new_verifier()
    found = await graph.provider.exchange(await code_of(graph, verifier), BACK, verifier)
    assert found.address == graph.owner


async def test_a_permission_left_out_is_missed_at_once(graph: GraphWorld):
    graph.fake.login.granted = "Calendars.ReadWrite User.Read"
    verifier = new_verifier()
    with pytest.raises(CalendarRefused, match="scopes"):
        await graph.provider.exchange(await code_of(graph, verifier), BACK, verifier)


async def test_who_presses_cancel_comes_back_without_a_code(graph: GraphWorld):
    graph.fake.login.is_denied = True
    back = await visited(graph.provider.consent_url("a state", BACK, challenge_of(new_verifier())))
    assert back == {"state": "a state", "error": "access_denied"}


async def test_a_token_that_ran_out_is_refreshed(graph: GraphWorld):
    del graph.fake.login.access[graph.credentials.secret]
    with pytest.raises(CalendarSignedOut):
        await spans(graph, graph.credentials)
    fresh = await graph.provider.refresh(graph.credentials)
    assert fresh.refresh_token != graph.credentials.refresh_token
    assert fresh.addresses == graph.credentials.addresses
    assert abs(fresh.expires_at - 3_600 - datetime.now(UTC).timestamp()) < 60
    assert await spans(graph, fresh) == []


async def test_a_permission_that_ended_is_signed_out(graph: GraphWorld):
    graph.fake.login.refreshing.clear()
    with pytest.raises(CalendarSignedOut):
        await graph.provider.refresh(graph.credentials)


async def test_there_is_nothing_to_revoke_at_microsoft(graph: GraphWorld):
    await graph.provider.revoke(graph.credentials)
    assert graph.fake.requests == []


async def test_an_operator_may_keep_to_their_own_tenant(graph: GraphWorld):
    transport = Transport()
    login = "https://login.microsoftonline.com/example.com/oauth2/v2.0"
    provider = Graph(transport, OAuthApp(CLIENT_ID, CLIENT_SECRET), login_url=login)
    page = urlsplit(provider.consent_url("a state", BACK, "a challenge"))
    assert page.geturl().startswith(f"{login}/authorize?")
    assert set(parse_qs(page.query)["scope"][0].split()) == {
        "offline_access",
        "User.Read",
        "Calendars.ReadWrite",
        "MailboxSettings.Read",
    }
    await transport.close()


@pytest.mark.parametrize(
    ("tenant", "verifies"),
    [
        ("common", False),
        ("Organizations", False),
        ("consumers", False),
        ("9188040D-6C67-4C5B-B112-36A304B66DAD", False),  # consumers, by its id
        ("", False),
        ("elsewhere", False),
        ("example.onmicrosoft.com", True),
        ("72f988bf-86f1-41af-91ab-2d7cd011db47", True),
    ],
)
def test_only_a_tenant_of_the_operators_vouches_for_addresses(tenant: str, *, verifies: bool):
    """In one of their own, anybody may write any address into an account."""
    for host in ("login.microsoftonline.com", "login.microsoftonline.us"):
        login = f"https://{host}/{tenant}/oauth2/v2.0"
        app = OAuthApp(CLIENT_ID, CLIENT_SECRET)
        assert Graph(Transport(), app, login_url=login).verifies is verifies
    assert not Graph(Transport(), app).verifies, "as it is unless the operator says more"


async def test_an_account_without_an_address_has_no_mailbox(graph: GraphWorld):
    verifier = new_verifier()
    code = await code_of(graph, verifier)
    graph.fake.faults.append((404, "MailboxNotEnabledForRESTAPI"))
    with pytest.raises(CalendarRefused, match="no_mailbox"):
        await graph.provider.exchange(code, BACK, verifier)
