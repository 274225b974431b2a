"""Help, and what is said when a command was not understood."""

from collections.abc import Sequence

Examples = Sequence[tuple[str, str]]
"""What is typed behind a command, and what it does."""


def help_text(name: str, summary: str, examples: Examples, for_admins: Examples) -> str:
    """One command with its examples."""
    lines = [f"*{name}* – {summary}", *_rows(name, examples)]
    if for_admins:
        lines += ["*For admins:*", *_rows(name, for_admins)]
    return "\n".join(lines)


def _rows(name: str, examples: Examples) -> list[str]:
    return [f"• `{f'{name} {typed}'.strip()}` {does}" for typed, does in examples]


def overview(rows: Sequence[tuple[str, str]], one_name: str) -> str:
    """Every command in one line each."""
    lines = [f"• `{name}` {summary}" for name, summary in rows]
    tail = (
        f"Each also works as `{one_name} hours`, `{one_name} later` …, and explains itself with "
        "`help`."
    )
    return "\n".join(["*Offhours keeps messages inside the hours people chose.*", *lines, tail])


def not_understood(sentence: str, name: str) -> str:
    """What was wrong, and where to look."""
    return f"{sentence}\nMore examples: `{name} help`"


def not_stored(name: str, text: str) -> str:
    """Nothing was saved; the text is handed back so that it can be sent again."""
    return (
        "That could not be saved just now, so nothing was changed. Please try again in a minute. "
        f"You wrote:\n>{name} {text}"
    )


def unknown_verb(verb: str, name: str, rest: str) -> str:
    """There is no such verb."""
    return f"`{name} {verb}` is not a command.\n{rest}"


SLACK_FAILED = "Slack did not do its part just now, so nothing was changed. Please try again."
NOT_READ = (
    "Something in this could not be read, and that is not your fault. Please open it again and try "
    "once more."
)
NOT_STORED_MODAL = (
    "That could not be saved just now. Nothing is lost: leave this window open and try again in a "
    "minute."
)
WINDOW = "That did not work"
NOT_STORED_CLICK = (
    "That could not be saved just now; nothing was changed. Please press again in a minute."
)
