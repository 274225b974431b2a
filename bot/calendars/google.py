"""Google Calendar v3: the owner's primary calendar.

Permission is asked for events and for settings (to read the zone), and for ``openid email``: the
ID token then says whose calendar it is, where asking the calendar itself would take the right to
read every calendar. Google has no way to propose another time, and no working hours; `hours` reads
the working locations instead.
"""

import asyncio
import time
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import quote, urlencode

import msgspec

from bot.calendars.base import (
    Capabilities,
    Changes,
    Channel,
    Credentials,
    EventRef,
    HoursFound,
    Watch,
)
from bot.calendars.google_events import (
    FIELDS,
    SKIPPED,
    WORDS,
    Event,
    Page,
    When,
    is_within,
    read,
)
from bot.calendars.google_hours import weekly_hours
from bot.calendars.oauth import (
    Now,
    OAuthApp,
    TokenEndpoint,
    Tokens,
    claims_of,
    consent_url,
    revoke,
)
from bot.calendars.transport import Reply, Transport, read_json
from bot.domain.instants import WEEK_S, utc
from bot.domain.invites import Answer, Occurrence, Unreadable
from bot.domain.spans import Span
from bot.errors import (
    CalendarAway,
    CalendarConflict,
    CalendarRefused,
    CalendarResync,
    CalendarSignedOut,
    CalendarUnsupported,
)

CALENDAR_SCOPES = (
    "https://www.googleapis.com/auth/calendar.events",
    "https://www.googleapis.com/auth/calendar.settings.readonly",
)
SCOPES = ("openid", "email", *CALENDAR_SCOPES)

CAPABILITIES = Capabilities(occurrence_replies=True, proposals=False, push=True, hours=True)

ISSUERS = frozenset({"https://accounts.google.com", "accounts.google.com"})
"""How Google names itself in ID tokens, either way."""

EVENTS = "/calendars/primary/events"
MOST_RESULTS = 2_500
SERIES_AT_ONCE = 4
HOURS_AHEAD_S = 2 * WEEK_S
MARK = "offhours"

BAD_REQUEST = 400
UNAUTHORIZED = 401
FORBIDDEN = 403
CHANGED = frozenset({409, 412})
GONE = frozenset({404, 410})
OUTDATED = frozenset({400, 410})
"""What a sync token that is too old, or is none, is answered with."""

TOO_FAST = frozenset(
    {
        "rateLimitExceeded",
        "userRateLimitExceeded",
        "quotaExceeded",
        "dailyLimitExceeded",
        "calendarUsageLimitsExceeded",
    }
)
"""The 403s that end by themselves; every other one is a no."""


class Google:
    """Google as a kind of server; the URLs are Google's unless a test has its own."""

    name = "google"
    verifies = True

    def __init__(
        self,
        transport: Transport,
        client: OAuthApp,
        *,
        api_url: str = "https://www.googleapis.com/calendar/v3",
        auth_url: str = "https://accounts.google.com/o/oauth2/v2/auth",
        token_url: str = "https://oauth2.googleapis.com/token",  # noqa: S107 - an address
        revoke_url: str = "https://oauth2.googleapis.com/revoke",
        now: Now = time.time,
    ) -> None:
        self._transport = transport
        self._client = client
        self._api_url = api_url
        self._auth_url = auth_url
        self._revoke_url = revoke_url
        self._tokens = TokenEndpoint(transport, token_url, client, now)
        self._now = now

    def account(self, credentials: Credentials) -> "GoogleAccount":
        """Somebody's calendar; makes no call."""
        return GoogleAccount(self._transport, credentials, self._api_url, self._now)

    def consent_url(self, state: str, redirect_uri: str, challenge: str) -> str:
        """Google's page; a refresh token only comes with ``offline`` and the page shown anew."""
        return consent_url(
            self._auth_url,
            self._client,
            SCOPES,
            state=state,
            redirect_uri=redirect_uri,
            challenge=challenge,
            extra={"access_type": "offline", "prompt": "consent"},
        )

    async def exchange(self, code: str, redirect_uri: str, verifier: str) -> Credentials:
        """What the page's code stands for; see `base.SigningIn.exchange`."""
        tokens = await self._tokens.exchange(code, redirect_uri, verifier)
        address = self._address(tokens.id_token) if tokens.id_token else ""
        if not address or not _has_scopes(tokens):
            raise CalendarRefused("scopes")
        if not tokens.refresh_token:
            raise CalendarRefused("denied")
        return Credentials(
            address=address,
            secret=tokens.access_token,
            refresh_token=tokens.refresh_token,
            expires_at=self._tokens.expires_at(tokens),
            addresses=(address,),
        )

    def _address(self, id_token: str) -> str:
        """Who signed in; ``""`` where they left the box for it out.

        Raises:
            CalendarRefused: ``denied`` for a token that was not made for us, ``not_verified``.
        """
        claims = claims_of(id_token)
        if claims.iss not in ISSUERS or claims.aud != self._client.client_id:
            raise CalendarRefused("denied")
        if claims.email and not claims.email_verified:
            raise CalendarRefused("not_verified")
        return claims.email.lower()

    async def refresh(self, credentials: Credentials) -> Credentials:
        """A fresh access token; see `base.SigningIn.refresh`."""
        tokens = await self._tokens.refresh(credentials.refresh_token)
        return msgspec.structs.replace(
            credentials,
            secret=tokens.access_token,
            refresh_token=tokens.refresh_token or credentials.refresh_token,
            expires_at=self._tokens.expires_at(tokens),
        )

    async def revoke(self, credentials: Credentials) -> None:
        """End the permission; the refresh token's end is the access token's, too."""
        token = credentials.refresh_token or credentials.secret
        await revoke(self._transport, self._revoke_url, token)


