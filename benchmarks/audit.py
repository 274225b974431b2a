"""The audit of an export of a million messages, against reading the same files with orjson.

2,000 people in 40 zones write for a year in 100 channels. The peer only parses: `orjson.loads` of
every day file. We parse, judge each message and mention by its person's own hours, count, release,
and write the JSON and the page. Peak memory is that of a process which does the audit alone.
"""

import argparse
import json
import random
import resource
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import orjson

from benchmarks.measure import Claim, interleaved
from bot.digest.page import page
from bot.slack.auditing import audit, choose
from bot.slack.export import open_export

MESSAGES = 1_000_000
PEOPLE = 2_000
CHANNELS = 100
DAYS = 365
ROUNDS = 3
FIRST_ON = date(2025, 6, 1)
ZONES = (
    *("America/Los_Angeles", "America/Denver", "America/Chicago", "America/New_York"),
    *("America/Sao_Paulo", "America/Bogota", "America/Mexico_City", "America/Toronto"),
    *("America/Halifax", "America/St_Johns", "America/Santiago", "America/Lima"),
    *("Europe/London", "Europe/Lisbon", "Europe/Dublin", "Europe/Madrid", "Europe/Paris"),
    *("Europe/Berlin", "Europe/Vienna", "Europe/Warsaw", "Europe/Athens", "Europe/Helsinki"),
    *("Europe/Kyiv", "Europe/Istanbul", "Africa/Cairo", "Africa/Lagos", "Africa/Nairobi"),
    *("Africa/Johannesburg", "Asia/Dubai", "Asia/Kolkata", "Asia/Kathmandu", "Asia/Singapore"),
    *("Asia/Shanghai", "Asia/Tokyo", "Asia/Seoul", "Asia/Manila", "Australia/Perth"),
    *("Australia/Adelaide", "Australia/Sydney", "Pacific/Auckland"),
)
WORDS = ("review", "draft", "numbers", "next", "week", "when", "the", "is", "done", "we", "could")
DAY_S = 86_400
MIB = 1024 * 1024


def generate(folder: Path, messages: int) -> None:
    """Write an export in Slack's layout, each message with the fields a real one has."""
    rng = random.Random(20260101)  # noqa: S311 - the same export in every run
    ids = [f"U{number:08d}" for number in range(PEOPLE)]
    names = [f"channel-{number:03d}" for number in range(CHANNELS)]
    users = [_user(user_id, ZONES[number % len(ZONES)]) for number, user_id in enumerate(ids)]
    (folder / "users.json").write_bytes(orjson.dumps(users))
    channels = [{"id": f"C{number:08d}", "name": name} for number, name in enumerate(names)]
    (folder / "channels.json").write_bytes(orjson.dumps(channels))
    files = CHANNELS * DAYS
    for number, name in enumerate(names):
        (folder / name).mkdir()
        for day in range(DAYS):
            index = number * DAYS + day
            count = messages * (index + 1) // files - messages * index // files
            on = FIRST_ON + timedelta(day)
            records = list(_day(rng, on, count, ids))
            (folder / name / f"{on}.json").write_bytes(orjson.dumps(records))


def _user(user_id: str, tz: str) -> dict[str, Any]:
    return {"id": user_id, "name": user_id.lower(), "deleted": False, "is_bot": False, "tz": tz}


def _day(rng: random.Random, on: date, count: int, ids: list[str]) -> Iterator[dict[str, Any]]:
    midnight = int(datetime(on.year, on.month, on.day, 8, tzinfo=UTC).timestamp())
    for at in sorted(rng.randrange(midnight, midnight + DAY_S) for _ in range(count)):
        user_id = rng.choice(ids)
        said = " ".join(rng.choices(WORDS, k=rng.randrange(4, 24)))
        if rng.random() < 0.2:  # noqa: PLR2004 - every fifth message mentions somebody
            said = f"<@{rng.choice(ids)}> {said}"
        ts = f"{at}.{rng.randrange(1_000_000):06d}"
        yield _record(user_id, said, ts)


def _record(user_id: str, said: str, ts: str) -> dict[str, Any]:
    element = {"type": "rich_text_section", "elements": [{"type": "text", "text": said}]}
    return {
        "client_msg_id": f"00000000-0000-4000-8000-{ts.replace('.', '')[-12:]}",
        "type": "message",
        "text": said,
        "user": user_id,
        "ts": ts,
        "blocks": [{"type": "rich_text", "block_id": "b", "elements": [element]}],
        "team": "T00000000",
        "user_team": "T00000000",
        "source_team": "T00000000",
        "user_profile": {
            "avatar_hash": "0123456789ab",
            "image_72": "https://example.com/72.png",
            "first_name": "First",
            "real_name": "First Last",
            "display_name": "first",
            "team": "T00000000",
            "name": user_id.lower(),
            "is_restricted": False,
            "is_ultra_restricted": False,
        },
    }


def whole_audit(folder: Path) -> int:
    """Everything `offhours audit --json --html` does; the number of messages judged."""
    done = audit(open_export(folder), choose(hours="mon-fri 9-18"), name="generated")
    json.dumps(done.document)
    page(done.shown)
    judged: int = done.document["messages"]["with_zone"]
    return judged


def parse_alone(folder: Path) -> None:
    """What the peer does."""
    for path in folder.rglob("*.json"):
        orjson.loads(path.read_bytes())


def peak_mib(folder: Path) -> float:
    """Peak memory of a process that audits ``folder`` and nothing else."""
    command = [sys.executable, "-m", "benchmarks.audit", "--memory", str(folder)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)  # noqa: S603 - ourselves
    return float(done.stdout)


def claims(messages: int = MESSAGES, rounds: int = ROUNDS) -> list[Claim]:
    """Generate, measure, and clean up."""
    with tempfile.TemporaryDirectory(prefix="offhours-bench-") as name:
        folder = Path(name)
        generate(folder, messages)
        if whole_audit(folder) != messages:
            raise SystemExit("the audit did not judge every message that was generated")
        timed = interleaved(lambda: whole_audit(folder), lambda: parse_alone(folder), rounds)
        memory = peak_mib(folder)
    return [
        Claim(
            f"audit of {messages:,} messages",
            round(timed.ratio(), 2),
            "<= 3",
            f"orjson.loads {orjson.__version__} over the same files",
            round(statistics.median(timed.ours), 2),
            round(statistics.median(timed.theirs), 2),
            "s",
        ),
        Claim(
            f"peak memory of that audit, against {LIMIT_MIB} MiB",
            round(memory / LIMIT_MIB, 2),
            "<= 1",
            f"{LIMIT_MIB} MiB",
            round(memory, 1),
            LIMIT_MIB,
            "MiB",
        ),
    ]


LIMIT_MIB = 286.0
"""300 MB in MiB, rounded down."""


def main() -> None:
    """Print the claims; with ``--memory``, audit a folder and print the peak in MiB."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--memory", type=Path)
    parser.add_argument("--messages", type=int, default=MESSAGES)
    asked = parser.parse_args()
    if asked.memory:
        whole_audit(asked.memory)
        print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / MIB)
        return
    for claim in claims(asked.messages):
        print(claim)


if __name__ == "__main__":
    main()
