"""The rounds: in each one step of the bot is under way when it is killed.

A round is an evening and the morning after. What is held is delivered in that morning, so that
every round ends with nothing waiting.
"""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import timedelta
from random import Random
from typing import Any, TypeVar

from sandbox import Channel
from tests.chaos.acts import Acts, Under
from tests.chaos.ledger import Reply
from tests.chaos.strikes import Strike, Trap, drawn
from tests.chaos.weather import Weather
from tests.chaos.world import World

T = TypeVar("T")
SPREAD = timedelta(hours=1)
"""Longer than several messages for one reader are spread out over."""

HOLD, TAKE_BACK, NOTICE, RELEASE, DIGEST = "hold", "take back", "notice", "release", "digest"


class Rounds:
    """Plays rounds in one world, and counts the kills and Slack's faults by step."""

    def __init__(self, world: World, random: Random, weather: Weather) -> None:
        self.world, self.random, self.weather = world, random, weather
        self.acts = Acts(world, random)
        self.kills: Counter[str] = Counter()
        self.faults: Counter[str] = Counter()
        self.on_kill: Callable[[], None] = lambda: None

    async def play(self, step: str) -> None:
        """One round of this step; it may happen that the bot is not killed in it."""
        before = self.weather.happened
        self.acts.begin(step)
        await STEPS[step](self)
        self.faults[step] += self.weather.happened - before

    # The ways a round goes

    async def hold(self) -> None:
        """Killed over a command, a modal or a button by which somebody holds or changes."""
        room, author = self.acts.room(), self.acts.author()
        reader, question = await self.acts.ask(room)
        await self.world.night()
        under = self.under(drawn(self.random, "views.publish", "views.publish", None))
        act = self.random.choice(("later", "later", "shortcut", "room", "reply", *CHANGES))
        match act:
            case "later":
                await self.acts.later(author, under)
            case "shortcut":
                await self.acts.shortcut(author, under)
            case "room":
                await self.acts.shortcut(author, under, where=room)
            case "reply":
                await self.acts.reply(author, question, reader, under)
            case _:
                entry = await self.acts.later(author)
                if entry.reply is Reply.YES:
                    await CHANGES[act](self.acts, author, entry, under)
        await self.morning()

    async def take_back(self) -> None:
        """Killed over *Hold until …* or *Remind …*."""
        await self.world.night()
        granted = self.random.random() < 0.8
        post = await self.acts.post(self.acts.author(granted=granted))
        await self.world.calm()
        if self.world.allowed(post.author.id):
            methods = ("conversations.history", "chat.delete", "chat.delete", "views.publish", None)
            await self.acts.take_back(post, self.under(drawn(self.random, *methods)))
        else:
            await self.acts.remind(post, self.under(drawn(self.random, None)))
        await self.morning()

    async def notice(self) -> None:
        """Killed while flags are being said; then their buttons are pressed in peace."""
        await self.world.night()
        authors = [self.acts.author() for _ in range(self.random.randint(1, 3))]
        strikes = [
            drawn(self.random, "chat.postEphemeral", "chat.postEphemeral", None, spared=1)
            for _ in range(self.random.randint(1, 2))
        ]
        posts = await self.acts.posted(authors, self.under(*strikes))
        self.weather.clear()
        await self.world.calm()
        for post in posts:
            granted = self.world.allowed(post.author.id)
            press = self.random.choice((self.acts.take_back if granted else self.acts.remind, None))
            await (press(post) if press else self.acts.leave(post))
        await self.morning()

    async def release(self) -> None:
        """Several messages of every kind are due in the morning, and the bot is killed over them."""
        reader, question = await self.acts.ask(self.acts.room())
        await self.world.night()
        back = await self.acts.post(self.acts.author(granted=True))
        await self.world.calm()
        await self.acts.take_back(back)
        await self.acts.reply(self.acts.author(), question, reader)
        for _ in range(self.random.randint(1, 2)):
            await self.acts.later(self.acts.author())
        if self.random.random() < 0.4:
            author = self.acts.author()
            name = f"gone{len(self.acts.entries)}"
            doomed = self.world.sandbox.add_channel(name, [author, self.world.app])
            await self.acts.shortcut(author, where=doomed)
            await author.archive(doomed)
        posting = drawn(self.random, "chat.postMessage", "chat.postMessage", "conversations.open",
                        None, spared=3)  # fmt: skip
        looking = drawn(self.random, "conversations.history", "chat.postMessage", None)
        await self.morning(posting, looking)

    async def digest(self) -> None:
        """Two teams' summaries and their leader's mirrors are due on Monday, and two messages."""
        await self.world.sunday_night()
        for _ in range(2):
            await self.acts.later(self.acts.author())
        rooms = list(self.world.team_rooms.values())
        mirror = self.world.sandbox.dm(self.world.boss, self.world.app)
        methods = ("chat.postMessage", "chat.postMessage", "conversations.list", None)
        strikes = (
            self._aimed(drawn(self.random, *methods), *rooms, mirror),
            self._aimed(drawn(self.random, "conversations.history", "chat.postMessage"), *rooms),
        )
        await self.morning(*strikes)

    def _aimed(self, strike: Strike, *channels: Channel) -> Strike:
        """A strike in a call about a conversation hits calls about one of these."""
        if strike.method in ("chat.postMessage", "conversations.history"):
            return replace(strike, channel_id=self.random.choice(channels).id)
        return strike

    async def linger(self) -> None:
        """The last evening: what is held now is still held when the accounts are drawn up."""
        self.acts.begin(HOLD)
        await self.world.night()
        for _ in range(2):
            await self.acts.later(self.acts.author())
        under = self.under(drawn(self.random, "views.publish"))
        await self.acts.later(self.acts.author(), under)
        self.weather.clear()
        await self.world.calm()

    async def morning(self, *strikes: Strike) -> None:
        """The next opening: everything held is due, under the strikes and some bad weather."""
        await self.world.turn(self.world.next_opening())
        if strikes:
            await self.under(*strikes)(asyncio.sleep(0))
        self.weather.stir()
        await self.world.calm()
        self.weather.clear()
        await self.world.calm()
        await self.world.turn(self.world.now + SPREAD)
        await self.world.calm()

    # The kills

    def under(self, *strikes: Strike) -> Under[Any]:
        """A way to do something, during which the bot is killed once for each strike."""

        async def done(act: Awaitable[T]) -> T:
            waiting = list(strikes)
            trap = self._trap(waiting.pop(0))
            self.weather.stir()
            answer = await act
            while await self._killed(trap):
                following = waiting.pop(0) if waiting else None
                # One inside a call has to be there before the bot is, which works at once.
                early = following is not None and following.method is not None
                trap = self._trap(following) if early else trap
                await self.world.recover(self.random)
                if following is None:
                    break
                trap = trap if early else self._trap(following)
            await self.world.retold()
            return answer

        return done

    def _trap(self, strike: Strike) -> Trap:
        return Trap(strike, self.world.sandbox, self.world.victim)

    async def _killed(self, trap: Trap) -> bool:
        """Let the bot go on until it is killed. False when it has done all there was to do."""
        await self.world.sandbox.settle()
        await self.world.victim.settle()
        if not await trap.sprung():
            return False
        self.kills[self.acts.step] += 1
        self.on_kill()
        return True


CHANGES = {"cancel": Acts.cancel, "edit": Acts.edit, "send": Acts.send_now}

STEPS: dict[str, Callable[[Rounds], Awaitable[None]]] = {
    HOLD: Rounds.hold,
    TAKE_BACK: Rounds.take_back,
    NOTICE: Rounds.notice,
    RELEASE: Rounds.release,
    DIGEST: Rounds.digest,
}
