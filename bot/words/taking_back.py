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
    """``2 reactions and 1 reply``; empty for none."""
    parts = [
        f"{count} {one if count == 1 else many}"
        for count, one, many in (
            (reactions, "reaction", "reactions"),
            (replies, "reply", "replies"),
        )
        if count
    ]
    return " and ".join(parts)


def question(reactions: int, replies: int, *, is_broadcast: bool, is_shared: bool) -> str:
    """What is lost, said before it is."""
    said = []
    if added := losses(reactions, replies):
        said.append(f"Others have added {added}. They do not come back with your message.")
    if replies:
        said.append("The replies stay in the conversation, without the message they answer.")
    if is_broadcast:
        said.append("It is shown in the channel too, and comes back in its thread only.")
    if is_shared:
        said.append(
            "It also reached people who are not off. They may have read it already, and get it "
            "back only when it is delivered."
        )
    return " ".join(said)


NOT_ALL_OFF = (
    "It was not taken back by itself, because it also reached people who are not off and may be "
    "reading it."
)
CHANNEL_COPY = "its place in the channel"


def would_lose(reactions: int, replies: int, *, is_broadcast: bool) -> str:
    """Why a message was not taken back without asking."""
    lost = [losses(reactions, replies), CHANNEL_COPY if is_broadcast else ""]
    what = " and ".join(filter(None, lost))
    return f"It was not taken back by itself, because {what} would have been lost."


NOBODY_WAITS = (
    "Nobody is waiting for this message any more, for example because it was declared urgent, so "
    "it stays."
)

STAYS = {
    "added": "it has got a reaction, a reply or a file by now, which would have been lost",
    "refused": "Slack did not let it be deleted",
    "withdrawn": "the permission to delete and post in your name is gone",
}


def stays(channel_id: str, when: str, why: str) -> str:
    """What was told before does not hold; ``channel_id`` is empty for a direct message."""
    where = f" in <#{channel_id}>" if channel_id else ""
    return (
        f"Your message{where} of {when} could not be taken back after all: {STAYS[why]}. It is "
        "still there, and is not delivered again."
    )


REFUSED = "Slack did not let it be deleted, so your message is still there."


def cannot(why: str) -> str:
    """Slack could not be asked."""
    return f"Slack could not be asked just now ({why}). Your message is still there."
