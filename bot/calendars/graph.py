"""Microsoft Graph v1.0: the calendar of a work, school or personal Microsoft account.

Four things are Graph's own:

- An answer cannot be taken back; there is no action for it.
- Exchange takes a meeting out of the calendar of whoever declines it, unless they chose to keep
  declined ones. The next sync then says that it is removed, and nothing can be done with it.
- A proposal goes with a declining or tentative answer, where the organiser allows it.
- Answers are given without a version. So the event is read, and compared, right before one.
"""

import re
import time
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import quote

import msgspec
from yarl import URL

from bot.calendars import oauth
from bot.calendars.base import (
    Capabilities,
    Changes,
    Channel,
    Credentials,
    EventRef,
    HoursFound,
    Watch,
)
from bot.calendars.graph_calls import REFUSED, Calls, event_path
from bot.calendars.graph_events import (
    INSTANCES,
    MASTER,
    SELECTED,
    Event,
    Version,
    WorkingHours,
    read,
    version,
    weekly_hours,
)
from bot.calendars.transport import Transport
from bot.domain.instants import epoch, utc
from bot.domain.invites import Answer, Occurrence, Unreadable
from bot.domain.spans import Span
from bot.errors import CalendarConflict, CalendarRefused, CalendarUnsupported

API_URL = "https://graph.microsoft.com/v1.0"
LOGIN_URL = "https://login.microsoftonline.com/common/oauth2/v2.0"
TENANT = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|[^./]+(\.[^./]+)+")
"""One organisation, by its id or a domain of its own; ``common`` and its like are many."""

CONSUMERS = "9188040d-6c67-4c5b-b112-36a304b66dad"
"""Everybody with a personal account."""

NEEDED = ("User.Read", "Calendars.ReadWrite", "MailboxSettings.Read")
SCOPES = ("offline_access", *NEEDED)

CAPABILITIES = Capabilities(
    occurrence_replies=True, proposals=True, push=True, hours=True, moves=True, takes_back=False
)
ACTIONS = {
    Answer.ACCEPTED: "accept",
    Answer.TENTATIVE: "tentativelyAccept",
    Answer.DECLINED: "decline",
}
MARK = "String {5f1b4c0e-7a52-4c7e-9a35-2d0c6b9e8f41} Name offhours"
"""A named property of our own on the owner's copy, which nobody else has."""

LONGEST_WATCH_S = 10_080 * 60 - 600
"""Graph's limit for events, less what two clocks may differ by."""

LIFECYCLE = "/lifecycle"
"""Behind the URL of a watch: where Graph tells of the subscription itself."""


class _Me(msgspec.Struct, rename="camel"):
    mail: str | None = None
    user_principal_name: str | None = None
    proxy_addresses: list[str] = []


class _Settings(msgspec.Struct, rename="camel"):
    working_hours: WorkingHours | None = None


class _Subscription(msgspec.Struct, rename="camel"):
    id: str
    expiration_date_time: datetime


class Graph:
    """The provider.

    Args:
        login_url: with the operator's own tenant for ``common`` it lets in nobody else. Only then
            addresses are believed: the administrators of a tenant write into it what they like.
    """

    name = "graph"

    def __init__(
        self,
        transport: Transport,
        app: oauth.OAuthApp,
        *,
        api_url: str = API_URL,
        login_url: str = LOGIN_URL,
    ) -> None:
        self._transport = transport
        self._app = app
        self._api_url = api_url.rstrip("/")
        self._login_url = login_url.rstrip("/")
        self._tokens = oauth.TokenEndpoint(transport, f"{self._login_url}/token", app)

    @property
    def verifies(self) -> bool:
        """Only with a tenant of the operator's."""
        tenant = URL(self._login_url).path.removeprefix("/").partition("/")[0].lower()
        return TENANT.fullmatch(tenant) is not None and tenant != CONSUMERS

    def account(self, credentials: Credentials) -> "GraphAccount":
        """Somebody's default calendar."""
        owner = credentials.addresses or (credentials.address,)
        return GraphAccount(self._calls(credentials.secret), owner)

    def consent_url(self, state: str, redirect_uri: str, challenge: str) -> str:
        """Microsoft's page; the person chooses which account it is."""
        return oauth.consent_url(
            f"{self._login_url}/authorize",
            self._app,
            SCOPES,
            state=state,
            redirect_uri=redirect_uri,
            challenge=challenge,
            extra={"prompt": "select_account", "response_mode": "query"},
        )

    async def exchange(self, code: str, redirect_uri: str, verifier: str) -> Credentials:
        """The tokens behind the code, and every address of the account."""
        tokens = await self._tokens.exchange(code, redirect_uri, verifier)
        # In answers, scopes stand in any case and with or without the resource before them.
        granted = {scope.rpartition("/")[2].lower() for scope in tokens.scope.split()}
        if tokens.scope and not granted.issuperset(map(str.lower, NEEDED)):
            raise CalendarRefused("scopes")
        if not tokens.refresh_token:
            raise CalendarRefused("scopes")
        addresses = await self._addresses(tokens.access_token)
        return Credentials(
            address=addresses[0],
            secret=tokens.access_token,
            refresh_token=tokens.refresh_token,
            expires_at=self._tokens.expires_at(tokens),
            addresses=addresses,
        )

    async def refresh(self, credentials: Credentials) -> Credentials:
        """Microsoft gives a new refresh token each time; the one before stays good for a while."""
        tokens = await self._tokens.refresh(credentials.refresh_token)
        return msgspec.structs.replace(
            credentials,
            secret=tokens.access_token,
            refresh_token=tokens.refresh_token or credentials.refresh_token,
            expires_at=self._tokens.expires_at(tokens),
        )

    async def revoke(self, credentials: Credentials) -> None:
        """Microsoft has no revocation of one app's tokens: forgetting them is all there is."""

    def _calls(self, token: str) -> Calls:
        return Calls(self._transport, self._api_url, token)

    async def _addresses(self, token: str) -> tuple[str, ...]:
        me = await self._calls(token).get(
            "/me", _Me, select="mail,userPrincipalName,proxyAddresses"
        )
        # Exchange writes SMTP: before the main one and smtp: before the others, and knows X500:.
        others = [each[5:] for each in me.proxy_addresses if each[:5].lower() == "smtp:"]
        known = [me.mail or "", me.user_principal_name or "", *others]
        found = tuple(dict.fromkeys(each.strip().lower() for each in known if "@" in each))
        if not found:
            raise CalendarRefused("no_mailbox")
        return found


