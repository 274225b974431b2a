"""Working hours, as Google's working locations tell them."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import msgspec
import pytest

from bot.calendars.base import HoursFound
from bot.calendars.google import Google
from bot.calendars.google_events import Event
from bot.calendars.google_hours import weekly_hours
from bot.calendars.oauth import OAuthApp
from bot.domain.notation import format_weekly, parse_weekly
from bot.domain.spans import Span
from tests.calendars.worlds import Invite
from tests.calendars.worlds_google import OWNER, GoogleWorld, opened

TZ = "Europe/Berlin"


def at(month: int, day: int, hour: int, minute: int = 0) -> int:
    """An instant of 2026, on a wall clock in Berlin."""
    return int(datetime(2026, month, day, hour, minute, tzinfo=ZoneInfo(TZ)).timestamp())


@pytest.fixture
async def world() -> AsyncIterator[GoogleWorld]:
    async with opened() as found:
        yield found


def working_at(world: GoogleWorld, *spans: Span, is_all_day: bool = False) -> None:
    for span in spans:
        world.calendars.meet(OWNER, span, type="workingLocation", is_all_day=is_all_day)


async def hours(world: GoogleWorld) -> HoursFound | None:
    """As asked for on Monday, 19 October, in the morning."""
    provider = Google(
        world.provider._transport,
        OAuthApp("", ""),
        api_url=world.google.api_url,
        now=lambda: at(10, 19, 6) + 0.5,
    )
    return await provider.account(world.credentials).hours()


async def test_nobody_who_never_said_where_they_work_has_hours(world: GoogleWorld):
    await world.invite(Invite(Span(at(10, 20, 19), at(10, 20, 20))))
    assert await hours(world) is None


async def test_working_locations_say_when_somebody_works(world: GoogleWorld):
    day = [int(datetime(2026, 10, on, tzinfo=UTC).timestamp()) for on in range(19, 26)]
    working_at(world, Span(day[0], day[2]), Span(day[3], day[4]), is_all_day=True)
    working_at(world, Span(at(10, 20, 8), at(10, 20, 12)), Span(at(10, 20, 13), at(10, 20, 16, 30)))
    working_at(world, Span(at(10, 27, 11), at(10, 27, 14)), Span(at(10, 23, 22), at(10, 24, 6)))
    working_at(world, Span(at(11, 7, 8), at(11, 7, 12)))
    found = await hours(world)
    expected = "mon 9-17; tue 8-16:30; thu 9-17; fri 22-6"
    assert found == HoursFound(format_weekly(parse_weekly(expected)), TZ, "google")
    assert parse_weekly(found.weekly) == parse_weekly(expected)


async def test_hours_are_those_of_the_calendars_zone(world: GoogleWorld):
    world.calendars.people[OWNER].tz = "America/New_York"
    working_at(world, Span(at(10, 20, 15), at(10, 20, 23)))
    assert await hours(world) == HoursFound("Tue 09:00–17:00", "America/New_York", "google")


@pytest.mark.parametrize(
    ("start", "end", "tz"),
    [
        ("2026-10-20T09:00:00Z", "2026-10-24T09:00:00Z", TZ),
        ("2026-10-20T09:00:00Z", "2026-10-20T09:00:00Z", TZ),
        ("soon", "2026-10-20T09:00:00Z", TZ),
        ("2026-10-20T09:00:00Z", "2026-10-20T12:00:00Z", "Mars/Olympus"),
    ],
)
def test_what_makes_no_week_is_no_suggestion(start: str, end: str, tz: str):
    event = msgspec.convert(
        {"id": "ev1", "start": {"dateTime": start}, "end": {"dateTime": end}}, Event
    )
    assert weekly_hours([event], tz) == ""
