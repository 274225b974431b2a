"""The sentences of a leader's own mirror: to one person, about what that person wrote."""

from collections.abc import Mapping

DIRECTIONS: Mapping[str, str] = {
    "lower": "That is less than in your recent weeks. People notice, even if nobody says so.",
    "same": "That is about as much as in your recent weeks.",
    "higher": "That is more than in your recent weeks. Is there something that could wait?",
}

ONLY_YOU = (
    "Only you see this. It counts each person a message of yours reached outside their own hours, "
    "whatever they made of it, and names nobody. Your team’s summary has its own post."
)


def title(team_name: str, iso_week: str) -> str:
    """The heading, for a week like ``2026-W44``."""
    year, _, week = iso_week.partition("-W")
    return f"Your mirror: {team_name}, week {int(week)} of {year}"


def reached(count: int) -> str:
    """How often what the leader wrote reached somebody outside their hours."""
    if not count:
        return (
            "As far as Offhours could see, nothing you wrote reached anybody of your team outside "
            "their hours. Thank you."
        )
    return (
        f"{_times(count)}, something you wrote reached somebody of your team outside their hours. "
        "A leader’s message is hard to leave until morning: /later lets it wait for you."
    )


def averted(count: int) -> str:
    """How often it waited."""
    return f"{_times(count)}, what you wrote waited until somebody was back. Thank you."


def urgent(count: int) -> str:
    """How often it was declared urgent, a part of what reached people."""
    return f"{_times(count)}, you called it urgent."


def met(count: int) -> str:
    """How often a meeting the leader called took somebody's time outside their hours."""
    return (
        f"{_times(count)}, a meeting you called took time of somebody of your team outside their "
        "hours, as far as calendars are connected. /meet finds times that suit everybody."
    )


def _times(count: int) -> str:
    return "Once" if count == 1 else f"{count} times"
