"""`/later`, the shortcuts and the buttons of what is waiting."""

import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

import msgspec

from bot.domain.availability import joint_opening
from bot.domain.notices import Origin
from bot.domain.response import declared_reply_by
from bot.errors import BadInput, NotPossible
from bot.services.directory import Place
from bot.services.holding import Destination, Waiting
from bot.services.written import Written
from bot.slack import blocks as kit
from bot.slack import home, richtext
from bot.slack.actions import Action, Shown, clicked
from bot.slack.blocks import Block
from bot.slack.commands import Ask, Command, Said
from bot.slack.surface import Surface
from bot.slack.views import Shortcut, Submit, Submitted, values
from bot.words import later as words
from bot.words import response as response_words
from bot.words.times import clock, two_clocks

NUMBER_DIGITS = 4
LEADING = re.compile(r"<@([UW][A-Z0-9]+)(?:\|[^>]*)?>[\s,]*")
NUMBERED = ("send", "cancel", "edit")


async def run(ask: Ask) -> Said:
    """`/later @ana text`, or one of the verbs on what is waiting."""
    verb, _, rest = ask.text.partition(" ")
    if not ask.text or verb.lower() == "list":
        return await _list(ask)
    if verb.lower() == "auto":
        return await _auto(ask, rest.strip().lower())
    if verb.lower() in NUMBERED:
        return await NUMBERED_VERBS[verb.lower()](ask, await _numbered(ask, verb.lower(), rest))
    return await _hold(ask)


async def _hold(ask: Ask) -> Said:
    recipients, text = addressed(ask.text)
    if set(recipients) == {ask.user_id}:
        raise BadInput(words.YOURSELF)
    if not text:
        raise BadInput(words.EMPTY)
    origin = Origin.LATER
    try:
        held = await ask.surface.holding.hold(
            ask.workspace_id, ask.user_id, recipients, Written(text), origin
        )
    except BadInput as error:
        raise NotPossible(f"{error}\n{words.given_back(ask.text)}") from error
    ask.surface.wake("release")
    await home.publish(ask.surface, ask.workspace_id, ask.user_id)
    return Said(receipt(ask.surface, ask.workspace_id, ask.user_id, held))


def addressed(text: str) -> tuple[list[str], str]:
    """The people named at the start, and the rest.

    Raises:
        BadInput: nobody, a group, a channel, or a name Slack did not resolve.
    """
    recipients, rest = [], text
    while (found := LEADING.match(rest)) is not None:
        recipients.append(found.group(1))
        rest = rest[found.end() :]
    if not recipients:
        if text.startswith("<!subteam"):
            raise BadInput(words.GROUPS)
        if text.startswith(("<#", "#")):
            raise BadInput(words.CHANNEL)
        if text.startswith("@"):
            raise BadInput(words.NOT_ESCAPED.format(word=text.split(maxsplit=1)[0]))
        raise BadInput(words.NOBODY)
    return recipients, rest.strip()


def receipt(surface: Surface, workspace_id: str, author_id: str, held: Waiting) -> str:
    """When it is delivered, in their hours and in the author's."""
    place = surface.directory.loaded(workspace_id)
    when = when_back(surface, workspace_id, author_id, held)
    known = all(place.rows[user_id].enrolled_at is not None for user_id in held.recipient_ids)
    as_you = "chat:write" in place.scopes.get(author_id, frozenset())
    text = words.held(held.recipient_ids, when, known=known, as_you=as_you).format(
        name=surface.names["later"]
    )
    return "\n".join([text, *_replies(surface, place, author_id, held)])


def _replies(surface: Surface, place: Place, author_id: str, held: Waiting) -> list[str]:
    """Before when each recipient who declared a response time is not expected to answer."""
    now, lines = surface.directory.now(), []
    for user_id in held.recipient_ids:
        person = surface.directory.person(place, user_id)
        if person is None:
            continue
        within = person.choices.reply_within
        by = declared_reply_by(person.timeline, within, held.due_at or now)
        if by is not None:
            own = place.rows.get(author_id, place.rows[user_id])
            when = two_clocks(by, person.tz, own.tz, now)
            lines.append(response_words.expected_from(kit.user(user_id), when, within))
    return lines


