"""Who is reached: whole channels and large groups, kinds of messages, guests and strangers."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from sandbox import Fault
from tests.conftest import FRIDAY_NIGHT, enrolled

pytestmark = pytest.mark.slow

WORKSPACE = "T0SANDBOX"
AUDIENCES = "SELECT audience, author_id, working, quiet, off, hours_unknown FROM audiences"


@pytest.fixture
async def room(office):
    """Ana (Vienna, 9 to 5) and Bo (Lisbon) in #design, on Friday at 22:14 in Vienna."""
    office.ana = office.sandbox.add_user("ana", "Europe/Vienna")
    office.bo = office.sandbox.add_user("bo", "Europe/Lisbon")
    office.room = office.sandbox.add_channel("design", [office.ana, office.bo, office.app])
    await enrolled(office, office.ana)
    await office.settle()
    return office


async def crowd(office):
    """Four more: at work, in quiet time, hours unknown, gone; and three who do not count."""
    people = {
        name: office.sandbox.add_user(name, "Europe/Vienna") for name in ("cy", "di", "eva", "fay")
    }
    for person in people.values():
        await person.join(office.room)
    await enrolled(office, people["cy"], "every day 9-24")
    await enrolled(office, people["di"], "every day 9-24")
    await people["di"].command("/quiet", "every day 22-23")
    await enrolled(office, people["fay"])
    await people["fay"].deactivate()
    await office.sandbox.add_stranger("zoe", "Asia/Tokyo").join(office.room)
    await office.sandbox.add_user("helper", "Europe/Vienna", is_bot=True).join(office.room)
    await office.settle()
    return people


async def group(office, size, handle="all"):
    """A user group of Ana and so many more."""
    others = [office.sandbox.add_user(f"one{n}", "Europe/Vienna") for n in range(size - 1)]
    made = office.sandbox.add_usergroup(handle, "Everybody", [office.ana, *others])
    await office.settle()
    return made


def hints(office, person=None, channel=None):
    """What the author alone was shown, as messages."""
    seen = office.sandbox.messages((channel or office.room).id, as_seen_by=person or office.bo)
    return [message for message in seen if message.ephemeral]


def text(message):
    return message.blocks[0]["text"]["text"]


def buttons(message):
    return [
        element["action_id"]
        for block in message.blocks
        if block["type"] == "actions"
        for element in block["elements"]
    ]


async def contacts(office):
    return await office.rows("SELECT recipient_id, kind FROM contacts ORDER BY 1")


async def notices(office):
    return await office.rows("SELECT kind, status, response FROM notices WHERE kind != 'return'")


async def counts(office):
    (row,) = await office.rows("SELECT * FROM message_counts")
    return row


async def test_a_whole_channel_is_one_row_and_one_line(room):
    await crowd(room)
    await room.bo.post(room.room, "@channel the build is green")
    await room.settle()
    assert await room.rows(AUDIENCES) == [
        {
            "audience": "channel",
            "author_id": room.bo.id,
            "working": 1,
            "quiet": 1,
            "off": 1,
            "hours_unknown": 1,
        }
    ]
    (hint,) = hints(room)
    assert text(hint) == (
        "This reaches 4 people: 1 is off now, 1 is in quiet time. The hours of 1 are not known."
    )
    assert buttons(hint) == ["audience_leave", "audience_not_useful"]
    assert await contacts(room) == []
    await room.bot.services.screening.flush_counts()
    found = await counts(room)
    assert (found["messages"], found["reached"], found["broadcasts"]) == (1, 1, 1)
    assert (found["hours_unknown"], found["unresolved"]) == (0, 0)
    assert await room.rows("SELECT * FROM unresolved") == []


async def test_who_is_also_named_is_judged_as_a_person(room):
    await crowd(room)
    await room.bo.post(room.room, "@channel and first of all @ana")
    await room.settle()
    assert await contacts(room) == [{"recipient_id": room.ana.id, "kind": "mention"}]
    ((row),) = await room.rows(AUDIENCES)
    assert (row["working"], row["quiet"], row["off"], row["hours_unknown"]) == (1, 1, 0, 1)
    (hint,) = hints(room)
    assert "22:14 for ana" in text(hint), "one message makes one notice, and the person is named"
    assert [(each["kind"], each["status"]) for each in await notices(room)] == [
        ("flag", "sent"),
        ("audience", "capped"),
    ]


