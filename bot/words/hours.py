"""A person's own calendar: what they read about it, and what others read."""

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta

from bot.words.times import clock, day_clock

Spans = Sequence[tuple[int, int]]
"""Pairs of epoch seconds, the end exclusive."""

SUMMARY = "your week: working hours, time off, holidays, zone"
USAGE = "[set | off | working | swap | holidays | tz | reply | @somebody]"
EXAMPLES = (
    ("", "shows your week as others see it"),
    ("set mon-thu 9-12:30, 13:30-18; fri 9-13", "sets your hours"),
    ("set default", "goes back to the organisation’s hours"),
    ("off tomorrow", "takes a day off"),
    ("off 24 dec - 2 jan", "takes leave, the last day included"),
    ("off today 16-18", "takes some hours off"),
    ("off", "lists your days off and other exceptions, with numbers"),
    ("off remove 2", "removes number 2"),
    ("working sat 9-12", "adds hours on one day"),
    ("swap today 16-17:30 for 19-20:30", "moves hours within a day"),
    ("holidays AT-9", "keeps the public holidays of a place free"),
    ("holidays AT-9 working", "knows them, and you work on them"),
    ("holidays none", "forgets about public holidays"),
    ("tz Europe/Lisbon", "keeps to a zone, wherever Slack says you are"),
    ("follow Slack", "takes the zone of your Slack profile"),
    ("reply 1 day", "tells others how soon you answer (or `4h`, `off`)"),
    ("@ana", "shows when Ana can be reached"),
    ("edit", "opens everything in one window"),
)

FIT = "These fit"
CHANGE = "Change…"
NOT_ENROLLED = (
    "You have not switched Offhours on yet: nothing is held or counted for you until you press "
    "*These fit* or set your own hours."
)
ENROLLED = (
    "Offhours is on for you now: whoever writes to you outside these hours is told, and can hold "
    "the message until you are back."
)
UNKNOWN_PERSON = (
    "Slack does not know that person in this workspace. Pick the name from the list that opens "
    "while you type @."
)
NOT_ESCAPED = (
    "I could not tell whom “{word}” means. Pick the name from the list that opens while you type @."
)
ONE_PERSON = "One person at a time, please. Try `{name} @ana`."
NOT_A_PERSON = "Apps and deactivated accounts have no hours."
SLACK_SILENT = (
    "Slack did not answer just now, so nothing was changed. Please try again in a minute."
)
NO_WINDOW = "Slack did not open the window just now. Please try again."
IN_A_GAP = (
    "The clocks go forward over that time, so on that day it does not exist. Name another one, "
    "like `{hours} working sat 10-14`."
)
ALREADY_OVER = "That is already over."
AWAY_TO_OTHERS = "Others see “away”, never why."

OWN_TITLE = "*Your week, as others see it*"
FOLLOW_WHOM = (
    "A zone can only be taken from Slack. Try `{name} follow Slack` or `{name} tz Europe/Lisbon`."
)

CLOSED = {
    "outside_hours": "off",
    "holiday": "public holiday",
    "override_off": "away",
    "out_of_office": "away",
}
"""What others read of a day without hours."""


def day(on: date) -> str:
    """``Fri 23 Oct``."""
    return f"{on:%a} {on.day} {on:%b}"


def dated_day(on: date, today: date) -> str:
    """The same, with its year where that is another one."""
    return day(on) if on.year == today.year else f"{day(on)} {on.year}"


def span(start_at: int, end_at: int, tz: str) -> str:
    """``09:00–18:00``; ending at midnight is ``24:00``."""
    end = clock(end_at, tz)
    return f"{clock(start_at, tz)}–{'24:00' if end == '00:00' else end}"


def closed(kind: str, label: str) -> str:
    """Why a day has no hours, as far as others are concerned."""
    plain = CLOSED.get(kind, "off")
    return f"{plain} ({label})" if kind == "holiday" and label else plain


