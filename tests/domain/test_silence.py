"""What is done about a snooze and a status, case by case and over simulated nights."""

from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain import notation
from bot.domain.availability import Availability, Pattern, Timeline
from bot.domain.choices import Choices, Treatment
from bot.domain.contact import Action, Contact, Kind, Person
from bot.domain.instants import DAY_S, HOUR_S
from bot.domain.policy import Policy
from bot.domain.rules import judge
from bot.domain.schedule import Override, OverrideKind
from bot.domain.silence import (
    NEVER,
    NO_STATUS,
    PIECE_S,
    RENEW_S,
    SAME_S,
    Do,
    Level,
    Ours,
    Status,
    Step,
    Wanted,
    chosen,
    minutes_until,
    snooze_step,
    status_step,
    wanted,
)

NOW = 1_792_786_440
"""Friday 23 Oct 2026, 22:14 in Vienna."""

BACK = NOW + 10 * HOUR_S
FAR = NOW + 60 * HOUR_S
BOTH = frozenset(Level)


@pytest.mark.parametrize(
    ("opening_at", "found_at", "ours", "step"),
    [
        # nothing is on
        (BACK, 0, Ours(), Step(Do.SET, BACK, BACK)),
        (FAR, 0, Ours(), Step(Do.SET, NOW + PIECE_S - RENEW_S, NOW + PIECE_S)),
        (NOW + 59, 0, Ours(), Step(Do.NOTHING, NOW + 59)),
        (BACK, NOW, Ours(NOW), Step(Do.SET, BACK, BACK)),
        # ours is on: as it should be, about to end, too long
        (BACK, BACK + 59, Ours(BACK + 59), Step(Do.NOTHING, BACK)),
        (BACK, BACK, Ours(0, BACK + SAME_S), Step(Do.NOTHING, BACK)),
        (FAR, BACK, Ours(BACK), Step(Do.NOTHING, BACK - RENEW_S)),
        (FAR, NOW + RENEW_S, Ours(NOW + RENEW_S), Step(Do.SET, NOW + 22 * HOUR_S, NOW + DAY_S)),
        (BACK, FAR, Ours(FAR), Step(Do.SET, BACK, BACK)),
        # the person's own
        (BACK, NOW + HOUR_S, Ours(), Step(Do.NOTHING, NOW + HOUR_S)),
        (BACK, FAR, Ours(BACK, NOW + HOUR_S), Step(Do.NOTHING, BACK)),
        (BACK, BACK + SAME_S + 1, Ours(BACK), Step(Do.NOTHING, BACK)),
        # the person ended ours
        (BACK, 0, Ours(BACK), Step(Do.LEAVE, BACK)),
        (BACK, 0, Ours(0, 0, BACK), Step(Do.NOTHING, BACK)),
        (FAR, 0, Ours(0, 0, BACK), Step(Do.NOTHING, BACK)),
        (BACK, 0, Ours(0, BACK), Step(Do.SET, BACK, BACK)),
        # at work
        (0, BACK, Ours(BACK), Step(Do.END)),
        (0, BACK, Ours(FAR), Step(Do.NOTHING)),
        (0, NOW + SAME_S, Ours(NOW + SAME_S), Step(Do.NOTHING)),
        (0, 0, Ours(BACK), Step(Do.NOTHING)),
    ],
)
def test_what_is_done_about_a_snooze(opening_at, found_at, ours, step):
    assert snooze_step(opening_at, NOW, found_at, ours) == step


@given(
    off_s=st.integers(60, 20 * DAY_S),
    late_s=st.lists(st.integers(0, RENEW_S - 60), min_size=40, max_size=40),
)
def test_a_night_is_covered_without_a_gap_however_late_each_look_comes(off_s, late_s):
    opening_at, now, ours = NOW + off_s, NOW, Ours()
    for late in late_s:
        on_until = ours.until_at if ours.until_at > now else 0
        step = snooze_step(opening_at, now, on_until, ours)
        assert step.look_at > now
        if step.do is Do.SET:
            assert 1 <= minutes_until(step.until_at, now) <= PIECE_S // 60
            ours = Ours(now + 60 * minutes_until(step.until_at, now))
        assert step.do in (Do.SET, Do.NOTHING)
        if step.look_at >= opening_at:
            assert opening_at - 60 < ours.until_at < opening_at + 60
            return
        now = step.look_at + late
        assert ours.until_at > now
    pytest.fail("more looks than pieces")


