"""From what a person types to their calendar (RFC 6764, RFC 5397, RFC 4791 §6.2.1, RFC 6638 §9.2).

The password goes to the host that was typed. It follows a redirect or an href to another host only
over HTTPS, and only where the other host belongs to the same people: a part of that host's name
(``dav.example.com`` for ``example.com``), what it is a part of, or a family known here.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from urllib.parse import urljoin

from yarl import URL

from bot.calendars.base import Credentials
from bot.calendars.dav import MULTISTATUS, Dav, origin, read
from bot.calendars.dav_xml import Entry, propfind
from bot.errors import CalendarAway, CalendarRefused

REDIRECTS = (301, 302, 303, 307, 308)
MOST_REDIRECTS = 5
WELL_KNOWN = "/.well-known/caldav"
FAMILIES = ("icloud.com",)
"""Domains whose hosts hand calendars to one another, all of them run by the same people."""

_START = ("d:current-user-principal", "d:resourcetype", "c:calendar-home-set")
_PRINCIPAL = ("c:calendar-home-set", "c:calendar-user-address-set", "c:schedule-inbox-URL")
_CALENDAR = (
    "d:resourcetype",
    "c:supported-calendar-component-set",
    "d:current-user-privilege-set",
)
_WRITING = {"d:all", "d:write", "d:write-content"}


@dataclass(slots=True)
class Search:
    """One search, with the name and password of the person."""

    dav: Dav
    typed: str
    redirects: int = field(default=MOST_REDIRECTS)

    async def principal(self) -> str:
        """Who the server says this is; the calendars lie behind it.

        Raises:
            CalendarRefused: ``not_found``, or why no address could be asked.
            CalendarAway: no address answered.
        """
        problem: CalendarAway | CalendarRefused = CalendarRefused("not_found")
        for url in _candidates(self.typed):
            try:
                at, (entry, *_) = await self.properties(url, _START)
            except (CalendarAway, CalendarRefused) as error:
                problem = _worse(problem, error)
                continue
            found = entry.href_of("d:current-user-principal")
            if found:
                return self.resolve(at, found)
        raise problem

    async def calendar(self, home: str, inbox: str) -> str:
        """The collection invites arrive in; else the first one that takes events and changes.

        Raises:
            CalendarRefused: ``not_found``.
        """
        if inbox:
            found = await self._default(inbox)
            if found:
                return found
        at, entries = await self.properties(home, _CALENDAR, "1")
        named = (entry.href for entry in entries if _takes_events(entry))
        first = next(named, None)
        if first is None:
            raise CalendarRefused("not_found")
        return self.resolve(at, first)

    async def _default(self, inbox: str) -> str:
        try:
            at, (entry, *_) = await self.properties(inbox, ("c:schedule-default-calendar-URL",))
        except CalendarRefused:  # an inbox that cannot be read tells nothing
            return ""
        found = entry.href_of("c:schedule-default-calendar-URL")
        return self.resolve(at, found) if found else ""

    async def properties(
        self, url: str, props: Sequence[str], depth: str = "0"
    ) -> tuple[str, list[Entry]]:
        """PROPFIND over redirects; also answers where it was at last.

        Raises:
            CalendarRefused: ``gone``, ``forbidden``, ``elsewhere`` for a redirect to a host that
                the password is not for.
            CalendarAway: no multistatus with at least one entry, or too many redirects.
        """
        while True:
            reply = await self.dav.ask("PROPFIND", url, propfind(props), depth)
            if reply.status not in REDIRECTS:
                break
            self.redirects -= 1
            if self.redirects < 0:
                raise CalendarAway
            url = self.resolve(url, reply.headers.get("Location", ""))
        if reply.status != MULTISTATUS and reply.status < MULTISTATUS:
            raise CalendarRefused("not_found")  # a web page
        found = await read(reply)
        if not found.entries:
            raise CalendarAway
        return url, list(found.entries)

    def resolve(self, base: str, named: str) -> str:
        """The full address of an href or a Location.

        Raises:
            CalendarRefused: ``elsewhere``.
        """
        try:
            url = urljoin(base, named)
        except ValueError as error:
            raise CalendarRefused("elsewhere") from error
        if not may_follow(self.typed, url):
            raise CalendarRefused("elsewhere")
        return url


async def discover(dav: Dav, address: str, username: str, password: str) -> Credentials:
    """The person's calendar.

    Raises:
        CalendarSignedOut: the password is not accepted.
        CalendarRefused: ``not_found``, ``no_address`` when the server does not say by which
            address the person is invited and the name is none, ``elsewhere``, ``not_https``,
            ``not_public``.
        CalendarAway: the server does not answer.
    """
    search = Search(dav, typed_url(address))
    principal, (entry, *_) = await search.properties(await search.principal(), _PRINCIPAL)
    home, inbox = (entry.href_of(name) for name in ("c:calendar-home-set", "c:schedule-inbox-URL"))
    if not home:
        raise CalendarRefused("not_found")
    calendar = await search.calendar(
        search.resolve(principal, home), search.resolve(principal, inbox) if inbox else ""
    )
    addresses = _addresses(entry, username, address)
    if not addresses:
        raise CalendarRefused("no_address")
    return Credentials(
        address=addresses[0],
        secret=password,
        username=username,
        url=calendar if calendar.endswith("/") else calendar + "/",
        principal_url=principal,
        addresses=addresses,
    )


def typed_url(address: str) -> str:
    """What was typed as an address: ``dav.example.com``, ``ana@example.com``, a whole URL.

    Raises:
        CalendarRefused: ``not_found``: it is none of these.
    """
    text = address.strip()
    if "://" not in text:
        text = "https://" + text.rpartition("@")[2]
    if not origin(text) or any(char.isspace() for char in text):
        raise CalendarRefused("not_found")
    return origin(text) + URL(text).raw_path


def may_follow(typed: str, url: str) -> bool:
    """Whether the password that was typed for one address may be sent to another."""
    if not origin(url):
        return False
    if origin(url) == origin(typed):
        return True
    here, there = URL(typed), URL(url)
    ours, theirs = here.host or "", there.host or ""
    if there.scheme != "https":
        return False
    if ours == theirs or _belongs(theirs, ours) or _belongs(ours, theirs):
        return True
    return any(_belongs(ours, family) and _belongs(theirs, family) for family in FAMILIES)


def _belongs(host: str, domain: str) -> bool:
    """Whether a host is a part of a domain with a dot in it, and so not of a country's."""
    return "." in domain and host.endswith("." + domain)


