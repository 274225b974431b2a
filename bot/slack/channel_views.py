"""`/boundaries channels`: where the bot is a member, and joining more public channels."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

from bot.errors import BadInput, Refused, SlackError
from bot.slack import blocks as kit
from bot.slack.admin import channels_in, require_admin
from bot.slack.blocks import Block
from bot.slack.commands import Ask, Said
from bot.slack.modals import opened, told
from bot.slack.surface import Surface
from bot.slack.views import Submit, Submitted, values
from bot.words import teams as words

LIST_S = 1.5
JOIN_S = 2.0
AT_ONCE = 5


async def run(ask: Ask, text: str) -> Said:
    """``join #a #b``; alone it opens a window with all of them."""
    require_admin(ask.surface, ask.place, ask.user_id)
    verb, _, rest = text.partition(" ")
    if verb.lower() == "join":
        wanted = channels_in(rest)
        if not wanted:
            raise BadInput(words.WHICH_CHANNELS)
        return Said(await join(ask.surface, ask.workspace_id, wanted))
    if verb:
        raise BadInput(words.WHICH_CHANNELS)
    await opened(ask.surface, ask.trigger_id, await _modal(ask))
    return Said()


async def _modal(ask: Ask) -> Block:
    try:
        async with asyncio.timeout(LIST_S):
            found = await ask.surface.messenger.channels(ask.workspace_id)
    except (SlackError, TimeoutError) as error:
        raise BadInput(words.SLACK_SILENT) from error
    inside = [channel.channel_id for channel in found if channel.is_member]
    outside = [channel.channel_id for channel in found if not channel.is_member]
    # Slack's own menu of public channels has no limit and searches while typing.
    chosen = {"type": "multi_channels_select", "action_id": "value"}
    return kit.modal(
        "channels_join",
        words.CHANNELS_TITLE,
        [
            kit.section(words.channels(inside, outside)),
            kit.field("channels", words.CHANNELS_JOIN, chosen, hint=words.CHANNELS_HINT),
        ],
        submit=words.CHANNELS_SUBMIT,
    )


async def join(surface: Surface, workspace_id: str, channel_ids: Sequence[str]) -> str:
    """Join a few at a time, as many as somebody can wait for. Says what came of each."""
    gate = asyncio.Semaphore(AT_ONCE)

    async def one(channel_id: str) -> str | None:
        """Slack's code if it refused, empty if it did not answer, None if the bot is in."""
        try:
            async with gate:
                await surface.messenger.join(workspace_id, channel_id)
        except Refused as refused:
            return refused.code
        except SlackError:
            return ""
        return None

    tasks = {each: asyncio.create_task(one(each)) for each in dict.fromkeys(channel_ids)}
    _, late = await asyncio.wait(tasks.values(), timeout=JOIN_S)
    for task in late:
        task.cancel()
    await asyncio.gather(*late, return_exceptions=True)
    codes = {each: "" if task in late else task.result() for each, task in tasks.items()}
    done = [each for each, code in codes.items() if code is None]
    return words.joined({each: code for each, code in codes.items() if code is not None}, done)


async def submitted(surface: Surface, body: Mapping[str, Any]) -> Submitted:
    """The modal was submitted."""
    workspace_id = body["team"]["id"]
    try:
        require_admin(surface, await surface.directory.installed(workspace_id), body["user"]["id"])
    except BadInput as error:
        return Submitted({"channels": str(error)})
    text = await join(surface, workspace_id, values(body)["channels"])
    return Submitted(view=told(words.CHANNELS_TITLE, text))


VIEWS: dict[str, Submit] = {"channels_join": submitted}
EXAMPLES: tuple[tuple[str, str], ...] = (
    ("channels", "shows where the app is a member, and joins more"),
    ("channels join #design #support", "joins these"),
)
