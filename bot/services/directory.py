"""The compiled people of every workspace, in memory, fresh to about a second.

A workspace is loaded on first use. Every change counts its version up in the same transaction;
`refresh` compares the counter and reloads the people that changed since. Judging an event thus
touches no database.
"""

import asyncio
import time
from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass, field

from bot.domain import notation
from bot.domain.availability import Availability, Pattern, Timeline
from bot.domain.contact import Person, UrgentReason
from bot.domain.instants import Clock, epoch
from bot.domain.policy import Policy, changed
from bot.domain.rota import Rota
from bot.domain.schedule import parse_region
from bot.domain.silence import SCOPES, Level, chosen
from bot.errors import StorageDown
from bot.storage import (
    audiences,
    grants,
    hints,
    people,
    policies,
    rotas,
    silences,
    urgents,
    workspaces,
)
from bot.storage.audiences import ThreadKey
from bot.storage.database import Database, Transaction
from bot.storage.hints import Pair
from bot.storage.people import PersonRow

THREADS_KEPT = 20_000
THREAD_FRESH_S = 10
"""Another replica may have seen somebody in the thread meanwhile."""

WORKSPACES_KEPT = 200

URGENT_LASTS_S = 3_600
"""What an author adds within the hour belongs to what they declared urgent."""


@dataclass(slots=True)
class Place:
    """One workspace in memory. ``rows`` are as stored, ``people`` are compiled on first use."""

    workspace_id: str
    bot_user_id: str
    version: int = -1
    policy: Policy = field(default_factory=Policy)
    rows: dict[str, PersonRow] = field(default_factory=dict)
    people: dict[str, Person] = field(default_factory=dict)
    groups: dict[str, tuple[str, ...]] = field(default_factory=dict)
    conversations: dict[str, tuple[str, ...]] = field(default_factory=dict)
    scopes: dict[str, frozenset[str]] = field(default_factory=dict)
    rotas: tuple[Rota, ...] = ()
    urgents: dict[Pair, tuple[int, UrgentReason]] = field(default_factory=dict)
    silent_hints: dict[Pair, int] = field(default_factory=dict)
    nobodies: set[str] = field(default_factory=set)
    refused: dict[str, dict[Level, str]] = field(default_factory=dict)

    def knows(self, user_id: str) -> bool:
        """Whether there is no need to ask Slack who this is.

        ``nobodies`` are those of whom it said nothing when asked within the last hour.
        """
        return user_id in self.rows or user_id in self.nobodies or user_id == self.bot_user_id

    def on_call(self, user_id: str, at: int) -> bool:
        """Whether a team's rota has this person on call."""
        return any(rota.on_call(at) == user_id for rota in self.rotas)

    def urgent(self, author_id: str, recipient_id: str, at: int) -> UrgentReason | None:
        """The reason this author gave to this person within the last hour before ``at``."""
        declared_at, reason = self.urgents.get((author_id, recipient_id), (0, None))
        return reason if declared_at <= at <= declared_at + URGENT_LASTS_S else None

    def levels(self, user_id: str) -> frozenset[Level]:
        """What is done for this person while they are off: chosen, allowed, and not refused."""
        row = self.rows.get(user_id)
        if row is None or row.enrolled_at is None or row.is_deleted:
            return frozenset()
        allowed = self.scopes.get(user_id, frozenset())
        refused = self.refused.get(user_id, {})
        return frozenset(
            level
            for level in chosen(row.choices)
            if SCOPES[level] <= allowed and level not in refused
        )

    def is_silenced(self, user_id: str) -> bool:
        """Whether this person's notifications are snoozed outside their hours."""
        return Level.SILENCE in self.levels(user_id)

    def hint_is_silent(self, author_id: str, recipient_id: str, at: int) -> bool:
        """Whether hints between these two were *not useful*, and so are not given now."""
        return self.silent_hints.get((author_id, recipient_id), 0) > at


def pattern_of(row: PersonRow, policy: Policy) -> Pattern:
    """What repeats in a person's weeks, their own hours or else the organisation's.

    Another organisation's people have the default hours in their zone and nothing else of ours.
    """
    if row.is_foreign:
        return Pattern(row.tz, policy.default_hours)
    own = row.weekly is not None
    return Pattern(
        tz=row.tz,
        weekly=notation.parse_weekly(row.weekly)
        if row.weekly is not None
        else policy.default_hours,
        quiet_windows=tuple(notation.parse_quiet_window(rule) for rule in row.quiet),
        region=parse_region(row.region) if row.region else None,
        works_holidays=row.works_holidays,
        organisation_quiet=policy.quiet_hours,
        organisation_quiet_locked=policy.quiet_hours_locked,
        own_hours=own,
    )


def availability_of(row: PersonRow, policy: Policy) -> Availability:
    """A person's whole calendar as stored."""
    return Availability(pattern_of(row, policy), row.out_of_office, row.overrides)


