"""Fills in the notices on meetings at the moment they are said, from what is stored then.

Each preparation returns None when nothing is left to say: the meeting was moved, cancelled,
answered or has begun. Only what was answered for somebody is told after the fact as well.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import msgspec

from bot.domain.contact import Person
from bot.domain.handling import ANSWERED, GIVEN, Errand, Handling
from bot.domain.instants import MINUTE_S
from bot.domain.invite_notices import (
    InviteLifted,
    InviteNotAnswered,
    InviteTold,
    InviteUnclear,
    MeetingTold,
    OutsidePerson,
    Rhythm,
    SlotTold,
    TakenBack,
    TimesProposed,
    UnclearEvent,
    rhythm,
)
from bot.domain.invite_rules import outside_spans
from bot.domain.invites import Answer
from bot.domain.slots import ROTATION_WEEKS, Slot
from bot.services.better_times import BetterTimes
from bot.services.calendar_access import CalendarAccess
from bot.services.directory import Directory, Place
from bot.services.invite_telling import is_told
from bot.services.sealed_titles import SealedTitles
from bot.storage import calendars, notices, occurrences
from bot.storage.database import Database
from bot.storage.notices import NoticeRow
from bot.storage.occurrences import OccurrenceRow

ANSWERS = frozenset({Errand.HOLD, Errand.DECLINE})


@dataclass(frozen=True, slots=True)
class _Plan:
    """One plan in one calendar, or in several: what lies ahead, and what was acted on of it.

    ``begun`` is what was answered by itself and has begun.
    """

    ahead: list[OccurrenceRow]
    told: list[OccurrenceRow]
    begun: list[OccurrenceRow] = field(default_factory=list)


class InviteSaying:
    """The preparations; see `bot.services.notices.Prepare`."""

    def __init__(
        self,
        database: Database,
        directory: Directory,
        access: CalendarAccess,
        titles: SealedTitles,
        better: BetterTimes,
    ) -> None:
        self._database = database
        self._directory = directory
        self._access = access
        self._titles = titles
        self._better = better

    async def told(self, row: NoticeRow, notice: InviteTold) -> InviteTold | None:
        """What was done about the owner's meeting."""
        place = await self._directory.installed(row.workspace_id)
        plan = await self._own_plan(place, notice.owner_id, notice.uid, notice.series_at)
        owner = self._directory.person(place, notice.owner_id)
        is_over = not plan.told
        if is_over:
            begun = [each for each in plan.begun if each.start_at > notice.since_at]
            plan = _Plan(begun, begun)
        if not plan.told or owner is None or not owner.enrolled:
            return None
        states = [each.handled.state for each in plan.told]
        organizer = self._directory.person(place, plan.told[0].organizer_id)
        return replace(
            notice,
            tz=owner.tz,
            at=self._directory.now(),
            meeting=self._meeting(place, plan, owner),
            outside_min=plan.told[0].outside_min,
            held=states.count(Handling.HELD),
            declined=states.count(Handling.DECLINED),
            flagged=states.count(Handling.FLAGGED),
            under_way=sum(each.handled.errand in ANSWERS for each in plan.told),
            organizer_is_told=organizer is not None and not organizer.is_foreign,
            takes_answers=await self._takes_answers(plan.told),
            is_over=is_over,
        )

    async def not_answered(
        self, row: NoticeRow, notice: InviteNotAnswered
    ) -> InviteNotAnswered | None:
        """The server did not take what the owner answered, and they have not answered since."""
        place = await self._directory.installed(row.workspace_id)
        plan = await self._own_plan(place, notice.owner_id, notice.uid, notice.series_at)
        owner = self._directory.person(place, notice.owner_id)
        open_ = [each for each in plan.told if each.handled.state is Handling.FLAGGED]
        if not open_ or owner is None:
            return None
        meeting = self._meeting(place, replace(plan, told=open_), owner)
        return replace(notice, tz=owner.tz, meeting=meeting)

    async def lifted(self, row: NoticeRow, notice: InviteLifted) -> InviteLifted | None:
        """The meeting is inside the owner's hours now."""
        place = await self._directory.installed(row.workspace_id)
        plan = await self._own_plan(place, notice.owner_id, notice.uid, notice.series_at)
        owner = self._directory.person(place, notice.owner_id)
        lifted = [each for each in plan.ahead if each.handled.state is Handling.LIFTED]
        if not lifted or owner is None:
            return None
        return replace(
            notice,
            tz=owner.tz,
            at=self._directory.now(),
            meeting=self._meeting(place, replace(plan, told=lifted), owner),
            taken_back=_taken_back(lifted),
        )

    async def unclear(self, row: NoticeRow, _planned: InviteUnclear) -> InviteUnclear | None:
        """What could not be judged, several rows of one reader as one notice."""
        now = self._directory.now()
        place = await self._directory.installed(row.workspace_id)
        async with self._database.transaction() as tx:
            due = await notices.due_with(tx, row, now)
            if row.id not in due:
                return None  # another one says it
            planned = [msgspec.json.decode(each, type=InviteUnclear) for each in due.values()]
            uids = tuple(dict.fromkeys(uid for each in planned for uid in each.uids))
            merged = InviteUnclear(row.reader_id, uids)
            payload = msgspec.json.encode(merged).decode()
            await notices.take_over(tx, row.id, payload, [each for each in due if each != row.id])
            stored = await occurrences.of_person(tx, row.workspace_id, row.reader_id, since_at=now)
        events = tuple(
            self._event(place, each) for each in stored if each.unclear and each.uid in uids
        )
        return replace(merged, events=events) if events else None

    async def proposed(self, row: NoticeRow, notice: TimesProposed) -> TimesProposed | None:
        """Outside whose hours the organiser's meeting is, and better times."""
        place = await self._directory.installed(row.workspace_id)
        uid, series_at, now = notice.uid, notice.series_at, self._directory.now()
        async with self._database.reading() as tx:
            rows = await occurrences.of_meeting(tx, row.workspace_id, uid, series_at)
        organizer = self._directory.person(place, notice.organizer_id)
        ahead = [
            each
            for each in rows
            if each.start_at > now and each.organizer_id == notice.organizer_id
        ]
        plan = _Plan(ahead, [each for each in ahead if self._concerns(place, notice, each)])
        people = self._outside(place, plan)
        if organizer is None or not people:
            await self._not_said(row, notice)
            return None
        meeting = replace(self._meeting(place, plan, organizer), organizer="")
        weeks = ROTATION_WEEKS if meeting.rhythm is Rhythm.WEEKLY else 1
        slots: list[Slot] = []
        if not meeting.is_all_day:
            slots = await self._better.instead_of(
                place, ahead, plan.told[0].span, organizer.tz, weeks=weeks
            )
        return replace(
            notice,
            tz=organizer.tz,
            at=now,
            meeting=meeting,
            people=people,
            slots=tuple(_slot(place, each) for each in slots),
            weeks=weeks,
            own_hours_assumed=not organizer.enrolled,
        )

    async def _own_plan(self, place: Place, owner_id: str, uid: str, series_at: int) -> _Plan:
        async with self._database.reading() as tx:
            rows = await occurrences.of_plan(tx, place.workspace_id, owner_id, uid, series_at)
        now = self._directory.now()
        ahead = [row for row in rows if row.start_at > now]
        begun = [row for row in rows if row.start_at <= now and _was_answered(row)]
        return _Plan(ahead, [row for row in ahead if is_told(row)], begun)

    async def _takes_answers(self, rows: Sequence[OccurrenceRow]) -> bool:
        """Whether their owner can answer all of them by a button."""
        if not any(row.recurrence_id for row in rows):
            return True
        async with self._database.reading() as tx:
            calendar = await calendars.one(tx, rows[0].workspace_id, rows[0].user_id)
        return calendar is not None and self._access.can(calendar, "occurrence_replies")

    async def _not_said(self, row: NoticeRow, notice: TimesProposed) -> None:
        """The organiser was told nothing, so the next occasion is the first."""
        async with self._database.transaction() as tx:
            await occurrences.not_told(
                tx, row.workspace_id, notice.organizer_id, notice.uid, notice.series_at
            )

    def _concerns(self, place: Place, notice: TimesProposed, row: OccurrenceRow) -> bool:
        """Whether its owner is somebody of whom the organiser is told."""
        owner = self._directory.person(place, row.user_id)
        return (
            is_told(row)
            and row.user_id != notice.organizer_id
            and owner is not None
            and owner.enrolled
        )

    def _outside(self, place: Place, plan: _Plan) -> tuple[OutsidePerson, ...]:
        """Everybody concerned by name, each by their next occurrence."""
        by_person: dict[str, list[OccurrenceRow]] = {}
        for row in plan.told:
            by_person.setdefault(row.user_id, []).append(row)
        found = []
        for user_id, rows in by_person.items():
            person = self._directory.person(place, user_id)
            outside = _outside_person(person, rows) if person else None
            if outside is not None:
                found.append(outside)
        return tuple(sorted(found, key=lambda each: each.name.casefold()))

    def _meeting(self, place: Place, plan: _Plan, reader: Person) -> MeetingTold:
        """The meeting as its reader's own calendar calls it.

        Anybody may give their own copy another title, which is nobody else's business.
        """
        first = plan.told[0]
        own = next((row for row in plan.ahead if row.user_id == reader.user_id), None)
        title = self._titles.open(own.sealed).title if own else ""
        keys = sorted({(row.start_at, row.recurrence_id) for row in plan.ahead})
        organizer = place.rows.get(first.organizer_id)
        return MeetingTold(
            title=title,
            organizer=organizer.name if organizer else self._titles.open(first.sealed).organizer,
            start_at=first.start_at,
            end_at=first.end_at,
            is_all_day=first.is_all_day,
            rhythm=rhythm(
                [start_at for start_at, _ in keys], reader.tz, is_recurring=first.is_recurring
            ),
            ahead=len(keys),
            concerned=len({row.recurrence_id for row in plan.told}),
        )

    def _event(self, place: Place, row: OccurrenceRow) -> UnclearEvent:
        names = self._titles.open(row.sealed)
        organizer = place.rows.get(row.organizer_id)
        return UnclearEvent(
            names.title, organizer.name if organizer else names.organizer, row.unclear
        )


