"""Working hours a connected calendar knows: a suggestion, and what became of it."""

LOOKING = (
    "I am asking your calendar, which takes its time. I write to you in our conversation as soon "
    "as it has answered."
)
WRITTEN = "The answer is in our conversation."
NOT_CONNECTED = (
    "No calendar is connected, so there is nothing to look up. `{boundaries} calendar` connects "
    "one."
)
NONE_FOUND = (
    "Your calendar does not know your working hours, so nothing changed. "
    "`{hours} set mon-fri 9-17` sets them here."
)
SIGNED_OUT = (
    "Your calendar does not let me in any more, so nothing changed. "
    "`{boundaries} calendar` connects it again."
)
AWAY = "Your calendar does not answer just now, so nothing changed. Please try again in a minute."
REFUSED = "Your calendar did not tell its hours, so nothing changed. `{hours} set` sets them here."
BROKEN = "Looking them up failed, so nothing changed. Please try again in a minute."
PROMISE = "Nothing changes unless you say so, and nobody else is told."
TAKE = "Take these hours"
CHANGE = "Change…"
NO = "No"
LEFT = "All right: your hours stay as they are."
LOOK = "Use its working hours…"


def suggestion(source: str, weekly: str, tz: str) -> str:
    """What the calendar says; ``tz`` is empty where it is the person's own, or is not told."""
    where = f" in {tz}" if tz else ""
    return f"{source} says that you work *{weekly}*{where}."


def present(weekly: str, tz: str, *, own: bool) -> str:
    """What holds here."""
    whose = "" if own else ", the organisation’s default"
    return f"Here your hours are *{weekly}* ({tz}){whose}."


def same(source: str, weekly: str) -> str:
    """There is nothing to take over."""
    return f"{source} says the same as you set here: *{weekly}*. Nothing changed."


def take_in(tz: str) -> str:
    """The button that takes the zone as well."""
    return f"Take them in {tz}"


def keep_zone(tz: str) -> str:
    """The button that takes the hours on the person's own clocks."""
    return f"Take them in {tz}, as before"


def undo(before: str, tz: str) -> str:
    """How to go back: what was typed, or would have been; ``tz`` is empty where it stayed."""
    zone = f" and `{{hours}} {tz}`" if tz else ""
    return f"To undo it: `{{hours}} set {before}`{zone}"
