"""`/meet @ana @bo 30m`: times that suit everybody, or cost least, and the buttons under them."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bot.domain.instants import MINUTE_S
from bot.domain.notation import format_weekly
from bot.domain.slots import ROTATION_WEEKS, Slot, window
from bot.errors import BadInput, NotPossible
from bot.services.directory import Place
from bot.services.meeting import Proposed, Wanted
from bot.slack import blocks as kit
from bot.slack.actions import Action, Shown, clicked
from bot.slack.blocks import Block
from bot.slack.commands import Ask, Command, Said
from bot.slack.payloads import GROUP, MENTION
from bot.slack.surface import Surface
from bot.words import meet as words
from bot.words.times import clock, day_clock, wall

HOUR_MIN = 60
USUAL_MIN, SHORTEST_MIN, LONGEST_MIN, STEP_MIN = 30, 15, 480, 5

OPTIONAL = re.compile(r"\boptional(?:ly)?\b", re.IGNORECASE)
WEEKLY = re.compile(r"\b(?:weekly|every week|each week)\b", re.IGNORECASE)
WHEN = re.compile(r"\b(?:today|tomorrow|(?:this|next)\s+week)\b", re.IGNORECASE)
LENGTH = re.compile(
    r"\b(?:(?P<hours>\d{1,3})(?P<half>[.,]5)?\s*(?:hours?|hrs?|h)"
    r"(?:\s*(?P<rest>\d{1,2})(?:\s*(?:minutes?|mins?|m))?)?"
    r"|(?P<minutes>\d{1,4})\s*(?:minutes?|mins?|m))(?!\w)",
    re.IGNORECASE,
)
FILLERS = frozenset({"a", "and", "for", "in", "meeting", "with", "within"})


@dataclass(frozen=True, slots=True)
class Asked:
    """What was typed. ``when`` is one of `slots.DAYS`, empty for no time named."""

    required: tuple[str, ...]
    optional: tuple[str, ...]
    length_min: int
    when: str
    weeks: int

    @property
    def within(self) -> str:
        """The key of `words.RANGES`."""
        return self.when or ("weekly" if self.weeks > 1 else "")


def parse(text: str) -> Asked:
    """``@ana @bo 30m this week weekly optional @cy``, in Slack's escapes and in any order.

    Raises:
        BadInput: a group, two lengths or times, a length that is none, or other words.
    """
    if GROUP.search(text):
        raise BadInput(words.GROUPS)
    needed, _, optional = OPTIONAL.sub("\0", text, count=1).partition("\0")
    rest = OPTIONAL.sub(" ", MENTION.sub(" ", text))
    weeks = ROTATION_WEEKS if WEEKLY.search(rest) else 1
    rest = WEEKLY.sub(" ", rest)
    when = {" ".join(found.lower().split()) for found in WHEN.findall(rest)}
    rest = WHEN.sub(" ", rest)
    lengths = [_minutes(found) for found in LENGTH.finditer(rest)]
    left = [word for word in LENGTH.sub(" ", rest).replace(",", " ").split() if _says(word)]
    if left:
        by_name = left[0].startswith("@")
        raise BadInput(
            words.not_escaped(left[0]) if by_name else words.not_understood(" ".join(left))
        )
    if len(when) > 1:
        raise BadInput(words.TWO_RANGES)
    return Asked(
        required=tuple(MENTION.findall(needed)),
        optional=tuple(MENTION.findall(optional)),
        length_min=_length(lengths),
        when=next(iter(when), ""),
        weeks=weeks,
    )


def _says(word: str) -> bool:
    return word.lower() not in FILLERS


def _minutes(found: re.Match[str]) -> int:
    if found["minutes"]:
        return int(found["minutes"])
    half = HOUR_MIN // 2 if found["half"] else 0
    return int(found["hours"]) * HOUR_MIN + half + int(found["rest"] or 0)


def _length(lengths: Sequence[int]) -> int:
    if len(lengths) > 1:
        raise BadInput(words.TWO_LENGTHS)
    length_min = next(iter(lengths), USUAL_MIN)
    if not SHORTEST_MIN <= length_min <= LONGEST_MIN or length_min % STEP_MIN:
        raise BadInput(words.LENGTH)
    return length_min


async def run(ask: Ask) -> Said:
    """Look for a time; the asker comes too."""
    asked = parse(ask.text)
    wanted = Wanted(
        ask.user_id, asked.required, asked.optional, asked.length_min * MINUTE_S, asked.weeks
    )
    row = ask.place.rows.get(ask.user_id)
    span = window(asked.when, ask.now, row.tz if row else "UTC", asked.weeks)
    found = await ask.surface.meetings.propose(ask.workspace_id, wanted, span)
    length, within = words.length(asked.length_min), words.RANGES[asked.within]
    if not found.slots:
        raise NotPossible(words.too_short(within, length))
    shown = Clocks(ask.surface, ask.place, wanted)
    suits = not found.slots[0].missing
    free_time = len(found.unseen) < len(wanted.everybody)
    title = (
        words.suits(length, asked.weeks)
        if suits
        else words.ranked(length, within, asked.weeks, free_time=free_time)
    )
    lines = [shown.lines(slot) for slot in found.slots]
    notes = _notes(shown, found)
    buttons = [kit.button(words.TAKE, "meet_take", _value(wanted, slot)) for slot in found.slots]
    blocks: list[Block] = [
        kit.section(title),
        *(kit.section(text, accessory=take) for text, take in zip(lines, buttons, strict=True)),
        kit.context(*notes),
    ]
    return Said("\n".join([title, *lines, *notes]), blocks)


def _notes(shown: "Clocks", found: Proposed) -> list[str]:
    """What the slots rest on."""
    notes = []
    if found.assumed:
        hours = format_weekly(shown.place.policy.default_hours)
        notes.append(words.assumed([shown.name(each) for each in found.assumed], hours))
    notes.append(_calendars(shown, found.unseen))
    return notes


def _calendars(shown: "Clocks", unseen: Sequence[str]) -> str:
    """Of whose time only the hours are known."""
    if len(unseen) == len(shown.everybody):
        return words.ONLY_HOURS
    if not unseen:
        return words.FREE_BUSY
    asker_id, *others = shown.everybody
    return words.unseen(
        [shown.name(each) for each in others if each in unseen], own=asker_id in unseen
    )


class Clocks:
    """Slots as everybody's clocks show them, the asker's first."""

    def __init__(self, surface: Surface, place: Place, wanted: Wanted) -> None:
        self.place, self._wanted = place, wanted
        self._now = surface.directory.now()
        self._own_tz = place.rows[wanted.asker_id].tz

    @property
    def everybody(self) -> tuple[str, ...]:
        """The asker first."""
        return self._wanted.everybody

    @property
    def needed(self) -> list[str]:
        """The asker and whoever is required, as they were named."""
        return [each for each in self._wanted.everybody if each in self._wanted.needed]

    def name(self, user_id: str) -> str:
        """Somebody's name as literal mrkdwn."""
        return kit.escaped(self.place.rows[user_id].name)

    def lines(self, slot: Slot) -> str:
        """One slot: when, on whose clock, outside whose hours, and who has something else."""
        start = slot.starts[0]
        end = clock(start + self._wanted.length_s, self._own_tz)
        own = day_clock(start, self._own_tz, self._now)
        if " " not in own:
            own = f"{wall(start, self._own_tz):%a} {own}"
        found = [words.own_clock(own, end, len(slot.starts)), words.clocks(self._others(start))]
        if slot.outside_min:
            outside = [
                (self.name(each), minutes, each not in self._wanted.needed)
                for each, minutes in slot.outside_min.items()
            ]
            found.append(words.outside(outside, len(slot.starts)))
        if slot.busy:
            busy = [(self.name(each), each not in self._wanted.needed) for each in slot.busy]
            found.append(words.not_free(busy, len(slot.starts)))
        if shifted := [
            self.name(each) for each in self._wanted.everybody if self._shifts(each, slot)
        ]:
            found.append(words.shifted(shifted))
        return "\n".join(found)

    def _others(self, start: int) -> list[tuple[str, list[str]]]:
        """What the others' clocks show, the earliest first, with the day where it is another."""
        by_clock: dict[Any, list[str]] = {}
        own_date = wall(start, self._own_tz).date()
        for user_id in self._wanted.everybody[1:]:
            shown = wall(start, self.place.rows[user_id].tz).replace(tzinfo=None)
            by_clock.setdefault(shown, []).append(self.name(user_id))
        return [
            (f"{shown:%H:%M}" if shown.date() == own_date else f"{shown:%a %H:%M}", people)
            for shown, people in sorted(by_clock.items())
        ]

    def _shifts(self, user_id: str, slot: Slot) -> bool:
        tz = self.place.rows[user_id].tz
        return len({clock(start, tz) for start in slot.starts}) > 1


