"""The `offhours` command: what it prints, what it exits with, and how it stops."""

import asyncio
import json
import os
import signal
import socket
import sqlite3
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path

import aiohttp
import pytest
import yaml

from bot import __version__
from bot.__main__ import app, main
from bot.slack.manifest import BOT_EVENTS, BOT_SCOPES
from bot.storage.vault import Vault
from sandbox import Sandbox, SandboxClock
from tests.conftest import FRIDAY_NIGHT

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[1]


@dataclass
class Shell:
    """A shell in an empty folder, with nothing of Offhours in its environment."""

    folder: Path
    patch: pytest.MonkeyPatch
    capture: pytest.CaptureFixture[str]
    env: dict[str, str] = field(default_factory=dict)

    async def run(self, *arguments: str) -> tuple[int, str, str]:
        """Run the command to its end: exit code, what it said, and what it complained of.

        On a thread of this process, because a process of its own takes a second to start.
        """
        for name, value in self.env.items():
            self.patch.setenv(name, value)
        self.patch.setattr(sys, "argv", ["offhours", *arguments])
        self.capture.readouterr()
        with pytest.raises(SystemExit) as ended:
            await asyncio.to_thread(main)
        said = self.capture.readouterr()
        assert ended.value.code is None or isinstance(ended.value.code, int)
        return ended.value.code or 0, said.out, said.err

    async def serve(self) -> asyncio.subprocess.Process:
        """Start the bot as a process, which signals can end."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith("COV_")}
        return await asyncio.create_subprocess_exec(
            *(sys.executable, "-W", "error", "-m", "bot", "serve"),
            cwd=self.folder,
            env=kept | {"PYTHONPATH": str(ROOT)} | self.env,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )

    async def served(self) -> tuple[int, str, str]:
        """Start the bot where it cannot start."""
        process = await self.serve()
        out, err = await asyncio.wait_for(process.communicate(), 30)
        return process.returncode or 0, out.decode(), err.decode()


@pytest.fixture
def shell(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Shell:
    """A shell that knows no secrets."""
    monkeypatch.chdir(tmp_path)
    for name in tuple(os.environ):
        if name.startswith(("OFFHOURS_", "SLACK_")):
            monkeypatch.delenv(name)
    # `--config` sets it; set and unset here, it is unset again after the test.
    monkeypatch.setenv("OFFHOURS_CONFIG", "")
    monkeypatch.delenv("OFFHOURS_CONFIG")
    return Shell(tmp_path, monkeypatch, capsys)


@pytest.fixture
async def slack(shell: Shell) -> AsyncIterator[Sandbox]:
    """A workspace with the app installed, and its secrets in the shell's environment."""
    async with Sandbox(SandboxClock(FRIDAY_NIGHT)) as sandbox:
        made = sandbox.install_app(scopes=BOT_SCOPES, bot_events=BOT_EVENTS)
        shell.env |= {
            "OFFHOURS_SLACK__API_URL": sandbox.api_url,
            "OFFHOURS_SERVER__HOST": "127.0.0.1",
            "SLACK_BOT_TOKEN": made.bot_token,
            "SLACK_SIGNING_SECRET": made.signing_secret,
        }
        yield sandbox


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port: int = taken.getsockname()[1]
    return port


async def test_version(shell: Shell) -> None:
    assert await shell.run("--version") == (0, f"offhours {__version__}\n", "")


@pytest.mark.parametrize("verb", [command.callback.__name__ for command in app.registered_commands])
async def test_help_shows_examples(shell: Shell, verb: str) -> None:
    code, out, _ = await shell.run(verb, "--help")
    assert code == 0
    assert "Examples:\n" in out
    assert f"offhours {verb}" in out


@pytest.mark.parametrize(
    ("env", "sentence"),
    [
        ({}, "SLACK_BOT_TOKEN is not set"),
        ({"SLACK_BOT_TOKEN": "xoxb-1"}, "SLACK_SIGNING_SECRET is not set"),
        (
            {"SLACK_BOT_TOKEN": "xoxb-1", "OFFHOURS_SLACK__TRANSPORT": "socket"},
            "SLACK_APP_TOKEN is not set",
        ),
        ({"OFFHOURS_SERVER__PORT": "high"}, "server.port"),
        ({"OFFHOURS_CONFIG": "nowhere.yaml"}, "nowhere.yaml"),
    ],
)
async def test_what_is_misconfigured_is_one_sentence(
    shell: Shell, env: dict[str, str], sentence: str
) -> None:
    shell.env |= env
    code, out, err = await shell.served()
    assert (code, out) == (2, "")
    assert sentence in err
    assert len(err.splitlines()) == 1


async def test_a_refused_token_is_one_sentence(shell: Shell, slack: Sandbox) -> None:
    shell.env["SLACK_BOT_TOKEN"] = "xoxb-wrong"
    code, _, err = await shell.served()
    assert code == 2
    assert "invalid_auth" in err
    assert "xoxb-wrong" not in err
    assert len(err.splitlines()) == 1
    assert slack.calls_to("auth.test")


