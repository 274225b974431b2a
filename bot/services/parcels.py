"""Which held messages go out together: several of one author for the same readers are one post."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby

from bot.domain.notices import Origin
from bot.storage.holds import HoldRow

MOST_TOGETHER = 10
MOST_SEALED_BYTES = 24_000
"""About the text of one long message; Slack takes 50 blocks and 40,000 characters in one."""


@dataclass(frozen=True, slots=True)
class Parcel:
    """One or more holds that are delivered by one post, in order."""

    holds: tuple[HoldRow, ...]

    @property
    def head(self) -> HoldRow:
        """The first of them, which stands for all in what they share."""
        return self.holds[0]

    @property
    def maybe_sent(self) -> bool:
        """True when a worker that is gone may have posted it."""
        return self.head.state == "releasing"

    @property
    def marker(self) -> str:
        """The id an earlier post of it carries."""
        return self.head.bundle_id or self.head.id

    @property
    def ids(self) -> list[str]:
        """The ids of its holds."""
        return [hold.id for hold in self.holds]

    def only(self, holds: Iterable[HoldRow]) -> "Parcel":
        """The same with these holds."""
        return Parcel(tuple(holds))


def parcels(lane: Iterable[HoldRow]) -> list[Parcel]:
    """The lane's holds, in order, each in the parcel it travels in."""
    return [
        Parcel(tuple(together)) for _, key in groupby(lane, _key) for together in _packed(list(key))
    ]


def _key(hold: HoldRow) -> tuple[object, ...]:
    """What holds of one parcel have in common.

    What may be out already stays with those it was posted with. A message that was taken back is
    posted as the message it was, and what its author sent early or timed goes by itself.
    """
    if hold.state == "releasing":
        return (hold.bundle_id or hold.id,)
    if hold.returned_code or hold.due_fixed or hold.origin == Origin.TAKEN_BACK:
        return (hold.id,)
    is_reminder = hold.origin == Origin.REMINDER
    where = None if is_reminder else (hold.channel_id, hold.thread_ts)
    return (hold.author_id, hold.recipient_ids, is_reminder, where)


def _packed(holds: list[HoldRow]) -> Iterator[list[HoldRow]]:
    if holds[0].state == "releasing":
        yield holds
        return
    packed: list[HoldRow] = []
    for hold in holds:
        size = sum(len(each.sealed or b"") for each in (*packed, hold))
        if packed and (len(packed) == MOST_TOGETHER or size > MOST_SEALED_BYTES):
            yield packed
            packed = []
        packed.append(hold)
    yield packed
