"""The buttons of the welcome message."""

from collections.abc import Mapping
from typing import Any

from bot.slack import home, hours
from bot.slack.actions import Action, Shown, clicked
from bot.slack.surface import Surface
from bot.words import welcome as words


async def fit(surface: Surface, body: Mapping[str, Any]) -> Shown:
    """*These fit*: from now on the person is protected and counted."""
    workspace_id, user_id = body["team"]["id"], body["user"]["id"]
    await surface.hours.fit(workspace_id, user_id, clicked(body) or None)
    await home.publish(surface, workspace_id, user_id)
    return Shown(words.taking_part(surface.names["hours"], surface.names["quiet"]))


async def change(surface: Surface, body: Mapping[str, Any]) -> None:
    """*Change them…* opens the window for hours."""
    await hours.open_modal(surface, body)


async def not_now(surface: Surface, _body: Mapping[str, Any]) -> Shown:
    """*Not now*: nothing is kept, and nobody asks again."""
    return Shown(words.left_out(surface.names["hours"]))


ACTIONS: dict[str, Action] = {
    "welcome_fit": fit,
    "welcome_change": change,
    "welcome_not_now": not_now,
}
