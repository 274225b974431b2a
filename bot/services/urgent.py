"""Declaring a message urgent: why, and who is told instead of waiting."""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bot import metrics
from bot.digest.facts import iso_week_of, week_bounds
from bot.domain.availability import State
from bot.domain.contact import Outcome, UrgentReason
from bot.domain.instants import local, utc
from bot.domain.urgent import Shift, shifts_over, told_instead
from bot.errors import BadInput, NotPossible
from bot.log import log
from bot.services.directory import Directory, Place
from bot.storage import contacts, notices, teams, urgents, workspaces
from bot.storage.database import Database, Transaction
from bot.storage.urgents import UrgentRow
from bot.storage.vault import Vault
from bot.words import flag as flag_words
from bot.words import urgent as words

MOST_LINE = 300
"""Characters an author may add."""


@dataclass(frozen=True, slots=True)
class Telling:
    """One person who is told of a message, for themselves or because they are on call.

    ``team_name`` is that of the team they are on call for, ``until_at`` when their shift ends.
    """

    told_id: str
    recipient_ids: tuple[str, ...]
    team_name: str = ""
    until_at: int | None = None


@dataclass(frozen=True, slots=True)
class Outlook:
    """Before an author decides: who would be told, and which teams' budgets are used up."""

    tellings: tuple[Telling, ...]
    worn_out: tuple[str, ...] = ()


