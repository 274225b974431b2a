"""Somebody of another organisation: only ever a line to the author, never a row."""

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from bot.domain.availability import Availability, Pattern, Timeline
from bot.domain.contact import Action, Contact, Kind, Person
from bot.domain.policy import Mode, Policy
from bot.domain.rules import judge

TOKYO = ZoneInfo("Asia/Tokyo")


def verdict(at: str, policy: Policy):
    when = int(datetime.fromisoformat(at).replace(tzinfo=TOKYO).timestamp())
    timeline = Timeline(Availability(Pattern("Asia/Tokyo", policy.default_hours)), when)
    # Whatever says so, nobody else's people are enrolled here.
    zoe = Person("UZOE", "Zoe", "Asia/Tokyo", True, timeline, is_foreign=True)
    contact = Contact("T1", "C1", "1.0", "UBO", "UZOE", Kind.MENTION, when)
    return judge(contact, zoe, policy)


@pytest.mark.parametrize(
    ("at", "policy", "rule", "action"),
    [
        ("2026-10-23T10:00", Policy(), "reachable", Action.NOTHING),
        ("2026-10-23T22:00", Policy(), "foreign", Action.FLAG),
        ("2026-10-23T22:00", Policy(mode=Mode.HOLD), "foreign", Action.FLAG),
        # Nobody is told anything while the organisation only observes, or in an incident room.
        ("2026-10-23T22:00", Policy(mode=Mode.OBSERVE), "foreign", Action.NOTHING),
        ("2026-10-23T22:00", Policy(exempt_channels=frozenset({"C1"})), "foreign", Action.NOTHING),
        # Minutes after closing.
        ("2026-10-23T18:05", Policy(), "inside_edge_tolerance", Action.NOTHING),
    ],
)
def test_only_the_author_hears_of_it(at, policy, rule, action):
    found = verdict(at, policy)
    assert (found.rule, found.action) == (rule, action)
    assert not found.recorded
