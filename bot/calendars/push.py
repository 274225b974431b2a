"""What calendar servers send when something changed, read without trusting any of it.

A push says only *that* a calendar changed; what changed is then read from the server. Whoever
receives one looks up the channel, compares the secret in constant time, and answers at once:
Google's channels by the headers of an empty POST, Microsoft Graph's subscriptions by a JSON body
that may mix several of them, and, when a subscription is made, by a handshake in the query.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from urllib.parse import parse_qs

import msgspec

MOST_BYTES = 256 * 1024
"""Of a body; a thousand notifications of Graph need less."""

MOST_PUSHES = 1_000
LONGEST_WORD = 512
"""Of a channel id or secret; vendors allow 64 to 256 characters."""

LONGEST_TOKEN = 4_096
"""Of a validation token, which is sent back as it came."""


class PushKind(StrEnum):
    """What a server says about a channel."""

    CHANGED = "changed"
    OPENED = "opened"
    """The channel works from now on; nothing changed."""
    MISSED = "missed"
    """Some pushes were lost: sync now."""
    REMOVED = "removed"
    """The server ended the channel: make another."""
    REAUTHORIZE = "reauthorize"
    """The permission ends soon: refresh it and make another channel."""


@dataclass(frozen=True, slots=True)
class Push:
    """One thing said about one channel.

    Attributes:
        resource_id: `base.Channel.resource_id`.
        secret: `base.Watch.secret` if this is genuine; compare it in constant time.
        channel_id: `base.Channel.channel_id`; ``""`` where the server does not repeat it (Graph).
    """

    resource_id: str
    secret: str
    kind: PushKind
    channel_id: str = ""


GOOGLE_STATES = {
    "sync": PushKind.OPENED,
    "exists": PushKind.CHANGED,
    "not_exists": PushKind.CHANGED,
}
GRAPH_LIFECYCLE = {
    "missed": PushKind.MISSED,
    "subscriptionRemoved": PushKind.REMOVED,
    "reauthorizationRequired": PushKind.REAUTHORIZE,
}


def google_push(headers: Mapping[str, str]) -> Push | None:
    """The push in the headers of a POST; None when they are not those of a channel.

    Args:
        headers: looked up in lower case, so a mapping that knows no case or lower-case names.
    """
    channel_id = headers.get("x-goog-channel-id", "")
    resource_id = headers.get("x-goog-resource-id", "")
    secret = headers.get("x-goog-channel-token", "")
    kind = GOOGLE_STATES.get(headers.get("x-goog-resource-state", ""))
    words = (channel_id, resource_id, secret)
    if kind is None or not all(words) or max(map(len, words)) > LONGEST_WORD:
        return None
    return Push(resource_id, secret, kind, channel_id)


def validation_token(query: str) -> str | None:
    """The token of Graph's handshake, decoded; None when the query has none.

    It goes back within ten seconds as it is, with status 200 and as ``text/plain``: whoever asks
    chose it, so it must never be answered as HTML.

    Args:
        query: the raw query string, without the question mark.
    """
    if len(query) > LONGEST_TOKEN:
        return None
    try:
        tokens = parse_qs(query, max_num_fields=20).get("validationToken", [])
    except ValueError:
        return None
    return tokens[0] if len(tokens) == 1 else None


class _Notification(msgspec.Struct, rename="camel"):
    subscription_id: str
    client_state: str | None = None
    lifecycle_event: str | None = None


class _Notifications(msgspec.Struct):
    value: list[_Notification]


_decoder = msgspec.json.Decoder(_Notifications)


def graph_pushes(body: bytes) -> list[Push]:
    """The pushes in a body of Graph's, of either URL; empty when it is nothing of the kind.

    A change and its repetition are one push. What the changes were is not read: several may stand
    for one event, and the sync finds them all.
    """
    if len(body) > MOST_BYTES:
        return []
    try:
        items = _decoder.decode(body).value
    except (msgspec.DecodeError, RecursionError):
        return []
    pushes = {
        Push(item.subscription_id, item.client_state, kind)
        for item in items[:MOST_PUSHES]
        if (kind := _kind(item)) is not None
        and item.subscription_id
        and item.client_state
        and max(len(item.subscription_id), len(item.client_state)) <= LONGEST_WORD
    }
    return sorted(pushes, key=lambda push: (push.resource_id, push.kind, push.secret))


def _kind(item: _Notification) -> PushKind | None:
    """None for a lifecycle event that is not known."""
    if not item.lifecycle_event:
        return PushKind.CHANGED
    return GRAPH_LIFECYCLE.get(item.lifecycle_event)
