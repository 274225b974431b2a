"""The count behind an audit: every record of an export, judged and put into cells.

Definitions, so that figures can be compared:

* A *record* is one (folder, ``ts``) of type ``message``; later twins are dropped. The date in a
  file's name is never used: official exports cut files at Los Angeles midnight.
* It is *human* when its subtype is one of `HUMAN` or none, it has a ``user``, no ``bot_id``, and
  the user is neither a bot nor Slackbot. Everything else is in ``excluded``, by the first rule
  that applies, in the order of `EXCLUSIONS`.
* Its time is ``ts`` in the author's IANA zone; ``tz_offset`` only for a zone of unknown name.
* *Inside* is working time of the person's own hours: start ≤ local time < end on a working day.
* A *mention* is one distinct ``<@U…>`` or ``<@W…>`` per human record in its text, dropped in the
  order of `DROPS`; what is left is ``counted`` and judged by the hours of the one mentioned.

A count is kept as a `Spread`: how much of it each person has. Sums go into the exact figures
(`audit_figures`), the spreads decide what may be published (`audit_release`).
"""

import re
from array import array
from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date

from bot.digest.audit_facts import MERGED, Conversation, Record
from bot.digest.audit_people import (
    SLOTS,
    STATUSES,
    Choices,
    Person,
    Workforce,
    day_number,
)
from bot.domain.contact import Kind
from bot.domain.instants import DAY_S

HUMAN = frozenset({None, "me_message", "file_share", "thread_broadcast"})
EXCLUSIONS = (
    "bot_message",
    "system_or_other_subtype",
    "no_user",
    "bot_or_slackbot_user",
    "bot_id",
    "no_ts",
    "outside_dates",
)
DROPS = ("self", "to_unknown_user", "to_bot", "to_deleted", "to_no_zone")
NO_ZONE = ("no_zone_author_unknown", "no_zone_tz_missing")
SPECIAL = ("here", "channel", "everyone", "group", "subteam")
AUTHOR_STATES = ("author_inside", "author_outside", "author_unknown")

UNKNOWN = -1
"""The slot of a message whose author's zone is not known."""
AUTHOR_UNKNOWN = 2

_FIRST_TS = 0
_LAST_TS = 4_102_444_800  # the year 2100, up to which a float keeps microseconds apart
_MENTION = re.compile(r"<@([UW][A-Z0-9]+)(?:\|[^>]*)?>")
_SPECIAL = re.compile(r"<!(here|channel|everyone|group|subteam)(?=[\^|>@])")

Spread = dict[int, int]
"""How much of one figure each person has, by `Person.number`."""

Written = tuple[Record, Person | None, int, int]
"""A human message, its author, the local date in days since 1970-01-01, and the slot."""


class Seen:
    """The ``ts`` of one conversation: eight bytes each, and cheap while time goes forward."""

    __slots__ = ("_sorted",)

    def __init__(self) -> None:
        self._sorted = array("d")

    def is_new(self, ts: float) -> bool:
        """Whether this is the first time; remembers it."""
        known = self._sorted
        if not known or ts > known[-1]:
            known.append(ts)
            return True
        place = bisect_left(known, ts)
        if known[place] == ts:
            return False
        known.insert(place, ts)
        return True


def _spread() -> Spread:
    return defaultdict(int)


def _slots() -> "array[int]":
    return array("I", bytes(4 * SLOTS))


@dataclass(slots=True)
class Cell:
    """Messages by their authors, mentions by whom they reached, inside hours and outside.

    Attributes:
        human: messages, those of authors without a zone included.
    """

    human: int = 0
    messages: tuple[Spread, Spread] = field(default_factory=lambda: (_spread(), _spread()))
    mentions: tuple[Spread, Spread] = field(default_factory=lambda: (_spread(), _spread()))


