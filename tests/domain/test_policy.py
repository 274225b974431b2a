"""A policy as people write it: read, written, and refused with a sentence."""

import pytest

from bot.domain.policy import FIELDS, Mode, Policy, changed, to_document
from bot.errors import BadInput

DOCUMENT = {
    "default_hours": "mon-thu 9-17, fri 9-13",
    "quiet_hours": "20:00-07:00",
    "quiet_hours_locked": "locked",
    "mode": "hold",
    "edge_tolerance_min": 10,
    "digest_day": "Tuesday",
    "digest_time": "8:30",
    "notices_per_day": 3,
    "urgent_per_day": 2,
    "urgent_per_week": 0,
    "release_spread_min": 0,
    "large_meeting": 9,
    "exempt_channels": ["C2", "C1"],
}


def test_what_is_written_is_read_back():
    policy = changed(Policy(version=4), DOCUMENT)
    assert policy.version == 4
    assert policy.mode is Mode.HOLD
    assert policy.quiet_hours_locked
    assert (policy.digest_weekday, policy.digest_minute) == (1, 8 * 60 + 30)
    written = to_document(policy)
    assert set(written) == set(FIELDS)
    assert changed(Policy(version=4), written) == policy
    assert written["quiet_hours"] == "20:00-07:00"
    assert written["exempt_channels"] == ["C1", "C2"]


def test_no_quiet_hours_is_a_choice():
    policy = changed(Policy(), {"quiet_hours": "20:00-07:00"})
    assert changed(policy, {"quiet_hours": "none"}).quiet_hours == ()
    assert to_document(Policy())["quiet_hours"] == ""


def test_channels_may_be_typed_in_one_line():
    policy = changed(Policy(), {"exempt_channels": "C1, C2"})
    assert policy.exempt_channels == {"C1", "C2"}


@pytest.mark.parametrize(
    ("key", "value", "sentence"),
    [
        ("colour", "blue", "is not part of a policy"),
        ("mode", "block", "Use `observe`, `flag` or `hold`"),
        ("quiet_hours_locked", "perhaps", "neither `locked` nor `advisory`"),
        ("edge_tolerance_min", "-5", "from 0 to 120"),
        ("edge_tolerance_min", 500, "from 0 to 120"),
        ("urgent_per_day", 0, "from 1 to 50"),
        ("urgent_per_week", "many", "from 0 to 200"),
        ("digest_day", "someday", "not a day of the week"),
        ("digest_time", "25:00", "25:00"),
        ("default_hours", "always", "always"),
        ("exempt_channels", 7, "list of channel ids"),
    ],
)
def test_what_is_wrong_is_named(key, value, sentence):
    with pytest.raises(BadInput) as refused:
        changed(Policy(), {key: value})
    assert sentence in str(refused.value)
    assert key in str(refused.value)
