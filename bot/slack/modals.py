"""Opening a modal for somebody who waits, and the last page of one."""

import asyncio

from bot.errors import BadInput, SlackError
from bot.slack import blocks as kit
from bot.slack.blocks import Block
from bot.slack.surface import Surface
from bot.words import boundaries as words

OPEN_S = 2.0
"""A trigger is good for three seconds."""


async def opened(surface: Surface, trigger_id: str, view: Block) -> None:
    """Show ``view``.

    Raises:
        BadInput: Slack did not show it; says to try again.
    """
    try:
        async with asyncio.timeout(OPEN_S):
            await surface.messenger.call("views.open", trigger_id=trigger_id, view=view)
    except (SlackError, TimeoutError) as error:
        raise BadInput(words.NO_MODAL) from error


def told(title: str, text: str) -> Block:
    """A page that only tells what was done, with nothing to submit."""
    view = kit.modal("", title, [kit.section(text)])
    del view["submit"], view["callback_id"]
    view["close"] = kit.plain(words.CLOSE)
    return view
