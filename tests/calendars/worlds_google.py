"""Google as a world of the contract suite."""

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager

from bot.calendars.base import Credentials
from bot.calendars.google import Google
from bot.calendars.oauth import OAuthApp
from bot.calendars.transport import Transport
from bot.domain.invites import Answer
from bot.domain.spans import Span
from tests.calendars.fake_google import FakeGoogle
from tests.calendars.fake_sign_in import CLIENT_ID, CLIENT_SECRET
from tests.calendars.google_state import Meeting
from tests.calendars.worlds import Invite, Seen

OWNER = "ana@example.com"
ORGANIZER = "bo@example.com"
WORDS = {
    Answer.NEEDS_ACTION: "needsAction",
    Answer.ACCEPTED: "accepted",
    Answer.TENTATIVE: "tentative",
    Answer.DECLINED: "declined",
}
ANSWERS = {word: answer for answer, word in WORDS.items()}


class GoogleWorld:
    """A fake of Google with two people; see `tests.calendars.worlds.World`."""

    name = "google"
    owner = OWNER
    organizer = ORGANIZER

    def __init__(self, google: FakeGoogle, transport: Transport) -> None:
        self.google = google
        self.calendars = google.calendars
        for email in (OWNER, ORGANIZER):
            self.calendars.person(email)
        self.provider = provider_of(google, transport)
        secret = google.sign_in.token_for(OWNER)
        self.credentials = Credentials(address=OWNER, secret=secret, addresses=(OWNER,))

    async def invite(self, invite: Invite) -> str:
        """The organiser invites the owner; answers the UID."""
        meeting = self.calendars.meet(
            ORGANIZER,
            invite.span,
            [OWNER],
            title=invite.title,
            weeks=invite.weeks,
            tz=invite.tz,
            is_all_day=invite.is_all_day,
        )
        meeting.guests[OWNER].optional = invite.is_optional
        return meeting.uid

    async def move(self, uid: str, span: Span) -> None:
        """The organiser moves a single event."""
        self.calendars.move(self._meeting(uid), span)

    async def move_one(self, uid: str, recurrence_id: str, span: Span) -> None:
        """The organiser moves one occurrence of a series."""
        meeting = self._meeting(uid)
        self.calendars.move(meeting, span, self.calendars.original(meeting, recurrence_id))

    async def cancel(self, uid: str) -> None:
        """The organiser calls it off."""
        self.calendars.cancel(self._meeting(uid))

    async def own(self, span: Span, title: str) -> str:
        """The owner invites the organiser; the UID."""
        return self.calendars.meet(OWNER, span, [ORGANIZER], title=title).uid

    async def answer_by_hand(self, uid: str, answer: Answer) -> None:
        """The owner answers in another programme."""
        self.calendars.answer(self._meeting(uid), OWNER, WORDS[answer], "")

    async def delete(self, uid: str) -> None:
        """The owner's copy goes; nobody is told."""
        self.calendars.delete(self._meeting(uid), OWNER)

    async def seen(self, uid: str, recurrence_id: str = "") -> Seen:
        """The owner's answer as the organiser sees it."""
        meeting = self._meeting(uid)
        event_id = f"{meeting.id}_{recurrence_id}" if recurrence_id else meeting.id
        view = self.calendars.view(self.calendars.people[ORGANIZER], event_id)
        owner = next(guest for guest in view["attendees"] if guest["email"] == OWNER)
        return Seen(ANSWERS[owner["responseStatus"]], owner.get("comment", ""))

    async def told(self) -> int:
        """How many mails the organiser got."""
        return sum(reader == ORGANIZER for reader, _, _ in self.calendars.told)

    async def mark_of(self, uid: str) -> str:
        """The private mark on the owner's copy; the organiser's has none ever."""
        meeting = self._meeting(uid)
        assert (ORGANIZER, meeting.id) not in meeting.private
        return meeting.private.get((OWNER, meeting.id), {}).get("offhours", "")

    async def stale(self, token: str) -> str:
        """The same token, forgotten."""
        self.google.forget(token)
        return token

    def down(self) -> AbstractAsyncContextManager[None]:
        """Within it there are nothing but faults."""
        return self.google.down()

    def _meeting(self, uid: str) -> Meeting:
        return self.calendars.by_uid(uid)


def provider_of(google: FakeGoogle, transport: Transport, secret: str = CLIENT_SECRET) -> Google:
    """The bot's client, pointed at the fake."""
    return Google(
        transport,
        OAuthApp(CLIENT_ID, secret),
        api_url=google.api_url,
        auth_url=f"{google.url}/o/oauth2/v2/auth",
        token_url=f"{google.url}/token",
        revoke_url=f"{google.url}/revoke",
    )


@asynccontextmanager
async def opened() -> AsyncIterator[GoogleWorld]:
    """A fresh world, at whose end nothing was asked that Google does not describe."""
    async with FakeGoogle() as google:
        transport = Transport(allow_private=True)
        try:
            yield GoogleWorld(google, transport)
        finally:
            await transport.close()
        assert google.violations == []
