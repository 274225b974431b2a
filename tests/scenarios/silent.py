"""Permissions to silence somebody, and what came of them."""

from datetime import UTC, datetime

ALLOWED = {"silence": ("dnd:read", "dnd:write"), "status": ("users.profile:write",)}
MONDAY_OPENING = datetime(2026, 10, 26, 8, tzinfo=UTC)
"""09:00 in Vienna, after the clocks went back."""


async def allow(office, person, *levels):
    """What the way over Slack's consent page comes to."""
    for level in levels:
        token = office.sandbox.grant(office.app, person, ALLOWED[level])
        scopes = office.sandbox.workspace.tokens[token].scopes
        await office.bot.services.granting.keep("T0SANDBOX", person.id, token, scopes, level)


async def row(office):
    found = await office.rows("SELECT * FROM silences")
    return found[0] if found else None


def calls(office, method):
    return office.sandbox.calls_to(method)


async def expire_leases(office):
    """What the machine's clock would do, which no test waits for."""
    async with office.bot.database.transaction() as tx:
        await tx.exec_driver_sql("UPDATE silences SET lease_until = 0, retry_at = 0")
