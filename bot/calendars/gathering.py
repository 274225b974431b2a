"""What one sync reads, file by file, up to what the bot can carry for one person."""

import heapq

from bot.calendars.frames import Read
from bot.domain.invites import Unclear, Unreadable

MOST_WEIGHT = 400_000
OCCURRENCE_WEIGHT = 20
"""In memory an occurrence is as much as that many names. With a guest or two, the heaviest calendar
that is read has about 18,000 occurrences; a full one has a few hundred."""


class Gathering:
    """Collects what was read.

    When it gets too much, the heaviest files are given up, so that nobody's mail can take the place
    of somebody else's invite.
    """

    def __init__(self) -> None:
        self._reads: list[Read] = []
        self._heaviest: list[tuple[int, int]] = []
        self._weight = 0

    def add(self, read: Read) -> None:
        """One file more."""
        weight = sum(OCCURRENCE_WEIGHT + len(each.attendees) for each in read.occurrences)
        heapq.heappush(self._heaviest, (-weight, len(self._reads)))
        self._reads.append(read)
        self._weight += weight
        while self._weight > MOST_WEIGHT:
            lost, number = heapq.heappop(self._heaviest)
            self._reads[number] = _given_up(self._reads[number])
            self._weight += lost

    @property
    def read(self) -> Read:
        """All of it, file after file."""
        return Read(
            tuple(one for read in self._reads for one in read.occurrences),
            tuple(one for read in self._reads for one in read.unreadable),
        )


def _given_up(read: Read) -> Read:
    one = read.occurrences[0]
    return Read(
        unreadable=(
            Unreadable(
                object_id=one.object_id,
                etag=one.etag,
                why=Unclear.SIZE,
                uid=one.uid,
                organizer=one.organizer,
                title=one.title,
            ),
        )
    )
