"""What an audit shows to others, and what it keeps to itself."""

from collections.abc import Mapping

import pytest
from rich.console import Console

from bot.digest.audit import Spread
from bot.digest.audit_facts import Account, Record
from bot.digest.audit_people import Choices
from bot.digest.audit_release import Shown, named, percent
from bot.digest.audit_terminal import summary
from bot.digest.page import page
from bot.digest.release import CAP, Band, Tally
from bot.words import audit as words
from tests.digest.audits import CHOICES, WEEK, at, counted, message

PEOPLE = frozenset(range(20))
DAY_S = 86_400


def even(count: int, people: int = 10) -> Spread:
    return dict.fromkeys(range(people), count)


def printed(shown: Shown) -> str:
    console = Console(width=100, record=True, file=open("/dev/null", "w"))  # noqa: PTH123, SIM115
    with console.file:
        for part in summary(shown):
            console.print(part)
    return console.export_text()


def accounts(count: int) -> list[Account]:
    return [Account(f"U{n}", name=f"p{n}", tz="Europe/Lisbon") for n in range(count)]


def evenings(counts: Mapping[int, int], text: str = "") -> list[Record]:
    """So many messages of each person on weekday evenings, one week apart."""
    start = at("2026-01-07T20:00:00")
    return [
        message(f"U{n}", start + 7 * DAY_S * turn + n, text)
        for turn in range(max(counts.values()))
        for n, count in counts.items()
        if turn < count
    ]


def mornings(people: int, weeks: int) -> list[Record]:
    start = at("2026-01-07T10:00:00")
    return [
        message(f"U{n}", start + 7 * DAY_S * week + n)
        for week in range(weeks)
        for n in range(people)
    ]


def test_a_cell_is_named_where_its_tally_says_so() -> None:
    cells = {"fine": even(4), "few": even(4, people=3), "one": {0: 90, **even(1, people=6)}}
    told = named(PEOPLE, cells)
    assert "few" not in told
    assert "one" not in told
    assert set(told) <= {"fine"}


def test_what_is_left_out_must_pass_too() -> None:
    """Two large cells and one of a single person: with both named, the third is the difference."""
    cells = {"a": even(6), "b": even(4), "single": {0: 3}}
    told = named(PEOPLE, cells)
    withheld = [key for key in cells if key not in told]
    assert "single" in withheld
    left: Spread = {}
    for key in withheld:
        for number, count in cells[key].items():
            left[number] = left.get(number, 0) + count
    assert Tally(len(PEOPLE), tuple(sorted(left.values()))).exact is not None


def test_a_person_adds_five_a_week_at_most() -> None:
    heavy = even(40)
    capped = Tally(len(PEOPLE), (CAP,) * 10).exact
    assert named(PEOPLE, {"only": heavy}, CAP) == {"only": capped}


def test_people_outside_the_population_do_not_count() -> None:
    assert named(frozenset({1, 2}), {"only": even(4)}) == {}


@pytest.mark.parametrize(
    ("inside", "outside", "share"),
    [
        (even(3), even(1), 25),
        (even(2), even(1), 33),
        (even(3), even(4, people=4), None),
        (even(3, people=4), even(1), None),
        (even(3), {**even(1), 0: 50}, None),
        (even(3), {}, None),
    ],
)
def test_a_share_needs_both_of_its_parts(
    inside: Spread, outside: Spread, share: int | None
) -> None:
    assert percent(PEOPLE, inside, outside) == share