@dataclass(frozen=True, slots=True)
class GraphAccount:
    """One person's default calendar; ``owner`` is every address of theirs, the main one first."""

    calls: Calls
    owner: tuple[str, ...]

    @property
    def capabilities(self) -> Capabilities:
        """The same for everybody."""
        return CAPABILITIES

    async def sync(self, token: str, window: Span, tz: str) -> Changes:
        """The delta of the calendar view. The token is the path of the last delta link."""
        listed = await self.calls.list(token or f"/me/calendarView/delta?{_query(window)}")
        entries = {key: each for key, each in listed.entries.items() if "@removed" not in each}
        masters = {key: each for key, each in entries.items() if each.get("type") == MASTER}
        pages = listed.pages + await self._complete(entries, masters, window, is_full=not token)
        occurrences: list[Occurrence] = []
        unreadable: list[Unreadable] = []
        for key, entry in entries.items():
            master = masters.get(entry.get("seriesMasterId") or "")
            if key in masters or (master is None and entry.get("type") == "occurrence"):
                continue  # a series has no time of its own, and an occurrence without one is gone
            match read(entry, master, self.owner, tz):
                case Occurrence() as found if _is_within(found, window):
                    occurrences.append(found)
                case Unreadable() as found:
                    unreadable.append(found)
        named = {each.object_id for each in occurrences} | {each.object_id for each in unreadable}
        return Changes(
            occurrences=tuple(occurrences),
            unreadable=tuple(unreadable),
            # Also what left the window, and a single event that became a series.
            removed=tuple(key for key in listed.entries if key not in named) if token else (),
            token=listed.link,
            is_full=not token,
            pages=pages,
        )

    async def respond(
        self, event: EventRef, answer: Answer, comment: str = "", proposal: Span | None = None
    ) -> None:
        """By Graph's actions; with ``recurrence_id`` ``""`` on the series of an occurrence."""
        fresh = await self._fresh(event)
        if _is_settled(fresh, event, answer):
            return
        if answer is Answer.NEEDS_ACTION:
            raise CalendarUnsupported("takes_back")
        # An organiser who asked for no answers is told none; Graph refuses a mail to them.
        tells = fresh.response_requested is not False
        body: dict[str, Any] = {"Comment": comment, "SendResponse": tells}
        if proposal is not None:
            if answer is Answer.ACCEPTED or not tells or fresh.allow_new_time_proposals is False:
                raise CalendarUnsupported("proposals")
            body["ProposedNewTime"] = _times(proposal)
        target = event.object_id if event.recurrence_id else fresh.series_master_id or fresh.id
        try:
            await self.calls.post(f"{event_path(target)}/{ACTIONS[answer]}", body)
        except CalendarRefused as error:
            if proposal is not None and error.code == REFUSED:
                raise CalendarUnsupported("proposals") from error
            raise

    async def mark(self, event: EventRef, mark: str) -> None:
        """An extended property; Graph cannot delete one, so no mark is an empty one."""
        fresh = await self._fresh(event)
        _check(fresh, event)
        await self._patch(fresh, {"singleValueExtendedProperties": [{"id": MARK, "value": mark}]})

    async def move(self, event: EventRef, span: Span) -> None:
        """Only single events with times of day."""
        fresh = await self._fresh(event)
        if not fresh.is_organizer:
            raise CalendarRefused("not_yours")
        if fresh.type in INSTANCES or fresh.type == MASTER or fresh.is_all_day:
            raise CalendarUnsupported("moves")
        _check(fresh, event)
        await self._patch(fresh, _times(span))

    async def hours(self) -> HoursFound | None:
        """The working hours of the mailbox settings."""
        settings = await self.calls.get("/me/mailboxSettings", _Settings)
        try:
            found = weekly_hours(settings.working_hours) if settings.working_hours else None
        except ValueError:
            return None
        return HoursFound(*found, "graph") if found else None

    async def watch(self, wish: Watch) -> Channel:
        """A subscription to changes, and to its own fate at ``wish.url`` + ``/lifecycle``."""
        until_at = min(wish.until_at, int(time.time()) + LONGEST_WATCH_S)
        wanted = {
            "changeType": "created,updated,deleted",
            "notificationUrl": wish.url,
            "lifecycleNotificationUrl": wish.url + LIFECYCLE,
            "resource": "me/events",
            "expirationDateTime": _stamp(until_at),
            "clientState": wish.secret,
        }
        made = await self.calls.create("/subscriptions", wanted, _Subscription)
        return Channel(wish.channel_id, made.id, epoch(made.expiration_date_time))

    async def unwatch(self, channel: Channel) -> None:
        """Graph answers 404 for one that ended by itself."""
        try:
            await self.calls.send("DELETE", f"/subscriptions/{quote(channel.resource_id, safe='')}")
        except CalendarRefused as error:
            if error.code != "gone":
                raise

    async def _complete(
        self,
        entries: dict[str, dict[str, Any]],
        masters: dict[str, dict[str, Any]],
        window: Span,
        *,
        is_full: bool,
    ) -> int:
        """Fetch the series and occurrences a delta left out; answers how many calls it took.

        A changed occurrence may come without its series, and a changed series without all the
        occurrences that look different from now on.
        """
        wanted = {each["seriesMasterId"] for each in entries.values() if each.get("seriesMasterId")}
        incomplete = set(masters) - wanted if is_full else set(masters)
        calls = 0
        for series_id in sorted(wanted - set(masters)):
            calls += 1
            try:
                master = await self.calls.entry(f"{event_path(series_id)}?$select={SELECTED}")
            except CalendarRefused as error:
                if error.code != "gone":
                    raise
            else:
                masters[series_id] = master
        for series_id in sorted(incomplete):
            listed = await self.calls.list(f"{event_path(series_id)}/instances?{_query(window)}")
            entries.update(listed.entries)
            calls += listed.pages
        return calls

    async def _fresh(self, event: EventRef) -> Event:
        return await self.calls.get(event_path(event.object_id), Event, select=SELECTED)

    async def _patch(self, fresh: Event, values: dict[str, Any]) -> None:
        await self.calls.send(
            "PATCH", event_path(fresh.id), body=values, if_match=fresh.odata_etag or ""
        )


