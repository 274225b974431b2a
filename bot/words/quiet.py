"""Quiet time: what people read when they ask not to be interrupted."""

from collections.abc import Sequence

SUMMARY = "time inside your day when nobody should interrupt"
USAGE = "[2h | until 15:00 | every weekday 12-13 lunch | list | off]"
EXAMPLES = (
    ("2h", "keeps the next two hours quiet"),
    ("until 15:00", "keeps the time until then quiet"),
    ("every weekday 12-13 lunch", "adds a weekly quiet window"),
    ("list", "shows your quiet windows, with numbers"),
    ("remove 2", "removes number 2"),
    ("off", "ends the present quiet time; weekly windows stay"),
)

ENDED = "Quiet time is over."
NOTHING_TO_END = "No one-off quiet time is on."
STAY = "Your weekly windows stay as they are: `{name} list`"
LABELS_PRIVATE = "Others see that the time is quiet, never what you call it."


def started(until: str, rest: str, name: str, *, told: bool) -> str:
    """The receipt for a one-off quiet time; ``told``: whoever writes will be."""
    effect = ": whoever writes to you is told." if told else "."
    return f"Quiet until *{until}*{effect}{rest}\nTo end it sooner: `{name} off`"


def off_anyway(until: str, now_line: str, rest: str, name: str) -> str:
    """A quiet time outside hours; ``now_line`` is what holds without it."""
    return (
        f"Noted: quiet until *{until}*. You are {now_line} in any case.{rest}\n"
        f"To take it back: `{name} off`"
    )


def again(reachable: str) -> str:
    """When somebody is back, if that is not the end of the quiet time; empty otherwise."""
    return f" You can be reached again {reachable}." if reachable else ""


def worked(spans: Sequence[str]) -> str:
    """Exceptions worked during the quiet time, which win over it."""
    return f" Except {', '.join(spans)}, which you said you work." if spans else ""


def added(window: str, name: str) -> str:
    """The receipt for a weekly window."""
    return f"Quiet *{window}*. {LABELS_PRIVATE}\nAll of them: `{name} list`"


def already(window: str, name: str) -> str:
    """The window is there already."""
    return f"“{window}” is one of your quiet windows already. See `{name} list`."


def listed(rows: Sequence[str], name: str) -> str:
    """Every window, numbered."""
    if not rows:
        return f"You have no quiet windows. Try `{name} every weekday 12-13 lunch` or `{name} 2h`."
    lines = [f"{number}. {row}" for number, row in enumerate(rows, start=1)]
    return "\n".join(
        ["*Your quiet time*", *lines, LABELS_PRIVATE, f"To remove one: `{name} remove 1`"]
    )


def removed(what: str, now_line: str) -> str:
    """The receipt for something removed."""
    return f"Removed: {what}. You are {now_line}."


def ended(now_line: str, name: str, *, was_on: bool) -> str:
    """The answer to ``off``."""
    first = ENDED if was_on else NOTHING_TO_END
    return f"{first} You are {now_line}.\n{STAY.format(name=name)}"