def day_row(on: date, hours: Spans, quiet: Spans, why: str, tz: str) -> str:
    """One row of the week: ``Fri 23 Oct  09:00–18:00 · quiet 12:00–13:00``."""
    shown = ", ".join(span(*part, tz) for part in hours) or why
    hushed = ", ".join(span(*part, tz) for part in quiet)
    name = f"{on:%a} {on.day:>2} {on:%b}"
    return f"{name}  {shown}" + (f" · quiet {hushed}" if hushed else "")


def absence(first_on: date, last_on: date | None, why: str, back: str, today: date) -> str:
    """``Thu 24 Dec – Sat 2 Jan 2027: away, back Mon 4 Jan 09:00``; no end in sight is None."""
    days = dated_day(first_on, today)
    if last_on is None:
        days = f"from {days}"
    elif last_on != first_on:
        days += f" – {dated_day(last_on, today)}"
    return f"{days}: {why}" + (f", back {back}" if back else "")


def status(state: str, until_at: int | None, tz: str, now: int) -> str:
    """``off until Mon 09:00``; ``until_at`` is None when nothing changes within 400 days."""
    plain = {"working": "working", "quiet": "in quiet time"}.get(state, "off")
    return plain if until_at is None else f"{plain} until {day_clock(until_at, tz, now)}"


def then(state: str, until_at: int | None, tz: str, now: int) -> str:
    """What follows the present state: ``, then in quiet time until Wed 14:00``."""
    plain = {"quiet": "in quiet time", "off": "off"}.get(state, "in quiet time or off")
    until = "" if until_at is None else f" until {day_clock(until_at, tz, now)}"
    return f", then {plain}{until}"


def title(name: str, tz: str) -> str:
    """Above somebody else’s week, which is shown on the reader’s clocks."""
    return f"*{name}’s week* in your time ({tz})"


def coming_up(rows: Sequence[str]) -> str:
    """Leave and holidays after the week shown."""
    return "*Coming up*\n" + "\n".join(f"• {row}" for row in rows)


def you_are(now_line: str) -> str:
    """The reader’s own state."""
    return f"You are {now_line}."


def they_are(name: str, at: int, tz: str, now_line: str) -> str:
    """Somebody else’s state, and what their clocks say."""
    return f"It is {clock(at, tz)} for {name}, who is {now_line} (your time)."


def unknown_hours(name: str, at: int, tz: str) -> str:
    """Somebody who has not chosen."""
    return (
        f"{name} has not chosen hours yet, so nothing is held or flagged for them. "
        f"It is {clock(at, tz)} for {name}."
    )


def hours_line(hours: str, *, own: bool) -> str:
    """The weekly hours, and whose choice they are."""
    whose = "" if own else " – the organisation’s default; you have not set your own"
    return f"Hours: {hours}{whose}"


def zone_line(tz: str, *, pinned: bool) -> str:
    """The zone, and where it comes from."""
    return f"Zone: {tz}, " + ("chosen by you" if pinned else "following your Slack profile")


def holidays_line(region: str, *, works: bool) -> str:
    """The holiday region; empty for none."""
    if not region:
        return "Public holidays: none set"
    return f"Public holidays: {region}" + (", and you work on them" if works else "")


def organisation_quiet_line(windows: Sequence[str], *, locked: bool) -> str:
    """Quiet hours an admin set."""
    return f"Organisation’s quiet hours: {', '.join(windows)}" + (
        " (for everybody)" if locked else ""
    )


def quiet_line(windows: Sequence[str]) -> str:
    """The reader’s own quiet windows with their labels."""
    shown = "; ".join(windows)
    return f"Quiet windows: {shown} (what you call them is seen by you alone)"


def exceptions_line(count: int, name: str) -> str:
    """How many dated exceptions there are."""
    return f"Days off and other exceptions: {count} (`{name} off` lists them)"


