"""What an audit says: in the terminal, on its page and beside its exact figures."""

EXACT_NOTE = (
    "Exact figures, for the admin who already holds this export. There are none about a single "
    "person: direct messages are one row, and teams of fewer than five judged people have none. "
    "What may be shown to others is in the terminal summary and on the page, after the rules "
    "that keep small groups safe."
)
SMALL_TEAM = "fewer than five judged people: a figure could be traced back to one of them"

DEFINITIONS = (
    (
        "record: an object of type message in <channel>/YYYY-MM-DD.json, one per (channel, "
        "ts); later twins are dropped. The date in the file’s name is not used."
    ),
    (
        "human: subtype none, me_message, file_share or thread_broadcast, with a user, "
        "without a bot_id, the user neither USLACKBOT nor is_bot. Everything else is in "
        "excluded, by the first rule that applies in the order of its keys."
    ),
    (
        "time: ts in the person’s IANA tz; tz_offset only for a name the zone database does "
        "not know."
    ),
    (
        "inside: start ≤ local time < end on a working day of the person; outside is "
        "everything else."
    ),
    (
        "mention: one distinct <@U…> or <@W…> in the text of a human record, dropped in the "
        "order self, unknown user, bot, deleted, no zone; what is left is counted and judged "
        "by the hours of the person it reaches."
    ),
    (
        "weeks_local_iso: messages by the author’s local ISO week, mentions by that of the "
        "person reached."
    ),
    (
        "outside_dates: human messages before --since or after --until, by the author’s local "
        "date; by the date in UTC where no zone is known."
    ),
)

TITLE = "Messages outside hours"
PROGRESS = "Reading day files"
NO_ZONES = (
    "No time zone is known for anybody in this export, so nothing can be judged and no share is "
    "shown. Name a zone for everybody with --default-tz, or people’s own in --people."
)
NOTHING = "There are no messages of people in this export and period."
WITHHELD = "not shown"
BLANK = "–"

BANDS = {
    "none": "Nobody was reached outside their hours by a mention.",
    "some": "Some people were reached outside their hours by a mention.",
    "under 2": "On average a person was reached outside their hours less than twice a week.",
    "2 or more": "On average a person was reached outside their hours twice a week or more.",
    "under 1": "On average a person was reached outside their hours less than once a week.",
    "1–2": "On average a person was reached outside their hours once or twice a week.",
    "2–4": "On average a person was reached outside their hours two to four times a week.",
    "over 4": "On average a person was reached outside their hours more than four times a week.",
}
NO_BAND = "Fewer than five people can be judged, so no figure is shown about them."
KINDS = {
    "mention": "mentions",
    "thread": "mentions in thread replies",
    "dm": "mentions in direct messages",
    "group_dm": "mentions in group messages",
    "everybody": "messages to everybody, at any hour",
}
RULES = (
    "How this is counted: messages by the author’s own clock, mentions by the clock of the person "
    "they reach; everybody who wrote or was reached in this time and whose time zone is known. A "
    "count is shown only where at least five people share it and nobody holds more than 30 % of "
    "it, and where what is left out passes as well. Nobody adds more than five a week to a count. "
    "Everything else is withheld, because a small figure is a person."
)

CHART_HEAT = "When messages are written"
HEAT_TEXT = "Messages by weekday and hour of the author’s own clock."
CHART_WEEKS = "Week by week"
WEEKS_TEXT = (
    "Messages written outside their author’s hours, and mentions that reached somebody outside "
    "theirs."
)
CHART_KINDS = "Contacts by kind"
KINDS_TEXT = "Mentions that reached somebody outside their hours, by how they came."
CHART_COVERAGE = "Coverage"
COVERAGE_TEXT = "What could be judged, and what could not."
CHANNELS = "Channels"
CHANNELS_TEXT = "Messages written outside their author’s hours, of all messages of the channel."
TEAMS = "Teams"
TEAMS_TEXT = (
    "Messages each team wrote outside hours, and how often a person of it was reached outside "
    "theirs in a week."
)
MOST = "most"
LEAST = "least"
NOT_SHOWN = "nothing, or not shown"
WEEKS_COLUMNS = ("Week", "Messages outside hours", "Mentions outside hours")
KINDS_COLUMNS = ("Kind", "Count")
COVERAGE_COLUMNS = ("What", "People")
CHANNEL_COLUMNS = ("Channel", "Outside hours")
TEAM_COLUMNS = ("Team", "People", "Outside hours", "Reached a week")
COVERAGE = ("people judged", "people without a known time zone", "bots", "deleted accounts")
EMPTY_CHART = (
    "Nothing here may be shown: no figure is shared by at least five people with nobody holding "
    "more than 30 % of it."
)
TABLE = "The same as a table"


def messages_share(percent: int | None) -> str:
    """The part of messages written outside their author's hours."""
    if percent is None:
        return (
            "How many of the messages were written outside their author’s hours is not shown: it "
            "would tell too much about a few people."
        )
    return f"{percent} % of the messages were written outside their author’s hours."


def mentions_share(percent: int | None) -> str:
    """The part of mentions that reached somebody outside their hours."""
    if percent is None:
        return (
            "How many of the mentions reached somebody outside their hours is not shown: it would "
            "tell too much about a few people."
        )
    return f"{percent} % of the mentions reached somebody outside their hours."


def period(first: str, last: str, hours: str, holidays: str | None, own: int) -> str:
    """What was judged by which hours."""
    by = f"judged by {hours}" + (f" and the holidays of {holidays}" if holidays else "")
    own_hours = f", {own} by hours of their own" if own else ""
    return f"{first} to {last}, {by}{own_hours}, each in their own time zone."


def coverage(judged: int, people: int, messages: int | None) -> str:
    """How much of it all could be judged."""
    part = "" if messages is None else f" They wrote {messages} % of the messages."
    return f"The time zone of {judged} of {people} people is known.{part}"


def channels_withheld(count: int) -> str:
    """How many channels are missing from a list."""
    return "1 channel is not shown." if count == 1 else f"{count} channels are not shown."


def bad_files(names: tuple[str, ...]) -> str:
    """Day files that could not be read."""
    listed = ", ".join(names[:5]) + (", …" if len(names) > 5 else "")  # noqa: PLR2004 - a glance
    files = "1 file" if len(names) == 1 else f"{len(names)} files"
    return f"{files} of the export could not be read and counted as empty: {listed}"


def not_found(names: tuple[str, ...]) -> str:
    """People an admin named whom the export does not know."""
    listed = ", ".join(names[:5]) + (", …" if len(names) > 5 else "")  # noqa: PLR2004 - a glance
    return f"Not in this export, and left aside: {listed}"


def written(path: str) -> str:
    """A file that was made."""
    return f"Written: {path}"


def percent(share: int | None) -> str:
    """A share in a table."""
    return WITHHELD if share is None else f"{share} %"


def count(value: int | None) -> str:
    """A count in a table."""
    return BLANK if value is None else f"{value:,}".replace(",", "\u202f")
