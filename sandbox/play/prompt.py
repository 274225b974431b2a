"""After the play: the workspace stays open, and whoever watched can take a part."""

import asyncio
import re
import sys
import termios
import threading
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta

from bot.slack.consent import PURPOSES
from sandbox.elements import all_options
from sandbox.people import Person
from sandbox.play.acting import consents, here, writes, writes_to
from sandbox.play.narration import local
from sandbox.play.stage import Stage
from sandbox.play.windows import single_choice, title
from sandbox.records import Channel, Message, View
from sandbox.screens import elements_of

HELP = (
    "Ana /hours                              Ana’s week; any command",
    "Ana /hours reply 1 day                  how soon Ana answers",
    "Ana /boundaries from @Eli through       who may reach Ana, and how",
    "Ana /boundaries my choice until 22:00   late, and Ana’s own choice",
    "Ana /boundaries silence on              nothing rings when off",
    "Ana /boundaries calendar                how her calendar stands",
    "Bela /boundaries oncall @ops @Jonas     who is told what is urgent",
    "Eli /later @Ana Hello!                  hold a message",
    "Eli /later auto on                      take back without a click",
    "Ana allows silence                      or send, status, dms",
    "Eli posts #design @Ana are you there?",
    "Bela dms Goro Are you there?            directly, without the app",
    "Eli presses Leave it                    a button; the last that fits",
    "Eli picks A service is…                 a choice in a window, and OK",
    "Ana reads                               what the app wrote to her",
    "Ana reads #design                       what stands in a channel",
    "clock +2h                               let time pass (m, h, d)",
    "people · help · quit",
)
FORWARD = "Time only goes forward, by a step: `clock +30m`, `clock +2h`, `clock +1d`."
NOT_FILLED = (
    "(filling in a window is not possible here; `{command} help` has the commands for most of it)"
)
LATEST = 5
UNITS = {"m": "minutes", "h": "hours", "d": "days"}
MENTION = re.compile(r"(?<![\w.])@(\w[\w\-]*)")
QUOTES = str.maketrans("’‘“”", "''\"\"")


class NotUnderstood(Exception):
    """A line that means nothing; the text says why."""


