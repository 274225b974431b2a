"""What an author reads when a message reached somebody outside their hours."""

from bot.words.times import clock, day_clock, names

REASONS = {
    "outside_hours": "off",
    "override_off": "away",
    "out_of_office": "out of office",
    "holiday": "on a public holiday",
    "quiet_window": "in quiet time",
    "override_quiet": "in quiet time",
    "organisation_quiet_hours": "in quiet hours",
}


def off_because(reason: str, label: str) -> str:
    """``off``, ``on a public holiday (Nationalfeiertag)``. A private label stays private."""
    plain = REASONS.get(reason, "off")
    return f"{plain} ({label})" if reason == "holiday" and label else plain


def line(name: str, tz: str, at: int, reason: str, label: str, reopens_at: int | None) -> str:
    """``22:14 for Ana, off until Mon 09:00``."""
    until = "" if reopens_at is None else f" until {day_clock(reopens_at, tz, at)}"
    return f"{clock(at, tz)} for {name}, {off_because(reason, label)}{until}"


def foreign_line(name: str, tz: str, at: int, reopens_at: int | None) -> str:
    """``22:14 for Zoe (another organisation), outside usual hours there until Mon 09:00``."""
    until = "" if reopens_at is None else f" until {day_clock(reopens_at, tz, at)}"
    return f"{clock(at, tz)} for {name} (another organisation), outside usual hours there{until}"


def audience(people: int, off: int, quiet: int, hours_unknown: int) -> str:
    """``This reaches 40 people: 14 are off now, 2 are in quiet time``."""
    parts = [
        f"{count} {'is' if count == 1 else 'are'} {state}"
        for count, state in ((off, "off now"), (quiet, "in quiet time"))
        if count
    ]
    everybody = "1 person" if people == 1 else f"{people} people"
    unknown = f" The hours of {hours_unknown} are not known." if hours_unknown else ""
    return f"This reaches {everybody}: {', '.join(parts)}.{unknown}"


def fallback(lines: list[str]) -> str:
    """The notice as one line of plain text, for notifications and screen readers."""
    return "It is " + "; ".join(lines) + "."


def hold_button(when: str) -> str:
    """Take the message back and deliver it then."""
    return f"Hold until {when}"


def remind_button(people: list[str], when: str | None) -> str:
    """Leave the message and bring it up then; None when they are back at different times."""
    return f"Remind {names(people)} {when or 'when back'}"


URGENT = "It’s urgent…"
LEAVE = "Leave it"
NOT_USEFUL = "Not useful"
ONLY_YOU = "Only you can see this. Nobody is expected to answer before then."

AUDIENCE_SMALL = "Only you can see this. Nobody is expected to answer outside their hours."
AUDIENCE_LEFT = "Left as it is. Nobody is expected to answer outside their hours."
THEM = "them"

NEXT_TIME = "Next time, the shortcut “Send when they’re back” holds a message before it is sent."


def more(count: int) -> str:
    """The rest of a group."""
    return f"and {count} more who are off"


HELD = "Held. {name} gets it {when}. You can change that in the app’s Home tab."
REMINDED = (
    "Done: {name} gets a link to your message {when}, when they are back. No reply is expected "
    "before."
)
LEFT = "Left as it is. No reply from {name} is expected before they are back."
THANKS = "Thank you. Noted as not useful, so that notices get better."


def fewer(when: str) -> str:
    """What *Not useful* does."""
    return (
        f"Thank you. You get no such notice about them before {when}. Their hours stay as they "
        "are, and no reply is expected outside them."
    )


NO_SUCH_FLAG = "That notice was for another message, or for somebody else."
