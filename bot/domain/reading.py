"""The words of the human notation: tokens, times of day, intervals and weekdays.

`dates` adds calendar days and `notation` the sentences. Nothing here knows the present instant.
"""

import re
from typing import NamedTuple

from bot.domain.schedule import DAY_MIN, WEEKDAY_NAMES, Interval
from bot.errors import BadInput

NOON_MIN = 720
DIAL_HOURS = range(1, 13)
MAX_LENGTH = 400
MAX_QUOTED = 80

WORKDAYS = frozenset(range(5))
WEEKEND = frozenset({5, 6})
EVERY_DAY = frozenset(range(7))

_TOKEN = re.compile(
    r"""
      (?P<iso>   \d{4}-\d\d-\d\d \b )
    | (?P<nth>   \d{1,2} (?:st|nd|rd|th) \b )
    | (?P<time>  \d{1,2} (?: [:.h]\d\d | \d\d | h\b )? (?: \s?[ap]\.?m\b\.? )? (?! :?\d )
               | (?: noon | midday | midnight ) \b )
    | (?P<dash>  [-‐‑‒–—−] | \b to \b )
    | (?P<comma> [,&+] | \b and \b )
    | (?P<semi>  ; )
    | (?P<skip>  [\s:.] | \b (?: from | at | on | of | the | between | every | each ) \b )
    | (?P<word>  [^\W\d_]+ )
    | (?P<other> . )
    """,
    re.VERBOSE | re.IGNORECASE,
)
_CLOCK = re.compile(r"(\d{1,2}?)(?:[:.h]?([0-5]\d))?h?\s?(?:([ap])\.?m\.?)?", re.ASCII)
_FULL_CLOCK = re.compile(r"\d\d:\d\d", re.ASCII)
_HALVES = {"": 0, "a": 0, "p": NOON_MIN}
_NAMED_TIMES = {"noon": NOON_MIN, "midday": NOON_MIN, "midnight": 0}

_SHORT_FORMS = {"tues": 1, "weds": 2, "thur": 3, "thurs": 3}
_SINGLE_DAYS = _SHORT_FORMS | {
    form: weekday
    for weekday, name in enumerate(name.casefold() for name in WEEKDAY_NAMES)
    for form in (name, name + "s", name[:3], name[:2])
}
_DAY_GROUPS = {
    "weekday": WORKDAYS,
    "weekdays": WORKDAYS,
    "weekend": WEEKEND,
    "weekends": WEEKEND,
    "day": EVERY_DAY,
    "daily": EVERY_DAY,
    "everyday": EVERY_DAY,
}


class Token(NamedTuple):
    """A piece of the text: which alternative of the pattern matched, in lower case, and where."""

    kind: str
    value: str
    start: int
    end: int


class Reader:
    """A text and how far it has been understood.

    Args:
        text: what a person wrote.
        examples: shown when something is not understood.

    Raises:
        BadInput: far too long to be hours.
    """

    def __init__(self, text: str, *examples: str) -> None:
        self.text = " ".join(text.replace("\n", "; ").split())
        self.examples = examples
        self._part = 0
        if len(self.text) > MAX_LENGTH:
            raise self.lost()
        found = [
            Token(match.lastgroup or "", match[0].casefold(), match.start(), match.end())
            for match in _TOKEN.finditer(self.text)
        ]
        self._tokens = [token for token in found if token.kind != "skip"]
        self._end = Token("end", "", len(self.text), len(self.text))
        self.position = 0

    def peek(self, ahead: int = 0) -> Token:
        """A token not yet understood; past the last one, one of kind ``end``."""
        index = self.position + ahead
        return self._tokens[index] if index < len(self._tokens) else self._end

    def take(self, kind: str, *values: str) -> Token | None:
        """The next token, now understood, if it is of that kind (and one of ``values``)."""
        token = self.peek()
        if token.kind != kind or (values and token.value not in values):
            return None
        self.position += 1
        return token

    def skip_separators(self) -> None:
        """Pass commas and semicolons; what follows is quoted on its own when it is not clear."""
        while self.take("comma") or self.take("semi"):
            pass
        self._part = self.peek().start

    def rest(self) -> str:
        """The text behind the last token taken, as it was written."""
        return self.text[self._tokens[self.position - 1].end :]

    def finish(self) -> None:
        """Insist that everything was understood."""
        if self.peek().kind != "end":
            raise self.lost()

    def lost(self, said: str = "I did not understand") -> BadInput:
        """The error that quotes the present part of the text and shows the example."""
        tries = " or ".join(f"`{example}`" for example in self.examples)
        return BadInput(f"{said} {self.quoted}. Try {tries}.")

    @property
    def quoted(self) -> str:
        """The present part of the text in quotation marks, cut where it is long."""
        part = self.text[self._part :].partition(";")[0].strip() or self.text
        return f"“{part}”" if len(part) <= MAX_QUOTED else f"“{part[:MAX_QUOTED]}…”"


class WrittenTime(NamedTuple):
    """A time of day as written.

    Attributes:
        minute: after 00:00, at most 1440.
        half: ``a`` or ``p`` where am or pm was written, else an empty text.
        exact: no other reading is possible (``09:00``, ``noon``).
    """

    minute: int
    half: str = ""
    exact: bool = False

    @property
    def open(self) -> bool:
        """Whether it may be the time of a twelve-hour clock whose half is written elsewhere."""
        return not self.half and self.minute // 60 in DIAL_HOURS

    @property
    def bare(self) -> bool:
        """Whether nothing at all says if it means morning or afternoon."""
        return self.open and not self.exact


