"""What every kind of calendar server does for the bot, in memory and on the wire.

Servers differ, and the contract says where they may: in `Capabilities`, and in whether a move
resets the owner's answer. Nothing else here asks which server it is.
"""

from collections.abc import Coroutine
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import msgspec
import pytest

from bot.calendars.base import Account, Changes, EventRef
from bot.domain.invites import Answer, Occurrence
from bot.domain.spans import Span
from bot.errors import (
    CalendarAway,
    CalendarConflict,
    CalendarRefused,
    CalendarResync,
    CalendarSignedOut,
    CalendarUnsupported,
)
from tests.calendars.worlds import Invite, Seen, World

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.slow]

TZ = "Europe/Berlin"
BERLIN = ZoneInfo(TZ)
COMMENT = "Ana is back on Monday at 09:00; would 10:00, 14:30 or “later” do?"


def at(month: int, day: int, hour: int, minute: int = 0) -> int:
    """An instant of 2026, on a wall clock in Berlin."""
    return int(datetime(2026, month, day, hour, minute, tzinfo=BERLIN).timestamp())


WINDOW = Span(at(10, 1, 0), at(11, 30, 0))
EVENING = Span(at(10, 20, 19), at(10, 20, 20))
MORNING = Span(at(10, 21, 10), at(10, 21, 11))


async def everything(account: Account) -> Changes:
    """A full sync of the window."""
    return await account.sync("", WINDOW, TZ)


async def only(account: Account) -> Occurrence:
    """The one occurrence there is."""
    (found,) = (await everything(account)).occurrences
    return found


def ref(event: Occurrence, recurrence_id: str | None = None) -> EventRef:
    """What a call about this occurrence names."""
    key = event.recurrence_id if recurrence_id is None else recurrence_id
    return EventRef(event.object_id, event.etag, event.uid, key)


async def unsupported(call: Coroutine[None, None, None]) -> str:
    """Which capability the call turned out to need; ``""`` when it was done."""
    try:
        await call
    except CalendarUnsupported as error:
        return error.capability
    return ""


@pytest.fixture
def account(world: World) -> Account:
    """The owner's calendar as the bot opens it."""
    return world.provider.account(world.credentials)


async def test_an_empty_calendar_is_a_full_sync_of_nothing(account: Account):
    found = await everything(account)
    assert (found.occurrences, found.unreadable, found.removed) == ((), (), ())
    assert found.is_full
    assert found.token


async def test_an_invite_is_read_with_every_field(world: World, account: Account):
    uid = await world.invite(Invite(EVENING, title="Ümläut, “quotes” & <tags>"))
    found = await only(account)
    assert found.uid == uid
    assert found.span == EVENING
    assert found.recurrence_id == ""
    assert found.series_at == EVENING.start
    assert found.organizer == world.organizer
    assert set(found.attendees) >= {world.owner}
    assert found.answer is Answer.NEEDS_ACTION
    assert found.title == "Ümläut, “quotes” & <tags>"
    flags = (
        *(found.is_own, found.is_recurring, found.is_cancelled, found.is_all_day),
        *(found.is_optional, found.is_transparent, found.is_out_of_office),
    )
    assert not any(flags)


async def test_whose_presence_is_optional_is_read(world: World, account: Account):
    await world.invite(Invite(EVENING, is_optional=True))
    assert (await only(account)).is_optional


async def test_an_event_of_the_owner_is_own(world: World, account: Account):
    uid = await world.own(MORNING, "My review")
    found = await only(account)
    assert (found.uid, found.is_own, found.span) == (uid, True, MORNING)


async def test_all_day_is_the_days_of_the_owner(world: World, account: Account):
    days = Span(
        int(datetime(2026, 10, 25, tzinfo=UTC).timestamp()),
        int(datetime(2026, 10, 26, tzinfo=UTC).timestamp()),
    )
    await world.invite(Invite(days, is_all_day=True))
    found = await only(account)
    assert found.is_all_day
    assert found.span == Span(at(10, 25, 0), at(10, 26, 0)), "25 hours, as the clocks go back"


