"""Connecting a calendar on a provider's own page, and letting go of it, over HTTP all the way."""

import asyncio
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest

from bot.domain.spans import Span
from bot.services.calendar_access import address_hash
from bot.storage import addresses
from bot.storage.tables import metadata
from bot.words import calendars as words
from tests.calendars.fake_sign_in import EVENTS_SCOPE
from tests.calendars.offices import browsing, google_office, graph_office, offer
from tests.conftest import enrolled

pytestmark = pytest.mark.slow

TEAM = "T0SANDBOX"
TABLES = ("calendars", "push_channels", "occurrences", "absences")


@pytest.fixture
async def google(tmp_path):
    """The bot, Google beside it, and Ana, who has a calendar there with one meeting at night."""
    async with google_office(tmp_path) as (office, google):
        ana = office.sandbox.add_user("ana", "Europe/Vienna")
        await enrolled(office, ana)
        await office.settle()
        google.calendars.person("ana@example.com")
        google.calendars.person("bo@example.com")
        tonight = int(office.clock.now().timestamp()) + 3_600
        google.calendars.meet("bo@example.com", Span(tonight, tonight + 3_600), ["ana@example.com"])
        google.sign_in.visitor = "ana@example.com"
        google.office, google.ana = office, ana
        yield google


async def start_link(google, person=None):
    answer = await (person or google.ana).command("/boundaries", "calendar")
    return offer(answer.message.blocks, "calendar_open_google")["url"]


async def connected(google):
    async with browsing() as browser:
        status, text = await browser.press(await start_link(google))
    assert (status, text) == (200, words.thanks("google"))
    await google.office.settle()


async def test_connecting_reads_the_calendar_and_watches_it(google):
    office, ana = google.office, google.ana
    async with browsing() as browser:
        link = await start_link(google)
        status, page = await browser.get(link)
        assert status == 200
        assert "the Slack account of ana" in page
        assert (await browser.press(link)) == (200, words.thanks("google"))
    await office.settle()
    (row,) = await office.rows("SELECT * FROM calendars")
    assert (row["provider"], row["user_id"], row["code"]) == ("google", ana.id, "")
    assert row["synced_at"] is not None
    assert len(await office.rows("SELECT uid FROM occurrences")) == 1
    own = [{"address_hash": address_hash(TEAM, "ana@example.com"), "source": "calendar"}]
    assert await office.rows("SELECT address_hash, source FROM addresses") == own
    assert len(google.channels) == 1
    assert "*Google Calendar* (ana@example.com) is connected." in str(ana.home().blocks)
    assert "ya29" not in str(row)
    assert b"ana@example" not in b"".join(
        value for value in row.values() if isinstance(value, bytes)
    )


async def test_without_a_name_in_the_browser_nothing_is_connected(google):
    """A link to the provider's page that somebody passed on leads back to another browser."""
    async with browsing() as malicious, browsing() as victim:
        consent_url = await malicious.asked(await start_link(google))
        back = await victim.returned(consent_url)
        assert await victim.get(back) == (400, words.USED_LINK)
    assert await google.office.rows("SELECT * FROM calendars") == []


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "cross-site", "Origin": "https://evil.example"},
        {"Sec-Fetch-Site": "same-site", "Origin": "{here}"},
        {"Sec-Fetch-Site": "none"},
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": "{here}0"},
        {},
    ],
    ids=str,
)
async def test_the_page_that_says_whose_account_it_is_cannot_be_skipped(google, headers):
    """Another site's form, which somebody is brought to press."""
    here = google.office.settings.slack.public_url
    async with browsing() as browser:
        said = {name: value.format(here=here) for name, value in headers.items()}
        assert await browser.sent(await start_link(google), said) == (400, "")
        assert [*browser.session.cookie_jar] == []


async def test_an_older_browser_says_only_the_origin(google):
    origin = {"Origin": google.office.settings.slack.public_url}
    async with browsing() as browser:
        link = await start_link(google)
        async with browser.session.get(link) as page:
            assert page.headers["Referrer-Policy"] == "same-origin", "else it would not"
        status, location = await browser.sent(link, origin)
    assert (status, location.startswith(google.url)) == (303, True)


async def test_the_way_back_is_open_once(google):
    async with browsing() as browser:
        back = await browser.returned(await browser.asked(await start_link(google)))
        assert (await browser.get(back))[0] == 200
        await google.ana.command("/boundaries", "calendar disconnect")
        assert await browser.get(back) == (400, words.USED_LINK)
    assert await google.office.rows("SELECT * FROM calendars") == []


