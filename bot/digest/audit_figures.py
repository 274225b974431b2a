"""The exact figures of an audit, as the document that ``--json`` writes (`docs/audit-json.md`).

They are for the admin who already holds the export. Nothing in them is about one person: direct
messages are one row, and a team of fewer than five judged people has no figures.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from bot.digest.audit import (
    AUTHOR_STATES,
    DROPS,
    EXCLUSIONS,
    NO_ZONE,
    SPECIAL,
    Cell,
    Spread,
    Tallies,
)
from bot.digest.audit_people import (
    EPOCH_ON,
    HOUR_MIN,
    INSIDE,
    OUTSIDE_OTHER_DAY,
    OUTSIDE_WORKDAY,
    SLOTS,
    STATUSES,
    Choices,
    Workforce,
    slot,
)
from bot.digest.facts import iso_week_of
from bot.digest.release import MIN_PEOPLE
from bot.domain.contact import Kind
from bot.domain.notation import format_weekly
from bot.words import audit as words

VERSION = 1
WEEKDAYS = range(7)
HOURS = range(24)
ALL_STATUSES = range(STATUSES)
OUTSIDE = (OUTSIDE_WORKDAY, OUTSIDE_OTHER_DAY)
HUMAN_KEYS = (
    *("file_share", "me_message", "thread_broadcast", "edited", "thread_parent", "thread_reply"),
    *("author_deleted", *NO_ZONE),
)


def figures(
    tallies: Tallies, workforce: Workforce, choices: Choices, *, export: str
) -> dict[str, Any]:
    """The whole document.

    Args:
        tallies: the count.
        workforce: whose hours it was made by.
        choices: what the admin asked for.
        export: the name of the export, without its path.
    """
    document = {
        "version": VERSION,
        "exact": True,
        "note": words.EXACT_NOTE,
        "export": export,
        "window": _window(choices),
        "users": dict(workforce.users),
        "records": {
            "files": tallies.files,
            "records": tallies.subtypes.total(),
            "duplicate_channel_ts": tallies.twins,
            "not_a_message": tallies.not_messages,
            "bad_files": tallies.bad_files,
            "by_subtype": {str(key): n for key, n in tallies.subtypes.most_common()},
        },
        "excluded": {key: tallies.excluded[key] for key in EXCLUSIONS},
        "human": _human(tallies),
        "messages": _messages(tallies),
        "mentions": _mentions(tallies),
        "special_mentions": {key: tallies.special[key] for key in SPECIAL},
        "mentions_by_kind": {
            kind.value: {
                "counted": total(tallies.kinds[kind]),
                "outside": total(tallies.kinds[kind][1:]),
            }
            for kind in Kind
            if kind in tallies.kinds
        },
        "per_channel": {name: cell.human for name, cell in _by_size(tallies.channels)},
        "channels": {
            name: {"human": cell.human, **_cell(cell)} for name, cell in _by_size(tallies.channels)
        },
        "weeks_local_iso": {
            iso_week(week): _cell(cell) for week, cell in sorted(tallies.weeks.items())
        },
        "per_team": _teams(tallies, workforce),
        "definitions": list(words.DEFINITIONS),
    }
    document["accounted_for"] = balances(document)
    return document


def balances(document: Mapping[str, Any]) -> dict[str, bool]:
    """Whether every record and every mention is accounted for, sum by sum."""
    records, human = document["records"], document["human"]
    messages, mentions = document["messages"], document["mentions"]
    weeks, channels = document["weeks_local_iso"].values(), document["channels"].values()
    return {
        "records": records["records"] == sum(records["by_subtype"].values()),
        "excluded": records["records"] == human["total"] + sum(document["excluded"].values()),
        "zones": human["total"] == messages["with_zone"] + sum(human[key] for key in NO_ZONE),
        "hours": messages["with_zone"]
        == sum(messages["by_local_hour"])
        == sum(messages["by_local_weekday_mon_first"]),
        "outside": messages["outside"]
        == sum(messages["outside_by_local_hour"])
        == messages["outside_not_a_workday"] + messages["outside_on_a_workday"],
        "tokens": mentions["tokens"]
        == mentions["repeats_in_one_record"]
        + sum(mentions[key] for key in DROPS)
        + mentions["counted"],
        "mentions": mentions["counted"]
        == sum(each["counted"] for each in document["mentions_by_kind"].values()),
        "weeks": (messages["with_zone"], mentions["counted"]) == _sums(weeks),
        "channels": (messages["with_zone"], mentions["counted"]) == _sums(channels)
        and human["total"] == sum(document["per_channel"].values()),
    }


def total(spreads: Iterable[Spread]) -> int:
    """The sum over everybody."""
    return sum(sum(spread.values()) for spread in spreads)


def iso_week(week: int) -> str:
    """The ISO name of a week by `audit.week_of`."""
    return iso_week_of(EPOCH_ON + timedelta(days=week * 7))


def share(part: int, whole: int) -> float | None:
    """A share to six places; None of nothing."""
    return round(part / whole, 6) if whole else None


def _sums(rows: Iterable[Mapping[str, int]]) -> tuple[int, int]:
    found = tuple(rows)
    return sum(each["messages"] for each in found), sum(each["mentions"] for each in found)


def _window(choices: Choices) -> dict[str, Any]:
    """The default hours; ``start`` and ``end`` only where each working day has the same two."""
    week = choices.weekly.days
    edges = {(each.start_min, each.end_min) for intervals in week for each in intervals}
    uniform = len(edges) == 1 and all(len(intervals) <= 1 for intervals in week)
    start, end = (_hour(minute) for minute in edges.copy().pop()) if uniform else (None, None)
    return {
        "start": start,
        "end": end,
        "workdays": [weekday for weekday, intervals in enumerate(week) if intervals],
        "default_tz": choices.default_tz,
        "hours": format_weekly(choices.weekly),
        "holidays": str(choices.region) if choices.region else None,
        "own_hours": len(choices.people or ()),
        "since": choices.since_on.isoformat() if choices.since_on else None,
        "until": choices.until_on.isoformat() if choices.until_on else None,
    }


def _hour(minute: int) -> int | float:
    return minute // HOUR_MIN if minute % HOUR_MIN == 0 else round(minute / HOUR_MIN, 4)


def _human(tallies: Tallies) -> dict[str, Any]:
    channels = [name for name, cell in tallies.channels.items() if cell.human]
    return {
        "total": sum(cell.human for cell in tallies.channels.values()),
        **{key: tallies.human[key] for key in HUMAN_KEYS},
        "authors": len(tallies.authors),
        "channels": len(channels),
        "utc_days_with_messages": len(tallies.days),
        "first": _moment(tallies.first_at),
        "last": _moment(tallies.last_at),
    }


def _moment(at: int | None) -> str | None:
    return None if at is None else datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _messages(tallies: Tallies) -> dict[str, Any]:
    by_slot = [sum(counts) for counts in zip(*tallies.slots.values(), strict=True)] or [0] * SLOTS
    by_status = [sum(by_slot[status::STATUSES]) for status in range(STATUSES)]
    every = _week(by_slot, ALL_STATUSES)
    outside = _week(by_slot, OUTSIDE)
    with_zone = sum(by_status)
    return {
        "with_zone": with_zone,
        "outside": with_zone - by_status[INSIDE],
        "outside_share": share(with_zone - by_status[INSIDE], with_zone),
        "outside_not_a_workday": by_status[OUTSIDE_OTHER_DAY],
        "outside_on_a_workday": by_status[OUTSIDE_WORKDAY],
        "by_local_hour": [sum(day[hour] for day in every) for hour in HOURS],
        "outside_by_local_hour": [sum(day[hour] for day in outside) for hour in HOURS],
        "by_local_weekday_mon_first": [sum(day) for day in every],
        "by_local_weekday_and_hour": every,
        "outside_by_local_weekday_and_hour": outside,
    }


def _week(by_slot: Sequence[int], statuses: Collection[int]) -> list[list[int]]:
    """Messages by weekday and local hour."""
    return [
        [sum(by_slot[slot(day, hour, status)] for status in statuses) for hour in HOURS]
        for day in WEEKDAYS
    ]


def _mentions(tallies: Tallies) -> dict[str, Any]:
    mentions, days = tallies.mentions, tallies.mention_days
    counted = days.total()
    outside = counted - days[INSIDE]
    reached = {number for kinds in tallies.kinds.values() for spread in kinds for number in spread}
    return {
        "tokens": mentions["tokens"],
        "repeats_in_one_record": mentions["repeats_in_one_record"],
        **{key: mentions[key] for key in DROPS},
        "counted": counted,
        "outside": outside,
        "outside_share": share(outside, counted),
        "outside_not_a_workday": days[OUTSIDE_OTHER_DAY],
        "outside_on_a_workday": days[OUTSIDE_WORKDAY],
        **{
            f"{author}_target_{'outside' if target else 'inside'}": tallies.cross[state, target]
            for state, author in enumerate(AUTHOR_STATES)
            for target in (False, True)
        },
        "distinct_targets": len(reached),
    }


def _cell(cell: Cell) -> dict[str, int]:
    return {
        "messages": total(cell.messages),
        "messages_outside": total(cell.messages[1:]),
        "mentions": total(cell.mentions),
        "mentions_outside": total(cell.mentions[1:]),
    }


def _by_size(channels: Mapping[str, Cell]) -> list[tuple[str, Cell]]:
    found = [(name, cell) for name, cell in channels.items() if cell.human]
    return sorted(found, key=lambda item: (-item[1].human, item[0]))


def _teams(tallies: Tallies, workforce: Workforce) -> dict[str, Any]:
    return {name: _team(tallies, workforce.members(name)) for name in sorted(workforce.teams)}


def _team(tallies: Tallies, members: frozenset[int]) -> dict[str, Any]:
    """What a team wrote and what reached it; a small one is told its size alone."""
    if len(members) < MIN_PEOPLE:
        return {"people": len(members), "why": words.SMALL_TEAM}
    sums = {"messages": 0, "messages_outside": 0, "mentions": 0, "mentions_outside": 0}
    for cell in tallies.weeks.values():
        of_team = Cell(0, of(cell.messages, members), of(cell.mentions, members))
        for key, count in _cell(of_team).items():
            sums[key] += count
    return {"people": len(members), **sums}


def of(spreads: tuple[Spread, Spread], members: frozenset[int]) -> tuple[Spread, Spread]:
    """The part of two spreads that is about these people."""
    inside, outside = (
        {number: count for number, count in spread.items() if number in members}
        for spread in spreads
    )
    return inside, outside
