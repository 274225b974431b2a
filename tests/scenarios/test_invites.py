"""Meeting invites end to end: a real CalDAV server, the real bot, Slack in front of it.

Bo invites Ana. Ana works Monday to Friday from 9 to 18 in Berlin, and has connected her calendar.
"""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from bot.calendars.base import Credentials
from bot.calendars.readers import Readers
from bot.domain.invites import Answer
from bot.domain.spans import Span
from bot.slack.manifest import BOT_OPTIONAL_SCOPES, BOT_SCOPES
from bot.storage import calendars
from sandbox import Person
from sandbox.calendars import Server, server
from tests.calendars.worlds import Invite, Seen
from tests.calendars.xandikos import PASSWORD, XandikosWorld, opened
from tests.conftest import Office, enrolled
from tests.conftest import opened as office_opened

pytestmark = pytest.mark.slow

WORKSPACE = "T0SANDBOX"
FRIDAY = datetime(2026, 10, 23, 14, 0, tzinfo=UTC)
"""16:00 in Berlin and 10:00 in New York; Berlin’s clocks go back on Sunday, New York’s a week on."""

MARCH = datetime(2026, 3, 2, 15, 0, tzinfo=UTC)
"""16:00 in Berlin, before the clocks of New York go forward."""

TUESDAY_LATE = Span(*(int(datetime(2026, 10, 27, h, tzinfo=UTC).timestamp()) for h in (18, 19)))
"""19:00 to 20:00 in Berlin, in winter time."""

TUESDAY_NOON = Span(*(int(datetime(2026, 10, 27, h, tzinfo=UTC).timestamp()) for h in (11, 12)))
WEDNESDAY_LATE = Span(TUESDAY_LATE.start + 86_400, TUESDAY_LATE.end + 86_400)
POLL = timedelta(minutes=6)
WAIT = timedelta(minutes=1)
"""So long what is to be said waits for the other calendars of the same meeting."""


@dataclass
class Town:
    """Ana and Bo, in Slack and on the CalDAV server."""

    office: Office
    world: XandikosWorld
    ana: Person
    bo: Person

    async def visit(self) -> None:
        """Time goes on until the calendar has been read again."""
        await self.office.at(self.office.clock.now() + POLL)
        await self.office.at(self.office.clock.now() + WAIT)

    async def connect(self, person: Person, credentials: Credentials, address: str) -> None:
        """Connect somebody's calendar, as the window in Slack does in the end."""
        async with self.office.bot.database.transaction() as tx:
            await calendars.connect(
                tx,
                WORKSPACE,
                person.id,
                provider="caldav",
                sealed_credentials=self.office.bot.services.calendar_access.sealed(credentials),
                address=address,
                now=int(self.office.clock.now().timestamp()),
            )
        self.office.bot.scheduler.wake("calendars")
        await self.office.settle()

    async def treat(self, treatment: str) -> None:
        """What Ana wants done about invites outside her hours."""
        async with self.office.bot.database.transaction() as tx:
            await calendars.change(tx, WORKSPACE, self.ana.id, treatment=treatment)

    def read(self, person: Person) -> list[str]:
        """What the bot told this person in their direct conversation."""
        found = self.office.sandbox.messages(self.office.sandbox.dm(person, self.office.app).id)
        return [f"{message.text} {message.blocks}" for message in found]

    async def press(self, person: Person, action_id: str) -> None:
        """Press a button of the last thing the bot told this person, and let it happen."""
        dm = self.office.sandbox.dm(person, self.office.app)
        await person.click(self.office.sandbox.messages(dm.id)[-1], action_id)
        await self.office.settle()

    async def meeting(self, uid: str) -> dict[str, Any]:
        """The row of a single meeting."""
        (row,) = await self.meetings(uid)
        return row

    async def meetings(self, uid: str) -> list[dict[str, Any]]:
        """Every occurrence's row, in order."""
        rows = await self.office.rows("SELECT * FROM occurrences ORDER BY start_at")
        return [row for row in rows if row["uid"] == uid]


