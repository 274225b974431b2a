"""What somebody reads once when they are back."""

from collections.abc import Sequence

WHERE = "Show where"
MY_CHOICE = "It was my choice"
SMALL = "Said once when you are back. No answer was expected before now."
SWITCH = "You can switch this line off in the app’s Home tab."

TOO_LONG_AGO = "That is more than a week ago, and its week has been summed up. It stays as it is."
NOTHING_TO_MARK = "Nothing from that time counts against anybody, so there is nothing to note."
NOTHING_LEFT = (
    "Nothing is left to show: what came then comes up by itself, or was noted as your choice."
)
SHOWN = "*In your quiet time*"
MOST_SHOWN = 20


def summary(conversations: int) -> str:
    """How much waits, and that nothing of it was expected at once."""
    if conversations == 1:
        return "Welcome back. You have 1 conversation from your quiet time."
    return f"Welcome back. You have {conversations} conversations from your quiet time."


def noted(count: int) -> str:
    """The receipt for *It was my choice*."""
    what = "that message counts" if count == 1 else f"those {count} messages count"
    return f"Noted as your own choice: {what} as such, and not against anybody."


def conversation(channel_id: str, kind: str, author_ids: Sequence[str], messages: int) -> str:
    """One conversation. Slack makes links of the ids."""
    who = _mentions(author_ids)
    if kind == "dm":
        where = f"a direct message with {who}"
    elif kind == "group_dm":
        where = f"a group conversation with {who}"
    else:
        where = f"<#{channel_id}>, {who}"
    return f"• {where}" + (f" · {messages} messages" if messages > 1 else "")


def shown(rows: Sequence[str]) -> str:
    """All of them, the first to begin on top."""
    more = [f"… and {len(rows) - MOST_SHOWN} more"] if len(rows) > MOST_SHOWN else []
    return "\n".join([SHOWN, *rows[:MOST_SHOWN], *more])


def _mentions(user_ids: Sequence[str]) -> str:
    names = [f"<@{user_id}>" for user_id in user_ids]
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
