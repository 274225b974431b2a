"""Words around a summary: its charts and its table, the switch of a mirror, and the shell."""

from collections.abc import Mapping, Sequence

CHARTS: Mapping[str, str] = {
    "by_kind": "How it arrived",
    "by_time": "When it arrived, by people’s own clocks",
}
"""Titles of charts, by the key of the line; at most 50 characters."""

CHART = "What was counted"
SERIES = "Times"
TABLE = "The same figures as a table"
TOPIC = "Line"
LABEL = "What"
FIGURE = "Figure"

SHARE = "Show this in the team’s summary"
UNSHARE = "Stop showing this"
SHARED = (
    "The team’s summary shows what you start, from the next one on, as far as a figure may be "
    "shown without pointing at anybody who was reached."
)
NOT_SHARED = "The team’s summary does not show what you alone start."


def switch_note(*, shares: bool) -> str:
    """Who sees what a leader starts."""
    return SHARED if shares else NOT_SHARED


def which_team(wanted: str, known: Sequence[str], *, several: bool) -> str:
    """A team that was not found, or a name that several teams have."""
    if several:
        return f"“{wanted}” is the name of several teams. Give one’s id: {', '.join(known)}."
    if not known:
        return "No team has a summary yet. Add one with `/boundaries team` in Slack."
    return f"“{wanted}” is not a team with a summary. There is {', '.join(known)}."


def not_a_week(wanted: str) -> str:
    """A week that was not understood."""
    return f"“{wanted}” is not a week. Write an ISO week like 2026-W47."


def week_not_over(iso_week: str, tz: str) -> str:
    """A week nothing is told about yet."""
    return (
        f"{iso_week} is not over in {tz}: a week is told when it is complete, because figures "
        "that grow from day to day would tell what each day brought."
    )


def not_due(iso_week: str) -> str:
    """A summary that is not to be posted now."""
    return (
        f"The summary of {iso_week} is not due: it is posted on the policy’s day of the week "
        "after, not in a team’s first two weeks, and at most eight weeks late. See it with "
        "--dry-run."
    )


POSTED = "The summary of {iso_week} for {team} is in its channel."
REFUSED = "Slack refuses the summary of {iso_week} for {team}: {code}."
WAITING = (
    "The summary of {iso_week} for {team} is not posted yet: Slack asked to wait, another process "
    "is posting it, or an earlier week comes first. The bot tries again by itself."
)


def post_state(state: str, code: str, iso_week: str, team: str) -> str:
    """What became of a summary that was to be posted; ``code`` is Slack's error."""
    sentence = {"posted": POSTED, "refused": REFUSED}.get(state, WAITING)
    return sentence.format(iso_week=iso_week, team=team, code=code)
