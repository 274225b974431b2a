"""The buttons of notices on meetings outside hours, pressed in Slack."""

import asyncio
from copy import deepcopy
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from bot.calendars.base import Providers
from bot.domain.invites import Answer
from bot.errors import (
    CalendarAway,
    CalendarConflict,
    CalendarRefused,
    CalendarSignedOut,
    CalendarUnsupported,
)
from bot.slack import invites
from bot.storage import calendars
from bot.words import invites as words
from tests.calendars.memory import EVERYTHING, MemoryAccount, MemoryServer, Reply
from tests.services.invitations import LATE, WORKSPACE, Desk, buttons, span

pytestmark = pytest.mark.slow

BO, CY = "bo@example.com", "cy@example.com"
BETTER = span(22, 8)
"""Thursday 09:00 in Lisbon, the first time proposed."""


@pytest.fixture
async def desk(office):
    return await Desk(office).opened()


async def told(desk, treatment="flag", capabilities=EVERYTHING, **fields):
    """Ana is invited to a late meeting, and told of it."""
    calendar = await desk.connect(desk.ana, treatment, capabilities)
    fields = {"title": "Design review", **fields}
    uid = calendar.invite(LATE, organizer=BO, **fields)
    await desk.visit()
    (message,) = desk.messages(desk.ana)
    return calendar, uid, message


async def press(desk, person, message, action_id):
    """Press a button; what its message shows then."""
    await person.click(message, action_id)
    await desk.office.settle()
    return desk.messages(person)[0]


def section_texts(message):
    return [block["text"]["text"] for block in message.blocks if block["type"] == "section"]


# The owner.


@pytest.mark.parametrize(
    ("action_id", "answer", "state", "said"),
    [
        ("invite_accept", Answer.ACCEPTED, "manual", words.ACCEPTED),
        ("invite_decline", Answer.DECLINED, "manual", words.REFUSED),
        ("invite_hold", Answer.TENTATIVE, "held", words.NOW_HELD),
    ],
)
async def test_a_flagged_invite_is_answered_from_slack(desk, action_id, answer, state, said):
    calendar, _, message = await told(desk)
    shown = await press(desk, desk.ana, message, action_id)
    head, done = section_texts(shown)
    assert head.startswith("*Design review* by bo, Thu 22 Oct 18:00–19:00")
    assert done == said
    assert buttons(shown) == {}
    assert [reply.answer for reply in calendar.replies] == [answer]
    assert await desk.states(desk.ana) == [(state, "")]


async def test_a_second_press_finds_nothing_left(desk):
    calendar, _, message = await told(desk)
    as_it_was = deepcopy(message)  # still on show on another device
    await press(desk, desk.ana, message, "invite_accept")
    await desk.ana.click(as_it_was, "invite_decline")
    assert desk.ana.answers[-1].text == words.NOTHING_LEFT
    await desk.office.settle()
    assert [reply.answer for reply in calendar.replies] == [Answer.ACCEPTED]


async def test_undo_takes_the_answer_back_and_it_is_not_given_again(desk):
    calendar, uid, message = await told(desk, "hold")
    assert [reply.answer for reply in calendar.replies] == [Answer.TENTATIVE]
    shown = await press(desk, desk.ana, message, "invite_undo")
    assert section_texts(shown)[-1] == words.UNDONE
    assert calendar.replies[-1] == Reply(uid, "", Answer.NEEDS_ACTION)
    calendar.touch(uid)
    await desk.visit(after=timedelta(hours=1))
    assert await desk.states(desk.ana) == [("undone", "")]
    assert len(calendar.replies) == 2
    assert len(desk.messages(desk.ana)) == 1


async def test_undo_is_honest_about_a_server_that_takes_nothing_back(desk):
    _, _, message = await told(desk, "decline", replace(EVERYTHING, takes_back=False))
    shown = await press(desk, desk.ana, message, "invite_undo")
    assert section_texts(shown)[-1] == words.UNDONE_STAYS


async def test_the_service_undoes_a_flag_for_other_surfaces(desk):
    calendar, uid, _ = await told(desk)
    assert calendar.marks == {(uid, ""): "outside-hours"}
    rescheduling = desk.office.bot.services.rescheduling
    undone = await rescheduling.undo(WORKSPACE, desk.ana.id, uid, LATE.start)
    assert not undone.was_answered
    await desk.visit()
    assert calendar.marks == {}
    assert await desk.states(desk.ana) == [("undone", "")]


async def test_leave_it_changes_nothing(desk):
    calendar, _, message = await told(desk, "hold")
    shown = await press(desk, desk.ana, message, "invite_leave")
    assert section_texts(shown)[-1] == words.LEFT
    assert await desk.states(desk.ana) == [("held", "")]
    assert len(calendar.replies) == 1


