"""A full sync of 1,000 events from a real CalDAV server, against the caldav library.

Both read the same calendar of one running Xandikos, in turn, over plain loopback HTTP: invites in a
zone the file defines, with seven attendees. Both end with the same values of each event, which are
compared before anything is timed. The library syncs the way it is meant to, by sync token with its
objects loaded. Our reading processes are warm, as they are in a bot that runs; the library is warm,
too. Nobody is asked for a password: Xandikos leaves that to a proxy, and believes a header.

The events are written as files into the calendar's Git repository before the server starts on them;
put one by one they would take minutes.
"""

import asyncio
import statistics
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import NamedTuple
from urllib.request import Request, urlopen

import caldav
from dulwich import porcelain

from benchmarks.measure import Claim, interleaved
from bot.calendars.base import Changes, Credentials
from bot.calendars.caldav import CalDav, CalDavAccount
from bot.calendars.readers import Readers
from bot.calendars.transport import Reply, Transport
from bot.domain.spans import Span
from sandbox.calendars import server

EVENTS = 1_000
ROUNDS = 5
PATH = "ana/calendars/calendar/"
OWNER = "ana@example.com"
NAMED = {"X-Remote-User": "ana"}
WINDOW = Span(*(int(datetime(2026, month, 1, tzinfo=UTC).timestamp()) for month in (10, 12)))
TEMPLATE = """BEGIN:VCALENDAR
VERSION:2.0
PRODID:-//Example//EN
BEGIN:VTIMEZONE
TZID:Europe/Berlin
BEGIN:DAYLIGHT
DTSTART:19700329T020000
TZOFFSETFROM:+0100
TZOFFSETTO:+0200
RRULE:FREQ=YEARLY;BYMONTH=3;BYDAY=-1SU
END:DAYLIGHT
BEGIN:STANDARD
DTSTART:19701025T030000
TZOFFSETFROM:+0200
TZOFFSETTO:+0100
RRULE:FREQ=YEARLY;BYMONTH=10;BYDAY=-1SU
END:STANDARD
END:VTIMEZONE
BEGIN:VEVENT
UID:{uid}
DTSTAMP:20260901T000000Z
DTSTART;TZID=Europe/Berlin:{start}
DTEND;TZID=Europe/Berlin:{end}
SUMMARY:Planning {number}
DESCRIPTION:What we talk about\\, and who brings it.
ORGANIZER;CN=Bo:mailto:bo@example.com
ATTENDEE;CN=Ana;PARTSTAT=NEEDS-ACTION;RSVP=TRUE:mailto:ana@example.com
{attendees}SEQUENCE:0
END:VEVENT
END:VCALENDAR
"""


class Event(NamedTuple):
    """What both read of an event."""

    uid: str
    start_at: int
    end_at: int
    title: str
    organizer: str
    attendees: tuple[str, ...]
    answer: str


class _Known(Transport):
    """Says who is asking."""

    async def request(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        body: bytes | None = None,
    ) -> Reply:
        """As `Transport.request`."""
        return await super().request(method, url, headers={**(headers or {}), **NAMED}, body=body)


def seed(folder: Path) -> None:
    """Write the events, as one commit."""
    collection = (folder / PATH).resolve()
    paths = []
    for number in range(EVENTS):
        day, hour = datetime(2026, 10 + number // 28 % 2, 1 + number % 28), 8 + number % 9  # noqa: DTZ001 - wall time; the zone is written beside it
        text = TEMPLATE.format(
            uid=f"event-{number}@example.com",
            number=number,
            start=f"{day:%Y%m%d}T{hour:02}0000",
            end=f"{day:%Y%m%d}T{hour:02}3000",
            attendees="".join(
                f"ATTENDEE;CN=Guest {i};PARTSTAT=ACCEPTED:mailto:guest{i}@example.com\n"
                for i in range(6)
            ),
        )
        paths.append(collection / f"event-{number}.ics")
        paths[-1].write_text(text.replace("\n", "\r\n"), "utf-8", newline="")
    porcelain.add(str(collection), [str(path) for path in paths])
    who = b"Bench <bench@example.com>"
    porcelain.commit(str(collection), message=b"events", author=who, committer=who)


@contextmanager
def seeded() -> Iterator[str]:
    """The address of a server with the events; the first start makes the calendar."""
    with tempfile.TemporaryDirectory(prefix="offhours-caldav-") as name:
        folder = Path(name)
        with server(folder) as running:
            asked = Request(f"{running.url}/ana/", headers=NAMED)  # noqa: S310 - loopback
            urlopen(asked, timeout=30).close()  # noqa: S310 - loopback
        seed(folder)
        with server(folder) as running:
            yield running.url


def ours(changes: Changes) -> set[Event]:
    """The bot's occurrences."""
    return {
        Event(
            *(each.uid, each.start_at, each.end_at, each.title, each.organizer),
            *(tuple(sorted(each.attendees)), each.answer.value),
        )
        for each in changes.occurrences
    }


def theirs(calendar: caldav.Calendar) -> set[Event]:
    """The library's objects, loaded and read."""
    found = set()
    for each in calendar.get_objects_by_sync_token(load_objects=True):
        event = each.icalendar_component
        attendees = {_address(one): one for one in event["attendee"]}
        found.add(
            Event(
                str(event["uid"]),
                int(event["dtstart"].dt.timestamp()),
                int(event["dtend"].dt.timestamp()),
                str(event["summary"]),
                _address(event["organizer"]),
                tuple(sorted(attendees)),
                attendees[OWNER].params["PARTSTAT"].lower(),
            )
        )
    return found


def _address(line: str) -> str:
    return str(line).lower().removeprefix("mailto:")


def _opened(url: str, readers: Readers, transport: Transport) -> CalDavAccount:
    credentials = Credentials(
        address=OWNER, secret="", username="ana", url=f"{url}/{PATH}", addresses=(OWNER,)
    )
    return CalDav(transport, readers).account(credentials)


def claims() -> list[Claim]:
    """Compare what is read, then measure."""
    with (
        seeded() as url,
        asyncio.Runner() as runner,
        caldav.DAVClient(url, headers=NAMED) as client,
    ):
        readers, transport = Readers(), _Known(allow_private=True)
        account = _opened(url, readers, transport)
        calendar = client.calendar(url=f"{url}/{PATH}")

        def sync() -> set[Event]:
            return ours(runner.run(account.sync("", WINDOW, "Europe/Berlin")))

        try:
            mine, other = sync(), theirs(calendar)
            if len(mine) != EVENTS or mine != other:
                raise SystemExit(f"{len(mine ^ other)} events differ")
            timed = interleaved(sync, lambda: theirs(calendar), ROUNDS)
        finally:
            runner.run(readers.close())
            runner.run(transport.close())
    our_ms, their_ms = (1e3 * statistics.median(seconds) for seconds in timed)
    return [
        Claim(
            f"full sync of {EVENTS:,} events over CalDAV",
            round(1 / timed.ratio(), 1),
            ">= 2.5",
            f"caldav {version('caldav')}",
            round(our_ms),
            round(their_ms),
            "ms",
        )
    ]


def main() -> None:
    """Print the claims."""
    for claim in claims():
        print(claim)


if __name__ == "__main__":
    main()
