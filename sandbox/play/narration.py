"""The narrator: what happened, told in the terminal, and the facts that have to hold.

It is told only what was read back from the workspace, so a sentence of the transcript is a fact
of the play and not a line of a script.
"""

import asyncio
from collections.abc import Iterable
from datetime import datetime
from zoneinfo import ZoneInfo

from rich.console import Console
from rich.padding import Padding
from rich.rule import Rule
from rich.text import Text

PIPED_WIDTH = 100
WIDEST = 110
PAUSE_S = 1.2

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


class Narrator:
    """Writes the transcript; without control codes when nobody watches a terminal."""

    def __init__(self, console: Console | None = None) -> None:
        self._console = console or Console(highlight=False)
        if not self._console.is_terminal:
            self._console = Console(
                file=self._console.file, highlight=False, no_color=True, width=PIPED_WIDTH
            )
        elif self._console.width > WIDEST:
            self._console.width = WIDEST
        self.facts = 0

    @property
    def is_terminal(self) -> bool:
        """Whether somebody watches."""
        return self._console.is_terminal

    def scene(self, number: int, title: str) -> None:
        """A new scene begins."""
        self._console.print()
        self._console.print(Rule(f"{number}  {title}", align="left", style="bold"))

    def clock(self, at: datetime) -> None:
        """What time it is for everybody."""
        walls = [f"{city} {local(at, tz)}" for tz, city in CITIES.items()]
        self._say(" · ".join(walls), "dim cyan")

    def says(self, who: str, what: str) -> None:
        """Somebody did something."""
        line = Text(who, "bold").append(f" {what}", "not bold")
        self._console.print(Padding(line, (0, 0, 0, 2)))

    def shows(self, lines: Iterable[str]) -> None:
        """What stood on somebody's screen, quoted."""
        for line in lines:
            self._say(f"│ {line}", "green", indent=6)

    def tells(self, sentence: str) -> None:
        """What followed."""
        self._say(sentence, indent=4)

    def note(self, sentence: str) -> None:
        """Something about the play itself."""
        self._say(sentence, "dim")

    def fact(self, what: str, holds: object, found: object = "") -> None:
        """A fact that has to hold.

        Raises:
            FactMissing: it does not.
        """
        if not holds:
            raise FactMissing(f"{what}\nfound: {found}" if found else what)
        self.facts += 1
        self._say(f"✓ {what}", "bold green", indent=4)

    def failed(self, sentence: str) -> None:
        """The play cannot go on."""
        self._say(f"✗ {sentence}", "bold red")

    def progress(self, at: datetime) -> None:
        """Time passes; a line that overwrites itself, on a terminal only."""
        if self.is_terminal:
            self._console.print(
                Text(f"  … {local(at, 'UTC')} UTC", "dim"), end="\r", soft_wrap=True
            )

    async def pause(self) -> None:
        """Time to read, on a terminal only."""
        if self.is_terminal:
            await asyncio.sleep(PAUSE_S)

    def _say(self, sentence: str, style: str = "", *, indent: int = 2) -> None:
        self._console.print(Padding(Text(sentence, style), (0, 0, 0, indent)))
