"""One attempt to reach people: the message, who it reaches, and what is decided about each."""

from dataclasses import dataclass
from enum import StrEnum

from bot.domain.availability import Reason, Timeline


class Kind(StrEnum):
    """How a message reaches one person."""

    MENTION = "mention"
    GROUP = "group"
    THREAD = "thread"
    DM = "dm"
    GROUP_DM = "group_dm"


class Outcome(StrEnum):
    """What became of a contact outside somebody's hours."""

    BREACH = "breach"
    AVERTED = "averted"
    URGENT = "urgent"
    EXEMPT = "exempt"
    CHOSEN = "chosen"


class Action(StrEnum):
    """What to do about one contact.

    ``NOTHING`` reaches nobody outside their hours; ``UNKNOWN`` reaches somebody whose hours are
    not known and only counts in coverage; ``RECORD`` writes the row and stays silent; ``FLAG``
    also tells the author; ``HOLD`` tells the author with holding as the first choice.
    """

    NOTHING = "nothing"
    UNKNOWN = "unknown"
    RECORD = "record"
    FLAG = "flag"
    HOLD = "hold"


class UrgentReason(StrEnum):
    """Why a message could not wait. The six reasons follow the factors of Australia's law."""

    SAFETY = "safety"
    OUTAGE = "outage"
    CUSTOMER = "customer"
    DEADLINE = "deadline"
    AGREED = "agreed"
    LAW = "law"


@dataclass(frozen=True, slots=True)
class Message:
    """A message event, reduced to ids: its text is never carried further than the door.

    ``ts`` and ``thread_ts`` are Slack's ids and instants in one (``"1761250440.000100"``);
    ``parent_author_id`` is set for a reply when Slack named the author of the parent.
    ``broadcast`` is ``here``, ``channel`` or ``everyone``.
    """

    workspace_id: str
    channel_id: str
    channel_type: str
    ts: str
    author_id: str
    thread_ts: str | None = None
    parent_author_id: str | None = None
    mentions: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    broadcast: str | None = None
    from_bot: bool = False

    @property
    def at(self) -> int:
        """The instant it was posted, in whole epoch seconds."""
        return int(self.ts.partition(".")[0])

    @property
    def is_reply(self) -> bool:
        """True for a message inside a thread, false for the one that opened it."""
        return self.thread_ts is not None and self.thread_ts != self.ts


@dataclass(frozen=True, slots=True)
class Contact:
    """One message reaching one person at ``at`` (epoch seconds)."""

    workspace_id: str
    channel_id: str
    ts: str
    author_id: str
    recipient_id: str
    kind: Kind
    at: int


@dataclass(slots=True)
class Person:
    """Somebody the rules can judge: zone, hours and whether they agreed to be counted."""

    user_id: str
    name: str
    tz: str
    enrolled: bool
    timeline: Timeline


@dataclass(frozen=True, slots=True)
class Verdict:
    """What was decided, by which rule, and when the person is back (None: not within 400 days)."""

    action: Action
    rule: str
    outcome: Outcome | None = None
    reason: Reason | None = None
    reopens_at: int | None = None

    @property
    def recorded(self) -> bool:
        """True when a row is written for this contact."""
        return self.outcome is not None


@dataclass(frozen=True, slots=True)
class Reach:
    """Whom a message reaches: each person once, by the most direct way.

    ``unknown_groups`` are user groups, and ``unknown_conversation`` a group DM, whose members
    are not known yet; they are resolved after Slack has its answer.
    """

    people: dict[str, Kind]
    unknown_groups: tuple[str, ...] = ()
    unknown_conversation: bool = False

    @property
    def unresolved(self) -> bool:
        """True when part of the audience has yet to be looked up."""
        return bool(self.unknown_groups) or self.unknown_conversation
