"""When a reply may be expected: a declared response time counted in somebody's own hours."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from bot.domain.availability import Availability, Pattern, State, Timeline
from bot.domain.notation import parse_off, parse_weekly, parse_working
from bot.domain.response import (
    MOST_DAYS,
    MOST_HOURS,
    Within,
    declared_reply_by,
    parse_within,
    reply_by,
)
from bot.domain.schedule import Interval, QuietWindow, WeeklyHours, parse_region
from bot.errors import BadInput

VIENNA = "Europe/Vienna"
DAY = Within(days=1)


def wall(text):
    """``2026-10-23 22:14`` as a naive wall time."""
    return datetime.fromisoformat(text)


def at(text, tz=VIENNA):
    return int(wall(text).replace(tzinfo=ZoneInfo(tz)).timestamp())


def timeline(hours="mon-fri 9-17", *overrides, tz=VIENNA, quiet=(), region=None):
    pattern = Pattern(
        tz, parse_weekly(hours), quiet, parse_region(region) if region else None, own_hours=True
    )
    return Timeline(Availability(pattern, overrides=overrides), at("2026-10-23 22:14", tz))


LUNCH = QuietWindow(frozenset(range(5)), Interval(720, 780))

EXPECTED = [
    # hours, declared, when it arrives, no reply before
    ("mon-fri 9-17", "1 day", "2026-10-19 10:30", "2026-10-20 10:30"),  # the formula's own example
    ("mon-fri 9-17", "1 day", "2026-10-19 20:00", "2026-10-21 09:00"),  # at night: from the opening
    ("mon-fri 9-17", "1 day", "2026-10-23 16:30", "2026-10-26 16:30"),  # over a weekend
    ("mon-fri 9-17", "2 days", "2026-10-23 22:14", "2026-10-28 09:00"),  # and the clocks go back
    ("mon-thu 9-17; fri 9-13", "1 day", "2026-10-22 15:00", "2026-10-26 09:00"),  # a short Friday
    ("mon-fri 9-12:30, 13:30-17", "1 day", "2026-10-19 12:00", "2026-10-20 12:00"),
    ("mon-tue 9-17; wed 9-12, 15-18", "1 day", "2026-10-20 13:00", "2026-10-21 15:00"),  # a gap
    ("mon-fri 9-17", "4h", "2026-10-19 10:30", "2026-10-19 14:30"),
    ("mon-fri 9-17", "4h", "2026-10-19 13:00", "2026-10-19 17:00"),  # to the last minute
    ("mon-fri 9-17", "4h", "2026-10-19 14:00", "2026-10-20 10:00"),
    ("mon-fri 9-17", "4h", "2026-10-23 22:14", "2026-10-26 13:00"),
    ("mon 9-10", "40h", "2026-10-19 09:00", "2027-07-19 10:00"),  # 40 weeks of one hour
    ("sun-thu 22:00-06:00", "1 day", "2026-10-20 02:00", "2026-10-21 02:00"),  # in Monday's shift
    ("sun-thu 22:00-06:00", "1 day", "2026-10-23 02:00", "2026-10-26 02:00"),  # Sunday's is next
    ("sun-thu 22:00-06:00", "8h", "2026-10-20 02:00", "2026-10-21 02:00"),
    ("mon-sun 0-24", "1 day", "2026-10-19 10:30", "2026-10-20 10:30"),
    ("mon-sun 0-24", "24h", "2026-10-24 12:00", "2026-10-25 11:00"),  # a day of 25 hours
    ("mon-sun 1-4", "1 day", "2026-03-28 02:30", "2026-03-29 03:00"),  # 02:30 does not exist
    # Tuesday's night reaches into Wednesday, whose own hours have not begun at that time:
    ("mon 1-5; tue 22:00-06:00; wed 10-18", "2 days", "2026-10-19 02:00", "2026-10-21 10:00"),
]


@pytest.mark.parametrize(("hours", "declared", "arrives", "expected"), EXPECTED)
def test_the_formula(hours, declared, arrives, expected):
    assert declared_reply_by(timeline(hours), declared, at(arrives)) == at(expected)


def test_leave_and_holidays_are_no_working_days():
    now = wall("2026-10-19 08:00")
    leave = parse_off("20 oct - 22 oct", now)
    assert reply_by(timeline("mon-fri 9-17", leave), DAY, at("2026-10-19 10:30")) == at(
        "2026-10-23 10:30"
    )
    assert reply_by(timeline(region="AT"), DAY, at("2026-10-23 10:30")) == at("2026-10-27 10:30")


def test_work_on_a_saturday_is_a_working_day():
    saturday = parse_working("sat 10-12", wall("2026-10-19 08:00"))
    busy = timeline("mon-fri 9-17", saturday)
    assert reply_by(busy, DAY, at("2026-10-23 10:30")) == at("2026-10-24 10:30")
    assert reply_by(busy, DAY, at("2026-10-23 16:30")) == at("2026-10-26 09:00")


def test_quiet_time_is_not_counted_and_nothing_is_expected_in_it():
    quiet = timeline(quiet=(LUNCH,))
    assert reply_by(quiet, Within(hours=4), at("2026-10-19 10:00")) == at("2026-10-19 15:00")
    assert reply_by(quiet, DAY, at("2026-10-19 12:10")) == at("2026-10-20 13:00")


def test_nobody_who_never_works_again_is_expected_to_reply():
    away = parse_off("20 oct 2026 - 20 oct 2028", wall("2026-10-19 08:00"))
    gone = timeline("mon-fri 9-17", away)
    assert reply_by(gone, DAY, at("2026-10-21 10:00")) is None
    assert reply_by(gone, DAY, at("2026-10-19 10:00")) is None
    assert reply_by(gone, Within(hours=12), at("2026-10-19 10:00")) is None


def test_nothing_declared_says_nothing():
    assert declared_reply_by(timeline(), "", at("2026-10-19 10:00")) is None


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("1 day", "1 day"),
        ("1d", "1 day"),
        ("a day", "1 day"),
        ("one working day", "1 day"),
        ("within 2 days", "2 days"),
        ("  3  Business Days ", "3 days"),
        ("4h", "4h"),
        ("4 hours", "4h"),
        ("an hour", "1h"),
        ("2 working hours", "2h"),
        (f"{MOST_DAYS} days", f"{MOST_DAYS} days"),
        (f"{MOST_HOURS}h", f"{MOST_HOURS}h"),
    ],
)
def test_reading_and_writing(written, read):
    assert str(parse_within(written)) == read
    assert parse_within(read) == parse_within(written)


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("soon", "did not understand “soon”. Try `1 day` or `4h`."),
        ("", "did not understand “”"),
        ("4", "did not understand “4”"),
        ("0 days", "from 1 to 20 working days"),
        ("21 days", "from 1 to 20 working days"),
        ("41h", "from 1 to 40 working hours"),
        ("x" * 500, "x…”"),
    ],
)
def test_what_is_not_understood_is_named(written, said):
    with pytest.raises(BadInput) as refused:
        parse_within(written)
    assert said in str(refused.value)
    assert len(str(refused.value)) < 200


# An oracle that knows no calendar arithmetic: it walks the minutes of seven weeks.

MINUTES = 49 * 1440


class Minutes:
    """What every minute from ``begin`` on is: at work or not, its wall time, its working day."""

    def __init__(self, person, hours, tz, begin):
        rules = ZoneInfo(tz)
        self.begin = begin
        self.walls, self.works, self.days = [], [], []
        overrun = {  # how long a weekday's last shift lasts into the next day
            weekday: max((i.end_min - 1440 for i in intervals), default=0)
            for weekday, intervals in enumerate(hours.days)
        }
        for minute in range(MINUTES):
            seconds = begin + minute * 60
            shown = datetime.fromtimestamp(seconds, UTC).astimezone(rules).replace(tzinfo=None)
            midnight = shown.replace(hour=0, minute=0)
            ends = midnight + timedelta(minutes=overrun[(shown.weekday() - 1) % 7])
            # Where the clocks show the night's end twice, it ends at the second time.
            last_s = ends.replace(tzinfo=rules, fold=1).timestamp() if ends > midnight else 0
            in_the_night = shown < ends or seconds < last_s
            self.walls.append(shown)
            self.works.append(person.state_at(seconds) is State.WORKING)
            self.days.append(shown.date() - timedelta(in_the_night))

    def first(self, minute, true):
        return next(i for i in range(minute, MINUTES) if true(i))

    def reply_by(self, within, at):
        start = self.first((at - self.begin) // 60, lambda i: self.works[i])
        if within.hours:
            left = within.hours * 60
            minute = start
            while left:
                left -= self.works[minute]
                minute += 1
            return self.begin + minute * 60
        day, opening = self.days[start], start
        for _ in range(within.days):
            day_now = self.days[opening]
            opening = self.first(
                opening, lambda i, now=day_now: self.works[i] and self.days[i] > now
            )
        target = datetime.combine(self.days[opening], time()) + (
            self.walls[start] - datetime.combine(day, time())
        )
        # The clock may have shown that time before this day's own opening, in the night before.
        passed = next((i for i in range(MINUTES) if self.walls[i] >= target), MINUTES)
        return self.begin + 60 * self.first(max(opening, passed), lambda i: self.works[i])


@st.composite
def weeks(draw):
    """A week of intervals of whole quarters, at least one, nights among them."""
    days = []
    for _ in range(7):
        start = draw(st.integers(0, 95)) * 15
        length = draw(st.sampled_from([0, 60, 240, 480, 540]))
        days.append((Interval(start, start + length),) if length else ())
    if not any(days):
        days[2] = (Interval(540, 1020),)
    for day in range(7):  # a night ends before the next day's hours begin
        following = (day + 1) % 7
        if days[day] and days[following]:
            (one,), (two,) = days[day], days[following]
            if one.end_min - 1440 > two.start_min:
                days[day] = ()
    if not any(days):
        days[2] = (Interval(540, 1020),)
    return WeeklyHours(tuple(days))


@pytest.mark.slow
@settings(max_examples=40)
@given(
    hours=weeks(),
    tz=st.sampled_from(["Europe/Vienna", "America/New_York", "Asia/Kathmandu", "Asia/Tokyo"]),
    minute=st.integers(0, 9 * 1440),
    within=st.one_of(
        st.builds(Within, days=st.integers(1, 3)), st.builds(Within, hours=st.integers(1, 12))
    ),
)
@example(parse_weekly("sun-thu 22:00-06:00"), "Europe/Vienna", 2 * 1440, Within(days=1))
@example(parse_weekly("mon-sun 1-4"), "Europe/Vienna", 1440, Within(days=1))
def test_it_agrees_with_somebody_who_counts_minutes(hours, tz, minute, within):
    begin = at("2026-10-23 00:00", "UTC")  # both clock changes of the autumn are in the seven weeks
    quiet = (QuietWindow(frozenset({0, 1, 2, 3, 4}), Interval(720, 780)),)
    person = Timeline(Availability(Pattern(tz, hours, quiet, own_hours=True)), begin)
    minutes = Minutes(person, hours, tz, begin)
    worked = sum(minutes.works[minute : minute + 28 * 1440])
    assume(worked >= max(within.hours * 60, 1))  # else it is later than the oracle can see
    arrives = begin + minute * 60
    assert reply_by(person, within, arrives) == minutes.reply_by(within, arrives)
