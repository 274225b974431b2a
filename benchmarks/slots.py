"""The next time at which everybody can meet, against a leapfrog over opening-hours expressions.

Teams of twelve look for 30 minutes within 14 days. Both sides take turns in the same way: everybody
says when they are free next, until all agree; starts are quarters of an hour on both. All answers
are compared before anything is timed, those of teams without such a slot included.

Weeks and countries are those of `benchmarks.timeline`, for the reasons given there, without the
night shift: who works at night meets nobody. A team has two kinds of week and four places up to
eight hours apart; about half of the teams share no 30 minutes. Days keep away from clock changes.

Growth is measured on one pool of people who share an hour: 10 of them and 1,000 of them.
"""

import random
import statistics
from collections.abc import Callable
from datetime import datetime, timedelta
from importlib.metadata import version
from typing import NamedTuple
from zoneinfo import ZoneInfo

import opening_hours

from benchmarks.measure import Claim, interleaved
from benchmarks.timeline import WEEKS
from bot.domain.availability import Availability, Pattern, Timeline
from bot.domain.instants import DAY_S, HOUR_S, MINUTE_S
from bot.domain.notation import parse_weekly
from bot.domain.schedule import parse_region
from bot.domain.slots import STEP_S, Attendee, next_common

ROUNDS = 21
TEAMS = 40
TEAM = 12
FEW, MANY = 10, 1_000
REPEATS = 5
LENGTH_S = 30 * MINUTE_S
RANGE_S = 14 * DAY_S
FIRST_AT = 1_788_220_800  # 2026-09-01, eight weeks before the next clock change of these zones
LAST_DAYS = 30
UTC = ZoneInfo("UTC")
DAY_WEEKS = tuple(pair for pair in WEEKS if "22:00" not in pair[0])
PLACES = (
    *(("Europe/Paris", "FR"), ("Europe/Lisbon", "PT"), ("Europe/Vienna", "AT")),
    *(("Europe/Rome", "IT"), ("America/New_York", None), ("America/Sao_Paulo", "BR")),
    *(("Europe/Warsaw", "PL"), ("Europe/Brussels", "BE"), ("Europe/Stockholm", "SE")),
    *(("Africa/Nairobi", None), ("Africa/Lagos", None), ("America/Toronto", None)),
)


class Member(NamedTuple):
    """One person, compiled for both."""

    ours: Attendee
    theirs: opening_hours.OpeningHours


class Query(NamedTuple):
    """A team that looks for a slot from ``at`` on."""

    team: list[Member]
    at: int


def member(number: int, ours: str, theirs: str, place: tuple[str, str | None]) -> Member:
    """Somebody with these hours, in both notations."""
    tz, country = place
    region = parse_region(country) if country else None
    timeline = Timeline(Availability(Pattern(tz, parse_weekly(ours), region=region)), FIRST_AT)
    rule = f"{theirs}; PH off" if country else theirs
    hours = opening_hours.OpeningHours(
        rule, timezone=ZoneInfo(tz), country=country, max_interval_days=366
    )
    return Member(Attendee(f"U{number}", timeline), hours)


def queries() -> list[Query]:
    """The teams, the same ones in every run."""
    rng = random.Random(2026)  # noqa: S311 - the same teams in every run
    found = []
    for _ in range(TEAMS):
        places, weeks = rng.sample(PLACES, 4), rng.sample(DAY_WEEKS, 2)
        team = [member(number, *rng.choice(weeks), rng.choice(places)) for number in range(TEAM)]
        found.append(Query(team, FIRST_AT + rng.randrange(LAST_DAYS * DAY_S // STEP_S) * STEP_S))
    return found


def ours_of(query: Query) -> int | None:
    """The answer of the bot."""
    people = [each.ours for each in query.team]
    return next_common(people, query.at, LENGTH_S, query.at + RANGE_S)


def theirs_of(query: Query) -> int | None:
    """The answer of the peer."""
    return leapfrog([each.theirs for each in query.team], query.at)


def leapfrog(team: list[opening_hours.OpeningHours], start: int) -> int | None:
    """The first quarter of an hour from which all are open for long enough."""
    length, at = timedelta(seconds=LENGTH_S), datetime.fromtimestamp(start, UTC)
    last = at + timedelta(seconds=RANGE_S) - length
    agreed = i = 0
    while agreed < len(team):
        if at > last:
            return None
        hours = team[i]
        change = hours.next_change(at)
        if hours.is_open(at):
            if change is None or change - at >= length:
                agreed, i = agreed + 1, (i + 1) % len(team)
                continue
        elif change is None:
            return None
        moved = -(-int(change.timestamp()) // STEP_S) * STEP_S
        at, agreed = datetime.fromtimestamp(moved, UTC), 0
    return int(at.timestamp())


def claims() -> list[Claim]:
    """Compare the answers, then measure."""
    asked = queries()
    wrong = [query for query in asked if ours_of(query) != theirs_of(query)]
    if wrong:
        raise SystemExit(f"{len(wrong)} answers differ, the first from {wrong[0].at} on")
    return [_against_the_peer(asked), _growth()]


def _repeated(run: Callable[[Query], object], asked: list[Query], times: int) -> None:
    for _ in range(times):
        for query in asked:
            run(query)


def _against_the_peer(asked: list[Query]) -> Claim:
    timed = interleaved(
        lambda: _repeated(ours_of, asked, REPEATS), lambda: _repeated(theirs_of, asked, 1), ROUNDS
    )
    our_us = 1e6 * statistics.median(timed.ours) / (REPEATS * len(asked))
    their_us = 1e6 * statistics.median(timed.theirs) / len(asked)
    return Claim(
        f"next slot for {TEAM} people",
        round(1 / (timed.ratio() / REPEATS), 1),
        ">= 15",
        f"leapfrog over opening-hours-py {version('opening-hours-py')}",
        round(our_us),
        round(their_us),
        "us",
    )


def _growth() -> Claim:
    """What one person costs among many, over what one costs among few."""
    rng = random.Random(1_000)  # noqa: S311 - the same people in every run
    pool = [
        member(number, *rng.choice(DAY_WEEKS[:3]), rng.choice(PLACES[:3])) for number in range(MANY)
    ]
    starts = [FIRST_AT + hour * HOUR_S for hour in range(0, LAST_DAYS * 24, 7)]
    few = [Query(rng.sample(pool, FEW), at) for at in starts]
    many = [Query(pool, at) for at in starts]
    if any(ours_of(query) is None for query in (*few, *many)):
        raise SystemExit("the pool shares no hour")
    each = MANY // FEW
    timed = interleaved(
        lambda: _repeated(ours_of, many, 1), lambda: _repeated(ours_of, few, each), ROUNDS
    )
    many_us, few_us = (1e6 * statistics.median(seconds) for seconds in timed)
    return Claim(
        f"next slot: a person among {MANY:,}, against {FEW}",
        round(timed.ratio(), 2),
        "<= 2.5",
        f"teams of {FEW}",
        round(many_us / len(starts)),
        round(few_us / len(starts)),
        "us per 1,000 people",
    )


def main() -> None:
    """Print the claims."""
    for claim in claims():
        print(claim)


if __name__ == "__main__":
    main()
