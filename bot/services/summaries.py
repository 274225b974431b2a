"""The weekly summary: planned once per team and ISO week, posted once whatever crashes.

A row is planned when its instant has come, claimed under a lease and committed as ``posting``
before the call. The post carries the row's random marker; whoever takes over an attempt that may
have succeeded looks for the marker before posting again.
"""

import contextlib
import math
import uuid
from dataclasses import dataclass
from datetime import timedelta

from bot import metrics
from bot.digest.facts import iso_week_of, monday_of, previous_week, week_bounds
from bot.digest.release import warmed_up
from bot.domain.availability import Availability, Pattern, Timeline
from bot.domain.instants import DAY_S, local, start_instant, wall
from bot.domain.policy import Policy
from bot.errors import Ambiguous, BadInput, RateLimited, Refused, SlackError
from bot.log import log
from bot.services.directory import Directory
from bot.services.mirrors import Mirrors
from bot.services.ports import Messenger, Posted, lease_now
from bot.services.weeks import Weeks
from bot.storage import digests, teams
from bot.storage.database import Database
from bot.storage.digests import DigestRow, Key
from bot.storage.teams import TeamRow
from bot.words import summary as words

LEASE_S = 120
RETRY_S = 15
MAX_RETRY_S = 900
WEEKS_BACK = 8
"""Older summaries are not caught up: nobody reads nine of them."""

LOOK_BACK_S = 60
LATE_S = 3600
"""After a downtime this long a summary waits for the morning."""

MENDABLE = frozenset(
    {"not_in_channel", "channel_not_found", "is_archived", "no_permission", "invalid_auth",
     "token_revoked", "account_inactive", "missing_scope"}
)  # fmt: skip
"""Somebody can put this right; until then the summary is tried again every hour."""

MENDED_S = 3600
PATIENCE_S = 7 * DAY_S
"""Counted from the end of the summary's week: then the next summary is due."""


@dataclass(frozen=True, slots=True)
class Due:
    """One summary that should exist by now."""

    iso_week: str
    due_at: int


