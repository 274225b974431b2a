"""`make chaos`: the bot is killed again and again while Slack has bad days, and nothing is lost.

Each database has a workspace, a bot and a ledger of its own; both are worked on at once. The seed
is printed first; the same seed draws the same people, acts, faults and instants (to the
millisecond, which is as exact as a machine with other things to do can be).
"""

import argparse
import asyncio
import json
import os
import secrets
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from tests.chaos.campaign import Outcome, Plan, campaign
from tests.chaos.table import as_document, as_table
from tests.conftest import TEMPLATE, Postgres

KILLS = 220
MINUTES = 18
MOST_FAULTS = 3
DATABASES = ("sqlite", "postgresql")
DATABASE_NAME = "offhours_chaos"


def arguments(given: list[str]) -> argparse.Namespace:
    """The options of the command line."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.chaos",
        description=(
            "Kill the bot in the middle of holding, taking back, noticing, releasing and "
            "summarising, with faults of Slack mixed in, and compare what it was given with what "
            f"became of it. {KILLS} kills take five to ten minutes; no round is begun after "
            f"{MINUTES} minutes (--minutes). Exit status 1 when anything was lost or said twice, "
            "2 when the time was over before the kills."
        ),
    )
    seed = os.environ.get("OFFHOURS_CHAOS_SEED")
    parser.add_argument("--kills", type=int, default=KILLS, help="over all databases (%(default)s)")
    parser.add_argument("--seed", type=int, default=int(seed) if seed else secrets.randbelow(10**6),
                        help="default: OFFHOURS_CHAOS_SEED, else a new one")  # fmt: skip
    parser.add_argument("--database", choices=(*DATABASES, "both"), default="both")
    parser.add_argument("--minutes", type=float, default=MINUTES, help="(%(default)s)")
    parser.add_argument(
        "--json", action="store_true", help="one JSON document instead of the table"
    )
    return parser.parse_args(given)


async def _on_sqlite(plan: Plan, folder: Path, on_kill: Callable[[], None]) -> Outcome:
    return await campaign(plan, f"sqlite:///{folder / 'offhours.db'}", folder, on_kill)


async def _on_postgresql(plan: Plan, folder: Path, on_kill: Callable[[], None]) -> Outcome:
    server = await asyncio.to_thread(Postgres, folder)
    try:
        await server.prepare()
        await server.run(f"CREATE DATABASE {DATABASE_NAME} TEMPLATE {TEMPLATE}")
        return await campaign(plan, server.url(DATABASE_NAME), folder, on_kill)
    finally:
        await asyncio.to_thread(server.stop)


RUNNERS = {"sqlite": _on_sqlite, "postgresql": _on_postgresql}


async def run(asked: argparse.Namespace) -> Outcome:
    """Every campaign that was asked for, side by side, under a progress bar."""
    databases = DATABASES if asked.database == "both" else (asked.database,)
    each = -(-asked.kills // len(databases))
    columns = (TextColumn("{task.description:<10}"), BarColumn(), MofNCompleteColumn(),
               TextColumn("kills"), TimeElapsedColumn())  # fmt: skip
    outcome = Outcome()
    # Not under the usual place for temporary files of a test: PostgreSQL's own user has to enter.
    with (
        tempfile.TemporaryDirectory(prefix="offhours-chaos-") as root,
        Progress(*columns, console=Console(stderr=True)) as bars,
    ):
        running = []
        async with asyncio.TaskGroup() as group:
            for database in databases:
                folder = Path(root) / database
                folder.mkdir()
                plan = Plan(database, each, MOST_FAULTS, asked.seed, asked.minutes)
                bar = bars.add_task(database, total=each)
                done = RUNNERS[database](plan, folder, lambda bar=bar: bars.advance(bar))
                running.append(group.create_task(done))
        for task in running:
            outcome.add(task.result())
    return outcome


def main(given: list[str]) -> int:
    """Run, print, and say by the exit status whether all is well."""
    asked = arguments(given)
    sys.stderr.write(f"OFFHOURS_CHAOS_SEED={asked.seed}\n")
    outcome = asyncio.run(run(asked))
    if asked.json:
        sys.stdout.write(json.dumps(as_document(outcome, asked.seed), indent=2) + "\n")
    else:
        as_table(outcome, asked.seed)
        sys.stdout.write(outcome.last_line() + "\n")
    if outcome.lost or outcome.twice or outcome.wrong:
        return 1
    return 2 if outcome.kills < asked.kills else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
