"""Every column that names a person, so that nothing about somebody is forgotten when asked."""

from sqlalchemy import Column, ScalarSelect, func, literal, select

from bot.storage import tables
from bot.storage.database import Transaction

TRACES: dict[str, Column[str]] = {
    "quiet_windows": tables.quiet_windows.c.user_id,
    "overrides": tables.overrides.c.user_id,
    "teams": tables.team_members.c.user_id,
    "leads": tables.team_leads.c.user_id,
    "contacts_received": tables.contacts.c.recipient_id,
    "contacts_written": tables.contacts.c.author_id,
    "threads": tables.thread_people.c.user_id,
    "notices": tables.notices.c.reader_id,
    "held_written": tables.held_messages.c.author_id,
    "held_for": tables.hold_recipients.c.user_id,
    "grants": tables.grants.c.user_id,
    "choices": tables.choices.c.user_id,
    "choice_sources": tables.choice_sources.c.user_id,
    "chosen_spans": tables.chosen_spans.c.user_id,
    "silences": tables.silences.c.user_id,
    "audiences": tables.audiences.c.author_id,
    "urgents_received": tables.urgents.c.recipient_id,
    "urgents_written": tables.urgents.c.author_id,
    "urgents_told": tables.urgents.c.told_id,
    "hints_given": tables.hints.c.author_id,
    "hints_about": tables.hints.c.recipient_id,
    "slot_burdens": tables.slot_burdens.c.user_id,
    "policy_versions": tables.policies.c.changed_by,
    "calendars": tables.calendars.c.user_id,
    "push_channels": tables.push_channels.c.user_id,
    "addresses": tables.addresses.c.user_id,
    "occurrences": tables.occurrences.c.user_id,
    "occurrences_called": tables.occurrences.c.organizer_id,
    "absences": tables.absences.c.user_id,
    "told_organizers": tables.told_organizers.c.organizer_id,
}
"""What a row is about, and the column that names the person. `people` itself is one row."""

LISTED = "occurrences_listed"
"""Meetings in the calendars of others that list the person among those who come."""


async def counts(tx: Transaction, workspace_id: str, user_id: str) -> dict[str, int]:
    """How many rows name the person, by what they are about."""
    queries = [
        select(func.count())
        .select_from(column.table)
        .where(column.table.c.workspace_id == workspace_id, column == user_id)
        .scalar_subquery()
        .label(name)
        for name, column in TRACES.items()
    ]
    queries.append(_listed(workspace_id, user_id).label(LISTED))
    return dict((await tx.execute(select(*queries))).one()._mapping)  # noqa: SLF001 - SQLAlchemy's own public name


def _listed(workspace_id: str, user_id: str) -> ScalarSelect[int]:
    others = tables.occurrences.c
    listed = (literal(" ") + others.attendee_ids + literal(" ")).contains(
        f" {user_id} ", autoescape=True
    )
    return (
        select(func.count())
        .select_from(tables.occurrences)
        .where(others.workspace_id == workspace_id, others.user_id != user_id, listed)
        .scalar_subquery()
    )
