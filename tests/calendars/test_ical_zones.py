"""Time zones as they come: Outlook's names, definitions in the file, and none of them remembered."""

import pytest

from bot.domain.invites import Unclear
from bot.domain.spans import Span
from tests.calendars.ics_files import event, file, opened, starts, utc, why


def fixed(tzid: str, offset: str) -> str:
    """A VTIMEZONE of one offset."""
    return "\r\n".join(
        (
            "BEGIN:VTIMEZONE",
            f"TZID:{tzid}",
            "BEGIN:STANDARD",
            "DTSTART:16010101T000000",
            f"TZOFFSETFROM:{offset}",
            f"TZOFFSETTO:{offset}",
            "END:STANDARD",
            "END:VTIMEZONE",
        )
    )


SUMMER = """BEGIN:VTIMEZONE
TZID:Customized Time Zone
BEGIN:STANDARD
DTSTART:16010101T030000
TZOFFSETFROM:+0200
TZOFFSETTO:+0100
RRULE:FREQ=YEARLY;INTERVAL=1;BYDAY=-1SU;BYMONTH=10
END:STANDARD
BEGIN:DAYLIGHT
DTSTART:16010101T020000
TZOFFSETFROM:+0100
TZOFFSETTO:+0200
RRULE:FREQ=YEARLY;INTERVAL=1;BYDAY=-1SU;BYMONTH=3
END:DAYLIGHT
END:VTIMEZONE"""


def noon(tzid: str) -> str:
    return event(f"DTSTART;TZID={tzid}:20261020T120000", f"DTEND;TZID={tzid}:20261020T130000")


NOON_IN_BERLIN = utc(2026, 10, 20, 10)


@pytest.mark.parametrize(
    "tzid",
    [
        "W. Europe Standard Time",
        '"W. Europe Standard Time"',
        "(UTC+01:00) Amsterdam, Berlin, Bern, Rome, Stockholm, Vienna",  # neither quoted nor escaped
        '"(UTC+01:00) Amsterdam, Berlin, Bern, Rome, Stockholm, Vienna"',
        "/freeassociation.sourceforge.net/Europe/Berlin",
        "/freeassociation.sourceforge.net/Tzfile/Europe/Berlin",
        "europe/berlin",
        "UTC+02:00",
        "GMT+0200",
    ],
)
def test_names_of_berlin(tzid: str) -> None:
    (found,) = opened(file(noon(tzid)))
    assert found.start_at == NOON_IN_BERLIN


@pytest.mark.parametrize("tzid", ["tzone://Microsoft/Utc", "Microsoft/Utc", "UTC", "Etc/UTC"])
def test_names_of_utc(tzid: str) -> None:
    (found,) = opened(file(noon(tzid)))
    assert found.start_at == utc(2026, 10, 20, 12)


@pytest.mark.parametrize(
    "tzid", ["Customized Time Zone", "Local", "Mars/Base", "(UTC+01:00) Atlantis"]
)
def test_a_name_that_says_nothing_is_not_guessed(tzid: str) -> None:
    assert why(file(noon(tzid))) is Unclear.ZONE
    (found,) = opened(file(fixed(tzid, "-0500"), noon(tzid)))
    assert found.start_at == utc(2026, 10, 20, 17)


@pytest.mark.parametrize(
    "tzid", ["W. Europe Standard Time", "Europe/Berlin", "tzone://Microsoft/Utc"]
)
def test_a_well_known_name_means_what_everybody_means(tzid: str) -> None:
    """A file's own definition under such a name cannot move it."""
    assert opened(file(fixed(tzid, "+0900"), noon(tzid))) == opened(file(noon(tzid)))


def test_an_offset_is_a_name_like_any_other_where_the_file_defines_it() -> None:
    (found,) = opened(file(SUMMER.replace("Customized Time Zone", "UTC+01:00"), noon("UTC+01:00")))
    assert found.start_at == NOON_IN_BERLIN


def test_a_definition_keeps_summer_time() -> None:
    weekly = noon("Customized Time Zone").replace("SUMMARY", "RRULE:FREQ=WEEKLY;COUNT=3\r\nSUMMARY")
    found = starts(file(SUMMER, weekly))
    assert found == ["2026-10-20 12:00", "2026-10-27 12:00", "2026-11-03 12:00"]


