"""What admins read when they change the policy."""

from collections.abc import Sequence

from bot.words.boundaries import shown
from bot.words.times import names


def not_allowed(admins: Sequence[str]) -> str:
    """Who may do this instead; ``admins`` are mentions."""
    asked = f" Please ask {names(list(admins))}." if admins else ""
    return (
        "Only workspace admins, owners and the people named in the app’s configuration can change "
        f"this.{asked}"
    )


LABELS = {
    "default_hours": "Default hours",
    "quiet_hours": "Quiet hours",
    "quiet_hours_locked": "Quiet hours hold for",
    "mode": "Mode",
    "edge_tolerance_min": "Minutes let pass at the edges",
    "digest_day": "Day of the summary",
    "digest_time": "Time of the summary",
    "notices_per_day": "Notices a day at most",
    "urgent_per_day": "Urgent messages a day at most",
    "urgent_per_week": "Urgent messages a week in a team",
    "release_spread_min": "Minutes over which held messages arrive",
    "large_meeting": "Large meetings have more people than",
    "exempt_channels": "Exempt channels",
}
HINTS = {
    "default_hours": "For everybody who did not set their own. Example: mon-thu 9-17:30; fri 9-14",
    "quiet_hours": "Every day, for everybody. Example: 20:00-07:00. Leave it empty for none.",
    "quiet_hours_locked": "Own hours win over advisory quiet hours, and not over locked ones.",
    "edge_tolerance_min": "0 to 120",
    "notices_per_day": "0 to 50",
    "urgent_per_day": "1 to 50, for each author. After that: hold, or call.",
    "urgent_per_week": "0 to 200; 0 is no budget. More still go through, and authors read so.",
    "digest_time": "In each team’s own zone. Example: 9:00",
    "release_spread_min": "0 to 60, for what several people held for one reader. 0: all at once.",
    "large_meeting": "2 to 500. A large meeting is flagged and never answered.",
    "exempt_channels": "An incident room, for example: nothing is flagged there.",
}
LOCKED = {"locked": "Locked: everybody", "advisory": "Advisory: those without own hours"}
MODE_NAMES = {
    "observe": "Observe: count only",
    "flag": "Flag: tell the author",
    "hold": "Hold: suggest holding first",
}
POLICY_TITLE = "The policy here"
SAVED_TITLE = "Saved"


def saved(version: int, differences: Sequence[tuple[str, object, object]]) -> str:
    """What a change did."""
    if not differences:
        return f"That is how it was already: version {version} stays in force."
    lines = [
        f"• {LABELS[key]}: {shown(key, before)} → *{shown(key, after)}*"
        for key, before, after in differences
    ]
    return "\n".join([f"Saved as version {version}, in force from now on:", *lines])


def unknown_setting(key: str, known: Sequence[str], in_file: Sequence[str]) -> str:
    """A setting that does not exist; ``in_file`` are the names of the configuration file."""
    return (
        f"“{key}” is not a setting. There is {', '.join(known)}; and, as in the configuration "
        f"file, {', '.join(in_file)}. Try `{{boundaries}} admin mode hold`."
    )


def no_value(key: str, example: str) -> str:
    """A setting without a value."""
    return f"What should {key} be? For example `{{boundaries}} admin {key} {example}`."


def not_channels(text: str) -> str:
    """Words that are no channels."""
    return f"“{text}” is not a channel. Pick channels from Slack’s list, like `#incidents`."
