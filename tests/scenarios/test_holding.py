"""A message is written now and delivered when its reader is back."""

import asyncio
from datetime import UTC, datetime

import pytest

from bot.storage import people
from sandbox import Fault
from tests.conftest import enrolled

pytestmark = pytest.mark.slow

MONDAY_OPENING = datetime(2026, 10, 26, 8, 0, tzinfo=UTC)
"""09:00 in Vienna, after the clocks went back."""


@pytest.fixture
async def two(any_office):
    office = any_office
    ana = office.sandbox.add_user("ana", "Europe/Vienna")
    bo = office.sandbox.add_user("bo", "Europe/Lisbon")
    office.room = office.sandbox.add_channel("design", [ana, bo, office.app])
    await enrolled(office, ana)
    await enrolled(office, bo, "mon-fri 10-23")
    return office, ana, bo


def bot_dm(office, person):
    return [m.text for m in office.sandbox.messages(office.sandbox.dm(office.app, person).id)]


async def states(office):
    return [
        row["state"]
        for row in await office.rows("SELECT state FROM held_messages ORDER BY created_at")
    ]


async def test_later_is_delivered_at_the_opening_and_the_text_is_gone(two):
    office, ana, bo = two
    said = await bo.command("/later", "@ana Can you look at the *draft*?", office.room)
    assert "Held for" in said.text
    assert "Mon 09:00" in said.text
    assert "Mon 09:00 their time (08:00 for you)" in said.text  # for Bo in Lisbon
    sealed = (await office.rows("SELECT sealed FROM held_messages"))[0]["sealed"]
    assert b"draft" not in bytes(sealed)
    await office.at(datetime(2026, 10, 26, 7, 59, 59, tzinfo=UTC))
    assert bot_dm(office, ana) == []
    await office.at(MONDAY_OPENING)
    (text,) = bot_dm(office, ana)
    assert text.endswith("Can you look at the *draft*?")
    assert f"<@{bo.id}> wrote on Fri 23 Oct 22:14" in text
    assert await office.rows("SELECT state, sealed FROM held_messages") == [
        {"state": "released", "sealed": None}
    ]
    outcomes = await office.rows("SELECT outcome, recipient_id FROM contacts")
    assert outcomes == [{"outcome": "averted", "recipient_id": ana.id}]


async def test_a_holiday_taken_later_moves_the_delivery(two):
    office, ana, bo = two
    await bo.command("/later", "@ana hello", office.room)
    async with office.bot.database.transaction() as tx:
        await people.save(tx, "T0SANDBOX", ana.id, {"region": "AT"})
    await office.at(MONDAY_OPENING)  # Austria's national holiday
    assert bot_dm(office, ana) == []
    await office.at(datetime(2026, 10, 27, 8, 0, tzinfo=UTC))
    assert len(bot_dm(office, ana)) == 1


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("", "nothing waiting"),
        ("hello", "Whom is it for?"),
        ("@ana", "There is no text yet"),
        ("@ghost hi", "I could not tell whom"),
        ("@bo hi", "That is you. Name somebody else: `/later @ana"),
        ("#general hi", "A channel needs the shortcut “Send when they’re back”"),
        ("send", "by its number"),
        ("cancel 3", "There is no number 3"),
    ],
)
async def test_what_was_not_understood_is_said(two, text, answer):
    office, _, bo = two
    said = await bo.command("/later", text, office.room)
    assert answer in said.text
    assert await office.rows("SELECT id FROM held_messages") == []


async def test_somebody_at_work_can_be_written_to_directly(two):
    office, _, bo = two
    office.clock.set(datetime(2026, 10, 23, 9, 0, tzinfo=UTC))
    said = await bo.command("/later", "@ana are you there?", office.room)
    assert "working now" in said.text
    assert "More examples" not in said.text
    assert said.text.splitlines()[1].endswith("> are you there?"), "the text is handed back"


