"""The exact figures: our own export counted by hand, and real ones against an independent count."""

import json
from datetime import date
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.digest.audit_facts import Account
from bot.digest.audit_people import Choices, read_people, workforce
from bot.domain.availability import Availability, Pattern, State, Timeline
from bot.domain.instants import local
from bot.domain.notation import parse_weekly
from bot.domain.schedule import parse_region
from bot.slack.auditing import audit
from bot.slack.export import open_export
from tests.digest.audits import CHOICES, WEEK, at, counted, message

ROOT = Path(__file__).parents[2]
SMALL = ROOT / "tests" / "data" / "small-export"
REAL = ROOT.parent / "shared" / "data"
ELSEWHERE = {"wrong_ways", "per_user", "definitions"}
LISTS = {"per_channel", "weeks_local_iso", "by_subtype"}


def differences(expected: dict[str, Any], found: dict[str, Any], where: str = "") -> list[str]:
    """Where ``found`` lacks something of ``expected`` or says something else."""
    wrong = []
    for key, value in expected.items():
        if key in ELSEWHERE:
            continue
        path = f"{where}/{key}"
        if isinstance(value, dict):
            wrong += differences(value, found[key], path)
            if key in LISTS and list(value) != list(found[key]):
                wrong.append(f"{path}: {list(value)} != {list(found[key])}")
        elif found.get(key) != value:
            wrong.append(f"{path}: {value} != {found.get(key)}")
    return wrong


def test_real_exports_equal_an_independent_count_to_the_unit() -> None:
    for path in sorted(REAL.glob("figures/*.json")):
        expected = json.loads(path.read_text())
        name = expected["export"]
        done = audit(open_export(REAL / name), CHOICES, name=name)
        assert differences(expected, done.document) == []
        assert all(done.document["accounted_for"].values())
        assert "per_user" not in done.document


@pytest.fixture(scope="module")
def small() -> dict[str, Any]:
    return audit(open_export(SMALL), CHOICES, name="small-export").document


def test_our_own_export_is_counted_as_by_hand(small: dict[str, Any]) -> None:
    expected = json.loads((SMALL.parent / "small-export-figures.json").read_text())
    assert differences(expected, small) == []


def test_everything_is_accounted_for(small: dict[str, Any]) -> None:
    assert set(small["accounted_for"].values()) == {True}
    mentions = small["mentions"]
    drops = (
        "repeats_in_one_record",
        "self",
        "to_unknown_user",
        "to_bot",
        "to_deleted",
        "to_no_zone",
    )
    assert mentions["tokens"] == mentions["counted"] + sum(mentions[key] for key in drops)
    assert small["records"]["records"] == small["human"]["total"] + sum(small["excluded"].values())


def test_the_document_says_that_it_is_exact(small: dict[str, Any]) -> None:
    assert small["exact"] is True
    assert "who already holds this export" in small["note"]
    assert json.loads(json.dumps(small)) == small


def test_no_figure_is_about_a_person(small: dict[str, Any]) -> None:
    said = json.dumps(small)
    assert not [account.id for account in open_export(SMALL).accounts if f'"{account.id}"' in said]
    assert "D01" not in said


def test_the_documented_schema_names_every_key(small: dict[str, Any]) -> None:
    described = (ROOT / "docs" / "audit-json.md").read_text()
    keys = set(small)
    for section in ("window", "users", "records", "excluded", "human", "messages", "mentions"):
        keys |= set(small[section])
    keys |= set(small["channels"]["general"]) | set(small["accounted_for"])
    assert sorted(key for key in keys if f"`{key}`" not in described) == []
    assert f"Version {small['version']}" in described


LISBON = Account("U1", tz="Europe/Lisbon")


@pytest.mark.parametrize(
    ("when", "outside"),
    [
        ("2026-11-04T08:59:59", 1),  # the second before the start
        ("2026-11-04T09:00:00", 0),
        ("2026-11-04T17:59:59", 0),
        ("2026-11-04T18:00:00", 1),  # the end is outside
        ("2026-11-07T12:00:00", 1),  # Saturday
        ("2026-07-01T08:00:00", 0),  # summer time: 09:00
        ("2026-07-01T17:00:00", 1),  # 18:00
        ("2026-10-25T00:30:00", 1),  # the repeated hour of a clock change, a Sunday
    ],
)
def test_inside_is_from_the_start_to_before_the_end(when: str, outside: int) -> None:
    found, _ = counted([LISBON], {"c": [message("U1", at(when))]})
    assert found["messages"]["outside"] == outside


