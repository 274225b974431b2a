"""What may be published of a recounted week, by the rules of docs/decisions/0008 written again.

It shares no code with `bot.domain` or `bot.digest`; only the sentences are the bot's own.
"""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from itertools import combinations, pairwise
from zoneinfo import ZoneInfo

from bot.words import digest as words
from tests.scenarios.recount import DAY, Recount, monday_of

KINDS = ("mention", "group", "thread", "dm", "group_dm")
PARTS = ("night", "morning", "afternoon", "evening")
TIMES = [f"{day} {part}" for day in ("workday", "day off") for part in PARTS]
RANG = {"breach", "urgent"}
DAY_S, REST_S = 86_400, 39_600

Told = tuple[str, tuple[tuple[str, str | int], ...]]
"""A sentence and its figures."""


@dataclass(frozen=True)
class Count:
    """Capped counts per person of a population of ``people``, ``shared`` with other teams."""

    people: int
    shared: int
    each: tuple[int, ...]

    @property
    def total(self):
        """The capped sum."""
        return sum(self.each)

    @property
    def fineness(self):
        """2: every band, 1: two bands, 0: whether there was anything."""
        known = 5 * (1 + self.shared) + 3
        return 2 if self.people > known else 1 if 2 * self.people > known else 0

    @property
    def band(self):
        """The name of the band, "" for fewer than five people."""
        if self.people < 5:
            return ""
        if not self.total:
            return "none"
        mean = self.total / self.people
        fine = "under 1" if mean < 1 else "1–2" if mean < 2 else "2–4" if mean <= 4 else "over 4"
        return ("some", "under 2" if mean < 2 else "2 or more", fine)[self.fineness]

    @property
    def is_spread(self):
        """Five people or more, and nobody with more than 30 %."""
        return len(self.each) >= 5 and 10 * max(self.each) <= 3 * self.total

    @property
    def number(self):
        """The sum where it may be told, else None."""
        roomy = self.people >= 7 and 10 <= self.total <= 5 * self.people - 8
        return self.total if roomy and self.is_spread and not self.shared else None


