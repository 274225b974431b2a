"""iCalendar as lines of text (RFC 5545 §3.1), to change one line and leave every other as it is.

What is not touched is written back as it was: another programme’s own properties, odd folding,
even what is wrong about it. Nothing here understands dates or recurrence; that is `ical`'s.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain

from bot.errors import CalendarRefused

LONGEST_LINE = 75
"""Octets, without the line break."""

LARGEST = 256 * 1024
DEEPEST = 8
_FOLD = re.compile(r"\r?\n[ \t]")
_LINE = re.compile(r"[^\r\n]*(?:\r?\n[ \t][^\r\n]*)*(?:\r\n|\n|\r|\Z)")
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")
_PLAIN_PARAM = re.compile(r"[^\x00-\x1f\x7f\";:,]*")


@dataclass(frozen=True, slots=True)
class Property:
    """One content line: upper-case names; parameter values without their quotes."""

    name: str
    params: tuple[tuple[str, str], ...]
    value: str

    def param(self, name: str) -> str:
        """The value of a parameter; ``""`` without it."""
        return next((value for key, value in self.params if key == name), "")

    def with_param(self, name: str, value: str) -> "Property":
        """The same line with this parameter replaced in its place, or added."""
        if not self.param(name):
            kept = tuple(each for each in self.params if each[0] != name)
            return replace(self, params=(*kept, (name, value)))
        changed = ((key, value if key == name else old) for key, old in self.params)
        return replace(self, params=tuple(changed))


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

    def properties(self, name: str) -> Iterator[Property]:
        """Its own properties of this name."""
        return (read_line(line) for line in self.lines if _name(line) == name)

    def first(self, name: str) -> Property | None:
        """The first property of this name."""
        return next(self.properties(name), None)

    def value(self, name: str) -> str:
        """The value of the first property of this name; ``""`` without one."""
        found = self.first(name)
        return found.value.strip() if found else ""

    def drop(self, *names: str) -> None:
        """Take properties out."""
        self.lines = [line for line in self.lines if _name(line) not in names]

    def put(self, new: Property) -> None:
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
    for line in _LINE.findall(data.decode("utf-8", "surrogateescape")):
        name = _name(line)
        if name == "BEGIN" and len(inner) <= DEEPEST:
            component = Component(read_line(line).value.strip().upper(), line)
            inner[-1].children.append(component)
            inner.append(component)
        elif name == "END" and len(inner) > 1:
            inner.pop().end = line if line.endswith(("\n", "\r")) else line + "\r\n"
        elif line.strip():
            inner[-1].lines.append(line)
    calendars = list(root.all("VCALENDAR"))
    if len(calendars) != 1 or len(inner) != 1:
        raise CalendarRefused("unreadable")
    return calendars[0]


def write(calendar: Component) -> bytes:
    """The bytes of `read` again, but for what was changed."""
    return calendar.text().encode("utf-8", "surrogateescape")


def read_line(line: str) -> Property:
    """A content line, unfolded and taken apart."""
    flat = _FOLD.sub("", line).rstrip("\r\n")
    pieces, quoted, begun = [], False, 0
    for place, char in enumerate(flat):
        if char == '"':
            quoted = not quoted
        elif char in ";:" and not quoted:
            pieces.append(flat[begun:place])
            begun = place + 1
            if char == ":":
                break
    else:
        return Property(flat.partition(":")[0].upper(), (), flat.partition(":")[2])
    params = (piece.partition("=") for piece in pieces[1:])
    named = tuple((key.upper().strip(), value.strip().strip('"')) for key, _, value in params)
    return Property(pieces[0].upper(), named, flat[begun:])


def write_line(line: Property) -> str:
    """A content line, folded at 75 octets and ended."""
    params = "".join(f";{name}={_quoted(value)}" for name, value in line.params)
    return fold(f"{line.name}{params}:{line.value}")


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


def is_address(line: Property, addresses: Sequence[str]) -> bool:
    """Whether an ATTENDEE or ORGANIZER is one of these lower-case addresses."""
    named = line.value.strip().lower().removeprefix("mailto:")
    return named in addresses or line.param("EMAIL").lower() in addresses


def _name(line: str) -> str:
    return re.split("[:;]", line, maxsplit=1)[0].strip().upper()


def _quoted(value: str) -> str:
    return value if _PLAIN_PARAM.fullmatch(value) else f'"{value}"'
