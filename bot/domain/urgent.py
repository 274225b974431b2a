"""What cannot wait: who is told, what they read, and what they say of it next morning.

Like the other notices these hold ids, instants and names. Only `UrgentCall` holds somebody's
words; it is built at the moment it is said and is never a row.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from enum import StrEnum

from bot.domain.availability import State, Timeline
from bot.domain.instants import local, start_instant
from bot.domain.rota import Rota


class Sound(StrEnum):
    """What became of telling somebody.

    ``AS_SET`` arrives as their own settings have it, ``RANG`` ended the snooze this app had set,
    ``SILENT`` lies there until they are back, ``NOT_TOLD`` was refused by Slack.
    """

    AS_SET = "as_set"
    RANG = "rang"
    SILENT = "silent"
    NOT_TOLD = "not_told"


class WasUrgent(StrEnum):
    """What whoever was told says of it afterwards."""

    URGENT = "urgent"
    WAITED = "waited"


@dataclass(frozen=True, slots=True)
class Shift:
    """Somebody on call for a team, until the handover at ``until_at``."""

    user_id: str
    team_id: str
    until_at: int


@dataclass(frozen=True, slots=True)
class UrgentCall:
    """Said at once to one person: this cannot wait.

    ``line`` is what the author added, as plain text. ``for_ids`` are whom the message had
    reached, and ``team_name`` the team somebody is on call for; both are empty when the message
    was for the reader. ``permalink`` is empty where the app cannot see the conversation.
    """

    author_id: str
    reason: str
    permalink: str
    line: str = ""
    for_ids: tuple[str, ...] = ()
    team_name: str = ""


@dataclass(frozen=True, slots=True)
class Told:
    """Somebody who was told, or could not be.

    ``team_name`` and ``until_at`` are set when they were told because they are on call;
    ``opens_at`` is when they are back, in ``tz``; ``code`` is Slack's error.
    """

    user_id: str
    name: str
    tz: str
    sound: Sound
    opens_at: int | None = None
    team_name: str = ""
    until_at: int | None = None
    code: str = ""


@dataclass(frozen=True, slots=True)
class UrgentTold:
    """Told to an author only: who was told, and whether it rang.

    While it waits as a row it only says of whom it is; it is filled in when it is said.
    """

    author_id: str
    author_tz: str = "UTC"
    at: int = 0
    people: tuple[Told, ...] = ()


@dataclass(frozen=True, slots=True)
class AskedMessage:
    """One urgent message that somebody is asked about; ``marker`` names it among theirs."""

    marker: str
    author_id: str
    reason: str
    at: int
    permalink: str


@dataclass(frozen=True, slots=True)
class VerdictAsked:
    """Asked on the next working morning: was it urgent, or could it have waited?

    While it waits as a row it only says whom; it is filled in when it is said.
    """

    reader_id: str
    reader_tz: str = "UTC"
    messages: tuple[AskedMessage, ...] = ()


def shifts_over(
    rotas: Sequence[Rota], groups: Mapping[str, Collection[str]], user_id: str, at: int
) -> list[Shift]:
    """Who is on call at ``at`` for the teams somebody is in; ``groups`` are members by team."""
    return [
        Shift(on_call, rota.team_id, rota.ends_at(at))
        for rota in rotas
        if user_id in groups.get(rota.team_id, ()) and (on_call := rota.on_call(at)) is not None
    ]


def told_instead(
    shifts: Sequence[Shift], user_id: str, unavailable: Collection[str]
) -> Shift | None:
    """Who is told what is urgent for ``user_id``; None when it is they themselves.

    ``unavailable`` are those who cannot be told instead of them, the author for one.
    """
    for shift in shifts:
        if shift.user_id == user_id:
            return None
        if shift.user_id not in unavailable:
            return shift
    return None


def next_morning(timeline: Timeline, tz: str, at: int) -> int | None:
    """When somebody who was told at ``at`` is asked what they think of it.

    Their next opening; for somebody at work, the first one from the next day on. None when they
    do not open within 400 days.
    """
    if timeline.state_at(at) is not State.WORKING:
        return timeline.next_open(at)
    tomorrow = local(at, tz).date() + timedelta(days=1)
    return timeline.next_open(start_instant(datetime.combine(tomorrow, time()), tz))