class Publisher:
    """Tells one team's week as it may be told at ``now``."""

    def __init__(self, recount: Recount, crew, iso_week, now):
        self.recount, self.crew, self.iso_week, self.now = recount, crew, iso_week, now
        self.week = recount.week(crew, iso_week, now)
        self.people = self.week.population
        self.shared = self._shared(iso_week, self.people)
        self.rang = self._rang(self.week)

    def lines(self) -> list[Told]:
        """Every line in order; empty where there are too few people."""
        if len(self.people) < 5:
            return []
        told = (
            self._headline(),
            self._trend(),
            self._split_line(self._by_kind(), KINDS, words.KINDS, words.by_kind, words.mostly_kind),
            self._split_line(self._by_time(), TIMES, words.TIMES, words.by_time, words.mostly_time),
            self._averted(),
            self._urgent(),
            self._hints(),
            self._balance(),
            *self._nights(),
            self._coverage(),
        )
        return [line for line in told if line]

    # Counting

    def _shared(self, iso_week, people):
        others = [
            self.recount.week(crew, iso_week, self.now).population
            for crew in self.recount.crews
            if crew is not self.crew
        ]
        return frozenset(each for other in others if len(other) >= 5 for each in people & other)

    def _rang(self, week):
        return [
            (each, workday)
            for each, workday, _ in week.contacts
            if each.outcome in RANG and each.recipient_id in week.population
        ]

    def _count(self, contacts):
        received = Counter(each.recipient_id for each in contacts)
        capped = tuple(min(number, 5) for number in received.values())
        return Count(len(self.people), len(self.shared), capped)

    @property
    def whole(self):
        """What the headline is about."""
        return self._count(each for each, _ in self.rang)

    def _by_kind(self):
        return {kind: [each for each, _ in self.rang if each.kind == kind] for kind in KINDS}

    def _by_time(self):
        cells = {name: [] for name in TIMES}
        for each, workday in self.rang:
            hour = datetime.fromtimestamp(each.at, ZoneInfo(each.tz)).hour
            cells[f"{'workday' if workday else 'day off'} {PARTS[hour // 6]}"].append(each)
        return cells

    def _named(self, cells):
        """Cells that may be named and the sum of the rest; nothing where none may."""
        numbers = {key: self._count(each).number for key, each in cells.items()}
        named = {key: number for key, number in numbers.items() if number is not None}
        while named:
            rest = self._count(each for key in cells if key not in named for each in cells[key])
            if not rest.total or rest.number is not None:
                return named, rest.total
            # The smallest goes first, of two equal ones the later.
            least = min(named.values())
            del named[[key for key in named if named[key] == least][-1]]
        return {}, 0

    # Lines

    def _headline(self):
        band = self.whole.band
        shown = () if band in {"none", "some"} else ((words.PER_PERSON, band),)
        return words.HEADLINES[band], shown

    def _trend(self):
        before = []
        monday = monday_of(self.iso_week)
        for weeks in range(1, 5):
            year, number, _ = (monday - 7 * weeks * DAY).isocalendar()
            iso_week = f"{year}-W{number:02}"
            earlier = Publisher.__new__(Publisher)
            earlier.recount, earlier.crew, earlier.now = self.recount, self.crew, self.now
            earlier.week = self.recount.week(self.crew, iso_week, self.now)
            earlier.people = earlier.week.population
            earlier.shared = self._shared(iso_week, earlier.people)
            earlier.rang = self._rang(earlier.week)
            if len(earlier.people) >= 5:
                before.append(earlier.whole)
        went = _went(self.whole, before) if len(before) >= 2 else None
        return (words.DIRECTIONS[went], ()) if went else None

    def _split_line(self, cells, order, labels, sentence, mostly):
        named, rest = self._named(cells)
        if named:
            figures = [(labels[key], named[key]) for key in order if key in named]
            largest = max(named, key=named.__getitem__)
            told = sentence([label for label, _ in figures], largest)
            return told, (*figures, *([(words.REST, rest)] if rest else []))
        if self.whole.band not in {"1–2", "2–4", "2 or more", "over 4"}:
            return None
        largest = max(order, key=lambda key: self._count(cells[key]).total)
        return (mostly(largest), ()) if self._count(cells[largest]).is_spread else None

    def _averted(self):
        waited = self._count(
            each
            for each, _, _ in self.week.contacts
            if each.outcome == "averted" and each.recipient_id in self.people
        )
        return (words.averted(waited.number), ()) if waited.total else None

    def _urgent(self):
        cells = {
            outcome: [each for each, _ in self.rang if each.outcome == outcome]
            for outcome in ("urgent", "breach")
        }
        if not cells["urgent"]:
            return None
        named, _ = self._named(cells)
        return words.urgent(named.get("urgent")), ()

    def _balance(self):
        whole = self.whole
        if len(self.people) < 10 or self.shared or whole.band not in {"2–4", "over 4"}:
            return None
        counts = [*whole.each, *[0] * (len(self.people) - len(whole.each))]
        pairs = list(combinations(counts, 2))
        gini = sum(abs(a - b) for a, b in pairs) / (len(counts) * sum(counts))
        shares = [1 if a == b else min(a, b) / max(a, b) for a, b in pairs]
        even = sum(1 if share >= 0.95 else share for share in shares) / len(pairs)
        few = gini > 0.45 and even < 0.5
        return words.BALANCE["even" if gini <= 0.3 else "few" if few else "uneven"], ()

    def _nights(self):
        """How many nights stayed undisturbed, and how many left no eleven hours."""
        nights = kept = 0
        short = []
        for user_id in self.people:
            own = list(self._nights_of(user_id))
            nights += len(own)
            kept += sum(not rings for _, _, rings in own)
            short.append(min(5, sum(_longest(*night) < REST_S for night in own)))
        whole = self.whole
        if whole.band not in {"none", "some"} and nights:
            most = kept >= 0.8 * nights and whole.fineness == 2
            word = "most" if most else "more than half" if 2 * kept > nights else "half or less"
            yield words.NIGHTS[word], ()
        gaps = Count(len(self.people), len(self.shared), tuple(each for each in short if each))
        if gaps.band == "none":
            yield words.RESTED, ()
        elif gaps.band != "some":
            yield words.rest_gaps(gaps.number), ()

    def _nights_of(self, user_id):
        start, end = self.crew.week(self.iso_week)
        lowest, highest = start - 7 * DAY_S, end + 2 * DAY_S
        hours = self.recount.lives[user_id].hours(self.now)
        first = datetime.fromtimestamp(lowest, ZoneInfo(hours.tz)).date() - DAY
        last = datetime.fromtimestamp(highest, ZoneInfo(hours.tz)).date() + DAY
        rings = sorted(
            each.at
            for each in self.recount.log
            if each.recipient_id == user_id
            and each.outcome in RANG
            and start - 2 * DAY_S <= each.at < end
        )
        off_at = lowest
        for opens, closes in [*sorted(hours.working(first, last)), (highest, highest)]:
            for begin, finish in _cut(off_at, min(opens, highest)):
                if start < finish <= end:
                    yield begin, finish, [at for at in rings if begin <= at < finish]
            off_at = max(off_at, closes)

    def _hints(self):
        """Authors who were shown a hint; nobody of this autumn ever calls one not useful."""
        start, end = self.crew.week(self.iso_week)
        shown = {
            call.params["user"]
            for call in self.recount.sandbox.calls_to("chat.postEphemeral")
            if "flag_leave" in str(call.params["blocks"])
            and call.response.get("ok")
            and start <= call.at.timestamp() < end
        }
        if len(shown & self.people) < 5 or self.shared:
            return None
        return words.hints(0), ()

    def _coverage(self):
        enrolled = sum(took_part for _, took_part, _ in self.week.members)
        public = [
            each
            for each in self.recount.sandbox.workspace.channels.values()
            if each.kind == "channel"
        ]
        seen = sum(self.recount.app.bot_user_id in each.members for each in public)
        figures = (
            (words.PEOPLE, f"{enrolled} of {len(self.week.members)}"),
            (words.CHANNELS, f"{seen} of {len(public)}"),
        )
        if self.week.at_once:
            figures += ((words.AUDIENCES, self.week.at_once),)
        return words.coverage(dms_seen=False, hours_unknown=False), figures


