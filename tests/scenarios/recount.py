"""A second count of a team's week, from the sandbox's own log.

It shares no code with `bot.domain` or `bot.digest`: hours are minutes of weekdays, wall clocks
become instants here, and whom a message reaches is read from its text.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

Span = tuple[int, int]
DAY = timedelta(days=1)
TOLERANCE_S = 15 * 60
CODE = re.compile(r"```.*?```|`[^`]*`", re.DOTALL)
PERSON = re.compile(r"<@(U\w+)")
GROUP = re.compile(r"<!subteam\^(S\w+)")


def instant(on: date, minute: int, tz: str, fold: int = 0) -> int:
    """A wall time as epoch seconds; ``fold`` 1 takes the second of two."""
    wall = datetime.combine(on, time()) + timedelta(minutes=minute)
    return round(wall.replace(tzinfo=ZoneInfo(tz), fold=fold).timestamp())


def day_of(at: int, tz: str) -> date:
    """The date on the wall calendars of ``tz``."""
    return datetime.fromtimestamp(at, ZoneInfo(tz)).date()


@dataclass(frozen=True)
class Hours:
    """When somebody works: minutes of each weekday, and the dates on which they do not."""

    tz: str
    week: tuple[tuple[Span, ...], ...]
    holidays: frozenset[date] = frozenset()
    off: frozenset[date] = frozenset()
    lunch: Span | None = None
    """A quiet window from Monday to Friday."""

    def working(self, first: date, last: date) -> Iterator[Span]:
        """Working time of the days ``first`` to ``last``; a night belongs to the day it begins."""
        for number in range((last - first).days + 1):
            on = first + number * DAY
            if on not in self.holidays | self.off:
                for start, end in self.week[on.weekday()]:
                    yield instant(on, start, self.tz), instant(on, end, self.tz, fold=1)

    def works_between(self, start: int, end: int) -> bool:
        """Whether any time without a quiet window in it is working time."""
        around = self.working(day_of(start, self.tz) - DAY, day_of(end, self.tz))
        return any(opens < end and closes > start for opens, closes in around)

    def is_quiet(self, at: int) -> bool:
        """Whether the quiet window is on."""
        on = day_of(at, self.tz)
        if self.lunch is None or on.weekday() > 4:
            return False
        start, end = (instant(on, minute, self.tz) for minute in self.lunch)
        return start <= at < end

    def is_working(self, at: int) -> bool:
        """Whether they can be reached at ``at``."""
        on = day_of(at, self.tz)
        inside = any(opens <= at < closes for opens, closes in self.working(on - DAY, on))
        return inside and not self.is_quiet(at)

    def is_outside(self, at: int) -> bool:
        """Whether a message at ``at`` counts: not working, and not just before or after it."""
        on = day_of(at, self.tz)
        spans = list(self.working(on - 2 * DAY, on + 2 * DAY))
        if any(opens <= at < closes for opens, closes in spans):
            return self.is_quiet(at)
        just_closed = any(0 <= at - closes < TOLERANCE_S for _, closes in spans)
        about_to_open = any(0 < opens - at <= TOLERANCE_S for opens, _ in spans)
        return not (just_closed or about_to_open)


@dataclass
class Life:
    """One person as the test moved them about."""

    changes: list[tuple[int, Hours]] = field(default_factory=list)
    enrolled_at: int | None = None
    gone_at: int | None = None

    def hours(self, at: int) -> Hours:
        """Their hours at ``at``."""
        return [hours for since, hours in self.changes if since <= at][-1]

    def change(self, at: int, **what: object) -> None:
        """Other hours from ``at`` on."""
        self.changes.append((at, replace(self.changes[-1][1], **what)))

    def is_counted(self, at: int) -> bool:
        """Whether they took part at ``at``, and were still there."""
        here = self.gone_at is None or at < self.gone_at
        return here and self.enrolled_at is not None and self.enrolled_at <= at


@dataclass
class Crew:
    """One team: its group's members over time, its zone and its leaders."""

    team_id: str
    name: str
    channel_id: str
    tz: str
    leads: frozenset[str]
    rosters: list[tuple[int, frozenset[str]]]

    def members(self, at: int) -> frozenset[str]:
        """Who belonged to it at ``at``."""
        return [people for since, people in self.rosters if since <= at][-1]

    def members_between(self, start: int, end: int) -> set[str]:
        """Who belonged to it at any time of a week."""
        ends = [since for since, _ in self.rosters[1:]] + [end]
        spans = zip(self.rosters, ends, strict=True)
        return {
            user_id
            for (since, people), until in spans
            if since < end and until > start
            for user_id in people
        }

    def week(self, iso_week: str) -> Span:
        """A week from Monday to Monday, by the team's clocks."""
        monday = monday_of(iso_week)
        return instant(monday, 0, self.tz), instant(monday + 7 * DAY, 0, self.tz)


def monday_of(iso_week: str) -> date:
    """The first day of ``2026-W44``."""
    return datetime.strptime(f"{iso_week}-1", "%G-W%V-%u").date()  # noqa: DTZ007 - a date has no zone


@dataclass(frozen=True)
class Reached:
    """One contact, as the log has it."""

    author_id: str
    recipient_id: str
    at: int
    kind: str
    outcome: str
    tz: str


