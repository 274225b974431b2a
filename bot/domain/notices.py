"""Typed notices: what is to be said to whom. Rendering them is the surface's business.

A notice is stored as a row until it is said, so it holds ids, instants and names, and never the
text of anybody's message, except `Delivery`, which is built at the moment of release.
"""

from dataclasses import dataclass
from enum import StrEnum


@dataclass(frozen=True, slots=True)
class FlaggedPerson:
    """Somebody a message reached outside their hours.

    ``reason`` is a `ReasonKind` value with its ``label``; ``reopens_at`` is None when the person
    does not open within 400 days.
    """

    user_id: str
    name: str
    tz: str
    reason: str
    label: str
    reopens_at: int | None


@dataclass(frozen=True, slots=True)
class Flag:
    """Told to the author only: whom the message reached, and what can be done about it.

    ``can_take_back`` is True when the author allowed the app to delete and resend for them.
    """

    author_id: str
    author_tz: str
    channel_id: str
    ts: str
    thread_ts: str | None
    at: int
    people: tuple[FlaggedPerson, ...]
    hold_first: bool
    can_take_back: bool


@dataclass(frozen=True, slots=True)
class Welcome:
    """The first message to a member of a team, with hours that may fit."""

    user_id: str
    tz: str
    hours: str
    region: str | None
    region_name: str | None


class Origin(StrEnum):
    """How a held message came to be."""

    LATER = "later"
    SHORTCUT = "shortcut"
    THREAD = "thread"
    TAKEN_BACK = "taken_back"
    REMINDER = "reminder"


@dataclass(frozen=True, slots=True)
class Delivery:
    """A held message at the moment it is posted.

    ``text`` is Slack mrkdwn, ``blocks`` the rich text as Slack gave it. ``as_author`` is True
    when it is posted with the author's own token and so needs no introduction. ``mention`` is
    True when it goes to a channel and has to name whom it is for, ``early`` when its author did
    not wait for them to be back.
    """

    author_id: str
    recipient_ids: tuple[str, ...]
    written_at: int
    reader_tz: str
    text: str
    blocks: tuple[dict[str, object], ...]
    as_author: bool
    mention: bool = False
    early: bool = False


@dataclass(frozen=True, slots=True)
class Reminder:
    """At the opening: somebody wrote while you were off; the message is where it was."""

    author_id: str
    written_at: int
    reader_tz: str
    permalink: str


@dataclass(frozen=True, slots=True)
class Returned:
    """A held message that could not be delivered, given back to its author.

    ``code`` is Slack's error string.
    """

    delivery: Delivery
    code: str


@dataclass(frozen=True, slots=True)
class DigestLine:
    """One line of a summary: a sentence, then its figures.

    A figure that is a number is a count which may be published, and so may be drawn.
    """

    key: str
    sentence: str
    figures: tuple[tuple[str, str | int], ...] = ()


@dataclass(frozen=True, slots=True)
class Digest:
    """A team's weekly summary, ready to be shown."""

    team_name: str
    iso_week: str
    status: str
    lines: tuple[DigestLine, ...]
    why: str


@dataclass(frozen=True, slots=True)
class Mirror:
    """Told to one leader only: what they started in a team's week.

    While it waits as a row it names team and week and says nothing; it is filled in when it is
    said. ``shares`` is True when the leader wants it shown in the team's summary.
    """

    team_id: str
    iso_week: str
    team_name: str = ""
    lines: tuple[DigestLine, ...] = ()
    why: str = ""
    shares: bool = False


Notice = Flag | Welcome | Delivery | Reminder | Returned | Digest | Mirror
