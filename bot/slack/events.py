"""Events other than messages: what they change in what is known of people and groups.

A broken or unknown event never reaches a person, so nothing is said; a database fault answers
503, and Slack sends the event again.
"""

import re
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from slack_bolt.async_app import AsyncApp
from slack_bolt.response import BoltResponse

from bot.errors import StorageDown
from bot.log import log
from bot.slack import home
from bot.slack.messenger import rest, slack_user
from bot.slack.surface import Surface

Event = Mapping[str, Any]
Handler = Callable[[Surface, str, Event], Awaitable[None]]
"""Takes the surface, the workspace's id and the inner event."""


async def person_told(surface: Surface, workspace_id: str, event: Event) -> None:
    """Somebody joined, left, moved or was renamed."""
    await surface.roster.learn(workspace_id, slack_user(event["user"], workspace_id))


async def group_told(surface: Surface, workspace_id: str, event: Event) -> None:
    """A user group was made or changed; Slack leaves the members of large ones out."""
    group = event["subteam"]
    members = group.get("users")
    if members is not None:
        await surface.roster.group_is(workspace_id, str(group["id"]), members)


async def group_members_changed(surface: Surface, workspace_id: str, event: Event) -> None:
    """People joined or left a user group."""
    await surface.roster.group_changed(
        workspace_id,
        str(event["subteam_id"]),
        added=event.get("added_users", ()),
        removed=event.get("removed_users", ()),
    )


async def tokens_revoked(surface: Surface, workspace_id: str, event: Event) -> None:
    """People took back what they had allowed the app to do for them."""
    user_ids = (event.get("tokens") or {}).get("oauth") or ()
    await surface.roster.forget_grants(workspace_id, user_ids)
    log.info("tokens.revoked", workspace_id=workspace_id, count=len(user_ids))


async def rest_changed(surface: Surface, workspace_id: str, event: Event) -> None:
    """Somebody who allowed to be silenced set or ended a snooze, or this app did."""
    until_at = rest(event["dnd_status"], 0).snoozed_until_at
    if await surface.silencing.heard(workspace_id, str(event["user"]), until_at):
        surface.wake("silence")


async def home_opened(surface: Surface, workspace_id: str, event: Event) -> None:
    """Somebody looks at the app; Slack shows an empty Home tab until one was published."""
    if event.get("tab", "home") == "home":
        await home.publish(surface, workspace_id, str(event["user"]))


async def app_uninstalled(surface: Surface, workspace_id: str, _event: Event) -> None:
    """The app was removed."""
    await surface.lifecycle.uninstalled(workspace_id)


async def _ignored(_surface: Surface, _workspace_id: str, _event: Event) -> None:
    """Nothing here depends on it."""


EVENTS: dict[str, Handler] = {
    "app_home_opened": home_opened,
    "dnd_updated": rest_changed,
    "team_join": person_told,
    "user_change": person_told,
    "subteam_created": group_told,
    "subteam_updated": group_told,
    "subteam_members_changed": group_members_changed,
    "tokens_revoked": tokens_revoked,
    "app_uninstalled": app_uninstalled,
}
"""Every event with a meaning here, by its type."""


def _workspace_of(body: Mapping[str, Any]) -> str:
    """Where the app is installed; the outer id may be that of an organisation shared with."""
    authorizations = body.get("authorizations") or [{}]
    return str(authorizations[0].get("team_id") or body.get("team_id", ""))


def register(app: AsyncApp, surface: Surface) -> None:
    """Listen to every event but messages."""

    # One listener for all types: Bolt would log the payload of an event that nobody listens to.
    @app.event(re.compile(".*"))
    async def listen(body: dict[str, Any], event: dict[str, Any]) -> BoltResponse | None:
        kind, workspace_id = str(event.get("type", "")), _workspace_of(body)
        try:
            await EVENTS.get(kind, _ignored)(surface, workspace_id, event)
        except StorageDown:
            log.warning("event.not_stored", workspace_id=workspace_id, event_type=kind)
            return BoltResponse(status=503, body="Not stored; please send it again.")
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            log.warning("event.not_understood", event_type=kind, exc=error)
        return None
