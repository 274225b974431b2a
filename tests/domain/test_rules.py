"""The ordered rules: the first with an answer decides, and says why."""

from dataclasses import replace
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from bot.domain import notation
from bot.domain.availability import Availability, Pattern, ReasonKind, Timeline
from bot.domain.choices import Choices, Treatment
from bot.domain.contact import Action, Contact, Kind, Message, Outcome, Person, Verdict
from bot.domain.policy import Mode, Policy
from bot.domain.rules import RULES, judge
from bot.domain.spans import Span

VIENNA = "Europe/Vienna"


def instant(text: str, tz: str = VIENNA) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(tz)).timestamp())


def person(hours="mon-fri 9-17", *, quiet=(), enrolled=True, overrides=()):
    windows = tuple(notation.parse_quiet_window(rule) for rule in quiet)
    pattern = Pattern(VIENNA, notation.parse_weekly(hours), windows, own_hours=True)
    timeline = Timeline(Availability(pattern, overrides=overrides), instant("2026-10-23T12:00"))
    return Person("UANA", "Ana", VIENNA, enrolled, timeline)


def contact(at: str, channel_id="C1") -> Contact:
    return Contact("T1", channel_id, "1.0", "UBO", "UANA", Kind.MENTION, instant(at))


@pytest.mark.parametrize(
    ("at", "recipient", "policy", "rule", "action", "outcome"),
    [
        # Nobody is judged who did not choose to be.
        ("2026-10-23T22:14", None, Policy(), "not_enrolled", Action.UNKNOWN, None),
        ("2026-10-23T22:14", person(enrolled=False), Policy(), "not_enrolled", Action.UNKNOWN, None),
        ("2026-10-23T16:59", person(), Policy(), "reachable", Action.NOTHING, None),
        # The edges: closing at 17:00 is let pass until 17:14:59, opening from 08:45.
        ("2026-10-23T17:00", person(), Policy(), "inside_edge_tolerance", Action.NOTHING, None),
        ("2026-10-23T17:14:59", person(), Policy(), "inside_edge_tolerance", Action.NOTHING, None),
        ("2026-10-23T17:15", person(), Policy(), "by_mode", Action.FLAG, Outcome.BREACH),
        ("2026-10-23T08:45", person(), Policy(), "inside_edge_tolerance", Action.NOTHING, None),
        ("2026-10-23T08:44:59", person(), Policy(), "by_mode", Action.FLAG, Outcome.BREACH),
        ("2026-10-23T17:00", person(), Policy(edge_tolerance_min=0), "by_mode", Action.FLAG, Outcome.BREACH),
        # A quiet window has no tolerance: it is short, and chosen to the minute.
        ("2026-10-23T12:01", person(quiet=["every day 12-13 lunch"]), Policy(), "by_mode", Action.FLAG, Outcome.BREACH),
        ("2026-10-23T22:14", person(), Policy(exempt_channels=frozenset({"C1"})), "exempt_channel", Action.RECORD, Outcome.EXEMPT),
        ("2026-10-23T22:14", person(), Policy(mode=Mode.OBSERVE), "by_mode", Action.RECORD, Outcome.BREACH),
        ("2026-10-23T22:14", person(), Policy(mode=Mode.HOLD), "by_mode", Action.HOLD, Outcome.BREACH),
        # A night shift at two in the morning is at work.
        ("2026-10-23T02:00", person("sun-thu 22:00-06:00"), Policy(), "reachable", Action.NOTHING, None),
    ],
)  # fmt: skip
def test_the_first_rule_with_an_answer_decides(at, recipient, policy, rule, action, outcome):
    verdict = judge(contact(at), recipient, policy)
    assert (verdict.rule, verdict.action, verdict.outcome) == (rule, action, outcome)
    assert verdict.recorded is (outcome is not None)


LOCKED = Policy(
    quiet_hours=(notation.parse_quiet_window("every day 20:00-07:00"),), quiet_hours_locked=True
)
THROUGH = Choices(sources={"UBO": Treatment.THROUGH})
CHOSEN = Choices(chosen=(Span(0, instant("2027-01-01T00:00")),))


@pytest.mark.parametrize("choices", [THROUGH, CHOSEN])
@pytest.mark.parametrize(
    ("at", "is_locked"),
    [
        ("2026-10-23T19:59:59", False),
        ("2026-10-23T20:00", True),
        ("2026-10-24T06:59:59", True),  # in the night that began on Friday
        ("2026-10-24T07:00", False),
        ("2026-10-25T02:30", True),  # the hour that Vienna has twice
    ],
)
@pytest.mark.parametrize("hours", ["mon-fri 9-17", "mon-sun 9-23"])
def test_locked_quiet_hours_are_opened_by_nobodys_own_choice(choices, at, is_locked, hours):
    """Neither for whoever works then, nor for whoever is off then anyway."""
    quiet = LOCKED.quiet_hours
    pattern = Pattern(
        VIENNA,
        notation.parse_weekly(hours),
        organisation_quiet=quiet,
        organisation_quiet_locked=True,
        own_hours=True,
    )
    timeline = Timeline(Availability(pattern), instant("2026-10-23T12:00"))
    ana = Person("UANA", "Ana", VIENNA, True, timeline, choices)
    verdict = judge(contact(at), ana, LOCKED)
    assert (verdict.rule == "by_mode") is is_locked
    assert judge(contact(at), ana, LOCKED, on_call=True).rule != "by_mode", "a shift opens them"
    advisory = replace(LOCKED, quiet_hours_locked=False)
    assert judge(contact(at), ana, advisory).rule != "by_mode"


def test_a_verdict_says_why_and_when_they_are_back():
    verdict = judge(contact("2026-10-23T22:14"), person(), Policy())
    assert verdict.reason is not None
    assert verdict.reason.kind is ReasonKind.OUTSIDE_HOURS
    assert verdict.reopens_at == instant("2026-10-26T09:00")


def test_somebody_who_never_opens_has_no_opening():
    away = notation.parse_off("2026-10-01 - 2028-10-01", datetime(2026, 10, 1))  # noqa: DTZ001 - wall time
    verdict = judge(contact("2026-10-23T12:00"), person(overrides=(away,)), Policy())
    assert verdict.action is Action.FLAG
    assert verdict.reopens_at is None


def test_every_rule_explains_itself():
    assert all(rule.__doc__ for rule in RULES)


def test_a_message_knows_its_instant_and_whether_it_is_a_reply():
    opened = Message(
        "T1", "C1", "channel", "1761250440.000100", "UBO", thread_ts="1761250440.000100"
    )
    reply = Message(
        "T1", "C1", "channel", "1761250500.000200", "UBO", thread_ts="1761250440.000100"
    )
    assert opened.at == 1761250440
    assert not opened.is_reply
    assert reply.is_reply
    assert not Verdict(Action.NOTHING, "reachable").recorded