@dataclass(slots=True)
class Tallies:
    """Everything counted so far.

    Attributes:
        slots: messages by author, and then by weekday, local hour and status (`slot`).
        weeks: by Monday-based week number, see `week_of`.
        cross: counted mentions by author's state and whether the target was outside.
        kinds: counted mentions by `Kind`, inside and outside.
        reached: everybody a mention counted for.
    """

    files: int = 0
    bad_files: list[str] = field(default_factory=list)
    not_messages: int = 0
    twins: int = 0
    subtypes: Counter[str | None] = field(default_factory=Counter)
    excluded: Counter[str] = field(default_factory=Counter)
    human: Counter[str] = field(default_factory=Counter)
    authors: set[str | None] = field(default_factory=set)
    days: set[int] = field(default_factory=set)
    first_at: int | None = None
    last_at: int | None = None
    slots: "dict[int, array[int]]" = field(default_factory=lambda: defaultdict(_slots))
    mentions: Counter[str] = field(default_factory=Counter)
    mention_days: Counter[int] = field(default_factory=Counter)
    cross: Counter[tuple[int, bool]] = field(default_factory=Counter)
    special: Counter[str] = field(default_factory=Counter)
    special_by: dict[str, Spread] = field(default_factory=lambda: defaultdict(_spread))
    kinds: dict[Kind, tuple[Spread, Spread]] = field(
        default_factory=lambda: defaultdict(lambda: (_spread(), _spread()))
    )
    weeks: dict[int, Cell] = field(default_factory=lambda: defaultdict(Cell))
    channels: dict[str, Cell] = field(default_factory=lambda: defaultdict(Cell))


def week_of(day: int) -> int:
    """The number of the Monday-based week that holds a day; week 0 holds 1970-01-01."""
    return (day + 3) // 7


