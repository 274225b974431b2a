"""Everything published, attacked: nobody's week can be worked out to within 3 contacts.

`OFFHOURS_ATTACK_CASES` sets how many random workspaces are attacked, for a longer run.
"""

import os
import random
from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import replace

import pytest

from bot.digest.facts import ContactFact, Member, TeamWeek, shared_people
from bot.digest.release import CAP, ROOM, RULES, Band, Rules, Tally
from bot.digest.report import build_report
from bot.words import digest as words
from tests.digest.attack import ALL, Knowledge, Said, narrowest, said, sum_of
from tests.digest.weeks import EVENING_AT

pytestmark = pytest.mark.slow

WEEKS = tuple(f"2026-W{number}" for number in range(39, 45))
CASES = int(os.environ.get("OFFHOURS_ATTACK_CASES", "40"))
WEAK_CASES = 30
KINDS = ("mention", "group", "thread", "dm", "group_dm")
Rosters = Sequence[Mapping[str, Iterable[str]]]
"""For each week: team to its people."""
Received = Sequence[Mapping[str, Sequence[ContactFact]]]
"""For each week: person to what reached them, and what waited."""


def reached(times: int, **fields: object) -> list[ContactFact]:
    """So many breaches; the recipient is filled in by `workspace`."""
    given = {"author_id": "UA", "at": EVENING_AT, "kind": "mention", "outcome": "breach"} | fields
    return [ContactFact(recipient_id="", **given) for _ in range(times)]


def workspace(rosters: Rosters, received: Received) -> list[list[TeamWeek]]:
    """The weeks of every team, in order."""
    teams: dict[str, list[TeamWeek]] = {}
    for iso_week, roster, contacts in zip(WEEKS, rosters, received, strict=False):
        told = {team: set(people) for team, people in roster.items() if len(set(people)) >= 5}
        shared = shared_people(told)
        for team, people in told.items():
            facts = tuple(
                replace(each, recipient_id=person)
                for person in sorted(people)
                for each in contacts.get(person, ())
            )
            members = tuple(Member(each, enrolled=True, working=True) for each in sorted(people))
            week = TeamWeek(
                team, iso_week, members, facts, shared=shared[team], leaders_shown=frozenset({"UL"})
            )
            teams.setdefault(team, []).append(week)
    return list(teams.values())


def published(teams: Iterable[list[TeamWeek]], rules: Rules) -> list[Said]:
    return [said(week, weeks[:index], rules) for weeks in teams for index, week in enumerate(weeks)]


def attack(
    teams: list[list[TeamWeek]],
    rules: Rules = RULES,
    readers: Iterable[str | None] | None = None,
    targets: Callable[[list], list] = list,
) -> tuple[float, object]:
    """The narrowest interval any of the readers finds about anybody else."""
    knowledge = Knowledge()
    for each in published(teams, rules):
        knowledge.learn(each)
    assert knowledge.contradictions() == []
    if not knowledge.teams:
        return CAP, ()
    alike = {each: knowledge.likeness(each) for each in knowledge.teams}
    found = []
    for own in readers or (None, *_one_of_each(alike, alike)):
        people = _one_of_each(alike, [each for each in alike if each != own])
        wanted = [
            (each, iso_week, ALL)
            for each in people
            for iso_week in WEEKS
            if (each, iso_week, ALL) in knowledge.truth and (each, iso_week) not in knowledge.silent
        ]
        found.append(narrowest(knowledge, own, targets(wanted)))
    return min(found, key=lambda each: each[0])


def _one_of_each(alike: Mapping[str, Hashable], people: Iterable[str]) -> list[str]:
    """One person of each likeness."""
    return list({alike[each]: each for each in people}.values())


def names(*numbers: int) -> list[str]:
    return [f"P{number:02}" for number in numbers]


def team_of(counts: Sequence[int], **fields: object) -> tuple[Rosters, Received]:
    """One team, one week, so many contacts each."""
    people = names(*range(len(counts)))
    contacts = {each: reached(n, **fields) for each, n in zip(people, counts, strict=True)}
    return [{"A": people}], [contacts]


def team_over(weeks: Iterable[Sequence[int]]) -> tuple[Rosters, Received]:
    """One team over weeks, so many contacts each."""
    several = [team_of(counts) for counts in weeks]
    return [each[0][0] for each in several], [each[1][0] for each in several]


