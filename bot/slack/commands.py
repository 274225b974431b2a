"""Slash commands: one ordered table, from which dispatch, help and the manifest are made."""

import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from slack_bolt.async_app import AsyncAck, AsyncApp

from bot.domain.instants import epoch
from bot.errors import BadInput, NotAllowed, NotPossible, SlackError, StorageDown
from bot.log import log
from bot.services.directory import Place
from bot.slack.blocks import Block
from bot.slack.surface import Surface
from bot.words import commands as words

CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")
"""Characters nobody types; PostgreSQL refuses the first of them."""


@dataclass(frozen=True, slots=True)
class Ask:
    """What somebody typed. ``text`` is what follows the command's name, stripped."""

    surface: Surface
    place: Place
    user_id: str
    channel_id: str
    text: str
    trigger_id: str
    name: str = ""
    """The command as it is called here."""

    @property
    def workspace_id(self) -> str:
        """The workspace it was typed in."""
        return self.place.workspace_id

    @property
    def now(self) -> int:
        """The people's time, in epoch seconds."""
        return epoch(self.surface.clock.now())


@dataclass(frozen=True, slots=True)
class Said:
    """The answer, shown to the asker only. Empty text: a modal has opened instead."""

    text: str = ""
    blocks: list[Block] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Command:
    """One command. ``key`` is its setting and its verb under ``/offhours``.

    ``usage`` is Slack's hint beside the name, ``examples`` pairs of what to type after the name
    and what it does.
    """

    key: str
    summary: str
    usage: str
    examples: tuple[tuple[str, str], ...]
    run: Callable[[Ask], Awaitable[Said]]
    for_admins: tuple[tuple[str, str], ...] = ()


def table() -> tuple[Command, ...]:
    """Every command, in the order of the help."""
    from bot.slack import boundaries, hours, later, meet, quiet

    return (hours.COMMAND, quiet.COMMAND, later.COMMAND, meet.COMMAND, boundaries.COMMAND)


def help_text(surface: Surface, command: Command) -> str:
    """How to use one command."""
    name = surface.names[command.key]
    return words.help_text(name, command.summary, command.examples, command.for_admins)


def overview(surface: Surface) -> str:
    """Every command in one line each."""
    rows = [(surface.names[command.key], command.summary) for command in table()]
    return words.overview(rows, surface.names["offhours"])


async def answer(surface: Surface, command: Command, body: Mapping[str, Any], text: str) -> Said:
    """Run one command and turn what went wrong into a sentence."""
    place = await surface.directory.installed(str(body["team_id"]))
    ask = Ask(
        surface,
        place,
        str(body["user_id"]),
        str(body.get("channel_id", "")),
        CONTROL.sub("", text).strip(),
        str(body.get("trigger_id", "")),
        surface.names[command.key],
    )
    if ask.text.lower() in {"help", "?", "-h", "--help"}:
        return Said(help_text(surface, command))
    try:
        return await command.run(ask)
    except (NotAllowed, NotPossible) as error:
        return Said(surface.named(str(error)))
    except BadInput as error:
        sentence = surface.named(str(error))
        return Said(words.not_understood(sentence, surface.names[command.key]))
    except SlackError as error:
        log.warning("command.slack_failed", user_id=ask.user_id, kind=command.key, exc=error)
        return Said(words.SLACK_FAILED)
    except StorageDown:
        log.warning("command.not_stored", user_id=ask.user_id, kind=command.key)
        return Said(words.not_stored(surface.names[command.key], ask.text))


async def under_one_name(surface: Surface, body: Mapping[str, Any]) -> Said:
    """``/offhours <verb> …``, for workspaces where another app has the short names."""
    verb, _, rest = str(body.get("text", "")).strip().partition(" ")
    for command in table():
        if verb.lower() == command.key:
            return await answer(surface, command, body, rest)
    if verb and verb.lower() != "help":
        return Said(words.unknown_verb(verb, surface.names["offhours"], overview(surface)))
    return Said(overview(surface))


def register(app: AsyncApp, surface: Surface) -> None:
    """Listen to every command under its configured name."""
    for command in table():
        app.command(surface.names[command.key])(_listener(surface, command))

    @app.command(surface.names["offhours"])
    async def offhours(ack: AsyncAck, body: dict[str, Any]) -> None:
        await _say(ack, await under_one_name(surface, body))


def _listener(surface: Surface, command: Command) -> Callable[..., Awaitable[None]]:
    async def listen(ack: AsyncAck, body: dict[str, Any]) -> None:
        await _say(ack, await answer(surface, command, body, str(body.get("text", ""))))

    return listen


async def _say(ack: AsyncAck, said: Said) -> None:
    if not said.text:
        await ack()
    elif said.blocks:
        await ack(text=said.text, blocks=said.blocks, response_type="ephemeral")
    else:
        await ack(text=said.text, response_type="ephemeral")