@dataclass(frozen=True)
class Week:
    """A team's week before anything is left out."""

    members: frozenset[tuple[str, bool, bool]]
    """Who, whether they took part, and whether they worked."""
    contacts: tuple[tuple[Reached, bool, bool], ...]
    """Each with: on a working day of the recipient; written by a leader of the team."""
    at_once: int
    """Messages to everyone at once that found somebody outside their hours, of everybody."""

    @property
    def population(self) -> frozenset[str]:
        """Whom figures are about."""
        return frozenset(user for user, enrolled, works in self.members if enrolled and works)


class Recount:
    """Counts everything again."""

    def __init__(self, sandbox, app, lives, crews, exempt):
        self.sandbox, self.app = sandbox, app
        self.lives, self.crews, self.exempt = lives, crews, exempt
        self.log: list[Reached] = []

    def read(self) -> None:
        """Read the log as it is by now."""
        self.log = self.reached()

    def week(self, crew: Crew, iso_week: str, now: int) -> Week:
        """One team's week, told at ``now`` by the hours people have then."""
        start, end = crew.week(iso_week)
        ids = crew.members_between(start, end)
        present = {each: self.lives[each] for each in ids if self.lives[each].gone_at is None}
        members = frozenset(
            (
                user_id,
                life.enrolled_at is not None and life.enrolled_at < end,
                life.hours(now).works_between(start, end),
            )
            for user_id, life in present.items()
        )
        contacts = tuple(
            (each, self._on_workday(each, present, now), each.author_id in crew.leads)
            for each in self.log
            if each.recipient_id in ids and start <= each.at < end
        )
        return Week(members, contacts, self._at_once(start, end))

    def _at_once(self, start: int, end: int) -> int:
        instants = [
            (channel, message, int(message.ts.split(".")[0]))
            for channel in self._seen()
            for message in channel.messages
            if "<!channel>" in message.text and not message.app_id
        ]
        return sum(
            start <= at < end
            and any(
                self.lives[user_id].is_counted(at) and self.lives[user_id].hours(at).is_outside(at)
                for user_id in channel.members
                if user_id in self.lives and user_id != message.user
            )
            for channel, message, at in instants
        )

    def _on_workday(self, each: Reached, present: dict[str, Life], now: int) -> bool:
        if each.recipient_id not in present:
            return False
        on = day_of(each.at, each.tz)
        span = instant(on, 0, each.tz), instant(on + DAY, 0, each.tz)
        return present[each.recipient_id].hours(now).works_between(*span)

    def reached(self) -> list[Reached]:
        """Every contact so far, by time."""
        urgent = set(self._declared_urgent())
        posted = [each for channel in self._seen() for each in self._of_channel(channel, urgent)]
        return sorted([*posted, *self._held()], key=lambda each: (each.at, each.recipient_id))

    def _seen(self):
        """The conversations the bot is in."""
        channels = self.sandbox.workspace.channels.values()
        return [each for each in channels if self.app.bot_user_id in each.members]

    def _of_channel(self, channel, urgent: set[tuple[str, str]]) -> Iterator[Reached]:
        for message in channel.messages:
            if message.app_id or message.subtype:
                continue
            at = int(message.ts.split(".")[0])
            outcome = "urgent" if (channel.id, message.ts) in urgent else "breach"
            outcome = "exempt" if channel.id in self.exempt else outcome
            for user_id, kind in self._audience(channel, message, at).items():
                life = self.lives.get(user_id)
                if life and user_id != message.user and life.is_counted(at):
                    hours = life.hours(at)
                    if hours.is_outside(at):
                        yield Reached(message.user, user_id, at, kind, outcome, hours.tz)

    def _audience(self, channel, message, at: int) -> dict[str, str]:
        """Whom a message reaches and how; who is reached in two ways counts in the first."""
        text = CODE.sub(" ", message.text)
        found = dict.fromkeys(PERSON.findall(text), "mention")
        for crew in self.crews:
            if crew.team_id in GROUP.findall(text):
                found = dict.fromkeys(crew.members(at), "group") | found
        if channel.kind == "mpim":
            found = dict.fromkeys(channel.members, "group_dm") | found
        if message.thread_ts and message.thread_ts != message.ts:
            earlier = (
                each.user
                for each in channel.messages
                if each.ts == message.thread_ts
                or (each.thread_ts == message.thread_ts and each.ts < message.ts)
            )
            found = dict.fromkeys(earlier, "thread") | found
        return found

    def _declared_urgent(self) -> Iterator[tuple[str, str]]:
        """Channel and ts of messages whose author said in a modal that they were urgent."""
        for delivery in self.sandbox.deliveries:
            view = delivery.payload.get("view") or {}
            if delivery.kind == "view_submission" and view["callback_id"] == "flag_urgent_reason":
                about = json.loads(view["private_metadata"])
                yield about["channel_id"], about["ts"]

    def _held(self) -> Iterator[Reached]:
        """Messages written with /later to one person who was not at work."""
        for delivery in self.sandbox.deliveries:
            if delivery.kind != "command" or delivery.payload["command"] != "/later":
                continue
            author_id, at = delivery.payload["user_id"], round(delivery.at.timestamp())
            (user_id,) = PERSON.findall(delivery.payload["text"])
            life = self.lives[user_id]
            if life.is_counted(at) and not life.hours(at).is_working(at):
                tz = life.hours(at).tz
                yield Reached(author_id, user_id, at, "dm", "averted", tz)
