"""Who may reach somebody outside their hours: what they choose, and what follows from it."""

from collections.abc import Sequence

TREATMENTS = {
    "hold": "the author is told, and holding comes first",
    "silent": "nothing rings and the author is not told",
    "flag": "the author is told, and can hold it",
    "through": "it passes as agreed, and nobody is told",
}
"""Each treatment in a few words."""

BY_POLICY = {
    "observe": "nobody is told (the policy here only counts)",
    "flag": TREATMENTS["flag"],
    "hold": TREATMENTS["hold"],
}
"""What the policy’s mode does where the person chose nothing."""

EXAMPLES = (
    ("from", "shows who may reach you outside your hours, and how"),
    ("from @bo through", "lets Bo reach you at any time"),
    ("from #incidents through", "lets a channel through"),
    ("from everyone hold", "asks everybody else to hold first (or `flag`, `silent`)"),
    ("from @bo reset", "treats Bo like everybody else again"),
    ("my choice until 22:00", "marks time outside your hours as your own choice"),
    ("my choice 20-22", "the same for an evening, at most a day ahead"),
    ("my choice off", "ends it"),
    ("return off", "no line about your quiet time when you are back (`on` brings it back)"),
)

PRECEDENCE = (
    "A person goes before a channel, a channel before everyone. What somebody holds for you with "
    "`{later}` waits all the same: its author wished so."
)
YOURSELF = "That is you. Name somebody else, or a channel: `{boundaries} from @bo through`"
WHOM = "From whom? Name people, channels or everyone: `{boundaries} from @bo through`"
HOW = "How? Say hold, silent, flag, through or reset: `{boundaries} from @bo through`"
GROUPS = (
    "A user group cannot be named here. Name people or a channel: `{boundaries} from @bo through`"
)
TOO_MANY_SPANS = (
    "There is a lot marked as your choice already. `{boundaries} my choice off` ends it."
)
RETURN_WHAT = "Say on or off: `{boundaries} return off`"
RETURN_ON = "When you are back, you read once how many conversations there were meanwhile."
RETURN_OFF = (
    "You read nothing about your quiet time any more when you are back. "
    "`{boundaries} return on` brings it back."
)
NO_CHOICE = (
    "No time ahead is marked as your own choice. Try `{boundaries} my choice until 22:00` or "
    "`{boundaries} my choice 20-22`."
)
CHOICE_OFF = "Nothing is marked as your own choice from now on."
CHOICE_EFFECT = (
    "Messages then pass, nobody is told, and they count as chosen by you. Only you can mark it."
)
OBSERVED = "The policy here only counts at present: nobody is told anything, whatever is chosen."
LOCKED = (
    "The organisation’s quiet hours are locked, so they stay quiet all the same: only an on-call "
    "shift opens them."
)
NEEDS_SILENCE = (
    "Silent works while your notifications are snoozed outside your hours, and that is not in "
    "force: `{boundaries} silence` shows why. Until then the author is told."
)


def not_found(word: str) -> str:
    """A name Slack did not resolve, or another word."""
    if word.startswith(("@", "#")):
        return (
            f"I could not tell what “{word}” means. Pick the name from the list that opens while "
            "you type."
        )
    return f"I did not understand “{word}”. Try `{{boundaries}} from @bo through`."


def too_many_sources(most: int) -> str:
    """A limit was reached."""
    return f"You have named {most} people and channels, which is the most there can be."


def is_channel(source_id: str) -> bool:
    """Whether an id of Slack names a channel."""
    return source_id.startswith(("C", "G"))


def source(source_id: str) -> str:
    """A person or a channel, as a mention."""
    return f"<#{source_id}>" if is_channel(source_id) else f"<@{source_id}>"


def named(source_ids: Sequence[str]) -> str:
    """Several of them."""
    names = [source(each) for each in source_ids]
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def row(who: str, treatment: str) -> str:
    """``From @bo: *through* – it passes as agreed, and nobody is told``."""
    return f"From {who}: *{treatment}* – {TREATMENTS[treatment]}"


def everyone_row(treatment: str, mode: str) -> str:
    """What holds for everybody who is not named."""
    if treatment:
        return row("everyone else", treatment)
    return f"From everyone else: *as the policy says* – {BY_POLICY[mode]}"


def back_to(who: str, rest: str) -> str:
    """The receipt for *reset*; ``rest`` is what holds instead."""
    return f"Nothing of its own is set for {who} any more. {rest}"


LISTED = "*Who may reach you outside your hours*"
CHANGING = "To change it: `{boundaries} from @bo through`, `{boundaries} from everyone hold`"


def bullets(rows: Sequence[str]) -> str:
    """The rows, one below the other."""
    return "\n".join(f"• {each}" for each in rows)


def chosen_row(spans: Sequence[str]) -> str:
    """Time that is marked as the person’s own choice."""
    return f"Your own choice: *{', '.join(spans)}*"


def chosen_span(start: str, end: str) -> str:
    """``20:00 – 22:00``; an empty ``start`` is now."""
    return f"{start} – {end}" if start else f"until {end}"


def marked(spans: Sequence[str]) -> str:
    """The receipt for chosen time."""
    undo = "To end it: `{boundaries} my choice off`"
    return f"{chosen_row(spans)}. {CHOICE_EFFECT}\n{undo}"


HOME = "Who may reach you"
CHANGE = "Change…"
RETURN_LINE_OFF = "When you are back: nothing is said about your quiet time"


def reply_row(line: str) -> str:
    """The response time; ``line`` is what others read now, or nothing where it is not in sight."""
    return f"Others read: “{line}”"


MODAL_TITLE = "Who may reach you"
MODAL_INTRO = "Outside your hours and in your quiet time. Inside them nothing changes."
EVERYONE = "Messages of everyone not named below"
BY_POLICY_OPTION = "As the policy says"
PEOPLE = "People let through"
PEOPLE_HINT = "They reach you at any time, and nobody is told."
CHANNELS = "Channels let through"
CHANNELS_HINT = "Whoever mentions you there reaches you at any time."
REPLY = "You answer within"
REPLY_HINT = "Working time, like: 1 day or 4h. Empty says nothing to others."
BACK = "When you are back"
BACK_OPTION = "Say once how many conversations there were"


def option(treatment: str) -> str:
    """A treatment in the menu, within Slack’s 75 characters."""
    return f"{treatment.capitalize()}: {TREATMENTS[treatment]}"


def others(rows: Sequence[str]) -> str:
    """Sources that are treated in other ways, which the window leaves as they are."""
    return f"Also set, and kept:\n{bullets(rows)}"
