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


def taking_part(hours_name: str, quiet_name: str) -> str:
    """After *These fit*."""
    return (
        "Thank you, these are your hours now. Whoever writes to you outside them is told, and can "
        f"hold the message until you are back. `{hours_name}` shows and changes them, "
        f"`{quiet_name} 2h` tells them that you are in quiet time for two hours."
    )


def left_out(hours_name: str) -> str:
    """After *Not now*."""
    return (
        "All right. You are not counted and nobody is told when you are off; you will not be asked "
        f"again. Whenever you like, `{hours_name}` sets your hours and switches this on."
    )
