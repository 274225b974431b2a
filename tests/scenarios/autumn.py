"""An organisation of forty people on five clocks, and what they do in thirteen weeks of autumn.

From Monday 7 September to Sunday 6 December 2026: the clocks change in Sydney on 4 October, in
Europe on 25 October and in New York on 1 November. Everything that is random is drawn from one
seed, and everything that is set is written down in `tests.scenarios.recount` terms as well.
"""

import random
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from tests.scenarios.recount import DAY, Crew, Hours, Life

FIRST_ON = date(2026, 9, 7)
WEEKS = [f"2026-W{number}" for number in range(37, 50)]
BUSY = (1, 1, 1.4, 0.6, 1, 2.2, 2, 0.3, 0, 1, 1, 1.5, 0.8)
"""How much is written in each week; nothing at all in one of them."""

PER_WEEK = 72
AUSTRIA = frozenset({date(2026, 10, 26), date(2026, 11, 1), date(2026, 12, 8)})
PORTUGAL = frozenset({date(2026, 10, 5), date(2026, 11, 1), date(2026, 12, 1), date(2026, 12, 8)})
AMERICA = frozenset({date(2026, 9, 7), date(2026, 10, 12), date(2026, 11, 11), date(2026, 11, 26)})


def minutes(*spans):
    """``(9, 17.5)`` as minutes of a day."""
    return tuple((int(start * 60), int(end * 60)) for start, end in spans)


NINE = minutes((9, 17))
SPLIT = minutes((8, 12.5), (13, 17))
LATE = minutes((18, 26.5))
MORNING = minutes((8, 13))
OFFICE = (NINE,) * 5 + ((), ())
NIGHTS = ((), (), LATE, LATE, LATE, LATE, ())

KINDS = (
    ("mon-fri 9-17", "AT", Hours("Europe/Vienna", OFFICE, AUSTRIA)),
    (
        "mon-thu 8-12:30, 13-17; fri 8-13",
        "AT",
        Hours("Europe/Vienna", (SPLIT,) * 4 + (MORNING, (), ()), AUSTRIA),
    ),
    ("mon-fri 9-17", "US", Hours("America/New_York", OFFICE, AMERICA)),
    ("wed-sat 18:00-02:30", "AT", Hours("Europe/Vienna", NIGHTS, AUSTRIA)),
    ("mon-fri 9-17", "", Hours("Australia/Sydney", OFFICE)),
    ("mon-fri 9-17", "PT", Hours("Europe/Lisbon", OFFICE, PORTUGAL)),
    ("wed-sat 18:00-02:30", "US", Hours("America/New_York", NIGHTS, AMERICA)),
    ("mon-fri 9-17", "US working", Hours("America/New_York", OFFICE)),
    ("mon-sat 9-17", "", Hours("Asia/Kolkata", (NINE,) * 6 + ((),))),
)
TEAMS = (
    ("harbour", "Europe/Vienna", range(16)),
    ("bridge", "America/New_York", range(16, 28)),
    ("ferry", "Australia/Sydney", range(27, 36)),
    ("dock", "Europe/Lisbon", range(4)),
)
"""Handle, zone and people; one person is in two teams, and *dock* is too small for figures."""


