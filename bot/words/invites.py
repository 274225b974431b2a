"""Meetings outside hours: what their owner, their organiser and the calendar's server are told.

Titles and names come escaped where they go to Slack. Comments go into calendars, as plain text.
"""

from collections.abc import Sequence

from bot.words.flag import off_because
from bot.words.meet import short
from bot.words.times import clock, names, wall

NO_TITLE = "A meeting"
SOMEBODY = "somebody"

ACCEPT = "Accept"
DECLINE = "Decline"
HOLD = "Answer tentative"
UNDO = "Undo"
LEAVE = "Leave it"

RHYTHMS = {"weekly": "every week", "other": "a series"}


def span(start_at: int, end_at: int, tz: str, *, is_all_day: bool = False) -> str:
    """``Tue 27 Oct 18:00–19:00``; of a whole day the date alone."""
    start, end = wall(start_at, tz), wall(end_at, tz)
    day = f"{start:%a} {start.day} {start:%b}"
    if is_all_day:
        return f"{day}, all day"
    until = f"{end:%H:%M}" if end.date() == start.date() else f"{end:%a %H:%M}"
    return f"{day} {start:%H:%M}–{until}"


# To the owner.


def headline(title: str, organizer: str, when: str, rhythm: str) -> str:
    """``*Design review* by Bo, Tue 27 Oct 18:00–19:00``."""
    by = f" by {organizer}" if organizer else ""
    often = f", {RHYTHMS[rhythm]}, next" if rhythm in RHYTHMS else ","
    return f"*{title or NO_TITLE}*{by}{often} {when}"


def outside(outside_min: int, length_min: int) -> str:
    """How much of it is outside the owner's hours."""
    if outside_min >= length_min:
        return "all of it is outside your hours"
    return f"{outside_min} of its {length_min} minutes are outside your hours"


def outside_often(concerned: int, ahead: int) -> str:
    """How many of a series' next times are."""
    if ahead == 1:
        return "this time is outside your hours"
    if concerned == ahead:
        return f"the next {ahead} times are all outside your hours"
    are = "is" if concerned == 1 else "are"
    return f"{concerned} of its next {ahead} times {are} outside your hours"


HELD = "Answered *tentative* for you, with a note that you answer when you are back"
DECLINED = "Declined for you, with the times that would suit where there are any"
FLAGGED = "Nothing was answered for you"
UNDER_WAY = "The server of your calendar has yet to take the answer"


def done(held: int, declined: int, flagged: int, under_way: int) -> str:
    """What was done, by the number of occurrences it was done to."""
    counted = [
        (number, text)
        for number, text in ((held, HELD), (declined, DECLINED), (flagged, FLAGGED))
        if number
    ]
    if len(counted) == 1:
        text = counted[0][1]
    else:
        text = ". ".join(f"{words} ({_times(number)})" for number, words in counted)
    return f"{text}. {UNDER_WAY}." if under_way else f"{text}."


def _times(number: int) -> str:
    return "once" if number == 1 else f"{number} times"


def over(headline: str, held: int, declined: int) -> str:
    """What was answered for the owner and has begun before they were back, by the number."""
    counted = [(number, text) for number, text in ((held, OVER_HELD), (declined, OVER_DECLINED))]
    said = [
        text if held + declined == 1 else f"{text} ({_times(number)})"
        for number, text in counted
        if number
    ]
    return f"{headline}: {' and '.join(said)} while you were off."


OVER_HELD = "it was answered *tentative* for you"
OVER_DECLINED = "it was declined for you"


def not_answered(headline: str, wanted: str) -> str:
    """The server did not take the owner's own answer; ``wanted`` is an `Errand` value."""
    return (
        f"{headline}: it could not be {NOT_ANSWERED[wanted]}, because the server of your calendar "
        "did not take the answer. Please answer it in your calendar."
    )


NOT_ANSWERED = {
    "accept": "accepted",
    "refuse": "declined",
    "tentative": "answered *tentative*",
}


def organizer_is_told(organizer: str) -> str:
    """What the organiser hears."""
    return (
        f"{organizer or 'Whoever organises it'} hears once that it is outside your hours, with "
        "better times."
    )


ONLY_YOU = "Only you can see this."
UNDO_NOTE = "Undo takes the answer back and leaves the meeting alone at this time."

LIFTED = {
    "done": "The answer that was given for you was taken back: please answer it in your calendar.",
    "under_way": (
        "The answer that was given for you is being taken back: please answer it in your calendar."
    ),
    "stays": (
        "The server of your calendar cannot take back the answer that was given for you: please "
        "answer it in your calendar."
    ),
}


def lifted(title: str, when: str, taken_back: str) -> str:
    """It was moved into the owner's hours."""
    return f"*{title or NO_TITLE}* was moved into your hours: {when}. {LIFTED[taken_back]}"


UNCLEAR = {
    "zone": "its time zone is not known",
    "rule": "it repeats in a way that cannot be read",
    "size": "it is too large",
    "time": "reading it took too long",
    "broken": "it is damaged",
}


def unclear(events: Sequence[tuple[str, str, str]], more: int) -> str:
    """Events that were not judged: title, organiser and an `Unclear` value of each."""
    lines = [
        f"• *{title or NO_TITLE}*{f' by {organizer}' if organizer else ''}: "
        f"{UNCLEAR.get(why, UNCLEAR['broken'])}"
        for title, organizer, why in events
    ]
    if more:
        lines.append(f"• and {more} more")
    what = "This event in your calendar" if len(events) + more == 1 else "Events in your calendar"
    return f"{what} could not be read, so nothing was answered:\n" + "\n".join(lines)


