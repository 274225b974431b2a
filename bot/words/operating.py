"""What the operator reads: the app's description, the findings of a check, why it stopped."""

DESCRIPTION = "Keeps communication inside the hours people chose."
LONG_DESCRIPTION = (
    "Offhours knows when people are off. A message that would reach somebody outside their hours "
    "is flagged to its author, who can hold it until they are back. Teams read a weekly summary of "
    "how well their evenings were kept, without anybody’s name in it."
)
ONE_NAME = "Every Offhours command under one name."
SEND_SHORTCUT = ("Send when they’re back", "Write now; it is delivered when they are back.")
REPLY_SHORTCUT = ("Reply when they’re back", "Answer in this thread when they are back.")

NO_ADDRESS = (
    "slack.public_url is not set: replace {example} by the address of this server as Slack sees it."
)

DELAYED_EVENTS = (
    "Switch on Delayed Events under Event Subscriptions of the app: Slack then sends again what "
    "came while the database was away for more than five minutes."
)
FILE_READ = "{path} was read."
NO_FILE = "no file at {path}; the defaults and the environment are used."


def refused_token(code: str) -> str:
    """Slack's answer to a bot token that does not work."""
    return (
        f"Slack refuses SLACK_BOT_TOKEN ({code}). Copy the Bot User OAuth Token again from the "
        "app’s page “OAuth & Permissions”; installing the app again makes a new one."
    )


MISSING_BOT = (
    "SLACK_BOT_TOKEN is not set. It starts with `xoxb-` and stands on the app’s page “OAuth & "
    "Permissions” once the app is installed."
)
NOT_A_BOT = (
    "SLACK_BOT_TOKEN is the token of a person. Use the Bot User OAuth Token, which starts with "
    "`xoxb-`."
)
NOT_REACHED = "Slack was not reached at {url}: is there a way out, and is slack.api_url right?"
SLACK_BUSY = "Slack asked to wait {seconds:g} s. Try again then."


def known_as(bot_name: str, workspace: str) -> str:
    """A bot token that works."""
    return f"works: @{bot_name} in {workspace}."


def missing_scope(scope: str) -> str:
    """A scope the bot needs and the token does not have."""
    return (
        f"`{scope}` is missing. Add it under “OAuth & Permissions” (or apply `offhours manifest`) "
        "and install the app again."
    )


ALL_SCOPES = "all {count} are granted."
MISSING_SIGNING = (
    "SLACK_SIGNING_SECRET is not set. It stands on the app’s page “Basic Information”; without it "
    "no request can be told from a forged one."
)
ODD_SIGNING = (
    "SLACK_SIGNING_SECRET does not look like one (32 characters, 0-9 and a-f). It is not the "
    "client secret and not the verification token."
)
SIGNING_SET = "is set."
MISSING_SOCKET = (
    "SLACK_APP_TOKEN is not set, and the transport is `socket`. Make an app-level token with the "
    "scope `connections:write` on the app’s page “Basic Information”; it starts with `xapp-`."
)
SOCKET_WORKS = "works, and Socket Mode is on."


def refused_app_token(code: str) -> str:
    """Slack's answer to an app-level token that does not open Socket Mode."""
    return (
        f"Slack refuses SLACK_APP_TOKEN ({code}). It needs the scope `connections:write`, and "
        "Socket Mode has to be switched on for the app."
    )


NO_PUBLIC_URL = (
    "slack.public_url is not set. The bot does not need it; `offhours manifest` does, to name the "
    "Request URL."
)


def request_url(url: str) -> str:
    """Where Slack has to send its requests."""
    return f"Slack has to know it as Request URL: {url}"


CONSENT = "people can allow the bot to post in their own name."
NO_CONSENT = (
    "People cannot allow the bot to post in their own name, so messages are delivered in the bot’s "
    "words: set SLACK_CLIENT_ID, SLACK_CLIENT_SECRET and slack.public_url to offer it."
)

DATABASE_ANSWERS = "answers."
DATABASE_SILENT = (
    "does not answer at {where}. Is it running, are name and password right, and may this machine "
    "reach it?"
)
DATABASE_NEW = "{where} does not exist yet; it is made at the first start."
DATABASE_NO_FOLDER = "{where} cannot be made: there is no such folder, or it may not be written to."
SCHEMA_NOW = "is at {revision}, as this release needs."
SCHEMA_UNKNOWN = (
    "is at {found}, which this release does not know: a newer release has migrated the database. "
    "Run that release."
)
SCHEMA_AT_START = "is at {found}; it is brought to {head} at the next start."
SCHEMA_BEHIND = "is at {found}, this release needs {head}: run `offhours migrate`."
KEY_GIVEN = "OFFHOURS_KEY is set."
KEY_FILE = "{path} is there and readable by its owner only."
KEY_LATER = (
    "{path} does not exist yet; it is made at the first start. Back it up with the database."
)

CANNOT_START = "Slack did not say who the bot is ({error}). `offhours check` says more."
DATABASE_AWAY = "The database does not answer. `offhours check` says more."


def migrated(before: str | None, after: str, steps: int) -> str:
    """How a migration ended."""
    if not steps:
        return f"Nothing to do: the database is at {after}."
    return f"Done: the database went from {before or 'empty'} to {after}."


def verdict(wrong: int) -> str:
    """The last line of a check."""
    if not wrong:
        return "Everything that is needed is there."
    return "1 thing is in the way." if wrong == 1 else f"{wrong} things are in the way."
