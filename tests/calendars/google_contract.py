"""Requests and answers held against Google's published description of Calendar v3.

The discovery document is the one bundled with google-api-python-client. What it only says in its
texts is taken from there as well: which fields are read-only or immutable, which words a field
may hold ("Possible values are"), and what must not go with a sync token. Every check answers the
faults it found, as sentences; none is fine.
"""

import importlib.util
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from pathlib import Path
from typing import Any
from zoneinfo import available_timezones

DOCUMENT = "discovery_cache/documents/calendar.v3.json"
WORDS = re.compile(r'^ ?- "(\w+)"', re.MULTILINE)
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)?")
MASK_WORD = re.compile(r"[\w*]+|[(),/]")
PYTHON_TYPES = {
    "string": str,
    "boolean": bool,
    "integer": int,
    "array": list,
    "object": dict,
    "any": object,
}
INT32 = 2**31
Json = Mapping[str, Any]


@dataclass(frozen=True)
class Method:
    """One method of the description, with what its path held."""

    id: str
    described: Json
    in_path: Mapping[str, str]


class Contract:
    """The description as checks."""

    def __init__(self, document: Json) -> None:
        self.schemas = document["schemas"]
        self.common = document["parameters"]
        self.methods = [
            each
            for resource in document["resources"].values()
            for each in resource["methods"].values()
        ]

    def method(self, verb: str, path: str) -> Method | None:
        """The method behind a path below ``/calendar/v3/``; literal paths go before open ones."""
        for each in sorted(self.methods, key=lambda each: each["path"].count("{")):
            pattern = re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", each["path"])
            found = re.fullmatch(pattern, path)
            if found and each["httpMethod"] == verb:
                return Method(each["id"], each, found.groupdict())
        return None

    def request(self, method: Method, query: Sequence[tuple[str, str]], body: Any) -> list[str]:
        """What is wrong with a request; ``body`` is None when there is none."""
        return [*self._query(method, query), *self._body(method, body)]

    def answer(self, method: Method, body: Any) -> list[str]:
        """What is wrong with an answer, which may be a part of what could be there."""
        named = method.described.get("response")
        if named is None:
            return [] if body is None else ["an answer where there is none"]
        return list(self._value(named, body, "answer", is_answer=True))

    def _query(self, method: Method, query: Sequence[tuple[str, str]]) -> Iterator[str]:
        own = method.described.get("parameters", {})
        known = self.common | {k: v for k, v in own.items() if v["location"] == "query"}
        given = [name for name, _ in query]
        for name, value in query:
            if name not in known:
                yield f"{method.id} has no parameter {name}"
                continue
            if given.count(name) > 1 and not known[name].get("repeated"):
                yield f"{name} is given more than once"
            yield from _parameter(known[name], name, value)
        yield from (
            f"{name} is missing"
            for name, each in own.items()
            if each.get("required") and each["location"] == "query" and name not in given
        )
        if "syncToken" in given:
            text = own["syncToken"]["description"]
            yield from (
                f"{name} does not go with a sync token"
                for name in given
                if re.search(rf"^- {name}\b", text, re.MULTILINE)
            )
        mask = dict(query).get("fields")
        if mask is not None and "response" in method.described:
            yield from self._mask(method.described["response"], mask)

    def _mask(self, schema: Json, mask: str) -> Iterator[str]:
        try:
            parsed = _parse_mask(mask)
        except ValueError:
            yield f"fields {mask} is no mask"
            return
        yield from self._masked_names(schema, parsed)

    def _masked_names(self, schema: Json, mask: Json) -> Iterator[str]:
        schema = self._resolved(schema)
        schema = self._resolved(schema.get("items", schema))
        for name, inner in mask.items():
            if name not in schema.get("properties", {}):
                yield f"fields names {name}, which is not there"
            elif inner:
                yield from self._masked_names(schema["properties"][name], inner)

    def _body(self, method: Method, body: Any) -> Iterator[str]:
        named = method.described.get("request")
        if named is None:
            if body is not None:
                yield f"{method.id} takes no body"
            return
        if body is None:
            yield f"{method.id} needs a body"
            return
        yield from self._value(named, body, "body", is_patch=method.id.endswith(".patch"))
        schema = self._resolved(named)
        for name, each in schema["properties"].items():
            if method.id in each.get("annotations", {}).get("required", ()) and name not in body:
                yield f"{method.id} needs {name}"

    def _value(
        self, schema: Json, value: Any, at: str, *, is_answer: bool = False, is_patch: bool = False
    ) -> Iterator[str]:
        """Faults of a value; in a patch null takes a field away."""
        text = schema.get("description", "")
        schema = self._resolved(schema)
        if value is None and is_patch:
            return
        expected = PYTHON_TYPES[schema["type"]]
        if not isinstance(value, expected) or (expected is int and isinstance(value, bool)):
            yield f"{at} is no {schema['type']}"
            return
        flags = {"is_answer": is_answer, "is_patch": is_patch}
        if isinstance(value, str):
            yield from _word(schema, text, value, at)
        elif isinstance(value, list):
            for number, each in enumerate(value):
                yield from self._value(schema["items"], each, f"{at}[{number}]", **flags)
        elif isinstance(value, dict) and schema["type"] == "object":
            yield from self._object(schema, value, at, **flags)
        elif schema.get("format") == "int32" and not -INT32 <= value < INT32:
            yield f"{at} is no int32"

    def _object(
        self, schema: Json, value: Json, at: str, *, is_answer: bool, is_patch: bool
    ) -> Iterator[str]:
        known = schema.get("properties", {})
        for name, inner in value.items():
            described = known.get(name) or schema.get("additionalProperties")
            if described is None:
                yield f"{at}.{name} is not known"
                continue
            about = described.get("description", "")
            if not is_answer and re.search(r"\bread-only\b", about, re.IGNORECASE):
                yield f"{at}.{name} is read-only"
            if is_patch and re.search(r"\bimmutable\b", about, re.IGNORECASE):
                yield f"{at}.{name} is immutable"
            yield from self._value(
                described, inner, f"{at}.{name}", is_answer=is_answer, is_patch=is_patch
            )
        if schema.get("id") == "EventDateTime":
            yield from _when(value, at)

    def _resolved(self, schema: Json) -> Json:
        return self.schemas[schema["$ref"]] if "$ref" in schema else schema


