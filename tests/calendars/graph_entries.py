"""Events of the made-up Exchange, written the way Graph writes them; every time is in UTC."""

from datetime import UTC, datetime
from typing import Any

from tests.calendars.fake_exchange import MADE, Attendee, Item, Part

NEVER = "0001-01-01T00:00:00Z"
Json = dict[str, Any]


def moment(at: Json) -> datetime:
    """An instant out of Graph's wall time and zone; the bot writes UTC."""
    assert at["timeZone"] == "UTC", at
    return datetime.fromisoformat(at["dateTime"]).replace(tzinfo=UTC)


def event_entry(item: Item, key: str) -> Json:
    """A whole event: a single one, a series, or one occurrence."""
    part = item.part(key)
    answered = NEVER if part.response in {"organizer", "notResponded"} else stamp(MADE)
    tentative = part.response in {"notResponded", "tentativelyAccepted"}
    return {
        **_head(item, key, part),
        "@odata.etag": f'W/"{change_key(part)}"',
        "changeKey": change_key(part),
        "createdDateTime": stamp(MADE),
        "iCalUId": _uid(item, key),
        "subject": item.subject,
        "isAllDay": item.is_all_day,
        "isCancelled": part.is_cancelled,
        "isOrganizer": part.response == "organizer",
        "showAs": "tentative" if tentative and item.show_as == "busy" else item.show_as,
        "responseStatus": {"response": part.response, "time": answered},
        "responseRequested": item.asks_response,
        "allowNewTimeProposals": item.allows_proposals,
        "originalStart": stamp(item.originals()[key]) if key else None,
        "originalStartTimeZone": "UTC",
        "organizer": {"emailAddress": _address(item.organizer)},
        "attendees": [_attendee(each) for each in part.attendees.values()],
    }


def occurrence_entry(item: Item, key: str) -> Json:
    """As much of an occurrence that follows its series as a delta tells."""
    return _head(item, key, item.part(key))


def change_key(part: Part) -> str:
    """Graph's version."""
    return f"EZ9r{part.version:06}=="


def stamp(at: datetime) -> str:
    """An instant."""
    return f"{at:%Y-%m-%dT%H:%M:%SZ}"


def _head(item: Item, key: str, part: Part) -> Json:
    return {
        "id": item.id_of(key),
        "type": _type(item, key),
        "seriesMasterId": item.id if key else None,
        "start": _wall(part.start),
        "end": _wall(part.end),
    }


def _type(item: Item, key: str) -> str:
    if key:
        return "exception" if key in item.parts else "occurrence"
    return "singleInstance" if item.weeks == 1 else "seriesMaster"


def _uid(item: Item, key: str) -> str:
    """An occurrence has a UID of its own: that of the series with its day in it."""
    if not key:
        return item.uid
    day = int(key[:4]), int(key[4:6]), int(key[6:8])
    return "{}{:04X}{:02X}{:02X}{}".format(item.uid[:32], *day, item.uid[40:])


def _wall(at: datetime) -> Json:
    return {"dateTime": f"{at:%Y-%m-%dT%H:%M:%S}.0000000", "timeZone": "UTC"}


def _attendee(attendee: Attendee) -> Json:
    shown: Json = {
        "type": attendee.type,
        "status": {"response": attendee.response, "time": NEVER},
        "emailAddress": _address(attendee.address),
    }
    if attendee.proposal:
        start, end = attendee.proposal
        shown["proposedNewTime"] = {"start": _wall(start), "end": _wall(end)}
    return shown


def _address(address: str) -> Json:
    """As people write their names, capitals and all."""
    name, _, host = address.partition("@")
    return {"name": name.title(), "address": f"{name.title()}@{host}"}
