"""What `/boundaries` tells everybody: the policy, and what is kept about the asker."""

from collections.abc import Iterable, Mapping, Sequence

from bot.words.times import wall

SUMMARY = "the policy, who may reach me, what is kept about me, and what admins set."
USAGE = "policy · from · my choice · my data · admin · team · channels"

DAYS = {
    "mon": "Monday",
    "tue": "Tuesday",
    "wed": "Wednesday",
    "thu": "Thursday",
    "fri": "Friday",
    "sat": "Saturday",
    "sun": "Sunday",
}
MODES = {
    "observe": "*Observe*: what reaches people outside their hours is counted, nobody is told.",
    "flag": "*Flag*: whoever writes to somebody outside their hours is told, privately, and can "
    "hold the message.",
    "hold": "*Hold*: whoever writes to somebody outside their hours is told, privately, with "
    "holding as the first choice. No message is deleted against its author’s will.",
}


def unknown_verb(verb: str, known: Sequence[str]) -> str:
    """A subcommand that does not exist."""
    return f"“{verb}” is not something I can show here. Try {_either(known)}."


def instant(at: int, tz: str) -> str:
    """``Fri 23 Oct 2026, 22:14``."""
    then = wall(at, tz)
    return f"{then:%a} {then.day} {then:%b %Y, %H:%M}"


def policy(document: Mapping[str, object], version: int, decided: str) -> str:
    """The whole policy. ``decided`` says who changed it when."""
    lines = [
        f"*The policy here, version {version}* – {decided}",
        f"• {MODES[str(document['mode'])]}",
        f"• Hours of everybody who did not set their own: *{document['default_hours']}*",
        f"• {_quiet_hours(document)}",
        f"• {_edges(document['edge_tolerance_min'])}",
        f"• Nobody gets more than {document['notices_per_day']} notices a day.",
        f"• {_urgent(document)}",
        f"• {_summary(document)}",
        f"• {_spread(document['release_spread_min'])}",
        f"• Meetings of more than {document['large_meeting']} people are flagged, never answered.",
        f"• {_exempt(document)}",
        "The same rules hold for everybody, leaders and admins included.",
    ]
    return "\n".join(lines)


NOTHING = "none"


def shown(key: str, value: object) -> str:
    """One value of the policy for people."""
    if key == "exempt_channels" and isinstance(value, Iterable):
        return ", ".join(f"<#{channel_id}>" for channel_id in value) or NOTHING
    if isinstance(value, bool):
        return "everybody (locked)" if value else "those without own hours (advisory)"
    if key == "digest_day":
        return DAYS[str(value)]
    return str(value) or NOTHING


def _spread(minutes: object) -> str:
    return (
        f"What several people held for somebody arrives over {minutes} minutes from the opening on."
        if minutes
        else "What several people held for somebody arrives at the opening, all at once."
    )


def _edges(minutes: object) -> str:
    return (
        f"Messages within {minutes} minutes of somebody’s opening or closing time are let pass."
        if minutes
        else "Every message outside somebody’s hours counts, however close to them."
    )


def _quiet_hours(document: Mapping[str, object]) -> str:
    if not document["quiet_hours"]:
        return "There are no organisation quiet hours."
    hours = f"Organisation quiet hours: *{document['quiet_hours']}*, every day"
    if document["quiet_hours_locked"]:
        return f"{hours}; they hold for everybody."
    return f"{hours}; whoever set their own hours keeps them."


def _summary(document: Mapping[str, object]) -> str:
    day, time = DAYS[str(document["digest_day"])], document["digest_time"]
    return f"Teams read their summary on {day} at {time}, each in its own zone."


def _urgent(document: Mapping[str, object]) -> str:
    each = f"Everybody may mark {document['urgent_per_day']} messages a day as urgent"
    if not document["urgent_per_week"]:
        return f"{each}."
    budget = f"a team’s budget is {document['urgent_per_week']} a week, and more still go through"
    return f"{each}; {budget}."


def _exempt(document: Mapping[str, object]) -> str:
    channels = shown("exempt_channels", document["exempt_channels"])
    if channels == NOTHING:
        return "No channel is exempt."
    return f"Exempt, so nothing is flagged there: {channels}"