async def test_what_lies_outside_the_window_is_left_out(world: World, account: Account):
    await world.invite(Invite(Span(at(3, 2, 10), at(3, 2, 11))))
    assert (await everything(account)).occurrences == ()


async def test_a_series_is_read_by_occurrence_over_a_clock_change(world: World, account: Account):
    first = int(datetime(2026, 10, 13, 12, tzinfo=ZoneInfo("America/New_York")).timestamp())
    uid = await world.invite(Invite(Span(first, first + 3600), weeks=5, tz="America/New_York"))
    found = sorted((await everything(account)).occurrences, key=lambda each: each.start_at)
    assert [datetime.fromtimestamp(each.start_at, BERLIN).hour for each in found] == [
        18,
        18,
        17,
        18,
        18,
    ]
    assert {each.uid for each in found} == {uid}
    assert len({each.series_at for each in found}) == 1
    assert all(each.is_recurring for each in found)
    assert [each.recurrence_id for each in found][:3] == [
        "20261013T160000Z",
        "20261020T160000Z",
        "20261027T160000Z",
    ]


async def test_one_moved_occurrence_is_a_plan_of_its_own(world: World, account: Account):
    uid = await world.invite(Invite(EVENING, weeks=3))
    before = sorted((await everything(account)).occurrences, key=lambda each: each.start_at)
    moved = Span(at(10, 28, 11), at(10, 28, 12))
    await world.move_one(uid, before[1].recurrence_id, moved)
    after = {each.recurrence_id: each for each in (await everything(account)).occurrences}
    assert set(after) == {each.recurrence_id for each in before}
    assert after[before[1].recurrence_id].span == moved
    assert after[before[1].recurrence_id].series_at == moved.start
    assert after[before[2].recurrence_id].span == before[2].span
    assert after[before[2].recurrence_id].series_at == before[2].series_at


async def test_nothing_changed_is_nothing_read(world: World, account: Account):
    await world.invite(Invite(EVENING))
    first = await everything(account)
    again = await account.sync(first.token, WINDOW, TZ)
    assert (again.occurrences, again.unreadable, again.removed) == ((), (), ())
    assert not again.is_full


async def test_only_what_changed_is_read(world: World, account: Account):
    moved = await world.invite(Invite(EVENING, title="Moved"))
    await world.invite(Invite(MORNING, title="Left alone"))
    first = await everything(account)
    known = {each.uid: each for each in first.occurrences}
    await world.move(moved, Span(at(10, 22, 9), at(10, 22, 10)))
    new = await world.invite(Invite(Span(at(10, 23, 9), at(10, 23, 10)), title="New"))
    second = await account.sync(first.token, WINDOW, TZ)
    assert {each.uid for each in second.occurrences} == {moved, new}
    found = next(each for each in second.occurrences if each.uid == moved)
    assert found.span == Span(at(10, 22, 9), at(10, 22, 10))
    assert found.object_id == known[moved].object_id
    third = await account.sync(second.token, WINDOW, TZ)
    assert third.occurrences == ()


async def test_what_moves_out_of_the_window_is_removed(world: World, account: Account):
    uid = await world.invite(Invite(EVENING))
    first = await everything(account)
    await world.move(uid, Span(at(12, 15, 9), at(12, 15, 10)))
    second = await account.sync(first.token, WINDOW, TZ)
    assert second.occurrences == ()
    assert second.removed == (first.occurrences[0].object_id,)


async def test_a_cancelled_meeting_is_cancelled_or_gone(world: World, account: Account):
    uid = await world.invite(Invite(EVENING))
    first = await everything(account)
    await world.cancel(uid)
    second = await account.sync(first.token, WINDOW, TZ)
    assert first.occurrences[0].object_id in second.removed or [
        each.is_cancelled for each in second.occurrences
    ] == [True]


async def test_a_deleted_meeting_is_removed(world: World, account: Account):
    uid = await world.invite(Invite(EVENING))
    first = await everything(account)
    await world.delete(uid)
    second = await account.sync(first.token, WINDOW, TZ)
    assert second.removed == (first.occurrences[0].object_id,)
    assert second.occurrences == ()