def _candidates(typed: str) -> Sequence[str]:
    """Addresses to ask, the most telling first."""
    root = origin(typed)
    has_path = URL(typed).path != "/"
    return (typed, root + WELL_KNOWN) if has_path else (root + WELL_KNOWN, typed)


def _worse(
    one: CalendarAway | CalendarRefused, other: CalendarAway | CalendarRefused
) -> CalendarAway | CalendarRefused:
    """The problem to tell: that nothing is there gives way to anything more telling."""
    plain = isinstance(one, CalendarRefused) and one.code == "not_found"
    dull = isinstance(other, CalendarRefused) and other.code in {"gone", "forbidden"}
    return other if plain and not dull else one


def _takes_events(entry: Entry) -> bool:
    kind = entry.props.get("d:resourcetype")
    if kind is None or kind.first("c:calendar") is None:
        return False
    taken = entry.props.get("c:supported-calendar-component-set")
    if taken is not None:
        names = {each.attributes.get("name", "").upper() for each in taken.all("c:comp")}
        if names and "VEVENT" not in names:
            return False
    granted = entry.props.get("d:current-user-privilege-set")
    if granted is None:
        return True
    allowed = {each.name for one in granted.all("d:privilege") for each in one.children}
    return bool(allowed & _WRITING)


def _addresses(principal: Entry, username: str, typed: str) -> tuple[str, ...]:
    """By which addresses the person is invited, lower case; what was typed if none is told."""
    told = principal.props.get("c:calendar-user-address-set")
    named = [each.text.strip().lower() for each in told.all("d:href")] if told else []
    mailed = [each.removeprefix("mailto:") for each in named if each.startswith("mailto:")]
    given = [each.strip().lower() for each in (username, typed)]
    guessed = [each for each in given if "@" in each and "/" not in each]
    return tuple(dict.fromkeys(each for each in mailed or guessed[:1] if each))