def test_a_healthy_organisation_sees_its_figures() -> None:
    people = 12
    records = mornings(people, 6) + mornings(people // 2, 12)[people * 3 :]
    records += evenings(dict.fromkeys(range(people), 3))
    _, shown = counted(accounts(people), {"general": sorted(records, key=lambda each: each.ts)})
    assert shown.messages_share == 25
    assert [place.name for place in shown.channels] == ["general"]
    assert shown.heat
    assert "25 % of the messages" in printed(shown)
    assert "25 % of the messages" in page(shown)


def test_four_people_see_no_figure() -> None:
    records = mornings(4, 9) + evenings(dict.fromkeys(range(4), 7), "<@U0>")
    exact, shown = counted(accounts(4), {"general": records})
    assert exact["messages"]["outside"] == 28
    assert (shown.messages_share, shown.mentions_share, shown.band) == (None, None, None)
    assert (shown.heat, shown.kinds, shown.channels) == ({}, {}, ())
    assert {(week.messages, week.mentions) for week in shown.weeks} == {(None, None)}
    for said in (printed(shown), page(shown)):
        assert words.NO_BAND in said
        assert "28" not in said.replace("2026", "")


def test_one_person_s_evenings_are_not_shown() -> None:
    """Everybody is quiet but one: neither a count nor a share may tell how much that was."""
    records = mornings(12, 9) + evenings({0: 9, 1: 1, 2: 1, 3: 1, 4: 1})
    exact, shown = counted(accounts(12), {"general": sorted(records, key=lambda each: each.ts)})
    assert exact["messages"]["outside"] == 13
    assert shown.messages_share is None
    assert shown.channels == ()
    assert all(week.messages is None for week in shown.weeks[5:])
    assert not {key for key in shown.heat if key[1] == 20}


def test_messages_to_everybody_do_not_hide_whom_mentions_reached() -> None:
    """They count authors: with them in one breakdown, a few people's mentions would pass."""
    call = [message(f"U{n}", at("2026-01-07T10:00:00") + n, "<!here>") for n in range(12)]
    reach = evenings({0: 3}, "<@U1>") + evenings({2: 4}, "<@U1> <@U3>")
    threads = [
        message(f"U{n}", at("2026-01-08T20:00:00") + n, f"<@U{(n + 1) % 12}>", thread_ts=1.0)
        for n in range(12)
    ]
    _, shown = counted(
        accounts(12), {"general": sorted(call + reach + threads, key=lambda each: each.ts)}
    )
    assert "mention" not in shown.kinds
    assert "thread" not in shown.kinds


def test_a_team_of_two_is_told_nothing() -> None:
    teams = {"Two": ("p0", "p1"), "Rest": tuple(f"p{n}" for n in range(2, 12))}
    records = mornings(12, 9) + evenings(dict.fromkeys(range(12), 3))
    _, shown = counted(
        accounts(12), {"c": sorted(records, key=lambda each: each.ts)}, Choices(WEEK, teams=teams)
    )
    everyone, two = shown.teams
    assert (everyone.people, everyone.share, everyone.band) == (10, 25, "none")
    assert (two.people, two.share, two.band) == (2, None, None)


def test_of_teams_that_share_people_only_a_band_is_told() -> None:
    teams = {"All": tuple(f"p{n}" for n in range(12)), "Less": tuple(f"p{n}" for n in range(11))}
    records = mornings(12, 9) + evenings(dict.fromkeys(range(12), 3))
    _, shown = counted(
        accounts(12), {"c": sorted(records, key=lambda each: each.ts)}, Choices(WEEK, teams=teams)
    )
    assert [(place.share, place.band) for place in shown.teams] == [(None, "none")] * 2


def test_every_band_has_its_sentence() -> None:
    assert set(words.BANDS) == set(Band)


@pytest.mark.parametrize(
    ("known", "records", "sentence"),
    [
        ([Account("U1")], [message("U1", at("2026-01-07T20:00:00"))], words.NO_ZONES),
        ([], [], words.NOTHING),
    ],
)
def test_where_nothing_can_be_judged_it_says_so(
    known: list[Account], records: list[Record], sentence: str
) -> None:
    _, shown = counted(known, {"c": records}, CHOICES)
    for said in (" ".join(printed(shown).split()), page(shown)):
        assert sentence in said
        assert "%" not in said.partition(words.RULES[:20])[0].partition("<header>")[2]
