"""Block Kit limits the sandbox enforces, one row per limit."""

from typing import Any

import pytest

from sandbox.blocks import HOME, MESSAGE, MODAL, check_blocks

Block = dict[str, Any]


def plain(length: int) -> Block:
    return {"type": "plain_text", "text": "x" * length}


def mrkdwn(length: int) -> Block:
    return {"type": "mrkdwn", "text": "x" * length}


def actions(*elements: Block) -> Block:
    return {"type": "actions", "elements": list(elements)}


def button(**more: Any) -> Block:
    return {"type": "button", "text": plain(5)} | more


def select(count: int, **more: Any) -> Block:
    options = [{"text": plain(5), "value": f"v{number}"} for number in range(count)]
    return {"type": "static_select", "options": options} | more


def chart(**more: Any) -> Block:
    data = [{"label": "Mon", "value": 3}]
    inner = {
        "type": "bar",
        "series": [{"name": "Contacts", "data": data}],
        "axis_config": {"categories": ["Mon"]},
    }
    return {"type": "data_visualization", "title": "Week", "chart": inner | more}


CELL: Block = {"type": "raw_text", "text": "a"}


def data_table(*rows: list[Block], **more: Any) -> Block:
    return {"type": "data_table", "caption": "c", "rows": list(rows)} | more


def rich(element: Block) -> Block:
    section = {"type": "rich_text_section", "elements": [element]}
    return {"type": "rich_text", "elements": [section]}


GOOD = [
    {"type": "divider"},
    {"type": "header", "text": plain(150)},
    {"type": "section", "text": mrkdwn(3000), "accessory": button(style="danger")},
    {"type": "section", "fields": [mrkdwn(2000)] * 10},
    {
        "type": "context",
        "elements": [mrkdwn(10), {"type": "image", "alt_text": "a", "image_url": "u"}],
    },
    {"type": "image", "alt_text": "a", "slack_file": {"id": "F1"}},
    {"type": "markdown", "text": "**x**"},
    {"type": "table", "rows": [[{"type": "raw_text", "text": "a"}]]},
    data_table([CELL, CELL], [CELL, {"type": "raw_number", "text": "3", "value": 3}]),
    data_table([CELL], [rich({"type": "user", "user_id": "U1"})], page_size=100),
    actions(button(action_id="a", value="v" * 2000), select(100, action_id="b")),
    actions({"type": "overflow", "options": select(5)["options"]}),
    chart(),
    chart(type="pie", segments=[{"label": "Mon", "value": 1}]),
    rich({"type": "user", "user_id": "U1"}),
    rich({"type": "emoji", "name": "zzz"}),
]
BAD = [
    {"type": "header", "text": plain(151)},
    {"type": "header", "text": mrkdwn(5)},
    {"type": "section"},
    {"type": "section", "text": mrkdwn(3001)},
    {"type": "section", "text": plain(0)},
    {"type": "section", "text": mrkdwn(5), "block_id": "x" * 256},
    {"type": "section", "fields": [mrkdwn(5)] * 11},
    {"type": "context", "elements": [mrkdwn(5)] * 11},
    {"type": "context", "elements": [button()]},
    {"type": "image", "image_url": "u"},
    {"type": "image", "alt_text": "a"},
    {"type": "input", "label": plain(5), "element": button()},
    {"type": "data_table", "rows": [[CELL], [CELL]]},
    data_table([CELL]),
    data_table([CELL], [CELL, CELL]),
    data_table([CELL], [{"type": "raw_number", "text": "3"}]),
    data_table([rich({"type": "user", "user_id": "U1"})], [CELL]),
    data_table([CELL], [CELL], page_size=101),
    actions(*[button()] * 26),
    actions(button(action_id="a"), button(action_id="a")),
    actions(button(text=plain(76))),
    actions(button(value="v" * 2001)),
    actions(button(style="loud")),
    actions(button(confirm={"title": plain(101), "text": plain(5)})),
    actions(select(0)),
    actions(select(101)),
    actions(select(2, initial_option={"text": plain(5), "value": "other"})),
    actions(select(2, placeholder=plain(151))),
    actions({"type": "overflow", "options": select(6)["options"]}),
    actions({"type": "timepicker", "initial_time": "25:00"}),
    actions({"type": "rich_text_input"}),
    chart(type="donut"),
    chart(axis_config={"categories": ["Tue"]}),
    rich({"type": "user"}),
    rich({"type": "poem"}),
    {"type": "rich_text", "elements": [{"type": "text", "text": "bare"}]},
]


@pytest.mark.parametrize("block", GOOD, ids=lambda block: str(block["type"]))
def test_blocks_slack_takes(block: Block) -> None:
    assert check_blocks([block], MESSAGE) == []


@pytest.mark.parametrize("block", BAD, ids=lambda block: str(block["type"]))
def test_blocks_slack_refuses(block: Block) -> None:
    assert check_blocks([block], MESSAGE)


def test_limits_across_blocks() -> None:
    divider = {"type": "divider"}
    assert check_blocks([divider] * 51, MESSAGE)
    assert not check_blocks([divider] * 100, MODAL)
    assert check_blocks([chart()] * 3, MESSAGE)
    assert check_blocks([{"type": "markdown", "text": "x" * 7000}] * 2, MESSAGE)
    assert check_blocks([{"type": "divider", "block_id": "a"}] * 2, MESSAGE)


def test_charts_are_for_messages_only() -> None:
    assert check_blocks([chart()], HOME)