def out_of_office_line(until: str, ahead: Sequence[str], name: str) -> str:
    """The reader's absences by their calendar: until when the present one is, and later ones."""
    now = [f"Out of office until {until}"] if until else []
    later = [f"{'then' if until else 'Out of office'}: {', '.join(ahead)}"] if ahead else []
    how = f"from your calendar; `{name} working mon 9-12` adds hours in it"
    return f"{', '.join([*now, *later])} ({how})"


def waiting_line(count: int, name: str) -> str:
    """How many messages the reader holds for others."""
    return f"Waiting until others are back: {count} (`{name} list` shows them)"


def dated(kind: str, start: datetime, end: datetime, today: date) -> str:
    """A dated exception: ``off Thu 24 Dec – Sat 2 Jan 2027``, ``quiet Fri 23 Oct 16:00–18:00``."""
    last = end - timedelta(minutes=1)
    first_on, last_on = dated_day(start.date(), today), dated_day(last.date(), today)
    if start.time() == end.time() == time():
        days = first_on if first_on == last_on else f"{first_on} – {last_on}"
        return f"{kind} {days}"
    closing = "24:00" if end.time() == time() else f"{end:%H:%M}"
    if first_on == last_on:
        return f"{kind} {first_on} {start:%H:%M}–{closing}"
    return f"{kind} {first_on} {start:%H:%M} – {last_on} {closing}"


def hours_set(hours: str, tz: str, now_line: str) -> str:
    """The receipt for new hours."""
    return f"Your hours are now *{hours}* ({tz}). You are {now_line}."


def default_set(hours: str, tz: str, now_line: str) -> str:
    """The receipt for following the organisation."""
    return f"You follow the organisation’s hours now: *{hours}* ({tz}). You are {now_line}."


def noted(
    what: Sequence[str], numbers: Sequence[int], name: str, now_line: str, *, away: bool
) -> str:
    """The receipt for dated exceptions, with the way to undo each; ``away``: all are time off."""
    private = f"{AWAY_TO_OTHERS} " if away else ""
    undo = " and ".join(f"`{name} off remove {number}`" for number in sorted(numbers, reverse=True))
    return f"Noted: *{', '.join(what)}*. {private}You are {now_line}.\nTo undo it: {undo}"


def listed(rows: Sequence[str], name: str) -> str:
    """The dated exceptions, numbered."""
    if not rows:
        return f"You have no days off or other exceptions ahead. Try `{name} off 24 dec - 2 jan`."
    lines = [f"{number}. {row}" for number, row in enumerate(rows, start=1)]
    return "\n".join(
        ["*Your days off and other exceptions*", *lines, f"To remove one: `{name} off remove 1`"]
    )


def removed(what: str, now_line: str) -> str:
    """The receipt for something removed."""
    return f"Removed: {what}. You are {now_line}."


def no_such_number(number: str, count: int, example: str) -> str:
    """The number is not in the list."""
    if not count:
        return "There is nothing to remove: the list is empty."
    if not number:
        return f"Say which one, by its number in the list. Try `{example}`."
    return f"“{number}” is not a number from 1 to {count}. Try `{example}`."


def too_many(what: str, most: int, example: str) -> str:
    """A limit was reached."""
    return f"You have {most} {what}, which is the most there can be. Remove one first: `{example}`"


def most_windows(most: int) -> str:
    """Too many lines in the window."""
    return f"There can be at most {most} quiet windows, one on each line."


EXCEPTIONS = "days off and other exceptions"
WINDOWS = "quiet windows"


def holidays_set(
    region: str, code: str, days: Sequence[tuple[date, str]], *, works: bool, name: str
) -> str:
    """The receipt for a holiday region: its name and its next days, to be checked."""
    effect = "you work on these days" if works else "you are off on these days"
    listed_days = [f"• {day(on)}: {label}" for on, label in days]
    undo = f"`{name} holidays {code}`" if works else f"`{name} holidays {code} working`"
    other = "If you would rather be off" if works else "If you work on them"
    return "\n".join(
        [
            f"Public holidays of *{region}* ({code}): {effect}. The next ones are",
            *listed_days,
            f"Not the right ones? `{name} holidays none`. {other}: {undo}",
        ]
    )