def test_an_offset_stands_in_for_an_unknown_zone_only() -> None:
    odd = Account("U1", tz="Nowhere/Else", tz_offset=19_800)
    known = Account("U2", tz="Asia/Kolkata", tz_offset=0)
    records = [message(user, at("2026-11-04T03:45:00")) for user in ("U1", "U2")]
    found, _ = counted([odd, known], {"c": records[:1], "d": records[1:]})
    assert found["messages"]["by_local_hour"][9] == 2
    assert found["messages"]["outside"] == 0
    assert found["users"]["zone_names_unknown_to_zoneinfo"] == ["Nowhere/Else"]


def test_a_default_zone_is_for_accounts_without_one() -> None:
    accounts = [Account("U1"), Account("U2", tz="Asia/Tokyo"), Account("U3", deleted=True)]
    records = [
        message(user, at("2026-11-04T10:00:00") + n)
        for n, user in enumerate(("U1", "U2", "U3", "U4"))
    ]
    without, told = counted(accounts, {"c": records})
    assert without["messages"]["with_zone"] == 1
    with_default, _ = counted(accounts, {"c": records}, Choices(WEEK, default_tz="Europe/Lisbon"))
    assert with_default["messages"]["with_zone"] == 3
    assert with_default["messages"]["outside"] == 1
    assert with_default["human"]["no_zone_author_unknown"] == 1
    assert told.judged == 1


def test_without_any_zone_there_is_no_share() -> None:
    found, told = counted(
        [Account("U1"), Account("U2")], {"c": [message("U1", at("2026-11-04T10:00:00"), "<@U2>")]}
    )
    assert found["messages"]["outside_share"] is None
    assert found["mentions"]["outside_share"] is None
    assert found["mentions"]["to_no_zone"] == 1
    assert not told.zones_known


def test_people_have_their_own_hours_zone_holidays_and_leave() -> None:
    people = read_people(
        {
            "ana@example.org": "mon-thu 6-8",
            "BO": {"tz": "Asia/Tokyo", "hours": "sat 9-12"},
            "U3": {"holidays": "AT", "off": ["2026-11-03 - 2026-11-04"]},
        }
    )
    accounts = [
        msgspec.convert(
            {"id": "U1", "tz": "Europe/Lisbon", "profile": {"email": "Ana@example.org"}}, Account
        ),
        Account("U2", name="bo", tz="Europe/Lisbon"),
        Account("U3", tz="Europe/Vienna"),
    ]
    inside = {
        "U1": ["2026-11-04T07:00:00"],
        "U2": ["2026-11-07T00:00:00"],
        "U3": ["2026-11-05T10:00:00"],
    }
    outside = {
        "U1": ["2026-11-04T11:00:00"],
        "U2": ["2026-11-07T10:00:00"],
        "U3": ["2026-11-04T10:00:00", "2026-10-26T10:00:00"],  # leave, Austria's national day
    }
    for expected, written in ((0, inside), (4, outside)):
        records = [message(user, at(when)) for user, whens in written.items() for when in whens]
        found, _ = counted(accounts, {"c": records}, Choices(WEEK, people=people))
        assert found["messages"]["outside"] == expected
    assert found["messages"]["outside_not_a_workday"] == 2


def test_holidays_of_everybody_are_no_workdays() -> None:
    records = [message("U1", at("2026-12-25T12:00:00"))]
    found, _ = counted([LISBON], {"c": records}, Choices(WEEK, region=parse_region("PT")))
    assert found["messages"]["outside_not_a_workday"] == 1


def test_dates_are_the_author_s_own() -> None:
    accounts = [Account("U1", tz="Asia/Tokyo"), Account("U2", tz="America/New_York"), Account("U3")]
    monday = "2026-11-02"
    records = [
        message("U1", at("2026-11-01T15:00:00")),  # Monday 00:00 in Tokyo
        message("U1", at("2026-11-01T14:59:59")),
        message("U2", at("2026-11-03T04:59:59")),  # Monday 23:59:59 in New York
        message("U2", at("2026-11-03T05:00:00")),
        message("U3", at("2026-11-02T23:59:59")),  # no zone: UTC
        message("U3", at("2026-11-03T00:00:00")),
    ]
    day = date.fromisoformat(monday)
    found, _ = counted(
        accounts,
        {"c": sorted(records, key=lambda each: each.ts)},
        Choices(WEEK, since_on=day, until_on=day),
    )
    assert found["human"]["total"] == 3
    assert found["excluded"]["outside_dates"] == 3
    assert all(found["accounted_for"].values())


