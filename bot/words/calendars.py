"""Connecting a calendar: what is read, what is done, how it stands, and what went wrong."""

from collections.abc import Iterable, Mapping, Sequence

from bot.words.times import clock, day_clock, wall

TITLES = {
    "caldav": "CalDAV",
    "google": "Google Calendar",
    "graph": "Microsoft 365",
}
"""By provider."""

HEADER = "Your calendar"
CONNECT = {
    "caldav": "Another calendar (CalDAV)…",
    "google": "Google Calendar…",
    "graph": "Microsoft 365…",
}
PROMISE = (
    "What is read: when your meetings are, who organises them, who is invited and what you "
    "answered. What is stored: times and your answer; titles and the organiser’s address are "
    "encrypted, and shown to you alone; other addresses are kept as fingerprints only. Whoever "
    "organises a meeting hears that its time is outside your hours, and `{meet}` leaves out the "
    "times at which you are busy. Disconnecting deletes all of it."
)
NOT_CONNECTED = (
    "No calendar is connected. With one, an invite outside your hours is flagged like a message: "
    "you are told, and whoever organises it gets better times."
)
NONE_OFFERED = (
    "Calendars cannot be connected here yet: whoever runs this app has to switch one kind on "
    "(`calendars` in the settings)."
)
NOT_OFFERED = "This kind of calendar cannot be connected here. `{boundaries} calendar` shows which."

TREATMENTS = {
    "flag": "You are told, and the organiser gets better times. Nothing is answered for you.",
    "hold": (
        "Invites outside your hours are answered *tentative*, with a note that you answer when "
        "you are back."
    ),
    "decline": "Invites outside your hours are declined for you, with better times.",
}
OPTIONS = {
    "flag": "Flag: tell me and the organiser",
    "hold": "Hold: answer tentative until I am back",
    "decline": "Decline, with better times",
}
WOULD_BE = {
    "flag": "flagged",
    "hold": "answered *tentative*",
    "decline": "declined with better times",
}
LACKS = {
    "occurrence_replies": "answer one meeting of a series by itself",
    "proposals": "carry another time in an answer",
    "push": "say at once that something changed (it is read every few minutes instead)",
    "moves": "move a meeting",
    "takes_back": "take an answer back",
}
"""By capability, what a server without it cannot do."""

WHY = {
    "signed_out": "The permission has ended. Please connect it again.",
    "away": "The server does not answer at the moment. It is tried again by itself.",
    "forbidden": "The server does not allow it. Perhaps an administrator has to permit the app.",
    "denied": "The permission was not given.",
    "not_verified": "The provider does not confirm your e-mail address, so nothing was connected.",
    "scopes": "A part of what is needed was left out, so nothing was connected.",
    "client": (
        "The registration of this app at the provider is not right. Whoever runs the app can see "
        "more in `offhours check`."
    ),
    "not_found": "There is no calendar at this address. Please check the address.",
    "no_address": (
        "The server does not say by which e-mail address you are invited. Please give that address "
        "as your name there, if the server takes it."
    ),
    "elsewhere": "This address leads to somebody else’s server, which is not given your password.",
    "not_https": "Only addresses that begin with https:// are asked, so that nobody can listen in.",
    "not_public": "This address is inside a private network, which is not asked.",
    "not_offered": "This kind of calendar was switched off by whoever runs this app.",
}
"""By the code of an error."""

BROKEN = "Reading it failed ({code}). It is tried again by itself."
NOT_ACCEPTED = (
    "The server does not accept this name and password. Most providers want an app password, which "
    "you make in your account’s settings."
)
ASKING_ALREADY = "A server is being asked for you already. Please try again in a minute."
NOT_ANSWERING = "The server did not answer. Please check the address, or try again in a minute."

MODAL_TITLE = "Connect a calendar"
MODAL_INTRO = (
    "Please use an *app password* made for this purpose, not your usual one: Slack shows what you "
    "type here. It is encrypted when it is kept, and you can withdraw it with your provider."
)
FIELDS = {
    "address": "Address of the server",
    "username": "Your name there",
    "password": "App password",
}
"""Labels by field."""

ADDRESS_HINT = "For example https://dav.example.com, or your e-mail address."
SUBMIT = "Connect"
UNDER_WAY = "The server is being asked. This window says how it went; you may close it."
DISCONNECT = "Disconnect"
DISCONNECT_SURE = (
    "Everything that was read from your calendar is deleted here, and the permission ends. What "
    "was answered in your calendar stays as it is."
)
SURE = "Disconnect it?"
KEEP = "Keep it"
CHOOSE = "What to do"
UNDO = "Undo"