async def test_list_send_and_cancel(two):
    office, ana, bo = two
    await bo.command("/later", "@ana first", office.room)
    await bo.command("/later", "@ana second", office.room)
    listed = await bo.command("/later", "list", office.room)
    assert f"1. for <@{ana.id}>, Mon 09:00 their time (08:00 for you)" in listed.text
    assert "2. for" in listed.text
    assert "first" in (await bo.command("/later", "cancel 1", office.room)).text
    sent = await bo.command("/later", "send 1", office.room)
    assert f"Sent now. It is 22:14 for <@{ana.id}>; no reply is expected before Mon" in sent.text
    await office.settle()
    assert [text[-6:] for text in bot_dm(office, ana)] == ["second"]
    assert await states(office) == ["cancelled", "released"]


async def test_the_lost_answer_of_a_post_does_not_post_twice(two):
    office, ana, bo = two
    await bo.command("/later", "@ana once", office.room)
    office.sandbox.faults.add("chat.postMessage", Fault.drop_answer(times=1))
    await office.at(MONDAY_OPENING)
    assert await states(office) == ["releasing"]
    async with office.bot.database.transaction() as tx:
        await tx.exec_driver_sql("UPDATE held_messages SET retry_at = 0, lease_until = 0")
    await office.settle()
    assert len(bot_dm(office, ana)) == 1
    assert await states(office) == ["released"]


async def test_what_cannot_be_delivered_comes_back_to_its_author(two):
    office, _, bo = two
    await bo.command("/later", "@ana lost?", office.room)
    refusal = Fault.error("cannot_dm_bot")
    office.sandbox.faults.add("chat.postMessage", refusal)
    await office.at(MONDAY_OPENING)
    office.sandbox.faults.clear()
    await office.at(datetime(2026, 10, 26, 10, 0, tzinfo=UTC))  # 10:00 in Lisbon, Bo's opening
    (text,) = bot_dm(office, bo)
    assert "could not be delivered" in text
    assert text.endswith("lost?")
    assert await states(office) == ["returned"]


async def test_remind_leaves_the_message_and_brings_its_link(two):
    office, ana, bo = two
    await bo.post(office.room, "see this, @ana")
    await office.settle()
    flag = office.sandbox.messages(office.room.id, as_seen_by=bo)[-1]
    assert "Remind ana Mon 09:00" in str(flag.blocks)
    await bo.click(flag, "flag_remind")
    shown = office.sandbox.messages(office.room.id, as_seen_by=bo)[-1]
    assert "gets a link" in shown.text
    await office.at(MONDAY_OPENING)
    (text,) = bot_dm(office, ana)
    assert "see the message" in text
    assert await office.rows("SELECT response FROM notices WHERE kind = 'flag'") == [
        {"response": "reminded"}
    ]


async def test_hold_takes_the_message_back_and_posts_it_as_its_author(two):
    office, _, bo = two
    token = office.sandbox.grant(office.app, bo, ["chat:write", "channels:history", "im:write"])
    await office.bot.services.granting.keep("T0SANDBOX", bo.id, token, frozenset({"chat:write"}))
    await bo.post(office.room, "please *look*, @ana")
    await office.settle()
    flag = office.sandbox.messages(office.room.id, as_seen_by=bo)[-1]
    assert "Hold until Mon 09:00" in str(flag.blocks)
    await bo.click(flag, "flag_hold")
    await office.settle()
    assert office.sandbox.messages(office.room.id) == []
    assert (await office.rows("SELECT outcome FROM contacts")) == [{"outcome": "averted"}]
    await office.at(MONDAY_OPENING)
    (message,) = office.sandbox.messages(office.room.id)
    assert message.user == bo.id
    assert "look" in message.text
    assert len(await office.rows("SELECT * FROM contacts")) == 1  # our own post is not judged