async def test_one_press_answers_every_time_of_a_series_that_was_told_of(desk):
    calendar, uid, message = await told(desk, weeks=3, tz="Europe/Lisbon")
    await press(desk, desk.ana, message, "invite_accept")
    for _ in range(3):
        await desk.visit()
    assert sorted((each.recurrence_id, each.answer) for each in calendar.replies) == [
        ("20261022T160000Z", Answer.ACCEPTED),
        ("20261029T170000Z", Answer.ACCEPTED),
        ("20261105T170000Z", Answer.ACCEPTED),
    ]
    assert {each.uid for each in calendar.replies} == {uid}


@pytest.mark.parametrize("treatment", ["flag", "hold"])
async def test_a_server_without_answers_to_single_times_is_named_in_place_of_buttons(
    desk, treatment
):
    capabilities = replace(EVERYTHING, occurrence_replies=False)
    calendar, _, message = await told(desk, treatment, capabilities, weeks=3, tz="Europe/Lisbon")
    assert message.text.endswith(f"Nothing was answered for you. {words.NO_REPLIES}")
    assert list(buttons(message)) == ["invite_leave"]
    assert calendar.replies == []


async def test_a_single_meeting_can_be_answered_there_as_ever(desk):
    capabilities = replace(EVERYTHING, occurrence_replies=False)
    calendar, _, message = await told(desk, "flag", capabilities)
    assert words.NO_REPLIES not in message.text
    await press(desk, desk.ana, message, "invite_accept")
    assert [reply.answer for reply in calendar.replies] == [Answer.ACCEPTED]


async def test_what_the_server_lacks_may_turn_out_after_the_notice(desk):
    calendar, _, message = await told(desk, "flag", weeks=3, tz="Europe/Lisbon")
    async with desk.office.bot.database.transaction() as tx:
        await calendars.change(tx, WORKSPACE, desk.ana.id, lacks="occurrence_replies")
    await desk.ana.click(message, "invite_accept")
    assert desk.ana.answers[-1].text == words.NO_REPLIES
    assert {state for state, _ in await desk.states(desk.ana)} == {"flagged"}
    assert calendar.replies == []


async def test_without_a_calendar_nothing_is_promised(desk):
    _, _, message = await told(desk)
    async with desk.office.bot.database.transaction() as tx:
        await calendars.change(tx, WORKSPACE, desk.ana.id, code="signed_out")
    await desk.ana.click(message, "invite_accept")
    assert "`/boundaries calendar` connects it again" in desk.ana.answers[-1].text
    async with desk.office.bot.database.transaction() as tx:
        await calendars.disconnect(tx, WORKSPACE, desk.ana.id)
    await desk.ana.click(message, "invite_decline")
    assert "not connected any more" in desk.ana.answers[-1].text


async def test_a_value_that_the_app_did_not_write_does_nothing(desk):
    _, _, message = await told(desk)
    forged = deepcopy(message)
    forged.blocks[1]["elements"][0]["value"] = "elsewhere:12"
    await desk.ana.click(forged, "invite_accept")
    assert desk.ana.answers[-1].text == words.NOTHING_LEFT
    await desk.cy.click(message, "invite_accept")
    assert "not connected any more" in desk.cy.answers[-1].text
    assert await desk.states(desk.ana) == [("flagged", "")]


class Refusing(MemoryAccount):
    """A server that takes no answers, or none to single times, and says so when it is tried."""

    refusal = CalendarRefused("forbidden")

    async def respond(self, *_given):
        raise self.refusal


class RefusingSingleTimes(Refusing):
    """As Xandikos."""

    refusal = CalendarUnsupported("occurrence_replies")


def answered_by(desk, kind):
    """From now on Ana's server is of this kind."""
    server = MemoryServer(desk.server.name)
    server.calendars = desk.server.calendars
    server.account = lambda given: kind(server.calendars[given.address], given.secret)
    desk.office.bot.services.calendar_access.providers = Providers(discovering=server)


NOT_TAKEN = (
    ", because the server of your calendar did not take the answer. Please answer it in your "
    "calendar."
)


@pytest.mark.parametrize(
    ("action_id", "said"),
    [
        ("invite_accept", "it could not be accepted"),
        ("invite_decline", "it could not be declined"),
        ("invite_hold", "it could not be answered *tentative*"),
    ],
)
async def test_an_answer_that_the_server_refuses_is_not_lost_without_a_word(desk, action_id, said):
    _, _, message = await told(desk)
    answered_by(desk, Refusing)
    await press(desk, desk.ana, message, action_id)
    await desk.visit()
    headline = "*Design review* by bo, Thu 22 Oct 18:00–19:00: "
    assert desk.texts(desk.ana)[1:] == [headline + said + NOT_TAKEN]
    assert await desk.states(desk.ana) == [("flagged", "")]


