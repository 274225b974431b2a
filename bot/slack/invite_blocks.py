"""Meetings outside hours, as Slack messages."""

from collections.abc import Sequence
from dataclasses import replace

from bot.domain.instants import MINUTE_S
from bot.domain.invite_notices import (
    CalendarLost,
    InviteLifted,
    InviteNotAnswered,
    InviteTold,
    InviteUnclear,
    MeetingTold,
    OutsidePerson,
    Rhythm,
    SlotTold,
    TimesProposed,
    plan_key,
)
from bot.domain.slots import WANTED
from bot.slack import blocks as kit
from bot.slack.blocks import Block
from bot.words import calendars as calendar_words
from bot.words import invites as words

EVENTS_SHOWN = 5
PEOPLE_SHOWN = 8
TITLE_CHARACTERS = 100

PICK_IDS = tuple(f"better_time_{number}" for number in range(1, WANTED + 1))
"""Within a row of buttons no two may have the same action id."""

Rendered = tuple[str, list[Block]]
"""Fallback text and blocks."""


def literal(text: str) -> str:
    """A title or a name inside a sentence: one line, not too long, and nothing but text."""
    plain = " ".join(text.replace("*", " ").split())
    return kit.escaped(kit.clipped(plain, TITLE_CHARACTERS))


def told(notice: InviteTold) -> Rendered:
    """What the owner reads, with its buttons."""
    if notice.is_over:
        return over(notice)
    text = f"{_about(notice)}. {_done(notice)}"
    if not notice.takes_answers:
        text = f"{text} {words.NO_REPLIES}"
    small = [words.ONLY_YOU]
    if notice.organizer_is_told:
        small.append(words.organizer_is_told(literal(notice.meeting.organizer)))
    if notice.held or notice.declined:
        small.append(words.UNDO_NOTE)
    return text, [
        kit.section(text),
        kit.actions("invite", *_buttons(notice)),
        kit.context(*small),
    ]


def over(notice: InviteTold) -> Rendered:
    """The line to an owner for whom something was answered that has begun before they were back."""
    once = replace(notice.meeting, rhythm=Rhythm.ONCE)
    text = words.over(_headline(once, notice.tz), notice.held, notice.declined)
    return text, [kit.section(text), kit.context(words.ONLY_YOU)]


def not_answered(notice: InviteNotAnswered) -> Rendered:
    """The line to an owner whose answer the server did not take."""
    text = words.not_answered(_headline(notice.meeting, notice.tz), notice.wanted)
    return text, [kit.section(text), kit.context(words.ONLY_YOU)]


def _headline(meeting: MeetingTold, tz: str) -> str:
    return words.headline(
        literal(meeting.title),
        literal(meeting.organizer),
        _span(meeting, tz),
        meeting.rhythm.value,
    )


def _about(notice: InviteTold) -> str:
    meeting = notice.meeting
    head = _headline(meeting, notice.tz)
    if meeting.rhythm is not Rhythm.ONCE:
        return f"{head}: {words.outside_often(meeting.concerned, meeting.ahead)}"
    length_min = (meeting.end_at - meeting.start_at) // MINUTE_S
    return f"{head}: {words.outside(notice.outside_min, length_min)}"


def _done(notice: InviteTold) -> str:
    return words.done(notice.held, notice.declined, notice.flagged, notice.under_way)


def _span(meeting: MeetingTold, tz: str) -> str:
    return words.span(meeting.start_at, meeting.end_at, tz, is_all_day=meeting.is_all_day)


def _buttons(notice: InviteTold) -> list[Block]:
    """What can be done, by what was done."""
    key = plan_key(notice.uid, notice.series_at)
    is_answered = bool(notice.held or notice.declined)
    answers = notice.takes_answers
    wanted = [
        (answers, words.ACCEPT, "invite_accept"),
        (answers and not notice.declined, words.DECLINE, "invite_decline"),
        (answers and not is_answered, words.HOLD, "invite_hold"),
        (is_answered, words.UNDO, "invite_undo"),
        (True, words.LEAVE, "invite_leave"),
    ]
    return [kit.button(text, action_id, key) for shown, text, action_id in wanted if shown]