async def test_urgent_asks_for_a_reason_and_counts_as_urgent(two):
    office, _, bo = two
    await bo.post(office.room, "the site is down, @ana")
    await office.settle()
    flag = office.sandbox.messages(office.room.id, as_seen_by=bo)[-1]
    answer = await bo.click(flag, "flag_urgent")
    await bo.submit(answer.view, {"reason": "outage"})
    assert await office.rows("SELECT outcome, reason FROM contacts") == [
        {"outcome": "urgent", "reason": "outage"}
    ]
    assert "Noted as urgent" in office.sandbox.messages(office.room.id, as_seen_by=bo)[-1].text


@pytest.mark.parametrize(
    ("action_id", "response", "said"),
    [("flag_leave", "left", "Left as it is"), ("flag_not_useful", "not_useful", "Thank you")],
)
async def test_the_other_buttons_are_kept_and_answered(two, action_id, response, said):
    office, _, bo = two
    await bo.post(office.room, "hm, @ana")
    await office.settle()
    await bo.click(office.sandbox.messages(office.room.id, as_seen_by=bo)[-1], action_id)
    assert said in office.sandbox.messages(office.room.id, as_seen_by=bo)[-1].text
    assert await office.rows("SELECT response FROM notices WHERE kind = 'flag'") == [
        {"response": response}
    ]


async def test_the_shortcut_keeps_rich_text(two):
    office, ana, bo = two
    opened = await bo.shortcut("send_later")
    rich = {
        "type": "rich_text",
        "elements": [
            {
                "type": "rich_text_section",
                "elements": [
                    {"type": "text", "text": "bold", "style": {"bold": True}},
                    {"type": "text", "text": " and plain"},
                ],
            }
        ],
    }
    receipt = await bo.submit(opened.view, {"people": [ana.id], "message": rich})
    assert "Held for" in str(receipt.view.blocks)
    await office.at(MONDAY_OPENING)
    (message,) = office.sandbox.messages(office.sandbox.dm(office.app, ana).id)
    assert message.text.endswith("*bold* and plain")
    assert message.blocks[1]["elements"][0]["elements"] == rich["elements"][0]["elements"]


async def test_the_message_shortcut_answers_in_the_thread(two):
    office, ana, bo = two
    office.clock.set(datetime(2026, 10, 23, 14, 0, tzinfo=UTC))
    question = await ana.post(office.room, "any news?")
    office.clock.set(datetime(2026, 10, 23, 20, 14, tzinfo=UTC))
    opened = await bo.message_shortcut("reply_later", question)
    await bo.submit(opened.view, {"message": "Yes, good news."})
    await office.at(MONDAY_OPENING)
    replies = [
        m
        for m in office.sandbox.messages(office.room.id)
        if m.thread_ts == question.ts and m.ts != question.ts
    ]
    assert len(replies) == 1
    assert f"<@{ana.id}>" in replies[0].text


async def test_trouble_with_the_bots_own_token_is_an_outage_and_loses_nothing(two):
    office, ana, bo = two
    await bo.command("/later", "@ana keep me", office.room)
    office.sandbox.faults.add("chat.postMessage", Fault.error("invalid_auth", times=None))
    await office.at(MONDAY_OPENING)
    kept = await office.rows("SELECT state FROM held_messages WHERE sealed IS NOT NULL")
    assert kept == [{"state": "held"}]
    office.sandbox.faults.clear()
    await retry_now(office)
    assert len(bot_dm(office, ana)) == 1


async def retry_now(office):
    """Let waits and leases, which follow the machine's clock, run out."""
    async with office.bot.database.transaction() as tx:
        await tx.exec_driver_sql("UPDATE held_messages SET retry_at = 0, lease_until = 0")
    await office.settle()


async def test_a_limit_met_while_looking_does_not_post_twice(two):
    office, ana, bo = two
    await bo.command("/later", "@ana once", office.room)
    office.sandbox.faults.add("chat.postMessage", Fault.drop_answer())
    await office.at(MONDAY_OPENING)
    office.sandbox.faults.add("conversations.history", Fault.rate_limited(30))
    await retry_now(office)
    assert await states(office) == ["releasing"]
    await retry_now(office)
    assert len(bot_dm(office, ana)) == 1
    assert await states(office) == ["released"]


