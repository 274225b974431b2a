"""Settings: a YAML file, then the environment. Secrets come from the environment only.

``OFFHOURS_CONFIG`` names the file (default ``config.yaml``, which may be missing). A key of the
file is overridden by ``OFFHOURS_`` and its path, for example ``OFFHOURS_DATABASE__URL``.
"""

import os
from pathlib import Path
from typing import Any, Literal

import yaml
from pydantic import (
    AliasChoices,
    BaseModel,
    ConfigDict,
    Field,
    SecretStr,
    ValidationError,
    field_validator,
)
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    SettingsError,
    YamlConfigSettingsSource,
)

from bot.domain.policy import Policy, changed
from bot.errors import BadInput, Misconfigured

COMMAND_NAME = 32
"""Slack's limit for the name of a command, slash included."""


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid")


class CommandNames(_Section):
    """The slash commands; another app may already use a name."""

    hours: str = Field("/hours", description="My week, days off, swaps, holidays, zone.")
    quiet: str = Field("/quiet", description="Quiet windows, once or every week.")
    later: str = Field("/later", description="Write now, deliver when they are back.")
    meet: str = Field("/meet", description="A time to meet inside everybody’s hours.")
    boundaries: str = Field("/boundaries", description="Policy, my data, teams, admin.")
    offhours: str = Field("/offhours", description="Every command as /offhours <verb>.")

    @field_validator("*")
    @classmethod
    def _slash(cls, value: str) -> str:
        name = value if value.startswith("/") else f"/{value}"
        if not 1 < len(name) <= COMMAND_NAME or any(c.isspace() or c.isupper() for c in name):
            raise ValueError("a command is a slash and up to 31 lower-case characters")
        return name


class SlackSettings(_Section):
    """How to reach Slack and be reached by it."""

    api_url: str = Field("https://slack.com/api/", description="Base URL of the Web API.")
    event_path: str = Field("/slack/events", description="Path of the Request URL.")
    public_url: str = Field("", description="Address of this server as Slack sees it.")
    transport: Literal["http", "socket"] = Field(
        "http", description="`http` (Request URL) or `socket` (Socket Mode)."
    )
    admins: tuple[str, ...] = Field(
        (), description="User ids that may administer besides workspace admins and owners."
    )
    commands: CommandNames = CommandNames()


class ServerSettings(_Section):
    """Where to listen."""

    host: str = Field("0.0.0.0", description="Address to listen on.")  # noqa: S104 - a container listens on every interface
    port: int = Field(3000, ge=0, le=65_535, description="Port to listen on; 0 takes a free one.")


class DatabaseSettings(_Section):
    """Where to keep data."""

    url: str = Field(
        "sqlite:///offhours.db",
        description="`sqlite:///FILE` or `postgresql://USER:PASSWORD@HOST/NAME`.",
    )
    migrate: bool | None = Field(
        None, description="Migrate at start. Default: yes for SQLite, no for PostgreSQL."
    )


class CalDavSettings(_Section):
    """Calendars reached by an address and an app password."""

    enabled: bool = Field(True, description="People may connect a CalDAV calendar.")
    allow_private: bool = Field(
        False, description="Also servers inside your own network, and without TLS."
    )


class GoogleSettings(_Section):
    """Where Google is; a test has its own."""

    api_url: str = Field(
        "https://www.googleapis.com/calendar/v3", description="Base URL of the Calendar API."
    )
    auth_url: str = Field(
        "https://accounts.google.com/o/oauth2/v2/auth", description="The page people agree on."
    )
    token_url: str = Field(
        "https://oauth2.googleapis.com/token", description="Where codes become tokens."
    )
    revoke_url: str = Field(
        "https://oauth2.googleapis.com/revoke", description="Where permissions end."
    )


class MicrosoftSettings(_Section):
    """Where Microsoft is; a tenant, a national cloud or a test has its own."""

    api_url: str = Field(
        "https://graph.microsoft.com/v1.0", description="Base URL of Microsoft Graph."
    )
    login_url: str = Field(
        "https://login.microsoftonline.com/common/oauth2/v2.0",
        description="Where people sign in; with your tenant’s id its addresses are believed.",
    )


class CalendarSettings(_Section):
    """Calendars people may connect."""

    caldav: CalDavSettings = CalDavSettings()
    google: GoogleSettings = GoogleSettings()
    microsoft: MicrosoftSettings = MicrosoftSettings()


class LogSettings(_Section):
    """How to log."""

    level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field("INFO", description="How much.")
    format: Literal["console", "json"] = Field("console", description="For people or machines.")


