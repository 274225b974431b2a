"""What was given to the bot, kept apart from the bot's own rows, and what became of it.

Every text carries a token of its own, so that its copies can be counted over all conversations of
the workspace. A person who saw a receipt was promised one delivery. A person who saw none (the
bot died over the answer) was promised nothing: none or one is right, and two never is.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum

from sandbox import Message


class Fate(StrEnum):
    """What became of one message."""

    DELIVERED = "delivered"
    HELD = "held"
    CANCELLED = "cancelled"
    RETURNED = "returned"
    LOST = "lost"
    TWICE = "twice"
    NOT_TAKEN = "not taken"
    """The bot never promised anything, and it is still with its author."""


class Reply(StrEnum):
    """What a person saw after asking the bot for something."""

    YES = "yes"
    NO = "no"
    NONE = "none"


@dataclass(slots=True, eq=False)
class Entry:
    """One message that somebody gave to the bot.

    Attributes:
        token: what only its text contains.
        step: in which step of the chaos it was given.
        author_id: who wrote it.
        reader_id: whom it is for.
        reply: what the author saw.
        direct: whether it goes into a direct message.
        original: the message it is made of, where it was posted first.
        stays: whether the original is left where it is, as with a reminder.
        former: the token of an earlier text, which was to be replaced; and ``edited``, the reply.
        cancelled: what the author saw after cancelling; None if they did not.
        due_s: the instant of its opening in epoch seconds; until then it may be held.
    """

    token: str
    step: str
    author_id: str
    reader_id: str
    due_s: float
    reply: Reply = Reply.NONE
    direct: bool = False
    original: Message | None = None
    stays: bool = False
    former: str = ""
    edited: Reply = Reply.YES
    cancelled: Reply | None = None


@dataclass(frozen=True, slots=True)
class Sight:
    """Where the text of one entry was found in the end; ``stale`` copies are of its former text."""

    copies: int
    stale: int
    back: int
    held: int
    now_s: float


@dataclass(slots=True)
class Tally:
    """How many messages of one step met which fate."""

    given: int = 0
    fates: dict[Fate, int] = field(default_factory=lambda: dict.fromkeys(Fate, 0))

    def balanced(self) -> bool:
        """Whether everything that was given is accounted for."""
        ended = (Fate.DELIVERED, Fate.HELD, Fate.CANCELLED, Fate.RETURNED)
        wrong = self.fates[Fate.LOST] + self.fates[Fate.TWICE]
        return self.given == sum(self.fates[fate] for fate in ended) + wrong


def fate(entry: Entry, sight: Sight) -> Fate:
    """What became of an entry, by what can be seen of it.

    A copy that comes after the author was handed the text back is one copy too many; a copy of a
    text that was replaced means that the text which replaced it is lost.
    """
    here = entry.original is not None and not entry.original.deleted and not entry.stays
    found = sight.copies + sight.back + sight.held + here
    handed_back = entry.reply is Reply.NO or entry.cancelled is Reply.YES
    if found > 1 or (found and handed_back and not here):
        return Fate.TWICE
    if sight.stale and entry.edited is Reply.YES:
        return Fate.LOST
    if sight.held:
        return Fate.HELD if sight.now_s < entry.due_s else Fate.LOST
    if sight.copies:
        return Fate.DELIVERED
    if sight.back:
        return Fate.RETURNED
    return _unseen(entry, here=here)


def _unseen(entry: Entry, *, here: bool) -> Fate:
    """What became of an entry the bot did nothing about that could be seen."""
    if here and entry.reply is Reply.YES:
        return Fate.LOST  # it was to be taken back, and was not
    if entry.reply is not Reply.YES and entry.cancelled is None:
        return Fate.LOST if entry.original and not here and not entry.stays else Fate.NOT_TAKEN
    return Fate.CANCELLED if entry.cancelled in (Reply.YES, Reply.NONE) else Fate.LOST


def tallies(entries: Iterable[Entry], fates: dict[Entry, Fate]) -> dict[str, Tally]:
    """The fates by step.

    What was ``given`` is not read off the fates alone: it is every entry with a receipt, and of
    the others those that left a trace.
    """
    found: dict[str, Tally] = {}
    for entry in entries:
        tally = found.setdefault(entry.step, Tally())
        tally.fates[fates[entry]] += 1
        tally.given += entry.reply is Reply.YES or fates[entry] is not Fate.NOT_TAKEN
    return found
