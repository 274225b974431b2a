"""The summary of an audit for the terminal: sentences first, then tables. From `Shown` alone."""

from collections.abc import Iterable, Iterator
from typing import Final

from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from bot.digest.audit_release import Place, Shown, Week
from bot.words import audit as words

LATEST_WEEKS: Final = 12
MOST_CHANNELS: Final = 10
_SHADES = " ░▒▓█"
_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


def summary(shown: Shown) -> Iterator[RenderableType]:
    """Everything to print, in order."""
    yield Text(f"{words.TITLE}: {shown.export}", style="bold")
    yield from map(Text, sentences(shown))
    if shown.heat:
        yield Text()
        yield _heat(shown)
    told = [week for week in shown.weeks if (week.messages, week.mentions) != (None, None)]
    if told:
        yield Text()
        yield _weeks(told[-LATEST_WEEKS:])
    if shown.kinds:
        yield Text()
        yield _table(
            words.KINDS_COLUMNS,
            ((words.KINDS[kind], words.count(count)) for kind, count in shown.kinds.items()),
        )
    if shown.channels:
        yield Text()
        rows = ((place.name, words.percent(place.share)) for place in shown.channels)
        yield _table(words.CHANNEL_COLUMNS, list(rows)[:MOST_CHANNELS])
    if shown.teams:
        yield Text()
        yield _table(words.TEAM_COLUMNS, map(team_row, shown.teams))
    yield Text()
    yield Text(words.RULES, style="dim")


def sentences(shown: Shown) -> list[str]:
    """What was judged, what came out, and how much could be seen."""
    if shown.first_on is None or shown.last_on is None:
        return [words.NOTHING]
    period = words.period(
        shown.first_on.isoformat(),
        shown.last_on.isoformat(),
        shown.hours,
        shown.holidays,
        shown.own_hours,
    )
    if not shown.zones_known:
        return [period, words.NO_ZONES]
    return [
        period,
        words.BANDS[shown.band] if shown.band else words.NO_BAND,
        words.mentions_share(shown.mentions_share),
        words.messages_share(shown.messages_share),
        words.coverage(shown.judged, shown.people, shown.messages_judged),
    ]


def team_row(place: Place) -> tuple[str, ...]:
    """One team as a row of `words.TEAM_COLUMNS`."""
    band = str(place.band) if place.band else words.WITHHELD
    return place.name, str(place.people), words.percent(place.share), band


def _heat(shown: Shown) -> RenderableType:
    """A line of shades for each weekday, one character and a space to the hour."""
    most = max(shown.heat.values())
    lines = ["     " + "".join(f"{hour:<4}" for hour in range(0, 24, 2))]
    for day, name in enumerate(_DAYS):
        cells = (shown.heat.get((day, hour), 0) for hour in range(24))
        lines.append(f"{name}  " + "".join(_shade(count, most) * 2 for count in cells))
    return Text("\n".join([words.HEAT_TEXT, *lines]))


def _shade(count: int, most: int) -> str:
    return _SHADES[-(-count * (len(_SHADES) - 1) // most)]


def _weeks(weeks: Iterable[Week]) -> Table:
    return _table(
        words.WEEKS_COLUMNS,
        ((week.iso_week, words.count(week.messages), words.count(week.mentions)) for week in weeks),
    )


def _table(columns: Iterable[str], rows: Iterable[Iterable[str]]) -> Table:
    first, *others = columns
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column(first)
    for column in others:
        table.add_column(column, justify="right")
    for row in rows:
        table.add_row(*map(Text, row))
    return table
