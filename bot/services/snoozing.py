"""One person's notifications and status at Slack: look, decide, write down, do, write down.

What is about to be done is committed before the call, so that after a crash or a lost answer it is
recognised as ours when it is looked at again. A refusal by Slack ends the level for the person,
who is told once; anything else is tried again by whoever takes the row next.
"""

import uuid
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace

import msgspec

from bot.domain.contact import Person
from bot.domain.instants import DAY_S
from bot.domain.silence import (
    NEVER,
    NO_STATUS,
    SAME_S,
    SCOPES,
    Do,
    Level,
    LevelEnded,
    Ours,
    Status,
    Wanted,
    chosen,
    look_after,
    minutes_until,
    snooze_step,
    status_step,
    wanted,
)
from bot.errors import Ambiguous, RateLimited, Refused
from bot.log import log
from bot.services.directory import Directory, Place
from bot.services.granting import Granting
from bot.services.ports import Messenger
from bot.storage import notices, silences, workspaces
from bot.storage.database import Database
from bot.storage.notices import NoticeRow
from bot.storage.silences import CODES, SilenceRow
from bot.words import silence as words

DEAD = frozenset(
    {"account_inactive", "invalid_auth", "not_authed", "token_expired", "token_revoked"}
)
"""The person's token is good for nothing any more."""

FINAL = DEAD | {"missing_scope", "not_allowed_token_type", "too_long"}
"""Refusals that will not change by themselves."""

MOST_REFUSALS = 8
"""So many attempts in a row are refused for another reason before the level ends too."""

NOTICE_LIFE_S = 14 * DAY_S
TOKEN_SCOPE = {Level.SILENCE: "dnd:write", Level.STATUS: "users.profile:write"}


class TakenOver(Exception):
    """The lease ran out meanwhile; what is left is done by whoever took the row."""


@dataclass(frozen=True, slots=True)
class Look:
    """One look at one person; ``row`` carries what is known so far."""

    row: SilenceRow
    place: Place
    person: Person | None
    wants: Wanted
    now: int


@dataclass(frozen=True, slots=True)
class Seen:
    """What a look came to: the row now, when to look again, and whether Slack was asked."""

    row: SilenceRow
    look_at: int = NEVER
    asked: bool = True


Half = Callable[[Look, str], Awaitable[Seen]]
"""Brings one level in line, with the person's token."""


