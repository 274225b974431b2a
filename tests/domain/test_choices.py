"""What people decide for themselves: whose messages pass, and which time was their own choice."""

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from bot.domain.choices import (
    CHOSEN_KEPT_S,
    NO_CHOICES,
    Choices,
    Treatment,
    chosen_span,
    recent,
    with_chosen,
    without_chosen,
)
from bot.domain.spans import Span
from bot.errors import BadInput

VIENNA = "Europe/Vienna"
HOLD, SILENT, FLAG, THROUGH = Treatment.HOLD, Treatment.SILENT, Treatment.FLAG, Treatment.THROUGH


def at(text, fold=0):
    return int(datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(VIENNA), fold=fold).timestamp())


@pytest.mark.parametrize(
    ("everyone", "sources", "treatment"),
    [
        (None, {}, None),  # the policy decides
        (HOLD, {}, HOLD),
        (HOLD, {"C1": FLAG}, FLAG),  # a channel before everyone
        (HOLD, {"U1": THROUGH}, THROUGH),
        (HOLD, {"U1": SILENT, "C1": THROUGH}, SILENT),  # a person before a channel
        (None, {"U1": FLAG, "C1": THROUGH}, FLAG),  # also when the person is the stricter one
        (FLAG, {"U2": THROUGH, "C2": THROUGH}, FLAG),  # somebody else, somewhere else
    ],
)
def test_a_person_goes_before_a_channel_and_a_channel_before_everyone(everyone, sources, treatment):
    assert Choices(everyone, sources).treatment_of("U1", "C1") == treatment


def test_chosen_time_is_half_open():
    chosen = Choices(chosen=(Span(10, 20), Span(30, 40)))
    assert [chosen.was_chosen(each) for each in (9, 10, 19, 20, 30, 40)] == [
        False, True, True, False, True, False,
    ]  # fmt: skip
    assert not NO_CHOICES.was_chosen(0)


@pytest.mark.parametrize(
    ("now", "text", "start", "end"),
    [
        ("2026-10-23 19:00", "until 22:00", "2026-10-23 19:00", "2026-10-23 22:00"),
        ("2026-10-23 19:00", "2h", "2026-10-23 19:00", "2026-10-23 21:00"),
        ("2026-10-23 19:00", "20-22", "2026-10-23 20:00", "2026-10-23 22:00"),
        ("2026-10-23 19:00", "8pm to 10pm", "2026-10-23 20:00", "2026-10-23 22:00"),
        ("2026-10-23 21:00", "20-22", "2026-10-23 21:00", "2026-10-23 22:00"),  # going on
        ("2026-10-23 22:00", "20-22", "2026-10-24 20:00", "2026-10-24 22:00"),  # over: the next
        ("2026-10-23 19:00", "22:00-02:00", "2026-10-23 22:00", "2026-10-24 02:00"),
        ("2026-10-24 01:00", "22:00-02:00", "2026-10-24 01:00", "2026-10-24 02:00"),  # yesterday's
        ("2026-10-23 12:00", "0-24", "2026-10-23 12:00", "2026-10-24 00:00"),
    ],
)
def test_chosen_time_as_people_write_it(now, text, start, end):
    assert chosen_span(text, at(now), VIENNA) == Span(at(start), at(end))


def test_an_evening_ends_with_the_second_of_two_equal_clocks():
    found = chosen_span("1:00-2:30", at("2026-10-24 23:00"), VIENNA)
    assert found == Span(at("2026-10-25 01:00"), at("2026-10-25 02:30", fold=1))


def test_a_time_that_is_missing_on_the_next_day_cannot_be_chosen():
    with pytest.raises(BadInput, match="further than a day ahead"):
        chosen_span("2:00-3:00", at("2026-03-28 23:00"), VIENNA)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("until 18:00", "already over today"),
        ("until tomorrow 20:00", "further than a day ahead"),
        ("48h", "further than a day ahead"),
        ("sometime", "did not understand “sometime”"),
        ("20-20", "Nothing lies between"),
        ("20-22 and so on", "did not understand"),
    ],
)
def test_what_cannot_be_chosen_is_named(text, said):
    with pytest.raises(BadInput) as refused:
        chosen_span(text, at("2026-10-23 19:00"), VIENNA)
    assert said in str(refused.value)


def test_chosen_time_is_joined_ended_and_forgotten():
    chosen = with_chosen((Span(10, 20), Span(100, 200)), Span(15, 30))
    assert chosen == (Span(10, 30), Span(100, 200))
    assert without_chosen(chosen, 150) == (Span(10, 30), Span(100, 150))
    assert without_chosen(chosen, 50) == (Span(10, 30),)
    assert without_chosen((), 50) == ()
    assert recent(chosen, 30 + CHOSEN_KEPT_S) == (Span(100, 200),)
    assert recent(chosen, 29 + CHOSEN_KEPT_S) == chosen
