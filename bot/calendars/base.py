"""What every kind of calendar server is asked, in the same words.

A `Provider` is one kind of server as the operator set it up; an `Account` is one person's calendar
on it. Every coroutine here makes network calls and raises only `bot.errors.CalendarError`.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

import msgspec

from bot.domain.invites import Answer, Occurrence, Unreadable
from bot.domain.spans import Span


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What a server can do. Where it cannot, Slack takes over.

    Attributes:
        occurrence_replies: one occurrence of a series can be answered by itself. A CalDAV server
            may still refuse it when it is tried.
        proposals: an answer can carry another time.
        push: the server says by itself that something changed.
        hours: the server knows its people's working hours.
        moves: the organiser's own event can be moved to another time.
        takes_back: an answer can become no answer again, `Answer.NEEDS_ACTION`.
    """

    occurrence_replies: bool
    proposals: bool
    push: bool
    hours: bool
    moves: bool = True
    takes_back: bool = True


class Credentials(msgspec.Struct, frozen=True, omit_defaults=True):
    """What opens one person's calendar. It is only ever stored sealed.

    Attributes:
        address: the owner's e-mail address in lower case.
        url: CalDAV: the calendar collection; else empty.
        principal_url: CalDAV: who the server says this is.
        username: CalDAV: the name for HTTP Basic; ``secret`` is the app password.
        secret: the app password, or the OAuth access token.
        refresh_token: OAuth; ``""`` for CalDAV.
        expires_at: OAuth: when ``secret`` ends, in epoch seconds of the machine's clock; 0: never.
        addresses: every address the owner is invited by, ``address`` included.
    """

    address: str
    secret: str
    username: str = ""
    url: str = ""
    principal_url: str = ""
    refresh_token: str = ""
    expires_at: int = 0
    addresses: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class EventRef:
    """Which event a call is about; the fields are those of `Occurrence`."""

    object_id: str
    etag: str
    uid: str
    recurrence_id: str = ""


@dataclass(frozen=True, slots=True)
class Changes:
    """What is new since the sync token, or everything.

    Whatever was known of an object that is named here, in ``occurrences``, ``unreadable`` or
    ``removed``, is replaced. With ``is_full`` every object that is not named is gone.

    Attributes:
        occurrences: expanded within the window, cancelled ones included.
        removed: object ids.
        token: for the next call.
        pages: how many calls it took.
    """

    occurrences: tuple[Occurrence, ...]
    unreadable: tuple[Unreadable, ...]
    removed: tuple[str, ...]
    token: str
    is_full: bool
    pages: int = 1


@dataclass(frozen=True, slots=True)
class HoursFound:
    """Working hours as a server tells them: a suggestion until the person confirms it.

    ``weekly`` is in the notation of `bot.domain.notation`, ``tz`` an IANA zone or ``""`` when the
    server does not say. ``source`` is ``graph``, ``caldav`` or ``google``.
    """

    weekly: str
    tz: str
    source: str


@dataclass(frozen=True, slots=True)
class Watch:
    """A wish to be told of changes. ``until_at`` is epoch seconds of the machine's clock."""

    channel_id: str
    secret: str
    url: str
    until_at: int


@dataclass(frozen=True, slots=True)
class Channel:
    """A running push. ``until_at`` is what the server granted, which may be less."""

    channel_id: str
    resource_id: str
    until_at: int