def _was_answered(row: OccurrenceRow) -> bool:
    """Whether its organiser was told an answer for its owner, and it stands."""
    handled = row.handled
    return handled.state in ANSWERED and handled.our_answer in GIVEN


def _outside_person(person: Person, rows: Sequence[OccurrenceRow]) -> OutsidePerson | None:
    """Somebody by their next occurrence; None when it is inside their hours by now."""
    row = rows[0]
    outside = outside_spans(person, row.span)
    if not outside:
        return None
    reason = person.timeline.why(outside[0].start)
    answered = row.handled.our_answer
    stands = row.handled.errand is Errand.NONE and row.handled.state is not Handling.FLAGGED
    return OutsidePerson(
        name=person.name,
        tz=person.tz,
        start_at=row.start_at,
        outside_at=outside[0].start // MINUTE_S * MINUTE_S,
        reason=reason.kind.value,
        label=reason.label,
        answer=answered.value if answered is not None and stands else "",
        concerned=len(rows),
    )


def _slot(place: Place, slot: Slot) -> SlotTold:
    outside = tuple((place.rows[each].name, minutes) for each, minutes in slot.outside_min.items())
    not_free = tuple(place.rows[each].name for each in slot.busy)
    return SlotTold(slot.starts[0], outside, not_free)


def _taken_back(rows: Sequence[OccurrenceRow]) -> TakenBack:
    if any(row.handled.errand is Errand.TAKE_BACK for row in rows):
        return TakenBack.UNDER_WAY
    given = {row.handled.our_answer for row in rows}
    return TakenBack.STAYS if given - {Answer.NEEDS_ACTION, None} else TakenBack.DONE