class Snoozing:
    """Brings claimed rows in line with what people want now."""

    def __init__(
        self, database: Database, directory: Directory, messenger: Messenger, granting: Granting
    ) -> None:
        self._database = database
        self._directory = directory
        self._messenger = messenger
        self._granting = granting
        self._halves: dict[Level, Half] = {Level.SILENCE: self._snooze, Level.STATUS: self._show}

    async def look(self, row: SilenceRow) -> Look:
        """How things should be for the person of ``row`` now."""
        place = await self._directory.installed(row.workspace_id)
        person, now = self._directory.person(place, row.user_id), self._directory.now()
        timeline = person.timeline if person else None
        return Look(row, place, person, wanted(timeline, place.levels(row.user_id), now), now)

    async def bring_in_line(self, row: SilenceRow) -> bool:
        """Do what is to be done about one claimed row, and let it go. True when Slack was asked.

        Raises:
            RateLimited: Slack wants a pause; the row is still claimed.
            Ambiguous: Slack did not answer; the row is still claimed.
            Refused: not now, maybe later; the row is still claimed.
            TakenOver: somebody else has the row.
        """
        look = await self.look(row)
        if lost := withdrawn(look.place, row):
            known = row.user_id in look.place.scopes
            await self._end(look, lost, "missing_scope" if known else "token_revoked")
            return False
        asked, look_at = False, NEVER
        for level, half in self._halves.items():
            try:
                seen = await self._half(look, level, half)
            except Refused as refused:
                if refused.code not in FINAL and row.attempts < MOST_REFUSALS:
                    raise
                if level in look.wants.levels:
                    every = look.wants.levels if refused.code in DEAD else {level}
                    await self._end(look, tuple(sorted(every)), refused.code)
                    return True
                seen = Seen(_forgotten(look.row, level))  # it cannot be ended: it ends by itself
            look = replace(look, row=seen.row)
            if seen.asked:
                # Now: when the other half fails, the next look must know what this one did.
                await self.note(look.row, **_known(look.row))
            asked, look_at = asked or seen.asked, min(look_at, seen.look_at)
        await self._let_go(look, min(look_at, look.wants.closing_at))
        return asked

    async def _half(self, look: Look, level: Level, half: Half) -> Seen:
        if not look.wants.opening_for(level) and not _is_on(look.row, level, look.now):
            return Seen(_forgotten(look.row, level), asked=False)
        scope = TOKEN_SCOPE[level]
        token = await self._granting.token(look.row.workspace_id, look.row.user_id, scope)
        if token is None:
            return Seen(_forgotten(look.row, level), asked=False)
        return await half(look, token)

    async def _snooze(self, look: Look, token: str) -> Seen:
        row, now, opening_at = look.row, look.now, look.wants.opening_for(Level.SILENCE)
        rest = await self._messenger.rest(row.workspace_id, token=token, now=now)
        found_at, known = rest.snoozed_until_at, ours(row)
        made_at = found_at if found_at > now and known.made(found_at) else 0
        row = replace(row, snoozed_until_at=made_at, asked_until_at=0)
        step = snooze_step(opening_at, now, found_at, known)
        look_at = step.look_at
        if step.do is Do.LEAVE:
            row = replace(row, resumed_until_at=opening_at)
        elif step.do is Do.SET:
            ends_at = await self._set_snooze(row, step.until_at, token, now)
            row = replace(row, snoozed_until_at=ends_at, resumed_until_at=0)
            look_at = look_after(ends_at, opening_at)
        elif step.do is Do.END:
            await self.end_snooze(row, found_at, token, now)
            row = replace(row, snoozed_until_at=0)
        return Seen(row if opening_at else replace(row, resumed_until_at=0), look_at)

    async def _set_snooze(self, row: SilenceRow, until_at: int, token: str, now: int) -> int:
        snoozed_until_at = row.snoozed_until_at
        await self.note(row, snoozed_until_at=snoozed_until_at, asked_until_at=until_at)
        minutes = minutes_until(until_at, now)
        try:
            return await self._messenger.snooze(row.workspace_id, minutes, token=token, now=now)
        except (RateLimited, Refused):
            await self.note(row, asked_until_at=0)
            raise

    async def end_snooze(self, row: SilenceRow, until_at: int, token: str, now: int) -> bool:
        """End our own snooze, which ends at ``until_at``. True when messages ring now."""
        # Not as snoozed any more: with nothing on later, the person would seem to have ended it.
        await self.note(row, snoozed_until_at=0, asked_until_at=until_at)
        rest = await self._messenger.end_snooze(row.workspace_id, token=token, now=now)
        return rest.snoozed_until_at <= now and not rest.hours_until_at

    async def _show(self, look: Look, token: str) -> Seen:
        row, now = look.row, look.now
        shown = await self._shown(row)
        is_ours = bool(shown.text) and shown.text in row.status_texts.splitlines()
        wished = _wished(look)
        step = status_step(wished, shown, is_ours=is_ours, now=now)
        if step.do is Do.SET and wished is not None:
            texts = "\n".join({wished.text, *([shown.text] if is_ours else [])})
            await self.note(row, status_until_at=wished.until_at, status_texts=texts)
            await self._messenger.set_status(row.workspace_id, wished, token=token)
            row = replace(row, status_until_at=wished.until_at, status_texts=wished.text)
        elif step.do is Do.END:
            await self._messenger.set_status(row.workspace_id, NO_STATUS, token=token)
        if step.do is Do.END or (step.do is Do.NOTHING and not is_ours):
            row = _forgotten(row, Level.STATUS)
        return Seen(row, step.look_at)

    async def _shown(self, row: SilenceRow) -> Status:
        """The status as it is. The bot looks: its own refusals end nothing for the person."""
        try:
            return await self._messenger.status(row.workspace_id, row.user_id)
        except Refused as refused:
            raise Ambiguous(refused.code) from refused

    async def note(self, row: SilenceRow, **values: str | int) -> None:
        """Write down what is known, while the row is ours.

        Raises:
            TakenOver: it is not.
        """
        async with self._database.transaction() as tx:
            if not await silences.note(tx, row, **values):
                raise TakenOver

    async def _let_go(self, look: Look, due_at: int) -> None:
        row = look.row
        if not look.wants.levels and not is_kept(look.place, row):
            async with self._database.transaction() as tx:
                await silences.remove(tx, row)
            return
        await self.note(
            row,
            **_known(row),
            aim=look.wants.aim,
            due_at=max(due_at, look.now + 1),
            retry_at=0,
            lease_until=0,
            attempts=0,
        )

    async def _end(self, look: Look, levels: tuple[Level, ...], code: str) -> None:
        """Slack no longer allows it: the levels end, and the person is told when they are back."""
        row, now = look.row, look.now
        log.warning("silence.ended", workspace_id=row.workspace_id, user_id=row.user_id, code=code)
        refused = dict.fromkeys((CODES[level] for level in levels), code)
        async with self._database.transaction() as tx:
            if not await silences.note(
                tx, row, **refused, due_at=now, lease_until=0, retry_at=0, attempts=0
            ):
                raise TakenOver
            notice = LevelEnded(row.user_id, levels, code)
            await notices.add(tx, _notice_row(row, notice, now), due_at=now, day="")
            await workspaces.touch(tx, row.workspace_id)
        if code in DEAD:
            await self._granting.forget(row.workspace_id, row.user_id)
        await self._directory.refresh(row.workspace_id)


