"""Placeholder."""

from bot.slack.commands import Ask, Command, Said


async def run(ask: Ask) -> Said:
    """Placeholder."""
    return Said("not yet")


COMMAND = Command("boundaries", "…", "", (), run)
VIEWS: dict = {}
ACTIONS: dict = {}
SHORTCUTS: dict = {}
