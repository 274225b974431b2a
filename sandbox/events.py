"""The Events API: who hears of an event, the envelope, and the retries."""

from __future__ import annotations

import asyncio
import json
from base64 import b64encode
from collections.abc import Callable, Coroutine, Iterable
from datetime import datetime, timedelta
from typing import Any

from sandbox.faults import Faults
from sandbox.quota import Quota
from sandbox.records import App, Delivery, Json
from sandbox.state import Workspace
from sandbox.transport import Transport

RETRY_AFTER = (timedelta(), timedelta(minutes=1), timedelta(minutes=5))
"""When a refused event is sent again, counted from the first attempt."""
DELAYED_AFTER = tuple(timedelta(hours=each) for each in range(1, 25))
"""When it is sent again to an app that has Delayed Events switched on."""

EVENT_SCOPES: dict[str, tuple[str, ...]] = {
    "app_home_opened": (),
    "app_mention": ("app_mentions:read",),
    "app_uninstalled": (),
    "channel_archive": ("channels:read",),
    "channel_created": ("channels:read",),
    "channel_unarchive": ("channels:read",),
    "dnd_updated": ("dnd:read",),
    "dnd_updated_user": ("dnd:read",),
    "member_joined_channel": ("channels:read", "groups:read"),
    "member_left_channel": ("channels:read", "groups:read"),
    "message.channels": ("channels:history",),
    "message.groups": ("groups:history",),
    "message.im": ("im:history",),
    "message.mpim": ("mpim:history",),
    "reaction_added": ("reactions:read",),
    "reaction_removed": ("reactions:read",),
    "subteam_created": ("usergroups:read",),
    "subteam_members_changed": ("usergroups:read",),
    "subteam_updated": ("usergroups:read",),
    "team_join": ("users:read",),
    "tokens_revoked": (),
    "user_change": ("users:read",),
}
"""Subscription -> scopes, any of which is enough."""
_FAREWELL = {"app_uninstalled", "tokens_revoked"}


