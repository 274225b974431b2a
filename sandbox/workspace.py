"""The sandbox as its users see it: one object that holds a workspace and serves it."""

from __future__ import annotations

from collections.abc import Iterable
from types import TracebackType
from typing import Any, Self

from sandbox.clock import SandboxClock
from sandbox.events import Courier
from sandbox.faults import Faults
from sandbox.interactions import Desk
from sandbox.people import Person, Surroundings
from sandbox.posting import Posts
from sandbox.records import ApiCall, App, Channel, Delivery, Json, Message, User, UserGroup
from sandbox.responses import Responses
from sandbox.server import Server
from sandbox.socket_mode import Sockets
from sandbox.state import Workspace
from sandbox.transport import Transport

APP_TOKEN_SCOPES = frozenset({"connections:write", "authorizations:read"})


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
    ) -> None:
        self.clock = clock or SandboxClock()
        self.faults = Faults()
        self.workspace = Workspace(self.clock, team_id, name, seed)
        self.sockets = Sockets(self.workspace)
        self._transport = Transport(self.workspace, self.sockets)
        self._courier = Courier(self.workspace, self._transport, self.faults)
        self._posts = Posts(self.workspace, self._courier)
        responses = Responses(self.workspace, self._posts)
        desk = Desk(self.workspace, self._transport, responses)
        self._around = Surroundings(self.workspace, self._posts, desk)
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
    ) -> Person:
        """A new member; once the sandbox is served the apps get `team_join`."""
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
            email=f"{name}@example.com",
            around=self._around,
        )
        self.workspace.users[person.id] = person
        self._posts.user_changed(person, "team_join")
        return person

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
    ) -> App:
        """Create an app and install it with these bot scopes."""
        workspace = self.workspace
        bot_id, app_id = workspace.mint("B"), workspace.mint("A")
        bot_user = User(
            workspace.mint("U"),
            name.lower(),
            "America/Los_Angeles",
            name,
            is_bot=True,
            bot_id=bot_id,
            app_id=app_id,
        )
        app = App(
            app_id=app_id,
            name=name,
            client_id=client_id or workspace.mint_secret(),
            client_secret=client_secret or workspace.mint_secret(),
            signing_secret=workspace.mint_secret(),
            verification_token=workspace.mint_secret(),
            bot_user=bot_user,
            bot_token=workspace.mint_secret("xoxb-"),
            app_token=workspace.mint_secret("xapp-"),
            scopes=frozenset(scopes),
            request_url=request_url,
            commands=frozenset(commands),
            bot_events=frozenset(bot_events),
            user_events=frozenset(user_events),
            socket_mode=socket_mode,
        )
        workspace.users[bot_user.id] = bot_user
        workspace.apps[app_id] = app
        workspace.install(app)
        workspace.add_app_token(app, APP_TOKEN_SCOPES)
        return app

    def grant(self, app: App, person: User, scopes: Iterable[str]) -> str:
        """What the person's consent would yield: a user token."""
        return self.workspace.grant(app, person.id, scopes).value

    def revoke(self, app: App, person: User) -> None:
        """The person takes the app's user token back."""
        for token in self.workspace.grants_of(app):
            if token.user_id == person.id:
                self.workspace.revoke(token)
        self._tokens_revoked(app, {"oauth": [person.id], "bot": []})

    def uninstall(self, app: App) -> None:
        """Remove the app: every token dies, and it hears of that."""
        grants = [each for each in self.workspace.tokens.values() if each.app_id == app.app_id]
        for token in grants:
            if token.kind != "app":
                self.workspace.revoke(token)
        people = [each.user_id for each in grants if each.kind == "user"]
        self._tokens_revoked(app, {"oauth": people, "bot": [app.bot_user_id]})
        app.installed = False
        self._courier.announce("app_uninstalled", {"type": "app_uninstalled"}, only=app)

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

    def _tokens_revoked(self, app: App, tokens: Json) -> None:
        event = {"type": "tokens_revoked", "tokens": tokens}
        self._courier.announce("tokens_revoked", event, only=app)


def _user_of(member: User | App) -> User:
    return member.bot_user if isinstance(member, App) else member
