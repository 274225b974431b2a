"""What people wrote, what must have become of it, and what to say when something else did.

The ledger is kept by the tests from what people did and were answered. `complaints` compares it
with what can be seen afterwards: the conversations of the sandbox, the calls that came in, and
the bot's rows. Nothing here uses the bot's code.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

FLAG_LIFE_S = 600
FLAGS_A_DAY = 6
URGENT_LASTS_S = 3_600
SPREAD_S = 300
"""What several people hold for one reader comes over the first minutes."""

REMINDED = "wrote to you"
UNDER_WAY = ("taking_back", "held", "claimed", "releasing")

Place = tuple[str, str]
"""Channel and ts of a message."""


@dataclass(eq=False)
class Posted:
    """A message somebody posted, and whom it reached.

    ``outside`` are those it reached outside their hours for certain, ``perhaps`` those for whom
    that hangs on when the bot heard of it. ``until_at`` is when the first of them is back.
    """

    place: Place
    author_id: str
    at: int
    reached: frozenset[str]
    outside: set[str]
    perhaps: set[str]
    until_at: int
    heard: bool = False


@dataclass(eq=False)
class Text:
    """Words with a token that occurs nowhere else, and the hold that keeps them now, if any.

    ``place`` is where their author posted them, None for what was given to the bot at once;
    ``fixed``: the author chose the time. ``former_ids`` are holds of the same words that are over.
    """

    token: str
    author_id: str
    place: Place | None = None
    hold_id: str | None = None
    recipient_ids: tuple[str, ...] = ()
    fixed: bool = False
    cancelled: bool = False
    former_ids: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Reminder:
    """A link to a message, to be brought to one person; ``link`` is how the address ends."""

    hold_id: str
    recipient_id: str
    link: str

    def came_by(self, words: str, members: frozenset[str], bot_id: str) -> bool:
        """Whether a message with these words is this reminder; other notices link, too."""
        is_reminder = self.link in words and REMINDED in words
        return is_reminder and members == {self.recipient_id, bot_id}


@dataclass(frozen=True)
class Delivery:
    """A post of the app that Slack took, and who worked and who had chosen hours then."""

    words: str
    at: int
    members: frozenset[str]
    working: frozenset[str]
    enrolled: frozenset[str]


@dataclass
class Ledger:
    """Everything given so far.

    ``dead`` are tokens that an edit replaced before delivery. By author and reader: ``unwanted``
    are hints that were not useful, ``urgent`` is when something was last declared urgent.
    """

    posted: dict[Place, Posted] = field(default_factory=dict)
    texts: list[Text] = field(default_factory=list)
    reminders: list[Reminder] = field(default_factory=list)
    deliveries: list[Delivery] = field(default_factory=list)
    dead: list[str] = field(default_factory=list)
    unwanted: set[tuple[str, str]] = field(default_factory=set)
    urgent: dict[tuple[str, str], int] = field(default_factory=dict)

    def text_of(self, hold_id: str) -> Text:
        """The words a hold keeps."""
        return next(text for text in self.texts if text.hold_id == hold_id)

    def text_at(self, place: Place) -> Text:
        """The words posted somewhere."""
        return next(text for text in self.texts if text.place == place)

    def hold_ids(self) -> set[str]:
        """Every hold that somebody asked for."""
        kept = {text.hold_id for text in self.texts if text.hold_id is not None}
        former = {hold_id for text in self.texts for hold_id in text.former_ids}
        return kept | former | {reminder.hold_id for reminder in self.reminders}


@dataclass(frozen=True)
class Copy:
    """A message that stands in a conversation; ``by_app``: the app posted it, in any name."""

    words: str
    members: frozenset[str]
    by_app: bool


@dataclass(frozen=True)
class Seen:
    """What can be seen at one instant.

    ``holds`` are rows by id, ``notices`` the statuses of flags and ``contacts`` the outcomes by
    message (and person), ``accepted`` the messages whose flag Slack took. ``working`` are the
    people at work now. ``calm``: nothing goes wrong any more, and every wait is over.
    """

    now: int
    bot_id: str
    copies: tuple[Copy, ...]
    holds: Mapping[str, Mapping[str, Any]]
    notices: Mapping[Place, str]
    contacts: Mapping[tuple[str, str, str], str]
    accepted: frozenset[Place]
    working: frozenset[str]
    calm: bool


Check = Callable[[Ledger, Seen], Iterator[str]]


def every_text_is_in_one_place(ledger: Ledger, seen: Seen) -> Iterator[str]:
    """Posted, delivered, given back, waiting or cancelled: one of these, and once."""
    for text in ledger.texts:
        copies = [copy for copy in seen.copies if text.token in copy.words]
        row = seen.holds.get(text.hold_id or "")
        least, most = expected_copies(text, row)
        if not least <= len(copies) <= most:
            where = "not held" if row is None else row["state"]
            yield f"{text.token} ({where}): {len(copies)} copies, not {least} to {most}"
    for token in ledger.dead:
        if any(token in copy.words for copy in seen.copies):
            yield f"{token} was delivered although it had been changed"


def expected_copies(text: Text, row: Mapping[str, Any] | None) -> tuple[int, int]:
    """How often the words may stand in conversations, at least and at most."""
    original = int(text.place is not None)
    if row is None:
        return original, original
    released = (1, 2 if row["looked_in_vain"] else 1)
    return {
        "taking_back": (0, original),
        "held": (0, 0),
        "claimed": (0, 0),
        "releasing": (0, 1),
        "released": released,
        "returned": (1, 1),
        "cancelled": (0, 0) if text.cancelled else (original, original),
    }[row["state"]]


def what_is_over_is_where_it_belongs(ledger: Ledger, seen: Seen) -> Iterator[str]:
    """Delivered to its readers, or given back to its author; cancelled only when they said so."""
    for text in ledger.texts:
        row = seen.holds.get(text.hold_id or "")
        if row is None:
            continue
        rightful = {"released": text.recipient_ids, "returned": (text.author_id,)}
        wanted = set(rightful.get(row["state"], ()))
        for copy in seen.copies:
            if text.token in copy.words and copy.by_app and not wanted <= copy.members:
                yield f"{text.token} ({row['state']}) was posted where {wanted} are not"
        if row["state"] == "cancelled" and not text.cancelled and text.place is None:
            yield f"{text.token} was cancelled by nobody"
        if (row["state"] in UNDER_WAY) != bool(row["has_text"]):
            yield f"{text.token} ({row['state']}): its words are kept too long, or lost"


def every_hold_is_somebodys(ledger: Ledger, seen: Seen) -> Iterator[str]:
    """Nothing is held that nobody asked for, or that its author was told was not held."""
    for hold_id in seen.holds.keys() - ledger.hold_ids():
        yield f"hold {hold_id} ({seen.holds[hold_id]['origin']}) was asked for by nobody"


def every_reminder_comes_once(ledger: Ledger, seen: Seen) -> Iterator[str]:
    """A link is brought once, to the person it is for."""
    for reminder in ledger.reminders:
        row = seen.holds[reminder.hold_id]
        came = [c for c in seen.copies if reminder.came_by(c.words, c.members, seen.bot_id)]
        most = {"released": 2 if row["looked_in_vain"] else 1, "releasing": 1}.get(row["state"], 0)
        least = int(row["state"] == "released")
        if not least <= len(came) <= most:
            yield f"{reminder} ({row['state']}) came {len(came)} times"


def nothing_comes_outside_hours(ledger: Ledger, seen: Seen) -> Iterator[str]:
    """What waits is delivered while somebody works, unless its author chose the time.

    Whoever it reached outside their hours all the same is counted.
    """
    for delivery in ledger.deliveries:
        for reminder in ledger.reminders:
            came = reminder.came_by(delivery.words, delivery.members, seen.bot_id)
            if came and reminder.recipient_id not in delivery.working:
                yield f"{reminder} came at {delivery.at}, outside hours"
        for text in ledger.texts:
            if text.hold_id is not None and text.token in delivery.words:
                yield from _out_of_time(text, seen, delivery)


def _out_of_time(text: Text, seen: Seen, delivery: Delivery) -> Iterator[str]:
    row = seen.holds[text.hold_id or ""]
    returned = row["state"] == "returned"
    readers = {text.author_id} if returned else set(text.recipient_ids)
    if not readers & delivery.working and not text.fixed:
        yield f"{text.token} ({row['state']}) came at {delivery.at}, when nobody worked"
    key = text.place or ("held", text.hold_id)
    released = row["state"] == "released"
    for user_id in (readers & delivery.enrolled) - delivery.working if released else ():
        if seen.contacts.get((*key, user_id)) not in {"breach", "urgent"}:
            yield f"{text.token} reached {user_id} at {delivery.at}, uncounted"


def nothing_is_late(ledger: Ledger, seen: Seen) -> Iterator[str]:
    """In calm, nothing waits for somebody who is at work."""
    if not seen.calm:
        return
    for reminder in ledger.reminders:
        row = seen.holds[reminder.hold_id]
        if _is_due(row, seen, {reminder.recipient_id}):
            yield f"{reminder} is late"
    for text in ledger.texts:
        row = seen.holds.get(text.hold_id or "")
        readers = None if text.fixed else set(text.recipient_ids)
        if row is not None and _is_due(row, seen, readers):
            yield f"{text.token} ({row['state']}) is late"


def _is_due(row: Mapping[str, Any], seen: Seen, readers: set[str] | None) -> bool:
    """Whether a hold should not be waiting any more; without ``readers`` the time decides."""
    if row["state"] not in UNDER_WAY or seen.now < row["due_at"] < seen.now + SPREAD_S:
        return False
    by_time = row["due_at"] <= seen.now
    everybody_works = by_time if readers is None else readers <= seen.working
    return row["state"] == "taking_back" or (by_time if row["returned_code"] else everybody_works)


def everybody_reached_is_counted(ledger: Ledger, seen: Seen) -> Iterator[str]:
    """Contacts are those the messages made: none is missing, none is made up."""
    for posted in ledger.posted.values():
        for user_id in posted.outside if posted.heard else ():
            if (*posted.place, user_id) not in seen.contacts:
                yield f"{posted.place} reached {user_id} outside their hours, uncounted"
    for channel_id, ts, user_id in seen.contacts:
        if channel_id != "held":
            found = ledger.posted.get((channel_id, ts))
            if found is None or user_id not in found.outside | found.perhaps:
                yield f"{(channel_id, ts)} is counted for {user_id}, whom it did not reach so"


def everybody_reached_was_flagged(ledger: Ledger, seen: Seen) -> Iterator[str]:
    """Outside their hours nobody is reached without a flag, or a recorded cap or expiry."""
    for posted in ledger.posted.values():
        if not posted.heard or posted.place in seen.accepted:
            continue
        if not any(_needs_a_flag(ledger, posted, user_id) for user_id in posted.outside):
            continue
        status = seen.notices.get(posted.place)
        excused = {
            "capped": _may_be_capped(ledger, seen, posted),
            "expired": seen.now - posted.at > FLAG_LIFE_S,
            "due": not seen.calm,
        }
        if not excused.get(status or "", False):
            yield f"{posted.place} reached {posted.outside} without a flag: {status}"


def _needs_a_flag(ledger: Ledger, posted: Posted, user_id: str) -> bool:
    declared_at = ledger.urgent.get((posted.author_id, user_id), 0)
    return not declared_at <= posted.at <= declared_at + URGENT_LASTS_S


def _may_be_capped(ledger: Ledger, seen: Seen, posted: Posted) -> bool:
    def told(other: Posted) -> bool:
        mine = other is not posted and other.author_id == posted.author_id
        return mine and seen.notices.get(other.place) not in {None, "capped"}

    if all((posted.author_id, each) in ledger.unwanted for each in posted.outside):
        return True
    others = [other for other in ledger.posted.values() if told(other)]
    in_force = any(
        other.place[0] == posted.place[0] and (other.perhaps or other.until_at > posted.at)
        for other in others
    )
    return in_force or sum(_day(other) == _day(posted) for other in others) >= FLAGS_A_DAY


def nobody_is_nagged(ledger: Ledger, seen: Seen) -> Iterator[str]:
    """One flag for an author and conversation until the people are back, and six a day."""
    for place in seen.accepted:
        found = ledger.posted.get(place)
        if found is None or not found.outside | found.perhaps:
            yield f"{place} was flagged and reached nobody outside their hours"
    flagged = [ledger.posted[place] for place in sorted(seen.accepted & ledger.posted.keys())]
    for first in flagged:
        for second in flagged:
            same = (first.author_id, first.place[0]) == (second.author_id, second.place[0])
            if same and not first.perhaps and first.at < second.at < first.until_at:
                yield f"{first.author_id} heard of {second.place} while {first.place} held"
    for (author_id, day), count in Counter((p.author_id, _day(p)) for p in flagged).items():
        if count > FLAGS_A_DAY:
            yield f"{author_id} heard {count} flags on {day}"


def _day(posted: Posted) -> str:
    return datetime.fromtimestamp(posted.at, UTC).date().isoformat()


CHECKS: tuple[Check, ...] = (
    every_text_is_in_one_place,
    what_is_over_is_where_it_belongs,
    every_hold_is_somebodys,
    every_reminder_comes_once,
    nothing_comes_outside_hours,
    nothing_is_late,
    everybody_reached_is_counted,
    everybody_reached_was_flagged,
    nobody_is_nagged,
)


def complaints(ledger: Ledger, seen: Seen) -> list[str]:
    """Everything that is not as it must be, in the order of `CHECKS`."""
    if gone := ledger.hold_ids() - seen.holds.keys():
        return [f"hold {hold_id} is gone" for hold_id in sorted(gone)]
    return [complaint for check in CHECKS for complaint in check(ledger, seen)]