class Courier:
    """Carries events to the apps that subscribed to them."""

    def __init__(self, workspace: Workspace, transport: Transport, faults: Faults) -> None:
        self._workspace = workspace
        self._transport = transport
        self._faults = faults
        self._tasks: set[asyncio.Task[None]] = set()
        self._unsettled: set[Delivery] = set()
        self._held_back: list[Coroutine[Any, Any, None]] = []
        self._alarms: list[datetime] = []
        self._quota = Quota(workspace.clock)

    @property
    def quota(self) -> Quota:
        """How many events an app gets in an hour."""
        return self._quota

    def announce(
        self,
        subscription: str,
        event: Json,
        *,
        visible_to: Iterable[str] | None = None,
        only: App | None = None,
    ) -> list[asyncio.Future[None]]:
        """Send an event to every app that may hear of it, once per app.

        Args:
            subscription: the name apps subscribe to, such as "message.channels".
            event: the inner event.
            visible_to: user ids that can see it; None means everybody.
            only: the one app concerned.

        Returns:
            One future per app, done when its first attempt was answered or failed.
        """
        if not self._transport.is_open:
            return []
        event.setdefault("event_ts", self._workspace.event_ts())
        seen_by = None if visible_to is None else frozenset(visible_to)
        heard = (
            (app, self._authorizations(app, subscription, seen_by))
            for app in ([only] if only else tuple(self._workspace.apps.values()))
        )
        return [self._send(app, event, found) for app, found in heard if found]

    def when(self, instant: datetime, act: Callable[[], None]) -> None:
        """Do something once the clock shows `instant`; `settle` waits for it when it is due."""
        if self._transport.is_open:
            self._spawn(self._ring_at(instant, act))

    async def settle(self) -> None:
        """Wait until every delivery due by now was answered, follow-ups included."""
        while True:
            self._release_held_back()
            now = self._workspace.clock.now()
            waiting = [
                each for each in self._unsettled if each.next_at is None or each.next_at <= now
            ]
            if not waiting and not any(each <= now for each in self._alarms):
                return
            await asyncio.sleep(0.001)

    async def stop(self) -> None:
        """Forget what was not delivered."""
        for held in self._held_back:
            held.close()
        self._held_back.clear()
        tasks = tuple(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _authorizations(
        self, app: App, subscription: str, visible_to: frozenset[str] | None
    ) -> list[Json]:
        """The installations of the app that may see the event; empty: it hears nothing."""
        scopes = EVENT_SCOPES[subscription]
        if not app.installed and subscription not in _FAREWELL:
            return []

        def may(user_id: str, granted: frozenset[str]) -> bool:
            seen = visible_to is None or user_id in visible_to
            active = not self._workspace.users[user_id].deleted
            return active and seen and (not scopes or not granted.isdisjoint(scopes))

        found = []
        if subscription in app.bot_events and may(app.bot_user_id, app.scopes):
            found.append(self._authorization(app.bot_user_id, is_bot=True))
        if subscription in app.user_events:
            found += [
                self._authorization(grant.user_id, is_bot=False)
                for grant in self._workspace.grants_of(app)
                if may(grant.user_id, grant.scopes)
            ]
        return found

    def _authorization(self, user_id: str, *, is_bot: bool) -> Json:
        return {
            "enterprise_id": None,
            "team_id": self._workspace.team_id,
            "user_id": user_id,
            "is_bot": is_bot,
            "is_enterprise_install": False,
        }

    def _send(self, app: App, event: Json, authorizations: list[Json]) -> asyncio.Future[None]:
        if self._quota.take(app.app_id):
            return self._dispatch(app, event, authorizations)
        first: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        minute = self._quota.new_minute_over(app.app_id)
        if minute is None:
            first.set_result(None)
        else:
            self._spawn(self._carry(app, self._record(app, self._limited(app, minute)), first))
        return first

    def _dispatch(self, app: App, event: Json, authorizations: list[Json]) -> asyncio.Future[None]:
        first: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        payload = self._envelope(app, event, authorizations)
        fault = self._faults.take(event, event["type"], "event")
        carrying = self._carry(app, self._record(app, payload), first)
        if fault and fault.kind == "out_of_order":
            self._held_back.append(carrying)
            first.set_result(None)
            return first
        self._spawn(carrying)
        if fault and fault.kind == "duplicate":
            again: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            self._spawn(self._carry(app, self._record(app, payload), again))
        if self._held_back:
            first.add_done_callback(lambda _: self._release_held_back())
        return first

    def _envelope(self, app: App, event: Json, authorizations: list[Json]) -> Json:
        workspace = self._workspace
        seed = {"et": event["type"], "tid": workspace.team_id, "aid": app.app_id}
        token = json.dumps(seed | {"n": workspace.mint("", 6)}).encode()
        context = f"4-{b64encode(token).decode().rstrip('=')}"
        workspace.event_contexts[context] = app.app_id, authorizations
        channel = workspace.channels.get(_channel_id(event))
        return {
            "token": app.verification_token,
            "team_id": event.get("source_team") or workspace.team_id,
            "context_team_id": workspace.team_id,
            "context_enterprise_id": None,
            "api_app_id": app.app_id,
            "event": event,
            "type": "event_callback",
            "event_id": workspace.mint("Ev", 10),
            "event_time": workspace.epoch_s(),
            "authorizations": authorizations[:1],
            "is_ext_shared_channel": channel is not None and workspace.is_ext_shared(channel),
            "event_context": context,
        }

    def _limited(self, app: App, minute: int) -> Json:
        """The one payload that is no event_callback: the app has had its events for this hour."""
        return {
            "token": app.verification_token,
            "type": "app_rate_limited",
            "team_id": self._workspace.team_id,
            "minute_rate_limited": minute,
            "api_app_id": app.app_id,
        }

    async def _ring_at(self, instant: datetime, act: Callable[[], None]) -> None:
        self._alarms.append(instant)
        try:
            await self._workspace.clock.reached(instant)
            act()
        finally:
            self._alarms.remove(instant)

    def _release_held_back(self) -> None:
        while self._held_back:
            self._spawn(self._held_back.pop(0))

    def _spawn(self, carrying: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(carrying)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _record(self, app: App, payload: Json) -> Delivery:
        delivery = Delivery(app.app_id, "event", payload, self._workspace.clock.now())
        self._workspace.deliveries.append(delivery)
        self._unsettled.add(delivery)
        return delivery

    async def _carry(self, app: App, delivery: Delivery, first: asyncio.Future[None]) -> None:
        """All attempts of one delivery."""
        try:
            await self._attempt(app, delivery)
            if not first.done():
                first.set_result(None)
            for wait in RETRY_AFTER + DELAYED_AFTER:
                if delivery.done or (wait in DELAYED_AFTER and not app.delayed_events):
                    break
                delivery.next_at = delivery.at + wait
                await self._workspace.clock.reached(delivery.next_at)
                delivery.next_at = None
                await self._attempt(app, delivery)
        finally:
            delivery.done = True
            self._unsettled.discard(delivery)
            if not first.done():
                first.set_result(None)

    async def _attempt(self, app: App, delivery: Delivery) -> None:
        retry = {"num": delivery.attempts, "reason": delivery.reason} if delivery.attempts else {}
        delivery.attempts += 1
        reply, elapsed_s = await self._transport.hand_over(app, "event", delivery.payload, retry)
        delivery.status, delivery.body, delivery.reason = reply.status, reply.body, reply.reason
        delivery.elapsed_s = elapsed_s
        delivery.done = reply.ok or reply.no_retry


def _channel_id(event: Json) -> str:
    """Where an event happened, or ""."""
    place = event.get("channel") or event.get("item", {}).get("channel")
    return place if isinstance(place, str) else ""
