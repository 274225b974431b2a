"""What the people of the town do: each act is one thing somebody can do in Slack.

Every act takes the town and a `Chance`, of which it uses what it needs. A new feature is a new
act in the table of test_state_machine, and what must hold of it a new check in `model`.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sandbox import Person
from sandbox.records import Message
from tests.scenarios import walls
from tests.scenarios.model import Place
from tests.scenarios.town import CREW, Town
from tests.scenarios.walls import Week

FARTHEST_QUIET = timedelta(hours=6)


@dataclass(frozen=True, slots=True)
class Chance:
    """What was drawn for one act: who, for whom, where, and so on.

    ``pick`` chooses among whatever is there at the time, so that any number means something.
    """

    name: str
    names: tuple[str, ...]
    room: str
    week: Week
    pick: int
    minutes: int
    trouble: int

    def people(self, town: Town) -> tuple[Person, list[Person]]:
        """Who acts, and one or two others."""
        others = [town.people[name] for name in self.names if name != self.name]
        somebody = next(name for name in town.people if name != self.name)
        return town.people[self.name], others or [town.people[somebody]]

    @property
    def span(self) -> timedelta:
        """The minutes, as a length of time."""
        return timedelta(minutes=self.minutes)


Act = Callable[[Town, Chance], Awaitable[None]]

# Hours


async def set_hours(town: Town, chance: Chance) -> None:
    """`/hours set …`, which also enrols."""
    person, _ = chance.people(town)
    said = await person.command("/hours", f"set {chance.week.typed}")
    await town.changed(person, said.text, week=chance.week)


async def take_day_off(town: Town, chance: Chance) -> None:
    """`/hours off 26 oct`."""
    person, _ = chance.people(town)
    hours = town.hours[person.id]
    on = walls.wall(town.now, hours.tz).date() + timedelta(days=chance.pick % 5)
    said = await person.command("/hours", f"off {on.day} {on:%b}".lower())
    await town.changed(person, said.text, days_off=hours.days_off | {on})


async def add_quiet_window(town: Town, chance: Chance) -> None:
    """`/quiet every weekday 12-13`."""
    person, _ = chance.people(town)
    hours, hour = town.hours[person.id], 9 + chance.pick
    said = await person.command("/quiet", f"every weekday {hour}-{hour + 1}")
    window = (hour * 60, hour * 60 + 60)
    await town.changed(person, said.text, quiet=hours.quiet | {window})


async def be_quiet(town: Town, chance: Chance) -> None:
    """`/quiet 90m`; not on the night of a clock change, which is not the subject here."""
    person, _ = chance.people(town)
    span = timedelta(minutes=45 + chance.pick * 30)
    tz = town.hours[person.id].tz
    begin = walls.wall(town.now, tz)
    seconds = int(FARTHEST_QUIET.total_seconds())
    if (
        walls.wall(town.now + seconds, tz) - walls.wall(town.now - seconds, tz)
        != 2 * FARTHEST_QUIET
    ):
        return
    said = await person.command("/quiet", f"{int(span.total_seconds()) // 60}m")
    await town.changed(person, said.text, quiet_now=(begin, begin + span))


# Messages


async def mention(town: Town, chance: Chance) -> None:
    """A message that names people."""
    author, people = chance.people(town)
    names = " ".join(f"@{person.name}" for person in people)
    await town.post(
        author, town.channels[chance.room], f"{names} look", [each.id for each in people]
    )


async def mention_the_crew(town: Town, chance: Chance) -> None:
    """A message to the user group."""
    author, _ = chance.people(town)
    members = [town.people[name].id for name in CREW]
    await town.post(author, town.channels[chance.room], "@crew dinner?", members)


async def reply(town: Town, chance: Chance) -> None:
    """An answer in a thread."""
    author, _ = chance.people(town)
    parents = [each for each in town.own_posts() if not each.is_reply]
    if parents:
        parent = parents[chance.pick % len(parents)]
        sure, perhaps = town.thread_of(parent)
        channel = town.office.sandbox.workspace.channels[parent.channel_id]
        await town.post(author, channel, "yes", sure, perhaps, thread_ts=parent.ts)


async def write_to_the_trio(town: Town, chance: Chance) -> None:
    """A message in the group conversation the bot is in."""
    members = [town.people["ana"], town.people["bo"]]
    author, other = members[chance.pick % 2], members[1 - chance.pick % 2]
    await town.post(author, town.channels["trio"], "quick one", [other.id])


# Flags


async def _flag(town: Town, chance: Chance) -> tuple[Person, Message, Place] | None:
    """One of the flags on people's screens: whose, itself, and what it is on.

    Where there is none, somebody writes what may raise one.
    """
    flags = town.flags()
    if not flags:
        await mention(town, chance)
        return None
    return flags[chance.pick % len(flags)]


async def press_the_first_button(town: Town, chance: Chance) -> None:
    """*Hold until …* or *Remind …*, whichever the flag offers."""
    found = await _flag(town, chance)
    if found is None:
        return
    person, flag, place = found
    first = next(action_id for block in flag.blocks for action_id in _actions(block))
    if first in {"flag_hold", "flag_remind"}:
        asked = await person.click(flag, first)
        if asked.view is not None:  # replies would be lost
            await person.submit(asked.view)
        await town.taken_back(place)


async def leave_it(town: Town, chance: Chance) -> None:
    """*Leave it*."""
    found = await _flag(town, chance)
    if found is None:
        return
    await _answer(town, *found, "flag_leave", "left")


async def find_it_not_useful(town: Town, chance: Chance) -> None:
    """*Not useful*: hints about these people become rarer."""
    found = await _flag(town, chance)
    if found is None:
        return
    person, _, place = found
    reached = town.ledger.posted[place].reached
    town.ledger.unwanted |= {(person.id, each) for each in reached}
    await _answer(town, *found, "flag_not_useful", "not_useful")


async def _answer(
    town: Town, person: Person, flag: Message, place: Place, button: str, response: str
) -> None:
    await person.click(flag, button)
    rows = await town.office.rows(
        "SELECT response FROM notices WHERE kind = 'flag' "
        f"AND channel_id = '{place[0]}' AND ts = '{place[1]}'"
    )
    assert rows == [{"response": response}]


async def declare_urgent(town: Town, chance: Chance) -> None:
    """*It's urgent…* and a reason."""
    found = await _flag(town, chance)
    if found is None:
        return
    person, flag, place = found
    opened = await person.click(flag, "flag_urgent")
    if opened.view is None:  # Slack did not open the window, or everybody may wait no longer
        return
    said = await person.submit(opened.view, {"reason": "outage"})
    rows = await town.office.rows(
        "SELECT recipient_id, outcome FROM contacts "
        f"WHERE channel_id = '{place[0]}' AND ts = '{place[1]}'"
    )
    assert said.errors or {row["outcome"] for row in rows} <= {"urgent", "averted"}
    for row in rows:
        town.ledger.urgent[person.id, row["recipient_id"]] = town.now


def _actions(block: dict[str, Any]) -> list[str]:
    elements = block["elements"] if block["type"] == "actions" else []
    return [element["action_id"] for element in elements]
