"""Microsoft's published contract of the calls the bot makes, and what a request breaks of it.

`graph_schemas.json` beside this file holds the JSON Schemas; it names its origin and its licence
and is made by `make_graph_schemas.mjs`. To it come a few rules that Graph's documentation has in
prose only.
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote

import jsonschema

SCHEMAS = Path(__file__).with_name("graph_schemas.json")
DELTA = "/me/calendarView/delta()"

NOT_WITH_DELTA = frozenset({"$expand", "$filter", "$orderby", "$search", "$select"})
"""The description lists them; the documentation of event: delta says they are not supported."""

ZONED = frozenset({"startDateTime", "endDateTime"})
NEEDS_ZONE_HEADER = ("/me/events/{eventId}", "/me/events/{eventId}/instances", DELTA)
IN_UTC = 'outlook.timezone="UTC"'


class _Call:
    """One method on one path, as published."""

    def __init__(self, published: Mapping[str, Any]) -> None:
        self.method: str = published["method"]
        self.path: str = published["path"]
        self.query: Mapping[str, Any] = published["query"]
        body = published["body"]
        self.body = jsonschema.Draft7Validator(body) if body is not None else None
        parts = re.split(r"\{\w+\}", self.path)
        # A function without parameters may be called without its parentheses.
        pattern = "[^/]+".join(map(re.escape, parts)).replace(r"\(\)", r"(?:\(\))?")
        self.matches = re.compile(pattern).fullmatch

    def broken_by(self, query: Sequence[tuple[str, str]], body: bytes) -> Iterator[str]:
        """What the request does that was not published."""
        yield from self._broken_by_query(query)
        if self.body is None:
            if body:
                yield "a body where none is taken"
            return
        try:
            content = json.loads(body)
        except ValueError:
            yield "the body is not JSON"
            return
        for error in self.body.iter_errors(content):
            yield f"body: {error.json_path}: {error.message}"

    def _broken_by_query(self, query: Sequence[tuple[str, str]]) -> Iterator[str]:
        given = dict(query)
        if len(given) < len(query):
            yield "a parameter is given twice"
        missing = {name for name, each in self.query.items() if each["required"]} - set(given)
        yield from (f"{name} is missing" for name in sorted(missing))
        for name, value in given.items():
            if name not in self.query:
                yield f"{name} is not a parameter"
                continue
            schema = self.query[name]["schema"]
            for error in jsonschema.Draft7Validator(schema).iter_errors(_typed(value, schema)):
                yield f"{name}: {error.message}"
            if name in ZONED and not _has_zone(value):
                yield f"{name} is not an instant"
            if self.path == DELTA and name in NOT_WITH_DELTA:
                yield f"{name} does not go with a delta"


class Contract:
    """All published calls and answers that are used here."""

    def __init__(self) -> None:
        published = json.loads(SCHEMAS.read_text(encoding="utf-8"))
        self._calls = [_Call(each) for each in published["calls"]]
        self._answers = {
            name: jsonschema.Draft7Validator(schema)
            for name, schema in published["answers"].items()
        }

    def broken_by(
        self, method: str, path: str, query: str, headers: Mapping[str, str], body: bytes
    ) -> list[str]:
        """What a request breaks, in words.

        ``path``, behind the version of the API, and ``query`` are raw. A link that the server
        itself gave is not to be checked: it is opaque.
        """
        found = [each for each in self._calls if each.matches(path)]
        call = next((each for each in found if each.method == method), None)
        if call is None:
            return [f"{method} {path} is not a published call"]
        broken = list(call.broken_by(parse_qsl(query, keep_blank_values=True), body))
        if call.path in NEEDS_ZONE_HEADER and IN_UTC not in headers.get("Prefer", ""):
            broken.append("times are asked for in no zone")
        if body and not headers.get("Content-Type", "").startswith("application/json"):
            broken.append("the body is not said to be JSON")
        return broken

    def answer_broken_by(self, name: str, answer: Any) -> list[str]:
        """Where an answer differs from what is published of it."""
        errors = self._answers[name].iter_errors(answer)
        return [f"{name}: {each.json_path}: {each.message}" for each in errors]


def event_id(path: str) -> str:
    """The event that a path is about."""
    return unquote(path.split("/")[3])


def _typed(value: str, schema: Mapping[str, Any]) -> Any:
    """A query's text as what it stands for, itself where it does not."""
    if schema.get("type") == "array":
        return value.split(",")
    if schema.get("type") == "integer" and value.isdigit():
        return int(value)
    return {"true": True, "false": False}.get(value, value) if "boolean" in str(schema) else value


def _has_zone(value: str) -> bool:
    try:
        return datetime.fromisoformat(value).tzinfo is not None
    except ValueError:
        return False
