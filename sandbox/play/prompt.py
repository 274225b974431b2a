"""After the play: the workspace stays open, and whoever watched can take a part."""

import asyncio
import re
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import timedelta

from sandbox.people import Person
from sandbox.play.acting import here, writes
from sandbox.play.stage import Stage
from sandbox.records import Channel, Message
from sandbox.screens import elements_of

HELP = (
    "Ana /hours                        what Ana’s week looks like; any command of the app",
    "Eli /later @Ana Good morning!     hold a message",
    "Eli posts #design @Ana are you there?",
    "Eli presses Leave it              a button of the last notice that has it",
    "Ana reads                         what the app wrote to her; `Ana reads #design` a channel",
    "clock +2h                         let time pass (m, h, d)",
    "people · help · quit",
)
LATEST = 5
UNITS = {"m": "minutes", "h": "hours", "d": "days"}


class NotUnderstood(Exception):
    """A line that means nothing; the text says why."""


class Prompt:
    """Reads lines and plays them."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self._told = {id(message) for message in self._all()}

    async def run(self) -> None:
        """Keep the workspace open: until the input ends, or for good when nobody types."""
        stage, narrator = self._stage, self._stage.narrator
        stage.sandbox.clock.run()
        narrator.note(
            f"The workspace stays open at {stage.sandbox.url} (clock: GET /sandbox/clock)"
        )
        narrator.note(f"and the bot at {stage.bot_url} (health: /healthz). Ctrl-C ends both.")
        if not (narrator.is_terminal and sys.stdin.isatty()):
            await asyncio.Event().wait()
        narrator.note("Take a part:")
        narrator.shows(HELP)
        async for line in _typed():
            if line.casefold() in {"quit", "exit"}:
                return
            try:
                await self.play(line)
            except (NotUnderstood, PermissionError) as error:
                narrator.tells(str(error))

    async def play(self, line: str) -> None:
        """One line.

        Raises:
            NotUnderstood: it means nothing.
            PermissionError: the person is not in that channel.
        """
        who, _, what = line.strip().partition(" ")
        if not who:
            return
        if act := {"help": self._help, "people": self._people, "clock": self._clock}.get(who):
            await act(what)
        else:
            await self._person(self._somebody(who), what)
        await self._stage.settle()
        self._news()

    async def _person(self, person: Person, what: str) -> None:
        verb, _, rest = what.strip().partition(" ")
        acts: dict[str, Callable[[Person, str], Awaitable[None]]] = {
            "posts": self._posts,
            "presses": self._presses,
            "reads": self._reads,
        }
        if verb.startswith("/"):
            answer = await person.command(verb, rest)
            text = self._stage.reader.plain(answer.text)
            shown = self._stage.reader.lines(answer.message) if answer.message else [text]
            self._stage.narrator.shows(shown)
            if answer.message:
                self._told.add(id(answer.message))
        elif verb in acts:
            await acts[verb](person, rest)
        else:
            raise NotUnderstood(f"{person.name} can type a /command, or posts, presses, reads.")

    async def _posts(self, person: Person, what: str) -> None:
        name, _, text = what.partition(" ")
        if not text:
            raise NotUnderstood(f"Where, and what? {person.name} posts #design Hello!")
        await writes(self._stage, person.name, self._channel(name), text)

    async def _presses(self, person: Person, label: str) -> None:
        for message in reversed(self._for(person)):
            for _, element in elements_of(message.blocks):
                text = element.get("text", {}).get("text", "")
                if label and text.casefold().startswith(label.casefold()):
                    answer = await person.click(message, element["action_id"])
                    shown = answer.view or message
                    self._stage.narrator.shows(self._stage.reader.lines(shown))
                    return
        raise NotUnderstood(f"{person.name} sees no button that begins with “{label}”.")

    async def _reads(self, person: Person, name: str) -> None:
        seen = self._for(person)
        if name:
            seen = self._stage.sandbox.messages(self._channel(name).id, as_seen_by=person)
        if not seen:
            self._stage.narrator.tells("Nothing yet.")
        for message in seen[-LATEST:]:
            self._tell(message)

    async def _clock(self, what: str) -> None:
        found = re.fullmatch(r"\+?(\d{1,3})\s*([mhd])", what.strip())
        if what.strip() and not found:
            raise NotUnderstood("clock +30m, clock +2h or clock +1d")
        if found:
            amount = timedelta(**{UNITS[found[2]]: int(found[1])})
            await self._stage.until(self._stage.now + amount)
        self._stage.narrator.clock(self._stage.now)

    async def _people(self, _: str) -> None:
        for person in self._stage.cast.people.values():
            self._stage.narrator.tells(f"{person.name}: {here(self._stage, person)}")

    async def _help(self, _: str) -> None:
        self._stage.narrator.shows(HELP)

    def _somebody(self, name: str) -> Person:
        for person in self._stage.cast.people.values():
            if person.name.casefold() == name.casefold():
                return person
        raise NotUnderstood(
            f"“{name}” plays no part here. `people` lists who does, `help` the rest."
        )

    def _channel(self, name: str) -> Channel:
        channels = self._stage.sandbox.workspace.channels.values()
        wanted = name.removeprefix("#")
        for channel in channels:
            if channel.name == wanted and not channel.is_direct:
                return channel
        names = ", ".join(f"#{each.name}" for each in channels if not each.is_direct)
        raise NotUnderstood(f"There is no {name or 'channel without a name'}, only {names}.")

    def _all(self) -> list[Message]:
        workspace = self._stage.sandbox.workspace
        posted = [each for place in workspace.channels.values() for each in place.messages]
        shown = [*posted, *workspace.private_messages]
        return sorted(
            (each for each in shown if each.app_id == self._stage.app.app_id),
            key=lambda each: each.ts,
        )

    def _for(self, person: Person) -> list[Message]:
        """What the app has put before this person, oldest first."""
        direct = self._stage.direct(person).id
        return [
            each
            for each in self._all()
            if each.for_user == person.id or (each.channel_id == direct and not each.for_user)
        ]

    def _news(self) -> None:
        for message in self._all():
            if id(message) not in self._told:
                self._tell(message)

    def _tell(self, message: Message) -> None:
        self._told.add(id(message))
        channel = self._stage.sandbox.workspace.channels[message.channel_id]
        users = self._stage.sandbox.workspace.users
        readers = [message.for_user] if message.for_user else channel.members
        names = [users[each].name for each in readers if each and not users[each].is_bot]
        where = " and ".join(names) if channel.is_direct else f"#{channel.name}"
        only = f", only {names[0]}" if message.for_user and not channel.is_direct else ""
        self._stage.narrator.says(where, f"sees{only}:" if channel.is_direct else f"shows{only}:")
        self._stage.narrator.shows(self._stage.reader.lines(message))


async def _typed() -> AsyncIterator[str]:
    """The lines of a terminal, without a thread that would outlive Ctrl-C."""
    lines: asyncio.Queue[str] = asyncio.Queue()
    loop = asyncio.get_running_loop()
    loop.add_reader(sys.stdin.fileno(), lambda: lines.put_nowait(sys.stdin.readline()))
    try:
        while True:
            print("> ", end="", flush=True)
            line = await lines.get()
            if not line:
                return
            yield line.strip()
    finally:
        print()
        loop.remove_reader(sys.stdin.fileno())