async def test_everyone_and_a_large_group_are_audiences_too(room):
    large = await group(room, 51)
    await room.bo.post(room.room, "@everyone welcome")
    hall = room.sandbox.add_channel("hall", [room.ana, room.bo, room.app])
    await room.bo.post(hall, f"<!subteam^{large.id}> lunch")
    await room.settle()
    found = {row["audience"]: row for row in await room.rows(AUDIENCES)}
    assert found["everyone"]["off"] == 1
    assert (found[large.id]["off"], found[large.id]["hours_unknown"]) == (1, 50)
    assert text(hints(room, channel=hall)[0]).startswith("This reaches 51 people: 1 is off now.")
    assert await contacts(room) == []


async def test_a_small_group_is_people_and_an_unknown_one_is_looked_up(room):
    made = await group(room, 3, "crew")
    await room.bo.post(room.room, f"<!subteam^{made.id}> lunch")
    await room.settle()
    assert await contacts(room) == [{"recipient_id": room.ana.id, "kind": "group"}]
    assert await room.rows(AUDIENCES) == []


async def test_an_audience_is_told_of_once_until_half_of_it_is_back(room):
    for word in ("one", "two"):
        await room.bo.post(room.room, f"@channel {word}")
        await room.settle()
    assert len(hints(room)) == 1
    assert len(await room.rows(AUDIENCES)) == 2
    assert len(room.sandbox.calls_to("conversations.members")) == 1, "asked again after minutes"
    await room.at(datetime(2026, 10, 26, 20, 0, tzinfo=UTC))
    await room.bo.post(room.room, "@channel three")
    await room.settle()
    assert len(hints(room)) == 2


async def test_flags_and_lines_share_the_daily_cap(room):
    await room.bot.services.policies.apply_file(WORKSPACE, {"notices_per_day": 2})
    for number in range(3):
        other = room.sandbox.add_channel(f"room{number}", [room.ana, room.bo, room.app])
        await room.bo.post(other, "@ana hi" if number == 0 else "@channel hi")
    await room.settle()
    assert sorted(row["status"] for row in await notices(room)) == ["capped", "sent", "sent"]


async def test_the_whole_channel_at_work_is_no_news(room):
    await room.at(datetime(2026, 10, 23, 9, 0, tzinfo=UTC))
    await room.bo.post(room.room, "@channel good morning")
    await room.settle()
    ((row),) = await room.rows(AUDIENCES)
    assert (row["working"], row["off"]) == (1, 0)
    assert hints(room) == []
    assert await notices(room) == []


@pytest.mark.parametrize("policy", [{"mode": "observe"}, {"exempt_channels": ["C"]}])
async def test_nobody_is_told_where_nobody_is_to_be_told(room, policy):
    if "exempt_channels" in policy:
        policy = {"exempt_channels": [room.room.id]}
    await room.bot.services.policies.apply_file(WORKSPACE, policy)
    await room.bo.post(room.room, "@channel fire drill")
    await room.settle()
    assert [row["off"] for row in await room.rows(AUDIENCES)] == [1]
    assert await notices(room) == []


async def test_who_is_here_counts_in_coverage_only(room):
    await room.bo.post(room.room, "@here anybody?")
    await room.settle()
    assert await room.rows(AUDIENCES) == []
    await room.bot.services.screening.flush_counts()
    assert (await counts(room))["broadcasts"] == 1
    assert room.sandbox.calls_to("conversations.members") == []


@pytest.mark.parametrize(
    ("button", "response", "words"),
    [
        ("audience_leave", "left", "Left as it is. Nobody is expected to answer"),
        ("audience_not_useful", "not_useful", "Noted as not useful"),
    ],
)
async def test_the_line_can_be_answered(room, button, response, words):
    await room.bo.post(room.room, "@channel hello")
    await room.settle()
    (hint,) = hints(room)
    await room.bo.click(hint, button)
    assert words in room.bo.answers[-1].text
    assert [row["response"] for row in await notices(room)] == [response]


async def look_again(office):
    """As if the wait for another look were over."""
    async with office.bot.database.transaction() as tx:
        await tx.exec_driver_sql("UPDATE unresolved SET lease_until = 0")
    await office.settle()


async def test_an_audience_that_is_known_too_late_is_recorded_and_not_told(room):
    room.sandbox.faults.add("conversations.members", Fault.rate_limited(60))
    await room.bo.post(room.room, "@channel hello")
    await room.settle()
    assert await room.rows(AUDIENCES) == []
    room.clock.advance(timedelta(minutes=11))
    await look_again(room)
    assert len(await room.rows(AUDIENCES)) == 1
    assert await notices(room) == []


