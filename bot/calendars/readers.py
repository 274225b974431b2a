"""Reading anybody's iCalendar without being held up by it.

Two processes read, a third one waits, already started. A file that takes long has a turn of its
own behind everybody's short ones; one that takes too long, or kills its process, is given up. Then
the third process takes over at once and another is started behind it. The libraries for iCalendar
are loaded there alone.
"""

import asyncio
import signal
import sys
from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from bot.calendars.frames import (
    LENGTH_BYTES,
    LONGEST_WINDOW_S,
    MOST_FRAME_BYTES,
    Answer,
    ObjectRef,
    Read,
    Task,
    as_answer,
    framed,
)
from bot.calendars.lines import MOST_BYTES
from bot.calendars.turns import Turn, Turns
from bot.domain.invites import Unclear, Unreadable
from bot.domain.spans import Span
from bot.errors import CalendarAway
from bot.log import log

START_S = 30.0
MOST_FILES = 20
MOST_TASK_BYTES = 2 * MOST_BYTES

_PACKAGES = Path(__file__).parents[2]


class _Died(Exception):
    """The process is gone, or had to go. ``why`` is what is said of the file it was reading."""

    def __init__(self, why: Unclear) -> None:
        super().__init__(why.value)
        self.why = why


class _Process:
    """One reading process."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process
        assert process.stdin is not None, "stdin is a pipe"  # noqa: S101 - narrows the type
        assert process.stdout is not None, "stdout is a pipe"  # noqa: S101 - narrows the type
        self._to, self._from = process.stdin, process.stdout

    @classmethod
    async def start(cls, limit_s: float) -> "_Process":
        """Start one, and wait until it is ready.

        Raises:
            OSError: it cannot be started.
            _Died: it did not become ready.
        """
        child = cls(
            await asyncio.create_subprocess_exec(
                *(sys.executable, "-P", "-m", "bot.calendars.reader", str(limit_s)),
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.DEVNULL,
                env={"PYTHONPATH": str(_PACKAGES)},  # the bot's own holds its secrets
            )
        )
        try:
            await child._frame(START_S)
        except BaseException:
            await child.end()
            raise
        return child

    @property
    def is_alive(self) -> bool:
        """Whether it has not ended."""
        return self._process.returncode is None

    def send(self, task: Task) -> None:
        """Give it files to read; it takes them all before it answers."""
        self._to.write(framed(task))

    async def answer(self, patience_s: float) -> Answer:
        """Its next answer.

        Raises:
            _Died: there will be none.
        """
        return as_answer(await self._frame(patience_s))

    async def _frame(self, patience_s: float) -> bytes:
        try:
            async with asyncio.timeout(patience_s):
                length = int.from_bytes(await self._from.readexactly(LENGTH_BYTES), "big")
                if length > MOST_FRAME_BYTES:
                    raise _Died(Unclear.SIZE)
                return await self._from.readexactly(length)
        except TimeoutError as error:
            raise _Died(Unclear.TIME) from error
        except (asyncio.IncompleteReadError, ConnectionError) as error:
            is_late = await self._process.wait() == -signal.SIGPROF
            raise _Died(Unclear.TIME if is_late else Unclear.BROKEN) from error

    async def end(self) -> None:
        """Kill it, and see it gone."""
        if self.is_alive:
            self._process.kill()
        self._to.close()
        await self._process.wait()


@dataclass(slots=True)
class _Job:
    """One call's files.

    Attributes:
        left: indexes of files nobody has begun.
        long: indexes of files that did not fit into a turn.
        found: by index.
    """

    files: Sequence[tuple[ObjectRef, bytes]]
    owner: tuple[str, ...]
    window: Span
    tz: str
    left: deque[int]
    long: deque[int] = field(default_factory=deque)
    found: dict[int, Read] = field(default_factory=dict)

    def waiting(self, kind: Turn) -> deque[int]:
        """The files for such a turn."""
        return self.long if kind is Turn.LONG else self.left

    def next_files(self, kind: Turn) -> deque[int]:
        """Take some of them, not too much for one turn; a long one is for one alone."""
        waiting = self.waiting(kind)
        taken = deque((waiting.popleft(),))
        size = len(self.files[taken[0]][1])
        while kind is not Turn.LONG and waiting and len(taken) < MOST_FILES:
            size += len(self.files[waiting[0]][1])
            if size > MOST_TASK_BYTES:
                break
            taken.append(waiting.popleft())
        return taken

    def task(self, indexes: Iterable[int], kind: Turn) -> Task:
        """Those files, to be sent."""
        files = tuple(self.files[index] for index in indexes)
        return Task(files, self.owner, self.window, self.tz, is_long=kind is Turn.LONG)

    def give_up(self, index: int, why: Unclear) -> None:
        """A file that was not read."""
        ref = self.files[index][0]
        self.found[index] = Read(unreadable=(Unreadable(ref.object_id, ref.etag, why),))


class Readers:
    """The reading processes. They are started with the first file, and end with `close`.

    Args:
        count: how many read at the same time.
        limit_s: processor time a file may take.
        patience_s: time by the clock an answer may take, for files that sleep rather than work. It
            is generous, as a machine may be busy.
    """

    def __init__(self, count: int = 2, limit_s: float = 0.5, patience_s: float = 2.0) -> None:
        self._count = count
        self._limit_s = limit_s
        self._patience_s = patience_s
        self._turns = Turns(count)
        self._idle: asyncio.Queue[_Process] = asyncio.Queue()
        self._processes: set[_Process] = set()
        self._starting: set[asyncio.Task[None]] = set()
        self._is_closed = False

    async def read(
        self,
        data: bytes,
        ref: ObjectRef,
        owner: tuple[str, ...],
        window: Span,
        tz: str,
        *,
        whose: str = "",
    ) -> Read:
        """One file; arguments and result as `bot.calendars.ical.read`, `read_many` for the rest."""
        return (await self.read_many([(ref, data)], owner, window, tz, whose=whose))[0]

    async def read_many(
        self,
        files: Sequence[tuple[ObjectRef, bytes]],
        owner: tuple[str, ...],
        window: Span,
        tz: str,
        *,
        whose: str = "",
    ) -> list[Read]:
        """Many files of one owner, by several processes where nobody else waits.

        Args:
            files: which object, and its bytes.
            owner: every address the owner is invited by, in lower case.
            window: occurrences outside it are left out.
            tz: the owner's zone.
            whose: calls for the same person take turns with each other.

        Raises:
            CalendarAway: no process could be started; the files say nothing about that.
            ValueError: the window is longer than `LONGEST_WINDOW_S`.
        """
        if window.end - window.start > LONGEST_WINDOW_S:
            raise ValueError("the window is too long")
        job = _Job(files, owner, window, tz, deque())
        for index, (_, data) in enumerate(files):
            if len(data) > MOST_BYTES:
                job.give_up(index, Unclear.SIZE)
            else:
                job.left.append(index)
        workers = min(self._count, -(-len(job.left) // MOST_FILES))
        try:
            async with asyncio.TaskGroup() as group:
                for number in range(workers):
                    kind = Turn.FURTHER if number else Turn.FIRST
                    group.create_task(self._work(job, whose, kind))
            await self._work(job, whose, Turn.LONG)
        except* CalendarAway as away:
            raise CalendarAway from away
        return [job.found[index] for index in range(len(files))]

    async def close(self) -> None:
        """End every process."""
        self._is_closed = True
        for task in self._starting:
            task.cancel()
        await asyncio.gather(*self._starting, return_exceptions=True)
        await asyncio.gather(*(process.end() for process in self._processes))
        self._processes.clear()

    async def _work(self, job: _Job, whose: str, kind: Turn) -> None:
        while job.waiting(kind):
            async with self._turns.turn(whose, kind):
                if job.waiting(kind):
                    await self._one_turn(job, kind)

    async def _one_turn(self, job: _Job, kind: Turn) -> None:
        process = await self._process()
        indexes = job.next_files(kind)
        first = indexes[0]
        is_fine = False
        try:
            process.send(job.task(indexes, kind))
            while indexes:
                answer = await process.answer(self._patience_s)
                if answer.packed is not None:
                    job.found[indexes.popleft()] = answer.packed.read()
                elif indexes[0] == first:  # it had all of the turn
                    job.long.append(indexes.popleft())
                if answer.is_enough:
                    break
            is_fine = True
        except _Died as died:
            if self._is_closed:
                raise CalendarAway from died
            job.give_up(indexes.popleft(), died.why)
        finally:
            job.waiting(kind).extendleft(reversed(indexes))
            if is_fine:
                self._idle.put_nowait(process)
            else:  # given up, or the caller was cancelled: what it says next is nobody's answer
                await self._replace(process)

    async def _process(self) -> _Process:
        """An idle process, as soon as there is one."""
        if self._is_closed:
            raise CalendarAway
        self._fill()
        try:
            async with asyncio.timeout(START_S):
                while not (process := await self._idle.get()).is_alive:
                    await self._replace(process)
        except TimeoutError as error:
            raise CalendarAway from error
        return process

    async def _replace(self, process: _Process) -> None:
        self._processes.discard(process)
        self._fill()
        await process.end()

    def _fill(self) -> None:
        """See to it that there are as many processes as read, and one more."""
        while not self._is_closed and (len(self._processes) + len(self._starting) <= self._count):
            task = asyncio.create_task(self._start())
            self._starting.add(task)
            task.add_done_callback(self._starting.discard)

    async def _start(self) -> None:
        try:
            process = await _Process.start(self._limit_s)
        except (OSError, _Died) as error:  # whoever waits for it asks again later
            log.warning("calendar.reader_not_started", exc_type=type(error).__name__)
            return
        self._processes.add(process)
        self._idle.put_nowait(process)
