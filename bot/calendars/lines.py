"""iCalendar as text (RFC 5545 §3.1): lines put together again, split, and sorted into components.

Only the properties that are read further on are kept; a description of any length is dropped here.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from bot.domain.invites import Unclear

MOST_BYTES = 256 * 1024
MOST_COMPONENTS = 500
DEEPEST = 6

KEPT = frozenset(
    (
        "ATTENDEE",
        "CALSCALE",
        "CREATED",
        "DTEND",
        "DTSTART",
        "DURATION",
        "EXDATE",
        "EXRULE",
        "ORGANIZER",
        "RDATE",
        "RECURRENCE-ID",
        "RRULE",
        "SEQUENCE",
        "STATUS",
        "SUMMARY",
        "TRANSP",
        "TZID",
        "TZOFFSETFROM",
        "TZOFFSETTO",
        "UID",
        "X-MICROSOFT-CDO-BUSYSTATUS",
    )
)

_HOLDS_NO_COLON = frozenset(("DTEND", "DTSTART", "EXDATE", "RDATE", "RECURRENCE-ID"))
"""Their values are digits, so the last colon is the one before the value, and an unquoted
``TZID=(UTC+01:00) Amsterdam, Berlin`` can be read."""

_NAME = re.compile(r"[A-Za-z0-9-]+(?=[;:])")
_HEAD = re.compile(r'(?:"[^"]*"|[^":])*')
_PARAM = re.compile(r';([A-Za-z0-9-]+)=((?:"[^"]*"|[^";])*(?:"[^;]*)?)')
_PLAIN = re.compile(r'[^\x00-\x1f\x7f";:,]*')
_FOLD = re.compile(rb"\n[ \t]")  # in bytes: a fold may part the bytes of one letter
_ESCAPED = re.compile(r"\\(.)")
_CONTROL = re.compile(r"[\x00-\x1f\x7f\u2028\u2029]+")


class NotRead(Exception):
    """The file is not read any further.

    Attributes:
        why: as its owner is told.
    """

    def __init__(self, why: Unclear) -> None:
        super().__init__(why.value)
        self.why = why


@dataclass(frozen=True, slots=True)
class Line:
    """One property: its name in capitals, its parameters as written, its value."""

    name: str
    head: str
    value: str

    def param(self, name: str) -> str:
        """A parameter's value without quotes, ``""`` when it is not given."""
        found = (value for key, value in _PARAM.findall(self.head) if key.upper() == name)
        return str(next(found, "")).strip('"')

    def with_param(self, name: str, value: str) -> "Line":
        """The same property with another value of a parameter, in its place or added."""
        plain = value.replace('"', " ")
        written = f"={plain}" if _PLAIN.fullmatch(plain) else f'="{plain}"'

        def changed(found: re.Match[str]) -> str:
            return f";{found[1]}{written}" if found[1].upper() == name else found[0]

        named = {key.upper() for key, _ in _PARAM.findall(self.head)}
        added = "" if name in named else f";{name}{written}"
        return replace(self, head=_PARAM.sub(changed, self.head) + added)

    @property
    def text(self) -> str:
        """The value of a text property: unescaped, on one line, without control characters."""
        plain = _ESCAPED.sub(lambda found: " " if found[1] in "nN" else found[1], self.value)
        return " ".join(_CONTROL.sub(" ", plain).split())


@dataclass(frozen=True, slots=True)
class Block:
    """A component: its properties and the components inside, in the file's order."""

    name: str
    lines: list[Line] = field(default_factory=list)
    blocks: list["Block"] = field(default_factory=list)

    def every(self, name: str) -> list[Line]:
        """All properties of a name."""
        return [line for line in self.lines if line.name == name]

    def first(self, name: str) -> Line | None:
        """The first property of a name."""
        return next((line for line in self.lines if line.name == name), None)

    def text(self, name: str) -> str:
        """The first such property as text, ``""`` when there is none."""
        line = self.first(name)
        return line.text if line else ""

    def inner(self, name: str) -> list["Block"]:
        """The components of a name directly inside."""
        return [block for block in self.blocks if block.name == name]


def parse(data: bytes) -> list[Block]:
    """The calendars of a file.

    Raises:
        NotRead: `Unclear.SIZE` above `MOST_BYTES` or `MOST_COMPONENTS`, `Unclear.BROKEN` when it
            is not iCalendar.
    """
    if len(data) > MOST_BYTES:
        raise NotRead(Unclear.SIZE)
    root = Block("")
    open_blocks = [root]
    components = 0
    for name, raw in _logical(data):
        if name == "BEGIN":
            components += 1
            if components > MOST_COMPONENTS:
                raise NotRead(Unclear.SIZE)
            if len(open_blocks) > DEEPEST:
                raise NotRead(Unclear.BROKEN)
            block = Block(_component(raw))
            open_blocks[-1].blocks.append(block)
            open_blocks.append(block)
        elif name == "END":
            if open_blocks.pop().name != _component(raw) or not open_blocks:
                raise NotRead(Unclear.BROKEN)
        elif name in KEPT:
            open_blocks[-1].lines.append(_line(name, raw))
    calendars = root.inner("VCALENDAR")
    if len(open_blocks) > 1 or not calendars or len(calendars) < len(root.blocks):
        raise NotRead(Unclear.BROKEN)
    return calendars


def line_of(raw: str) -> Line | None:
    """A property that is on one line; None for what is none."""
    found = _NAME.match(raw)
    return _line(found[0].upper(), raw) if found else None


def _logical(data: bytes) -> Iterator[tuple[str, str]]:
    """Name in capitals, and the whole line. What is no property at all is passed over."""
    if b"\x00" in data:
        raise NotRead(Unclear.BROKEN)
    unfolded = _FOLD.sub(b"", data.replace(b"\r\n", b"\n").replace(b"\r", b"\n"))
    for raw in unfolded.decode("utf-8-sig", "replace").split("\n"):
        found = _NAME.match(raw)
        if found:
            yield found[0].upper(), raw


def _component(raw: str) -> str:
    return raw.partition(":")[2].strip().upper()


def _line(name: str, raw: str) -> Line:
    if name in _HOLDS_NO_COLON:
        head, _, value = raw.rpartition(":")
        return Line(name, head, value.strip().upper())
    found = _HEAD.match(raw)
    head = found[0] if found else ""
    if raw[len(head) : len(head) + 1] != ":":  # an odd quote somewhere: as if there were none
        head = raw.partition(":")[0]
    return Line(name, head, raw[len(head) + 1 :].strip())
