"""What people do with the bot; each act writes down in the ledger what was promised to them."""

from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from random import Random
from typing import Any, TypeVar

from sandbox import Answer, Channel, Message, Person
from tests.chaos.ledger import Entry, Reply
from tests.chaos.world import World

HELD_SIGN, SENT_SIGN, CANCELLED_SIGN = "Held for", "Sent now", "Cancelled."

T = TypeVar("T")
Under = Callable[[Awaitable[T]], Awaitable[T]]
"""How an act is done: in peace, or with the bot being killed over it."""


async def in_peace(act: Awaitable[T]) -> T:
    """Nothing happens to the bot meanwhile."""
    return await act


@dataclass(frozen=True, slots=True, eq=False)
class Post:
    """A message that reaches its reader outside their hours, and so has to be flagged once."""

    author: Person
    reader: Person
    message: Message


class Acts:
    """The hands of everybody, and the book that is kept of them."""

    def __init__(self, world: World, random: Random) -> None:
        self.world = world
        self.random = random
        self.step = ""
        self.entries: list[Entry] = []
        self.posts: list[Post] = []
        self._number = 0
        self.begin("")

    def begin(self, step: str) -> None:
        """A new round: nobody has written tonight, and no room was used."""
        self.step = step
        self._authors = self._shuffled(self.world.authors)
        self._granted = self._shuffled(
            [each for each in self.world.authors if self.world.allowed(each.id)]
        )
        self._readers = self._shuffled(self.world.readers)
        self._rooms = self._shuffled(self.world.rooms)
        self._busy: set[str] = set()

    def _shuffled(self, things: list[Any]) -> Iterator[Any]:
        return iter(self.random.sample(things, len(things)))

    def author(self, *, granted: bool = False) -> Person:
        """Somebody who has done nothing tonight; ``granted`` means the bot may act as them."""
        for each in self._granted if granted else self._authors:
            if each.id not in self._busy:
                self._busy.add(each.id)
                return each
        raise LookupError("Everybody has written something tonight.")

    def reader(self) -> Person:
        """Somebody nobody has written to tonight."""
        return next(self._readers)

    def room(self) -> Channel:
        """A room nobody has written in tonight."""
        return next(self._rooms)

    def _text(self) -> str:
        self._number += 1
        return f"note{self._number:05d}note"

    def _enter(self, author: Person, reader: Person, token: str, **more: Any) -> Entry:
        due_s = self.world.next_opening().timestamp()
        entry = Entry(token, self.step, author.id, reader.id, due_s, **more)
        self.entries.append(entry)
        return entry

    # Holding before sending

    async def later(self, author: Person, under: Under[Any] = in_peace) -> Entry:
        """`/later`."""
        reader = self.reader()
        entry = self._enter(author, reader, self._text(), direct=True)
        typed = f"@{reader.name} {entry.token} when you are back"
        answer = await under(author.command("/later", typed))
        entry.reply = _reply(answer, agreed=HELD_SIGN in answer.text)
        return entry

    async def shortcut(
        self, author: Person, under: Under[Any] = in_peace, where: Channel | None = None
    ) -> Entry | None:
        """The global shortcut, to somebody or into a channel."""
        opened = await author.shortcut("send_later")
        if opened.view is None:
            return None
        reader = self.reader()
        entry = self._enter(author, reader, self._text(), direct=where is None)
        values: dict[str, Any] = {"people": [reader.id], "message": f"{entry.token} *please*"}
        if where is not None:
            values["where"] = where.id
        entry.reply = _receipt(await under(author.submit(opened.view, values)))
        return entry

    async def reply(
        self, author: Person, question: Message, reader: Person, under: Under[Any] = in_peace
    ) -> Entry | None:
        """The message shortcut: an answer into the thread of the reader's question."""
        opened = await author.message_shortcut("reply_later", question)
        if opened.view is None:
            return None
        entry = self._enter(author, reader, self._text())
        values = {"people": [reader.id], "message": f"{entry.token} good news"}
        entry.reply = _receipt(await under(author.submit(opened.view, values)))
        return entry

    async def ask(self, room: Channel) -> tuple[Person, Message]:
        """A question at day time, for which nobody is named."""
        reader = self.reader()
        return reader, await reader.post(room, "any news?")

    # Changing what waits

    async def cancel(self, author: Person, entry: Entry, under: Under[Any] = in_peace) -> None:
        """`/later cancel`, by somebody who has one message waiting."""
        answer = await under(author.command("/later", "cancel 1"))
        entry.cancelled = _reply(answer, agreed=CANCELLED_SIGN in answer.text)

    async def edit(self, author: Person, entry: Entry, under: Under[Any] = in_peace) -> None:
        """`/later edit`: another text."""
        opened = await author.command("/later", "edit 1")
        if opened.view is None:
            return
        entry.former, entry.token = entry.token, self._text()
        answer = await under(author.submit(opened.view, {"message": f"{entry.token} better"}))
        entry.edited = _reply(answer, agreed=not answer.errors and not answer.text)

    async def send_now(self, author: Person, entry: Entry, under: Under[Any] = in_peace) -> None:
        """`/later send`: it is delivered once all the same."""
        assert entry.reply is Reply.YES
        await under(author.command("/later", "send 1"))

    # Flags and their buttons

    async def post(self, author: Person, under: Under[Any] = in_peace) -> Post:
        """A mention in a room."""
        return (await self.posted([author], under))[0]

    async def posted(self, authors: list[Person], under: Under[Any]) -> list[Post]:
        """A mention by each author, in a room of its own."""

        async def write() -> None:
            for author in authors:
                reader = self.reader()
                text = f"@{reader.name} {self._text()} can you look?"
                made.append(Post(author, reader, await author.post(self.room(), text)))

        made: list[Post] = []
        await under(write())
        self.posts += made
        return made

    async def take_back(self, post: Post, under: Under[Any] = in_peace) -> Entry:
        """*Hold until …* on the flag of one's own message."""
        token = post.message.text.split()[1]
        return await self._press(post, "flag_hold", token, under)

    async def remind(self, post: Post, under: Under[Any] = in_peace) -> Entry:
        """*Remind …*: the message stays, and its link comes up at the opening."""
        token = f"{post.message.channel_id}/p{post.message.ts.replace('.', '')}"
        return await self._press(post, "flag_remind", token, under, stays=True)

    async def leave(self, post: Post) -> None:
        """*Leave it*."""
        await post.author.click(self._flag(post), "flag_leave")

    def _flag(self, post: Post) -> Message:
        flag = self.world.flag_for(post.author, post.message)
        if flag is None:
            raise LookupError("The message was not flagged.")
        return flag

    async def _press(
        self, post: Post, action_id: str, token: str, under: Under[Any], *, stays: bool = False
    ) -> Entry:
        flag = self._flag(post)
        entry = self._enter(post.author, post.reader, token, original=post.message, stays=stays)
        answer = await under(post.author.click(flag, action_id))
        # The flag gives way to a receipt; a refusal appears beside it.
        entry.reply = (
            Reply.YES if action_id not in str(flag.blocks) else _reply(answer, agreed=False)
        )
        return entry


def _reply(answer: Answer, *, agreed: bool) -> Reply:
    """What the person saw: the bot's yes, another answer, or Slack's own words for no answer."""
    if answer.status != 200:
        return Reply.NONE
    return Reply.YES if agreed else Reply.NO


def _receipt(answer: Answer) -> Reply:
    return _reply(answer, agreed=answer.view is not None and HELD_SIGN in str(answer.view.blocks))
