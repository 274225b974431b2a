"""A meeting in somebody's calendar, one occurrence at a time, whatever server it came from.

The names are iCalendar's (RFC 5545): UID, RECURRENCE-ID, SEQUENCE, PARTSTAT, TRANSP. Instants are
epoch seconds.
"""

from dataclasses import dataclass
from enum import StrEnum

from bot.domain.spans import Span


class Answer(StrEnum):
    """The owner's participation status (PARTSTAT)."""

    NEEDS_ACTION = "needs-action"
    ACCEPTED = "accepted"
    TENTATIVE = "tentative"
    DECLINED = "declined"


@dataclass(frozen=True, slots=True)
class Occurrence:
    """One occurrence in the calendar of its *owner*.

    Attributes:
        object_id: what the server calls it by: a CalDAV href, a Google or Graph event id. Several
            occurrences may share one.
        etag: the version of that object, for conditional writes; ``""`` where there is none.
        uid: iCalendar's UID, the same in everybody's calendar.
        recurrence_id: the original start in UTC (``20261027T160000Z``), or the date of an all-day
            one (``20261027``); ``""`` for a single event.
        series_at: start of the component this comes from: of the series, or of the occurrence
            itself when it was moved on its own. With the UID it says which plan is meant.
        sequence: the organiser's revision.
        organizer: e-mail address in lower case; ``""`` when nobody was invited.
        attendees: e-mail addresses in lower case, the owner's among them.
        is_own: the owner organises it, or nobody was invited.
        is_transparent: shown as free (TRANSP).
        is_optional: the owner's presence is (ROLE=OPT-PARTICIPANT).
        is_out_of_office: not a meeting; the owner is away.
        answer: the owner's.
        title: SUMMARY. It is sealed wherever it is kept.
        booked_at: when it was made (CREATED); None when the server does not say.
    """

    object_id: str
    etag: str
    uid: str
    recurrence_id: str
    series_at: int
    start_at: int
    end_at: int
    organizer: str = ""
    attendees: tuple[str, ...] = ()
    answer: Answer = Answer.NEEDS_ACTION
    is_own: bool = False
    is_recurring: bool = False
    is_cancelled: bool = False
    is_transparent: bool = False
    is_all_day: bool = False
    is_optional: bool = False
    is_out_of_office: bool = False
    sequence: int = 0
    title: str = ""
    booked_at: int | None = None

    @property
    def span(self) -> Span:
        """When it takes place."""
        return Span(self.start_at, self.end_at)

    @property
    def key(self) -> tuple[str, str]:
        """Which occurrence this is, in everybody's calendar."""
        return self.uid, self.recurrence_id


class Unclear(StrEnum):
    """Why an event cannot be judged. It is shown to its owner and never answered."""

    ZONE = "zone"
    """Its time zone is not known, or it names none."""
    RULE = "rule"
    """It repeats in a way that is not read: too often, without end, or broken."""
    SIZE = "size"
    """It is too large."""
    TIME = "time"
    """Reading it took too long."""
    BROKEN = "broken"
    """It is not iCalendar."""


@dataclass(frozen=True, slots=True)
class Unreadable:
    """An event that could not be read. ``uid``, ``organizer`` and ``title`` as far as known."""

    object_id: str
    etag: str
    why: Unclear
    uid: str = ""
    organizer: str = ""
    title: str = ""
