"""On-call rotations of teams."""

from collections.abc import Sequence

from bot.words.times import names

EXAMPLE = "`{boundaries} oncall @ops @ana @bo from 2026-11-02`"
EXAMPLES: tuple[tuple[str, str], ...] = (
    ("oncall", "shows who is on call for which team"),
    ("oncall @ops @ana @bo @cleo", "a week each, in this order, for leaders and admins"),
    ("oncall @ops off", "ends the rotation"),
)

NONE = f"No team has an on-call rotation. A leader or an admin sets one: {EXAMPLE}"
NO_SUCH_TEAM = (
    "That user group is no team here, and a rotation belongs to a team. `{boundaries} team list` "
    "shows those there are."
)
WHICH_TEAM = f"Which team? Pick one user group from Slack’s list, for example {EXAMPLE}"
NOBODY_TO_END = "Either people or `off`, not both."


def not_allowed(leads: Sequence[str]) -> str:
    """Who may set a rotation; ``leads`` are mentions."""
    asked = f" Please ask {names(list(leads))}." if leads else ""
    return f"Only the team’s leaders and admins can change who is on call.{asked}"


def not_a_person(user_id: str) -> str:
    """Somebody who cannot be on call."""
    return (
        f"<@{user_id}> cannot be on call here: not a person of this workspace whom I know, or not "
        "active any more."
    )


def too_many(most: int) -> str:
    """More people than weeks in a year."""
    return f"A rotation takes at most {most} turns."


def not_a_date(text: str) -> str:
    """What stands behind ``from``."""
    return f"“{text}” is not a date. Write the year, the month and the day, like `from 2026-11-02`."


def too_far(text: str) -> str:
    """A start that is years away."""
    return f"A rotation begins at most a year from today; {text} is farther away."


def not_understood(rest: str) -> str:
    """Words that are neither people nor a date."""
    return (
        f"I did not understand “{rest}”. Pick the group and the people from Slack’s list, for "
        f"example {EXAMPLE}"
    )


def duty(team: str, on_call: str, until: str, next_one: str) -> str:
    """Who is on call, and who is next; empty ``next_one``: the same person again."""
    then = f", then {next_one}" if next_one else ""
    return f"*{team}*: {on_call} is on call until {until}{then}."


def not_begun(team: str, first: str, begins: str) -> str:
    """The rotation begins later."""
    return f"*{team}*: nobody is on call yet. {first} is from {begins}."


def order(people: Sequence[str]) -> str:
    """The whole rotation; ``people`` are mentions."""
    turns = " → ".join(people)
    return f"A week each, changing hands at 09:00: {turns}"


MEANS = (
    "What somebody marks as urgent for a member who is off is told to whoever is on call. "
    "Messages to the one on call count as agreed."
)


def none_for(team: str) -> str:
    """A team without a rotation."""
    return f"*{team}* has no on-call rotation: what is urgent is told to the person themselves."


def ended(team: str) -> str:
    """The rotation was removed."""
    return f"*{team}* has no on-call rotation any more: what is urgent is told to the person again."