class Urgent:
    """Use cases behind *It's urgent…*."""

    def __init__(self, database: Database, directory: Directory, vault: Vault) -> None:
        self._database = database
        self._directory = directory
        self._vault = vault

    async def outlook(self, workspace_id: str, author_id: str, channel_id: str, ts: str) -> Outlook:
        """What declaring would do.

        Raises:
            BadInput: no such message of this author, it is urgent already, or it was taken back.
            NotPossible: the author has used up the day's.
        """
        place = await self._directory.installed(workspace_id)
        async with self._database.reading() as tx:
            reached = await self._reached(tx, workspace_id, author_id, channel_id, ts)
            await self._check_day(tx, place, author_id)
            tellings = await self._tellings(tx, place, author_id, reached)
            return Outlook(tellings, await self._worn_out(tx, place, reached))

    async def declare(
        self,
        workspace_id: str,
        author_id: str,
        channel_id: str,
        ts: str,
        reason: UrgentReason,
        line: str = "",
    ) -> tuple[Telling, ...]:
        """The message cannot wait, for ``reason``. Returns who is told.

        Raises:
            BadInput: as for `outlook`, or the line is too long.
            NotPossible: the author has used up the day's.
        """
        line = line.strip()
        if len(line) > MOST_LINE:
            raise BadInput(words.line_too_long(len(line), MOST_LINE))
        place = await self._directory.installed(workspace_id)
        async with self._database.transaction() as tx:
            # One at a time: two clicks at once must see each other, and so must the day's count.
            await workspaces.lock(tx, workspace_id)
            if not await notices.answer(tx, workspace_id, author_id, channel_id, ts, "urgent"):
                raise BadInput(flag_words.NO_SUCH_FLAG)
            reached = await self._reached(tx, workspace_id, author_id, channel_id, ts)
            await self._check_day(tx, place, author_id)
            tellings = await self._tellings(tx, place, author_id, reached)
            common = self._common(workspace_id, author_id, channel_id, ts, reason)
            await urgents.add(
                tx, [row for each in tellings for row in self._rows(each, common, line)]
            )
            await contacts.set_outcome(
                tx,
                workspace_id,
                channel_id,
                ts,
                Outcome.URGENT.value,
                reason.value,
                only=reached,
            )
            await workspaces.touch(tx, workspace_id)
        metrics.HINTS.labels("urgent").inc()
        await self._directory.refresh(workspace_id)
        log.info(
            "urgent.declared",
            workspace_id=workspace_id,
            channel_id=channel_id,
            message_ts=ts,
            reason=reason.value,
            count=len(tellings),
        )
        return tellings

    async def _reached(
        self, tx: Transaction, workspace_id: str, author_id: str, channel_id: str, ts: str
    ) -> tuple[str, ...]:
        """Of whom the author was told that they are off, and who still waits for the message."""
        flagged = await contacts.flagged(tx, workspace_id, channel_id, ts)
        reached = tuple(each.recipient_id for each in flagged if each.author_id == author_id)
        if reached:
            return reached
        found = await contacts.of_message(tx, workspace_id, channel_id, ts)
        mine = [contact for contact in found if contact.author_id == author_id]
        if await urgents.of_message(tx, workspace_id, channel_id, ts) and mine:
            raise BadInput(words.ALREADY)
        raise BadInput(words.NOBODY_LEFT if mine else flag_words.NO_SUCH_FLAG)

    async def _check_day(self, tx: Transaction, place: Place, author_id: str) -> None:
        most = place.policy.urgent_per_day
        day = _day(self._directory.now())
        if await urgents.of_author_on(tx, place.workspace_id, author_id, day) >= most:
            raise NotPossible(words.day_used_up(most))

    async def _tellings(
        self, tx: Transaction, place: Place, author_id: str, reached: Sequence[str]
    ) -> tuple[Telling, ...]:
        """Who is told: each once, in the order of those the message reached."""
        team_names = {
            team.team_id: team.name for team in await teams.active(tx, place.workspace_id)
        }
        shifts = {user_id: self._shift(place, author_id, user_id) for user_id in reached}
        found: dict[str, Telling] = {}
        for user_id, shift in shifts.items():
            told_id = shift.user_id if shift else user_id
            before = found.get(told_id, Telling(told_id, ()))
            name, until_at = before.team_name, before.until_at
            if shift and not name:
                name, until_at = team_names.get(shift.team_id, ""), shift.until_at
            found[told_id] = Telling(told_id, (*before.recipient_ids, user_id), name, until_at)
        return tuple(found.values())

    def _shift(self, place: Place, author_id: str, user_id: str) -> Shift | None:
        """Whoever is on call for somebody who is off now."""
        now = self._directory.now()
        person = self._directory.person(place, user_id)
        if person is None or person.timeline.state_at(now) is State.WORKING:
            return None
        gone = {
            each
            for rota in place.rotas
            for each in rota.user_ids
            if self._directory.person(place, each) is None
        }
        shifts = shifts_over(place.rotas, place.groups, user_id, now)
        return told_instead(shifts, user_id, {author_id, *gone})

    async def _worn_out(
        self, tx: Transaction, place: Place, reached: Sequence[str]
    ) -> tuple[str, ...]:
        """Teams of those reached in which urgent was used as often as was meant for a week."""
        budget = place.policy.urgent_per_week
        if not budget:
            return ()
        found = []
        for team in await teams.active(tx, place.workspace_id):
            members = place.groups.get(team.team_id, ())
            if not set(members).intersection(reached):
                continue
            week = iso_week_of(local(self._directory.now(), team.tz).date())
            bounds = week_bounds(week, team.tz)
            if await urgents.to_people(tx, place.workspace_id, members, *bounds) >= budget:
                found.append(team.name)
        return tuple(found)

    def _common(
        self, workspace_id: str, author_id: str, channel_id: str, ts: str, reason: UrgentReason
    ) -> Mapping[str, str | int]:
        now = self._directory.now()
        return {
            "workspace_id": workspace_id,
            "channel_id": channel_id,
            "ts": ts,
            "author_id": author_id,
            "reason": reason.value,
            "at": now,
            "day": _day(now),
        }

    def _rows(self, telling: Telling, common: Mapping[str, object], line: str) -> list[UrgentRow]:
        """One row for each who was reached; the first is worked on and carries the line."""
        marker = secrets.token_hex(16)
        sealed = self._vault.seal(line.encode()) if line else None
        return [
            UrgentRow(
                **common,  # type: ignore[arg-type]  # the fields above, by their names
                recipient_id=user_id,
                told_id=telling.told_id,
                marker=marker,
                state="along" if number else "due",
                sealed_line=None if number else sealed,
            )
            for number, user_id in enumerate(telling.recipient_ids)
        ]


def shift_behind(place: Place, row: UrgentRow) -> Shift | None:
    """The shift because of which somebody was told instead of whom the message had reached."""
    shifts = shifts_over(place.rotas, place.groups, row.recipient_id, row.at)
    return next((each for each in shifts if each.user_id == row.told_id), None)


def _day(at: int) -> str:
    return utc(at).date().isoformat()
