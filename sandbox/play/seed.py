"""Sample data: five earlier weeks, so that a summary has something to be compared with.

The only rows of the play that no hand has caused. They are written before the bot starts, and the
transcript says so.
"""

import random
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from bot.domain.contact import Kind, Outcome
from bot.domain.instants import epoch
from bot.domain.policy import Policy
from bot.services.summaries import due_weeks
from bot.storage import contacts, digests, people, teams
from bot.storage.contacts import ContactRow
from bot.storage.database import Transaction
from bot.storage.people import SlackUser
from bot.storage.teams import TeamRow
from sandbox.people import Person
from sandbox.play.cast import Cast, Team
from sandbox.play.stage import Stage

FIRST_MONDAY_ON = date(2026, 9, 14)
WEEKS = 5
STARTED_AT = datetime(2026, 9, 14, 6, tzinfo=UTC)

HOW_MANY = (1, 1, 2, 2, 3)
"""Contacts a person gets in an ordinary week; one of these is drawn."""
WHEN = (time(18, 40), time(19, 25), time(20, 50), time(21, 30), time(22, 15))
KINDS = (Kind.MENTION, Kind.MENTION, Kind.MENTION, Kind.THREAD, Kind.GROUP)
OUTCOMES = (Outcome.BREACH,) * 6 + (Outcome.AVERTED, Outcome.URGENT)


async def seed(stage: Stage) -> int:
    """Write the five weeks down. Returns how many contacts there are in them."""
    cast, workspace_id = stage.cast, stage.sandbox.workspace.team_id
    async with stage.bot.database.transaction() as tx:
        known = [SlackUser(each.id, each.name, each.tz) for each in cast.people.values()]
        await people.learn(tx, workspace_id, known)
        for part in cast.design.parts:
            person = cast[part.name]
            started = {"enrolled_at": epoch(STARTED_AT), "welcomed_at": epoch(STARTED_AT)}
            await people.save(tx, workspace_id, person.id, started)
        for team in (cast.design, cast.ops):
            await _team(tx, workspace_id, team, epoch(stage.now))
        rows = list(_contacts(cast))
        for row in rows:
            await contacts.add(tx, workspace_id, row, 0)
    return len(rows)


async def _team(tx: Transaction, workspace_id: str, team: Team, now: int) -> None:
    """The team as it has been since `STARTED_AT`; its summaries so far count as posted."""
    started_at = epoch(STARTED_AT)
    row = TeamRow(
        workspace_id=workspace_id,
        team_id=team.group.id,
        name=team.group.name,
        channel_id=team.summary.id,
        tz=team.tz,
        created_at=started_at,
        leads=(),
    )
    await teams.save(tx, row)
    await teams.set_members(tx, workspace_id, row.team_id, team.group.members, started_at)
    for due in due_weeks(row, Policy(), now):
        key = (workspace_id, row.team_id, due.iso_week)
        await digests.plan(tx, *key, marker=f"sample {due.iso_week}", due_at=due.due_at)
        await digests.posted(tx, key, ts="", at=due.due_at)


def _contacts(cast: Cast) -> list[ContactRow]:
    drawn = random.Random(2026)
    everybody = [cast[part.name] for part in cast.design.parts]
    return [
        _contact(drawn, cast, recipient, everybody, week, number)
        for week in range(WEEKS)
        for recipient in everybody
        for number in range(drawn.choice(HOW_MANY))
    ]


def _contact(
    drawn: random.Random,
    cast: Cast,
    recipient: Person,
    everybody: list[Person],
    week: int,
    number: int,
) -> ContactRow:
    """One message in the recipient's evening."""
    author = drawn.choice([each for each in everybody if each is not recipient])
    on = FIRST_MONDAY_ON + timedelta(weeks=week, days=drawn.randrange(5))
    at = epoch(datetime.combine(on, drawn.choice(WHEN), ZoneInfo(recipient.tz)))
    outcome = drawn.choice(OUTCOMES)
    return ContactRow(
        channel_id=cast.design.channel.id,
        ts=f"{at}.{number:03}{everybody.index(recipient):03}",
        recipient_id=recipient.id,
        author_id=author.id,
        kind=drawn.choice(KINDS).value,
        at=at,
        recipient_tz=recipient.tz,
        outcome=outcome.value,
        reason="deadline" if outcome is Outcome.URGENT else "sample",
    )
