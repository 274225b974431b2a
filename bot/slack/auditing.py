"""Runs an audit: an export in, its exact figures and what may be shown of them out."""

import json
import sys
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import yaml
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from bot.digest.audit import Audit
from bot.digest.audit_figures import figures
from bot.digest.audit_people import Choices, read_people, read_teams, workforce
from bot.digest.audit_release import Shown, shown
from bot.digest.audit_terminal import summary
from bot.digest.page import page
from bot.domain.instants import zone
from bot.domain.notation import parse_weekly
from bot.domain.schedule import parse_region
from bot.errors import BadInput
from bot.slack.export import Export, open_export
from bot.words import audit as words


@dataclass(frozen=True, slots=True)
class Audited:
    """The outcome.

    Attributes:
        document: the exact figures, see `docs/audit-json.md`.
        shown: what the terminal and the page may print.
        bad_files: day files that could not be read.
        not_found: people and teams' members the export does not know.
    """

    document: dict[str, Any]
    shown: Shown
    bad_files: tuple[str, ...]
    not_found: tuple[str, ...]


def audit(
    export: Export, choices: Choices, *, name: str, step: Callable[[], object] = lambda: None
) -> Audited:
    """Judge every record of an export.

    Args:
        export: what to read.
        choices: by which hours, and which dates.
        name: what the export is called in the figures.
        step: called after each of ``export.files`` files.
    """
    everybody = workforce(export.accounts, choices)
    count = Audit(everybody, choices)
    for folder in export.folders:
        count.begin(folder.name, folder.kind)
        for day in export.days(folder):
            count.add(day.name, day.records)
            step()
    tallies = count.tallies
    return Audited(
        document=figures(tallies, everybody, choices, export=name),
        shown=shown(tallies, everybody, choices, export=name),
        bad_files=tuple(tallies.bad_files),
        not_found=everybody.not_found,
    )


def run(path: Path, choices: Choices, *, to_json: Path | None, to_html: Path | None) -> int:
    """The command: progress and remarks on stderr, the summary on stdout, files where asked.

    Returns:
        The exit status: 1 when some files of the export could not be read.
    """
    remarks = Console(stderr=True, highlight=False, markup=False, soft_wrap=True)
    export = open_export(path)
    done = _with_progress(export, choices, path.resolve().name, remarks)
    printed = to_json == Path("-")
    if to_json is not None:
        exact = json.dumps(done.document, indent=1, ensure_ascii=False) + "\n"
        if printed:
            sys.stdout.write(exact)
        else:
            _write(to_json, exact, remarks)
    if to_html is not None:
        _write(to_html, page(done.shown), remarks)
    if not printed:
        console = Console(highlight=False, markup=False)
        for part in summary(done.shown):
            console.print(part)
    if done.not_found:
        remarks.print(words.not_found(done.not_found))
    if done.bad_files:
        remarks.print(words.bad_files(done.bad_files))
    return 1 if done.bad_files else 0


def _with_progress(export: Export, choices: Choices, name: str, remarks: Console) -> Audited:
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, TimeRemainingColumn(), console=remarks, transient=True) as progress:
        task = progress.add_task(words.PROGRESS, total=export.files)
        return audit(export, choices, name=name, step=lambda: progress.advance(task))


def _write(path: Path, text: str, remarks: Console) -> None:
    try:
        path.write_text(text, "utf-8")
    except OSError as error:
        raise BadInput(f"{path} cannot be written: {error.strerror}.") from error
    remarks.print(words.written(str(path)))


def choose(
    *,
    hours: str,
    people: Path | None = None,
    teams: Path | None = None,
    holidays: str | None = None,
    since: str | None = None,
    until: str | None = None,
    default_tz: str | None = None,
) -> Choices:
    """The options of the command line as choices.

    Raises:
        BadInput: one of them is not understood; its sentence says which and shows an example.
    """
    since_on, until_on = _date("--since", since), _date("--until", until)
    if since_on and until_on and since_on > until_on:
        raise BadInput(f"--since {since_on} is after --until {until_on}.")
    return Choices(
        weekly=parse_weekly(hours),
        default_tz=zone(default_tz).key if default_tz else None,
        region=parse_region(holidays) if holidays else None,
        people=read_people(_document(people)) if people else None,
        teams=read_teams(_document(teams)) if teams else None,
        since_on=since_on,
        until_on=until_on,
    )


def _date(option: str, written: str | None) -> date | None:
    try:
        return date.fromisoformat(written) if written else None
    except ValueError as error:
        raise BadInput(f"{option} “{written}” is no date. Try {option} 2026-01-31.") from error


def _document(path: Path) -> Any:
    """A YAML file in which everything is text: `off` is no truth value, and neither is Norway."""
    try:
        return yaml.load(path.read_text("utf-8"), Loader=yaml.BaseLoader)  # noqa: S506 - makes text only
    except (OSError, ValueError, yaml.YAMLError) as error:
        raise BadInput(f"{path} cannot be read: {error}") from error
