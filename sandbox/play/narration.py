"""The narrator: what happened, told in the terminal, and the facts that have to hold.

It is told only what was read back from the workspace, so a sentence of the transcript is a fact
of the play and not a line of a script.
"""

import asyncio
import textwrap
from collections.abc import Iterable
from datetime import datetime
from zoneinfo import ZoneInfo

from rich.console import Console
from rich.text import Text

PIPED_WIDTH = 100
WIDEST = 110
PAUSE_S = 0.8

CITIES = {
    "Europe/Vienna": "Vienna",
    "Europe/Lisbon": "Lisbon",
    "America/New_York": "New York",
    "Asia/Tokyo": "Tokyo",
}


class FactMissing(Exception):
    """Something is not as it has to be; the text says what was expected and what was found."""


def local(at: datetime, tz: str) -> str:
    """``Fri 23 Oct 22:14`` on the wall clocks of ``tz``; seconds only where there are any."""
    wall = at.astimezone(ZoneInfo(tz))
    seconds = f":{wall:%S}" if wall.second else ""
    return f"{wall:%a} {wall.day} {wall:%b %H:%M}{seconds}"


def everywhere(at: datetime) -> str:
    """``Mon 26 Oct: Vienna 01:30 · Lisbon 00:30 · New York Sun 20:30 · Tokyo 09:30``."""
    first_on = at.astimezone(ZoneInfo(next(iter(CITIES)))).date()
    told = []
    for tz, city in CITIES.items():
        wall = at.astimezone(ZoneInfo(tz))
        clock = f"{wall:%H:%M:%S}" if wall.second else f"{wall:%H:%M}"
        away = wall.date() != first_on
        told.append(f"{city} {wall:%a} {clock}" if away else f"{city} {clock}")
    first = f"{first_on:%a} {first_on.day} {first_on:%b}"
    return " · ".join([f"{first}: {told[0]}", *told[1:]])


class Narrator:
    """Writes the transcript; without control codes when nobody watches a terminal."""

    def __init__(self, console: Console | None = None) -> None:
        given = console or Console(highlight=False)
        self.is_terminal = given.is_terminal
        if not self.is_terminal:
            given = Console(file=given.file, highlight=False, no_color=True, width=PIPED_WIDTH)
        self._console = given
        self._width = min(given.width, WIDEST)
        self._passing = False
        self.facts = 0

    def scene(self, number: int, title: str) -> None:
        """A new scene begins."""
        self._line("")
        begin = f"── {number}  {title} "
        self._line(begin.ljust(self._width, "─"), "bold")

    def clock(self, at: datetime) -> None:
        """What time it is for everybody."""
        self._say(everywhere(at), "cyan")

    def says(self, who: str, what: str) -> None:
        """Somebody did something."""
        self._say(f"{who} {what}", bold=len(who))

    def shows(self, lines: Iterable[str]) -> None:
        """What stood on somebody's screen, quoted."""
        for line in lines:
            self._say(line, "green", indent="      │ ")

    def tells(self, sentence: str) -> None:
        """What followed."""
        self._say(sentence, indent="    ")

    def note(self, sentence: str) -> None:
        """Something about the play itself."""
        self._say(sentence, "dim")

    def fact(self, what: str, holds: object, found: object = "") -> None:
        """A fact that has to hold.

        Raises:
            FactMissing: it does not.
        """
        if not holds:
            raise FactMissing(f"{what}; found: {found}" if found else what)
        self.facts += 1
        self._say(f"✓ {what}", "bold green", indent="    ")

    def failed(self, sentence: str) -> None:
        """The play cannot go on."""
        self._say(f"✗ Not as it has to be: {sentence}", "bold red")

    def passing(self, at: datetime) -> None:
        """Time goes by; a line that is written over, on a terminal only.

        It names one city: a line that wraps cannot be written over.
        """
        if self.is_terminal:
            here = everywhere(at).partition(" · ")[0]
            self._console.print(Text(f"  … {here}", "dim"), end="\r", soft_wrap=True)
            self._passing = True

    async def pause(self) -> None:
        """Time to read, on a terminal only."""
        if self.is_terminal:
            await asyncio.sleep(PAUSE_S)

    def _say(self, sentence: str, style: str = "", *, indent: str = "  ", bold: int = 0) -> None:
        hanging = indent if "│" in indent else f"{indent}  "
        wrapped = textwrap.wrap(
            sentence, self._width, initial_indent=indent, subsequent_indent=hanging
        )
        for number, line in enumerate(wrapped or [indent.rstrip()]):
            self._line(line, style, bold=(len(indent), bold) if bold and not number else None)

    def _line(self, line: str, style: str = "", bold: tuple[int, int] | None = None) -> None:
        if self._passing:
            self._console.print(" " * self._width, end="\r", soft_wrap=True)
            self._passing = False
        text = Text(line, style)
        if bold:
            start, length = bold
            text.stylize("bold", start, start + length)
        self._console.print(text, soft_wrap=True)
