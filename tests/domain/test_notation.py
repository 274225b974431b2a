"""The human notation: what is understood, what is refused and with which words."""

import re
from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain import notation
from bot.domain.schedule import Interval, OverrideKind, QuietWindow, WeeklyHours
from bot.errors import BadInput

FRIDAY = datetime.fromisoformat("2026-10-23T14:30")


WEEKS = [
    ("mon-fri 9-17:30", "Mon–Fri 09:00–17:30"),
    ("Mon-Thu 09:00-12:30, 13:30-18:00; Fri 9-13", None),  # a split day and a short one
    ("9am-5pm", "Mon–Fri 09:00–17:00"),  # no days: Monday to Friday
    ("22:00-06:00", "Mon–Fri 22:00–06:00"),  # overnight
    ("Sun-Thu 22:00-06:00", "Sun–Thu 22:00–06:00"),  # round the week's end, and its night
    ("fri-mon 8-12", "Fri–Mon 08:00–12:00"),
    ("mon 9-12; mon 13-17", "Mon 09:00–12:00, 13:00–17:00"),  # the same day twice
    ("mon 13-17, mon 9-12", "Mon 09:00–12:00, 13:00–17:00"),  # in any order
    ("mon 9-12 13-17", "Mon 09:00–12:00, 13:00–17:00"),  # without a comma
    ("mon,wed and fri 9-12", "Mon, Wed, Fri 09:00–12:00"),
    ("tue 9-12; wed 10-12; thu 9-12", "Tue, Thu 09:00–12:00; Wed 10:00–12:00"),
    ("monday to friday from 9 to 17", "Mon–Fri 09:00–17:00"),  # in words
    ("Mon: 9 – 17, Sat: 10.00—noon", "Mon 09:00–17:00; Sat 10:00–12:00"),  # dashes, colons, dots
    ("mon-fri 9-12\n\nsat 10-12", "Mon–Fri 09:00–12:00; Sat 10:00–12:00"),  # lines of a modal
    ("weekdays 9-17; weekend 10-12", "Mon–Fri 09:00–17:00; Sat–Sun 10:00–12:00"),
    ("every day 0-24", "Mon–Sun 00:00–24:00"),
    ("daily 18-midnight", "Mon–Sun 18:00–24:00"),
    ("mon midnight-6", "Mon 00:00–06:00"),
    ("mon-fri 0900-1730", "Mon–Fri 09:00–17:30"),
    ("mon 9h30-18h", "Mon 09:30–18:00"),
    ("mon-thu 9-17, fri off", "Mon–Thu 09:00–17:00"),
    ("; mon 9-17,", "Mon 09:00–17:00"),  # stray separators
    ("mon 9-5pm", "Mon 09:00–17:00"),  # one am or pm for both, where that makes sense
    ("mon 1-5pm", "Mon 13:00–17:00"),
    ("mon 12-5pm", "Mon 12:00–17:00"),
    ("mon 12-5am", "Mon 00:00–05:00"),
    ("mon 10-2am", "Mon 22:00–02:00"),
    ("mon 9am-5", "Mon 09:00–17:00"),
    ("mon 9 p.m.-11", "Mon 21:00–23:00"),
    ("mon 10pm-6", "Mon 22:00–06:00"),
    ("mon 12am-12pm", "Mon 00:00–12:00"),
    ("mon 13-5pm", "Mon 13:00–17:00"),  # a 24-hour time has no half
    ("mon 09:00-05:00", "Mon 09:00–05:00"),  # written out, it is meant
]


@pytest.mark.parametrize(("text", "canonical"), WEEKS)
def test_weeks(text: str, canonical: str | None) -> None:
    weekly = notation.parse_weekly(text)
    written = notation.format_weekly(weekly)
    assert written == (canonical or "Mon–Thu 09:00–12:30, 13:30–18:00; Fri 09:00–13:00")
    assert notation.parse_weekly(written) == weekly


