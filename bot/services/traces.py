"""What is kept about one person, for that person's own eyes."""

from dataclasses import dataclass

from bot.services.directory import Directory
from bot.storage import calendars, traces
from bot.storage.database import Database
from bot.storage.people import PersonRow


@dataclass(frozen=True, slots=True)
class Kept:
    """Everything that names somebody. ``counts`` are rows by what they are about.

    ``person`` is None for somebody Slack did not name yet; ``groups`` counts the user groups
    that list them, ``rotas`` the on-call rotations. ``calendar`` is the provider of the connected
    calendar, empty for none.
    """

    person: PersonRow | None
    counts: dict[str, int]
    groups: int
    rotas: int
    calendar: str = ""


class Traces:
    """Use cases of a person on what is kept about them."""

    def __init__(self, database: Database, directory: Directory) -> None:
        self._database = database
        self._directory = directory

    async def of(self, workspace_id: str, user_id: str) -> Kept:
        """All of it, as counts."""
        await self._directory.refresh(workspace_id)
        place = await self._directory.installed(workspace_id)
        async with self._database.reading() as tx:
            counts = await traces.counts(tx, workspace_id, user_id)
            calendar = await calendars.one(tx, workspace_id, user_id)
        groups = sum(user_id in members for members in place.groups.values())
        rotas = sum(user_id in rota.user_ids for rota in place.rotas)
        provider = calendar.provider if calendar else ""
        return Kept(place.rows.get(user_id), counts, groups, rotas, provider)
