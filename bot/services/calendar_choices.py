"""What somebody wants done about meetings, how their calendar stands, and what that would mean."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields
from typing import Any

from bot.calendars.base import Capabilities
from bot.domain.handling import ANSWERED, SETTLED, STANDING, Handling
from bot.domain.instants import DAY_S
from bot.domain.invite_rules import MeetingChoices, MeetingTreatment
from bot.domain.rules import SILENCED
from bot.errors import BadInput, Misconfigured, NotPossible
from bot.services.calendar_access import CalendarAccess
from bot.services.directory import Directory
from bot.services.judging import choices_of
from bot.services.sealed_titles import SealedTitles
from bot.storage import calendars, occurrences, workspaces
from bot.storage.calendars import CalendarRow
from bot.storage.database import Database
from bot.storage.occurrences import OccurrenceRow
from bot.words import calendars as words

AHEAD_DAYS = 14
MOST_SHOWN = 5
MOST_KEYWORDS = 20
LONGEST_KEYWORD = 60

ACTED_ON = "by_treatment"
"""The rule of `bot.domain.invite_rules` by which the owner's choice decides."""

ONLY_FLAGGED = frozenset({"optional", "large", SILENCED})
"""Rules by which a meeting outside the hours is never answered."""

CONCERNED = STANDING | SETTLED
"""Outside the hours, and not answered by the owner's own hand."""


@dataclass(frozen=True, slots=True)
class Meeting:
    """A meeting as its owner may see it; ``count`` is of how many occurrences."""

    uid: str
    series_at: int
    start_at: int
    end_at: int
    title: str
    state: str
    count: int = 1


@dataclass(frozen=True, slots=True)
class DryRun:
    """What the choice would mean for the meetings of the next `AHEAD_DAYS`.

    Attributes:
        total: meetings within these days.
        late: the first of those outside the hours that it would concern.
        count: all of those.
        only_flagged: meetings outside the hours that are never answered.
    """

    total: int
    late: tuple[Meeting, ...]
    count: int
    only_flagged: int


@dataclass(frozen=True, slots=True)
class Standing:
    """How somebody's calendar stands. The address is for its owner only.

    Attributes:
        lacks: capabilities the server does not have.
        answered: what was answered for them and stands, one entry for each plan.
    """

    provider: str
    address: str
    synced_at: int | None
    code: str
    choices: MeetingChoices
    lacks: tuple[str, ...]
    dry_run: DryRun
    answered: tuple[Meeting, ...]


class CalendarChoices:
    """Use cases on one's own connected calendar."""

    def __init__(
        self, database: Database, directory: Directory, access: CalendarAccess, titles: SealedTitles
    ) -> None:
        self._database = database
        self._directory = directory
        self._access = access
        self._titles = titles

    async def connected(self, workspace_id: str, user_id: str) -> CalendarRow | None:
        """The calendar as stored, None when there is none."""
        async with self._database.reading() as tx:
            return await calendars.one(tx, workspace_id, user_id)

    async def standing(self, workspace_id: str, user_id: str) -> Standing | None:
        """How it stands, None when no calendar is connected."""
        now = self._directory.now()
        async with self._database.reading() as tx:
            row = await calendars.one(tx, workspace_id, user_id)
            if row is None:
                return None
            ahead = await occurrences.of_person(tx, workspace_id, user_id, since_at=now)
        clear = [each for each in ahead if not each.unclear and each.start_at > now]
        return Standing(
            provider=row.provider,
            address=self.address(row),
            synced_at=row.synced_at,
            code=row.code,
            choices=choices_of(row),
            lacks=self._lacks(row),
            dry_run=self._dry_run(clear, now + AHEAD_DAYS * DAY_S),
            answered=self._answered(clear),
        )

    def address(self, row: CalendarRow) -> str:
        """Whose calendar it is, for the owner's eyes."""
        try:
            return self._access.credentials(row).address
        except Misconfigured:
            return ""

    def _lacks(self, row: CalendarRow) -> tuple[str, ...]:
        provider = self._access.providers.named(row.provider)
        if provider is None:
            return ()
        try:
            can = provider.account(self._access.credentials(row)).capabilities
        except Misconfigured:
            return ()
        learned = row.lacks.split()
        names = [each.name for each in fields(Capabilities)]
        return tuple(each for each in names if each in learned or not getattr(can, each))

    def _dry_run(self, ahead: Sequence[OccurrenceRow], until_at: int) -> DryRun:
        near = [row for row in ahead if row.start_at < until_at and row.attendee_count]
        open_ = [row for row in near if row.handled.state in CONCERNED]
        late = [row for row in open_ if row.rule == ACTED_ON]
        return DryRun(
            total=len(near),
            late=tuple(self._shown([row]) for row in late[:MOST_SHOWN]),
            count=len(late),
            only_flagged=sum(row.rule in ONLY_FLAGGED for row in open_),
        )

    def _answered(self, ahead: Iterable[OccurrenceRow]) -> tuple[Meeting, ...]:
        plans: dict[tuple[str, int, Handling], list[OccurrenceRow]] = {}
        for row in ahead:
            if row.handled.state in ANSWERED:
                plans.setdefault((row.uid, row.series_at, row.handled.state), []).append(row)
        return tuple(self._shown(rows) for rows in plans.values())[:MOST_SHOWN]

    def _shown(self, rows: Sequence[OccurrenceRow]) -> Meeting:
        first = rows[0]
        return Meeting(
            uid=first.uid,
            series_at=first.series_at,
            start_at=first.start_at,
            end_at=first.end_at,
            title=self._titles.open(first.sealed).title,
            state=first.handled.state.value,
            count=len(rows),
        )

    async def treat(self, workspace_id: str, user_id: str, treatment: MeetingTreatment) -> None:
        """What is done about invites outside the hours from now on.

        Raises:
            NotPossible: no calendar is connected.
        """
        await self._change(workspace_id, user_id, treatment=treatment.value)

    async def judge_all_day(self, workspace_id: str, user_id: str, *, on: bool) -> None:
        """Whether whole-day events count.

        Raises:
            NotPossible: no calendar is connected.
        """
        await self._change(workspace_id, user_id, judges_all_day=on)

    async def let_through(self, workspace_id: str, user_id: str, keywords: Sequence[str]) -> None:
        """Meetings with one of these in the title pass; nothing given: none does.

        Raises:
            BadInput: too many, or too long.
            NotPossible: no calendar is connected.
        """
        if len(keywords) > MOST_KEYWORDS or any(len(each) > LONGEST_KEYWORD for each in keywords):
            raise BadInput(words.LET_MANY.format(most=MOST_KEYWORDS, length=LONGEST_KEYWORD))
        await self._change(workspace_id, user_id, keywords="\n".join(keywords))

    async def read_now(self, workspace_id: str, user_id: str) -> None:
        """Have it read at once, even if it failed just now.

        Raises:
            NotPossible: no calendar is connected, or its permission has ended.
        """
        row = await self.connected(workspace_id, user_id)
        if row is not None and row.code == "signed_out":
            raise NotPossible(words.WHY["signed_out"])
        await self._change(workspace_id, user_id, due_at=calendars.AT_ONCE, retry_at=0)

    async def _change(self, workspace_id: str, user_id: str, **values: Any) -> None:
        """Set columns, and have everything judged anew."""
        async with self._database.transaction() as tx:
            await workspaces.lock(tx, workspace_id)
            if await calendars.one(tx, workspace_id, user_id) is None:
                raise NotPossible(words.NOTHING_CONNECTED)
            await calendars.change(tx, workspace_id, user_id, judged_version=-1, **values)
