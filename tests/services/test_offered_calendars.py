"""Which kinds of calendars the settings switch on."""

from contextlib import AsyncExitStack

import pytest

from bot.config import Settings
from bot.wiring.calendars import open_providers

GOOGLE = {"google_client_id": "1", "google_client_secret": "hush"}
MICROSOFT = {"microsoft_client_id": "2", "microsoft_client_secret": "hush"}
PUBLIC = {"slack": {"public_url": "https://offhours.example"}}


@pytest.mark.parametrize(
    ("given", "names"),
    [
        ({}, {"caldav"}),
        ({"calendars": {"caldav": {"enabled": False}}}, set()),
        ({**GOOGLE, **MICROSOFT}, {"caldav"}),  # there is nowhere to come back to
        ({**PUBLIC, **GOOGLE}, {"caldav", "google"}),
        ({**PUBLIC, **MICROSOFT}, {"caldav", "graph"}),
        ({**PUBLIC, "google_client_id": "1"}, {"caldav"}),
        ({**PUBLIC, **GOOGLE, "google_client_secret": ""}, {"caldav"}),
    ],
)
async def test_offered(given, names, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    async with AsyncExitStack() as opened:
        assert open_providers(Settings(**given), opened).names == names


async def test_another_address_of_a_provider_is_used(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    login = "https://login.example/tenant/oauth2/v2.0"
    given = Settings(**PUBLIC, **MICROSOFT, calendars={"microsoft": {"login_url": login}})
    async with AsyncExitStack() as opened:
        page = open_providers(given, opened).page_of("graph")
        url = page.consent_url("state", "https://offhours.example/back", "challenge")
    assert url.startswith(f"{login}/authorize?client_id=2&")
