"""Structural checks of Block Kit: what Slack refuses, this refuses too.

Every check yields sentences; an empty result means that Slack would take the blocks. Limits are
those of docs.slack.dev/reference/block-kit.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from sandbox.elements import check_element, check_text
from sandbox.records import Json

MESSAGE, MODAL, HOME = "message", "modal", "home"
MAX_BLOCKS = {MESSAGE: 50, MODAL: 100, HOME: 100}
MAX_CHARTS = 2
MAX_MARKDOWN = 12_000
MAX_VIEW_BYTES = 250_000
MAX_ID = 255

Problems = Iterator[str]


def check_blocks(blocks: Any, surface: str) -> list[str]:
    """What is wrong with `blocks` on a message, modal or Home tab."""
    if not isinstance(blocks, list):
        return ["blocks must be an array"]
    return list(_check_all(blocks, surface))


def check_view(view: Any) -> list[str]:
    """What is wrong with a view given to views.open, push, update or publish."""
    if not isinstance(view, dict):
        return ["view must be an object"]
    return list(_check_view(view))


def _check_view(view: Json) -> Problems:
    surface = view.get("type")
    if surface not in {MODAL, HOME}:
        yield f"unsupported type: {surface} [json-pointer:/view/type]"
        return
    if surface == MODAL:
        yield from check_text(view.get("title"), "title", 24, plain=True)
    for key in ("submit", "close"):
        if view.get(key) is not None:
            yield from check_text(view[key], key, 24, plain=True)
    for key, longest in (
        ("private_metadata", 3000),
        ("callback_id", MAX_ID),
        ("external_id", MAX_ID),
    ):
        if len(view.get(key) or "") > longest:
            yield f"must be less than {longest + 1} characters [json-pointer:/view/{key}]"
    if not view.get("blocks"):
        yield "must have at least one block [json-pointer:/view/blocks]"
    blocks = view.get("blocks") or []
    yield from check_blocks(blocks, surface)
    has_input = any(isinstance(each, dict) and each.get("type") == "input" for each in blocks)
    if surface == MODAL and has_input and not view.get("submit"):
        yield "a submit button is required with input blocks [json-pointer:/view/submit]"
    if len(json.dumps(view).encode()) > MAX_VIEW_BYTES:
        yield "view_too_large"


def _check_all(blocks: list[Any], surface: str) -> Problems:
    if len(blocks) > MAX_BLOCKS[surface]:
        yield f"no more than {MAX_BLOCKS[surface]} items allowed [json-pointer:/blocks]"
    seen: set[str] = set()
    for index, block in enumerate(blocks):
        at = f"[json-pointer:/blocks/{index}]"
        if not isinstance(block, dict):
            yield f"a block must be an object {at}"
            continue
        yield from (f"{problem} {at}" for problem in _check_block(block, surface))
        block_id = str(block.get("block_id") or f"#{index}")
        if block_id in seen:
            yield f"duplicate block_id {block_id!r} {at}"
        seen.add(block_id)
    kinds = [block.get("type") for block in blocks if isinstance(block, dict)]
    if kinds.count("data_visualization") > MAX_CHARTS:
        yield f"no more than {MAX_CHARTS} data_visualization blocks [json-pointer:/blocks]"
    markdown = (block.get("text") for block in blocks if isinstance(block, dict))
    if sum(len(text) for text in markdown if isinstance(text, str)) > MAX_MARKDOWN:
        yield f"markdown longer than {MAX_MARKDOWN} characters [json-pointer:/blocks]"


def _check_block(block: Json, surface: str) -> Problems:
    kind = block.get("type")
    rule = _RULES.get(kind) if isinstance(kind, str) else None
    if rule is None or (surface != MESSAGE and kind in _MESSAGE_ONLY):
        yield f"unsupported block type: {kind}"
        return
    block_id = block.get("block_id", "")
    if not isinstance(block_id, str) or len(block_id) > MAX_ID:
        yield f"block_id must be a string of at most {MAX_ID} characters"
    yield from rule(block)


def _section(block: Json) -> Problems:
    text, fields = block.get("text"), block.get("fields")
    if text is None and not fields:
        yield "a section needs text or fields"
    if text is not None:
        yield from check_text(text, "text", 3000)
    yield from _count(fields or [], "fields", 10)
    for each in fields or []:
        yield from check_text(each, "fields", 2000)
    if "accessory" in block:
        yield from check_element(block["accessory"], "accessory")


def _header(block: Json) -> Problems:
    yield from check_text(block.get("text"), "text", 150, plain=True)


def _context(block: Json) -> Problems:
    elements = block.get("elements") or []
    yield from _count(elements, "elements", 10, least=1)
    for each in elements:
        if isinstance(each, dict) and each.get("type") == "image":
            yield from _image(each)
        else:
            yield from check_text(each, "elements", 3000)


def _actions(block: Json) -> Problems:
    elements = block.get("elements") or []
    yield from _count(elements, "elements", 25, least=1)
    for each in elements:
        yield from check_element(each, "actions")
    ids = [each["action_id"] for each in elements if isinstance(each, dict) and "action_id" in each]
    if len(ids) != len(set(ids)):
        yield "action_id must be unique within a block"


def _input(block: Json) -> Problems:
    yield from check_text(block.get("label"), "label", 2000, plain=True)
    if block.get("hint") is not None:
        yield from check_text(block["hint"], "hint", 2000, plain=True)
    yield from check_element(block.get("element"), "input")


def _image(block: Json) -> Problems:
    if not block.get("alt_text"):
        yield "an image needs alt_text"
    if not (block.get("image_url") or block.get("slack_file")):
        yield "an image needs image_url or slack_file"
    if len(block.get("image_url") or "") > 3000:  # noqa: PLR2004 - Slack's limit, used once
        yield "image_url longer than 3000 characters"


def _rich_text(block: Json) -> Problems:
    elements = block.get("elements")
    if not isinstance(elements, list):
        yield "rich_text needs elements"
        return
    for outer in elements:
        kind = outer.get("type") if isinstance(outer, dict) else None
        if kind == "rich_text_list":
            yield from _rich_text({"elements": outer.get("elements")})
        elif kind in {"rich_text_section", "rich_text_quote", "rich_text_preformatted"}:
            for inner in outer.get("elements", ()):
                yield from _rich_element(inner)
        else:
            yield f"unsupported rich_text element: {kind}"


def _rich_element(element: Any) -> Problems:
    kind = element.get("type") if isinstance(element, dict) else None
    key = _RICH_ELEMENTS.get(kind or "")
    if key is None:
        yield f"unsupported rich_text element: {kind}"
    elif element.get(key) in {None, ""}:
        yield f"a rich_text {kind} needs {key}"


def _markdown(block: Json) -> Problems:
    if not isinstance(block.get("text"), str) or not block["text"]:
        yield "markdown needs text"


def _chart(block: Json) -> Problems:
    yield from _string(block.get("title"), "title", 50)
    chart = block.get("chart") or {}
    kind = chart.get("type")
    if kind == "pie":
        segments = chart.get("segments") or []
        yield from _count(segments, "segments", 12, least=1)
        for each in segments:
            yield from _string(each.get("label"), "label", 20)
        return
    if kind not in {"bar", "line", "area"}:
        yield f"unsupported chart type: {kind}"
        return
    series, axis = chart.get("series") or [], chart.get("axis_config") or {}
    categories = axis.get("categories") or []
    yield from _count(series, "series", 12, least=1)
    yield from _count(categories, "categories", 20, least=1)
    for label in categories:
        yield from _string(label, "categories", 20)
    for each in series:
        yield from _string(each.get("name"), "name", 20)
        points = each.get("data") or []
        if [point.get("label") for point in points] != categories:
            yield "the labels of a series must be the categories"
        if any(not isinstance(point.get("value"), int | float) for point in points):
            yield "a value must be a number"


def _table(block: Json) -> Problems:
    rows = block.get("rows") or []
    yield from _count(rows, "rows", 101, least=1)
    if any(not isinstance(row, list) or len(row) > 20 for row in rows):  # noqa: PLR2004 - as above
        yield "a row has at most 20 columns"


def _data_table(block: Json) -> Problems:
    yield from _table(block)
    rows = [row for row in block.get("rows") or () if isinstance(row, list)]
    yield from _string(block.get("caption"), "caption", 255)
    yield from _count(rows, "rows", 101, least=2)
    if len({len(row) for row in rows}) > 1:
        yield "every row needs the same number of cells"
    if not 1 <= block.get("page_size", 5) <= 100:  # noqa: PLR2004 - as above
        yield "page_size must be 1 to 100"
    for index, row in enumerate(rows):
        for cell in row:
            yield from _cell(cell, header=index == 0)


def _cell(cell: Any, *, header: bool) -> Problems:
    kind = cell.get("type") if isinstance(cell, dict) else None
    if kind == "rich_text" and not header:
        yield from _rich_text(cell)
    elif kind in {"raw_text", "raw_number"}:
        yield from _string(cell.get("text"), "text of a cell", 10_000)
        if kind == "raw_number" and not isinstance(cell.get("value"), int | float):
            yield "the value of a raw_number must be a number"
    else:
        yield f"unsupported cell: {kind}"


def _nothing(_: Json) -> Problems:
    return iter(())


def _count(items: Iterable[Any], name: str, most: int, least: int = 0) -> Problems:
    number = len(list(items))
    if not least <= number <= most:
        yield f"{name}: {least} to {most} items allowed, {number} given"


def _string(value: Any, name: str, longest: int) -> Problems:
    if not isinstance(value, str) or not value:
        yield f"{name} must be a string"
    elif len(value) > longest:
        yield f"{name} must be less than {longest + 1} characters"


_RULES: dict[str, Callable[[Json], Problems]] = {
    "actions": _actions,
    "context": _context,
    "data_table": _data_table,
    "data_visualization": _chart,
    "divider": _nothing,
    "header": _header,
    "image": _image,
    "input": _input,
    "markdown": _markdown,
    "rich_text": _rich_text,
    "section": _section,
    "table": _table,
}
_MESSAGE_ONLY = {"data_visualization", "data_table", "table", "markdown"}
NEW_BLOCKS = frozenset({"data_visualization", "data_table"})
"""Of 2026, and refused where the roll-out has not arrived."""
_RICH_ELEMENTS = {
    "broadcast": "range",
    "channel": "channel_id",
    "color": "value",
    "date": "timestamp",
    "emoji": "name",
    "link": "url",
    "team": "team_id",
    "text": "text",
    "user": "user_id",
    "usergroup": "usergroup_id",
}
