"""What the app asks of Slack, and the manifest that says so.

Source: https://docs.slack.dev/reference/app-manifest
"""

import itertools
from collections.abc import Mapping
from typing import Any, Literal

from bot.slack.commands import table
from bot.slack.consent import GRANT_PATH, PURPOSES
from bot.words import operating as words

EXAMPLE = "https://EXAMPLE"
"""Stands for the address of the server where none is set."""

BOT_SCOPES = (
    "channels:history",
    "channels:join",
    "channels:read",
    "chat:write",
    "commands",
    "groups:history",
    "groups:read",
    "im:history",
    "im:write",
    "mpim:history",
    "mpim:read",
    "mpim:write",
    "usergroups:read",
    "users:read",
)

BOT_OPTIONAL_SCOPES = ("users:read.email",)
"""Tells who of the workspace invites, and is invited, by their address in a calendar."""

USER_OPTIONAL_SCOPES = tuple(dict.fromkeys(itertools.chain(*PURPOSES.values())))
"""What a person may grant, each purpose by itself."""

BOT_EVENTS = (
    "app_home_opened",
    "app_uninstalled",
    "message.channels",
    "message.groups",
    "message.mpim",
    "subteam_created",
    "subteam_members_changed",
    "subteam_updated",
    "team_join",
    "tokens_revoked",
    "user_change",
)

USER_EVENTS = ("dnd_updated", "message.im", "message.mpim")
"""Heard of where the person, or one of those who write to each other, allowed it."""

SHORTCUTS = (
    ("global", "send_later", *words.SEND_SHORTCUT),
    ("message", "reply_later", *words.REPLY_SHORTCUT),
)
"""Type, callback id, name and description."""


def manifest(
    names: Mapping[str, str],
    *,
    public_url: str,
    event_path: str,
    transport: Literal["http", "socket"],
) -> dict[str, Any]:
    """The app manifest, version 2.

    ``names`` are the commands' names by their setting. In Socket Mode no address is named; over
    HTTP an empty ``public_url`` becomes `EXAMPLE`.
    """
    url = request_url(public_url or EXAMPLE, event_path) if transport == "http" else None
    return {
        "_metadata": {"major_version": 2},
        "display_information": {
            "name": "Offhours",
            "description": words.DESCRIPTION,
            "long_description": words.LONG_DESCRIPTION,
            "background_color": "#2c3e50",
        },
        "features": {
            "app_home": {
                "home_tab_enabled": True,
                "messages_tab_enabled": True,
                # Nobody would read what is typed there.
                "messages_tab_read_only_enabled": True,
            },
            "bot_user": {"display_name": "Offhours", "always_online": True},
            "slash_commands": _commands(names, url),
            "shortcuts": [
                {"type": kind, "callback_id": callback_id, "name": name, "description": text}
                for kind, callback_id, name, text in SHORTCUTS
            ],
        },
        "oauth_config": {
            **({"redirect_urls": [public_url.rstrip("/") + GRANT_PATH]} if public_url else {}),
            "scopes": {
                # Slack wants an optional scope in both lists.
                "bot": [*BOT_SCOPES, *BOT_OPTIONAL_SCOPES],
                "bot_optional": list(BOT_OPTIONAL_SCOPES),
                "user": list(USER_OPTIONAL_SCOPES),
                "user_optional": list(USER_OPTIONAL_SCOPES),
            },
        },
        "settings": {
            "event_subscriptions": _without_empty(
                {
                    "request_url": url,
                    "bot_events": list(BOT_EVENTS),
                    "user_events": list(USER_EVENTS),
                }
            ),
            "interactivity": _without_empty({"is_enabled": True, "request_url": url}),
            "org_deploy_enabled": False,
            "socket_mode_enabled": transport == "socket",
            "token_rotation_enabled": False,
        },
    }


def request_url(public_url: str, event_path: str) -> str:
    """Where Slack sends events, commands and interactions."""
    return public_url.rstrip("/") + event_path


def _commands(names: Mapping[str, str], url: str | None) -> list[dict[str, Any]]:
    rows = [(command.key, command.summary, command.usage) for command in table()]
    verbs = " | ".join(key for key, _, _ in rows)
    return [
        _without_empty(
            {
                "command": names[key],
                "description": summary,
                "usage_hint": usage,
                "url": url,
                # Mentions arrive as ids; unescaped they are names, which two people may share.
                "should_escape": True,
            }
        )
        for key, summary, usage in (*rows, ("offhours", words.ONE_NAME, verbs))
    ]


def _without_empty(values: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in values.items() if value not in (None, "")}
