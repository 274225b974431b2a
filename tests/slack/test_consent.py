"""A person allows the bot to act in their own name, on Slack's consent page, and withdraws it."""

import asyncio
import itertools
from urllib.parse import parse_qs, urlsplit

import aiohttp
import pytest

from bot.slack.consent import PURPOSES
from bot.words.consent import NOT_KEPT, THANKS


def allow_button(view, purpose="send"):
    for block in view.blocks:
        accessory = block.get("accessory", {})
        if accessory.get("action_id") == f"grant_open_{purpose}":
            return accessory
    return None


async def came_back(office, consent_url):
    """Follow the consent page's redirect to the bot, which listens on another address here."""
    async with aiohttp.ClientSession() as browser:
        async with browser.get(consent_url, allow_redirects=False) as page:
            query = urlsplit(page.headers["location"]).query
        base = office.app.request_url.removesuffix("/slack/events")
        async with browser.get(f"{base}/slack/grant?{query}") as page:
            return page.status, await page.text(), parse_qs(query)


@pytest.fixture
async def bo(office):
    found = office.sandbox.add_user("bo", "Europe/Lisbon")
    await office.settle()
    return found


async def test_allowing_and_withdrawing(office, bo):
    url = allow_button(await bo.open_home())["url"]
    status, text, _ = await came_back(office, f"{url}&as={bo.id}")
    assert (status, "Thank you" in text) == (200, True)
    (row,) = await office.rows("SELECT user_id, scopes, sealed_token FROM grants")
    assert row["user_id"] == bo.id
    assert "chat:write" in row["scopes"]
    assert b"xoxp" not in bytes(row["sealed_token"])
    home = await bo.open_home()
    assert allow_button(home) is None
    await bo.click(home, "grant_withdraw")
    assert await office.rows("SELECT * FROM grants") == []
    assert len(office.sandbox.calls_to("auth.revoke")) == 1


@pytest.mark.parametrize("purpose", PURPOSES)
async def test_each_purpose_asks_for_its_own_scopes_only(office, bo, purpose):
    url = allow_button(await bo.open_home(), purpose)["url"]
    asked = parse_qs(urlsplit(url).query)["user_scope"][0]
    assert tuple(asked.split(",")) == PURPOSES[purpose]
    status, text, _ = await came_back(office, f"{url}&as={bo.id}")
    assert (status, THANKS[purpose] == text) == (200, True)
    home = await bo.open_home()
    offered = {each for each in PURPOSES if allow_button(home, each)}
    assert offered == set(PURPOSES) - {purpose}
    chosen = await office.rows("SELECT silence, status FROM choices")
    on = [name for row in chosen for name in ("silence", "status") if row[name]]
    assert on == [purpose] * (purpose in {"silence", "status"})


async def test_what_is_allowed_adds_up_and_is_withdrawn_together(office, bo):
    for purpose in PURPOSES:
        url = allow_button(await bo.open_home(), purpose)["url"]
        await came_back(office, f"{url}&as={bo.id}")
    (row,) = await office.rows("SELECT scopes FROM grants")
    assert set(row["scopes"].split()) == set(itertools.chain(*PURPOSES.values()))
    home = await bo.open_home()
    assert not [each for each in PURPOSES if allow_button(home, each)]
    await bo.click(home, "grant_withdraw")
    assert await office.rows("SELECT * FROM grants") == []


async def test_the_permission_of_somebody_else_is_not_kept(office, bo):
    eve = office.sandbox.add_user("eve", "Europe/Lisbon")
    url = allow_button(await bo.open_home())["url"]
    status, text, _ = await came_back(office, f"{url}&as={eve.id}")
    assert status == 400
    assert "somebody else" in text
    assert await office.rows("SELECT * FROM grants") == []


async def test_saying_no_changes_nothing(office, bo):
    url = allow_button(await bo.open_home())["url"]
    status, text, query = await came_back(office, f"{url}&as={bo.id}&deny=1")
    assert query["error"] == ["access_denied"]
    assert (status, "Nothing was allowed" in text) == (200, True)


@pytest.mark.parametrize("query", ["", "state=forged&code=1", "state=%FF&code=1"])
async def test_a_forged_link_is_refused(office, query):
    base = office.app.request_url.removesuffix("/slack/events")
    async with (
        aiohttp.ClientSession() as browser,
        browser.get(f"{base}/slack/grant?{query}") as page,
    ):
        assert page.status == 400
        assert "not one of ours" in await page.text()


async def test_an_old_link_is_refused(office, bo):
    url = allow_button(await bo.open_home())["url"]
    office.clock.set(office.clock.now().replace(day=25))
    status, text, _ = await came_back(office, f"{url}&as={bo.id}")
    assert (status, "more than a day old" in text) == (400, True)


async def away(office):
    """The database cannot be written to."""
    async with office.bot.database.transaction() as tx:
        await tx.exec_driver_sql("ALTER TABLE grants RENAME TO elsewhere")


async def back(office):
    async with office.bot.database.transaction() as tx:
        await tx.exec_driver_sql("ALTER TABLE elsewhere RENAME TO grants")


async def test_a_short_outage_does_not_use_the_permission_up(office, bo):
    url = allow_button(await bo.open_home())["url"]
    await away(office)
    coming = asyncio.create_task(came_back(office, f"{url}&as={bo.id}"))
    await asyncio.sleep(0.5)
    assert len(office.sandbox.calls_to("oauth.v2.access")) == 1
    assert not coming.done()
    await back(office)
    status, text, _ = await coming
    assert (status, text) == (200, THANKS["send"])
    assert len(await office.rows("SELECT user_id FROM grants")) == 1


@pytest.mark.slow
async def test_in_a_longer_outage_the_page_says_so(office, bo):
    url = allow_button(await bo.open_home())["url"]
    await away(office)
    status, text, _ = await came_back(office, f"{url}&as={bo.id}")
    await back(office)
    assert (status, text) == (503, NOT_KEPT)
    status, text, _ = await came_back(office, f"{url}&as={bo.id}")
    assert (status, text) == (200, THANKS["send"])


async def test_a_used_code_is_not_a_crash(office, bo):
    url = allow_button(await bo.open_home())["url"]
    _, _, query = await came_back(office, f"{url}&as={bo.id}")
    base = office.app.request_url.removesuffix("/slack/events")
    address = f"{base}/slack/grant?state={query['state'][0]}&code={query['code'][0]}"
    async with aiohttp.ClientSession() as browser, browser.get(address) as page:
        assert page.status == 502
        assert "start again" in await page.text()
