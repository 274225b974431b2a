"""Documents keep up with the code: settings, commands of the shell, commands in Slack."""

import re
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import typer
import yaml
from pydantic import BaseModel

from bot.__main__ import app
from bot.config import Settings, TeamSettings, load
from bot.domain.policy import FIELDS
from bot.slack.commands import table

ROOT = Path(__file__).parents[1]
EXAMPLE = ROOT / "config.example.yaml"
SECRETS = {"bot_token", "signing_secret", "app_token", "key"}


def paths(model: type[BaseModel], prefix: str = "") -> Iterator[str]:
    """Dotted names of every setting, sections followed down."""
    for name, field in model.model_fields.items():
        inner = field.annotation
        if isinstance(inner, type) and issubclass(inner, BaseModel):
            yield from paths(inner, f"{prefix}{name}.")
        elif prefix or name not in SECRETS:
            yield f"{prefix}{name}"


def keys(value: Any, prefix: str = "") -> Iterator[str]:
    """Dotted names of a document's leaves; `policy` is one leaf, as it is in the settings."""
    for name, inner in value.items():
        if isinstance(inner, dict) and name != "policy":
            yield from keys(inner, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}"


@pytest.fixture
def example() -> dict[str, Any]:
    """The example as a document."""
    found: dict[str, Any] = yaml.safe_load(EXAMPLE.read_text())
    return found


def test_the_example_has_every_setting_and_nothing_else(example: dict[str, Any]) -> None:
    assert sorted(keys(example)) == sorted(paths(Settings))


def test_the_example_has_every_field_of_a_policy(example: dict[str, Any]) -> None:
    assert list(example["policy"]) == list(FIELDS)


def test_the_example_says_what_a_team_is() -> None:
    described = EXAMPLE.read_text().partition("# Teams")[2]
    assert all(f"{name}:" in described for name in TeamSettings.model_fields)


def test_the_example_is_the_defaults(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("OFFHOURS_CONFIG", raising=False)
    defaults = load()
    monkeypatch.setenv("OFFHOURS_CONFIG", str(EXAMPLE))
    assert load().model_dump(exclude={"policy"}) == defaults.model_dump(exclude={"policy"})
    assert load().initial_policy() == defaults.initial_policy()


def test_every_setting_is_explained() -> None:
    lines = EXAMPLE.read_text().splitlines()
    bare = [
        line
        for before, line in pairwise(lines)
        if re.match(r"\s*\w+: ", line) and not before.lstrip().startswith("#")
    ]
    assert bare == []


def test_readme_names_every_command_of_the_shell() -> None:
    readme = (ROOT / "README.md").read_text()
    commands = typer.main.get_command(app).commands
    assert [name for name in commands if f"offhours {name}" not in readme] == []


def test_readme_names_every_command_in_slack() -> None:
    readme = (ROOT / "README.md").read_text()
    names = [f"/{command.key}" for command in table()] + ["/offhours"]
    assert [name for name in names if name not in readme] == []


def test_contributing_says_where_things_go() -> None:
    text = (ROOT / "CONTRIBUTING.md").read_text()
    for thing in ("command", "rule", "metric", "calendar provider", "make quick", "make test"):
        assert thing in text
