"""Which IANA zone a calendar means, whatever name it has for it.

A name that is well known is read by the well-known rules, even where a file brings a definition of
its own under that name. A name that is not known is not guessed.
"""

import re
from functools import cache, lru_cache
from zoneinfo import available_timezones

from bot.calendars.zone_names import WINDOWS

LONGEST_NAME = 200

_NOT_A_PLACE = ("Factory", "localtime")
"""Keys of the zone database that stand for no zone, or for the one of the machine."""

_SAID_OTHERWISE = {
    "tzone://microsoft/utc": "UTC",
    "microsoft/utc": "UTC",
    "utc": "UTC",
    "gmt": "UTC",
    "z": "UTC",
    "coordinated universal time": "UTC",
    "greenwich mean time": "UTC",
}

_DISPLAYED = re.compile(
    r"\((?:UTC|GMT)(?: ?[+\-\u2212]\d\d?(?::?\d\d)?)?\)\s*(?P<cities>.+)", re.IGNORECASE
)
_OFFSET = re.compile(
    r"(?:UTC|GMT)? ?(?P<sign>[+\-\u2212])(?P<hours>\d\d?)(?::?(?P<minutes>\d\d))?",
    re.IGNORECASE,
)

_WITHOUT_SUMMER_TIME = {
    "-9:30": "Pacific/Marquesas",
    "+3:30": "Asia/Tehran",
    "+4:30": "Asia/Kabul",
    "+5:30": "Asia/Kolkata",
    "+5:45": "Asia/Kathmandu",
    "+6:30": "Asia/Yangon",
    "+8:45": "Australia/Eucla",
    "+9:30": "Australia/Darwin",
}
"""Offsets of part of an hour have no key of their own: the zones that keep them all year."""

_FARTHEST_WEST_H = 12
_FARTHEST_EAST_H = 14


def resolve(name: str) -> str | None:
    """The IANA key for a TZID or a Windows time zone name, None when it is not known.

    Understood are the well-known names and plain offsets (``UTC+01:00``).
    """
    return well_known(name) or _offset(_tidy(name))


@lru_cache(maxsize=4_096)
def well_known(name: str) -> str | None:
    """The IANA key for a name that means the same zone everywhere, else None.

    Understood are IANA keys in any case, also behind a vendor's prefix
    (``/freeassociation.sourceforge.net/Europe/Berlin``), the names of `WINDOWS`, and what Outlook
    shows for them (``(UTC+01:00) Amsterdam, Berlin, …``). An offset is none of them: somebody's
    own zone may bear it as its name, and keep summer time.
    """
    wanted = _tidy(name)
    folded = wanted.casefold()
    return (
        _iana().get(folded)
        or _SAID_OTHERWISE.get(folded)
        or _windows().get(folded)
        or _displayed(wanted)
        or _vendors(folded)
    )


def _tidy(name: str) -> str:
    return " ".join(name[:LONGEST_NAME].replace('"', " ").split())


def _displayed(wanted: str) -> str | None:
    found = _DISPLAYED.fullmatch(wanted)
    return _cities().get(_bare(found["cities"])) if found else None


def _offset(wanted: str) -> str | None:
    """A fixed offset east of Greenwich; the zones ``Etc/GMT±h`` count the other way round."""
    found = _OFFSET.fullmatch(wanted)
    if found is None:
        return None
    is_east = found["sign"] == "+"
    hours, minutes = int(found["hours"]), int(found["minutes"] or 0)
    if hours > (_FARTHEST_EAST_H if is_east else _FARTHEST_WEST_H):
        return None
    sign, other_sign = ("+", "-") if is_east else ("-", "+")
    if minutes:
        return _WITHOUT_SUMMER_TIME.get(f"{sign}{hours}:{minutes:02}")
    return f"Etc/GMT{other_sign}{hours}" if hours else "UTC"


def _vendors(folded: str) -> str | None:
    """The longest end of a path that is an IANA key (RFC 5545 §3.2.19)."""
    if not folded.startswith("/"):
        return None
    parts = folded.strip("/").split("/")
    ends = ("/".join(parts[start:]) for start in range(len(parts)))
    return next((_iana()[end] for end in ends if end in _iana()), None)


def _bare(cities: str) -> str:
    """The cities without what one edition of Windows writes otherwise than the next."""
    return " ".join(re.sub(r"\band\b|[^\w\s]|_", " ", cities.casefold()).split())


@cache
def _iana() -> dict[str, str]:
    return {key.casefold(): key for key in available_timezones() if key not in _NOT_A_PLACE}


@cache
def _windows() -> dict[str, str]:
    return {name.casefold(): key for name, key, *_ in WINDOWS}


@cache
def _cities() -> dict[str, str]:
    return {_bare(cities): key for _, key, *shown in WINDOWS for cities in shown}
