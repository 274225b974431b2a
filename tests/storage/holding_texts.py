"""A weekend of held messages, through Slack's payloads: every way in, every change, every end."""

import random
import string
from dataclasses import dataclass, field
from datetime import UTC, datetime

from sandbox import Fault
from tests.conftest import Office, enrolled

MONDAY_OPENING = datetime(2026, 10, 26, 8, 0, tzinfo=UTC)
"""09:00 in Vienna, after the clocks went back."""

AUTHORS_OPENING = datetime(2026, 10, 26, 10, 0, tzinfo=UTC)


def parts_of(name: str) -> tuple[str, str]:
    """A text that nothing else contains, in two parts; encodings spell them differently."""
    return f"kestrel-{name} sagt „grüß", f'dich“, naïve "quoted" übrigens-{name}'


def filler(length: int) -> str:
    """Letters that no database can compress, so that the search sees what is around them."""
    letters = random.Random(length)
    return "".join(letters.choices(string.ascii_letters + string.digits, k=length))


def rich_text(first: str, second: str) -> dict[str, object]:
    """What Slack makes of text typed into a modal, some of it bold."""
    section = [
        {"type": "text", "text": first, "style": {"bold": True}},
        {"type": "text", "text": f" {second}"},
    ]
    return {
        "type": "rich_text",
        "elements": [{"type": "rich_text_section", "elements": section}],
    }


@dataclass
class Weekend:
    """The office over one weekend.

    ``texts`` is what nobody may find, ``sealed`` every encrypted text that was ever stored and
    ``errors`` what the bot answered to requests it refused.
    """

    office: Office
    texts: list[str] = field(default_factory=list)
    sealed: set[bytes] = field(default_factory=set)
    errors: dict[str, bytes] = field(default_factory=dict)

    async def begin(self) -> None:
        """Bo writes to Ana and Cy, who are off; Bo allows taking back."""
        office = self.office
        office.sandbox.rate_limit_per_channel_s = 0
        self.ana = office.sandbox.add_user("ana", "Europe/Vienna")
        self.bo = office.sandbox.add_user("bo", "Europe/Lisbon")
        self.cy = office.sandbox.add_user("cy", "Europe/Vienna")
        members = [self.ana, self.bo, self.cy, office.app]
        self.room = office.sandbox.add_channel("design", members)
        await enrolled(office, self.ana)
        await enrolled(office, self.bo, "mon-fri 10-23")
        await enrolled(office, self.cy)

    async def look(self) -> None:
        """Take down what is stored encrypted now."""
        for table, column in (("held_messages", "sealed"), ("grants", "sealed_token")):
            rows = await self.office.rows(f"SELECT {column} AS it FROM {table}")
            self.sealed |= {bytes(row["it"]) for row in rows if row["it"] is not None}

    async def hold_everything(self) -> None:
        """Every way a text gets in, and every change but the end."""
        await self._by_command()
        await self._by_modal()
        await self._by_thread()
        await self._by_taking_back()
        await self.look()

    async def _by_command(self) -> None:
        bo, room = self.bo, self.room
        await self._said("@ana", "edited")
        opened = await bo.command("/later", "edit 1", room)
        first, second = self._new("changed")
        await bo.submit(opened.view, {"message": rich_text(first, f"{filler(500)} {second}")})
        await self._said("@ana", "cancelled")
        await self._said("@ana", "command")
        listed = (await bo.command("/later", "list", room)).text
        assert "3." in listed
        assert "cancelled" in (await bo.command("/later", "cancel 2", room)).text
        await self._said("@cy", "returned")

    async def _said(self, to: str, name: str) -> None:
        text = " ".join(self._new(name))
        answer = await self.bo.command("/later", f"{to} {text}", self.room)
        assert "Held for" in answer.text
        await self.look()

    async def _by_modal(self) -> None:
        for name, more in (("rich", ""), ("long", filler(11_000))):
            first, second = self._new(name)
            opened = await self.bo.shortcut("send_later")
            given = {"people": [self.ana.id], "message": rich_text(first, f"{more} {second}")}
            receipt = await self.bo.submit(opened.view, given)
            assert "Held for" in str(receipt.view.blocks)
            await self.look()

    async def _by_thread(self) -> None:
        clock = self.office.clock
        night = clock.now()
        clock.set(datetime(2026, 10, 23, 14, 0, tzinfo=UTC))
        question = await self.ana.post(self.room, "any news?")
        clock.set(night)
        opened = await self.bo.message_shortcut("reply_later", question)
        await self.bo.submit(opened.view, {"message": rich_text(*self._new("thread"))})
        await self.look()

    async def _by_taking_back(self) -> None:
        office, bo = self.office, self.bo
        scopes = ["chat:write", "channels:history", "im:write"]
        token = office.sandbox.grant(office.app, bo, scopes)
        await office.bot.services.granting.keep("T0SANDBOX", bo.id, token, frozenset(scopes))
        self.texts.append(token)
        await bo.post(self.room, f"@ana {' '.join(self._new('taken-back'))}")
        await office.settle()
        flag = office.sandbox.messages(self.room.id, as_seen_by=bo)[-1]
        await bo.click(flag, "flag_hold")
        await office.settle()

    def _new(self, name: str) -> tuple[str, str]:
        self.texts += parts_of(name)
        return parts_of(name)

    async def have_trouble(self) -> None:
        """Requests nobody signed, requests that are broken, a database that refuses."""
        office, text = self.office, " ".join(parts_of("command"))
        body = (
            f'{{"type": "event_callback", "event": {{"type": "message", "text": "{text}"'.encode()
        )
        for what, signed in (("unsigned", False), ("broken", True)):
            status, answer = await office.sandbox.deliver_raw(office.app, body, sign=signed)
            assert 400 <= status < 500
            self.errors[what] = str(answer).encode()
        await self._refusing(f"@ana {text}")
        for delivery in office.sandbox.deliveries:
            if (delivery.status or 0) >= 400:
                self.errors[delivery.kind] = str(delivery.body).encode()

    async def _refusing(self, text: str) -> None:
        """A command in front of a database that takes one row and refuses the next."""
        async with self.office.bot.database.transaction() as tx:
            await tx.exec_driver_sql("ALTER TABLE hold_recipients RENAME TO elsewhere")
        await self.bo.command("/later", text, self.room)
        async with self.office.bot.database.transaction() as tx:
            await tx.exec_driver_sql("ALTER TABLE elsewhere RENAME TO hold_recipients")

    async def end_everything(self) -> None:
        """Monday: all is delivered, after trouble with Slack; one comes back to its author."""
        office = self.office
        to_cy = {
            office.sandbox.dm(*pair).id for pair in ((office.app, self.cy), (self.bo, self.cy))
        }
        refused = Fault.error("is_archived", times=None).only_when(lambda p: p["channel"] in to_cy)
        office.sandbox.faults.add("chat.postMessage", refused)
        office.sandbox.faults.add("chat.postMessage", Fault.status(500))
        office.sandbox.faults.add("chat.postMessage", Fault.drop_answer())
        for when in (MONDAY_OPENING, AUTHORS_OPENING):
            await office.at(when)
            for _ in range(3):
                await self._no_more_waits()
        await office.bot.services.granting.forget("T0SANDBOX", self.bo.id)

    async def _no_more_waits(self) -> None:
        """Let waits and leases, which follow the machine's clock, run out."""
        async with self.office.bot.database.transaction() as tx:
            await tx.exec_driver_sql("UPDATE held_messages SET retry_at = 0, lease_until = 0")
        await self.office.settle()
