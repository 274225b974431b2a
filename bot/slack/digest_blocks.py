"""A weekly summary as Slack messages: with charts where the workspace has them, and plainly.

Charts and tables are new and not everywhere yet; a workspace that does not know them refuses the
whole message, which is then posted as `plain`. Only figures that are numbers are drawn: they are
counts that passed the release rules. A band or a direction is a word, and stays one.

Shapes: https://docs.slack.dev/reference/block-kit/blocks (data_visualization and data_table; the
SDK has no classes for them).
"""

from collections.abc import Iterable, Sequence

from bot.domain.notices import Digest, DigestLine, Mirror
from bot.slack import blocks as kit
from bot.slack.blocks import Block
from bot.words import digest as digest_words
from bot.words import mirror as mirror_words
from bot.words import summary as words

MAX_CHARTS = 2
CHART_TITLE = 50
CHART_LABEL = 20
MIN_BARS = 2
TABLE_PAGE = 20

Rendered = tuple[str, list[Block]]
"""Fallback text and blocks."""


def rich(notice: Digest) -> Rendered:
    """The sentences, a chart under a line whose figures are counts, then those as a table."""
    drawn = [line for line in notice.lines if is_drawable(line)][:MAX_CHARTS]
    body = [kit.header(title(notice))]
    for line in notice.lines:
        body += [_sentence(line), chart(line)] if line in drawn else _line(line)
    body += [table(drawn)] if drawn else []
    return text(notice), [*body, *_why(notice.why)]


def plain(notice: Digest) -> Rendered:
    """The same in blocks that every workspace has."""
    return text(notice), [kit.header(title(notice)), *_lines(notice.lines), *_why(notice.why)]


def mirror(notice: Mirror) -> Rendered:
    """A leader's own part, and the switch that shows it to the team."""
    heading = mirror_words.title(notice.team_name, notice.iso_week)
    body = [kit.header(heading), *_lines(notice.lines), *_why(notice.why)]
    sentences = [heading, *(line.sentence for line in notice.lines)]
    return "\n".join(sentences), [*body, *switch(notice.team_id, shares=notice.shares)]


SWITCH = "mirror_switch"
SWITCH_NOTE = "mirror_switch_note"


def switch(team_id: str, *, shares: bool) -> list[Block]:
    """The button that shows or hides what a leader starts, and what holds now."""
    label, action_id = (
        (words.UNSHARE, "mirror_unshare") if shares else (words.SHARE, "mirror_share")
    )
    note = kit.context(words.switch_note(shares=shares)) | {"block_id": SWITCH_NOTE}
    return [kit.actions(SWITCH, kit.button(label, action_id, team_id)), note]


def title(notice: Digest) -> str:
    """The heading of a team's summary."""
    return digest_words.title(notice.team_name, notice.iso_week)


def text(notice: Digest) -> str:
    """What a notification shows, and a client without blocks."""
    parts = [title(notice), *(line.sentence for line in notice.lines), notice.why]
    return "\n".join(part for part in parts if part)


def is_drawable(line: DigestLine) -> bool:
    """Whether a line is a breakdown into counts; a single bar tells nothing."""
    return len(line.figures) >= MIN_BARS and all(
        isinstance(value, int) for _, value in line.figures
    )


def chart(line: DigestLine) -> Block:
    """The figures of one line as bars."""
    bars = [
        {"label": kit.clipped(label, CHART_LABEL), "value": value} for label, value in line.figures
    ]
    return {
        "type": "data_visualization",
        "title": kit.clipped(words.CHARTS.get(line.key, words.CHART), CHART_TITLE),
        "chart": {
            "type": "bar",
            "series": [{"name": words.SERIES, "data": bars}],
            "axis_config": {
                "categories": [bar["label"] for bar in bars],
                "y_label": words.SERIES,
            },
        },
    }


def table(lines: Sequence[DigestLine]) -> Block:
    """The charts' figures for those who cannot see the charts, or want to sort them."""
    return {
        "type": "data_table",
        "caption": words.TABLE,
        "page_size": TABLE_PAGE,
        "row_header_column_index": 1,
        "rows": [
            [_cell(words.TOPIC), _cell(words.LABEL), _cell(words.FIGURE)],
            *(
                [_cell(words.CHARTS.get(line.key, words.CHART)), _cell(label), _cell(value)]
                for line in lines
                for label, value in line.figures
            ),
        ],
    }


def _cell(value: str | int) -> Block:
    if isinstance(value, int):
        return {"type": "raw_number", "value": value, "text": str(value)}
    return {"type": "raw_text", "text": value}


def _lines(lines: Iterable[DigestLine]) -> list[Block]:
    return [block for line in lines for block in _line(line)]


def _line(line: DigestLine) -> list[Block]:
    """The sentence first, its figures second and smaller."""
    figures = " · ".join(f"{label} {value}" for label, value in line.figures)
    return [_sentence(line), *([kit.context(kit.escaped(figures))] if figures else [])]


def _sentence(line: DigestLine) -> Block:
    return kit.section(kit.escaped(line.sentence))


def _why(why: str) -> list[Block]:
    return [kit.context(kit.escaped(why))] if why else []