@pytest.mark.parametrize(
    "fault", [Fault.status(503, times=None), Fault.rate_limited(60, times=None)]
)
async def test_what_slack_never_tells_is_given_up_and_counted(room, fault):
    """The people who are named are judged all the same."""
    room.sandbox.faults.add("conversations.members", fault)
    await room.bo.post(room.room, "@channel hello @ana")
    await room.settle()
    assert await contacts(room) == []
    async with room.bot.database.transaction() as tx:
        await tx.exec_driver_sql("UPDATE unresolved SET attempts = 11")
    await look_again(room)
    assert await contacts(room) == [{"recipient_id": room.ana.id, "kind": "mention"}]
    assert await room.rows("SELECT * FROM unresolved") == []
    await room.bot.services.screening.flush_counts()
    assert (await counts(room))["unresolved"] == 1
    assert len(hints(room)) == 1


async def test_what_slack_refuses_to_tell_is_not_asked_again(room):
    room.sandbox.faults.add("conversations.members", Fault.error("missing_scope"))
    await room.bo.post(room.room, "@channel hello @ana")
    await room.settle()
    assert len(await contacts(room)) == 1
    assert len(room.sandbox.calls_to("conversations.members")) == 1
    await room.bot.services.screening.flush_counts()
    assert (await counts(room))["unresolved"] == 1


async def test_a_row_of_the_last_release_is_still_understood(room):
    message = {
        "workspace_id": WORKSPACE,
        "channel_id": room.room.id,
        "channel_type": "channel",
        "ts": f"{int(FRIDAY_NIGHT.timestamp())}.000100",
        "author_id": room.bo.id,
        "mentions": [room.ana.id],
    }
    async with room.bot.database.transaction() as tx:
        await tx.exec_driver_sql(
            "INSERT INTO unresolved (workspace_id, channel_id, ts, message, due_at) "
            "VALUES (?, ?, ?, ?, 1)",
            (WORKSPACE, room.room.id, message["ts"], json.dumps(message)),
        )
    await room.settle()
    assert len(await contacts(room)) == 1


async def test_a_row_nobody_understands_ends_too(room):
    async with room.bot.database.transaction() as tx:
        await tx.exec_driver_sql(
            "INSERT INTO unresolved (workspace_id, channel_id, ts, message, due_at, attempts) "
            "VALUES ('T0SANDBOX', 'C1', '1.0', 'nothing', 1, 11)"
        )
    await room.settle()
    assert await room.rows("SELECT * FROM unresolved") == []


# Kinds of messages, each as Slack sends it.


@pytest.fixture
async def question(room):
    """Ana asked something during the day."""
    room.clock.set(datetime(2026, 10, 23, 10, 0, tzinfo=UTC))
    asked = await room.ana.post(room.room, "who knows?")
    await room.at(FRIDAY_NIGHT)
    return asked


async def test_a_reply_reaches_who_opened_the_thread_and_who_was_seen_in_it(room, question):
    cy = room.sandbox.add_user("cy", "Europe/Vienna")
    await enrolled(room, cy)
    await cy.join(room.room)
    await cy.reply(question, "not me")
    await room.settle()
    await room.bo.reply(question, "I do")
    await room.settle()
    assert {row["recipient_id"] for row in await contacts(room)} == {room.ana.id, cy.id}


async def test_a_reply_that_is_also_shown_in_the_channel_is_one_contact(room, question):
    room.sandbox.faults.add("event", Fault.duplicate())
    message = await room.bo.reply(question, "I do, @ana", broadcast=True)
    plain = {
        "type": "message",
        "channel": room.room.id,
        "channel_type": "channel",
        "user": room.bo.id,
        "text": "I do",
        "ts": message.ts,
        "thread_ts": question.ts,
        "parent_user_id": room.ana.id,
    }
    assert await deliver(room, plain) == 200
    await room.settle()
    assert await contacts(room) == [{"recipient_id": room.ana.id, "kind": "mention"}]
    assert len(hints(room)) == 1


async def deliver(office, event, **outer):
    """One signed event; returns the status."""
    body = {"type": "event_callback", "team_id": WORKSPACE, "event": event, "event_id": "Ev1"}
    status, _ = await office.sandbox.deliver_raw(office.app, json.dumps(body | outer).encode())
    return status


async def test_a_shared_file_reaches_who_is_named_with_it(room):
    await room.bo.share(room.room, "plan.pdf", text="for you, @ana")
    await room.bo.share(room.room, "cat.png")
    await room.settle()
    assert await contacts(room) == [{"recipient_id": room.ana.id, "kind": "mention"}]