BAD_WEEKS = [
    ("fri 9-", "I did not understand “fri 9-”. Try `mon-fri 9-17:30`."),
    ("mon 9-17; mno-fri 9-17; sun 1-2", "I did not understand “mno-fri 9-17”."),  # only the part
    ("none", "I did not understand “none”."),
    ("", "needs at least one interval. Try `mon-fri 9-17:30`."),
    ("mon off", "needs at least one interval"),
    ("mon", "I did not understand “mon”."),
    ("mon- 9-17", "I did not understand “mon- 9-17”."),
    ("mon 9 17", "I did not understand “mon 9 17”."),
    ("9-9", "Nothing lies between the two times of “9-9”."),
    ("9-5", "“9-5” can be read in two ways. Write `09:00-17:00` for the day or `21:00-05:00`"),
    ("12-5", "Write `12:00-17:00` for the day or `00:00-05:00` for the night."),
    ("mon 9-12, 11-13", "Two intervals of Monday overlap"),
    ("sun 22-6; mon 5-9", "Sunday’s night hours run into Monday’s hours"),
    ("mon 24-2", "24:00 can only be an end"),
    ("mon 26-28", "There is no time 26 in “mon 26-28”."),
    ("mon-fri 9-25", "There is no 25:00. For an end after midnight write `09:00-01:00`."),
    ("mon 22-26:30", "There is no 26:30. For an end after midnight write `22:00-02:30`."),
    ("mon 9-33", "There is no time 33 in “mon 9-33”."),
    ("mon 9-49", "There is no time 49 in “mon 9-49”."),
    ("mon 13pm-14", "There is no time 13pm in"),
    ("mon 9-12:75", "I did not understand “mon 9-12:75”."),
    ("mon 9-17²", "I did not understand “²”."),
    ("mon ٩-١٧", "I did not understand"),  # digits of another script
    ("mon-fri 9-17 🙂", "I did not understand “🙂”."),
    ("x" * 500, "x…”. Try"),  # cut, because nobody reads that back
]


@pytest.mark.parametrize(("text", "said"), BAD_WEEKS)
def test_weeks_that_are_refused(text: str, said: str) -> None:
    with pytest.raises(BadInput) as caught:
        notation.parse_weekly(text)
    assert said in str(caught.value)
    assert len(str(caught.value)) < 300


@st.composite
def weeks(draw: st.DrawFn) -> WeeklyHours:
    """Any week with hours, long nights and touching intervals among them."""
    marks = sorted(
        draw(st.lists(st.integers(0, 7 * 1440 - 1), min_size=2, max_size=12, unique=True))
    )
    days: list[list[Interval]] = [[] for _ in range(7)]
    rotation = draw(st.integers(0, 1))
    edges = [*marks, marks[0] + 7 * 1440][rotation:]
    for start, end in zip(edges[::2], edges[1::2], strict=False):
        weekday, minute = divmod(start, 1440)
        latest = min(minute + end - start, max(minute + 1439, 1440))
        days[weekday % 7].append(Interval(minute, latest))
    return WeeklyHours(tuple(tuple(sorted(day)) for day in days))


@given(weeks())
def test_what_is_written_is_read_back(weekly: WeeklyHours) -> None:
    assert notation.parse_weekly(notation.format_weekly(weekly)) == weekly


def test_a_week_without_hours_is_written_as_nothing() -> None:
    assert notation.format_weekly(WeeklyHours(((),) * 7)) == ""


@given(st.integers(0, 1439), st.integers(1, 1440))
def test_intervals_are_read_back(start_min: int, length_min: int) -> None:
    interval = Interval(start_min, min(start_min + length_min, max(start_min + 1439, 1440)))
    assert notation.parse_interval(notation.format_interval(interval)) == interval


@pytest.mark.parametrize(
    ("text", "minute"), [("9", 540), ("17:30", 1050), ("9 am", 540), ("noon", 720), ("12am", 0)]
)
def test_times_of_day(text: str, minute: int) -> None:
    assert notation.parse_time(text) == minute


@pytest.mark.parametrize("text", ["", "soon", "24:00", "9-17", "9 or so"])
def test_times_that_are_refused(text: str) -> None:
    with pytest.raises(BadInput, match="Try `9:00`"):
        notation.parse_time(text)


WINDOWS = [
    ("every weekday 12-13 lunch", "every weekday 12:00–13:00 lunch"),
    ("every day 17-18 school run", "every day 17:00–18:00 school run"),
    ("mon,wed 12-13 gym", "Mon, Wed 12:00–13:00 gym"),
    ("12-13: Mittag (kurz)", "every day 12:00–13:00 Mittag (kurz)"),  # the label as it was written
    ("fri 22-6", "Fri 22:00–06:00"),  # no label
    ("mon 12-13 call at 5", "Mon 12:00–13:00 call at 5"),  # a number in a label
]


