"""A small town in front of the bot: four people, what they do, and what can be seen of it.

Each act of a person is followed by what the ledger of `model` keeps of it.
"""

import json
from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from sandbox import Person
from sandbox.records import Channel, Message
from sandbox.settling import Settling
from tests.conftest import Office
from tests.scenarios import walls
from tests.scenarios.model import (
    UNDER_WAY,
    Copy,
    Delivery,
    Ledger,
    Place,
    Posted,
    Reminder,
    Seen,
    Text,
    complaints,
)
from tests.scenarios.walls import Hours

PEOPLE = {
    "ana": "Europe/Vienna",
    "bo": "Europe/Lisbon",
    "cy": "America/New_York",
    "kai": "Asia/Tokyo",
}
CREW = ("ana", "cy", "kai")
CHANNELS = ("design", "ops", "attic")
WAITS = ("held_messages", "notices", "unresolved", "digests", "urgents")
"""Tables whose rows wait for a retry, or for a lease to run out, by the machine's clock."""

RETRIED = ("held_messages", "digests", "urgents")
WAITING = "('held', 'claimed', 'releasing', 'taking_back')"
THREAD_MEMORY = timedelta(days=13)


class Town:
    """The office, its people and the ledger."""

    def __init__(self, office: Office) -> None:
        self.office = office
        self.ledger = Ledger()
        self.people: dict[str, Person] = {}
        self.channels: dict[str, Channel] = {}
        self.hours: dict[str, Hours] = {}
        self.enrolled: set[str] = set()
        self.calls_read = 0
        self.words = 0

    async def found(self) -> None:
        """People, channels, a user group and a group conversation with the bot in it."""
        sandbox, app = self.office.sandbox, self.office.app
        # Without a beat of their own the workers do what is due when the town settles, and only
        # then: the same life can be lived again.
        await self.office.bot.scheduler.stop()
        sandbox.rate_limit_per_channel_s = 0
        # The second between two posts of a lane is real, and the subject of another test.
        self.office.bot.services.releasing._pace_s = 0
        for name, tz in PEOPLE.items():
            person = sandbox.add_user(name, tz)
            self.people[name] = person
            self.hours[person.id] = Hours(tz)
        everybody = list(self.people.values())
        for name in CHANNELS:
            self.channels[name] = sandbox.add_channel(name, [*everybody, app])
        self.channels["trio"] = sandbox.dm(*everybody[:2], app)
        sandbox.add_usergroup("crew", "Crew", [self.people[name] for name in CREW])
        await self.settle()

    @property
    def now(self) -> int:
        """The people's time, in epoch seconds."""
        return int(self.office.clock.now().timestamp())

    def token(self) -> str:
        """A word that occurs nowhere else."""
        self.words += 1
        return f"word{self.words:04}"

    # Time

    async def work(self) -> None:
        """Let the bot do what is due; events held back on the way stay there."""
        await Settling(self.office.bot.scheduler).settle()
        self.take_down_deliveries()

    async def settle(self) -> None:
        """Let everything due happen, and take down what was heard and delivered."""
        await self.office.settle()
        self.take_down_deliveries()
        waiting = await self.office.rows("SELECT channel_id, ts FROM unresolved")
        unresolved = {(row["channel_id"], row["ts"]) for row in waiting}
        for place, posted in self.ledger.posted.items():
            posted.heard |= place not in unresolved

    async def wait(self) -> None:
        """Let waits and leases run out, which follow the machine's clock, and settle."""
        async with self.office.bot.database.transaction() as tx:
            for table in WAITS:
                await tx.exec_driver_sql(f"UPDATE {table} SET lease_until = 0")
            for table in RETRIED:
                await tx.exec_driver_sql(f"UPDATE {table} SET retry_at = 0")
        await self.settle()

    async def pass_time(self, span: timedelta) -> None:
        """Move the clock on, and settle."""
        self.office.clock.advance(span)
        await self.settle()

    async def calm(self) -> None:
        """Nothing goes wrong any more, and what was waiting for that is tried again."""
        self.office.sandbox.faults.clear()
        await self.settle()
        await self.wait()
        await self.wait()

    async def end(self, most_days: int) -> None:
        """Live on, without trouble, from opening to opening until nothing waits any more."""
        await self.calm()
        await self.check(calm=True)
        begin = self.now
        while any(row["state"] in UNDER_WAY for row in (await self.holds()).values()):
            assert self.now - begin < most_days * 86_400, "something waits for ever"
            back = walls.first_opening(self._not_working(), self.now + 60)
            half_a_day = self.now + 43_200
            later = half_a_day if back is None else min(back, half_a_day)
            self.office.clock.set(datetime.fromtimestamp(later, UTC))
            await self.wait()
            await self.check(calm=True)

    def _not_working(self) -> list[Hours]:
        working = self.working(self.now)
        return [hours for user_id, hours in self.hours.items() if user_id not in working]

    # What can be seen

    def take_down_deliveries(self) -> None:
        """What was delivered since the last look, judged by the hours in force."""
        sandbox = self.office.sandbox
        for call in sandbox.calls[self.calls_read :]:
            if call.method == "chat.postMessage" and call.response["ok"]:
                at = int(call.at.timestamp())
                channel = sandbox.workspace.channels[call.response["channel"]]
                found = Delivery(
                    words=json.dumps(call.params),
                    at=at,
                    members=frozenset(channel.members),
                    working=frozenset(self.working(at)),
                    enrolled=frozenset(self.enrolled),
                )
                self.ledger.deliveries.append(found)
        self.calls_read = len(sandbox.calls)

    def working(self, at: int) -> set[str]:
        """Who works, by the hours in force."""
        return {user_id for user_id, hours in self.hours.items() if walls.works(hours, at)}

    async def check(self, *, calm: bool = False) -> None:
        """Raise unless everything is as it must be."""
        wrong = complaints(self.ledger, await self.seen(calm=calm))
        assert not wrong, "\n".join(wrong)

    async def seen(self, *, calm: bool) -> Seen:
        """What conversations, calls and rows show now."""
        sandbox = self.office.sandbox
        return Seen(
            now=self.now,
            bot_id=self.office.app.bot_user_id,
            copies=tuple(
                Copy(
                    message.text + json.dumps(message.blocks),
                    frozenset(channel.members),
                    message.app_id is not None,
                )
                for channel in sandbox.workspace.channels.values()
                for message in channel.messages
            ),
            holds=await self.holds(),
            notices={
                (row["channel_id"], row["ts"]): row["status"]
                for row in await self.office.rows(
                    "SELECT channel_id, ts, status FROM notices WHERE kind = 'flag'"
                )
            },
            contacts={
                (row["channel_id"], row["ts"], row["recipient_id"]): row["outcome"]
                for row in await self.office.rows("SELECT * FROM contacts")
            },
            accepted=frozenset(self._accepted()),
            working=frozenset(self.working(self.now)),
            calm=calm,
        )

    def _accepted(self) -> Iterator[Place]:
        for call in self.office.sandbox.calls:
            said = call.method in {"chat.postEphemeral", "chat.postMessage"}
            if said and call.response["ok"]:
                for _, place in _flag_buttons(call.params.get("blocks") or ()):
                    yield place

    async def holds(self) -> dict[str, dict[str, Any]]:
        """Every row of the queue by its id."""
        rows = await self.office.rows(
            "SELECT id, state, origin, channel_id, source_ts, due_at, due_fixed, returned_code, "
            "looked_in_vain, sealed IS NOT NULL AS has_text FROM held_messages"
        )
        return {row["id"]: row for row in rows}

    async def waiting(self) -> list[tuple[Person, int, Text]]:
        """What anybody has waiting: whose, its number in `/later list`, and the words."""
        rows = await self.office.rows(
            f"SELECT id, author_id FROM held_messages WHERE state IN {WAITING} "
            "AND origin <> 'reminder' ORDER BY due_at IS NULL, due_at, created_at, id"
        )
        return [
            (person, number, self.ledger.text_of(row["id"]))
            for person in self.people.values()
            for number, row in enumerate(
                [row for row in rows if row["author_id"] == person.id], start=1
            )
        ]

    def flags(self) -> list[tuple[Person, Message, Place]]:
        """The flags on people's screens, whispered or by direct message, and what they are on."""
        sandbox, app = self.office.sandbox, self.office.app
        return [
            (person, message, place)
            for person in self.people.values()
            for message in dict.fromkeys([*person.answers, *sandbox.dm(app, person).messages])
            for action_id, place in _flag_buttons(message.blocks)
            if action_id == "flag_leave"
        ]

    def own_posts(self) -> list[Message]:
        """What people wrote themselves and is still there, in channels."""
        messages = [each for name in CHANNELS for each in self.channels[name].messages]
        return [each for each in messages if each.app_id is None and each.subtype is None]

    # Hours

    async def changed(self, person: Person, said: str, **values: Any) -> None:
        """A person's hours are others from now on.

        For messages the bot may not have heard of yet it is open which hours count.
        """
        assert "not understood" not in said, said
        assert "saved" not in said, said
        self.hours[person.id] = replace(self.hours[person.id], **values)
        self.enrolled |= {person.id} if "week" in values else set()
        for posted in self.ledger.posted.values():
            if not posted.heard and person.id in posted.reached:
                posted.outside.discard(person.id)
                posted.perhaps.add(person.id)

    # Messages

    async def post(
        self,
        author: Person,
        channel: Channel,
        text: str,
        reached: Iterable[str],
        perhaps: Iterable[str] = (),
        thread_ts: str | None = None,
    ) -> None:
        """Write a message that reaches ``reached`` for certain, and take it down."""
        token = self.token()
        message = await author.post(channel, f"{text} {token}", thread_ts=thread_ts)
        at = int(message.ts.partition(".")[0])
        everybody = {*reached, *perhaps} - {author.id}
        late = {each for each in everybody & self.enrolled if walls.outside(self.hours[each], at)}
        sure = late & set(reached)
        opening = walls.first_opening([self.hours[each] for each in late], at)
        self.ledger.posted[(channel.id, message.ts)] = Posted(
            place=(channel.id, message.ts),
            author_id=author.id,
            at=at,
            reached=frozenset(everybody),
            outside=sure,
            perhaps=late - sure,
            until_at=at + 86_400 if opening is None else opening,
        )
        written = Text(token, author.id, (channel.id, message.ts))
        self.ledger.texts.append(written)
        await self.work()

    def thread_of(self, parent: Message) -> tuple[set[str], set[str]]:
        """Who is in a thread for certain, and who only if the bot heard and remembers."""
        sure, perhaps = {parent.user}, set()
        for reply in parent.replies:
            posted = self.ledger.posted.get((reply.channel_id, reply.ts))
            if posted is not None:
                then = datetime.fromtimestamp(posted.at, UTC)
                fresh = self.office.clock.now() - then < THREAD_MEMORY
                (sure if posted.heard and fresh else perhaps).add(reply.user)
        return sure, perhaps - sure

    # Holds

    async def fresh(self) -> dict[str, dict[str, Any]]:
        """Rows of the queue that the ledger does not know yet."""
        known = self.ledger.hold_ids()
        return {each: row for each, row in (await self.holds()).items() if each not in known}

    async def kept(
        self, author: Person, token: str, recipients: Iterable[Person], *, said: bool
    ) -> None:
        """A hold was asked for: it is there if the author was told so, and not otherwise."""
        made = await self.fresh()
        assert len(made) == int(said), f"{token}: told {said}, made {list(made.values())}"
        for hold_id in made:
            ids = tuple(person.id for person in recipients)
            text = Text(token, author.id, hold_id=hold_id, recipient_ids=ids)
            self.ledger.texts.append(text)

    async def taken_back(self, place: Place) -> None:
        """A flag's first button was pressed: what was made of it is taken down."""
        made = await self.fresh()
        text = self.ledger.text_at(place)
        recipients = await self.office.rows("SELECT hold_id, user_id FROM hold_recipients")
        for hold_id, row in made.items():
            ids = tuple(each["user_id"] for each in recipients if each["hold_id"] == hold_id)
            posted = self.ledger.posted[place]
            assert set(ids) <= posted.outside | posted.perhaps
            if row["origin"] == "reminder":
                link = f"{place[0]}/p{place[1].replace('.', '')}"
                self.ledger.reminders.append(Reminder(hold_id, *ids, link))
            else:
                text.former_ids += [text.hold_id] if text.hold_id else []
                text.hold_id, text.recipient_ids = hold_id, ids


def _flag_buttons(blocks: Iterable[dict[str, Any]]) -> Iterator[tuple[str, Place]]:
    """The buttons of a flag: action id, and the message the flag is on."""
    for block in blocks:
        for element in block.get("elements", ()) if block["type"] == "actions" else ():
            if element["action_id"].startswith("flag_"):
                channel_id, ts = element["value"].split(":")[:2]
                yield element["action_id"], (channel_id, ts)
