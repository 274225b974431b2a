"""`/meet` over signed HTTP: what is read, what is proposed on whose clock, what is refused."""

import pytest

from bot.errors import BadInput
from bot.slack.meet import Asked, parse
from bot.words import meet as words
from tests.conftest import enrolled

A, B, C = ("<@U0AAA|ana>", "<@U0BBB>", "<@U0CCC|cy>")


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        (f"{A} {B} 30m", Asked(("U0AAA", "U0BBB"), (), 30, "", 1)),
        (f"{A}", Asked(("U0AAA",), (), 30, "", 1)),
        (f"with {A}, {B} and {C} for 1h", Asked(("U0AAA", "U0BBB", "U0CCC"), (), 60, "", 1)),
        (f"{A} 45m optional {B} {C}", Asked(("U0AAA",), ("U0BBB", "U0CCC"), 45, "", 1)),
        (f"optional {B} 45 min this  week", Asked((), ("U0BBB",), 45, "this week", 1)),
        (f"{A} weekly 30m Next Week", Asked(("U0AAA",), (), 30, "next week", 4)),
        (f"every week {A} 25m", Asked(("U0AAA",), (), 25, "", 4)),
        (f"today 1h30 {A}", Asked(("U0AAA",), (), 90, "today", 1)),
        (f"{A} 1 h 15 min tomorrow", Asked(("U0AAA",), (), 75, "tomorrow", 1)),
        (f"{A} 1.5 hours", Asked(("U0AAA",), (), 90, "", 1)),
        (f"{A} 8h", Asked(("U0AAA",), (), 480, "", 1)),
        (f"{A} 90 minutes", Asked(("U0AAA",), (), 90, "", 1)),
    ],
)
def test_what_is_read(typed, expected):
    assert parse(typed) == expected


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        (f"{A} 10m", words.LENGTH),
        (f"{A} 8h 5m", words.LENGTH),
        (f"{A} 33m", words.LENGTH),
        (f"{A} 30m 1h", words.TWO_LENGTHS),
        (f"{A} today tomorrow", words.TWO_RANGES),
        (f"{A} <!subteam^S0OPS|@ops>", words.GROUPS),
        ("@ana 30m", words.not_escaped("@ana")),
        (f"{A} on friday", words.not_understood("on friday")),
        (f"{A} 30", words.not_understood("30")),
    ],
)
def test_what_is_not_understood_is_said(typed, said):
    with pytest.raises(BadInput) as error:
        parse(typed)
    assert str(error.value) == said


@pytest.mark.parametrize(
    ("minutes", "long", "short"),
    [
        (30, "30 minutes", "30 min"),
        (60, "1 hour", "1 h"),
        (120, "2 hours", "2 h"),
        (135, "2 h 15 min", "2 h 15 min"),
    ],
)
def test_lengths_in_words(minutes, long, short):
    assert (words.length(minutes), words.short(minutes)) == (long, short)


pytestmark = pytest.mark.slow


@pytest.fixture
async def crew(office):
    """Ana and Bo in Vienna and New York, Kim in Tokyo; Di has not set hours, Rob is an app."""
    zones = {"ana": "Europe/Vienna", "bo": "America/New_York", "kim": "Asia/Tokyo"}
    for name, tz in {**zones, "di": "Europe/Lisbon"}.items():
        setattr(office, name, office.sandbox.add_user(name, tz))
        if name in zones:
            await enrolled(office, getattr(office, name))
    office.rob = office.sandbox.add_user("rob", "Europe/Vienna", is_bot=True)
    office.sandbox.add_usergroup("ops", "Ops", [office.ana])
    await office.settle()
    return office


async def asked(person, typed):
    return await person.command("/meet", typed)


async def test_three_slots_on_both_clocks(crew):
    said = await asked(crew.ana, "@bo 30m")
    assert said.text.splitlines() == [
        "*Inside everybody’s hours:* 30 minutes",
        # on Monday Vienna has winter time already, New York not yet
        "*Mon 14:00–14:30* for you",
        "09:00 bo",
        "*Tue 14:00–14:30* for you",
        "09:00 bo",
        "*Wed 14:00–14:30* for you",
        "09:00 bo",
        "Only hours are looked at: nobody of you has connected a calendar.",
    ]
    kinds = [block["type"] for block in said.message.blocks]
    assert kinds == ["section", "section", "section", "section", "context"]


async def test_the_day_stands_where_it_is_another(crew):
    said = await asked(crew.kim, "@bo 30m")
    assert "*Nothing inside everybody’s hours* within the next 14 days" in said.text
    assert "*Tue 08:30–09:00* for you\nMon 19:30 bo" not in said.text
    assert ":crescent_moon: Outside the hours of" in said.text
    lines = said.text.splitlines()
    assert any(line.startswith(("Fri ", "Mon ", "Sun ", "Thu ")) and "bo" in line for line in lines)


async def test_hours_that_are_not_known_are_assumed_and_said(crew):
    said = await asked(crew.ana, "@di 30m tomorrow")
    assert "di has not set hours" in said.text
    assert "in their own zone, are assumed" in said.text


async def test_optional_people_are_named_so(crew):
    said = await asked(crew.ana, "@bo 30m optional @kim")
    assert "*Mon 14:00–14:30* for you\n09:00 bo · 22:00 kim" in said.text
    assert "Outside the hours of kim (30 min, optional)" in said.text


async def test_a_clock_change_within_the_weeks_is_said(crew):
    said = await asked(crew.ana, "@bo 1h weekly next week")
    assert "1 hour a week, 4 weeks in a row" in said.text
    assert "*Mon 15:00–16:00* for you, 4 weeks\n10:00 bo" in said.text
    assert "Clocks change in between: not always the same time for bo." in said.text


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("", "With whom?"),
        ("30m", "With whom?"),
        ("@ana 30m", "With whom?"),
        ("optional @ana", "With whom?"),
        ("@rob 30m", "is an app and has no hours"),
        ("<@U0NOBODY1> 30m", "not a person of this workspace whom I know"),
        ("@ops 30m", "A user group is too much"),
        ("@bo 30m 45m", "How long? Say it once"),
        ("@bo 8h today", "There are no 8 hours left today"),
        ("@bo 5m", "from 15 minutes to 8 hours"),
        ("@bo soonish", "did not understand “soonish”"),
    ],
)
async def test_what_cannot_be_is_said_in_a_sentence(crew, typed, said):
    answer = await asked(crew.ana, typed)
    assert said in answer.text
    assert "{" not in answer.text


async def test_too_many_people(crew):
    many = " ".join(f"<@U0MANY{number:02}>" for number in range(30))
    assert "at most 30 people" in (await asked(crew.ana, f"{many} 30m")).text


async def test_who_has_left_is_not_asked(crew):
    await crew.bo.deactivate()
    await crew.settle()
    assert "not active any more" in (await asked(crew.ana, "@bo 30m")).text


async def test_under_the_one_name(crew):
    said = await crew.ana.command("/offhours", "meet @bo 30m")
    assert "*Mon 14:00–14:30* for you" in said.text
    assert "optional @cy" in (await crew.ana.command("/meet", "help")).text