@pytest.mark.parametrize(("text", "canonical"), WINDOWS)
def test_quiet_windows(text: str, canonical: str) -> None:
    window = notation.parse_quiet_window(text)
    assert notation.format_quiet_window(window) == canonical
    assert notation.parse_quiet_window(canonical) == window


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("lunch 12-13", "I did not understand “lunch 12-13”. Try `every weekday 12-13 lunch`."),
        ("mon 12-13, 15-16 pause", "A quiet window is one interval"),
        ("mon 12-13 " + "x" * 61, "A label has at most 60 characters"),
    ],
)
def test_quiet_windows_that_are_refused(text: str, said: str) -> None:
    with pytest.raises(BadInput) as caught:
        notation.parse_quiet_window(text)
    assert said in str(caught.value)


@given(
    st.frozensets(st.integers(0, 6), min_size=1),
    st.integers(0, 1439),
    st.sampled_from(["", "lunch", "school run", "Ü-Wagen (draußen)", "1:1 with Bo"]),
)
def test_quiet_windows_are_read_back(weekdays: frozenset[int], start: int, label: str) -> None:
    window = QuietWindow(weekdays, Interval(start, start + 60), label)
    assert notation.parse_quiet_window(notation.format_quiet_window(window)) == window


UNTIL = [
    ("2h", "2026-10-23T16:30"),
    ("90m", "2026-10-23T16:00"),
    ("1h30", "2026-10-23T16:00"),
    ("1h 30m", "2026-10-23T16:00"),
    ("1.5 hours", "2026-10-23T16:00"),
    ("for 45 minutes", "2026-10-23T15:15"),
    ("until 15:00", "2026-10-23T15:00"),
    ("until midnight", "2026-10-24T00:00", 0),
    ("until 24:00", "2026-10-24T00:00"),
    ("until midnight", "2026-10-24T00:00"),
    ("until tomorrow 9", "2026-10-24T09:00"),
    ("until 25 oct at 9", "2026-10-25T09:00"),
    ("until fri 17:00", "2026-10-23T17:00"),
    ("until fri 9", "2026-10-30T09:00"),  # a weekday whose time is past
]


@pytest.mark.parametrize("row", UNTIL)
def test_quiet_until(row: tuple[str, str] | tuple[str, str, int]) -> None:
    text, end, *hour = row
    now = FRIDAY.replace(hour=int(hour[0])) if hour else FRIDAY
    assert notation.parse_quiet_until(text, now) == datetime.fromisoformat(end)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "I did not understand “”. Try `2h` or `until 15:00`."),
        ("15:00", "I did not understand “15:00”."),
        ("until", "I did not understand “until”."),
        ("until tomorrow", "I did not understand “until tomorrow”."),
        ("until mon 9-12", "I did not understand “until mon 9-12”."),
        ("until today 9", "That is not ahead of you: “until today 9”."),
        ("0m", "That is not ahead of you: “0m”."),
        ("200h", "Longer than a week is time off rather than quiet"),
        ("until 1 oct 9", "Longer than a week is time off"),
        (
            "until 3",
            "“until 3” can be 15:00 or 03:00. Write `until 15:00` or `until tomorrow 03:00`.",
        ),
        (
            "till 14:00",
            "14:00 is already over today. Did you mean `until 15:00` or `until tomorrow 14:00`?",
        ),
        ("until 25:00", "There is no time 25:00 in “until 25:00”."),
    ],
)
def test_quiet_until_that_is_refused(text: str, said: str) -> None:
    with pytest.raises(BadInput) as caught:
        notation.parse_quiet_until(text, FRIDAY)
    assert said in str(caught.value)


def test_late_in_the_evening_only_tomorrow_is_left() -> None:
    said = "07:00 is already over today. Did you mean `until tomorrow 07:00`?"
    with pytest.raises(BadInput, match=re.escape(said)):
        notation.parse_quiet_until("until 7", FRIDAY.replace(hour=23))


