"""Commands with verbs: what a first word does, and the answer after a change."""

import re
from collections.abc import Awaitable, Callable, Mapping

from bot.errors import BadInput
from bot.services.hours import Calendar
from bot.slack import blocks as kit
from bot.slack import home
from bot.slack.blocks import Block
from bot.slack.commands import Ask, Said
from bot.words import hours as words

EXAMPLE = re.compile(r"“[^”]*”|`(?P<example>[^`]+)`")

Verb = Callable[[Ask, str], Awaitable[Said]]
"""Takes what follows the verb, as it was typed."""


async def run(ask: Ask, verbs: Mapping[str, Verb], otherwise: Verb) -> Said:
    """Run the verb the text begins with; ``otherwise`` is given the whole text.

    Slack escapes what is typed; it is read unescaped, and quoted escaped again.
    """
    word, _, rest = ask.text.partition(" ")
    verb = verbs.get(word.lower())
    try:
        if verb is None:
            return await otherwise(ask, kit.unescaped(ask.text))
        return await verb(ask, kit.unescaped(rest).strip())
    except BadInput as error:
        typed = f"{ask.name} {word}" if verb else ask.name
        raise type(error)(kit.escaped(whole(str(error), typed))) from error


def whole(sentence: str, typed: str) -> str:
    """The sentence with each example as it is typed: behind ``typed``, unless it is a command.

    What is quoted in “…” is somebody's own text and stays.
    """

    def completed(found: re.Match[str]) -> str:
        example = found["example"]
        is_whole = example is None or example.startswith(("/", "{"))
        return found[0] if is_whole else f"`{typed} {example}`"

    return EXAMPLE.sub(completed, sentence)


async def own_calendar(ask: Ask) -> Calendar:
    """The calendar of whoever asks."""
    return await ask.surface.hours.calendar(ask.workspace_id, ask.user_id)


async def changed(ask: Ask, calendar: Calendar, text: str) -> Said:
    """The receipt of a change, which the Home tab shows too."""
    await home.publish(ask.surface, ask.workspace_id, ask.user_id)
    if calendar.person.enrolled:
        return Said(text)
    blocks = [kit.section(text), *not_enrolled()]
    return Said(f"{text}\n{words.NOT_ENROLLED}", blocks)


def not_enrolled() -> list[Block]:
    """What somebody reads who has not switched the app on, with the buttons that do."""
    fit = kit.button(words.FIT, "hours_fit", style="primary")
    return [kit.context(words.NOT_ENROLLED), kit.actions("hours_fit", fit, edit_button())]


def edit_button() -> Block:
    """Opens the window for hours."""
    return kit.button(words.CHANGE, "hours_edit")
