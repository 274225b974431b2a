"""The XML of WebDAV (RFC 4918) and CalDAV (RFC 4791), read from servers nobody vouches for.

A document type is refused, and with it every entity that could grow or reach for a file. What is
kept is a tree of `Node`; names carry a prefix of ours, whatever the server's is: ``d:href``. A tree
takes many times the room of its text, so its size has a limit of its own.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from html import escape
from types import MappingProxyType
from typing import NamedTuple
from xml.parsers import expat

from bot.calendars.transport import TooLarge
from bot.errors import CalendarAway

PREFIXES = {
    "DAV:": "d",
    "urn:ietf:params:xml:ns:caldav": "c",
    "http://calendarserver.org/ns/": "cs",
}
NAMESPACES = " ".join(f'xmlns:{short}="{uri}"' for uri, short in PREFIXES.items())
DEEPEST = 40
MOST_PARTS = 200_000
"""Elements and attributes of one answer: some 25,000 events."""

LONGEST_NAMESPACE = 256
"""It is a part of every name in it, so a long one would multiply."""

PIECE = 64 * 1024
"""So much is read at a time. No tag is waited for any longer: its attributes come all at once."""

NOTHING: Mapping[str, str] = MappingProxyType({})
OK, NOT_FOUND = 200, 404


@dataclass(slots=True)
class Node:
    """One element: its prefixed name, its own text, its children."""

    name: str
    attributes: Mapping[str, str]
    text: str = ""
    children: Sequence["Node"] = ()

    def all(self, name: str) -> Iterator["Node"]:
        """The children of this name."""
        return (each for each in self.children if each.name == name)

    def first(self, name: str) -> "Node | None":
        """The first child of this name."""
        return next(self.all(name), None)

    def text_of(self, name: str) -> str:
        """The text of the first child of this name, stripped; ``""`` without one."""
        found = self.first(name)
        return found.text.strip() if found else ""


class Entry(NamedTuple):
    """One response of a multistatus: a resource and those of its properties that were found.

    Attributes:
        status: of the resource; 200 when only its properties have one.
        lacking: names of those it does not have.
        calendar_data: the text as sent, ``""`` without.
    """

    href: str
    status: int
    props: dict[str, Node]
    lacking: frozenset[str]

    @property
    def etag(self) -> str:
        """``getetag``, ``""`` when it was not sent."""
        return plain_etag(self.text_of("d:getetag"))

    @property
    def calendar_data(self) -> str:
        """The iCalendar text; ``""`` when it was not sent."""
        found = self.props.get("c:calendar-data")
        return found.text if found else ""

    def text_of(self, prop: str) -> str:
        """A property that is text."""
        found = self.props.get(prop)
        return found.text.strip() if found else ""

    def href_of(self, prop: str) -> str:
        """A property that is one address, or the first of several."""
        found = self.props.get(prop)
        return found.text_of("d:href") if found else ""


class Multistatus(NamedTuple):
    """Answer 207 of ``size`` bytes; ``token`` only from a sync-collection report."""

    entries: tuple[Entry, ...]
    token: str
    size: int


@dataclass(slots=True)
class _Open:
    """An element that has not ended yet."""

    node: Node
    text: list[str] = field(default_factory=list)
    children: list[Node] = field(default_factory=list)


class _Builder:
    """Gathers the tree while expat reads."""

    def __init__(self) -> None:
        self.root = _Open(Node("", NOTHING))
        self._open = [self.root]
        self._names: dict[str, str] = {}
        self._left = MOST_PARTS

    def namespace(self, _: str | None, uri: str | None) -> None:
        """A prefix is declared."""
        if uri and len(uri) > LONGEST_NAMESPACE:
            raise CalendarAway

    def start(self, name: str, attributes: dict[str, str]) -> None:
        """An element begins."""
        if len(self._open) > DEEPEST:
            raise CalendarAway
        self._left -= 1 + len(attributes)
        if self._left < 0:
            raise TooLarge
        node = Node(self._short(name), attributes or NOTHING)
        self._open[-1].children.append(node)
        self._open.append(_Open(node))

    def end(self, _: str) -> None:
        """It ends."""
        ended = self._open.pop()
        ended.node.text = "".join(ended.text)
        ended.node.children = tuple(ended.children)

    def text(self, data: str) -> None:
        """Characters of the innermost element."""
        self._open[-1].text.append(data)

    def refuse(self, *_: object) -> None:
        """A document type has no place in an answer."""
        raise CalendarAway

    def _short(self, name: str) -> str:
        if name not in self._names:
            uri, _, local = name.rpartition("}")
            self._names[name] = f"{PREFIXES.get(uri, uri)}:{local}"
        return self._names[name]


def parse(body: bytes) -> Node:
    """The root element.

    Raises:
        CalendarAway: it is not XML, has a document type, or is nested too deeply.
        TooLarge: it has more than `MOST_PARTS`, or a tag much longer than `PIECE`.
    """
    builder, parser = _Builder(), expat.ParserCreate(namespace_separator="}")
    parser.buffer_text = True
    parser.StartElementHandler = builder.start
    parser.EndElementHandler = builder.end
    parser.CharacterDataHandler = builder.text
    parser.StartDoctypeDeclHandler = builder.refuse
    parser.EntityDeclHandler = builder.refuse
    parser.StartNamespaceDeclHandler = builder.namespace
    try:
        for read in range(0, len(body), PIECE):
            # Text is handed over as it comes, a tag when it ends: what waits is a tag.
            if read - parser.CurrentByteIndex > PIECE:
                raise TooLarge
            parser.Parse(body[read : read + PIECE], False)
        parser.Parse(b"", True)
    except (expat.ExpatError, UnicodeError, ValueError, LookupError) as error:
        raise CalendarAway from error
    return builder.root.children[0]


def multistatus(body: bytes) -> Multistatus:
    """What a PROPFIND or a REPORT answers.

    Raises:
        CalendarAway: it is something else.
    """
    root = parse(body)
    if root.name != "d:multistatus":
        raise CalendarAway
    entries = tuple(_entry(each) for each in root.all("d:response"))
    return Multistatus(entries, root.text_of("d:sync-token"), len(body))


def failed_conditions(body: bytes) -> frozenset[str]:
    """The standard's preconditions a refusal names (RFC 4918 §16), none when it is no such XML."""
    try:
        root = parse(body)
    except CalendarAway:
        return frozenset()
    if root.name != "d:error":
        return frozenset()
    return frozenset(n.name for n in root.children if n.name.split(":")[0] in PREFIXES.values())