class Autumn:
    """The organisation: everything people do goes through the sandbox and is written down."""

    def __init__(self, office, seed=2026):
        self.office, self.sandbox = office, office.sandbox
        self.random = random.Random(seed)
        self.people, self.lives, self.crews = [], {}, []

    # Setting up

    async def open(self):
        """Everybody arrives on the first Monday and says when they work."""
        self.set(datetime(2026, 9, 7, 1, 0, tzinfo=UTC))
        self.admin = self.sandbox.add_user("admin", "UTC", is_admin=True)
        for _ in range(36):
            self.add_person()
        await self.office.settle()
        everybody = [*self.people, self.admin, self.office.app]
        self.rooms = [self.sandbox.add_channel(f"room{n}", everybody) for n in range(4)]
        self.incidents = self.sandbox.add_channel("incidents", everybody)
        self.hidden = self.sandbox.add_channel("hidden", everybody[:-1])
        self.groups = [
            self.sandbox.dm(*(self.people[n] for n in members), self.office.app)
            for members in ((0, 17), (3, 8, 20), (16, 28, 30), (5, 33))
        ]
        for handle, tz, numbers in TEAMS:
            await self._open_team(handle, tz, [self.people[n] for n in numbers])
        await self.admin.command("/boundaries", "admin exempt #incidents")
        for number, person in enumerate(self.people):
            if number % 12 != 11:
                await self.enrol(person)
        await self.office.settle()

    def set(self, at):
        """Turn the clock."""
        self.office.clock.set(at)

    @property
    def now(self):
        """The clock, in epoch seconds."""
        return round(self.office.clock.now().timestamp())

    def add_person(self):
        """One more, with the next kind of hours."""
        number = len(self.people)
        hours = KINDS[number % len(KINDS)][2]
        person = self.sandbox.add_user(f"crew{number}", hours.tz)
        self.people.append(person)
        # Until they choose, nothing of theirs is counted.
        self.lives[person.id] = Life([(0, hours)])
        return person

    async def _open_team(self, handle, tz, members):
        room = self.sandbox.add_channel(f"{handle}-week", [members[0], self.office.app, self.admin])
        group = self.sandbox.add_usergroup(handle, handle.title(), members)
        await self.office.settle()
        lead = members[1]
        text = f"team add @{handle} #{room.name} lead @{lead.name} tz {tz}"
        answer = await self.admin.command("/boundaries", text)
        assert "is added" in answer.text, answer.text
        ids = frozenset(person.id for person in members)
        crew = Crew(group.id, group.name, room.id, tz, frozenset({lead.id}), [(self.now, ids)])
        self.crews.append(crew)

    async def enrol(self, person):
        """They say when they work and on which holidays they do not."""
        weekly, region, _ = KINDS[self.people.index(person) % len(KINDS)]
        await self.say(person, "/hours", f"set {weekly}")
        if region:
            await self.say(person, "/hours", f"holidays {region}")
        self.lives[person.id].enrolled_at = self.now

    async def say(self, person, command, text):
        """A command that must be understood."""
        answer = await person.command(command, text)
        assert answer.status == 200, (text, answer)
        return answer

    # What happens on the way

    def turns(self):
        """What the test does to the organisation, by instant."""
        at = lambda month, day, hour=3: datetime(2026, month, day, hour, 17, tzinfo=UTC)  # noqa: E731 - a table reads better
        return [
            (at(9, 16), self.joins, "harbour"),
            (at(9, 22), self.takes_leave, 2, date(2026, 9, 28), date(2026, 10, 9)),
            (at(9, 30), self.leaves_team, "bridge", 20),
            (at(10, 6), self.likes_lunch, 9),
            (at(10, 7), self.takes_leave, 30, date(2026, 10, 19), date(2026, 10, 23)),
            (at(10, 14), self.joins, "ferry"),
            (at(10, 20), self.leaves_company, 13),
            (at(10, 27), self.moves_to_lisbon, 18),
            (at(10, 29), self.enrols_late, 11),
            (at(11, 4), self.joins, "bridge"),
            (at(11, 5), self.works_other_hours, 0),
            (at(11, 12), self.joins_team, "ferry", 5),
            (at(11, 17), self.leaves_company, 25),
            (at(11, 18), self.joins, "harbour"),
        ]

    def _crew(self, handle):
        return next(crew for crew in self.crews if crew.name == handle.title())

    def _regroup(self, handle, ids):
        crew = self._crew(handle)
        crew.rosters.append((self.now, frozenset(ids)))
        group = self.sandbox.workspace.usergroups[crew.team_id]
        members = [person for person in self.people if person.id in ids]
        self.sandbox.set_usergroup(group, members)

    async def joins(self, handle):
        """Somebody new, who says their hours on the first day."""
        person = self.add_person()
        await self.office.settle()
        for room in (*self.rooms, self.incidents, self.hidden):
            await person.join(room)
        await self.enrol(person)
        await self.joins_team(handle, len(self.people) - 1)

    async def joins_team(self, handle, number):
        """Somebody who is there already."""
        self._regroup(handle, self._crew(handle).members(self.now) | {self.people[number].id})

    async def leaves_team(self, handle, number):
        """They stay with the company."""
        self._regroup(handle, self._crew(handle).members(self.now) - {self.people[number].id})

    async def leaves_company(self, number):
        """Their account is closed, and the groups forget them."""
        person = self.people[number]
        await person.deactivate()
        self.lives[person.id].gone_at = self.now
        for crew in self.crews:
            if person.id in crew.members(self.now):
                self._regroup(crew.name.lower(), crew.members(self.now) - {person.id})

    async def takes_leave(self, number, first, last):
        """Days off, the last one included."""
        person = self.people[number]
        await self.say(person, "/hours", f"off {first} - {last}")
        days = frozenset(first + n * DAY for n in range((last - first).days + 1))
        self.lives[person.id].change(self.now, off=days)

    async def likes_lunch(self, number):
        """A quiet window inside the day."""
        person = self.people[number]
        await self.say(person, "/quiet", "every weekday 12-13 lunch")
        self.lives[person.id].change(self.now, lunch=(12 * 60, 13 * 60))

    async def moves_to_lisbon(self, number):
        """The profile's zone changes, the hours stay the same on the wall."""
        await self.people[number].set_tz("Europe/Lisbon")
        self.lives[self.people[number].id].change(self.now, tz="Europe/Lisbon")

    async def works_other_hours(self, number):
        """Other hours in the middle of a week: the past is told by what holds now."""
        person = self.people[number]
        await self.say(person, "/hours", "set mon-thu 7-12")
        early = (((7 * 60, 12 * 60),),) * 4 + ((), (), ())
        self.lives[person.id].change(self.now, week=early)

    async def enrols_late(self, number):
        """Somebody who had ignored the welcome for weeks."""
        await self.enrol(self.people[number])

    # Writing

    def instants(self):
        """When something is written: all different, none on a full hour, and by time."""
        drawn = {}
        for number, factor in enumerate(BUSY):
            for _ in range(round(PER_WEEK * factor)):
                author = self.random.randrange(len(self.people))
                on = FIRST_ON + timedelta(
                    weeks=number, days=self.random.choice((0, 1, 2, 2, 3, 3, 4, 5, 6))
                )
                wall = datetime(on.year, on.month, on.day, tzinfo=ZoneInfo(self.people[author].tz))
                second = self.random.randrange(7 * 3600, 23 * 3600) // 2 * 2 + 1
                drawn[(wall + timedelta(seconds=second)).astimezone(UTC)] = author
        return sorted(drawn.items())

    async def write(self, number):
        """One of the crew writes something."""
        author = self.people[number]
        if author.deleted:
            return
        act = self.random.choices(
            (self.mentions, self.replies, self.whole_group, self.holds, self.in_group_dm, self.aside),
            (52, 16, 3, 12, 9, 8),
        )[0]  # fmt: skip
        await act(author)

    def others(self, author, count):
        """Some of the people who are still here."""
        here = [each for each in self.people if each is not author and not each.deleted]
        return self.random.sample(here, count)

    async def mentions(self, author):
        """One to three people by name; now and then it is urgent."""
        named = " ".join(f"@{each.name}" for each in self.others(author, self.random.randint(1, 3)))
        room = self.random.choice((*self.rooms, *self.rooms, self.incidents))
        message = await author.post(room, f"{named} what do you think?")
        if self.random.random() < 0.25:
            await self._call_urgent(author, message)

    async def _call_urgent(self, author, message):
        await self.office.settle()
        seen = self.sandbox.messages(message.channel_id, as_seen_by=author)
        for flag in reversed(seen):
            if flag.ephemeral and f"{message.channel_id}:{message.ts}" in str(flag.blocks):
                answer = await author.click(flag, "flag_urgent")
                await author.submit(answer.view, {"reason": "customer"})
                return

    async def replies(self, author):
        """In a thread of the last hours, if there is one."""
        room = self.random.choice(self.rooms)
        young = [
            each
            for each in room.messages[-6:]
            if not each.thread_ts and not each.subtype and self.now - float(each.ts) < 40_000
        ]
        thread_ts = young[-1].ts if young else None
        await author.post(room, "I can look at it", thread_ts=thread_ts)

    async def whole_group(self, author):
        """A user group by its handle."""
        handle = self.random.choice(("harbour", "bridge", "ferry"))
        await author.post(self.random.choice(self.rooms), f"@{handle} who is in tomorrow?")

    async def holds(self, author):
        """With /later nobody is reached who is off."""
        (named,) = self.others(author, 1)
        await author.command("/later", f"@{named.name} when you are back")

    async def in_group_dm(self, author):
        """A group conversation the bot is in."""
        mine = [each for each in self.groups if author.id in each.members]
        if mine:
            await author.post(self.random.choice(mine), "a quick one")

    async def aside(self, author):
        """What is no contact: code, everybody at once, a place the bot cannot see, plain words."""
        (named,) = self.others(author, 1)
        room = self.random.choice(self.rooms)
        await self.random.choice(
            (
                lambda: author.post(room, f"run `notify @{named.name}` please"),
                lambda: author.post(room, "@channel lunch is here"),
                lambda: author.post(self.hidden, f"@{named.name} between us"),
                lambda: author.post(self.sandbox.dm(author, named), "hello"),
                lambda: author.post(room, "nobody in particular"),
            )
        )()