def differing_by_one(counts: Sequence[int]) -> tuple[Rosters, Received]:
    """Two teams, the second has one person more."""
    (roster,), received = team_of(counts)
    return [{"A": roster["A"][:-1], "B": roster["A"]}], received


def joiner(before: Sequence[int], after: Sequence[int]) -> tuple[Rosters, Received]:
    """One team; one person joins between two weeks."""
    return team_over([before, before, after, after])


def one_kind_each() -> tuple[Rosters, Received]:
    """Five people with one mention each; the reader knows of four direct messages, their own."""
    rosters, (contacts,) = team_of([1] * 5)
    contacts["P00"] += reached(4, kind="dm")
    return rosters, [contacts]


def breakdowns(people: int) -> tuple[Rosters, Received]:
    """Counts by kind, by time, urgent and by leaders, all at once."""
    rosters, (contacts,) = team_of([1] * people)
    night_at = EVENING_AT + 5 * 3600
    for index, own in enumerate(contacts.values()):
        own.extend(reached(1 + index % 2, kind="thread", at=night_at))
        own.extend(reached(index % 3, outcome="urgent", kind="dm", author_id="UL"))
        own.extend(reached(1 + index % 2, outcome="averted"))
    return rosters, [contacts]


STRUCTURED = {
    "everybody exactly one, 5 people": team_of([1] * 5),
    "everybody exactly one, 9 people": team_of([1] * 9),
    "everybody exactly one, 20 people": team_of([1] * 20),
    "everybody at the cap, 5 people": team_of([9] * 5),
    "nearly everybody at the cap": team_of([1, 9, 9, 9, 9]),
    "everybody at the cap, 12 people": team_of([9] * 12),
    "over 4 with somebody who had none": team_of([0] + [5] * 8),
    "nearly quiet beside a reader who was not": team_of([4, 0, 0, 0, 0]),
    "nearly quiet, 9 people": team_of([5, 1, 1, 0, 0, 0, 0, 0, 0]),
    "one heavy person": team_of([1] * 9 + [60]),
    "five who share ten": team_of([2] * 5 + [0] * 4),
    "two teams of 6 and 7": differing_by_one([2, 2, 2, 2, 1, 0, 5]),
    "two teams of 5 and 6": differing_by_one([2, 2, 2, 2, 1, 5]),
    "two teams of 14 and 15": differing_by_one([2] * 14 + [5]),
    "a joiner": joiner([2] * 9, [2] * 9 + [5]),
    "a leaver": joiner([2] * 9 + [5], [2] * 9),
    "less and less, 9 people": team_over(
        [[3, 1, 1, 1, 1, 1, 0, 0, 0], [3, 1, 1, 1, 1, 1, 0, 0, 0], [3, 1, 1, 1, 0, 0, 0, 0, 0],
         [3, 1, 0, 0, 0, 0, 0, 0, 0], [3, 0, 0, 0, 0, 0, 0, 0, 0], [2, 0, 0, 0, 0, 0, 0, 0, 0]]
    ),
    "more and more, 9 people": team_over(
        [[1] * 9, [1] * 9, [2] * 9, [3] * 9, [4] * 9, [5] * 9]
    ),
    "up and down, 12 people": team_over(
        [[1] * 12, [2] * 12, [1] * 11 + [3], [3] * 12, [1] * 12, [0] * 6 + [5] * 6]
    ),
    "one mention each": one_kind_each(),
    "breakdowns, 6 people": breakdowns(6),
    "breakdowns, 7 people": breakdowns(7),
    "breakdowns, 12 people": breakdowns(12),
    "even and busy": team_of([0] + [2] * 8 + [4]),
    "even and known to the unit": team_of([2] * 10),
    "even beside a reader at the cap": team_of([5] + [2] * 10),
    "even and nearly full": team_of([3] * 2 + [4] * 8),
}  # fmt: skip


@pytest.mark.parametrize("case", STRUCTURED)
def test_structured_cases_leave_room(case: str) -> None:
    rosters, received = STRUCTURED[case]
    width, where = attack(workspace(rosters, received))
    assert width >= ROOM, where