BUILT_IN = "as delivered; nobody has changed it."


def decided_by(who: str, when: str) -> str:
    """Who made the version in force."""
    return f"changed by {who}, {when}."


BY_FILE = "the configuration file"

KEPT = {
    "quiet_windows": "quiet windows you set",
    "overrides": "days off and other exceptions you set",
    "teams": "times you joined a team with a summary",
    "leads": "teams you lead",
    "contacts_received": "messages that reached you outside your hours (who, where, when; no text)",
    "contacts_written": "messages of yours that reached somebody outside theirs (no text)",
    "threads": "threads you wrote in during the last 14 days",
    "notices": "notices and welcomes to you (no message text)",
    "held_written": "messages you held (the text is encrypted, and deleted on delivery)",
    "held_for": "messages held for you",
    "grants": "permission you gave the app to act for you",
    "choices": "what you chose about being reached",
    "choice_sources": "people and conversations you treat in a way of their own",
    "chosen_spans": "times you marked as your own choice",
    "silences": "the snooze that was set for you",
    "audiences": "messages of yours to a whole channel or a large group (no text)",
    "urgents_received": "messages to you that were declared urgent",
    "urgents_written": "messages you declared urgent (the line you added is deleted once said)",
    "urgents_told": "urgent messages you were told about, and what you said of them",
    "hints_given": "people about whose hours you found a notice not useful",
    "hints_about": "people who found a notice about your hours not useful",
    "slot_burdens": "meetings chosen for a group you are in, outside your hours (when, how long)",
    "policy_versions": "policy changes you made",
    "calendars": "calendars you connected (the permission is encrypted)",
    "push_channels": "ways in which your calendar says that something changed",
    "addresses": "e-mail addresses of yours (fingerprints; nobody can read them)",
    "occurrences": "meetings read from your calendar (when, who, your answer; titles encrypted)",
    "occurrences_called": "meetings you organise, in your calendar and others’",
    "occurrences_listed": "meetings in others’ calendars that list you",
    "absences": "times your calendar says you are out of office (nothing but the times)",
    "told_organizers": "meetings of yours about which you were told better times",
    "groups": "user groups that list you",
    "rotas": "on-call rotations that list you",
}
"""Everything that is counted, in the order it is told."""

NEVER = (
    "*Never kept:* the text of messages you did not hold yourself, what you are doing, whether you "
    "are online, where you are. Nobody can look up figures about a single person, leaders and "
    "admins included."
)
NOT_KNOWN = "Slack has not told this app about you yet, so nothing is kept. Please try again later."
NOT_COUNTED = "• Not counted: you have not said that hours fit you."
NO_ROWS = "• nothing else: no message of yours or to you is on record."


def calendar_kept(provider: str) -> str:
    """What is connected, and how all of it is deleted."""
    return (
        f"{provider} is connected; `{{boundaries}} calendar disconnect` deletes everything that "
        "was read from it at once"
    )


def my_data(
    *,
    name: str,
    tz: str,
    pinned: bool,
    hours: str | None,
    region: str | None,
    counted_since: str | None,
    counts: Mapping[str, int],
    calendar: str = "",
) -> str:
    """Everything kept about the reader, in the reader's own words and numbers."""
    follows = "chosen by you" if pinned else "as in your Slack profile"
    rows = [f"• {what}: {counts[key]}" for key, what in KEPT.items() if counts.get(key)]
    lines = [
        "*What is kept about you* (only you can see this)",
        f"• Name: {name}",
        f"• Zone: {tz}, {follows}",
        f"• Hours: {hours or 'none of your own; the organisation’s default'}",
        f"• Public holidays: {region or 'none chosen'}",
        f"• Counted since {counted_since}" if counted_since else NOT_COUNTED,
        f"• Calendar: {calendar or 'none connected'}",
        *(rows or [NO_ROWS]),
        NEVER,
    ]
    return "\n".join(lines)


CLOSE = "Close"
NO_MODAL = "The window did not open: Slack took too long. Please type the command again."


def _either(items: Sequence[str]) -> str:
    *first, last = (f"`{item}`" for item in items)
    return f"{', '.join(first)} or {last}" if first else last
