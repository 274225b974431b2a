"""Typed notices: what is to be said to whom. Rendering them is the surface's business.

A notice is stored as a row until it is said, so it holds ids, instants and names, and never the
text of anybody's message, except `Delivery`, which is built at the moment of release.
"""

from dataclasses import dataclass
from enum import StrEnum

from bot.domain.invite_notices import InviteNotice
from bot.domain.silence import LevelEnded
from bot.domain.urgent import UrgentCall, UrgentTold, VerdictAsked


@dataclass(frozen=True, slots=True)
class FlaggedPerson:
    """Somebody a message reached outside their hours.

    ``reason`` is a `ReasonKind` value with its ``label``; ``reopens_at`` is None when the person
    does not open within 400 days. ``is_foreign`` is somebody of another organisation.
    ``replies_by_at`` is when an answer may be expected, by the ``reply_within`` they declared.
    """

    user_id: str
    name: str
    tz: str
    reason: str
    label: str
    reopens_at: int | None
    is_foreign: bool = False
    replies_by_at: int | None = None
    reply_within: str = ""


@dataclass(frozen=True, slots=True)
class Flag:
    """Told to the author only: whom the message reached, and what can be done about it.

    ``can_take_back`` is True when the author allowed the app to delete and resend for them.
    ``not_held`` says why a message was not taken back although its author wants that done
    without asking. ``bot_is_in`` is False where the bot is no member of the conversation, so that
    it has to speak elsewhere. ``is_shared`` is True when the message also reached others than
    ``people``, who may be reading it.
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
    not_held: str = ""
    bot_is_in: bool = True
    is_shared: bool = False


@dataclass(frozen=True, slots=True)
class Audience:
    """Told to the author only: how many of a whole channel or a large group are not working.

    The numbers are of people, at the instant ``at`` of the message.
    """

    author_id: str
    channel_id: str
    ts: str
    thread_ts: str | None
    at: int
    working: int
    quiet: int
    off: int
    hours_unknown: int
    bot_is_in: bool = True

    @property
    def people(self) -> int:
        """How many the message reached in this way."""
        return self.working + self.quiet + self.off + self.hours_unknown


@dataclass(frozen=True, slots=True)
class Held:
    """Told to an author whose message was taken back without a click, as they chose.

    ``names`` are whom it waits for and ``tz`` the zone of the first; ``at`` is when it was
    written.
    """

    author_id: str
    author_tz: str
    hold_id: str
    names: tuple[str, ...]
    tz: str
    due_at: int
    at: int
    thread_ts: str | None = None


@dataclass(frozen=True, slots=True)
class Stays:
    """Told to an author who was told *Held*, when the message could not be taken back after all.

    ``why`` is a key of `bot.words.taking_back.STAYS`; ``at`` is when it was written.
    """

    author_id: str
    author_tz: str
    channel_id: str
    at: int
    why: str


@dataclass(frozen=True, slots=True)
class Return:
    """Once, when somebody is back: how many conversations reached them in their quiet time.

    While it waits as a row it only says since when; it is counted when it is said.
    """

    user_id: str
    since_at: int
    conversations: int = 0
    until_at: int = 0


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
class Bundle:
    """Several messages, or several links, of one author for the same readers, in one post."""

    parts: tuple[Delivery | Reminder, ...]


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


Notice = (
    Flag
    | LevelEnded
    | Audience
    | Held
    | InviteNotice
    | Stays
    | Return
    | UrgentCall
    | UrgentTold
    | VerdictAsked
    | Welcome
    | Delivery
    | Reminder
    | Bundle
    | Returned
    | Digest
    | Mirror
)
