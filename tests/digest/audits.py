"""Short ways to audit something, shared by the tests of the audit."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from bot.digest.audit import Audit
from bot.digest.audit_facts import Account, Conversation, Record
from bot.digest.audit_figures import figures
from bot.digest.audit_people import Choices, workforce
from bot.digest.audit_release import Shown, shown
from bot.domain.notation import parse_weekly

PEOPLE = 14
DAY_S = 86_400
WEEK = parse_weekly("mon-fri 9-18")
CHOICES = Choices(WEEK)


def at(text: str) -> float:
    """Epoch seconds of an instant written in UTC."""
    return datetime.fromisoformat(f"{text}+00:00").astimezone(UTC).timestamp()


def message(user: str | None, ts: float, text: str = "", **fields: Any) -> Record:
    return Record(type="message", user=user, ts=ts, text=text, **fields)


def counted(
    accounts: Iterable[Account],
    channels: Mapping[str, Iterable[Record]],
    choices: Choices = CHOICES,
) -> tuple[dict[str, Any], Shown]:
    """The exact figures and what is shown, of one day file per channel."""
    everybody = workforce(accounts, choices)
    audit = Audit(everybody, choices)
    for name, records in channels.items():
        audit.begin(name, Conversation.CHANNEL)
        audit.add(f"{name}/day.json", list(records))
    tallies = audit.tallies
    return (
        figures(tallies, everybody, choices, export="made up"),
        shown(tallies, everybody, choices, export="made up"),
    )


def sample() -> Shown:
    """Fourteen people over ten weeks who write, are mentioned and work late, some less."""
    records: list[Record] = []
    for week in range(10):
        for n in range(PEOPLE):
            if (week + n) % (2 + n % 4):
                start = at("2026-01-07T10:00:00") + 7 * DAY_S * week + n
                target = f"<@U{(n + week) % PEOPLE}>"
                records += [
                    message(f"U{n}", start, "<!here> all"),
                    message(f"U{n}", start + 10 * 3600, target),
                    message(f"U{n}", start + 11 * 3600, target, thread_ts=1.0),
                ]
    people = [Account(f"U{n}", name=f"p{n}", tz="Europe/Lisbon") for n in range(PEOPLE)]
    teams = {"Design & <co>": tuple(f"p{n}" for n in range(PEOPLE))}
    days = {'<script>alert("x")</script>': sorted(records, key=lambda each: each.ts)}
    _, told = counted(
        [*people, Account("UX", is_bot=True), Account("UY")], days, Choices(WEEK, teams=teams)
    )
    return told
