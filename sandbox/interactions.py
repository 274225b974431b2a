"""Commands, clicks, shortcuts and submissions: the payloads, and what the answers do."""

from __future__ import annotations

from typing import Any

from sandbox.api.call import ApiError
from sandbox.forms import fill_in, filled_state, initial_state, missing_fields
from sandbox.records import Answer, App, Channel, Delivery, Json, Message, Trigger, User, View
from sandbox.responses import Responses
from sandbox.richtext import Composer
from sandbox.screens import ScreenError, Screens, elements_of
from sandbox.state import Workspace
from sandbox.transport import Reply, Transport

TROUBLE = "We had some trouble connecting. Try again?"


class Desk:
    """Delivers what a person does to the app concerned and carries out its answer."""

    def __init__(self, workspace: Workspace, transport: Transport, responses: Responses) -> None:
        self._workspace = workspace
        self._transport = transport
        self._responses = responses
        self._screens = Screens(workspace)
        self._composer = Composer(workspace)

    async def command(self, person: User, name: str, typed: str, channel: Channel) -> Answer:
        """A slash command typed in `channel`."""
        app = self._app_with_command(name)
        if app is None:
            return Answer(0, text=f"{name} is not a valid command.")
        trigger = self._workspace.open_trigger(app, person)
        fields = {
            "token": app.verification_token,
            "team_id": self._workspace.team_id,
            "team_domain": self._workspace.domain,
            "channel_id": channel.id,
            "channel_name": _command_channel_name(channel),
            "user_id": person.id,
            "user_name": person.name,
            "command": name,
            "text": self._composer.command(typed).strip(),
            "api_app_id": app.app_id,
            "is_enterprise_install": "false",
            "response_url": self._workspace.open_response_url(app, person, channel.id),
            "trigger_id": trigger.id,
        }
        reply = await self._deliver(app, "command", fields)
        if not reply.ok:
            cause = "operation_timeout" if reply.reason == "http_timeout" else "dispatch_failed"
            text = f"{name} failed with the error “{cause}”"
            return Answer(reply.status, reply.body, text, trigger.view)
        return self._command_answer(app, person, channel, reply, trigger)

    async def click(
        self, person: User, where: Message | View, action_id: str, value: Any = None
    ) -> Answer:
        """A press of a button, or a choice in a select, of a message or a view.

        `value` tells buttons with one action_id apart, and is what is chosen in a select.

        Raises:
            LookupError: no such element is on show.
        """
        block, element = _find(where.blocks, action_id, value)
        app = self._app_of(where)
        view = where if isinstance(where, View) else None
        trigger = self._workspace.open_trigger(app, person, view)
        action: Json = {
            "type": element["type"],
            "action_id": action_id,
            "block_id": block["block_id"],
            "action_ts": self._workspace.event_ts(),
        }
        if element["type"] == "button":
            action |= {key: element[key] for key in ("text", "value", "style") if key in element}
        else:
            state = filled_state(element, value, self._composer)
            action |= state
            if view and element["type"] != "overflow":
                view.values.setdefault(block["block_id"], {})[action_id] = state
        place = self._place(app, person, where)
        body = self._interaction("block_actions", app, person, trigger) | place
        reply = await self._deliver(app, "block_actions", body | {"actions": [action]})
        return Answer(reply.status, reply.body, view=_opened(trigger, view))

    async def suggest(
        self, person: User, where: Message | View, action_id: str, typed: str
    ) -> list[Json]:
        """The options an app offers in an external select while somebody types."""
        block, _ = _find(where.blocks, action_id, None)
        app = self._app_of(where)
        trigger = self._workspace.open_trigger(app, person)
        asked = {"action_id": action_id, "block_id": block["block_id"], "value": typed}
        body = self._interaction("block_suggestion", app, person, trigger) | asked
        reply = await self._deliver(app, "block_suggestion", body | self._place(app, person, where))
        answer = reply.body if isinstance(reply.body, dict) else {}
        groups = answer.get("option_groups", ())
        return [
            *answer.get("options", ()),
            *(each for group in groups for each in group["options"]),
        ]

    async def shortcut(self, person: User, app: App, callback_id: str) -> Answer:
        """A global shortcut; it has no response_url."""
        trigger = self._workspace.open_trigger(app, person)
        body = self._interaction("shortcut", app, person, trigger)
        body |= {"callback_id": callback_id, "action_ts": self._workspace.event_ts()}
        reply = await self._deliver(app, "shortcut", body)
        return Answer(reply.status, reply.body, view=trigger.view)

    async def message_shortcut(
        self, person: User, app: App, callback_id: str, message: Message
    ) -> Answer:
        """A shortcut from the menu of a message."""
        trigger = self._workspace.open_trigger(app, person)
        channel = self._workspace.channels[message.channel_id]
        response_url = self._workspace.open_response_url(app, person, channel.id)
        body = self._interaction("message_action", app, person, trigger) | {
            "callback_id": callback_id,
            "action_ts": self._workspace.event_ts(),
            "message_ts": message.ts,
            "message": message.payload(),
            "channel": {"id": channel.id, "name": _command_channel_name(channel)},
            "response_url": response_url,
        }
        reply = await self._deliver(app, "message_action", body)
        return Answer(reply.status, reply.body, view=trigger.view)

    async def submit(self, person: User, view: View, values: dict[str, Any]) -> Answer:
        """The submit button of a modal, after filling in `values`.

        Raises:
            LookupError: the view is not open, or has no such field or option.
        """
        if view not in self._workspace.modals[person.id]:
            raise LookupError(f"The view {view.callback_id!r} is not open for {person.name}.")
        fill_in(view, values, self._composer)
        if errors := missing_fields(view):
            return Answer(0, errors=errors)
        app = self._workspace.apps[view.app_id]
        trigger = self._workspace.open_trigger(app, person, view)
        body = self._interaction("view_submission", app, person, trigger)
        body |= {
            "view": self._view(app, view),
            "response_urls": self._response_urls(app, person, view),
        }
        reply = await self._deliver(app, "view_submission", body)
        if not reply.ok:
            return Answer(reply.status, reply.body, TROUBLE)
        return self._submission_answer(app, person, view, reply, trigger)

    async def close(self, person: User, view: View, *, whole_stack: bool = False) -> None:
        """The close button; the app hears of it if the view asks for that."""
        stack = self._workspace.modals[person.id]
        closed = [view, *reversed(stack)] if whole_stack else [view]
        for each in dict.fromkeys(closed):
            self._screens.close(each)
        if view.source.get("notify_on_close"):
            app = self._workspace.apps[view.app_id]
            body = self._interaction("view_closed", app, person, None)
            body |= {"view": self._view(app, view), "is_cleared": whole_stack}
            await self._deliver(app, "view_closed", body)

    async def _deliver(self, app: App, kind: str, payload: Json) -> Reply:
        delivery = Delivery(app.app_id, kind, payload, self._workspace.clock.now(), attempts=1)
        self._workspace.deliveries.append(delivery)
        reply, delivery.elapsed_s = await self._transport.hand_over(app, kind, payload, {})
        delivery.status, delivery.body, delivery.reason = reply.status, reply.body, reply.reason
        delivery.done = True
        return reply

    def _command_answer(
        self, app: App, person: User, channel: Channel, reply: Reply, trigger: Trigger
    ) -> Answer:
        answer = Answer(reply.status, reply.body, view=trigger.view)
        try:
            answer.message = self._responses.show(app, person, channel, reply.body)
        except ApiError as refused:
            answer.text = f"The app's answer was refused: {refused.answer}"
        if answer.message:
            answer.text = answer.message.text
        return answer

    def _submission_answer(
        self, app: App, person: User, view: View, reply: Reply, trigger: Trigger
    ) -> Answer:
        body = reply.body if isinstance(reply.body, dict) else {}
        opened = trigger.view if trigger.used else None
        answer = Answer(reply.status, reply.body, view=opened)
        try:
            match body.get("response_action"):
                case "errors":
                    answer.errors = _known_errors(view, body.get("errors"))
                case "update":
                    answer.view = self._screens.update(view, body.get("view"))
                case "push":
                    answer.view = self._screens.push(app, person, body.get("view"))
                case "clear":
                    self._screens.clear(person.id)
                case _:
                    self._screens.close(view)
        except ScreenError as refused:
            answer.text = f"{TROUBLE} ({refused.code}: {'; '.join(refused.problems)})"
        return answer

    def _interaction(self, kind: str, app: App, person: User, trigger: Trigger | None) -> Json:
        workspace = self._workspace
        user = {"id": person.id, "username": person.name, "name": person.name}
        return {
            "type": kind,
            "user": user | {"team_id": workspace.team_id},
            "api_app_id": app.app_id,
            "token": app.verification_token,
            "team": {"id": workspace.team_id, "domain": workspace.domain},
            "enterprise": None,
            "is_enterprise_install": False,
        } | ({"trigger_id": trigger.id} if trigger else {})

    def _place(self, app: App, person: User, where: Message | View) -> Json:
        """Where an action happened; an ephemeral message is not repeated in the payload."""
        if isinstance(where, View):
            return {
                "container": {"type": "view", "view_id": where.id},
                "view": self._view(app, where),
            }
        channel = self._workspace.channels[where.channel_id]
        container: Json = {
            "type": "message",
            "message_ts": where.ts,
            "channel_id": channel.id,
            "is_ephemeral": where.ephemeral,
        }
        if where.thread_ts:
            container["thread_ts"] = where.thread_ts
        response_url = self._workspace.open_response_url(app, person, channel.id, where)
        return {
            "container": container,
            "channel": {"id": channel.id, "name": _command_channel_name(channel)},
            "state": {"values": _message_state(where)},
            "response_url": response_url,
        } | ({} if where.ephemeral else {"message": where.payload()})

    def _view(self, app: App, view: View) -> Json:
        fill_in(view, {}, self._composer)
        return view.payload(self._workspace.team_id, app.bot_id)

    def _response_urls(self, app: App, person: User, view: View) -> list[Json]:
        found = []
        for block, element in elements_of(view.blocks):
            ids = {"block_id": block["block_id"], "action_id": element["action_id"]}
            state = view.values.get(ids["block_id"], {}).get(ids["action_id"], {})
            chosen = state.get("selected_conversation") or state.get("selected_channel")
            if element.get("response_url_enabled") and chosen:
                url = self._workspace.open_response_url(app, person, chosen)
                found.append(ids | {"channel_id": chosen, "response_url": url})
        return found

    def _app_with_command(self, name: str) -> App | None:
        installed = (each for each in self._workspace.apps.values() if each.installed)
        return next((each for each in installed if name in each.commands), None)

    def _app_of(self, where: Message | View) -> App:
        app = self._workspace.apps.get(where.app_id or "")
        if app is None:
            raise LookupError("Nobody listens to this message: no app has posted it.")
        return app