def propfind(props: Sequence[str]) -> str:
    """The body of a PROPFIND for these prefixed names."""
    return f"<d:propfind {NAMESPACES}><d:prop>{_elements(props)}</d:prop></d:propfind>"


def sync_collection(token: str, props: Sequence[str]) -> str:
    """What changed since ``token`` (RFC 6578 §3.2)."""
    return (
        f"<d:sync-collection {NAMESPACES}><d:sync-token>{escape(token)}</d:sync-token>"
        f"<d:sync-level>1</d:sync-level><d:prop>{_elements(props)}</d:prop></d:sync-collection>"
    )


def multiget(hrefs: Sequence[str]) -> str:
    """These events with their text (RFC 4791 §7.9)."""
    asked = "".join(f"<d:href>{escape(href)}</d:href>" for href in hrefs)
    return (
        f"<c:calendar-multiget {NAMESPACES}><d:prop><d:getetag/><c:calendar-data/></d:prop>"
        f"{asked}</c:calendar-multiget>"
    )


def calendar_query(start: str, end: str, props: Sequence[str]) -> str:
    """Events that touch a time range, both ends as ``YYYYMMDDTHHMMSSZ`` (RFC 4791 §7.8)."""
    return (
        f"<c:calendar-query {NAMESPACES}><d:prop>{_elements(props)}</d:prop>"
        '<c:filter><c:comp-filter name="VCALENDAR"><c:comp-filter name="VEVENT">'
        f'<c:time-range start="{start}" end="{end}"/>'
        "</c:comp-filter></c:comp-filter></c:filter></c:calendar-query>"
    )


def plain_etag(etag: str) -> str:
    """The entity tag as the server itself keeps it.

    A proxy that compresses makes it weak or adds its own ending; written back like that, it would
    match nothing.
    """
    return etag.strip().removeprefix("W/").replace('-gzip"', '"')


def _elements(props: Sequence[str]) -> str:
    return "".join(f"<{name}/>" for name in props)


def _entry(response: Node) -> Entry:
    named: dict[int, dict[str, Node]] = {OK: {}, NOT_FOUND: {}}
    for propstat in response.all("d:propstat"):
        found = propstat.first("d:prop")
        props = named.get(_status(propstat.text_of("d:status")))
        if found is not None and props is not None:
            props.update({each.name: each for each in found.children})
    status = _status(response.text_of("d:status") or "HTTP/1.1 200")
    return Entry(response.text_of("d:href"), status, named[OK], frozenset(named[NOT_FOUND]))


def _status(line: str) -> int:
    """``HTTP/1.1 404 Not Found`` as 404; anything odd is no success."""
    words = line.split(maxsplit=2)
    return int(words[1]) if len(words) > 1 and words[1].isdecimal() else 0
