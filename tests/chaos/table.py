"""The outcome as people and machines read it."""

import sys
from collections.abc import Iterable
from typing import Any

from rich.console import Console
from rich.table import Table

from tests.chaos.campaign import Outcome
from tests.chaos.ledger import Fate

FATES = (Fate.DELIVERED, Fate.HELD, Fate.CANCELLED, Fate.RETURNED, Fate.LOST, Fate.TWICE)
WORDS = {Fate.DELIVERED: "delivered once"}
NOTE = (
    "Flags that were said again: {count}. A flag is a whisper, which nobody can read back; when "
    "its answer is lost it is said again, because a flag that was never said would be worse."
)
UNSEEN = (
    "Messages that came twice where the bot could not look: {count}. Their authors let it write "
    "direct messages in their name, and not read them."
)
WIDTH = 130
"""Columns where there is no terminal."""


def as_table(outcome: Outcome, seed: int) -> None:
    """Print what was done to the bot, and what became of what it was given."""
    console = Console(width=None if sys.stdout.isatty() else WIDTH)
    table = Table(title=f"Chaos, seed {seed}", title_justify="left")
    for name in ("step", "database"):
        table.add_column(name)
    for name in (
        "kills",
        "faults injected",
        "messages in",
        *(WORDS.get(each, each) for each in FATES),
    ):
        table.add_column(name, justify="right")
    for line in outcome.lines:
        table.add_row(line.step, line.database, *map(str, _figures(line)))
    totals = [sum(column) for column in zip(*map(_figures, outcome.lines), strict=True)]
    table.add_section()
    table.add_row("all", "", *map(str, totals))
    console.print(table)
    also = Table()
    for name, justify in (
        ("also", "left"),
        *((each, "right") for each in ("due", "done", "lost", "twice")),
    ):
        also.add_column(name, justify=justify)
    for name, figures in _others(outcome).items():
        again = figures["twice"] if name != "flags" else "—"
        also.add_row(name, *(str(figures[key]) for key in ("due", "done", "lost")), str(again))
    console.print(also)
    unseen = sum(found.unseen for found in outcome.findings)
    console.print(NOTE.format(count=_others(outcome)["flags"]["twice"]), highlight=False)
    console.print(UNSEEN.format(count=unseen), highlight=False)
    for sentence in outcome.wrong:
        console.print(sentence, style="red", highlight=False, markup=False)


def as_document(outcome: Outcome, seed: int) -> dict[str, Any]:
    """The same for machines."""
    names = ("kills", "faults", "in", *FATES)
    return {
        "seed": seed,
        "steps": [
            {"step": line.step, "database": line.database}
            | dict(zip(names, _figures(line), strict=True))
            for line in outcome.lines
        ],
        "also": _others(outcome),
        "unseen": sum(found.unseen for found in outcome.findings),
        "wrong": outcome.wrong,
        "line": outcome.last_line(),
    }


def _figures(line: Any) -> tuple[int, ...]:
    ended = (line.tally.fates[fate] for fate in FATES)
    return (line.kills, line.kills + line.faults, line.tally.given, *ended)


def _others(outcome: Outcome) -> dict[str, dict[str, int]]:
    """Flags, summaries and contacts over all databases."""
    return {
        name: _summed(getattr(found, name) for found in outcome.findings)
        for name in ("flags", "summaries", "contacts", "notices")
    }


def _summed(parts: Iterable[Any]) -> dict[str, int]:
    found = list(parts)
    return {
        key: sum(getattr(each, key) for each in found) for key in ("due", "done", "lost", "twice")
    }