class GoogleAccount:
    """One person's primary calendar."""

    capabilities = CAPABILITIES

    def __init__(
        self, transport: Transport, credentials: Credentials, api_url: str, now: Now
    ) -> None:
        self._transport = transport
        self._secret = credentials.secret
        self._api_url = api_url
        self._now = now

    async def sync(self, token: str, window: Span, tz: str) -> Changes:
        """What changed; see `base.Account.sync`.

        Deleted events are not asked for: a full sync has no use for them, and with a sync token
        they come anyway.
        """
        asked = {"singleEvents": "true", "maxResults": str(MOST_RESULTS), "fields": FIELDS}
        bounds = {"timeMin": _rfc3339(window.start), "timeMax": _rfc3339(window.end)}
        events, next_token, pages = await self._pages(
            asked | ({"syncToken": token} if token else bounds)
        )
        known = [e for e in events if not e.is_cancelled and e.event_type not in SKIPPED]
        series = {event.recurring_event_id for event in known} - {""}
        starts = await self._series_starts(series)
        found = [read(event, starts, tz) for event in known]
        occurrences = tuple(
            each for each in found if isinstance(each, Occurrence) and is_within(each, window)
        )
        unreadable = tuple(each for each in found if isinstance(each, Unreadable))
        named = {each.object_id for each in occurrences} | {each.object_id for each in unreadable}
        removed = tuple(event.id for event in events if token and event.id not in named)
        calls = pages + len(series)
        return Changes(occurrences, unreadable, removed, next_token, not token, calls)

    async def respond(
        self,
        event: EventRef,
        answer: Answer,
        comment: str = "",
        proposal: Span | None = None,
    ) -> None:
        """Answer an invite; see `base.Account.respond`.

        Only the owner's own entry is sent, with ``attendeesOmitted``: a list of guests without it
        replaces the one there is.
        """
        if proposal is not None:
            raise CalendarUnsupported("proposals")
        seen = await self._get(event.object_id)
        target = seen
        if seen.recurring_event_id and not event.recurrence_id:  # the whole series is meant
            target = await self._get(seen.recurring_event_id)
        owner = target.owner
        if owner is None:
            raise CalendarRefused("not_invited")
        word = WORDS[answer]
        if (owner.response_status, owner.comment) == (word, comment):
            return
        _check_etag(event, seen)
        guest = {"email": owner.email, "responseStatus": word, "comment": comment}
        body = {"attendeesOmitted": True, "attendees": [guest]}
        await self._patch(target, body, "all")

    async def mark(self, event: EventRef, mark: str) -> None:
        """A property that is private to this copy; see `base.Account.mark`."""
        seen = await self._get(event.object_id)
        _check_etag(event, seen)
        body = {"extendedProperties": {"private": {MARK: mark or None}}}
        await self._patch(seen, body, "none")

    async def move(self, event: EventRef, span: Span) -> None:
        """Move the owner's own single event of fixed times; see `base.Account.move`."""
        seen = await self._get(event.object_id)
        if not seen.is_own:
            raise CalendarRefused("not_yours")
        if seen.recurring_event_id or seen.recurrence or seen.start.date:
            raise CalendarUnsupported("moves")
        _check_etag(event, seen)
        body = {"start": _moved(seen.start, span.start), "end": _moved(seen.end, span.end)}
        await self._patch(seen, body, "all")

    async def hours(self) -> HoursFound | None:
        """The times with a working location in the next two weeks, in the calendar's zone."""
        setting = read_json((await self._ask("GET", "/users/me/settings/timezone")).body, _Setting)
        now = int(self._now())
        asked = {
            "singleEvents": "true",
            "eventTypes": "workingLocation",
            "maxResults": str(MOST_RESULTS),
            "fields": FIELDS,
            "timeMin": _rfc3339(now),
            "timeMax": _rfc3339(now + HOURS_AHEAD_S),
        }
        events, _, _ = await self._pages(asked)
        weekly = weekly_hours(events, setting.value)
        return HoursFound(weekly, setting.value, Google.name) if weekly else None

    async def watch(self, wish: Watch) -> Channel:
        """Google's channels are never prolonged: make another one before this one ends."""
        body = {
            "id": wish.channel_id,
            "type": "web_hook",
            "address": wish.url,
            "token": wish.secret,
            "expiration": str(wish.until_at * 1_000),
        }
        reply = await self._ask("POST", f"{EVENTS}/watch", body=body)
        made = read_json(reply.body, _Channel)
        until_at = made.expiration // 1_000 or wish.until_at
        return Channel(wish.channel_id, made.resource_id, until_at)

    async def unwatch(self, channel: Channel) -> None:
        """Stop a channel; some pushes may come after it all the same."""
        body = {"id": channel.channel_id, "resourceId": channel.resource_id}
        reply = await self._send("POST", "/channels/stop", body=body)
        if reply.status not in GONE:
            _check(reply)

    async def _pages(self, asked: Mapping[str, str]) -> tuple[list[Event], str, int]:
        """Every event, the next sync token, and how many calls it took.

        An event that changes meanwhile may come on two pages; the later one holds.
        """
        events: dict[str, Event] = {}
        page, pages = Page(), 0
        while pages == 0 or page.next_page_token:
            more = {"pageToken": page.next_page_token} if pages else {}
            reply = await self._send("GET", EVENTS, query={**asked, **more})
            if "syncToken" in asked and reply.status in OUTDATED:
                raise CalendarResync
            page = read_json(_check(reply).body, Page)
            pages += 1
            events.update({event.id: event for event in page.items})
        return list(events.values()), page.next_sync_token, pages

    async def _series_starts(self, series: Iterable[str]) -> dict[str, When]:
        """Where each series starts: with expanded occurrences, the series itself does not come.

        Of a series that is not in this calendar, because only one occurrence of it is, nothing.
        """
        gate = asyncio.Semaphore(SERIES_AT_ONCE)

        async def start(series_id: str) -> tuple[str, When | None]:
            async with gate:
                query = {"fields": "id,start"}
                reply = await self._send("GET", _path(series_id), query=query)
            if reply.status in GONE:
                return series_id, None
            return series_id, read_json(_check(reply).body, Event).start

        found = await asyncio.gather(*map(start, series))
        return {series_id: when for series_id, when in found if when is not None}

    async def _get(self, event_id: str) -> Event:
        """The event as it is now.

        Raises:
            CalendarRefused: ``gone``; Google shows deleted events for a while, as cancelled.
        """
        event = read_json((await self._ask("GET", _path(event_id))).body, Event)
        if event.is_cancelled:
            raise CalendarRefused("gone")
        return event

    async def _patch(self, event: Event, body: Mapping[str, Any], send_updates: str) -> None:
        query = {"sendUpdates": send_updates, "fields": "id"}
        await self._ask("PATCH", _path(event.id), query=query, body=body, etag=event.etag)

    async def _ask(self, method: str, path: str, **given: Any) -> Reply:
        return _check(await self._send(method, path, **given))

    async def _send(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, str] | None = None,
        body: Mapping[str, Any] | None = None,
        etag: str = "",
    ) -> Reply:
        headers = {"Authorization": f"Bearer {self._secret}", "Accept": "application/json"}
        if body is not None:
            headers["Content-Type"] = "application/json"
        if etag:
            headers["If-Match"] = etag
        url = f"{self._api_url}{path}" + (f"?{urlencode(query)}" if query else "")
        content = None if body is None else msgspec.json.encode(body)
        return await self._transport.request(method, url, headers=headers, body=content)