def withdrawn(place: Place, row: SilenceRow) -> tuple[Level, ...]:
    """Levels that were in force, are still wanted, and not allowed any more."""
    person = place.rows.get(row.user_id)
    if person is None or person.is_deleted:
        return ()
    allowed = place.scopes.get(row.user_id, frozenset())
    return tuple(
        level
        for level in sorted(Level)
        if level in row.aim.split()
        and level in chosen(person.choices)
        and not SCOPES[level] <= allowed
        and not row.code(level)
    )


def is_kept(place: Place, row: SilenceRow) -> bool:
    """Whether the row remembers a refusal of something the person still wants."""
    person = place.rows.get(row.user_id)
    return person is not None and any(row.code(level) for level in chosen(person.choices))


def _is_on(row: SilenceRow, level: Level, now: int) -> bool:
    """Whether something of ours may be on that will not end by itself any moment."""
    if level is Level.STATUS:
        return row.status_until_at > now + SAME_S
    return max(row.snoozed_until_at, row.asked_until_at) > now + SAME_S


def _forgotten(row: SilenceRow, level: Level) -> SilenceRow:
    if level is Level.STATUS:
        return replace(row, status_until_at=0, status_texts="")
    return replace(row, snoozed_until_at=0, asked_until_at=0, resumed_until_at=0)


def _known(row: SilenceRow) -> dict[str, str | int]:
    """What is known of the person's snooze and status, as columns."""
    return {
        "snoozed_until_at": row.snoozed_until_at,
        "asked_until_at": row.asked_until_at,
        "resumed_until_at": row.resumed_until_at,
        "status_until_at": row.status_until_at,
        "status_texts": row.status_texts,
    }


def ours(row: SilenceRow) -> Ours:
    """The snoozes of ours that the row tells of."""
    return Ours(row.snoozed_until_at, row.asked_until_at, row.resumed_until_at)


def _wished(look: Look) -> Status | None:
    opening_at = look.wants.opening_for(Level.STATUS)
    if look.person is None or opening_at in (0, NEVER):
        return None
    text = words.status(opening_at, look.person.tz, look.now, quiet=look.wants.quiet)
    return Status(text, words.EMOJI, opening_at)


def _notice_row(row: SilenceRow, notice: LevelEnded, now: int) -> NoticeRow:
    return NoticeRow(
        id=uuid.uuid4().hex,
        workspace_id=row.workspace_id,
        kind="level_ended",
        reader_id=row.user_id,
        channel_id="",
        ts=str(now),
        payload=msgspec.json.encode(notice).decode(),
        expires_at=now + NOTICE_LIFE_S,
        attempts=0,
    )
