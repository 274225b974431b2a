"""What is told of meetings when it is late: after they began, and to an organiser at night."""

from datetime import UTC, datetime, timedelta

import pytest

from bot.storage import calendars
from tests.conftest import enrolled
from tests.services.invitations import LATE, NOON, WORKSPACE, Desk, buttons, span

pytestmark = pytest.mark.slow

OPENING = datetime(2026, 10, 21, 7, 0, tzinfo=UTC)
"""Wednesday 09:00 in Vienna; Bo in Lisbon opens an hour later."""

EVENING = datetime(2026, 10, 20, 20, 0, tzinfo=UTC)
LONG_AGO = int(datetime(2026, 10, 1, tzinfo=UTC).timestamp())


@pytest.fixture
async def desk(office):
    return await Desk(office).opened()


def invited(calendar, at=LATE, **fields):
    return calendar.invite(at, organizer="bo@example.com", title="Design review", **fields)


ANSWERED_MEANWHILE = [
    ("hold", "it was answered *tentative* for you while you were off."),
    ("decline", "it was declined for you while you were off."),
]


@pytest.mark.parametrize(("treatment", "said"), ANSWERED_MEANWHILE)
async def test_what_was_answered_for_somebody_is_told_when_it_is_over_too(desk, treatment, said):
    desk.office.clock.set(EVENING)
    calendar = await desk.connect(desk.ana, treatment)
    invited(calendar, span(21, 5), booked_at=LONG_AGO)
    await desk.visit()
    assert len(calendar.replies) == 1
    await desk.office.at(OPENING)
    (message,) = desk.messages(desk.ana)
    assert message.text == f"*Design review* by bo, Wed 21 Oct 07:00–08:00: {said}"
    assert buttons(message) == {}
    await desk.office.at(OPENING + timedelta(hours=2))
    assert desk.texts(desk.bo) == []


async def test_whoever_is_off_for_days_hears_of_it_then(desk):
    desk.office.clock.set(EVENING)
    await enrolled(desk.office, desk.ana, "mon 9-17")
    calendar = await desk.connect(desk.ana, "decline")
    invited(calendar, span(22, 10), booked_at=LONG_AGO)
    await desk.visit()
    await desk.office.at(datetime(2026, 10, 25, 12, 0, tzinfo=UTC))
    assert desk.texts(desk.ana) == []
    await desk.office.at(datetime(2026, 10, 26, 8, 0, tzinfo=UTC))
    assert "it was declined for you while you were off" in desk.texts(desk.ana)[-1]


async def test_what_was_cancelled_before_it_began_is_silent(desk):
    desk.office.clock.set(EVENING)
    calendar = await desk.connect(desk.ana, "decline")
    uid = invited(calendar, span(21, 5), booked_at=LONG_AGO)
    await desk.visit()
    calendar.cancel(uid)
    await desk.visit(after=timedelta(minutes=20))
    await desk.office.at(OPENING)
    assert desk.texts(desk.ana) == []


async def test_what_the_server_never_took_is_not_said_to_be_answered(desk):
    desk.office.clock.set(EVENING)
    calendar = await desk.connect(desk.ana, "decline")
    invited(calendar, span(21, 5), booked_at=LONG_AGO)
    await desk.visit()
    async with desk.office.bot.database.transaction() as tx:
        await tx.exec_driver_sql("UPDATE occurrences SET our_answer = ''")
    await desk.office.at(OPENING)
    assert desk.texts(desk.ana) == []


NIGHT = datetime(2026, 10, 21, 2, 0, tzinfo=UTC)
"""03:00 in Lisbon."""


async def test_made_in_the_future_is_not_made_just_now(desk):
    desk.office.clock.set(EVENING)
    calendar = await desk.connect(desk.ana)
    invited(calendar, booked_at=int(EVENING.timestamp()) + 86_400)
    await desk.visit()
    assert desk.texts(desk.bo) == []


async def test_what_happened_while_nothing_could_be_read_is_not_told_at_night(desk):
    desk.office.clock.set(EVENING)
    calendar = await desk.connect(desk.ana)
    uid = invited(calendar, NOON, booked_at=LONG_AGO)
    await desk.visit()
    calendar.move(uid, LATE)  # at some time of the evening: its server is away until the night
    desk.office.clock.set(NIGHT)
    await desk.visit()
    assert await desk.kinds() == [("invite", "due"), ("better_times", "due")]
    assert desk.texts(desk.bo) == []


async def test_what_could_not_be_said_at_once_waits_for_the_morning(desk):
    desk.office.clock.set(EVENING)
    calendar = await desk.connect(desk.ana)
    invited(calendar, booked_at=int(EVENING.timestamp()))
    async with desk.office.bot.database.transaction() as tx:
        await calendars.call_on(tx, WORKSPACE, desk.ana.id)
    await desk.office.at(EVENING)
    assert ("better_times", "due") in await desk.kinds()
    await desk.office.at(NIGHT)
    assert desk.texts(desk.bo) == []
    await desk.office.at(OPENING + timedelta(hours=1))
    assert len(desk.texts(desk.bo)) == 1
