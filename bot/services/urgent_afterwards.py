"""After something urgent: what its author hears at once, and what is asked next morning."""

from dataclasses import replace

from bot.domain.urgent import AskedMessage, Sound, Told, UrgentTold, VerdictAsked, WasUrgent
from bot.errors import BadInput
from bot.services.directory import Directory, Place
from bot.services.ports import Messenger
from bot.services.urgent import shift_behind
from bot.services.urgent_telling import permalink
from bot.storage import teams, urgents
from bot.storage.database import Database
from bot.storage.notices import NoticeRow
from bot.storage.urgents import UrgentRow
from bot.words import urgent as words

ASKED_AT_ONCE = 20
"""Two blocks each, of the fifty a message may have."""


class UrgentAfterwards:
    """Fills in the two notices, and keeps the verdicts."""

    def __init__(self, database: Database, directory: Directory, messenger: Messenger) -> None:
        self._database = database
        self._directory = directory
        self._messenger = messenger

    async def told(self, row: NoticeRow, notice: UrgentTold) -> UrgentTold | None:
        """Who was told, and whether it rang; None when the message is not known any more."""
        place = await self._directory.installed(row.workspace_id)
        async with self._database.reading() as tx:
            rows = await urgents.of_message(tx, row.workspace_id, row.channel_id, row.ts)
            active = await teams.active(tx, row.workspace_id)
        names = {team.team_id: team.name for team in active}
        tellings = {each.marker: each for each in rows}
        if not tellings:
            return None
        author = place.rows.get(notice.author_id)
        return replace(
            notice,
            author_tz=author.tz if author else "UTC",
            at=self._directory.now(),
            people=tuple(self._told(place, each, names) for each in tellings.values()),
        )

    def _told(self, place: Place, row: UrgentRow, team_names: dict[str, str]) -> Told:
        person = place.rows.get(row.told_id)
        known = self._directory.person(place, row.told_id)
        shift = shift_behind(place, row)
        return Told(
            user_id=row.told_id,
            name=person.name if person else row.told_id,
            tz=person.tz if person else "UTC",
            sound=Sound(row.sound) if row.state == "told" else Sound.NOT_TOLD,
            opens_at=known.timeline.next_open(self._directory.now()) if known else None,
            team_name=team_names.get(shift.team_id, "") if shift else "",
            until_at=shift.until_at if shift else None,
            code=row.code,
        )

    async def asked(self, row: NoticeRow, notice: VerdictAsked) -> VerdictAsked | None:
        """The messages to judge; None when every one was asked about before."""
        place = await self._directory.installed(row.workspace_id)
        async with self._database.transaction() as tx:
            rows = await urgents.to_be_judged(tx, row.workspace_id, row.reader_id, row.id)
        if not rows:
            return None
        reader = place.rows.get(row.reader_id)
        messages = [
            AskedMessage(
                each.marker,
                each.author_id,
                each.reason,
                each.at,
                await permalink(self._messenger, each),
            )
            for each in rows[-ASKED_AT_ONCE:]
        ]
        return replace(notice, reader_tz=reader.tz if reader else "UTC", messages=tuple(messages))

    async def judge(self, workspace_id: str, user_id: str, marker: str, verdict: WasUrgent) -> None:
        """Keep what somebody who was told says of it; the last word counts.

        Raises:
            BadInput: they were not told of that message.
        """
        async with self._database.transaction() as tx:
            now = self._directory.now()
            if not await urgents.judge(tx, workspace_id, user_id, marker, verdict.value, now):
                raise BadInput(words.NOT_YOURS)
