"""Finding a time to meet."""

from collections.abc import Sequence

from bot.words.times import names

EXAMPLE = "`{meet} @ana @bo 30m this week`"
SUMMARY = "A time to meet inside everybody’s hours and free time."
USAGE = "@ana @bo 30m this week | weekly | optional @cy"
EXAMPLES: tuple[tuple[str, str], ...] = (
    ("@ana @bo 30m", "the next half hours inside everybody’s hours, within 14 days"),
    ("@ana @bo 1h this week", "or `today`, `tomorrow`, `next week`; 15m to 8h"),
    ("@ana @bo 45m optional @cy", "Cy may come: a time for the others goes before"),
    ("@ana @bo 30m weekly", "four weeks at one time; whose evening it is takes turns"),
)

NOBODY = f"With whom? Name at least one other person, for example {EXAMPLE}"
GROUPS = f"A user group is too much for one meeting here. Name people, for example {EXAMPLE}"
TWO_LENGTHS = f"How long? Say it once, for example {EXAMPLE}"
TWO_RANGES = "When? Say one of `today`, `tomorrow`, `this week` and `next week`."
LENGTH = "A meeting lasts from 15 minutes to 8 hours, in steps of five minutes, like `30m` or `1h`."
TOO_LATE = "That time has begun or is over. Please look for a new one with `{meet}`."
TAKE = "Take this one"
GIVE_BACK = "Not this one after all"
ONLY_HOURS = "Only hours are looked at: nobody of you has connected a calendar."
FREE_BUSY = "Hours and calendars are looked at; of a calendar only when somebody is busy."
NOTHING_SENT = "Nothing was sent to anybody: please tell them, or put it into your calendar."
GIVEN_BACK = "All right: nothing of it is kept. `{meet}` looks for another time."

RANGES = {
    "": "the next 14 days",
    "weekly": "the next 7 days",
    "today": "today",
    "tomorrow": "tomorrow",
    "this week": "this week",
    "next week": "next week",
}


def not_escaped(word: str) -> str:
    """A name Slack did not resolve."""
    return (
        f"I could not tell whom “{word}” means. Pick the name from the list that opens while you "
        "type @."
    )


def not_understood(rest: str) -> str:
    """Words that are neither people, a length nor a time."""
    return f"I did not understand “{rest}”. Try {EXAMPLE}"


def too_many(most: int) -> str:
    """More people than can be looked at."""
    return f"A meeting takes at most {most} people here. With more, hours leave nothing to choose."


def no_hours(user_id: str, *, is_app: bool) -> str:
    """Somebody without hours."""
    if is_app:
        return f"<@{user_id}> is an app and has no hours. Name people, for example {EXAMPLE}"
    return (
        f"I cannot look at the hours of <@{user_id}>: not a person of this workspace whom I know, "
        "or not active any more."
    )


def too_short(within: str, length: str) -> str:
    """The window has no room."""
    return f"There are no {length} left {_within(within)}. Try `next week`, or leave it out."


def length(minutes: int) -> str:
    """``30 minutes``, ``1 hour``, ``2 h 15 min``."""
    hours, rest = divmod(minutes, 60)
    if hours and rest:
        return short(minutes)
    return f"{minutes} minutes" if rest else f"{hours} hour{'s' * (hours > 1)}"


def short(minutes: int) -> str:
    """``30 min``, ``2 h``, ``2 h 15 min``."""
    hours, rest = divmod(minutes, 60)
    return " ".join(f"{number} {unit}" for number, unit in ((hours, "h"), (rest, "min")) if number)


def suits(length: str, weeks: int) -> str:
    """The slots lie inside everybody's hours."""
    each = f"{length} a week, {weeks} weeks in a row" if weeks > 1 else length
    return f"*Inside everybody’s hours:* {each}"


def ranked(length: str, within: str, weeks: int, *, free_time: bool = False) -> str:
    """There is no such slot; ``free_time``: calendars were looked at, too."""
    each = f"{length} a week, {weeks} weeks in a row" if weeks > 1 else length
    turns = " Whose turn it is follows from what people gave so far." if weeks > 1 else ""
    hours = f"everybody’s hours{' and free time' * free_time}"
    return f"*Nothing inside {hours}* {_within(within)}: {each}. This costs least.{turns}"


def _within(within: str) -> str:
    return f"within {within}" if within.endswith("days") else within


def own_clock(start: str, end: str, weeks: int) -> str:
    """The asker's clock; ``start`` with its day."""
    many = f", {weeks} weeks" if weeks > 1 else ""
    return f"*{start}–{end}* for you{many}"


def clocks(rows: Sequence[tuple[str, Sequence[str]]]) -> str:
    """What the others' clocks show, and for whom."""
    return " · ".join(f"{clock} {', '.join(people)}" for clock, people in rows)


def outside(people: Sequence[tuple[str, int, bool]], weeks: int) -> str:
    """Whose hours it is outside of: name, minutes over all weeks, whether they are optional."""
    many = f" in {weeks} weeks" if weeks > 1 else ""
    each = [
        f"{name} ({short(minutes)}{many}{', optional' * optional})"
        for name, minutes, optional in people
    ]
    return f":crescent_moon: Outside the hours of {', '.join(each)}"


def not_free(people: Sequence[tuple[str, bool]], weeks: int) -> str:
    """Who has something else then: name, whether they are optional. Never what it is."""
    each = [f"{name}{' (optional)' * optional}" for name, optional in people]
    then = "then, in one week or more" if weeks > 1 else "then"
    return f":no_entry_sign: Not free {then}: {', '.join(each)}"


def unseen(people: Sequence[str], *, own: bool) -> str:
    """Whose calendars are not connected, beside the asker's ``own``."""
    whose = [*(["You"] if own else []), *people]
    have = "has" if len(whose) == 1 and not own else "have"
    their = "your" if whose == ["You"] else "their"
    return (
        f"{names(whose)} {have} not connected a calendar: only {their} hours are looked at. Of the "
        "other calendars it is seen when somebody is busy, and nothing else."
    )


def shifted(people: Sequence[str]) -> str:
    """Whose clock shows another time in a later week."""
    return f":clock3: Clocks change in between: not always the same time for {names(list(people))}."


def assumed(people: Sequence[str], hours: str) -> str:
    """People who did not set hours."""
    have = "has" if len(people) == 1 else "have"
    return (
        f"{names(list(people))} {have} not set hours: the organisation’s usual ones, {hours} in "
        "their own zone, are assumed."
    )


def chosen(length: str) -> str:
    """A slot was taken."""
    return f"*Chosen:* {length}"


def noted(people: Sequence[str]) -> str:
    """Whose time it takes is on record."""
    return f"What {names(list(people))} will give is noted: next time it is somebody else’s turn."
