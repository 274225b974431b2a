"""The `offhours` command: run the bot, and everything an operator needs around it."""

import asyncio
import json
import os
import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

import bot
from bot.errors import BadInput, Misconfigured, OffhoursError, SlackError, StorageDown
from bot.words import operating as words
from bot.words import shell, summary

if TYPE_CHECKING:
    from bot.digest.report import Report
    from bot.services.operating import Finding

USAGE_ERROR = 2

app = typer.Typer(
    name="offhours",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
    add_completion=False,
)
Json = Annotated[bool, typer.Option("--json", help="Print JSON, for a program to read.")]


def _version(asked: bool) -> None:  # noqa: FBT001 - typer hands a flag over like this
    if asked:
        typer.echo(f"offhours {bot.__version__}")
        raise typer.Exit


@app.callback(help=shell.PROGRAM)
def offhours(
    *,
    config: Annotated[
        Path | None,
        typer.Option(help="Configuration file. [default: OFFHOURS_CONFIG, else config.yaml]"),
    ] = None,
    _version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Options of every command."""
    if config is not None:
        os.environ["OFFHOURS_CONFIG"] = str(config)


@app.command(help=shell.SERVE)
def serve() -> None:
    """Run the bot until it is told to stop."""
    asyncio.run(_serve())


async def _serve() -> None:
    from bot import log
    from bot.config import load
    from bot.domain.instants import SystemClock
    from bot.wiring import build

    settings = load()
    log.configure(settings.log.level, settings.log.format)
    stopping = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stopping.set)
    running = await build(settings, SystemClock())
    try:
        await running.start()
        await stopping.wait()
        log.log.info("stopping")
    finally:
        await running.stop()


@app.command(help=shell.CHECK)
def check(*, as_json: Json = False) -> None:
    """Say what is missing, without starting anything."""
    from bot.services.operating import Mark

    findings = asyncio.run(_findings())
    wrong = sum(finding.mark is Mark.WRONG for finding in findings)
    if as_json:
        rows = [
            {"about": each.about, "mark": each.mark.name.lower(), "sentence": each.sentence}
            for each in findings
        ]
        _print({"ok": not wrong, "findings": rows})
    else:
        for each in findings:
            typer.echo(f"{each.mark} {each.about}: {each.sentence}")
        typer.echo(words.verdict(wrong))
    raise typer.Exit(1 if wrong else 0)


async def _findings() -> "list[Finding]":
    from bot.config import load, secret
    from bot.services.operating import Finding, Mark, database_findings, key_finding
    from bot.slack.checking import calendar_findings, consent_finding, slack_findings

    path = os.environ.get("OFFHOURS_CONFIG", "config.yaml")
    try:
        settings = load()
    except Misconfigured as error:
        return [Finding(Mark.WRONG, "settings", str(error))]
    read = words.FILE_READ if os.access(path, os.R_OK) else words.NO_FILE
    return [
        Finding(Mark.FINE, "settings", read.format(path=path)),
        *await slack_findings(
            api_url=settings.slack.api_url,
            transport=settings.slack.transport,
            public_url=settings.slack.public_url,
            event_path=settings.slack.event_path,
            bot_token=secret(settings.bot_token),
            signing_secret=secret(settings.signing_secret),
            app_token=secret(settings.app_token),
        ),
        consent_finding(
            client=bool(settings.client_id and secret(settings.client_secret)),
            public_url=settings.slack.public_url,
        ),
        *calendar_findings(
            caldav=settings.calendars.caldav.enabled,
            allow_private=settings.calendars.caldav.allow_private,
            clients={
                "google": bool(settings.google_client_id and secret(settings.google_client_secret)),
                "graph": bool(
                    settings.microsoft_client_id and secret(settings.microsoft_client_secret)
                ),
            },
            public_url=settings.slack.public_url,
        ),
        *await database_findings(settings.database.url, migrate=settings.database.migrate),
        key_finding(secret(settings.key), settings.key_file),
    ]


@app.command(help=shell.MIGRATE)
def migrate(*, as_json: Json = False) -> None:
    """Bring the database to the schema of this release."""
    from bot.config import load
    from bot.services import operating

    settings = load()
    done = asyncio.run(
        operating.migrate(settings.database.url, lambda step: typer.echo(f"✓ {step}", err=as_json))
    )
    if as_json:
        _print({"from": done.before, "to": done.after, "steps": list(done.steps)})
    else:
        typer.echo(words.migrated(done.before, done.after, len(done.steps)))


@app.command(help=shell.MANIFEST)
def manifest(
    *,
    as_yaml: Annotated[bool, typer.Option("--yaml", help="Print YAML instead of JSON.")] = False,
) -> None:
    """Print the manifest of the Slack app that fits the settings."""
    import yaml

    from bot.config import load
    from bot.slack.manifest import EXAMPLE
    from bot.slack.manifest import manifest as manifest_of

    slack = load().slack
    found = manifest_of(
        slack.commands.model_dump(),
        public_url=slack.public_url,
        event_path=slack.event_path,
        transport=slack.transport,
    )
    if slack.transport == "http" and not slack.public_url:
        typer.echo(f"# {words.NO_ADDRESS.format(example=EXAMPLE)}", err=not as_yaml)
    if as_yaml:
        typer.echo(yaml.safe_dump(found, sort_keys=False, allow_unicode=True), nl=False)
    else:
        _print(found)


@app.command(help=shell.KEY)
def key() -> None:
    """Print a fresh key."""
    from bot.services.operating import fresh_key

    typer.echo(fresh_key())


@app.command(help=shell.DIGEST)
def digest(
    *,
    team: Annotated[str, typer.Option(help="Its name, its @handle or its id.")],
    week: Annotated[
        str | None, typer.Option(help="ISO week, like 2026-W47. [default: last week]")
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Print it, post nothing.")] = False,
    as_json: Json = False,
) -> None:
    """Print a team's weekly summary, or post the one that is due."""
    from bot import log
    from bot.services.previews import document

    log.configure("ERROR")
    if dry_run:
        report = asyncio.run(_preview(team, week))
        if as_json:
            _print(document(report))
        else:
            typer.echo(report.text())
        return
    posted = asyncio.run(_posted(team, week))
    if as_json:
        _print(posted)
    else:
        typer.echo(summary.post_state(**posted))
    raise typer.Exit(0 if posted["state"] == "posted" else 1)


async def _preview(team: str, week: str | None) -> "Report":
    from bot.config import load
    from bot.domain.instants import SystemClock
    from bot.wiring import open_previews

    async with open_previews(load(), SystemClock()) as previews:
        found = await previews.team(team)
        return await previews.report(found, previews.week(found, week))


async def _posted(team: str, week: str | None) -> dict[str, str]:
    from bot.config import load
    from bot.domain.instants import SystemClock
    from bot.wiring import build

    bot = await build(load(), SystemClock())
    try:
        previews, summaries = bot.services.previews, bot.services.summaries
        found = await previews.team(team)
        iso_week = previews.week(found, week)
        state, code = await summaries.post_now(found, iso_week)
    finally:
        await bot.stop()
    return {"team": found.name, "iso_week": iso_week, "state": state, "code": code}


@app.command(help=shell.AUDIT)
def audit(
    export: Annotated[Path, typer.Argument(help="A zip or a folder.", show_default=False)],
    *,
    hours: Annotated[str, typer.Option(help="Everybody's week.")] = "mon-fri 9-18",
    people: Annotated[Path | None, typer.Option(help="YAML file of people's own hours.")] = None,
    teams: Annotated[Path | None, typer.Option(help="YAML file of teams.")] = None,
    holidays: Annotated[str | None, typer.Option(help="Region, like AT-9.")] = None,
    since: Annotated[str | None, typer.Option(help="First date, like 2026-01-01.")] = None,
    until: Annotated[str | None, typer.Option(help="Last date.")] = None,
    default_tz: Annotated[
        str | None, typer.Option(help="Zone of accounts without one, like Europe/Lisbon.")
    ] = None,
    to_json: Annotated[
        Path | None, typer.Option("--json", help="File for the exact figures; - prints them.")
    ] = None,
    to_html: Annotated[
        Path | None, typer.Option("--html", help="File for a page with charts.")
    ] = None,
) -> None:
    """Count messages outside hours in an export."""
    from bot.slack import auditing

    choices = auditing.choose(
        hours=hours,
        people=people,
        teams=teams,
        holidays=holidays,
        since=since,
        until=until,
        default_tz=default_tz,
    )
    raise typer.Exit(auditing.run(export, choices, to_json=to_json, to_html=to_html))


def _print(value: Any) -> None:
    typer.echo(json.dumps(value, indent=2, ensure_ascii=False))


def why(error: OffhoursError) -> str:
    """The sentence an operator reads when the program ends because of ``error``."""
    match error:
        case Misconfigured() | BadInput():
            return str(error)
        case StorageDown():
            return words.DATABASE_AWAY
        case SlackError():
            return words.CANNOT_START.format(error=error)
        case _:
            return str(error)


def main() -> None:
    """Run the command line; what the operator can mend is one sentence and exit code 2."""
    try:
        app(prog_name="offhours")
    except OffhoursError as error:
        sys.stderr.write(f"offhours: {why(error)}\n")
        sys.exit(USAGE_ERROR)


if __name__ == "__main__":
    main()