def _opened(trigger: Trigger, view: View | None) -> View | None:
    """The view the interaction opened or, where it happened in a view, that view."""
    return trigger.view if trigger.used else view


def _find(blocks: list[Json], action_id: str, value: Any) -> tuple[Json, Json]:
    found = [pair for pair in elements_of(blocks) if pair[1]["action_id"] == action_id]
    exact = [pair for pair in found if pair[1].get("value") == value] if value is not None else []
    if not found:
        shown = [element["action_id"] for _, element in elements_of(blocks)]
        raise LookupError(f"No element {action_id!r} is on show, only: {shown}")
    return (exact or found)[0]


def _known_errors(view: View, errors: Any) -> dict[str, str]:
    """Slack shows errors at input blocks only; anything else leaves the modal in trouble."""
    inputs = {block["block_id"] for block in view.blocks if block["type"] == "input"}
    if not isinstance(errors, dict) or not errors or not errors.keys() <= inputs:
        raise ScreenError(
            "invalid_errors", f"errors {errors!r} are not for inputs {sorted(inputs)}"
        )
    return errors


def _message_state(message: Message) -> Json:
    state: Json = {}
    for block, element in elements_of(message.blocks):
        if element["type"] not in {"button", "overflow"}:
            fields = state.setdefault(block["block_id"], {})
            fields[element["action_id"]] = initial_state(element)
    return state


def _command_channel_name(channel: Channel) -> str:
    return {"im": "directmessage", "group": "privategroup"}.get(channel.kind, channel.name)
