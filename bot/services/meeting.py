"""Finding a time to meet, and remembering whose evening it was."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from bot.domain.instants import DAY_S
from bot.domain.slots import Attendee, Meeting, Slot, judged, proposals
from bot.domain.spans import Span
from bot.errors import BadInput, NotPossible
from bot.log import log
from bot.services.directory import Directory, Place
from bot.storage import calendars, meetings, occurrences
from bot.storage.database import Database, Transaction
from bot.words import meet as words

MOST_PEOPLE = 30
"""More people's hours leave nothing to choose from, and ranking takes time."""

REMEMBERED_S = 182 * DAY_S
"""What somebody gave longer ago than half a year does not count any more."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """A meeting of the asker with others: ``required`` are those others who have to come."""

    asker_id: str
    required: tuple[str, ...]
    optional: tuple[str, ...]
    length_s: int
    weeks: int = 1

    @property
    def everybody(self) -> tuple[str, ...]:
        """The asker first; nobody twice, and who is required is not optional."""
        return tuple(dict.fromkeys((self.asker_id, *self.required, *self.optional)))

    @property
    def needed(self) -> frozenset[str]:
        """The asker and those who are required."""
        return frozenset((self.asker_id, *self.required))

    @property
    def group_key(self) -> str:
        """The same for the same people, whoever asks; it does not say who they are."""
        return hashlib.sha256(",".join(sorted(self.everybody)).encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Proposed:
    """Slots, and what they rest on.

    ``assumed`` are those whose hours are not known, ``unseen`` those of whom nothing but hours
    is, because they connected no calendar. What people gave for earlier meetings of the group
    decides whose turn it is, and is shown to nobody.
    """

    slots: list[Slot]
    assumed: tuple[str, ...]
    unseen: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Known:
    """What decides beside hours: whose calendar is read, what it holds, and who gave how much."""

    seen: frozenset[str]
    busy: Mapping[str, tuple[Span, ...]]
    given_min: Mapping[str, int] = field(default_factory=dict)


class Meetings:
    """Use cases on meetings. Of a calendar only the times are looked at at which one is busy."""

    def __init__(self, database: Database, directory: Directory) -> None:
        self._database = database
        self._directory = directory

    async def propose(self, workspace_id: str, wanted: Wanted, window: Span) -> Proposed:
        """Up to three slots within the window; none where it is too short.

        Raises:
            BadInput: nobody else, too many, or somebody who has no hours.
        """
        place = await self._directory.installed(workspace_id)
        self._check(place, wanted)
        since_at = self._directory.now() - REMEMBERED_S
        empty = self._empty(place, wanted, window)
        async with self._database.reading() as tx:
            known = await self._known(tx, place, wanted, empty)
            given = await meetings.given_min(tx, workspace_id, wanted.group_key, since_at)
        known = replace(known, given_min=given)
        slots = proposals(self._filled(place, wanted, empty, known))
        log.info("meeting.proposed", workspace_id=workspace_id, count=len(slots))
        rows = place.rows
        assumed = tuple(
            each
            for each in wanted.everybody
            if rows[each].enrolled_at is None or rows[each].is_foreign
        )
        unseen = tuple(each for each in wanted.everybody if each not in known.seen)
        return Proposed(slots, assumed, unseen)

    async def take(self, workspace_id: str, wanted: Wanted, first_at: int) -> Slot:
        """This slot was chosen: what it costs those who are required is written down.

        Raises:
            BadInput: somebody has left meanwhile.
            NotPossible: it has begun.
        """
        place = await self._directory.installed(workspace_id)
        self._check(place, wanted)
        now = self._directory.now()
        if first_at <= now:
            raise NotPossible(words.TOO_LATE)
        window = Span(first_at, first_at + wanted.length_s)
        empty = self._empty(place, wanted, window)
        async with self._database.reading() as tx:
            known = await self._known(tx, place, wanted, empty)
        slot = judged(self._filled(place, wanted, empty, known), first_at)
        burden = {each: m for each, m in slot.outside_min.items() if each in wanted.needed}
        async with self._database.transaction() as tx:
            await meetings.drop_before(tx, workspace_id, now - REMEMBERED_S)
            await meetings.record(tx, workspace_id, wanted.group_key, first_at, burden)
        log.info("meeting.chosen", workspace_id=workspace_id, count=len(burden))
        return slot

    async def give_back(self, workspace_id: str, wanted: Wanted, first_at: int) -> None:
        """The slot is not taken after all, so nobody gave anything for it."""
        async with self._database.transaction() as tx:
            await meetings.forget(tx, workspace_id, wanted.group_key, first_at)
        log.info("meeting.given_back", workspace_id=workspace_id)

    @staticmethod
    async def _known(tx: Transaction, place: Place, wanted: Wanted, empty: Meeting) -> _Known:
        everybody = wanted.everybody
        return _Known(
            seen=await calendars.seen(tx, place.workspace_id),
            busy=await occurrences.busy(tx, place.workspace_id, everybody, empty.reach),
        )

    @staticmethod
    def _empty(place: Place, wanted: Wanted, window: Span) -> Meeting:
        """The meeting before anybody is asked."""
        return Meeting((), window, wanted.length_s, place.rows[wanted.asker_id].tz, wanted.weeks)

    def _filled(self, place: Place, wanted: Wanted, empty: Meeting, known: _Known) -> Meeting:
        timelines = self._directory.timelines(place, wanted.everybody)
        people = tuple(
            Attendee(
                user_id=each,
                timeline=timeline,
                required=each in wanted.needed,
                busy=known.busy.get(each, ()),
                paid_min=known.given_min.get(each, 0),
            )
            for each, timeline in zip(wanted.everybody, timelines, strict=True)
        )
        return replace(empty, people=people)

    def _check(self, place: Place, wanted: Wanted) -> None:
        if len(wanted.everybody) == 1:
            raise BadInput(words.NOBODY)
        if len(wanted.everybody) > MOST_PEOPLE:
            raise BadInput(words.too_many(MOST_PEOPLE))
        for user_id in wanted.everybody:
            if self._directory.person(place, user_id) is None:
                row = place.rows.get(user_id)
                is_app = user_id == place.bot_user_id or (row is not None and row.is_bot)
                raise BadInput(words.no_hours(user_id, is_app=is_app))
