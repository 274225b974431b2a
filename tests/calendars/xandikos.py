"""The world of a real CalDAV server, which is the sandbox's: `sandbox.calendars`.

Its two people are new principals on the one server of a test run, so that worlds do not meet.
"""

import itertools
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from icalendar import Event, vDatetime

from bot.calendars.base import Credentials
from bot.calendars.caldav import CalDav
from bot.calendars.readers import Readers
from bot.calendars.transport import Transport
from bot.domain.invites import Answer
from bot.domain.spans import Span
from sandbox.calendars import Meeting, Principal, Proxy, Server, set_times
from tests.calendars.worlds import Invite, Seen

PASSWORD = "a password for one app"
MADE_AT = datetime(2026, 9, 1, tzinfo=UTC)
_numbers = itertools.count(1)


class XandikosWorld:
    """Ana the owner and Bo the organiser on a real server."""

    name = "xandikos"

    def __init__(self, proxy: Proxy, provider: CalDav) -> None:
        number = next(_numbers)
        self.proxy, self.provider = proxy, provider
        self.ana = Principal(proxy, f"ana{number}", f"ana{number}@example.com")
        self.bo = Principal(proxy, f"bo{number}", f"bo{number}@example.com")
        self.owner, self.organizer = self.ana.address, self.bo.address
        self.credentials = Credentials(address=self.owner, secret=PASSWORD)

    async def prepare(self) -> None:
        """Let both sign in, and find Ana's calendar the way the bot does."""
        for person in (self.ana, self.bo):
            await self.proxy.add(person.user, person.address, PASSWORD)
        self.credentials = await self.provider.discover(self.proxy.url, self.ana.user, PASSWORD)

    async def invite(self, invite: Invite) -> str:
        """Bo puts an event with Ana as attendee into the default calendar."""
        return await self.bo.invite(self.ana, _meeting(invite))

    async def move(self, uid: str, span: Span) -> None:
        """Bo writes another time."""
        await self.bo.move(uid, *_times(span))

    async def move_one(self, uid: str, recurrence_id: str, span: Span) -> None:
        """Bo adds an override."""
        path, calendar = await self.bo.held(uid)
        (master,) = calendar.walk("VEVENT")
        event = Event.from_ical(master.to_ical())
        del event["rrule"]
        set_times(event, *_times(span))
        original = datetime.strptime(recurrence_id, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
        event["recurrence-id"] = vDatetime(original)
        calendar.add_component(event)
        await self.bo.call("PUT", path, calendar.to_ical())

    async def cancel(self, uid: str) -> None:
        """Bo deletes it."""
        await self.bo.delete(uid)

    async def own(self, span: Span, title: str) -> str:
        """Ana invites Bo."""
        return await self.ana.invite(self.bo, _meeting(Invite(span, title)))

    async def answer_by_hand(self, uid: str, answer: Answer) -> None:
        """Ana's other programme writes her answer."""
        await self.ana.answer(uid, answer.upper())

    async def delete(self, uid: str) -> None:
        """Ana's other programme deletes her copy."""
        await self.ana.delete(uid)

    async def seen(self, uid: str, recurrence_id: str = "") -> Seen:
        """Bo's copy says the answer; the comment came with the last reply in Bo's inbox."""
        partstat = await self.bo.answer_of(self.ana, uid, recurrence_id)
        comments = await self.bo.comments(uid, recurrence_id)
        return Seen(Answer(partstat.lower()), comments[-1] if comments else "")

    async def told(self) -> int:
        """Replies in Bo's inbox."""
        return len(await self.bo.replies())

    async def mark_of(self, uid: str) -> str:
        """Our property in Ana's copy; never in Bo's."""
        _, theirs = await self.bo.held(uid)
        assert b"X-OFFHOURS" not in theirs.to_ical()
        _, calendar = await self.ana.held(uid)
        return str(calendar.walk("VEVENT")[0].get("x-offhours", ""))

    async def stale(self, token: str) -> str:
        """A token of the same form that was never given: all are kept for ever here."""
        return token[:-40] + "0123456789abcdef" * 2 + "01234567"

    @asynccontextmanager
    async def down(self) -> AsyncIterator[None]:
        """The proxy answers 503."""
        self.proxy.is_down = True
        try:
            yield
        finally:
            self.proxy.is_down = False


def _meeting(invite: Invite) -> Meeting:
    start, end = _times(invite.span, invite.tz if invite.weeks > 1 else "")
    return Meeting(
        title=invite.title,
        start=start,
        end=end,
        made_at=MADE_AT,
        weeks=invite.weeks,
        is_all_day=invite.is_all_day,
        is_optional=invite.is_optional,
    )


def _times(span: Span, tz: str = "") -> tuple[datetime, datetime]:
    zone = ZoneInfo(tz) if tz else UTC
    return datetime.fromtimestamp(span.start, zone), datetime.fromtimestamp(span.end, zone)


@asynccontextmanager
async def opened(running: Server, readers: Readers) -> AsyncIterator[XandikosWorld]:
    """A fresh world on a running server."""
    transport = Transport(allow_private=True)
    async with Proxy(running).running() as proxy:
        try:
            found = XandikosWorld(proxy, CalDav(transport, readers))
            await found.prepare()
            yield found
        finally:
            await transport.close()
