"""Teams: a Slack user group, the channel of its summary and its leaders."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace

from bot.domain.instants import zone
from bot.errors import BadInput, Refused, SlackError
from bot.log import log
from bot.services.directory import Directory, Place
from bot.services.enrolment import Enrolment
from bot.services.ports import Messenger, PublicChannel, UserGroup
from bot.services.roster import Roster
from bot.storage import audiences, teams
from bot.storage.database import Database
from bot.storage.teams import TeamRow
from bot.words import teams as words

ANSWER_S = 1.2
"""Somebody waits for the answer, and Slack gives up after three seconds."""


@dataclass(frozen=True, slots=True)
class TeamChoice:
    """A team as somebody chose it.

    Attributes:
        group: a user group's id, or its handle with or without the ``@``.
        channel: the id of the summary's channel or, in the file, ``#name``.
        leads: user ids.
        tz: zone of the summary; None for that of the first leader.
    """

    group: str
    channel: str
    leads: tuple[str, ...] = ()
    tz: str | None = None


@dataclass(frozen=True, slots=True)
class Added:
    """A team as it was saved; ``posts_there`` is False when the bot has to be invited first."""

    team: TeamRow
    members: int
    was_there: bool
    posts_there: bool


class Teams:
    """Use cases of admins on teams."""

    def __init__(
        self, database: Database, directory: Directory, messenger: Messenger, enrolment: Enrolment
    ) -> None:
        self._database = database
        self._directory = directory
        self._messenger = messenger
        self._enrolment = enrolment

    async def add(self, workspace_id: str, choice: TeamChoice) -> Added:
        """Add the team, or change the one of that user group, and invite its members.

        Raises:
            BadInput: no such group, an unknown leader or zone, or Slack did not answer in time.
        """
        place = await self._directory.installed(workspace_id)
        tz = _tz(place, choice)
        try:
            async with asyncio.timeout(ANSWER_S):
                group = named(await self._messenger.groups(workspace_id), choice.group)
        except Refused as refused:
            raise BadInput(words.no_groups(refused.code)) from refused
        except (SlackError, TimeoutError) as error:
            raise BadInput(words.SLACK_SILENT) from error
        return await self._add(place, group, replace(choice, tz=tz))

    async def remove(self, workspace_id: str, group_id: str) -> str:
        """End the team and return its name; what is known of its past weeks stays.

        Raises:
            BadInput: there is no such team.
        """
        async with self._database.transaction() as tx:
            found = [
                team
                for team in await teams.active(tx, workspace_id)
                if group_id.lower() in {team.team_id.lower(), team.name.lower()}
            ]
            if not found:
                raise BadInput(words.no_such_team(group_id))
            now = self._directory.now()
            await teams.set_members(tx, workspace_id, found[0].team_id, (), now)
            await teams.remove(tx, workspace_id, found[0].team_id, now)
        return found[0].name

    async def share(self, workspace_id: str, team_id: str, user_id: str, *, shares: bool) -> None:
        """A leader decides whether the team's summary shows what they start.

        Raises:
            BadInput: they do not lead that team any more.
        """
        async with self._database.transaction() as tx:
            if not await teams.share(tx, workspace_id, team_id, user_id, shares=shares):
                raise BadInput(words.NOT_A_LEADER)

    async def active(self, workspace_id: str) -> list[TeamRow]:
        """Every team, by name."""
        async with self._database.reading() as tx:
            return await teams.active(tx, workspace_id)

    async def apply_file(self, workspace_id: str, choices: Sequence[TeamChoice]) -> int:
        """Take the file's teams over; the file adds and changes teams and removes none.

        What Slack does not know is logged and left out, the rest is taken over. Returns how many.

        Raises:
            SlackError: Slack did not say which groups there are.
        """
        place = await self._directory.installed(workspace_id)
        groups = await self._messenger.groups(workspace_id)
        channels: list[PublicChannel] = []
        if any(choice.channel.startswith("#") for choice in choices):
            channels = await self._messenger.channels(workspace_id)
        done = 0
        for choice in choices:
            try:
                group = named(groups, choice.group)
                channel_id = _channel_id(channels, choice.channel)
                chosen = replace(choice, channel=channel_id, tz=_tz(place, choice))
                await self._add(place, group, chosen)
            except BadInput as error:
                log.error("team.not_applied", name=choice.group, reason=str(error))
            else:
                done += 1
        return done

    async def _add(self, place: Place, group: UserGroup, choice: TeamChoice) -> Added:
        now = self._directory.now()
        leads = tuple(sorted(set(choice.leads)))
        async with self._database.transaction() as tx:
            before = await teams.one(tx, place.workspace_id, group.group_id)
            sharing = before.sharing if before else ()
            team = TeamRow(
                workspace_id=place.workspace_id,
                team_id=group.group_id,
                name=group.name or group.handle,
                channel_id=choice.channel,
                tz=str(choice.tz),
                created_at=before.created_at if before else now,
                leads=leads,
                sharing=tuple(lead for lead in leads if lead in sharing),
            )
            if team != before:
                await teams.save(tx, team)
            await audiences.save_group(tx, place.workspace_id, group.group_id, group.members, now)
            await self._enrolment.members_are(tx, place, group.group_id, group.members)
        await self._directory.refresh(place.workspace_id)
        posts_there = await self._join(place, choice.channel)
        return Added(team, len(group.members), before is not None, posts_there)

    async def _join(self, place: Place, channel_id: str) -> bool:
        """Put the bot into the channel. A private one it cannot join, only be invited to."""
        try:
            async with asyncio.timeout(ANSWER_S):
                try:
                    await self._messenger.join(place.workspace_id, channel_id)
                except Refused:
                    ask = self._messenger.conversation_members(place.workspace_id, channel_id)
                    return place.bot_user_id in await ask
        except (SlackError, TimeoutError) as error:
            log.info("team.not_joined", channel_id=channel_id, exc=error)
            return False
        return True


class FileTeams:
    """The teams of the configuration file, taken over once after start."""

    def __init__(
        self, teams: Teams, roster: Roster, workspace_id: str, choices: Sequence[TeamChoice]
    ) -> None:
        self._teams = teams
        self._roster = roster
        self._workspace_id = workspace_id
        self._choices = choices

    async def run_due(self) -> int:
        """Take them over once people are known. Returns 0: nothing is left to be done."""
        if self._choices and self._roster.knows(self._workspace_id):
            try:
                await self._teams.apply_file(self._workspace_id, self._choices)
            except SlackError as error:
                log.warning("teams.not_applied", workspace_id=self._workspace_id, exc=error)
            else:
                self._choices = ()
        return 0


def named(groups: Sequence[UserGroup], wanted: str) -> UserGroup:
    """The group of that id, handle or name.

    Raises:
        BadInput: there is none.
    """
    key = wanted.removeprefix("@").casefold()
    for group in groups:
        if key in {group.group_id.casefold(), group.handle.casefold(), group.name.casefold()}:
            return group
    raise BadInput(words.no_such_group(wanted, [group.handle for group in groups]))


def _channel_id(channels: Sequence[PublicChannel], wanted: str) -> str:
    """The id itself, or that of the public channel ``#name``.

    Raises:
        BadInput: there is no such channel.
    """
    if not wanted.startswith("#"):
        return wanted
    for channel in channels:
        if channel.name == wanted[1:]:
            return channel.channel_id
    raise BadInput(words.no_such_channel(wanted))


def _tz(place: Place, choice: TeamChoice) -> str:
    """The zone chosen, else that of the first leader.

    Raises:
        BadInput: a leader who is not known, no such zone, or nothing to tell the zone from.
    """
    for user_id in choice.leads:
        row = place.rows.get(user_id)
        if row is None or row.is_bot or row.is_deleted:
            raise BadInput(words.no_such_lead(user_id))
    if choice.tz:
        return zone(choice.tz).key
    if not choice.leads:
        raise BadInput(words.WHICH_ZONE)
    return place.rows[choice.leads[0]].tz
