"""The sandbox as its users see it: one object that holds a workspace and serves it."""

from __future__ import annotations

from collections.abc import Iterable
from types import TracebackType
from typing import Any, Self

from sandbox.clock import SandboxClock
from sandbox.events import Courier
from sandbox.faults import Faults
from sandbox.installing import Installations
from sandbox.interactions import Desk
from sandbox.people import Person, Surroundings
from sandbox.posting import Posts
from sandbox.records import ApiCall, App, Channel, Delivery, Message, Ring, User, UserGroup
from sandbox.responses import Responses
from sandbox.server import Server
from sandbox.socket_mode import Sockets
from sandbox.state import Workspace
from sandbox.transport import Transport
from sandbox.workflows import Workflow


class Sandbox:
    """A Slack workspace in this process, served on 127.0.0.1 while started.

    Use it as an async context manager, or call `start` and `stop`.
    """

    def __init__(
        self,
        clock: SandboxClock | None = None,
        team_id: str = "T0SANDBOX",
        name: str = "Sandbox",
        seed: int = 0,
        *,
        tiers: bool = False,
    ) -> None:
        self.clock = clock or SandboxClock()
        self.faults = Faults()
        self.workspace = Workspace(self.clock, team_id, name, seed)
        self.workspace.tiers.on = tiers
        self.sockets = Sockets(self.workspace)
        self._transport = Transport(self.workspace, self.sockets)
        self._courier = Courier(self.workspace, self._transport, self.faults)
        self._posts = Posts(self.workspace, self._courier)
        responses = Responses(self.workspace, self._posts)
        desk = Desk(self.workspace, self._transport, responses)
        self._apps = Installations(self.workspace, self._courier)
        self._around = Surroundings(self.workspace, self._posts, desk, self._apps)
        self._server = Server(
            self.workspace, self._posts, self._courier, responses, self.sockets, self.faults
        )

    async def start(self, port: int = 0) -> None:
        """Serve the workspace on `port` of 127.0.0.1; 0 takes a free one."""
        await self._server.start(port)
        await self._transport.open()

    async def stop(self) -> None:
        """Stop serving; what was still to be delivered is forgotten."""
        await self._courier.stop()
        await self._transport.close()
        await self._server.stop()

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.stop()

    @property
    def url(self) -> str:
        """The address of the workspace, such as http://127.0.0.1:8001."""
        if not self.workspace.base_url:
            raise RuntimeError("The sandbox has no address before it is started.")
        return self.workspace.base_url

    @property
    def api_url(self) -> str:
        """The base URL of the Web API, with a closing slash."""
        return f"{self.url}/api/"

    @property
    def authorize_url(self) -> str:
        """The OAuth consent page; `&as=U…` consents for that person without a browser."""
        return f"{self.url}/oauth/v2/authorize"

    @property
    def rate_limit_per_channel_s(self) -> float:
        """Real seconds between two chat.postMessage into one channel; 0 switches it off."""
        return self.workspace.rate_limit_per_channel_s

    @rate_limit_per_channel_s.setter
    def rate_limit_per_channel_s(self, seconds: float) -> None:
        self.workspace.rate_limit_per_channel_s = seconds

    @property
    def members_may_delete(self) -> bool:
        """The workspace setting that lets members delete their own messages."""
        return self.workspace.members_may_delete

    @members_may_delete.setter
    def members_may_delete(self, allowed: bool) -> None:
        self.workspace.members_may_delete = allowed

    @property
    def refuse_new_blocks(self) -> bool:
        """Whether charts and data tables are still unknown here, as during their roll-out."""
        return self.workspace.refuse_new_blocks

    @refuse_new_blocks.setter
    def refuse_new_blocks(self, refused: bool) -> None:
        self.workspace.refuse_new_blocks = refused

    @property
    def tiers(self) -> bool:
        """Whether each method's rate tier is kept: 429 with Retry-After; off at first."""
        return self.workspace.tiers.on

    @tiers.setter
    def tiers(self, on: bool) -> None:
        self.workspace.tiers.on = on

    @property
    def event_cap_per_hour(self) -> int:
        """Events an app gets in an hour; the surplus is dropped, with app_rate_limited."""
        return self._courier.quota.per_hour

    @event_cap_per_hour.setter
    def event_cap_per_hour(self, events: int) -> None:
        self._courier.quota.per_hour = events

    def add_user(
        self,
        name: str,
        tz: str,
        *,
        real_name: str | None = None,
        is_admin: bool = False,
        is_owner: bool = False,
        is_bot: bool = False,
        deleted: bool = False,
        is_restricted: bool = False,
        is_ultra_restricted: bool = False,
    ) -> Person:
        """A new member; once the sandbox is served the apps get `team_join`.

        Guests are restricted: to some channels, or (ultra) to one.
        """
        person = Person(
            id=self.workspace.mint("U"),
            name=name,
            tz=tz,
            real_name=real_name or name.replace(".", " ").title(),
            is_admin=is_admin or is_owner,
            is_owner=is_owner,
            is_bot=is_bot,
            bot_id=self.workspace.mint("B") if is_bot else None,
            deleted=deleted,
            is_restricted=is_restricted,
            is_ultra_restricted=is_ultra_restricted,
            email=f"{name}@example.com",
            around=self._around,
        )
        self.workspace.users[person.id] = person
        self._posts.user_changed(person, "team_join")
        return person

    def add_stranger(
        self, name: str, tz: str | None = None, *, team_id: str = "T0PARTNER"
    ) -> Person:
        """Somebody of another workspace; a conversation they are in is shared (Slack Connect).

        Without `tz` the profile says nothing of the zone, as it may in Slack.
        """
        person = Person(
            id=self.workspace.mint("U"),
            name=name,
            tz=tz or "",
            real_name=name.replace(".", " ").title(),
            team_id=team_id,
            around=self._around,
        )
        self.workspace.users[person.id] = person
        return person

    def add_workflow(self, name: str) -> Workflow:
        """A workflow, which posts as a bot of its own."""
        return Workflow.create(name, self.workspace, self._posts)

    def add_channel(
        self, name: str, members: Iterable[User | App] = (), *, is_private: bool = False
    ) -> Channel:
        """A channel; an app among the members stands for its bot."""
        ids = [_user_of(each).id for each in members]
        return self.workspace.add_channel(name, ids, "group" if is_private else "channel")

    def add_usergroup(self, handle: str, name: str, members: Iterable[User]) -> UserGroup:
        """A user group, mentioned as `@handle`."""
        ids = [each.id for each in members]
        group = UserGroup(self.workspace.mint("S"), handle, name, ids, self.clock.now())
        self.workspace.usergroups[group.id] = group
        self._posts.group_created(group)
        return group

    def set_usergroup(self, group: UserGroup, members: Iterable[User]) -> None:
        """Replace a user group's members."""
        self._posts.group_members(group, [each.id for each in members])

    def dm(self, *members: User | App) -> Channel:
        """The direct message of these members, made if there is none."""
        return self.workspace.open_direct([_user_of(each).id for each in members])

    def install_app(
        self,
        *,
        request_url: str | None = None,
        scopes: Iterable[str],
        name: str = "Offhours",
        commands: Iterable[str] = (),
        bot_events: Iterable[str] = (),
        user_events: Iterable[str] = (),
        socket_mode: bool = False,
        client_id: str | None = None,
        client_secret: str | None = None,
        user_optional: Iterable[str] = (),
        delayed_events: bool = False,
    ) -> App:
        """Create an app and install it with these bot scopes.

        Args:
            request_url: where events, commands and interactions go; settable later on the App.
            scopes: bot scopes.
            name: the app's name, and in lower case its bot's.
            commands: slash commands, with the slash.
            bot_events: what the bot is told of.
            user_events: what is told because a person who authorised the app can see it.
            socket_mode: deliver over sockets instead of HTTP.
            client_id: for OAuth; made up if missing.
            client_secret: for OAuth; made up if missing.
            user_optional: user scopes a person may leave unticked on the consent page.
            delayed_events: send refused events again every hour for a day.
        """
        return self._apps.install(
            name,
            scopes,
            client_id=client_id,
            client_secret=client_secret,
            request_url=request_url,
            commands=frozenset(commands),
            bot_events=frozenset(bot_events),
            user_events=frozenset(user_events),
            socket_mode=socket_mode,
            user_optional=frozenset(user_optional),
            delayed_events=delayed_events,
        )

    def grant(self, app: App, person: User, scopes: Iterable[str]) -> str:
        """What the person's consent would yield: a user token."""
        return self.workspace.grant(app, person.id, scopes).value

    def revoke(self, app: App, person: User) -> None:
        """The person takes the app's user token back."""
        self._apps.revoke(app, person)

    def uninstall(self, app: App, *, tokens_first: bool = True) -> None:
        """Remove the app: every token dies, and it hears of that; see `Installations`."""
        self._apps.uninstall(app, tokens_first=tokens_first)

    def messages(self, channel_id: str, *, as_seen_by: User | None = None) -> list[Message]:
        """A channel's messages in order; with `as_seen_by` that person's ephemerals too."""
        messages = list(self.workspace.channels[channel_id].messages)
        if as_seen_by:
            messages += [
                each
                for each in self.workspace.private_messages
                if each.ephemeral
                and each.channel_id == channel_id
                and each.for_user == as_seen_by.id
            ]
        return sorted(messages, key=lambda each: each.ts)

    @property
    def rings(self) -> list[Ring]:
        """Whom each message reached, oldest first: whether the device rang or stayed silent."""
        return self.workspace.rings

    @property
    def calls(self) -> list[ApiCall]:
        """Every Web API call, oldest first."""
        return self.workspace.calls

    def calls_to(self, method: str) -> list[ApiCall]:
        """The calls of one method."""
        return [each for each in self.calls if each.method == method]

    @property
    def deliveries(self) -> list[Delivery]:
        """Every event, command and interaction sent to an app, oldest first."""
        return self.workspace.deliveries

    async def settle(self) -> None:
        """Wait until every event due by now was answered, retries included."""
        await self._courier.settle()

    async def deliver_raw(
        self,
        app: App,
        body: bytes,
        headers: dict[str, str] | None = None,
        sign: bool = True,  # noqa: FBT001, FBT002 - reads as prose at the call
        content_type: str = "application/json",
    ) -> tuple[int, Any]:
        """POST any bytes to the app; status 0 when it did not answer."""
        reply = await self._transport.post(app, body, content_type, headers, signed=sign)
        return reply.status, reply.body


def _user_of(member: User | App) -> User:
    return member.bot_user if isinstance(member, App) else member
