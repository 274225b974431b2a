"""Charts as SVG text, written by hand: 400 units wide, colours from the page's own style sheet.

Each mark carries its figure as ``data-value`` and as a ``<title>``, so that a reader's pointer, a
screen reader and a test see the same numbers as the table under the chart. A figure that may not
be told has a mark of class ``none`` and no number.
"""

from collections.abc import Iterable, Mapping, Sequence
from html import escape
from typing import Final, NamedTuple

WIDTH: Final = 400
SHADES: Final = 5
HOURS_A_LABEL: Final = 3
_LEFT: Final = 36
_CELL: Final = 15
_ROW: Final = 20
_BAND: Final = 90
_BAR: Final = 16
_STEP: Final = 42


class Chart(NamedTuple):
    """A chart to be put into a page.

    Attributes:
        key: its id on the page.
        title: read aloud in place of the drawing, with ``text``.
    """

    key: str
    title: str
    text: str
    height: int
    marks: str

    def svg(self) -> str:
        """The drawing, with its name and description for those who do not see it."""
        return (
            f'<svg viewBox="0 0 {WIDTH} {self.height}" role="img" '
            f'aria-labelledby="{self.key}-name {self.key}-text">'
            f'<title id="{self.key}-name">{escape(self.title)}</title>'
            f'<desc id="{self.key}-text">{escape(self.text)}</desc>{self.marks}</svg>'
        )


def heat(cells: Mapping[tuple[int, int], int], days: Sequence[str]) -> tuple[int, str]:
    """Weekday by hour: a square for each, darker for more. Height and marks."""
    most = max(cells.values(), default=1)
    labels = range(0, 24, HOURS_A_LABEL)
    parts = [_text(_LEFT + hour * _CELL, 12, f"{hour:02}") for hour in labels]
    for day, name in enumerate(days):
        y = 20 + day * _ROW
        parts.append(_text(0, y + 13, name))
        for hour in range(24):
            x = _LEFT + hour * _CELL
            count = cells.get((day, hour))
            shade = "none" if count is None else f"h{-(-count * SHADES // most)}"
            said = f"{name} {hour:02}:00"
            parts.append(_mark(x, y, _CELL - 2, _ROW - 3, shade, said, count))
    return 20 + len(days) * _ROW, "".join(parts)


class Series(NamedTuple):
    """One row of bars over time; None where a figure may not be told."""

    name: str
    values: Sequence[int | None]


def weeks(names: Sequence[str], series: Sequence[Series]) -> tuple[int, str]:
    """Bars over time, a row for each series with a scale of its own. Height and marks."""
    step = (WIDTH - _LEFT) / max(1, len(names))
    parts = []
    for row, each in enumerate(series):
        base = (row + 1) * (_BAND + 24)
        most = max((value for value in each.values if value is not None), default=1)
        parts.append(_text(0, base - _BAND - 8, each.name))
        parts.append(_text(_LEFT - 6, base - _BAND + 10, str(most), "end"))
        parts.append(_text(_LEFT - 6, base, "0", "end"))
        parts.append(f'<line x1="{_LEFT}" x2="{WIDTH}" y1="{base}" y2="{base}"/>')
        for index, (name, value) in enumerate(zip(names, each.values, strict=True)):
            x = round(_LEFT + index * step, 2)
            high = 3 if value is None else max(1, round(value * _BAND / most, 1))
            kind = "none" if value is None else f"s{row + 1}"
            width = round(max(step * 0.8, 0.6), 2)
            parts.append(_mark(x, base - high, width, high, kind, name, value))
    height = len(series) * (_BAND + 24) + 18
    if names:
        parts.append(_text(_LEFT, height - 2, names[0]))
    if len(names) > 1:
        parts.append(_text(WIDTH, height - 2, names[-1], "end"))
    return height, "".join(parts)


def bars(rows: Iterable[tuple[str, int]]) -> tuple[int, str]:
    """A bar for each row, its name and figure above it. Height and marks."""
    found = tuple(rows)
    most = max((value for _, value in found), default=1) or 1
    parts = []
    for index, (name, value) in enumerate(found):
        y = index * _STEP
        parts.append(_text(0, y + 13, name))
        parts.append(_text(WIDTH, y + 13, f"{value:,}".replace(",", "\u202f"), "end"))
        long = max(1, round(value * WIDTH / most, 1)) if value else 0
        parts.append(_mark(0, y + 19, long, _BAR, "s1", name, value))
    return len(found) * _STEP, "".join(parts)


def _mark(
    x: float, y: float, width: float, height: float, kind: str, name: str, value: int | None
) -> str:
    said = name if value is None else f"{name}: {value}"
    data = "" if value is None else f' data-value="{value}"'
    return (
        f'<rect x="{x:g}" y="{y:g}" width="{width:g}" height="{height:g}" class="{kind}"{data}>'
        f"<title>{escape(said)}</title></rect>"
    )


def _text(x: float, y: float, said: str, anchor: str = "start") -> str:
    return f'<text x="{x:g}" y="{y:g}" text-anchor="{anchor}">{escape(said)}</text>'