async def test_a_series_that_is_refused_is_one_word(desk):
    _, _, message = await told(desk, weeks=3, tz="Europe/Lisbon")
    answered_by(desk, RefusingSingleTimes)
    await press(desk, desk.ana, message, "invite_accept")
    for _ in range(4):
        await desk.visit()
    assert len(desk.texts(desk.ana)) == 2
    assert set(await desk.states(desk.ana)) == {("flagged", "")}


async def test_refused_again_it_is_said_again(desk):
    _, _, message = await told(desk)
    as_it_was = deepcopy(message)
    answered_by(desk, Refusing)
    for shown in (message, as_it_was):
        await desk.ana.click(shown, "invite_accept")
        await desk.visit()
    assert len(desk.texts(desk.ana)) == 3


@pytest.mark.parametrize(("begins", "waits"), [(span(21, 5), False), (LATE, True)])
async def test_what_begins_before_they_are_back_cannot_wait(desk, begins, waits):
    calendar = await desk.connect(desk.ana)
    calendar.invite(begins, organizer=BO, title="Design review")
    await desk.visit()
    (message,) = desk.messages(desk.ana)
    answered_by(desk, Refusing)
    desk.office.clock.set(datetime(2026, 10, 20, 20, 0, tzinfo=UTC))
    await press(desk, desk.ana, message, "invite_accept")
    assert len(desk.texts(desk.ana)) == (1 if waits else 2)
    await desk.office.at(datetime(2026, 10, 21, 7, 0, tzinfo=UTC))
    assert len(desk.texts(desk.ana)) == 2


async def test_answered_by_hand_meanwhile_it_is_not_asked_for(desk):
    calendar, uid, message = await told(desk)
    answered_by(desk, Refusing)
    desk.office.clock.set(datetime(2026, 10, 20, 20, 0, tzinfo=UTC))
    await press(desk, desk.ana, message, "invite_accept")
    calendar.answer_by_hand(uid, Answer.ACCEPTED)
    await desk.visit()
    await desk.office.at(datetime(2026, 10, 21, 7, 0, tzinfo=UTC))
    assert len(desk.texts(desk.ana)) == 1


# The organiser.


async def proposed(desk, *, own=True, **fields):
    """Bo has made the meeting in his own calendar, and is told that it is outside Ana's hours."""
    bo = await desk.connect(desk.bo)
    ana = await desk.connect(desk.ana, "hold")
    uid = ana.invite(LATE, organizer=BO, **{"title": "Design review", **fields})
    if own:
        desk.also_in(ana, bo, uid)
        bo._each(uid, is_own=True, answer=Answer.ACCEPTED)
    await desk.visit()
    (message,) = desk.messages(desk.bo)
    return bo, ana, uid, message


async def test_a_better_time_is_taken_with_one_press(desk):
    bo, ana, uid, message = await proposed(desk)
    shown = await press(desk, desk.bo, message, "better_time_1")
    assert section_texts(shown)[-1] == words.MOVED.format(when="Thu 22 Oct 09:00")
    assert buttons(shown) == {}
    (moved,) = bo.objects[uid].occurrences.values()
    assert moved.span == BETTER
    # The server tells Ana's; the hold is lifted by itself.
    ana.move(uid, BETTER)
    ana._each(uid, answer=Answer.TENTATIVE)
    await desk.visit()
    assert ana.replies[-1].answer is Answer.NEEDS_ACTION
    assert await desk.states(desk.ana) == [("lifted", "")]


async def test_without_a_calendar_of_their_own_the_organiser_hears_what_to_do(desk):
    ana = await desk.connect(desk.ana)
    ana.invite(LATE, organizer=BO)
    await desk.visit()
    (message,) = desk.messages(desk.bo)
    shown = await press(desk, desk.bo, message, "better_time_2")
    assert section_texts(shown)[-1] == words.BY_HAND.format(when="Fri 23 Oct 09:00")
    assert "move" not in ana.calls


async def test_a_series_is_never_moved_by_itself(desk):
    bo, _, _, message = await proposed(desk, weeks=3, tz="Europe/Lisbon")
    shown = await press(desk, desk.bo, message, "better_time_1")
    assert section_texts(shown)[-1] == words.BY_HAND_SERIES.format(when="Thursdays 09:00")
    assert "move" not in bo.calls