async def test_a_post_that_failed_in_the_morning_is_not_made_up_for_at_night(two):
    office, ana, bo = two
    await bo.command("/later", "@ana not at night", office.room)
    office.sandbox.faults.add("chat.postMessage", Fault.drop_request())
    await office.at(MONDAY_OPENING)
    office.clock.set(datetime(2026, 10, 27, 2, 0, tzinfo=UTC))
    await retry_now(office)
    assert bot_dm(office, ana) == []
    await office.at(datetime(2026, 10, 27, 8, 0, tzinfo=UTC))
    assert len(bot_dm(office, ana)) == 1


async def test_one_broken_hold_does_not_stop_the_others(two):
    office, ana, bo = two
    cy = office.sandbox.add_user("cy", "Europe/Vienna")
    await enrolled(office, cy)
    await bo.command("/later", "@cy broken", office.room)
    await bo.command("/later", "@ana fine", office.room)
    async with office.bot.database.transaction() as tx:
        await tx.exec_driver_sql(
            "UPDATE held_messages SET sealed = created_at || '' WHERE lane = 'dm:" + cy.id + "'"
            if office.bot.database.is_sqlite
            else f"UPDATE held_messages SET sealed = 'x'::bytea WHERE lane = 'dm:{cy.id}'"
        )
    await office.at(MONDAY_OPENING)
    assert len(bot_dm(office, ana)) == 1
    assert sorted(await states(office)) == ["held", "released"]


async def test_two_clicks_hold_once(two):
    office, _, bo = two
    await bo.post(office.room, "see this, @ana")
    await office.settle()
    flag = office.sandbox.messages(office.room.id, as_seen_by=bo)[-1]
    await asyncio.gather(bo.click(flag, "flag_remind"), bo.click(flag, "flag_remind"))
    assert await states(office) == ["held"]


async def test_a_lost_answer_to_the_deletion_and_then_no_permission_loses_nothing(two):
    office, _, bo = two
    token = office.sandbox.grant(office.app, bo, ["chat:write", "channels:history", "im:write"])
    await office.bot.services.granting.keep("T0SANDBOX", bo.id, token, frozenset({"chat:write"}))
    await bo.post(office.room, "please look, @ana")
    await office.settle()
    flag = office.sandbox.messages(office.room.id, as_seen_by=bo)[-1]
    office.sandbox.faults.add("chat.delete", Fault.drop_answer())
    await bo.click(flag, "flag_hold")
    assert office.sandbox.messages(office.room.id) == []
    office.sandbox.revoke(office.app, bo)
    await office.settle()
    await retry_now(office)
    assert await states(office) == ["held"]
    await office.at(MONDAY_OPENING)
    (message,) = office.sandbox.messages(office.room.id)
    assert "please look" in message.text


async def test_sending_now_counts_whom_it_reaches(two):
    office, _, bo = two
    await bo.command("/later", "@ana now", office.room)
    await bo.command("/later", "send 1", office.room)
    await office.settle()
    assert await office.rows("SELECT outcome, reason FROM contacts") == [
        {"outcome": "breach", "reason": "sent_now"}
    ]


async def test_what_was_typed_survives_an_edit(two):
    office, ana, bo = two
    await bo.command("/later", "@ana Q&A with @bo <soon>", office.room)
    opened = await bo.command("/later", "edit 1", office.room)
    shown = next(b for b in opened.view.blocks if b.get("block_id") == "message")
    await bo.submit(opened.view, {"message": shown["element"]["initial_value"]})
    await office.at(MONDAY_OPENING)
    (text,) = bot_dm(office, ana)
    assert text.endswith(f"Q&amp;A with <@{bo.id}> &lt;soon&gt;")