def connected(provider: str) -> str:
    """A calendar was connected."""
    return (
        f"{TITLES.get(provider, provider)} is connected. It is being read now; meetings outside "
        "your hours that you have already are left as they are. `{boundaries} calendar` shows how "
        "it stands, and `{boundaries} calendar hours` whether it knows your working hours."
    )


def linked(provider: str, url: str) -> str:
    """Where to connect, in a text."""
    return f"<{url}|{CONNECT[provider]}>"


def error(code: str) -> str:
    """Why the last visit failed."""
    return WHY.get(code) or BROKEN.format(code=code)


def refused(code: str) -> str:
    """Why it could not be connected."""
    return WHY.get(code) or f"The server refused ({code}), so nothing was connected."


def whose(provider: str, address: str) -> str:
    """What is connected; the address is for its owner only."""
    where = f" ({address})" if address else ""
    return f"*{TITLES.get(provider, provider)}*{where} is connected."


def last_read(synced_at: int | None, tz: str, now: int) -> str:
    """When it was read."""
    if synced_at is None:
        return "It has not been read yet."
    day = "" if wall(synced_at, tz).date() == wall(now, tz).date() else f"{wall(synced_at, tz):%a} "
    return f"Last read {day}{clock(synced_at, tz)}."


def treatment(name: str) -> str:
    """What is done about invites."""
    return f"*{name.capitalize()}:* {TREATMENTS[name]}"


def exceptions(*, all_day: bool, keywords: Sequence[str]) -> str:
    """What else was chosen."""
    days = "All-day events count too." if all_day else "All-day events are left alone."
    if not keywords:
        return days
    return f"{days} Let through: {', '.join(f'“{word}”' for word in keywords)}."


def lacks(capabilities: Iterable[str]) -> str:
    """What the server cannot do; ``""`` when it can do everything."""
    missing = [LACKS[each] for each in capabilities if each in LACKS]
    if not missing:
        return ""
    return f"This server cannot {'; nor '.join(missing)}. Slack takes over there."


def late(title: str, start_at: int, end_at: int, tz: str, now: int) -> str:
    """One meeting outside the hours."""
    name = f"*{title}*" if title else "A meeting"
    return f"• {name}, {day_clock(start_at, tz, now)}–{clock(end_at, tz)}"


def dry_run(
    name: str, days: int, total: int, rows: Sequence[str], count: int, only_flagged: int
) -> str:
    """What the choice would mean for what is in the calendar already.

    Args:
        name: the treatment.
        days: how far it looks.
        total: meetings within these days.
        rows: some of those it would concern.
        count: all of them.
        only_flagged: meetings outside the hours that are never answered.
    """
    of = f"of your {total} meeting{'s' * (total != 1)} in the next {days} days"
    if not count:
        lines = [f"*Dry run:* none {of} would be {WOULD_BE[name]}."]
    else:
        lines = [f"*Dry run:* {of}, {_these(count)} would be {WOULD_BE[name]}:", *rows]
        if count > len(rows):
            lines.append(f"• and {count - len(rows)} more")
        lines.append("They stay as they are: only new invites, and moved ones, are acted on.")
    if only_flagged:
        lines.append(
            f"{only_flagged} more outside your hours {'is' if only_flagged == 1 else 'are'} only "
            "flagged, being large, or optional for you."
        )
    return "\n".join(lines)


def _these(count: int) -> str:
    return "this one" if count == 1 else f"these {count}"


ACTED = "*Answered for you:*"
STATES = {"held": "tentative", "declined": "declined"}


def acted(title: str, start_at: int, state: str, count: int, tz: str, now: int) -> str:
    """One meeting that was answered automatically, and of a series how many."""
    name = f"*{title}*" if title else "A meeting"
    series = f", {count} times" if count > 1 else ""
    return f"{name}, {day_clock(start_at, tz, now)}{series}: {STATES[state]}"


READING = "It is being read now; that takes a moment."
DISCONNECTED = "Your calendar is disconnected, and everything that was read from it is deleted."
NOTHING_CONNECTED = "No calendar is connected. `{boundaries} calendar` shows how to connect one."
LET_WHAT = (
    "Which words in a title let a meeting through? For example `{boundaries} calendar let 1:1, "
    "standup`; `{boundaries} calendar let nothing` ends it."
)
LET_MANY = "That is more than {most} words or {length} characters in one; please take fewer."
ALL_DAY_WHAT = "Please say `{boundaries} calendar all-day on` or `off`."


