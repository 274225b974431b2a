"""The switch under a leader's mirror: whether the team's summary shows what they start."""

from collections.abc import Mapping
from typing import Any

from bot.slack.actions import Action, Shown, clicked
from bot.slack.digest_blocks import SWITCH, SWITCH_NOTE, switch
from bot.slack.surface import Surface
from bot.words import summary as words


async def share(surface: Surface, body: Mapping[str, Any]) -> Shown:
    """*Show this in the team's summary*."""
    return await _set(surface, body, shares=True)


async def unshare(surface: Surface, body: Mapping[str, Any]) -> Shown:
    """*Stop showing this*."""
    return await _set(surface, body, shares=False)


async def _set(surface: Surface, body: Mapping[str, Any], *, shares: bool) -> Shown:
    team_id = clicked(body)
    await surface.teams.share(body["team"]["id"], team_id, body["user"]["id"], shares=shares)
    # The mirror stays readable; only its switch turns.
    message = body.get("message", {})
    kept = [
        block
        for block in message.get("blocks", ())
        if block.get("block_id") not in {SWITCH, SWITCH_NOTE}
    ]
    text = message.get("text") or words.switch_note(shares=shares)
    return Shown(text, (*kept, *switch(team_id, shares=shares)))


ACTIONS: dict[str, Action] = {"mirror_share": share, "mirror_unshare": unshare}