async def _list(ask: Ask) -> Said:
    waiting = await ask.surface.holding.waiting(ask.workspace_id, ask.user_id)
    if not waiting:
        return Said(words.NOTHING_WAITING.format(name=ask.surface.names["later"]))
    whens = [when_back(ask.surface, ask.workspace_id, ask.user_id, hold) for hold in waiting]
    text = words.listed([(hold.recipient_ids, at) for hold, at in zip(waiting, whens, strict=True)])
    shown: list[Block] = [kit.section(text)]
    return Said(text, shown)


def when_back(surface: Surface, workspace_id: str, author_id: str, hold: Waiting) -> str:
    """When it is delivered, on the clocks of whom it is for and on the author's."""
    place, now = surface.directory.loaded(workspace_id), surface.directory.now()
    due_at = hold.due_at or now
    first_id, *others = hold.recipient_ids
    first = place.rows[first_id]
    author = place.rows.get(author_id, first)
    alike = all(clock(due_at, place.rows[each].tz) == clock(due_at, first.tz) for each in others)
    whose = words.THEIRS if alike else words.for_one(first_id)
    return two_clocks(due_at, first.tz, author.tz, now, whose)


async def _auto(ask: Ask, wanted: str) -> Said:
    """`/later auto on|off`: take my own messages back without a click."""
    if wanted not in {"", "on", "off"}:
        raise BadInput(words.AUTO_WHAT)
    if not wanted:
        row = ask.place.rows.get(ask.user_id)
        is_on = row is not None and row.choices.auto_hold
        return Said(ask.surface.named(words.AUTO_IS_ON if is_on else words.AUTO_IS_OFF))
    allowed = "chat:write" in ask.place.scopes.get(ask.user_id, frozenset())
    if wanted == "on" and not allowed:
        raise BadInput(words.AUTO_NEEDS)
    await ask.surface.holding.hold_by_itself(ask.workspace_id, ask.user_id, on=wanted == "on")
    return Said(ask.surface.named(words.AUTO_ON if wanted == "on" else words.AUTO_OFF))


async def _numbered(ask: Ask, verb: str, rest: str) -> Waiting:
    name = ask.surface.names["later"]
    number = rest.strip().lstrip("#")
    if not number.isdecimal() or len(number) > NUMBER_DIGITS:
        raise BadInput(words.NEEDS_NUMBER.format(name=name, verb=verb))
    waiting = await ask.surface.holding.waiting(ask.workspace_id, ask.user_id)
    if not 1 <= int(number) <= len(waiting):
        raise BadInput(words.NO_SUCH_NUMBER.format(number=number, count=len(waiting), name=name))
    return waiting[int(number) - 1]


async def _send(ask: Ask, hold: Waiting) -> Said:
    await ask.surface.holding.send_now(ask.workspace_id, ask.user_id, hold.id)
    ask.surface.wake("release")
    await home.publish(ask.surface, ask.workspace_id, ask.user_id)
    return Said(_sent(ask, hold.recipient_ids))


def _sent(ask: Ask, recipient_ids: Sequence[str]) -> str:
    rows, clocks = ask.place.rows, dict[str, list[str]]()
    for user_id in recipient_ids:
        clocks.setdefault(clock(ask.now, rows[user_id].tz), []).append(user_id)
    timelines = ask.surface.directory.timelines(ask.place, recipient_ids)
    open_at = joint_opening(timelines, ask.now)
    back = ""
    if open_at is not None and open_at > ask.now:
        first, own = rows[recipient_ids[0]], rows.get(ask.user_id, rows[recipient_ids[0]])
        back = two_clocks(open_at, first.tz, own.tz, ask.now)
    return words.sent_now([(ids, at) for at, ids in clocks.items()], back)


