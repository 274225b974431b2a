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
TITLE = "Take it back?"
ANYWAY = "Take it back"
MESSAGE_STAYS = "If you close this window, your message stays as it is."


def losses(reactions: int, replies: int) -> str:
    """``2 reactions and 1 reply``."""
    parts = [
        f"{count} {one if count == 1 else many}"
        for count, one, many in (
            (reactions, "reaction", "reactions"),
            (replies, "reply", "replies"),
        )
        if count
    ]
    return " and ".join(parts)


def question(reactions: int, replies: int) -> str:
    """What is lost, said before it is."""
    text = (
        f"Others have added {losses(reactions, replies)}. They do not come back with your message."
    )
    if replies:
        text += " The replies stay in the conversation, without the message they answer."
    return text


def would_lose(reactions: int, replies: int) -> str:
    """Why a message was not taken back without asking."""
    return (
        f"It was not taken back by itself, because {losses(reactions, replies)} would have been "
        "lost."
    )


REFUSED = "Slack did not let it be deleted, so your message is still there."


def cannot(why: str) -> str:
    """Slack could not be asked."""
    return f"Slack could not be asked just now ({why}). Your message is still there."