def _is_settled(fresh: Event, event: EventRef, answer: Answer) -> bool:
    """Whether this answer is there already, though it was another one when the event was read.

    Raises:
        CalendarConflict: it takes place at another time, or was answered differently meanwhile.
    """
    known, present = Version.parse(event.etag), _present(fresh)
    if known is None or known.span != present.span or fresh.is_cancelled:
        raise CalendarConflict
    if known.answer is present.answer:
        return answer is present.answer is Answer.NEEDS_ACTION
    if present.answer is answer:
        return True
    raise CalendarConflict


def _check(fresh: Event, event: EventRef) -> None:
    if Version.parse(event.etag) != _present(fresh):
        raise CalendarConflict


def _present(fresh: Event) -> Version:
    try:
        return version(fresh)
    except ValueError as error:  # it could be read before
        raise CalendarConflict from error


def _is_within(found: Occurrence, window: Span) -> bool:
    return found.start_at < window.end and window.start < found.end_at


def _query(window: Span) -> str:
    return f"startDateTime={_stamp(window.start)}&endDateTime={_stamp(window.end)}"


def _stamp(at: int) -> str:
    return f"{utc(at):%Y-%m-%dT%H:%M:%SZ}"


def _times(span: Span) -> dict[str, dict[str, str]]:
    moments = (f"{utc(at):%Y-%m-%dT%H:%M:%S}" for at in span)
    start, end = ({"dateTime": moment, "timeZone": "UTC"} for moment in moments)
    return {"start": start, "end": end}
