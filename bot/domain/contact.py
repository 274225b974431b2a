"""One attempt to reach people: the message, who it reaches, and what is decided about each."""

from dataclasses import dataclass
from enum import StrEnum

from bot.domain.availability import Reason, Timeline
from bot.domain.choices import NO_CHOICES, Choices


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
    ``broadcast`` is ``here``, ``channel`` or ``everyone``. ``event_context`` is Slack's name for
    the event, and ``seen_by_id`` the person because of whom the app hears of it; empty when the
    bot is in the conversation. ``from_elsewhere`` is True when another organisation's people
    wrote it.
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
    event_context: str = ""
    seen_by_id: str = ""
    from_elsewhere: bool = False

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
    """Somebody the rules can judge: zone, hours and whether they agreed to be counted.

    ``is_foreign`` is somebody of another organisation in a shared channel: the hours are the
    policy's default in their zone, and nothing is counted.
    """

    user_id: str
    name: str
    tz: str
    enrolled: bool
    timeline: Timeline
    choices: Choices = NO_CHOICES
    is_foreign: bool = False


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

    ``crowd`` are the others it reaches through the ``audiences`` it names: ``channel``,
    ``everyone`` or the ids of large user groups. ``unknown_groups`` are user groups, and
    ``unknown_conversation`` a DM or group DM, whose members are not known yet,
    ``unknown_channel`` says so of a whole channel, and ``strangers`` are people nothing is known
    of; they are looked up after Slack has its answer.
    """

    people: dict[str, Kind]
    unknown_groups: tuple[str, ...] = ()
    unknown_conversation: bool = False
    unknown_channel: bool = False
    strangers: tuple[str, ...] = ()
    audiences: tuple[str, ...] = ()
    crowd: frozenset[str] = frozenset()

    @property
    def is_partial(self) -> bool:
        """True when not everybody it reaches is listed."""
        return self.unknown_conversation or self.unknown_channel or bool(self.unknown_groups)

    @property
    def unresolved(self) -> bool:
        """True when something about those it reaches has yet to be looked up."""
        return self.is_partial or bool(self.strangers)
