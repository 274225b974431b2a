"""The manifest: inside Slack's limits, and the same as what the code does."""

import re
from pathlib import Path
from typing import Any

import pytest

import bot.slack
from bot.config import CommandNames
from bot.slack import commands, events, views
from bot.slack.manifest import (
    BOT_EVENTS,
    BOT_SCOPES,
    USER_EVENTS,
    USER_OPTIONAL_SCOPES,
    manifest,
)
from sandbox.events import EVENT_SCOPES

METHOD_SCOPES: dict[str, frozenset[str]] = {
    "auth.revoke": frozenset(),
    "auth.test": frozenset(),
    "apps.connections.open": frozenset(),  # the app-level token's connections:write
    "apps.event.authorizations.list": frozenset(),  # the same token's authorizations:read
    "chat.delete": frozenset({"chat:write"}),
    "chat.getPermalink": frozenset(),
    "chat.postEphemeral": frozenset({"chat:write"}),
    "chat.postMessage": frozenset({"chat:write"}),
    "chat.update": frozenset({"chat:write"}),
    "conversations.history": frozenset(
        {"channels:history", "groups:history", "im:history", "mpim:history"}
    ),
    "conversations.info": frozenset({"channels:read", "groups:read"}),
    "conversations.join": frozenset({"channels:join"}),
    "conversations.list": frozenset({"channels:read"}),
    "conversations.members": frozenset({"channels:read", "groups:read", "mpim:read"}),
    "conversations.open": frozenset({"im:write", "mpim:write"}),
    "conversations.replies": frozenset(
        {"channels:history", "groups:history", "im:history", "mpim:history"}
    ),
    "dnd.endSnooze": frozenset(),  # with the token of a person, as the next three
    "dnd.info": frozenset(),
    "dnd.setSnooze": frozenset(),
    "users.profile.set": frozenset(),
    "oauth.v2.access": frozenset(),  # the app's client id and secret
    "usergroups.list": frozenset({"usergroups:read"}),
    "usergroups.users.list": frozenset({"usergroups:read"}),
    "users.info": frozenset({"users:read"}),
    "users.list": frozenset({"users:read"}),
    "views.open": frozenset(),
    "views.publish": frozenset(),
    "views.push": frozenset(),
    "views.update": frozenset(),
}
"""What the bot token needs for a method, over the kinds of conversation the bot is in.

Source: https://docs.slack.dev/reference/methods
"""

METHOD = re.compile(
    r'"((?:apps|auth|chat|conversations|dnd|files|oauth|team|usergroups|users|views)'
    r'\.(?!json")[A-Za-z0-9.]+)"'
)
NAMES: dict[str, str] = CommandNames().model_dump()


def made(**changes: Any) -> dict[str, Any]:
    given = {"public_url": "", "event_path": "/slack/events", "transport": "http"} | changes
    return manifest(NAMES, **given)


def called() -> set[str]:
    """Every Web API method named in the code."""
    folder = Path(str(bot.slack.__file__)).parent
    named = {name for file in folder.glob("*.py") for name in METHOD.findall(file.read_text())}
    return {name for name in named if not name.endswith(".json")}  # files of an export


def test_limits() -> None:
    found = made()
    features = found["features"]
    display = found["display_information"]
    assert found["_metadata"] == {"major_version": 2}
    assert len(display["name"]) <= 35
    assert len(display["description"]) <= 140
    assert 174 <= len(display["long_description"]) <= 4000
    assert len(features["bot_user"]["display_name"]) <= 80
    assert len(features["slash_commands"]) <= 50
    assert len(features["shortcuts"]) <= 10
    assert len(found["settings"]["event_subscriptions"]["bot_events"]) <= 100
    assert all(len(scopes) <= 255 for scopes in found["oauth_config"]["scopes"].values())


@pytest.mark.parametrize("command", made()["features"]["slash_commands"])
def test_limits_of_a_command(command: dict[str, Any]) -> None:
    assert re.fullmatch(r"/[^\sA-Z]{1,31}", command["command"])
    assert 1 <= len(command["description"]) <= 2000
    assert 1 <= len(command["usage_hint"]) <= 1000
    assert command["should_escape"] is True


