"""What people do with messages that wait, and with the permission to post in their name."""

from typing import Any

from sandbox import Person
from tests.scenarios import walls
from tests.scenarios.acts import Chance
from tests.scenarios.model import Text
from tests.scenarios.town import Town

CAN_POST = ("chat:write", "channels:history", "im:write")

# Held messages


async def write_later(town: Town, chance: Chance) -> None:
    """`/later @ana …`."""
    author, readers = chance.people(town)
    token = town.token()
    names = " ".join(f"@{person.name}" for person in readers)
    said = await author.command("/later", f"{names} {token}")
    held = "Held for" in said.text
    at_work = all(walls.works(town.hours[person.id], town.now) for person in readers)
    assert held != at_work, said.text
    assert held or token in said.text, "a refusal must not cost the text"
    await town.kept(author, token, readers, said=held)


async def use_the_shortcut(town: Town, chance: Chance) -> None:
    """The global shortcut, with rich text, into a direct message or a channel."""
    author, readers = chance.people(town)
    opened = await author.shortcut("send_later")
    if opened.view is None:
        return
    token = town.token()
    values = {"people": [person.id for person in readers], "message": _rich(token)}
    if chance.pick % 2:
        values["where"] = town.channels[chance.room].id
    said = await author.submit(opened.view, values)
    await town.kept(author, token, readers, said=not said.errors)
    await _leave_windows(author)


async def reply_later(town: Town, chance: Chance) -> None:
    """The message shortcut, answering in the message's thread."""
    author, (reader, *_) = chance.people(town)
    messages = town.own_posts()
    if not messages:
        return
    message = messages[chance.pick % len(messages)]
    opened = await author.message_shortcut("reply_later", message)
    if opened.view is None:
        return
    token = town.token()
    said = await author.submit(opened.view, {"people": [reader.id], "message": _rich(token)})
    await town.kept(author, token, [reader], said=not said.errors)
    await _leave_windows(author)


async def _held(town: Town, chance: Chance) -> tuple[Person, int, Text] | None:
    """Something that waits: whose, its number, and the words.

    Where there is nothing, somebody holds a message.
    """
    waiting = await town.waiting()
    if not waiting:
        await write_later(town, chance)
        return None
    return waiting[chance.pick % len(waiting)]


async def cancel(town: Town, chance: Chance) -> None:
    """`/later cancel 2`."""
    found = await _held(town, chance)
    if found is None:
        return
    author, number, text = found
    said = await author.command("/later", f"cancel {number}")
    if "Cancelled" in said.text:
        assert text.token in said.text, said.text
        text.cancelled = True


async def send_now(town: Town, chance: Chance) -> None:
    """`/later send 2`."""
    found = await _held(town, chance)
    if found is None:
        return
    author, number, text = found
    said = await author.command("/later", f"send {number}")
    text.fixed |= "Sent now" in said.text


async def edit(town: Town, chance: Chance) -> None:
    """`/later edit 2`: other words, and now and then another time."""
    found = await _held(town, chance)
    if found is None:
        return
    author, number, text = found
    opened = await author.command("/later", f"edit {number}")
    if opened.view is None:
        return
    token = town.token()
    values: dict[str, Any] = {"message": _rich(token)}
    timed = chance.pick % 3 == 0
    if timed:
        values["when"] = town.now + chance.minutes * 60
    said = await author.submit(opened.view, values)
    if not said.errors:
        town.ledger.dead.append(text.token)
        text.token = token
        text.fixed |= timed
    await _leave_windows(author)


async def look(town: Town, chance: Chance) -> None:
    """`/later list` shows what is waiting, and nothing else."""
    person, _ = chance.people(town)
    waiting = [each for each in await town.waiting() if each[0] is person]
    listed = await person.command("/later", "list")
    lines = listed.text.splitlines()[1:]
    assert len(lines) == len(waiting), listed.text


async def _leave_windows(person: Person) -> None:
    for view in person.open_views:
        await person.close_view(view)


def _rich(token: str) -> dict[str, Any]:
    text = {"type": "text", "text": token, "style": {"bold": True}}
    return {
        "type": "rich_text",
        "elements": [{"type": "rich_text_section", "elements": [text]}],
    }


# Permissions


async def allow(town: Town, chance: Chance) -> None:
    """Let the app post in one's own name."""
    person, _ = chance.people(town)
    office = town.office
    token = office.sandbox.grant(office.app, person, CAN_POST)
    await office.bot.services.granting.keep("T0SANDBOX", person.id, token, frozenset(CAN_POST))


async def withdraw(town: Town, chance: Chance) -> None:
    """Take that back, and Slack tells the app."""
    person, _ = chance.people(town)
    town.office.sandbox.revoke(town.office.app, person)
    await town.settle()


async def lose_the_token(town: Town, chance: Chance) -> None:
    """The token stops working and nobody says so."""
    person, _ = chance.people(town)
    workspace = town.office.sandbox.workspace
    for token in workspace.grants_of(town.office.app):
        if token.user_id == person.id:
            workspace.revoke(token)
