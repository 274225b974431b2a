"""The page: one file, every chart with its figures as a table, nothing fetched."""

import re
from collections import Counter
from html.parser import HTMLParser

import pytest

from bot.digest import charts
from bot.digest.audit_release import Shown
from bot.digest.page import page
from tests.digest.audits import sample

VOID = {"meta", "link"}


class Document(HTMLParser):
    """Collects what the tests ask about: tags in order, ids, and each section's numbers."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.sections: list[tuple[list[int], list[int], int]] = []
        self.headings: list[str] = []
        self._open: list[str] = []
        self.feed(text)
        self.close()
        assert self._open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        self.tags.append((tag, found))
        if tag == "section":
            self.sections.append(([], [], 0))
        if "data-value" in found:
            self.sections[-1][0].append(int(found["data-value"] or ""))
        if tag == "table" and self.sections:
            marks, cells, tables = self.sections[-1]
            self.sections[-1] = marks, cells, tables + 1
        if tag not in VOID:
            self._open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        self._open.pop()

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self._open and self._open[-1] in {"h1", "h2"}:
            self.headings.append(f"{self._open[-1]} {data}")
        if self._open and self._open[-1] == "td":
            digits = data.replace("\u202f", "")
            if digits.isdecimal():
                self.sections[-1][1].append(int(digits))

    def values(self, name: str) -> list[str]:
        return [found[name] or "" for _, found in self.tags if name in found]


@pytest.fixture(scope="module")
def shown() -> Shown:
    return sample()


@pytest.fixture(scope="module")
def document(shown: Shown) -> Document:
    return Document(page(shown))


def test_every_chart_has_a_table_with_the_same_numbers(document: Document) -> None:
    drawn = [section for section in document.sections if section[0]]
    assert len(drawn) == 4
    for marks, cells, tables in drawn:
        assert tables == 1
        assert Counter(marks) == Counter(cells)


def test_figures_that_may_not_be_told_are_drawn_without_a_number(shown: Shown) -> None:
    height, marks = charts.weeks(["2026-W01", "2026-W02"], [charts.Series("a", [None, 7])])
    assert height > 0
    assert marks.count("data-value") == 1
    assert "<title>2026-W01</title>" in marks
    assert shown.heat


def test_ids_are_unique_and_referred_to(document: Document) -> None:
    ids = document.values("id")
    assert len(ids) == len(set(ids))
    referred = [each for value in document.values("aria-labelledby") for each in value.split()]
    assert set(referred) <= set(ids)


def test_nothing_is_fetched(shown: Shown, document: Document) -> None:
    assert not re.search(r"https?:|//[a-z]|url\(|@import", page(shown))
    assert document.values("href") == ["data:,"]
    assert not document.values("src")
    assert "script" not in [tag for tag, _ in document.tags]


def test_what_the_export_says_is_escaped(shown: Shown) -> None:
    text = page(shown)
    assert "&lt;script&gt;alert(&quot;x&quot;)&lt;/script&gt;" in text
    assert "Design &amp; &lt;co&gt;" in text


def test_the_page_can_be_read_aloud(document: Document) -> None:
    assert dict(document.tags)["html"] == {"lang": "en"}
    assert [heading[:2] for heading in document.headings] == ["h1", *["h2"] * 6]
    drawings = [found for tag, found in document.tags if tag == "svg"]
    assert all(each.get("role") == "img" or each.get("aria-hidden") for each in drawings)
    assert all(found.get("scope") for tag, found in document.tags if tag == "th")
    assert all(
        found.get("tabindex") == "0" for _, found in document.tags if found.get("class") == "scroll"
    )


def test_it_is_for_dark_rooms_and_paper(shown: Shown) -> None:
    text = page(shown)
    assert "prefers-color-scheme: dark" in text
    assert "@media print" in text
    assert "max-width: 820px" in text