MINE = Status("Off until Mon 09:00", ":no_bell:", BACK)
TRAIN = Status("On a train", ":train:", NOW + HOUR_S)


@pytest.mark.parametrize(
    ("wished", "shown", "is_ours", "step"),
    [
        (MINE, NO_STATUS, False, Step(Do.SET, BACK, BACK)),
        (MINE, MINE, True, Step(Do.NOTHING, BACK)),
        (MINE, Status("Off until 09:00", ":no_bell:", FAR), True, Step(Do.SET, BACK, BACK)),
        (MINE, TRAIN, False, Step(Do.NOTHING, NOW + HOUR_S)),
        (MINE, Status("", ":train:"), False, Step(Do.NOTHING, BACK)),
        (MINE, Status("x", "", FAR), False, Step(Do.NOTHING, BACK)),
        (None, MINE, True, Step(Do.END)),
        (None, Status("Off", "", 0), True, Step(Do.END)),
        (None, Status("Off", "", NOW + SAME_S), True, Step(Do.NOTHING)),
        (None, TRAIN, False, Step(Do.NOTHING)),
    ],
)
def test_what_is_done_about_a_status(wished, shown, is_ours, step):
    assert status_step(wished, shown, is_ours=is_ours, now=NOW) == step


def timeline(weekly, quiet=(), overrides=()):
    windows = tuple(notation.parse_quiet_window(each) for each in quiet)
    pattern = Pattern("Europe/Vienna", notation.parse_weekly(weekly), windows)
    return Timeline(Availability(pattern, overrides=overrides), NOW)


def test_what_is_wanted_off_at_work_in_a_quiet_window_and_of_somebody_gone():
    week = timeline("mon-fri 9-17", ["every weekday 12-13"])
    monday_9 = NOW + 58 * HOUR_S + 46 * 60 + HOUR_S  # the clocks go back on the way
    assert wanted(week, BOTH, NOW) == Wanted(BOTH, monday_9, NEVER)
    assert wanted(week, BOTH, monday_9) == Wanted(BOTH, 0, monday_9 + 3 * HOUR_S)
    noon = monday_9 + 3 * HOUR_S
    assert wanted(week, BOTH, noon) == Wanted(BOTH, noon + HOUR_S, NEVER, quiet=True)
    assert wanted(None, BOTH, NOW) == wanted(week, frozenset(), NOW)
    assert wanted(week, frozenset(), NOW).aim == ""


def test_somebody_who_never_opens_or_never_closes():
    start, end = (datetime.fromisoformat(f"{year}-01-01T00:00") for year in (2026, 2029))
    away = Override(OverrideKind.OFF, start, end, "", 0)
    assert wanted(timeline("mon 9-17", overrides=(away,)), BOTH, NOW).opening_at == NEVER
    assert wanted(timeline("mon-sun 0-24"), BOTH, NOW).closing_at == NEVER
    step = snooze_step(NEVER, NOW, 0, Ours())
    assert step == Step(Do.SET, NOW + PIECE_S - RENEW_S, NOW + PIECE_S)


def test_a_row_is_in_line_with_its_levels_and_its_opening():
    silence = frozenset({Level.SILENCE})
    aims = {Wanted(each, at, NEVER).aim for each in (silence, BOTH) for at in (0, BACK)}
    assert len(aims) == 4
    assert Wanted(silence, BACK, NEVER).opening_for(Level.STATUS) == 0
    assert Wanted(silence, BACK, NEVER).opening_for(Level.SILENCE) == BACK


def test_the_levels_somebody_chose():
    assert chosen(Choices()) == frozenset()
    assert chosen(Choices(silence=True)) == {Level.SILENCE}
    assert chosen(Choices(silence=True, status=True)) == BOTH


@pytest.mark.parametrize(
    ("silenced", "action", "rule"),
    [(True, Action.RECORD, "silenced"), (False, Action.FLAG, "by_treatment")],
)
def test_a_silent_source_is_flagged_where_nobody_can_be_silenced(silenced, action, rule):
    chose = Choices(sources={"U2": Treatment.SILENT})
    ana = Person("U1", "ana", "Europe/Vienna", True, timeline("mon-fri 9-17"), chose)
    contact = Contact("T1", "C1", f"{NOW}.000100", "U2", "U1", Kind.MENTION, NOW)
    verdict = judge(contact, ana, Policy(), silenced=silenced)
    assert (verdict.action, verdict.rule) == (action, rule)
