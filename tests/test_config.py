"""Settings: the file, the environment over it, and a sentence for everything that is wrong."""

from pathlib import Path

import pytest

from bot.config import load, secret
from bot.domain.policy import Mode
from bot.errors import Misconfigured


@pytest.fixture(autouse=True)
def _alone(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("OFFHOURS_CONFIG", "OFFHOURS_KEY", "SLACK_BOT_TOKEN", "SLACK_APP_TOKEN"):
        monkeypatch.delenv(name, raising=False)


def write(text: str) -> None:
    Path("config.yaml").write_text(text)


def test_without_a_file_the_defaults_hold() -> None:
    settings = load()
    assert settings.slack.event_path == "/slack/events"
    assert settings.bot_token is None
    assert settings.initial_policy().mode is Mode.FLAG


def test_the_environment_wins_over_the_file(monkeypatch: pytest.MonkeyPatch) -> None:
    write("server: {port: 1234, host: 127.0.0.1}\npolicy: {mode: hold}\n")
    monkeypatch.setenv("OFFHOURS_SERVER__PORT", "5678")
    monkeypatch.setenv("SLACK_BOT_TOKEN", "xoxb-1")
    settings = load()
    assert (settings.server.host, settings.server.port) == ("127.0.0.1", 5678)
    assert settings.initial_policy().mode is Mode.HOLD
    assert secret(settings.bot_token) == "xoxb-1"
    assert "xoxb-1" not in repr(settings)


def test_an_empty_secret_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SLACK_BOT_TOKEN", "")
    assert secret(load().bot_token) is None


def test_a_command_may_have_another_name() -> None:
    write("slack: {commands: {hours: my-hours}}")
    assert load().slack.commands.hours == "/my-hours"


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("- a list", "not a list of `key: value`"),
        ("only words", "not a list of `key: value`"),
        ("a: [", "not YAML at line 1"),
        ("colour: red", "colour: Extra inputs are not permitted"),
        ("server: {port: high}", "server.port:"),
        ("server: {port: 70000}", "server.port:"),
        ("slack: {transport: pigeon}", "slack.transport:"),
        ("slack: {commands: {hours: 'My Hours'}}", "slack.commands.hours:"),
        ("policy: {mode: silent}", "“silent” is not a mode"),
        ("policy: {moode: flag}", "“moode” is not part of a policy"),
        ("teams: [{group: '@a'}]", "teams.0.channel: Field required"),
    ],
)
def test_what_is_wrong_is_named(text: str, sentence: str) -> None:
    write(text)
    with pytest.raises(Misconfigured) as raised:
        load()
    assert sentence in str(raised.value)
    assert "\n" not in str(raised.value)


def test_a_named_file_has_to_be_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OFFHOURS_CONFIG", "elsewhere.yaml")
    with pytest.raises(Misconfigured, match=r"elsewhere\.yaml"):
        load()


def test_an_environment_that_is_not_understood(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OFFHOURS_TEAMS", "not json")
    with pytest.raises(Misconfigured, match="teams"):
        load()
