"""Telling what cannot wait when Slack, the bot or the clock is against it."""

from datetime import UTC, datetime

import pytest

from bot.services.urgent_telling import MAX_ATTEMPTS
from sandbox import Fault
from tests.scenarios.urgency import (
    MONDAY_OPENING,
    a_night,
    declared,
    retry_now,
    said_to,
    team_with,
    urgents,
)

pytestmark = pytest.mark.slow

SUNDAY_NIGHT = datetime(2026, 10, 25, 2, 14, tzinfo=UTC)
"""03:14 in Vienna."""


@pytest.fixture
async def night(any_office):
    return await a_night(any_office)


async def test_a_lost_answer_does_not_tell_twice(night):
    night.sandbox.faults.add("chat.postMessage", Fault.drop_answer())
    await declared(night, line="once")
    assert [row["state"] for row in await urgents(night)] == ["telling"]
    await retry_now(night)
    assert len(said_to(night, night.ana)) == 1
    assert [row["state"] for row in await urgents(night)] == ["told"]


async def test_where_nobody_can_look_it_is_said_again(night):
    night.sandbox.faults.add("chat.postMessage", Fault.drop_answer())
    await declared(night)
    night.sandbox.faults.add("conversations.history", Fault.error("missing_scope"))
    await retry_now(night)
    assert len(said_to(night, night.ana)) == 2


async def test_slack_asks_to_wait_and_is_obeyed(night):
    night.sandbox.faults.add("chat.postMessage", Fault.rate_limited(60))
    await declared(night)
    (row,) = await urgents(night, "state, retry_at > 0 AS waits")
    assert (row["state"], bool(row["waits"])) == ("due", True)
    assert said_to(night, night.ana) == []
    await retry_now(night)
    assert len(said_to(night, night.ana)) == 1


async def test_what_slack_refuses_is_said_to_the_author(night):
    refusal = Fault.error("cannot_dm_bot").only_when(lambda given: "cannot wait" in given["text"])
    night.sandbox.faults.add("chat.postMessage", refusal)
    await declared(night, line="gone with it")
    assert await urgents(night, "state, code, sealed_line") == [
        {"state": "refused", "code": "cannot_dm_bot", "sealed_line": None}
    ]
    assert said_to(night, night.bo) == [
        "ana could not be told: apps cannot be written to. Please call, or ask somebody else."
    ]
    await night.at(MONDAY_OPENING)
    assert "verdict" not in str(night.sandbox.messages(night.sandbox.dm(night.app, night.ana).id))


async def test_trouble_with_the_bots_own_token_is_waited_out_for_an_hour(night):
    night.sandbox.faults.add("chat.postMessage", Fault.error("invalid_auth", times=None))
    await declared(night)
    assert [row["state"] for row in await urgents(night)] == ["due"]
    async with night.bot.database.transaction() as tx:
        await tx.exec_driver_sql(f"UPDATE urgents SET attempts = {MAX_ATTEMPTS - 1}")
    await retry_now(night)
    assert await urgents(night, "state, code") == [{"state": "refused", "code": "no_answer"}]


async def test_where_the_app_cannot_see_the_message_it_is_told_without_a_link(night):
    refusal = Fault.error("channel_not_found")
    night.sandbox.faults.add("chat.getPermalink", refusal)
    await declared(night)
    (told,) = said_to(night, night.ana)
    author = f"<@{night.bo.id}>"
    assert (
        told
        == f"{author} says this cannot wait (a service is down): see your messages from {author}"
    )


async def test_a_line_that_cannot_be_opened_delays_nothing(night):
    night.sandbox.faults.add("conversations.open", Fault.rate_limited(60))
    await declared(night, line="sealed with a key that is gone")
    other = "x'00'" if night.bot.database.is_sqlite else "'x'::bytea"
    async with night.bot.database.transaction() as tx:
        await tx.exec_driver_sql(f"UPDATE urgents SET sealed_line = {other}")
    await retry_now(night)
    (told,) = said_to(night, night.ana)
    assert told.endswith("|see the message>")