def read_clock(reader: Reader, after_min: int | None = None) -> WrittenTime:
    """The time of day that comes next: ``9``, ``9:30``, ``0930``, ``9h30``, ``9 am``, ``noon``.

    Args:
        reader: where it comes next.
        after_min: the start of the interval it ends, to show how an end after midnight is written.

    Raises:
        BadInput: something else comes next, or no clock shows it.
    """
    token = reader.take("time")
    if token is None:
        raise reader.lost()
    if token.value in _NAMED_TIMES:
        return WrittenTime(_NAMED_TIMES[token.value], exact=True)
    written = _CLOCK.fullmatch(token.value)
    if written is None:
        raise reader.lost()
    hour, minute, half = int(written[1]), int(written[2] or 0), written[3] or ""
    past_midnight = hour * 60 + minute - DAY_MIN
    if after_min is not None and 0 < past_midnight < after_min and not half:
        night = f"{format_clock(after_min)}-{format_clock(past_midnight)}"
        raise BadInput(
            f"There is no {hour}:{minute:02}. For an end after midnight write `{night}`."
        )
    if past_midnight > 0 or (half and hour not in DIAL_HOURS):
        raise reader.lost(f"There is no time {token.value} in")
    if half:
        hour = hour % 12
    return WrittenTime(
        hour * 60 + minute + _HALVES[half], half, _FULL_CLOCK.fullmatch(token.value) is not None
    )


def read_interval(reader: Reader) -> Interval:
    """The interval that comes next: ``9-17:30``, ``9am-5pm``, ``22:00 to 06:00``, ``18-24``.

    Raises:
        BadInput: not an interval, an empty one, or one that can be read in two ways (``9-5``).
    """
    start = read_clock(reader)
    if reader.take("dash") is None:
        raise reader.lost()
    end = read_clock(reader, start.minute)
    begin_min, end_min = _halves_shared(start, end)
    if begin_min >= DAY_MIN:
        raise reader.lost("24:00 can only be an end; a start there is 00:00 of the next day:")
    if begin_min == end_min:
        raise reader.lost("Nothing lies between the two times of")
    if end_min < begin_min:
        if start.bare and end.bare:
            raise _two_readings(reader, start, end)
        end_min += DAY_MIN
    return Interval(begin_min, end_min)


def read_weekdays(reader: Reader) -> frozenset[int] | None:
    """The weekdays that come next, or None: ``mon-thu``, ``Mon, Wed and Sat``, ``weekdays``."""
    weekdays: frozenset[int] = frozenset()
    while (word := reader.peek()).kind == "word" and _names_days(word.value):
        reader.position += 1
        weekdays |= _DAY_GROUPS.get(word.value) or _weekday_range(reader, word.value)
        if reader.peek().kind == "comma" and _names_days(reader.peek(1).value):
            reader.position += 1
    return weekdays or None


def read_weekday(reader: Reader) -> int | None:
    """The single weekday that comes next, or None."""
    token = reader.take("word", *_SINGLE_DAYS)
    return None if token is None else _SINGLE_DAYS[token.value]


def _names_days(word: str) -> bool:
    return word in _SINGLE_DAYS or word in _DAY_GROUPS


def _weekday_range(reader: Reader, first: str) -> frozenset[int]:
    """``mon`` or, with a dash behind it, ``mon-thu``; ``fri-mon`` goes round the week's end."""
    start = _SINGLE_DAYS[first]
    if reader.take("dash") is None:
        return frozenset({start})
    end = read_weekday(reader)
    if end is None:
        raise reader.lost()
    return frozenset((start + i) % 7 for i in range((end - start) % 7 + 1))


def _halves_shared(start: WrittenTime, end: WrittenTime) -> tuple[int, int]:
    """Both times in minutes, where one am or pm may speak for both.

    ``1-5pm`` is an afternoon, ``9-5pm`` a working day, ``10-2am`` a night, ``9am-5`` and
    ``9pm-11`` end in the same day's second half. An end of 0:00 is the day's 24:00.
    """
    begin_min, end_min = start.minute, end.minute or DAY_MIN
    if end.half and start.open:
        same_half = begin_min % NOON_MIN + _HALVES[end.half]
        begin_min = same_half if same_half < end_min else (same_half + NOON_MIN) % DAY_MIN
    if start.half and end.bare and end_min <= begin_min < end_min + NOON_MIN:
        end_min += NOON_MIN
    return begin_min, end_min


def _two_readings(reader: Reader, start: WrittenTime, end: WrittenTime) -> BadInput:
    day, until = format_clock(start.minute), format_clock(end.minute)
    night, afternoon = (format_clock((t.minute + NOON_MIN) % DAY_MIN) for t in (start, end))
    return BadInput(
        f"{reader.quoted} can be read in two ways. "
        f"Write `{day}-{afternoon}` for the day or `{night}-{until}` for the night."
    )


def format_clock(minute: int) -> str:
    """Minutes after midnight as ``09:30``; 1440 is ``24:00``."""
    return f"{minute // 60:02}:{minute % 60:02}"
