"""Held messages: what the readers and the author read."""

from collections.abc import Sequence


def intro(author: str, when: str, who: str, *, early: bool = False) -> str:
    """Above a message the bot delivers for somebody; ``who`` are mentions, in a channel."""
    to = f" for {who}" if who else ""
    if early:
        return f"{author} wrote{to} on {when}:"
    return f"{author} wrote{to} on {when}, held until you were back:"


def by_itself(who: str, when: str) -> str:
    """A message that was taken back without a click, as its author chose."""
    return f"Taken back and held: {who} gets it {when}."


ONLY_YOU = "You chose that such messages are taken back by themselves. Only you can see this."


def reminder(author: str, when: str, permalink: str) -> str:
    """A message that was left where it is."""
    return f"{author} wrote to you on {when}, while you were off: <{permalink}|see the message>"


def several(author: str, count: int, who: str) -> str:
    """Above several messages of one author; ``who`` are mentions, in a channel."""
    to = f" for {who}" if who else ""
    return f"{author} wrote {count} messages{to}, held until you were back:"


def reminders(author: str, links: Sequence[tuple[str, str]]) -> str:
    """Several messages that were left where they are: when, and the link."""
    lines = [f"• {when}: <{permalink}|see the message>" for when, permalink in links]
    return f"{author} wrote to you while you were off:\n" + "\n".join(lines)


CODES = {
    "is_archived": "the conversation was archived",
    "channel_not_found": "the conversation is not there any more, or the app is not in it",
    "not_in_channel": "the app is not in the conversation",
    "account_inactive": "the account is not active any more",
    "token_revoked": "the permission to post for you was withdrawn",
    "cannot_dm_bot": "apps cannot be written to",
    "user_not_found": "the person is not in this workspace any more",
    "user_disabled": "the account is not active any more",
    "no_answer": "Slack did not take it for hours",
    "nobody_opens": "there are no working hours within the next 400 days",
}


def returned(people: str, code: str) -> str:
    """Why a message comes back."""
    why = CODES.get(code, f"Slack refused it ({code})")
    return f"Your message for {people} could not be delivered: {why}. Here it is again:"
