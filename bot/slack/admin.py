"""`/boundaries admin`: the policy, changed by text or in a modal."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bot.domain.policy import FIELDS, to_document
from bot.errors import BadInput, NotAllowed
from bot.services.directory import Place
from bot.services.policies import Change
from bot.slack import blocks as kit
from bot.slack.actions import Action
from bot.slack.blocks import Block
from bot.slack.commands import Ask, Said
from bot.slack.modals import opened, told
from bot.slack.surface import Surface
from bot.slack.verbs import whole
from bot.slack.views import Submit, Submitted, values
from bot.words import admin as words
from bot.words.boundaries import DAYS

CHANNEL = re.compile(r"<#([CG][A-Z0-9]+)(?:\|[^>]*)?>")
CHANNEL_ID = re.compile(r"[CG][A-Z0-9]{6,}")
NAMED_ADMINS = 5

Changes = dict[str, object]


def is_admin(surface: Surface, place: Place, user_id: str) -> bool:
    """True for workspace admins and owners, and for people named in the settings."""
    row = place.rows.get(user_id)
    return user_id in surface.admins or (row is not None and row.is_admin)


def require_admin(surface: Surface, place: Place, user_id: str) -> None:
    """Pass for workspace admins and owners, and for people named in the settings.

    Raises:
        NotAllowed: for everybody else; names who may.
    """
    if is_admin(surface, place, user_id):
        return
    admins = {each for each, row in place.rows.items() if row.is_admin and not row.is_deleted}
    asked = sorted(admins | surface.admins)[:NAMED_ADMINS]
    raise NotAllowed(words.not_allowed([kit.user(each) for each in asked]))


def channels_in(text: str) -> list[str]:
    """The ids of the channels named in ``text``, which names nothing else.

    Raises:
        BadInput: there are other words.
    """
    rest = CHANNEL.sub(" ", text).replace(",", " ").split()
    unknown = [word for word in rest if not CHANNEL_ID.fullmatch(word)]
    if unknown:
        raise BadInput(words.not_channels(" ".join(unknown)))
    return [*CHANNEL.findall(text), *rest]


def _same(key: str) -> Callable[[str], Changes]:
    return lambda text: {key: text}


def _quiet_hours(text: str) -> Changes:
    """``20:00-07:00``, ``20:00-07:00 locked``, ``off`` or only ``locked`` or ``advisory``."""
    *hours, last = text.split()
    if last.lower() not in words.LOCKED:
        return {"quiet_hours": text}
    lock: Changes = {"quiet_hours_locked": last}
    return lock | ({"quiet_hours": " ".join(hours)} if hours else {})


def _minutes(key: str) -> Callable[[str], Changes]:
    """A number, with or without its unit."""

    def read(text: str) -> Changes:
        return {key: re.sub(r"\s*min(ute)?s?$", "", text, flags=re.IGNORECASE)}

    return read


def _digest(text: str) -> Changes:
    """``mon 9:00``, or only the day."""
    day, _, time = text.partition(" ")
    changes: Changes = {"digest_day": day}
    return changes | ({"digest_time": time.removeprefix("at ")} if time else {})


def _exempt(text: str) -> Changes:
    if text.lower() in {"none", "off"}:
        return {"exempt_channels": []}
    return {"exempt_channels": channels_in(text)}


@dataclass(frozen=True, slots=True)
class Setting:
    """What can be typed behind ``admin``: a name, an example, and the change it makes."""

    name: str
    example: str
    read: Callable[[str], Changes]


SETTINGS: tuple[Setting, ...] = (
    Setting("default_hours", "mon-fri 9-17:30", _same("default_hours")),
    Setting("quiet_hours", "20:00-07:00 locked", _quiet_hours),
    Setting("mode", "hold", _same("mode")),
    Setting("edge_tolerance", "15", _minutes("edge_tolerance_min")),
    Setting("digest", "mon 9:00", _digest),
    Setting("notices", "6", _same("notices_per_day")),
    Setting("urgent_per_day", "3", _same("urgent_per_day")),
    Setting("urgent_per_week", "5", _same("urgent_per_week")),
    Setting("spread", "5", _minutes("release_spread_min")),
    Setting("large_meeting", "15", _same("large_meeting")),
    Setting("exempt", "#incidents", _exempt),
)


IN_FILE: tuple[Setting, ...] = (
    Setting("quiet_hours_locked", "locked", _same("quiet_hours_locked")),
    Setting("edge_tolerance_min", "15", _minutes("edge_tolerance_min")),
    Setting("digest_day", "mon", _same("digest_day")),
    Setting("digest_time", "9:00", _same("digest_time")),
    Setting("notices_per_day", "6", _same("notices_per_day")),
    Setting("release_spread_min", "5", _minutes("release_spread_min")),
    Setting("exempt_channels", "#incidents", _exempt),
)
"""The same by the names of the configuration file, where those differ."""


def read(text: str) -> Changes:
    """The change typed as ``mode hold``; the keys of the configuration file are known, too.

    Raises:
        BadInput: no such setting, or no value.
    """
    key, _, value = text.partition(" ")
    wanted = key.lower().replace("-", "_")
    known = {setting.name: setting for setting in (*SETTINGS, *IN_FILE)}
    if wanted not in known:
        names = [[setting.name for setting in settings] for settings in (SETTINGS, IN_FILE)]
        raise BadInput(words.unknown_setting(key, *names))
    setting = known[wanted]
    if not value.strip():
        raise BadInput(words.no_value(setting.name, setting.example))
    return setting.read(value.strip())


async def run(ask: Ask, text: str) -> Said:
    """Change one setting, or open the modal with all of them."""
    require_admin(ask.surface, ask.place, ask.user_id)
    if not text:
        decided = await ask.surface.policies.current(ask.workspace_id)
        await opened(ask.surface, ask.trigger_id, modal(to_document(decided.policy)))
        return Said()
    changes = read(text)
    try:
        change = await ask.surface.policies.change(ask.workspace_id, ask.user_id, changes)
    except BadInput as error:
        typed = f"{ask.name} admin {text.partition(' ')[0]}"
        raise type(error)(whole(str(error), typed)) from error
    return Said(_saved(change))


def _saved(change: Change) -> str:
    return words.saved(change.policy.version, change.differences)


def modal(document: Mapping[str, object]) -> Block:
    """Every setting, filled in. Block ids are the keys of the policy document."""
    fields = [
        _text("default_hours", document),
        _text("quiet_hours", document, optional=True),
        _choice("quiet_hours_locked", _lock(document), words.LOCKED),
        _choice("mode", str(document["mode"]), words.MODE_NAMES),
        _text("edge_tolerance_min", document),
        _choice("digest_day", str(document["digest_day"]), DAYS),
        _text("digest_time", document),
        _text("notices_per_day", document),
        _text("urgent_per_day", document),
        _text("urgent_per_week", document),
        _text("release_spread_min", document),
        _text("large_meeting", document),
        _exempt_field(document["exempt_channels"]),
    ]
    return kit.modal("policy_save", words.POLICY_TITLE, fields)


def _lock(document: Mapping[str, object]) -> str:
    return "locked" if document["quiet_hours_locked"] else "advisory"


def _text(key: str, document: Mapping[str, object], *, optional: bool = False) -> Block:
    hint = words.HINTS.get(key, "")
    initial = str(document[key])
    return kit.text_input(key, words.LABELS[key], initial=initial, hint=hint, optional=optional)


def _choice(key: str, chosen: str, names: Mapping[str, str]) -> Block:
    element = {
        "type": "static_select",
        "action_id": "value",
        "options": [kit.option(name, value) for value, name in names.items()],
        "initial_option": kit.option(names[chosen], chosen),
    }
    return kit.field(key, words.LABELS[key], element, hint=words.HINTS.get(key, ""))


def _exempt_field(channel_ids: object) -> Block:
    element: Block = {
        "type": "multi_conversations_select",
        "action_id": "value",
        "filter": {"include": ["public", "private"], "exclude_bot_users": True},
    }
    if channel_ids:
        element["initial_conversations"] = channel_ids
    key = "exempt_channels"
    return kit.field(key, words.LABELS[key], element, hint=words.HINTS[key], optional=True)


async def save(surface: Surface, body: Mapping[str, Any]) -> Submitted:
    """The modal was submitted: each field is read by itself, so that each names its own error."""
    given = {key: value or "" for key, value in values(body).items()}
    given["exempt_channels"] = given["exempt_channels"] or []
    workspace_id, user_id = body["team"]["id"], body["user"]["id"]
    errors = _errors(given)
    if errors:
        return Submitted(errors)
    try:
        require_admin(surface, await surface.directory.installed(workspace_id), user_id)
        change = await surface.policies.change(workspace_id, user_id, given)
    except BadInput as error:
        return Submitted({"default_hours": str(error)})
    return Submitted(view=told(words.SAVED_TITLE, _saved(change)))


def _errors(given: Mapping[str, object]) -> dict[str, str]:
    errors = {}
    for key, value in given.items():
        try:
            FIELDS[key][1](value)
        except BadInput as error:
            errors[key] = str(error)
    return errors


VIEWS: dict[str, Submit] = {"policy_save": save}
ACTIONS: dict[str, Action] = {}
EXAMPLES: Sequence[tuple[str, str]] = (
    ("admin", "opens every setting in one window"),
    *((f"admin {setting.name} {setting.example}", "changes one") for setting in SETTINGS[:3]),
)
