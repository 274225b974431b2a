"""What Slack says about people and user groups, taken over."""

from collections.abc import Iterable

from bot.domain.instants import HOUR_S
from bot.errors import Refused, SlackError
from bot.log import log
from bot.services.calendar_access import address_hash
from bot.services.directory import Directory, Place
from bot.services.enrolment import Enrolment
from bot.services.ports import Messenger, SlackUser
from bot.storage import addresses, audiences, calendars, grants, people, teams, workspaces
from bot.storage.database import Database, Transaction

SYNC_EVERY_S = HOUR_S
"""Events tell what changes; the hourly look repairs what was missed while nobody listened."""


class Roster:
    """Keeps people, groups and the members of teams as Slack has them."""

    def __init__(
        self, database: Database, directory: Directory, messenger: Messenger, enrolment: Enrolment
    ) -> None:
        self._database = database
        self._directory = directory
        self._messenger = messenger
        self._enrolment = enrolment
        self._synced_at: dict[str, int] = {}

    async def run_due(self) -> int:
        """Look at every workspace once an hour. Returns 0: a look leaves nothing to be done."""
        async with self._database.reading() as tx:
            known = await workspaces.versions(tx)
        now = self._directory.now()
        for workspace_id in known:
            # A clock set back is another reason to look.
            if 0 <= now - self._synced_at.get(workspace_id, -SYNC_EVERY_S) < SYNC_EVERY_S:
                continue
            try:
                await self.sync(workspace_id)
            except SlackError as error:
                log.warning("roster.not_synced", workspace_id=workspace_id, exc=error)
            else:
                self._synced_at[workspace_id] = now
        return 0

    def knows(self, workspace_id: str) -> bool:
        """Whether this process has looked at the workspace."""
        return workspace_id in self._synced_at

    async def sync(self, workspace_id: str) -> None:
        """Take over everybody and every user group.

        Raises:
            SlackError: Slack did not say who there is; what it said before stays.
        """
        users = await self._messenger.users(workspace_id)
        try:
            groups = await self._messenger.groups(workspace_id)
        except Refused as refused:
            # User groups need a paid plan; people and their hours do not.
            log.info("roster.no_groups", workspace_id=workspace_id, code=refused.code)
            groups = []
        place = await self._directory.installed(workspace_id)
        async with self._database.transaction() as tx:
            await people.learn(tx, workspace_id, users)
            await addresses.by_slack(tx, workspace_id, _addresses(workspace_id, users))
            for user_id in await calendars.of_those_who_left(tx, workspace_id):
                await calendars.disconnect(tx, workspace_id, user_id)
            known = await audiences.groups_of(tx, workspace_id)
            for group in groups:
                before = known.get(group.group_id)
                await self._take_over(tx, place, group.group_id, before, group.members)
        await self._directory.refresh(workspace_id)
        place.nobodies.clear()

    async def learn(self, workspace_id: str, user: SlackUser) -> None:
        """Take over what Slack says of one person."""
        async with self._database.transaction() as tx:
            await people.learn(tx, workspace_id, [user])
            await addresses.by_slack(tx, workspace_id, _addresses(workspace_id, [user]))
        await self._directory.refresh(workspace_id)

    async def group_is(self, workspace_id: str, group_id: str, members: Iterable[str]) -> None:
        """The members of one user group are these."""
        place = await self._directory.installed(workspace_id)
        async with self._database.transaction() as tx:
            for user_id in await calendars.of_those_who_left(tx, workspace_id):
                await calendars.disconnect(tx, workspace_id, user_id)
            known = await audiences.groups_of(tx, workspace_id)
            await self._take_over(tx, place, group_id, known.get(group_id), members)
        await self._directory.refresh(workspace_id)

    async def group_changed(
        self, workspace_id: str, group_id: str, *, added: Iterable[str], removed: Iterable[str]
    ) -> None:
        """People joined or left; a group not known yet is looked up when somebody names it."""
        place = await self._directory.installed(workspace_id)
        async with self._database.transaction() as tx:
            before = (await audiences.groups_of(tx, workspace_id)).get(group_id)
            if before is not None:
                gone = set(removed)
                stayed = [member for member in before if member not in gone]
                await self._take_over(tx, place, group_id, before, [*stayed, *added])
        await self._directory.refresh(workspace_id)

    async def _take_over(
        self,
        tx: Transaction,
        place: Place,
        group_id: str,
        before: tuple[str, ...] | None,
        members: Iterable[str],
    ) -> None:
        """Write a group's members down if they differ, and those of the team it stands for."""
        after = tuple(dict.fromkeys(members))
        if before != after:
            now = self._directory.now()
            await audiences.save_group(tx, place.workspace_id, group_id, after, now)
        if await teams.one(tx, place.workspace_id, group_id) is not None:
            await self._enrolment.members_are(tx, place, group_id, after)

    async def forget_grants(self, workspace_id: str, user_ids: Iterable[str]) -> None:
        """People revoked what they had allowed."""
        async with self._database.transaction() as tx:
            await workspaces.lock(tx, workspace_id)
            for user_id in user_ids:
                await grants.remove(tx, workspace_id, user_id)
            await workspaces.touch(tx, workspace_id)
        await self._directory.refresh(workspace_id)


def _addresses(workspace_id: str, users: Iterable[SlackUser]) -> dict[str, str]:
    """Whose e-mail address is which, hashed; ``""`` for whoever has none, or left."""
    return {
        user.user_id: ""
        if user.is_deleted or user.is_bot or user.is_foreign or not user.email
        else address_hash(workspace_id, user.email)
        for user in users
    }