def _cut(start, end):
    """Off time in nights: every 24 hours, a short last piece staying with the one before."""
    while end - start >= DAY_S + REST_S:
        yield start, start + DAY_S
        start += DAY_S
    if end - start >= REST_S:
        yield start, end


def _longest(start, end, rings):
    edges = [start, *rings, end]
    return max(later - earlier for earlier, later in pairwise(edges))


LOWS = {
    "none": 0,
    "some": 0,
    "under 1": 0,
    "under 2": 0,
    "1–2": 1,
    "2–4": 2,
    "2 or more": 2,
    "over 4": 4,
}
HIGHS = {
    "none": 0,
    "some": 5,
    "under 1": 1,
    "under 2": 2,
    "1–2": 2,
    "2–4": 4,
    "2 or more": 5,
    "over 4": 5,
}


def _went(now, before):
    """Lower, same or higher; by the rates in ordinary weeks, else by the bands alone."""
    bands = [each.band for each in before]
    if {now.band, *bands} <= {"1–2", "2–4"}:
        usual = sum(each.total / each.people for each in before) / len(before)
        rate = now.total / now.people
        return "lower" if rate < 0.8 * usual else "higher" if rate > 1.2 * usual else "same"
    if {now.band, *bands} == {"none"}:
        return "same"
    lows, highs = sum(LOWS[each] for each in bands), sum(HIGHS[each] for each in bands)
    if now.band == "none" or HIGHS[now.band] * len(bands) <= lows:
        return "lower"
    return "higher" if LOWS[now.band] * len(bands) >= highs else None
