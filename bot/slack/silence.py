"""`/boundaries silence` and its buttons: what is done for somebody while they are off."""

from collections.abc import Mapping
from typing import Any

from bot.errors import BadInput
from bot.services.silencing import SETTINGS
from bot.slack import home, silence_views, verbs
from bot.slack.actions import Action, Shown
from bot.slack.commands import Ask, Said
from bot.slack.surface import Surface
from bot.words import silence as words

TYPED = {"": "silence", "status": "status", "urgent": "urgent_rings"}
"""What is typed before *on* or *off*, and the setting it switches."""


async def run(ask: Ask, text: str) -> Said:
    """Show every setting, after switching the one that is named."""
    await verbs.own_calendar(ask)  # Slack is asked about somebody it has not told of yet
    if text:
        setting, on = _read(text)
        await _switch(ask.surface, ask.workspace_id, ask.user_id, setting, on=on)
    return Said(
        ask.surface.named(silence_views.overview(ask.surface, ask.workspace_id, ask.user_id))
    )


def _read(text: str) -> tuple[str, bool]:
    """The setting, and whether it is switched on."""
    what, _, switch = text.lower().rpartition(" ")
    setting = TYPED.get(what.strip())
    if setting is None or switch not in {"on", "off"}:
        raise BadInput(words.not_understood(text))
    return setting, switch == "on"


async def _switch(
    surface: Surface, workspace_id: str, user_id: str, setting: str, *, on: bool
) -> None:
    await surface.silencing.choose(workspace_id, user_id, setting, on=on)
    surface.wake("silence")
    await home.publish(surface, workspace_id, user_id)


def _toggled(setting: str) -> Action:
    async def toggle(surface: Surface, body: Mapping[str, Any]) -> Shown | None:
        workspace_id, user_id = home.who(body)
        on = str(body["actions"][0].get("value", "")) == "on"
        await _switch(surface, workspace_id, user_id, setting, on=on)
        return None

    return toggle


ACTIONS: dict[str, Action] = {f"silence_{setting}": _toggled(setting) for setting in SETTINGS}
