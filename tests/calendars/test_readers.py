"""The processes that read: killed, starved, hammered, and still quick for everybody else."""

import asyncio
import os
import resource
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path

import pytest
import pytest_asyncio

from bot.calendars.frames import ObjectRef, Read
from bot.calendars.ical import read
from bot.calendars.readers import Readers
from bot.domain.invites import Unclear
from bot.domain.spans import Span
from bot.errors import CalendarAway
from tests.calendars.hostile import ENDLESS, LONG, SHORT, TOO_LARGE
from tests.calendars.ics_files import OCTOBER, OWNER, REF, TZ, event, file, refused

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.slow]

GOOD = file(event(*SHORT))
AS_IT_IS = read(GOOD, REF, OWNER, OCTOBER, TZ)


async def ask(readers: Readers, data: bytes, whose: str = "W/ana") -> Read:
    return await readers.read(data, REF, OWNER, OCTOBER, TZ, whose=whose)


async def settled(readers: Readers) -> list[int]:
    """The ids of all processes, once there are as many as there should be."""
    readers._fill()
    while readers._starting:
        await asyncio.wait(set(readers._starting))
    assert len(readers._processes) == readers._count + 1
    return [process._process.pid for process in readers._processes]


def size_of(pid: int) -> int:
    """The address space of a process in bytes."""
    return int(Path(f"/proc/{pid}/statm").read_text().split()[0]) * resource.getpagesize()


def environment_of(pid: int) -> set[bytes]:
    """The names of a process' environment variables."""
    entries = Path(f"/proc/{pid}/environ").read_bytes().rstrip(b"\0").split(b"\0")
    return {entry.partition(b"=")[0] for entry in entries}


