"""A team in Vienna, its leader and its channel, as the tests of summaries and mirrors need it."""

from datetime import UTC, datetime

from bot.domain.instants import epoch
from bot.storage import contacts, people, teams
from bot.storage.contacts import ContactRow
from bot.storage.teams import TeamRow

WORKSPACE = "T0SANDBOX"
SEPTEMBER = datetime(2026, 9, 1, 8, 0, tzinfo=UTC)
MONDAY = datetime(2026, 10, 26, 8, 0, tzinfo=UTC)
"""09:00 in Vienna on the day after the clocks went back; one hour later than a week before."""

LAST_WEEK = "2026-W43"
THURSDAY_NIGHT = datetime(2026, 10, 22, 20, 30, tzinfo=UTC)


class Crew:
    """A team in Vienna, its channel, and somebody outside it."""

    def __init__(self, office, size, created=SEPTEMBER, *, enrolled=True, name="design"):
        self.office = office
        self.boss = office.sandbox.add_user("mira", "Europe/Vienna", is_admin=True)
        self.people = [
            office.sandbox.add_user(f"{name}{index}", "Europe/Vienna") for index in range(size)
        ]
        self.channel = office.sandbox.add_channel(f"{name}-week", [self.boss, office.app])
        self.group = office.sandbox.add_usergroup(name, name.title(), self.people)
        self.created_at = epoch(created)
        self.enrolled_at = self.created_at if enrolled else None

    async def settled(self):
        """Make the team, as if it had been added when it was created."""
        await self.office.settle()
        team = TeamRow(
            WORKSPACE,
            self.group.id,
            self.group.name,
            self.channel.id,
            "Europe/Vienna",
            self.created_at,
            (self.boss.id,),
        )
        ids = [person.id for person in self.people]
        async with self.office.bot.database.transaction() as tx:
            for user_id in ids:
                values = {"enrolled_at": self.enrolled_at, "weekly": "mon-fri 9-17"}
                await people.save(tx, WORKSPACE, user_id, values)
            await teams.save(tx, team)
            await teams.set_members(tx, WORKSPACE, team.team_id, ids, self.created_at)
        return self

    async def contacted(self, at=THURSDAY_NIGHT, times=1, outcome="breach", author=None):
        """Each of them was reached so many times."""
        async with self.office.bot.database.transaction() as tx:
            for person in self.people:
                for index in range(times):
                    ts = f"{epoch(at) + index}.{person.id}"
                    author_id = (author or self.boss).id
                    row = ContactRow("C0", ts, person.id, author_id, "mention", epoch(at) + index,
                                     person.tz, outcome, "by_mode")  # fmt: skip
                    await contacts.add(tx, WORKSPACE, row, 0)

    @property
    def posts(self):
        """What the bot posted in the channel."""
        messages = self.office.sandbox.messages(self.channel.id)
        return [each for each in messages if each.app_id == self.office.app.app_id]

    async def weeks(self):
        """Week and state of every row."""
        rows = await self.office.rows("SELECT iso_week, state FROM digests ORDER BY iso_week")
        return [(row["iso_week"], row["state"]) for row in rows]


def text_of(message):
    """The sentences and figures of a message, without its buttons."""
    parts = [
        part
        for block in message.blocks
        for part in [block.get("text"), *block.get("elements", ())]
        if part and part["type"] != "button"
    ]
    return "\n".join(part["text"] for part in parts)
