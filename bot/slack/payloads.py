"""What is read of a Slack event, and nothing more."""

from collections.abc import Iterator
from re import compile as pattern
from typing import Any

import msgspec

from bot.domain.contact import Message

HUMAN_SUBTYPES = frozenset({None, "file_share", "thread_broadcast", "me_message"})
"""Subtypes that are somebody's message. An unknown subtype is not."""

BOT_SUBTYPES = frozenset({None, "bot_message", "file_share"})

SLACKBOT = "USLACKBOT"
"""Slack's own bot, which has no bot_id."""

TS_DIGITS = 11
"""Whole seconds of a message id; ten until the year 2286."""

MENTION = pattern(r"<@([UW][A-Z0-9]+)(?:\|[^>]*)?>")
GROUP = pattern(r"<!subteam\^(S[A-Z0-9]+)(?:\|[^>]*)?>")
BROADCAST = pattern(r"<!(here|channel|everyone)(?:\|[^>]*)?>")
CODE = pattern(r"```.*?```|`[^`\n]*`")


class Element(msgspec.Struct):
    """A rich text element or block, at any depth. ``style`` is an object in text, else anything."""

    type: str = ""
    elements: list["Element"] = []
    user_id: str = ""
    usergroup_id: str = ""
    range: str = ""
    style: Any = None


class Event(msgspec.Struct):
    """A message event, as far as it is needed to see whom it reaches."""

    subtype: str | None = None
    hidden: bool = False
    channel: str | None = None
    channel_type: str | None = None
    user: str | None = None
    text: str | None = None
    ts: str | None = None
    thread_ts: str | None = None
    parent_user_id: str | None = None
    bot_id: str | None = None
    app_id: str | None = None
    user_team: str | None = None
    source_team: str | None = None
    blocks: msgspec.Raw = msgspec.Raw()


class Envelope(msgspec.Struct):
    """The outer JSON of an Events API request."""

    type: str = ""
    team_id: str | None = None
    api_app_id: str | None = None
    event_id: str | None = None
    event_context: str | None = None
    minute_rate_limited: Any = None
    authorizations: msgspec.Raw = msgspec.Raw()
    event: msgspec.Raw = msgspec.Raw()


class Authorization(msgspec.Struct):
    """An installation of the app that may see the event; Slack names one of them."""

    enterprise_id: str | None = None
    team_id: str | None = None
    user_id: str | None = None
    is_bot: bool = False


class EventType(msgspec.Struct):
    """Only the type of the inner event."""

    type: str = ""


_envelope = msgspec.json.Decoder(Envelope)
_event_type = msgspec.json.Decoder(EventType)
_event = msgspec.json.Decoder(Event)
_authorizations = msgspec.json.Decoder(list[Authorization] | None)


def message_of(event: Event, outer: Envelope) -> Message | None:
    """The message a ``message`` event is about; None when there is nothing to judge.

    Edits, joins, unknown subtypes and this app's own posts are nothing to judge. A message of a
    bot or workflow is, when it mentions somebody.
    """
    seen_by = authorization(outer)
    # In a conversation shared with another organisation the outer id may be theirs.
    workspace_id = seen_by.team_id or outer.team_id
    from_bot = _is_from_bot(event)
    if not workspace_id or not event.channel or not event.ts or not _is_instant(event.ts):
        return None
    if event.hidden or not (_is_of_bot(event, outer) if from_bot else _is_of_person(event)):
        return None
    mentions, groups, broadcast = mentioned(event)
    if from_bot and not (mentions or groups):
        return None
    author_team = event.user_team or event.source_team or workspace_id
    return Message(
        workspace_id=workspace_id,
        channel_id=event.channel,
        channel_type=event.channel_type or "channel",
        ts=event.ts,
        author_id=event.user or event.bot_id or "",
        thread_ts=event.thread_ts,
        parent_author_id=event.parent_user_id,
        mentions=mentions,
        groups=groups,
        broadcast=broadcast,
        from_bot=from_bot,
        event_context=outer.event_context or "",
        seen_by_id="" if seen_by.is_bot else seen_by.user_id or "",
        from_elsewhere=author_team not in {workspace_id, seen_by.enterprise_id},
    )


def _is_instant(ts: str) -> bool:
    whole, _, _ = ts.partition(".")
    return whole.isascii() and whole.isdecimal() and len(whole) <= TS_DIGITS


def _is_from_bot(event: Event) -> bool:
    has_bot = event.bot_id is not None or event.subtype == "bot_message"
    return has_bot or event.user == SLACKBOT


def _is_of_person(event: Event) -> bool:
    return event.subtype in HUMAN_SUBTYPES and bool(event.user)


def _is_of_bot(event: Event, outer: Envelope) -> bool:
    """True for a message of a bot or workflow other than this app."""
    own = event.app_id is not None and event.app_id == outer.api_app_id
    return event.subtype in BOT_SUBTYPES and not own


def mentioned(event: Event) -> tuple[tuple[str, ...], tuple[str, ...], str | None]:
    """People, user groups and the broadcast a message mentions, outside code.

    Rich text is the truth where there is any; ``text`` serves messages without it, such as
    ``/me`` and most bots.
    """
    blocks = _rich_text(event.blocks)
    if blocks is None:
        text = CODE.sub("", event.text or "")
        broadcasts = BROADCAST.findall(text)
        return (
            tuple(dict.fromkeys(MENTION.findall(text))),
            tuple(dict.fromkeys(GROUP.findall(text))),
            broadcasts[0] if broadcasts else None,
        )
    users: dict[str, None] = {}
    groups: dict[str, None] = {}
    broadcast: str | None = None
    for element in _walk(blocks):
        if element.type == "user" and element.user_id:
            users[element.user_id] = None
        elif element.type == "usergroup" and element.usergroup_id:
            groups[element.usergroup_id] = None
        elif element.type == "broadcast":
            broadcast = broadcast or element.range or None
    return tuple(users), tuple(groups), broadcast


def _rich_text(raw: msgspec.Raw) -> list[Element] | None:
    """The rich text blocks; None when there are none or they are not what Slack documents."""
    if not raw:
        return None
    try:
        blocks = msgspec.json.decode(raw, type=list[Element] | None)
    except (msgspec.MsgspecError, RecursionError):
        return None
    found = [block for block in blocks or () if block.type == "rich_text"]
    return found or None


def _walk(elements: list[Element]) -> Iterator[Element]:
    for element in elements:
        if element.type == "rich_text_preformatted" or _is_code(element):
            continue
        yield element
        yield from _walk(element.elements)


def _is_code(element: Element) -> bool:
    return isinstance(element.style, dict) and bool(element.style.get("code"))


def envelope(body: bytes) -> Envelope:
    """The outer JSON.

    Raises:
        msgspec.MsgspecError: not JSON, not UTF-8, or not an object with these fields.
    """
    return _envelope.decode(body)


def authorization(outer: Envelope) -> Authorization:
    """The installation Slack names; an empty one when it names none."""
    if not outer.authorizations:
        return Authorization()
    try:
        found = _authorizations.decode(outer.authorizations)
    except (msgspec.MsgspecError, RecursionError):
        return Authorization()
    return found[0] if found else Authorization()


def inner_type(outer: Envelope) -> str:
    """The type of the inner event, empty when there is none."""
    try:
        return _event_type.decode(outer.event).type
    except (msgspec.MsgspecError, RecursionError):
        return ""


def event(outer: Envelope) -> Event | None:
    """The inner event; None when its fields are of other types than Slack documents."""
    try:
        return _event.decode(outer.event)
    except (msgspec.MsgspecError, RecursionError):
        return None