UNCLEAR_NOTE = "Please look at them in your calendar. You are told of each once."

ACCEPTED = "Accepted: the server of your calendar is told."
REFUSED = "Declined: the server of your calendar is told."
NOW_HELD = "Answered *tentative* for now: the server of your calendar is told."
LEFT = "Left as it is."
UNDONE = "Undone: what was answered is taken back, and the meeting is left alone at this time."
UNMARKED = "Undone: the meeting is left alone at this time."
UNDONE_STAYS = (
    "The meeting is left alone at this time. The server of your calendar cannot take an answer "
    "back: please answer it in your calendar."
)
NOTHING_LEFT = (
    "There is nothing left to do about this meeting: it was answered, moved or cancelled meanwhile."
)
NO_REPLIES = (
    "The server of your calendar takes no answers to single times of a series. Please answer it in "
    "your calendar."
)
NOT_CONNECTED = (
    "Your calendar is not connected any more: `{boundaries} calendar` connects it again. Please "
    "answer it in your calendar until then."
)


# To the organiser.


def outside_hours_of(people: Sequence[str]) -> str:
    """``outside the hours of Ana and Cy``."""
    return f"outside the hours of {names(list(people))}"


def outside_line(
    name: str, tz: str, start_at: int, outside_at: int, reason: str, label: str
) -> str:
    """``Ana: 18:30 there, off from 19:00``."""
    later = f" from {clock(outside_at, tz)}" if outside_at > start_at else ""
    return f"{name}: {clock(start_at, tz)} there, {off_because(reason, label)}{later}"


ANSWERED = {
    "tentative": "Their calendar says *tentative* until they are back",
    "declined": "Their calendar has declined",
}


def often(concerned: int, ahead: int) -> str:
    """How many times of a series."""
    return f"{concerned} of the next {ahead} times"


SUITS = "*Times that suit everybody who shares hours:*"
COSTS = "*No time nearby suits everybody who shares hours. These cost less than the present one:*"
NOTHING_BETTER = "I found no better time nearby among those who share hours."


def weekly(at: int, tz: str) -> str:
    """``Tuesdays 10:00``."""
    return f"{wall(at, tz):%A}s {clock(at, tz)}"


def slot(at: int, tz: str) -> str:
    """``Tue 27 Oct 10:00``."""
    start = wall(at, tz)
    return f"{start:%a} {start.day} {start:%b %H:%M}"


def slot_cost(when: str, outside: Sequence[tuple[str, int]], not_free: Sequence[str]) -> str:
    """``Tue 27 Oct 17:00: outside the hours of Ana (30 min), Bo is not free``."""
    parts = []
    if outside:
        each = ", ".join(f"{name} ({short(minutes)})" for name, minutes in outside)
        parts.append(f"outside the hours of {each}")
    if not_free:
        are = "is" if len(not_free) == 1 else "are"
        parts.append(f"{names(list(not_free))} {are} not free")
    return f"{when}: {', '.join(parts)}"


ORGANIZER_NOTE = (
    "Only you can see this, once for each meeting. It stays as it is until you move it."
)
OWN_HOURS_ASSUMED = "You have not set hours, so the usual ones are assumed for you."
ORGANIZER_LEFT = "Left as it is. Whoever is off may answer when they are back."

MOVED = "Moved to {when}. Your calendar tells everybody; what was held is lifted by itself."
BY_HAND = "Please move it to {when} in your calendar. What was held is lifted by itself."
BY_HAND_SERIES = (
    "Please move the series to {when} in your calendar. What was held is lifted by itself."
)
ASKING = "Your calendar is being asked to move it to {when}."
TOO_LATE = "That time has begun or is over. `{meet}` finds a new one."
BEGUN = "This meeting has begun or is over, and stays as it was."
GONE = "This meeting was moved or cancelled meanwhile."
NOT_MOVED = {
    "conflict": "It has changed in your calendar meanwhile and was not moved. Please look there.",
    "gone": GONE,
    "not_yours": (
        "Your calendar does not let me move it, because somebody else organises it there."
    ),
    "signed_out": (
        "Your calendar does not let me in any more. Please connect it again with "
        "`{boundaries} calendar`, or move it there by hand."
    ),
    "away": "Your calendar does not answer at the moment. Please try again, or move it there.",
    "other": "Your calendar refused to move it. Please move it there by hand.",
}


# Into calendars.


def held_comment(owner_name: str, back_at: int | None, tz: str) -> str:
    """Beside a tentative answer; ``back_at`` is None for somebody who is at work now.

    ``tz`` is whose clock is shown.
    """
    who = owner_name or "the invited person"
    when = "" if back_at is None else f" They are back {slot(back_at, tz)} ({tz})."
    return f"This is outside the working hours of {who}, who answers within them.{when}"


def declined_comment(owner_name: str, spans: Sequence[tuple[int, int]], tz: str) -> str:
    """Beside a declined invite, with times that would suit; ``tz`` is whose clock is shown."""
    said = f"This is outside the working hours of {owner_name or 'the invited person'}."
    if not spans:
        return f"{said} Another time would be welcome."
    times = ", ".join(span(start, end, tz) for start, end in spans)
    return f"{said} Times that would suit: {times} ({tz})."