class TeamSettings(_Section):
    """One team of the file."""

    group: str = Field(description="User group: its id (`S…`) or `@handle`.")
    channel: str = Field(description="Channel of the summary: its id (`C…`) or `#name`.")
    leads: tuple[str, ...] = Field((), description="User ids of its leaders.")
    tz: str = Field(description="Zone of the summary, for example `Europe/Vienna`.")


class Settings(BaseSettings):
    """Everything that can be set."""

    model_config = SettingsConfigDict(
        env_prefix="OFFHOURS_",
        env_nested_delimiter="__",
        extra="forbid",
        populate_by_name=True,
    )

    slack: SlackSettings = SlackSettings()
    server: ServerSettings = ServerSettings()
    database: DatabaseSettings = DatabaseSettings()
    calendars: CalendarSettings = CalendarSettings()
    log: LogSettings = LogSettings()
    key_file: Path = Field(Path("offhours.key"), description="Made on first use, mode 0600.")
    policy: dict[str, Any] = Field(default_factory=dict, description="The organisation's rules.")
    teams: tuple[TeamSettings, ...] = Field((), description="Teams that get a weekly summary.")

    bot_token: SecretStr | None = Field(
        None, validation_alias=AliasChoices("SLACK_BOT_TOKEN", "bot_token")
    )
    signing_secret: SecretStr | None = Field(
        None, validation_alias=AliasChoices("SLACK_SIGNING_SECRET", "signing_secret")
    )
    app_token: SecretStr | None = Field(
        None, validation_alias=AliasChoices("SLACK_APP_TOKEN", "app_token")
    )
    client_id: str | None = Field(
        None, validation_alias=AliasChoices("SLACK_CLIENT_ID", "client_id")
    )
    client_secret: SecretStr | None = Field(
        None, validation_alias=AliasChoices("SLACK_CLIENT_SECRET", "client_secret")
    )
    google_client_id: str | None = Field(
        None, validation_alias=AliasChoices("GOOGLE_CLIENT_ID", "google_client_id")
    )
    google_client_secret: SecretStr | None = Field(
        None, validation_alias=AliasChoices("GOOGLE_CLIENT_SECRET", "google_client_secret")
    )
    microsoft_client_id: str | None = Field(
        None, validation_alias=AliasChoices("MICROSOFT_CLIENT_ID", "microsoft_client_id")
    )
    microsoft_client_secret: SecretStr | None = Field(
        None, validation_alias=AliasChoices("MICROSOFT_CLIENT_SECRET", "microsoft_client_secret")
    )
    key: SecretStr | None = Field(None, validation_alias=AliasChoices("OFFHOURS_KEY", "key"))

    @field_validator("policy")
    @classmethod
    def _policy(cls, value: dict[str, Any]) -> dict[str, Any]:
        try:
            changed(Policy(), value)
        except BadInput as error:
            raise ValueError(str(error)) from error
        return value

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003 - pydantic-settings calls by position
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003 - as above
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """What is passed in, then the environment, then the file."""
        file = YamlConfigSettingsSource(
            settings_cls, os.environ.get("OFFHOURS_CONFIG", "config.yaml")
        )
        return init_settings, env_settings, file

    def initial_policy(self) -> Policy:
        """The policy of the file over the built-in one."""
        return changed(Policy(), self.policy)


def load(**given: Any) -> Settings:
    """Read the settings.

    Raises:
        Misconfigured: the file or the environment is wrong; says where and what.
    """
    named = os.environ.get("OFFHOURS_CONFIG")
    if named and not Path(named).is_file():
        raise Misconfigured(f"OFFHOURS_CONFIG names {named}, and there is no such file.")
    try:
        return Settings(**given)
    except ValidationError as error:
        wrong = [
            f"{'.'.join(str(part) for part in item['loc']) or 'settings'}: {item['msg']}"
            for item in error.errors(include_url=False, include_input=False)
        ]
        raise Misconfigured("; ".join(wrong)) from error
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f" at line {mark.line + 1}" if mark else ""
        raise Misconfigured(f"the configuration file is not YAML{where}.") from error
    except SettingsError as error:
        raise Misconfigured(f"the environment was not understood: {error}") from error
    except ValueError as error:
        raise Misconfigured("the configuration file is not a list of `key: value`.") from error


def secret(value: SecretStr | None) -> str | None:
    """The secret as text, None when it is not set or empty."""
    return (value.get_secret_value() or None) if value is not None else None
