"""Somebody is back: one line says how many conversations reached them meanwhile.

Not counted are messages that come up by themselves (held, or to be reminded of), time the person
chose, and a break of under half an hour, after which nobody needs a summary.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace

import msgspec

from bot.domain.availability import Timeline
from bot.domain.contact import Kind, Outcome
from bot.domain.instants import DAY_S
from bot.domain.notices import Return
from bot.domain.policy import Mode
from bot.errors import NotPossible
from bot.services.directory import Directory, Place
from bot.services.holding import HELD_CHANNEL
from bot.storage import contacts, returns
from bot.storage.contacts import ContactRow
from bot.storage.database import Database, Transaction
from bot.storage.notices import NoticeRow
from bot.words import returning as words

TOLD_APART = frozenset({Outcome.AVERTED.value, Outcome.CHOSEN.value})
SHORTEST_BREAK_S = 1_800
CHOICE_LASTS_S = 7 * DAY_S
"""So long somebody may say that a quiet period was their choice; then its week is told."""

LONGEST_AWAY_S = 56 * DAY_S
"""A quiet period that is asked about is looked at no further back from its end."""


@dataclass(frozen=True, slots=True)
class Conversation:
    """Where somebody was reached while they were off, first to last; ``kind`` is its first."""

    channel_id: str
    kind: Kind
    author_ids: tuple[str, ...]
    messages: int


class Returning:
    """Decides what a `Return` says when it is due, and answers its buttons."""

    def __init__(self, database: Database, directory: Directory) -> None:
        self._database = database
        self._directory = directory

    async def count(self, row: NoticeRow, _planned: Return) -> Return | None:
        """What to say; None when another row says it, nothing is left, or it is not wanted.

        All rows of one reader that are due become one, in one transaction that locks them: of two
        replicas with a row each, one speaks.
        """
        now = self._directory.now()
        place = await self._directory.installed(row.workspace_id)
        async with self._database.transaction() as tx:
            due = await returns.due_for(tx, row.workspace_id, row.reader_id, now)
            own = next((each for each in due if each.id == row.id), None)
            if own is None:
                return None
            others = [each for each in due if each.id != row.id]
            waiting = [each for each in others if not each.is_told]
            planned = [msgspec.json.decode(each.payload, type=Return) for each in (own, *waiting)]
            told = [each.until_at for each in others if each.is_told]
            told.append(await returns.told_until(tx, row.workspace_id, row.reader_id))
            since_at = max(min(each.since_at for each in planned), *told)
            notice = replace(planned[0], since_at=since_at, until_at=now)
            found = await self._reached(tx, place, row.reader_id, since_at, now)
            # What waited with this row is said by it, also after a crash: the row keeps since when.
            await returns.drop(tx, [each.id for each in waiting])
            await returns.say(tx, row.id, msgspec.json.encode(notice).decode(), now)
        person = place.rows.get(row.reader_id)
        unwanted = person is not None and not person.choices.return_line
        if not found or unwanted or place.policy.mode is Mode.OBSERVE:
            return None
        return replace(notice, conversations=len({each.channel_id for each in found}))

    async def where(
        self, workspace_id: str, user_id: str, since_at: int, until_at: int
    ) -> list[Conversation]:
        """The conversations of one quiet period, in the order in which they began."""
        place = await self._directory.installed(workspace_id)
        since_at, until_at = self._period(since_at, until_at)
        async with self._database.reading() as tx:
            found = await self._reached(tx, place, user_id, since_at, until_at)
        return conversations(found)

    async def was_my_choice(
        self, workspace_id: str, user_id: str, since_at: int, until_at: int
    ) -> int:
        """The person chose to be reached then. Returns how many messages it concerns.

        Raises:
            NotPossible: it is too long ago, or nothing is left that counts against anybody.
        """
        since_at, until_at = self._period(since_at, until_at)
        if self._directory.now() - until_at > CHOICE_LASTS_S:
            raise NotPossible(words.TOO_LONG_AGO)
        async with self._database.transaction() as tx:
            marked = await returns.mark_chosen(tx, workspace_id, user_id, since_at, until_at)
        if not marked:
            raise NotPossible(words.NOTHING_TO_MARK)
        return marked

    def _period(self, since_at: int, until_at: int) -> tuple[int, int]:
        """What a button names, within reason: it comes back from Slack, and may be anything."""
        until_at = max(0, min(until_at, self._directory.now()))
        return min(max(since_at, until_at - LONGEST_AWAY_S), until_at), until_at

    async def derive(self, tx: Transaction, place: Place) -> int:
        """Whoever is back earlier than planned reads it then. Returns how many rows moved.

        That somebody is back later shows when the row is due.
        """
        now, moved = self._directory.now(), 0
        for row in await returns.ahead(tx, place.workspace_id, now):
            person = self._directory.person(place, row.reader_id)
            opens_at = person.timeline.next_open(now) if person else None
            if opens_at is not None and opens_at < row.due_at:
                await returns.bring_forward(tx, row.id, opens_at)
                moved += 1
        return moved

    async def _reached(
        self, tx: Transaction, place: Place, user_id: str, since_at: int, until_at: int
    ) -> list[ContactRow]:
        person = self._directory.person(place, user_id)
        workspace_id = place.workspace_id
        found = await contacts.to_people(tx, workspace_id, [user_id], since_at, until_at)
        apart = await returns.brought_up(tx, workspace_id, user_id, since_at)
        return [
            each
            for each in found
            if each.outcome not in TOLD_APART
            and each.channel_id != HELD_CHANNEL
            and (each.channel_id, each.ts) not in apart
            and (person is None or not _short_break(person.timeline, each.at))
        ]


def conversations(found: Iterable[ContactRow]) -> list[Conversation]:
    """Contacts by conversation, in the order in which each began."""
    by_channel: dict[str, list[ContactRow]] = {}
    for each in found:
        by_channel.setdefault(each.channel_id, []).append(each)
    return [
        Conversation(
            channel_id,
            Kind(reached[0].kind),
            tuple(dict.fromkeys(each.author_id for each in reached)),
            len(reached),
        )
        for channel_id, reached in by_channel.items()
    ]


def _short_break(timeline: Timeline, at: int) -> bool:
    """Whether ``at`` lies in a stretch without work of under half an hour."""
    since, back_at = timeline.not_working_since(at), timeline.next_open(at)
    return since is not None and back_at is not None and back_at - since < SHORTEST_BREAK_S
