"""An audit as one self-contained HTML page, for a browser and for paper. From `Shown` alone.

Nothing is fetched: no script, no font, no picture from elsewhere.
"""

from collections.abc import Iterable, Sequence
from html import escape

from bot.digest import charts
from bot.digest.audit_release import Shown
from bot.digest.audit_terminal import sentences, team_row
from bot.digest.charts import Chart, Series
from bot.words import audit as words

DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")

STYLE = """
:root { color-scheme: light dark; --paper: #fbfaf7; --ink: #1d2327; --soft: #59636b;
  --line: #d9d6cf; --card: #ffffff; --empty: #edebe5; --one: #0f766e; --two: #a8521a;
  --h1: #cfe6e2; --h2: #98cac3; --h3: #5aa79e; --h4: #23827a; --h5: #0b5750; }
@media (prefers-color-scheme: dark) { :root { --paper: #14181b; --ink: #e9ecee; --soft: #a5b0b8;
  --line: #343c42; --card: #1b2125; --empty: #262d32; --one: #4fc3b5; --two: #e9a06b;
  --h1: #1f3f3d; --h2: #24625c; --h3: #2f8a81; --h4: #4bb6aa; --h5: #97ebe0; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--paper); color: var(--ink);
  font: 16px/1.55 system-ui, "Segoe UI", "DejaVu Sans", sans-serif; }
main { max-width: 1180px; margin: 0 auto; padding: 2rem 1rem 3rem; }
h1 { font-size: 1.65rem; line-height: 1.25; margin: 0 0 .25rem; overflow-wrap: anywhere; }
h2 { font-size: 1.15rem; margin: 0 0 .25rem; }
p { margin: .35rem 0; max-width: 70ch; }
.soft, figcaption, footer { color: var(--soft); }
.lead { font-size: 1.1rem; margin: 1.25rem 0 1.75rem; }
.cards { display: grid; gap: 1.25rem; grid-template-columns: repeat(2, minmax(0, 1fr));
  align-items: start; }
@media (max-width: 820px) { .cards { grid-template-columns: minmax(0, 1fr); } }
section { background: var(--card); border: 1px solid var(--line); border-radius: 10px;
  padding: 1.1rem 1.1rem 1rem; min-width: 0; }
figure { margin: 0; }
svg { display: block; width: 100%; max-width: 560px; height: auto; margin: .9rem 0 .6rem; }
svg text { font-size: 11.5px; fill: var(--soft); }
svg line { stroke: var(--line); }
@media (max-width: 820px) { svg text { font-size: 13px; } }
.none { fill: var(--empty); }
.s1 { fill: var(--one); } .s2 { fill: var(--two); }
.h1 { fill: var(--h1); } .h2 { fill: var(--h2); } .h3 { fill: var(--h3); }
.h4 { fill: var(--h4); } .h5 { fill: var(--h5); }
.key { font-size: .85rem; color: var(--soft); display: flex; flex-wrap: wrap; gap: .25rem .9rem;
  padding: 0; margin: 0 0 .4rem; list-style: none; }
.key svg { display: inline-block; width: .8rem; height: .8rem; margin: 0 .35rem 0 0;
  vertical-align: -.08rem; }
summary { cursor: pointer; color: var(--soft); font-size: .9rem; }
.scroll { overflow-x: auto; max-height: 26rem; overflow-y: auto; }
table { border-collapse: collapse; font-size: .9rem; margin: .5rem 0 0;
  font-variant-numeric: tabular-nums; }
th, td { padding: .2rem .7rem .2rem 0; text-align: right; font-weight: 400;
  border-bottom: 1px solid var(--line); white-space: nowrap; }
thead th { font-weight: 600; white-space: normal; vertical-align: bottom; }
th:first-child, td:first-child { text-align: left; white-space: normal; }
th:last-child, td:last-child { padding-right: 0; }
footer { margin-top: 2rem; font-size: .9rem; }
@media print { :root { --paper: #fff; --ink: #000; --soft: #333; --card: #fff; --line: #bbb; }
  main { padding: 0; max-width: none; } section { break-inside: avoid; }
  .scroll { max-height: none; overflow: visible; }
  details::details-content { content-visibility: visible; height: auto; }
  * { print-color-adjust: exact; -webkit-print-color-adjust: exact; } }
""".strip()


def page(shown: Shown) -> str:
    """The whole page."""
    period, *told = sentences(shown)
    lead = "".join(f"<p>{escape(each)}</p>" for each in told)
    cards = "".join(_cards(shown)) if shown.zones_known and shown.first_on else ""
    title = f"{words.TITLE}: {shown.export}"
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta http-equiv="Content-Security-Policy" '
        "content=\"default-src 'none'; style-src 'unsafe-inline'; img-src data:\">\n"
        f'<title>{escape(title)}</title>\n<link rel="icon" href="data:,">\n'
        f"<style>\n{STYLE}\n</style>\n</head>\n<body>\n<main>\n"
        f'<header><h1>{escape(title)}</h1><p class="soft">{escape(period)}</p></header>\n'
        f'<div class="lead">{lead}</div>\n<div class="cards">\n{cards}</div>\n'
        f"<footer><p>{escape(words.RULES)}</p></footer>\n</main>\n</body>\n</html>\n"
    )