@pytest.mark.parametrize(
    ("weakened", "case"),
    [
        (Rules(by_size=False), "nearly quiet beside a reader who was not"),
        (Rules(by_size=False), "nearly everybody at the cap"),
        (Rules(shared=False), "two teams of 5 and 6"),
        (Rules(shared=False), "two teams of 14 and 15"),
        (Rules(room=False), "everybody exactly one, 9 people"),
        (Rules(room=False), "everybody at the cap, 12 people"),
        (Rules(naming=False), "one mention each"),
        (Rules(by_bands=False), "less and less, 9 people"),
    ],
)
def test_each_rule_is_needed(weakened: Rules, case: str) -> None:
    rosters, received = STRUCTURED[case]
    width, _ = attack(workspace(rosters, received), weakened)
    assert width < ROOM


MOODS = ("quiet", "calm", "alike", "some", "two", "busy", "full", "heavy")


def drawn_contacts(chance: random.Random, mood: str, number: int) -> list[ContactFact]:
    """One person's week, by the mood of everybody's."""
    times = {
        "quiet": lambda: 0,
        "calm": lambda: chance.choice((0, 0, 0, 1)),
        "alike": lambda: 1,
        "some": lambda: chance.choice((0, 1, 1, 2, 3)),
        "two": lambda: chance.choice((1, 2, 2, 2, 3)),
        "busy": lambda: chance.choice((2, 3, 4, 5, 7)),
        "full": lambda: chance.choice((5, 5, 5, 8, 0)),
        "heavy": lambda: 30 if number == 0 else chance.choice((0, 1)),
    }[mood]()
    plain = chance.random() < 0.5
    return [
        *(
            contact
            for _ in range(times)
            for contact in reached(
                1,
                kind="mention" if plain else chance.choice(KINDS[:3]),
                at=EVENING_AT + 3600 * (0 if plain else chance.choice((0, 5, 60))),
                outcome=chance.choice(("breach", "breach", "urgent")),
                author_id=chance.choice(("UA", "UA", "UL")),
                workday=plain or chance.random() < 0.7,
            )
        ),
        *reached(chance.choice((0, 0, 1, 2, 3)), outcome="averted"),
    ]


def drawn_teams(chance: random.Random, people: list[str]) -> dict[str, list[str]]:
    """One large team, teams apart, touching in one person, one inside another, or at random."""
    half, third = len(people) // 2, len(people) // 3
    shapes = {
        "one": {"A": people[:-2]},
        "apart": {"A": people[:half], "B": people[half:-1]},
        "touching": {"A": people[: half + 1], "B": people[half:]},
        "nested": {"A": people[:-4], "B": people[:-3]},
        "three": {"A": people[:third], "B": people[third : 2 * third], "C": people[2 * third :]},
        "random": {team: chance.sample(people, chance.randint(5, len(people))) for team in "ABCD"},
    }
    return shapes[chance.choice(list(shapes))]


def drawn(seed: int) -> list[list[TeamWeek]]:
    """Up to 20 people in up to 4 teams over 6 weeks, with joiners and leavers."""
    chance = random.Random(seed)
    people = names(*range(chance.randint(9, 20)))
    rosters = drawn_teams(chance, people)
    mood, weeks, received = chance.choice(MOODS), [], []
    for _ in WEEKS:
        for team, roster in rosters.items():
            if chance.random() < 0.15:
                rosters[team] = roster[1:]
            elif chance.random() < 0.2:
                rosters[team] = [*roster, chance.choice(people)]
        weeks.append(dict(rosters))
        mood = chance.choice((mood, mood, mood, *MOODS))
        received.append(
            {each: drawn_contacts(chance, mood, number) for number, each in enumerate(people)}
        )
    return workspace(weeks, received)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(CASES))
def test_random_workspaces_leave_room(seed: int) -> None:
    teams = drawn(seed)
    width, where = attack(teams, readers=readers_of(teams, seed), targets=some(seed))
    assert width >= ROOM, where


@pytest.mark.slow
@pytest.mark.parametrize("rule", ["by_size", "shared", "room"])
def test_random_workspaces_break_weaker_rules(rule: str) -> None:
    weakened = Rules(**{rule: False})
    broken = (
        attack(teams, weakened, readers_of(teams, seed), some(seed))[0] < ROOM
        for seed in range(WEAK_CASES)
        if (teams := drawn(seed))
    )
    assert any(broken)


