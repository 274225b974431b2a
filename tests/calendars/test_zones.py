"""Names of time zones, and the IANA zones they stand for."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from icalendar.timezone.windows_to_olson import WINDOWS_TO_OLSON
from tzlocal.windows_tz import win_tz

from bot.calendars.zone_names import WINDOWS
from bot.calendars.zones import resolve, well_known
from bot.domain.instants import zone

HOURS = [datetime(2026, 1, 1, tzinfo=UTC) + timedelta(hours=hour) for hour in range(0, 8_760, 6)]


@pytest.mark.parametrize(("name", "key"), sorted((WINDOWS_TO_OLSON | win_tz).items()))
def test_windows_names_as_two_libraries_know_them(name: str, key: str) -> None:
    """The key may be another of the same zone; the clocks have to agree all year."""
    found = resolve(name)
    assert found is not None
    ours, theirs = ZoneInfo(found), ZoneInfo(key)
    assert all(at.astimezone(ours).utcoffset() == at.astimezone(theirs).utcoffset() for at in HOURS)


def test_every_zone_in_the_table_is_one_the_program_knows() -> None:
    names = [name for row in WINDOWS for name in (row[0], *row[2:])]
    assert len(names) == len({name.casefold() for name in names})
    for _, key, *cities in WINDOWS:
        assert zone(key).key == key
        assert {resolve(f"(UTC+01:00) {shown}") for shown in cities} <= {key}


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("Europe/Berlin", "Europe/Berlin"),
        ("EUROPE/BERLIN", "Europe/Berlin"),
        (" Europe/Berlin ", "Europe/Berlin"),
        ('"Europe/Berlin"', "Europe/Berlin"),
        ("/Europe/Berlin", "Europe/Berlin"),
        (
            "/mozilla.org/20050126_1/America/Argentina/Buenos_Aires",
            "America/Argentina/Buenos_Aires",
        ),
        ("Alberta Standard Time", "America/Edmonton"),
        ("British Columbia Standard Time", "America/Vancouver"),
        ("Manitoba Standard Time", "America/Winnipeg"),
        ("(UTC-05:00) Eastern Time (US & Canada)", "America/New_York"),
        ("(GMT-05:00) Eastern Time (US and Canada)", "America/New_York"),
        ("(UTC) Coordinated Universal Time", "Etc/UTC"),
        ("(UTC+05:30) Chennai, Kolkata, Mumbai, New Delhi", "Asia/Kolkata"),
        ("(UTC+02:00) Helsinki, Kiev, Riga, Sofia, Tallinn, Vilnius", "Europe/Kyiv"),
        ("tzone://Microsoft/Utc", "UTC"),
        ("Z", "UTC"),
        ("UTC+01:00", "Etc/GMT-1"),
        ("UTC-3", "Etc/GMT+3"),
        ("GMT+0200", "Etc/GMT-2"),
        ("\u2212" + "07:00", "Etc/GMT+7"),
        ("UTC+00:00", "UTC"),
        ("+05:45", "Asia/Kathmandu"),
        ("Etc/GMT+5", "Etc/GMT+5"),  # not an offset: five hours west
    ],
)
def test_names(name: str, key: str) -> None:
    assert resolve(name) == key


@pytest.mark.parametrize(
    "name",
    [
        "",
        "Customized Time Zone",
        "tzone://Microsoft/Custom",
        "localtime",
        "Factory",
        "/localtime",
        "CST",
        "UTC+15:00",
        "UTC-13",
        "+12:45",  # New Zealand's other islands keep summer time
        "(UTC+06:00) Astana",  # has been two zones
        "(UTC+01:00)",
        "../../etc/passwd",
        "Europe/Berlin\x00",
        "x" * 100_000,
    ],
)
def test_what_is_not_known_is_not_guessed(name: str) -> None:
    assert resolve(name) is None


@pytest.mark.parametrize("hour", range(-12, 15))
def test_an_offset_is_what_it_says(hour: int) -> None:
    found = resolve(f"UTC{hour:+03}:00")
    assert found is not None
    assert datetime(2026, 7, 1, tzinfo=ZoneInfo(found)).utcoffset() == timedelta(hours=hour)


def test_an_offset_is_not_well_known() -> None:
    assert well_known("UTC+01:00") is None
