"""`/boundaries from`, `my choice` and `return`, the window for all of it, and the return line."""

import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

from bot.domain.choices import Treatment, chosen_span
from bot.errors import BadInput
from bot.services.hours import Calendar
from bot.slack import blocks as kit
from bot.slack import choices_views, home, verbs
from bot.slack.actions import Action, Shown, clicked
from bot.slack.commands import Ask, Said
from bot.slack.modals import opened
from bot.slack.surface import Surface
from bot.slack.views import Submit, Submitted, values
from bot.words import choices as words
from bot.words import hours as hours_words
from bot.words import returning as returning_words

SOURCE = re.compile(r"<[@#]([UWCG][A-Z0-9]+)(?:\|[^>]*)?>")
EVERYONE = frozenset({"everyone", "everybody", "anyone", "<!everyone>", "@everyone"})
RESET = frozenset({"reset", "default", "policy"})
FILLERS = frozenset({"and", "is", "are", "let"})
SWITCH = {"on": True, "off": False}


@dataclass(frozen=True, slots=True)
class Sources:
    """What was typed behind `from`. ``how`` is None when only asked about."""

    source_ids: tuple[str, ...]
    everyone: bool
    how: str | None


def parse(text: str) -> Sources:
    """``@bo @cy through``, ``#incidents reset``, ``everyone hold``, as Slack escapes it.

    Raises:
        BadInput: nobody is named, a group is, or there are other words.
    """
    source_ids: list[str] = []
    everyone, how = False, None
    for word in SOURCE.sub(lambda found: f" {found[0]} ", text).replace(",", " ").split():
        found = SOURCE.fullmatch(word)
        if found:
            source_ids.append(found[1])
        elif word.lower() in EVERYONE:
            everyone = True
        elif word.lower() in {*Treatment, *RESET} and how is None:
            how = word.lower()
        elif word.startswith("<!subteam"):
            raise BadInput(words.GROUPS)
        elif word.lower() not in FILLERS:
            raise BadInput(words.not_found(word[:40]))
    if not source_ids and not everyone:
        raise BadInput(words.WHOM)
    return Sources(tuple(dict.fromkeys(source_ids)), everyone, how)


async def sources(ask: Ask, text: str) -> Said:
    """``from``: who may reach the person how; alone it lists everything."""
    calendar = await verbs.own_calendar(ask)
    if not text:
        return _listed(ask, calendar)
    typed = parse(text)
    if typed.how is None:
        return _asked(ask, calendar, typed)
    treatment = None if typed.how in RESET else Treatment(typed.how)
    choosing = ask.surface.choosing
    if typed.source_ids:
        calendar = await choosing.treat(ask.workspace_id, ask.user_id, typed.source_ids, treatment)
    if typed.everyone:
        calendar = await choosing.treat_everyone(ask.workspace_id, ask.user_id, treatment)
    notes = choices_views.effects(ask.place, ask.user_id, [treatment])
    said = "\n".join([*_receipt(calendar, ask, typed, treatment), *notes])
    return await verbs.changed(ask, calendar, ask.surface.named(said))


def _receipt(
    calendar: Calendar, ask: Ask, typed: Sources, treatment: Treatment | None
) -> list[str]:
    everyone = words.everyone_row(calendar.person.choices.treatment or "", ask.place.policy.mode)
    lines = []
    if typed.source_ids:
        who = words.named(typed.source_ids)
        lines.append(words.row(who, treatment) if treatment else words.back_to(who, everyone))
    if typed.everyone:
        lines.append(everyone)
    return lines


def _listed(ask: Ask, calendar: Calendar) -> Said:
    choices, mode = calendar.person.choices, ask.place.policy.mode
    shown = choices_views.rows(choices, mode)
    chosen = choices_views.chosen_rows(choices, calendar.person.tz, ask.now)
    if chosen:
        shown.append(words.chosen_row(chosen))
    notes = choices_views.all_effects(ask.place, calendar.person)
    text = "\n".join([words.LISTED, words.bullets(shown), *notes, words.PRECEDENCE, words.CHANGING])
    return _said(ask, calendar, text)


def _asked(ask: Ask, calendar: Calendar, typed: Sources) -> Said:
    choices, mode = calendar.person.choices, ask.place.policy.mode
    shown = [
        words.row(words.source(each), choices.sources[each])
        for each in typed.source_ids
        if each in choices.sources
    ]
    if typed.everyone or len(shown) < len(typed.source_ids):
        shown.append(words.everyone_row(choices.treatment or "", mode))
    return _said(ask, calendar, "\n".join([words.bullets(shown), words.HOW]))


