"""The end of a campaign: the ledger against what can be seen in the workspace.

Delivered copies are counted over all conversations; what is held is read by its author, in the
window that `/later edit` opens. Only contacts have to be read in the bot's database.
"""

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from tests.chaos.acts import Acts, Post
from tests.chaos.ledger import Entry, Fate, Sight, Tally, fate, tallies
from tests.chaos.world import ARRIVAL, VIENNA, World

TOKEN = re.compile(r"note\d{5}note|\w+/p\d{16}")
HEADING = re.compile(r"week (\d+) of (\d+)")
NUMBERED = re.compile(r"^\d+\. ", re.MULTILINE)
WARM_UP = timedelta(weeks=2)


@dataclass(slots=True)
class Once:
    """Things that are to happen once each: how many were due, happened, are missing, came again."""

    due: int = 0
    done: int = 0
    lost: int = 0
    twice: int = 0

    def add(self, times: int) -> None:
        """One thing that was due and happened so many times."""
        self.due += 1
        self.done += times > 0
        self.lost += times == 0
        self.twice += max(0, times - 1)


@dataclass(slots=True)
class Findings:
    """What the audit found; ``wrong`` says in words what should not be.

    ``notices`` are what the bot says in direct messages of its own accord. Flags said again are no
    fault: a whisper cannot be read back. No more are the ``unseen``: copies too many in direct
    messages of authors who let the bot write there, but not read.
    """

    by_step: dict[str, Tally] = field(default_factory=dict)
    flags: Once = field(default_factory=Once)
    summaries: Once = field(default_factory=Once)
    contacts: Once = field(default_factory=Once)
    notices: Once = field(default_factory=Once)
    unseen: int = 0
    wrong: list[str] = field(default_factory=list)


async def audited(acts: Acts) -> Findings:
    """Everything compared; the bot has to be alive and at rest."""
    world, found = acts.world, Findings()
    fates = await _fates(acts)
    for entry, ended in fates.items():
        if ended is Fate.TWICE and entry.direct and world.is_blind(entry.author_id):
            found.unseen += 1
            fates[entry] = Fate.DELIVERED
    found.by_step = tallies(acts.entries, fates)
    found.wrong += [
        f"{fates[entry]}: {entry}"
        for entry in acts.entries
        if fates[entry] in (Fate.LOST, Fate.TWICE)
    ]
    for post in acts.posts:
        found.flags.add(_whispers(world, post))
    for team, weeks in _headings(world).items():
        for week in expected_weeks(world):
            found.summaries.add(weeks[week])
            if weeks[week] != 1:
                found.wrong.append(f"the summary of {team} for {week} came {weeks[week]} times")
    for (channel_id, text, on), times in _notices(world).items():
        found.notices.add(times)
        if times != 1:
            found.wrong.append(f"in {channel_id}, on {on}, {times} times: {text}")
    found.contacts, wrong = await _contacts(world, acts.posts, fates)
    found.wrong += wrong
    return found


async def _fates(acts: Acts) -> dict[Entry, Fate]:
    world = acts.world
    copies, back = _copies(world, acts.entries)
    held = await _held(world)
    now_s = world.now.timestamp()
    fates = {}
    for entry in acts.entries:
        texts = [text for text in (entry.token, entry.former) if text]
        sight = Sight(
            copies=sum(copies[text] for text in texts),
            stale=copies[entry.former] + back[entry.former] + held[entry.former],
            back=sum(back[text] for text in texts),
            held=sum(held[text] for text in texts),
            now_s=now_s,
        )
        fates[entry] = fate(entry, sight)
    return fates


def _copies(world: World, entries: Iterable[Entry]) -> tuple[Counter[str], Counter[str]]:
    """How often an app posted each text, and how often it gave it back to its author."""
    texts = {text: entry.author_id for entry in entries for text in (entry.token, entry.former)}
    own = {each.id: world.sandbox.dm(each, world.app).id for each in world.authors}
    copies: Counter[str] = Counter()
    back: Counter[str] = Counter()
    for channel in world.sandbox.workspace.channels.values():
        for message in channel.messages:
            if message.app_id is None:
                continue
            for text in set(TOKEN.findall(f"{message.text} {message.blocks}")) & texts.keys():
                (back if channel.id == own[texts[text]] else copies)[text] += 1
    return copies, back