OFF = [
    ("tomorrow", "2026-10-24", "2026-10-25"),
    ("today", "2026-10-23", "2026-10-24"),
    ("today 16-18", "2026-10-23T16:00", "2026-10-23T18:00"),
    ("16-18", "2026-10-23T16:00", "2026-10-23T18:00"),  # no day: today
    ("today 22-6", "2026-10-23T22:00", "2026-10-24T06:00"),  # over midnight
    ("today 9-10", "2026-10-23T09:00", "2026-10-23T10:00"),  # said afterwards
    ("tomorrow 0-24", "2026-10-24", "2026-10-25"),
    ("24 dec - 2 jan", "2026-12-24", "2027-01-03"),  # over the new year, last day included
    ("dec 24 to jan 2", "2026-12-24", "2027-01-03"),
    ("24th december – january 2nd", "2026-12-24", "2027-01-03"),
    ("2026-12-24 - 2027-01-02", "2026-12-24", "2027-01-03"),
    ("24 dec 2026 - 2 jan 2027", "2026-12-24", "2027-01-03"),
    ("Dec 24, 2027", "2027-12-24", "2027-12-25"),
    ("24-26 dec", "2026-12-24", "2026-12-27"),
    ("dec 24-26", "2026-12-24", "2026-12-27"),
    ("20 oct - 30 oct", "2026-10-20", "2026-10-31"),  # going on now
    ("1 oct - 3 oct", "2027-10-01", "2027-10-04"),  # over this year
    ("24 dec", "2026-12-24", "2026-12-25"),
    ("29 feb", "2028-02-29", "2028-03-01"),  # only in leap years
    ("24 dec 9-12", "2026-12-24T09:00", "2026-12-24T12:00"),
    ("may 5", "2027-05-05", "2027-05-06"),
    ("fri", "2026-10-23", "2026-10-24"),  # today is a Friday
    ("this fri", "2026-10-23", "2026-10-24"),
    ("next friday", "2026-10-30", "2026-10-31"),
    ("monday 13-17", "2026-10-26T13:00", "2026-10-26T17:00"),
    ("fri 9-12", "2026-10-30T09:00", "2026-10-30T12:00"),  # its time is past
    ("fri - mon", "2026-10-23", "2026-10-27"),
    ("mon - wed", "2026-10-26", "2026-10-29"),
    ("today - sun", "2026-10-23", "2026-10-26"),
    ("mon - 24 dec", "2026-10-26", "2026-12-25"),
    ("next week", "2026-10-26", "2026-11-02"),
    ("this week", "2026-10-23", "2026-10-26"),  # what is left of it
    ("weekend", "2026-10-24", "2026-10-26"),
    ("next weekend", "2026-10-31", "2026-11-02"),
]


@pytest.mark.parametrize(("text", "start", "end"), OFF)
def test_time_off(text: str, start: str, end: str) -> None:
    off = notation.parse_off(text, FRIDAY)
    assert off.kind is OverrideKind.OFF
    assert (off.start, off.end) == (datetime.fromisoformat(start), datetime.fromisoformat(end))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "I did not understand “”. Try `24 dec - 2 jan` or `tomorrow 16-18`."),
        ("tomorow", "I did not understand “tomorow”."),
        ("fri 9-", "I did not understand “fri 9-”."),
        ("tomorrow please", "I did not understand “tomorrow please”."),
        ("week", "I did not understand “week”."),
        ("next", "I did not understand “next”."),
        ("dec 24 jan", "I did not understand “dec 24 jan”."),
        ("dec 24-26 jan 9-10", "Times go with one day"),
        ("dec", "I did not understand “dec”."),
        ("31 feb", "The calendar has no such day as in “31 feb”."),
        ("29 feb 2027", "The calendar has no such day as in “29 feb 2027”."),
        ("2026-02-30", "The calendar has no such day as in “2026-02-30”."),
        ("1999-01-01", "The year 1999 is too far away"),
        ("2020-01-01", "That is already over."),
        ("yesterday", "That is already over."),
        ("yesterday 9-12", "That is already over."),
        ("2027-01-02 - 2026-12-24", "2027-01-02 to 2026-12-24 ends before it starts."),
        ("30 oct - 1 sep", "write the years: `2026-10-30 - 2027-09-01`."),
        ("mon-wed 9-12", "Times go with one day, not with several: “mon-wed 9-12”."),
    ],
)
def test_time_off_that_is_refused(text: str, said: str) -> None:
    with pytest.raises(BadInput) as caught:
        notation.parse_off(text, FRIDAY)
    assert said in str(caught.value)


