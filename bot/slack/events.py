"""Events other than messages: what they change in what is known of people and groups."""

from slack_bolt.async_app import AsyncApp

from bot.slack.surface import Surface


def register(app: AsyncApp, surface: Surface) -> None:
    """Listen to every event but messages."""