def _cards(shown: Shown) -> Iterable[str]:
    yield _heat(shown)
    yield _weeks(shown)
    yield _kinds(shown)
    yield _coverage(shown)
    rows = [(place.name, words.percent(place.share)) for place in shown.channels]
    if rows:
        yield _list("channels", words.CHANNELS, words.CHANNELS_TEXT, words.CHANNEL_COLUMNS, rows)
    if shown.teams:
        teams = [team_row(place) for place in shown.teams]
        yield _list("teams", words.TEAMS, words.TEAMS_TEXT, words.TEAM_COLUMNS, teams)


def _heat(shown: Shown) -> str:
    hours = [f"{hour:02}" for hour in range(24)]
    rows = [
        (name, *(words.count(shown.heat.get((day, hour))) for hour in range(24)))
        for day, name in enumerate(DAYS)
    ]
    chart = Chart("heat", words.CHART_HEAT, words.HEAT_TEXT, *charts.heat(shown.heat, DAYS))
    key = [(f"h{charts.SHADES}", words.MOST), ("h1", words.LEAST), ("none", words.NOT_SHOWN)]
    return _figure(chart, key, ("", *hours), rows, empty=not shown.heat)


def _weeks(shown: Shown) -> str:
    names = [week.iso_week for week in shown.weeks]
    messages = [week.messages for week in shown.weeks]
    mentions = [week.mentions for week in shown.weeks]
    _, *columns = words.WEEKS_COLUMNS
    series = [Series(columns[0], messages), Series(columns[1], mentions)]
    chart = Chart("weeks", words.CHART_WEEKS, words.WEEKS_TEXT, *charts.weeks(names, series))
    rows = [
        (name, words.count(one), words.count(other))
        for name, one, other in zip(names, messages, mentions, strict=True)
    ]
    nothing = all(value is None for value in (*messages, *mentions))
    return _figure(chart, [("none", words.NOT_SHOWN)], words.WEEKS_COLUMNS, rows, empty=nothing)


def _kinds(shown: Shown) -> str:
    told = [(words.KINDS[kind], count) for kind, count in shown.kinds.items()]
    chart = Chart("kinds", words.CHART_KINDS, words.KINDS_TEXT, *charts.bars(told))
    rows = [(name, words.count(count)) for name, count in told]
    return _figure(chart, (), words.KINDS_COLUMNS, rows, empty=not told)


def _coverage(shown: Shown) -> str:
    counts = (shown.judged, shown.people - shown.judged, shown.bots, shown.deleted)
    told = list(zip(words.COVERAGE, counts, strict=True))
    chart = Chart("coverage", words.CHART_COVERAGE, words.COVERAGE_TEXT, *charts.bars(told))
    rows = [(name, words.count(count)) for name, count in told]
    return _figure(chart, (), words.COVERAGE_COLUMNS, rows, empty=False)


def _figure(
    chart: Chart,
    key: Iterable[tuple[str, str]],
    columns: Sequence[str],
    rows: Iterable[Sequence[str]],
    *,
    empty: bool,
) -> str:
    """A chart, what its colours mean, and its figures as a table."""
    head = f'<section aria-labelledby="{chart.key}"><h2 id="{chart.key}">{escape(chart.title)}</h2>'
    caption = f"<figcaption>{escape(chart.text)}</figcaption>"
    if empty:
        return f"{head}<p>{escape(words.EMPTY_CHART)}</p></section>\n"
    keys = "".join(
        f'<li><svg viewBox="0 0 10 10" aria-hidden="true"><rect width="10" height="10" '
        f'class="{kind}"/></svg>{escape(said)}</li>'
        for kind, said in key
    )
    legend = f'<ul class="key">{keys}</ul>' if keys else ""
    table = _table(chart.key, chart.title, columns, rows)
    return (
        f"{head}<figure>{caption}{chart.svg()}{legend}</figure>"
        f"<details><summary>{escape(words.TABLE)}</summary>{table}</details></section>\n"
    )


def _list(
    key: str, title: str, text: str, columns: Sequence[str], rows: Iterable[Sequence[str]]
) -> str:
    """A table that is no chart's."""
    table = _table(key, title, columns, rows)
    return (
        f'<section aria-labelledby="{key}"><h2 id="{key}">{escape(title)}</h2>'
        f'<p class="soft">{escape(text)}</p>{table}</section>\n'
    )


def _table(key: str, title: str, columns: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table that can be scrolled with the keyboard where it is too wide or too long."""
    head = "".join(
        f'<th scope="col">{escape(each)}</th>' if each else "<td></td>" for each in columns
    )
    body = "".join(
        f'<tr><th scope="row">{escape(first)}</th>'
        + "".join(f"<td>{escape(cell)}</td>" for cell in cells)
        + "</tr>"
        for first, *cells in rows
    )
    return (
        f'<div class="scroll" tabindex="0" role="group" aria-label="{escape(title)}">'
        f'<table id="{key}-table"><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>'
    )