class Prompt:
    """Reads lines and plays them."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self._told = {id(message): self._text(message) for message in self._all()}

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
        acts = {"help": self._help, "people": self._people, "clock": self._clock}
        if act := acts.get(who.casefold()):
            await act(what)
        else:
            await self._person(self._somebody(who), what)
        await self._stage.settle()
        self._news()

    async def _person(self, person: Person, what: str) -> None:
        verb, _, rest = what.strip().partition(" ")
        acts: dict[str, Callable[[Person, str], Awaitable[None]]] = {
            "posts": self._posts,
            "dms": self._dms,
            "allows": self._allows,
            "presses": self._presses,
            "picks": self._picks,
            "reads": self._reads,
        }
        if verb.startswith("/"):
            await self._types(person, verb, rest)
        elif verb.casefold() in acts:
            await acts[verb.casefold()](person, rest)
        else:
            raise NotUnderstood(f"{person.name} can type a /command, or {', '.join(acts)}.")

    async def _types(self, person: Person, command: str, typed: str) -> None:
        answer = await person.command(command, self._named(typed))
        if answer.message:
            self._show(answer.message)
        elif answer.text:
            self._stage.narrator.shows(self._stage.reader.plain(answer.text).splitlines())
        if answer.view:
            self._window(answer.view, command)

    async def _posts(self, person: Person, what: str) -> None:
        name, _, text = what.partition(" ")
        if not text:
            raise NotUnderstood(f"Where, and what? {person.name} posts #design Hello!")
        await writes(self._stage, person.name, self._channel(name), self._named(text))

    async def _dms(self, person: Person, what: str) -> None:
        name, _, text = what.partition(" ")
        if not text:
            raise NotUnderstood(f"To whom, and what? {person.name} dms Ana Hello!")
        other = self._somebody(name.removeprefix("@"))
        await writes_to(self._stage, person.name, other.name, self._named(text))

    async def _allows(self, person: Person, what: str) -> None:
        purpose = what.strip().casefold()
        if purpose not in PURPOSES:
            raise NotUnderstood(f"What? {person.name} can allow {', '.join(PURPOSES)}.")
        if not await consents(self._stage, person.name, purpose):
            raise NotUnderstood(f"{person.name} has allowed that already.")

    async def _presses(self, person: Person, label: str) -> None:
        there: dict[str, None] = {}
        for message in reversed(self._for(person)):
            for _, element in elements_of(message.blocks):
                text = element.get("text", {}).get("text", "")
                there |= {text: None} if text else {}
                if begins(text, label):
                    answer = await person.click(message, element["action_id"])
                    if answer.view:
                        self._window(answer.view)
                    else:
                        self._show(message)
                    return
        buttons = " ".join(f"[{text}]" for text in there) or "none"
        raise NotUnderstood(
            f"{person.name} sees no button that begins with “{label}”. There is: {buttons}"
        )

    async def _picks(self, person: Person, label: str) -> None:
        view = person.open_views[-1] if person.open_views else None
        field = single_choice(view) if view else None
        if view is None or field is None:
            raise NotUnderstood(f"{person.name} has no window open with one thing to pick.")
        options = all_options(field["element"])
        picked = [each for each in options if begins(each["text"]["text"], label)]
        if len(picked) != 1:
            choices = " · ".join(each["text"]["text"] for each in options)
            raise NotUnderstood(f"Which one? {choices}")
        answer = await person.submit(view, {field["block_id"]: picked[0]["value"]})
        self._stage.narrator.says(person.name, f"picks “{picked[0]['text']['text']}”")
        if answer.errors:
            self._stage.narrator.shows(answer.errors.values())
        elif answer.view:
            self._window(answer.view)

    async def _reads(self, person: Person, name: str) -> None:
        seen = self._for(person)
        if name:
            seen = self._stage.sandbox.messages(self._channel(name).id, as_seen_by=person)
        if not seen:
            self._stage.narrator.tells("Nothing yet.")
        for message in seen[-LATEST:]:
            writer = self._stage.sandbox.workspace.users[message.user].name
            at = datetime.fromtimestamp(float(message.ts), UTC)
            only = f", only for {person.name}" if message.for_user else ""
            self._stage.narrator.says(writer, f"· {local(at, person.tz)}{only}")
            self._show(message)

    def _window(self, view: View, command: str = "/offhours") -> None:
        """A window as it stands there, and how it can be answered."""
        narrator, choice = self._stage.narrator, single_choice(view)
        narrator.tells(f"A window opens: “{title(view)}”")
        narrator.shows(self._stage.reader.lines(view))
        if choice:
            who = self._stage.sandbox.workspace.users[view.user_id].name
            first = all_options(choice["element"])[0]["text"]["text"]
            narrator.tells(f"To answer it: {who} picks {first}")
        elif any(block["type"] == "input" for block in view.blocks):
            narrator.tells(NOT_FILLED.format(command=command))

    async def _clock(self, what: str) -> None:
        found = re.fullmatch(r"\+?(\d{1,3})\s*([mhd])", what.strip().casefold())
        if what.strip() and not found:
            raise NotUnderstood(FORWARD)
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
        person = self._known(name)
        if person is None:
            raise NotUnderstood(
                f"“{name}” plays no part here. `people` lists who does, `help` the rest."
            )
        return person

    def _known(self, name: str) -> Person | None:
        """Whoever has this name, or this first name, in any case."""
        for person in self._stage.cast.people.values():
            if name.casefold() in {person.name.casefold(), person.name.split()[0].casefold()}:
                return person
        return None

    def _named(self, text: str) -> str:
        """The text with each ``@name`` as the person is called, as Slack’s list would put it."""

        def mention(match: re.Match[str]) -> str:
            person = self._known(match[1])
            return f"<@{person.id}>" if person else match[0]

        return MENTION.sub(mention, text)

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
            if self._told.get(id(message)) != self._text(message):
                self._tell(message)

    def _text(self, message: Message) -> str:
        return self._stage.reader.text(message)

    def _show(self, message: Message) -> None:
        self._told[id(message)] = self._text(message)
        self._stage.narrator.shows(self._stage.reader.lines(message))

    def _tell(self, message: Message) -> None:
        channel = self._stage.sandbox.workspace.channels[message.channel_id]
        users = self._stage.sandbox.workspace.users
        readers = [message.for_user] if message.for_user else channel.members
        names = [users[each].name for each in readers if each and not users[each].is_bot]
        where = " and ".join(names) if channel.is_direct else f"#{channel.name}"
        only = f", only {names[0]}" if message.for_user and not channel.is_direct else ""
        see = "see" if len(names) > 1 else "sees"
        self._stage.narrator.says(where, f"{see}{only}:" if channel.is_direct else f"shows{only}:")
        self._show(message)


def begins(text: str, typed: str) -> bool:
    """Whether a label begins with what was typed, in any case and with any apostrophes."""
    wanted = _plain(typed).strip(' "[].…')
    return bool(wanted) and _plain(text).startswith(wanted)


def _plain(text: str) -> str:
    return text.translate(QUOTES).casefold()


async def _typed() -> AsyncIterator[str]:
    """The lines of a terminal, with their history where the platform has readline.

    They are read in a daemon thread, which does not outlive Ctrl-C, and the terminal is left as
    it was found.
    """
    with suppress(ImportError):
        import readline  # noqa: F401 - makes `input` edit lines
    loop = asyncio.get_running_loop()
    lines: asyncio.Queue[str | None] = asyncio.Queue()
    wanted = threading.Semaphore(0)

    def ask() -> None:
        while wanted.acquire():
            try:
                line: str | None = input("> ")
            except EOFError:
                line = None
            loop.call_soon_threadsafe(lines.put_nowait, line)

    found = termios.tcgetattr(sys.stdin)
    threading.Thread(target=ask, name="prompt", daemon=True).start()
    try:
        while True:
            wanted.release()
            line = await lines.get()
            if line is None:
                return
            yield line.strip()
    finally:
        termios.tcsetattr(sys.stdin, termios.TCSADRAIN, found)
        print()
