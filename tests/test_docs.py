"""Documents keep up with the code: settings, commands of the shell, commands in Slack."""

import re
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import typer
import yaml
from pydantic import AliasChoices, BaseModel

from bot.__main__ import app
from bot.config import Settings, TeamSettings, load
from bot.domain.policy import FIELDS
from bot.slack.commands import table

ROOT = Path(__file__).parents[1]
EXAMPLE = ROOT / "config.example.yaml"
ENVIRONMENT = {
    name: str(field.validation_alias.choices[0])
    for name, field in Settings.model_fields.items()
    if isinstance(field.validation_alias, AliasChoices)
}
"""Settings that come from the environment only, and the variables they come from."""


def paths(model: type[BaseModel], prefix: str = "") -> Iterator[str]:
    """Dotted names of every setting, sections followed down."""
    for name, field in model.model_fields.items():
        inner = field.annotation
        if isinstance(inner, type) and issubclass(inner, BaseModel):
            yield from paths(inner, f"{prefix}{name}.")
        elif prefix or name not in ENVIRONMENT:
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


def test_the_example_names_what_the_environment_holds() -> None:
    text = EXAMPLE.read_text()
    assert [name for name in ENVIRONMENT.values() if name not in text] == []


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


def test_compose_sets_only_settings_that_exist() -> None:
    """A misspelt variable would be passed over in silence."""
    services = yaml.safe_load((ROOT / "compose.yaml").read_text())["services"]
    known = {f"OFFHOURS_{path.upper().replace('.', '__')}" for path in paths(Settings)}
    known.update(ENVIRONMENT.values())
    for name in ("bot", "migrate"):
        assert set(services[name]["environment"]) <= known


def test_the_image_is_built_from_what_is_locked() -> None:
    dockerfile = (ROOT / "Dockerfile").read_text()
    assert "--require-hashes -r /app/requirements.lock" in dockerfile
    lock = (ROOT / "requirements.lock").read_text()
    assert "--hash=sha256:" in lock
    assert "index-url" not in lock
    for line in re.findall(r"^COPY (?!--)(\S+)", dockerfile, re.MULTILINE):
        assert (ROOT / line).exists()


def test_ci_runs_make_test_and_nothing_else() -> None:
    script = ROOT / ".ci" / "run"
    assert script.stat().st_mode & 0o111
    assert script.read_text().splitlines()[-1] == "make test"