async def test_me_reaches_who_is_named(room):
    await room.bo.me(room.room, "waves at @ana")
    await room.settle()
    assert await contacts(room) == [{"recipient_id": room.ana.id, "kind": "mention"}]


async def test_a_workflow_that_names_somebody_is_written_down_and_nobody_is_told(room):
    workflow = room.sandbox.add_workflow("Standup")
    await workflow.post(room.room, "it is your turn, @ana")
    await workflow.post(room.room, "the week is over")
    await room.settle()
    assert await contacts(room) == [{"recipient_id": room.ana.id, "kind": "mention"}]
    assert await notices(room) == []
    await room.bot.services.screening.flush_counts()
    assert (await counts(room))["messages"] == 1


async def test_a_workflow_that_calls_a_whole_channel_is_numbers_too(room):
    await enrolled(room, room.bo)
    workflow = room.sandbox.add_workflow("Standup")
    await workflow.post(room.room, "@channel your turn, @ana")
    await room.settle()
    ((row),) = await room.rows(AUDIENCES)
    assert (row["off"], row["hours_unknown"]) == (1, 0), "Ana is named, and Bo is the others"
    assert await notices(room) == []


@pytest.mark.parametrize("text", ["run `@ana` please", "```ping @ana @channel```", "`@channel`"])
async def test_what_stands_in_code_calls_nobody(room, text):
    await room.bo.post(room.room, text)
    await room.settle()
    assert await contacts(room) == []
    assert await room.rows(AUDIENCES) == []


async def test_an_edit_calls_nobody(room):
    message = await room.bo.post(room.room, "hello")
    await room.bo.edit(message, "hello @ana @channel")
    await room.settle()
    assert await contacts(room) == []
    assert await room.rows(AUDIENCES) == []


# Who people are.


async def test_a_guest_is_a_person_like_others(room):
    guest = room.sandbox.add_user("gil", "Europe/Vienna", is_restricted=True)
    await guest.join(room.room)
    await room.settle()
    await enrolled(room, guest)
    await room.bo.post(room.room, "@gil?")
    await room.settle()
    assert await contacts(room) == [{"recipient_id": guest.id, "kind": "mention"}]
    await guest.post(room.room, "@ana?")
    await room.settle()
    assert len(hints(room, guest)) == 1


async def test_who_has_left_is_not_reached_and_not_unknown(room):
    await room.ana.deactivate()
    await room.bo.post(room.room, "@ana?")
    await room.settle()
    assert await contacts(room) == []
    await room.bot.services.screening.flush_counts()
    found = await counts(room)
    assert (found["messages"], found["reached"], found["hours_unknown"]) == (1, 0, 0)


async def test_somebody_new_is_looked_up_when_first_named(room):
    async with room.bot.database.transaction() as tx:
        await tx.exec_driver_sql("DELETE FROM people")
    room.bot.services.directory.loaded(WORKSPACE).rows.clear()
    await room.bo.post(room.room, "@ana?")
    await room.settle()
    assert [call.params["user"] for call in room.sandbox.calls_to("users.info")] == [room.ana.id]
    assert await room.rows("SELECT user_id, name FROM people") == [
        {"user_id": room.ana.id, "name": "ana"}
    ]


async def test_an_id_that_is_nobody_is_asked_about_once_an_hour(room):
    for _ in range(3):
        await room.bo.post(room.room, "<@U0NOBODY> hello")
        await room.settle()
    assert len(room.sandbox.calls_to("users.info")) == 1
    room.clock.advance(timedelta(hours=1))
    await room.settle()
    await room.bo.post(room.room, "<@U0NOBODY> hello")
    await room.settle()
    assert len(room.sandbox.calls_to("users.info")) == 2


@pytest.fixture
async def shared(room):
    """#design is shared with another organisation; it is 05:14 in Tokyo."""
    room.zoe = room.sandbox.add_stranger("zoe", "Asia/Tokyo")
    await room.zoe.join(room.room)
    await room.settle()
    return room


async def test_a_stranger_is_only_flagged(shared):
    await shared.bo.post(shared.room, "@zoe did it arrive?")
    await shared.settle()
    (hint,) = hints(shared)
    assert text(hint) == (
        "05:14 for zoe (another organisation), outside usual hours there until Mon 09:00"
    )
    assert buttons(hint) == ["flag_leave", "flag_not_useful"]
    assert await contacts(shared) == []
    assert await notices(shared) == [{"kind": "flag", "status": "sent", "response": ""}]
    await shared.bot.services.screening.flush_counts()
    assert (await counts(shared))["hours_unknown"] == 0
    await shared.bo.click(hint, "flag_leave")
    assert "No reply from them is expected" in shared.bo.answers[-1].text


