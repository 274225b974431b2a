"""What goes between the bot and the processes that read iCalendar for it.

A frame is a length in four bytes, then MessagePack. The bot sends a `Task` of several files; an
`Answer` to each comes back as soon as it is read, in order, so that a process which dies has named
the file that killed it. An answer that says `is_enough` is the last one: what follows was left.
"""

from dataclasses import dataclass, replace

import msgspec

from bot.domain.invites import Occurrence, Unreadable
from bot.domain.spans import Span

LENGTH_BYTES = 4
MOST_FRAME_BYTES = 8 * 1024 * 1024
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
        is_long: its one file may take as long as any file may; else all of them together may not
            take longer than one turn.
    """

    files: tuple[tuple[ObjectRef, bytes], ...]
    owner: tuple[str, ...]
    window: Span
    tz: str
    is_long: bool = False


class Packed(msgspec.Struct, frozen=True, array_like=True):
    """A `Read` in which what many occurrences share is there once: hundreds of guests, mostly.

    Attributes:
        shared: occurrences without what is told in ``each``.
        each: which of them, then recurrence_id, series_at, start_at and end_at.
    """

    shared: tuple[Occurrence, ...]
    each: tuple[tuple[int, str, int, int, int], ...]
    unreadable: tuple[Unreadable, ...]

    @classmethod
    def of(cls, read: Read) -> "Packed":
        """The same in less room."""
        shared: dict[Occurrence, int] = {}
        each = []
        for one in read.occurrences:
            bare = replace(one, recurrence_id="", series_at=0, start_at=0, end_at=0)
            number = shared.setdefault(bare, len(shared))
            each.append((number, one.recurrence_id, one.series_at, one.start_at, one.end_at))
        return cls(tuple(shared), tuple(each), read.unreadable)

    def read(self) -> Read:
        """The same as it was, in about as little room."""
        occurrences = tuple(
            replace(
                self.shared[number],
                recurrence_id=recurrence_id,
                series_at=series_at,
                start_at=start_at,
                end_at=end_at,
            )
            for number, recurrence_id, series_at, start_at, end_at in self.each
        )
        return Read(occurrences, self.unreadable)


class Answer(msgspec.Struct, frozen=True, array_like=True):
    """One file, read.

    Attributes:
        packed: None when the turn was over first.
        is_enough: the task took long enough so far; its other files are for another turn.
    """

    packed: Packed | None
    is_enough: bool


_encoder = msgspec.msgpack.Encoder()
as_task = msgspec.msgpack.Decoder(Task).decode
as_answer = msgspec.msgpack.Decoder(Answer).decode


def framed(value: Task | Answer | None) -> bytes:
    """A value as a frame; None as the empty one, which a process sends when it is ready."""
    body = b"" if value is None else _encoder.encode(value)
    return len(body).to_bytes(LENGTH_BYTES, "big") + body
