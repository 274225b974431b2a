"""`/boundaries calendar`, its buttons, and the window that connects by address and password."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from bot.domain.invite_rules import MeetingTreatment
from bot.errors import BadInput, Refused, SlackError, StorageDown
from bot.log import log
from bot.slack import blocks as kit
from bot.slack import calendar_hours, calendar_views, home, verbs
from bot.slack.actions import Action, Shown, clicked
from bot.slack.blocks import Block
from bot.slack.commands import Ask, Said
from bot.slack.modals import opened, told
from bot.slack.surface import Surface
from bot.slack.views import Submit, Submitted, values
from bot.words import calendars as words
from bot.words import commands as command_words
from bot.words import invites as invite_words

PATIENCE_S = 2.0
"""Slack waits three seconds for what follows a submitted window."""

SHOWN_S = 1.0
"""By then the window shows that the server is being asked, and can be changed again."""

SWITCH = {"on": True, "off": False}
NOTHING = frozenset({"nothing", "none", "nobody"})


async def run(ask: Ask, text: str) -> Said:
    """``calendar``: what follows decides; nothing shows how it stands."""
    await verbs.own_calendar(ask)  # Slack is asked about somebody it has not told of yet
    word, _, rest = text.partition(" ")
    verb = VERBS.get(word.lower())
    if verb is None:
        raise BadInput(words.not_understood(text))
    return await verb(ask, rest.strip())


async def overview(ask: Ask, _text: str = "") -> Said:
    """What is connected and what is done, or how to connect."""
    surface = ask.surface
    standing = await surface.calendar_choices.standing(ask.workspace_id, ask.user_id)
    offers = calendar_views.offers(surface.connecting, ask.workspace_id, ask.user_id)
    if standing is None:
        text = f"{words.NOT_CONNECTED}\n{words.PROMISE}" if offers else words.NONE_OFFERED
        named = surface.named(text)
        return Said(named, [kit.section(named), *offers])
    tz = (await verbs.own_calendar(ask)).person.tz
    text = surface.named(calendar_views.standing_text(standing, tz, ask.now))
    again = offers if standing.code == "signed_out" else []
    answered = calendar_views.answered_blocks(standing.answered, tz, ask.now)
    buttons = kit.actions(
        "calendar_end", calendar_views.look_button(), calendar_views.disconnect_button()
    )
    return Said(text, [kit.section(text), *answered, *again, buttons])


def treat(treatment: MeetingTreatment) -> verbs.Verb:
    """``flag``, ``hold`` or ``decline``: what is done about new invites outside the hours."""

    async def choose(ask: Ask, _text: str) -> Said:
        text = await _treated(ask.surface, ask.workspace_id, ask.user_id, treatment)
        return await verbs.changed(ask, await verbs.own_calendar(ask), text)

    return choose


async def _treated(
    surface: Surface, workspace_id: str, user_id: str, treatment: MeetingTreatment
) -> str:
    """Choose, and say what that would mean for what is there."""
    await surface.calendar_choices.treat(workspace_id, user_id, treatment)
    surface.wake("calendars")
    standing = await surface.calendar_choices.standing(workspace_id, user_id)
    if standing is None:
        return surface.named(words.NOTHING_CONNECTED)
    calendar = await surface.hours.calendar(workspace_id, user_id)
    run = calendar_views.dry_run(standing.dry_run, treatment, calendar.person.tz, calendar.at)
    return f"{words.treatment(treatment)}\n{run}"


async def all_day(ask: Ask, text: str) -> Said:
    """``all-day on|off``."""
    if text.lower() not in SWITCH:
        raise BadInput(words.ALL_DAY_WHAT)
    on = SWITCH[text.lower()]
    await ask.surface.calendar_choices.judge_all_day(ask.workspace_id, ask.user_id, on=on)
    ask.surface.wake("calendars")
    return Said(words.all_day(on=on))


async def let(ask: Ask, text: str) -> Said:
    """``let 1:1, standup``: words in a title that let a meeting through."""
    typed = kit.unescaped(text).casefold()
    keywords = tuple(dict.fromkeys(" ".join(each.split()) for each in typed.split(",")))
    keywords = tuple(each for each in keywords if each)
    if not keywords:
        raise BadInput(words.LET_WHAT)
    if set(keywords) <= NOTHING:
        keywords = ()
    await ask.surface.calendar_choices.let_through(ask.workspace_id, ask.user_id, keywords)
    ask.surface.wake("calendars")
    return Said(words.let_through([kit.escaped(each) for each in keywords]))


async def sync(ask: Ask, _text: str) -> Said:
    """``sync``: read it now."""
    await ask.surface.calendar_choices.read_now(ask.workspace_id, ask.user_id)
    ask.surface.wake("calendars")
    return Said(words.READING)


async def disconnect(ask: Ask, _text: str) -> Said:
    """``disconnect``: everything that came from it is deleted."""
    gone = await ask.surface.connecting.disconnect(ask.workspace_id, ask.user_id)
    await home.publish(ask.surface, ask.workspace_id, ask.user_id)
    return Said(words.DISCONNECTED if gone else ask.surface.named(words.NOTHING_CONNECTED))


async def pressed_disconnect(surface: Surface, body: Mapping[str, Any]) -> Shown:
    """*Disconnect*, after it was asked whether that is wanted."""
    workspace_id, user_id = home.who(body)
    await surface.connecting.disconnect(workspace_id, user_id)
    await home.publish(surface, workspace_id, user_id)
    return Shown(words.DISCONNECTED)


async def chosen_treatment(surface: Surface, body: Mapping[str, Any]) -> Shown:
    """The menu of the Home tab."""
    workspace_id, user_id = home.who(body)
    treatment = MeetingTreatment(body["actions"][0]["selected_option"]["value"])
    text = await _treated(surface, workspace_id, user_id, treatment)
    await home.publish(surface, workspace_id, user_id)
    return Shown(text, replace=False)


async def undo(surface: Surface, body: Mapping[str, Any]) -> Shown:
    """*Undo* beside something that was answered."""
    workspace_id, user_id = home.who(body)
    undone = await surface.rescheduling.undo_plan(workspace_id, user_id, clicked(body))
    surface.wake("calendars")
    text = invite_words.UNDONE_STAYS if undone.answer_stays else invite_words.UNDONE
    return Shown(text, replace=False)


async def page_opened(_surface: Surface, _body: Mapping[str, Any]) -> None:
    """A link; Slack reports the click all the same."""


async def ask_for_one(surface: Surface, body: Mapping[str, Any]) -> None:
    """*Another calendar…*: the window."""
    await opened(surface, str(body["trigger_id"]), calendar_views.modal())


async def submitted(surface: Surface, body: Mapping[str, Any]) -> Submitted:
    """Connect with what was filled in; a server that takes its time is waited for elsewhere."""
    workspace_id, user_id = home.who(body)
    given = {key: str(value or "").strip() for key, value in values(body).items()}
    work = surface.connecting.in_background(_connected(surface, workspace_id, user_id, given))
    done, _ = await asyncio.wait({work}, timeout=PATIENCE_S)
    if done:
        try:
            return Submitted(view=told(words.MODAL_TITLE, work.result()))
        except BadInput as error:
            field = "password" if str(error) == words.NOT_ACCEPTED else "address"
            return Submitted(errors={field: str(error)})
    view_id = str(body["view"]["id"])
    surface.connecting.in_background(_told_later(surface, user_id, view_id, work))
    return Submitted(view=told(words.MODAL_TITLE, words.UNDER_WAY))


async def _connected(
    surface: Surface, workspace_id: str, user_id: str, given: Mapping[str, str]
) -> str:
    """Connect; what is said of it.

    Raises:
        BadInput: it cannot be opened; says why.
        StorageDown: it was not kept.
    """
    await surface.hours.calendar(workspace_id, user_id)
    await surface.connecting.discover(
        workspace_id, user_id, given["address"], given["username"], given["password"]
    )
    await show_connected(surface, workspace_id, user_id)
    return surface.named(words.connected(surface.connecting.by_password or ""))


async def show_connected(surface: Surface, workspace_id: str, user_id: str) -> None:
    """A calendar was connected: have it read and watched, and show so."""
    surface.wake("calendars", "pushes")
    await home.publish(surface, workspace_id, user_id)


async def _told_later(
    surface: Surface, user_id: str, view_id: str, work: asyncio.Task[str]
) -> None:
    """How it went, in the window, or by message to whoever has closed it."""
    try:
        text = await work
    except BadInput as error:
        text = str(error)
    except StorageDown:
        text = command_words.NOT_STORED_MODAL
    await asyncio.sleep(SHOWN_S)
    view = told(words.MODAL_TITLE, surface.named(text))
    try:
        await _shown(surface, user_id, view_id, view, surface.named(text))
    except SlackError as error:
        log.warning("calendar.not_told", user_id=user_id, exc=error)


async def _shown(surface: Surface, user_id: str, view_id: str, view: Block, text: str) -> None:
    try:
        await surface.messenger.call("views.update", view_id=view_id, view=view)
    except Refused:
        workspace_id = surface.identity.workspace_id
        channel_id = await surface.messenger.open_dm(workspace_id, [user_id])
        await surface.messenger.call("chat.postMessage", channel=channel_id, text=text)


VERBS: dict[str, Callable[[Ask, str], Awaitable[Said]]] = {
    "": overview,
    **{each.value: treat(each) for each in MeetingTreatment},
    "all-day": all_day,
    "let": let,
    "hours": calendar_hours.hours,
    "sync": sync,
    "disconnect": disconnect,
}
ACTIONS: dict[str, Action] = {
    calendar_views.OPEN: ask_for_one,
    **{f"{calendar_views.OPEN}_{each}": page_opened for each in ("google", "graph")},
    calendar_views.TREATMENT: chosen_treatment,
    calendar_views.DISCONNECT: pressed_disconnect,
    calendar_views.UNDO: undo,
}
VIEWS: dict[str, Submit] = {calendar_views.WINDOW: submitted}