async def test_saying_no_changes_nothing(google):
    google.sign_in.says_no = True
    async with browsing() as browser:
        assert await browser.press(await start_link(google)) == (200, words.DENIED)
    assert await google.office.rows("SELECT * FROM calendars") == []


async def test_leaving_something_out_is_explained(google):
    google.sign_in.unticked = frozenset({EVENTS_SCOPE})
    async with browsing() as browser:
        assert await browser.press(await start_link(google)) == (400, words.WHY["scopes"])
    assert await google.office.rows("SELECT * FROM calendars") == []


async def test_a_wrong_registration_is_said_to_be_the_operators(google):
    google.sign_in.faults.append("invalid_client")
    async with browsing() as browser:
        assert await browser.press(await start_link(google)) == (400, words.WHY["client"])


async def test_the_calendar_of_a_colleague_is_not_kept(google):
    await connected(google)
    bo = google.office.sandbox.add_user("bo", "Europe/Vienna")
    await google.office.settle()
    async with browsing() as browser:
        link = await start_link(google, bo)
        assert await browser.press(link) == (400, words.SOMEBODY_ELSES)
    assert [row["user_id"] for row in await google.office.rows("SELECT * FROM calendars")] == [
        google.ana.id
    ]


@pytest.mark.parametrize(
    "path",
    [
        "google/start",
        "google/start?ticket=forged",
        "google/callback?state=%FF&code=1",
        "graph/start",
    ],
)
async def test_what_is_not_a_link_of_ours_is_refused(google, path):
    async with browsing() as browser:
        url = f"{google.office.settings.slack.public_url}/calendars/{path}"
        assert await browser.get(url) == (400, words.BAD_LINK)


async def test_a_ticket_is_for_one_kind_of_calendar_and_for_setting_out(google):
    link = await start_link(google)
    ticket = parse_qs(urlsplit(link).query)["ticket"][0]
    base = google.office.settings.slack.public_url
    async with browsing() as browser:
        for path in (f"graph/start?ticket={ticket}", f"google/callback?code=1&state={ticket}"):
            assert await browser.get(f"{base}/calendars/{path}") == (400, words.BAD_LINK)


@pytest.mark.parametrize(
    ("waits", "works"), [(timedelta(minutes=9), True), (timedelta(minutes=11), False)]
)
async def test_the_providers_page_may_be_looked_at_for_ten_minutes(google, waits, works):
    async with browsing() as browser:
        consent_url = await browser.asked(await start_link(google))
        google.office.clock.set(google.office.clock.now() + waits)
        status, text = await browser.get(await browser.returned(consent_url))
    assert (status, text) == ((200, words.thanks("google")) if works else (400, words.OLD_LINK))


async def test_a_link_is_good_for_a_day(google):
    link = await start_link(google)
    google.office.clock.set(google.office.clock.now() + timedelta(days=1, minutes=1))
    async with browsing() as browser:
        assert await browser.get(link) == (400, words.OLD_LINK)


async def test_a_short_outage_does_not_use_the_permission_up(google):
    async with browsing() as browser:
        link = await start_link(google)
        await renamed(google.office, "calendars", "elsewhere")
        coming = asyncio.create_task(browser.press(link))
        await asyncio.sleep(0.5)
        assert not coming.done()
        await renamed(google.office, "elsewhere", "calendars")
        assert await coming == (200, words.thanks("google"))


async def renamed(office, table, name):
    async with office.bot.database.transaction() as tx:
        await tx.exec_driver_sql(f"ALTER TABLE {table} RENAME TO {name}")


async def test_disconnecting_deletes_everything_and_ends_the_permission(google):
    await connected(google)
    office, ana = google.office, google.ana
    view = ana.home()
    assert offer(view.blocks, "calendar_disconnect")["confirm"]["deny"]["text"] == words.KEEP
    await ana.click(view, "calendar_disconnect")
    await office.settle()
    await office.bot.services.connecting.close()
    for table in TABLES:
        assert await office.rows(f"SELECT * FROM {table}") == [], table
    assert await office.rows("SELECT * FROM addresses WHERE source = 'calendar'") == []
    assert await office.rows("SELECT * FROM notices WHERE status = 'due'") == []
    assert (google.channels, google.sign_in.refresh, google.sign_in.access) == ({}, {}, {})
    assert words.NOT_CONNECTED in str(ana.home().blocks)


def test_every_table_that_holds_a_calendar_is_looked_at():
    about = {
        name
        for name, table in metadata.tables.items()
        if {"provider", "object_id", "resource_id"} & set(table.columns.keys())
    }
    assert about == set(TABLES)


