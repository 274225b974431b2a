"""On-call rotations of teams: everybody sees them, leaders and admins set them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from bot.domain.instants import local
from bot.domain.rota import Rota, this_monday
from bot.errors import BadInput, NotAllowed
from bot.log import log
from bot.services.directory import Directory, Place
from bot.storage import rotas, teams
from bot.storage.database import Database, Transaction
from bot.storage.teams import TeamRow
from bot.words import oncall as words

MOST_PEOPLE = 52
"""A year's turns."""

FARTHEST = timedelta(days=366)
"""A rotation begins at most a year from today, in either direction."""


@dataclass(frozen=True, slots=True)
class Duty:
    """A team's rotation at one instant.

    ``user_id`` is on call until ``until_at``, when ``next_id`` takes over. Before the rotation
    begins ``user_id`` is None, and ``until_at`` is when it does.
    """

    team: TeamRow
    rota: Rota
    user_id: str | None
    until_at: int
    next_id: str | None


class OnCall:
    """Use cases on rotations."""

    def __init__(self, database: Database, directory: Directory) -> None:
        self._database = database
        self._directory = directory

    async def duties(self, workspace_id: str) -> list[Duty]:
        """Every team's rotation, by team name."""
        async with self._database.reading() as tx:
            found = {rota.team_id: rota for rota in await rotas.in_force(tx, workspace_id)}
            active = await teams.active(tx, workspace_id)
        return [self._duty(team, found[team.team_id]) for team in active if team.team_id in found]

    async def duty(self, workspace_id: str, team_id: str) -> Duty | None:
        """One team's rotation; None when it has none.

        Raises:
            BadInput: there is no such team.
        """
        async with self._database.reading() as tx:
            team = await _team(tx, workspace_id, team_id)
            found = await rotas.in_force(tx, workspace_id)
        return next((self._duty(team, each) for each in found if each.team_id == team_id), None)

    async def save(
        self,
        workspace_id: str,
        editor_id: str,
        team_id: str,
        user_ids: Sequence[str],
        starts_on: date | None,
        *,
        is_admin: bool,
    ) -> Duty:
        """The team's rotation from now on; without a date it begins on this week's Monday.

        Raises:
            BadInput: no such team, too many people, somebody who cannot be on call, or a date
                more than a year away.
            NotAllowed: the editor neither leads the team nor is an admin.
        """
        place = await self._directory.installed(workspace_id)
        self._check_people(place, user_ids)
        async with self._database.transaction() as tx:
            team = await _team(tx, workspace_id, team_id)
            _check_editor(team, editor_id, is_admin=is_admin)
            begins_on = self._begin(team, starts_on)
            await rotas.save(tx, workspace_id, team_id, user_ids, begins_on)
        await self._directory.refresh(workspace_id)
        log.info("rota.saved", workspace_id=workspace_id, team_id=team_id, count=len(user_ids))
        return self._duty(team, Rota(team_id, tuple(user_ids), begins_on, team.tz))

    async def remove(
        self, workspace_id: str, editor_id: str, team_id: str, *, is_admin: bool
    ) -> TeamRow:
        """The team has no rotation any more.

        Raises:
            BadInput: no such team.
            NotAllowed: the editor neither leads the team nor is an admin.
        """
        async with self._database.transaction() as tx:
            team = await _team(tx, workspace_id, team_id)
            _check_editor(team, editor_id, is_admin=is_admin)
            await rotas.remove(tx, workspace_id, team_id)
        await self._directory.refresh(workspace_id)
        log.info("rota.removed", workspace_id=workspace_id, team_id=team_id)
        return team

    def _begin(self, team: TeamRow, starts_on: date | None) -> date:
        now = self._directory.now()
        if starts_on is None:
            return this_monday(now, team.tz)
        if abs(starts_on - local(now, team.tz).date()) > FARTHEST:
            raise BadInput(words.too_far(starts_on.isoformat()))
        return starts_on

    def _duty(self, team: TeamRow, rota: Rota) -> Duty:
        now = self._directory.now()
        until_at = rota.ends_at(now)
        return Duty(team, rota, rota.on_call(now), until_at, rota.on_call(until_at))

    def _check_people(self, place: Place, user_ids: Sequence[str]) -> None:
        if len(user_ids) > MOST_PEOPLE:
            raise BadInput(words.too_many(MOST_PEOPLE))
        for user_id in user_ids:
            person = self._directory.person(place, user_id)
            if person is None or person.is_foreign:
                raise BadInput(words.not_a_person(user_id))


async def _team(tx: Transaction, workspace_id: str, team_id: str) -> TeamRow:
    team = await teams.one(tx, workspace_id, team_id)
    if team is None:
        raise BadInput(words.NO_SUCH_TEAM)
    return team


def _check_editor(team: TeamRow, editor_id: str, *, is_admin: bool) -> None:
    if not is_admin and editor_id not in team.leads:
        raise NotAllowed(words.not_allowed([f"<@{lead}>" for lead in team.leads]))
