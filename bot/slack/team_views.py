"""`/boundaries team`: which user groups get a weekly summary, where, and who leads them."""

import asyncio
import re
from collections.abc import Mapping
from typing import Any

from bot.domain.instants import zone
from bot.errors import BadInput, Refused, SlackError
from bot.services.ports import UserGroup
from bot.services.teams import ANSWER_S, Added, TeamChoice
from bot.slack import blocks as kit
from bot.slack.admin import CHANNEL, require_admin
from bot.slack.blocks import Block
from bot.slack.commands import Ask, Said
from bot.slack.modals import opened, told
from bot.slack.payloads import GROUP, MENTION
from bot.slack.surface import Surface
from bot.slack.views import Submit, Submitted, values
from bot.words import teams as words

ZONE = re.compile(r"\btz\s+(\S+)", re.IGNORECASE)
FILLERS = frozenset({"lead", "leads", "led", "by", "and", "in", "to", ","})
MAX_OPTIONS = 100


def parse(text: str) -> TeamChoice:
    """``@group #channel lead @ana @bo tz Europe/Vienna``, in Slack's escapes and any order.

    Raises:
        BadInput: the group or the channel is missing, or there are other words.
    """
    groups, channels, zones = GROUP.findall(text), CHANNEL.findall(text), ZONE.findall(text)
    rest = text
    for pattern in (GROUP, CHANNEL, MENTION, ZONE):
        rest = pattern.sub(" ", rest)
    unknown = [word for word in rest.replace(",", " ").split() if word.lower() not in FILLERS]
    if unknown:
        raise BadInput(words.team_not_understood(" ".join(unknown)))
    for found, what in ((groups, words.PART_GROUP), (channels, words.PART_CHANNEL)):
        if len(found) != 1:
            raise BadInput(words.team_parts_missing(what))
    leads = tuple(dict.fromkeys(MENTION.findall(text)))
    return TeamChoice(groups[0], channels[0], leads, zones[0] if zones else None)


async def run(ask: Ask, text: str) -> Said:
    """``add …``, ``remove @group``, ``list``; alone it opens the modal."""
    verb, _, rest = text.partition(" ")
    if verb.lower() == "list":
        return await _list(ask)
    require_admin(ask.surface, ask.place, ask.user_id)
    if verb.lower() == "add" and rest:
        return Said(_added(await ask.surface.teams.add(ask.workspace_id, parse(rest))))
    if verb.lower() == "remove":
        return await _remove(ask, rest.strip())
    if verb and verb.lower() != "add":
        raise BadInput(words.unknown_team_verb(verb))
    await opened(ask.surface, ask.trigger_id, modal(await _groups(ask)))
    return Said()


async def _list(ask: Ask) -> Said:
    teams = await ask.surface.teams.active(ask.workspace_id)
    lines = [
        words.team_line(
            kit.escaped(team.name),
            team.channel_id,
            team.tz,
            [kit.user(lead) for lead in team.leads],
        )
        for team in teams
    ]
    return Said("\n".join(lines) or words.NO_TEAMS)


async def _remove(ask: Ask, text: str) -> Said:
    found = GROUP.findall(text)
    if not text:
        raise BadInput(words.WHICH_TEAM)
    name = await ask.surface.teams.remove(ask.workspace_id, found[0] if found else text)
    return Said(words.team_removed(kit.escaped(name)))


def _added(added: Added) -> str:
    team = added.team
    return words.team_saved(
        kit.escaped(team.name),
        team.channel_id,
        team.tz,
        added.members,
        was_there=added.was_there,
        posts_there=added.posts_there,
    )


async def _groups(ask: Ask) -> list[UserGroup]:
    try:
        async with asyncio.timeout(ANSWER_S):
            groups = await ask.surface.messenger.groups(ask.workspace_id)
    except Refused as refused:
        raise BadInput(words.no_groups(refused.code)) from refused
    except (SlackError, TimeoutError) as error:
        raise BadInput(words.SLACK_SILENT) from error
    if not groups:
        raise BadInput(words.NO_GROUPS_YET)
    return sorted(groups, key=lambda group: group.handle)


def modal(groups: list[UserGroup]) -> Block:
    """The parts of a team as fields. Slack has no menu of user groups, so they are listed."""
    options = [kit.option(f"@{group.handle} – {group.name}", group.group_id) for group in groups]
    fields = [
        _select("group", words.TEAM_GROUP, "static_select", options=options[:MAX_OPTIONS]),
        _select("channel", words.TEAM_CHANNEL, "conversations_select", filter=CHANNELS_ONLY),
        _select("leads", words.TEAM_LEADS, "multi_users_select", optional=True),
        kit.text_input("tz", words.TEAM_TZ, hint=words.TEAM_TZ_HINT, optional=True),
    ]
    if len(options) > MAX_OPTIONS:
        fields.append(kit.context(words.TEAM_MANY))
    return kit.modal("team_save", words.TEAM_TITLE, fields, submit=words.TEAM_SAVE)


CHANNELS_ONLY = {"include": ["public", "private"], "exclude_bot_users": True}


def _select(
    block_id: str, label: str, kind: str, *, optional: bool = False, **details: object
) -> Block:
    element = {"type": kind, "action_id": "value", **details}
    return kit.field(block_id, label, element, optional=optional)


async def save(surface: Surface, body: Mapping[str, Any]) -> Submitted:
    """The modal was submitted."""
    given = values(body)
    leads, tz = tuple(given["leads"] or ()), (given["tz"] or "").strip()
    workspace_id = body["team"]["id"]
    try:
        require_admin(surface, await surface.directory.installed(workspace_id), body["user"]["id"])
        _check_zone(leads, tz)
        choice = TeamChoice(given["group"], given["channel"], leads, tz)
        added = await surface.teams.add(workspace_id, choice)
    except WrongZone as error:
        return Submitted({"tz": str(error)})
    except BadInput as error:
        return Submitted({"group": str(error)})
    return Submitted(view=told(words.TEAM_TITLE, _added(added)))


class WrongZone(BadInput):
    """What is wrong is in the field of the zone."""


def _check_zone(leads: tuple[str, ...], tz: str) -> None:
    if not tz and not leads:
        raise WrongZone(words.WHICH_ZONE)
    try:
        zone(tz or "UTC")
    except BadInput as error:
        raise WrongZone(str(error)) from error


VIEWS: dict[str, Submit] = {"team_save": save}
EXAMPLES: tuple[tuple[str, str], ...] = (
    ("team add @design #design-week lead @ana tz Europe/Vienna", "gives a group a weekly summary"),
    ("team list", "lists the teams that have one"),
    ("team remove @design", "ends it"),
)
