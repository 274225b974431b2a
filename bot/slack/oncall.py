"""`/boundaries oncall`: who is on call for a team, a week each."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from bot.errors import BadInput
from bot.services.oncall import Duty
from bot.slack import blocks as kit
from bot.slack.admin import is_admin
from bot.slack.commands import Ask, Said
from bot.slack.payloads import GROUP, MENTION
from bot.words import oncall as words
from bot.words.times import two_clocks

START = re.compile(r"\bfrom\b\s*(\S*)", re.IGNORECASE)
FILLERS = frozenset({"and", ","})
OFF = "off"


@dataclass(frozen=True, slots=True)
class Asked:
    """What was typed: a team, and what to do with its rotation.

    Nothing of ``user_ids`` and ``off`` means to show it.
    """

    team_id: str
    user_ids: tuple[str, ...] = ()
    starts_on: date | None = None
    off: bool = False


def parse(text: str) -> Asked:
    """``@ops @ana @bo from 2026-11-02``, ``@ops off`` or ``@ops``, in Slack's escapes.

    Raises:
        BadInput: no team or several, a date that is none, or other words.
    """
    groups, people, starts = GROUP.findall(text), MENTION.findall(text), START.findall(text)
    rest = text
    for pattern in (GROUP, MENTION, START):
        rest = pattern.sub(" ", rest)
    left = [word for word in rest.replace(",", " ").split() if word.lower() not in FILLERS]
    off = [word for word in left if word.lower() == OFF]
    unknown = [word for word in left if word.lower() != OFF]
    if unknown:
        raise BadInput(words.not_understood(" ".join(unknown)))
    if len(groups) != 1:
        raise BadInput(words.WHICH_TEAM)
    if starts and not people:
        raise BadInput(words.not_understood(f"from {starts[0]}".strip()))
    if off and people:
        raise BadInput(words.NOBODY_TO_END)
    return Asked(groups[0], tuple(people), _date(starts), bool(off))


def _date(starts: Sequence[str]) -> date | None:
    if not starts:
        return None
    try:
        return date.fromisoformat(starts[0])
    except ValueError:
        raise BadInput(words.not_a_date(starts[0])) from None


async def run(ask: Ask, text: str) -> Said:
    """Show, set or end a rotation; alone it shows every one."""
    oncall = ask.surface.oncall
    if not text:
        duties = await oncall.duties(ask.workspace_id)
        return Said("\n".join(_line(ask, each) for each in duties) or words.NONE)
    asked = parse(text)
    may = is_admin(ask.surface, ask.place, ask.user_id)
    if asked.off:
        team = await oncall.remove(ask.workspace_id, ask.user_id, asked.team_id, is_admin=may)
        return Said(words.ended(kit.escaped(team.name)))
    if asked.user_ids:
        duty = await oncall.save(
            ask.workspace_id,
            ask.user_id,
            asked.team_id,
            asked.user_ids,
            asked.starts_on,
            is_admin=may,
        )
        return Said("\n".join((_line(ask, duty), _order(duty), words.MEANS)))
    found = await oncall.duty(ask.workspace_id, asked.team_id)
    if found is None:
        return Said(words.none_for(f"<!subteam^{asked.team_id}>"))
    return Said(f"{_line(ask, found)}\n{_order(found)}")


def _line(ask: Ask, duty: Duty) -> str:
    row = ask.place.rows.get(ask.user_id)
    own_tz = row.tz if row else duty.team.tz
    when = two_clocks(duty.until_at, duty.team.tz, own_tz, ask.now, "team time")
    team = kit.escaped(duty.team.name)
    next_one = kit.user(duty.next_id) if duty.next_id else ""
    if duty.user_id is None:
        return words.not_begun(team, next_one, when)
    then = next_one if duty.next_id != duty.user_id else ""
    return words.duty(team, kit.user(duty.user_id), when, then)


def _order(duty: Duty) -> str:
    return words.order([kit.user(each) for each in duty.rota.user_ids])
