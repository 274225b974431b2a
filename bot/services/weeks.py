"""A team's week, gathered from storage: the facts a summary is made of, and the summary."""

from collections.abc import Iterable, Iterator
from datetime import date
from functools import cache, partial

from bot.digest.facts import ContactFact, Member, TeamWeek, previous_week, week_bounds
from bot.digest.release import TREND_WEEKS
from bot.digest.report import Report, build_report
from bot.domain.availability import State
from bot.domain.instants import HOUR_S, end_instant, local, start_instant, utc, wall
from bot.domain.notices import Digest, DigestLine
from bot.errors import SlackError
from bot.log import log
from bot.services.directory import Directory, Place
from bot.services.ports import Messenger
from bot.storage import contacts, teams
from bot.storage.contacts import ContactRow
from bot.storage.database import Database, Transaction
from bot.storage.teams import TeamRow

DM_SCOPE = "im:history"
DAY_MIN = 1_440

Channels = tuple[int | None, int | None]
"""Public channels with the bot, and all of them; None when Slack did not say."""
UNKNOWN: Channels = (None, None)


class Weeks:
    """Builds summaries. A past week is judged by the hours people have now."""

    def __init__(self, database: Database, directory: Directory, messenger: Messenger) -> None:
        self._database = database
        self._directory = directory
        self._messenger = messenger
        self._channels: dict[str, tuple[int, Channels]] = {}

    async def digest(self, team: TeamRow, iso_week: str) -> Digest:
        """The summary of one team and week, as it may be shown."""
        return _notice(team, await self.report(team, iso_week))

    async def report(self, team: TeamRow, iso_week: str) -> Report:
        """The week after release, compared with the weeks before it.

        The caller keeps the warm-up: before it is over there is nothing to build.
        """
        place = await self._directory.installed(team.workspace_id)
        channels = await self._channels_of(team.workspace_id)
        wanted = [iso_week]
        for _ in range(TREND_WEEKS):
            wanted.append(previous_week(wanted[-1]))
        async with self._database.reading() as tx:
            week, *before = [await self.week(tx, place, team, each, channels) for each in wanted]
        return build_report(week, before[::-1], team_name=team.name, warm_up_done=True)

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
        members = tuple(self._members(place, ids, start_at, end_at))
        rows = await contacts.to_people(tx, team.workspace_id, ids, start_at, end_at)
        counts = await contacts.counts(tx, team.workspace_id, _day(start_at), _day(end_at - 1))
        return TeamWeek(
            team_id=team.team_id,
            iso_week=iso_week,
            members=members,
            contacts=tuple(self._facts(place, team, rows)),
            hours_unknown=counts["hours_unknown"],
            channels_seen=channels[0],
            channels_total=channels[1],
            dms_seen=any(DM_SCOPE in place.scopes.get(each, ()) for each in ids),
        )

    def _members(
        self, place: Place, user_ids: Iterable[str], start_at: int, end_at: int
    ) -> Iterator[Member]:
        """Those of the members who are people, as they were by the end of the week."""
        for user_id in user_ids:
            person = self._directory.person(place, user_id)
            if person is not None:
                enrolled_at = place.rows[user_id].enrolled_at
                enrolled = enrolled_at is not None and enrolled_at < end_at
                working = bool(person.timeline.spans(start_at, end_at, State.WORKING))
                yield Member(user_id, enrolled, working)

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
    lines = (
        DigestLine(
            line.key, line.sentence, tuple((label, str(value)) for label, value in line.figures)
        )
        for line in report.lines
    )
    return Digest(team.name, report.iso_week, report.status, tuple(lines), report.why)