@pytest.mark.parametrize("shortcut", made()["features"]["shortcuts"])
def test_limits_of_a_shortcut(shortcut: dict[str, Any]) -> None:
    assert shortcut["type"] in {"global", "message"}
    assert len(shortcut["name"]) <= 24
    assert len(shortcut["description"]) <= 150
    assert len(shortcut["callback_id"]) <= 255


def test_every_command_is_there_under_its_name() -> None:
    names = NAMES | {"hours": "/my-hours"}
    found = manifest(names, public_url="", event_path="/e", transport="http")
    listed = [each["command"] for each in found["features"]["slash_commands"]]
    assert listed == [names[each.key] for each in commands.table()] + [names["offhours"]]
    assert "/my-hours" in listed
    assert set(names) == {each.key for each in commands.table()} | {"offhours"}


def test_every_shortcut_is_there() -> None:
    listed = {each["callback_id"] for each in made()["features"]["shortcuts"]}
    assert listed == set(views.shortcuts())


def test_every_event_is_subscribed_to_and_listened_to() -> None:
    every = {*BOT_EVENTS, *USER_EVENTS}
    others = {event for event in every if not event.startswith("message.")}
    assert others == set(events.EVENTS)


@pytest.mark.parametrize("event", USER_EVENTS)
def test_every_event_of_a_person_has_its_scope(event: str) -> None:
    assert set(EVENT_SCOPES[event]) & set(USER_OPTIONAL_SCOPES)


@pytest.mark.parametrize("event", BOT_EVENTS)
def test_every_event_has_its_scope(event: str) -> None:
    needed = EVENT_SCOPES[event]
    assert not needed or set(needed) & set(BOT_SCOPES)


def test_what_people_let_the_app_hear_is_subscribed_to() -> None:
    subscribed = made()["settings"]["event_subscriptions"]["user_events"]
    assert {"message.im", "message.mpim"} <= set(subscribed)


def test_every_method_is_known_and_has_its_scopes() -> None:
    assert called() - set(METHOD_SCOPES) == set()
    for method in called():
        assert METHOD_SCOPES[method] <= set(BOT_SCOPES), method


def test_no_scope_is_asked_for_without_a_use() -> None:
    used = {"commands"}.union(*(METHOD_SCOPES[method] for method in called()))
    used.update(scope for event in BOT_EVENTS for scope in EVENT_SCOPES[event])
    assert set(BOT_SCOPES) - used == set()


def test_what_a_person_may_grant_is_optional() -> None:
    scopes = made()["oauth_config"]["scopes"]
    assert scopes["user"] == scopes["user_optional"] == list(USER_OPTIONAL_SCOPES)
    assert len(set(USER_OPTIONAL_SCOPES)) == len(USER_OPTIONAL_SCOPES)


def test_reading_addresses_is_optional() -> None:
    """Slack wants an optional scope in both lists."""
    scopes = made()["oauth_config"]["scopes"]
    assert scopes["bot_optional"] == ["users:read.email"]
    assert scopes["bot"] == [*BOT_SCOPES, "users:read.email"]


def test_addresses_over_http() -> None:
    found = made(public_url="https://bot.example.com/", event_path="/in")
    settings = found["settings"]
    assert settings["event_subscriptions"]["request_url"] == "https://bot.example.com/in"
    assert settings["interactivity"]["request_url"] == "https://bot.example.com/in"
    assert {each["url"] for each in found["features"]["slash_commands"]} == {
        "https://bot.example.com/in"
    }
    assert settings["socket_mode_enabled"] is False
    assert "https://EXAMPLE/slack/events" in str(made())


def test_no_address_in_socket_mode() -> None:
    found = made(transport="socket")
    assert found["settings"]["socket_mode_enabled"] is True
    assert found["settings"]["interactivity"] == {"is_enabled": True}
    assert "url" not in str(found)