async def test_a_stranger_beside_an_own_person_can_be_left_to_their_morning(shared):
    await shared.bo.post(shared.room, "@zoe @ana did it arrive?")
    await shared.settle()
    (hint,) = hints(shared)
    assert "zoe (another organisation)" in text(hint)
    assert "22:14 for ana" in text(hint)
    assert buttons(hint)[0] == "flag_remind"
    assert "zoe" not in str(hint.blocks[1])
    assert await contacts(shared) == [{"recipient_id": shared.ana.id, "kind": "mention"}]


async def test_a_stranger_at_work_is_left_alone(shared):
    await shared.at(datetime(2026, 10, 26, 1, 0, tzinfo=UTC))  # 10:00 in Tokyo
    await shared.bo.post(shared.room, "@zoe good morning")
    await shared.settle()
    assert hints(shared) == []


async def test_a_stranger_who_writes_is_told_nothing(shared):
    await shared.zoe.post(shared.room, "@ana and @channel, sorry for the hour")
    await shared.settle()
    assert await contacts(shared) == [{"recipient_id": shared.ana.id, "kind": "mention"}]
    assert await notices(shared) == []
    assert shared.sandbox.calls_to("chat.postEphemeral") == []


async def test_a_stranger_stays_one_whatever_happens(shared):
    await shared.bo.post(shared.room, "@zoe hello")
    await shared.settle()
    async with shared.bot.database.transaction() as tx:
        await tx.exec_driver_sql(
            f"UPDATE people SET enrolled_at = 1 WHERE user_id = '{shared.zoe.id}'"
        )
        await tx.exec_driver_sql("UPDATE people SET version = version + 1")
        await tx.exec_driver_sql("UPDATE workspaces SET version = version + 1")
    shared.clock.advance(timedelta(hours=1))
    await shared.settle()
    rows = await shared.rows("SELECT is_foreign, is_deleted, tz FROM people WHERE name = 'zoe'")
    assert rows == [{"is_foreign": 1, "is_deleted": 0, "tz": "Asia/Tokyo"}]
    directory = shared.bot.services.directory
    person = directory.person(directory.loaded(WORKSPACE), shared.zoe.id)
    assert (person.enrolled, person.is_foreign) == (False, True)
    await shared.zoe.set_tz("Europe/London")
    await shared.settle()
    rows = await shared.rows("SELECT is_foreign, tz FROM people WHERE name = 'zoe'")
    assert rows == [{"is_foreign": 1, "tz": "Europe/London"}]


async def test_of_a_stranger_without_a_zone_nothing_is_said(room):
    yan = room.sandbox.add_stranger("yan")
    await yan.join(room.room)
    for _ in range(2):
        await room.bo.post(room.room, "@yan hello")
        await room.settle()
    assert hints(room) == []
    assert len(room.sandbox.calls_to("users.info")) == 1
    assert await room.rows("SELECT * FROM people WHERE is_foreign") == []


# Events that Slack keeps back.


async def test_minutes_without_events_become_one_gap(room):
    room.sandbox.event_cap_per_hour = 0
    start_at = int(FRIDAY_NIGHT.timestamp())
    for _ in range(3):
        await room.bo.post(room.room, "@ana?")
        room.clock.advance(timedelta(minutes=1))
    await room.settle()
    assert await contacts(room) == []
    (gap,) = await room.rows("SELECT * FROM coverage_gaps")
    assert gap == {
        "workspace_id": WORKSPACE,
        "reason": "rate_limited",
        "start_at": start_at - start_at % 60,
        "end_at": start_at - start_at % 60 + 180,
    }
    assert {each.status for each in room.sandbox.deliveries[-3:]} == {200}


@pytest.mark.parametrize(
    "changes",
    [
        {"minute_rate_limited": None},
        {"minute_rate_limited": "soon"},
        {"minute_rate_limited": 10**30},
        {"team_id": "T0ELSEWHERE"},
        {"team_id": None},
    ],
)
async def test_a_gap_of_nobody_is_answered(room, changes):
    body = {
        "type": "app_rate_limited",
        "team_id": WORKSPACE,
        "minute_rate_limited": 1792786440,
        "api_app_id": "A0",
    } | changes
    status, _ = await room.sandbox.deliver_raw(room.app, json.dumps(body).encode())
    assert status == 200
    assert await room.rows("SELECT * FROM coverage_gaps") == []
