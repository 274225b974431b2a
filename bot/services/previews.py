"""One summary on demand: which team, which week, and what would be said about it."""

from typing import Any

from bot.digest.facts import iso_week_of, monday_of, previous_week, week_bounds
from bot.digest.report import Report
from bot.domain.instants import local
from bot.errors import BadInput, SlackError
from bot.services.directory import Directory
from bot.services.ports import Messenger
from bot.services.weeks import Weeks
from bot.storage import teams
from bot.storage.database import Database
from bot.storage.teams import TeamRow
from bot.words import summary as words


class Previews:
    """Use cases of an operator; nothing here writes. Without a messenger Slack is not asked."""

    def __init__(
        self, database: Database, directory: Directory, weeks: Weeks, messenger: Messenger | None
    ) -> None:
        self._database = database
        self._directory = directory
        self._weeks = weeks
        self._messenger = messenger

    async def team(self, wanted: str) -> TeamRow:
        """The team of that id, name or handle.

        Raises:
            BadInput: there is none, or several share the name.
        """
        async with self._database.reading() as tx:
            active = await teams.active(tx)
        key = wanted.removeprefix("@").casefold()
        found = [team for team in active if key in {team.team_id.casefold(), team.name.casefold()}]
        if not found:
            found = await self._by_handle(active, key)
        if len(found) == 1:
            return found[0]
        known = [f"{team.name} ({team.team_id})" for team in found or active]
        raise BadInput(words.which_team(wanted, known, several=bool(found)))

    async def _by_handle(self, active: list[TeamRow], handle: str) -> list[TeamRow]:
        """Slack alone knows the handles; where it cannot be asked there are none."""
        if self._messenger is None or not active:
            return []
        try:
            groups = await self._messenger.groups(active[0].workspace_id)
        except SlackError:
            return []
        ids = {group.group_id for group in groups if group.handle.casefold() == handle}
        return [team for team in active if team.team_id in ids]

    def week(self, team: TeamRow, wanted: str | None) -> str:
        """``wanted``, or the last week, which has to be over by the clocks of the team.

        A week that is still going on is not told: what changes from day to day would show what
        each day brought, and to whom.

        Raises:
            BadInput: not a week, or not over.
        """
        now = self._directory.now()
        if wanted is None:
            return previous_week(iso_week_of(local(now, team.tz).date()))
        try:
            iso_week = iso_week_of(monday_of(wanted.strip().upper()))
        except ValueError:
            raise BadInput(words.not_a_week(wanted)) from None
        if week_bounds(iso_week, team.tz)[1] > now:
            raise BadInput(words.week_not_over(iso_week, team.tz))
        return iso_week

    async def report(self, team: TeamRow, iso_week: str) -> Report:
        """The summary as it would be posted."""
        return await self._weeks.report(team, iso_week)


def document(report: Report) -> dict[str, Any]:
    """The summary as JSON: what is shown and nothing more, so it may be passed on."""
    return {
        "team_id": report.team_id,
        "iso_week": report.iso_week,
        "status": report.status,
        "title": report.title,
        "lines": [
            {
                "key": line.key,
                "sentence": line.sentence,
                "figures": [{"label": label, "value": value} for label, value in line.figures],
            }
            for line in report.lines
        ],
        "why": report.why,
    }