@pytest.fixture(scope="module")
def caldav(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The CalDAV server of this module."""
    with server(tmp_path_factory.mktemp("xandikos")) as running:
        yield running


@asynccontextmanager
async def settled(folder: Path, url: str, caldav: Server, start: datetime) -> AsyncIterator[Town]:
    """Ana has connected her calendar, which is empty."""
    readers = Readers()
    scopes = (*BOT_SCOPES, *BOT_OPTIONAL_SCOPES)
    async with (
        opened(caldav, readers) as world,
        office_opened(folder, url, scopes=scopes) as office,
    ):
        office.clock.set(start)
        ana = office.sandbox.add_user("ana", "Europe/Berlin")
        bo = office.sandbox.add_user("bo", "America/New_York")
        await enrolled(office, ana, "mon-fri 9-18")
        await enrolled(office, bo, "mon-fri 9-18")
        await office.settle()  # a look at the roster under way would bring the old address back
        await bo.set_email(world.organizer)
        town = Town(office, world, ana, bo)
        await town.connect(ana, world.credentials, world.owner)
        yield town
    await readers.close()


@pytest.fixture
async def town(tmp_path: Path, any_url: str, caldav: Server) -> AsyncIterator[Town]:
    """On a Friday in October."""
    async with settled(tmp_path, any_url, caldav, FRIDAY) as found:
        yield found


@pytest.fixture
async def spring(tmp_path: Path, any_url: str, caldav: Server) -> AsyncIterator[Town]:
    """On a Monday in March."""
    async with settled(tmp_path, any_url, caldav, MARCH) as found:
        yield found


async def organizers(world: XandikosWorld) -> Credentials:
    """What opens Bo's calendar, found the way the bot does."""
    return await world.provider.discover(world.proxy.url, world.bo.user, PASSWORD)


async def test_an_invite_outside_the_hours_is_flagged(town):
    uid = await town.world.invite(Invite(TUESDAY_LATE, "Design review"))
    await town.visit()
    row = await town.meeting(uid)
    assert (row["state"], row["rule"], row["outside_min"]) == ("flagged", "by_treatment", 60)
    assert await town.world.mark_of(uid) == "outside-hours"
    # Nobody was answered, and the organiser's server heard nothing.
    assert await town.world.seen(uid) == Seen(Answer.NEEDS_ACTION)
    assert await town.world.told() == 0
    # Bo reads it in Slack, with better times; Ana as well.
    assert "outside the hours of ana" in "\n".join(town.read(town.bo))
    assert "Design review" in "\n".join(town.read(town.ana))


async def test_an_invite_inside_the_hours_is_left_alone(town):
    uid = await town.world.invite(Invite(TUESDAY_NOON))
    await town.visit()
    row = await town.meeting(uid)
    assert (row["state"], row["rule"], row["errand"]) == ("", "inside_hours", "")
    assert await town.world.mark_of(uid) == ""
    assert town.read(town.ana) == []


async def test_held_moved_in_lifted_moved_out_reopened(town):
    await town.treat("hold")
    uid = await town.world.invite(Invite(TUESDAY_LATE))
    await town.visit()
    held = await town.world.seen(uid)
    assert held.answer is Answer.TENTATIVE
    assert held.comment == "This is outside the working hours of ana, who answers within them."
    _, copy = await town.world.ana.held(uid)
    assert str(copy.walk("VEVENT")[0]["comment"]) == held.comment

    await town.world.move(uid, TUESDAY_NOON)
    await town.visit()
    row = await town.meeting(uid)
    assert (row["state"], row["errand"]) == ("lifted", "")
    assert (await town.world.seen(uid)).answer is Answer.NEEDS_ACTION
    _, copy = await town.world.ana.held(uid)
    assert "comment" not in copy.walk("VEVENT")[0]

    await town.world.move(uid, WEDNESDAY_LATE)
    await town.visit()
    assert (await town.meeting(uid))["state"] == "held"
    assert (await town.world.seen(uid)).answer is Answer.TENTATIVE


async def test_accepted_by_hand_it_is_never_touched_again(town):
    await town.treat("hold")
    uid = await town.world.invite(Invite(TUESDAY_LATE))
    await town.visit()
    await town.world.answer_by_hand(uid, Answer.ACCEPTED)
    await town.visit()
    assert (await town.meeting(uid))["state"] == "manual"
    for span in (WEDNESDAY_LATE, TUESDAY_NOON, TUESDAY_LATE):
        await town.world.move(uid, span)
        await town.visit()
        assert (await town.meeting(uid))["state"] == "manual"
        assert (await town.world.seen(uid)).answer is Answer.ACCEPTED


async def test_cancelled_nothing_more_is_said(town):
    await town.treat("hold")
    uid = await town.world.invite(Invite(TUESDAY_LATE))
    await town.visit()
    said = len(town.read(town.ana)), len(town.read(town.bo)), await town.world.told()
    await town.world.cancel(uid)
    await town.visit()
    assert await town.meetings(uid) == []
    assert (len(town.read(town.ana)), len(town.read(town.bo))) == said[:2]
    assert await town.world.told() == said[2]


async def test_a_weekly_series_from_new_york_over_the_autumn_change(town):
    """Noon in New York: 18:00 in Berlin, but 17:00 in the week between the two changes."""
    noon = int(datetime(2026, 10, 20, 16, tzinfo=UTC).timestamp())
    uid = await town.world.invite(
        Invite(Span(noon, noon + 3600), "Weekly", weeks=8, tz="America/New_York")
    )
    await town.visit()
    rows = await town.meetings(uid)
    found = {
        datetime.fromtimestamp(row["start_at"], UTC).date().isoformat(): row["state"]
        for row in rows
    }
    assert found == {
        "2026-10-27": "",
        "2026-11-03": "flagged",
        "2026-11-10": "flagged",
        "2026-11-17": "flagged",
        "2026-11-24": "flagged",
        "2026-12-01": "flagged",
        "2026-12-08": "flagged",
    }
    # One notice for the series, not one for each of its weeks.
    assert len(town.read(town.bo)) == 1


async def test_a_weekly_series_from_new_york_over_the_spring_change(spring):
    noon = int(datetime(2026, 3, 3, 17, tzinfo=UTC).timestamp())
    uid = await spring.world.invite(
        Invite(Span(noon, noon + 3600), "Weekly", weeks=8, tz="America/New_York")
    )
    await spring.visit()
    found = {
        datetime.fromtimestamp(row["start_at"], UTC).date().isoformat(): row["state"]
        for row in await spring.meetings(uid)
    }
    assert [day for day, state in found.items() if not state] == [
        "2026-03-10",
        "2026-03-17",
        "2026-03-24",
    ]
    assert len(found) == 8


async def test_declined_with_better_times_and_undone_with_a_click(town):
    await town.treat("decline")
    uid = await town.world.invite(Invite(TUESDAY_LATE, "Design review"))
    await town.visit()
    declined = await town.world.seen(uid)
    assert declined.answer is Answer.DECLINED
    assert "Times that would suit: Tue 27 Oct 09:00–10:00" in declined.comment
    (told,) = town.read(town.ana)
    assert "Declined for you" in told
    await town.press(town.ana, "invite_undo")
    await town.visit()
    assert (await town.meeting(uid))["state"] == "undone"
    assert (await town.world.seen(uid)).answer is Answer.NEEDS_ACTION
    await town.visit()
    assert (await town.world.seen(uid)).answer is Answer.NEEDS_ACTION


async def test_held_at_night_and_answered_when_the_person_is_back(town):
    await town.treat("hold")
    await town.office.at(datetime(2026, 10, 23, 19, 0, tzinfo=UTC))
    uid = await town.world.invite(Invite(TUESDAY_LATE, "Design review"))
    await town.visit()
    held = await town.world.seen(uid)
    assert held.answer is Answer.TENTATIVE
    assert "They are back Mon 26 Oct 04:00 (America/New_York)." in held.comment
    assert town.read(town.ana) == [], "not on a Friday night"
    assert len(town.read(town.bo)) == 1, "it is Friday noon where Bo is"

    await town.office.at(datetime(2026, 10, 26, 8, 1, tzinfo=UTC))
    (told,) = town.read(town.ana)
    assert "Design review" in told
    await town.press(town.ana, "invite_accept")
    await town.visit()
    assert (await town.world.seen(uid)).answer is Answer.ACCEPTED
    await town.world.move(uid, WEDNESDAY_LATE)
    await town.visit()
    assert (await town.meeting(uid))["state"] == "manual"


async def test_the_organiser_picks_a_better_time_and_the_hold_is_lifted(town):
    """Bo has connected his calendar as well, so the pick moves the meeting there."""
    await town.treat("hold")
    await town.connect(town.bo, await organizers(town.world), town.world.organizer)
    await town.visit()
    uid = await town.world.invite(Invite(TUESDAY_LATE, "Design review"))
    await town.visit()
    await town.press(town.bo, "better_time_1")
    await town.visit()
    rows = await town.meetings(uid)
    assert {row["start_at"] for row in rows} != {TUESDAY_LATE.start}
    (own,) = [row for row in rows if row["user_id"] == town.ana.id]
    assert own["state"] == "lifted"
    assert (await town.world.seen(uid)).answer is Answer.NEEDS_ACTION
