"""Signing in at a provider, against the fake of Google's pages."""

from collections.abc import AsyncIterator
from urllib.parse import parse_qs, urlsplit

import aiohttp
import msgspec
import pytest

from bot.calendars.google import Google
from bot.calendars.oauth import challenge_of, claims_of, new_verifier
from bot.calendars.transport import Transport
from bot.errors import CalendarAway, CalendarRefused, CalendarSignedOut
from tests.calendars.fake_google import FakeGoogle
from tests.calendars.fake_sign_in import EVENTS_SCOPE, REDIRECT_URI, SETTINGS_SCOPE
from tests.calendars.worlds_google import provider_of

ADDRESS = "Ana@Example.com"


@pytest.fixture
async def transport() -> AsyncIterator[Transport]:
    found = Transport(allow_private=True)
    yield found
    await found.close()


@pytest.fixture
async def fake() -> AsyncIterator[FakeGoogle]:
    async with FakeGoogle() as google:
        google.calendars.person(ADDRESS)
        google.sign_in.visitor = ADDRESS
        yield google


@pytest.fixture
def google(fake: FakeGoogle, transport: Transport) -> Google:
    return provider_of(fake, transport)


async def visit(google: Google, verifier: str) -> dict[str, str]:
    """What comes back from the page, after the person looked at it in their browser."""
    url = google.consent_url("the state", REDIRECT_URI, challenge_of(verifier))
    async with (
        aiohttp.ClientSession() as browser,
        browser.get(url, allow_redirects=False) as answer,
    ):
        assert answer.status == 302, await answer.text()
        back = urlsplit(answer.headers["Location"])
    assert back.geturl().startswith(REDIRECT_URI)
    return {name: values[0] for name, values in parse_qs(back.query).items()}


async def connect(google: Google):
    verifier = new_verifier()
    back = await visit(google, verifier)
    assert back["state"] == "the state"
    return await google.exchange(back["code"], REDIRECT_URI, verifier)


def test_the_challenge_is_that_of_the_rfc():
    """RFC 7636, appendix B."""
    verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
    assert challenge_of(verifier) == "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"


def test_verifiers_are_fresh_and_of_the_length_the_rfc_asks_for():
    verifiers = {new_verifier() for _ in range(50)}
    assert len(verifiers) == 50
    assert {43 <= len(verifier) <= 128 for verifier in verifiers} == {True}


async def test_signing_in_opens_the_calendar_of_whom_the_page_saw(google: Google, fake: FakeGoogle):
    found = await connect(google)
    assert (found.address, found.addresses) == ("ana@example.com", ("ana@example.com",))
    assert fake.sign_in.grant_of(found.secret).email == ADDRESS
    assert found.refresh_token in fake.sign_in.refresh


async def test_it_is_known_when_the_access_ends(fake: FakeGoogle, transport: Transport):
    google = Google(
        transport,
        provider_of(fake, transport)._client,
        auth_url=f"{fake.url}/o/oauth2/v2/auth",
        token_url=f"{fake.url}/token",
        now=lambda: 1_792_000_000.9,
    )
    assert (await connect(google)).expires_at == 1_792_000_000 + 3_599


async def test_a_code_is_good_once(google: Google):
    verifier = new_verifier()
    code = (await visit(google, verifier))["code"]
    await google.exchange(code, REDIRECT_URI, verifier)
    with pytest.raises(CalendarRefused) as caught:
        await google.exchange(code, REDIRECT_URI, verifier)
    assert caught.value.code == "denied"


async def test_a_stolen_code_is_worth_nothing_without_its_verifier(google: Google):
    code = (await visit(google, new_verifier()))["code"]
    with pytest.raises(CalendarRefused) as caught:
        await google.exchange(code, REDIRECT_URI, new_verifier())
    assert caught.value.code == "denied"


async def test_whoever_says_no_comes_back_without_a_code(google: Google, fake: FakeGoogle):
    fake.sign_in.says_no = True
    assert await visit(google, new_verifier()) == {"state": "the state", "error": "access_denied"}


@pytest.mark.parametrize("left_out", [EVENTS_SCOPE, SETTINGS_SCOPE, "email", "openid"])
async def test_a_box_left_unticked_is_said(google: Google, fake: FakeGoogle, left_out: str):
    fake.sign_in.unticked = frozenset({left_out})
    with pytest.raises(CalendarRefused) as caught:
        await connect(google)
    assert caught.value.code == "scopes"


@pytest.mark.parametrize(
    ("claims", "code"),
    [
        ({"email_verified": False}, "not_verified"),
        ({"email_verified": "false"}, "not_verified"),
        ({"aud": "another app"}, "denied"),
        ({"iss": "https://accounts.example.com"}, "denied"),
    ],
)
async def test_an_address_google_does_not_vouch_for_is_nobodys(
    google: Google, fake: FakeGoogle, claims: dict[str, object], code: str
):
    fake.sign_in.claims = claims
    with pytest.raises(CalendarRefused) as caught:
        await connect(google)
    assert caught.value.code == code


async def test_google_names_itself_in_two_ways(google: Google, fake: FakeGoogle):
    fake.sign_in.claims = {"iss": "accounts.google.com"}
    assert (await connect(google)).address == "ana@example.com"


async def test_a_wrong_registration_is_the_operators_to_mend(
    google: Google, fake: FakeGoogle, transport: Transport
):
    verifier = new_verifier()
    code = (await visit(google, verifier))["code"]
    wrong = provider_of(fake, transport, secret="another")
    with pytest.raises(CalendarRefused) as caught:
        await wrong.exchange(code, REDIRECT_URI, verifier)
    assert caught.value.code == "client"
    with pytest.raises(CalendarRefused) as caught:
        await wrong.refresh(await connect(google))
    assert caught.value.code == "client", "nobody has to sign in again for it"


async def test_a_refreshed_access_opens_and_keeps_the_rest(google: Google, fake: FakeGoogle):
    before = await connect(google)
    after = await google.refresh(before)
    assert after.secret != before.secret
    assert fake.sign_in.grant_of(after.secret).email == ADDRESS
    kept = msgspec.structs.replace(after, secret=before.secret, expires_at=before.expires_at)
    assert kept == before


async def test_a_permission_taken_back_is_signed_out(google: Google, fake: FakeGoogle):
    found = await connect(google)
    fake.sign_in.refresh.clear()
    with pytest.raises(CalendarSignedOut):
        await google.refresh(found)
    with pytest.raises(CalendarSignedOut):
        await google.refresh(msgspec.structs.replace(found, refresh_token=""))


async def test_a_refusal_of_another_kind_signs_nobody_out(google: Google, fake: FakeGoogle):
    found = await connect(google)
    fake.sign_in.faults = ["temporarily_confused"]
    with pytest.raises(CalendarRefused) as caught:
        await google.refresh(found)
    assert caught.value.code == "denied"
    assert (await google.refresh(found)).secret


async def test_disconnecting_ends_the_permission_and_again_is_no_error(
    google: Google, fake: FakeGoogle
):
    found = await connect(google)
    await google.revoke(found)
    assert fake.sign_in.grant_of(found.secret) is None
    with pytest.raises(CalendarSignedOut):
        await google.refresh(found)
    await google.revoke(found)


@pytest.mark.parametrize(
    "token", ["", "no token", "a.b.c", "a.%%%.c", "a.ä.c", "a.W10.c", "a._w.c"]
)
def test_what_is_no_id_token_is_no_answer(token: str):
    with pytest.raises(CalendarAway):
        claims_of(token)
