"""The Home tab."""

from collections.abc import Sequence

from bot.words.later import mentions

WEEK = "Your week"
CHANGE = "Change hours…"
QUIET_2H = "Quiet for 2 h"
END_QUIET = "End quiet time"
DAY_OFF = "Take a day off…"
HELD = "Waiting until they are back"
NOTHING_HELD = (
    "Nothing of yours is waiting. `{name} @ana Good morning!` holds a message until Ana is back."
)
SEND_NOW = "Send now"
EDIT = "Edit…"
CANCEL = "Cancel"
QUIET = "Your quiet time"
NO_QUIET = "You have no quiet windows. `{name} every weekday 12-13 lunch` adds one."
EXCEPTIONS = "Days off and other exceptions"
NO_EXCEPTIONS = "None ahead. `{name} off 24 dec - 2 jan` takes leave."
PROMISE = (
    "Others see when you can be reached, never why not. No message text is stored unless you hold "
    "a message, and nobody sees figures about a single person."
)
WELCOME = "Welcome to Offhours"


def fit_text(hours: str, tz: str, region: str) -> str:
    """Suggested hours for somebody who has not chosen yet."""
    days = f"\nPublic holidays: *{region}* (suggested from your zone)" if region else ""
    return (
        "Offhours keeps messages inside the hours people chose. When somebody writes to you "
        "outside yours, they are told, and can hold the message until you are back.\n\n"
        f"Suggested hours: *{hours}* ({tz}){days}\n\nDo these fit you?"
    )


def held(recipient_ids: Sequence[str], when: str, written: str) -> str:
    """One message that waits; ``when`` is empty while it is being taken back."""
    arrives = f"delivered *{when}*" if when else "being taken back"
    return f"For {mentions(recipient_ids)}: {arrives} · written {written}"


def more(count: int, name: str) -> str:
    """What does not fit on the page."""
    return f"And {count} more: `{name} list`"