class Account(Protocol):
    """One person's calendar."""

    @property
    def capabilities(self) -> Capabilities:
        """What this account's server can do."""

    async def sync(self, token: str, window: Span, tz: str) -> Changes:
        """What changed since ``token``; everything within ``window`` when it is ``""``.

        Args:
            token: of the last `Changes`.
            window: occurrences outside it are left out. It stays the same until a full sync.
            tz: the owner's zone, in which all-day events are days.

        Raises:
            CalendarResync: the token is no longer good; ask again without one.
        """

    async def respond(
        self,
        event: EventRef,
        answer: Answer,
        comment: str = "",
        proposal: Span | None = None,
    ) -> None:
        """Answer an invite, or take an answer back with `Answer.NEEDS_ACTION`.

        The organiser is told by the server, with the comment. Answering again as before is no
        error.

        Raises:
            CalendarConflict: it changed since ``event.etag``.
            CalendarUnsupported: ``occurrence_replies``, ``proposals`` or ``takes_back``.
            CalendarRefused: code ``gone`` when it is no longer there.
        """

    async def mark(self, event: EventRef, mark: str) -> None:
        """A private mark on the owner's copy, ``""`` to take it away. Nobody else is told.

        Raises:
            CalendarConflict: it changed since ``event.etag``.
            CalendarRefused: code ``gone`` when it is no longer there.
        """

    async def move(self, event: EventRef, span: Span) -> None:
        """Move the owner's own single event; the server tells those who are invited.

        Raises:
            CalendarConflict: it changed since ``event.etag``.
            CalendarUnsupported: ``moves``, for example for a series.
            CalendarRefused: code ``gone``, or ``not_yours`` for somebody else's event.
        """

    async def hours(self) -> HoursFound | None:
        """The owner's working hours, None when the server does not know them."""

    async def watch(self, wish: Watch) -> Channel:
        """Be told of changes at ``wish.url``.

        Raises:
            CalendarUnsupported: ``push``.
        """

    async def unwatch(self, channel: Channel) -> None:
        """Be told no more; a channel that is gone already is no error."""


class Provider(Protocol):
    """One kind of server. ``name`` is ``caldav``, ``google`` or ``graph``."""

    @property
    def name(self) -> str:
        """As stored with a connected calendar."""

    def account(self, credentials: Credentials) -> Account:
        """Somebody's calendar; makes no call."""


class SigningIn(Provider, Protocol):
    """A provider whose people give permission on a page of its own (OAuth 2, RFC 6749 and 7636)."""

    @property
    def verifies(self) -> bool:
        """Whether the addresses of a permission are proved to be that person's.

        If not, they only tell which invites are the person's own.
        """

    def consent_url(self, state: str, redirect_uri: str, challenge: str) -> str:
        """The page; ``challenge`` is the S256 code challenge of PKCE."""

    async def exchange(self, code: str, redirect_uri: str, verifier: str) -> Credentials:
        """What the page's code stands for, the owner's address included.

        Raises:
            CalendarRefused: code ``denied`` when the code is not accepted, ``scopes`` when the
                person left out what is needed.
        """

    async def refresh(self, credentials: Credentials) -> Credentials:
        """A fresh access token.

        Raises:
            CalendarSignedOut: the refresh token is no longer accepted.
        """

    async def revoke(self, credentials: Credentials) -> None:
        """End the permission at the provider, as far as it offers that."""


class Discovering(Provider, Protocol):
    """A provider that is reached by an address and an app password."""

    async def discover(self, address: str, username: str, password: str) -> Credentials:
        """Find the person's calendar (RFC 6764, RFC 5397, RFC 4791 §6.2.1).

        Raises:
            CalendarSignedOut: the password is not accepted.
            CalendarRefused: code ``not_found`` when there is no calendar, ``not_https``,
                ``not_public`` for an address inside a private network.
        """


@dataclass(frozen=True, slots=True)
class Providers:
    """The kinds of servers the operator switched on."""

    signing_in: Sequence[SigningIn] = ()
    discovering: Discovering | None = None
    _by_name: dict[str, Provider] = field(init=False, default_factory=dict)

    def __post_init__(self) -> None:
        everyone: list[Provider] = [*self.signing_in]
        if self.discovering is not None:
            everyone.append(self.discovering)
        self._by_name.update({each.name: each for each in everyone})

    @property
    def names(self) -> frozenset[str]:
        """What is switched on."""
        return frozenset(self._by_name)

    def named(self, name: str) -> Provider | None:
        """The provider, None when it is not switched on any more."""
        return self._by_name.get(name)

    def page_of(self, name: str) -> SigningIn | None:
        """The provider with a consent page of its own."""
        return next((each for each in self.signing_in if each.name == name), None)