class Directory:
    """Workspaces by id; see the module's text."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._places: OrderedDict[str, Place] = OrderedDict()
        self._loading: dict[str, asyncio.Lock] = {}
        self._threads: OrderedDict[ThreadKey, tuple[float, set[str]]] = OrderedDict()
        self._seen: dict[ThreadKey, set[str]] = {}

    def now(self) -> int:
        """The people's time, in epoch seconds."""
        return epoch(self._clock.now())

    async def place(self, workspace_id: str) -> Place | None:
        """The workspace, loaded if need be; None when the app is not installed there."""
        found = self._places.get(workspace_id)
        if found is not None:
            self._places.move_to_end(workspace_id)
            return found
        async with self._loading.setdefault(workspace_id, asyncio.Lock()):
            if workspace_id not in self._places:
                await self._load(workspace_id)
        return self._places.get(workspace_id)

    async def installed(self, workspace_id: str) -> Place:
        """The workspace of somebody who used the app, so it is there.

        Raises:
            LookupError: it is not.
        """
        found = await self.place(workspace_id)
        if found is None:
            raise LookupError(workspace_id)
        return found

    def loaded(self, workspace_id: str) -> Place:
        """The workspace of the request being answered, which is in memory.

        Raises:
            LookupError: it is not.
        """
        return self._places[workspace_id]

    def person(self, place: Place, user_id: str) -> Person | None:
        """Somebody compiled; None for people Slack did not name, bots and deleted accounts."""
        found = place.people.get(user_id)
        if found is not None:
            return found
        row = place.rows.get(user_id)
        if row is None or row.is_bot or row.is_deleted:
            return None
        person = Person(
            user_id=user_id,
            name=row.name,
            tz=row.tz,
            enrolled=row.enrolled_at is not None and not row.is_foreign,
            timeline=Timeline(availability_of(row, place.policy), self.now()),
            choices=row.choices,
            is_foreign=row.is_foreign,
        )
        place.people[user_id] = person
        return person

    def timelines(self, place: Place, user_ids: Iterable[str]) -> list[Timeline]:
        """The calendars of those who are known; unknown people are left out."""
        found = (self.person(place, user_id) for user_id in user_ids)
        return [person.timeline for person in found if person is not None]

    async def refresh(self, workspace_id: str | None = None) -> None:
        """Reload what changed, in one workspace or in every loaded one."""
        wanted = list(self._places) if workspace_id is None else [workspace_id]
        async with self._database.reading() as tx:
            versions = await workspaces.versions(tx)
        for known in wanted:
            place = self._places.get(known)
            if place is None:
                continue
            if known not in versions:  # the app was removed
                self._places.pop(known, None)
            elif versions[known] != place.version:
                await self._reload(place)

    async def _reload(self, place: Place) -> None:
        # One at a time, each with a view of its own: an older view must not overwrite a newer one.
        async with (
            self._loading.setdefault(place.workspace_id, asyncio.Lock()),
            self._database.reading() as tx,
        ):
            version = await workspaces.version(tx, place.workspace_id)
            if version is not None and version != place.version:
                await self._update(tx, place, version)

    async def _load(self, workspace_id: str) -> None:
        async with self._database.reading() as tx:
            bot_user_id = await workspaces.bot_user(tx, workspace_id)
            version = await workspaces.version(tx, workspace_id)
            if bot_user_id is None or version is None:
                return
            place = Place(workspace_id, bot_user_id)
            await self._update(tx, place, version)
        self._places[workspace_id] = place
        while len(self._places) > WORKSPACES_KEPT:
            self._places.popitem(last=False)

    async def _update(self, tx: Transaction, place: Place, version: int) -> None:
        stored = await policies.current(tx, place.workspace_id)
        policy = Policy()
        if stored is not None:
            policy = changed(Policy(version=stored.version), stored.document)
        if policy != place.policy:
            place.people.clear()
            place.policy = policy
        for row in await people.changed_since(tx, place.workspace_id, place.version):
            place.rows[row.user_id] = row
            place.people.pop(row.user_id, None)
        place.groups, place.conversations = await audiences.memberships(tx, place.workspace_id)
        place.scopes = await grants.all_scopes(tx, place.workspace_id)
        place.rotas = await rotas.in_force(tx, place.workspace_id)
        place.silent_hints = await hints.silent_until(tx, place.workspace_id)
        place.refused = await silences.refused(tx, place.workspace_id)
        recent_at = self.now() - URGENT_LASTS_S
        place.urgents = await urgents.declared_since(tx, place.workspace_id, recent_at)
        place.version = version

    async def thread(self, key: ThreadKey) -> set[str]:
        """Who was seen in a thread; the caller may not change the set."""
        read_at, found = self._threads.get(key, (0.0, set()))
        if not read_at or time.monotonic() - read_at > THREAD_FRESH_S:
            async with self._database.reading() as tx:
                found = set(await audiences.thread(tx, key)) | self._seen.get(key, set())
            self._threads[key] = (time.monotonic(), found)
            while len(self._threads) > THREADS_KEPT:
                self._threads.popitem(last=False)
        self._threads.move_to_end(key)
        return found

    def seen_in_thread(self, key: ThreadKey, user_id: str) -> None:
        """Somebody wrote in a thread; written to disk by `flush_threads`."""
        if key in self._threads:
            self._threads[key][1].add(user_id)
        self._seen.setdefault(key, set()).add(user_id)

    async def flush_threads(self) -> int:
        """Write down who was seen where. Returns the number of threads."""
        seen, self._seen = self._seen, {}
        if not seen:
            return 0
        try:
            async with self._database.transaction() as tx:
                await audiences.remember_threads(tx, seen, self.now())
        except StorageDown:
            for key, users in seen.items():
                self._seen.setdefault(key, set()).update(users)
            raise
        return len(seen)