async def test_a_forgotten_token_asks_for_everything(world: World, account: Account):
    await world.invite(Invite(EVENING))
    first = await everything(account)
    stale = await world.stale(first.token)
    with pytest.raises(CalendarResync):
        await account.sync(stale, WINDOW, TZ)
    assert len((await everything(account)).occurrences) == 1


async def test_an_answer_and_its_comment_reach_the_organiser(world: World, account: Account):
    uid = await world.invite(Invite(EVENING))
    assert await world.seen(uid) == Seen(Answer.NEEDS_ACTION)
    await account.respond(ref(await only(account)), Answer.TENTATIVE, COMMENT)
    assert await world.seen(uid) == Seen(Answer.TENTATIVE, COMMENT)
    assert (await only(account)).answer is Answer.TENTATIVE


async def test_declining_reaches_the_organiser(world: World, account: Account):
    uid = await world.invite(Invite(EVENING))
    await account.respond(ref(await only(account)), Answer.DECLINED, COMMENT)
    assert await world.seen(uid) == Seen(Answer.DECLINED, COMMENT)


async def test_an_answer_is_new_to_the_next_sync(world: World, account: Account):
    uid = await world.invite(Invite(EVENING))
    first = await everything(account)
    await account.respond(ref(first.occurrences[0]), Answer.TENTATIVE, COMMENT)
    second = await account.sync(first.token, WINDOW, TZ)
    assert [(each.uid, each.answer) for each in second.occurrences] == [(uid, Answer.TENTATIVE)]


async def test_the_same_answer_again_is_no_error(world: World, account: Account):
    """An answer whose outcome was lost on the way is given once more, with what was known then."""
    uid = await world.invite(Invite(EVENING))
    known = ref(await only(account))
    await account.respond(known, Answer.TENTATIVE, COMMENT)
    told = await world.told()
    await account.respond(known, Answer.TENTATIVE, COMMENT)
    assert await world.told() == told
    assert await world.seen(uid) == Seen(Answer.TENTATIVE, COMMENT)


async def test_a_moved_meeting_is_not_answered(world: World, account: Account):
    uid = await world.invite(Invite(EVENING))
    known = ref(await only(account))
    await world.move(uid, MORNING)
    with pytest.raises(CalendarConflict):
        await account.respond(known, Answer.DECLINED, COMMENT)
    assert (await only(account)).answer is Answer.NEEDS_ACTION


async def test_an_answer_by_hand_is_not_overwritten(world: World, account: Account):
    uid = await world.invite(Invite(EVENING))
    known = ref(await only(account))
    await world.answer_by_hand(uid, Answer.ACCEPTED)
    with pytest.raises(CalendarConflict):
        await account.respond(known, Answer.TENTATIVE, COMMENT)
    assert (await only(account)).answer is Answer.ACCEPTED
    assert (await world.seen(uid)).answer is Answer.ACCEPTED


async def test_an_answer_is_taken_back_or_said_to_be_for_good(world: World, account: Account):
    uid = await world.invite(Invite(EVENING))
    await account.respond(ref(await only(account)), Answer.TENTATIVE, COMMENT)
    needed = await unsupported(account.respond(ref(await only(account)), Answer.NEEDS_ACTION))
    assert needed == ("" if account.capabilities.takes_back else "takes_back")
    if needed:
        assert (await only(account)).answer is Answer.TENTATIVE
        assert await world.told() == 1
    else:
        assert (await only(account)).answer is Answer.NEEDS_ACTION
        assert await world.seen(uid) == Seen(Answer.NEEDS_ACTION)