@cache
def contract() -> Contract:
    """Google Calendar v3 as bundled."""
    spec = importlib.util.find_spec("googleapiclient")
    assert spec is not None
    assert spec.submodule_search_locations
    path = Path(spec.submodule_search_locations[0]) / DOCUMENT
    return Contract(json.loads(path.read_text("utf-8")))


def masked(mask: str, body: Any) -> Any:
    """The part of an answer that ``fields`` asks for."""
    return _cut(body, _parse_mask(mask)) if mask else body


def _parameter(schema: Json, name: str, value: str) -> Iterator[str]:
    kind = schema["type"]
    if kind == "integer":
        if not re.fullmatch(r"-?\d+", value):
            yield f"{name} is no integer"
        elif (
            not int(schema.get("minimum", -INT32))
            <= int(value)
            <= int(schema.get("maximum", INT32 - 1))
        ):
            yield f"{name} is out of bounds"
    elif kind == "boolean" and value not in {"true", "false"}:
        yield f"{name} is no boolean"
    elif value not in schema.get("enum", [value]):
        yield f"{name} may not be {value}"
    elif schema.get("format") == "date-time" and not _is_instant(value):
        yield f"{name} has no offset, or is no time"


def _word(schema: Json, text: str, value: str, at: str) -> Iterator[str]:
    """A string: its format, and the words it may be, which for bodies only the text tells."""
    words = WORDS.findall(text or schema.get("description", ""))
    if "Possible values are" in text and words and value not in words:
        yield f"{at} may not be {value}"
    form = schema.get("format")
    if form == "int64" and not re.fullmatch(r"-?\d+", value):
        yield f"{at} is no int64"
    if form == "date" and not _is_date(value):
        yield f"{at} is no date"
    if form == "date-time" and not TIME.fullmatch(value):
        yield f"{at} is no time"


def _when(value: Json, at: str) -> Iterator[str]:
    """What the texts say of EventDateTime."""
    time, zone = value.get("dateTime"), value.get("timeZone")
    if (time is None) == (value.get("date") is None):
        yield f"{at} is neither a day nor a time"
    if isinstance(time, str) and not _is_instant(time) and zone is None:
        yield f"{at}.dateTime has neither an offset nor a zone"
    if zone is not None and zone not in available_timezones():
        yield f"{at}.timeZone is no IANA name"


def _is_instant(text: str) -> bool:
    found = TIME.fullmatch(text)
    return bool(found and found[2]) and _is_readable(text)


def _is_readable(text: str) -> bool:
    try:
        datetime.fromisoformat(text)
    except ValueError:
        return False
    return True


def _is_date(text: str) -> bool:
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False


def _parse_mask(mask: str) -> dict[str, Any]:
    """``a,b(c,d/e)`` as nested names.

    Raises:
        ValueError: it is no mask.
    """
    words = MASK_WORD.findall(mask)
    if "".join(words) != mask:
        raise ValueError(mask)
    names, rest = _names(words)
    if rest:
        raise ValueError(mask)
    return names


def _names(words: list[str]) -> tuple[dict[str, Any], list[str]]:
    names: dict[str, Any] = {}
    while True:
        if not words or not words[0][0].isalpha():
            raise ValueError(words)
        name, words = words[0], words[1:]
        inner: dict[str, Any] = {}
        if words and words[0] == "/":
            inner, words = _names(words[1:])
            names[name] = inner
            return names, words
        if words and words[0] == "(":
            inner, words = _names(words[1:])
            if not words or words[0] != ")":
                raise ValueError(words)
            words = words[1:]
        names[name] = inner
        if not words or words[0] != ",":
            return names, words
        words = words[1:]


def _cut(value: Any, mask: Json) -> Any:
    if isinstance(value, list):
        return [_cut(each, mask) for each in value]
    if not isinstance(value, dict):
        return value
    return {
        name: _cut(value[name], inner) if inner else value[name]
        for name, inner in mask.items()
        if name in value
    }
