"""Notifications snoozed and a status shown while somebody is off: what they read about it."""

from collections.abc import Mapping, Sequence

from bot.words.times import day_clock

EMOJI = ":no_bell:"
MOST_STATUS = 100
"""Characters Slack takes: https://docs.slack.dev/reference/methods/users.profile.set"""


def status(until_at: int, tz: str, now: int, *, quiet: bool) -> str:
    """``Off until Mon 09:00``, in the person's own zone."""
    what = "Quiet" if quiet else "Off"
    return f"{what} until {day_clock(until_at, tz, now)}"[:MOST_STATUS]


NOT_KNOWN = "Slack has not told this app about you yet. Please try again in a minute."

HEADER = "While you are off"
TITLES = {
    "silence": "Silence",
    "status": "Status",
    "urgent_rings": "Urgent messages",
}
OFF = {
    "silence": (
        "off. Whoever writes to you outside your hours is told so; whether your phone rings is up "
        "to your notification settings in Slack."
    ),
    "status": "off. Your status stays as you set it.",
    "urgent_rings": "wait like all others while you are silenced, and the author is told so.",
}
ON = {
    "silence": (
        "on. Your notifications are snoozed from closing to opening, a day at a time. A snooze "
        "you set or end yourself is left as you want it. When many people close at the same "
        "minute, yours may begin some minutes later."
    ),
    "status": "on. “Off until …” is shown while you are off, unless you have set a status.",
    "urgent_rings": "may ring: the snooze ends for one that cannot wait, and begins again after.",
}
WAITS = {
    "silence": "chosen, and not in force: Slack has to be allowed to snooze you.",
    "status": "chosen, and not in force: Slack has to be allowed to set your status.",
}
NO_HOURS = "chosen, and not in force: you have not said which hours are yours. `{hours}` shows how."
LOWER = {
    "silence": "Authors are still told when you are off.",
    "status": "Your status stays as you set it.",
}
"""What is left when a level is not in force."""

REASONS = {
    "account_inactive": "the permission belongs to an account that is not active",
    "invalid_auth": "the permission is not valid any more",
    "missing_scope": "the permission for it is missing",
    "not_allowed_token_type": "the permission is of another kind",
    "not_authed": "the permission is not valid any more",
    "token_expired": "the permission has run out",
    "token_revoked": "the permission was withdrawn",
    "too_long": "the workspace does not take a snooze this long",
}
"""By Slack's error string."""

DOES = {"silence": "snooze your notifications", "status": "set your status"}


def reason(code: str) -> str:
    """Why Slack refused."""
    return REASONS.get(code, f"it answered `{code}`")


def ended(levels: Sequence[str], code: str) -> str:
    """The one message about levels that Slack ended."""
    does = " or ".join(DOES[level] for level in levels)
    left = " ".join(LOWER[level] for level in levels)
    return (
        f"Slack no longer lets me {does}: {reason(code)}. {left} "
        "You can allow it again in the app’s Home tab."
    )


def refused(level: str, code: str) -> str:
    """A level Slack ended, on the Home tab."""
    return f"not in force: {reason(code)}. {LOWER[level]}"


def line(setting: str, text: str) -> str:
    """One setting and how it stands."""
    return f"*{TITLES[setting]}:* {text}"


SWITCH_ON = "Switch on"
SWITCH_OFF = "Switch off"
ALLOW = "Allow it on Slack’s page"
NOT_SET_UP = (
    "Nobody can allow that here yet: whoever runs this app has to set `slack.client_id`, the "
    "client secret and `slack.public_url` first."
)


def linked(url: str) -> str:
    """The way to Slack's consent page."""
    return f"<{url}|{ALLOW}>"


EXAMPLES = (
    ("silence", "shows what is done for you while you are off"),
    ("silence on", "snoozes your notifications while you are off; `off` ends that"),
    ("silence status on", "shows “Off until Mon 09:00” as your status meanwhile"),
    ("silence urgent on", "lets a message ring that cannot wait"),
)


def not_understood(text: str) -> str:
    """What followed the verb is not one of its settings."""
    return (
        f"“{text}” is nothing I can switch here. Try `{{boundaries}} silence on` or "
        "`{{boundaries}} silence status off`."
    )


def listed(lines: Sequence[str], links: Mapping[str, str]) -> str:
    """Every setting, and what is left to do."""
    return "\n".join([*(f"• {line}" for line in lines), *links.values()])