async def _cancel(ask: Ask, hold: Waiting) -> Said:
    written = await ask.surface.holding.cancel(ask.workspace_id, ask.user_id, hold.id)
    await home.publish(ask.surface, ask.workspace_id, ask.user_id)
    return Said(words.cancelled(hold.recipient_ids, written.text))


async def _edit(ask: Ask, hold: Waiting) -> Said:
    await _open_edit(ask.surface, ask.workspace_id, ask.user_id, hold.id, ask.trigger_id)
    return Said()


NUMBERED_VERBS: dict[str, Callable[[Ask, Waiting], Awaitable[Said]]] = {
    "send": _send,
    "cancel": _cancel,
    "edit": _edit,
}

COMMAND = Command("later", words.SUMMARY, words.USAGE, words.EXAMPLES, run)


async def _open_edit(
    surface: Surface, workspace_id: str, user_id: str, hold_id: str, trigger_id: str
) -> None:
    written = await surface.holding.written(workspace_id, user_id, hold_id)
    waiting = await surface.holding.waiting(workspace_id, user_id)
    due_at = next((hold.due_at for hold in waiting if hold.id == hold_id), None)
    rich = written.blocks[0] if written.blocks else richtext.of_text(written.text)
    view = kit.modal(
        "later_edit",
        words.EDIT_TITLE,
        [
            _message_input(rich),
            kit.field(
                "when",
                words.WHEN,
                {"type": "datetimepicker", "action_id": "value"}
                | ({"initial_date_time": due_at} if due_at else {}),
                optional=True,
            ),
        ],
        submit=words.SAVE,
        metadata=msgspec.json.encode({"hold_id": hold_id, "due_at": due_at}).decode(),
    )
    await surface.messenger.call("views.open", trigger_id=trigger_id, view=view)


def _message_input(initial: Mapping[str, Any] | None = None) -> Block:
    element: Block = {"type": "rich_text_input", "action_id": "value"}
    if initial is not None:
        element["initial_value"] = dict(initial)
    return kit.field("message", words.MESSAGE, element)


async def send_later(surface: Surface, body: Mapping[str, Any]) -> None:
    """The global shortcut: whom, where, what."""
    people = {
        "type": "multi_users_select",
        "action_id": "value",
        "max_selected_items": words.MOST_PEOPLE,
    }
    where = {
        "type": "conversations_select",
        "action_id": "value",
        "filter": {"include": ["public", "private"], "exclude_bot_users": True},
    }
    view = kit.modal(
        "later_new",
        words.MODAL_TITLE,
        [
            kit.field("people", words.PEOPLE, people, hint=words.PEOPLE_HINT),
            kit.field("where", words.WHERE, where, hint=words.WHERE_HINT, optional=True),
            _message_input(),
        ],
        submit=words.HOLD,
    )
    await surface.messenger.call("views.open", trigger_id=body["trigger_id"], view=view)


async def reply_later(surface: Surface, body: Mapping[str, Any]) -> None:
    """The message shortcut: an answer into the message's thread."""
    message = body["message"]
    thread = {
        "channel_id": body["channel"]["id"],
        "thread_ts": message.get("thread_ts") or message["ts"],
        "for": message.get("user", ""),
    }
    people: Block = {
        "type": "multi_users_select",
        "action_id": "value",
        "max_selected_items": words.MOST_PEOPLE,
    }
    if thread["for"] and thread["for"] != body["user"]["id"]:
        people["initial_users"] = [thread["for"]]
    view = kit.modal(
        "later_reply",
        words.REPLY_TITLE,
        [kit.field("people", words.PEOPLE, people, hint=words.PEOPLE_HINT), _message_input()],
        submit=words.HOLD,
        metadata=msgspec.json.encode(thread).decode(),
    )
    await surface.messenger.call("views.open", trigger_id=body["trigger_id"], view=view)