async def test_disconnecting_works_while_the_provider_is_away(google):
    await connected(google)
    google.is_down = True
    google.sign_in.faults += ["server_error"] * 3
    assert (
        await google.ana.command("/boundaries", "calendar disconnect")
    ).text == words.DISCONNECTED
    await google.office.bot.services.connecting.close()
    assert await google.office.rows("SELECT * FROM calendars") == []


async def test_connecting_the_same_account_again_keeps_the_new_permission(google):
    await connected(google)
    async with google.office.bot.database.transaction() as tx:
        await tx.exec_driver_sql("UPDATE calendars SET code = 'signed_out', treatment = 'hold'")
    home = await google.ana.open_home()
    assert words.WHY["signed_out"] in str(home.blocks)
    async with browsing() as browser:
        await browser.press(offer(home.blocks, "calendar_open_google")["url"])
    await google.office.settle()
    await google.office.bot.services.connecting.close()
    (row,) = await google.office.rows("SELECT code, treatment, synced_at FROM calendars")
    assert (row["code"], row["treatment"]) == ("", "hold")
    assert row["synced_at"] is not None
    assert google.sign_in.refresh
    assert len(google.channels) == 1


async def test_another_account_in_its_place_ends_the_first_permission(google):
    link = await start_link(google)
    for visitor in ("ana@example.com", "bo@example.com"):
        google.sign_in.visitor = visitor
        async with browsing() as browser:
            await browser.press(link)
        await google.office.settle()
    await google.office.bot.services.connecting.close()
    assert {grant.email for grant in google.sign_in.refresh.values()} == {"bo@example.com"}
    assert [row["address_hash"] for row in await google.office.rows("SELECT * FROM addresses")] == [
        address_hash(TEAM, "bo@example.com")
    ]


@pytest.mark.parametrize(("tenant", "is_believed"), [("example.com", True), ("common", False)])
async def test_the_same_with_microsoft(tmp_path, tenant, is_believed):
    """Addresses of a tenant that anybody may have made say nothing about anybody to others."""
    async with graph_office(tmp_path, tenant) as (office, graph):
        ana = office.sandbox.add_user("ana", "Europe/Vienna")
        await enrolled(office, ana)
        await office.settle()
        graph.exchange.add("ana@example.com", "ana.alias@example.com")
        graph.login.person = "ana@example.com"
        answer = await ana.command("/boundaries", "calendar")
        async with browsing() as browser:
            link = offer(answer.message.blocks, "calendar_open_graph")["url"]
            assert await browser.press(link) == (200, words.thanks("graph"))
        await office.settle()
        (row,) = await office.rows("SELECT * FROM calendars")
        assert (row["provider"], row["code"]) == ("graph", "")
        hashes = {each["address_hash"] for each in await office.rows("SELECT * FROM addresses")}
        both = {address_hash(TEAM, f"{name}@example.com") for name in ("ana", "ana.alias")}
        assert hashes == (both if is_believed else set())
        assert len(graph.subscriptions) == 1
        answer = await ana.command("/boundaries", "calendar")
        assert "take an answer back. Slack takes over there." in answer.text
        await ana.command("/boundaries", "calendar disconnect")
        await office.bot.services.connecting.close()
        assert graph.subscriptions == {}


@pytest.mark.parametrize("tenant", ["example.com", "common"])
async def test_what_slack_says_is_a_colleagues_address_is_not_taken(tmp_path, tenant):
    async with graph_office(tmp_path, tenant) as (office, graph):
        eve = office.sandbox.add_user("eve", "Europe/Vienna")
        bo = office.sandbox.add_user("bo", "Europe/Vienna")
        await enrolled(office, eve)
        await office.settle()
        async with office.bot.database.transaction() as tx:
            known = {bo.id: address_hash(TEAM, "bo@example.com")}
            await addresses.by_slack(tx, TEAM, known)
        graph.exchange.add("eve@tenant.example", "bo@example.com")
        graph.login.person = "eve@tenant.example"
        answer = await eve.command("/boundaries", "calendar")
        async with browsing() as browser:
            link = offer(answer.message.blocks, "calendar_open_graph")["url"]
            assert await browser.press(link) == (400, words.SOMEBODY_ELSES)
        assert await office.rows("SELECT * FROM calendars") == []


async def test_nothing_secret_is_logged(google, capsys):
    await connected(google)
    await google.ana.command("/boundaries", "calendar disconnect")
    await google.office.bot.services.connecting.close()
    written = "".join(capsys.readouterr())
    assert "calendar.connected" in written
    secrets = ("ya29", "1//", "4/", "ana@example", "ticket=", "state=", "127.0.0.1:")
    assert [each for each in secrets if each in written.replace("host=127.0.0.1", "")] == []