class Summaries:
    """The worker that plans and posts summaries."""

    def __init__(
        self, database: Database, directory: Directory, messenger: Messenger, weeks: Weeks
    ) -> None:
        self._database = database
        self._directory = directory
        self._messenger = messenger
        self._weeks = weeks
        self._mirrors = Mirrors(database, directory)
        self._planned: dict[tuple[str, str], tuple[int, str]] = {}

    async def run_due(self) -> int:
        """Plan what is due and post one summary. Returns how many were queued or taken."""
        queued = await self.plan()
        return queued + await self._post_one()

    async def post_now(self, team: TeamRow, iso_week: str) -> tuple[str, str]:
        """Post one due summary unless it is there; the same row keeps it from coming twice.

        Returns the state of its row, ``posted`` at best, and Slack's error.

        Raises:
            BadInput: it is not due.
        """
        place = await self._directory.installed(team.workspace_id)
        due = due_weeks(team, place.policy, self._directory.now())
        wanted = [each for each in due if each.iso_week == iso_week]
        if not wanted:
            raise BadInput(words.not_due(iso_week))
        await self._plan(team, wanted)
        key = (team.workspace_id, team.team_id, iso_week)
        await self._post_one(key)
        async with self._database.reading() as tx:
            return await digests.state(tx, key)

    async def _post_one(self, only: Key | None = None) -> int:
        async with self._database.transaction() as tx:
            row = await digests.claim_one(
                tx, now=self._directory.now(), lease_now=lease_now(), lease_s=LEASE_S, only=only
            )
        if row is None:
            return 0
        if only is None and not row.interrupted:
            opens_at = await self._morning(row)
            if opens_at > self._directory.now():
                key = (row.workspace_id, row.team_id, row.iso_week)
                async with self._database.transaction() as tx:
                    await digests.move(tx, key, due_at=opens_at)
                return 1
        await self._say(row)
        return 1

    async def _morning(self, row: DigestRow) -> int:
        """When a summary may be posted: one that is late waits for a working hour of its team."""
        now = self._directory.now()
        if now - row.due_at < LATE_S:
            return now
        async with self._database.reading() as tx:
            team = await teams.one(tx, row.workspace_id, row.team_id)
        place = await self._directory.installed(row.workspace_id)
        if team is None:
            return now
        hours = Availability(Pattern(team.tz, place.policy.default_hours))
        return Timeline(hours, now).next_open(now) or now

    async def plan(self) -> int:
        """Make the rows of all weeks that are due, those missed during a downtime included.

        Leaders' mirrors come first: where both are due at once, the leader reads theirs first.
        Returns how many mirrors were queued.
        """
        queued = 0
        async with self._database.reading() as tx:
            active = await teams.active(tx)
        for team in active:
            place = await self._directory.place(team.workspace_id)
            if place is None:
                continue
            queued += await self._mirrors.plan(team, place)
            wanted = due_weeks(team, place.policy, self._directory.now())
            # Asking the database again every minute would tell nothing new.
            known = (team.created_at, wanted[-1].iso_week if wanted else "")
            if self._planned.get((team.workspace_id, team.team_id)) != known:
                await self._plan(team, wanted)
                self._planned[team.workspace_id, team.team_id] = known
        return queued

    async def _plan(self, team: TeamRow, wanted: list[Due]) -> None:
        async with self._database.transaction() as tx:
            there = await digests.weeks(tx, team.workspace_id, team.team_id)
            for due in wanted:
                if due.iso_week not in there:
                    await digests.plan(
                        tx,
                        team.workspace_id,
                        team.team_id,
                        due.iso_week,
                        marker=uuid.uuid4().hex,
                        due_at=due.due_at,
                    )

    async def _say(self, row: DigestRow) -> None:
        key = (row.workspace_id, row.team_id, row.iso_week)
        try:
            posted = await self._post(row)
        except RateLimited as limited:
            await self._postpone(row, limited.retry_after_s)
        except Ambiguous:
            wait_s = min(RETRY_S * row.attempts, MAX_RETRY_S)
            await self._postpone(row, wait_s, maybe_posted=True)
        except Refused as refused:
            _, ended_at = week_bounds(row.iso_week, "UTC")
            if refused.code in MENDABLE and self._directory.now() - ended_at < PATIENCE_S:
                await self._postpone(row, MENDED_S)
                return
            async with self._database.transaction() as tx:
                await digests.refused(tx, key, refused.code)
            _count(row, "refused", refused.code)
        else:
            async with self._database.transaction() as tx:
                await digests.posted(tx, key, ts=posted.ts, at=self._directory.now())
            _count(row, "posted")

    async def _postpone(self, row: DigestRow, wait_s: float, *, maybe_posted: bool = False) -> None:
        key = (row.workspace_id, row.team_id, row.iso_week)
        async with self._database.transaction() as tx:
            await digests.postpone(
                tx,
                key,
                retry_at=lease_now() + math.ceil(wait_s),
                maybe_posted=row.interrupted or maybe_posted,
            )
        _count(row, "postponed")

    async def _post(self, row: DigestRow) -> Posted:
        """Post the summary, or find the one an earlier attempt posted."""
        async with self._database.reading() as tx:
            team = await teams.one(tx, row.workspace_id, row.team_id)
        if team is None:
            raise Refused("team_removed")
        if row.interrupted and (found := await self._found(row, team)) is not None:
            return found
        notice = await self._weeks.digest(team, row.iso_week)
        try:
            return await self._messenger.post(
                row.workspace_id, team.channel_id, notice, marker=row.marker
            )
        except Ambiguous:
            # Often only the answer was lost; then there is nothing to wait for.
            found = None
            with contextlib.suppress(SlackError):  # it is looked for again before the next attempt
                found = await self._found(row, team)
            if found is None:
                raise
            return found

    async def _found(self, row: DigestRow, team: TeamRow) -> Posted | None:
        return await self._messenger.find(
            row.workspace_id, team.channel_id, row.marker, since_at=row.due_at - LOOK_BACK_S
        )


def _count(row: DigestRow, status: str, code: str = "") -> None:
    metrics.DIGESTS.labels(status).inc()
    log.info(
        "digest",
        workspace_id=row.workspace_id,
        team_id=row.team_id,
        iso_week=row.iso_week,
        status=status,
        code=code,
    )


def due_weeks(team: TeamRow, policy: Policy, now: int) -> list[Due]:
    """The weeks the team should have a summary of by ``now``, oldest first.

    A week is due on the policy's day and time of the week after it, by the clocks of the team's
    zone; the first one lies after the warm-up.
    """
    started_on = local(team.created_at, team.tz).date()
    following = iso_week_of(local(now, team.tz).date())
    found = []
    for _ in range(WEEKS_BACK + 1):
        due_on = monday_of(following) + timedelta(days=policy.digest_weekday)
        due_at = start_instant(wall(due_on, policy.digest_minute), team.tz)
        following = previous_week(following)
        if due_at <= now and warmed_up(started_on, following):
            found.append(Due(following, due_at))
    return found[:WEEKS_BACK][::-1]
