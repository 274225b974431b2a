"""A leader's own mirror: queued for the leader's first opening after each week.

It comes before the team's summary or after it, as the leader's hours have it: neither waits for
the other.
"""

import uuid
from collections.abc import Iterator
from datetime import timedelta

import msgspec

from bot.digest.facts import iso_week_of, monday_of, previous_week, week_bounds
from bot.digest.release import warmed_up
from bot.domain.instants import WEEK_S, local, start_instant, utc, wall
from bot.domain.notices import Mirror
from bot.services.directory import Directory, Place
from bot.storage import notices
from bot.storage.database import Database
from bot.storage.notices import NoticeRow
from bot.storage.teams import TeamRow

LIFE_WEEKS = 2
"""A mirror of a week longer ago is not said: nobody remembers what they wrote then."""


class Mirrors:
    """Makes the rows; `bot.services.notices` says them."""

    def __init__(self, database: Database, directory: Directory) -> None:
        self._database = database
        self._directory = directory
        self._planned: dict[tuple[str, str], tuple[object, ...]] = {}

    async def plan(self, team: TeamRow, place: Place) -> int:
        """Queue the mirrors of the team's last weeks, each once per leader, team and week.

        Returns how many there may be to say.
        """
        weeks = tuple(_weeks(team, self._directory.now()))
        # Asking the database again every minute would tell nothing new.
        known = (weeks, team.leads, place.version)
        if self._planned.get((team.workspace_id, team.team_id)) == known:
            return 0
        rows = [
            (row, due_at)
            for iso_week in weeks
            for leader_id in team.leads
            for row, due_at in self._rows(team, place, leader_id, iso_week)
        ]
        if rows:
            async with self._database.transaction() as tx:
                for row, due_at in rows:
                    await notices.add(tx, row, due_at=due_at, day=utc(due_at).date().isoformat())
        self._planned[team.workspace_id, team.team_id] = known
        return len(rows)

    def _rows(
        self, team: TeamRow, place: Place, leader_id: str, iso_week: str
    ) -> Iterator[tuple[NoticeRow, int]]:
        """The row and its instant; nothing for a leader who is not enrolled.

        Only people who chose hours are written to by the clock: for anybody else their own hours
        are a guess, and being measured was not their choice.
        """
        end_at = week_bounds(iso_week, team.tz)[1]
        person, stored = self._directory.person(place, leader_id), place.rows.get(leader_id)
        if person is None or stored is None or (stored.enrolled_at or end_at) >= end_at:
            return
        # West of the team, the leader's own Monday begins after the team's week has ended.
        monday_on = monday_of(iso_week) + timedelta(weeks=1)
        from_at = max(end_at, start_instant(wall(monday_on, 0), person.tz))
        due_at = person.timeline.next_open(from_at)
        if due_at is not None:
            yield _row(team, leader_id, iso_week, end_at + LIFE_WEEKS * WEEK_S), due_at


def _weeks(team: TeamRow, now: int) -> Iterator[str]:
    """The weeks that are over, warmed up and not too long ago, the latest first."""
    started_on = local(team.created_at, team.tz).date()
    iso_week = iso_week_of(local(now, team.tz).date())
    for _ in range(LIFE_WEEKS):
        iso_week = previous_week(iso_week)
        if warmed_up(started_on, iso_week):
            yield iso_week


def _row(team: TeamRow, leader_id: str, iso_week: str, expires_at: int) -> NoticeRow:
    return NoticeRow(
        id=uuid.uuid4().hex,
        workspace_id=team.workspace_id,
        kind="mirror",
        reader_id=leader_id,
        channel_id=team.team_id,
        ts=iso_week,
        payload=msgspec.json.encode(Mirror(team.team_id, iso_week)).decode(),
        expires_at=expires_at,
        attempts=0,
    )
