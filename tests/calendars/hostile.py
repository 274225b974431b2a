"""Files made to hang, crash or mislead whoever reads them."""

from bot.calendars.lines import MOST_BYTES
from tests.calendars.ics_files import INVITE, event, file
from tests.calendars.test_ical_zones import SUMMER

SHORT = ("DTSTART;TZID=Europe/Berlin:20261020T190000", "DTEND;TZID=Europe/Berlin:20261020T200000")


def ruled(rule: str, *when: str) -> bytes:
    """The usual invite with a rule."""
    return file(event(*(when or SHORT), f"RRULE:{rule}"))


RULES = (
    "FREQ=SECONDLY",
    "FREQ=MINUTELY",
    "FREQ=HOURLY",
    "FREQ=DAILY;INTERVAL=0",
    "FREQ=DAILY;INTERVAL=-1",
    "FREQ=DAILY;INTERVAL=1000000000",
    "FREQ=DAILY;INTERVAL=99999999999999999999999999",
    "FREQ=DAILY;COUNT=0",
    "FREQ=DAILY;COUNT=-1",
    "FREQ=MINUTELY;BYMONTH=2;BYMONTHDAY=30",
    "FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30",
    "FREQ=DAILY;BYMONTH=4;BYMONTHDAY=31",
    "FREQ=YEARLY;BYYEARDAY=1;BYMONTH=12",
    "FREQ=YEARLY;BYYEARDAY=400",
    "FREQ=MONTHLY;BYDAY=6MO",
    "FREQ=MONTHLY;BYDAY=0MO",
    "FREQ=DAILY;BYHOUR=0,1,2,3,4,5,6,7,8,9",
    "FREQ=DAILY;BYHOUR=1,2,3;BYMINUTE=1,2,3;BYSECOND=1,2,3",
    "FREQ=DAILY;BYHOUR=" + ",".join(["1"] * 5_000),
    "FREQ=DAILY;RSCALE=CHINESE;SKIP=FORWARD",
    "RSCALE=GREGORIAN;FREQ=DAILY",
    "FREQ=DAILY;BYEASTER=1",
    "FREQ=DAILY;X-BOMB=1",
    "FREQ=DAILY;FREQ=SECONDLY",
    "FREQ=DAILY;UNTIL=20261101T000000Z;UNTIL=20261101T000000Z",
    "FREQ=DAILY;UNTIL=tomorrow",
    "FREQ=FORTNIGHTLY",
    "INTERVAL=1",
    "",
    "=;=;=",
)
"""Rules that are not followed, each refused before anything is counted."""

ENDLESS = (
    ruled("FREQ=DAILY;BYWEEKNO=20;BYMONTH=1"),
    ruled("FREQ=DAILY;BYSETPOS=300"),
    ruled("FREQ=DAILY;COUNT=100000000", *(line.replace("2026", "0001") for line in SHORT)),
)
"""Rules that look sane and take seconds; only the limit on time ends them."""

LONG = ruled("FREQ=YEARLY;BYWEEKNO=53;BYMONTH=5", *(line.replace("2026", "2020") for line in SHORT))
"""A rule that contradicts itself, but is given up at the year 9999 before the limit on time."""

SIZES = {
    "a megabyte of one line": file(event(*SHORT, "DESCRIPTION:" + "x" * 1_000_000)),
    "a megabyte of folds": file(event(*SHORT)) + b"\r\n x" * 300_000,
    "five hundred components": file(*["BEGIN:VTODO\r\nEND:VTODO"] * 500),
    "an identity of pages": file(event(*SHORT, base=("UID:" + "x" * 1_000, *INVITE[1:]))),
    "names times occurrences": file(
        event(
            *SHORT, "RRULE:FREQ=DAILY", *(f"ATTENDEE:mailto:p{n}@x.example" for n in range(5_000))
        )
    ),
    "two years and more": file(event("DTSTART:20261020T190000Z", "DTEND:20321020T190000Z")),
}