async def _submit_new(surface: Surface, body: Mapping[str, Any]) -> Submitted:
    given = values(body)
    origin = Origin.SHORTCUT
    return await _submit_hold(surface, body, origin, Destination(given.get("where")))


async def _submit_reply(surface: Surface, body: Mapping[str, Any]) -> Submitted:
    thread = msgspec.json.decode(body["view"]["private_metadata"])
    destination = Destination(thread["channel_id"], thread["thread_ts"])
    return await _submit_hold(surface, body, Origin.THREAD, destination)


async def _submit_hold(
    surface: Surface, body: Mapping[str, Any], origin: Origin, destination: Destination
) -> Submitted:
    workspace_id, author_id = body["team"]["id"], body["user"]["id"]
    given = values(body)
    people: Sequence[str] = given.get("people") or ()
    block = given.get("message")
    written = Written(richtext.plain(block), (block,)) if block else Written("")
    try:
        held = await surface.holding.hold(
            workspace_id, author_id, people, written, origin, destination
        )
    except BadInput as error:
        return Submitted(errors={_field_of(written): str(error)})
    surface.wake("release")
    await home.publish(surface, workspace_id, author_id)
    text = receipt(surface, workspace_id, author_id, held)
    return Submitted(view=_receipt_view(text))


def _field_of(written: Written) -> str:
    return "people" if written.text.strip() else "message"


def _receipt_view(text: str) -> Block:
    view = kit.modal("later_receipt", words.MODAL_TITLE, [kit.section(text)])
    del view["submit"]
    return {**view, "close": kit.plain(words.CLOSE)}


async def _submit_edit(surface: Surface, body: Mapping[str, Any]) -> Submitted:
    workspace_id, author_id = body["team"]["id"], body["user"]["id"]
    before = msgspec.json.decode(body["view"]["private_metadata"])
    given = values(body)
    block, when = given.get("message"), given.get("when")
    written = Written(richtext.plain(block), (block,)) if block else Written("")
    try:
        await surface.holding.edit(
            workspace_id,
            author_id,
            before["hold_id"],
            written,
            due_at=when if when != before["due_at"] else None,
        )
    except BadInput as error:
        return Submitted(errors={"message": str(error)})
    surface.wake("release")
    await home.publish(surface, workspace_id, author_id)
    return Submitted()


async def _click_send(surface: Surface, body: Mapping[str, Any]) -> Shown | None:
    workspace_id, user_id = body["team"]["id"], body["user"]["id"]
    hold = await surface.holding.send_now(workspace_id, user_id, clicked(body))
    surface.wake("release")
    await home.publish(surface, workspace_id, user_id)
    return Shown(words.on_its_way(hold.recipient_ids))


async def _click_cancel(surface: Surface, body: Mapping[str, Any]) -> Shown | None:
    workspace_id, user_id = body["team"]["id"], body["user"]["id"]
    hold_id = clicked(body)
    waiting = await surface.holding.waiting(workspace_id, user_id)
    whom = next((hold.recipient_ids for hold in waiting if hold.id == hold_id), ())
    written = await surface.holding.cancel(workspace_id, user_id, hold_id)
    await home.publish(surface, workspace_id, user_id)
    return Shown(words.cancelled(whom, written.text))


async def _click_edit(surface: Surface, body: Mapping[str, Any]) -> Shown | None:
    await _open_edit(
        surface, body["team"]["id"], body["user"]["id"], clicked(body), body["trigger_id"]
    )
    return None


ACTIONS: dict[str, Action] = {
    "held_send_now": _click_send,
    "held_cancel": _click_cancel,
    "held_edit": _click_edit,
}
VIEWS: dict[str, Submit] = {
    "later_new": _submit_new,
    "later_reply": _submit_reply,
    "later_edit": _submit_edit,
}
SHORTCUTS: dict[str, Shortcut] = {"send_later": send_later, "reply_later": reply_later}