@pytest.mark.parametrize("lacks", ["by itself", "by trying"])
async def test_a_server_that_moves_nothing_leaves_it_to_the_organiser(desk, lacks):
    bo, _, _, message = await proposed(desk)
    if lacks == "by itself":
        async with desk.office.bot.database.transaction() as tx:
            await calendars.change(tx, WORKSPACE, desk.bo.id, lacks="moves")
    else:
        bo.objects[next(iter(bo.objects))].occurrences["20261022"] = next(
            iter(bo.objects[next(iter(bo.objects))].occurrences.values())
        )
        bo.objects[next(iter(bo.objects))].occurrences.pop("")
    shown = await press(desk, desk.bo, message, "better_time_1")
    assert section_texts(shown)[-1] == words.BY_HAND.format(when="Thu 22 Oct 09:00")
    assert ("move" in bo.calls) == (lacks == "by trying")


@pytest.mark.parametrize(
    ("fault", "key"),
    [
        (CalendarConflict(), "conflict"),
        (CalendarAway(), "away"),
        (CalendarSignedOut(), "signed_out"),
        (CalendarRefused("not_yours"), "not_yours"),
        (CalendarRefused("teapot"), "other"),
    ],
)
async def test_what_the_server_says_instead_is_a_sentence(desk, fault, key):
    bo, _, uid, message = await proposed(desk)
    with bo.failing(fault):
        await desk.bo.click(message, "better_time_1")
    surface_names = {"boundaries": "/boundaries"}
    assert desk.bo.answers[-1].text == words.NOT_MOVED[key].format(**surface_names)
    (stays,) = bo.objects[uid].occurrences.values()
    assert stays.span == LATE
    assert "better_time_1" in buttons(desk.messages(desk.bo)[0]), "it may be tried again"


async def test_a_time_that_is_over_or_a_meeting_that_is_gone_is_not_moved(desk):
    bo, ana, uid, message = await proposed(desk)
    ana.cancel(uid)
    bo.cancel(uid)
    await desk.visit(after=timedelta(minutes=10))
    await desk.bo.click(message, "better_time_1")
    assert desk.bo.answers[-1].text == words.GONE
    desk.office.clock.advance(timedelta(days=3))
    await desk.bo.click(message, "better_time_1")
    assert desk.bo.answers[-1].text == words.TOO_LATE.format(meet="/meet")
    assert "move" not in bo.calls


async def test_a_meeting_that_took_place_is_not_moved_by_an_old_notice(desk):
    bo, _, uid, message = await proposed(desk)
    desk.office.clock.set(datetime(2026, 10, 22, 16, 1, tzinfo=UTC))
    await desk.bo.click(message, "better_time_3")
    assert desk.bo.answers[-1].text == words.BEGUN
    (stays,) = bo.objects[uid].occurrences.values()
    assert stays.span == LATE
    assert "move" not in bo.calls


async def test_nobody_else_moves_it(desk):
    bo, _, _, message = await proposed(desk)
    await desk.cy.click(message, "better_time_1")
    assert desk.cy.answers[-1].text == words.GONE
    assert "move" not in bo.calls


async def test_the_organiser_may_leave_it(desk):
    bo, _, _, message = await proposed(desk)
    shown = await press(desk, desk.bo, message, "better_times_leave")
    assert section_texts(shown)[-1] == words.ORGANIZER_LEFT
    assert "move" not in bo.calls


class SlowAccount(MemoryAccount):
    """A server that takes its time to move something."""

    async def move(self, event, span):
        await asyncio.sleep(invites.SLACK_WAITS_S + 0.5)
        await super().move(event, span)


class SlowServer(MemoryServer):
    """Its accounts are slow."""

    def account(self, credentials):
        return SlowAccount(self.calendars[credentials.address], credentials.secret)


@pytest.mark.slow
@pytest.mark.parametrize("is_moved", [True, False])
async def test_a_slow_server_is_waited_for_after_the_click_was_answered(desk, is_moved):
    bo, _, uid, message = await proposed(desk)
    slow = SlowServer(desk.server.name)
    slow.calendars = desk.server.calendars
    desk.office.bot.services.calendar_access.providers = Providers(discovering=slow)
    if not is_moved:
        bo.fault = CalendarAway()
    await desk.bo.click(message, "better_time_1")
    await asyncio.sleep(0.2)
    assert desk.texts(desk.bo) == [words.ASKING.format(when="Thu 22 Oct 09:00")]
    await asyncio.sleep(0.6)
    moved = words.MOVED.format(when="Thu 22 Oct 09:00")
    assert desk.texts(desk.bo) == [moved if is_moved else words.NOT_MOVED["away"]]
    (occurrence,) = bo.objects[uid].occurrences.values()
    assert occurrence.span == (BETTER if is_moved else LATE)
