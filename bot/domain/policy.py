"""What an organisation decided, as one versioned document."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any

from bot.domain import notation
from bot.domain.schedule import QuietWindow, WeeklyHours
from bot.errors import BadInput


class Mode(StrEnum):
    """How far the bot goes: write down, tell the author, or suggest holding first."""

    OBSERVE = "observe"
    FLAG = "flag"
    HOLD = "hold"


LONGEST_NUMBER = 6
"""Digits; more are not read at all."""

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


@dataclass(frozen=True, slots=True)
class Policy:
    """The rules of one workspace.

    Attributes:
        version: 0 before anything was decided, then counting up.
        default_hours: for people who follow the organisation's hours.
        quiet_hours: organisation quiet hours, on every day of the week.
        quiet_hours_locked: True when only an exception opens them.
        mode: how far the bot goes.
        edge_tolerance_min: minutes around opening and closing that are let pass.
        digest_weekday: 0 is Monday; in each team's own zone.
        digest_minute: minutes after local midnight.
        notices_per_day: at most so many flags for one author and UTC day.
        urgent_per_day: at most so many urgent messages of one author and UTC day.
        urgent_per_week: urgent messages that reach one team in an ISO week before its budget is
            used up; 0 for no budget.
        release_spread_min: what several people held for one reader is delivered over so many
            minutes from the opening on; 0 delivers all of it at once.
        large_meeting: a meeting of more people than this is flagged and never answered.
        exempt_channels: channel ids where nothing is flagged, an incident room for example.
    """

    version: int = 0
    default_hours: WeeklyHours = field(
        default_factory=lambda: notation.parse_weekly("mon-fri 9-18")
    )
    quiet_hours: tuple[QuietWindow, ...] = ()
    quiet_hours_locked: bool = False
    mode: Mode = Mode.FLAG
    edge_tolerance_min: int = 15
    digest_weekday: int = 0
    digest_minute: int = 9 * 60
    notices_per_day: int = 6
    urgent_per_day: int = 3
    urgent_per_week: int = 5
    exempt_channels: frozenset[str] = frozenset()
    release_spread_min: int = 5
    large_meeting: int = 15


Document = Mapping[str, object]
"""A policy as people write it, in YAML, in a Slack modal or in the database."""


def _clock(minute: int) -> str:
    return f"{minute // 60:02d}:{minute % 60:02d}"


def to_document(policy: Policy) -> dict[str, object]:
    """The policy in the words of `config.example.yaml`, without its version."""
    quiet = [
        _clock(w.interval.start_min) + "-" + _clock(w.interval.end_min % 1440)
        for w in policy.quiet_hours[:1]
    ]
    return {
        "default_hours": notation.format_weekly(policy.default_hours),
        "quiet_hours": quiet[0] if quiet else "",
        "quiet_hours_locked": policy.quiet_hours_locked,
        "mode": policy.mode.value,
        "edge_tolerance_min": policy.edge_tolerance_min,
        "digest_day": WEEKDAYS[policy.digest_weekday],
        "digest_time": _clock(policy.digest_minute),
        "notices_per_day": policy.notices_per_day,
        "urgent_per_day": policy.urgent_per_day,
        "urgent_per_week": policy.urgent_per_week,
        "exempt_channels": sorted(policy.exempt_channels),
        "release_spread_min": policy.release_spread_min,
        "large_meeting": policy.large_meeting,
    }


def _hours(value: object) -> WeeklyHours:
    return notation.parse_weekly(str(value))


def _quiet(value: object) -> tuple[QuietWindow, ...]:
    text = str(value).strip()
    if text.lower() in {"", "none", "off"}:
        return ()
    return (notation.parse_quiet_window(f"every day {text}"),)


def _mode(value: object) -> Mode:
    try:
        return Mode(str(value).strip().lower())
    except ValueError:
        raise BadInput(f"“{value}” is not a mode. Use `observe`, `flag` or `hold`.") from None


def _flag(value: object) -> bool:
    words = {
        "true": True,
        "yes": True,
        "on": True,
        "locked": True,
        "false": False,
        "no": False,
        "off": False,
        "advisory": False,
    }
    try:
        return words[str(value).strip().lower()]
    except KeyError:
        raise BadInput(f"“{value}” is neither `locked` nor `advisory`.") from None


def _number(least: int, most: int, unit: str) -> Callable[[object], int]:
    def parse(value: object) -> int:
        text = str(value).strip()
        if not text.isdecimal() or len(text) > LONGEST_NUMBER or not least <= int(text) <= most:
            raise BadInput(f"“{value}” is not a number of {unit} from {least} to {most}.")
        return int(text)

    return parse


def _weekday(value: object) -> int:
    name = str(value).strip().lower()[:3]
    if name not in WEEKDAYS:
        raise BadInput(f"“{value}” is not a day of the week. Try `mon`.")
    return WEEKDAYS.index(name)


def _time(value: object) -> int:
    return notation.parse_time(str(value))


def _channels(value: object) -> frozenset[str]:
    if isinstance(value, str):
        return frozenset(value.replace(",", " ").split())
    if isinstance(value, list | tuple | set | frozenset):
        return frozenset(str(channel_id) for channel_id in value)
    raise BadInput("`exempt_channels` is a list of channel ids, such as `[C0123ABCD]`.")


FIELDS: Mapping[str, tuple[str, Callable[[object], object]]] = {
    "default_hours": ("default_hours", _hours),
    "quiet_hours": ("quiet_hours", _quiet),
    "quiet_hours_locked": ("quiet_hours_locked", _flag),
    "mode": ("mode", _mode),
    "edge_tolerance_min": ("edge_tolerance_min", _number(0, 120, "minutes")),
    "digest_day": ("digest_weekday", _weekday),
    "digest_time": ("digest_minute", _time),
    "notices_per_day": ("notices_per_day", _number(0, 50, "notices")),
    "urgent_per_day": ("urgent_per_day", _number(1, 50, "messages")),
    "urgent_per_week": ("urgent_per_week", _number(0, 200, "messages")),
    "exempt_channels": ("exempt_channels", _channels),
    "release_spread_min": ("release_spread_min", _number(0, 60, "minutes")),
    "large_meeting": ("large_meeting", _number(2, 500, "people")),
}
"""Key of the document, attribute of `Policy`, and how the value is read."""


def changed(policy: Policy, document: Document) -> Policy:
    """``policy`` with the keys of ``document`` replaced; the version stays.

    Raises:
        BadInput: an unknown key or a value that was not understood, naming the key.
    """
    values: dict[str, Any] = {}
    for key, value in document.items():
        if key not in FIELDS:
            raise BadInput(f"“{key}” is not part of a policy. Known: {', '.join(FIELDS)}.")
        attribute, parse = FIELDS[key]
        try:
            values[attribute] = parse(value)
        except BadInput as error:
            raise BadInput(f"{key}: {error}") from error
    return replace(policy, **values)
