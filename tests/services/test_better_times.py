"""Better times: inside everybody's hours and calendars, near the meeting, else what costs less."""

import pytest

from bot.domain.invites import Answer
from bot.domain.slots import Slot
from bot.domain.spans import Span
from bot.services.better_times import BetterTimes, windows
from bot.storage import occurrences
from bot.storage.occurrences import OccurrenceRow
from tests.conftest import enrolled
from tests.services.invitations import LATE, WORKSPACE, Desk, span

pytestmark = pytest.mark.slow

NOW = span(20, 9).start


@pytest.fixture
async def desk(office):
    found = await Desk(office).opened()
    found.better = BetterTimes(office.bot.database, office.bot.services.directory)
    found.place = office.bot.services.directory.loaded(WORKSPACE)
    return found


def row(owner, at, *, organizer=None, people=(), uid="review", **fields):
    values = {
        "workspace_id": WORKSPACE,
        "user_id": owner.id,
        "uid": uid,
        "recurrence_id": "",
        "object_id": f"/{uid}.ics",
        "etag": "1",
        "series_at": at.start,
        "start_at": at.start,
        "end_at": at.end,
        "organizer_id": organizer.id if organizer else "",
        "organizer_hash": "",
        "attendee_ids": tuple(each.id for each in (owner, *people)),
        "attendee_count": 1 + len(people),
        "answer": Answer.NEEDS_ACTION,
        "is_own": owner is organizer,
        "is_recurring": False,
        "is_transparent": False,
        "is_all_day": False,
        "is_optional": False,
        "sequence": 0,
        "sealed": None,
        "booked_at": 0,
    }
    return OccurrenceRow(**values | fields)


async def stored(desk, *rows):
    async with desk.office.bot.database.transaction() as tx:
        await occurrences.save(tx, rows)
    return list(rows)


async def instead(desk, rows, at=LATE, tz="Europe/Lisbon", weeks=1):
    return await desk.better.instead_of(desk.place, rows, at, tz, weeks=weeks)


def starts(slots):
    return [slot.starts[0] for slot in slots]


async def test_they_begin_on_the_day_of_the_meeting(desk):
    rows = await stored(desk, row(desk.ana, LATE, organizer=desk.bo))
    # Ana works 7 to 15 UTC, and from the change of the clocks on 8 to 16; Bo 8 to 17, 9 to 18.
    days = [span(22, 8).start, span(23, 8).start, span(26, 9).start]
    assert await instead(desk, rows) == [Slot((at,)) for at in days]


async def test_what_is_in_the_calendars_is_avoided_and_the_meeting_itself_is_not(desk):
    at = span(22, 14, minutes=120)  # its second hour is outside Ana's hours
    rows = await stored(
        desk,
        row(desk.ana, at, organizer=desk.bo),
        row(desk.bo, at, organizer=desk.bo),
        row(desk.ana, span(22, 8, minutes=240), uid="workshop"),
        row(desk.bo, span(23, 8, minutes=600), uid="journey"),
        row(desk.bo, span(26, 0, minutes=1440), uid="declined", answer=Answer.DECLINED),
    )
    found = await instead(desk, rows[:2], at)
    # Thursday 13:00 UTC touches the meeting's own time, which is free when it is moved.
    assert starts(found) == [span(22, 12).start, span(26, 9).start, span(27, 9).start]


async def test_only_those_who_share_their_hours_count(desk):
    di = desk.office.sandbox.add_user("di", "Asia/Tokyo")
    await desk.office.settle()
    rows = await stored(desk, row(desk.ana, LATE, organizer=desk.bo, people=(di, desk.cy)))
    before = await instead(desk, rows)
    assert starts(before)[0] == span(22, 8).start
    await enrolled(desk.office, desk.cy, "mon-fri 13-17")
    assert starts(await instead(desk, rows))[0] == span(22, 11).start
    await enrolled(desk.office, di, "mon-fri 9-17")  # 0 to 8 UTC: never with Bo
    ranked = await instead(desk, rows)
    assert all(slot.missing for slot in ranked)


async def test_an_organiser_without_hours_is_not_asked_to_meet_at_night(desk):
    di = desk.office.sandbox.add_user("di", "America/New_York")
    await desk.office.settle()
    (first, *_) = await instead(desk, [row(desk.ana, LATE, organizer=di)], tz="America/New_York")
    assert first.starts == (span(22, 13).start,)  # 09:00 in New York, the usual opening


