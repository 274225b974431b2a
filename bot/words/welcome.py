"""The first message somebody gets."""

FALLBACK = "Your team keeps to each person’s own hours. Do these fit you?"
FIT = "These fit"
CHANGE = "Change them…"
NOT_NOW = "Not now"
PROMISE = (
    "Nothing about you is counted before you choose. No message text is stored, and nobody sees "
    "figures about a single person."
)


def text(hours: str, tz: str, region_name: str | None) -> str:
    """Suggested hours, and what they are for."""
    holidays = (
        f"\nPublic holidays: *{region_name}* (suggested from your zone)" if region_name else ""
    )
    return (
        "Hello! Your team uses Offhours to keep messages inside the hours people chose. "
        "When somebody writes to you outside yours, they are told, and can hold the message "
        "until you are back.\n\n"
        f"Suggested hours: *{hours}* ({tz}){holidays}\n\nDo these fit you?"
    )
