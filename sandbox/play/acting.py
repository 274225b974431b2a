"""What people do in the scenes, each act told from what came of it."""

import re

import aiohttp

from bot.slack.consent import PURPOSES
from sandbox.people import Person
from sandbox.play.narration import CITIES, local
from sandbox.play.reading import buttons
from sandbox.play.stage import Stage
from sandbox.records import Answer, Channel, Message, View
from sandbox.screens import elements_of

_NAMED = re.compile(r"<@([UW][A-Z0-9]+)>|<!subteam\^(S[A-Z0-9]+)>")


def here(stage: Stage, person: Person) -> str:
    """``16:14 in New York``: the person's own clocks."""
    return f"{local(stage.now, person.tz)} in {CITIES[person.tz]}"


async def writes(stage: Stage, name: str, channel: Channel, typed: str) -> Message:
    """Somebody writes in a channel; says whom that reaches, where, and whose phone rings."""
    author = stage.cast[name]
    message = await author.post(channel, typed)
    _tell(stage, name, f"in #{channel.name}", message, reached(stage, message))
    await stage.settle()
    return message


async def writes_to(stage: Stage, name: str, other: str, typed: str) -> Message:
    """Somebody writes to another person directly; the bot is not in that conversation."""
    message = await stage.cast[name].dm(stage.cast[other], typed)
    _tell(stage, name, f"to {other} directly", message, [stage.cast[other]])
    await stage.settle()
    return message


def _tell(stage: Stage, name: str, where: str, message: Message, people: list[Person]) -> None:
    text = stage.reader.text(message).strip()
    when = here(stage, stage.cast[name])
    stage.narrator.says(name, f"writes {where}, {when}: “{text}”")
    for person in people:
        rings = "the phone rings" if person.id in message.rang_for else "nothing rings"
        stage.narrator.tells(f"reaches {person.name}: {here(stage, person)}; {rings}")


def reached(stage: Stage, message: Message) -> list[Person]:
    """Whom a message names, through a group as well, in the order of the cast."""
    groups = stage.sandbox.workspace.usergroups
    ids: set[str] = set()
    for user_id, group_id in _NAMED.findall(message.text):
        ids |= set(groups[group_id].members) if group_id else {user_id}
    return [each for each in stage.cast.people.values() if each.id in ids - {message.user}]


async def judged(stage: Stage, message: Message) -> dict[str, str]:
    """What the bot has recorded about a message: the outcome for each person it found off."""
    rows = await stage.rows(
        "SELECT recipient_id, outcome FROM contacts WHERE channel_id = ? AND ts = ?",
        message.channel_id,
        message.ts,
    )
    users = stage.sandbox.workspace.users
    return {users[recipient_id].name: outcome for recipient_id, outcome in rows}


async def notice_status(stage: Stage, message: Message) -> str | None:
    """What became of the notice about a message: ``sent``, ``capped``…; None when there is none."""
    rows = await stage.rows(
        "SELECT status FROM notices WHERE channel_id = ? AND ts = ?",
        message.channel_id,
        message.ts,
    )
    return rows[0][0] if rows else None


async def sees_flag(stage: Stage, name: str, channel: Channel) -> Message:
    """The notice on the author's screen, the latest one."""
    shown = stage.only_for(stage.cast[name], channel)
    stage.narrator.fact(f"{name}, and only {name}, is told at once", shown)
    stage.narrator.shows(stage.reader.lines(shown[-1]))
    return shown[-1]


async def presses(stage: Stage, name: str, where: Message | View, action_id: str) -> Answer:
    """Somebody presses a button of a notice, and sees what replaces it."""
    label = next(
        (
            element["text"]["text"]
            for block in where.blocks
            for element in block.get("elements", ())
            if element.get("action_id") == action_id
        ),
        action_id,
    )
    answer = await stage.cast[name].click(where, action_id)
    await stage.settle()
    stage.narrator.says(name, f"presses [{label}]")
    if answer.view is None and isinstance(where, Message):
        stage.narrator.shows(stage.reader.lines(where))
    return answer


async def types(stage: Stage, name: str, command: str, typed: str) -> str:
    """Somebody types a command; what is answered to them alone, as text."""
    person = stage.cast[name]
    answer = await person.command(command, typed)
    await stage.settle()
    text = stage.reader.plain(answer.text)
    stage.narrator.says(name, f"types, {here(stage, person)}: {command} {typed}")
    stage.narrator.shows(stage.reader.lines(answer.message) if answer.message else [text])
    return stage.reader.text(answer.message) if answer.message else text


def finds(stage: Stage, name: str, words: str, what: str) -> Message:
    """What the app wrote to somebody in their own conversation with it, the latest of its kind."""
    found = stage.by_app(words, stage.direct(stage.cast[name]))
    stage.narrator.fact(what, found)
    assert found is not None, "the fact before holds"  # noqa: S101 - narrows the type
    stage.narrator.shows(stage.reader.lines(found))
    return found


async def consents(stage: Stage, name: str, purpose: str) -> bool:
    """Somebody allows the app one thing: from their Home tab to Slack's consent page.

    False when the Home tab does not offer it, because it is allowed already.
    """
    narrator, person = stage.narrator, stage.cast[name]
    home = await person.open_home(stage.app)
    offers = [each for _, each in elements_of(home.blocks)] if home else []
    found = [each for each in offers if each.get("action_id") == f"grant_open_{purpose}"]
    if not found:
        return False
    narrator.says(name, f"presses [{found[0]['text']['text']}] and consents on Slack’s own page")
    consent_page = f"{found[0]['url']}&as={person.id}"
    async with aiohttp.ClientSession() as browser, browser.get(consent_page) as page:
        narrator.shows((await page.text()).splitlines())
    await stage.settle()
    return True


async def allows(stage: Stage, name: str, purpose: str, what: str) -> None:
    """The same as a fact: ``what`` is allowed from now on, and nobody can read the token."""
    consented = await consents(stage, name, purpose)
    person = stage.cast[name]
    kept = await stage.rows("SELECT scopes FROM grants WHERE user_id = ?", person.id)
    scopes = set(kept[0][0].split()) if kept else set()
    stage.narrator.fact(
        f"{what}: the permission is kept, and its token is sealed",
        consented and scopes.issuperset(PURPOSES[purpose]) and not stage.on_disk("xoxp-"),
        kept,
    )


def offers(message: Message, beginning: str) -> bool:
    """Whether a button with such a label is on show."""
    return any(label.startswith(beginning) for label in buttons(message))
