"""Every calendar file that the dependencies bring for their own tests, through the real readers."""

import re
import sysconfig
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from datetime import date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import icalendar
import pytest
import pytest_asyncio
import recurring_ical_events
from icalendar.timezone import tzp

from bot.calendars.frames import ObjectRef
from bot.calendars.ical import read
from bot.calendars.readers import Readers
from bot.domain.instants import utc as instant
from bot.domain.invites import Unclear
from bot.domain.spans import Span
from tests.calendars import hostile
from tests.calendars.ics_files import OCTOBER, OWNER, REF, TZ, event, file
from tests.calendars.test_ical_zones import SUMMER, noon

pytestmark = [pytest.mark.slow, pytest.mark.asyncio(loop_scope="module")]

FILES = sorted(Path(sysconfig.get_path("purelib")).rglob("*.ics"))
AT_LEAST = 240
"""258 were found when this was written."""

CANARIES = [
    file(noon("W. Europe Standard Time")),
    file(SUMMER, noon("Customized Time Zone")),
    file(noon("Customized Time Zone")),  # which has to stay unknown
    file(noon("Custom")),
    file(event(*hostile.SHORT, "RRULE:FREQ=WEEKLY", "EXDATE:20261027T180000Z")),
]
SUNG = [read(canary, REF, OWNER, OCTOBER, TZ) for canary in CANARIES]


def completed(data: bytes) -> bytes:
    """Components that stand alone in a calendar, and every event with an identity at least."""
    if b"BEGIN:VCALENDAR" not in data.upper():
        data = b"BEGIN:VCALENDAR\r\n" + data.strip() + b"\r\nEND:VCALENDAR\r\n"
    return data.replace(b"END:VEVENT", b"UID:1\r\nEND:VEVENT")  # the first one counts


def windows(data: bytes, most: int = 1) -> Iterator[Span]:
    """Two months from shortly before each of the first few dates in a file, and this autumn."""
    yield OCTOBER
    for day in re.findall(rb"DTSTART[^\r\n]*?:(\d{8})", data)[:most]:
        year, month, number = int(day[:4]), int(day[4:6]), int(day[6:])
        if 1970 < year < 2100 and 1 <= month <= 12 and 1 <= number <= 28:
            begin = int(datetime(year, month, number, tzinfo=ZoneInfo(TZ)).timestamp()) - 5 * 86_400
            yield Span(begin, begin + 60 * 86_400)


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def readers() -> AsyncIterator[Readers]:
    """One reading process, so that each file follows the one before it in the same memory."""
    one = Readers(count=1)
    yield one
    await one.close()


async def canaries_sing(readers: Readers) -> bool:
    """Whether files with known results are read as ever."""
    files = [(REF, canary) for canary in CANARIES]
    return await readers.read_many(files, OWNER, OCTOBER, TZ, whose="W/canary") == SUNG


async def test_no_file_hangs_crashes_or_leaks_into_the_next(readers: Readers) -> None:
    assert len(FILES) >= AT_LEAST
    pids = None
    results: Counter[str] = Counter()
    for path in FILES:
        data = path.read_bytes()
        variants = {data, completed(data)}
        files = [(ObjectRef(path.name), each) for each in variants]
        for window in windows(data):
            for found in await readers.read_many(files, OWNER, window, TZ, whose="W/corpus"):
                results[found.unreadable[0].why if found.unreadable else "read"] += 1
        assert await canaries_sing(readers), path
        pids = pids or {process._process.pid for process in readers._processes}
    assert results[Unclear.TIME] == 0
    assert results["read"] > sum(results.values()) / 2
    assert {process._process.pid for process in readers._processes} >= pids  # none had to die


async def test_hostile_files_leak_nothing_either(readers: Readers) -> None:
    """In turn with those that kill the process, so that new ones are met as well as old ones."""
    groups = (hostile.SIZES, hostile.BROKEN, hostile.RULED, hostile.ZONED, hostile.HARMLESS)
    files = [data for group in groups for data in group.values()]
    files += [hostile.ruled(rule) for rule in hostile.RULES]
    for number, data in enumerate(files):
        batch = [(REF, data)]
        if number % 25 == 0:
            batch.append((REF, hostile.ENDLESS[number // 25 % len(hostile.ENDLESS)]))
        found = await readers.read_many(batch, OWNER, OCTOBER, TZ, whose="W/mal")
        assert found[0] == read(data, REF, OWNER, OCTOBER, TZ)
        assert all(each.unreadable[0].why is Unclear.TIME for each in found[1:])
        assert await canaries_sing(readers)


def unguarded(data: bytes, window: Span) -> list[int]:
    """Starts as the libraries give them when they get the file itself."""

    def instant_of(moment: date) -> int:
        if not isinstance(moment, datetime):
            moment = datetime(moment.year, moment.month, moment.day, tzinfo=ZoneInfo(TZ))
        return int((moment if moment.tzinfo else moment.replace(tzinfo=ZoneInfo(TZ))).timestamp())

    tzp.use_default()
    around = (instant(window.start) - timedelta(2), instant(window.end) + timedelta(2))
    found = [
        (instant_of(each["DTSTART"].dt), instant_of(each["DTEND"].dt))
        for calendar in icalendar.Calendar.from_ical(data, multiple=True)
        for each in recurring_ical_events.of(calendar).between(*around)
    ]
    return sorted(
        start
        for start, end in found
        if start < window.end and (end > window.start or start >= window.start)
    )


@pytest.mark.filterwarnings("ignore::icalendar.error.GloballyUniqueTZIDGuessed")
async def test_what_the_guards_let_through_is_read_as_without_them() -> None:
    """Writing a file anew and moving the start of its series changes no occurrence."""
    compared = 0
    only_ours = set()
    for path in FILES:
        data = path.read_bytes()
        for window in windows(data, most=3):
            found = read(data, REF, OWNER, window, TZ)
            if found.unreadable:
                continue
            try:
                theirs = unguarded(data, window)
            except (AttributeError, KeyError, ValueError):  # a property the bot never looks at
                only_ours.add(path.name)
                continue
            assert [each.start_at for each in found.occurrences] == theirs, path
            compared += len(theirs)
    assert compared > 1_200
    assert len(only_ours) < 10