def _said(ask: Ask, calendar: Calendar, text: str) -> Said:
    named = ask.surface.named(text)
    if calendar.person.enrolled:
        return Said(named)
    return Said(f"{named}\n{hours_words.NOT_ENROLLED}", [kit.section(named), *verbs.not_enrolled()])


async def my_choice(ask: Ask, text: str) -> Said:
    """``my choice``: time outside the hours that is the person's own choice."""
    calendar = await verbs.own_calendar(ask)
    choosing, tz = ask.surface.choosing, calendar.person.tz
    if text.lower() == "off":
        calendar = await choosing.unmark(ask.workspace_id, ask.user_id)
        return await verbs.changed(ask, calendar, words.CHOICE_OFF)
    if text:
        try:
            span = chosen_span(kit.unescaped(text), ask.now, tz)
        except BadInput as error:
            whole = verbs.whole(str(error), f"{ask.name} my choice")
            raise BadInput(kit.escaped(whole)) from error
        calendar = await choosing.mark(ask.workspace_id, ask.user_id, span)
    spans = choices_views.chosen_rows(calendar.person.choices, tz, ask.now)
    notes = choices_views.opens_not(ask.place.policy) if spans else []
    said = ask.surface.named("\n".join([words.marked(spans) if spans else words.NO_CHOICE, *notes]))
    return await verbs.changed(ask, calendar, said) if text else _said(ask, calendar, said)


async def return_line(ask: Ask, text: str) -> Said:
    """``return on|off``: whether a line about the quiet time is said when it is over."""
    calendar = await verbs.own_calendar(ask)
    if text:
        if text.lower() not in SWITCH:
            raise BadInput(words.RETURN_WHAT)
        calendar = await ask.surface.choosing.set_return_line(
            ask.workspace_id, ask.user_id, on=SWITCH[text.lower()]
        )
    said = words.RETURN_ON if calendar.person.choices.return_line else words.RETURN_OFF
    return await verbs.changed(ask, calendar, ask.surface.named(said))


async def edit(surface: Surface, body: Mapping[str, Any]) -> None:
    """*Change…* in the Home tab."""
    workspace_id, user_id = home.who(body)
    calendar = await surface.hours.calendar(workspace_id, user_id)
    view = choices_views.modal(calendar, surface.directory.loaded(workspace_id))
    await opened(surface, str(body["trigger_id"]), view)


async def save(surface: Surface, body: Mapping[str, Any]) -> Submitted:
    """The window was submitted."""
    workspace_id, user_id = home.who(body)
    try:
        await surface.choosing.choose(workspace_id, user_id, choices_views.wishes(values(body)))
    except choices_views.WrongReply as error:
        return Submitted(errors={"reply": str(error)})
    except BadInput as error:
        return Submitted(errors={"people": str(error)})
    await home.publish(surface, workspace_id, user_id)
    return Submitted()


def _period(body: Mapping[str, Any]) -> tuple[int, int]:
    """Since when and until when, from a button's value."""
    since_at, _, until_at = clicked(body).partition(":")
    return int(since_at), int(until_at)


async def show_where(surface: Surface, body: Mapping[str, Any]) -> Shown:
    """*Show where*: the conversations, for the clicker's eyes only."""
    workspace_id, user_id = home.who(body)
    found = await surface.returning.where(workspace_id, user_id, *_period(body))
    rows = [
        returning_words.conversation(each.channel_id, each.kind, each.author_ids, each.messages)
        for each in found
    ]
    text = returning_words.shown(rows) if rows else returning_words.NOTHING_LEFT
    return Shown(text, replace=False)


async def was_my_choice(surface: Surface, body: Mapping[str, Any]) -> Shown:
    """*It was my choice*: the clicker's own contacts of that period, and nobody else's."""
    workspace_id, user_id = home.who(body)
    marked = await surface.returning.was_my_choice(workspace_id, user_id, *_period(body))
    return Shown(returning_words.noted(marked))


VERBS: dict[str, Callable[[Ask, str], Awaitable[Said]]] = {
    "from": sources,
    "my choice": my_choice,
    "return": return_line,
}
ACTIONS: dict[str, Action] = {
    "choices_edit": edit,
    "return_where": show_where,
    "return_chosen": was_my_choice,
}
VIEWS: dict[str, Submit] = {choices_views.WINDOW: save}