def test_a_weekend_on_its_sunday_is_the_rest_of_it() -> None:
    sunday = datetime.fromisoformat("2026-10-25T10:00")
    assert notation.parse_off("weekend", sunday).start == datetime.fromisoformat("2026-10-25")


def test_holidays_over_the_new_year_go_on_after_it() -> None:
    new_year = datetime.fromisoformat("2027-01-01T10:00")
    off = notation.parse_off("24 dec - 2 jan", new_year)
    assert off.start == datetime.fromisoformat("2026-12-24")


def test_hours_worked_need_a_time() -> None:
    working = notation.parse_working("sat 10-14", FRIDAY)
    assert working.kind is OverrideKind.WORKING
    assert working.start == datetime.fromisoformat("2026-10-24T10:00")
    with pytest.raises(BadInput, match=r"“sat”\. Try `sat 10-14`"):
        notation.parse_working("sat", FRIDAY)


SWAPS = [
    ("today 16-17:30 for 19-20:30", "2026-10-23T16:00", "2026-10-23T19:00"),
    ("swap today 16-17:30 with 19-20:30", "2026-10-23T16:00", "2026-10-23T19:00"),
    ("tomorrow 9-11 for 18-20", "2026-10-24T09:00", "2026-10-24T18:00"),  # the same day
    ("mon 9-12 for tue 18-21", "2026-10-26T09:00", "2026-10-27T18:00"),
    ("mon for sat 9-17", "2026-10-26T00:00", "2026-10-24T09:00"),  # a whole day, worked before
]


@pytest.mark.parametrize(("text", "off_from", "working_from"), SWAPS)
def test_swaps(text: str, off_from: str, working_from: str) -> None:
    off, working = notation.parse_swap(text, FRIDAY)
    assert (off.kind, working.kind) == (OverrideKind.OFF, OverrideKind.WORKING)
    assert off.start == datetime.fromisoformat(off_from)
    assert working.start == datetime.fromisoformat(working_from)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "What for what? Try `today 16-17:30 for 19-20:30`."),
        ("swap", "What for what? Try `today 16-17:30 for 19-20:30`."),
        ("today 16-18", "“today 16-18”. Try `today 16-17:30 for 19-20:30`."),
        ("today 16-18 for 17-19", "The two times overlap in"),
        ("today 16-18 for 20", "I did not understand"),
        ("today 16-18 for sat", "I did not understand"),
        ("today 16-18 for 19-21 ok", "I did not understand"),
    ],
)
def test_swaps_that_are_refused(text: str, said: str) -> None:
    with pytest.raises(BadInput) as caught:
        notation.parse_swap(text, FRIDAY)
    assert said in str(caught.value)


PIECES = st.sampled_from(
    [
        "mon",
        "fri",
        "-",
        "to",
        ",",
        ";",
        "9",
        "17:30",
        "24",
        "dec",
        "jan",
        "2",
        "am",
        "next",
        "week",
        "today",
        "until",
        "for",
        "2026-12-24",
        "2026",
        "29th",
        "feb",
        "every",
        "off",
        "h",
        ":",
        "🙂",
    ]
)


@given(st.lists(PIECES, max_size=9).map(" ".join) | st.text(max_size=40))
def test_any_text_is_understood_or_refused_in_a_sentence(text: str) -> None:
    undated = (notation.parse_weekly, notation.parse_interval, notation.parse_quiet_window)
    dated = (notation.parse_off, notation.parse_working, notation.parse_swap)
    reads = [(read, (text,)) for read in undated]
    reads += [(read, (text, FRIDAY)) for read in (*dated, notation.parse_quiet_until)]
    said = [refusal(read, *arguments) for read, arguments in reads]
    assert [sentence for sentence in said if not sentence.endswith((".", "?"))] == []


def refusal(read: Callable[..., object], *arguments: object) -> str:
    try:
        read(*arguments)
    except BadInput as refused:
        return str(refused)
    return "understood."


@given(st.timedeltas(timedelta(0), timedelta(days=1500)))
def test_a_day_without_a_year_is_never_over(ahead: timedelta) -> None:
    now = FRIDAY + ahead
    for text in ("24 dec", "fri", "29 feb", "24 dec - 2 jan", "next week", "weekend"):
        off = notation.parse_off(text, now)
        assert off.start < off.end
        assert off.end > now
