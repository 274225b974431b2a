"""The process that reads iCalendar, and that may be killed at any time.

`bot.calendars.readers` starts it and speaks to it in frames over standard input and output. It
knows no secret, opens nothing and ends when its input does. A file that takes more processor time
than allowed is ended by the kernel, also inside a library's C code; one that takes more memory
gets a MemoryError. Long before that limit a file is stopped that has had its turn, and the process
goes on to other people's; whoever sent it may ask for a longer one.
"""

import os
import resource
import signal
import sys
import time
from collections.abc import Iterator
from types import FrameType
from typing import BinaryIO

from bot.calendars.frames import (
    LENGTH_BYTES,
    Answer,
    ObjectRef,
    Packed,
    Read,
    Task,
    as_task,
    framed,
)
from bot.calendars.ical import read
from bot.domain.spans import Span

MOST_MEMORY = 512 * 1024 * 1024
TURN_S = 0.03
"""Processor time of a turn, then it is other people's."""

_SHORTEST_S = 0.001

_FIRST = b"""BEGIN:VCALENDAR
BEGIN:VEVENT
UID:1
DTSTART;TZID=Europe/Berlin:20261005T090000
RRULE:FREQ=WEEKLY
END:VEVENT
END:VCALENDAR
"""
_FIRST_WINDOW = Span(1_791_158_400, 1_791_763_200)


class _TurnIsOver(BaseException):
    """Raised wherever the file has got to; no library is to take it for an error of its own."""


def _over(_number: int, _frame: FrameType | None) -> None:
    raise _TurnIsOver


def answers(task: Task, limit_s: float) -> Iterator[Answer]:
    """Read a task's files, each within its own limit on processor time."""
    began_s = time.process_time()
    is_enough = False
    for ref, data in task.files:
        if is_enough:
            return
        left_s = began_s + TURN_S - time.process_time()
        signal.setitimer(signal.ITIMER_PROF, limit_s)
        found = _stopped(data, ref, task, 0.0 if task.is_long else max(left_s, _SHORTEST_S))
        signal.setitimer(signal.ITIMER_PROF, 0)
        is_enough = found is None or time.process_time() - began_s >= TURN_S
        yield Answer(None if found is None else Packed.of(found), is_enough)


def _stopped(data: bytes, ref: ObjectRef, task: Task, after_s: float) -> Read | None:
    """One file, or None when it is not done after this much processor time; 0: no matter when."""
    try:
        signal.setitimer(signal.ITIMER_VIRTUAL, after_s)
        found = read(data, ref, task.owner, task.window, task.tz)
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
    except _TurnIsOver:
        return None
    return found


def serve(source: BinaryIO, sink: BinaryIO, limit_s: float) -> None:
    """Answer tasks until there are no more."""
    read(_FIRST, ObjectRef(""), (), _FIRST_WINDOW, "UTC")  # the first of all loads zone data
    _send(sink, framed(None))
    while len(head := source.read(LENGTH_BYTES)) == LENGTH_BYTES:
        task = as_task(source.read(int.from_bytes(head, "big")))
        for answer in answers(task, limit_s):
            _send(sink, framed(answer))


def _send(sink: BinaryIO, frame: bytes) -> None:
    sink.write(frame)
    sink.flush()


def main() -> None:
    """Serve on standard input and output, with the limit in seconds as the one argument."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's to handle
    signal.signal(signal.SIGVTALRM, _over)
    resource.setrlimit(resource.RLIMIT_AS, (MOST_MEMORY, MOST_MEMORY))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    sink = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    with open(os.devnull, "wb") as nowhere:  # noqa: PTH123 - a device, not a file
        os.dup2(nowhere.fileno(), sys.stdout.fileno())  # whatever a library prints is no frame
    serve(sys.stdin.buffer, sink, float(sys.argv[1]))


if __name__ == "__main__":
    main()
