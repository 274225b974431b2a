"""Taking a posted message back."""

NOT_ALLOWED = (
    "Taking a message back needs your permission to delete and post in your name. Your message is "
    "still there."
)
GONE = "Your message is not there any more, so there is nothing to hold."
HAS_FILES = (
    "A message with files cannot be taken back without losing them, so it stays. It can be brought "
    "up again when they are back."
)
REFUSED = "Slack did not let it be deleted, so your message is still there."


def cannot(why: str) -> str:
    """Slack could not be asked."""
    return f"Slack could not be asked just now ({why}). Your message is still there."