async def _held(world: World) -> Counter[str]:
    """The texts that wait, as their authors read them."""
    found: Counter[str] = Counter()
    for author in world.authors:
        listed = await author.command("/later", "list")
        for number in range(1, len(NUMBERED.findall(listed.text)) + 1):
            opened = await author.command("/later", f"edit {number}")
            assert opened.view is not None, opened
            found.update(set(TOKEN.findall(str(opened.view.blocks))))
            await author.close_view(opened.view)
    return found


def _whispers(world: World, post: Post) -> int:
    """How many flags about one message Slack accepted."""
    value = f"{post.message.channel_id}:{post.message.ts}"
    said = (call for call in world.sandbox.calls_to("chat.postEphemeral") if call.response["ok"])
    return sum(value in str(call.params.get("blocks")) for call in said)


def _notices(world: World) -> Counter[tuple[str, str, date]]:
    """What the bot said in direct messages of its own accord, by conversation, text and day."""
    found: Counter[tuple[str, str, date]] = Counter()
    for person in (world.boss, *world.authors, *world.readers):
        channel = world.sandbox.dm(person, world.app)
        for message in channel.messages:
            if message.app_id and not TOKEN.search(f"{message.text} {message.blocks}"):
                on = datetime.fromtimestamp(float(message.ts), VIENNA).date()
                found[channel.id, message.text, on] += 1
    return found


def _headings(world: World) -> dict[str, Counter[str]]:
    """By team: the weeks of the summaries in its room."""
    found: dict[str, Counter[str]] = {}
    for team, room in world.team_rooms.items():
        texts = [each.text for each in room.messages if each.app_id is not None]
        weeks = (HEADING.search(text) for text in texts)
        found[team] = Counter(f"{week[2]}-{int(week[1]):02}" for week in weeks if week)
    return found


def expected_weeks(world: World) -> list[str]:
    """The weeks whose summary was due by now: each on the Monday after it at nine, in Vienna."""
    now = world.now.astimezone(VIENNA)
    monday = _monday(ARRIVAL.date()) + WARM_UP
    found = []
    while (due_on := monday + timedelta(weeks=1)) < now.date() or (
        due_on == now.date() and now.hour >= 9
    ):
        year, week, _ = monday.isocalendar()
        found.append(f"{year}-{week:02}")
        monday = due_on
    return found


def _monday(on: date) -> date:
    return on - timedelta(days=on.weekday())


async def _contacts(
    world: World, posts: Iterable[Post], fates: dict[Entry, Fate]
) -> tuple[Once, list[str]]:
    """Each flagged message counts once, and each held one that was not cancelled."""
    posted, held = await world.rows.contacts()
    once, wrong = Once(), []
    due = Counter((p.message.channel_id, p.message.ts, p.reader.id) for p in posts)
    for key in due | posted:
        once.add(posted[key])
        if posted[key] != due[key]:
            wrong.append(f"the contact {key} is counted {posted[key]} times, not {due[key]}")
            once.twice += due[key] == 0
    counted = (Fate.DELIVERED, Fate.HELD, Fate.RETURNED, Fate.TWICE)
    pairs = Counter(
        (entry.author_id, entry.reader_id)
        for entry, ended in fates.items()
        if entry.original is None and ended in counted
    )
    for pair in pairs | held:
        once.due += pairs[pair]
        once.done += min(pairs[pair], held[pair])
        once.lost += max(0, pairs[pair] - held[pair])
        once.twice += max(0, held[pair] - pairs[pair])
        if held[pair] != pairs[pair]:
            wrong.append(f"held contacts of {pair}: {held[pair]}, not {pairs[pair]}")
    return once, wrong