class Audit:
    """Counts an export, one conversation after the other.

    Args:
        workforce: everybody's hours.
        choices: of which only the dates are used here.
    """

    def __init__(self, workforce: Workforce, choices: Choices) -> None:
        self.tallies = Tallies()
        self._people = workforce.people
        self._first_day = day_number(choices.since_on or date.min)
        self._last_day = day_number(choices.until_on or date.max)
        self.begin("", Conversation.CHANNEL)

    def begin(self, name: str, kind: Conversation) -> None:
        """The files that follow belong to this conversation."""
        self._name = MERGED.get(kind, name)
        self._kind = kind
        self._seen = Seen()

    def add(self, file_name: str, records: Sequence[Record] | None) -> None:
        """Count a day file; None for one that cannot be read."""
        tallies = self.tallies
        tallies.files += 1
        if records is None:
            tallies.bad_files.append(file_name)
            return
        people, excluded = self._people, tallies.excluded
        first_day, last_day = self._first_day, self._last_day
        written: list[Written] = []
        for record in self._messages(records):
            person = people.get(record.user or "")
            why = _exclusion(record, person)
            if why is not None:
                excluded[why] += 1
                continue
            at = int(record.ts)
            if person is None or person.hours is None:
                day, slot = at // DAY_S, UNKNOWN
            else:
                day, slot = person.hours.place(at)
            if first_day <= day <= last_day:
                written.append((record, person, day, slot))
            else:
                excluded["outside_dates"] += 1
        if written:
            self._describe(written)
            self._judge(written)

    def _messages(self, records: Sequence[Record]) -> list[Record]:
        """The records that are messages and no twins."""
        found = [record for record in records if record.type == "message"]
        is_new = self._seen.is_new
        new = [
            record for record in found if not _FIRST_TS < record.ts < _LAST_TS or is_new(record.ts)
        ]
        tallies = self.tallies
        tallies.not_messages += len(records) - len(found)
        tallies.twins += len(found) - len(new)
        tallies.subtypes.update([record.subtype for record in new])
        return new

    def _describe(self, written: Sequence[Written]) -> None:
        """What is counted of human messages whoever wrote them."""
        tallies, human = self.tallies, self.tallies.human
        records = [each[0] for each in written]
        ats = [int(record.ts) for record in records]
        tallies.authors.update([record.user for record in records])
        tallies.days.update([at // DAY_S for at in ats])
        tallies.first_at = min(tallies.first_at or ats[0], *ats)
        tallies.last_at = max(tallies.last_at or ats[0], *ats)
        human.update([each.subtype for each in records if each.subtype is not None])
        human["edited"] += sum(each.edited is not None for each in records)
        replies = [each.ts != each.thread_ts for each in records if each.thread_ts]
        human["thread_reply"] += sum(replies)
        human["thread_parent"] += len(replies) - sum(replies)
        unplaced = [person for _, person, _, slot in written if slot == UNKNOWN]
        human["no_zone_author_unknown"] += unplaced.count(None)
        human["no_zone_tz_missing"] += len(unplaced) - unplaced.count(None)
        human["author_deleted"] += sum(
            [person.deleted for _, person, _, _ in written if person is not None]
        )

    def _judge(self, written: Sequence[Written]) -> None:
        """Put messages into their cells, and then the people they reach."""
        slots, weeks = self.tallies.slots, self.tallies.weeks
        cell = self.tallies.channels[self._name]
        cell.human += len(written)
        by_author = cell.messages
        for record, person, day, slot in written:
            state = AUTHOR_UNKNOWN
            if person is not None and slot != UNKNOWN:
                number = person.number
                state = 1 if slot % STATUSES else 0
                slots[number][slot] += 1
                weeks[(day + 3) // 7].messages[state][number] += 1
                by_author[state][number] += 1
            text = record.text
            if text and "<" in text:
                self._reach(record, text, cell, state, person)

    def _reach(
        self, record: Record, text: str, cell: Cell, state: int, author: Person | None
    ) -> None:
        """Count everybody a message names, and those it calls without naming them."""
        tallies = self.tallies
        if "<!" in text:
            for word in _SPECIAL.findall(text):
                tallies.special[word] += 1
                if author is not None:
                    tallies.special_by[word][author.number] += 1
        if "<@" not in text:
            return
        named = _MENTION.findall(text)
        targets = dict.fromkeys(named)
        tallies.mentions["tokens"] += len(named)
        tallies.mentions["repeats_in_one_record"] += len(named) - len(targets)
        kind = _kind(self._kind, record)
        for target_id in targets:
            target = self._people.get(target_id)
            dropped = _drop(record, target_id, target)
            if dropped is not None:
                tallies.mentions[dropped] += 1
            elif target is not None and target.hours is not None:
                self._mention(cell, kind, target.number, target.hours.place(int(record.ts)), state)

    def _mention(
        self, cell: Cell, kind: Kind, number: int, place: tuple[int, int], state: int
    ) -> None:
        day, slot = place
        outside = 1 if slot % STATUSES else 0
        tallies = self.tallies
        tallies.mention_days[slot % STATUSES] += 1
        tallies.cross[state, bool(outside)] += 1
        tallies.kinds[kind][outside][number] += 1
        tallies.weeks[week_of(day)].mentions[outside][number] += 1
        cell.mentions[outside][number] += 1


def _drop(record: Record, target_id: str, target: Person | None) -> str | None:
    """Why a mention does not count, one of `DROPS`; None when it does."""
    if target_id == record.user:
        return "self"
    if target is None:
        return "to_unknown_user"
    if target.bot:
        return "to_bot"
    if target.deleted:
        return "to_deleted"
    return "to_no_zone" if target.hours is None else None


def _exclusion(record: Record, person: Person | None) -> str | None:
    """Why a record is no human message; None when it is one."""
    if record.subtype not in HUMAN:
        return "bot_message" if record.subtype == "bot_message" else "system_or_other_subtype"
    if not record.user:
        return "no_user"
    if record.user == "USLACKBOT" or (person is not None and person.bot):
        return "bot_or_slackbot_user"
    if record.bot_id:
        return "bot_id"
    return None if _FIRST_TS < record.ts < _LAST_TS else "no_ts"


def _kind(conversation: Conversation, record: Record) -> Kind:
    """How a mention reaches somebody, in the words the bot uses for its own contacts."""
    if conversation is Conversation.DM:
        return Kind.DM
    if conversation is Conversation.GROUP_DM:
        return Kind.GROUP_DM
    return Kind.THREAD if record.thread_ts and record.thread_ts != record.ts else Kind.MENTION