def lifted(notice: InviteLifted) -> Rendered:
    """The line to an owner whose meeting was moved into their hours."""
    when = _span(notice.meeting, notice.tz)
    text = words.lifted(literal(notice.meeting.title), when, notice.taken_back.value)
    return text, [kit.section(text)]


def unclear(notice: InviteUnclear) -> Rendered:
    """The events that were not judged."""
    events = [
        (literal(each.title), literal(each.organizer), each.why)
        for each in notice.events[:EVENTS_SHOWN]
    ]
    text = words.unclear(events, len(notice.events) - len(events))
    return text, [kit.section(text), kit.context(words.UNCLEAR_NOTE)]


def lost(notice: CalendarLost) -> Rendered:
    """The line to somebody whose calendar can no longer be read."""
    text = calendar_words.lost(notice.provider)
    return text, [kit.section(text)]


def proposed(notice: TimesProposed) -> Rendered:
    """What the organiser reads, with better times as buttons."""
    head = _outside(notice)
    lines = [f"• {_person(each, notice.meeting)}" for each in notice.people[:PEOPLE_SHOWN]]
    parts = ["\n".join([head, *lines]), _slots(notice)]
    notes = [words.ORGANIZER_NOTE]
    if notice.own_hours_assumed:
        notes.append(words.OWN_HOURS_ASSUMED)
    return "\n".join(parts), [
        *(kit.section(part) for part in parts),
        kit.actions("better_times", *_slot_buttons(notice)),
        kit.context(*notes),
    ]


def _outside(notice: TimesProposed) -> str:
    meeting = notice.meeting
    head = words.headline(
        literal(meeting.title), "", _span(meeting, notice.tz), meeting.rhythm.value
    )
    return f"{head}: {words.outside_hours_of([literal(each.name) for each in notice.people])}"


def _person(person: OutsidePerson, meeting: MeetingTold) -> str:
    line = words.outside_line(
        literal(person.name),
        person.tz,
        person.start_at,
        person.outside_at,
        person.reason,
        kit.escaped(person.label),
    )
    if meeting.rhythm is not Rhythm.ONCE:
        line += f", {words.often(person.concerned, meeting.ahead)}"
    answered = words.ANSWERED.get(person.answer)
    return f"{line}. {answered}." if answered else f"{line}."


def _slots(notice: TimesProposed) -> str:
    if not notice.slots:
        return words.NOTHING_BETTER
    if notice.slots[0].suits_all:
        return words.SUITS
    lines = [
        words.slot_cost(
            slot_at(each.start_at, notice.tz, notice.weeks),
            [(literal(name), minutes) for name, minutes in each.outside_min],
            [literal(name) for name in each.not_free],
        )
        for each in notice.slots
    ]
    return "\n".join([words.COSTS, *(f"• {line}" for line in lines)])


def slot_at(start_at: int, tz: str, weeks: int) -> str:
    """A time as it is proposed: ``Tue 27 Oct 10:00``, or ``Tuesdays 10:00``."""
    return words.weekly(start_at, tz) if weeks > 1 else words.slot(start_at, tz)


def _slot_buttons(notice: TimesProposed) -> Sequence[Block]:
    key = plan_key(notice.uid, notice.series_at)

    def take(index: int, slot: SlotTold) -> Block:
        text = slot_at(slot.start_at, notice.tz, notice.weeks)
        return kit.button(text, PICK_IDS[index], f"{key}:{slot.start_at}:{notice.weeks}")

    times = [take(index, slot) for index, slot in enumerate(notice.slots)]
    return [*times, kit.button(words.LEAVE, "better_times_leave", key)]
