"""iCalendar as lines of text (RFC 5545 §3.1), to change one line and leave every other as it is.

What is not touched is written back as it was: another programme’s own properties, odd folding,
even what is wrong about it. What a line says is for `bot.calendars.lines` to tell, as it does
where events are read; nothing here understands dates or recurrence.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import chain

from bot.calendars.lines import Line, line_of
from bot.errors import CalendarRefused

LONGEST_LINE = 75
"""Octets, without the line break."""

LARGEST = 256 * 1024
DEEPEST = 8
_FOLD = re.compile(r"(?:\r\n|\n|\r)[ \t]")
_LINE = re.compile(r"[^\r\n]*(?:(?:\r\n|\n|\r)[ \t][^\r\n]*)*(?:\r\n|\n|\r|\Z)")
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")


@dataclass(slots=True)
class Component:
    """``BEGIN:VEVENT`` to ``END:VEVENT``: its own lines as written, and what lies within."""

    name: str
    begin: str
    end: str = ""
    lines: list[str] = field(default_factory=list)
    children: list["Component"] = field(default_factory=list)

    def all(self, name: str) -> Iterator["Component"]:
        """Children of this name."""
        return (each for each in self.children if each.name == name)

    def properties(self, name: str) -> Iterator[Line]:
        """Its own properties of this name."""
        found = (read_line(line) for line in self.lines)
        return (each for each in found if each is not None and each.name == name)

    def first(self, name: str) -> Line | None:
        """The first property of this name."""
        return next(self.properties(name), None)

    def value(self, name: str) -> str:
        """The value of the first property of this name; ``""`` without one."""
        found = self.first(name)
        return found.value if found else ""

    def drop(self, *names: str) -> None:
        """Take properties out."""
        self.lines = [line for line in self.lines if _name(line) not in names]

    def put(self, new: Line) -> None:
        """Write a property in the place of the first of its name, or at the end."""
        places = [i for i, line in enumerate(self.lines) if _name(line) == new.name]
        if places:
            self.lines[places[0]] = write_line(new)
            self.lines = [line for i, line in enumerate(self.lines) if i not in places[1:]]
        else:
            self.lines.append(write_line(new))

    def text(self) -> str:
        """As written, its own lines before what lies within."""
        return "".join(
            chain((self.begin,), self.lines, (each.text() for each in self.children), (self.end,))
        )


def read(data: bytes) -> Component:
    """The VCALENDAR.

    Raises:
        CalendarRefused: ``unreadable`` or ``too_large``: it is not changed then.
    """
    if len(data) > LARGEST:
        raise CalendarRefused("too_large")
    root = Component("", "")
    inner = [root]
    for line in _LINE.findall(data.decode("utf-8-sig", "surrogateescape")):
        name = _name(line)
        if name == "BEGIN" and len(inner) <= DEEPEST:
            component = Component(_component(line), line)
            inner[-1].children.append(component)
            inner.append(component)
        elif name == "END" and inner[-1].name == _component(line):
            inner.pop().end = line if line.endswith(("\n", "\r")) else line + "\r\n"
        elif name in {"BEGIN", "END"}:
            raise CalendarRefused("unreadable")
        elif line.strip():
            inner[-1].lines.append(line)
    calendars = list(root.all("VCALENDAR"))
    if len(calendars) != 1 or len(inner) != 1:
        raise CalendarRefused("unreadable")
    return calendars[0]


def write(calendar: Component) -> bytes:
    """The bytes of `read` again, but for what was changed."""
    return calendar.text().encode("utf-8", "surrogateescape")


def read_line(line: str) -> Line | None:
    """A content line, unfolded; None for what is no property."""
    return line_of(_unfolded(line))


def write_line(line: Line) -> str:
    """A content line, folded at 75 octets and ended."""
    return fold(f"{line.head}:{line.value}")


def fold(line: str) -> str:
    """Folded so that no piece is longer than 75 octets; characters stay whole."""
    pieces, length = [""], 0
    for char in line:
        size = len(char.encode("utf-8", "surrogateescape"))
        if length + size > LONGEST_LINE:
            pieces.append(" ")
            length = 1
        pieces[-1] += char
        length += size
    return "\r\n".join(pieces) + "\r\n"


def escaped(text: str) -> str:
    """Text as a property value (RFC 5545 §3.3.11)."""
    flat = _CONTROL.sub("", text.replace("\r\n", "\n"))
    for char in "\\;,":
        flat = flat.replace(char, "\\" + char)
    return flat.replace("\n", "\\n")


def unescaped(value: str) -> str:
    """The text a property value stands for."""
    return re.sub(r"\\(.)", lambda found: "\n" if found[1] in "nN" else found[1], value)


def _unfolded(line: str) -> str:
    """A fold may part the bytes of one letter, which are put together again."""
    flat = _FOLD.sub("", line).rstrip("\r\n")
    return flat.encode("utf-8", "surrogateescape").decode("utf-8", "surrogateescape")


def _name(line: str) -> str:
    found = read_line(line)
    return found.name if found else ""


def _component(line: str) -> str:
    return _unfolded(line).partition(":")[2].strip().upper()
