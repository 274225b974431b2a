"""`make demo`: ten days of two fictional teams, played against the real bot."""

import asyncio
import signal
import sys
from collections.abc import Sequence
from typing import Annotated

import typer

from sandbox.calendars import is_installed
from sandbox.play.narration import FactMissing, Narrator
from sandbox.play.prompt import Prompt
from sandbox.play.script import SCENES, Scene, play
from sandbox.play.stage import opened

INTERRUPTED = 130
NOT_INSTALLED = (
    "The demo needs Xandikos, the calendar server of the development dependencies. `make demo` "
    "installs it; so does `pip install -e '.[dev]'`."
)

program = typer.Typer(add_completion=False, rich_markup_mode=None)


async def perform(
    *, once: bool, port: int = 0, scenes: Sequence[tuple[str, Scene]] = SCENES
) -> int:
    """Play, then keep the workspace open unless ``once``. Returns the exit status."""
    this = asyncio.current_task()
    assert this is not None, "asyncio.run made it"  # noqa: S101 - narrows the type
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, this.cancel)
    narrator, played = Narrator(), False
    if not is_installed():
        narrator.note(NOT_INSTALLED)
        return 1
    try:
        async with opened(narrator, port) as stage:
            await play(stage, scenes)
            played = True
            if not once:
                await Prompt(stage).run()
    except FactMissing as missing:
        narrator.failed(str(missing))
        return 1
    except asyncio.CancelledError:
        narrator.note("Closed; nothing is left behind.")
        return 0 if played else INTERRUPTED
    return 0


@program.command()
def main(
    once: Annotated[bool, typer.Option("--once", help="End after the play.")] = False,  # noqa: FBT002 - typer's way to declare a switch
    port: Annotated[int, typer.Option(help="Port of the sandbox; 0 takes a free one.")] = 0,
) -> None:
    """Play ten days of two fictional teams against the real bot.

    Friday 23 October to Monday 2 November 2026, on the clock of a sandbox that stands in for
    Slack: the clocks of Europe go back on the 25th, Austria has a holiday on the 26th, the clocks
    of New York go back on 1 November. The transcript says who wrote what when, whom that would
    have reached, what the author saw, what was held and when it was delivered.

    Every line is read back from what happened, and every line with a check mark is a fact that
    had to hold: if one does not, the play stops and the exit status is 1.

    Afterwards the workspace stays open and you can take a part, until Ctrl-C. Everything lives in
    a temporary folder that is removed at the end.
    """
    try:
        status = asyncio.run(perform(once=once, port=port))
    except KeyboardInterrupt:
        status = INTERRUPTED
    sys.exit(status)


if __name__ == "__main__":
    program()
