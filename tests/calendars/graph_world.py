"""The contract suite's world on the made-up Graph."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime

from bot.calendars.base import Credentials
from bot.calendars.graph import MARK, Graph
from bot.calendars.oauth import OAuthApp
from bot.calendars.transport import Transport
from bot.domain.invites import Answer
from bot.domain.spans import Span
from tests.calendars.fake_exchange import Mailbox
from tests.calendars.fake_graph import FakeGraph, served
from tests.calendars.fake_microsoft_login import CLIENT_ID, CLIENT_SECRET
from tests.calendars.worlds import Invite, Seen

WORDS = {
    Answer.NEEDS_ACTION: "notResponded",
    Answer.ACCEPTED: "accepted",
    Answer.TENTATIVE: "tentativelyAccepted",
    Answer.DECLINED: "declined",
}
ANSWERS = {"none": Answer.NEEDS_ACTION, **{word: answer for answer, word in WORDS.items()}}


class GraphWorld:
    """Two mailboxes; what people do by hand is done to them, not through Graph."""

    name = "graph"
    owner = "ana@example.com"
    organizer = "bo@example.com"

    def __init__(self, fake: FakeGraph, provider: Graph) -> None:
        self.fake = fake
        self.provider = provider
        self.mine = fake.exchange.add(self.owner, "ana.sandbox@example.org")
        self.theirs = fake.exchange.add(self.organizer)
        access, refresh = fake.login.give(self.owner)
        self.credentials = Credentials(
            address=self.owner,
            secret=access,
            refresh_token=refresh,
            expires_at=2_000_000_000,
            addresses=(self.owner, *self.mine.aliases),
        )

    async def invite(self, invite: Invite) -> str:
        """As the organiser."""
        kind = "optional" if invite.is_optional else "required"
        return self.fake.exchange.invite(
            self.organizer,
            {self.owner: kind},
            *_moments(invite.span),
            subject=invite.title,
            tz=invite.tz,
            weeks=invite.weeks,
            is_all_day=invite.is_all_day,
        )

    async def move(self, uid: str, span: Span) -> None:
        """As the organiser."""
        self.fake.exchange.move(uid, *_moments(span))

    async def move_one(self, uid: str, recurrence_id: str, span: Span) -> None:
        """As the organiser."""
        self.fake.exchange.move(uid, *_moments(span), recurrence_id)

    async def cancel(self, uid: str) -> None:
        """As the organiser."""
        self.fake.exchange.cancel(uid)

    async def own(self, span: Span, title: str) -> str:
        """As the owner."""
        people = {self.organizer: "required"}
        return self.fake.exchange.invite(self.owner, people, *_moments(span), subject=title)

    async def answer_by_hand(self, uid: str, answer: Answer) -> None:
        """As the owner."""
        self.fake.exchange.answer(self.owner, self.mine.of(uid), "", WORDS[answer])

    async def delete(self, uid: str) -> None:
        """As the owner."""
        self.fake.exchange.delete(self.owner, uid)

    async def seen(self, uid: str, recurrence_id: str = "") -> Seen:
        """The status in the organiser's copy, and the last mail."""
        attendee = self.theirs.of(uid).part(recurrence_id).attendees[self.owner]
        mails = [mail for mail in self.theirs.mails if (mail.uid, mail.key) == (uid, recurrence_id)]
        proposal = attendee.proposal
        return Seen(
            ANSWERS[attendee.response],
            mails[-1].comment if mails else "",
            Span(*(int(at.timestamp()) for at in proposal)) if proposal else None,
        )

    async def told(self) -> int:
        """How many mails the organiser has."""
        return len(self.theirs.mails)

    async def mark_of(self, uid: str) -> str:
        """The extended property."""
        assert MARK not in self.theirs.of(uid).parts[""].properties
        return _mark(self.mine, uid)

    async def stale(self, token: str) -> str:
        """The same token, forgotten."""
        self.fake.forget_tokens()
        return token

    @asynccontextmanager
    async def down(self) -> AsyncIterator[None]:
        """Every call is answered 503."""
        with self.fake.down():
            yield


@asynccontextmanager
async def opened() -> AsyncIterator[GraphWorld]:
    """A fresh world."""
    async with served() as fake:
        transport = Transport(allow_private=True)
        app = OAuthApp(CLIENT_ID, CLIENT_SECRET)
        login = f"{fake.url}/common/oauth2/v2.0"
        try:
            yield GraphWorld(fake, Graph(transport, app, api_url=fake.api_url, login_url=login))
        finally:
            await transport.close()


def _mark(mailbox: Mailbox, uid: str) -> str:
    return mailbox.of(uid).parts[""].properties.get(MARK, "")


def _moments(span: Span) -> tuple[datetime, datetime]:
    start, end = (datetime.fromtimestamp(at, UTC) for at in span)
    return start, end