# Buttons


def _value(wanted: Wanted, slot: Slot) -> str:
    """A slot as it goes with a button: who, how long, how often and from when on."""
    people = (",".join(wanted.required), ",".join(wanted.optional))
    return ":".join((str(slot.starts[0]), str(wanted.length_s), str(wanted.weeks), *people))


def _read(body: Mapping[str, Any]) -> tuple[str, Wanted, int]:
    first_at, length_s, weeks, *people = clicked(body).split(":")
    required, optional = (tuple(filter(None, each.split(","))) for each in people)
    asker_id = str(body["user"]["id"])
    wanted = Wanted(asker_id, required, optional, int(length_s), int(weeks))
    return str(body["team"]["id"]), wanted, int(first_at)


async def take(surface: Surface, body: Mapping[str, Any]) -> Shown:
    """*Take this one*: the time for everybody, and on record whom it costs what."""
    workspace_id, wanted, first_at = _read(body)
    slot = await surface.meetings.take(workspace_id, wanted, first_at)
    shown = Clocks(surface, surface.directory.loaded(workspace_id), wanted)
    title = words.chosen(words.length(wanted.length_s // MINUTE_S))
    lines = [title, shown.lines(slot)]
    payers = [shown.name(each) for each in shown.needed if each in slot.outside_min]
    if payers:
        lines.append(words.noted(payers))
    lines.append(words.NOTHING_SENT)
    text = "\n".join(lines)
    undo = kit.button(words.GIVE_BACK, "meet_give_back", clicked(body))
    return Shown(text, (kit.section(text), kit.actions("meet", undo)))


async def give_back(surface: Surface, body: Mapping[str, Any]) -> Shown:
    """*Not this one after all*: nothing stays on record."""
    await surface.meetings.give_back(*_read(body))
    return Shown(surface.named(words.GIVEN_BACK))


ACTIONS: dict[str, Action] = {"meet_take": take, "meet_give_back": give_back}

COMMAND = Command("meet", words.SUMMARY, words.USAGE, words.EXAMPLES, run)