async def test_a_wider_search_finds_what_the_days_near_it_do_not_have(desk):
    busy = row(desk.ana, Span(LATE.start - 86_400, LATE.end + 9 * 86_400), uid="project")
    rows = await stored(desk, row(desk.ana, LATE, organizer=desk.bo), busy)
    found = await instead(desk, rows[:1])
    assert starts(found)[0] == span(20, 9, minute=15).start, "still before the project"
    assert not found[0].missing


async def test_without_a_common_time_only_what_costs_less_is_named(desk):
    kim = desk.office.sandbox.add_user("kim", "Asia/Tokyo")
    await desk.office.settle()
    await enrolled(desk.office, kim)  # 0 to 8 UTC
    rows = [row(desk.ana, LATE, organizer=desk.bo), row(kim, LATE, organizer=desk.bo)]
    found = await instead(desk, rows)
    # Bo comes an hour early or Kim stays an hour: the present time takes ten of Kim's.
    assert [(slot.missing, slot.outside_min) for slot in found] == [
        ((desk.bo.id,), {desk.bo.id: 60}),
        ((kim.id,), {kim.id: 60}),
        ((desk.bo.id,), {desk.bo.id: 60}),
    ]
    # Where nobody could give less, nothing is named.
    at = span(22, 8)
    rows = [row(desk.ana, at, organizer=desk.bo), row(kim, at, organizer=desk.bo)]
    assert await instead(desk, rows, at) == []


async def test_optional_people_come_after_those_who_are_required(desk):
    await enrolled(desk.office, desk.cy, "mon-fri 17-21")
    rows = [
        row(desk.ana, LATE, organizer=desk.bo),
        row(desk.cy, LATE, organizer=desk.bo, is_optional=True),
    ]
    found = await instead(desk, rows)
    assert all(slot.missing == (desk.cy.id,) for slot in found)


async def test_a_weekly_meeting_gets_a_weekly_time(desk):
    rows = [row(desk.ana, LATE, organizer=desk.bo, is_recurring=True)]
    (first, *_) = await instead(desk, rows, weeks=4)
    # The clocks change after its first week: 09:00 in Lisbon is 8 UTC, then 9 UTC.
    assert first.starts == tuple(
        span(22, 8).start + k * 604_800 + (k > 0) * 3_600 for k in range(4)
    )


async def test_proposals_for_a_comment_suit_everybody_or_the_two_concerned(desk):
    (own,) = await stored(desk, row(desk.ana, LATE, organizer=desk.bo))
    assert await desk.better.proposal_for(own) == [span(22, 8), span(23, 8), span(26, 9)]
    kim = desk.office.sandbox.add_user("kim", "Asia/Tokyo")
    await desk.office.settle()
    await enrolled(desk.office, kim)
    (own,) = await stored(desk, row(desk.ana, LATE, organizer=desk.bo, people=(kim,)))
    assert await desk.better.proposal_for(own) == [span(22, 8), span(23, 8), span(26, 9)]
    alone = row(desk.ana, LATE)
    assert (await desk.better.proposal_for(alone))[0] == span(22, 7)
    assert desk.better.reader_tz(desk.place, own) == "Europe/Lisbon"
    assert desk.better.reader_tz(desk.place, alone) == "Europe/Vienna"


async def test_a_whole_day_has_no_better_time(desk):
    day = Span(LATE.start, LATE.start + 9 * 3_600)
    assert await instead(desk, [row(desk.ana, day, organizer=desk.bo)], day) == []


async def test_find_leaves_out_whom_nobody_knows(desk):
    place, window = desk.place, (span(22, 0).start, span(23, 0).start)
    assert await desk.better.find(place, ["U0NOBODY"], (), 3_600, *window, "UTC") == []
    found = await desk.better.find(place, [desk.ana.id, "U0NOBODY"], (), 3_600, *window, "UTC")
    assert starts(found)[0] == span(22, 7).start


def test_where_is_looked_nothing_is_over():
    soon = span(20, 9, minute=15).start
    near, wide = windows(span(20, 16), NOW, "Europe/Vienna")
    assert near.start == wide.start == soon
    near, _ = windows(LATE, NOW, "Europe/Vienna")
    assert near.start == span(21, 22).start, "midnight in Vienna"
    far = Span(LATE.start + 28 * 86_400, LATE.end + 28 * 86_400)
    assert windows(far, NOW, "UTC")[1].start == far.start - 7 * 86_400