async def test_a_taken_port_is_one_sentence(shell: Shell, slack: Sandbox) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        shell.env["OFFHOURS_SERVER__PORT"] = str(taken.getsockname()[1])
        code, _, err = await shell.served()
    assert code == 2
    assert "server.port" in err.splitlines()[-1]
    assert "Traceback" not in err
    assert slack.calls_to("auth.test")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_serve_runs_until_it_is_told_to_stop(
    shell: Shell, slack: Sandbox, number: signal.Signals
) -> None:
    port = free_port()
    shell.env["OFFHOURS_SERVER__PORT"] = str(port)
    process = await shell.serve()
    assert process.stderr is not None
    lines = []
    while b"serving" not in (line := await asyncio.wait_for(process.stderr.readline(), 20)):
        lines.append(line)
        assert line, lines
    url = f"http://127.0.0.1:{port}"
    async with aiohttp.ClientSession() as session:
        for page in ("healthz", "readyz", "metrics"):
            async with session.get(f"{url}/{page}") as answer:
                assert answer.status == 200
    process.send_signal(number)
    _, err = await asyncio.wait_for(process.communicate(), 20)
    assert process.returncode == 0, err
    assert b"Traceback" not in err
    assert (shell.folder / "offhours.key").stat().st_mode & 0o077 == 0
    assert slack.calls_to("auth.test")


async def test_check_says_what_is_missing(shell: Shell) -> None:
    code, out, err = await shell.run("check")
    assert (code, err) == (1, "")
    assert "✗ bot token: SLACK_BOT_TOKEN is not set" in out
    assert "✗ signing secret: SLACK_SIGNING_SECRET is not set" in out
    assert "✓ database: offhours.db does not exist yet" in out
    assert "✓ key: offhours.key does not exist yet" in out
    assert "Delayed Events" in out
    assert "2 things are in the way." in out
    assert list(shell.folder.iterdir()) == []


async def test_check_finds_nothing_wrong(shell: Shell, slack: Sandbox) -> None:
    await shell.run("migrate")
    code, out, _ = await shell.run("check", "--json")
    said = json.loads(out)
    assert (code, said["ok"]) == (0, True)
    assert {each["about"]: each["mark"] for each in said["findings"]} == {
        "settings": "fine",
        "bot token": "fine",
        "scopes": "fine",
        "signing secret": "fine",
        "address": "advice",
        "delayed events": "advice",
        "consent": "advice",
        "optional scope": "advice",
        "CalDAV calendars": "fine",
        "Google calendars": "advice",
        "Microsoft calendars": "advice",
        "database": "fine",
        "schema": "fine",
        "key": "fine",
    }
    assert all(value not in out for name, value in shell.env.items() if name.startswith("SLACK_"))
    assert [call.method for call in slack.calls] == ["auth.test"]


async def test_check_names_each_missing_scope(shell: Shell, slack: Sandbox) -> None:
    less = slack.install_app(name="Less", scopes=set(BOT_SCOPES) - {"users:read", "commands"})
    shell.env["SLACK_BOT_TOKEN"] = less.bot_token
    code, out, _ = await shell.run("check")
    assert code == 1
    assert "✗ scope: `commands` is missing" in out
    assert "✗ scope: `users:read` is missing" in out
    assert "`chat:write`" not in out


@pytest.mark.parametrize(
    ("env", "sentence"),
    [
        ({"SLACK_BOT_TOKEN": "xoxb-wrong"}, "✗ bot token: Slack refuses SLACK_BOT_TOKEN (invalid_"),
        ({"SLACK_BOT_TOKEN": "xoxp-1"}, "✗ bot token: SLACK_BOT_TOKEN is the token of a person"),
        ({"OFFHOURS_SLACK__API_URL": "http://127.0.0.1:1/"}, "✗ bot token: Slack was not reached"),
        ({"SLACK_SIGNING_SECRET": "short"}, "• signing secret: SLACK_SIGNING_SECRET does not look"),
        ({"OFFHOURS_SLACK__PUBLIC_URL": "https://a.example"}, "https://a.example/slack/events"),
        (
            {
                "OFFHOURS_SLACK__PUBLIC_URL": "https://a.example",
                "SLACK_CLIENT_ID": "1.2",
                "SLACK_CLIENT_SECRET": "hush",
            },
            "✓ consent: ",
        ),
        (
            {"GOOGLE_CLIENT_ID": "1", "GOOGLE_CLIENT_SECRET": "hush"},
            "• Google calendars: People cannot connect them: set slack.public_url to offer it.",
        ),
        (
            {
                "OFFHOURS_SLACK__PUBLIC_URL": "https://a.example",
                "MICROSOFT_CLIENT_ID": "1",
                "MICROSOFT_CLIENT_SECRET": "hush",
            },
            "✓ Microsoft calendars: people can connect them.",
        ),
        (
            {"OFFHOURS_CALENDARS__CALDAV__ENABLED": "false"},
            "• CalDAV calendars: are switched off",
        ),
        ({"OFFHOURS_SLACK__TRANSPORT": "socket"}, "✗ app token: SLACK_APP_TOKEN is not set"),
        (
            {"OFFHOURS_SLACK__TRANSPORT": "socket", "SLACK_APP_TOKEN": "xapp-1"},
            "✗ app token: Slack refuses SLACK_APP_TOKEN (invalid_auth)",
        ),
        ({"OFFHOURS_DATABASE__URL": "mysql://a/b"}, "✗ database: database.url names mysql"),
        ({"OFFHOURS_DATABASE__URL": "sqlite:///no/db"}, "✗ database: no/db cannot be made"),
        (
            {"OFFHOURS_DATABASE__URL": "postgresql://me:hush@127.0.0.1:1/x"},
            "✗ database: does not answer at 127.0.0.1:1/x",
        ),
        ({"OFFHOURS_KEY": "not-a-key"}, "✗ key: OFFHOURS_KEY is not a Fernet key"),
        ({"OFFHOURS_POLICY": '{"mode": "loud"}'}, "✗ settings: policy: "),
    ],
)
async def test_check_says_what_to_do(
    shell: Shell, slack: Sandbox, env: dict[str, str], sentence: str
) -> None:
    shell.env |= env
    code, out, err = await shell.run("check")
    assert sentence in out
    assert code == (1 if sentence.startswith("✗") else 0)
    assert err == ""
    assert not any(secret in out for secret in ("xoxb-wrong", "xapp-1", "hush", "not-a-key"))
    assert slack.api_url


