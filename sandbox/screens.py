"""What stands on a person's screen: the stack of modals, and the Home tab of each app."""

from __future__ import annotations

from typing import Any

from sandbox.blocks import HOME, MODAL, check_view
from sandbox.records import App, Json, User, View
from sandbox.state import Workspace

MAX_STACK = 3


class ScreenError(Exception):
    """A view that Slack refuses: its error code, and sentences about the view."""

    def __init__(self, code: str, *problems: str) -> None:
        super().__init__(code)
        self.code = code
        self.problems = problems


class Screens:
    """Opens, changes and closes views."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace

    def open(self, app: App, user: User, source: Any) -> View:
        """Show a modal in place of whatever stack was open."""
        view = self._new(app, user, source, MODAL)
        self._workspace.modals[user.id] = [view]
        return view

    def push(self, app: App, user: User, source: Any) -> View:
        """Show a modal on top of the stack, at most three deep."""
        stack = self._workspace.modals[user.id]
        if len(stack) >= MAX_STACK:
            raise ScreenError("push_limit_reached")
        view = self._new(app, user, source, MODAL)
        if stack:
            view.root_id, view.previous_id = stack[0].id, stack[-1].id
        stack.append(view)
        return view

    def update(self, view: View, source: Any, expected_hash: str = "") -> View:
        """Replace what a view shows; what was filled in stays where ids are the same."""
        if expected_hash and expected_hash != view.hash:
            raise ScreenError("hash_conflict")
        view.source = self._checked(source, view.source["type"])
        view.hash = self._new_hash()
        kept = {(block, action) for block, action, _ in stateful_elements(view.blocks)}
        for block_id, actions in list(view.values.items()):
            view.values[block_id] = {k: v for k, v in actions.items() if (block_id, k) in kept}
        return view

    def publish(self, app: App, user: User, source: Any, expected_hash: str = "") -> View:
        """Set the app's Home tab of a person."""
        current = self._workspace.homes.get((app.app_id, user.id))
        if current is None:
            current = self._new(app, user, source, HOME)
            self._workspace.homes[app.app_id, user.id] = current
            return current
        return self.update(current, source, expected_hash)

    def is_shown(self, view: View) -> bool:
        """Whether the view is on the screen; a closed modal can no longer be changed."""
        home = self._workspace.homes.get((view.app_id, view.user_id))
        return view is home or view in self._workspace.modals[view.user_id]

    def close(self, view: View) -> None:
        """Take one modal off the stack."""
        stack = self._workspace.modals[view.user_id]
        if view in stack:
            stack.remove(view)

    def clear(self, user_id: str) -> None:
        """Close every modal of a person."""
        self._workspace.modals[user_id] = []

    def _new(self, app: App, user: User, source: Any, kind: str) -> View:
        checked = self._checked(source, kind)
        view_id = self._workspace.mint("V")
        view = View(view_id, app.app_id, user.id, checked, self._new_hash(), view_id)
        self._workspace.views[view_id] = view
        return view

    def _checked(self, source: Any, kind: str) -> Json:
        problems = check_view(source)
        if "view_too_large" in problems:
            raise ScreenError("view_too_large")
        if not problems and source["type"] != kind:
            problems = [f"expected a view of type {kind} [json-pointer:/view/type]"]
        if problems:
            raise ScreenError("invalid_arguments", *problems)
        blocks = identified(source["blocks"], self._workspace)
        return {**source, "blocks": blocks}

    def _new_hash(self) -> str:
        return f"{self._workspace.epoch_s()}.{self._workspace.mint_secret()[:8]}"


def identified(blocks: list[Json], workspace: Workspace) -> list[Json]:
    """Blocks as Slack stores them: each with a block_id, each element with an action_id."""

    def named(element: Json) -> Json:
        return {"action_id": workspace.mint("", 5)} | element

    stored = []
    for block in blocks:
        copy: Json = {"block_id": workspace.mint("", 5)} | block
        if copy["type"] == "actions":
            copy["elements"] = [named(each) for each in copy["elements"]]
        for slot in {"accessory", "element"} & copy.keys():
            copy[slot] = named(copy[slot])
        stored.append(copy)
    return stored


def elements_of(blocks: list[Json]) -> list[tuple[Json, Json]]:
    """Every interactive element with its block, in the order of the screen."""
    found = []
    for block in blocks:
        inner = block["elements"] if block["type"] == "actions" else []
        single = [block[slot] for slot in ("accessory", "element") if slot in block]
        found += [(block, each) for each in [*inner, *single] if "action_id" in each]
    return found


def stateful_elements(blocks: list[Json]) -> list[tuple[str, str, Json]]:
    """block_id, action_id and element of everything a person can fill in."""
    return [
        (block["block_id"], element["action_id"], element)
        for block, element in elements_of(blocks)
        if element["type"] not in {"button", "overflow", "image"}
    ]
