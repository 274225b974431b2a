"""What cannot wait: what an author is asked, what is said at once, and what is asked next day."""

from collections.abc import Sequence

from bot.words.times import names

REASONS = {
    "safety": "Safety of people or property",
    "outage": "A service is down",
    "customer": "A customer cannot go on",
    "deadline": "A deadline before they are back",
    "agreed": "Agreed or paid availability",
    "law": "The law requires it",
}

TITLE = "It’s urgent"
QUESTION = "Why can it not wait?"
LINE = "What should they know first? (optional)"
LINE_HINT = "One line. It is said once, and not kept."
SUBMIT = "Mark as urgent"
STAYS = "Your message stays where it is."


def reason_phrase(reason: str) -> str:
    """The reason inside a sentence: ``a service is down``."""
    text = REASONS.get(reason, reason)
    return text[:1].lower() + text[1:]


def is_told(name: str) -> str:
    """Before it is decided: the person is told themselves."""
    return f"*{name}* is told at once."


def on_call_is_told(name: str, team: str, until: str, instead_of: list[str]) -> str:
    """Before it is decided: somebody on call is told."""
    return (
        f"*{name}* is on call for *{team}* until {until} and is told at once, instead of "
        f"{names(instead_of)}."
    )


def worn_out(teams: Sequence[str], budget: int) -> str:
    """The week's budget is used up. No count: it would tell of single people."""
    used = "has" if len(teams) == 1 else "have"
    return (
        f"{names(list(teams))} {used} used up this week’s budget for urgent messages ({budget} a "
        "week). It still goes through."
    )


def day_used_up(most: int) -> str:
    """The author marked enough messages as urgent today."""
    times = "one message" if most == 1 else f"{most} messages"
    return (
        f"You have marked {times} as urgent today, which is as many as are possible here. Your "
        "message stays as it is. If it cannot wait, a call is surer; if it can, hold it until "
        "they are back."
    )


ALREADY = "You have marked this message as urgent already, and they are told."
NOBODY_LEFT = (
    "Nobody is waiting for this message any more: it was taken back, or its time was agreed."
)


def line_too_long(length: int, most: int) -> str:
    """The added line is too long."""
    return f"The line has {length} characters; {most} fit. What matters first is enough."


def noted(reason: str, tellings: Sequence[str]) -> str:
    """What replaces the notice; ``tellings`` are who is told now."""
    told = " ".join(tellings)
    return (
        f"Noted as urgent: {REASONS[reason]}. {told} What comes of it follows in a direct message. "
        "If it cannot wait at all, a call is surer than a message."
    )


def told_now(name: str) -> str:
    """The person is told themselves."""
    return f"{name} is told now."


def on_call_told_now(name: str, team: str, until: str) -> str:
    """Somebody on call is told."""
    return f"{name} is on call for {team} until {until} and is told now."


def call(author: str, reason: str, permalink: str, *, for_whom: list[str], team: str) -> str:
    """What is said at once. ``for_whom`` and ``team`` are set for somebody on call."""
    where = f"<{permalink}|see the message>" if permalink else f"see your messages from {author}"
    why = reason_phrase(reason)
    if not team:
        return f"{author} says this cannot wait ({why}): {where}"
    where = f"<{permalink}|see the message>" if permalink else f"please ask {author}"
    return (
        f"You are on call for {team}. {author} wrote to {names(for_whom)} and says it cannot wait "
        f"({why}): {where}"
    )


def who_was_told(name: str, team: str, until: str) -> str:
    """The beginning of what the author reads afterwards; ``team`` is set for somebody on call."""
    if team and until:
        return f"{name} is on call for {team} until {until} and was told"
    return f"{name} was told"


RANG = ", and it rang through their quiet time."
AS_SET = (
    ". It notified them as their Slack settings have it; this app has not silenced them. "
    "It may stay silent on a device that is on do-not-disturb."
)


def silent(when: str) -> str:
    """Their notifications are snoozed; ``when`` is their opening, empty when there is none."""
    there = f" It will be there at their opening: {when}." if when else ""
    return f", but their notifications are snoozed, so it does not ring.{there} A call is surer."


CODES = {
    "account_inactive": "the account is not active any more",
    "cannot_dm_bot": "apps cannot be written to",
    "no_answer": "the message could not be delivered for about an hour",
    "user_disabled": "the account is not active any more",
    "user_not_found": "the person is not in this workspace any more",
}


def not_told(name: str, code: str) -> str:
    """Slack refused."""
    why = CODES.get(code, f"Slack refused it ({code})")
    return f"{name} could not be told: {why}. Please call, or ask somebody else."


ASK_ONE = "A message was marked as urgent for you while you were off. What do you think of it now?"
ASK_SEVERAL = (
    "Messages were marked as urgent for you while you were off. What do you think of them?"
)
ASK_NOTE = (
    "Your answer is counted for the team’s summary, among five people or more. Nobody sees who "
    "said what, the author included."
)
WAS_URGENT = "Was urgent"
COULD_WAIT = "Could have waited"


def asked(author: str, when: str, reason: str, permalink: str) -> str:
    """One message somebody is asked about."""
    link = f" · <{permalink}|see the message>" if permalink else ""
    return f"{author}, {when}: {reason_phrase(reason)}{link}"


SAID = {
    "urgent": "Noted: it was urgent. You can still change that.",
    "waited": "Noted: it could have waited. You can still change that.",
}
NOT_YOURS = "That was about another message, or somebody else’s."
