"""Becoming somebody who is judged and counted: only by one's own choice."""

import uuid
from collections.abc import Iterable

import msgspec

from bot.domain import notation
from bot.domain.availability import Timeline
from bot.domain.instants import DAY_S, local
from bot.domain.notices import Welcome
from bot.domain.policy import Policy
from bot.domain.schedule import region_name, suggested_region
from bot.services.directory import Directory, Place, availability_of
from bot.storage import notices, people, teams
from bot.storage.database import Transaction
from bot.storage.notices import NoticeRow
from bot.storage.people import PersonRow

WELCOME_LIFE_S = 14 * DAY_S


class Enrolment:
    """Who belongs to a team, and is asked whether the suggested hours fit."""

    def __init__(self, directory: Directory) -> None:
        self._directory = directory

    async def members_are(
        self, tx: Transaction, place: Place, team_id: str, user_ids: Iterable[str]
    ) -> None:
        """A team has these members from now on; whoever was never asked is invited."""
        everybody = list(user_ids)
        now = self._directory.now()
        await teams.set_members(tx, place.workspace_id, team_id, everybody, now)
        await self.invite(tx, place, everybody)

    async def invite(self, tx: Transaction, place: Place, user_ids: Iterable[str]) -> int:
        """Queue a welcome for everybody who was never asked and has not chosen by themselves.

        It is said when they are next at work by the hours it suggests, and only once ever.
        Returns how many were invited.
        """
        now = self._directory.now()
        invited = 0
        for user_id in sorted(set(user_ids)):
            known = place.rows.get(user_id)
            if known is not None and not _may_be_asked(known):
                continue
            row = await people.one(tx, place.workspace_id, user_id)
            if row is None or not _may_be_asked(row):
                continue
            due_at = Timeline(availability_of(row, place.policy), now).next_open(now)
            if due_at is None:
                continue
            await notices.add(
                tx,
                _notice(place.workspace_id, row, place.policy, due_at + WELCOME_LIFE_S),
                due_at=due_at,
                day=local(due_at, "UTC").date().isoformat(),
            )
            await people.save(tx, place.workspace_id, user_id, {"welcomed_at": now})
            invited += 1
        return invited


def _may_be_asked(row: PersonRow) -> bool:
    settled = row.welcomed_at is not None or row.enrolled_at is not None
    return not (settled or row.is_bot or row.is_deleted or row.is_foreign)


def _notice(workspace_id: str, row: PersonRow, policy: Policy, expires_at: int) -> NoticeRow:
    region = suggested_region(row.tz)
    welcome = Welcome(
        user_id=row.user_id,
        tz=row.tz,
        hours=notation.format_weekly(policy.default_hours),
        region=str(region) if region else None,
        region_name=region_name(region) if region else None,
    )
    return NoticeRow(
        id=uuid.uuid4().hex,
        workspace_id=workspace_id,
        kind="welcome",
        reader_id=row.user_id,
        channel_id="",
        ts="",
        payload=msgspec.json.encode(welcome).decode(),
        expires_at=expires_at,
        attempts=0,
    )
