"""One message event: who is reached, what is decided, and what is written before the answer."""

import uuid
from collections import Counter
from datetime import UTC, datetime

import msgspec

from bot import metrics
from bot.domain.contact import Action, Contact, Message, Person, Reach, Verdict
from bot.domain.notices import Flag, FlaggedPerson
from bot.domain.policy import Policy
from bot.domain.reach import reach
from bot.domain.rules import judge
from bot.errors import StorageDown
from bot.log import log
from bot.services.directory import Directory, Place
from bot.storage import contacts
from bot.storage.database import Database
from bot.storage.recorder import FlagRow, Record, Recorder

NOTICE_LIFE_S = 600
"""A flag that could not be said within ten minutes is not said: the author has moved on."""

THREAD_SCOPE = "chat:write"

Judged = list[tuple[Contact, Person | None, Verdict]]


class Screening:
    """Judges messages. `screen` returns once its rows are on disk."""

    def __init__(self, database: Database, directory: Directory, recorder: Recorder) -> None:
        self._database = database
        self._directory = directory
        self._recorder = recorder
        self._counts: dict[tuple[str, str], Counter[str]] = {}

    async def screen(self, message: Message) -> bool:
        """Judge and record one message. True when there is something to do after the answer.

        Raises:
            StorageDown: nothing was recorded; Slack is to send the event again.
        """
        place = await self._directory.place(message.workspace_id)
        if place is None:
            log.info("message.ignored", workspace_id=message.workspace_id, reason="not_installed")
            return False
        reached = await self._reach(place, message)
        if reached.unresolved:
            row = _unresolved_row(message, self._directory.now())
            await self._recorder.record(Record(unresolved=row))
            told = True
        else:
            told = await self._record(place, message, reached)
        # Behind the commit: an event that Slack sends again is counted once.
        self._count(message, messages=1, reached=bool(reached.people))
        return told

    async def screen_resolved(self, message: Message) -> bool:
        """The same, for a message whose audience has been looked up in the meantime."""
        place = await self._directory.installed(message.workspace_id)
        return await self._record(place, message, await self._reach(place, message))

    async def _reach(self, place: Place, message: Message) -> Reach:
        thread: set[str] = set()
        if message.thread_ts is not None:
            key = (message.workspace_id, message.channel_id, message.thread_ts)
            thread = await self._directory.thread(key) if message.is_reply else thread
            if not message.from_bot:
                self._directory.seen_in_thread(key, message.author_id)
        found = reach(
            message,
            groups=place.groups,
            conversation=place.conversations.get(message.channel_id),
            thread=thread - {place.bot_user_id},
        )
        found.people.pop(place.bot_user_id, None)
        return found

    async def _record(self, place: Place, message: Message, reached: Reach) -> bool:
        judged = self._judge(place, message, reached)
        unknown = sum(verdict.action is Action.UNKNOWN for _, _, verdict in judged)
        rows = tuple(
            _contact_row(contact, person, verdict, place.policy)
            for contact, person, verdict in judged
            if verdict.recorded and person is not None
        )
        flag = self._flag(place, message, judged) if rows else None
        if rows:
            await self._recorder.record(Record(contacts=rows, flag=flag))
        self._count(message, hours_unknown=unknown, broadcasts=bool(message.broadcast))
        if not rows:
            return False
        log.info(
            "message.judged",
            workspace_id=message.workspace_id,
            channel_id=message.channel_id,
            message_ts=message.ts,
            count=len(rows),
            verdict="flag" if flag else "record",
        )
        return flag is not None

    def _judge(self, place: Place, message: Message, reached: Reach) -> Judged:
        judged: Judged = []
        for user_id, kind in reached.people.items():
            contact = Contact(
                message.workspace_id,
                message.channel_id,
                message.ts,
                message.author_id,
                user_id,
                kind,
                message.at,
            )
            person = self._directory.person(place, user_id)
            verdict = judge(contact, person, place.policy)
            metrics.CONTACTS.labels(verdict.rule).inc()
            judged.append((contact, person, verdict))
        return judged

    def _flag(self, place: Place, message: Message, judged: Judged) -> FlagRow | None:
        """The notice to the author; None when nothing is to be said or it would come too late."""
        flagged = [
            (person, verdict)
            for _, person, verdict in judged
            if verdict.action in (Action.FLAG, Action.HOLD) and person is not None
        ]
        now = self._directory.now()
        if not flagged or message.from_bot or now - message.at > NOTICE_LIFE_S:
            return None
        author = place.rows.get(message.author_id)
        notice = Flag(
            author_id=message.author_id,
            author_tz=author.tz if author else flagged[0][0].tz,
            channel_id=message.channel_id,
            ts=message.ts,
            thread_ts=message.thread_ts if message.is_reply else None,
            at=message.at,
            people=tuple(_flagged_person(person, verdict) for person, verdict in flagged),
            hold_first=any(verdict.action is Action.HOLD for _, verdict in flagged),
            can_take_back=THREAD_SCOPE in place.scopes.get(message.author_id, frozenset()),
        )
        openings = [verdict.reopens_at for _, verdict in flagged if verdict.reopens_at]
        # With nobody opening, the author still hears of it once a day.
        until_at = min(openings, default=message.at + 86_400)
        values = (
            uuid.uuid4().hex,
            message.workspace_id,
            "flag",
            message.author_id,
            message.channel_id,
            message.ts,
            until_at,
            _day(message.at),
            msgspec.json.encode(notice).decode(),
            now,
            message.at + NOTICE_LIFE_S,
        )
        return FlagRow(values, message.at, place.policy.notices_per_day)

    def _count(self, message: Message, **more: int) -> None:
        key = (message.workspace_id, _day(message.at))
        self._counts.setdefault(key, Counter()).update(more)

    async def flush_counts(self) -> int:
        """Write the counts of all messages down. Returns how many days they touched."""
        counts, self._counts = self._counts, {}
        if not counts:
            return 0
        try:
            async with self._database.transaction() as tx:
                await contacts.add_counts(tx, counts)
        except StorageDown:
            for key, more in counts.items():
                self._counts.setdefault(key, Counter()).update(more)
            raise
        return len(counts)


def _day(at: int) -> str:
    return datetime.fromtimestamp(at, UTC).date().isoformat()


def _unresolved_row(message: Message, now: int) -> tuple[str | int, ...]:
    payload = msgspec.json.encode(message).decode()
    return (message.workspace_id, message.channel_id, message.ts, payload, now)


def _contact_row(
    contact: Contact, person: Person, verdict: Verdict, policy: Policy
) -> tuple[str | int, ...]:
    return (
        contact.workspace_id,
        contact.channel_id,
        contact.ts,
        contact.recipient_id,
        contact.author_id,
        contact.kind.value,
        contact.at,
        person.tz,
        verdict.outcome.value if verdict.outcome else "",
        verdict.rule,
        policy.version,
    )


def _flagged_person(person: Person, verdict: Verdict) -> FlaggedPerson:
    reason = verdict.reason
    return FlaggedPerson(
        user_id=person.user_id,
        name=person.name,
        tz=person.tz,
        reason=reason.kind.value if reason else "",
        label=reason.label if reason else "",
        reopens_at=verdict.reopens_at,
    )
