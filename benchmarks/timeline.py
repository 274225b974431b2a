"""A compiled person against a compiled opening-hours expression, on published pairs.

`benchmarks/pairs.json` holds 100 schedules, each in our notation and in that of the peer, and ten
instants for each: 1,000 pairs. `state_at` answers what the peer's `is_open` answers, `next_open`
what its `next_change` answers while closed; all answers are compared before anything is timed.

Instants of a schedule lie within eight weeks of each other, as those of a running bot do, and keep
days away from clock changes: in a repeated hour the two mean different things on purpose, and
`next_change` of the peer contradicts its own `is_open` there. Holidays are those of countries on
whose 2026 the two sources agree; they differ on Columbus Day in the United States and on Japan's
22 September, so schedules there go without.
"""

import argparse
import json
import random
import statistics
from collections.abc import Callable
from datetime import datetime
from importlib.metadata import version
from pathlib import Path
from typing import NamedTuple
from zoneinfo import ZoneInfo

import opening_hours

from benchmarks.measure import Claim, interleaved
from bot.domain.availability import Availability, Pattern, State, Timeline
from bot.domain.instants import DAY_S, WEEK_S, local
from bot.domain.notation import parse_weekly
from bot.domain.schedule import parse_region

PAIRS = Path(__file__).with_name("pairs.json")
ROUNDS = 21
REPEATS = 20
SCHEDULES = 100
INSTANTS = 10
FIRST_AT = 1_767_225_600  # 2026-01-01
WEEKS = (
    ("mon-fri 9-18", "Mo-Fr 09:00-18:00"),
    ("mon-fri 9-12:30, 13:30-18", "Mo-Fr 09:00-12:30,13:30-18:00"),
    ("mon-thu 8-16:30; fri 8-14", "Mo-Th 08:00-16:30; Fr 08:00-14:00"),
    ("tue-sat 12-20", "Tu-Sa 12:00-20:00"),
    ("mon, wed, fri 7-11, 19-21", "Mo,We,Fr 07:00-11:00,19:00-21:00"),
    ("sun-thu 9-17", "Su-Th 09:00-17:00"),
    ("mon-fri 22:00-06:00", "Mo-Fr 22:00-06:00"),
)
PLACES = (
    *(("Europe/Paris", "FR"), ("Europe/Lisbon", "PT"), ("Europe/Vienna", "AT")),
    *(("Europe/Rome", "IT"), ("America/New_York", None), ("America/Sao_Paulo", "BR")),
    *(("Europe/Warsaw", "PL"), ("Asia/Tokyo", None), ("Europe/Brussels", "BE")),
    *(("America/Los_Angeles", None), ("Asia/Kolkata", None), ("Europe/Stockholm", "SE")),
)


class Pair(NamedTuple):
    """One schedule and one instant, prepared for both."""

    timeline: Timeline
    at: int
    hours: opening_hours.OpeningHours
    moment: datetime


def write_pairs() -> None:
    """Choose the pairs, the same ones every time."""
    rng = random.Random(2026)  # noqa: S311 - the same pairs in every run
    schedules = []
    for number in range(SCHEDULES):
        ours, theirs = WEEKS[number % len(WEEKS)]
        tz, country = PLACES[number % len(PLACES)]
        overnight = "22:00" in ours
        rule = f"{theirs}; PH off" if country and not overnight else theirs
        first_at = FIRST_AT + rng.randrange(40) * WEEK_S
        instants: list[int] = []
        while len(instants) < INSTANTS:
            at = first_at + rng.randrange(8 * WEEK_S)
            if local(at - 2 * DAY_S, tz).utcoffset() == local(at + 12 * DAY_S, tz).utcoffset():
                instants.append(at)
            elif rng.random() < 0.1:  # noqa: PLR2004 - a window full of a change moves on
                first_at += WEEK_S
        schedules.append(
            {
                "ours": ours,
                "theirs": rule,
                "tz": tz,
                "country": None if overnight else country,
                "instants": sorted(instants),
            }
        )
    rows = ",\n".join(json.dumps(schedule) for schedule in schedules)
    PAIRS.write_text(f"[\n{rows}\n]\n", "utf-8")


def read_pairs() -> list[Pair]:
    """The published pairs; everything is parsed and compiled before it is asked."""
    pairs = []
    for row in json.loads(PAIRS.read_text("utf-8")):
        region = parse_region(row["country"]) if row["country"] else None
        pattern = Pattern(row["tz"], parse_weekly(row["ours"]), region=region)
        zone = ZoneInfo(row["tz"])
        timeline = Timeline(Availability(pattern), row["instants"][0])
        hours = opening_hours.OpeningHours(
            row["theirs"], timezone=zone, country=row["country"], max_interval_days=366
        )
        pairs += [
            Pair(timeline, at, hours, datetime.fromtimestamp(at, zone)) for at in row["instants"]
        ]
    return pairs


def disagreements(pairs: list[Pair]) -> list[Pair]:
    """Pairs to which the two do not give the same answers."""
    return [pair for pair in pairs if ours_of(pair) != theirs_of(pair)]


def ours_of(pair: Pair) -> tuple[bool, int | None, int | None]:
    """Open or not, the next opening, the next change."""
    return (
        pair.timeline.state_at(pair.at) is State.WORKING,
        pair.timeline.next_open(pair.at),
        pair.timeline.next_change(pair.at),
    )


def theirs_of(pair: Pair) -> tuple[bool, int | None, int | None]:
    """The same, from the peer."""
    is_open = pair.hours.is_open(pair.moment)
    change = pair.hours.next_change(pair.moment)
    changes_at = None if change is None else int(change.timestamp())
    return is_open, pair.at if is_open else changes_at, changes_at


def claims() -> list[Claim]:
    """Compare the answers, then measure."""
    pairs = read_pairs()
    wrong = disagreements(pairs)
    if wrong:
        raise SystemExit(f"{len(wrong)} answers differ, the first at {wrong[0].moment}")
    return [
        _claim(
            "state_at",
            "is_open",
            [(pair.timeline.state_at, pair.at) for pair in pairs],
            [(pair.hours.is_open, pair.moment) for pair in pairs],
        ),
        _claim(
            "next_open",
            "next_change",
            [(pair.timeline.next_open, pair.at) for pair in pairs],
            [(pair.hours.next_change, pair.moment) for pair in pairs],
        ),
    ]


def _claim(
    ours: str,
    theirs: str,
    our_calls: list[tuple[Callable[[int], object], int]],
    their_calls: list[tuple[Callable[[datetime], object], datetime]],
) -> Claim:
    def run_ours() -> None:
        for _ in range(REPEATS):
            for ask, at in our_calls:
                ask(at)

    def run_theirs() -> None:
        for _ in range(REPEATS):
            for ask, moment in their_calls:
                ask(moment)

    timed = interleaved(run_ours, run_theirs, ROUNDS)
    calls = REPEATS * len(our_calls)
    our_ns, their_ns = (1e9 * statistics.median(seconds) / calls for seconds in timed)
    return Claim(
        f"Timeline.{ours}",
        round(1 / timed.ratio(), 1),
        ">= 8",
        f"opening-hours-py {version('opening-hours-py')} {theirs}",
        round(our_ns),
        round(their_ns),
        "ns",
    )


def main() -> None:
    """Print the claims; with ``--write``, choose the pairs anew."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--write", action="store_true")
    if parser.parse_args().write:
        write_pairs()
    for claim in claims():
        print(claim)


if __name__ == "__main__":
    main()