async def test_check_looks_at_the_schema(shell: Shell, slack: Sandbox, postgres_url: str) -> None:
    shell.env["OFFHOURS_DATABASE__URL"] = postgres_url
    _, out, _ = await shell.run("check")
    assert "✓ schema: is at 0004" in out
    (shell.folder / "old.db").touch()
    shell.env |= {
        "OFFHOURS_DATABASE__URL": "sqlite:///old.db",
        "OFFHOURS_DATABASE__MIGRATE": "false",
    }
    code, out, _ = await shell.run("check")
    assert code == 1
    assert "✗ schema: is at none, this release needs 0004: run `offhours migrate`." in out
    assert slack.calls_to("auth.test")


async def test_check_refuses_what_is_not_a_database(shell: Shell, slack: Sandbox) -> None:
    (shell.folder / "offhours.db").write_bytes(b"not a database" * 100)
    code, out, err = await shell.run("check")
    assert (code, err) == (1, "")
    assert "✗ database: The database cannot be used" in out
    assert slack.calls_to("auth.test")


async def test_migrate_says_from_and_to(shell: Shell) -> None:
    code, out, err = await shell.run("migrate")
    assert (code, err) == (0, "")
    assert out.splitlines()[-1] == "Done: the database went from empty to 0004."
    assert await shell.run("migrate") == (0, "Nothing to do: the database is at 0004.\n", "")
    _, out, _ = await shell.run("migrate", "--json")
    assert json.loads(out) == {"from": "0004", "to": "0004", "steps": []}


async def test_a_schema_from_a_newer_release_is_left_alone(shell: Shell, slack: Sandbox) -> None:
    await shell.run("migrate")
    with sqlite3.connect(shell.folder / "offhours.db") as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    connection.close()
    for ended in (await shell.run("migrate"), await shell.served()):
        code, _, err = ended
        assert code == 2
        assert "at schema 9999, which this release does not know" in err
        assert len(err.splitlines()) == 1
    _, out, _ = await shell.run("check")
    assert "✗ schema: is at 9999, which this release does not know" in out
    assert slack.calls_to("auth.test")


async def test_the_manifest_is_json_or_yaml(shell: Shell) -> None:
    code, out, err = await shell.run("manifest")
    assert code == 0
    assert "replace https://EXAMPLE" in err
    _, as_yaml, err = await shell.run("manifest", "--yaml")
    assert err == ""
    assert as_yaml.startswith("# slack.public_url is not set")
    assert yaml.safe_load(as_yaml) == json.loads(out)
    shell.env["OFFHOURS_SLACK__COMMANDS__HOURS"] = "/my-hours"
    _, out, _ = await shell.run("manifest")
    assert json.loads(out)["features"]["slash_commands"][0]["command"] == "/my-hours"


async def test_the_configuration_can_be_named(shell: Shell) -> None:
    (shell.folder / "mine.yaml").write_text("slack: {public_url: 'https://bot.example.com'}")
    _, out, err = await shell.run("--config", "mine.yaml", "manifest")
    assert "https://bot.example.com/slack/events" in out
    assert err == ""


async def test_a_key_is_fresh_and_fits(shell: Shell) -> None:
    _, first, _ = await shell.run("key")
    _, second, _ = await shell.run("key")
    assert first != second
    assert Vault([first.strip()]).open(Vault([first.strip()]).seal(b"x")) == b"x"