BROKEN = {
    "nothing": b"",
    "white space": b" \r\n\t\r\n",
    "no calendar": b"\x89PNG\r\n\x1a\n" + bytes(range(1, 256)) * 10,
    "a page": b"<!DOCTYPE html><html><body>Sign in</body></html>",
    "NUL bytes": file(event(*SHORT)).replace(b"Planning", b"Plan\x00ning"),
    "UTF-16": file(event(*SHORT)).decode().encode("utf-16"),
    "a bare event": event(*SHORT).encode(),
    "cut off": file(event(*SHORT))[:-40],
    "closed twice": file(event(*SHORT)) + b"END:VCALENDAR\r\n",
    "crossed": file("BEGIN:VEVENT\r\nBEGIN:VALARM\r\nEND:VEVENT\r\nEND:VALARM"),
    "nested without end": file("BEGIN:VEVENT\r\n" * 400 + "END:VEVENT\r\n" * 400),
    "no start": file(event()),
    "no identity": file(event(*SHORT, base=INVITE[1:])),
    "no such day": file(event("DTSTART:20260230T100000Z")),
    "the year 0000": file(event("DTSTART:00000101T000000Z")),
    "a word for a date": file(event("DTSTART:tomorrow")),
    "end before start": file(event(SHORT[0], "DTEND;TZID=Europe/Berlin:20261020T180000")),
    "a time without a day": file(event("DTSTART:T100000")),
    "ends on a day": file(event(SHORT[0], "DTEND;VALUE=DATE:20261021")),
    "lasts less than no time": file(event(SHORT[0], "DURATION:-PT1H")),
    "lasts for ages": file(event(SHORT[0], "DURATION:P999999999999999999W")),
    "lasts for a word": file(event(SHORT[0], "DURATION:long")),
    "takes out a word": file(event(*SHORT, "RRULE:FREQ=DAILY", "EXDATE:never")),
    "the end of time": file(event("DTSTART:99991231T235900Z", "DURATION:P1D")),
    "another reckoning": file("CALSCALE:HEBREW", event(*SHORT)),
}

RULED = {
    "repeats for a month and more": ruled("FREQ=DAILY", SHORT[0], "DURATION:P31D"),
    "ten years, daily": ruled("FREQ=DAILY", SHORT[0], "DURATION:P3650D"),
    "four rules": file(event(*SHORT, *["RRULE:FREQ=DAILY"] * 4)),
    "excluding rule": file(event(*SHORT, "RRULE:FREQ=DAILY", "EXRULE:FREQ=WEEKLY")),
    "ten thousand dates": file(
        event(
            *SHORT,
            "RDATE:" + ",".join(f"20261020T{n // 60:02}{n % 60:02}00Z" for n in range(1_440)),
        )
    ),
    "eight times a day, thrice": file(
        event(
            *SHORT,
            *(f"RRULE:FREQ=DAILY;BYHOUR=0,3,6,9,12,15,18,21;BYMINUTE={n}" for n in (1, 2, 3)),
        )
    ),
}

HARMLESS = {
    "until before it began": ruled("FREQ=DAILY;UNTIL=20200101T000000Z"),
    "a billion times": ruled("FREQ=DAILY;COUNT=1000000000"),
    "since 1601": ruled("FREQ=DAILY", *(line.replace("2026", "1601") for line in SHORT)),
    "yearly since the year 1": ruled(
        "FREQ=YEARLY", *(line.replace("2026", "0001") for line in SHORT)
    ),
    "nearly the end of time": file(event("DTSTART:99981231T235900Z", "DURATION:P1D")),
    "ten thousand parameters": file(event(*SHORT, "X-A" + ";B=1" * 10_000 + ":2")),
    "ten thousand properties": file(event(*SHORT, *["X-BOMB;A=B:1"] * 10_000)),
    "ten thousand names": file(event(*SHORT, *["ATTENDEE:mailto:p@x.example"] * 6_000)),
    "quotes": file(event(*SHORT, 'ATTENDEE;CN="' * 5_000 + ":mailto:p@x.example")),
    "backslashes": file(event(*SHORT, base=(INVITE[0], "SUMMARY:" + "\\" * 50_000, *INVITE[2:]))),
    "an endless zone nobody uses": file(
        SUMMER.replace("FREQ=YEARLY", "FREQ=SECONDLY"), event(*SHORT)
    ),
    "a line of colons": file(event(*SHORT, "ORGANIZER" + ":" * 100_000)),
}

ZONED = {
    "an endless zone": file(
        SUMMER.replace("FREQ=YEARLY", "FREQ=SECONDLY"),
        event("DTSTART;TZID=Customized Time Zone:20261020T190000"),
    ),
    "a zone with a line break": file(
        event('DTSTART;TZID="Europe/Berlin\\nRRULE:FREQ=SECONDLY":20261020T190000')
    ),
    "a zone that is a path": file(event("DTSTART;TZID=../../../etc/localtime:20261020T190000")),
    "a zone of pages": file(event(f"DTSTART;TZID={'(' * 250_000}:20261020T190000")),
    "the machine's own zone": file(event("DTSTART;TZID=localtime:20261020T190000")),
}

TOO_LARGE = b"x" * (MOST_BYTES + 1)
