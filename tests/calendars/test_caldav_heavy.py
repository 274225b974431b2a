"""A calendar that somebody has filled with invites which are small and mean hundreds each."""

from datetime import UTC, datetime

import pytest

from bot.calendars.base import Credentials
from bot.calendars.caldav import CalDav
from bot.calendars.gathering import MOST_WEIGHT, OCCURRENCE_WEIGHT
from bot.calendars.readers import Readers
from bot.calendars.transport import Transport
from bot.domain.invites import Unclear
from bot.domain.spans import Span
from tests.calendars.odd_dav import CALENDAR, OddServer, event

pytestmark = pytest.mark.asyncio(loop_scope="session")

WINDOW = Span(*(int(datetime(2026, month, 1, tzinfo=UTC).timestamp()) for month in (10, 12)))
EIGHT_A_DAY = "RRULE:FREQ=DAILY;BYHOUR=1,2,3,4,5,6,7,8"


def heavy(number: int) -> str:
    """Some three hundred occurrences in some three hundred bytes."""
    return event(number).replace("X-PAD:", EIGHT_A_DAY)


@pytest.mark.slow
@pytest.mark.parametrize("oddity", [{}, {"tells_data": False}])
async def test_the_usual_invites_are_read_all_the_same(readers: Readers, oddity: dict[str, bool]):
    sessions = Transport(allow_private=True)
    async with OddServer(**oddity).running() as server:
        server.put("first.ics", event(1_000))
        for number in range(62):
            server.put(f"{number}.ics", heavy(number))
        server.put("last.ics", event(2_000))
        credentials = Credentials("ana@example.com", "right", "ana", server.url + CALENDAR)
        found = await CalDav(sessions, readers).account(credentials).sync("", WINDOW, "UTC")
    await sessions.close()
    assert len(found.occurrences) * OCCURRENCE_WEIGHT <= MOST_WEIGHT
    read = {each.uid for each in found.occurrences}
    given_up = {each.uid for each in found.unreadable if each.why is Unclear.SIZE}
    assert {"1000", "2000"} <= read
    assert given_up
    assert read.isdisjoint(given_up)
    assert len(read | given_up) == 64