def is_gone(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    return False


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def readers() -> AsyncIterator[Readers]:
    """Processes for all tests here, so that each begins where another one left things."""
    readers = Readers()
    yield readers
    await readers.close()


async def test_a_file_is_read_as_it_is_in_the_same_process(readers: Readers) -> None:
    assert await ask(readers, GOOD) == AS_IT_IS


@pytest.mark.parametrize("data", ENDLESS)
async def test_an_endless_file_is_given_up(readers: Readers, data: bytes) -> None:
    """The clock is only there to show that it ends; the limit itself is on processor time."""
    await settled(readers)
    began = time.monotonic()
    assert refused(await ask(readers, data)) is Unclear.TIME
    assert time.monotonic() - began < 10
    assert await ask(readers, GOOD) == AS_IT_IS


async def test_too_large_is_not_even_sent(readers: Readers) -> None:
    assert refused(await ask(readers, TOO_LARGE)) is Unclear.SIZE


async def test_many_files_and_one_that_kills(readers: Readers) -> None:
    """Every other file of the same task is read, and each answer is at its own place."""
    files = [(ObjectRef(f"/{number}.ics"), GOOD) for number in range(70)]
    files[33] = (files[33][0], ENDLESS[1])  # the second process has it, and comes back to it
    files[34] = (files[34][0], TOO_LARGE)
    found = await readers.read_many(files, OWNER, OCTOBER, TZ, whose="W/ana")
    expected = [read(data, ref, OWNER, OCTOBER, TZ) for ref, data in files if data is GOOD]
    assert [each for each in found if each.occurrences] == expected
    bad = [each.unreadable[0] for each in found if each.unreadable]
    assert [(each.object_id, each.why) for each in bad] == [
        ("/33.ics", Unclear.TIME),
        ("/34.ics", Unclear.SIZE),
    ]


async def test_nothing_to_read(readers: Readers) -> None:
    assert await readers.read_many([], OWNER, OCTOBER, TZ) == []


async def test_a_window_has_to_be_short(readers: Readers) -> None:
    with pytest.raises(ValueError, match="too long"):
        await readers.read(GOOD, REF, OWNER, Span(0, 76 * 86_400), TZ)


async def test_processes_killed_between_two_files_are_not_the_files_fault(readers: Readers) -> None:
    await ask(readers, GOOD)
    for pid in await settled(readers):
        os.kill(pid, signal.SIGKILL)
    await asyncio.gather(*(process._process.wait() for process in readers._processes))
    assert await ask(readers, GOOD) == AS_IT_IS


async def test_a_process_that_sleeps_is_not_waited_for() -> None:
    sleepy = Readers(count=1, patience_s=0.5)
    try:
        await ask(sleepy, GOOD)
        for pid in await settled(sleepy):
            os.kill(pid, signal.SIGSTOP)
        assert refused(await ask(sleepy, GOOD)) is Unclear.TIME
        assert refused(await ask(sleepy, GOOD)) is Unclear.TIME  # the spare slept as well
        assert await ask(sleepy, GOOD) == AS_IT_IS
    finally:
        await sleepy.close()


async def test_a_file_that_wants_more_memory_than_there_is() -> None:
    """As much as the process has already is all it gets, which no large file can be read with."""
    hungry = Readers(count=1)
    names = [f"ATTENDEE:mailto:person{number}@many.example" for number in range(5_000)]
    try:
        await ask(hungry, GOOD)
        for pid in await settled(hungry):
            resource.prlimit(pid, resource.RLIMIT_AS, (size_of(pid), size_of(pid)))
        found = refused(await ask(hungry, file(event(*SHORT, "RRULE:FREQ=WEEKLY", *names))))
        assert found in {Unclear.SIZE, Unclear.BROKEN}
        while await ask(hungry, GOOD) != AS_IT_IS:  # until both starved ones are replaced
            pass
    finally:
        await hungry.close()


async def test_a_caller_who_leaves_takes_no_answer_from_the_next(readers: Readers) -> None:
    await settled(readers)
    for _ in range(3):
        leaving = asyncio.create_task(ask(readers, ENDLESS[1]))
        await asyncio.sleep(0.05)
        leaving.cancel()
        with suppress(asyncio.CancelledError):
            await leaving
    assert await ask(readers, GOOD) == AS_IT_IS


async def test_a_process_knows_no_secret(readers: Readers) -> None:
    for pid in await settled(readers):
        assert environment_of(pid) == {b"PYTHONPATH"}


async def test_nothing_is_left_behind() -> None:
    readers = Readers()
    await ask(readers, GOOD)
    pids = [process._process.pid for process in readers._processes]
    endless = asyncio.create_task(ask(readers, ENDLESS[1]))
    await asyncio.sleep(0.05)
    await readers.close()
    assert all(is_gone(pid) for pid in pids)
    assert not readers._starting
    with pytest.raises(CalendarAway):
        await endless
    with pytest.raises(CalendarAway):
        await ask(readers, GOOD)


async def test_closing_what_was_never_used() -> None:
    await Readers().close()


async def test_a_process_ends_with_its_input() -> None:
    """Whatever becomes of the bot, its readers do not stay."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "bot.calendars.reader", "0.5"),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    out, _ = await asyncio.wait_for(process.communicate(b""), 20)
    assert (process.returncode, out) == (0, bytes(4))  # it was ready, and had nothing to say


async def test_the_bot_itself_loads_no_library_for_icalendar() -> None:
    code = (
        "import sys, bot.wiring, bot.calendars.readers, bot.calendars.zones;"
        "print(sys.modules.keys() & {'icalendar', 'recurring_ical_events'})"
    )
    done = await asyncio.to_thread(
        subprocess.run, [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "set()"


def stretch() -> float:
    """How much longer than its processor time a piece of work takes on this machine just now."""
    cpu, wall = time.process_time(), time.monotonic()
    while time.process_time() - cpu < 0.2:
        pass
    return (time.monotonic() - wall) / 0.2


async def test_a_file_that_takes_long_is_read_all_the_same(readers: Readers) -> None:
    """Most of a turn's time is not enough for it; what else is in the same call is not held up."""
    names = [
        f"RDATE:2026{month}{day:02}T{hour:02}0000Z"
        for month in (10, 11)
        for day in range(1, 29)
        for hour in range(8)
    ]
    long = file(event(*SHORT, *names), *(event(*SHORT, base=(f"UID:{n}",)) for n in range(100)))
    expected = read(long, REF, OWNER, OCTOBER, TZ)
    assert len(expected.occurrences) > 500
    files = [(REF, long), (REF, GOOD), (REF, long), (REF, GOOD)]
    found = await readers.read_many(files, OWNER, OCTOBER, TZ, whose="W/ana")
    assert found == [expected, AS_IT_IS, expected, AS_IT_IS]


async def hold_ups(readers: Readers, times: int) -> float:
    """The longest of so many waits for somebody's invite."""
    waits = []
    for _ in range(times):
        await asyncio.sleep(0.2)
        began = time.monotonic()
        assert await ask(readers, GOOD, "W/cy") == AS_IT_IS
        waits.append(time.monotonic() - began)
    return max(waits)


@pytest.mark.slow
async def test_one_hostile_invite_to_many_people_does_not_delay_anybody_else() -> None:
    """Twenty people get a file that takes a quarter of a second; nobody was ever slow before.

    Each has a turn of 30 ms on one of two readers before it is put off: 0.3 s in all.
    """
    readers = Readers()
    try:
        await ask(readers, GOOD, "W/cy")
        await settled(readers)
        await asyncio.sleep(1)
        crowd = [asyncio.create_task(ask(readers, LONG, f"W/{n}")) for n in range(20)]
        await asyncio.sleep(0.05)
        began = time.monotonic()
        assert await ask(readers, GOOD, "W/cy") == AS_IT_IS
        wait = time.monotonic() - began
        assert not all(task.done() for task in crowd)
        assert wait < max(1.0, await asyncio.to_thread(stretch))
        assert {each.unreadable for each in await asyncio.gather(*crowd)} == {()}
    finally:
        await readers.close()


@pytest.mark.slow
async def test_two_hostile_senders_do_not_delay_anybody_else() -> None:
    """An invite is read within a second while two people's files are endless, a hundred each.

    Each of the two has a turn of 30 ms before every file is put off, and all that were put off
    share one reader. So nearly the whole second is left for a machine that is busy otherwise; where
    two processes that only count already take longer by the clock than that, the second is as much
    longer.
    """
    readers = Readers()
    try:
        await ask(readers, GOOD, "W/cy")
        await settled(readers)
        hammering = [
            asyncio.create_task(ask(readers, ENDLESS[1], whose))
            for _ in range(100)
            for whose in ("W/mal", "W/mallory")
        ]
        longest = await hold_ups(readers, times=20)
        assert not all(task.done() for task in hammering)
        assert longest < max(1.0, await asyncio.to_thread(stretch))
        for task in hammering:
            task.cancel()
        await asyncio.gather(*hammering, return_exceptions=True)
    finally:
        await readers.close()