def test_twins_are_dropped_wherever_they_stand() -> None:
    first, second = at("2026-11-04T10:00:00"), at("2026-11-05T10:00:00")
    stamps = [second, first, second, first, first + 1e-6]
    found, _ = counted(
        [LISBON], {"c": [message("U1", ts) for ts in stamps], "d": [message("U1", first)]}
    )
    assert found["records"]["duplicate_channel_ts"] == 2
    assert found["per_channel"] == {"c": 3, "d": 1}


def test_a_small_team_is_told_its_size_alone() -> None:
    accounts = [Account(f"U{n}", name=f"p{n}", tz="Europe/Lisbon") for n in range(6)]
    teams = {"All": tuple(f"p{n}" for n in range(6)), "One": ("p0",)}
    records = [message(f"U{n}", at("2026-11-04T20:00:00") + n, "<@U0>") for n in range(6)]
    found, told = counted(accounts, {"c": records}, Choices(WEEK, teams=teams))
    assert found["per_team"]["All"] == {
        "people": 6,
        "messages": 6,
        "messages_outside": 6,
        "mentions": 5,
        "mentions_outside": 5,
    }
    assert set(found["per_team"]["One"]) == {"people", "why"}
    one = next(place for place in told.teams if place.name == "One")
    assert (one.share, one.band) == (None, None)


ZONES = (
    "Europe/Lisbon",
    "America/St_Johns",
    "Asia/Kathmandu",
    "Australia/Lord_Howe",
    "Africa/Casablanca",
)
WEEKS = ("mon-fri 9-18", "mon-thu 22:00-06:00; sat 1:30-3:10", "sun 0-24", "tue 12:15-12:50, 23-24")


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(ZONES), st.sampled_from(WEEKS), st.data())
def test_the_table_of_minutes_equals_the_timeline(tz: str, week: str, data: st.DataObject) -> None:
    weekly = parse_weekly(week)
    hours = workforce([Account("U1", tz=tz)], Choices(weekly)).people["U1"].hours
    oracle = Timeline(Availability(Pattern(tz, weekly)), 0)
    changes = st.sampled_from(
        [
            at("2026-03-29T01:00:00"),
            at("2026-10-25T01:00:00"),
            at("2026-04-04T15:00:00"),
            at("2026-03-08T05:30:00"),
            at("2026-11-01T04:30:00"),
            at("2026-02-15T02:00:00"),
        ]
    )
    near = st.builds(lambda change, off: int(change) + off, changes, st.integers(-90_000, 90_000))
    anywhere = st.integers(int(at("2025-01-01T00:00:00")), int(at("2027-01-01T00:00:00")))
    assert hours is not None
    for when in data.draw(st.lists(near | anywhere, min_size=1, max_size=40)):
        day, place = hours.place(when)
        wall = local(when, tz)
        assert (place // 3 // 24, place // 3 % 24) == (wall.weekday(), wall.hour)
        assert day == (wall.date() - date(1970, 1, 1)).days
        assert (place % 3 == 0) == (oracle.state_at(when) is State.WORKING)


@settings(max_examples=40, deadline=None)
@given(st.data())
def test_whatever_an_export_holds_everything_is_accounted_for(data: st.DataObject) -> None:
    accounts = [LISBON, Account("U2", tz="Asia/Tokyo"), Account("U3"), Account("U4", is_bot=True)]
    users = st.sampled_from(["U1", "U2", "U3", "U4", "U5", "USLACKBOT", "", None])
    targets = st.sampled_from(
        ["<@U1>", "<@U2|bo>", "<@U3>", "<@U4>", "<@W9>", "<!here>", "<!date^1>", "x"]
    )
    records = st.builds(
        message,
        users,
        st.sampled_from(
            [0.0, -5.0, 1e12, *(at("2026-11-06T20:00:00") + n * 9_999.5 for n in range(20))]
        ),
        st.lists(targets, max_size=5).map(" ".join),
        subtype=st.sampled_from(
            [None, "me_message", "thread_broadcast", "bot_message", "channel_join"]
        ),
        bot_id=st.sampled_from([None, None, "B1"]),
        thread_ts=st.sampled_from([0.0, at("2026-11-06T20:00:00")]),
    )
    days = data.draw(st.dictionaries(st.sampled_from("abc"), st.lists(records, max_size=30)))
    bounds = Choices(WEEK, since_on=data.draw(st.sampled_from([None, date(2026, 11, 7)])))
    found, _ = counted(accounts, days, bounds)
    assert set(found["accounted_for"].values()) == {True}
    given_records = sum(map(len, days.values()))
    assert given_records == found["records"]["records"] + found["records"]["duplicate_channel_ts"]
