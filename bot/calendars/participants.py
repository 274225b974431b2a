"""Who an ORGANIZER or an ATTENDEE of a calendar file is.

Some servers put an id of their own into the value, and the address into a parameter (RFC 7986
§6.2). Where the value is an address, that is who is meant, whatever a parameter claims.
"""

import re
from collections.abc import Iterable, Sequence
from urllib.parse import unquote

from bot.calendars.lines import Line

_LONGEST = 254
_ADDRESS = re.compile(r"(?!/)[^\s@<>()\[\],;:\"\\]+@[^\s@<>()\[\],;:\"\\]+")


def address(line: Line, owner: Sequence[str]) -> str:
    """Their e-mail address in lower case, ``""`` when there is none.

    Args:
        line: the property.
        owner: addresses that count however they look, in lower case.
    """
    named = (_value(line), line.param("EMAIL").lower().strip())
    return next((each for each in named if each in owner or _is_sound(each)), "")


def own_lines(lines: Iterable[Line], owner: Sequence[str]) -> list[Line]:
    """The attendee lines of the owner: those by address, or else those by parameter."""
    own = [line for line in lines if address(line, owner) in owner]
    return [line for line in own if _value(line) in owner] or own


def _value(line: Line) -> str:
    return unquote(line.value.lower().strip().removeprefix("mailto:")).lower().strip()


def _is_sound(named: str) -> bool:
    return len(named) <= _LONGEST and _ADDRESS.fullmatch(named) is not None