HOLIDAYS_NONE = "No public holidays are kept free for you now."
NO_REGION_YET = "First say which holidays. Try `{name} holidays AT-9 working`."


def holidays_suggested(region: str, code: str, tz: str, name: str) -> str:
    """A guess, to be confirmed."""
    return (
        f"No public holidays are set. Your zone, {tz}, suggests *{region}* ({code}). "
        "Is that right?\n"
        f"Another place, or a part of one that has its own days: `{name} holidays AT-9`"
    )


def holidays_unclear(tz: str, name: str) -> str:
    """No guess can be made."""
    return (
        f"No public holidays are set, and your zone, {tz}, does not say which. "
        f"Try `{name} holidays AT-9`."
    )


def confirm_region(region: str) -> str:
    """The button under a suggestion."""
    return f"Yes, {region}"


def zone_set(tz: str, now_line: str, name: str) -> str:
    """The receipt for a pinned zone."""
    return (
        f"Your zone is *{tz}* now, wherever Slack says you are. You are {now_line}.\n"
        f"To take it from Slack again: `{name} follow Slack`"
    )


def zone_followed(tz: str, now_line: str) -> str:
    """The receipt for following Slack."""
    return f"Your zone follows your Slack profile now: *{tz}*. You are {now_line}."


def zone_shown(line: str, name: str) -> str:
    """The zone, and how to change it."""
    return f"{line}.\nTo change it: `{name} tz Europe/Lisbon` or `{name} follow Slack`"


def fitted(hours: str, tz: str, region: str, now_line: str) -> str:
    """The receipt for *These fit*."""
    days = f", public holidays of {region}" if region else ""
    return (
        f"Thank you, these are your hours now: *{hours}* ({tz}{days}). You are {now_line}.\n"
        f"{ENROLLED}"
    )


def unknown_verb(word: str, name: str) -> str:
    """What follows the command is not one of its words."""
    return (
        f"I do not know “{word}” here. Try `{name} set mon-fri 9-17:30`, `{name} off tomorrow` "
        f"or `{name} @ana`."
    )


MODAL_TITLE = "Your hours"
MODAL_INTRO = "What you leave empty follows the organisation or your Slack profile."
MODAL_ENROLS = "Saving switches Offhours on for you."
WEEKLY = "Working hours"
WEEKLY_HINT = "Like: mon-thu 9-12:30, 13:30-18; fri 9-13. Nights may cross midnight: 22:00-06:00."
TZ = "Time zone"
TZ_HINT = "Like: Europe/Lisbon. Empty follows your Slack profile."
REGION = "Public holidays"
REGION_HINT = "A country, or a part of it that has its own days. Like: PT or AT-9. Empty for none."
HOLIDAYS = "On public holidays"
HOLIDAYS_WORKED = "I work on them"
QUIET = "Quiet windows"
QUIET_HINT = "One on each line. Like: every weekday 12-13 lunch. Only you see what you call them."


def placeholder_hours(default: str) -> str:
    """What an empty field for hours stands for."""
    return f"Organisation’s hours: {default}"


def placeholder_region(region: str) -> str:
    """A guess that is not taken unless it is typed."""
    return f"Your zone suggests {region}" if region else "None"


def placeholder_tz(tz: str) -> str:
    """What an empty field for the zone stands for; ``tz`` is empty while it is not known."""
    return f"From your Slack profile: {tz}" if tz else "From your Slack profile"


DAY_OFF_TITLE = "Take time off"
DAY_OFF_FIRST = "First day"
DAY_OFF_LAST = "Last day"
DAY_OFF_HINT = "Others see “away”, never why. Leave empty for one day."
DAY_OFF_FAR = "That is more than two years ahead."
DAY_OFF_ORDER = "The last day is before the first."