class _Setting(msgspec.Struct, frozen=True):
    value: str = ""


class _Channel(msgspec.Struct, frozen=True, rename="camel"):
    """``expiration`` is in milliseconds, 0 when Google does not say."""

    resource_id: str = ""
    expiration: int = 0


class _Reason(msgspec.Struct, frozen=True):
    reason: str = ""


class _Error(msgspec.Struct, frozen=True):
    errors: tuple[_Reason, ...] = ()


class _Failure(msgspec.Struct, frozen=True):
    error: _Error = _Error()


def _check(reply: Reply) -> Reply:
    """The reply, unless it is an error; 404 and 410 are taken for an event that is gone."""
    if reply.status < BAD_REQUEST:
        return reply
    if reply.status in GONE:
        raise CalendarRefused("gone")
    if reply.status in CHANGED:
        raise CalendarConflict
    if reply.status == UNAUTHORIZED:
        raise CalendarSignedOut
    if reply.status != FORBIDDEN:
        raise CalendarRefused("invalid")
    reasons = {each.reason for each in read_json(reply.body, _Failure).error.errors}
    if reasons & TOO_FAST:
        raise CalendarAway
    raise CalendarRefused("forbidden")


def _check_etag(event: EventRef, seen: Event) -> None:
    if event.etag and event.etag != seen.etag:
        raise CalendarConflict


def _has_scopes(tokens: Tokens) -> bool:
    """Google's page has a box for each scope; without an answer everything asked for is given."""
    return not tokens.scope or set(CALENDAR_SCOPES) <= set(tokens.scope.split())


def _moved(before: When, at: int) -> dict[str, str]:
    """The new time; the zone it is shown in stays."""
    moved = {"dateTime": _rfc3339(at)}
    return moved | {"timeZone": before.time_zone} if before.time_zone else moved


def _path(event_id: str) -> str:
    return f"{EVENTS}/{quote(event_id, safe='')}"


def _rfc3339(at: int) -> str:
    return f"{utc(at):%Y-%m-%dT%H:%M:%SZ}"