async def test_one_occurrence_is_answered_by_itself_or_said_to_be_impossible(
    world: World, account: Account
):
    uid = await world.invite(Invite(EVENING, weeks=3))
    found = sorted((await everything(account)).occurrences, key=lambda each: each.start_at)
    needed = await unsupported(account.respond(ref(found[1]), Answer.TENTATIVE, COMMENT))
    after = sorted((await everything(account)).occurrences, key=lambda each: each.start_at)
    answers = [each.answer for each in after]
    if needed:  # a CalDAV server may say so only when it is tried
        assert needed == "occurrence_replies"
        assert await world.told() == 0
        assert answers == [Answer.NEEDS_ACTION] * 3
    else:
        assert account.capabilities.occurrence_replies
        assert await world.seen(uid, found[1].recurrence_id) == Seen(Answer.TENTATIVE, COMMENT)
        assert answers == [Answer.NEEDS_ACTION, Answer.TENTATIVE, Answer.NEEDS_ACTION]


async def test_a_whole_series_is_answered_at_once(world: World, account: Account):
    uid = await world.invite(Invite(EVENING, weeks=3))
    found = (await everything(account)).occurrences[0]
    await account.respond(ref(found, ""), Answer.TENTATIVE, COMMENT)
    assert {each.answer for each in (await everything(account)).occurrences} == {Answer.TENTATIVE}
    assert await world.seen(uid) == Seen(Answer.TENTATIVE, COMMENT)


async def test_another_time_is_proposed_or_said_to_be_impossible(world: World, account: Account):
    uid = await world.invite(Invite(EVENING))
    known = ref(await only(account))
    needed = await unsupported(account.respond(known, Answer.DECLINED, COMMENT, proposal=MORNING))
    assert needed == ("" if account.capabilities.proposals else "proposals")
    if needed:
        assert await world.told() == 0
    else:
        assert await world.seen(uid) == Seen(Answer.DECLINED, COMMENT, MORNING)


async def test_a_mark_is_private(world: World, account: Account):
    uid = await world.invite(Invite(EVENING))
    await account.mark(ref(await only(account)), "outside hours")
    assert await world.mark_of(uid) == "outside hours"
    await account.mark(ref(await only(account)), "")
    assert await world.mark_of(uid) == ""
    assert await world.told() == 0
    assert (await world.seen(uid)).answer is Answer.NEEDS_ACTION
    assert (await only(account)).answer is Answer.NEEDS_ACTION


async def test_a_mark_on_what_moved_is_a_conflict(world: World, account: Account):
    uid = await world.invite(Invite(EVENING))
    known = ref(await only(account))
    await world.move(uid, MORNING)
    with pytest.raises(CalendarConflict):
        await account.mark(known, "outside hours")


async def test_the_owner_s_own_event_is_moved(world: World, account: Account):
    uid = await world.own(EVENING, "My review")
    before = await only(account)
    await account.move(ref(before), MORNING)
    after = await only(account)
    assert (after.uid, after.span, after.title) == (uid, MORNING, "My review")
    assert after.is_own


async def test_somebody_else_s_event_is_not_moved(world: World, account: Account):
    await world.invite(Invite(EVENING))
    known = ref(await only(account))
    with pytest.raises(CalendarRefused) as caught:
        await account.move(known, MORNING)
    assert caught.value.code == "not_yours"
    assert (await only(account)).span == EVENING


async def test_what_is_gone_is_said_to_be_gone(world: World, account: Account):
    uid = await world.invite(Invite(EVENING))
    known = ref(await only(account))
    await world.delete(uid)
    for call in (
        account.respond(known, Answer.TENTATIVE, COMMENT),
        account.mark(known, "outside hours"),
        account.move(known, MORNING),
    ):
        with pytest.raises(CalendarRefused) as caught:
            await call
        assert caught.value.code == "gone"


async def test_a_wrong_secret_is_signed_out(world: World):
    given = msgspec.structs.replace(world.credentials, secret="not the secret")
    with pytest.raises(CalendarSignedOut):
        await everything(world.provider.account(given))


async def test_a_server_that_is_down_is_away(world: World, account: Account):
    await world.invite(Invite(EVENING))
    known = ref(await only(account))
    async with world.down():
        with pytest.raises(CalendarAway):
            await everything(account)
        with pytest.raises(CalendarAway):
            await account.respond(known, Answer.TENTATIVE, COMMENT)
    assert (await only(account)).answer is Answer.NEEDS_ACTION
