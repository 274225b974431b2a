"""Calendars as text: the week, what is coming up, and the present state, on somebody's clocks."""

from collections.abc import Sequence
from datetime import timedelta

from bot.domain import notation
from bot.domain.availability import ReasonKind, State, Timeline
from bot.domain.contact import Person
from bot.domain.instants import local, start_instant, wall
from bot.domain.reading import NOON_MIN
from bot.domain.response import declared_reply_by
from bot.domain.schedule import HolidayRegion, Override, OverrideKind, QuietWindow, region_name
from bot.domain.week import Absence, Day, absences, days
from bot.services.hours import Calendar
from bot.slack import blocks as kit
from bot.words import hours as words
from bot.words import response as replies
from bot.words.times import day_clock

SHOWN_DAYS = 7
AHEAD_DAYS = 35


def now_line(timeline: Timeline, tz: str, now: int) -> str:
    """``off until Mon 09:00`` on the clocks of ``tz``, and what follows before the opening."""
    state, change_at = timeline.state_at(now), timeline.next_change(now)
    present = words.status(state.name.lower(), change_at, tz, now)
    open_at = timeline.next_open(now)
    if state is State.WORKING or change_at in {None, open_at}:
        return present
    ends_so = timeline.next_change(change_at) == open_at
    following = timeline.state_at(change_at).name.lower() if ends_so else ""
    return present + words.then(following, open_at, tz, now)


def own_line(calendar: Calendar) -> str:
    """The same for a reader on their own clocks."""
    return now_line(calendar.person.timeline, calendar.person.tz, calendar.at)


def week(timeline: Timeline, tz: str, now: int) -> str:
    """Seven days from today as a table, then leave and holidays of the following weeks."""
    ahead = days(timeline, tz, local(now, tz).date(), AHEAD_DAYS)
    rows = "\n".join(kit.escaped(_row(day, tz)) for day in ahead[:SHOWN_DAYS])
    table = f"```{rows}```"
    later = [a for a in absences(ahead) if a.last_on > ahead[SHOWN_DAYS - 1].on]
    if not later:
        return table
    listed = [kit.escaped(_absence(each, timeline, tz, now)) for each in later]
    return f"{table}\n{words.coming_up(listed)}"


def _row(day: Day, tz: str) -> str:
    why = words.closed(*day.closed) if day.closed else ""
    return words.day_row(day.on, day.open_spans, day.quiet_spans, why, tz)


def _absence(absence: Absence, timeline: Timeline, tz: str, now: int) -> str:
    back = ""
    if absence.reason.kind != "holiday":
        back_at = timeline.next_open(start_instant(wall(absence.last_on, NOON_MIN), tz))
        back = day_clock(back_at, tz, now) if back_at else ""
    today = local(now, tz).date()
    endless = absence.last_on == today + timedelta(AHEAD_DAYS - 1)
    why = words.closed(*absence.reason)
    return words.absence(absence.first_on, None if endless else absence.last_on, why, back, today)


def others_week(person: Person, tz: str, now: int) -> str:
    """Somebody else's week on the reader's clocks, ``tz``."""
    name = kit.escaped(person.name)
    if not person.enrolled:
        return words.unknown_hours(name, now, person.tz)
    line = now_line(person.timeline, tz, now)
    within = person.choices.reply_within
    answers = [replies.others_line(name, reply_by(person, tz, now), within)] if within else []
    return "\n".join(
        [
            words.title(name, tz),
            week(person.timeline, tz, now),
            words.they_are(name, now, person.tz, line),
            *answers,
        ]
    )


def reply_by(person: Person, tz: str, now: int) -> str:
    """Before when no reply is to be expected to what is written now, on the clocks of ``tz``.

    Empty where the person declared no response time, or is not back within 400 days.
    """
    found = declared_reply_by(person.timeline, person.choices.reply_within, now)
    return "" if found is None else day_clock(found, tz, now)


def facts(calendar: Calendar, waiting: int, names: dict[str, str]) -> str:
    """What the reader set, and what is the organisation's or Slack's."""
    pattern = calendar.pattern
    lines = [
        words.hours_line(notation.format_weekly(pattern.weekly), own=pattern.own_hours),
        words.zone_line(pattern.tz, pinned=calendar.tz_pinned),
        words.holidays_line(region_label(pattern.region), works=pattern.works_holidays),
    ]
    if pattern.organisation_quiet:
        shown = [notation.format_quiet_window(window) for window in pattern.organisation_quiet]
        locked = pattern.organisation_quiet_locked
        lines.append(words.organisation_quiet_line(shown, locked=locked))
    if calendar.person.choices.reply_within:
        lines.append(replies.own_line(calendar.person.choices.reply_within))
    if calendar.quiet:
        lines.append(words.quiet_line(quiet_rows(calendar)))
    if away := _out_of_office(calendar, names["hours"]):
        lines.append(away)
    if calendar.exceptions:
        lines.append(words.exceptions_line(len(calendar.exceptions), names["hours"]))
    if waiting:
        lines.append(words.waiting_line(waiting, names["later"]))
    return "\n".join(f"• {line}" for line in lines)


def _out_of_office(calendar: Calendar, name: str) -> str:
    """The absences of a connected calendar, for their owner; empty where there are none ahead."""
    timeline, tz, now = calendar.person.timeline, calendar.person.tz, calendar.at
    is_away = timeline.why(now).kind is ReasonKind.OUT_OF_OFFICE
    back_at = timeline.next_open(now) if is_away else None
    until = "" if back_at is None else day_clock(back_at, tz, now)
    ahead = [
        words.dated("", each.start, each.end, calendar.wall_now.date()).strip()
        for each in sorted(timeline.availability.out_of_office, key=lambda each: each.start)
        if each.end > calendar.wall_now and not (until and each.start <= calendar.wall_now)
    ]
    return words.out_of_office_line(until, ahead, name) if until or ahead else ""


def region_label(region: HolidayRegion | None) -> str:
    """``Austria, Wien (AT-9)``, empty for none."""
    return f"{region_name(region)} ({region})" if region else ""


def quiet_rows(calendar: Calendar) -> list[str]:
    """Quiet windows and one-off quiet times in the order of their numbers, as mrkdwn."""
    return [described(each, calendar) for each in calendar.quiet]


def exception_rows(calendar: Calendar) -> list[str]:
    """Dated exceptions in the order of their numbers."""
    return [described(each, calendar) for each in calendar.exceptions]


def described(what: QuietWindow | Override, calendar: Calendar) -> str:
    """One quiet window or dated exception in words, as mrkdwn."""
    if isinstance(what, QuietWindow):
        return kit.escaped(notation.format_quiet_window(what))
    return words.dated(what.kind.value, what.start, what.end, calendar.wall_now.date())


def numbers_of(added: Sequence[Override], calendar: Calendar) -> list[int]:
    """The numbers under which exceptions that were just added are listed; none for one over."""
    spans = {(each.kind, each.start, each.end) for each in added}
    return [
        number
        for number, each in enumerate(calendar.exceptions, start=1)
        if (each.kind, each.start, each.end) in spans
    ]


def only_time_off(exceptions: Sequence[Override]) -> bool:
    """Whether others will just see somebody away."""
    return all(each.kind is OverrideKind.OFF for each in exceptions)