def readers_of(teams: list[list[TeamWeek]], seed: int) -> list[str | None]:
    """Somebody outside, somebody at random, and whoever had the most and the least."""
    whole = Counter[str]()
    for week in (week for weeks in teams for week in weeks):
        whole.update(dict.fromkeys(week.population, 0))
        whole.update(each.recipient_id for each in week.pressure)
    if not whole:
        return [None]
    ranked = [each for each, _ in whole.most_common()]
    return [None, ranked[0], ranked[-1], random.Random(seed).choice(ranked)]


def some(seed: int) -> Callable[[list], list]:
    """A few of the people and weeks, to bound the time."""
    return lambda wanted: random.Random(seed).sample(wanted, min(8, len(wanted)))


def expected_lines(told: Said) -> dict[str, tuple[str, tuple]]:
    """The lines a summary has when it says what the attack was told, and no more."""
    figures = () if told.band in (Band.NONE, Band.SOME) else (("contacts per person", told.band),)
    lines = {"headline": (words.HEADLINES[told.band], figures)}
    if told.went:
        lines["trend"] = (words.DIRECTIONS[told.went], ())
    for key, field, labels, counted, mostly in (
        ("by_kind", "kind", words.KINDS, words.by_kind, words.mostly_kind),
        ("by_time", "time", words.TIMES, words.by_time, words.mostly_time),
    ):
        if parts := told.splits[field]:
            cells = tuple((labels[cell], count) for cell, count in parts.cells)
            rest = (("all other", parts.rest),) if parts.rest else ()
            sentence = counted([label for label, _ in cells], parts.largest)
            lines[key] = (sentence, (*cells, *rest))
        elif first := told.leads[field]:
            lines[key] = (mostly(first), ())
    if told.averted[0] is not Band.NONE:
        lines["averted"] = (words.averted(told.averted[1]), ())
    counts = {
        key: dict(parts.cells).get(first) if (parts := told.splits[key]) else None
        for key, first in (("outcome", "urgent"), ("author", "part"))
    }
    if told.urgent:
        lines["urgent"] = (words.urgent(counts["outcome"]), ())
    said_of_leaders = (
        words.leaders(counts["author"], everybody=True)
        if told.leaders
        else words.leaders_quiet(everybody=True)
    )
    lines["leaders"] = (said_of_leaders, ())
    if told.spread:
        lines["balance"] = (words.BALANCE[told.spread], ())
    return lines


@pytest.mark.parametrize("seed", range(40))
def test_the_summary_says_what_was_attacked_and_no_more(seed: int) -> None:
    for weeks in drawn(seed):
        for index, week in enumerate(weeks):
            report = build_report(week, weeks[:index], team_name="Harbour", warm_up_done=True)
            lines = {each.key: (each.sentence, each.figures) for each in report.lines}
            assert lines.pop("coverage")
            assert lines == expected_lines(said(week, weeks[:index], RULES))


@pytest.mark.parametrize("people", range(5, 31))
@pytest.mark.parametrize("shared", range(5))
def test_bands_leave_room_by_arithmetic(people: int, shared: int) -> None:
    """The proof behind `detail_of`, number by number.

    The reader and the shared people are known; everybody else is in this team only. Shared
    people themselves are held by nobody but those, so they are freer still.
    """
    others = people - shared - 1
    for total in range(1, CAP * people + 1):
        band = Tally(people, (total,), shared).band
        counts = Tally(people, _spread(total, people), shared)
        assert counts.band is not Band.NONE
        low, high = sum_of(counts.band, people)
        if counts.band is Band.SOME or others < 1:
            continue
        for known in range(CAP * (shared + 1) + 1):
            least = max(0, low - known - CAP * (others - 1))
            most = min(CAP, high - known)
            if low - known > CAP * others or high < known:
                continue  # nobody can know this: it contradicts the band
            assert most - least >= ROOM, (band, known)


def _spread(total: int, people: int) -> tuple[int, ...]:
    """Some counts with this sum."""
    each, more = divmod(total, people)
    return tuple(count for index in range(people) if (count := each + (index < more)))
