"""Saying what is queued: each notice once, by whoever has it, and only kinds that are known."""

import msgspec
import pytest
from slack_sdk.web.async_client import AsyncWebClient

from bot.domain.notices import Welcome
from bot.services.directory import Directory
from bot.services.notices import Notices
from bot.slack.messenger import SlackMessenger, new_session
from bot.storage import notices
from bot.storage.database import Database
from bot.storage.notices import NoticeRow
from tests.conftest import enrolled

SLOW_S = 200
"""A preparation of twenty calls that take ten seconds each."""


class Desk:
    """A workspace whose bot has stopped; its replicas are run by hand."""

    def __init__(self, office, database, messenger, ana):
        self.office, self.database, self.ana = office, database, ana
        self._messenger = messenger
        self._directory = Directory(database, office.clock)

    async def queue(self, kind="welcome"):
        """One notice to Ana, who is at work; it is due."""
        now = self._directory.now()
        payload = msgspec.json.encode(Welcome(self.ana.id, "UTC", "mon-fri 9-17", None, None))
        row = NoticeRow(
            "n1", "T0SANDBOX", kind, self.ana.id, "", "1.0", payload.decode(), now + 600, 0
        )
        async with self.database.transaction() as tx:
            await notices.add(tx, row, due_at=now, day="2026-10-23")

    async def run(self, prepare=None):
        """One replica does what is due; ``prepare`` comes before a welcome is said."""
        prepared = {"welcome": prepare} if prepare else {}
        replica = Notices(self.database, self._directory, self._messenger, prepared)
        return await replica.run_due()

    async def pass_s(self, seconds):
        """So much time has passed for every claim."""
        async with self.database.transaction() as tx:
            await tx.exec_driver_sql(f"UPDATE notices SET lease_until = lease_until - {seconds}")

    async def rows(self):
        """What became of the notices: status and attempts."""
        async with self.database.reading() as tx:
            found = await tx.exec_driver_sql("SELECT status, attempts FROM notices")
            return [tuple(row) for row in found]

    def said(self):
        """How often Ana was written to."""
        return len(
            self.office.sandbox.messages(self.office.sandbox.dm(self.office.app, self.ana).id)
        )


@pytest.fixture
async def desk(office):
    ana = office.sandbox.add_user("ana", "Europe/Vienna")
    await enrolled(office, ana, "mon-sun 0-24")
    await office.settle()
    await office.bot.stop()
    database, session = Database(office.settings.database.url), await new_session()
    client = AsyncWebClient(base_url=office.sandbox.api_url, session=session, retry_handlers=[])
    yield Desk(office, database, SlackMessenger(client, office.app.bot_token), ana)
    await session.close()
    await database.close()


async def test_a_slow_preparation_is_not_begun_again_by_another_replica(desk):
    await desk.queue()
    begun = []

    async def at_once(_row, notice):
        begun.append("again")
        return notice

    async def slowly(_row, notice):
        begun.append("slowly")
        await desk.pass_s(SLOW_S)
        await desk.run(at_once)
        return notice

    await desk.run(slowly)
    assert begun == ["slowly"]
    assert desk.said() == 1
    assert await desk.rows() == [("sent", 1)]


@pytest.mark.parametrize("finds", [True, False])
async def test_what_another_replica_took_over_meanwhile_is_said_once(desk, finds):
    """Also when the slow one found that nothing was to be said."""
    await desk.queue()

    async def at_once(_row, notice):
        return notice

    async def too_slowly(_row, notice):
        await desk.pass_s(10 * SLOW_S)
        await desk.run(at_once)
        return notice if finds else None

    await desk.run(too_slowly)
    assert desk.said() == 1
    assert await desk.rows() == [("sent", 2)]


async def test_what_a_newer_release_queued_is_left_to_it(desk):
    await desk.queue(kind="of_tomorrow")
    assert await desk.run() == 0
    assert await desk.rows() == [("due", 0)]
    assert desk.said() == 0
