"""One message event: who is reached, what is decided, and what is written before the answer."""

import uuid
from collections import Counter
from datetime import UTC, datetime

import msgspec

from bot import metrics
from bot.domain.contact import Action, Contact, Kind, Message, Outcome, Person, Reach, Verdict
from bot.domain.notices import Audience, Flag, FlaggedPerson, Return
from bot.domain.policy import Mode, Policy
from bot.domain.reach import DM_KINDS, reach
from bot.domain.response import declared_reply_by
from bot.domain.rules import judge
from bot.errors import StorageDown
from bot.log import log
from bot.services.crowds import Crowd, audience_notice, audience_row, size_up
from bot.services.directory import Directory, Place
from bot.storage import contacts
from bot.storage.database import Database
from bot.storage.recorder import FlagRow, Record, Recorder, Row
from bot.words import taking_back as words

NOTICE_LIFE_S = 600
"""A flag that could not be said within ten minutes is not said: the author has moved on."""

RETURN_LIFE_S = 3 * 86_400
"""What somebody missed on Friday is no news on Tuesday."""

THREAD_SCOPE = "chat:write"

DM_SCOPES = {"im": "im:history", "mpim": "mpim:history"}
"""What one of the people in a direct conversation has to allow before the app hears of it."""

TOLD = (Action.FLAG, Action.HOLD)
"""What the author hears of."""

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
            return True
        return await self._record(place, message, reached)

    async def missing(self, message: Message) -> Reach:
        """Whom the message reaches as far as is known now, and what has yet to be looked up."""
        place = await self._directory.installed(message.workspace_id)
        return await self._reach(place, message)

    async def screen_resolved(
        self, message: Message, channel: tuple[str, ...] | None = None
    ) -> bool:
        """The same, for a message whose audience has been looked up in the meantime.

        ``channel`` are the members of the channel where that was asked for and found. What was
        not found is left out, and counted as unresolved.
        """
        place = await self._directory.installed(message.workspace_id)
        return await self._record(place, message, await self._reach(place, message, channel))

    async def _reach(
        self, place: Place, message: Message, channel: tuple[str, ...] | None = None
    ) -> Reach:
        thread: set[str] = set()
        if message.thread_ts is not None and message.channel_type not in DM_KINDS:
            key = (message.workspace_id, message.channel_id, message.thread_ts)
            thread = await self._directory.thread(key) if message.is_reply else thread
            if not message.from_bot:
                self._directory.seen_in_thread(key, message.author_id)
        found = reach(
            message,
            groups=place.groups,
            conversation=place.conversations.get(message.channel_id),
            thread=thread - {place.bot_user_id},
            channel=channel,
            knows=place.knows,
        )
        for user_id in [each for each in found.people if _is_nobody(place, each)]:
            del found.people[user_id]
        return found

    async def _record(self, place: Place, message: Message, reached: Reach) -> bool:
        if not _may_be_judged(place, message):
            return False
        judged = self._judge(place, message, reached)
        unknown = sum(verdict.action is Action.UNKNOWN for _, _, verdict in judged)
        rows = tuple(
            _contact_row(contact, person, verdict, place.policy)
            for contact, person, verdict in judged
            if verdict.recorded and person is not None
        )
        shared = _is_shared(message, reached, judged)
        hint = self._hint(place, message, judged, is_shared=shared)
        crowd = await self._crowd(place, message, reached)
        line = None
        if crowd and crowd.is_flagged and not isinstance(hint, tuple):
            line = self._line(place, message, crowd)
        record = Record(
            contacts=rows,
            flag=hint if isinstance(hint, FlagRow) else None,
            audience_line=line,
            audiences=(audience_row(message, reached.audiences, crowd),) if crowd else (),
            queued=(*self._returns(place, judged), *((hint,) if isinstance(hint, tuple) else ())),
        )
        if rows or hint or crowd:
            await self._recorder.record(record)
        # Behind the commit: an event that Slack sends again is counted once.
        self._count(
            message,
            messages=1,
            reached=bool(judged or crowd),
            hours_unknown=unknown,
            broadcasts=bool(message.broadcast),
            unresolved=reached.is_partial,
        )
        if not rows and not hint and not line:
            return False
        log.info(
            "message.judged",
            workspace_id=message.workspace_id,
            channel_id=message.channel_id,
            message_ts=message.ts,
            count=len(rows),
            verdict="flag" if hint or line else "record",
        )
        return hint is not None or line is not None

    def _judge(self, place: Place, message: Message, reached: Reach) -> Judged:
        judged = [
            self._verdict(place, message, user_id, kind) for user_id, kind in reached.people.items()
        ]
        for _, _, verdict in judged:
            metrics.CONTACTS.labels(verdict.rule).inc()
        return judged

    def _verdict(
        self, place: Place, message: Message, user_id: str, kind: Kind
    ) -> tuple[Contact, Person | None, Verdict]:
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
        verdict = judge(
            contact,
            person,
            place.policy,
            on_call=place.on_call(user_id, message.at),
            urgent=place.urgent(message.author_id, user_id, message.at),
            silenced=place.is_silenced(user_id),
        )
        return contact, person, verdict

    async def _crowd(self, place: Place, message: Message, reached: Reach) -> Crowd | None:
        """The people behind a broadcast or a large group; None when there is nobody."""
        if not reached.crowd:
            return None

        def look(user_id: str) -> tuple[Person | None, Verdict]:
            return self._verdict(place, message, user_id, Kind.GROUP)[1:]

        crowd = await size_up(place, message, sorted(reached.crowd), look)
        return crowd if crowd.people else None

    def _line(self, place: Place, message: Message, crowd: Crowd) -> FlagRow | None:
        """The line about an audience; None when nobody is there to read it, or it is too late."""
        now = self._directory.now()
        if _is_unheard(place, message) or now - message.at > NOTICE_LIFE_S:
            return None
        notice = audience_notice(message, crowd)
        row = _notice_row(message, notice, "audience", crowd.back_at, now)
        return FlagRow(row, message.at, place.policy.notices_per_day)

    def _hint(
        self, place: Place, message: Message, judged: Judged, *, is_shared: bool
    ) -> FlagRow | Row | None:
        """The notice to the author, or the row that takes the message back without asking.

        None when nothing is to be said. Without asking, nothing is taken from those at work.
        """
        flagged = [
            (person, verdict)
            for _, person, verdict in judged
            if verdict.action in TOLD and person is not None
        ]
        now = self._directory.now()
        if not flagged or _is_unheard(place, message):
            return None
        author = place.rows.get(message.author_id)
        bot_is_in = _bot_is_in(place, message)
        needed = {THREAD_SCOPE} if bot_is_in else {THREAD_SCOPE, DM_SCOPES[message.channel_type]}
        can_take_back = needed <= place.scopes.get(message.author_id, frozenset()) and any(
            not person.is_foreign for person, _ in flagged
        )
        by_itself = can_take_back and author is not None and author.choices.auto_hold
        notice = Flag(
            author_id=message.author_id,
            author_tz=author.tz if author else flagged[0][0].tz,
            channel_id=message.channel_id,
            ts=message.ts,
            thread_ts=message.thread_ts if message.is_reply else None,
            at=message.at,
            people=tuple(
                _flagged_person(person, verdict, message.at) for person, verdict in flagged
            ),
            hold_first=any(verdict.action is Action.HOLD for _, verdict in flagged),
            can_take_back=can_take_back,
            not_held=words.NOT_ALL_OFF if by_itself and is_shared else "",
            bot_is_in=bot_is_in,
            is_shared=is_shared,
        )
        if now - message.at > NOTICE_LIFE_S:
            # So late nothing is said any more, but that it was not is on record.
            return (*_notice_row(message, notice, "flag", 0, now, said=False), "expired")
        if by_itself and not is_shared:
            return (*_notice_row(message, notice, "auto_hold", 0, now), "due")
        openings = [verdict.reopens_at for _, verdict in flagged if verdict.reopens_at]
        # With nobody opening, the author still hears of it once a day.
        until_at = min(openings, default=message.at + 86_400)
        unwanted = all(
            place.hint_is_silent(message.author_id, person.user_id, message.at)
            for person, _ in flagged
        )
        per_day = 0 if unwanted else place.policy.notices_per_day
        return FlagRow(_notice_row(message, notice, "flag", until_at, now), message.at, per_day)

    def _returns(self, place: Place, judged: Judged) -> list[Row]:
        """One row for each who will want to know, when back, that somebody wrote meanwhile.

        A policy that only counts says nothing to them either.
        """
        if place.policy.mode is Mode.OBSERVE:
            return []
        return [
            _return_row(contact, verdict.reopens_at)
            for contact, _, verdict in judged
            if verdict.recorded and verdict.reopens_at and verdict.outcome is not Outcome.CHOSEN
        ]

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