def let_through(keywords: Sequence[str]) -> str:
    """Meetings with these words are let through."""
    if not keywords:
        return "No title lets a meeting through any more."
    return f"Meetings with {' or '.join(f'“{word}”' for word in keywords)} in the title pass."


def all_day(*, on: bool) -> str:
    """Whether whole days are judged."""
    return "All-day events count too." if on else "All-day events are left alone."


def not_understood(text: str) -> str:
    """What followed the verb is nothing it knows."""
    return (
        f"“{text}” is nothing I can do with a calendar. Try `{{boundaries}} calendar`, "
        "`{boundaries} calendar hold` or `{boundaries} calendar disconnect`."
    )


EXAMPLES = (
    ("calendar", "connects your calendar, or shows how it stands"),
    ("calendar hold", "answers invites outside your hours tentatively; `flag` or `decline` too"),
    ("calendar let 1:1, standup", "lets meetings with such titles through"),
    ("calendar all-day on", "judges all-day events as well; `off` ends that"),
    ("calendar hours", "takes over the working hours your calendar knows"),
    ("calendar sync", "reads it now"),
    ("calendar disconnect", "deletes everything that was read from it"),
)

# Pages in the browser.

PAGE_TITLE = "Connect your calendar"
CONTINUE = "Continue to {provider}"
BAD_LINK = "This link is not one of ours. Open the app’s Home tab in Slack and start from there."
OLD_LINK = "This link is too old. Open the app’s Home tab in Slack and start again."
USED_LINK = (
    "This page was not opened in the browser that set out, or was opened twice, so nothing was "
    "connected. Open the app’s Home tab in Slack and start again."
)
NOT_OUR_BUTTON = (
    "Another site sent you here, so nothing was connected. To connect a calendar, please open the "
    "link in Slack and press the button on its page."
)
SOMEBODY_ELSES = (
    "This calendar belongs to somebody else in the workspace, so nothing was kept. Open the app’s "
    "Home tab in Slack and start again with the account you want to use."
)
DENIED = "Nothing was allowed, and nothing changed. You can close this page."
NOT_NOW = "The provider could not be asked just now. Please start again in a minute."
NOT_KEPT = (
    "The provider took note of your permission, but it could not be saved here just now, so "
    "nothing changed. Please start again in the app’s Home tab in a minute."
)


def setting_out(name: str, provider: str) -> str:
    """Who is about to connect what."""
    return (
        f"This connects {TITLES.get(provider, provider)} with the Slack account of {name}. "
        "Continue only if that is you."
    )


READS = (
    "Offhours reads when your meetings are, who organises them, who is invited and what you "
    "answered. It stores times and your answer; titles are encrypted. Others see no more than "
    "whether you are free, in /meet. It answers an invite only if you tell it to. Disconnecting "
    "deletes all of it."
)


def lost(provider: str) -> str:
    """The permission ended without a word of the person's."""
    return (
        f"{TITLES.get(provider, provider)} does not let me read your calendar any more, so invites "
        "outside your hours are not looked at. To go on, connect it again in my Home tab; nothing "
        "in your calendar was changed."
    )


def thanks(provider: str) -> str:
    """It is connected."""
    return (
        f"Thank you. {TITLES.get(provider, provider)} is connected. Slack shows how it stands, in "
        "the app’s Home tab. You can close this page."
    )


# What the operator reads.

CHECKED = {
    "caldav": "CalDAV calendars",
    "google": "Google calendars",
    "graph": "Microsoft calendars",
}
CAN_CONNECT = "people can connect them."
CALDAV_PRIVATE = "people can connect them, inside your own network and without TLS too."
CALDAV_OFF = "are switched off (calendars.caldav.enabled)."


def cannot_connect(missing: Sequence[str]) -> str:
    """What is not set."""
    return f"People cannot connect them: set {' and '.join(missing)} to offer it."


CLIENT_SETTINGS: Mapping[str, tuple[str, str]] = {
    "google": ("GOOGLE_CLIENT_ID", "GOOGLE_CLIENT_SECRET"),
    "graph": ("MICROSOFT_CLIENT_ID", "MICROSOFT_CLIENT_SECRET"),
}
"""By provider, what names the operator's registration."""

NO_EMAIL_SCOPE = (
    "`users:read.email` is not granted. The bot does without it, but does not see who of the "
    "workspace organises a meeting, and can tell nobody of better times."
)
