"""Calendars as rows, as if they had been read: nobody visits them, so they stay as written."""

from dataclasses import replace

from bot.domain.invites import Answer
from bot.storage import calendars, occurrences, workspaces
from bot.storage.occurrences import AbsenceRow, OccurrenceRow

WORKSPACE = "T0SANDBOX"


async def connected(office, person, *, since_at=1, read=True):
    """Somebody connected a calendar of a kind that is not offered here any more."""
    async with office.bot.database.transaction() as tx:
        await calendars.connect(
            tx,
            WORKSPACE,
            person.id,
            provider="diary",
            sealed_credentials=b"",
            address="",
            now=since_at,
        )
        if read:
            await calendars.change(tx, WORKSPACE, person.id, synced_at=since_at)
    await office.bot.services.directory.refresh()


def meeting(person, start, end, *, title="secret", **fields):
    """One meeting of two, ``start`` and ``end`` aware; ``fields`` are those of the row."""
    start_at, end_at = int(start.timestamp()), int(end.timestamp())
    row = OccurrenceRow(
        workspace_id=WORKSPACE,
        user_id=person.id,
        uid=f"{title}-{start_at}@example.com",
        recurrence_id="",
        object_id=f"/{title}-{start_at}.ics",
        etag="1",
        series_at=start_at,
        start_at=start_at,
        end_at=end_at,
        organizer_id="",
        organizer_hash="",
        attendee_ids=(person.id,),
        attendee_count=2,
        answer=Answer.ACCEPTED,
        is_own=False,
        is_recurring=False,
        is_transparent=False,
        is_all_day=False,
        is_optional=False,
        sequence=0,
        sealed=None,
        booked_at=start_at - 7 * 86_400,
    )
    return replace(row, **fields)


async def written(office, *rows):
    """The calendars hold these."""
    async with office.bot.database.transaction() as tx:
        await occurrences.save(tx, rows)


async def away(office, person, *spans, is_all_day=False):
    """The calendar says out of office, and nothing else any more; pairs of aware datetimes."""
    rows = [
        AbsenceRow(f"/{index}.ics", int(start.timestamp()), int(end.timestamp()), is_all_day, 1)
        for index, (start, end) in enumerate(spans)
    ]
    async with office.bot.database.transaction() as tx:
        if await occurrences.replace_absences(tx, WORKSPACE, person.id, None, rows):
            await workspaces.touch(tx, WORKSPACE, [person.id])
    await office.bot.services.directory.refresh()