def _is_nobody(place: Place, user_id: str) -> bool:
    """True for bots and for people who are no longer there."""
    row = place.rows.get(user_id)
    return user_id == place.bot_user_id or (row is not None and (row.is_bot or row.is_deleted))


def _is_unheard(place: Place, message: Message) -> bool:
    """True when the author is no person of this workspace, and so is told nothing."""
    author = place.rows.get(message.author_id)
    return message.from_bot or message.from_elsewhere or (author is not None and author.is_foreign)


def _is_shared(message: Message, reached: Reach, judged: Judged) -> bool:
    """Whether the message also reached others than those the author is told of."""
    to_channel = message.broadcast and message.channel_type not in DM_KINDS
    everybody_told = all(verdict.action in TOLD for _, _, verdict in judged)
    return bool(to_channel or reached.audiences or reached.is_partial or not everybody_told)


def _bot_is_in(place: Place, message: Message) -> bool:
    if message.channel_type not in DM_KINDS:
        return True
    return place.bot_user_id in place.conversations.get(message.channel_id, ())


def _may_be_judged(place: Place, message: Message) -> bool:
    """Whether a direct conversation has somebody in it who wants it looked at.

    What people write to the bot is nobody's business; in a group they took it in themselves.
    """
    if message.channel_type not in DM_KINDS or message.channel_id not in place.conversations:
        return True
    if _bot_is_in(place, message):
        return message.channel_type == "mpim"
    scope = DM_SCOPES[message.channel_type]
    members = place.conversations[message.channel_id]
    return any(scope in place.scopes.get(member, frozenset()) for member in members)


