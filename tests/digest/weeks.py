"""Short ways to write a team's week down, shared by the tests of the summary."""

from collections.abc import Iterable, Mapping

from bot.digest.facts import ContactFact, Member, TeamWeek

WEEK = "2026-W44"
EARLIER = ("2026-W40", "2026-W41", "2026-W42", "2026-W43")
# Tuesday 27 October 2026 at 20:00 UTC.
EVENING_AT = 1_793_131_200


def contacts(recipient_id: str, count: int, **fields: object) -> list[ContactFact]:
    """``count`` contacts to one person; by default breaches by mention on a workday evening."""
    defaults = {"author_id": "UAUTHOR", "at": EVENING_AT, "kind": "mention", "outcome": "breach"}
    return [ContactFact(recipient_id=recipient_id, **{**defaults, **fields}) for _ in range(count)]


def each_received(counts: Iterable[int], **fields: object) -> list[ContactFact]:
    """Person ``U0`` received the first count, ``U1`` the second and so on."""
    return [
        each
        for index, count in enumerate(counts)
        for each in contacts(f"U{index}", count, **fields)
    ]


def team_week(
    people: int,
    *groups: Iterable[ContactFact],
    iso_week: str = WEEK,
    away: int = 0,
    without_hours: int = 0,
    **fields: object,
) -> TeamWeek:
    """A week of ``people`` counted members, and some on leave or without hours beside them."""
    members = [Member(f"U{index}", enrolled=True, working=True) for index in range(people)]
    members += [Member(f"UAWAY{index}", enrolled=True, working=False) for index in range(away)]
    members += [
        Member(f"UNEW{index}", enrolled=False, working=True) for index in range(without_hours)
    ]
    facts = tuple(each for group in groups for each in group)
    return TeamWeek("T1", iso_week, tuple(members), facts, **fields)


def history(counts: Mapping[str, Iterable[int]], people: int = 5) -> list[TeamWeek]:
    """Earlier weeks, each from its people's counts."""
    return [
        team_week(people, each_received(received), iso_week=iso_week)
        for iso_week, received in counts.items()
    ]
