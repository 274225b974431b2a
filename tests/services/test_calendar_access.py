"""Tokens that end: refreshed once, whoever asks, and never over what was connected since."""

import asyncio
import time
from dataclasses import dataclass, field

import pytest

from bot.calendars.base import Credentials, Providers
from bot.errors import CalendarAway, CalendarRefused, CalendarSignedOut
from bot.services.calendar_access import FRESH_S, CalendarAccess
from bot.storage import calendars, workspaces
from bot.storage.database import Database
from bot.storage.vault import Vault, new_key

TEAM, ANA = "T1", "U1"


@dataclass
class Opened:
    """An account that only knows with which token it was opened."""

    credentials: Credentials


@dataclass
class Rotating:
    """A provider that takes each refresh token once, as some do, and takes its time."""

    name: str = "rotating"
    valid: str = "refresh-0"
    calls: list[str] = field(default_factory=list)
    fault: Exception | None = None
    meanwhile: object = None

    def account(self, credentials):
        return Opened(credentials)

    async def refresh(self, credentials):
        self.calls.append(credentials.refresh_token)
        await asyncio.sleep(0.05)
        if self.meanwhile is not None:
            await self.meanwhile()
        if self.fault is not None:
            raise self.fault
        if credentials.refresh_token != self.valid:
            raise CalendarSignedOut
        self.valid = f"refresh-{len(self.calls)}"
        return ending(3_600, str(len(self.calls)))


def ending(in_s, name="0"):
    return Credentials(
        address="ana@example.com",
        secret=f"access-{name}",
        refresh_token=f"refresh-{name}",
        expires_at=int(time.time()) + in_s,
    )


class Processes:
    """Several processes on one database, each with an access of its own."""

    def __init__(self, database, provider):
        self.database, self.provider = database, provider
        vault = Vault([new_key()])
        self.accesses = [
            CalendarAccess(database, vault, Providers(signing_in=(provider,))) for _ in range(4)
        ]

    async def connect(self, credentials, provider="rotating"):
        async with self.database.transaction() as tx:
            await workspaces.ensure(tx, TEAM, name="T", bot_user_id="UBOT", now=1)
            await calendars.connect(
                tx,
                TEAM,
                ANA,
                provider=provider,
                sealed_credentials=self.accesses[0].sealed(credentials),
                address="",
                now=1,
            )

    async def row(self):
        async with self.database.reading() as tx:
            return await calendars.one(tx, TEAM, ANA)

    async def opened(self, access=0):
        account = await self.accesses[access].account(await self.row())
        return account.credentials.secret

    async def stored(self):
        return self.accesses[0].credentials(await self.row()).secret


@pytest.fixture
async def processes(any_url):
    database = Database(any_url)
    await database.migrate()
    yield Processes(database, Rotating())
    await database.close()


async def test_however_many_ask_the_token_is_refreshed_once(processes):
    await processes.connect(ending(FRESH_S - 10))
    asked = [processes.opened(number % 4) for number in range(8)]
    assert await asyncio.gather(*asked) == ["access-1"] * 8
    assert processes.provider.calls == ["refresh-0"]
    assert await processes.stored() == "access-1"


@pytest.mark.parametrize(
    "in_s", [FRESH_S + 60, -int(time.time()) - 1_000_000], ids=["for a while", "for ever"]
)
async def test_a_token_that_is_good_for_a_while_is_used(processes, in_s):
    """An instant of zero or less: it never ends."""
    await processes.connect(ending(in_s))
    assert await processes.opened() == "access-0"
    assert processes.provider.calls == []


async def test_each_refresh_takes_the_last_refresh_token(processes):
    await processes.connect(ending(10))
    await processes.opened()
    async with processes.database.transaction() as tx:
        row = await calendars.one(tx, TEAM, ANA)
        soon = processes.accesses[0].sealed(ending(10, "1"))
        await calendars.keep_credentials(tx, row, soon)
    assert await processes.opened(1) == "access-2"
    assert processes.provider.calls == ["refresh-0", "refresh-1"]


@pytest.mark.parametrize("fault", [CalendarAway(), CalendarSignedOut(), CalendarRefused("denied")])
async def test_after_a_failed_refresh_another_may_try_at_once(processes, fault):
    await processes.connect(ending(10))
    processes.provider.fault = fault
    with pytest.raises(type(fault)):
        await processes.opened()
    assert await processes.stored() == "access-0"
    processes.provider.fault = None
    started = time.monotonic()
    assert await processes.opened(1) == "access-2"
    assert time.monotonic() - started < 0.4


async def test_what_was_connected_anew_meanwhile_stays(processes):
    await processes.connect(ending(10))

    async def connect_again():
        processes.provider.meanwhile = None
        await processes.connect(ending(3_600, "another"))

    processes.provider.meanwhile = connect_again
    await processes.opened()
    assert await processes.stored() == "access-another"
    assert await processes.opened(1) == "access-another"


async def test_disconnected_meanwhile_there_is_nothing_to_open(processes):
    await processes.connect(ending(10))
    row = await processes.row()
    async with processes.database.transaction() as tx:
        await calendars.disconnect(tx, TEAM, ANA)
    with pytest.raises(CalendarRefused, match="not_connected"):
        await processes.accesses[0].account(row)
    assert processes.provider.calls == []


async def test_a_provider_that_was_switched_off(processes):
    await processes.connect(ending(10), provider="other")
    with pytest.raises(CalendarRefused, match="not_offered"):
        await processes.opened()