@pytest.mark.parametrize(
    ("offset", "hour"), [("-0500", "200000"), ("+1000", "080000"), ("+1400", "000000")]
)
@pytest.mark.parametrize("until", ["20261008", "20261008T235959", "20261008T{hour}"])
def test_a_definition_says_when_the_last_day_ends(offset: str, hour: str, until: str) -> None:
    """UNTIL without a zone is on the clock of DTSTART: four days, wherever UTC has midnight."""
    tzid = "Customized Time Zone"
    daily = event(
        f"DTSTART;TZID={tzid}:20261005T{hour}",
        "DURATION:PT1H",
        f"RRULE:FREQ=DAILY;UNTIL={until.format(hour=hour)}",
    )
    first = utc(2026, 10, 5, int(hour[:2])) - int(offset[:3]) * 3600
    found = opened(file(fixed(tzid, offset), daily))
    assert [each.start_at for each in found] == [first + day * 86_400 for day in range(4)]


@pytest.mark.parametrize("tzid", ["W. Europe Standard Time", "Customized Time Zone"])
def test_nothing_leaks_from_one_file_to_the_next(tzid: str) -> None:
    """Three files in turn define the same name otherwise, or not at all."""
    files = [
        file(fixed(tzid, "+0900"), noon(tzid)),
        file(fixed(tzid, "-0500"), noon(tzid)),
        file(noon(tzid)),
    ]
    known = tzid.startswith("W.")
    for _ in range(2):
        for data, offset in zip(files, (9, -5, None), strict=True):
            if known:
                assert opened(data)[0].start_at == NOON_IN_BERLIN
            elif offset is None:
                assert why(data) is Unclear.ZONE
            else:
                assert opened(data)[0].start_at == utc(2026, 10, 20, 12) - offset * 3600


@pytest.mark.parametrize(
    "definition",
    [
        SUMMER.replace("FREQ=YEARLY", "FREQ=SECONDLY"),
        SUMMER.replace("FREQ=YEARLY", "FREQ=DAILY"),
        SUMMER.replace("BYDAY=-1SU;BYMONTH=10", "BYMONTH=2;BYMONTHDAY=30"),
        SUMMER.replace("+0200", "+25"),
        SUMMER.replace("DTSTART:16010101T030000", "DTSTART:tomorrow"),
        "BEGIN:VTIMEZONE\r\nTZID:Customized Time Zone\r\nEND:VTIMEZONE",
        SUMMER.replace("BEGIN:STANDARD", "BEGIN:WHATEVER").replace("END:STANDARD", "END:WHATEVER"),
    ],
)
def test_a_definition_that_is_not_sound_is_none(definition: str) -> None:
    assert why(file(definition, noon("Customized Time Zone"))) is Unclear.ZONE
    assert opened(file(definition, noon("Europe/Berlin")))  # nobody asked for it


ERAS = """BEGIN:VTIMEZONE
TZID:Eastern
BEGIN:DAYLIGHT
DTSTART:19670430T020000
RRULE:FREQ=YEARLY;BYMONTH=4;BYDAY=1SU;UNTIL=20060402T070000Z
TZOFFSETFROM:-0500
TZOFFSETTO:-0400
END:DAYLIGHT
BEGIN:DAYLIGHT
DTSTART:20070311T020000
RRULE:FREQ=YEARLY;BYMONTH=3;BYDAY=2SU
TZOFFSETFROM:-0500
TZOFFSETTO:-0400
END:DAYLIGHT
BEGIN:STANDARD
DTSTART:16011101T020000
RRULE:FREQ=YEARLY;BYMONTH=11;BYDAY=1SU
TZOFFSETFROM:-0400
TZOFFSETTO:-0500
END:STANDARD
END:VTIMEZONE"""


@pytest.mark.parametrize(
    ("year", "hour"),
    [(1980, 17), (2005, 17), (2007, 16), (2026, 16)],  # 20 March, noon in winter and summer time
)
def test_a_definition_may_have_eras(year: int, hour: int) -> None:
    begin = utc(year, 3, 1)
    data = file(ERAS, event(f"DTSTART;TZID=Eastern:{year}0320T120000"))
    (found,) = opened(data, Span(begin, begin + 40 * 86_400))
    assert found.start_at == utc(year, 3, 20, hour)