def _day(at: int) -> str:
    return datetime.fromtimestamp(at, UTC).date().isoformat()


def _unresolved_row(message: Message, now: int) -> tuple[str | int, ...]:
    payload = msgspec.json.encode(message).decode()
    return (message.workspace_id, message.channel_id, message.ts, payload, now)


def _notice_row(
    message: Message,
    notice: Flag | Audience,
    kind: str,
    until_at: int,
    now: int,
    *,
    said: bool = True,
) -> Row:
    return (
        uuid.uuid4().hex,
        message.workspace_id,
        kind,
        notice.author_id,
        notice.channel_id,
        notice.ts,
        until_at,
        _day(notice.at),
        msgspec.json.encode(notice).decode() if said else "",
        now,
        notice.at + NOTICE_LIFE_S,
    )


def _return_row(contact: Contact, back_at: int) -> Row:
    notice = Return(contact.recipient_id, contact.at)
    return (
        uuid.uuid4().hex,
        contact.workspace_id,
        "return",
        contact.recipient_id,
        "",
        str(back_at),
        back_at,
        _day(contact.at),
        msgspec.json.encode(notice).decode(),
        back_at,
        back_at + RETURN_LIFE_S,
        "due",
    )


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


def _flagged_person(person: Person, verdict: Verdict, at: int) -> FlaggedPerson:
    reason, within = verdict.reason, person.choices.reply_within
    return FlaggedPerson(
        user_id=person.user_id,
        name=person.name,
        tz=person.tz,
        reason=reason.kind.value if reason else "",
        label=reason.label if reason else "",
        reopens_at=verdict.reopens_at,
        is_foreign=person.is_foreign,
        replies_by_at=declared_reply_by(person.timeline, within, at),
        reply_within=within,
    )
