"""Do not disturb: when somebody's notifications are off, by a snooze or by their own hours."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from sandbox.records import Json, User

DAYS_AROUND = (-1, 0, 1)
NO_WINDOW: Json = {"dnd_enabled": False, "next_dnd_start_ts": 1, "next_dnd_end_ts": 1}
"""What Slack answers for somebody without notification hours."""


def is_snoozing(user: User, now: datetime) -> bool:
    """Whether a snooze is on."""
    return user.snooze_until is not None and user.snooze_until > now


def is_silent(user: User, now: datetime) -> bool:
    """Whether nothing rings: a snooze is on, or `now` is in the person's own quiet hours."""
    window = next_window(user, now)
    return is_snoozing(user, now) or (window is not None and window[0] <= now)


def next_window(user: User, now: datetime) -> tuple[datetime, datetime] | None:
    """The present or next window of the person's daily quiet hours; None without such hours."""
    if user.dnd_hours is None:
        return None
    today = now.astimezone(ZoneInfo(user.tz)).date()
    windows = (_window(user, today + timedelta(days=each)) for each in DAYS_AROUND)
    ended = user.dnd_ended_at or now
    return next((each for each in windows if each[1] > max(now, ended)), None)


def dnd_json(user: User, now: datetime) -> Json:
    """The fields everybody may see; a snooze shows as a window that began now."""
    window = next_window(user, now)
    if is_snoozing(user, now) and user.snooze_until:
        window = now, user.snooze_until
    if window is None:
        return dict(NO_WINDOW)
    start, end = (int(each.timestamp()) for each in window)
    return {"dnd_enabled": True, "next_dnd_start_ts": start, "next_dnd_end_ts": end}


def snooze_json(user: User, now: datetime) -> Json:
    """The fields only the person's own token may see."""
    if not is_snoozing(user, now) or user.snooze_until is None:
        return {"snooze_enabled": False}
    return {
        "snooze_enabled": True,
        "snooze_endtime": int(user.snooze_until.timestamp()),
        "snooze_remaining": int((user.snooze_until - now).total_seconds()),
        "snooze_is_indefinite": False,
    }


def _window(user: User, day: date) -> tuple[datetime, datetime]:
    """The window that begins on `day`; it ends on the next day unless `until` is later."""
    begin, until = user.dnd_hours or (time(), time())
    zone = ZoneInfo(user.tz)
    last = day if begin < until else day + timedelta(days=1)
    return datetime.combine(day, begin, zone), datetime.combine(last, until, zone)
