"""What goes between the bot and the processes that read iCalendar for it.

A frame is a length in four bytes, then MessagePack. The bot sends a `Task` of several files; an
`Answer` to each comes back as soon as it is read, in order, so that a process which dies has named
the file that killed it. An answer that says `is_enough` is the last one: what follows was left.
"""

from dataclasses import dataclass

import msgspec

from bot.domain.invites import Occurrence, Unreadable
from bot.domain.spans import Span

LENGTH_BYTES = 4
MOST_FRAME_BYTES = 64 * 1024 * 1024
LONGEST_WINDOW_S = 75 * 86_400


@dataclass(frozen=True, slots=True)
class ObjectRef:
    """Which object of a calendar a file is, and in which version; as in `Occurrence`."""

    object_id: str
    etag: str = ""


@dataclass(frozen=True, slots=True)
class Read:
    """What one file holds: occurrences, or why there are none that can be trusted."""

    occurrences: tuple[Occurrence, ...] = ()
    unreadable: tuple[Unreadable, ...] = ()


class Task(msgspec.Struct, frozen=True, array_like=True):
    """Files of one owner to read.

    Attributes:
        files: which object, and its bytes.
        owner: every address the owner is invited by, in lower case.
        window: occurrences outside it are left out.
        tz: the owner's zone, in which all-day events are days.
    """

    files: tuple[tuple[ObjectRef, bytes], ...]
    owner: tuple[str, ...]
    window: Span
    tz: str


class Answer(msgspec.Struct, frozen=True, array_like=True):
    """One file, read.

    Attributes:
        spent_s: processor time it took.
        is_enough: the task took long enough so far; its other files are for another turn.
    """

    read: Read
    spent_s: float
    is_enough: bool


_encoder = msgspec.msgpack.Encoder()
as_task = msgspec.msgpack.Decoder(Task).decode
as_answer = msgspec.msgpack.Decoder(Answer).decode


def framed(value: Task | Answer | None) -> bytes:
    """A value as a frame; None as the empty one, which a process sends when it is ready."""
    body = b"" if value is None else _encoder.encode(value)
    return len(body).to_bytes(LENGTH_BYTES, "big") + body