async def test_the_author_hears_once_when_everybody_was_told(night):
    night.sandbox.faults.add("chat.postMessage", Fault.rate_limited(60))
    await declared(night, text="down, @ana @dan")
    assert said_to(night, night.bo) == []
    await retry_now(night)
    (heard,) = said_to(night, night.bo)
    assert heard.count("was told") == 2


async def test_what_could_not_be_said_in_time_wakes_nobody_and_the_author_hears_it(night):
    night.sandbox.faults.add("conversations.open", Fault.rate_limited(60))
    await declared(night, line="long over")
    night.clock.set(SUNDAY_NIGHT)
    await retry_now(night)
    assert said_to(night, night.ana) == []
    assert await urgents(night, "state, code, sealed_line") == [
        {"state": "refused", "code": "no_answer", "sealed_line": None}
    ]
    (heard,) = said_to(night, night.bo)
    assert heard.startswith("ana could not be told: the message could not be delivered")


async def test_what_is_out_but_not_known_to_be_counts_as_told_however_late(night):
    night.sandbox.faults.add("chat.postMessage", Fault.drop_answer())
    await declared(night)
    night.clock.set(SUNDAY_NIGHT)
    await retry_now(night)
    assert [row["state"] for row in await urgents(night)] == ["told"]
    assert len(said_to(night, night.ana)) == 1


async def test_what_may_be_out_and_is_not_is_not_said_so_late(night):
    night.sandbox.faults.add("chat.postMessage", Fault.drop_request())
    await declared(night)
    assert [row["state"] for row in await urgents(night)] == ["telling"]
    night.clock.set(SUNDAY_NIGHT)
    await retry_now(night)
    assert await urgents(night, "state, code") == [{"state": "refused", "code": "no_answer"}]
    assert said_to(night, night.ana) == []


async def test_what_breaks_every_time_ends_too(night):
    """A workspace that is not there any more, of which no removal was heard."""
    night.sandbox.faults.add("conversations.open", Fault.rate_limited(60))
    await declared(night)
    async with night.bot.database.transaction() as tx:
        await tx.exec_driver_sql(
            f"UPDATE urgents SET workspace_id = 'T0GONE', attempts = {MAX_ATTEMPTS - 2}"
        )
    await retry_now(night)
    assert [row["state"] for row in await urgents(night)] == ["due"]
    await retry_now(night)
    assert await urgents(night, "state, code") == [{"state": "refused", "code": "no_answer"}]


async def test_after_a_removal_nobody_is_told_and_no_line_is_kept(night):
    await team_with(night, night.cleo)
    night.sandbox.faults.add("conversations.open", Fault.rate_limited(60))
    await declared(night, text="down, @ana @dan", line="the secret line")
    assert sorted(row["state"] for row in await urgents(night)) == ["along", "due"]
    await night.bot.services.lifecycle.uninstalled("T0SANDBOX")
    ended = {"state": "refused", "code": "app_uninstalled", "sealed_line": None}
    assert await urgents(night, "state, code, sealed_line") == [ended] * 2
    async with night.bot.database.transaction() as tx:
        await tx.exec_driver_sql("UPDATE workspaces SET uninstalled_at = NULL")
    await night.bot.services.directory.refresh()
    await retry_now(night)
    assert said_to(night, night.cleo) == []


async def test_what_was_declared_while_the_app_went_is_not_taken(night):
    night.sandbox.faults.add("conversations.open", Fault.rate_limited(60))
    await declared(night)
    async with night.bot.database.transaction() as tx:
        await tx.exec_driver_sql("UPDATE workspaces SET uninstalled_at = 1")
    await retry_now(night)
    assert await urgents(night, "state, attempts") == [{"state": "due", "attempts": 1}]
