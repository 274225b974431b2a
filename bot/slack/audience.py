"""The buttons of the line about a whole channel or a large group."""

from collections.abc import Mapping
from typing import Any

from bot.slack.actions import Action, Shown, clicked
from bot.slack.surface import Surface
from bot.words import flag as words


async def leave(surface: Surface, body: Mapping[str, Any]) -> Shown:
    """*Leave it*."""
    await _answer(surface, body, "left")
    return Shown(words.AUDIENCE_LEFT)


async def not_useful(surface: Surface, body: Mapping[str, Any]) -> Shown:
    """*Not useful*."""
    await _answer(surface, body, "not_useful")
    return Shown(words.THANKS)


async def _answer(surface: Surface, body: Mapping[str, Any], response: str) -> None:
    channel_id, _, ts = clicked(body).partition(":")
    await surface.answering.about_audience(
        body["team"]["id"], body["user"]["id"], channel_id, ts, response
    )


ACTIONS: dict[str, Action] = {
    "audience_leave": leave,
    "audience_not_useful": not_useful,
}
