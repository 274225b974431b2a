"""A team's week, gathered from storage: the facts a summary is made of, and the summary."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import date
from functools import cache, partial

from bot.digest.facts import (
    PRESSURE,
    ContactFact,
    HintFact,
    Member,
    TeamWeek,
    VerdictFact,
    previous_week,
    shared_people,
    week_bounds,
)
from bot.digest.mirror import mirror
from bot.digest.release import MIN_PEOPLE, TREND_WEEKS, warmed_up
from bot.digest.report import Report, build_report
from bot.digest.rest import LOOK_AHEAD_S, LOOK_BACK_S, rest_of
from bot.domain.availability import State
from bot.domain.instants import DAY_S, HOUR_S, end_instant, local, start_instant, utc, wall
from bot.domain.notices import Digest, DigestLine, Mirror
from bot.domain.urgent import WasUrgent
from bot.errors import SlackError
from bot.log import log
from bot.services.directory import Directory, Place
from bot.services.meeting_facts import meeting_facts
from bot.services.ports import Messenger
from bot.storage import (
    audiences,
    calendars,
    contacts,
    coverage,
    notices,
    occurrences,
    teams,
    urgents,
)
from bot.storage.contacts import ContactRow
from bot.storage.database import Database, Transaction
from bot.storage.notices import NoticeRow
from bot.storage.teams import TeamRow
from bot.words import mirror as mirror_words

DM_SCOPE = "im:history"
DAY_MIN = 1_440
CONTACTS_BEFORE_S = 2 * DAY_S
"""The first night of a week may have begun so long before it."""

Channels = tuple[int | None, int | None]
"""Public channels with the bot, and all of them; None when Slack did not say."""
UNKNOWN: Channels = (None, None)


class Weeks:
    """Builds summaries. A past week is judged by the hours people have now.

    Without a messenger Slack is not asked, and the figure about channels is left out.
    """

    def __init__(
        self, database: Database, directory: Directory, messenger: Messenger | None
    ) -> None:
        self._database = database
        self._directory = directory
        self._messenger = messenger
        self._channels: dict[str, tuple[int, Channels]] = {}

    async def digest(self, team: TeamRow, iso_week: str) -> Digest:
        """The summary of one team and week, as it may be shown."""
        return _notice(team, await self.report(team, iso_week))

    async def mirror(self, row: NoticeRow, notice: Mirror) -> Mirror | None:
        """The mirror filled in; None when there is nobody to say it to any more."""
        workspace_id, leader_id = row.workspace_id, row.reader_id
        async with self._database.reading() as tx:
            team = await teams.one(tx, workspace_id, notice.team_id)
        person = self._directory.person(await self._directory.installed(workspace_id), leader_id)
        if team is None or leader_id not in team.leads or person is None or not person.enrolled:
            return None
        week, earlier = await self._compared(team, notice.iso_week)
        # Weeks in which nobody was counted yet are nothing to compare with.
        own = mirror(week, leader_id, [each for each in earlier if each.population])
        return replace(
            notice,
            team_name=team.name,
            lines=tuple(DigestLine("mirror", sentence) for sentence in own.sentences()),
            why=mirror_words.ONLY_YOU,
            shares=leader_id in team.sharing,
        )

    async def report(self, team: TeamRow, iso_week: str) -> Report:
        """The week after release, compared with the weeks before it."""
        week, earlier = await self._compared(team, iso_week)
        started_on = local(team.created_at, team.tz).date()
        return build_report(
            week, earlier, team_name=team.name, warm_up_done=warmed_up(started_on, iso_week)
        )

    async def _compared(self, team: TeamRow, iso_week: str) -> tuple[TeamWeek, list[TeamWeek]]:
        """The week, and the weeks before it, oldest first."""
        place = await self._directory.installed(team.workspace_id)
        channels = await self._channels_of(team.workspace_id)
        wanted = [iso_week]
        for _ in range(TREND_WEEKS):
            wanted.append(previous_week(wanted[-1]))
        async with self._database.reading() as tx:
            week, *before = [await self.week(tx, place, team, each, channels) for each in wanted]
        return week, before[::-1]

    async def week(
        self,
        tx: Transaction,
        place: Place,
        team: TeamRow,
        iso_week: str,
        channels: Channels = UNKNOWN,
    ) -> TeamWeek:
        """Everything one summary may draw on."""
        start_at, end_at = week_bounds(iso_week, team.tz)
        ids = await teams.members_between(tx, team.workspace_id, team.team_id, start_at, end_at)
        rows = await contacts.to_people(
            tx, team.workspace_id, ids, start_at - CONTACTS_BEFORE_S, end_at
        )
        members = tuple(self._members(place, ids, (start_at, end_at), rows))
        counts = await contacts.counts(tx, team.workspace_id, _day(start_at), _day(end_at - 1))
        shown = await notices.hints_shown(tx, team.workspace_id, ids, start_at, end_at)
        judged = await urgents.verdicts(tx, team.workspace_id, ids, start_at, end_at)
        week = TeamWeek(
            team_id=team.team_id,
            iso_week=iso_week,
            members=members,
            contacts=tuple(self._facts(place, team, (row for row in rows if row.at >= start_at))),
            hours_unknown=counts["hours_unknown"],
            unheard_s=await coverage.gaps_s(tx, team.workspace_id, start_at, end_at),
            audiences=await audiences.outside_hours(tx, team.workspace_id, start_at, end_at),
            channels_seen=channels[0],
            channels_total=channels[1],
            dms_seen=any(DM_SCOPE in place.scopes.get(each, ()) for each in ids),
            leaders=frozenset(team.leads),
            leaders_shown=frozenset(team.sharing),
            hints=tuple(HintFact(author_id, dismissed) for author_id, dismissed in shown),
            verdicts=tuple(
                VerdictFact(judge_id, verdict == WasUrgent.URGENT) for judge_id, verdict in judged
            ),
        )
        week = await self._with_meetings(tx, place, week, (start_at, end_at))
        return replace(week, shared=await self._shared(tx, place, week, start_at))

    async def _with_meetings(
        self, tx: Transaction, place: Place, week: TeamWeek, bounds: tuple[int, int]
    ) -> TeamWeek:
        """The week with the meetings of those whose calendar was read from its beginning on."""
        start_at, end_at = bounds
        seen = await calendars.seen(tx, place.workspace_id, since_at=start_at)
        read = {each.user_id for each in week.members} & seen
        if not read:
            return week
        rows = await occurrences.between(tx, place.workspace_id, read, start_at, end_at)
        return replace(
            week,
            meetings=tuple(meeting_facts(self._directory, place, rows)),
            calendars={user_id: place.rows[user_id].tz for user_id in sorted(read)},
        )

    async def _shared(
        self, tx: Transaction, place: Place, week: TeamWeek, start_at: int
    ) -> frozenset[str]:
        """Who of the week's population is counted in another team as well.

        A team still in its warm-up is another team too: its first trend will tell of this week.
        """
        populations = {week.team_id: week.population}
        for other in await teams.since(tx, place.workspace_id, start_at):
            bounds = week_bounds(week.iso_week, other.tz)
            ids = await teams.members_between(tx, place.workspace_id, other.team_id, *bounds)
            if other.team_id == week.team_id or week.population.isdisjoint(ids):
                continue
            members = self._members(place, ids, bounds, ())
            population = frozenset(
                each.user_id for each in members if each.enrolled and each.working
            )
            if len(population) >= MIN_PEOPLE:
                populations[other.team_id] = population
        return shared_people(populations)[week.team_id]

    def _members(
        self,
        place: Place,
        user_ids: Iterable[str],
        bounds: tuple[int, int],
        rows: Iterable[ContactRow],
    ) -> Iterator[Member]:
        """Those of the members who are people, as they were by the end of the week.

        ``rows`` are what reached them, from some days before the week on: a night begins then.
        """
        start_at, end_at = bounds
        rang: dict[str, list[int]] = defaultdict(list)
        for row in rows:
            if row.outcome in PRESSURE:
                rang[row.recipient_id].append(row.at)
        for user_id in user_ids:
            person = self._directory.person(place, user_id)
            if person is not None:
                enrolled_at = place.rows[user_id].enrolled_at
                enrolled = enrolled_at is not None and enrolled_at < end_at
                working = bool(person.timeline.spans(start_at, end_at, State.WORKING))
                off = person.timeline.spans(
                    start_at - LOOK_BACK_S, end_at + LOOK_AHEAD_S, State.OFF
                )
                rest = rest_of(off, rang[user_id], start_at, end_at)
                yield Member(user_id, enrolled, working, rest)

    def _facts(
        self, place: Place, team: TeamRow, rows: Iterable[ContactRow]
    ) -> Iterator[ContactFact]:
        works_on = cache(partial(self._works_on, place))
        for row in rows:
            on = local(row.at, row.recipient_tz).date()
            yield ContactFact(
                author_id=row.author_id,
                recipient_id=row.recipient_id,
                at=row.at,
                kind=row.kind,
                outcome=row.outcome,
                reason=row.reason,
                tz=row.recipient_tz,
                workday=works_on(row.recipient_id, row.recipient_tz, on),
                leader=row.author_id in team.leads,
            )

    def _works_on(self, place: Place, user_id: str, tz: str, on: date) -> bool:
        """Whether the person has working time on that date of their own calendar."""
        person = self._directory.person(place, user_id)
        if person is None:
            return False
        start_at, end_at = start_instant(wall(on, 0), tz), end_instant(wall(on, DAY_MIN), tz)
        return bool(person.timeline.spans(start_at, end_at, State.WORKING))

    async def _channels_of(self, workspace_id: str) -> Channels:
        """How many public channels the bot sees, asked at most once an hour."""
        if self._messenger is None:
            return UNKNOWN
        now = self._directory.now()
        asked_at, known = self._channels.get(workspace_id, (None, UNKNOWN))
        if asked_at is not None and 0 <= now - asked_at < HOUR_S:
            return known
        try:
            found = await self._messenger.channels(workspace_id)
        except SlackError as error:
            # A summary without this figure is better than none.
            log.info("channels.not_counted", workspace_id=workspace_id, exc=error)
            return UNKNOWN
        counted = (sum(channel.is_member for channel in found), len(found))
        self._channels[workspace_id] = (now, counted)
        return counted


def _day(at: int) -> str:
    return utc(at).date().isoformat()


def _notice(team: TeamRow, report: Report) -> Digest:
    lines = tuple(DigestLine(line.key, line.sentence, line.figures) for line in report.lines)
    return Digest(team.name, report.iso_week, report.status, lines, report.why)
