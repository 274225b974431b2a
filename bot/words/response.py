"""When an answer may be expected, as the person declared it."""


def spelled(within: str) -> str:
    """``1 day`` as ``1 working day``, ``4h`` as ``4 working hours``."""
    count, _, unit = within.partition(" ")
    if unit:
        return f"{count} working {unit}"
    hours = count.removesuffix("h")
    return f"{hours} working hour" + ("" if hours == "1" else "s")


def expected(by: str, within: str) -> str:
    """``No reply expected before Tue 10:30 (1 working day)``."""
    return f"No reply expected before {by} ({spelled(within)})"


def expected_from(who: str, by: str, within: str) -> str:
    """The same, where it has to be said of whom."""
    return f"No reply expected from {who} before {by} ({spelled(within)})."


def own_line(within: str) -> str:
    """Among the facts about one’s own week."""
    return f"Others read that you answer within {spelled(within)}"


def others_line(name: str, by: str, within: str) -> str:
    """Below somebody else’s week; ``by`` is in the reader’s time, empty where none is in sight."""
    line = f"{name} answers within {spelled(within)}."
    return f"{line} If you write now, no reply is expected before {by}." if by else line


def declared(within: str, by: str, name: str) -> str:
    """The receipt; ``by`` is what somebody who writes now would read."""
    now = f" Whoever writes to you now reads: “{expected(by, within)}.”" if by else ""
    return (
        f"Others now read that you answer within *{spelled(within)}*.{now}\n"
        f"To take it back: `{name} reply off`"
    )


def shown(within: str, by: str, name: str) -> str:
    """What is declared at present."""
    now = f" Whoever writes to you now reads: “{expected(by, within)}.”" if by else ""
    return (
        f"You answer within *{spelled(within)}*.{now}\n"
        f"To change it: `{name} reply 4h` or `{name} reply off`"
    )


def none_declared(name: str) -> str:
    """Nothing is declared."""
    return (
        "You have not said how soon you answer. `{name} reply 1 day` tells others not to expect "
        "a reply before that time."
    ).replace("{name}", name)


TAKEN_BACK = "Others do not read any more how soon you answer."
